/*
 * sets.c - digests of sets, their pages, and negentropy over sets small enough to be followed by
 * hand (docs/protocol.md §6.2, §6.3).
 */
#include "vectors/vectors.h"

#include "crypto/hash.h"
#include "crypto/lthash.h"
#include "sync/memset.h"
#include "sync/negentropy.h"
#include "sync/settree.h"

enum { FEW = 4, MANY = 60, BUCKETS = 12, SETS = 70 /* more than a page has rows */ };

/* The id of the n-th item: any bytes do. */
static struct topo_id id_of(uint8_t n)
{
  struct topo_id id;
  struct topo_bytes part = {&n, 1};
  topo_hash(id.bytes, &part, 1);
  return id;
}

static uint64_t hlc_of(uint8_t n)
{
  return (UINT64_C(1700000000000) << 16) + n / 2;
}

/* Two neighbours share a timestamp, so that bounds need a prefix of the id. */
static struct topo_item item_of(uint8_t n)
{
  return (struct topo_item){UINT64_MAX - 1 - hlc_of(n), id_of(n)};
}

static void put_digests(struct out *out)
{
  out_begin_list(out, "digests");
  for (uint8_t n = 0; n <= 2; n++) {
    struct topo_lthash hash = {{0}};
    struct topo_id digest;
    out_begin_object(out, NULL);
    out_begin_list(out, "ids");
    for (uint8_t i = 0; i < n; i++) {
      struct topo_id id = id_of(i);
      topo_lthash_add(&hash, &id);
      out_id(out, NULL, &id);
    }
    out_end(out);
    topo_lthash_digest(&hash, &digest);
    out_id(out, "digest", &digest);
    out_end(out);
  }
  out_end(out);
}

/* The n-th of some epochs' sets. */
static int row_of(void *ctx, uint32_t n, struct topo_session_set *out)
{
  (void)ctx;
  *out = (struct topo_session_set){id_of((uint8_t)n), n + 1, id_of((uint8_t)(100 + n))};
  return 0;
}

static void put_rows(struct out *out, struct topo_settree *tree, uint32_t n)
{
  out_begin_list(out, "sets");
  for (uint32_t i = 0; i < n; i++) {
    struct topo_session_set row;
    uint8_t count[8];
    must(row_of(NULL, i, &row) == 0 && topo_settree_add(tree, &row.set, i) == 0);
    topo_put_be64(count, row.count);
    out_begin_object(out, NULL);
    out_id(out, "set", &row.set);
    out_hex(out, "count", count, sizeof count);
    out_id(out, "digest", &row.digest);
    out_end(out);
  }
  out_end(out);
}

static void put_page(struct out *out, struct topo_settree *tree, const char *text,
                     const struct topo_prefix *prefix)
{
  struct topo_buf page = {0};
  struct topo_id digest;
  must(topo_settree_page(tree, prefix, &page) == 0);
  must(topo_settree_digest(tree, prefix, &digest) == 0);
  out_begin_object(out, NULL);
  out_text(out, "prefix", text);
  out_hex(out, "page", page.data, page.len);
  out_id(out, "digest", &digest);
  out_end(out);
  topo_buf_finish(&page);
}

/* The page of all sets and those of their first half bytes. */
static void put_pages(struct out *out, uint32_t n)
{
  static const struct topo_prefix all = {.len = 0};
  struct topo_settree tree;
  topo_settree_init(&tree, row_of, NULL);
  out_begin_object(out, NULL);
  put_rows(out, &tree, n);
  out_begin_list(out, "pages");
  put_page(out, &tree, "", &all);
  for (unsigned i = 0; i < TOPO_PAGE_PARTS && n > TOPO_PAGE_ROWS_MAX; i++) {
    char text[2] = {"0123456789abcdef"[i], 0};
    struct topo_prefix prefix = topo_prefix_extend(&all, i);
    put_page(out, &tree, text, &prefix);
  }
  out_end(out);
  out_end(out);
  topo_settree_finish(&tree);
}

