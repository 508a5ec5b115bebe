/* test_session_greeting.c - greetings and bootstraps that are not what they must be. */
#include "base/status.h"
#include "unit/sync/session_lone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void hello_of_another_workspace_scope_or_version(void **state)
{
  (void)state;
  const int expected[] = {TOPO_EWORKSPACE, TOPO_EWORKSPACE, TOPO_EVERSION, TOPO_EVERSION};
  for (int i = 0; i < 4; i++) {
    struct lone l;
    lone_init(&l, true, TOPO_SESSION_MEMBER);
    struct topo_wire_hello hello = lone_hello(&l);
    hello.workspace.bytes[31] ^= i == 0;
    hello.scope.bytes[0] ^= i == 1;
    if (i >= 2)
      hello.version = i == 2 ? 1 : 3;
    topo_wire_put_hello(&l.bytes, &hello);
    lone_breaks(&l, CONTROL, expected[i]);
  }
}

/* The low 16 bits of features, and the others. */
static void features_that_are_needed_and_not_known_end_it(void **state)
{
  (void)state;
  for (unsigned bit = 0; bit < 32; bit++) {
    struct lone l;
    lone_init(&l, true, TOPO_SESSION_MEMBER);
    struct topo_wire_hello hello = lone_hello(&l);
    hello.features = UINT32_C(1) << bit;
    hello.workspace.bytes[0] ^= bit < 16; /* what it needs may be another meaning of the rest */
    topo_wire_put_hello(&l.bytes, &hello);
    if (UINT32_C(1) << bit & TOPO_WIRE_FEATURES_NEEDED) {
      lone_breaks(&l, CONTROL, TOPO_EVERSION);
      assert_in_range(bit, 0, 15);
      continue;
    }
    assert_int_equal(lone_inject(&l, CONTROL), 0);
    assert_int_equal(l.side->greeted, 1);
    lone_finish(&l);
  }
}

/* A clock may show anything: it is the owner's to judge. */
static void any_clock_is_told_to_the_owner(void **state)
{
  (void)state;
  const uint64_t clocks[] = {0, 1, UINT64_MAX};
  for (unsigned i = 0; i < 3; i++) {
    struct lone l;
    lone_init(&l, true, TOPO_SESSION_MEMBER);
    struct topo_wire_hello hello = lone_hello(&l);
    hello.wall_ms = clocks[i];
    topo_wire_put_hello(&l.bytes, &hello);
    assert_int_equal(lone_inject(&l, CONTROL), 0);
    assert_true(l.side->greeted_wall_ms == clocks[i]);
    lone_finish(&l);
  }
}

static void a_later_version_may_have_another_hello(void **state)
{
  (void)state;
  struct lone l;
  lone_init(&l, true, TOPO_SESSION_MEMBER);
  lone_frame(&l.bytes, TOPO_WIRE_HELLO, "\x07?", 2);
  lone_breaks(&l, CONTROL, TOPO_EVERSION);
}

static void an_invitee_has_no_credential(void **state)
{
  (void)state;
  struct lone l;
  lone_init(&l, false, TOPO_SESSION_INVITER);
  struct topo_wire_hello hello = lone_hello(&l);
  hello.credential.bytes[0] = 1;
  topo_wire_put_hello(&l.bytes, &hello);
  lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
}

static void the_first_frame_is_hello_and_it_comes_once(void **state)
{
  (void)state;
  struct lone l;
  lone_init(&l, true, TOPO_SESSION_MEMBER);
  lone_put_sets(&l.bytes, NULL, false);
  lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
  lone_init(&l, true, TOPO_SESSION_MEMBER);
  lone_frame(&l.bytes, TOPO_WIRE_SKIPPED, "", 0);
  lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
  lone_greet(&l, true, TOPO_SESSION_MEMBER);
  struct topo_wire_hello hello = lone_hello(&l);
  topo_wire_put_hello(&l.bytes, &hello);
  lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
}

