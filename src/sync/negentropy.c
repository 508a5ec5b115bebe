/*
 * negentropy.c - answering a message range by range.
 *
 * A pass walks the ranges of one message and builds the next. Ranges that are equal or done are not
 * written at once: neighbours among them become one skip when something follows that must be said,
 * and nothing at the end. When the message is full, the range that did not fit is taken back, and
 * the message closes with one fingerprint up to infinity, which the peer splits again.
 */
#include "sync/negentropy.h"

#include "base/assert.h"
#include "base/status.h"
#include "sync/range.h"

#include <stdlib.h>
#include <string.h>

enum {
  /* What is kept free in a message for what may follow the last id that fits: two bounds, the head
   * of the list, the id itself and the closing fingerprint. It is the reference's number. */
  RESERVE_BYTES = 200,
  PAGE = 32 /* items read from the set at a time */
};

struct pass {
  const struct topo_negentropy *n;
  const struct topo_negentropy_sink *sink; /* NULL for the responder */
  struct topo_range_writer w;
  uint64_t size;          /* how many items the set has */
  struct topo_bound prev; /* upper bound of the range before */
  bool skip;              /* ranges up to `prev` are done with, which is not written yet */
};

int topo_negentropy_init(struct topo_negentropy *n, const struct topo_itemset *set,
                         size_t message_limit, unsigned buckets)
{
  if (message_limit != 0 && message_limit < TOPO_NEGENTROPY_MESSAGE_MIN)
    return TOPO_EINVAL;
  if (buckets < TOPO_NEGENTROPY_BUCKETS_MIN || buckets > TOPO_NEGENTROPY_BUCKETS_MAX)
    return TOPO_EINVAL;
  *n = (struct topo_negentropy){*set, message_limit, buckets, false};
  return 0;
}

void topo_negentropy_finish(struct topo_negentropy *n)
{
  if (n)
    memset(n, 0, sizeof *n);
}

static bool is_too_long(const struct pass *p, size_t len)
{
  return p->n->message_limit != 0 && len > p->n->message_limit - RESERVE_BYTES;
}

static int put_ids(struct pass *p, uint64_t begin, uint64_t end)
{
  topo_assert(begin <= end && end <= p->size);
  struct topo_item page[PAGE];
  while (begin < end) {
    size_t n = end - begin < PAGE ? (size_t)(end - begin) : PAGE;
    int status = topo_itemset_read(&p->n->set, begin, page, n);
    if (status < 0)
      return status;
    for (size_t i = 0; i < n; i++)
      topo_buf_put_id(p->w.out, &page[i].id);
    begin += n;
  }
  return 0;
}

/* The bound between the items index - 1 and index. */
static int bound_before(const struct pass *p, uint64_t index, struct topo_bound *bound)
{
  topo_assert(index > 0 && index < p->size);
  struct topo_item pair[2];
  int status = topo_itemset_read(&p->n->set, index - 1, pair, 2);
  if (status < 0)
    return status;
  *bound = topo_bound_between(&pair[0], &pair[1]);
  return 0;
}

/* Says what we have in [begin, end): the ids when they are few, else a fingerprint of each bucket.
 */
static int put_split(struct pass *p, uint64_t begin, uint64_t end, const struct topo_bound *upper)
{
  topo_assert(begin <= end && end <= p->size);
  uint64_t count = end - begin, buckets = p->n->buckets;
  if (count < 2 * buckets) {
    topo_range_put_ids_head(&p->w, upper, count);
    return put_ids(p, begin, end);
  }
  for (uint64_t i = 0; i < buckets; i++) {
    uint64_t next = begin + count / buckets + (i < count % buckets ? 1 : 0);
    struct topo_sum sum;
    int status = topo_itemset_sum(&p->n->set, begin, next, &sum);
    if (status < 0)
      return status;
    struct topo_bound bound = *upper;
    if (next != end && (status = bound_before(p, next, &bound)) < 0)
      return status;
    topo_range_put_fingerprint(&p->w, &bound, &sum);
    begin = next;
  }
  topo_assert(begin == end); /* the buckets cover the range */
  return 0;
}

/* Writes the skip that is due. This comes before anything that is said about the current range. */
static void put_pending_skip(struct pass *p)
{
  if (p->skip)
    topo_range_put_skip(&p->w, &p->prev);
  p->skip = false;
}

static int answer_fingerprint(struct pass *p, const struct topo_range *range, uint64_t begin,
                              uint64_t end)
{
  topo_assert(range->mode == TOPO_RANGE_FINGERPRINT && begin <= end);
  struct topo_sum sum;
  int status = topo_itemset_sum(&p->n->set, begin, end, &sum);
  if (status < 0)
    return status;
  uint8_t ours[TOPO_FINGERPRINT_SIZE];
  topo_sum_fingerprint(&sum, ours);
  if (memcmp(ours, range->payload, sizeof ours) == 0) {
    p->skip = true;
    return 0;
  }
  put_pending_skip(p);
  return put_split(p, begin, end, &range->upper);
}

/* Lists our ids of [begin, *end). When the message gets full, the list ends early, and *end becomes
 * its end: the closing fingerprint then starts there. */
