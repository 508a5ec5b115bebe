/*
 * test_registry.c - the catalog of spaces: what is made is there after a restart, what a crash left
 * is cleared or taken in, and one that cannot be opened does not hide the others. All of it with
 * the real disk, the real threads and a port on loopback.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "lib/builds.h"
#include "node/invite.h"
#include "node/node.h"
#include "tests/unit/daemon/real_registry.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void a_space_is_there_after_a_restart(void **state)
{
  struct real_registry *f = *state;
  struct topo_id device = real_registry_found(f, "Tea house")->row.device;
  real_registry_restart(f);
  assert_int_equal(topo_registry_count(f->registry), 1);
  const struct topo_registry_entry *entry = topo_registry_find(f->registry, &device);
  assert_non_null(entry);
  assert_int_equal(entry->status, 0);
  struct topo_space_item s;
  topo_space_item(entry->space, &s);
  assert_true(s.member);
  assert_string_equal(s.name, "Tea house");
  assert_string_equal(s.user_name, "Alice");
}

static void the_secret_of_the_port_stays(void **state)
{
  struct real_registry *f = *state;
  uint8_t before[32];
  memcpy(before, topo_registry_secret(f->registry), sizeof before);
  real_registry_restart(f);
  assert_memory_equal(topo_registry_secret(f->registry), before, sizeof before);
}

static void what_was_half_made_is_removed(void **state)
{
  struct real_registry *f = *state;
  char path[256], other[256];
  real_registry_path(f, "new-0123.db", path, sizeof path);
  real_registry_path(f, "notes.txt", other, sizeof other);
  fclose(fopen(path, "w"));
  fclose(fopen(other, "w"));
  real_registry_restart(f);
  assert_int_equal(access(path, F_OK), -1);
  assert_int_equal(access(other, F_OK), 0); /* not ours to remove */
  assert_int_equal(topo_registry_count(f->registry), 0);
}

static void a_finished_file_that_was_not_registered_is_taken_in(void **state)
{
  struct real_registry *f = *state;
  char path[256];
  struct topo_id device = real_registry_found(f, "Tea house")->row.device;
  snprintf(path, sizeof path, "%s/node.db", f->dir);
  real_registry_stop(f);
  assert_int_equal(unlink(path), 0);
  real_registry_start(f);
  assert_non_null(topo_registry_find(f->registry, &device)->space);
  real_registry_restart(f); /* and is registered from then on */
  assert_int_equal(topo_registry_count(f->registry), 1);
  assert_non_null(topo_registry_find(f->registry, &device)->space);
}

static void one_that_cannot_be_opened_does_not_hide_the_others(void **state)
{
  struct real_registry *f = *state;
  char path[256], missing[256];
  const struct topo_registry_entry *a = real_registry_found(f, "A"),
                                   *b = real_registry_found(f, "B"),
                                   *c = real_registry_found(f, "C");
  struct topo_id ids[] = {a->row.device, b->row.device, c->row.device};
  real_registry_path(f, a->row.file, path, sizeof path);
  real_registry_path(f, b->row.file, missing, sizeof missing);
  real_registry_stop(f);
  FILE *file = fopen(path, "r+");
  for (int i = 0; i < 4096; i++)
    fputc('x', file);
  fclose(file);
  assert_int_equal(unlink(missing), 0);
  real_registry_start(f);
  assert_int_equal(topo_registry_count(f->registry), 3);
  assert_int_equal(topo_registry_find(f->registry, &ids[0])->status, TOPO_ECORRUPT);
  assert_int_equal(topo_registry_find(f->registry, &ids[1])->status, TOPO_ENOTFOUND);
  assert_int_equal(topo_registry_find(f->registry, &ids[2])->status, 0);
  assert_int_equal(access(missing, F_OK), -1); /* nothing is made in its place */
}

static void ignore_trust(void *ctx)
{
  (void)ctx;
}

/* The file is judged again to the end by a build that reads less. */
static void live_under_an_older_build(const struct real_registry *f, const char *path)
{
  static const struct topo_node_ports ports = {.trust = ignore_trust};
  struct topo_node_options o = {
      .path = path, .disk = &f->disk, .rng = f->rng, .ports = &ports, .types = build_types(0)};
  struct topo_node *node;
  assert_int_equal(topo_node_open(&node, &o), 0);
  assert_true(topo_node_status(node).rebuild.rebuilding);
  while (topo_node_status(node).rebuild.rebuilding)
    topo_node_step(node, (struct topo_now){0}, NULL, 0);
  topo_node_close(node);
}

static void fingerprint_of(struct topo_space *space, char out[static 128])
{
  struct topo_op_call *call =
      real_registry_call(space, &topo_op_row_getFingerprint, NULL, NULL, NULL);
  assert_int_equal(call->status, 0);
  struct topo_bytes text = topo_json_text(&call->out);
  assert_true(text.len < 128);
  memcpy(out, text.data, text.len);
  out[text.len] = '\0';
  topo_op_call_destroy(call);
}

