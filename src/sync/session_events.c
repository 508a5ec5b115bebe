/*
 * session_events.c - EVENTS frames (docs/protocol.md §6): ids of a queue become the events of one
 * frame, on bulk or on live.
 *
 * A frame is begun only when the one before it on the same stream has left, so the stream's buffer
 * holds this frame and nothing else: it begins at 0.
 */
#include "sync/session_impl.h"

#include "base/assert.h"
#include "base/status.h"

static struct topo_buf *frame_of(struct topo_session *s, enum topo_session_stream stream)
{
  topo_assert(stream == TOPO_STREAM_BULK || stream == TOPO_STREAM_LIVE);
  topo_assert(s->out[stream].sent == 0);
  return &s->out[stream].buf;
}

void topo_session_events_begin(struct topo_session *s, enum topo_session_stream stream)
{
  topo_assert(s->phase == SESSION_MEMBER && s->out[stream].buf.len == 0);
  topo_wire_begin(frame_of(s, stream), TOPO_WIRE_EVENTS);
}

/* Appends `u32 length ‖ event` to a frame. 1 when it was added; 0 when the frame is full, and then
 * as it was; TOPO_ENOTFOUND when the event is not here; or the status that ends the session. An
 * event's length is the disk's word, so a wrong one is an error. */
static int add(struct topo_session *s, struct topo_buf *out, const struct topo_id *id)
{
  size_t mark = out->len;
  topo_buf_put_u32(out, 0);
  int status = s->o.ops->read(s->o.ctx, id, out);
  if (status == 0 && out->failed)
    status = TOPO_ENOMEM;
  if (status < 0) {
    if (!out->failed)
      out->len = mark;
    return status;
  }
  topo_assert(status == 0 && out->len >= mark + TOPO_WIRE_LENGTH_SIZE);
  size_t len = out->len - mark - TOPO_WIRE_LENGTH_SIZE;
  if (len < 1 || len > TOPO_WIRE_EVENT_MAX)
    return TOPO_EINTERNAL;
  topo_put_be32(out->data + mark, (uint32_t)len);
  bool first = mark == TOPO_WIRE_HEAD_SIZE;
  if (!first && out->len - TOPO_WIRE_HEAD_SIZE > TOPO_SESSION_EVENTS_BYTES_MAX) {
    out->len = mark;
    return 0;
  }
  s->sent_events++;
  return 1;
}

int topo_session_events_fill(struct topo_session *s, enum topo_session_stream stream,
                             struct topo_idqueue *q, struct topo_idqueue *missing)
{
  struct topo_buf *out = frame_of(s, stream);
  const struct topo_id *id;
  while ((id = topo_idqueue_front(q))) {
    if (missing && missing->count >= missing->max)
      return 0;
    int status = add(s, out, id);
    if (status == TOPO_ENOTFOUND)
      status = missing ? topo_idqueue_push(missing, id) : 0;
    else if (status == 0)
      return 0;
    if (status < 0)
      return status;
    topo_idqueue_pop(q);
    s->activity++;
  }
  topo_assert(q->count == 0);
  return 1;
}

void topo_session_events_end(struct topo_session *s, enum topo_session_stream stream)
{
  struct topo_buf *out = frame_of(s, stream);
  topo_assert(out->failed || out->len >= TOPO_WIRE_HEAD_SIZE);
  if (out->len == TOPO_WIRE_HEAD_SIZE)
    topo_buf_clear(out);
  else
    topo_wire_end(out, 0);
}
