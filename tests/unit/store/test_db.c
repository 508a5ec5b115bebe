/* test_db.c - what store/db.h promises: refusals that change nothing, a projection that cannot look
 * aside, and errors that surface where they are asked for. */
#include "base/assert.h"
#include "base/status.h"
#include "lib/aborts.h"
#include "lib/sim_disk.h"
#include "store/db_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

enum { OURS = 0x11223344, THEIRS = 0x55667788, FORMER = 3 };

struct fixture {
  struct sim_disk *disk;
  struct topo_disk port;
  struct topo_db *db;
};

static int open_as(struct fixture *f, uint32_t application, bool read_only)
{
  struct topo_db_options options = {.path = "a.db",
                                    .disk = &f->port,
                                    .read_only = read_only,
                                    .application_id = application,
                                    .cache_kib = 256};
  if (application == OURS)
    options.former_ids[TOPO_DB_FORMER_MAX - 1] = FORMER;
  return topo_db_open(&f->db, &options);
}

static void close_db(struct fixture *f)
{
  topo_db_close(f->db);
  f->db = NULL;
}

static int create_fixture(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  topo_assert(f);
  f->disk = sim_disk_create(NULL);
  f->port = sim_disk_port(f->disk);
  *state = f;
  return 0;
}

static int destroy_fixture(void **state)
{
  struct fixture *f = *state;
  close_db(f);
  sim_disk_destroy(f->disk);
  free(f);
  return 0;
}

static const struct topo_migration steps[] = {
    {"CREATE TABLE one(x INTEGER); INSERT INTO one VALUES(1)"},
    {"CREATE TABLE two(x INTEGER); INSERT INTO one VALUES(2)"},
    {"CREATE TABLE three(x INTEGER)"},
};

static int64_t ask(struct fixture *f, const char *sql)
{
  struct topo_stmt *s = topo_stmt(f->db, sql);
  int status = topo_fetch(s);
  int64_t n = status == 1 ? topo_column_i64(s, 0) : status;
  topo_reset(s);
  return n;
}

/* A file made with `n` steps. */
static void make_file(struct fixture *f, int n)
{
  assert_int_equal(open_as(f, OURS, false), 0);
  assert_int_equal(topo_db_migrate(f->db, steps, n), 0);
  close_db(f);
}

struct copy {
  uint8_t *bytes;
  size_t len;
};

static struct copy copy_file(struct fixture *f)
{
  struct copy c;
  const uint8_t *at = sim_disk_peek(f->disk, "a.db", &c.len);
  assert_non_null(at);
  c.bytes = malloc(c.len);
  topo_assert(c.bytes);
  memcpy(c.bytes, at, c.len);
  return c;
}

static void assert_unchanged(struct fixture *f, struct copy *before)
{
  size_t len;
  const uint8_t *now = sim_disk_peek(f->disk, "a.db", &len);
  assert_int_equal(len, before->len);
  assert_memory_equal(now, before->bytes, len);
  free(before->bytes);
}

/* Steps run once each, in order, and an older file is brought on from where it is. */
static void migrations_run_once(void **state)
{
  struct fixture *f = *state;
  make_file(f, 1);
  make_file(f, 3);
  make_file(f, 3);
  assert_int_equal(open_as(f, OURS, false), 0);
  assert_int_equal(ask(f, "SELECT group_concat(x,'')=='12' FROM one"), 1);
  assert_int_equal(ask(f, "SELECT count(*) FROM three"), 0);
}

/* A step that fails leaves the schema as it was, steps before it included. */
static void migrations_fail_whole(void **state)
{
  struct fixture *f = *state;
  static const struct topo_migration bad[] = {{"CREATE TABLE one(x)"}, {"CREATE TABLE one(x)"}};
  assert_int_equal(open_as(f, OURS, false), 0);
  assert_true(topo_db_migrate(f->db, bad, 2) < 0);
  assert_int_equal(ask(f, "SELECT count(*) FROM sqlite_schema"), 0);
  assert_int_equal(topo_db_migrate(f->db, steps, 3), 0);
}

