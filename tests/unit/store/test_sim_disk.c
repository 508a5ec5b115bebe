/*
 * test_sim_disk.c - SQLite on the simulated disk: what it promises, it keeps through power cuts;
 * and the disk is cruel enough to catch a program that does not sync.
 */
#include "base/status.h"
#include "lib/sim_disk.h"
#include "unit/store/bank.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What a run of crashes led to. */
struct outcome {
  int lost;    /* acknowledged transactions that a crash undid */
  int damaged; /* crashes after which the database was not a state of whole transactions */
  int crashes;
  uint64_t fingerprint;
};

static void audit_after_crash(const struct bank_options *bank, int64_t acknowledged,
                              int64_t *survived, struct outcome *outcome)
{
  sqlite3 *db;
  outcome->crashes++;
  *survived = -1;
  if (bank_open(bank, &db) == SQLITE_OK)
    *survived = bank_audit(db, bank->seed);
  if (*survived < 0 || *survived > acknowledged + 1)
    outcome->damaged++;
  else if (*survived < acknowledged)
    outcome->lost++;
  sqlite3_close(db);
}

/* Works until the power fails or some transactions are done. Returns how many are acknowledged; the
 * database stays open (*db, NULL when it could not be opened). */
static int64_t work(const struct bank_options *bank, int64_t done, int64_t more, sqlite3 **db)
{
  int64_t acknowledged = done;
  if (bank_open(bank, db) != SQLITE_OK)
    return acknowledged;
  while (acknowledged < done + more && bank_step(*db, bank->seed, acknowledged + 1) == SQLITE_OK)
    acknowledged++;
  return acknowledged;
}

/* Several lives of one database, each ended by a power cut at a random change or between two. */
static struct outcome live_and_crash(struct bank_options bank, struct sim_disk_options options)
{
  struct outcome outcome = {0};
  struct sim_rng rng;
  sim_rng_init(&rng, options.seed);
  sim_disk_seed_sqlite(options.seed);
  struct sim_disk *disk = sim_disk_create(&options);
  bank.vfs = sim_disk_port(disk).vfs;
  int64_t done = 0;
  for (int life = 0; life < 4 && outcome.damaged == 0; life++) {
    sim_disk_crash_at_change(disk, 1 + sim_rng_below(&rng, 120));
    sqlite3 *db;
    int64_t acknowledged = work(&bank, done, (int64_t)sim_rng_below(&rng, 12), &db);
    /* The owner closes before the cut in a third of the lives, in the dark, or in the next life. */
    uint64_t when = sim_rng_below(&rng, 3);
    if (when == 1)
      sim_disk_power_off(disk);
    if (when <= 1)
      sqlite3_close(db);
    sim_disk_crash(disk, &rng);
    if (when == 2)
      sqlite3_close(db);
    audit_after_crash(&bank, acknowledged, &done, &outcome);
  }
  outcome.fingerprint = sim_disk_fingerprint(disk);
  sim_disk_destroy(disk);
  return outcome;
}

static struct outcome sum_of_lives(struct bank_options bank, uint64_t seeds, bool powersafe)
{
  struct outcome sum = {0};
  for (uint64_t seed = 1; seed <= seeds; seed++) {
    bank.seed = seed;
    struct outcome one = live_and_crash(
        bank, (struct sim_disk_options){.seed = seed, .powersafe_overwrite = powersafe});
    if ((one.lost && strcmp(bank.synchronous, "FULL") == 0) ||
        (one.damaged && strcmp(bank.synchronous, "OFF") != 0))
      print_message("seed %llu: lost %d, damaged %d\n", (unsigned long long)seed, one.lost,
                    one.damaged);
    sum.lost += one.lost;
    sum.damaged += one.damaged;
    sum.crashes += one.crashes;
  }
  return sum;
}

static void full_keeps_every_acknowledged_commit(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "WAL", .synchronous = "FULL"};
  struct outcome sum = sum_of_lives(bank, 300, false);
  assert_int_equal(sum.crashes, 1200);
  assert_int_equal(sum.damaged, 0);
  assert_int_equal(sum.lost, 0);
}

