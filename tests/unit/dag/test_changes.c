/*
 * test_changes.c - the change log: cursors are texts that mean one place, appending tells each
 * entity once, and no cursor goes on where something it has not seen is missing.
 */
#include "base/status.h"
#include "dag/changes.h"
#include "events/channel/channel_read.h"
#include "events/types.h"
#include "lib/sim_disk.h"
#include "lib/space.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct log {
  struct sim_disk *disk;
  struct topo_disk port;
  struct sim_rng rng;
  struct topo_db *db;
};

static void open_log(struct log *log)
{
  struct topo_db_options o = {.path = "a.db", .disk = &log->port, .cache_kib = 512};
  assert_int_equal(topo_db_open(&log->db, &o), 0);
  assert_int_equal(topo_db_migrate(log->db, &topo_changes_migration, 1), 0);
}

static void close_log(struct log *log)
{
  topo_db_close(log->db);
  log->db = NULL;
}

static int set_up(void **state)
{
  struct log *log = calloc(1, sizeof *log);
  log->disk = sim_disk_create(NULL);
  log->port = sim_disk_port(log->disk);
  sim_rng_init(&log->rng, 1);
  open_log(log);
  *state = log;
  return 0;
}

static int tear_down(void **state)
{
  struct log *log = *state;
  close_log(log);
  sim_disk_destroy(log->disk);
  free(log);
  return 0;
}

/* As topo_dag_open does: what came before is not synced for it. */
static void begin_incarnation(struct log *log, uint64_t incarnation)
{
  assert_int_equal(topo_db_begin(log->db, false), 0);
  assert_int_equal(topo_changes_begin(log->db, incarnation), 0);
  assert_int_equal(topo_db_commit(log->db), 0);
}

static void append(struct log *log, struct topo_change *changes, size_t n, bool durable)
{
  assert_int_equal(topo_db_begin(log->db, durable), 0);
  assert_int_equal(topo_changes_append(log->db, changes, n), 0);
  assert_int_equal(topo_db_commit(log->db), 0);
}

/* Entities first, first+1, … of type 1. */
static void append_many(struct log *log, int64_t first, size_t n)
{
  struct topo_change *changes = calloc(n, sizeof *changes);
  for (size_t i = 0; i < n; i++)
    changes[i] = (struct topo_change){0, 1, first + (int64_t)i};
  append(log, changes, n, true);
  free(changes);
}

static int resume(struct log *log, uint64_t incarnation, int64_t seq)
{
  return topo_changes_resume(log->db, &(struct topo_change_cursor){incarnation, seq});
}

static struct topo_change_cursor head_of(struct log *log)
{
  struct topo_change_cursor head;
  assert_int_equal(topo_changes_head(log->db, &head), 0);
  return head;
}

