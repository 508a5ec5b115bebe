/* session_pair.c - two sessions in memory. */
#include "unit/sync/session_pair.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

uint64_t pair_random(struct pair *p)
{
  uint64_t z = (p->seed += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static size_t below(struct pair *p, size_t n)
{
  return (size_t)(pair_random(p) % n);
}

static struct topo_id name(const uint8_t *data, size_t len)
{
  struct topo_id id;
  for (unsigned lane = 0; lane < 4; lane++) {
    uint64_t h = 0xcbf29ce484222325u + lane;
    for (size_t i = 0; i < len; i++)
      h = (h ^ data[i]) * 0x100000001b3u;
    h = (h ^ (h >> 29)) * 0xBF58476D1CE4E5B9u;
    topo_put_be64(id.bytes + 8 * lane, h ^ (h >> 32));
  }
  return id;
}

struct topo_id pair_set_id(unsigned set)
{
  struct topo_id id = {{0}};
  id.bytes[0] = (uint8_t)set;
  id.bytes[1] = (uint8_t)(set >> 8);
  id.bytes[31] = (uint8_t)set;
  return id;
}

/* PAIR_SETS for an id that is no set's. */
static unsigned set_of(const struct topo_id *id)
{
  unsigned set = id->bytes[0] | (unsigned)id->bytes[1] << 8;
  struct topo_id made = pair_set_id(set);
  return set < PAIR_SETS && topo_id_equal(&made, id) ? set : PAIR_SETS;
}

uint64_t pair_count(const struct pair_side *side, unsigned set)
{
  uint64_t size = 0;
  if (side->sets[set].items)
    topo_assert(topo_itemset_size(&side->sets[set].view, &size) == 0);
  return size;
}

const struct pair_event *pair_find(const struct pair_side *side, const struct topo_id *id)
{
  for (size_t at = topo_get_be32(id->bytes) & (side->event_cap - 1); side->events[at].data;
       at = (at + 1) & (side->event_cap - 1))
    if (topo_id_equal(&side->events[at].id, id))
      return &side->events[at];
  return NULL;
}

static int row_of(void *ctx, uint32_t set, struct topo_session_set *out)
{
  struct pair_side *side = ctx;
  *out = (struct topo_session_set){pair_set_id(set), pair_count(side, set), side->sets[set].digest};
  return 0;
}

static unsigned event_set(const uint8_t *data)
{
  return (unsigned)(data[0] << 8 | data[1]);
}

static void make_set(struct pair_side *side, unsigned number)
{
  struct topo_id id = pair_set_id(number);
  side->sets[number].items = topo_memset_create();
  topo_assert(side->sets[number].items);
  side->sets[number].view = topo_memset_itemset(side->sets[number].items);
  if (number >= side->top)
    side->top = number + 1;
  int status = number > 0 ? topo_settree_add(&side->tree, &id, number) : 0;
  topo_assert(status == 0);
}

static void list(struct pair_side *side, const struct topo_id *id, const uint8_t *data)
{
  struct topo_item item = {.timestamp = topo_get_be64(data + 2), .id = *id};
  unsigned number = event_set(data);
  topo_assert(number < PAIR_SETS);
  struct pair_set *set = &side->sets[number];
  struct topo_id set_id = pair_set_id(number);
  if (!set->items)
    make_set(side, number);
  int status = topo_itemset_insert(&set->view, &item);
  topo_assert(status == 0);
  for (size_t i = 0; i < TOPO_ID_SIZE; i++)
    set->digest.bytes[i] ^= id->bytes[i];
  side->items += number > 0;
  topo_settree_touch(&side->tree, &set_id);
}

static size_t free_slot(const struct pair_event *events, size_t cap, const struct topo_id *id)
{
  size_t at = topo_get_be32(id->bytes) & (cap - 1);
  while (events[at].data)
    at = (at + 1) & (cap - 1);
  return at;
}

static void grow(struct pair_side *side)
{
  size_t cap = side->event_cap * 2;
  struct pair_event *events = calloc(cap, sizeof *events);
  topo_assert(events);
  for (size_t i = 0; i < side->event_cap; i++)
    if (side->events[i].data)
      events[free_slot(events, cap, &side->events[i].id)] = side->events[i];
  free(side->events);
  side->events = events;
  side->event_cap = cap;
}

/* False when it is there. */
static bool store(struct pair_side *side, const uint8_t *data, size_t len)
{
  struct topo_id id = name(data, len);
  if (pair_find(side, &id))
    return false;
  topo_assert(len >= PAIR_EVENT_HEAD);
  if (side->event_count + 1 > side->event_cap / 2)
    grow(side);
  size_t at = free_slot(side->events, side->event_cap, &id);
  side->events[at] = (struct pair_event){.id = id, .data = malloc(len), .len = len};
  topo_assert(side->events[at].data);
  memcpy(side->events[at].data, data, len);
  side->event_count++;
  if (!side->deaf)
    list(side, &id, data);
  return true;
}

static uint8_t *make(struct pair *p, unsigned set, uint64_t timestamp, size_t body)
{
  uint8_t *data = malloc(PAIR_EVENT_HEAD + body + 8);
  topo_assert(data);
  data[0] = (uint8_t)(set >> 8);
  data[1] = (uint8_t)set;
  topo_put_be64(data + 2, timestamp);
  memset(data + PAIR_EVENT_HEAD, 0x55, body);
  topo_put_be64(data + PAIR_EVENT_HEAD, pair_random(p));
  return data;
}

static size_t size_of(size_t body)
{
  return PAIR_EVENT_HEAD + (body < 8 ? 8 : body);
}

struct topo_id pair_add(struct pair_side *side, unsigned set, uint64_t timestamp, size_t body)
{
  uint8_t *data = make(side->pair, set, timestamp, body);
  struct topo_id id = name(data, size_of(body));
  topo_assert(store(side, data, size_of(body)));
  free(data);
  return id;
}

void pair_add_both(struct pair *p, unsigned set, uint64_t timestamp, size_t body)
{
  uint8_t *data = make(p, set, timestamp, body);
  topo_assert(store(&p->a, data, size_of(body)) && store(&p->b, data, size_of(body)));
  free(data);
}

void pair_bring(struct pair_side *side, const struct topo_id *id)
{
  const struct pair_event *e = pair_find(side->other, id);
  topo_assert(e);
  bool is_new = store(side, e->data, e->len);
  topo_assert(is_new);
  topo_session_push(side->session, id);
}

void pair_add_live(struct pair_side *side, unsigned set, uint64_t timestamp)
{
  struct topo_id id = pair_add(side, set, timestamp, 8);
  topo_session_push(side->session, &id);
}

/* The connection, as one side sees it. */

static size_t conn_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  struct pair_side *side = ctx;
  topo_assert(!side->conn_closed && stream < TOPO_CONN_STREAMS_MAX);
  struct topo_buf *buf = &side->out.streams[stream];
  size_t room = side->pair->send_buffer - buf->len;
  if (len > room)
    len = room;
  if (len > 1)
    len = 1 + below(side->pair, len);
  topo_assert(topo_buf_put(buf, data, len) == 0);
  side->control_bytes += stream == TOPO_STREAM_CONTROL ? len : 0;
  return len;
}

static void conn_consumed(void *ctx, unsigned stream, size_t len)
{
  struct pair_side *side = ctx;
  struct pair_direction *in = &side->other->out;
  topo_assert(!side->conn_closed && len <= in->unconsumed[stream]);
  in->unconsumed[stream] -= len;
  in->unconsumed_total -= len;
}

static void conn_close(void *ctx, uint64_t code)
{
  struct pair_side *side = ctx;
  topo_assert(!side->conn_closed);
  side->conn_closed = true;
  side->close_code = code;
}

static const struct topo_conn_ops conn_ops = {conn_send, conn_consumed, conn_close};

/* The owner. */

static int on_sets(void *ctx, struct topo_session_sets *out)
{
  static const struct topo_prefix all = {.len = 0};
  struct pair_side *side = ctx;
  if (side->sets_status < 0)
    return side->sets_status;
  *out = (struct topo_session_sets){.items = side->items};
  row_of(side, 0, &out->early[TOPO_SET_CONTROL]);
  return topo_settree_digest(&side->tree, &all, &out->epochs);
}

static struct topo_settree *on_tree(void *ctx)
{
  return &((struct pair_side *)ctx)->tree;
}

static uint32_t on_generation(void *ctx, const struct topo_id *set)
{
  (void)ctx;
  unsigned number = set_of(set);
  return number < PAIR_SETS ? number : 0;
}

static const struct topo_itemset *on_items(void *ctx, const struct topo_id *set)
{
  struct pair_side *side = ctx;
  unsigned number = set_of(set);
  return number < PAIR_SETS && side->sets[number].items ? &side->sets[number].view : NULL;
}

static bool on_known(void *ctx, const struct topo_id *id)
{
  return pair_find(ctx, id) != NULL;
}

static int on_read(void *ctx, const struct topo_id *id, struct topo_buf *out)
{
  const struct pair_event *e = pair_find(ctx, id);
  return e ? topo_buf_put(out, e->data, e->len) : TOPO_ENOTFOUND;
}

static void apply(struct pair_side *side, struct topo_session *s, const struct pair_batch *batch)
{
  struct topo_reader r = topo_reader_init(batch->data, batch->len);
  while (topo_reader_left(&r) > 0) {
    struct topo_bytes event = topo_read_bytes(&r, topo_read_u32(&r));
    topo_assert(!r.failed && event.len > 0);
    if (event.len < PAIR_EVENT_HEAD || event_set(event.data) >= PAIR_SETS ||
        topo_get_be64(event.data + 2) == TOPO_ITEM_INFINITY)
      continue; /* injected by a test */
    struct topo_id id = name(event.data, event.len);
    if (store(side, event.data, event.len))
      side->received++;
    else
      side->duplicates++;
    side->live_received += batch->stream == TOPO_STREAM_LIVE;
    topo_session_got(s, &id);
  }
  topo_session_applied(s, batch->stream, batch->len);
}

static int on_events(void *ctx, struct topo_session *s, enum topo_session_stream stream,
                     const uint8_t *data, size_t len)
{
  struct pair_side *side = ctx;
  struct pair_batch batch = {stream, (uint8_t *)(uintptr_t)data, len};
  if (!side->defer && !side->hoard) {
    apply(side, s, &batch);
    return 0;
  }
  topo_assert(side->batch_count < PAIR_BATCHES);
  batch.data = malloc(len);
  topo_assert(batch.data);
  memcpy(batch.data, data, len);
  side->batches[side->batch_count++] = batch;
  return 0;
}

static int on_greeted(void *ctx, struct topo_session *s, const struct topo_id *credential,
                      uint64_t wall_ms)
{
  struct pair_side *side = ctx;
  (void)s;
  side->greeted++;
  side->greeted_credential = *credential;
  side->greeted_wall_ms = wall_ms;
  return side->greeted_status;
}

static int on_offer(void *ctx, struct topo_session *s, struct topo_id *invite, uint16_t *slot,
                    struct topo_id *auth)
{
  struct pair_side *side = ctx;
  (void)s;
  memset(invite->bytes, 0x11, TOPO_ID_SIZE);
  memset(auth->bytes, 0x22, TOPO_ID_SIZE);
  *slot = 0x0102;
  return side->offer_status;
}

static int on_offered(void *ctx, struct topo_session *s, const struct topo_id *invite,
                      uint16_t slot, const struct topo_id *auth, struct topo_session_join *join)
{
  struct pair_side *side = ctx;
  (void)s;
  side->offered++;
  side->offered_auth = *auth;
  join->invite = *invite;
  join->slot = slot;
  memset(join->device.bytes, 0x33, TOPO_ID_SIZE);
  memset(join->seal_key.bytes, 0x44, TOPO_ID_SIZE);
  memset(join->countersign, 0x55, TOPO_SIG_SIZE);
  memset(join->proof, 0x66, TOPO_SIG_SIZE);
  return 0;
}

static int on_join(void *ctx, struct topo_session *s, const struct topo_session_join *join)
{
  struct pair_side *side = ctx;
  side->joined++;
  side->join = *join;
  struct topo_id admission = {{0x77}};
  if (side->join_status == 0 && !side->defer_join)
    topo_session_welcome(s, &admission);
  return side->join_status;
}

static void on_welcomed(void *ctx, struct topo_session *s, const struct topo_id *admission)
{
  struct pair_side *side = ctx;
  (void)s;
  side->welcomed++;
  side->welcome = *admission;
}

static void on_closed(void *ctx, struct topo_session *s, int status)
{
  struct pair_side *side = ctx;
  topo_assert(side->conn_closed && !side->heard_closed && s == side->session);
  side->heard_closed = true;
  side->closed_status = status;
}

static const struct topo_session_callbacks owner_ops = {
    .sets = on_sets,
    .tree = on_tree,
    .generation = on_generation,
    .items = on_items,
    .known = on_known,
    .read = on_read,
    .events = on_events,
    .greeted = on_greeted,
    .offer = on_offer,
    .offered = on_offered,
    .join = on_join,
    .welcomed = on_welcomed,
    .closed = on_closed,
};

static void side_init(struct pair *p, struct pair_side *side, struct pair_side *other)
{
  side->pair = p;
  side->other = other;
  side->event_cap = 64;
  side->events = calloc(side->event_cap, sizeof *side->events);
  topo_assert(side->events);
  side->sets = calloc(PAIR_SETS, sizeof *side->sets);
  topo_assert(side->sets);
  topo_settree_init(&side->tree, row_of, side);
  side->options =
      (struct topo_session_options){.conn = {&conn_ops, side},
                                    .ops = &owner_ops,
                                    .ctx = side,
                                    .role = TOPO_SESSION_MEMBER,
                                    .initiator = side == &p->a,
                                    .now_ms = p->now_ms,
                                    .wall_ms = side == &p->a ? PAIR_WALL_A : PAIR_WALL_B};
  memset(side->options.workspace.bytes, 0xaa, TOPO_ID_SIZE);
  memset(side->options.scope.bytes, 0xaa, TOPO_ID_SIZE);
  memset(side->options.own_credential.bytes, side == &p->a ? 0xbb : 0xcc, TOPO_ID_SIZE);
}

static void side_finish(struct pair_side *side)
{
  topo_session_destroy(side->session);
  for (size_t i = 0; i < side->event_cap; i++)
    free(side->events[i].data);
  free(side->events);
  for (unsigned i = 0; i < side->top; i++)
    topo_memset_destroy(side->sets[i].items);
  free(side->sets);
  topo_settree_finish(&side->tree);
  for (size_t i = 0; i < side->batch_count; i++)
    free(side->batches[i].data);
  for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
    topo_buf_finish(&side->out.streams[i]);
}

void pair_init(struct pair *p, uint64_t seed, size_t send_buffer, size_t window)
{
  *p = (struct pair){.seed = seed, .send_buffer = send_buffer, .window = window, .now_ms = 1000};
  side_init(p, &p->a, &p->b);
  side_init(p, &p->b, &p->a);
}

void pair_finish(struct pair *p)
{
  side_finish(&p->a);
  side_finish(&p->b);
}

void pair_start(struct pair_side *side)
{
  int status = 0;
  side->session = topo_session_create(&side->options, &status);
  topo_assert(side->session && status == 0);
}

static bool alive(const struct pair_side *side)
{
  return side->session && !side->conn_closed;
}

/* Bytes of a stream that could be delivered now. */
static size_t can_deliver(const struct pair_side *from, unsigned stream)
{
  const struct pair *p = from->pair;
  size_t len = from->out.streams[stream].len, room = p->window - from->out.unconsumed_total;
  if (!alive(from->other) || (p->hold_bulk && stream == TOPO_STREAM_BULK))
    return 0;
  if (p->in_order && stream == TOPO_STREAM_CONTROL &&
      (from->out.streams[TOPO_STREAM_BULK].len || from->out.streams[TOPO_STREAM_LIVE].len))
    return 0;
  return len < room ? len : room;
}

static bool deliver(struct pair_side *from, unsigned stream)
{
  struct pair *p = from->pair;
  struct pair_direction *out = &from->out;
  struct topo_buf *buf = &out->streams[stream];
  size_t n = can_deliver(from, stream);
  if (n == 0)
    return false;
  n = below(p, 4) == 0 ? n : 1 + below(p, n);
  /* A copy of its own size: a read past the end is then seen. */
  uint8_t *chunk = malloc(n);
  topo_assert(chunk);
  memcpy(chunk, buf->data, n);
  topo_buf_drop(buf, n);
  out->unconsumed[stream] += n;
  out->unconsumed_total += n;
  topo_session_receive(from->other->session, stream, chunk, n, p->now_ms);
  free(chunk);
  return true;
}

bool pair_apply(struct pair_side *side)
{
  if (side->batch_count == 0 || side->hoard || !alive(side))
    return false;
  struct pair_batch batch = side->batches[0];
  side->batch_count--;
  memmove(side->batches, side->batches + 1, side->batch_count * sizeof *side->batches);
  apply(side, side->session, &batch);
  free(batch.data);
  return true;
}

bool pair_step(struct pair *p)
{
  struct pair_side *sides[2] = {&p->a, &p->b};
  size_t first = below(p, 2);
  bool moved = false;
  for (size_t i = 0; i < 2; i++) {
    struct pair_side *side = sides[(first + i) % 2];
    size_t turn = below(p, TOPO_CONN_STREAMS_MAX);
    for (unsigned j = 0; j < TOPO_CONN_STREAMS_MAX; j++)
      moved |= deliver(side->other, (unsigned)(turn + j) % TOPO_CONN_STREAMS_MAX);
    if (below(p, 3) == 0 || !moved)
      moved |= pair_apply(side);
    if (alive(side))
      topo_session_flush(side->session, p->now_ms);
    for (unsigned j = 0; j < TOPO_CONN_STREAMS_MAX; j++)
      moved |= can_deliver(side, j) > 0;
  }
  return moved;
}

void pair_rest(struct pair *p)
{
  while (pair_step(p))
    continue;
}

static bool synced(const struct pair_side *side)
{
  return alive(side) && topo_session_state(side->session).synced;
}

bool pair_sync(struct pair *p, uint64_t limit_ms)
{
  uint64_t end = p->now_ms + limit_ms;
  for (;;) {
    pair_rest(p);
    if (synced(&p->a) && synced(&p->b))
      return true;
    uint64_t next = UINT64_MAX;
    struct pair_side *sides[2] = {&p->a, &p->b};
    for (unsigned i = 0; i < 2; i++)
      if (alive(sides[i]) && topo_session_deadline(sides[i]->session) < next)
        next = topo_session_deadline(sides[i]->session);
    if (next > end)
      return false;
    p->now_ms = next > p->now_ms ? next : p->now_ms + 1;
    for (unsigned i = 0; i < 2; i++)
      if (alive(sides[i]))
        topo_session_tick(sides[i]->session, p->now_ms);
  }
}

bool pair_same(const struct pair *p)
{
  for (unsigned i = 0; i < p->a.top || i < p->b.top; i++)
    if (pair_count(&p->a, i) != pair_count(&p->b, i) ||
        !topo_id_equal(&p->a.sets[i].digest, &p->b.sets[i].digest))
      return false;
  return true;
}

int pair_inject(struct pair_side *to, unsigned stream, const void *data, size_t len)
{
  struct pair_direction *in = &to->other->out;
  if (stream < TOPO_CONN_STREAMS_MAX) {
    in->unconsumed[stream] += len;
    in->unconsumed_total += len;
  }
  return topo_session_receive(to->session, stream, data, len, to->pair->now_ms);
}