static void full_keeps_its_promise_on_a_disk_with_powersafe_overwrite(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "WAL", .synchronous = "FULL"};
  struct outcome sum = sum_of_lives(bank, 100, true);
  assert_int_equal(sum.damaged, 0);
  assert_int_equal(sum.lost, 0);
}

static void normal_may_fall_back_but_stays_whole(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "WAL", .synchronous = "NORMAL"};
  struct outcome sum = sum_of_lives(bank, 300, false);
  assert_int_equal(sum.damaged, 0);
  assert_true(sum.lost > 0);
}

static void a_rollback_journal_keeps_its_promise_too(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "DELETE", .synchronous = "EXTRA"};
  struct outcome sum = sum_of_lives(bank, 100, false);
  assert_int_equal(sum.damaged, 0);
  assert_int_equal(sum.lost, 0);
}

/* The disk bites: without syncs, commits get lost and databases damaged. */
static void without_syncs_the_disk_loses_and_damages(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "WAL", .synchronous = "OFF"};
  struct outcome sum = sum_of_lives(bank, 100, false);
  assert_true(sum.lost > 0);
  assert_true(sum.damaged > 0);
}

static void one_seed_gives_one_disk(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "WAL", .synchronous = "NORMAL", .seed = 7};
  struct outcome a = live_and_crash(bank, (struct sim_disk_options){.seed = 7});
  struct outcome b = live_and_crash(bank, (struct sim_disk_options){.seed = 7});
  assert_true(a.fingerprint == b.fingerprint);
  struct outcome c = live_and_crash(bank, (struct sim_disk_options){.seed = 8});
  assert_true(a.fingerprint != c.fingerprint);
}

/* A fixed piece of work, cut at its first change, its second, and so on to its last. */
static void a_cut_at_any_change_keeps_the_promise(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "WAL", .synchronous = "FULL", .seed = 5};
  struct sim_rng rng;
  struct outcome outcome = {0};
  sim_rng_init(&rng, 5);
  bool cut = true;
  for (uint64_t n = 1; cut; n++) {
    struct sim_disk *disk = sim_disk_create(NULL);
    sqlite3 *db;
    int64_t survived;
    bank.vfs = sim_disk_port(disk).vfs;
    sim_disk_crash_at_change(disk, n);
    int64_t acknowledged = work(&bank, 0, 10, &db);
    sqlite3_close(db);
    cut = sim_disk_changes(disk) >= n;
    sim_disk_crash(disk, &rng);
    audit_after_crash(&bank, acknowledged, &survived, &outcome);
    sim_disk_destroy(disk);
  }
  assert_true(outcome.crashes > 50);
  assert_int_equal(outcome.damaged, 0);
  assert_int_equal(outcome.lost, 0);
}

/* kill −9 loses nothing that was acknowledged, even without syncs; a later power cut may. */
static void a_killed_process_loses_nothing(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "WAL", .synchronous = "OFF", .seed = 3};
  struct sim_disk *disk = sim_disk_create(NULL);
  sqlite3 *db, *after;
  bank.vfs = sim_disk_port(disk).vfs;
  assert_int_equal(bank_open(&bank, &db), SQLITE_OK);
  for (int64_t i = 1; i <= 20; i++) {
    assert_int_equal(bank_step(db, bank.seed, i), SQLITE_OK);
    sim_disk_kill(disk);
    assert_int_not_equal(bank_step(db, bank.seed, i + 1), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(bank_open(&bank, &after), SQLITE_OK);
    assert_int_equal(bank_audit(after, bank.seed), i);
    db = after;
  }
  sqlite3_close(db);
  sim_disk_destroy(disk);
}

static int64_t count_done(sqlite3 *db)
{
  sqlite3_stmt *stmt;
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT n FROM done", -1, &stmt, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  int64_t n = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return n;
}

/* A reader keeps its snapshot while a writer commits and checkpoints; a second writer is told busy.
 */
