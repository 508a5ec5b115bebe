/* session.c - the entry points of a session: greeting, frames in, one pass over what goes out. */
#include "sync/session_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "port/close.h"

#include <stdlib.h>

/* Ends the connection when there is a reason to. This is the last thing that an entry point does,
 * for the owner may destroy the session when it hears of it. Returns what the entry point returns.
 */
static int conclude(struct topo_session *s)
{
  int status = s->status;
  topo_assert(status <= 0);
  if (s->phase == SESSION_CLOSED || (status == 0 && !s->over))
    return status;
  topo_session_transition(s, SESSION_CLOSED);
  topo_conn_close(&s->o.conn, status < 0 ? topo_close_code(status) : TOPO_CLOSE_INVITE_DONE);
  s->o.ops->closed(s->o.ctx, s, status);
  return status;
}

static void put_hello(struct topo_session *s)
{
  topo_assert(s->phase == SESSION_GREETING && s->out[TOPO_STREAM_CONTROL].buf.len == 0);
  struct topo_wire_hello hello = {.version = TOPO_WIRE_VERSION,
                                  .workspace = s->o.workspace,
                                  .scope = s->o.scope,
                                  .credential = s->o.own_credential,
                                  .wall_ms = s->o.wall_ms};
  topo_wire_put_hello(topo_session_control(s), &hello);
}

struct topo_session *topo_session_create(const struct topo_session_options *options, int *status)
{
  topo_assert(options->role <= TOPO_SESSION_JOINER);
  struct topo_session *s = calloc(1, sizeof *s);
  if (!s) {
    *status = TOPO_ENOMEM;
    return NULL;
  }
  s->o = *options;
  s->now_ms = options->now_ms;
  topo_session_want_begin(s);
  topo_session_live_begin(s);
  topo_session_neg_begin(s);
  put_hello(s);
  *status = topo_session_send(s);
  if (*status < 0) {
    topo_session_destroy(s);
    return NULL;
  }
  return s;
}

void topo_session_destroy(struct topo_session *s)
{
  if (!s)
    return;
  for (unsigned i = 0; i < SESSION_STREAMS; i++) {
    topo_buf_finish(&s->in[i].buf);
    topo_buf_finish(&s->out[i].buf);
  }
  topo_session_want_finish(s);
  topo_session_live_finish(s);
  topo_session_pages_finish(s);
  topo_session_neg_finish(s);
  free(s);
}

/* An invitee has no credential. A member has one but may not know it: its daemon may have been
 * stopped between the admission and the WELCOME (docs/protocol.md §6, HELLO). */
static bool credential_fits(const struct topo_session *s, const struct topo_id *credential)
{
  return s->o.role != TOPO_SESSION_INVITER || topo_id_is_zero(credential);
}

/* What a peer says of itself must be of our version, without a feature that it needs of us, and of
 * our workspace and scope (docs/protocol.md §6.1). We have no features. */
static int check_hello(const struct topo_session *s, const struct topo_wire_hello *hello)
{
  if (hello->version != TOPO_WIRE_VERSION || (hello->features & TOPO_WIRE_FEATURES_NEEDED))
    return TOPO_EVERSION;
  if (!topo_id_equal(&hello->workspace, &s->o.workspace) ||
      !topo_id_equal(&hello->scope, &s->o.scope))
    return TOPO_EWORKSPACE;
  return credential_fits(s, &hello->credential) ? 0 : TOPO_EPROTOCOL;
}

/* The peer's first frame (docs/protocol.md §6.1): HELLO. */
static int greet(struct topo_session *s, const struct topo_wire_frame *frame)
{
  topo_assert(s->phase == SESSION_GREETING);
  struct topo_wire_hello hello;
  if (frame->kind != TOPO_WIRE_HELLO)
    return TOPO_EPROTOCOL;
  int status = topo_wire_get_hello(frame->payload, &hello);
  if (status == 0)
    status = check_hello(s, &hello);
  if (status < 0)
    return status;
  switch (s->o.role) {
  case TOPO_SESSION_MEMBER: topo_session_transition(s, SESSION_MEMBER); break;
  case TOPO_SESSION_INVITER: topo_session_transition(s, SESSION_INVITING); break;
  case TOPO_SESSION_JOINER: topo_session_transition(s, SESSION_JOINING); break;
  }
  status = s->o.ops->greeted(s->o.ctx, s, &hello.credential, hello.wall_ms);
  if (status < 0)
    return status;
  if (s->o.role != TOPO_SESSION_MEMBER)
    return topo_session_join_begin(s);
  topo_session_sets_begin(s);
  return 0;
}

static int member_frame(struct topo_session *s, const struct topo_wire_frame *frame)
{
  topo_assert(s->phase == SESSION_MEMBER && s->o.role == TOPO_SESSION_MEMBER);
  switch (frame->kind) {
  case TOPO_WIRE_SETS: return topo_session_sets_frame(s, frame->payload);
  case TOPO_WIRE_LIST:
  case TOPO_WIRE_PAGE: return topo_session_pages_frame(s, frame);
  case TOPO_WIRE_NEG_OPEN:
  case TOPO_WIRE_NEG_MSG:
  case TOPO_WIRE_NEG_CLOSE: return topo_session_neg_frame(s, frame);
  case TOPO_WIRE_WANT:
  case TOPO_WIRE_MISSING: return topo_session_want_frame(s, frame);
  default: return TOPO_EPROTOCOL;
  }
}