/* A file that a newer release wrote is refused and not touched. */
static void newer_schema(void **state)
{
  struct fixture *f = *state;
  make_file(f, 3);
  struct copy before = copy_file(f);
  assert_int_equal(open_as(f, OURS, false), 0);
  assert_int_equal(topo_db_migrate(f->db, steps, 2), TOPO_ESCHEMA);
  close_db(f);
  assert_unchanged(f, &before);
}

/* Another application's file is refused and not touched, with its own mark or without any. */
static void other_application(void **state)
{
  struct fixture *f = *state;
  static const uint32_t marks[] = {THEIRS, 0};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(open_as(f, marks[i], false), 0);
    assert_int_equal(topo_db_exec(f->db, "CREATE TABLE IF NOT EXISTS theirs(x)"), 0);
    if (marks[i] == 0) /* as tools that know nothing of marks write it */
      assert_int_equal(topo_db_exec(f->db, "PRAGMA application_id=0"), 0);
    close_db(f);
    struct copy before = copy_file(f);
    assert_int_equal(open_as(f, OURS, false), TOPO_ECORRUPT);
    assert_null(f->db);
    assert_unchanged(f, &before);
    assert_int_equal(f->port.ops->remove(f->port.ctx, "a.db"), 0);
  }
}

/* A file of a release that is not read any more is refused as such, and not touched. */
static void former_release(void **state)
{
  struct fixture *f = *state;
  assert_int_equal(open_as(f, FORMER, false), 0);
  assert_int_equal(topo_db_exec(f->db, "CREATE TABLE old(x)"), 0);
  close_db(f);
  struct copy before = copy_file(f);
  assert_int_equal(open_as(f, OURS, false), TOPO_ESCHEMA);
  assert_null(f->db);
  assert_int_equal(open_as(f, OURS, true), TOPO_ESCHEMA);
  assert_unchanged(f, &before);
}

/* A damaged file is refused and not touched: noise, a broken header, a schema page of garbage. */
static void damaged_file(void **state)
{
  struct fixture *f = *state;
  static const struct {
    size_t at, n;
  } damages[] = {{0, 8192}, {0, 16}, {100, 60}};
  for (size_t i = 0; i < 3; i++) {
    make_file(f, 3);
    struct copy broken = copy_file(f);
    for (size_t k = 0; k < damages[i].n && damages[i].at + k < broken.len; k++)
      broken.bytes[damages[i].at + k] ^= (uint8_t)(0xa5 + k);
    sim_disk_plant(f->disk, "a.db", broken.bytes, broken.len);
    assert_int_equal(open_as(f, OURS, false), TOPO_ECORRUPT);
    assert_unchanged(f, &broken);
    assert_int_equal(f->port.ops->remove(f->port.ctx, "a.db"), 0);
  }
}

/* Reading asks for a file that is there. */
static void reading_creates_nothing(void **state)
{
  struct fixture *f = *state;
  size_t len;
  assert_int_equal(open_as(f, OURS, true), TOPO_ENOTFOUND);
  assert_null(sim_disk_peek(f->disk, "a.db", &len));
  make_file(f, 1);
  assert_int_equal(open_as(f, OURS, true), 0);
  assert_int_equal(ask(f, "SELECT x FROM one"), 1);
  assert_true(topo_db_exec(f->db, "INSERT INTO one VALUES(7)") < 0);
}

/* What depends on chance or on the time of day is denied, as are files of somebody else. (For a
 * function SQLite reports a plain error.) */
static void ambient_functions_are_denied(void **state)
{
  struct fixture *f = *state;
  assert_int_equal(open_as(f, OURS, false), 0);
  assert_true(ask(f, "SELECT random()") < 0);
  assert_true(ask(f, "SELECT length(randomblob(4))") < 0);
  assert_true(ask(f, "SELECT datetime('now')") < 0);
  assert_true(ask(f, "SELECT strftime('%s','now')") < 0);
  assert_true(ask(f, "SELECT julianday('now')") < 0);
  assert_true(ask(f, "SELECT CURRENT_TIMESTAMP") < 0);
  assert_int_equal(topo_db_exec(f->db, "ATTACH 'b.db' AS b"), TOPO_EDENIED);
  assert_int_equal(ask(f, "SELECT abs(-3)"), 3);
}