/* Which of the numbers below `n` a side has. */
struct side {
  const char *name;
  uint8_t n, without; /* numbers whose remainder by 20 is `without` are left out */
};

static struct topo_memset *make_set(struct out *out, const struct side *side)
{
  struct topo_memset *set = topo_memset_create();
  must(set);
  struct topo_itemset view = topo_memset_itemset(set);
  out_begin_list(out, side->name);
  for (uint8_t i = 0; i < side->n; i++) {
    if (i % 20 == side->without)
      continue;
    struct topo_item item = item_of(i);
    uint8_t hlc[8], timestamp[8];
    must(topo_itemset_insert(&view, &item) == 0);
    topo_put_be64(timestamp, item.timestamp);
    out_begin_object(out, NULL);
    topo_put_be64(hlc, hlc_of(i));
    out_hex(out, "hlc", hlc, sizeof hlc);
    out_hex(out, "timestamp", timestamp, sizeof timestamp);
    out_id(out, "id", &item.id);
    out_end(out);
  }
  out_end(out);
  return set;
}

/* What the initiator has found out. */
struct found {
  struct topo_buf have, need;
};

static int note_have(void *ctx, const struct topo_id *id)
{
  struct found *found = ctx;
  return topo_buf_put_id(&found->have, id);
}

static int note_need(void *ctx, const struct topo_id *id)
{
  struct found *found = ctx;
  return topo_buf_put_id(&found->need, id);
}

static void put_ids(struct out *out, const char *key, struct topo_buf *ids)
{
  out_begin_list(out, key);
  for (size_t at = 0; at < ids->len; at += TOPO_ID_SIZE)
    out_hex(out, NULL, ids->data + at, TOPO_ID_SIZE);
  out_end(out);
  topo_buf_finish(ids);
}

/* Initiator and responder by turns, until the initiator has nothing left to ask. */
static void put_messages(struct out *out, const struct topo_itemset *a,
                         const struct topo_itemset *b)
{
  struct topo_negentropy initiator, responder;
  struct found found = {{0}, {0}};
  struct topo_negentropy_sink sink = {.have = note_have, .need = note_need, .ctx = &found};
  struct topo_buf ask = {0}, answer = {0};
  bool done = false;
  must(topo_negentropy_init(&initiator, a, 0, BUCKETS) == 0);
  must(topo_negentropy_init(&responder, b, 0, BUCKETS) == 0);
  must(topo_negentropy_initiate(&initiator, &ask) == 0);
  out_begin_list(out, "messages");
  while (!done) {
    out_hex(out, NULL, ask.data, ask.len);
    must(topo_negentropy_respond(&responder, topo_buf_view(&ask), &answer) == 0);
    out_hex(out, NULL, answer.data, answer.len);
    must(topo_negentropy_reconcile(&initiator, topo_buf_view(&answer), &sink, &ask, &done) == 0);
  }
  out_end(out);
  put_ids(out, "have", &found.have);
  put_ids(out, "need", &found.need);
  topo_buf_finish(&ask);
  topo_buf_finish(&answer);
}

static void put_reconciliation(struct out *out, uint8_t n)
{
  const struct side sides[] = {{"initiator", n, 1}, {"responder", n, 2}};
  out_begin_object(out, NULL);
  struct topo_memset *a = make_set(out, &sides[0]), *b = make_set(out, &sides[1]);
  struct topo_itemset view_a = topo_memset_itemset(a), view_b = topo_memset_itemset(b);
  put_messages(out, &view_a, &view_b);
  out_end(out);
  topo_memset_destroy(a);
  topo_memset_destroy(b);
}

void vectors_sets(const char *folder)
{
  struct out *out = out_open(folder, "sets.json");
  put_digests(out);
  out_begin_list(out, "pages");
  put_pages(out, 0);
  put_pages(out, FEW);
  put_pages(out, SETS);
  out_end(out);
  out_begin_list(out, "reconciliations");
  put_reconciliation(out, FEW);
  put_reconciliation(out, MANY);
  out_end(out);
  out_close(out);
}