static bool is_control(uint8_t kind)
{
  return (kind >= TOPO_WIRE_HELLO && kind <= TOPO_WIRE_WELCOME) ||
         (kind >= TOPO_WIRE_SETS && kind <= TOPO_WIRE_PAGE);
}

static int control_frame(struct topo_session *s, const struct topo_wire_frame *frame)
{
  /* A kind that does not exist is ill-formed (docs/protocol.md §6, code 4). One that exists and is
   * not due, such as one to be passed over before HELLO, is a violation (§6.5, code 3), which the
   * functions below find. */
  if (!is_control(frame->kind) && frame->kind < TOPO_WIRE_SKIPPED)
    return TOPO_EMALFORMED;
  if (s->phase == SESSION_GREETING)
    return greet(s, frame);
  if (s->phase == SESSION_MEMBER)
    return member_frame(s, frame);
  return topo_session_join_frame(s, frame);
}

static int events_frame(struct topo_session *s, enum topo_session_stream stream,
                        const struct topo_wire_frame *frame)
{
  topo_assert(stream != TOPO_STREAM_CONTROL && frame->size > frame->payload.len);
  size_t n = 0;
  if (frame->kind != TOPO_WIRE_EVENTS)
    return TOPO_EMALFORMED;
  int status = topo_wire_check_events(frame->payload, &n);
  if (status < 0)
    return status;
  /* The payload counts against the connection's window until the owner has applied it. The head
   * does not: nobody but us would say that it is consumed. */
  topo_conn_consumed(&s->o.conn, stream, frame->size - frame->payload.len);
  s->in[stream].received += frame->payload.len;
  s->received_events += n;
  return s->o.ops->events(s->o.ctx, s, stream, frame->payload.data, frame->payload.len);
}

static int take_frame(struct topo_session *s, enum topo_session_stream stream,
                      const struct topo_wire_frame *frame)
{
  s->activity++;
  bool skipped = frame->kind >= TOPO_WIRE_SKIPPED && s->phase != SESSION_GREETING;
  if (stream != TOPO_STREAM_CONTROL && !skipped)
    return events_frame(s, stream, frame);
  topo_conn_consumed(&s->o.conn, stream, frame->size);
  return skipped ? 0 : control_frame(s, frame);
}

/* Takes whole frames off the front of the bytes and sets *used to their length. Streams are
 * independent, so events may overtake HELLO: they wait for it, and count against the window. */
static int take_frames(struct topo_session *s, enum topo_session_stream stream, const uint8_t *data,
                       size_t len, size_t *used)
{
  struct topo_wire_frame frame;
  *used = 0;
  while (!topo_session_ending(s)) {
    int got = topo_wire_split(data + *used, len - *used, &frame);
    if (got < 0)
      return got;
    if (got == 0 || (stream != TOPO_STREAM_CONTROL && s->phase == SESSION_GREETING))
      return 0;
    int status = take_frame(s, stream, &frame);
    if (status < 0)
      return status;
    topo_assert(frame.size <= len - *used);
    *used += frame.size;
  }
  return 0;
}

/* Takes whole frames out of the bytes that were kept. */
static int take_kept(struct topo_session *s, enum topo_session_stream stream)
{
  struct topo_buf *buf = &s->in[stream].buf;
  size_t used;
  if (buf->len == 0)
    return 0;
  int status = take_frames(s, stream, buf->data, buf->len, &used);
  if (status < 0)
    return status;
  topo_buf_drop(buf, used);
  return 0;
}

/* Keeps bytes that cannot be taken yet: the beginning of one frame or, while greeting, as many
 * frames as the window lets the peer send. A peer that sends more has ignored the window. */
static int keep(struct topo_session *s, enum topo_session_stream stream, const uint8_t *data,
                size_t len)
{
  struct topo_buf *buf = &s->in[stream].buf;
  topo_assert(buf->len <= TOPO_CONN_WINDOW_MAX);
  return len > TOPO_CONN_WINDOW_MAX - buf->len ? TOPO_EPROTOCOL : topo_buf_put(buf, data, len);
}

/* Completes the frame whose beginning was kept, and takes it. What follows the frame is not
 * touched, so that it need not be copied. Returns how many of the bytes were used, or a status. */
static int complete_kept(struct topo_session *s, enum topo_session_stream stream,
                         const uint8_t *data, size_t len)
{
  struct topo_buf *buf = &s->in[stream].buf;
  size_t total = 0;
  while (buf->len > 0 && total < len) {
    size_t goal = TOPO_WIRE_LENGTH_SIZE;
    if (buf->len >= TOPO_WIRE_LENGTH_SIZE)
      goal += topo_get_be32(buf->data);
    size_t more = goal > buf->len ? goal - buf->len : len - total;
    if (more > len - total)
      more = len - total;
    int status = keep(s, stream, data + total, more);
    if (status == 0)
      status = take_kept(s, stream);
    if (status < 0)
      return status;
    total += more;
  }
  topo_assert(total <= len && (total == len || buf->len == 0));
  return (int)total;
}

