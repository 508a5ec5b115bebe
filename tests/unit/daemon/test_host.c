/*
 * test_host.c - the registry of spaces: what is made is there after a restart, what a crash left is
 * cleared or taken in, and one that cannot be opened does not hide the others. All of it with the
 * real disk, the real threads and a port on loopback.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "daemon/host.h"
#include "sys/disk.h"
#include "sys/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixture {
  char dir[64];
  struct topo_disk disk;
  struct topo_rng rng;
  struct topo_loop *loop;
  struct topo_space_env env;
  struct topo_host *host;
};

static void start(struct fixture *f)
{
  struct topo_net_address bind;
  assert_int_equal(topo_net_address_parse(&bind, "127.0.0.1", 0), 0);
  assert_int_equal(topo_host_open(&f->host, f->dir, &f->disk, &f->rng), 0);
  assert_int_equal(topo_loop_create(&f->loop), 0);
  struct topo_network_options o = {
      .bind = &bind, .rng = f->rng, .secret = topo_host_secret(f->host), .loop = f->loop};
  f->env = (struct topo_space_env){.disk = f->disk, .rng = f->rng};
  assert_int_equal(topo_network_create(&f->env.network, &o), 0);
  assert_int_equal(topo_pool_create(2, &f->env.pool), 0);
  assert_int_equal(topo_host_start(f->host, &f->env), 0);
}

static void stop(struct fixture *f)
{
  topo_host_stop(f->host);
  topo_network_destroy(f->env.network);
  topo_pool_destroy(f->env.pool);
  topo_host_close(f->host);
  topo_loop_destroy(f->loop);
}

static int set_up(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  strcpy(f->dir, "/tmp/topo-host.XXXXXX");
  f->disk = topo_disk_os();
  f->rng = topo_rng_os();
  *state = f;
  if (!mkdtemp(f->dir))
    return -1;
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

static void restart(struct fixture *f)
{
  stop(f);
  start(f);
}

static const struct topo_host_entry *found_one(struct fixture *f, const char *name)
{
  const struct topo_host_entry *entry = NULL;
  bool replayed;
  struct topo_host_wish wish = {.workspace_name = name, .user_name = "Alice"};
  assert_int_equal(topo_host_make(f->host, &wish, &entry, &replayed), 0);
  assert_non_null(entry->space);
  return entry;
}

static void path_of(const struct fixture *f, const char *file, char *out, size_t size)
{
  snprintf(out, size, "%s/spaces/%s", f->dir, file);
}

static void a_space_is_there_after_a_restart(void **state)
{
  struct fixture *f = *state;
  struct topo_id device = found_one(f, "Tea house")->row.device;
  restart(f);
  assert_int_equal(topo_host_count(f->host), 1);
  const struct topo_host_entry *entry = topo_host_find(f->host, &device);
  assert_non_null(entry);
  assert_int_equal(entry->status, 0);
  struct topo_space_state s;
  topo_space_state(entry->space, &s);
  assert_true(s.member);
  assert_string_equal(s.name, "Tea house");
  assert_string_equal(s.user_name, "Alice");
}

static void the_secret_of_the_port_stays(void **state)
{
  struct fixture *f = *state;
  uint8_t before[32];
  memcpy(before, topo_host_secret(f->host), sizeof before);
  restart(f);
  assert_memory_equal(topo_host_secret(f->host), before, sizeof before);
}

static void what_was_half_made_is_removed(void **state)
{
  struct fixture *f = *state;
  char path[256], other[256];
  path_of(f, "new-0123.db", path, sizeof path);
  path_of(f, "notes.txt", other, sizeof other);
  fclose(fopen(path, "w"));
  fclose(fopen(other, "w"));
  restart(f);
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(access(other, F_OK), 0); /* not ours to remove */
  assert_int_equal(topo_host_count(f->host), 0);
}

