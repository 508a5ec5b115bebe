/* sim_conn.c - see sim_conn.h. */
#include "lib/sim_conn.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/status.h"
#include "port/close.h"

#include <stdlib.h>
#include <string.h>

/* One direction of one stream. */
struct stream {
  struct topo_buf bytes; /* sent and not delivered */
  uint64_t due_ms;       /* of the next chunk */
  bool full;             /* the sender was refused and waits for "writable" */
  size_t unconsumed;     /* delivered and not consumed */
};

enum end_state {
  OPEN,
  LOST, /* is to hear DOWN */
  TOLD, /* has heard it */
  GONE  /* closed by its user, or its user is no more */
};

struct end {
  struct sim_conn *conn;
  enum end_state state;
  bool mute;     /* calls are violations: the user closed, or has digested DOWN */
  bool departed; /* calls are ignored: the user has crashed */
  uint64_t lost_ms;
  int lost_status;
  struct stream out[TOPO_CONN_STREAMS_MAX];
};

struct sim_conn {
  struct sim_conn_options options;
  struct sim_rng rng;
  struct end ends[2];
  const char *violation;
  uint64_t stalled_until_ms;
  uint8_t chunk[SIM_CONN_CHUNK];
};

static struct end *peer_of(struct end *end)
{
  return &end->conn->ends[end == &end->conn->ends[0]];
}

static void violate(struct sim_conn *conn, const char *what)
{
  if (!conn->violation)
    conn->violation = what;
}

static uint64_t later(struct sim_conn *conn, uint64_t most_ms)
{
  return *conn->options.now_ms + sim_rng_below(&conn->rng, most_ms + 1);
}

static size_t end_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  struct end *end = ctx;
  struct sim_conn *conn = end->conn;
  if (stream >= TOPO_CONN_STREAMS_MAX)
    violate(conn, "sent on a stream that does not exist");
  if (end->mute)
    violate(conn, "sent on a link that has ended");
  if (end->state != OPEN || stream >= TOPO_CONN_STREAMS_MAX)
    return 0;
  struct stream *s = &end->out[stream];
  size_t room = conn->options.send_buffer - s->bytes.len;
  size_t n = len < room ? len : room;
  s->full |= n < len;
  if (n == 0)
    return 0;
  if (conn->options.fault == SIM_CONN_SWALLOWS && stream == 1 && end == &conn->ends[0])
    return n;
  if (s->bytes.len == 0)
    s->due_ms = later(conn, conn->options.delay_ms);
  topo_assert(topo_buf_put(&s->bytes, data, n) == 0);
  return n;
}

static void end_consumed(void *ctx, unsigned stream, size_t len)
{
  struct end *end = ctx;
  if (end->departed)
    return;
  if (end->mute) {
    violate(end->conn, "consumed on a link that has ended");
    return;
  }
  struct stream *s = &peer_of(end)->out[stream % TOPO_CONN_STREAMS_MAX];
  if (stream >= TOPO_CONN_STREAMS_MAX || len > s->unconsumed)
    violate(end->conn, "consumed more than was received");
  else
    s->unconsumed -= len;
}

static void drop_out(struct end *end)
{
  for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
    topo_buf_clear(&end->out[i].bytes);
}

static void lose(struct end *end, int status, uint64_t delay_ms)
{
  if (end->state != OPEN)
    return;
  end->state = LOST;
  end->lost_ms = later(end->conn, delay_ms);
  end->lost_status = status;
}

static void end_close(void *ctx, uint64_t code)
{
  struct end *end = ctx;
  if (end->departed)
    return;
  if (end->mute)
    violate(end->conn, "closed a link that has ended");
  end->mute = true;
  end->state = GONE;
  drop_out(end);
  drop_out(peer_of(end));
  lose(peer_of(end), topo_close_status(code), end->conn->options.delay_ms);
}

static const struct topo_conn_ops ops = {end_send, end_consumed, end_close};

struct sim_conn *sim_conn_create(const struct sim_conn_options *options)
{
  struct sim_conn *conn = calloc(1, sizeof *conn);
  topo_assert(conn && options->send_buffer > 0 && options->window > 0);
  conn->options = *options;
  sim_rng_init(&conn->rng, options->seed);
  conn->ends[0].conn = conn->ends[1].conn = conn;
  return conn;
}

void sim_conn_destroy(struct sim_conn *conn)
{
  for (unsigned e = 0; conn && e < 2; e++)
    for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
      topo_buf_finish(&conn->ends[e].out[i].bytes);
  free(conn);
}

struct topo_conn sim_conn_end(struct sim_conn *conn, unsigned end)
{
  return (struct topo_conn){&ops, &conn->ends[end]};
}

/* What the receiver's window has left, counted over its streams as QUIC does per connection. */
static size_t window_left(const struct sim_conn *conn, const struct end *sender)
{
  size_t used = 0;
  for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
    used += sender->out[i].unconsumed;
  return used < conn->options.window ? conn->options.window - used : 0;
}

static bool deliverable(const struct sim_conn *conn, unsigned sender, unsigned stream)
{
  const struct end *from = &conn->ends[sender], *to = &conn->ends[!sender];
  return to->state == OPEN && from->out[stream].bytes.len > 0 && window_left(conn, from) > 0;
}

static bool has_room_again(const struct sim_conn *conn, const struct end *end, unsigned stream)
{
  const struct stream *s = &end->out[stream];
  return end->state == OPEN && s->full && s->bytes.len <= conn->options.send_buffer / 2;
}

