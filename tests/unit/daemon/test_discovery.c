/*
 * test_discovery.c - beacons between the local network and the spaces: which space is told of one,
 * how many are on their way to it, and that members can read what a space says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/sign.h"
#include "daemon/network.h"
#include "sys/rng.h"

#include <string.h>

enum { SPACES = 2 };

static const struct topo_address here = {{4, 192, 0, 2, 1, 0x1d, 0x13}, 7};

struct space {
  struct topo_mailbox inbox;
  struct topo_endpoint *endpoint;
  struct topo_id device, workspace;
};

struct fixture {
  struct topo_loop *loop;
  struct topo_network *network;
  struct space spaces[SPACES];
  unsigned came;
};

static void count_endpoint(void *arg)
{
  struct fixture *f = arg;
  if (++f->came == SPACES)
    topo_loop_stop(f->loop);
}

static void open_space(struct fixture *f, uint8_t number)
{
  const uint8_t seed[32] = {number};
  struct topo_sign_key pair;
  struct space *s = &f->spaces[number];
  topo_sign_key_from_seed(&pair, seed);
  s->device = pair.public_key;
  s->workspace = (struct topo_id){{number}};
  topo_mailbox_init(&s->inbox, SIZE_MAX, NULL, NULL);
  const struct topo_endpoint_options o = {
      .seed = seed, .workspace = s->workspace, .device = s->device, .inbox = &s->inbox};
  s->endpoint = topo_endpoint_create(f->network, &o);
  assert_non_null(s->endpoint);
}

static void set_up(struct fixture *f)
{
  const uint8_t secret[32] = {1};
  struct topo_net_address bind;
  *f = (struct fixture){.came = 0};
  assert_int_equal(topo_loop_create(&f->loop), 0);
  assert_int_equal(topo_net_address_parse(&bind, "127.0.0.1", 0), 0);
  const struct topo_network_options o = {
      .bind = &bind, .rng = topo_rng_os(), .secret = secret, .loop = f->loop};
  assert_int_equal(topo_network_create(&f->network, &o), 0);
  topo_network_on_endpoint(f->network, count_endpoint, f);
  for (uint8_t i = 0; i < SPACES; i++)
    open_space(f, i);
}

static unsigned take_all(struct space *s)
{
  struct topo_mail *mail;
  unsigned n = 0;
  for (; (mail = topo_mailbox_take(&s->inbox)) != NULL; n++) {
    assert_int_equal(topo_task_of(mail)->kind, TOPO_TASK_BEACON);
    topo_beacon_task_free((struct topo_beacon_task *)(void *)mail);
  }
  return n;
}

static void tear_down(struct fixture *f)
{
  for (unsigned i = 0; i < SPACES; i++)
    take_all(&f->spaces[i]);
  topo_network_destroy(f->network);
  for (unsigned i = 0; i < SPACES; i++)
    topo_mailbox_finish(&f->spaces[i].inbox);
  topo_loop_destroy(f->loop);
}

static void every_endpoint_that_comes_is_told_of(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  assert_null(topo_endpoint_next(f.network, NULL));
  assert_int_equal(topo_loop_run(f.loop), 0);
  assert_int_equal(f.came, SPACES);
  unsigned n = 0;
  for (struct topo_endpoint *e = topo_endpoint_next(f.network, NULL); e;
       e = topo_endpoint_next(f.network, e))
    n++;
  assert_int_equal(n, SPACES);
  tear_down(&f);
}

/* Two beacons of one device have nothing in common that anybody else could see. */
static void a_space_says_what_members_can_read(void **state)
{
  struct fixture f;
  uint8_t key[32];
  (void)state;
  set_up(&f);
  const struct space *s = &f.spaces[1];
  struct topo_beacon one = topo_endpoint_beacon(s->endpoint, &here),
                     two = topo_endpoint_beacon(s->endpoint, &here);
  topo_beacon_key(key, &s->workspace);
  assert_true(topo_beacon_names(&one, key, &s->device, &here));
  assert_true(topo_beacon_names(&two, key, &s->device, &here));
  for (size_t i = 0; i < TOPO_BEACON_SIZE; i += 4)
    assert_memory_not_equal(one.bytes + i, two.bytes + i, 4);
  tear_down(&f);
}

/* As many as TOPO_ENDPOINT_BEACONS_MAX, and one more when the space has taken them. */
static void a_space_is_told_of_its_own_workspace(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  struct space *s = &f.spaces[1];
  struct topo_beacon beacon = topo_endpoint_beacon(s->endpoint, &here);
  for (unsigned round = 0; round < 2; round++) {
    for (unsigned i = 0; i <= TOPO_ENDPOINT_BEACONS_MAX; i++)
      for (unsigned j = 0; j < SPACES; j++)
        topo_endpoint_heard(f.spaces[j].endpoint, &beacon, &here);
    assert_int_equal(take_all(&f.spaces[0]), 0);
    assert_int_equal(take_all(s), TOPO_ENDPOINT_BEACONS_MAX);
  }
  tear_down(&f);
}

/* What comes for a space that is closed is nobody's. */
static void a_closed_space_is_told_nothing(void **state)
{
  struct fixture f;
  (void)state;
  set_up(&f);
  struct space *s = &f.spaces[1];
  struct topo_beacon beacon = topo_endpoint_beacon(s->endpoint, &here);
  topo_mailbox_close(&s->inbox);
  for (unsigned i = 0; i <= TOPO_ENDPOINT_BEACONS_MAX; i++)
    topo_endpoint_heard(s->endpoint, &beacon, &here);
  assert_int_equal(take_all(s), 0);
  tear_down(&f);
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_endpoint_that_comes_is_told_of),
      cmocka_unit_test(a_space_says_what_members_can_read),
      cmocka_unit_test(a_space_is_told_of_its_own_workspace),
      cmocka_unit_test(a_closed_space_is_told_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
