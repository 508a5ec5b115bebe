/*
 * check.c - a batch on its way from bytes to checked events.
 *
 * The events of one chain are sorted by their position. Opening them then walks neighbouring leaves
 * of the GGM tree, and authenticity is decided from the last event of a chain to its first.
 */
#include "dag/check.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/seal.h"

#include <stdlib.h>
#include <string.h>

struct topo_batch *topo_batch_create(const struct topo_context *context, struct topo_keyring *keys)
{
  struct topo_batch *batch = calloc(1, sizeof *batch);
  if (!batch)
    return NULL;
  batch->context = *context;
  batch->keys = topo_keyring_hold(keys);
  return batch;
}

void topo_batch_destroy(struct topo_batch *batch)
{
  if (!batch)
    return;
  topo_keyring_release(batch->keys);
  topo_buf_finish(&batch->raw);
  topo_buf_wipe(&batch->plain);
  free(batch->events);
  free(batch->order);
  free(batch);
}

size_t topo_batch_fits(const struct topo_batch *batch, const uint8_t *data, size_t len)
{
  size_t n = batch->n, fits = 0;
  struct topo_reader r = topo_reader_init(data, len);
  while (n < TOPO_BATCH_EVENTS_MAX && topo_reader_left(&r)) {
    topo_read_bytes(&r, topo_read_u32(&r));
    size_t end = len - topo_reader_left(&r);
    if (r.failed || batch->raw.len + end > TOPO_BATCH_BYTES_MAX)
      break;
    fits = end;
    n++;
  }
  return fits;
}

int topo_batch_add(struct topo_batch *batch, const uint8_t *data, size_t len)
{
  struct topo_reader r = topo_reader_init(data, len);
  size_t n = 0;
  while (topo_reader_left(&r) && !r.failed) {
    topo_read_bytes(&r, topo_read_u32(&r));
    n++;
  }
  if (r.failed)
    return TOPO_EMALFORMED;
  topo_assert(!batch->events); /* not checked yet */
  if (topo_buf_put(&batch->raw, data, len) < 0)
    return TOPO_ENOMEM;
  batch->n += n;
  return 0;
}

/* Decodes every event and makes room to open them all: the plaintexts must not move afterwards.
 * Counts those that are events. */
static int decode_all(struct topo_batch *b, size_t *valid)
{
  size_t i = 0, sealed = 0;
  b->events = calloc(b->n ? b->n : 1, sizeof *b->events);
  if (!b->events)
    return TOPO_ENOMEM;
  struct topo_reader r = topo_reader_init(b->raw.data, b->raw.len);
  while (topo_reader_left(&r)) {
    struct topo_checked *c = &b->events[i++];
    struct topo_bytes raw = topo_read_bytes(&r, topo_read_u32(&r));
    c->status = topo_envelope_decode(&c->envelope, &b->context, raw);
    if (c->status < 0)
      continue;
    sealed += c->envelope.sealed.len;
    ++*valid;
  }
  topo_assert(!r.failed && i == b->n);
  return topo_buf_reserve(&b->plain, sealed + 1);
}

static int by_chain(const void *pa, const void *pb)
{
  const struct topo_checked *a = *(struct topo_checked *const *)pa,
                            *b = *(struct topo_checked *const *)pb;
  const struct topo_envelope *x = &a->envelope, *y = &b->envelope;
  if ((a->status == 0) != (b->status == 0))
    return a->status == 0 ? -1 : 1;
  if (x->kind != y->kind)
    return x->kind < y->kind ? -1 : 1;
  int order = topo_id_compare(&x->epoch, &y->epoch);
  if (order == 0)
    order = topo_id_compare(&x->signer, &y->signer);
  if (order == 0)
    order = memcmp(x->tag, y->tag, TOPO_TAG_SIZE);
  if (order == 0 && x->seq != y->seq)
    order = x->seq < y->seq ? -1 : 1;
  return order ? order : topo_id_compare(&x->id, &y->id);
}

static bool same_chain(const struct topo_envelope *a, const struct topo_envelope *b)
{
  return a->kind == b->kind && topo_id_equal(&a->epoch, &b->epoch) &&
         topo_id_equal(&a->signer, &b->signer) && memcmp(a->tag, b->tag, TOPO_TAG_SIZE) == 0;
}

static void open_content(struct topo_batch *b, struct topo_checked *c, struct topo_ggm_path *path,
                         struct topo_buf *scratch)
{
  const struct topo_epoch_key *key = topo_keyring_find(b->keys, &c->envelope.epoch);
  c->no_key = !key;
  if (!key)
    return;
  struct topo_inner inner;
  c->status = topo_content_open(key, &b->context, &c->envelope, path, scratch, &inner);
  if (c->status == TOPO_ENOMEM)
    b->status = TOPO_ENOMEM; /* says nothing about the event: the whole batch is tried again */
  if (c->status < 0)
    return;
  size_t at = b->plain.len;
  topo_assert(scratch->len <= b->plain.cap - at); /* reserved by decode_all */
  topo_buf_put(&b->plain, scratch->data, scratch->len);
  struct topo_bytes kept = {b->plain.data + at, scratch->len};
  c->status = topo_inner_decode(&c->inner, kept);
  c->opened = c->status == 0;
}

