/*
 * test_refused_join.c - a space that joins, and an inviter that is absent or refuses: how often it
 * dials, counted over simulated time, and what it says of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/status.h"
#include "node/invite.h"
#include "node/node.h"
#include "port/close.h"
#include "sync/wire.h"
#include "unit/node/solo.h"

enum { ADDRESSES = 3, MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS };

enum inviter {
  ABSENT,
  SPENT,   /* the invite's slot is taken, by another device: both keys are refused by TLS */
  EXPIRED, /* the invite's key is let in and then sent away; the device's is refused by TLS */
  FAILING, /* lets everybody in, and then fails */
  ADMITTING
};

struct fixture {
  struct solo solo;
  enum inviter inviter;
  bool due; /* `dial` is not answered yet */
  struct topo_dial dial;
  uint64_t next_number;
  size_t dials;
  uint8_t order[2 * ADDRESSES];  /* the addresses of the first dials */
  size_t dials_of[ADDRESSES][2]; /* by address, and by key: the device's, the invite's */
  uint64_t last_ms, gap_ms;      /* the last dial, and the longest time between two */
  struct topo_buf heard;
};

static void take_dial(void *ctx, const struct topo_dial *dial)
{
  struct solo *solo = ctx;
  struct fixture *f = (struct fixture *)(void *)solo; /* its first member */
  assert_false(f->due);
  f->due = true;
  f->dial = *dial;
  if (f->dials < sizeof f->order)
    f->order[f->dials] = dial->address.bytes[4];
  uint64_t gap_ms = f->dials++ ? solo->now.mono_ms - f->last_ms : 0;
  f->last_ms = solo->now.mono_ms;
  f->gap_ms = gap_ms > f->gap_ms ? gap_ms : f->gap_ms;
  f->dials_of[dial->address.bytes[4]][dial->with_invite]++;
}

static void count_anew(struct fixture *f)
{
  f->dials = 0;
  f->gap_ms = 0;
  memset(f->dials_of, 0, sizeof f->dials_of);
}

static void set_up(struct fixture *f, enum inviter inviter, size_t n_addresses)
{
  struct topo_invite_link invite_link = {
      .workspace = {{1}}, .invite = {{3}}, .seed = {4}, .n_devices = 1};
  *f = (struct fixture){.inviter = inviter};
  struct topo_invite_device *inviting = &invite_link.devices[0];
  inviting->device = (struct topo_id){{2}};
  inviting->n_addresses = n_addresses;
  for (uint8_t i = 0; i < n_addresses; i++)
    inviting->addresses[i] = (struct topo_address){{4, 10, 0, 0, i, 0, 9}, 7};
  solo_init(&f->solo, 1);
  f->solo.ports.dial = take_dial;
  struct topo_node_options o = {.path = "space.db",
                                .disk = &f->solo.port,
                                .rng = sim_rng_port(&f->solo.rng),
                                .ports = &f->solo.ports};
  struct topo_node_join join = {
      .invite_link = &invite_link, .user_name = "bob", .now = f->solo.now};
  assert_int_equal(topo_node_join_workspace(&f->solo.node, &o, &join), 0);
}

static void tear_down(struct fixture *f)
{
  solo_finish(&f->solo);
  topo_buf_finish(&f->heard);
}

static size_t conn_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  struct fixture *f = ctx;
  (void)stream;
  assert_int_equal(topo_buf_put(&f->heard, data, len), 0);
  return len;
}

static void conn_consumed(void *ctx, unsigned stream, size_t len)
{
  (void)ctx, (void)stream, (void)len;
}

static void conn_close(void *ctx, uint64_t code)
{
  (void)ctx;
  assert_int_equal(code, TOPO_CLOSE_INVITE_DONE);
}

static void step(struct fixture *f, struct topo_input *in)
{
  topo_node_step(f->solo.node, f->solo.now, in, 1);
}