static int answer_ids(struct pass *p, const struct topo_range *range, uint64_t begin, uint64_t *end)
{
  topo_assert(range->mode == TOPO_RANGE_IDS && !p->n->initiator);
  topo_assert(begin <= *end && *end <= p->size && !is_too_long(p, p->w.out->len));
  struct topo_bound upper = range->upper;
  size_t limit = p->n->message_limit;
  if (limit) {
    uint64_t room = (limit - RESERVE_BYTES - p->w.out->len) / TOPO_ID_SIZE + 1;
    if (room < *end - begin) {
      struct topo_item next;
      int status = topo_itemset_read(&p->n->set, begin + room, &next, 1);
      if (status < 0)
        return status;
      *end = begin + room;
      upper = topo_bound_at(&next);
    }
  }
  put_pending_skip(p);
  topo_range_put_ids_head(&p->w, &upper, *end - begin);
  return put_ids(p, begin, *end);
}

/* One id of the peer's list. */
struct claim {
  const uint8_t *id;
  bool ours;
};

static int compare_claims(const void *a, const void *b)
{
  return memcmp(((const struct claim *)a)->id, ((const struct claim *)b)->id, TOPO_ID_SIZE);
}

/* By where they are in the message: all of them point into one. */
static int compare_positions(const void *a, const void *b)
{
  const struct claim *x = a, *y = b;
  return x->id < y->id ? -1 : x->id > y->id;
}

/* The ids of a list, sorted and each once; *n is how many. NULL when memory is exhausted. */
static struct claim *sort_claims(const struct topo_range *range, size_t *n)
{
  size_t count = (size_t)range->count;
  struct claim *claims = malloc((count ? count : 1) * sizeof *claims);
  *n = 0;
  if (!claims)
    return NULL;
  for (size_t i = 0; i < count; i++)
    claims[i] = (struct claim){range->payload + i * TOPO_ID_SIZE, false};
  qsort(claims, count, sizeof *claims, compare_claims);
  for (size_t i = 0; i < count; i++)
    if (*n == 0 || compare_claims(&claims[*n - 1], &claims[i]) != 0)
      claims[(*n)++] = claims[i];
  topo_assert(*n <= count && (*n > 0) == (count > 0));
  return claims;
}

/* Reports our items of [begin, end) that nobody claims and marks the claims on the others. */
static int report_have(struct pass *p, uint64_t begin, uint64_t end, struct claim *claims, size_t n)
{
  struct topo_item page[PAGE];
  while (begin < end) {
    size_t take = end - begin < PAGE ? (size_t)(end - begin) : PAGE;
    int status = topo_itemset_read(&p->n->set, begin, page, take);
    if (status < 0)
      return status;
    for (size_t i = 0; i < take; i++) {
      struct claim key = {page[i].id.bytes, true};
      struct claim *claim = bsearch(&key, claims, n, sizeof *claims, compare_claims);
      if (claim)
        claim->ours = true;
      else if ((status = p->sink->have(p->sink->ctx, &page[i].id)) < 0)
        return status;
    }
    begin += take;
  }
  return 0;
}

/* Reports what the peer has and we have not, in the order of its list: by time. Neighbours in time
 * are asked for together, so what is sent in one piece has long stretches of each chain, and only a
 * stretch's last event has its signature checked (docs/protocol.md §5). */
static int report_need(struct pass *p, struct claim *claims, size_t n)
{
  qsort(claims, n, sizeof *claims, compare_positions);
  for (size_t i = 0; i < n; i++) {
    if (claims[i].ours)
      continue;
    struct topo_id id;
    memcpy(id.bytes, claims[i].id, TOPO_ID_SIZE);
    int status = p->sink->need(p->sink->ctx, &id);
    if (status < 0)
      return status;
  }
  return 0;
}

static int compare_ids(struct pass *p, const struct topo_range *range, uint64_t begin, uint64_t end)
{
  topo_assert(range->mode == TOPO_RANGE_IDS && p->n->initiator);
  size_t n;
  struct claim *claims = sort_claims(range, &n);
  if (!claims)
    return TOPO_ENOMEM;
  int status = report_have(p, begin, end, claims, n);
  if (status == 0)
    status = report_need(p, claims, n);
  free(claims);
  p->skip = true;
  return status;
}

/* Closes a full message: everything from item `begin` on is one fingerprint. */
static int put_remainder(struct pass *p, uint64_t begin)
{
  topo_assert(begin <= p->size && p->n->message_limit > 0);
  struct topo_sum sum;
  int status = topo_itemset_sum(&p->n->set, begin, p->size, &sum);
  if (status < 0)
    return status;
  topo_range_put_fingerprint(&p->w, &topo_bound_infinity, &sum);
  return 0;
}

/* Takes back what was said about the range [begin, end), which did not fit, and closes the message.
 * `before` is how the pass was when it came to the range. */