static int64_t count(struct log *log, const char *sql)
{
  struct topo_stmt *s = topo_stmt(log->db, sql);
  assert_int_equal(topo_fetch(s), 1);
  int64_t n = topo_column_i64(s, 0);
  topo_reset(s);
  return n;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void a_cursor_is_one_text(void **state)
{
  (void)state;
  static const struct {
    struct topo_change_cursor cursor;
    const char *text;
  } known[] = {
      {{0, 0}, "0000000000000000.0"},
      {{0x0123456789abcdef, 1204}, "0123456789abcdef.1204"},
      {{1, 10}, "0000000000000001.10"},
      {{UINT64_MAX, INT64_MAX}, "ffffffffffffffff.9223372036854775807"},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    char text[TOPO_CHANGE_CURSOR_SIZE];
    struct topo_change_cursor back;
    topo_change_cursor_format(text, &known[i].cursor);
    assert_string_equal(text, known[i].text);
    assert_int_equal(topo_change_cursor_parse(&back, text, strlen(text)), 0);
    assert_true(back.incarnation == known[i].cursor.incarnation && back.seq == known[i].cursor.seq);
  }
}

static void other_texts_are_refused(void **state)
{
  (void)state;
  static const char *const bad[] = {
      "",
      ".",
      "0",
      "0123456789abcdef",
      "0123456789abcdef.",
      "0123456789abcdef1204",
      "0123456789abcdef,1204",
      "0123456789abcde.1204",
      "0123456789abcdef0.1204",
      "0123456789ABCDEF.1204",
      "0123456789abcdeg.1204",
      " 123456789abcdef.1204",
      "0x23456789abcdef.1204",
      "0123456789abcdef.-1",
      "0123456789abcdef.+1",
      "0123456789abcdef. 1",
      "0123456789abcdef.1 ",
      "0123456789abcdef.01",
      "0123456789abcdef.00",
      "0123456789abcdef.1.2",
      "0123456789abcdef.a",
      "0123456789abcdef.9223372036854775808",
      "0123456789abcdef.9999999999999999999",
      "0123456789abcdef.10000000000000000000",
      "0123456789abcdef.12345678901234567890123",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct topo_change_cursor cursor;
    if (topo_change_cursor_parse(&cursor, bad[i], strlen(bad[i])) != TOPO_EINVAL)
      fail_msg("taken: \"%s\"", bad[i]);
  }
  struct topo_change_cursor cursor; /* the length counts, not a NUL */
  assert_int_equal(topo_change_cursor_parse(&cursor, "0123456789abcdef.1\0", 19), TOPO_EINVAL);
  assert_int_equal(topo_change_cursor_parse(&cursor, "0123456789abcdef.12", 18), 0);
  assert_int_equal(cursor.seq, 1);
}

/* ---- appending ------------------------------------------------------------------------------- */

static void each_entity_is_told_once_at_its_last_mention(void **state)
{
  struct log *log = *state;
  begin_incarnation(log, 1);
  struct topo_change said[] = {{0, 2, 7}, {0, 1, 7}, {0, 2, 9}, {0, 2, 7}, {0, 1, 8}, {0, 2, 9}};
  static const struct topo_change kept[] = {{1, 1, 7}, {2, 2, 7}, {3, 1, 8}, {4, 2, 9}};
  struct topo_change read[8];
  append(log, said, 6, true);
  assert_int_equal(topo_changes_read(log->db, 0, read, 8), 4);
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(read[i].seq, kept[i].seq);
    assert_int_equal(read[i].type, kept[i].type);
    assert_int_equal(read[i].entity, kept[i].entity);
  }
  append(log, said, 1, true); /* what was told before is told again */
  assert_int_equal(topo_changes_read(log->db, 4, read, 8), 1);
  assert_int_equal(read[0].seq, 5);
  append(log, NULL, 0, true);
  assert_int_equal(head_of(log).seq, 5);
}

/* Random mentions, many of them equal, against the sentence in the header taken literally. */
static void appending_agrees_with_its_description(void **state)
{
  struct log *log = *state;
  begin_incarnation(log, 1);
  for (int round = 0; round < 300; round++) {
    struct topo_change said[64], copy[64], read[64];
    size_t n = 1 + (size_t)sim_rng_below(&log->rng, 64), kept = 0;
    int64_t before = head_of(log).seq;
    for (size_t i = 0; i < n; i++)
      said[i] = copy[i] = (struct topo_change){0, (uint16_t)sim_rng_below(&log->rng, 3),
                                               (int64_t)sim_rng_below(&log->rng, 20)};
    append(log, said, n, false);
    int got = topo_changes_read(log->db, before, read, 64);
    for (size_t i = 0; i < n; i++) {
      bool again = false;
      for (size_t k = i + 1; k < n; k++)
        again |= copy[k].type == copy[i].type && copy[k].entity == copy[i].entity;
      if (again)
        continue;
      assert_true((int)kept < got);
      assert_int_equal(read[kept].seq, before + 1 + (int64_t)kept);
      assert_int_equal(read[kept].type, copy[i].type);
      assert_int_equal(read[kept].entity, copy[i].entity);
      kept++;
    }
    assert_int_equal(got, kept);
  }
}