static int take_bytes(struct topo_session *s, enum topo_session_stream stream, const uint8_t *data,
                      size_t len)
{
  int kept = complete_kept(s, stream, data, len);
  if (kept < 0)
    return kept;
  if (topo_session_ending(s) || (size_t)kept == len)
    return 0;
  size_t used;
  int status = take_frames(s, stream, data + kept, len - (size_t)kept, &used);
  if (status < 0 || topo_session_ending(s))
    return status;
  used += (size_t)kept;
  return keep(s, stream, data + used, len - used);
}

int topo_session_receive(struct topo_session *s, unsigned stream, const uint8_t *data, size_t len,
                         uint64_t now_ms)
{
  s->now_ms = now_ms;
  if (topo_session_ending(s))
    return conclude(s);
  bool bootstrap = s->o.role != TOPO_SESSION_MEMBER;
  if (stream >= SESSION_STREAMS || (bootstrap && stream != TOPO_STREAM_CONTROL)) {
    topo_session_fail(s, TOPO_EPROTOCOL);
    return conclude(s);
  }
  bool greeting = s->phase == SESSION_GREETING;
  int status = take_bytes(s, (enum topo_session_stream)stream, data, len);
  if (status == 0 && greeting && s->phase == SESSION_MEMBER) {
    status = take_kept(s, TOPO_STREAM_BULK);
    if (status == 0)
      status = take_kept(s, TOPO_STREAM_LIVE);
  }
  topo_session_fail(s, status);
  return conclude(s);
}

void topo_session_applied(struct topo_session *s, enum topo_session_stream stream, size_t len)
{
  if (topo_session_ending(s))
    return;
  topo_assert(stream == TOPO_STREAM_BULK || stream == TOPO_STREAM_LIVE);
  struct session_in *in = &s->in[stream];
  topo_assert(in->applied <= in->received && len <= in->received - in->applied);
  in->applied += len;
  topo_conn_consumed(&s->o.conn, stream, len);
}

/* One pass over everything that could be sent. What was found out comes before what is asked for,
 * and live before bulk. */
static int pump(struct topo_session *s)
{
  int status = topo_session_send(s);
  if (status < 0 || s->phase != SESSION_MEMBER)
    return status;
  if ((status = topo_session_neg_pump(s)) < 0 || (status = topo_session_want_pump(s)) < 0 ||
      (status = topo_session_sets_pump(s)) < 0 || (status = topo_session_pages_pump(s)) < 0 ||
      (status = topo_session_live_pump(s)) < 0 || (status = topo_session_bulk_pump(s)) < 0)
    return status;
  return topo_session_send(s);
}

/* Gives back the buffers of a session that is at rest: most of them are, most of the time. */
static void trim(struct topo_session *s)
{
  for (unsigned i = 0; i < SESSION_STREAMS; i++) {
    if (s->in[i].buf.len == 0)
      topo_buf_finish(&s->in[i].buf);
    if (s->out[i].buf.len == 0)
      topo_buf_finish(&s->out[i].buf);
  }
  topo_buf_finish(&s->scratch);
}

int topo_session_flush(struct topo_session *s, uint64_t now_ms)
{
  s->now_ms = now_ms;
  uint64_t before;
  do {
    if (topo_session_ending(s))
      return conclude(s);
    before = s->activity;
    topo_session_fail(s, pump(s));
  } while (s->activity != before);
  if (s->equal)
    trim(s);
  return conclude(s);
}

uint64_t topo_session_deadline(const struct topo_session *s)
{
  if (s->phase != SESSION_MEMBER || topo_session_ending(s))
    return UINT64_MAX;
  uint64_t round = topo_session_sets_deadline(s), want = topo_session_want_deadline(s);
  return round < want ? round : want;
}

int topo_session_tick(struct topo_session *s, uint64_t now_ms)
{
  s->now_ms = now_ms;
  if (now_ms >= topo_session_deadline(s)) {
    if (now_ms >= topo_session_sets_deadline(s))
      topo_session_sets_tick(s);
    if (now_ms >= topo_session_want_deadline(s))
      topo_session_want_tick(s);
  }
  return topo_session_flush(s, now_ms);
}

struct topo_session_state topo_session_state(const struct topo_session *s)
{
  struct topo_session_state state = {.greeted = s->phase != SESSION_GREETING,
                                     .wanted = topo_session_wanted(s),
                                     .received_events = s->received_events,
                                     .sent_events = s->sent_events,
                                     .rounds = s->rounds};
  state.remote_items = s->peer.items; /* a peer's numbers, which may be any: a sum may wrap */
  state.remote_items += s->peer.early[TOPO_SET_CONTROL].count; /* records are no events */
  /* What waits for room on the connection was not pushed yet. */
  bool pushed = s->live.count == 0 && topo_session_sent(s, TOPO_STREAM_LIVE);
  state.synced = s->equal && pushed && !s->again && !s->live_skipped && state.wanted == 0;
  return state;
}
