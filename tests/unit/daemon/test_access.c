/*
 * test_access.c - tokens and codes: who gets in, for how long, with what, and what is left on the
 * disk. With the real node.db in a folder of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "daemon/access.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/rng.h"

#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
  char dir[64], admin[80];
  struct topo_disk disk;
  struct topo_rng rng;
  struct topo_catalog *catalog;
  struct topo_access *access;
  struct topo_gate gate;
};

static void start(struct fixture *f)
{
  char path[80];
  snprintf(path, sizeof path, "%s/node.db", f->dir);
  assert_int_equal(topo_catalog_open(&f->catalog, path, &f->disk), 0);
  assert_int_equal(topo_access_open(&f->access, f->catalog, &f->rng, f->dir), 0);
  f->gate = topo_access_gate(f->access);
}

static void stop(struct fixture *f)
{
  topo_access_close(f->access);
  topo_catalog_close(f->catalog);
  f->access = NULL;
  f->catalog = NULL;
}

static void restart(struct fixture *f)
{
  stop(f);
  start(f);
}

static int set_up(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  strcpy(f->dir, "/tmp/topo-access.XXXXXX");
  f->disk = topo_disk_os();
  f->rng = topo_rng_os();
  *state = f;
  if (!mkdtemp(f->dir))
    return -1;
  snprintf(f->admin, sizeof f->admin, "%s/admin-token", f->dir);
  start(f);
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  char command[128];
  stop(f);
  snprintf(command, sizeof command, "rm -rf %s", f->dir);
  int r = system(command);
  free(f);
  return r;
}

static int check(struct fixture *f, const char *token, struct topo_grant *grant)
{
  memset(grant, 0xff, sizeof *grant);
  return f->gate.check(f->gate.ctx, token, strlen(token), grant);
}

static bool is_good(struct fixture *f, const char *token)
{
  struct topo_grant grant;
  int status = check(f, token, &grant);
  assert_true(status == 0 || status == TOPO_EUNAUTHENTICATED);
  return status == 0;
}

/* The token in DIR/admin-token, without its end of line. */
static void read_admin(struct fixture *f, char out[static TOPO_TOKEN_TEXT_SIZE])
{
  FILE *file = fopen(f->admin, "r");
  assert_non_null(file);
  assert_int_equal(fread(out, 1, TOPO_TOKEN_TEXT_SIZE, file), TOPO_TOKEN_TEXT_SIZE);
  assert_int_equal(fgetc(file), EOF);
  fclose(file);
  assert_int_equal(out[TOPO_TOKEN_TEXT_SIZE - 1], '\n');
  out[TOPO_TOKEN_TEXT_SIZE - 1] = '\0';
}

static struct topo_token_row wish(const char *name, enum topo_scope scope)
{
  struct topo_token_row row = {.scope = scope};
  snprintf(row.name, sizeof row.name, "%s", name);
  return row;
}

static void count_row(void *arg, const struct topo_token_row *row)
{
  (void)row;
  (*(size_t *)arg)++;
}

static size_t count(struct fixture *f)
{
  size_t n = 0;
  topo_access_token_list(f->access, count_row, &n);
  return n;
}

/* ---- DIR/admin-token ------------------------------------------------------------------------- */

static void the_admin_token_is_made_once(void **state)
{
  struct fixture *f = *state;
  char first[TOPO_TOKEN_TEXT_SIZE], again[TOPO_TOKEN_TEXT_SIZE];
  struct topo_grant grant;
  struct stat st;
  read_admin(f, first);
  assert_memory_equal(first, "topo_", 5);
  assert_int_equal(strlen(first), TOPO_TOKEN_TEXT_SIZE - 1);
  assert_int_equal(stat(f->admin, &st), 0);
  assert_int_equal(st.st_mode & 07777, 0600);
  assert_int_equal(check(f, first, &grant), 0);
  assert_int_equal(grant.scope, TOPO_SCOPE_ADMIN);
  assert_false(grant.one_space);
  assert_int_equal(grant.expires_ms, 0);
  restart(f);
  read_admin(f, again);
  assert_string_equal(first, again);
  assert_true(is_good(f, first));
  assert_int_equal(count(f), 1);
}

/* The way to end a token that has leaked: without the file there is a new one, and only that. */
static void a_deleted_admin_token_is_made_anew(void **state)
{
  struct fixture *f = *state;
  char old[TOPO_TOKEN_TEXT_SIZE], fresh[TOPO_TOKEN_TEXT_SIZE];
  read_admin(f, old);
  assert_int_equal(unlink(f->admin), 0);
  restart(f);
  read_admin(f, fresh);
  assert_string_not_equal(old, fresh);
  assert_false(is_good(f, old));
  assert_true(is_good(f, fresh));
  assert_int_equal(count(f), 1);
}

