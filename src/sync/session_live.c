/*
 * session_live.c - what is new goes to the peer at once, on a stream of its own and so past any
 * backlog (docs/protocol.md §6.4). When more is new than the queue takes, the others are skipped,
 * and a round that follows finds them (§6.3).
 */
#include "sync/session_impl.h"

#include "base/assert.h"
#include "base/status.h"

void topo_session_live_begin(struct topo_session *s)
{
  topo_idqueue_init(&s->live, TOPO_SESSION_LIVE_MAX);
}

void topo_session_live_finish(struct topo_session *s)
{
  topo_idqueue_finish(&s->live);
}

void topo_session_push(struct topo_session *s, const struct topo_id *id)
{
  /* Before the greeting nothing need be pushed: the first SETS will tell of it. */
  if (s->phase != SESSION_MEMBER || s->status < 0)
    return;
  topo_session_got(s, id); /* somebody else has brought it: it need not come from this peer */
  int status = topo_idqueue_push(&s->live, id);
  if (status == TOPO_ELIMIT)
    s->live_skipped = true;
  else
    topo_session_fail(s, status);
}

int topo_session_live_pump(struct topo_session *s)
{
  topo_assert(s->phase == SESSION_MEMBER);
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
  topo_session_events_begin(s, TOPO_STREAM_LIVE);
  int status = topo_session_events_fill(s, TOPO_STREAM_LIVE, &s->live, NULL);
  if (status < 0)
    return status;
  topo_session_events_end(s, TOPO_STREAM_LIVE);
  return 0;
}