static void a_reader_and_two_writers_share_a_file(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "WAL", .synchronous = "FULL", .seed = 9};
  struct sim_disk *disk = sim_disk_create(NULL);
  sqlite3 *writer, *reader, *rival;
  bank.vfs = sim_disk_port(disk).vfs;
  assert_int_equal(bank_open(&bank, &writer), SQLITE_OK);
  assert_int_equal(bank_open(&bank, &reader), SQLITE_OK);
  assert_int_equal(bank_open(&bank, &rival), SQLITE_OK);
  assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT n FROM done", NULL, NULL, NULL), SQLITE_OK);
  for (int64_t i = 1; i <= 30; i++)
    assert_int_equal(bank_step(writer, bank.seed, i), SQLITE_OK);
  assert_int_equal(count_done(reader), 0);
  assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(count_done(reader), 30);
  assert_int_equal(bank_audit(reader, bank.seed), 30);

  assert_int_equal(sqlite3_exec(writer, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(bank_step(rival, bank.seed, 31), SQLITE_BUSY);
  assert_int_equal(sqlite3_exec(writer, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(bank_step(rival, bank.seed, 31), SQLITE_OK);
  assert_int_equal(count_done(writer), 31);
  sqlite3_close(rival);
  sqlite3_close(reader);
  sqlite3_close(writer);
  size_t len;
  assert_null(sim_disk_peek(disk, "space.db-wal", &len));
  sim_disk_destroy(disk);
}

/* In rollback mode a writer waits for readers, and readers for a writer that is writing. */
static void file_locks_exclude(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "DELETE", .synchronous = "FULL", .seed = 9};
  struct sim_disk *disk = sim_disk_create(NULL);
  sqlite3 *writer, *reader;
  bank.vfs = sim_disk_port(disk).vfs;
  assert_int_equal(bank_open(&bank, &writer), SQLITE_OK);
  assert_int_equal(bank_open(&bank, &reader), SQLITE_OK);
  assert_int_equal(sqlite3_exec(reader, "BEGIN; SELECT n FROM done", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(bank_step(writer, bank.seed, 1), SQLITE_BUSY);
  assert_int_equal(sqlite3_exec(reader, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(bank_step(writer, bank.seed, 1), SQLITE_OK);
  assert_int_equal(sqlite3_exec(writer, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(sqlite3_exec(reader, "SELECT n FROM done", NULL, NULL, NULL), SQLITE_BUSY);
  assert_int_equal(sqlite3_exec(writer, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(count_done(reader), 1);
  sqlite3_close(reader);
  sqlite3_close(writer);
  sim_disk_destroy(disk);
}

/* Runs the same work with the n-th call of a kind failing once, for every n, and goes on after it.
 * A failure is reported or harmless, and the database stays whole. */
static void fail_every(enum sim_disk_call call, int code, int expected)
{
  struct bank_options bank = {.journal = "WAL", .synchronous = "FULL", .seed = 11};
  bool struck = true;
  uint64_t n = 1;
  for (; struck; n++) {
    struct sim_disk *disk = sim_disk_create(NULL);
    sqlite3 *db;
    bank.vfs = sim_disk_port(disk).vfs;
    assert_int_equal(bank_open(&bank, &db), SQLITE_OK);
    sim_disk_fail_once(disk, call, n, code);
    for (int64_t i = 1; i <= 8; i++) {
      int r = bank_step(db, bank.seed, i);
      if (r == SQLITE_OK)
        continue;
      assert_int_equal(r, expected);
      assert_int_equal(bank_step(db, bank.seed, i), SQLITE_OK);
    }
    struck = sim_disk_faults(disk) > 0;
    assert_int_equal(bank_audit(db, bank.seed), 8);
    sqlite3_close(db);
    sim_disk_destroy(disk);
  }
  assert_true(n > 3);
}

static void any_failed_write_is_survived(void **state)
{
  (void)state;
  fail_every(SIM_DISK_WRITE, SQLITE_IOERR_WRITE, SQLITE_IOERR);
  fail_every(SIM_DISK_WRITE, SQLITE_FULL, SQLITE_FULL);
}

static void any_failed_sync_is_survived(void **state)
{
  (void)state;
  fail_every(SIM_DISK_SYNC, SQLITE_IOERR_FSYNC, SQLITE_IOERR);
}

/* A lasting failure strikes from its call on, until it is healed. */
static void a_lasting_failure_lasts_until_healed(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "WAL", .synchronous = "FULL", .seed = 2};
  struct sim_disk *disk = sim_disk_create(NULL);
  sqlite3 *db, *other;
  bank.vfs = sim_disk_port(disk).vfs;
  assert_int_equal(bank_open(&bank, &db), SQLITE_OK);
  sim_disk_fail_from(disk, SIM_DISK_SYNC, 1, SQLITE_IOERR_FSYNC);
  sim_disk_fail_from(disk, SIM_DISK_OPEN, 1, SQLITE_CANTOPEN);
  for (int k = 0; k < 3; k++)
    assert_int_equal(bank_step(db, bank.seed, 1), SQLITE_IOERR);
  assert_int_equal(bank_open(&bank, &other), SQLITE_CANTOPEN);
  sim_disk_heal(disk);
  assert_int_equal(bank_step(db, bank.seed, 1), SQLITE_OK);
  assert_int_equal(bank_audit(db, bank.seed), 1);
  sqlite3_close(db);
  sim_disk_destroy(disk);
}

/* A full disk refuses the transaction whole, and takes it once there is room. */
static void a_full_disk_refuses_and_recovers(void **state)
{
  (void)state;
  struct bank_options bank = {.journal = "WAL", .synchronous = "FULL", .seed = 4};
  struct sim_disk *disk = sim_disk_create(&(struct sim_disk_options){.capacity = 128 * 1024});
  sqlite3 *db;
  int64_t i = 1;
  bank.vfs = sim_disk_port(disk).vfs;
  assert_int_equal(bank_open(&bank, &db), SQLITE_OK);
  int r;
  while ((r = bank_step(db, bank.seed, i)) == SQLITE_OK)
    i++;
  assert_int_equal(r, SQLITE_FULL);
  assert_int_equal(bank_audit(db, bank.seed), i - 1);
  sim_disk_set_capacity(disk, 0);
  assert_int_equal(bank_step(db, bank.seed, i), SQLITE_OK);
  assert_int_equal(bank_audit(db, bank.seed), i);
  sqlite3_close(db);
  sim_disk_destroy(disk);
}

static int collect(void *arg, const char *name)
{
  char *names = arg;
  strcat(names, name);
  strcat(names, " ");
  return strcmp(name, "stop") == 0 ? TOPO_EINVAL : 0;
}

/* Directories hold files; names in them come, go and come back as the sync rules say. */
static void the_port_makes_lists_and_removes(void **state)
{
  (void)state;
  struct sim_disk *disk = sim_disk_create(NULL);
  struct topo_disk port = sim_disk_port(disk);
  char names[128] = "";
  sqlite3 *db;
  assert_int_equal(port.ops->list(port.ctx, "/data/a", collect, names), TOPO_ENOTFOUND);
  assert_int_equal(
      sqlite3_open_v2("/data/a/x.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, port.vfs),
      SQLITE_CANTOPEN);
  sqlite3_close(db);
  assert_int_equal(port.ops->make_dir(port.ctx, "/data/a"), 0);
  assert_int_equal(port.ops->make_dir(port.ctx, "/data/a"), 0);
  assert_int_equal(port.ops->make_dir(port.ctx, "/data/a/sub"), 0);
  sim_disk_plant(disk, "/data/a/x.db", "secret", 6);
  sim_disk_plant(disk, "/data/ab", "", 0);
  assert_int_equal(port.ops->list(port.ctx, "/data/a", collect, names), 0);
  assert_string_equal(names, "sub x.db ");
  assert_true(sim_disk_contains(disk, "secret", 6));
  assert_int_equal(port.ops->remove(port.ctx, "/data/a/x.db"), 0);
  assert_int_equal(port.ops->remove(port.ctx, "/data/a/x.db"), 0);
  assert_false(sim_disk_contains(disk, "secret", 6));
  sim_disk_plant(disk, "/data/a/stop", "", 0);
  assert_int_equal(port.ops->list(port.ctx, "/data/a", collect, names), TOPO_EINVAL);
  sim_disk_fail_once(disk, SIM_DISK_DELETE, 1, SQLITE_IOERR_DELETE);
  assert_int_equal(port.ops->remove(port.ctx, "/data/a/stop"), TOPO_EIO);
  sim_disk_power_off(disk);
  assert_int_equal(port.ops->list(port.ctx, "/data/a", collect, names), TOPO_EIO);
  assert_int_equal(port.ops->make_dir(port.ctx, "/data/b"), TOPO_EIO);
  sim_disk_destroy(disk);
}

/* Two disks are two worlds: the same name is two files, and a cut of one spares the other. */
static void disks_are_independent(void **state)
{
  (void)state;
  struct sim_rng rng;
  struct sim_disk *a = sim_disk_create(NULL), *b = sim_disk_create(NULL);
  struct bank_options in_a = {.vfs = sim_disk_port(a).vfs, .journal = "WAL", .synchronous = "FULL"};
  struct bank_options in_b = in_a;
  sqlite3 *da, *db;
  sim_rng_init(&rng, 1);
  in_b.vfs = sim_disk_port(b).vfs;
  assert_int_equal(bank_open(&in_a, &da), SQLITE_OK);
  assert_int_equal(bank_open(&in_b, &db), SQLITE_OK);
  assert_int_equal(bank_step(da, 0, 1), SQLITE_OK);
  assert_int_equal(bank_audit(db, 0), 0);
  sim_disk_crash(a, &rng);
  assert_int_equal(bank_step(da, 0, 2), SQLITE_IOERR);
  assert_int_equal(bank_step(db, 0, 1), SQLITE_OK);
  sqlite3_close(da);
  sqlite3_close(db);
  sim_disk_destroy(a);
  sim_disk_destroy(b);
}

static void the_clock_is_the_simulators(void **state)
{
  (void)state;
  struct sim_disk *disk = sim_disk_create(NULL);
  sqlite3 *db;
  sqlite3_stmt *stmt;
  sim_disk_set_time(disk, INT64_C(1700000000123));
  assert_int_equal(sqlite3_open_v2("x.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                   sim_disk_port(disk).vfs),
                   SQLITE_OK);
  assert_int_equal(sqlite3_prepare_v2(db, "SELECT strftime('%Y-%m-%d %H:%M:%f')", -1, &stmt, NULL),
                   SQLITE_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "2023-11-14 22:13:20.123");
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  sim_disk_destroy(disk);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(full_keeps_every_acknowledged_commit),
      cmocka_unit_test(full_keeps_its_promise_on_a_disk_with_powersafe_overwrite),
      cmocka_unit_test(normal_may_fall_back_but_stays_whole),
      cmocka_unit_test(a_rollback_journal_keeps_its_promise_too),
      cmocka_unit_test(without_syncs_the_disk_loses_and_damages),
      cmocka_unit_test(one_seed_gives_one_disk),
      cmocka_unit_test(a_cut_at_any_change_keeps_the_promise),
      cmocka_unit_test(a_killed_process_loses_nothing),
      cmocka_unit_test(a_reader_and_two_writers_share_a_file),
      cmocka_unit_test(file_locks_exclude),
      cmocka_unit_test(any_failed_write_is_survived),
      cmocka_unit_test(any_failed_sync_is_survived),
      cmocka_unit_test(a_lasting_failure_lasts_until_healed),
      cmocka_unit_test(a_full_disk_refuses_and_recovers),
      cmocka_unit_test(the_port_makes_lists_and_removes),
      cmocka_unit_test(disks_are_independent),
      cmocka_unit_test(the_clock_is_the_simulators),
  };
  return cmocka_run_group_tests_name("sim_disk", tests, NULL, NULL);
}