uint64_t sim_conn_due(const struct sim_conn *conn)
{
  uint64_t due = UINT64_MAX;
  for (unsigned e = 0; e < 2; e++) {
    const struct end *end = &conn->ends[e];
    if (end->state == LOST && end->lost_ms < due)
      due = end->lost_ms;
    for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++) {
      uint64_t at = end->out[i].due_ms;
      if (has_room_again(conn, end, i))
        due = 0;
      if (at < conn->stalled_until_ms)
        at = conn->stalled_until_ms;
      if (deliverable(conn, e, i) && at < due)
        due = at;
    }
  }
  return due;
}

/* Small chunks find mistakes in decoders, large ones carry the load. */
static size_t chunk_size(struct sim_conn *conn, size_t most)
{
  static const size_t bounds[] = {16, 1500, 8192, SIM_CONN_CHUNK};
  size_t bound = bounds[sim_rng_below(&conn->rng, 4)];
  if (bound > most)
    bound = most;
  return sim_rng_chance(&conn->rng, 0.5) ? bound : 1 + (size_t)sim_rng_below(&conn->rng, bound);
}

static void spoil(struct sim_conn *conn, size_t n)
{
  size_t at = (size_t)sim_rng_below(&conn->rng, n);
  uint8_t byte = conn->chunk[at];
  if (!sim_rng_chance(&conn->rng, 0.1))
    return;
  if (conn->options.fault == SIM_CONN_FLIPS) {
    conn->chunk[at] ^= (uint8_t)(1U << sim_rng_below(&conn->rng, 8));
  } else if (conn->options.fault == SIM_CONN_SWAPS && at > 0) {
    conn->chunk[at] = conn->chunk[at - 1];
    conn->chunk[at - 1] = byte;
  }
}

static void deliver(struct sim_conn *conn, unsigned sender, unsigned stream,
                    struct sim_conn_event *event)
{
  struct stream *s = &conn->ends[sender].out[stream];
  size_t most = window_left(conn, &conn->ends[sender]);
  if (most > s->bytes.len)
    most = s->bytes.len;
  size_t n = chunk_size(conn, most < SIM_CONN_CHUNK ? most : SIM_CONN_CHUNK);
  memcpy(conn->chunk, s->bytes.data, n);
  topo_buf_drop(&s->bytes, n);
  spoil(conn, n);
  s->unconsumed += n;
  s->due_ms = later(conn, sim_rng_chance(&conn->rng, 0.8) ? 1 : conn->options.delay_ms);
  *event = (struct sim_conn_event){
      .kind = SIM_CONN_DATA, .end = !sender, .stream = stream, .data = conn->chunk, .len = n};
}

bool sim_conn_next(struct sim_conn *conn, struct sim_conn_event *event)
{
  uint64_t now = *conn->options.now_ms;
  for (unsigned e = 0; e < 2; e++) {
    struct end *end = &conn->ends[e];
    if (end->state == LOST && end->lost_ms <= now) {
      end->state = TOLD;
      *event = (struct sim_conn_event){.kind = SIM_CONN_DOWN, .end = e, .status = end->lost_status};
      return true;
    }
  }
  unsigned start = (unsigned)sim_rng_below(&conn->rng, 2 * TOPO_CONN_STREAMS_MAX);
  for (unsigned k = 0; k < 2 * TOPO_CONN_STREAMS_MAX; k++) {
    unsigned at = (start + k) % (2 * TOPO_CONN_STREAMS_MAX), e = at / TOPO_CONN_STREAMS_MAX;
    unsigned i = at % TOPO_CONN_STREAMS_MAX;
    struct end *end = &conn->ends[e];
    if (has_room_again(conn, end, i)) {
      end->out[i].full = false;
      *event = (struct sim_conn_event){.kind = SIM_CONN_WRITABLE, .end = e, .stream = i};
      return true;
    }
    if (deliverable(conn, e, i) && end->out[i].due_ms <= now && conn->stalled_until_ms <= now) {
      deliver(conn, e, i, event);
      return true;
    }
  }
  return false;
}

void sim_conn_break(struct sim_conn *conn, int status, uint64_t delay_ms)
{
  for (unsigned e = 0; e < 2; e++) {
    drop_out(&conn->ends[e]);
    lose(&conn->ends[e], status, delay_ms);
  }
}

void sim_conn_vanish(struct sim_conn *conn, unsigned end, uint64_t delay_ms)
{
  conn->ends[end].state = GONE;
  conn->ends[end].departed = true;
  conn->ends[end].mute = false;
  drop_out(&conn->ends[end]);
  drop_out(&conn->ends[!end]);
  lose(&conn->ends[!end], TOPO_ECLOSED, delay_ms);
}

void sim_conn_stall(struct sim_conn *conn, uint64_t until_ms)
{
  conn->stalled_until_ms = until_ms;
}

void sim_conn_told(struct sim_conn *conn, unsigned end)
{
  conn->ends[end].mute = true;
}

bool sim_conn_over(const struct sim_conn *conn)
{
  return conn->ends[0].state >= TOLD && conn->ends[1].state >= TOLD;
}

bool sim_conn_ending(const struct sim_conn *conn)
{
  return conn->ends[0].state == LOST || conn->ends[1].state == LOST;
}

size_t sim_conn_in_flight(const struct sim_conn *conn)
{
  size_t n = 0;
  for (unsigned e = 0; e < 2; e++)
    for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
      n += conn->ends[e].out[i].bytes.len;
  return n;
}

const char *sim_conn_violation(const struct sim_conn *conn)
{
  return conn->violation;
}
