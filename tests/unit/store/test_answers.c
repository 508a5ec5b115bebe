/*
 * test_answers.c - answers by idempotency key: the same request gets the same answer, another one
 * is refused, and what is old or too much goes.
 */
#include "base/status.h"
#include "lib/sim_disk.h"
#include "store/answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint64_t NOON = UINT64_C(1700000000000);
enum { TURN = 1024 /* answers between two trimmings, at most */ };

struct fixture {
  struct sim_disk *disk;
  struct topo_disk port;
  struct topo_db *db;
};

static int set_up(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  f->disk = sim_disk_create(NULL);
  f->port = sim_disk_port(f->disk);
  *state = f;
  struct topo_db_options o = {.path = "a.db", .disk = &f->port, .cache_kib = 4096};
  if (topo_db_open(&f->db, &o) < 0)
    return -1;
  return topo_db_migrate(f->db, &topo_answers_migration, 1);
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  topo_db_close(f->db);
  sim_disk_destroy(f->disk);
  free(f);
  return 0;
}

static struct topo_id request(uint8_t n)
{
  struct topo_id id;
  memset(id.bytes, n, sizeof id.bytes);
  return id;
}

static struct topo_bytes text(const char *t)
{
  return (struct topo_bytes){(const uint8_t *)t, strlen(t)};
}

/* Within a transaction of the caller. */
static void answer(struct fixture *f, const char *key, uint8_t asked, const char *said,
                   uint64_t now_ms)
{
  struct topo_id id = request(asked);
  assert_int_equal(topo_answers_begin(f->db, key, &id, 0, now_ms), 0);
  assert_int_equal(topo_answers_end(f->db, key, text(said)), 0);
}

static void begin(struct fixture *f)
{
  assert_int_equal(topo_db_begin(f->db, false), 0);
}

static void commit(struct fixture *f)
{
  assert_int_equal(topo_db_commit(f->db), 0);
}

/* The status; the answer must be `said`, after what the buffer held, or nothing. */
static int find_at(struct fixture *f, const char *key, uint8_t asked, const char *said,
                   uint64_t now_ms)
{
  struct topo_id id = request(asked);
  struct topo_buf out = {0};
  topo_buf_put(&out, ">", 1);
  int status = topo_answers_find(f->db, key, &id, now_ms, &out);
  assert_int_equal(out.len, status == 0 ? strlen(said) + 1 : 1);
  assert_memory_equal(out.data, ">", 1);
  if (status == 0)
    assert_memory_equal(out.data + 1, said, strlen(said));
  topo_buf_finish(&out);
  return status;
}

static int find(struct fixture *f, const char *key, uint8_t asked, const char *said)
{
  return find_at(f, key, asked, said, NOON);
}

static int64_t count(struct fixture *f)
{
  struct topo_stmt *s = topo_stmt(f->db, "SELECT count(*) FROM local_answer");
  assert_int_equal(topo_fetch(s), 1);
  int64_t n = topo_column_i64(s, 0);
  topo_reset(s);
  return n;
}

static void an_answer_is_found_by_key_and_request(void **state)
{
  struct fixture *f = *state;
  assert_int_equal(find(f, "a", 1, ""), TOPO_ENOTFOUND);
  begin(f);
  answer(f, "a", 1, "{\"first\":1}", NOON);
  answer(f, "b", 2, "{\"second\":\"\xc3\xa9\"}", NOON);
  answer(f, "c", 1, "", NOON);
  assert_int_equal(find(f, "a", 1, "{\"first\":1}"), 0); /* in the transaction already */
  commit(f);
  assert_int_equal(find(f, "a", 1, "{\"first\":1}"), 0);
  assert_int_equal(find(f, "b", 2, "{\"second\":\"\xc3\xa9\"}"), 0);
  assert_int_equal(find(f, "c", 1, ""), 0);
  assert_int_equal(find(f, "a", 2, ""), TOPO_EMISMATCH);
  assert_int_equal(find(f, "b", 1, ""), TOPO_EMISMATCH);
  assert_int_equal(find(f, "A", 1, ""), TOPO_ENOTFOUND); /* keys are bytes */
  assert_int_equal(find(f, "", 1, ""), TOPO_ENOTFOUND);
}