/* Whatever else the file holds is no token: it is made anew. */
static void a_file_that_names_no_token_is_made_anew(void **state)
{
  struct fixture *f = *state;
  static const char *const texts[] = {"", "topo_\n",
                                      "topo_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
                                      "topo_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char old[TOPO_TOKEN_TEXT_SIZE], fresh[TOPO_TOKEN_TEXT_SIZE];
    read_admin(f, old);
    FILE *file = fopen(f->admin, "w");
    fputs(texts[i], file);
    fclose(file);
    restart(f);
    read_admin(f, fresh);
    assert_true(is_good(f, fresh));
    assert_false(is_good(f, old));
    assert_int_equal(count(f), 1);
  }
}

/* A file that others could read, write or swap has told its token: it is made anew, and private. */
static void an_admin_token_that_others_could_see_is_made_anew(void **state)
{
  struct fixture *f = *state;
  static const mode_t modes[] = {0644, 0640, 0604, 0620, 0602, 0660, 0700};
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    char old[TOPO_TOKEN_TEXT_SIZE], fresh[TOPO_TOKEN_TEXT_SIZE];
    struct stat st;
    bool told = modes[i] & 077;
    read_admin(f, old);
    assert_int_equal(chmod(f->admin, modes[i]), 0);
    restart(f);
    read_admin(f, fresh);
    assert_int_equal(is_good(f, old), !told);
    assert_true(is_good(f, fresh));
    assert_int_equal(stat(f->admin, &st), 0);
    assert_int_equal(st.st_mode & 077, 0);
    assert_int_equal(count(f), 1);
  }
}

