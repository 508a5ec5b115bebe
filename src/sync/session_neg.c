/*
 * session_neg.c - reconciliation of single sets (docs/protocol.md §6.3), at most
 * TOPO_SESSION_RECONCILING_MAX of them at a time.
 *
 * The initiator opens, asks and closes; the responder answers. For each set at most one message is
 * under way, so one slot is enough to keep a message that must wait. It waits while the control
 * queue is full and, at the initiator, while what earlier messages found is not asked for or sent
 * yet.
 *
 * A set of which the peer has nothing is not reconciled but sent, from a cursor. A set that differs
 * by more than SESSION_HAVES_MAX ids in one message is closed early; the next round finds the
 * others.
 *
 * What a round has sent may not have arrived when the next SETS are exchanged. The ids are
 * therefore remembered for the following round, which does not send them again. The round after
 * that does, if they are still lacking.
 */
#include "sync/session_impl.h"

#include "base/assert.h"
#include "base/status.h"

enum { STREAM_PAGE = 64 }; /* items that are read from a set at a time */

/* The set as negentropy sees it. The owner's handle lasts for a step only, so it is looked up anew
 * for each message; a set that the owner does not have is empty. */
static int proxy_size(void *ctx, uint64_t *size)
{
  const struct session_neg *g = ctx;
  *size = 0;
  return g->items ? topo_itemset_size(g->items, size) : 0;
}

static int proxy_read(void *ctx, uint64_t begin, struct topo_item *items, size_t n)
{
  const struct session_neg *g = ctx;
  return g->items ? topo_itemset_read(g->items, begin, items, n) : 0;
}

static int proxy_lower_bound(void *ctx, uint64_t begin, uint64_t end, const struct topo_item *bound,
                             uint64_t *index)
{
  const struct session_neg *g = ctx;
  *index = end;
  return g->items ? topo_itemset_lower_bound(g->items, begin, end, bound, index) : 0;
}

static int proxy_sum(void *ctx, uint64_t begin, uint64_t end, struct topo_sum *sum)
{
  const struct session_neg *g = ctx;
  *sum = (struct topo_sum){0};
  return g->items ? topo_itemset_sum(g->items, begin, end, sum) : 0;
}

static int proxy_insert(void *ctx, const struct topo_item *item)
{
  (void)ctx, (void)item;
  return TOPO_EINVAL; /* a session only reads */
}

static const struct topo_itemset_ops proxy_ops = {.size = proxy_size,
                                                  .read = proxy_read,
                                                  .lower_bound = proxy_lower_bound,
                                                  .sum = proxy_sum,
                                                  .insert = proxy_insert};

void topo_session_neg_begin(struct topo_session *s)
{
  topo_idset_init(&s->recent[0], SESSION_RECENT_MAX);
  topo_idset_init(&s->recent[1], SESSION_RECENT_MAX);
}

static void end(struct session_neg *g)
{
  topo_assert(g->open);
  if (!g->streaming)
    topo_negentropy_finish(&g->engine);
  topo_buf_finish(&g->message);
  *g = (struct session_neg){0};
}

void topo_session_neg_finish(struct topo_session *s)
{
  for (unsigned i = 0; i < TOPO_SESSION_RECONCILING_MAX; i++)
    if (s->neg[i].open)
      end(&s->neg[i]);
  topo_session_neg_forget(s);
  topo_buf_finish(&s->scratch);
}

void topo_session_neg_new_round(struct topo_session *s)
{
  topo_assert(s->o.initiator && topo_session_neg_count(s) == 0);
  topo_idset_finish(&s->recent[1]);
  s->recent[1] = s->recent[0];
  topo_idset_init(&s->recent[0], SESSION_RECENT_MAX);
}

void topo_session_neg_forget(struct topo_session *s)
{
  topo_idset_finish(&s->recent[0]);
  topo_idset_finish(&s->recent[1]);
}

unsigned topo_session_neg_count(const struct topo_session *s)
{
  unsigned n = 0;
  for (unsigned i = 0; i < TOPO_SESSION_RECONCILING_MAX; i++)
    n += s->neg[i].open;
  return n;
}

bool topo_session_neg_owed(const struct topo_session *s)
{
  for (unsigned i = 0; i < TOPO_SESSION_RECONCILING_MAX; i++)
    if (s->neg[i].open && !s->neg[i].streaming && !s->neg[i].pending)
      return true;
  return false;
}

