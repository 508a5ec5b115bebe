/*
 * session_sets.c - SETS, and the rounds that they begin and end (docs/protocol.md §6.3).
 *
 * The initiator's round has these phases:
 *
 *   exchange  our SETS are sent and the peer's awaited; when they differ:
 *   control   the control set is reconciled; when all that this asked for has come:
 *   epochs    the epochs are reconciled, the newest first; when all is asked for, answered and
 *             sent, there is another exchange
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

#include <stdlib.h>
#include <string.h>

/* Which phase of a round may follow which. */
static const bool transitions[ROUND_PHASES][ROUND_PHASES] = {
    [ROUND_IDLE] = {[ROUND_EXCHANGE] = true},
    [ROUND_EXCHANGE] = {[ROUND_IDLE] = true, [ROUND_CONTROL] = true},
    [ROUND_CONTROL] = {[ROUND_EPOCHS] = true},
    [ROUND_EPOCHS] = {[ROUND_EXCHANGE] = true},
};

static void transition(struct topo_session *s, enum round_phase to)
{
  topo_assert(s->o.initiator && transitions[s->round][to]);
  s->round = to;
  s->activity++;
}

/* Finds the row of a set among rows that are sorted by set; NULL when there is none. */
static const struct topo_session_set *find(const struct session_rows *rows,
                                           const struct topo_id *set)
{
  size_t low = 0, high = rows->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = topo_id_compare(&rows->rows[middle].set, set);
    if (order == 0)
      return &rows->rows[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

static bool is_sorted(const struct session_rows *rows)
{
  for (size_t i = 1; i < rows->n; i++)
    if (topo_session_set_compare(&rows->rows[i - 1], &rows->rows[i]) > 0)
      return false;
  return true;
}

/* A set that is not named is empty; empty sets are equal. */
static bool set_equal(const struct topo_session_set *a, const struct topo_session_set *b)
{
  uint64_t x = a ? a->count : 0, y = b ? b->count : 0;
  return x == y && (x == 0 || topo_id_equal(&a->digest, &b->digest));
}

/* Does every row of `a` equal its counterpart in `b`, which is sorted? */
static bool covered(const struct session_rows *a, const struct session_rows *b)
{
  for (size_t i = 0; i < a->n; i++)
    if (!set_equal(&a->rows[i], find(b, &a->rows[i].set)))
      return false;
  return true;
}

static bool rows_equal(const struct session_rows *a, const struct session_rows *b)
{
  topo_assert(is_sorted(a) && is_sorted(b));
  return covered(a, b) && covered(b, a);
}

/* Reads the owner's rows as they are now, in its order. */
static int read_rows(struct topo_session *s, struct session_rows *rows)
{
  struct topo_session_set *all = malloc(TOPO_SESSION_SETS_MAX * sizeof *all);
  if (!all)
    return TOPO_ENOMEM;
  int n = s->o.ops->sets(s->o.ctx, all);
  if (n < 0) {
    free(all);
    return n;
  }
  topo_assert(n <= TOPO_SESSION_SETS_MAX);
  struct topo_session_set *fit = realloc(all, (n ? (size_t)n : 1) * sizeof *all);
  *rows = (struct session_rows){fit ? fit : all, (size_t)n};
  return 0;
}

static void sort_rows(struct session_rows *rows)
{
  qsort(rows->rows, rows->n, sizeof *rows->rows, topo_session_set_compare);
}

/* Reads the owner's rows as they are now, sorted by set. */
static int read_sorted_rows(struct topo_session *s, struct session_rows *rows)
{
  int status = read_rows(s, rows);
  if (status == 0)
    sort_rows(rows);
  return status;
}

static void replace(struct session_rows *rows, struct session_rows with)
{
  free(rows->rows);
  *rows = with;
}

/* Starts to reconcile a set, or to send it when the peer has nothing of it. */
static int open_set(struct topo_session *s, const struct topo_id *set)
{
  const struct topo_session_set *row = find(&s->peer, set);
  return topo_session_neg_open(s, set, row ? row->count : 0);
}

void topo_session_sets_begin(struct topo_session *s)
{
  topo_assert(s->phase == SESSION_MEMBER && s->round == ROUND_IDLE && !s->own_sent);
  s->sets_due = true;
  s->rested = true;
  if (s->o.initiator)
    transition(s, ROUND_EXCHANGE);
}

void topo_session_sets_finish(struct topo_session *s)
{
  free(s->own.rows);
  free(s->peer.rows);
  free(s->plan);
}

/* The responder's view of an exchange: a pair of equal SETS is what "synced" means (§6.3). */
static void compare_pair(struct topo_session *s)
{
  topo_assert(!s->o.initiator && s->own_sent && s->peer_heard);
  s->equal = rows_equal(&s->own, &s->peer);
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
 * example. A difference brings the next round forward. */
static int take_unasked(struct topo_session *s)
{
  topo_assert(s->o.initiator && s->round == ROUND_IDLE);
  struct session_rows now;
  int status = read_sorted_rows(s, &now);
  if (status < 0)
    return status;
  s->equal = rows_equal(&now, &s->peer);
  free(now.rows);
  if (s->equal)
    return 0;
  uint64_t pause = s->backoff_ms > 0 ? s->backoff_ms : SESSION_BACKOFF_MIN_MS;
  if (s->next_round_ms > s->now_ms + pause)
    s->next_round_ms = s->now_ms + pause;
  return 0;
}

int topo_session_sets_frame(struct topo_session *s, struct topo_bytes payload)
{
  struct session_rows rows;
  int status = topo_wire_get_sets(payload, &rows.rows, &rows.n);
  if (status < 0)
    return status;
  s->peer_changed = !s->peer_heard || !rows_equal(&rows, &s->peer);
  replace(&s->peer, rows);
  bool first = !s->peer_heard;
  s->peer_heard = true;
  if (s->o.initiator) {
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
  struct session_rows now;
  int status = read_rows(s, &now);
  if (status < 0)
    return status;
  topo_wire_put_sets(topo_session_control(s), now.rows, now.n);
  sort_rows(&now);
  s->own_changed = !s->own_sent || !rows_equal(&now, &s->own);
  replace(&s->own, now);
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
  s->again = false;
  s->sets_due = true;
  s->peer_fresh = false;
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

/* The initiator has a pair of SETS. It is equal when the peer's equal what we sent, or what there
 * is by now: what came in between came live. Otherwise a round begins, after a pause when the last
 * one moved nothing (§6.3). */
static int take_pair(struct topo_session *s)
{
  topo_assert(s->round == ROUND_EXCHANGE && s->own_sent && s->peer_heard && !s->sets_due);
  struct session_rows now;
  int status = read_sorted_rows(s, &now);
  if (status < 0)
    return status;
  bool equal = rows_equal(&s->own, &s->peer) || rows_equal(&now, &s->peer);
  bool control = !equal && !set_equal(find(&now, &topo_id_zero), find(&s->peer, &topo_id_zero));
  free(now.rows);
  if (equal) {
    finish_equal(s);
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
  transition(s, ROUND_CONTROL);
  return control ? open_set(s, &topo_id_zero) : 0;
}

/* Is nothing being reconciled, and has all that was asked for been answered? */
static bool answered(const struct topo_session *s)
{
  return topo_session_neg_count(s) == 0 && s->wanted.count == 0 && s->spill.count == 0;
}

static void plan_add(struct topo_session *s, const struct topo_id *set)
{
  topo_assert(s->plan_len < 2 * TOPO_SESSION_SETS_MAX);
  if (!topo_id_is_zero(set))
    s->plan[s->plan_len++] = *set;
}

/* Lists the epochs that differ (§6.3): ours in the owner's order, newest first, and then those that
 * only the peer names. */
static int plan_epochs(struct topo_session *s)
{
  struct session_rows now;
  int status = read_rows(s, &now);
  if (status < 0)
    return status;
  free(s->plan);
  s->plan_len = s->plan_at = 0;
  s->plan = calloc(now.n + s->peer.n + 1, sizeof *s->plan);
  if (!s->plan) {
    free(now.rows);
    return TOPO_ENOMEM;
  }
  for (size_t i = 0; i < now.n; i++)
    if (!set_equal(&now.rows[i], find(&s->peer, &now.rows[i].set)))
      plan_add(s, &now.rows[i].set);
  sort_rows(&now);
  for (size_t i = 0; i < s->peer.n; i++)
    if (s->peer.rows[i].count > 0 && !find(&now, &s->peer.rows[i].set))
      plan_add(s, &s->peer.rows[i].set);
  free(now.rows);
  transition(s, ROUND_EPOCHS);
  return 0;
}

static int open_epochs(struct topo_session *s)
{
  topo_assert(s->o.initiator && s->plan_at <= s->plan_len);
  while (s->plan_at < s->plan_len && topo_session_neg_count(s) < TOPO_SESSION_RECONCILING_MAX &&
         topo_session_room(s)) {
    int status = open_set(s, &s->plan[s->plan_at++]);
    if (status < 0)
      return status;
  }
  bool sent = s->haves.count == 0 && topo_session_sent(s, TOPO_STREAM_BULK);
  if (s->plan_at == s->plan_len && sent && answered(s))
    exchange(s);
  return 0;
}

int topo_session_sets_pump(struct topo_session *s)
{
  int status = send_sets(s);
  if (status < 0 || !s->o.initiator)
    return status;
  switch (s->round) {
  case ROUND_IDLE:
    if (s->again) {
      s->rested = true;
      exchange(s);
    }
    return 0;
  case ROUND_EXCHANGE:
    return !s->sets_due && s->peer_fresh && topo_session_room(s) ? take_pair(s) : 0;
  case ROUND_CONTROL: return answered(s) ? plan_epochs(s) : 0;
  case ROUND_EPOCHS: return open_epochs(s);
  case ROUND_PHASES: break;
  }
  topo_assert(false);
  return TOPO_EINTERNAL;
}

void topo_session_sets_tick(struct topo_session *s)
{
  s->again = true;
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