static int verify(const struct topo_batch *b, struct topo_checked *c)
{
  int status = c->envelope.kind == TOPO_CONTENT
                   ? topo_inner_verify(&c->inner, &c->envelope, &b->context)
                   : topo_envelope_verify(&c->envelope, &b->context);
  c->authentic = status == 0;
  return status == TOPO_ENOMEM ? status : 0;
}

static bool judged(const struct topo_checked *c)
{
  return c->status == 0 && !c->duplicate && !c->no_key;
}

/* An event that names `chain[i]` as its predecessor: it comes a little later, among those with seq
 * + 1. Where the chain forks, one whose signature was found valid is preferred to one that has a
 * successor itself, and one whose signature is wrong is not taken at all. */
static struct topo_checked *successor(struct topo_checked **chain, size_t n, size_t i)
{
  const struct topo_envelope *e = &chain[i]->envelope;
  struct topo_checked *has_successor = NULL;
  for (size_t k = i + 1; k < n && chain[k]->envelope.seq <= e->seq + 1; k++) {
    if (!judged(chain[k]) || chain[k]->envelope.seq != e->seq + 1 ||
        !topo_id_equal(&chain[k]->envelope.prev, &e->id))
      continue;
    if (chain[k]->authentic)
      return chain[k];
    if (chain[k]->successor)
      has_successor = chain[k];
  }
  return has_successor;
}

/* Verifies the heads of one chain of `n` events, sorted by seq; each control event and each record
 * by itself. */
static void check_chain(struct topo_batch *b, struct topo_checked **chain, size_t n)
{
  topo_assert(n == 0 || same_chain(&chain[0]->envelope, &chain[n - 1]->envelope));
  for (size_t i = n; i-- > 0;) {
    struct topo_checked *c = chain[i];
    topo_assert(i == 0 || chain[i - 1]->envelope.seq <= c->envelope.seq);
    if (!judged(c))
      continue;
    if (c->envelope.kind == TOPO_CONTENT)
      c->successor = successor(chain, n, i);
    if (!c->successor && verify(b, c) < 0)
      b->status = TOPO_ENOMEM; /* no verdict: the whole batch is tried again */
  }
}

int topo_batch_authenticate(struct topo_batch *b,
                            bool (*is_item)(void *arg, const struct topo_checked *c), void *arg)
{
  for (size_t i = b->n_order; i-- > 0;) { /* a successor comes after what it names */
    struct topo_checked *c = b->order[i];
    if (!c->successor || !judged(c))
      continue;
    topo_assert(c->successor->envelope.seq == c->envelope.seq + 1);
    c->authentic = c->successor->authentic && is_item(arg, c->successor);
    if (!c->authentic && verify(b, c) < 0)
      return TOPO_ENOMEM;
  }
  return 0;
}

/* `order` holds the n events that decoded, chain by chain. */
static void work(struct topo_batch *b, struct topo_checked **order, size_t n,
                 struct topo_ggm_path *path)
{
  struct topo_buf scratch = {0};
  size_t start = 0;
  for (size_t i = 0; i < n; i++) {
    struct topo_checked *c = order[i];
    if (i > 0 && topo_id_equal(&order[i - 1]->envelope.id, &c->envelope.id))
      c->duplicate = true;
    if (i > start && !same_chain(&order[start]->envelope, &c->envelope)) {
      check_chain(b, order + start, i - start);
      start = i;
    }
    if (i > 0 && !topo_id_equal(&order[i - 1]->envelope.epoch, &c->envelope.epoch))
      path->valid = false; /* the cached path belongs to another root */
    if (!c->duplicate && c->envelope.kind == TOPO_CONTENT)
      open_content(b, c, path, &scratch);
  }
  check_chain(b, order + start, n - start);
  topo_buf_wipe(&scratch);
}

void topo_batch_check(struct topo_batch *b)
{
  topo_assert(!b->events && !b->order); /* once */
  b->status = decode_all(b, &b->n_order);
  if (b->status < 0)
    return;
  struct topo_ggm_path *path = calloc(1, sizeof *path);
  b->order = calloc(b->n ? b->n : 1, sizeof(struct topo_checked *));
  if (b->order && path) {
    for (size_t i = 0; i < b->n; i++)
      b->order[i] = &b->events[i];
    qsort(b->order, b->n, sizeof(struct topo_checked *), by_chain);
    work(b, b->order, b->n_order, path);
  } else {
    b->status = TOPO_ENOMEM;
  }
  if (path)
    topo_wipe(path, sizeof *path);
  free(path);
}