static struct session_neg *find(struct topo_session *s, uint32_t number)
{
  for (unsigned i = 0; i < TOPO_SESSION_RECONCILING_MAX; i++)
    if (s->neg[i].open && !s->neg[i].streaming && s->neg[i].number == number)
      return &s->neg[i];
  return NULL;
}

/* Takes a free slot for a set; NULL when as many are open as may be. */
static struct session_neg *take_slot(struct topo_session *s, const struct topo_id *set,
                                     uint32_t number)
{
  for (unsigned i = 0; i < TOPO_SESSION_RECONCILING_MAX; i++)
    if (!s->neg[i].open) {
      s->neg[i] = (struct session_neg){.session = s, .open = true, .set = *set, .number = number};
      return &s->neg[i];
    }
  return NULL;
}

static void lookup(struct session_neg *g)
{
  struct topo_session *s = g->session;
  g->items = s->o.ops->items(s->o.ctx, &g->set);
}

static int start_engine(struct session_neg *g)
{
  struct topo_itemset proxy = {&proxy_ops, g};
  return topo_negentropy_init(&g->engine, &proxy, TOPO_SESSION_RECONCILE_BYTES_MAX,
                              SESSION_BUCKETS);
}

int topo_session_neg_open(struct topo_session *s, const struct topo_id *set, uint64_t peer_count)
{
  topo_assert(s->o.initiator && topo_session_room(s));
  topo_assert(topo_session_neg_count(s) < TOPO_SESSION_RECONCILING_MAX);
  struct session_neg *g = take_slot(s, set, s->next_number);
  topo_assert(g);
  s->activity++;
  if (peer_count == 0) {
    g->streaming = true;
    return 0;
  }
  s->next_number++;
  lookup(g);
  int status = start_engine(g);
  if (status == 0)
    status = topo_negentropy_initiate(&g->engine, &s->scratch);
  if (status < 0)
    return status;
  topo_wire_put_neg_open(topo_session_control(s), g->number, set, topo_buf_view(&s->scratch));
  return 0;
}

static int take_message(struct session_neg *g, struct topo_bytes message)
{
  /* Messages alternate: a second one before our answer is a violation. */
  if (g->pending)
    return TOPO_EPROTOCOL;
  topo_assert(message.len >= 1 && message.len <= TOPO_SESSION_RECONCILE_BYTES_MAX);
  topo_buf_clear(&g->message);
  g->pending = true;
  return topo_buf_put(&g->message, message.data, message.len);
}

static int take_open(struct topo_session *s, struct topo_bytes payload)
{
  uint32_t number;
  struct topo_id set;
  struct topo_bytes message;
  int status = topo_wire_get_neg(payload, &number, &set, &message);
  if (status < 0)
    return status;
  if (s->o.initiator || find(s, number))
    return TOPO_EPROTOCOL;
  struct session_neg *g = take_slot(s, &set, number);
  if (!g)
    return TOPO_EPROTOCOL;
  status = start_engine(g);
  return status < 0 ? status : take_message(g, message);
}

static int take_continuation(struct topo_session *s, struct topo_bytes payload)
{
  uint32_t number;
  struct topo_bytes message;
  int status = topo_wire_get_neg(payload, &number, NULL, &message);
  if (status < 0)
    return status;
  struct session_neg *g = find(s, number);
  s->answer_came = true;
  return g ? take_message(g, message) : TOPO_EPROTOCOL;
}

static int take_close(struct topo_session *s, struct topo_bytes payload)
{
  uint32_t number;
  int status = topo_wire_get_neg_close(payload, &number);
  if (status < 0)
    return status;
  struct session_neg *g = find(s, number);
  if (!g)
    return TOPO_EPROTOCOL;
  end(g);
  return 0;
}

int topo_session_neg_frame(struct topo_session *s, const struct topo_wire_frame *frame)
{
  switch (frame->kind) {
  case TOPO_WIRE_NEG_OPEN: return take_open(s, frame->payload);
  case TOPO_WIRE_NEG_MSG: return take_continuation(s, frame->payload);
  default: return take_close(s, frame->payload);
  }
}

