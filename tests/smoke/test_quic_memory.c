/* test_quic_memory.c - src/net with its Nth allocation failing, for every N. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "smoke/quic_pair.h"

#define NAME "workspace"
enum { SERVER, CLIENT, STEPS = 4000, ENOUGH = 10000 };
#define STEP_NS 5000000u

/* The linker sends the allocations of our own objects here; those of the libraries are their own
 * affair. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static unsigned allocations, fail_at;

static bool fails(void)
{
  return ++allocations == fail_at;
}
void *__wrap_malloc(size_t n)
{
  return fails() ? NULL : __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t size)
{
  return fails() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t n)
{
  return fails() ? NULL : __real_realloc(p, n);
}

static struct endpoint a, b;
static struct endpoint *const both[] = {&a, &b};

static int add(struct endpoint *e, unsigned n, const char *sni, struct topo_net_identity **out)
{
  uint8_t seed[32];
  pair_seed(seed, n);
  return topo_net_identity_add(e->net, out, seed, sni, NULL);
}

/* Steps until the transfer is through or the client's connection is down. */
static void transfer(void)
{
  bool sent = false;
  for (int i = 0; i < STEPS && !b.downs; i++) {
    if (b.conn && !sent) {
      b.to_send[1] = 100000;
      endpoint_send(&b);
      sent = true;
    }
    if (sent && a.received[1] == b.to_send[1])
      return;
    pair_skew(STEP_NS);
    pair_step(both, 2);
  }
  assert_true(b.downs > 0);
}

static void story(void)
{
  struct topo_net_dial dial = {.pin = pair_key(SERVER), .sni = NAME};
  struct topo_net_identity *of_a;
  struct topo_net_conn *conn;
  int rc = endpoint_try_open(&a);
  if (!rc)
    rc = endpoint_try_open(&b);
  if (!rc)
    rc = add(&a, SERVER, NAME, &of_a);
  if (!rc)
    rc = add(&b, CLIENT, NULL, &dial.identity);
  if (!rc) {
    dial.remote = endpoint_address(&a);
    rc = topo_net_dial(b.net, &conn, &dial, pair_now());
  }
  if (!rc)
    transfer();
  else
    assert_int_equal(rc, TOPO_ENOMEM);
  endpoint_close(&a);
  endpoint_close(&b);
}

/* Whichever allocation fails, the outcome is an error, a connection that ends, or no difference;
 * nothing hangs, crashes or leaks (the sanitizer watches). */
static void test_each_allocation(void **state)
{
  (void)state;
  for (fail_at = 1; fail_at < ENOUGH; fail_at++) {
    allocations = 0;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    story();
    if (allocations < fail_at)
      break;
  }
  assert_in_range(fail_at, 20, ENOUGH - 1);
  assert_int_equal(a.received[1], 100000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_allocation)};
  return cmocka_run_group_tests_name("net without memory", tests, NULL, NULL);
}
