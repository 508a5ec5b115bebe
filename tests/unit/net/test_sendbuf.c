/* test_sendbuf.c - bytes stay where they are until they are acknowledged, and no more are taken
 * than fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "base/status.h"
#include "net/sendbuf.h"

enum { LONG = 3 * TOPO_SENDBUF_CAPACITY };

static uint8_t source[LONG];

static void fill_source(void)
{
  for (size_t i = 0; i < LONG; i++)
    source[i] = (uint8_t)(i * 17 + (i >> 9));
}

/* An empty buffer offers nothing and has room for everything the port promises. */
static void test_empty(void **state)
{
  struct topo_sendbuf b = {0};
  struct topo_bytes pieces[2];
  (void)state;
  assert_int_equal(topo_sendbuf_next(&b, pieces), 0);
  assert_int_equal(topo_sendbuf_room(&b), TOPO_CONN_SEND_BUFFER_MAX + 1);
  topo_sendbuf_finish(&b);
}

/* It takes exactly its capacity and not a byte more. */
static void test_bounded(void **state)
{
  struct topo_sendbuf b = {0};
  (void)state;
  assert_int_equal(topo_sendbuf_put(&b, source, LONG), TOPO_SENDBUF_CAPACITY);
  assert_int_equal(topo_sendbuf_room(&b), 0);
  assert_int_equal(topo_sendbuf_put(&b, source, 1), 0);
  topo_sendbuf_finish(&b);
}

/* What is sent still takes room, until it is acknowledged. */
static void test_sent_is_kept(void **state)
{
  struct topo_sendbuf b = {0};
  struct topo_bytes pieces[2];
  const uint8_t *kept;
  (void)state;
  topo_sendbuf_put(&b, source, LONG);
  assert_int_equal(topo_sendbuf_next(&b, pieces), 2);
  kept = pieces[0].data;
  topo_sendbuf_sent(&b, 1000);
  assert_int_equal(topo_sendbuf_room(&b), 0);
  assert_memory_equal(kept, source, 1000);
  assert_int_equal(topo_sendbuf_acked(&b, 600), 0);
  assert_int_equal(topo_sendbuf_room(&b), 600);
  assert_memory_equal(kept + 600, source + 600, 400);
  topo_sendbuf_finish(&b);
}

/* An acknowledgement of what was never sent is refused and changes nothing. */
static void test_false_ack(void **state)
{
  struct topo_sendbuf b = {0};
  (void)state;
  topo_sendbuf_put(&b, source, 100);
  topo_sendbuf_sent(&b, 50);
  assert_int_equal(topo_sendbuf_acked(&b, 51), TOPO_EINVAL);
  assert_int_equal(topo_sendbuf_room(&b), TOPO_SENDBUF_CAPACITY - 100);
  assert_int_equal(topo_sendbuf_acked(&b, 50), 0);
  topo_sendbuf_finish(&b);
}

/* A stream that flows for long comes out in order and whole, at every size of step, and an idle one
 * holds no memory. */
static void test_flows(void **state)
{
  const size_t steps[] = {1, 999, 1452, TOPO_SENDBUF_CHUNK, TOPO_SENDBUF_CHUNK + 1, 100000};
  (void)state;
  for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
    struct topo_sendbuf b = {0};
    size_t put = 0, out = 0, limit = steps[k] == 1 ? 50000 : LONG;
    while (out < limit) {
      struct topo_bytes pieces[2];
      size_t n = steps[k] < limit - put ? steps[k] : limit - put, count;
      put += topo_sendbuf_put(&b, source + put, n);
      count = topo_sendbuf_next(&b, pieces);
      assert_true(count > 0);
      n = pieces[0].len < steps[k] ? pieces[0].len : steps[k];
      assert_memory_equal(pieces[0].data, source + out, n);
      if (count == 2)
        assert_memory_equal(pieces[1].data, source + out + pieces[0].len, pieces[1].len);
      topo_sendbuf_sent(&b, n);
      out += n;
      assert_int_equal(topo_sendbuf_acked(&b, out), 0);
    }
    for (size_t i = 0; i < TOPO_SENDBUF_CHUNKS; i++)
      assert_null(b.chunks[i]);
    topo_sendbuf_finish(&b);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty),        cmocka_unit_test(test_bounded),
      cmocka_unit_test(test_sent_is_kept), cmocka_unit_test(test_false_ack),
      cmocka_unit_test(test_flows),
  };
  fill_source();
  return cmocka_run_group_tests_name("net/sendbuf", tests, NULL, NULL);
}