/* Nobody asks for anything, and all is judged again, in as many turns as it takes. */
static void one_of_another_build_is_judged_again(void **state)
{
  enum { SAID = 3 * TOPO_REBUILD_PIECE_MAX };
  struct real_registry *f = *state;
  char path[256], before[128], after[128];
  const struct topo_registry_entry *entry = real_registry_found(f, "Tea house");
  struct topo_id device = entry->row.device, general = real_registry_general(entry->space);
  real_registry_send(entry->space, &general, 0, SAID);
  fingerprint_of(entry->space, before);
  real_registry_path(f, entry->row.file, path, sizeof path);
  real_registry_stop(f);
  live_under_an_older_build(f, path);
  real_registry_start(f);
  struct topo_space *space = topo_registry_find(f->registry, &device)->space;
  struct topo_space_item item;
  topo_space_item(space, &item);
  assert_string_equal(item.name, "Tea house");
  while (topo_space_item(space, &item), item.rebuild.rebuilding)
    sched_yield();
  assert_true(item.rebuild.total > SAID);
  fingerprint_of(space, after);
  assert_string_equal(before, after);
}

/* What is judged again says how far it is, ready or not. */
static void progress_is_the_detail_of_a_space(void **state)
{
  (void)state;
  struct topo_space_item item = {.member = true, .name = "Tea house", .rebuild = {true, 7, 30}};
  struct topo_json json;
  topo_json_init(&json);
  topo_space_item_write(&json, &item);
  assert_int_equal(topo_buf_put_u8(&json.buf, 0), 0);
  assert_non_null(strstr((const char *)json.buf.data, "\"state\":\"ready\","
                                                      "\"detail\":\"7 of 30 judged again"
                                                      " after an upgrade\""));
  topo_json_finish(&json);
}

/* An invite link of a workspace finds the space that is there, with whatever key it comes. */
static void a_workspace_has_one_space(void **state)
{
  struct real_registry *f = *state;
  const struct topo_registry_entry *entry, *again, *other;
  struct topo_invite_link invite_link = {
      .workspace = {{1}}, .invite = {{2}}, .seed = {3}, .n_devices = 1};
  struct topo_registry_wish wish = {
      .user_name = "Bob", .invite_link = &invite_link, .key = "first", .request = {{1}}};
  enum topo_registry_how how;
  invite_link.devices[0].device = (struct topo_id){{4}};
  assert_int_equal(topo_registry_make(f->registry, &wish, &entry, &how), 0);
  assert_int_equal(how, TOPO_REGISTRY_MADE);
  assert_int_equal(topo_registry_make(f->registry, &wish, &again, &how), 0);
  assert_int_equal(how, TOPO_REGISTRY_REPLAYED);
  assert_ptr_equal(again, entry);
  const char *const keys[] = {NULL, "second"};
  for (size_t i = 0; i < 2; i++) {
    wish.key = keys[i];
    assert_int_equal(topo_registry_make(f->registry, &wish, &again, &how), 0);
    assert_int_equal(how, TOPO_REGISTRY_EXISTED);
    assert_ptr_equal(again, entry);
  }
  invite_link.workspace = (struct topo_id){{9}};
  wish.request = (struct topo_id){{2}};
  assert_int_equal(topo_registry_make(f->registry, &wish, &other, &how), 0);
  assert_int_equal(how, TOPO_REGISTRY_MADE);
  assert_ptr_not_equal(other, entry);
  assert_int_equal(topo_registry_count(f->registry), 2);
}

/* One that is damaged stands in nobody's way. */
static void a_space_that_cannot_be_opened_is_no_answer(void **state)
{
  struct real_registry *f = *state;
  const struct topo_registry_entry *entry;
  char path[256];
  struct topo_invite_link invite_link = {
      .workspace = {{1}}, .invite = {{2}}, .seed = {3}, .n_devices = 1};
  struct topo_registry_wish wish = {.user_name = "Bob", .invite_link = &invite_link};
  enum topo_registry_how how;
  invite_link.devices[0].device = (struct topo_id){{4}};
  assert_int_equal(topo_registry_make(f->registry, &wish, &entry, &how), 0);
  real_registry_path(f, entry->row.file, path, sizeof path);
  real_registry_stop(f);
  assert_int_equal(unlink(path), 0);
  real_registry_start(f);
  assert_int_equal(topo_registry_make(f->registry, &wish, &entry, &how), 0);
  assert_int_equal(how, TOPO_REGISTRY_MADE);
  assert_int_equal(topo_registry_count(f->registry), 2);
}

static void assert_invites_say(struct topo_space *space, const char *addresses)
{
  struct topo_op_call *call =
      real_registry_call(space, &topo_op_row_createInvite, NULL, NULL, "{}");
  assert_int_equal(call->status, 0);
  assert_int_equal(topo_buf_put_u8(&call->out.buf, 0), 0);
  assert_non_null(strstr((const char *)call->out.buf.data, addresses));
  topo_op_call_destroy(call);
}