static void reading_is_bounded_and_goes_on(void **state)
{
  struct log *log = *state;
  struct topo_change read[4];
  begin_incarnation(log, 1);
  assert_int_equal(topo_changes_read(log->db, 0, read, 4), 0);
  append_many(log, 100, 10);
  assert_int_equal(topo_changes_read(log->db, 0, read, 4), 4);
  assert_int_equal(topo_changes_read(log->db, read[3].seq, read, 4), 4);
  assert_int_equal(read[0].entity, 104);
  assert_int_equal(topo_changes_read(log->db, read[3].seq, read, 4), 2);
  assert_int_equal(topo_changes_read(log->db, 10, read, 4), 0);
}

/* The oldest go, 4096 at a time; who is before them is refused, who is just after them is not. */
static void what_was_trimmed_cannot_be_resumed(void **state)
{
  struct log *log = *state;
  enum { TURN = 4096 };
  const int64_t total = (TOPO_CHANGES_MAX / TURN + 2) * TURN, gone = total - TOPO_CHANGES_MAX;
  begin_incarnation(log, 7);
  for (int64_t at = 0; at < total - 1; at += TURN) {
    append_many(log, at, at + TURN < total ? TURN : TURN - 1);
    assert_int_equal(resume(log, 7, 0), at + TURN <= TOPO_CHANGES_MAX ? 0 : TOPO_ENOTFOUND);
  }
  assert_int_equal(head_of(log).seq, total - 1);
  append_many(log, total, 1);
  assert_int_equal(count(log, "SELECT count(*) FROM local_change"), TOPO_CHANGES_MAX);
  assert_int_equal(count(log, "SELECT min(seq) FROM local_change"), gone + 1);
  assert_int_equal(resume(log, 7, gone), 0);
  assert_int_equal(resume(log, 7, gone - 1), TOPO_ENOTFOUND);
  assert_int_equal(resume(log, 7, 0), TOPO_ENOTFOUND);
  assert_int_equal(resume(log, 7, total), 0);
}

/* ---- incarnations
 * ------------------------------------------------------------------------------------ */

static void a_log_that_was_never_opened_has_no_head(void **state)
{
  struct log *log = *state;
  struct topo_change_cursor head;
  assert_int_equal(topo_changes_head(log->db, &head), TOPO_ENOTFOUND);
  assert_int_equal(resume(log, 0, 0), TOPO_ENOTFOUND);
  begin_incarnation(log, UINT64_MAX);
  head = head_of(log);
  assert_true(head.incarnation == UINT64_MAX && head.seq == 0);
}

static void a_cursor_is_good_up_to_the_end_of_its_incarnation(void **state)
{
  struct log *log = *state;
  begin_incarnation(log, 1);
  append_many(log, 1, 10);
  begin_incarnation(log, 2);
  assert_true(head_of(log).incarnation == 2 && head_of(log).seq == 10);
  append_many(log, 1, 10);
  begin_incarnation(log, 3); /* without a change */
  begin_incarnation(log, 4);
  append_many(log, 1, 5);
  static const struct {
    uint64_t incarnation;
    int64_t end;
  } incarnations[] = {{1, 10}, {2, 20}, {3, 20}, {4, 25}};
  for (size_t i = 0; i < 4; i++)
    for (int64_t seq = 0; seq <= 30; seq++)
      assert_int_equal(resume(log, incarnations[i].incarnation, seq),
                       seq <= incarnations[i].end ? 0 : TOPO_ENOTFOUND);
  assert_int_equal(resume(log, 4, INT64_MAX), TOPO_ENOTFOUND);
  assert_int_equal(resume(log, 5, 0), TOPO_ENOTFOUND);
  assert_int_equal(resume(log, 0, 0), TOPO_ENOTFOUND);
}

