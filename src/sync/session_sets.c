/*
 * session_sets.c - SETS, and the rounds that they begin and end (docs/protocol.md §6.3).
 *
 * The initiator's round has these phases:
 *
 *   exchange  our SETS are sent and the peer's awaited; when they differ:
 *   early     the sets before the epochs, control first, are reconciled, each when all that the one
 *             before asked for has come; then:
 *   listing   the peer is asked which epochs differ
 *   epochs    these are reconciled, the newest first; when all is asked for, answered and sent,
 * there is another exchange
 *
 * The responder answers SETS with SETS, but not before what it had received until then is applied:
 * its answer would otherwise name differences that no longer exist.
 *
 * A round moved something when it asked for events or sent some and the sets of either side changed
 * afterwards. Asking or sending alone would not do: a peer that can make nothing of what it lacks
 * would be sent it again and again without a pause.
 */
#include "sync/session_impl.h"

#include "base/assert.h"
#include "base/status.h"

#define ONES8 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
const struct topo_id topo_set_of_records = {{ONES8, ONES8, ONES8, ONES8}};

/* Which phase of a round may follow which. */
static const bool transitions[ROUND_PHASES][ROUND_PHASES] = {
    [ROUND_IDLE] = {[ROUND_EXCHANGE] = true},
    [ROUND_EXCHANGE] = {[ROUND_IDLE] = true, [ROUND_EARLY] = true},
    [ROUND_EARLY] = {[ROUND_LISTING] = true},
    [ROUND_LISTING] = {[ROUND_EPOCHS] = true},
    [ROUND_EPOCHS] = {[ROUND_EXCHANGE] = true},
};

static void transition(struct topo_session *s, enum round_phase to)
{
  topo_assert(s->o.initiator && transitions[s->round][to]);
  s->round = to;
  s->activity++;
}

static bool sets_equal(const struct topo_session_sets *a, const struct topo_session_sets *b)
{
  for (unsigned i = 0; i < TOPO_SET_EARLY; i++)
    if (!topo_session_set_equal(&a->early[i], &b->early[i]))
      return false;
  return topo_id_equal(&a->epochs, &b->epochs);
}

/* The owner's sets as they are now. */
static int read_sets(struct topo_session *s, struct topo_session_sets *sets)
{
  return s->o.ops->sets(s->o.ctx, sets);
}

void topo_session_sets_begin(struct topo_session *s)
{
  topo_assert(s->phase == SESSION_MEMBER && s->round == ROUND_IDLE && !s->own_sent);
  s->sets_due = true;
  s->rested = true;
  s->owed_end_ms = UINT64_MAX;
  if (s->o.initiator)
    transition(s, ROUND_EXCHANGE);
}

/* The responder's view of an exchange: a pair of equal SETS is what "synced" means (§6.3). */
static void compare_pair(struct topo_session *s)
{
  topo_assert(!s->o.initiator && s->own_sent && s->peer_heard);
  s->equal = sets_equal(&s->own, &s->peer);
}

static void mark_received(struct topo_session *s)
{
  for (unsigned i = 0; i < SESSION_STREAMS; i++)
    s->reply_marks[i] = s->in[i].received;
}

static bool applied_to_marks(const struct topo_session *s)
{
  topo_assert(s->sets_reply);
  for (unsigned i = 0; i < SESSION_STREAMS; i++)
    if (s->in[i].applied < s->reply_marks[i])
      return false;
  return true;
}

/* SETS that nobody asked for while there is no round: the responder has skipped live events, for
 * example. They are answered, be they equal or not, by an exchange that comes soon: the responder
 * cannot say "synced" before. */
static int take_unasked(struct topo_session *s)
{
  topo_assert(s->o.initiator && s->round == ROUND_IDLE);
  struct topo_session_sets now;
  int status = read_sets(s, &now);
  if (status < 0)
    return status;
  s->equal = sets_equal(&now, &s->peer);
  uint64_t pause = s->backoff_ms > 0 ? s->backoff_ms : SESSION_BACKOFF_MIN_MS;
  if (s->next_round_ms > s->now_ms + pause)
    s->next_round_ms = s->now_ms + pause;
  return 0;
}