/* A named writer writes its own tables, reads all, and is anybody again afterwards. */
static void a_writer_keeps_to_its_tables(void **state)
{
  struct fixture *f = *state;
  assert_int_equal(open_as(f, OURS, false), 0);
  assert_int_equal(topo_db_migrate(f->db, steps, 3), 0);
  topo_db_set_writer(f->db, "two");
  assert_int_equal(topo_execute(topo_stmt(f->db, "INSERT INTO two SELECT x FROM one")), 0);
  assert_int_equal(topo_execute(topo_stmt(f->db, "INSERT INTO one VALUES(3)")), TOPO_EDENIED);
  assert_int_equal(topo_execute(topo_stmt(f->db, "UPDATE one SET x=4")), TOPO_EDENIED);
  assert_int_equal(topo_execute(topo_stmt(f->db, "DELETE FROM one")), TOPO_EDENIED);
  topo_db_set_writer(f->db, NULL);
  assert_int_equal(topo_execute(topo_stmt(f->db, "DELETE FROM one WHERE x=2")), 0);
  assert_int_equal(ask(f, "SELECT (SELECT count(*) FROM one)*10+(SELECT count(*) FROM two)"), 12);
}

/* A statement that cannot be prepared, a bind out of range, a broken constraint: each surfaces when
 * the statement is run, and a later run starts clean. */
static void errors_surface(void **state)
{
  struct fixture *f = *state;
  static const char unique[] = "INSERT INTO u(x) VALUES(?1)", broken[] = "SELECT FROM WHERE";
  assert_int_equal(open_as(f, OURS, false), 0);
  assert_int_equal(topo_db_exec(f->db, "CREATE TABLE u(x INTEGER NOT NULL UNIQUE)"), 0);
  assert_true(topo_fetch(topo_stmt(f->db, broken)) < 0);
  assert_true(topo_execute(topo_stmt(f->db, broken)) < 0);
  assert_true(topo_db_exec(f->db, "nonsense") < 0);
  struct topo_stmt *s = topo_stmt(f->db, unique);
  topo_bind_i64(s, 1, 5);
  topo_bind_i64(s, 2, 5);
  assert_true(topo_execute(s) < 0);
  for (int i = 0; i < 2; i++) {
    s = topo_stmt(f->db, unique);
    topo_bind_i64(s, 1, 5);
    assert_int_equal(topo_execute(s) < 0, i == 1);
  }
  assert_true(topo_execute(topo_stmt(f->db, unique)) <
              0); /* nothing of the last run is still bound */
  assert_int_equal(ask(f, "SELECT count(*) FROM u"), 1);
}

/* Values come back as they were bound, empty blobs and texts as empty and not as NULL. */
static void values_round_trip(void **state)
{
  struct fixture *f = *state;
  struct topo_id id = {{1, 2, 3}};
  assert_int_equal(open_as(f, OURS, false), 0);
  struct topo_stmt *s = topo_stmt(f->db, "SELECT ?1,?2,?3,?4,?5,?6");
  topo_bind_i64(s, 1, INT64_MIN);
  topo_bind_blob(s, 2, NULL, 0);
  topo_bind_id(s, 3, &id);
  topo_bind_text(s, 4, "\xc3\xa4", 2);
  topo_bind_null(s, 5);
  topo_bind_text(s, 6, "", 0);
  assert_int_equal(topo_fetch(s), 1);
  assert_int_equal(topo_column_count(s), 6);
  assert_int_equal(topo_column_i64(s, 0), INT64_MIN);
  assert_true(topo_column_is_integer(s, 0));
  assert_false(topo_column_is_null(s, 1));
  assert_int_equal(topo_column_bytes(s, 1).len, 0);
  struct topo_id got = topo_column_id(s, 2), none = topo_column_id(s, 3);
  assert_memory_equal(&got, &id, sizeof id);
  assert_true(topo_id_is_zero(&none));
  assert_memory_equal(topo_column_bytes(s, 3).data, "\xc3\xa4", 2);
  assert_true(topo_column_is_null(s, 4));
  assert_false(topo_column_is_null(s, 5));
  assert_int_equal(topo_fetch(s), 0);
}

