/*
 * session_want.c - what we ask the peer for, what it asks us for, and the bulk stream that answers
 * (docs/protocol.md §6.4).
 *
 * An id that reconciliation needs goes into `wanted` and `ask`, or, while `wanted` is full, into
 * `spill`; messages of reconciliation wait while the spill is not empty, so it never holds more
 * than one message names.
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
  topo_idset_init(&s->wanted, TOPO_SESSION_WANTS_MAX);
  topo_idqueue_init(&s->ask, ASK_MAX);
  topo_idqueue_init(&s->spill, SPILL_MAX);
  topo_idqueue_init(&s->peer_wants, TOPO_SESSION_PEER_WANTS_MAX);
  topo_idqueue_init(&s->missing, TOPO_WIRE_IDS_MAX);
  topo_idqueue_init(&s->haves, SESSION_HAVES_MAX);
}

void topo_session_want_finish(struct topo_session *s)
{
  topo_idset_finish(&s->wanted);
  topo_idqueue_finish(&s->ask);
  topo_idqueue_finish(&s->spill);
  topo_idqueue_finish(&s->peer_wants);
  topo_idqueue_finish(&s->missing);
  topo_idqueue_finish(&s->haves);
}

/* Enters the id among those asked for. 0; TOPO_EEXISTS when it is there; TOPO_EINVAL for the zero
 * id; TOPO_ELIMIT when as many are outstanding as may be (§6.4); or TOPO_ENOMEM. */
static int enter(struct topo_session *s, const struct topo_id *id)
{
  if (s->ask.count >= s->ask.max)
    return TOPO_ELIMIT;
  int status = topo_idset_add(&s->wanted, id);
  if (status < 0)
    return status;
  status = topo_idqueue_push(&s->ask, id);
  if (status < 0)
    topo_idset_remove(&s->wanted, id);
  else
    s->activity++;
  topo_assert(status != TOPO_ELIMIT && topo_idset_has(&s->wanted, id) == (status == 0));
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
  if (topo_idset_remove(&s->wanted, id))
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

/* Makes one frame of up to TOPO_WIRE_IDS_MAX ids, which leave the queue. With `only`, ids that are
 * not in it any more leave the queue for nothing. */
static void put_ids(struct topo_session *s, enum topo_wire_kind kind, struct topo_idqueue *q,
                    const struct topo_idset *only)
{
  topo_assert(q->count > 0 && topo_session_room(s));
  struct topo_buf *out = topo_session_control(s);
  size_t start = topo_wire_begin(out, kind);
  size_t at = out->len;
  uint16_t n = 0;
  topo_buf_put_u16(out, 0);
  while (q->count > 0 && n < TOPO_WIRE_IDS_MAX) {
    const struct topo_id *id = topo_idqueue_front(q);
    if (!only || topo_idset_has(only, id)) {
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

int topo_session_want_pump(struct topo_session *s)
{
  int status = unspill(s);
  if (status < 0)
    return status;
  while (s->ask.count > 0 && topo_session_room(s))
    put_ids(s, TOPO_WIRE_WANT, &s->ask, &s->wanted);
  while (s->missing.count > 0 && topo_session_room(s))
    put_ids(s, TOPO_WIRE_MISSING, &s->missing, NULL);
  return 0;
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
