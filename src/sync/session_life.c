/* session_life.c - the phases of a session, and how it comes to an end. */
#include "sync/session_impl.h"

#include "base/assert.h"

/* Which phase may follow which. Every phase may end; nothing follows the end. */
static const bool transitions[SESSION_PHASES][SESSION_PHASES] = {
    [SESSION_GREETING] = {[SESSION_MEMBER] = true,
                          [SESSION_INVITING] = true,
                          [SESSION_JOINING] = true,
                          [SESSION_CLOSED] = true},
    [SESSION_MEMBER] = {[SESSION_CLOSED] = true},
    [SESSION_INVITING] = {[SESSION_ADMITTING] = true, [SESSION_CLOSED] = true},
    [SESSION_ADMITTING] = {[SESSION_WELCOMING] = true, [SESSION_CLOSED] = true},
    [SESSION_WELCOMING] = {[SESSION_CLOSED] = true},
    [SESSION_JOINING] = {[SESSION_JOINED] = true, [SESSION_CLOSED] = true},
    [SESSION_JOINED] = {[SESSION_CLOSED] = true},
};

void topo_session_transition(struct topo_session *s, enum session_phase to)
{
  topo_assert(s->phase < SESSION_PHASES && to < SESSION_PHASES);
  topo_assert(transitions[s->phase][to]);
  s->phase = to;
}

void topo_session_fail(struct topo_session *s, int status)
{
  topo_assert(status <= 0 && s->status <= 0);
  if (s->status == 0)
    s->status = status;
}

bool topo_session_ending(const struct topo_session *s)
{
  return s->status < 0 || s->over || s->phase == SESSION_CLOSED;
}
