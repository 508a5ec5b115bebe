/*
 * test_duplex.c - a connection between two threads: every byte arrives once and in order, each side
 * hears of the end once, and the memory goes with the last of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "daemon/duplex.h"

#include <sched.h>
#include <string.h>

struct fixture {
  struct topo_mailbox inbox, outbox;
  atomic_size_t alive;
  struct topo_duplex *duplex;
};

static int set_up(void **state)
{
  static struct fixture f;
  topo_mailbox_init(&f.inbox, 8, NULL, NULL);
  topo_mailbox_init(&f.outbox, 8, NULL, NULL);
  struct topo_duplex_options o = {
      .number = 7, .inbox = &f.inbox, .outbox = &f.outbox, .alive = &f.alive, .wire = &f};
  f.duplex = topo_duplex_create(&o);
  *state = &f;
  return f.duplex ? 0 : -1;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  size_t alive = atomic_load(&f->alive);
  topo_mailbox_finish(&f->inbox);
  topo_mailbox_finish(&f->outbox);
  return alive == 0 ? 0 : -1;
}

/* The next news, or false when the inbox is empty. Bytes of stream 0 are appended to `got`. */
static bool hear(struct fixture *f, struct topo_duplex_news *news, struct topo_buf *got)
{
  struct topo_mail *mail = topo_mailbox_take(&f->inbox);
  if (!mail)
    return false;
  struct topo_duplex *duplex = topo_duplex_take_news(topo_task_of(mail), news);
  for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++) {
    if (got && i == 0)
      topo_buf_put(got, news->received[i].data, news->received[i].len);
    topo_buf_finish(&news->received[i]);
  }
  if (news->down)
    topo_duplex_forget(duplex);
  topo_duplex_unref(duplex);
  return true;
}

/* The next orders, or false when the outbox is empty. Bytes of stream 0 are appended to `got`. */
static bool obey(struct fixture *f, struct topo_duplex_orders *orders, struct topo_buf *got)
{
  struct topo_mail *mail = topo_mailbox_take(&f->outbox);
  if (!mail)
    return false;
  struct topo_duplex *duplex = topo_duplex_take_orders(topo_task_of(mail), orders);
  struct topo_duplex_bytes bytes = {{0}, 0};
  if (topo_duplex_wire(duplex) && topo_duplex_take_bytes(duplex, 0, &bytes) == 0 && bytes.buf.len)
    topo_buf_put(got, bytes.buf.data, bytes.buf.len);
  topo_buf_finish(&bytes.buf);
  topo_duplex_unref(duplex);
  return true;
}

/* A peer that is slower than the space: something always waits, and still only what waits is kept.
 */
static void what_was_sent_is_let_go(void **state)
{
  enum { ROUNDS = 300, STEP = 40000 };
  static uint8_t data[TOPO_CONN_SEND_BUFFER_MAX];
  struct fixture *f = *state;
  struct topo_conn conn = topo_duplex_conn(f->duplex);
  struct topo_duplex_bytes bytes = {{0}, 0};
  uint64_t written = 0, read = 0;
  for (int round = 0; round < ROUNDS; round++) {
    for (size_t i = 0; i < sizeof data; i++)
      data[i] = (uint8_t)((written + i) % 251);
    written += topo_conn_send(&conn, 0, data, sizeof data);
    assert_int_equal(topo_duplex_take_bytes(f->duplex, 0, &bytes), 0);
    assert_int_equal(bytes.buf.len - bytes.sent, TOPO_CONN_SEND_BUFFER_MAX);
    for (size_t i = 0; i < STEP; i++, read++)
      if (bytes.buf.data[bytes.sent + i] != (uint8_t)(read % 251))
        fail_msg("byte %llu is wrong", (unsigned long long)read);
    topo_duplex_bytes_sent(&bytes, STEP);
    topo_duplex_sent(f->duplex, 0, STEP);
    assert_in_range(bytes.buf.cap, 1, 2 * TOPO_CONN_SEND_BUFFER_MAX);
  }
  topo_duplex_bytes_sent(&bytes, bytes.buf.len - bytes.sent);
  assert_int_equal(bytes.buf.cap, 0);
  struct topo_duplex_news news;
  struct topo_duplex_orders orders;
  topo_duplex_down(f->duplex, TOPO_ETIMEOUT);
  while (hear(f, &news, NULL))
    ;
  struct topo_buf got = {0};
  while (obey(f, &orders, &got))
    ;
  topo_buf_finish(&got);
}

