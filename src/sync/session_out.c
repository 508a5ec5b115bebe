/* session_out.c - what waits for the connection, stream by stream. */
#include "sync/session_impl.h"

#include "base/assert.h"
#include "base/status.h"

/* What the connection has taken stays at the front of the buffer until it is this much: moving the
 * rest down for every piece would cost more than the memory is worth. */
enum { TAKEN_BYTES = 128 * 1024 };

bool topo_session_room(const struct topo_session *s)
{
  const struct session_out *out = &s->out[TOPO_STREAM_CONTROL];
  topo_assert(out->sent <= out->buf.len);
  return out->buf.len - out->sent < SESSION_CONTROL_LIMIT;
}

bool topo_session_sent(const struct topo_session *s, enum topo_session_stream stream)
{
  return s->out[stream].buf.len == 0;
}

struct topo_buf *topo_session_control(struct topo_session *s)
{
  s->activity++;
  return &s->out[TOPO_STREAM_CONTROL].buf;
}

/* Gives the connection what it takes. */
static void send_stream(struct topo_session *s, unsigned stream)
{
  struct session_out *out = &s->out[stream];
  while (out->sent < out->buf.len) {
    size_t left = out->buf.len - out->sent;
    size_t taken = topo_conn_send(&s->o.conn, stream, out->buf.data + out->sent, left);
    topo_assert(taken <= left);
    if (taken == 0)
      break;
    out->sent += taken;
    s->activity++;
  }
  topo_assert(out->sent <= out->buf.len);
  if (out->sent == out->buf.len) {
    topo_buf_clear(&out->buf);
    out->sent = 0;
  } else if (out->sent > TAKEN_BYTES) {
    topo_buf_drop(&out->buf, out->sent);
    out->sent = 0;
  }
}

int topo_session_send(struct topo_session *s)
{
  topo_assert(s->phase != SESSION_CLOSED);
  for (unsigned i = 0; i < SESSION_STREAMS; i++) {
    if (s->out[i].buf.failed)
      return TOPO_ENOMEM;
    send_stream(s, i);
  }
  return 0;
}