/* Only we have the id: its event is sent (§6.3). TOPO_EAGAIN when no more can be queued now. */
static int on_have(void *ctx, const struct topo_id *id)
{
  struct topo_session *s = ctx;
  topo_assert(s->o.initiator);
  if (topo_idset_has(&s->recent[1], id))
    return 0;
  s->queued = true;
  int status = topo_idqueue_push(&s->haves, id);
  if (status == TOPO_ELIMIT)
    return TOPO_EAGAIN;
  if (status < 0)
    return status;
  status = topo_idset_add(&s->recent[0], id);
  if (status == TOPO_ELIMIT) {
    /* The latest are the ones most likely to be still under way. Sending one twice does no harm. */
    topo_idset_finish(&s->recent[0]);
    status = topo_idset_add(&s->recent[0], id);
  }
  return status == TOPO_ENOMEM ? status : 0;
}

static int on_need(void *ctx, const struct topo_id *id)
{
  return topo_session_need(ctx, id);
}

/* The initiator takes an answer, and asks again or closes. */
static int reconcile(struct session_neg *g)
{
  struct topo_session *s = g->session;
  topo_assert(s->o.initiator && s->spill.count == 0);
  struct topo_negentropy_sink sink = {.have = on_have, .need = on_need, .ctx = s};
  bool done = false;
  int status =
      topo_negentropy_reconcile(&g->engine, topo_buf_view(&g->message), &sink, &s->scratch, &done);
  if (status < 0 && status != TOPO_EAGAIN)
    return status;
  if (status == 0 && !done) {
    topo_wire_put_neg_msg(topo_session_control(s), g->number, topo_buf_view(&s->scratch));
    return 0;
  }
  topo_wire_put_neg_close(topo_session_control(s), g->number);
  end(g);
  return 0;
}

static int respond(struct session_neg *g)
{
  struct topo_session *s = g->session;
  topo_assert(!s->o.initiator);
  int status = topo_negentropy_respond(&g->engine, topo_buf_view(&g->message), &s->scratch);
  if (status < 0)
    return status;
  topo_wire_put_neg_msg(topo_session_control(s), g->number, topo_buf_view(&s->scratch));
  return 0;
}

/* Must further messages wait for what was found before? */
static bool congested(const struct topo_session *s)
{
  return s->spill.count > 0 || s->haves.count > SESSION_HAVES_SOFT_LIMIT;
}

static int take_turn(struct session_neg *g)
{
  struct topo_session *s = g->session;
  topo_assert(g->open && !g->streaming);
  if (!g->pending || !topo_session_room(s) || (s->o.initiator && congested(s)))
    return 0;
  g->pending = false;
  lookup(g);
  s->activity++;
  return s->o.initiator ? reconcile(g) : respond(g);
}

/* Queues a page of a set of which the peer has nothing. Returns 1 when it was the last, 0 when it
 * was not, or a status. */
static int stream_page(struct session_neg *g)
{
  struct topo_item page[STREAM_PAGE];
  uint64_t size, at = 0;
  int status = proxy_size(g, &size);
  if (status == 0 && g->started)
    status = proxy_lower_bound(g, 0, size, &g->cursor, &at);
  if (status < 0)
    return status;
  topo_assert(at <= size);
  size_t n = size - at < STREAM_PAGE ? (size_t)(size - at) : STREAM_PAGE;
  if (n > 0 && (status = proxy_read(g, at, page, n)) < 0)
    return status;
  for (size_t i = 0; i < n; i++) {
    if (g->started && topo_item_compare(&page[i], &g->cursor) == 0)
      continue;
    topo_assert(!g->started || topo_item_compare(&g->cursor, &page[i]) < 0);
    status = on_have(g->session, &page[i].id);
    if (status < 0)
      return status;
    g->cursor = page[i];
    g->started = true;
  }
  return at + n == size;
}

static int stream(struct session_neg *g)
{
  struct topo_session *s = g->session;
  topo_assert(g->streaming && s->o.initiator);
  lookup(g);
  while (!congested(s)) {
    s->activity++;
    int status = stream_page(g);
    if (status < 0)
      return status;
    if (status > 0) {
      end(g);
      return 0;
    }
  }
  return 0;
}

int topo_session_neg_pump(struct topo_session *s)
{
  for (unsigned i = 0; i < TOPO_SESSION_RECONCILING_MAX; i++) {
    struct session_neg *g = &s->neg[i];
    if (!g->open)
      continue;
    int status = g->streaming ? stream(g) : take_turn(g);
    if (status < 0)
      return status;
  }
  return 0;
}