/* What is at the file's path instead of it is not followed, waited for or written through. */
static void what_is_no_file_is_replaced(void **state)
{
  struct fixture *f = *state;
  char elsewhere[96], old[TOPO_TOKEN_TEXT_SIZE], fresh[TOPO_TOKEN_TEXT_SIZE];
  struct stat st;
  snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", f->dir);
  for (int i = 0; i < 2; i++) {
    read_admin(f, old);
    assert_int_equal(rename(f->admin, elsewhere), 0);
    assert_int_equal(i ? mkfifo(f->admin, 0600) : symlink(elsewhere, f->admin), 0);
    restart(f);
    assert_int_equal(lstat(f->admin, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    read_admin(f, fresh);
    assert_true(is_good(f, fresh));
    assert_false(is_good(f, old));
    assert_int_equal(unlink(elsewhere), 0);
  }
}

static void find_file_row(void *arg, const struct topo_token_row *row)
{
  if (row->kind == TOPO_TOKEN_FILE)
    memcpy(arg, row->id, sizeof row->id);
}

/* However many tokens there are, the daemon starts and its user has one: also when the file's was
 * revoked and others took all places. */
static void there_is_always_room_for_the_admin_token(void **state)
{
  struct fixture *f = *state;
  char token[TOPO_TOKEN_TEXT_SIZE], admin[TOPO_TOKEN_TEXT_SIZE];
  uint8_t id[TOPO_TOKEN_ID_SIZE];
  struct topo_token_row row = wish("n", TOPO_SCOPE_READ);
  topo_access_token_list(f->access, find_file_row, id);
  assert_int_equal(topo_access_token_revoke(f->access, id), 0);
  while (topo_access_token_create(f->access, &row, token) == 0)
    row = wish("n", TOPO_SCOPE_READ);
  size_t full = count(f);
  restart(f);
  assert_int_equal(count(f), full + 1);
  read_admin(f, admin);
  assert_true(is_good(f, admin));
  assert_int_equal(topo_access_token_create(f->access, &row, token), TOPO_ELIMIT);
  restart(f);
  assert_int_equal(count(f), full + 1);
  assert_true(is_good(f, admin));
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void a_token_is_good_for_what_it_was_made_for(void **state)
{
  struct fixture *f = *state;
  static const enum topo_scope scopes[] = {TOPO_SCOPE_READ, TOPO_SCOPE_WRITE, TOPO_SCOPE_ADMIN};
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < 3; i++) {
      char token[TOPO_TOKEN_TEXT_SIZE];
      struct topo_grant grant;
      struct topo_token_row row = wish("script", scopes[i]);
      row.one_space = i < 2;
      memset(row.space.bytes, (int)i, sizeof row.space.bytes);
      row.expires_ms = (uint64_t)topo_clock_wall_ms() + 3600000 + i;
      uint64_t expires_ms = row.expires_ms;
      assert_int_equal(topo_access_token_create(f->access, &row, token), 0);
      if (pass == 1)
        restart(f);
      assert_int_equal(check(f, token, &grant), 0);
      assert_int_equal(grant.scope, scopes[i]);
      assert_int_equal(grant.one_space, i < 2);
      assert_true(!grant.one_space || grant.space.bytes[5] == i);
      assert_true(grant.expires_ms == expires_ms);
    }
}

static void nothing_else_is_a_token(void **state)
{
  struct fixture *f = *state;
  char token[TOPO_TOKEN_TEXT_SIZE];
  struct topo_token_row row = wish("script", TOPO_SCOPE_READ);
  assert_int_equal(topo_access_token_create(f->access, &row, token), 0);
  assert_false(is_good(f, ""));
  assert_false(is_good(f, "topo_"));
  assert_false(is_good(f, token + 5));
  for (size_t i = 0; i < sizeof token - 1; i++) {
    char other[sizeof token + 1];
    strcpy(other, token);
    other[i] = other[i] == 'A' ? 'B' : 'A';
    assert_false(is_good(f, other));
    strcpy(other, token);
    other[i] = '\0';
    assert_false(is_good(f, other));
  }
  struct topo_grant grant; /* nor with anything behind it, a NUL included */
  assert_int_equal(f->gate.check(f->gate.ctx, token, sizeof token, &grant), TOPO_EUNAUTHENTICATED);
}

static void a_token_ends_in_time(void **state)
{
  struct fixture *f = *state;
  char token[TOPO_TOKEN_TEXT_SIZE];
  struct topo_token_row row = wish("gone", TOPO_SCOPE_ADMIN);
  row.expires_ms = (uint64_t)topo_clock_wall_ms() - 1;
  assert_int_equal(topo_access_token_create(f->access, &row, token), 0);
  assert_false(is_good(f, token));
  assert_int_equal(count(f), 1); /* the file's; it is not listed either */
  restart(f);
  assert_false(is_good(f, token));
}

static void a_revoked_token_is_dead_for_good(void **state)
{
  struct fixture *f = *state;
  char kept[TOPO_TOKEN_TEXT_SIZE], dead[TOPO_TOKEN_TEXT_SIZE];
  struct topo_token_row a = wish("kept", TOPO_SCOPE_READ), b = wish("dead", TOPO_SCOPE_READ);
  assert_int_equal(topo_access_token_create(f->access, &a, kept), 0);
  assert_int_equal(topo_access_token_create(f->access, &b, dead), 0);
  assert_int_equal(topo_access_token_revoke(f->access, b.id), 0);
  assert_int_equal(topo_access_token_revoke(f->access, b.id), TOPO_ENOTFOUND);
  for (int pass = 0; pass < 2; pass++) {
    assert_true(is_good(f, kept));
    assert_false(is_good(f, dead));
    restart(f);
  }
}

/* Does any file of the folder but admin-token hold these bytes? */
static bool on_disk(struct fixture *f, const char *text)
{
  char command[256];
  snprintf(command, sizeof command, "grep -raqF --exclude=admin-token -e '%s' %s", text, f->dir);
  return system(command) == 0;
}

static void the_disk_holds_hashes_only(void **state)
{
  struct fixture *f = *state;
  char named[TOPO_TOKEN_TEXT_SIZE], session[TOPO_TOKEN_TEXT_SIZE], code[TOPO_CODE_TEXT_SIZE];
  char admin[TOPO_TOKEN_TEXT_SIZE];
  uint64_t expires_ms;
  struct topo_token_row row = wish("a name to be found", TOPO_SCOPE_WRITE);
  read_admin(f, admin);
  assert_int_equal(topo_access_token_create(f->access, &row, named), 0);
  assert_int_equal(topo_access_code_create(f->access, code, &expires_ms), 0);
  assert_int_equal(topo_access_session_create(f->access, code, strlen(code), session, &expires_ms),
                   0);
  for (int pass = 0; pass < 2; pass++) {
    assert_true(on_disk(f, "a name to be found")); /* so it looks in the right place */
    assert_false(on_disk(f, named));
    assert_false(on_disk(f, named + 5));
    assert_false(on_disk(f, session + 5));
    assert_false(on_disk(f, admin + 5));
    assert_false(on_disk(f, code));
    restart(f);
  }
}

/* ---- sessions and codes ---------------------------------------------------------------------- */

static int make_session(struct fixture *f, char token[static TOPO_TOKEN_TEXT_SIZE])
{
  char code[TOPO_CODE_TEXT_SIZE];
  uint64_t expires_ms;
  assert_int_equal(topo_access_code_create(f->access, code, &expires_ms), 0);
  return topo_access_session_create(f->access, code, strlen(code), token, &expires_ms);
}

static void tokens_are_bounded_and_sessions_take_turns(void **state)
{
  struct fixture *f = *state;
  char a[TOPO_TOKEN_TEXT_SIZE], b[TOPO_TOKEN_TEXT_SIZE], c[TOPO_TOKEN_TEXT_SIZE];
  char named[TOPO_TOKEN_TEXT_SIZE], admin[TOPO_TOKEN_TEXT_SIZE];
  struct topo_token_row row = wish("n", TOPO_SCOPE_READ);
  int status = 0;
  read_admin(f, admin);
  assert_int_equal(make_session(f, a), 0);
  assert_int_equal(make_session(f, b), 0);
  for (size_t n = 0; status == 0 && n <= TOPO_TOKENS_MAX; n++) {
    row = wish("n", TOPO_SCOPE_READ);
    status = topo_access_token_create(f->access, &row, n ? c : named);
  }
  assert_int_equal(status, TOPO_ELIMIT);
  assert_true(is_good(f, a) && is_good(f, b) && is_good(f, named) && is_good(f, admin));
  restart(f); /* the order is kept */
  size_t full = count(f);
  assert_int_equal(make_session(f, c), 0);
  assert_false(is_good(f, a));
  assert_true(is_good(f, b) && is_good(f, c) && is_good(f, named) && is_good(f, admin));
  assert_int_equal(make_session(f, a), 0);
  assert_false(is_good(f, b));
  assert_true(is_good(f, c) && is_good(f, a));
  assert_int_equal(count(f), full);
}

/* What has expired makes room. */
static void the_dead_make_room(void **state)
{
  struct fixture *f = *state;
  char token[TOPO_TOKEN_TEXT_SIZE];
  for (size_t n = 0; n < TOPO_TOKENS_MAX + 20; n++) {
    struct topo_token_row row = wish("n", TOPO_SCOPE_READ);
    row.expires_ms = 1;
    assert_int_equal(topo_access_token_create(f->access, &row, token), 0);
  }
}

/* Randomness that tells when it is asked for. */
static atomic_bool drawn;

static void draw(void *ctx, void *out, size_t len)
{
  struct topo_rng os = topo_rng_os();
  (void)ctx;
  topo_rng_fill(&os, out, len);
  atomic_store(&drawn, true);
}

static void *create_one(void *arg)
{
  struct topo_token_row row = wish("slow", TOPO_SCOPE_READ);
  char token[TOPO_TOKEN_TEXT_SIZE];
  return (void *)(intptr_t)topo_access_token_create(arg, &row, token);
}

/* While a token is on its way to a disk that keeps it waiting, others are let in all the same: the
 * creation gets through only because the check does not wait for it. */
static void a_slow_disk_keeps_nobody_out(void **state)
{
  static const struct topo_rng_ops ops = {draw};
  struct fixture *f = *state;
  char path[80], admin[TOPO_TOKEN_TEXT_SIZE];
  sqlite3 *other;
  pthread_t thread;
  void *status;
  read_admin(f, admin);
  f->rng = (struct topo_rng){&ops, NULL};
  snprintf(path, sizeof path, "%s/node.db", f->dir);
  assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
  assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
  atomic_store(&drawn, false);
  assert_int_equal(pthread_create(&thread, NULL, create_one, f->access), 0);
  while (!atomic_load(&drawn))
    sched_yield();
  bool good = is_good(f, admin);
  assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
  assert_int_equal(pthread_join(thread, &status), 0);
  assert_int_equal(sqlite3_close(other), SQLITE_OK);
  assert_true(good);
  assert_int_equal((intptr_t)status, 0);
  assert_int_equal(count(f), 2);
}

static void a_session_is_an_admins_for_a_month(void **state)
{
  struct fixture *f = *state;
  char token[TOPO_TOKEN_TEXT_SIZE], code[TOPO_CODE_TEXT_SIZE];
  struct topo_grant grant;
  uint64_t code_expires_ms, expires_ms, now_ms = (uint64_t)topo_clock_wall_ms();
  assert_int_equal(topo_access_code_create(f->access, code, &code_expires_ms), 0);
  assert_true(code_expires_ms >= now_ms + TOPO_CODE_TTL_MS);
  assert_int_equal(strlen(code), TOPO_CODE_TEXT_SIZE - 1);
  assert_int_equal(topo_access_session_create(f->access, code, strlen(code), token, &expires_ms),
                   0);
  assert_int_equal(check(f, token, &grant), 0);
  assert_int_equal(grant.scope, TOPO_SCOPE_ADMIN);
  assert_false(grant.one_space);
  assert_true(grant.expires_ms == expires_ms && expires_ms > now_ms + UINT64_C(29) * 86400000);
  restart(f);
  assert_true(is_good(f, token));
}

static int try_code(struct fixture *f, const char *code)
{
  char token[TOPO_TOKEN_TEXT_SIZE];
  uint64_t expires_ms;
  return topo_access_session_create(f->access, code, strlen(code), token, &expires_ms);
}

static void a_code_is_good_once(void **state)
{
  struct fixture *f = *state;
  char code[TOPO_CODE_TEXT_SIZE], other[TOPO_CODE_TEXT_SIZE];
  uint64_t expires_ms;
  assert_int_equal(topo_access_code_create(f->access, code, &expires_ms), 0);
  assert_int_equal(try_code(f, ""), TOPO_EUNAUTHENTICATED);
  assert_int_equal(try_code(f, "AAAAAAAAAAAAAAAAAAAAAA"), TOPO_EUNAUTHENTICATED);
  strcpy(other, code);
  other[0] = other[0] == 'A' ? 'B' : 'A';
  assert_int_equal(try_code(f, other), TOPO_EUNAUTHENTICATED);
  assert_int_equal(try_code(f, code), 0);
  assert_int_equal(try_code(f, code), TOPO_EUNAUTHENTICATED);
  assert_int_equal(topo_access_code_create(f->access, code, &expires_ms), 0);
  restart(f); /* they live in memory only */
  assert_int_equal(try_code(f, code), TOPO_EUNAUTHENTICATED);
}

/* Sixteen are good at a time, the latest ones, however quickly they were made. */
static void a_new_code_replaces_the_oldest(void **state)
{
  struct fixture *f = *state;
  enum { N = 3 * TOPO_CODES_MAX - 5 };
  char codes[N][TOPO_CODE_TEXT_SIZE];
  uint64_t expires_ms;
  for (size_t i = 0; i < N; i++)
    assert_int_equal(topo_access_code_create(f->access, codes[i], &expires_ms), 0);
  for (size_t i = 0; i < N; i++)
    assert_int_equal(try_code(f, codes[i]), i < N - TOPO_CODES_MAX ? TOPO_EUNAUTHENTICATED : 0);
  /* A place that is free is taken first. */
  for (size_t i = 0; i < TOPO_CODES_MAX; i++)
    assert_int_equal(topo_access_code_create(f->access, codes[i], &expires_ms), 0);
  assert_int_equal(try_code(f, codes[9]), 0);
  assert_int_equal(topo_access_code_create(f->access, codes[9], &expires_ms), 0);
  for (size_t i = 0; i < TOPO_CODES_MAX; i++)
    assert_int_equal(try_code(f, codes[i]), 0);
}

#define ACCESS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      ACCESS_TEST(the_admin_token_is_made_once),
      ACCESS_TEST(a_deleted_admin_token_is_made_anew),
      ACCESS_TEST(a_file_that_names_no_token_is_made_anew),
      ACCESS_TEST(an_admin_token_that_others_could_see_is_made_anew),
      ACCESS_TEST(what_is_no_file_is_replaced),
      ACCESS_TEST(there_is_always_room_for_the_admin_token),
      ACCESS_TEST(a_token_is_good_for_what_it_was_made_for),
      ACCESS_TEST(nothing_else_is_a_token),
      ACCESS_TEST(a_token_ends_in_time),
      ACCESS_TEST(a_revoked_token_is_dead_for_good),
      ACCESS_TEST(the_disk_holds_hashes_only),
      ACCESS_TEST(tokens_are_bounded_and_sessions_take_turns),
      ACCESS_TEST(the_dead_make_room),
      ACCESS_TEST(a_slow_disk_keeps_nobody_out),
      ACCESS_TEST(a_session_is_an_admins_for_a_month),
      ACCESS_TEST(a_code_is_good_once),
      ACCESS_TEST(a_new_code_replaces_the_oldest),
  };
  return cmocka_run_group_tests_name("daemon/access", tests, NULL, NULL);
}