/* A transaction is seen whole or not at all, also when closing ends it. */
static void transactions(void **state)
{
  struct fixture *f = *state;
  make_file(f, 1);
  assert_int_equal(open_as(f, OURS, false), 0);
  assert_int_equal(topo_db_begin(f->db, false), 0);
  assert_true(topo_db_in_transaction(f->db));
  assert_int_equal(topo_db_exec(f->db, "INSERT INTO one VALUES(2)"), 0);
  topo_db_rollback(f->db);
  assert_false(topo_db_in_transaction(f->db));
  assert_int_equal(ask(f, "SELECT count(*) FROM one"), 1);
  assert_int_equal(topo_db_begin(f->db, true), 0);
  assert_int_equal(topo_db_exec(f->db, "INSERT INTO one VALUES(2)"), 0);
  assert_int_equal(topo_db_commit(f->db), 0);
  assert_int_equal(topo_db_begin(f->db, true), 0);
  assert_int_equal(topo_db_exec(f->db, "INSERT INTO one VALUES(3)"), 0);
  close_db(f);
  assert_int_equal(open_as(f, OURS, false), 0);
  assert_int_equal(ask(f, "SELECT count(*) FROM one"), 2);
}

/* A commit that the disk refuses is rolled back and says which way the disk failed. */
static void failed_commit(void **state)
{
  struct fixture *f = *state;
  make_file(f, 1);
  static const struct {
    int code, status;
  } faults[] = {{SQLITE_FULL, TOPO_EDISKFULL}, {SQLITE_IOERR_WRITE, TOPO_EIO}};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(open_as(f, OURS, false), 0);
    assert_int_equal(topo_db_begin(f->db, true), 0);
    assert_int_equal(topo_db_exec(f->db, "INSERT INTO one VALUES(2)"), 0);
    sim_disk_fail_from(f->disk, SIM_DISK_WRITE, 1, faults[i].code);
    assert_int_equal(topo_db_commit(f->db), faults[i].status);
    assert_false(topo_db_in_transaction(f->db));
    sim_disk_heal(f->disk);
    assert_int_equal(ask(f, "SELECT count(*) FROM one"), 1);
    close_db(f);
  }
}

/* A durable commit outlives a power cut. */
static void durable_commits_stay(void **state)
{
  struct fixture *f = *state;
  struct sim_rng rng;
  make_file(f, 1);
  for (uint64_t seed = 0; seed < 20; seed++) {
    sim_rng_init(&rng, seed);
    assert_int_equal(open_as(f, OURS, false), 0);
    assert_int_equal(ask(f, "SELECT count(*) FROM one"), (int64_t)seed + 1);
    assert_int_equal(topo_db_begin(f->db, true), 0);
    assert_int_equal(topo_db_exec(f->db, "INSERT INTO one VALUES(2)"), 0);
    assert_int_equal(topo_db_commit(f->db), 0);
    sim_disk_power_off(f->disk);
    close_db(f);
    sim_disk_crash(f->disk, &rng);
  }
}