static void after_forgetting_no_cursor_is_good(void **state)
{
  struct log *log = *state;
  begin_incarnation(log, 1);
  append_many(log, 1, 10);
  assert_int_equal(topo_db_begin(log->db, true), 0);
  assert_int_equal(topo_changes_forget(log->db), 0);
  assert_int_equal(topo_db_commit(log->db), 0);
  begin_incarnation(log, 2);
  append_many(log, 1, 20);
  for (int64_t seq = 0; seq <= 20; seq++) {
    assert_int_equal(resume(log, 1, seq), TOPO_ENOTFOUND);
    assert_int_equal(resume(log, 2, seq), 0);
  }
}

static void runs_are_bounded(void **state)
{
  struct log *log = *state;
  enum { RUNS = TOPO_CHANGE_INCARNATIONS_MAX + 50 };
  for (uint64_t incarnation = 1; incarnation <= RUNS; incarnation++) {
    begin_incarnation(log, incarnation);
    append_many(log, 1, 1);
  }
  assert_int_equal(count(log, "SELECT count(*) FROM local_incarnation"),
                   TOPO_CHANGE_INCARNATIONS_MAX);
  for (uint64_t incarnation = 1; incarnation <= RUNS; incarnation++) {
    bool kept = incarnation > RUNS - TOPO_CHANGE_INCARNATIONS_MAX;
    assert_int_equal(resume(log, incarnation, (int64_t)incarnation), kept ? 0 : TOPO_ENOTFOUND);
    assert_int_equal(resume(log, incarnation, (int64_t)incarnation + 1), TOPO_ENOTFOUND);
  }
}

/* Each opening of a dag is an incarnation, and a rebuild of the projections ends all of them. */
static void a_dag_begins_incarnations_and_a_rebuild_ends_them(void **state)
{
  (void)state;
  static struct topo_type changed;
  static const struct topo_type *types[32];
  struct topo_change_cursor a, b, c;
  struct space *space = space_found(1, 2);
  assert_int_equal(topo_changes_head(space->db, &a), 0);
  assert_true(a.seq > 0); /* a credential, two profiles and a channel at the least */
  assert_int_equal(space_reopen(space, true), 0);
  assert_int_equal(topo_changes_head(space->db, &b), 0);
  assert_true(a.incarnation != b.incarnation && a.seq == b.seq);
  assert_int_equal(topo_changes_resume(space->db, &a), 0);
  for (size_t i = 0; topo_types[i]; i++) {
    types[i] = topo_types[i];
    if (types[i]->number != TOPO_TYPE_CHANNEL)
      continue;
    changed = *types[i];
    changed.schema = "CREATE TABLE channel(no INTEGER PRIMARY KEY, user INTEGER NOT NULL,"
                     " hlc INTEGER NOT NULL, name TEXT NOT NULL, more INTEGER);";
    types[i] = &changed;
  }
  space->types = types;
  assert_int_equal(space_reopen(space, false), 0);
  assert_int_equal(topo_changes_head(space->db, &c), 0);
  assert_int_equal(c.seq, 0);
  assert_int_equal(topo_changes_resume(space->db, &a), TOPO_ENOTFOUND);
  assert_int_equal(topo_changes_resume(space->db, &b), TOPO_ENOTFOUND);
  assert_int_equal(topo_changes_resume(space->db, &c), 0);
  space_destroy(space);
}

/* ---- power cuts ------------------------------------------------------------------------------ */

enum { GIVEN_MAX = 512, SEEDS = 150, CUTS = 6, STEPS = 24, HISTORY_MAX = CUTS * STEPS * 4 + 8 };

/* A cursor that somebody was given, and what had been told up to it. */
struct given {
  struct topo_change_cursor cursor;
  uint64_t told;
  bool durable; /* no power cut may take it */
};