static void much_news_is_one_task(void **state)
{
  struct fixture *f = *state;
  struct topo_duplex_news news;
  struct topo_buf got = {0};
  assert_int_equal(topo_duplex_up(f->duplex), 0);
  assert_int_equal(topo_duplex_received(f->duplex, 0, (const uint8_t *)"ab", 2), 0);
  assert_int_equal(topo_duplex_received(f->duplex, 0, (const uint8_t *)"cd", 2), 0);
  topo_duplex_down(f->duplex, TOPO_ETIMEOUT);
  assert_true(hear(f, &news, &got));
  assert_true(news.up && news.down && !news.writable);
  assert_int_equal(news.status, TOPO_ETIMEOUT);
  assert_int_equal(got.len, 4);
  assert_memory_equal(got.data, "abcd", 4);
  assert_false(hear(f, &news, &got));
  topo_buf_finish(&got);
}

static void who_closed_hears_nothing_more(void **state)
{
  struct fixture *f = *state;
  struct topo_duplex_news news;
  struct topo_duplex_orders orders;
  struct topo_buf got = {0};
  struct topo_conn conn = topo_duplex_conn(f->duplex);
  topo_duplex_up(f->duplex);
  assert_true(hear(f, &news, NULL));
  topo_duplex_received(f->duplex, 0, (const uint8_t *)"late", 4);
  topo_conn_close(&conn, 3);
  topo_duplex_received(f->duplex, 0, (const uint8_t *)"later", 5);
  assert_true(hear(f, &news, &got)); /* the task was on its way, but it is empty */
  assert_false(news.up || news.down || news.writable);
  assert_int_equal(got.len, 0);
  assert_true(obey(f, &orders, &got));
  assert_true(orders.closed);
  assert_int_equal(orders.code, 3);
  topo_duplex_down(f->duplex, TOPO_ECLOSED);
  assert_false(hear(f, &news, &got));
}

static void a_full_buffer_says_when_there_is_room(void **state)
{
  struct fixture *f = *state;
  static uint8_t bytes[TOPO_CONN_SEND_BUFFER_MAX + 1];
  struct topo_duplex_news news;
  struct topo_duplex_orders orders;
  struct topo_buf out = {0};
  struct topo_conn conn = topo_duplex_conn(f->duplex);
  topo_duplex_up(f->duplex);
  assert_true(hear(f, &news, NULL));
  assert_int_equal(topo_conn_send(&conn, 0, bytes, sizeof bytes), TOPO_CONN_SEND_BUFFER_MAX);
  assert_int_equal(topo_conn_send(&conn, 0, bytes, 1), 0);
  assert_int_equal(topo_conn_send(&conn, 1, bytes, 1), 1); /* streams do not share it */
  topo_conn_consumed(&conn, 2, 5);
  topo_conn_consumed(&conn, 2, 6);
  assert_true(obey(f, &orders, &out));
  assert_int_equal(orders.consumed[2], 11);
  assert_int_equal(out.len, TOPO_CONN_SEND_BUFFER_MAX);
  topo_duplex_sent(f->duplex, 0, 1);
  assert_false(hear(f, &news, NULL)); /* not for every byte */
  topo_duplex_sent(f->duplex, 0, TOPO_CONN_SEND_BUFFER_MAX / 2);
  assert_true(hear(f, &news, NULL));
  assert_true(news.writable);
  assert_int_equal(topo_conn_send(&conn, 0, bytes, sizeof bytes),
                   TOPO_CONN_SEND_BUFFER_MAX / 2 + 1);
  topo_duplex_down(f->duplex, TOPO_ECLOSED);
  assert_true(hear(f, &news, NULL));
  assert_true(obey(f, &orders, &out)); /* the task that was on its way finds nobody */
  topo_buf_finish(&out);
}

