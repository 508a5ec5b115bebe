/* sim_link.c - see sim_link.h. */
#include "lib/sim_link.h"

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
  struct sim_link *link;
  enum end_state state;
  bool mute;     /* calls are violations: the user closed, or has digested DOWN */
  bool departed; /* calls are ignored: the user has crashed */
  uint64_t lost_ms;
  int lost_status;
  struct stream out[TOPO_LINK_STREAMS];
};

struct sim_link {
  struct sim_link_options options;
  struct sim_rng rng;
  struct end ends[2];
  const char *violation;
  uint64_t stalled_until_ms;
  uint8_t chunk[SIM_LINK_CHUNK];
};

static struct end *peer_of(struct end *end)
{
  return &end->link->ends[end == &end->link->ends[0]];
}

static void violate(struct sim_link *link, const char *what)
{
  if (!link->violation)
    link->violation = what;
}

static uint64_t later(struct sim_link *link, uint64_t most_ms)
{
  return *link->options.now_ms + sim_rng_below(&link->rng, most_ms + 1);
}

static size_t end_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  struct end *end = ctx;
  struct sim_link *link = end->link;
  if (stream >= TOPO_LINK_STREAMS)
    violate(link, "sent on a stream that does not exist");
  if (end->mute)
    violate(link, "sent on a link that has ended");
  if (end->state != OPEN || stream >= TOPO_LINK_STREAMS)
    return 0;
  struct stream *s = &end->out[stream];
  size_t room = link->options.send_buffer - s->bytes.len;
  size_t n = len < room ? len : room;
  s->full |= n < len;
  if (n == 0)
    return 0;
  if (link->options.fault == SIM_LINK_SWALLOWS && stream == 1 && end == &link->ends[0])
    return n;
  if (s->bytes.len == 0)
    s->due_ms = later(link, link->options.delay_ms);
  topo_assert(topo_buf_put(&s->bytes, data, n) == 0);
  return n;
}

static void end_consumed(void *ctx, unsigned stream, size_t len)
{
  struct end *end = ctx;
  if (end->departed)
    return;
  if (end->mute) {
    violate(end->link, "consumed on a link that has ended");
    return;
  }
  struct stream *s = &peer_of(end)->out[stream % TOPO_LINK_STREAMS];
  if (stream >= TOPO_LINK_STREAMS || len > s->unconsumed)
    violate(end->link, "consumed more than was received");
  else
    s->unconsumed -= len;
}

static void drop_out(struct end *end)
{
  for (unsigned i = 0; i < TOPO_LINK_STREAMS; i++)
    topo_buf_clear(&end->out[i].bytes);
}

static void lose(struct end *end, int status, uint64_t delay_ms)
{
  if (end->state != OPEN)
    return;
  end->state = LOST;
  end->lost_ms = later(end->link, delay_ms);
  end->lost_status = status;
}

static void end_close(void *ctx, uint64_t code)
{
  struct end *end = ctx;
  if (end->departed)
    return;
  if (end->mute)
    violate(end->link, "closed a link that has ended");
  end->mute = true;
  end->state = GONE;
  drop_out(end);
  drop_out(peer_of(end));
  lose(peer_of(end), topo_close_status(code), end->link->options.delay_ms);
}

static const struct topo_link_ops ops = {end_send, end_consumed, end_close};

struct sim_link *sim_link_create(const struct sim_link_options *options)
{
  struct sim_link *link = calloc(1, sizeof *link);
  topo_assert(link && options->send_buffer > 0 && options->window > 0);
  link->options = *options;
  sim_rng_init(&link->rng, options->seed);
  link->ends[0].link = link->ends[1].link = link;
  return link;
}

void sim_link_destroy(struct sim_link *link)
{
  for (unsigned e = 0; link && e < 2; e++)
    for (unsigned i = 0; i < TOPO_LINK_STREAMS; i++)
      topo_buf_finish(&link->ends[e].out[i].bytes);
  free(link);
}

struct topo_link sim_link_end(struct sim_link *link, unsigned end)
{
  return (struct topo_link){&ops, &link->ends[end]};
}

/* What the receiver's window has left, counted over its streams as QUIC does per connection. */
static size_t window_left(const struct sim_link *link, const struct end *sender)
{
  size_t used = 0;
  for (unsigned i = 0; i < TOPO_LINK_STREAMS; i++)
    used += sender->out[i].unconsumed;
  return used < link->options.window ? link->options.window - used : 0;
}

static bool deliverable(const struct sim_link *link, unsigned sender, unsigned stream)
{
  const struct end *from = &link->ends[sender], *to = &link->ends[!sender];
  return to->state == OPEN && from->out[stream].bytes.len > 0 && window_left(link, from) > 0;
}

static bool has_room_again(const struct sim_link *link, const struct end *end, unsigned stream)
{
  const struct stream *s = &end->out[stream];
  return end->state == OPEN && s->full && s->bytes.len <= link->options.send_buffer / 2;
}