int topo_session_sets_frame(struct topo_session *s, struct topo_bytes payload)
{
  struct topo_session_sets sets;
  int status = topo_wire_get_sets(payload, &sets);
  if (status < 0)
    return status;
  s->peer_changed = !s->peer_heard || !sets_equal(&sets, &s->peer);
  s->peer = sets;
  bool first = !s->peer_heard;
  s->peer_heard = true;
  if (s->o.initiator) {
    s->peer_more = s->peer_fresh && s->round == ROUND_EXCHANGE;
    s->peer_fresh = s->round == ROUND_EXCHANGE;
    return s->round == ROUND_IDLE ? take_unasked(s) : 0;
  }
  if (!first) {
    s->sets_due = s->sets_reply = true;
    mark_received(s);
  } else if (s->own_sent)
    compare_pair(s);
  return 0;
}

static int send_sets(struct topo_session *s)
{
  if (!s->sets_due || !topo_session_room(s) || (s->sets_reply && !applied_to_marks(s)))
    return 0;
  struct topo_session_sets now;
  int status = read_sets(s, &now);
  if (status < 0)
    return status;
  topo_wire_put_sets(topo_session_control(s), &now);
  s->own_changed = !s->own_sent || !sets_equal(&now, &s->own);
  s->own = now;
  bool pair = !s->o.initiator && (s->sets_reply || (!s->own_sent && s->peer_heard));
  s->own_sent = true;
  s->sets_due = s->sets_reply = false;
  if (pair)
    compare_pair(s);
  return 0;
}

static void rest(struct topo_session *s, uint64_t pause_ms)
{
  topo_assert(pause_ms > 0 && pause_ms <= SESSION_ROUND_MS);
  transition(s, ROUND_IDLE);
  s->next_round_ms = s->now_ms + pause_ms;
}

static void exchange(struct topo_session *s)
{
  topo_session_pages_finish(s);
  s->again = false;
  s->sets_due = true;
  s->peer_fresh = s->peer_more = false;
  transition(s, ROUND_EXCHANGE);
}

static void finish_equal(struct topo_session *s)
{
  s->equal = true;
  s->queued = false;
  s->backoff_ms = 0;
  topo_session_neg_forget(s);
  rest(s, SESSION_ROUND_MS);
}

static void back_off(struct topo_session *s)
{
  s->backoff_ms = s->backoff_ms ? s->backoff_ms * 2 : SESSION_BACKOFF_MIN_MS;
  if (s->backoff_ms > SESSION_BACKOFF_MAX_MS)
    s->backoff_ms = SESSION_BACKOFF_MAX_MS;
  topo_assert(s->backoff_ms >= SESSION_BACKOFF_MIN_MS && s->backoff_ms <= SESSION_BACKOFF_MAX_MS);
  rest(s, s->backoff_ms);
}

/* Ours are equal by now: what was lacking when we sent them came live; or the peer has told again,
 * unasked, behind its answer. It cannot say "synced" before it hears of us, so another exchange
 * follows. */
static void finish_half(struct topo_session *s)
{
  s->equal = true;
  s->queued = false;
  back_off(s);
}

/* The initiator has a pair of SETS. It is equal when the peer's equal what we sent. Otherwise a
 * round begins, after a pause when the last one moved nothing (§6.3). */
static int take_pair(struct topo_session *s)
{
  topo_assert(s->round == ROUND_EXCHANGE && s->own_sent && s->peer_heard && !s->sets_due);
  struct topo_session_sets now;
  int status = read_sets(s, &now);
  if (status < 0)
    return status;
  bool equal = sets_equal(&s->own, &s->peer);
  if (equal && !s->peer_more) {
    finish_equal(s);
    return 0;
  }
  if (equal || sets_equal(&now, &s->peer)) {
    finish_half(s);
    return 0;
  }
  s->equal = false;
  bool moved = s->queued && (s->own_changed || s->peer_changed);
  if (moved)
    s->backoff_ms = 0;
  if (!moved && !s->rested) {
    back_off(s);
    return 0;
  }
  s->rested = s->queued = false;
  s->rounds++;
  topo_session_neg_new_round(s);
  s->early_at = 0;
  transition(s, ROUND_EARLY);
  return 0;
}

/* Is nothing being reconciled, and has all that was asked for been answered? */
static bool answered(const struct topo_session *s)
{
  return topo_session_neg_count(s) == 0 && topo_session_wanted(s) == 0;
}

