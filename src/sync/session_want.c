/*
 * session_want.c - what we ask the peer for, what it asks us for, and the bulk stream that answers
 * (docs/protocol.md §6.4).
 *
 * An id that reconciliation needs goes into `wanted` and `ask`, or, while `wanted` is full, into
 * `spill`; messages of reconciliation wait while the spill is not empty, so it never holds more
 * than one message names.
 *
 * What the peer never answers counts as missing after a while. Ids that are asked for are of two
 * ages: the time runs from the last answer to one of the older ones. A peer that is slow but
 * answers has all the time that it needs; answers to what was asked for later do not help what it
 * withholds.
 */
#include "sync/session_impl.h"

#include "base/assert.h"
#include "base/status.h"

enum {
  /* One message of reconciliation cannot name more ids than this. */
  SPILL_MAX = TOPO_SESSION_RECONCILE_BYTES_MAX / TOPO_ID_SIZE,
  /* Ids that came before they were asked for stay in `ask` until the next WANT is made. */
  ASK_MAX = 2 * TOPO_SESSION_WANTS_MAX
};

void topo_session_want_begin(struct topo_session *s)
{
  topo_idset_init(&s->wanted[0], TOPO_SESSION_WANTS_MAX);
  topo_idset_init(&s->wanted[1], TOPO_SESSION_WANTS_MAX);
  s->want_end_ms = UINT64_MAX;
  topo_idqueue_init(&s->ask, ASK_MAX);
  topo_idqueue_init(&s->spill, SPILL_MAX);
  topo_idqueue_init(&s->peer_wants, TOPO_SESSION_PEER_WANTS_MAX);
  topo_idqueue_init(&s->missing, TOPO_WIRE_IDS_MAX);
  topo_idqueue_init(&s->haves, SESSION_HAVES_MAX);
}

void topo_session_want_finish(struct topo_session *s)
{
  topo_idset_finish(&s->wanted[0]);
  topo_idset_finish(&s->wanted[1]);
  topo_idqueue_finish(&s->ask);
  topo_idqueue_finish(&s->spill);
  topo_idqueue_finish(&s->peer_wants);
  topo_idqueue_finish(&s->missing);
  topo_idqueue_finish(&s->haves);
}

uint32_t topo_session_wanted(const struct topo_session *s)
{
  topo_assert(s->wanted[0].count + s->wanted[1].count <= TOPO_SESSION_WANTS_MAX);
  return s->wanted[0].count + s->wanted[1].count + s->spill.count;
}

static bool is_wanted(const struct topo_session *s, const struct topo_id *id)
{
  return topo_idset_has(&s->wanted[0], id) || topo_idset_has(&s->wanted[1], id);
}

/* Enters the id among those asked for. 0; TOPO_EEXISTS when it is there; TOPO_EINVAL for the zero
 * id; TOPO_ELIMIT when as many are outstanding as may be (§6.4); or TOPO_ENOMEM. */
static int enter(struct topo_session *s, const struct topo_id *id)
{
  if (is_wanted(s, id))
    return TOPO_EEXISTS;
  if (s->ask.count >= s->ask.max ||
      s->wanted[0].count + s->wanted[1].count >= TOPO_SESSION_WANTS_MAX)
    return TOPO_ELIMIT;
  int status = topo_idset_add(&s->wanted[0], id);
  if (status < 0)
    return status;
  status = topo_idqueue_push(&s->ask, id);
  if (status < 0)
    topo_idset_remove(&s->wanted[0], id);
  else
    s->activity++;
  topo_assert(status != TOPO_ELIMIT && is_wanted(s, id) == (status == 0));
  return status;
}

int topo_session_need(struct topo_session *s, const struct topo_id *id)
{
  topo_assert(s->o.initiator);
  if (s->o.ops->known(s->o.ctx, id))
    return 0;
  s->queued = true;
  int status = s->spill.count > 0 ? TOPO_ELIMIT : enter(s, id);
  if (status == TOPO_ELIMIT)
    status = topo_idqueue_push(&s->spill, id);
  /* The id is asked for already; or it is no event's, which a peer can well claim to have. */
  return status == TOPO_EEXISTS || status == TOPO_EINVAL ? 0 : status;
}

void topo_session_want(struct topo_session *s, const struct topo_id *id)
{
  if (s->phase != SESSION_MEMBER || s->status < 0 || s->o.ops->known(s->o.ctx, id))
    return;
  if (enter(s, id) == TOPO_ENOMEM)
    topo_session_fail(s, TOPO_ENOMEM);
}

void topo_session_got(struct topo_session *s, const struct topo_id *id)
{
  bool old = topo_idset_remove(&s->wanted[1], id);
  s->want_moved |= old;
  if (old || topo_idset_remove(&s->wanted[0], id))
    s->activity++;
}