/* Goal: between hold and release reads see one state, whatever another handle commits. */
static void a_held_read_sees_one_state(void **state)
{
  struct fixture *f = *state;
  make_file(f, 1);
  assert_int_equal(open_as(f, OURS, true), 0);
  struct topo_db *reader = f->db;
  assert_int_equal(open_as(f, OURS, false), 0);
  struct topo_db *writer = f->db;
  f->db = reader;
  assert_int_equal(topo_db_hold(reader), 0);
  assert_int_equal(ask(f, "SELECT count(*) FROM one"), 1);
  assert_int_equal(topo_db_exec(writer, "INSERT INTO one VALUES(9)"), 0);
  assert_int_equal(ask(f, "SELECT count(*) FROM one"), 1);
  topo_db_release(reader);
  assert_int_equal(ask(f, "SELECT count(*) FROM one"), 2);
  topo_db_release(reader); /* nothing is held: nothing happens */
  topo_db_close(writer);
}

/* When SQLite has ended a transaction by itself, because a read met an I/O error, nothing runs
 * until the owner has rolled back: it would be committed alone. */
static void a_lost_transaction_runs_nothing(void **state)
{
  struct fixture *f = *state;
  assert_int_equal(open_as(f, OURS, false), 0);
  assert_int_equal(topo_db_exec(f->db, "CREATE TABLE one(x); CREATE TABLE big(x);"
                                       "INSERT INTO big VALUES(zeroblob(3000000))"),
                   0);
  assert_int_equal(topo_db_begin(f->db, true), 0);
  assert_int_equal(topo_execute(topo_stmt(f->db, "INSERT INTO one VALUES(1)")), 0);
  sim_disk_fail_from(f->disk, SIM_DISK_READ, 1, SQLITE_IOERR_READ);
  sim_disk_fail_from(f->disk, SIM_DISK_WRITE, 1, SQLITE_IOERR_WRITE);
  assert_true(topo_execute(topo_stmt(f->db, "INSERT INTO big SELECT x FROM big")) < 0);
  sim_disk_heal(f->disk);
  assert_int_equal(topo_execute(topo_stmt(f->db, "INSERT INTO one VALUES(2)")), TOPO_EIO);
  assert_int_equal(topo_db_commit(f->db), TOPO_EIO);
  struct topo_stmt *s = topo_stmt(f->db, "SELECT count(*) FROM one");
  assert_int_equal(topo_fetch(s), 1);
  assert_int_equal(topo_column_i64(s, 0), 0);
  topo_reset(s);
}

/* What a process wrote and did not live to sync survives a power cut once another process has
 * opened the database: it may have told others of it. */
static void what_is_read_at_the_start_stays(void **state)
{
  struct fixture *f = *state;
  struct sim_rng rng;
  for (uint64_t seed = 0; seed < 20; seed++) {
    sim_rng_init(&rng, seed);
    assert_int_equal(open_as(f, OURS, false), 0);
    assert_int_equal(topo_db_exec(f->db, "CREATE TABLE IF NOT EXISTS one(x); DELETE FROM one"), 0);
    assert_int_equal(topo_db_begin(f->db, false), 0); /* its commit syncs nothing */
    assert_int_equal(topo_execute(topo_stmt(f->db, "INSERT INTO one VALUES(1)")), 0);
    assert_int_equal(topo_db_commit(f->db), 0);
    sim_disk_power_off(f->disk);
    close_db(f);
    sim_disk_kill(f->disk);
    assert_int_equal(open_as(f, OURS, false), 0);
    sim_disk_power_off(f->disk);
    close_db(f);
    sim_disk_crash(f->disk, &rng);
    assert_int_equal(open_as(f, OURS, false), 0);
    struct topo_stmt *s = topo_stmt(f->db, "SELECT count(*) FROM one");
    assert_int_equal(topo_fetch(s), 1);
    assert_int_equal(topo_column_i64(s, 0), 1);
    topo_reset(s);
    close_db(f);
  }
}

#define test(f) cmocka_unit_test_setup_teardown(f, create_fixture, destroy_fixture)