static void a_finished_file_that_was_not_registered_is_taken_in(void **state)
{
  struct fixture *f = *state;
  char path[256];
  struct topo_id device = found_one(f, "Tea house")->row.device;
  snprintf(path, sizeof path, "%s/node.db", f->dir);
  stop(f);
  assert_int_equal(unlink(path), 0);
  start(f);
  assert_non_null(topo_host_find(f->host, &device)->space);
  restart(f); /* and is registered from then on */
  assert_int_equal(topo_host_count(f->host), 1);
  assert_non_null(topo_host_find(f->host, &device)->space);
}

static void one_that_cannot_be_opened_does_not_hide_the_others(void **state)
{
  struct fixture *f = *state;
  char path[256], missing[256];
  const struct topo_host_entry *a = found_one(f, "A"), *b = found_one(f, "B"),
                               *c = found_one(f, "C");
  struct topo_id ids[] = {a->row.device, b->row.device, c->row.device};
  path_of(f, a->row.file, path, sizeof path);
  path_of(f, b->row.file, missing, sizeof missing);
  stop(f);
  FILE *file = fopen(path, "r+");
  for (int i = 0; i < 4096; i++)
    fputc('x', file);
  fclose(file);
  assert_int_equal(unlink(missing), 0);
  start(f);
  assert_int_equal(topo_host_count(f->host), 3);
  assert_int_equal(topo_host_find(f->host, &ids[0])->status, TOPO_ECORRUPT);
  assert_int_equal(topo_host_find(f->host, &ids[1])->status, TOPO_ENOTFOUND);
  assert_int_equal(topo_host_find(f->host, &ids[2])->status, 0);
  assert_int_equal(access(missing, F_OK), -1); /* nothing is made in its place */
}

static void a_link_that_is_none_leaves_nothing(void **state)
{
  struct fixture *f = *state;
  const struct topo_host_entry *entry;
  bool replayed;
  struct topo_host_wish wish = {.link = "topo://join/AAAA", .user_name = "Bob"};
  assert_int_equal(topo_host_make(f->host, &wish, &entry, &replayed), TOPO_EINVAL);
  assert_int_equal(topo_host_count(f->host), 0);
  restart(f);
  assert_int_equal(topo_host_count(f->host), 0);
}

static void nothing_is_made_after_the_end(void **state)
{
  struct fixture *f = *state;
  const struct topo_host_entry *entry;
  bool replayed;
  struct topo_host_wish wish = {.workspace_name = "Late", .user_name = "Alice"};
  topo_host_stop(f->host);
  assert_int_equal(topo_host_make(f->host, &wish, &entry, &replayed), TOPO_ECLOSED);
}

static int make_keyed(struct fixture *f, uint8_t request, bool *replayed,
                      const struct topo_host_entry **entry)
{
  struct topo_host_wish wish = {.workspace_name = "Tea house",
                                .user_name = "Alice",
                                .key = "retry-1",
                                .request = {{request}}};
  return topo_host_make(f->host, &wish, entry, replayed);
}

/* One key makes one space, after a restart and after a crash before it was registered, too. */
static void a_key_makes_one_space(void **state)
{
  struct fixture *f = *state;
  const struct topo_host_entry *entry;
  char node_db[96];
  bool replayed;
  assert_int_equal(make_keyed(f, 1, &replayed, &entry), 0);
  assert_false(replayed);
  struct topo_id device = entry->row.device;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(make_keyed(f, 1, &replayed, &entry), 0);
    assert_true(replayed);
    assert_true(topo_id_equal(&entry->row.device, &device));
    assert_int_equal(make_keyed(f, 2, &replayed, &entry), TOPO_EMISMATCH);
    assert_int_equal(topo_host_count(f->host), 1);
    stop(f);
    if (i == 1) { /* as if the row had never been written */
      snprintf(node_db, sizeof node_db, "%s/node.db", f->dir);
      assert_int_equal(unlink(node_db), 0);
    }
    start(f);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_space_is_there_after_a_restart, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_secret_of_the_port_stays, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_key_makes_one_space, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_was_half_made_is_removed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_finished_file_that_was_not_registered_is_taken_in, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(one_that_cannot_be_opened_does_not_hide_the_others, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(a_link_that_is_none_leaves_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nothing_is_made_after_the_end, set_up, tear_down),
  };
  return cmocka_run_group_tests_name("daemon/host", tests, NULL, NULL);
}