/* told[n]: a number that depends on the first n changes. Returns how many there are. */
static size_t told(struct log *log, uint64_t out[static HISTORY_MAX])
{
  struct topo_change *all = calloc(HISTORY_MAX, sizeof *all);
  int n = topo_changes_read(log->db, 0, all, HISTORY_MAX);
  assert_true(n >= 0 && n < HISTORY_MAX);
  out[0] = 0;
  for (int i = 0; i < n; i++) {
    assert_int_equal(all[i].seq, i + 1);
    out[i + 1] = (out[i] + (uint64_t)all[i].entity) * 0x9e3779b97f4a7c15;
  }
  free(all);
  return (size_t)n;
}

static void check_given(struct log *log, const struct given *given, size_t n, size_t *lost)
{
  static uint64_t now[HISTORY_MAX];
  size_t length = told(log, now);
  for (size_t i = 0; i < n; i++) {
    int status = topo_changes_resume(log->db, &given[i].cursor);
    assert_true(status == 0 || status == TOPO_ENOTFOUND);
    if (status == 0) {
      assert_true((size_t)given[i].cursor.seq <= length);
      assert_true(now[given[i].cursor.seq] == given[i].told);
    } else {
      assert_false(given[i].durable);
      (*lost)++;
    }
  }
}

/* Commits of both kinds, power cuts between them, and every cursor that anybody ever saw: one that
 * may go on has seen what the log says now, and none is refused that was on the disk. */
static void no_cursor_of_a_lost_part_goes_on(void **state)
{
  (void)state;
  static uint64_t history[HISTORY_MAX];
  size_t lost = 0, all = 0;
  int64_t entity = 1;
  for (uint64_t seed = 1; seed <= SEEDS; seed++) {
    struct given given[GIVEN_MAX];
    size_t n = 0;
    struct log fresh = {.disk = sim_disk_create(NULL)};
    struct log *log = &fresh;
    log->port = sim_disk_port(log->disk);
    sim_rng_init(&log->rng, seed);
    open_log(log);
    for (int cut = 0; cut < CUTS; cut++) {
      begin_incarnation(log, sim_rng_u64(&log->rng));
      check_given(log, given, n, &lost);
      for (uint64_t step = sim_rng_below(&log->rng, STEPS); step > 0; step--) {
        bool durable = sim_rng_chance(&log->rng, 0.1);
        struct topo_change changes[4];
        size_t k = 1 + (size_t)sim_rng_below(&log->rng, 4);
        for (size_t i = 0; i < k; i++)
          changes[i] = (struct topo_change){0, 1, entity++};
        append(log, changes, k, durable);
        if (durable)
          for (size_t i = 0; i < n; i++)
            given[i].durable |= topo_changes_resume(log->db, &given[i].cursor) == 0;
        if (n < GIVEN_MAX) {
          given[n].cursor = head_of(log);
          given[n].told = history[told(log, history)];
          given[n++].durable = durable;
        }
      }
      sim_disk_power_off(log->disk);
      close_log(log);
      sim_disk_crash(log->disk, &log->rng);
      open_log(log);
    }
    begin_incarnation(log, sim_rng_u64(&log->rng));
    check_given(log, given, n, &lost);
    all += n;
    close_log(log);
    sim_disk_destroy(log->disk);
  }
  assert_true(lost > all / 20); /* the cuts did take something */
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_cursor_is_one_text),
      cmocka_unit_test(other_texts_are_refused),
      LOG_TEST(each_entity_is_told_once_at_its_last_mention),
      LOG_TEST(appending_agrees_with_its_description),
      LOG_TEST(reading_is_bounded_and_goes_on),
      LOG_TEST(what_was_trimmed_cannot_be_resumed),
      LOG_TEST(a_log_that_was_never_opened_has_no_head),
      LOG_TEST(a_cursor_is_good_up_to_the_end_of_its_incarnation),
      LOG_TEST(after_forgetting_no_cursor_is_good),
      LOG_TEST(runs_are_bounded),
      cmocka_unit_test(a_dag_begins_incarnations_and_a_rebuild_ends_them),
      cmocka_unit_test(no_cursor_of_a_lost_part_goes_on),
  };
  return cmocka_run_group_tests_name("dag-changes", tests, NULL, NULL);
}
