/*
 * fuzz_session.c - any bytes as the peer of one session, in every role.
 *
 *   input   := u8 options ‖ act…
 *   options := bit 0: we dial; bits 1 and 2: the role (mod 3); bit 3: no HELLO is made up
 *   act     := u8 what ‖ …
 *
 *   what & 3   what follows, and what it does
 *   0, 1, 2    bytes on that stream
 *                bit 7 set:    u8 n ‖ n bytes as they are
 *                bit 7 clear:  u8 kind ‖ u16 n (mod 4096) ‖ n bytes of payload
 *   3          nothing on a stream; by bits 2 to 4:
 *                0: tick later; 1: the connection drains; 2: resync; 3: want; 4: an event of ours
 *                is pushed; 5: flush; 6: got; 7: welcome
 *
 * Beyond memory safety: the session reports its end once and consistently; no more is consumed than
 * was given (asserted by the connection of session_pair.c); at the end no more is kept than a
 * frame.
 */
#include "fuzz/fuzz.h"

#include "base/assert.h"
#include "base/status.h"
#include "port/close.h"
#include "sync/wire.h"
#include "unit/sync/session_pair.h"

#include <string.h>

static struct topo_id some_id(struct topo_reader *r)
{
  struct topo_id id = {{0}};
  id.bytes[0] = id.bytes[31] = topo_read_u8(r);
  return id;
}

static void drain(struct pair_side *side)
{
  for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
    topo_buf_clear(&side->out.streams[i]);
}

static void act(struct pair_side *side, unsigned what, struct topo_reader *r)
{
  struct topo_session *s = side->session;
  struct topo_id id = some_id(r);
  struct pair *p = side->pair;
  switch (what) {
  case 0: topo_session_tick(s, p->now_ms += 1u << (id.bytes[0] & 31)); break;
  case 1: drain(side); break;
  case 2: topo_session_resync(s, p->now_ms); break;
  case 3: topo_session_want(s, &id); break;
  case 4: pair_add_live(side, id.bytes[0] % PAIR_FEW, id.bytes[0]); break;
  case 6: topo_session_got(s, &id); break;
  case 7:
    if (side->joined == 1 && side->defer_join) {
      side->defer_join = false;
      topo_session_welcome(s, &id);
    }
    break;
  default: break;
  }
}

static void give(struct pair_side *side, unsigned what, struct topo_reader *r)
{
  struct topo_buf bytes = {0};
  size_t start = 0;
  bool framed = !(what & 0x80);
  if (framed)
    start = topo_wire_begin(&bytes, (enum topo_wire_kind)topo_read_u8(r));
  size_t n = framed ? topo_read_u16(r) % 4096 : topo_read_u8(r);
  if (n > topo_reader_left(r))
    n = topo_reader_left(r);
  struct topo_bytes payload = topo_read_bytes(r, n);
  if (n > 0)
    topo_buf_put(&bytes, payload.data, payload.len);
  if (framed)
    topo_wire_end(&bytes, start);
  /* A connection never holds more than its window. */
  if (side->other->out.unconsumed_total + bytes.len <= TOPO_CONN_WINDOW_MAX)
    pair_inject(side, what & 3, bytes.data, bytes.len);
  topo_buf_finish(&bytes);
}

static void make_up_hello(struct pair_side *side)
{
  struct topo_buf bytes = {0};
  struct topo_wire_hello hello = {.version = TOPO_WIRE_VERSION,
                                  .workspace = side->options.workspace,
                                  .scope = side->options.scope,
                                  .credential = {{5}},
                                  .wall_ms = PAIR_WALL_A};
  if (side->options.role == TOPO_SESSION_INVITER)
    hello.credential = topo_id_zero;
  topo_wire_put_hello(&bytes, &hello);
  topo_assert(pair_inject(side, TOPO_STREAM_CONTROL, bytes.data, bytes.len) == 0);
  topo_buf_finish(&bytes);
}

static void begin(struct pair_side *side, unsigned options)
{
  side->options.role = (enum topo_session_role)((options >> 1 & 3) % 3);
  if (side->options.role == TOPO_SESSION_JOINER)
    side->options.own_credential = topo_id_zero;
  side->defer_join = true;
  for (unsigned i = 0; i < 80; i++)
    pair_add(side, i % 3, i, 8);
  pair_start(side);
  if (!(options & 8))
    make_up_hello(side);
}

static void check_end(const struct pair_side *side)
{
  topo_assert(side->conn_closed == side->heard_closed);
  if (side->conn_closed) {
    topo_assert(side->closed_status < 0 || side->close_code == TOPO_CLOSE_INVITE_DONE);
    return;
  }
  struct topo_session_state state = topo_session_state(side->session);
  const struct pair_direction *in = &side->other->out;
  if (state.greeted)
    for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
      topo_assert(in->unconsumed[i] < TOPO_FRAME_MAX + TOPO_WIRE_LENGTH_SIZE);
  topo_assert(!state.synced || state.wanted == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 1)
    return 0;
  struct pair p;
  pair_init(&p, 1, TOPO_CONN_SEND_BUFFER_MAX, TOPO_CONN_WINDOW_MAX);
  struct pair_side *side = data[0] & 1 ? &p.a : &p.b;
  struct topo_reader r = topo_reader_init(data + 1, size - 1);
  begin(side, data[0]);
  while (topo_reader_left(&r) > 0 && !side->conn_closed) {
    unsigned what = topo_read_u8(&r);
    if ((what & 3) == 3)
      act(side, what >> 2 & 7, &r);
    else
      give(side, what, &r);
    if (!side->conn_closed)
      topo_session_flush(side->session, p.now_ms);
  }
  check_end(side);
  pair_finish(&p);
  return 0;
}