/* WAL_LIMIT_BYTES: a log that one large transaction made longer is cut once it begins anew. */
static void a_long_write_ahead_log_shrinks(void **state)
{
  struct fixture *f = *state;
  const size_t limit = 64 * 1024 * 1024;
  size_t len = 0;
  make_file(f, 1);
  assert_int_equal(open_as(f, OURS, false), 0);
  assert_int_equal(topo_db_begin(f->db, false), 0);
  for (unsigned i = 0; i < 66; i++)
    assert_int_equal(topo_db_exec(f->db, "INSERT INTO one VALUES(zeroblob(1048576))"), 0);
  assert_int_equal(topo_db_commit(f->db), 0);
  sim_disk_peek(f->disk, "a.db-wal", &len);
  assert_true(len > limit);
  assert_int_equal(topo_db_checkpoint(f->db, 0), 0);
  assert_int_equal(topo_db_exec(f->db, "INSERT INTO one VALUES(1)"), 0);
  sim_disk_peek(f->disk, "a.db-wal", &len);
  assert_int_equal(len, limit);
}

static struct topo_db *mistaken; /* the database of the calls below, each of which is a mistake */

static void prepare_one_more(void)
{
  topo_execute(topo_stmt(mistaken, "SELECT 0"));
}

static void begin_twice(void)
{
  topo_db_begin(mistaken, true);
  topo_db_begin(mistaken, true);
}
static void commit_nothing(void)
{
  topo_db_commit(mistaken);
}
static void write_while_holding(void)
{
  topo_db_hold(mistaken);
  topo_db_begin(mistaken, true);
}
static void read_without_a_row(void)
{
  topo_column_i64(topo_stmt(mistaken, "SELECT 1"), 0);
}
static void read_beyond_the_row(void)
{
  struct topo_stmt *s = topo_stmt(mistaken, "SELECT 2");
  if (topo_fetch(s) == 1)
    topo_column_i64(s, 1);
}
static void bind_from_zero(void)
{
  topo_bind_i64(topo_stmt(mistaken, "SELECT ?1"), 0, 7);
}
static void bind_beside_a_row(void)
{
  struct topo_stmt *s = topo_stmt(mistaken, "SELECT ?1+0");
  if (topo_fetch(s) == 1)
    topo_bind_i64(s, 1, 7);
}

/* Mistakes of callers stop the program where they are made. */
static void mistakes_are_asserted(void **state)
{
  struct fixture *f = *state;
  void (*const calls[])(void) = {begin_twice,        commit_nothing, write_while_holding,
                                 read_without_a_row, bind_from_zero, read_beyond_the_row,
                                 bind_beside_a_row};
  assert_int_equal(open_as(f, OURS, false), 0);
  mistaken = f->db;
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    assert_true(test_aborts(calls[i]));
}

/* A database keeps TOPO_STMT_SLOTS - 1 statements: a slot stays free, or searches would not end. */
static void statements_are_bounded(void **state)
{
  struct fixture *f = *state;
  static char texts[TOPO_STMT_SLOTS][16]; /* the address makes the statement */
  assert_int_equal(open_as(f, OURS, false), 0);
  for (size_t i = 0; f->db->statements < TOPO_STMT_SLOTS - 1; i++) {
    memcpy(texts[i], "SELECT 1", 9);
    assert_int_equal(topo_execute(topo_stmt(f->db, texts[i])), 0);
  }
  assert_int_equal(topo_execute(topo_stmt(f->db, texts[0])), 0);
  mistaken = f->db;
  assert_true(test_aborts(prepare_one_more));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      test(migrations_run_once),
      test(migrations_fail_whole),
      test(newer_schema),
      test(other_application),
      test(former_release),
      test(damaged_file),
      test(reading_creates_nothing),
      test(ambient_functions_are_denied),
      test(a_writer_keeps_to_its_tables),
      test(errors_surface),
      test(values_round_trip),
      test(transactions),
      test(failed_commit),
      test(durable_commits_stay),
      test(a_held_read_sees_one_state),
      test(a_lost_transaction_runs_nothing),
      test(what_is_read_at_the_start_stays),
      test(a_long_write_ahead_log_shrinks),
      test(statements_are_bounded),
      test(mistakes_are_asserted),
  };
  return cmocka_run_group_tests_name("store-db", tests, NULL, NULL);
}