static void a_space_that_is_gone_takes_no_connection(void **state)
{
  struct fixture *f = *state;
  topo_mailbox_close(&f->inbox);
  assert_int_equal(topo_duplex_up(f->duplex), TOPO_ECLOSED);
  topo_duplex_forget(f->duplex);
  topo_duplex_down(f->duplex, TOPO_ECLOSED);
}

enum { TOTAL = 4 * 1024 * 1024, PIECE = 777 };

/* The network's thread: brings TOTAL numbered bytes, takes what is sent, and ends. */
static void *network(void *arg)
{
  struct fixture *f = arg;
  struct topo_duplex_orders orders = {.closed = false};
  struct topo_buf out = {0};
  uint8_t piece[PIECE];
  size_t brought = 0, window = 0, taken = 0;
  topo_duplex_up(f->duplex);
  while (brought < TOTAL || taken < TOTAL) {
    size_t n = TOTAL - brought < PIECE ? TOTAL - brought : PIECE;
    if (n && window + n <= TOPO_CONN_WINDOW_MAX) {
      for (size_t i = 0; i < n; i++)
        piece[i] = (uint8_t)((brought + i) % 251);
      topo_duplex_received(f->duplex, 0, piece, n);
      brought += n;
      window += n;
    }
    if (!obey(f, &orders, &out)) {
      sched_yield();
      continue;
    }
    window -= orders.consumed[0];
    for (size_t i = 0; i < out.len; i++)
      if (out.data[i] != (uint8_t)((taken + i) % 251))
        return (void *)"bytes that were sent came out of order";
    taken += out.len;
    topo_duplex_sent(f->duplex, 0, out.len);
    topo_buf_clear(&out);
  }
  topo_buf_finish(&out);
  topo_duplex_down(f->duplex, TOPO_ETIMEOUT);
  return NULL;
}

static size_t send_some(struct topo_conn *conn, size_t sent)
{
  uint8_t piece[PIECE];
  size_t n = TOTAL - sent < PIECE ? TOTAL - sent : PIECE;
  for (size_t i = 0; i < n; i++)
    piece[i] = (uint8_t)((sent + i) % 251);
  return n ? topo_conn_send(conn, 0, piece, n) : 0;
}

/* Two threads push four megabytes at each other at the same time. */
static void both_directions_at_once_lose_nothing(void **state)
{
  struct fixture *f = *state;
  pthread_t thread;
  struct topo_duplex_news news = {.up = false};
  struct topo_buf got = {0};
  struct topo_conn conn = topo_duplex_conn(f->duplex);
  size_t sent = 0, ups = 0, heard = 0;
  assert_int_equal(pthread_create(&thread, NULL, network, f), 0);
  while (!news.down) {
    size_t before = got.len;
    if (hear(f, &news, &got))
      ups += news.up;
    if (!news.down && got.len > before)
      topo_conn_consumed(&conn, 0, got.len - before);
    heard = got.len;
    size_t n = ups && !news.down ? send_some(&conn, sent) : 0;
    sent += n;
    if (!n)
      sched_yield();
  }
  void *complaint = NULL;
  assert_int_equal(pthread_join(thread, &complaint), 0);
  assert_null(complaint);
  assert_int_equal(ups, 1);
  assert_int_equal(news.status, TOPO_ETIMEOUT);
  assert_int_equal(heard, TOTAL);
  for (size_t i = 0; i < got.len; i++)
    if (got.data[i] != (uint8_t)(i % 251))
      fail_msg("byte %zu is wrong", i);
  struct topo_duplex_orders orders;
  while (obey(f, &orders, &got))
    ;
  topo_buf_finish(&got);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(much_news_is_one_task, set_up, tear_down),
      cmocka_unit_test_setup_teardown(who_closed_hears_nothing_more, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_full_buffer_says_when_there_is_room, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_was_sent_is_let_go, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_space_that_is_gone_takes_no_connection, set_up, tear_down),
      cmocka_unit_test_setup_teardown(both_directions_at_once_lose_nothing, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("daemon/duplex", tests, NULL, NULL);
}
