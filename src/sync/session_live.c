/* session_live.c - what is new goes to the peer at once, on its own stream, past any backlog. */
#include "sync/session_impl.h"

#include "base/status.h"

void topo_session_live_begin(struct topo_session *s)
{
  topo_idqueue_init(&s->live, TOPO_SESSION_LIVE);
}

void topo_session_live_finish(struct topo_session *s)
{
  topo_idqueue_finish(&s->live);
}

void topo_session_push(struct topo_session *s, const struct topo_id *id)
{
  /* Before the greeting nothing need be pushed: the first SETS will tell. */
  if (s->phase != SESSION_REGULAR || s->status < 0)
    return;
  int status = topo_idqueue_push(&s->live, id);
  if (status == TOPO_ELIMIT)
    s->live_skipped = true;
  else
    topo_session_fail(s, status);
}

static int fill(struct topo_session *s, struct topo_buf *out, size_t start)
{
  const struct topo_id *id;
  while ((id = topo_idqueue_front(&s->live))) {
    int status = topo_session_batch_add(s, out, start, id);
    if (status == 0)
      return 0;
    if (status < 0 && status != TOPO_ENOTFOUND)
      return status;
    topo_idqueue_pop(&s->live);
    s->activity++;
  }
  return 0;
}

int topo_session_live_pump(struct topo_session *s)
{
  struct topo_buf *out = &s->out[TOPO_STREAM_LIVE].buf;
  if (!topo_session_sent(s, TOPO_STREAM_LIVE))
    return 0;
  if (s->live.count == 0) {
    if (!s->live_skipped)
      return 0;
    s->live_skipped = false;
    s->equal = false;
    topo_session_resync(s, s->now_ms);
    return 0;
  }
  size_t start = topo_wire_begin(out, TOPO_WIRE_EVENTS);
  int status = fill(s, out, start);
  if (status < 0)
    return status;
  if (out->len == start + TOPO_WIRE_HEAD_SIZE)
    topo_buf_clear(out);
  else
    topo_wire_end(out, start);
  return 0;
}