static void a_key_is_begun_once(void **state)
{
  struct fixture *f = *state;
  struct topo_id id = request(1);
  begin(f);
  answer(f, "a", 1, "x", NOON);
  assert_true(topo_answers_begin(f->db, "a", &id, 0, NOON) < 0);
  topo_db_rollback(f->db);
  assert_int_equal(find(f, "a", 1, ""), TOPO_ENOTFOUND); /* all or nothing */
}

static void the_number_of_answers_is_bounded(void **state)
{
  struct fixture *f = *state;
  const int total = TOPO_ANSWERS_KEPT_MAX + 3 * TURN;
  char key[16];
  begin(f);
  for (int i = 0; i < total; i++) {
    snprintf(key, sizeof key, "k%d", i);
    answer(f, key, 1, "x", NOON);
    if (i % 97 == 0)
      assert_true(count(f) <= TOPO_ANSWERS_KEPT_MAX + TURN);
  }
  commit(f);
  assert_true(count(f) >= TOPO_ANSWERS_KEPT_MAX && count(f) < TOPO_ANSWERS_KEPT_MAX + TURN);
  snprintf(key, sizeof key, "k%d", total - TOPO_ANSWERS_KEPT_MAX);
  assert_int_equal(find(f, key, 1, "x"), 0);
  snprintf(key, sizeof key, "k%d", total - TOPO_ANSWERS_KEPT_MAX - TURN);
  assert_int_equal(find(f, key, 1, "x"), TOPO_ENOTFOUND);
}

/* What is older than a day goes with the next trimming; what is not, stays. */
static void old_answers_go(void **state)
{
  struct fixture *f = *state;
  const uint64_t later = NOON + TOPO_ANSWERS_KEPT_MS;
  char key[16];
  begin(f);
  answer(f, "old", 1, "x", NOON - 1);
  answer(f, "a day", 1, "x", NOON);
  for (int i = 0; i < TURN; i++) {
    snprintf(key, sizeof key, "k%d", i);
    answer(f, key, 1, "x", later);
  }
  commit(f);
  assert_int_equal(find(f, "old", 1, "x"), TOPO_ENOTFOUND); /* it is gone, not only too old */
  assert_int_equal(find_at(f, "a day", 1, "x", later), 0);
  assert_int_equal(count(f), TURN + 1);
  begin(f);
  answer(f, "old", 2, "y", later); /* the key is free again */
  commit(f);
  assert_int_equal(find(f, "old", 2, "y"), 0);
}

/* A key must be unlike any other of the last day, and no longer: what was asked with it before that
 * is neither answered again nor in the way, trimmed or not. */
static void a_key_is_free_again_after_a_day(void **state)
{
  struct fixture *f = *state;
  const uint64_t day = TOPO_ANSWERS_KEPT_MS;
  begin(f);
  answer(f, "daily", 1, "x", NOON);
  commit(f);
  assert_int_equal(find_at(f, "daily", 1, "x", NOON + day), 0);
  assert_int_equal(find_at(f, "daily", 2, "x", NOON + day), TOPO_EMISMATCH);
  assert_int_equal(find_at(f, "daily", 1, "x", NOON + day + 1), TOPO_ENOTFOUND);
  assert_int_equal(find_at(f, "daily", 2, "x", NOON + day + 1), TOPO_ENOTFOUND);
  begin(f);
  answer(f, "daily", 2, "y", NOON + day + 1);
  commit(f);
  assert_int_equal(count(f), 1);
  assert_int_equal(find_at(f, "daily", 2, "y", NOON + day + 1), 0);
}

#define ANSWERS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      ANSWERS_TEST(an_answer_is_found_by_key_and_request), ANSWERS_TEST(a_key_is_begun_once),
      ANSWERS_TEST(the_number_of_answers_is_bounded),      ANSWERS_TEST(old_answers_go),
      ANSWERS_TEST(a_key_is_free_again_after_a_day),
  };
  return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