/* The list of now is what counts, whenever a space was opened. */
static void every_space_hears_where_the_daemon_is_reached(void **state)
{
  static const struct topo_address first = {{4, 192, 0, 2, 1, 0, 7}, 7},
                                   then[] = {{{4, 192, 0, 2, 2, 0, 7}, 7},
                                             {{6, 0x20, 1, 0xd, 0xb8, [17] = 0, 7}, 19}};
  struct real_registry *f = *state;
  struct topo_space *early = real_registry_found(f, "Early")->space;
  assert_invites_say(early, "\"addresses\":[]");
  topo_registry_set_addresses(f->registry, &first, 1);
  struct topo_space *late = real_registry_found(f, "Late")->space;
  assert_invites_say(early, "\"addresses\":[\"192.0.2.1:7\"]");
  assert_invites_say(late, "\"addresses\":[\"192.0.2.1:7\"]");
  topo_registry_set_addresses(f->registry, &first, 1);
  topo_registry_set_addresses(f->registry, then, 2); /* it may not have heard of the former yet */
  assert_invites_say(early, "\"addresses\":[\"192.0.2.2:7\",\"[2001:db8::]:7\"]");
  assert_invites_say(late, "\"addresses\":[\"192.0.2.2:7\",\"[2001:db8::]:7\"]");
  topo_registry_set_addresses(f->registry, then, 0);
  assert_invites_say(early, "\"addresses\":[]");
  struct topo_address told[TOPO_NODE_ADDRESSES_MAX];
  assert_int_equal(topo_registry_addresses(f->registry, told), 0);
}

static void nothing_is_made_after_the_end(void **state)
{
  struct real_registry *f = *state;
  const struct topo_registry_entry *entry;
  enum topo_registry_how how;
  struct topo_registry_wish wish = {.workspace_name = "Late", .user_name = "Alice"};
  topo_registry_stop(f->registry);
  assert_int_equal(topo_registry_make(f->registry, &wish, &entry, &how), TOPO_ECLOSED);
}

static int make_keyed(struct real_registry *f, uint8_t request, enum topo_registry_how *how,
                      const struct topo_registry_entry **entry)
{
  struct topo_registry_wish wish = {.workspace_name = "Tea house",
                                    .user_name = "Alice",
                                    .key = "retry-1",
                                    .request = {{request}}};
  return topo_registry_make(f->registry, &wish, entry, how);
}

/* One key makes one space, after a restart and after a crash before it was registered, too. */
static void a_key_makes_one_space(void **state)
{
  struct real_registry *f = *state;
  const struct topo_registry_entry *entry;
  char node_db[96];
  enum topo_registry_how how;
  assert_int_equal(make_keyed(f, 1, &how, &entry), 0);
  assert_int_equal(how, TOPO_REGISTRY_MADE);
  struct topo_id device = entry->row.device;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(make_keyed(f, 1, &how, &entry), 0);
    assert_int_equal(how, TOPO_REGISTRY_REPLAYED);
    assert_true(topo_id_equal(&entry->row.device, &device));
    assert_int_equal(make_keyed(f, 2, &how, &entry), TOPO_EMISMATCH);
    assert_int_equal(topo_registry_count(f->registry), 1);
    real_registry_stop(f);
    if (i == 1) { /* as if the row had never been written */
      snprintf(node_db, sizeof node_db, "%s/node.db", f->dir);
      assert_int_equal(unlink(node_db), 0);
    }
    real_registry_start(f);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_space_is_there_after_a_restart, real_registry_set_up,
                                      real_registry_tear_down),
      cmocka_unit_test_setup_teardown(the_secret_of_the_port_stays, real_registry_set_up,
                                      real_registry_tear_down),
      cmocka_unit_test_setup_teardown(a_key_makes_one_space, real_registry_set_up,
                                      real_registry_tear_down),
      cmocka_unit_test_setup_teardown(what_was_half_made_is_removed, real_registry_set_up,
                                      real_registry_tear_down),
      cmocka_unit_test_setup_teardown(a_finished_file_that_was_not_registered_is_taken_in,
                                      real_registry_set_up, real_registry_tear_down),
      cmocka_unit_test_setup_teardown(one_that_cannot_be_opened_does_not_hide_the_others,
                                      real_registry_set_up, real_registry_tear_down),
      cmocka_unit_test_setup_teardown(one_of_another_build_is_judged_again, real_registry_set_up,
                                      real_registry_tear_down),
      cmocka_unit_test(progress_is_the_detail_of_a_space),
      cmocka_unit_test_setup_teardown(a_workspace_has_one_space, real_registry_set_up,
                                      real_registry_tear_down),
      cmocka_unit_test_setup_teardown(a_space_that_cannot_be_opened_is_no_answer,
                                      real_registry_set_up, real_registry_tear_down),
      cmocka_unit_test_setup_teardown(every_space_hears_where_the_daemon_is_reached,
                                      real_registry_set_up, real_registry_tear_down),
      cmocka_unit_test_setup_teardown(nothing_is_made_after_the_end, real_registry_set_up,
                                      real_registry_tear_down),
  };
  return cmocka_run_group_tests_name("daemon/host", tests, NULL, NULL);
}