/* §6.4: WANT is answered with the events or with MISSING. */
static int take_want(struct topo_session *s, struct topo_reader *ids, size_t n)
{
  topo_assert(n >= 1 && n <= TOPO_WIRE_IDS_MAX && ids->end == ids->at + n * TOPO_ID_SIZE);
  for (size_t i = 0; i < n; i++) {
    struct topo_id id = topo_read_id(ids);
    int status = topo_idqueue_push(&s->peer_wants, &id);
    if (status < 0)
      return status;
  }
  return 0;
}

int topo_session_want_frame(struct topo_session *s, const struct topo_wire_frame *frame)
{
  struct topo_reader ids;
  size_t n;
  int status = topo_wire_get_ids(frame->payload, &ids, &n);
  if (status < 0)
    return status;
  if (frame->kind == TOPO_WIRE_WANT)
    return take_want(s, &ids, n);
  for (size_t i = 0; i < n; i++) {
    struct topo_id id = topo_read_id(&ids);
    topo_session_got(s, &id);
  }
  return 0;
}

/* Asks for spilled ids as others are answered. */
static int unspill(struct topo_session *s)
{
  const struct topo_id *id;
  while ((id = topo_idqueue_front(&s->spill))) {
    bool known = s->o.ops->known(s->o.ctx, id);
    int status = known ? 0 : enter(s, id);
    if (status == TOPO_ELIMIT)
      return 0;
    if (status == TOPO_ENOMEM)
      return status;
    topo_idqueue_pop(&s->spill);
    s->activity++;
  }
  return 0;
}

/* Makes one frame of up to TOPO_WIRE_IDS_MAX ids, which leave the queue. Of those to be asked for,
 * ones that are not wanted any more leave the queue for nothing. */
static void put_ids(struct topo_session *s, enum topo_wire_kind kind, struct topo_idqueue *q)
{
  topo_assert(q->count > 0 && topo_session_room(s));
  struct topo_buf *out = topo_session_control(s);
  size_t start = topo_wire_begin(out, kind);
  size_t at = out->len;
  uint16_t n = 0;
  topo_buf_put_u16(out, 0);
  while (q->count > 0 && n < TOPO_WIRE_IDS_MAX) {
    const struct topo_id *id = topo_idqueue_front(q);
    if (kind != TOPO_WIRE_WANT || is_wanted(s, id)) {
      topo_buf_put_id(out, id);
      n++;
    }
    topo_idqueue_pop(q);
  }
  if (out->failed)
    return;
  if (n == 0) {
    out->len = start;
    return;
  }
  topo_assert(out->len == at + 2 + (size_t)n * TOPO_ID_SIZE && n <= TOPO_WIRE_IDS_MAX);
  out->data[at] = (uint8_t)(n >> 8);
  out->data[at + 1] = (uint8_t)n;
  topo_wire_end(out, start);
}

/* Once all that was asked for before is answered, or counts as missing, what was asked for since is
 * next. */
static void age(struct topo_session *s)
{
  if (s->wanted[1].count == 0) {
    struct topo_idset empty = s->wanted[1];
    s->wanted[1] = s->wanted[0];
    s->wanted[0] = empty;
    s->want_moved = true;
  }
  if (s->wanted[1].count == 0)
    s->want_end_ms = UINT64_MAX;
  else if (s->want_moved)
    s->want_end_ms = s->now_ms + SESSION_WANT_MS;
  s->want_moved = false;
}

int topo_session_want_pump(struct topo_session *s)
{
  int status = unspill(s);
  if (status < 0)
    return status;
  while (s->ask.count > 0 && topo_session_room(s))
    put_ids(s, TOPO_WIRE_WANT, &s->ask);
  while (s->missing.count > 0 && topo_session_room(s))
    put_ids(s, TOPO_WIRE_MISSING, &s->missing);
  age(s);
  return 0;
}

uint64_t topo_session_want_deadline(const struct topo_session *s)
{
  return s->want_end_ms;
}

/* Has the owner what came still in hand? */
static bool unapplied(const struct topo_session *s)
{
  for (unsigned i = 0; i < SESSION_STREAMS; i++)
    if (s->in[i].applied < s->in[i].received)
      return true;
  return false;
}

void topo_session_want_tick(struct topo_session *s)
{
  topo_assert(s->want_end_ms <= s->now_ms);
  if (unapplied(s)) /* answers may be among it */
    s->want_moved = true;
  else
    topo_idset_finish(&s->wanted[1]);
  s->activity++;
  age(s);
}

int topo_session_bulk_pump(struct topo_session *s)
{
  if (!topo_session_sent(s, TOPO_STREAM_BULK) || s->peer_wants.count + s->haves.count == 0)
    return 0;
  topo_session_events_begin(s, TOPO_STREAM_BULK);
  int status = topo_session_events_fill(s, TOPO_STREAM_BULK, &s->peer_wants, &s->missing);
  topo_assert(status != 1 || s->peer_wants.count == 0);
  if (status == 1)
    status = topo_session_events_fill(s, TOPO_STREAM_BULK, &s->haves, NULL);
  if (status < 0)
    return status;
  topo_session_events_end(s, TOPO_STREAM_BULK);
  return 0;
}
