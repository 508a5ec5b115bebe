/*
 * fuzz_negentropy.c - any bytes as the peer's message, in both roles.
 *
 *   input := u8 set size (mod 128)  u8 options  message
 *   options: bit 0 frame limit 4096, bit 1 twelve buckets, bits 2 and up the kind of timestamps
 *
 * Beyond memory safety: a malformed message leaves no output and no report, both roles agree on
 * what is malformed, the same message gets the same answer, an answer is itself well formed and
 * within the limit.
 */
#include "fuzz/fuzz.h"

#include "base/assert.h"
#include "base/status.h"
#include "sync/memset.h"
#include "sync/negentropy.h"

#include <string.h>

static int count_report(void *ctx, const struct topo_id *id)
{
  (void)id;
  ++*(size_t *)ctx;
  return 0;
}

static struct topo_memset *build_set(unsigned n, unsigned kind)
{
  struct topo_memset *set = topo_memset_create();
  topo_assert(set);
  struct topo_itemset items = topo_memset_itemset(set);
  for (unsigned i = 0; i < n; i++) {
    struct topo_item item = {.timestamp = kind == 0 ? 1 : kind == 1 ? i : (uint64_t)i << kind};
    memset(item.id.bytes, kind & 1 ? (int)i : 0x61, sizeof item.id.bytes);
    item.id.bytes[31] = (uint8_t)i;
    topo_assert(topo_itemset_insert(&items, &item) == 0);
  }
  return set;
}

static void open_engine(struct topo_negentropy *n, const struct topo_itemset *items,
                        unsigned options)
{
  topo_assert(topo_negentropy_init(n, items, options & 1 ? TOPO_NEGENTROPY_MESSAGE_MIN : 0,
                                   options & 2 ? 12 : TOPO_NEGENTROPY_REFERENCE_BUCKETS) == 0);
}

/* The responder; its answer must be one that a responder in turn takes. */
static int check_respond(const struct topo_itemset *items, unsigned options,
                         struct topo_bytes message)
{
  struct topo_negentropy n;
  struct topo_buf out = {0}, again = {0};
  open_engine(&n, items, options);
  int status = topo_negentropy_respond(&n, message, &out);
  topo_assert(status == 0 || (status == TOPO_EMALFORMED && out.len == 0));
  topo_assert(topo_negentropy_respond(&n, message, &again) == status);
  topo_assert(out.len == again.len && (!out.len || memcmp(out.data, again.data, out.len) == 0));
  if (options & 1)
    topo_assert(out.len <= TOPO_NEGENTROPY_MESSAGE_MIN);
  if (status == 0)
    topo_assert(topo_negentropy_respond(&n, topo_buf_view(&out), &again) == 0);
  topo_buf_finish(&out);
  topo_buf_finish(&again);
  topo_negentropy_finish(&n);
  return status;
}

static void check_reconcile(const struct topo_itemset *items, unsigned options,
                            struct topo_bytes message, int responded)
{
  struct topo_negentropy n;
  struct topo_buf out = {0};
  size_t reports = 0;
  struct topo_negentropy_sink sink = {count_report, count_report, &reports};
  bool done;
  open_engine(&n, items, options);
  topo_assert(topo_negentropy_initiate(&n, &out) == 0);
  int status = topo_negentropy_reconcile(&n, message, &sink, &out, &done);
  topo_assert(status == responded || (status == TOPO_EVERSION && responded == 0));
  topo_assert(status == 0 || (reports == 0 && out.len == 0 && !done));
  topo_assert(!done || out.len == 0);
  uint64_t size;
  topo_assert(topo_itemset_size(items, &size) == 0);
  topo_assert(reports <= size + message.len / TOPO_ID_SIZE);
  topo_buf_finish(&out);
  topo_negentropy_finish(&n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 2)
    return 0;
  struct topo_memset *set = build_set(data[0] & 0x7f, data[1] >> 2);
  struct topo_itemset items = topo_memset_itemset(set);
  struct topo_bytes message = {data + 2, size - 2};
  int status = check_respond(&items, data[1], message);
  check_reconcile(&items, data[1], message, status);
  topo_memset_destroy(set);
  return 0;
}