static int give_up_range(struct pass *p, const struct pass *before, size_t mark, uint64_t begin,
                         uint64_t end)
{
  topo_assert(begin <= end && mark <= p->w.out->len);
  p->w.out->len = mark;
  /* The reference forgets the pending skip and the items of the range. */
  if (p->n->buckets == TOPO_NEGENTROPY_REFERENCE_BUCKETS)
    return put_remainder(p, end);
  *p = *before;
  put_pending_skip(p);
  return put_remainder(p, begin);
}

/* Answers the range from item *index on and moves *index to its end. 1 when this closed the
 * message, else 0. */
static int answer_range(struct pass *p, const struct topo_range *range, uint64_t *index)
{
  uint64_t begin = *index, end;
  int status = topo_itemset_lower_bound(&p->n->set, begin, p->size, &range->upper.item, &end);
  if (status < 0)
    return status;
  topo_assert(begin <= end && end <= p->size);
  const struct pass before = *p;
  size_t mark = p->w.out->len;
  bool fits = false; /* id lists make themselves fit */
  switch (range->mode) {
  case TOPO_RANGE_SKIP: p->skip = true; break;
  case TOPO_RANGE_FINGERPRINT: status = answer_fingerprint(p, range, begin, end); break;
  case TOPO_RANGE_IDS:
    fits = true;
    status = p->sink ? compare_ids(p, range, begin, end) : answer_ids(p, range, begin, &end);
    break;
  }
  if (status == 0 && is_too_long(p, p->w.out->len)) {
    status = fits ? put_remainder(p, end) : give_up_range(p, &before, mark, begin, end);
    return status < 0 ? status : 1;
  }
  *index = end;
  p->prev = range->upper;
  return status;
}

static int answer_ranges(struct pass *p, struct topo_bytes ranges)
{
  struct topo_range_reader r = topo_range_reader_init(ranges);
  struct topo_range range;
  uint64_t index = 0;
  while (topo_range_read(&r, &range) > 0) {
    int status = answer_range(p, &range, &index);
    if (status != 0)
      return status < 0 ? status : 0;
  }
  return 0;
}

static int check_ranges(struct topo_bytes ranges)
{
  struct topo_range_reader r = topo_range_reader_init(ranges);
  struct topo_range range;
  int status;
  while ((status = topo_range_read(&r, &range)) > 0)
    continue;
  return status;
}

/* The outcome of building a message: on failure nothing half-made is left in `out`. */
static int conclude(const struct topo_negentropy *n, struct topo_buf *out, int status)
{
  if (status == 0 && out->failed)
    status = TOPO_ENOMEM;
  if (status < 0)
    topo_buf_clear(out);
  topo_assert(status < 0 ? out->len == 0 : out->len > 0);
  topo_assert(n->message_limit == 0 || out->len <= n->message_limit);
  return status;
}

static int begin_message(struct pass *p, const struct topo_negentropy *n,
                         const struct topo_negentropy_sink *sink, struct topo_buf *out)
{
  memset(p, 0, sizeof *p);
  p->n = n;
  p->sink = sink;
  p->w.out = out;
  topo_buf_clear(out);
  topo_buf_put_u8(out, TOPO_NEGENTROPY_VERSION);
  return topo_itemset_size(&n->set, &p->size);
}

int topo_negentropy_initiate(struct topo_negentropy *n, struct topo_buf *out)
{
  topo_assert(!n->initiator);
  n->initiator = true;
  struct pass p;
  int status = begin_message(&p, n, NULL, out);
  if (status == 0)
    status = put_split(&p, 0, p.size, &topo_bound_infinity);
  return conclude(n, out, status);
}

/* Both sides of an answer; `sink` tells them apart. */
static int answer(struct topo_negentropy *n, struct topo_bytes message,
                  const struct topo_negentropy_sink *sink, struct topo_buf *out)
{
  topo_buf_clear(out);
  /* Versions are the bytes 0x60 to 0x6f; nothing else can be a message of this protocol. */
  if (message.len == 0 || message.data[0] >> 4 != TOPO_NEGENTROPY_VERSION >> 4)
    return TOPO_EMALFORMED;
  bool known = message.data[0] == TOPO_NEGENTROPY_VERSION;
  if (!known && sink)
    return TOPO_EVERSION;
  struct topo_bytes ranges = {message.data + 1, known ? message.len - 1 : 0};
  int status = check_ranges(ranges);
  if (status < 0)
    return status;
  struct pass p;
  status = begin_message(&p, n, sink, out);
  if (status == 0)
    status = answer_ranges(&p, ranges);
  return conclude(n, out, status);
}

int topo_negentropy_respond(struct topo_negentropy *n, struct topo_bytes message,
                            struct topo_buf *out)
{
  topo_assert(!n->initiator);
  return answer(n, message, NULL, out);
}

int topo_negentropy_reconcile(struct topo_negentropy *n, struct topo_bytes message,
                              const struct topo_negentropy_sink *sink, struct topo_buf *out,
                              bool *done)
{
  topo_assert(n->initiator && sink);
  *done = false;
  int status = answer(n, message, sink, out);
  if (status < 0)
    return status;
  if (out->len == 1) {
    topo_buf_clear(out);
    *done = true;
  }
  topo_assert(*done == (out->len == 0));
  return 0;
}