uint64_t sim_link_due(const struct sim_link *link)
{
  uint64_t due = UINT64_MAX;
  for (unsigned e = 0; e < 2; e++) {
    const struct end *end = &link->ends[e];
    if (end->state == LOST && end->lost_ms < due)
      due = end->lost_ms;
    for (unsigned i = 0; i < TOPO_LINK_STREAMS; i++) {
      uint64_t at = end->out[i].due_ms;
      if (has_room_again(link, end, i))
        due = 0;
      if (at < link->stalled_until_ms)
        at = link->stalled_until_ms;
      if (deliverable(link, e, i) && at < due)
        due = at;
    }
  }
  return due;
}

/* Small chunks find mistakes in decoders, large ones carry the load. */
static size_t chunk_size(struct sim_link *link, size_t most)
{
  static const size_t bounds[] = {16, 1500, 8192, SIM_LINK_CHUNK};
  size_t bound = bounds[sim_rng_below(&link->rng, 4)];
  if (bound > most)
    bound = most;
  return sim_rng_chance(&link->rng, 0.5) ? bound : 1 + (size_t)sim_rng_below(&link->rng, bound);
}

static void spoil(struct sim_link *link, size_t n)
{
  size_t at = (size_t)sim_rng_below(&link->rng, n);
  uint8_t byte = link->chunk[at];
  if (!sim_rng_chance(&link->rng, 0.1))
    return;
  if (link->options.fault == SIM_LINK_FLIPS) {
    link->chunk[at] ^= (uint8_t)(1U << sim_rng_below(&link->rng, 8));
  } else if (link->options.fault == SIM_LINK_SWAPS && at > 0) {
    link->chunk[at] = link->chunk[at - 1];
    link->chunk[at - 1] = byte;
  }
}

static void deliver(struct sim_link *link, unsigned sender, unsigned stream,
                    struct sim_link_event *event)
{
  struct stream *s = &link->ends[sender].out[stream];
  size_t most = window_left(link, &link->ends[sender]);
  if (most > s->bytes.len)
    most = s->bytes.len;
  size_t n = chunk_size(link, most < SIM_LINK_CHUNK ? most : SIM_LINK_CHUNK);
  memcpy(link->chunk, s->bytes.data, n);
  topo_buf_drop(&s->bytes, n);
  spoil(link, n);
  s->unconsumed += n;
  s->due_ms = later(link, sim_rng_chance(&link->rng, 0.8) ? 1 : link->options.delay_ms);
  *event = (struct sim_link_event){
      .kind = SIM_LINK_DATA, .end = !sender, .stream = stream, .data = link->chunk, .len = n};
}

bool sim_link_next(struct sim_link *link, struct sim_link_event *event)
{
  uint64_t now = *link->options.now_ms;
  for (unsigned e = 0; e < 2; e++) {
    struct end *end = &link->ends[e];
    if (end->state == LOST && end->lost_ms <= now) {
      end->state = TOLD;
      *event = (struct sim_link_event){.kind = SIM_LINK_DOWN, .end = e, .status = end->lost_status};
      return true;
    }
  }
  unsigned start = (unsigned)sim_rng_below(&link->rng, 2 * TOPO_LINK_STREAMS);
  for (unsigned k = 0; k < 2 * TOPO_LINK_STREAMS; k++) {
    unsigned at = (start + k) % (2 * TOPO_LINK_STREAMS), e = at / TOPO_LINK_STREAMS;
    unsigned i = at % TOPO_LINK_STREAMS;
    struct end *end = &link->ends[e];
    if (has_room_again(link, end, i)) {
      end->out[i].full = false;
      *event = (struct sim_link_event){.kind = SIM_LINK_WRITABLE, .end = e, .stream = i};
      return true;
    }
    if (deliverable(link, e, i) && end->out[i].due_ms <= now && link->stalled_until_ms <= now) {
      deliver(link, e, i, event);
      return true;
    }
  }
  return false;
}

void sim_link_break(struct sim_link *link, int status, uint64_t delay_ms)
{
  for (unsigned e = 0; e < 2; e++) {
    drop_out(&link->ends[e]);
    lose(&link->ends[e], status, delay_ms);
  }
}

void sim_link_vanish(struct sim_link *link, unsigned end, uint64_t delay_ms)
{
  link->ends[end].state = GONE;
  link->ends[end].departed = true;
  link->ends[end].mute = false;
  drop_out(&link->ends[end]);
  drop_out(&link->ends[!end]);
  lose(&link->ends[!end], TOPO_ECLOSED, delay_ms);
}

void sim_link_stall(struct sim_link *link, uint64_t until_ms)
{
  link->stalled_until_ms = until_ms;
}

void sim_link_told(struct sim_link *link, unsigned end)
{
  link->ends[end].mute = true;
}

bool sim_link_over(const struct sim_link *link)
{
  return link->ends[0].state >= TOLD && link->ends[1].state >= TOLD;
}

bool sim_link_ending(const struct sim_link *link)
{
  return link->ends[0].state == LOST || link->ends[1].state == LOST;
}

size_t sim_link_in_flight(const struct sim_link *link)
{
  size_t n = 0;
  for (unsigned e = 0; e < 2; e++)
    for (unsigned i = 0; i < TOPO_LINK_STREAMS; i++)
      n += link->ends[e].out[i].bytes.len;
  return n;
}

const char *sim_link_violation(const struct sim_link *link)
{
  return link->violation;
}