static void come_up(struct fixture *f)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = ++f->next_number};
  in.up.conn = (struct topo_conn){&ops, f};
  in.up.peer = f->dial.pin;
  in.up.outgoing = true;
  in.up.dial = f->dial.number;
  step(f, &in);
}

static void end_with(struct fixture *f, enum topo_input_kind kind, uint64_t number, int status)
{
  struct topo_input in = {.kind = kind, .number = number};
  in.status = status;
  step(f, &in);
}

/* What an inviter says that admits whoever comes under the invite's key. */
static void admit(struct fixture *f)
{
  static const struct topo_id workspace = {{1}}, invite = {{3}}, id = {{5}};
  struct topo_buf bytes = {0};
  topo_wire_put_hello(&bytes, &(struct topo_wire_hello){.version = TOPO_WIRE_VERSION,
                                                        .workspace = workspace,
                                                        .scope = workspace});
  topo_wire_put_offer(&bytes, &(struct topo_wire_offer){.invite = invite, .auth = id});
  struct topo_input in = {.kind = TOPO_IN_CONN_DATA, .number = f->next_number};
  in.data.data = bytes.data;
  in.data.len = bytes.len;
  step(f, &in);
  topo_buf_clear(&bytes);
  topo_wire_put_welcome(&bytes, &id);
  in.data.data = bytes.data;
  in.data.len = bytes.len;
  step(f, &in);
  topo_buf_finish(&bytes);
}

static void answer(struct fixture *f)
{
  bool lets_in = f->inviter == FAILING ||
                 (f->dial.with_invite && (f->inviter == EXPIRED || f->inviter == ADMITTING));
  f->due = false;
  if (!lets_in) {
    int status = f->inviter == ABSENT ? TOPO_EUNREACHABLE : TOPO_EUNTRUSTED;
    end_with(f, TOPO_IN_DIAL_FAILED, f->dial.number, status);
    return;
  }
  come_up(f);
  if (f->inviter == ADMITTING)
    admit(f);
  else
    end_with(f, TOPO_IN_CONN_DOWN, f->next_number,
             f->inviter == EXPIRED ? TOPO_EUNTRUSTED : TOPO_EINTERNAL);
}

static void pass(struct fixture *f, uint64_t ms)
{
  uint64_t end_ms = f->solo.now.mono_ms + ms;
  topo_node_step(f->solo.node, f->solo.now, NULL, 0);
  for (;;) {
    while (f->due)
      answer(f);
    uint64_t next_ms = topo_node_deadline(f->solo.node);
    if (next_ms > end_ms)
      break;
    if (next_ms > f->solo.now.mono_ms)
      f->solo.now.mono_ms = next_ms;
    topo_node_step(f->solo.node, f->solo.now, NULL, 0);
  }
  f->solo.now.mono_ms = end_ms;
}

static bool says(struct fixture *f, const char *sentence)
{
  struct topo_json json;
  topo_json_init(&json);
  assert_int_equal(topo_node_write_sync(f->solo.node, &json), 0);
  struct topo_bytes text = topo_json_text(&json);
  bool found = memmem(text.data, text.len, sentence, strlen(sentence)) != NULL;
  topo_json_finish(&json);
  return found;
}

static bool says_refused(struct fixture *f)
{
  bool refused = topo_node_status(f->solo.node).refused;
  assert_int_equal(says(f, "the invite was refused: it may be used or expired"), refused);
  assert_int_equal(says(f, "nobody answered yet: someone must be online"), !refused);
  return refused;
}

/* The slowest interval is ten minutes and, by chance, up to half as long again; both keys are shown
 * each time. */
