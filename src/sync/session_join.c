/* session_join.c - the bootstrap of a newcomer: OFFER, JOIN, WELCOME (docs/protocol.md §6.1). */
#include "sync/session_impl.h"

#include "base/assert.h"
#include "base/status.h"

/* docs/protocol.md §6.1: the server, who is the inviter, sends OFFER after HELLO. */
int topo_session_join_begin(struct topo_session *s)
{
  topo_assert(s->o.role != TOPO_SESSION_MEMBER);
  if (s->phase != SESSION_INVITING)
    return 0;
  struct topo_wire_offer offer = {0};
  int status = s->o.ops->offer(s->o.ctx, s, &offer.invite, &offer.slot, &offer.auth);
  if (status < 0)
    return status;
  topo_wire_put_offer(topo_session_control(s), &offer);
  return 0;
}

/* §6.1: the joiner answers OFFER with JOIN. */
static int take_offer(struct topo_session *s, struct topo_bytes payload)
{
  topo_assert(s->o.role == TOPO_SESSION_JOINER);
  struct topo_wire_offer offer;
  int status = topo_wire_get_offer(payload, &offer);
  if (status < 0)
    return status;
  struct topo_session_join join = {0};
  status = s->o.ops->offered(s->o.ctx, s, &offer.invite, offer.slot, &offer.auth, &join);
  if (status < 0)
    return status;
  topo_session_transition(s, SESSION_JOINED);
  topo_wire_put_join(topo_session_control(s), &join);
  return 0;
}

/* §6.1: the server checks JOIN and makes the admission, which is the owner's part. */
static int take_join(struct topo_session *s, struct topo_bytes payload)
{
  topo_assert(s->o.role == TOPO_SESSION_INVITER);
  struct topo_session_join join = {0};
  int status = topo_wire_get_join(payload, &join);
  if (status < 0)
    return status;
  /* This comes before the call because the owner may welcome within it. */
  topo_session_transition(s, SESSION_ADMITTING);
  return s->o.ops->join(s->o.ctx, s, &join);
}

/* §6.1: the joiner ends the connection, with code 10: that is an end without a fault. */
static int take_welcome(struct topo_session *s, struct topo_bytes payload)
{
  topo_assert(s->phase == SESSION_JOINED && !s->over);
  struct topo_id admission;
  int status = topo_wire_get_welcome(payload, &admission);
  if (status < 0)
    return status;
  s->o.ops->welcomed(s->o.ctx, s, &admission);
  s->over = true;
  return 0;
}

/* §6.1: nothing else is legal on such a connection. */
int topo_session_join_frame(struct topo_session *s, const struct topo_wire_frame *frame)
{
  if (s->phase == SESSION_JOINING && frame->kind == TOPO_WIRE_OFFER)
    return take_offer(s, frame->payload);
  if (s->phase == SESSION_INVITING && frame->kind == TOPO_WIRE_JOIN)
    return take_join(s, frame->payload);
  if (s->phase == SESSION_JOINED && frame->kind == TOPO_WIRE_WELCOME)
    return take_welcome(s, frame->payload);
  return TOPO_EPROTOCOL;
}

void topo_session_welcome(struct topo_session *s, const struct topo_id *admission)
{
  if (s->status < 0 || s->phase == SESSION_CLOSED)
    return;
  topo_session_transition(s, SESSION_WELCOMING);
  topo_wire_put_welcome(topo_session_control(s), admission);
}