/* Reconciles the next of the sets before the epochs that differs, once all is answered that the one
 * before asked for; after the last it asks which epochs differ. */
static int open_early(struct topo_session *s)
{
  struct topo_session_sets now;
  int status = read_sets(s, &now);
  while (status == 0 && answered(s) && topo_session_room(s)) {
    if (s->early_at == TOPO_SET_EARLY) {
      transition(s, ROUND_LISTING);
      return topo_session_pages_begin(s);
    }
    const struct topo_session_set *peer = &s->peer.early[s->early_at];
    if (!topo_session_set_equal(&now.early[s->early_at++], peer))
      status = topo_session_neg_open(s, &peer->set, peer->count);
  }
  return status;
}

/* An epoch may have become equal since it was listed, by what came live. */
static int open_epoch(struct topo_session *s, const struct topo_session_set *peer)
{
  struct topo_session_set own;
  int status = topo_settree_row(s->o.ops->tree(s->o.ctx), &peer->set, &own);
  if (status < 0 || topo_session_set_equal(&own, peer))
    return status;
  return topo_session_neg_open(s, &peer->set, peer->count);
}

static int open_epochs(struct topo_session *s)
{
  topo_assert(s->o.initiator && s->round == ROUND_EPOCHS);
  while (topo_session_neg_count(s) < TOPO_SESSION_RECONCILING_MAX && topo_session_room(s)) {
    const struct topo_session_set *peer = topo_session_pages_next(s);
    if (!peer) {
      bool sent = s->haves.count == 0 && topo_session_sent(s, TOPO_STREAM_BULK);
      if (sent && answered(s))
        exchange(s);
      return 0;
    }
    int status = open_epoch(s, peer);
    if (status < 0)
      return status;
  }
  return 0;
}

/* Does the round wait for an answer of the peer's? */
static bool is_owed(const struct topo_session *s)
{
  bool sets = s->round == ROUND_EXCHANGE && !s->sets_due && !s->peer_fresh;
  return sets || s->asked.count > 0 || topo_session_neg_owed(s);
}

static void note_owed(struct topo_session *s)
{
  if (!is_owed(s))
    s->owed_end_ms = UINT64_MAX;
  else if (s->answer_came || s->owed_end_ms == UINT64_MAX)
    s->owed_end_ms = s->now_ms + SESSION_OWED_MS;
  s->answer_came = false;
}

static int go_on(struct topo_session *s)
{
  switch (s->round) {
  case ROUND_IDLE:
    if (s->again) {
      s->rested = true;
      exchange(s);
    }
    return 0;
  case ROUND_EXCHANGE:
    return !s->sets_due && s->peer_fresh && topo_session_room(s) ? take_pair(s) : 0;
  case ROUND_EARLY: return answered(s) && topo_session_room(s) ? open_early(s) : 0;
  case ROUND_LISTING:
    if (topo_session_pages_listed(s))
      transition(s, ROUND_EPOCHS);
    return 0;
  case ROUND_EPOCHS: return open_epochs(s);
  case ROUND_PHASES: break;
  }
  topo_assert(false);
  return TOPO_EINTERNAL;
}

int topo_session_sets_pump(struct topo_session *s)
{
  int status = send_sets(s);
  if (status == 0 && s->o.initiator)
    status = go_on(s);
  if (status == 0 && s->o.initiator)
    note_owed(s);
  return status;
}

uint64_t topo_session_sets_deadline(const struct topo_session *s)
{
  if (!s->o.initiator)
    return UINT64_MAX;
  return s->round == ROUND_IDLE ? s->next_round_ms : s->owed_end_ms;
}

void topo_session_sets_tick(struct topo_session *s)
{
  topo_assert(s->o.initiator);
  if (s->round == ROUND_IDLE)
    s->again = true;
  else
    topo_session_fail(s, TOPO_EPROTOCOL);
}

void topo_session_resync(struct topo_session *s, uint64_t now_ms)
{
  s->now_ms = now_ms;
  if (s->phase != SESSION_MEMBER || s->status < 0)
    return;
  s->activity++;
  if (s->o.initiator)
    s->again = true;
  else
    s->sets_due = true;
}