static void a_refused_join_is_tried_ever_less_often(void **state)
{
  (void)state;
  for (enum inviter inviter = SPENT; inviter <= EXPIRED; inviter++) {
    struct fixture f;
    set_up(&f, inviter, 1);
    assert_false(says_refused(&f));
    pass(&f, 1000);
    assert_true(says_refused(&f));
    pass(&f, 5 * MINUTE_MS - 1000);
    assert_in_range(f.gap_ms, 30 * 1000, 45 * 1000); /* the inviter may hear of the invite yet */
    assert_in_range(f.dials, 10, 20);
    pass(&f, HOUR_MS);
    count_anew(&f);
    pass(&f, HOUR_MS);
    assert_in_range(f.dials, 2 * 3, 2 * 7);
    assert_in_range(f.gap_ms, 10 * MINUTE_MS, 15 * MINUTE_MS);
    assert_true(says_refused(&f));
    tear_down(&f);
  }
}

static void each_address_hears_both_keys_at_the_slowest_interval(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f, EXPIRED, ADDRESSES);
  pass(&f, HOUR_MS);
  count_anew(&f);
  pass(&f, HOUR_MS);
  assert_in_range(f.dials, 2 * ADDRESSES * 3, 2 * ADDRESSES * 7);
  for (size_t i = 0; i < ADDRESSES; i++) {
    assert_in_range(f.dials_of[i][true], 3, 7);
    assert_in_range(f.dials_of[i][false], 3, 7);
  }
  tear_down(&f);
}

static void an_absent_inviter_is_dialled_as_any_peer(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f, ABSENT, 1);
  pass(&f, HOUR_MS);
  count_anew(&f);
  pass(&f, HOUR_MS);
  assert_in_range(f.dials, 80, 120);
  assert_in_range(f.gap_ms, 30 * 1000, 45 * 1000);
  assert_false(says_refused(&f));
  tear_down(&f);
}

/* The best address stands first in a link. */
static void addresses_are_tried_in_the_order_of_the_invite(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f, ABSENT, ADDRESSES);
  pass(&f, HOUR_MS);
  for (size_t i = 0; i < sizeof f.order; i++)
    assert_int_equal(f.order[i], i % ADDRESSES); /* nobody has refused the key */
  tear_down(&f);
}

/* Whatever ends a connection before it was of use, the next one waits. */
static void an_inviter_that_fails_is_dialled_as_one_that_is_absent(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f, FAILING, 1);
  pass(&f, HOUR_MS);
  count_anew(&f);
  pass(&f, HOUR_MS);
  assert_in_range(f.dials, 80, 120);
  assert_false(says_refused(&f));
  tear_down(&f);
}

/* Who answers last does not hide that the inviter has refused: it has other addresses, and sleeps
 * at night. */
static void a_refusal_is_told_until_the_inviter_lets_us_in(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f, EXPIRED, 1);
  pass(&f, MINUTE_MS);
  f.inviter = ABSENT;
  pass(&f, HOUR_MS);
  assert_true(says_refused(&f));
  f.inviter = ADMITTING;
  pass(&f, 2 * MINUTE_MS);
  f.inviter = ABSENT;
  assert_false(says_refused(&f));
  pass(&f, HOUR_MS);
  assert_false(says_refused(&f));
  tear_down(&f);
}

/* Half of a refusal is none: the device's key is unknown before the admission, and the invite's
 * after it. */
static void one_key_that_is_refused_is_no_refusal(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f, ADMITTING, 1);
  pass(&f, 100);
  assert_int_equal(f.dials, 2);
  assert_true(f.dials_of[0][true] == 1 && f.dials_of[0][false] == 1); /* the latter was refused */
  assert_false(says_refused(&f));
  tear_down(&f);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_refused_join_is_tried_ever_less_often),
      cmocka_unit_test(each_address_hears_both_keys_at_the_slowest_interval),
      cmocka_unit_test(an_absent_inviter_is_dialled_as_any_peer),
      cmocka_unit_test(addresses_are_tried_in_the_order_of_the_invite),
      cmocka_unit_test(an_inviter_that_fails_is_dialled_as_one_that_is_absent),
      cmocka_unit_test(a_refusal_is_told_until_the_inviter_lets_us_in),
      cmocka_unit_test(one_key_that_is_refused_is_no_refusal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
