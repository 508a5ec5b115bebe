/*
 * test_session_memory.c - every allocation of a session may fail: it then ends with "out of memory"
 * and code 9, and nothing leaks. Linked with --wrap for malloc, calloc and realloc.
 */
#include "base/status.h"
#include "port/close.h"
#include "unit/sync/session_lone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool armed, failed;
static unsigned long left; /* until the one that fails */

static bool fails(void)
{
  if (!armed || left-- > 0)
    return false;
  failed = true;
  return true;
}

void *__wrap_malloc(size_t size)
{
  return fails() ? NULL : __real_malloc(size);
}
void *__wrap_calloc(size_t n, size_t size)
{
  return fails() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t size)
{
  return fails() ? NULL : __real_realloc(p, size);
}

/* Gives the bytes in two pieces, so that the beginning must be kept. */
static int give(struct lone *l, const struct topo_buf *bytes, size_t first)
{
  int status = 0;
  armed = true;
  for (unsigned i = 0; i < 2 && status == 0; i++) {
    const uint8_t *data = i ? bytes->data + first : bytes->data;
    status = pair_inject(l->side, CONTROL, data, i ? bytes->len - first : first);
    if (status == 0)
      status = topo_session_flush(l->side->session, 0);
  }
  armed = false;
  return status;
}

static void put_want(struct lone *l, const struct topo_id *held)
{
  size_t start = topo_wire_begin(&l->bytes, TOPO_WIRE_WANT);
  struct topo_id unknown = {{1}};
  topo_buf_put_u16(&l->bytes, 2);
  topo_buf_put_id(&l->bytes, held);
  topo_buf_put_id(&l->bytes, &unknown);
  topo_wire_end(&l->bytes, start);
}

/* One of everything that a peer can make a session do but bring events, which is the owner's
 * memory.
 */
static void put_script(struct lone *l, bool initiator, const struct topo_id *held)
{
  struct topo_session_set row = {.count = 3, .digest = {{1}}};
  struct topo_bytes lists = {(const uint8_t *)"\x61\0\0\2\0", 5};
  lone_put_sets(&l->bytes, &row, true);
  put_want(l, held);
  if (initiator)
    return;
  topo_wire_put_neg_open(&l->bytes, 0, &topo_id_zero, lists);
  topo_wire_put_list(&l->bytes, &(struct topo_prefix){.len = 0});
}

static void put_answer(struct lone *l)
{
  uint8_t message[5 + TOPO_ID_SIZE] = {0x61, 0, 0, 2, 1, 7};
  topo_wire_put_neg_msg(&l->bytes, 0, (struct topo_bytes){message, sizeof message});
}

/* What was asked for is not there; then a page in two parts, and the rows of one of them. */
static void put_missing(struct lone *l)
{
  static const uint8_t missing[2 + TOPO_ID_SIZE] = {0, 1, 7};
  static const uint8_t parts[1 + 2 * TOPO_PAGE_PART_SIZE] = {TOPO_PAGE_OF_PARTS, 0,
                                                             [1 + TOPO_PAGE_PART_SIZE] = 9};
  lone_frame(&l->bytes, TOPO_WIRE_MISSING, missing, sizeof missing);
  lone_frame(&l->bytes, TOPO_WIRE_PAGE, parts, sizeof parts);
}

static void put_rows(struct lone *l)
{
  struct topo_session_set row = {pair_set_id(1), 3, {{1}}};
  lone_put_page(&l->bytes, &row, 1);
  lone_put_page(&l->bytes, NULL, 0);
}

/* The status with which the script ends when allocation n fails; *done when none did. */
static int run(bool initiator, unsigned long n, bool *done)
{
  struct lone l;
  lone_init(&l, initiator, TOPO_SESSION_MEMBER);
  for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++) /* the connection's memory is its own */
    assert_int_equal(topo_buf_reserve(&l.side->out.streams[i], TOPO_CONN_SEND_BUFFER_MAX), 0);
  struct topo_id held = pair_add(l.side, 0, 1, 100);
  for (unsigned i = 0; i < 200; i++)
    pair_add(l.side, 1, i, 8);
  struct topo_wire_hello hello = lone_hello(&l);
  topo_wire_put_hello(&l.bytes, &hello);
  put_script(&l, initiator, &held);
  left = n;
  failed = false;
  int status = give(&l, &l.bytes, 150);
  static void (*const answers[])(struct lone * l) = {put_answer, put_missing, put_rows};
  for (unsigned i = 0; i < 3 && status == 0 && initiator; i++) {
    topo_buf_clear(&l.bytes);
    answers[i](&l);
    status = give(&l, &l.bytes, i == 1 ? TOPO_WIRE_HEAD_SIZE + 2 + TOPO_ID_SIZE : 7);
  }
  *done = !failed;
  assert_int_equal(l.side->conn_closed, status < 0);
  if (status < 0)
    assert_int_equal(l.side->close_code, TOPO_CLOSE_INTERNAL);
  else if (!failed)
    assert_int_equal(topo_session_state(l.side->session).sent_events, initiator ? 2 : 1);
  lone_finish(&l);
  return status;
}

static void any_allocation_may_fail(void **state)
{
  (void)state;
  for (unsigned initiator = 0; initiator < 2; initiator++) {
    bool done = false;
    unsigned long n = 0, ended = 0;
    for (; !done; n++) {
      int status = run(initiator, n, &done);
      assert_true(status == 0 || status == TOPO_ENOMEM);
      ended += status < 0;
    }
    assert_true(ended >= (initiator ? 19 : 8)); /* so many were seen: the script runs to its end */
  }
}

static void a_session_that_cannot_be_made_is_not(void **state)
{
  (void)state;
  for (unsigned long n = 0;; n++) {
    struct pair p;
    pair_init(&p, 1, TOPO_CONN_SEND_BUFFER_MAX, TOPO_CONN_WINDOW_MAX);
    assert_int_equal(topo_buf_reserve(&p.a.out.streams[0], TOPO_CONN_SEND_BUFFER_MAX), 0);
    int status = 1;
    left = n;
    failed = false;
    armed = true;
    p.a.session = topo_session_create(&p.a.options, &status);
    armed = false;
    assert_int_equal(status, failed ? TOPO_ENOMEM : 0);
    assert_int_equal(p.a.session == NULL, failed);
    pair_finish(&p);
    if (!failed)
      break;
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_allocation_may_fail),
      cmocka_unit_test(a_session_that_cannot_be_made_is_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