static void an_owner_may_refuse_a_greeting(void **state)
{
  (void)state;
  struct lone l;
  lone_init(&l, true, TOPO_SESSION_MEMBER);
  l.side->greeted_status = TOPO_EUNTRUSTED;
  struct topo_wire_hello hello = lone_hello(&l);
  topo_wire_put_hello(&l.bytes, &hello);
  lone_breaks(&l, CONTROL, TOPO_EUNTRUSTED);
}

static void greetings_that_end_early_or_late(void **state)
{
  (void)state;
  struct topo_buf good = {0};
  struct lone l;
  for (size_t n = 0; n <= 110; n++) {
    lone_init(&l, true, TOPO_SESSION_MEMBER);
    struct topo_wire_hello hello = lone_hello(&l);
    topo_buf_clear(&good);
    topo_wire_put_hello(&good, &hello);
    assert_int_equal(good.len, TOPO_WIRE_HEAD_SIZE + 109);
    topo_buf_put_u8(&good, 0);
    if (n == 109) {
      lone_finish(&l);
      continue;
    }
    lone_frame(&l.bytes, TOPO_WIRE_HELLO, good.data + TOPO_WIRE_HEAD_SIZE, n);
    lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
  }
  topo_buf_finish(&good);
}

static void members_take_no_bootstrap(void **state)
{
  (void)state;
  const unsigned bootstrap[] = {TOPO_WIRE_OFFER, TOPO_WIRE_JOIN, TOPO_WIRE_WELCOME};
  for (unsigned i = 0; i < 3; i++) {
    struct lone l;
    lone_greet(&l, true, TOPO_SESSION_MEMBER);
    lone_frame(&l.bytes, bootstrap[i], "", 0);
    lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
  }
}

static void bootstrap_frames_that_end_early_or_late(void **state)
{
  (void)state;
  static const uint8_t zeros[300];
  for (size_t n = 0; n <= 228; n++) {
    struct lone l;
    if (n != 66) {
      lone_greet(&l, true, TOPO_SESSION_JOINER);
      lone_frame(&l.bytes, TOPO_WIRE_OFFER, zeros, n);
      lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
    }
    if (n != 226) {
      lone_greet(&l, false, TOPO_SESSION_INVITER);
      lone_frame(&l.bytes, TOPO_WIRE_JOIN, zeros, n);
      lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
    }
    if (n != 32) {
      lone_greet(&l, true, TOPO_SESSION_JOINER);
      struct topo_wire_offer offer = {.auth = {{0x22}}};
      topo_wire_put_offer(&l.bytes, &offer);
      lone_frame(&l.bytes, TOPO_WIRE_WELCOME, zeros, n);
      lone_breaks(&l, CONTROL, TOPO_EMALFORMED);
    }
  }
}

static void one_join_for_one_offer(void **state)
{
  (void)state;
  struct lone l;
  struct topo_session_join join = {.slot = 1};
  lone_greet(&l, false, TOPO_SESSION_INVITER);
  topo_wire_put_join(&l.bytes, &join);
  topo_wire_put_join(&l.bytes, &join);
  lone_breaks(&l, CONTROL, TOPO_EPROTOCOL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hello_of_another_workspace_scope_or_version),
      cmocka_unit_test(features_that_are_needed_and_not_known_end_it),
      cmocka_unit_test(any_clock_is_told_to_the_owner),
      cmocka_unit_test(a_later_version_may_have_another_hello),
      cmocka_unit_test(an_invitee_has_no_credential),
      cmocka_unit_test(the_first_frame_is_hello_and_it_comes_once),
      cmocka_unit_test(an_owner_may_refuse_a_greeting),
      cmocka_unit_test(greetings_that_end_early_or_late),
      cmocka_unit_test(members_take_no_bootstrap),
      cmocka_unit_test(bootstrap_frames_that_end_early_or_late),
      cmocka_unit_test(one_join_for_one_offer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
