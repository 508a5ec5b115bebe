/*
 * test_notification.c - a change as a client is told of it: the very item that the reads answer
 * with, or that it is gone, when a verdict flips.
 */
#include "api/operations.gen.h"
#include "base/status.h"
#include "events/notification.h"
#include "events/profile/profile.h"
#include "lib/space.h"
#include "unit/dag/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TOLD_MAX = 64 };

/* The notifications of what has changed. */
struct told {
  size_t n;
  int64_t seq; /* told up to here */
  struct {
    struct topo_notification_about notification;
    char *json;
  } all[TOLD_MAX];
};

struct fixture {
  struct story *story;
  struct space *space;
  struct topo_view view;
  struct told told;
};

static struct fixture *stage(enum story_who who)
{
  struct fixture *f = calloc(1, sizeof *f);
  struct topo_self self;
  f->story = story_create();
  space_identity(&self, 200);
  self.device = f->story->people[who];
  f->space = space_create(&self, &f->story->workspace);
  f->view = (struct topo_view){f->space->db, f->story->workspace, self.device.public_key};
  return f;
}

static void forget(struct told *told)
{
  for (size_t i = 0; i < told->n; i++)
    free(told->all[i].json);
  told->n = 0;
}

static void strike(struct fixture *f)
{
  forget(&f->told);
  space_destroy(f->space);
  story_destroy(f->story);
  free(f);
}

static void tell(struct fixture *f, const struct topo_change *change, uint64_t incarnation)
{
  struct topo_notification_topic topic;
  struct topo_json json;
  struct topo_change_cursor cursor = {incarnation, change->seq};
  struct told *told = &f->told;
  int status = topo_notification_topic(&f->view, change, &topic);
  assert_true(status >= 0 && told->n < TOLD_MAX);
  if (status == 0)
    return;
  topo_json_init(&json);
  assert_int_equal(
      topo_notification_write(&f->view, &topic, &cursor, &json, &told->all[told->n].notification),
      0);
  struct topo_bytes text = topo_json_text(&json);
  told->all[told->n++].json = strndup((const char *)text.data, text.len);
  topo_json_finish(&json);
}

/* Gives the story's events from `first` on, and its key, and writes notifications of what has
 * changed since.
 */
static void go_on(struct fixture *f, size_t first, size_t n)
{
  struct topo_change changes[TOLD_MAX];
  struct topo_change_cursor head;
  forget(&f->told);
  assert_int_equal(space_give(f->space, f->story->events + first, n), 0);
  space_keep_known(f->space, (const uint8_t(*)[32])f->story->secret, 1);
  assert_int_equal(topo_changes_head(f->space->db, &head), 0);
  int count = topo_changes_read(f->space->db, f->told.seq, changes, TOLD_MAX);
  assert_true(count >= 0 && count < TOLD_MAX);
  for (int i = 0; i < count; i++)
    tell(f, &changes[i], head.incarnation);
  f->told.seq = head.seq;
}

/* The notification of that type about that id; fails when there is not exactly one. */
static const char *told_of(const struct fixture *f, const char *type, const struct topo_id *id)
{
  struct topo_json text;
  const char *found = NULL;
  char needle[64];
  topo_json_init(&text);
  topo_json_id(&text, id);
  struct topo_bytes t = topo_json_text(&text);
  snprintf(needle, sizeof needle, "\":%.*s", (int)t.len, (const char *)t.data);
  topo_json_finish(&text);
  for (size_t i = 0; i < f->told.n; i++) {
    const char *data = strstr(f->told.all[i].json, "\"data\":{");
    const char *at = strchr(data + 8, ':');
    if (strcmp(topo_notification_name(&f->told.all[i].notification), type) != 0 ||
        strncmp(at - 1, needle, strlen(needle)) != 0)
      continue;
    assert_null(found);
    found = f->told.all[i].json;
  }
  if (!found)
    fail_msg("nothing of type %s about it", type);
  return found;
}

/* What a read answers, to be freed. `name`, when not NULL, is a path parameter with that id. */
static char *read_op(const struct fixture *f, const struct topo_op *op, const char *name,
                     const struct topo_id *id)
{
  struct topo_op_call *call = topo_op_call_create(op);
  struct topo_json text;
  bool unknown;
  topo_json_init(&text);
  if (name) {
    topo_json_id(&text, id);
    struct topo_bytes t = topo_json_text(&text);
    assert_int_equal(
        topo_op_set(call, TOPO_OP_PATH, name, (const char *)t.data + 1, t.len - 2, &unknown), 0);
  }
  assert_int_equal(op->run(call, (void *)(uintptr_t)&f->view), 0);
  struct topo_bytes answer = topo_json_text(&call->out);
  char *out = strndup((const char *)answer.data, answer.len);
  topo_json_finish(&text);
  topo_op_call_destroy(call);
  return out;
}

/* The text of `data`, to be freed. */
static char *data_of(const char *json)
{
  const char *data = strstr(json, "\"data\":");
  assert_non_null(data);
  return strndup(data + 7, strlen(data + 7) - 1);
}

static void assert_data(const char *json, const char *expected)
{
  char *data = data_of(json);
  assert_string_equal(data, expected);
  free(data);
}

/* The data is one of the items of a list. */
static void assert_listed(const struct fixture *f, const char *json, const struct topo_op *op)
{
  char *data = data_of(json), *list = read_op(f, op, NULL, NULL);
  assert_non_null(strstr(list, data));
  free(data);
  free(list);
}

static struct saying owner_says(const struct fixture *f, uint32_t seq, struct topo_id prev)
{
  return (struct saying){OWNER, .auth = f->story->owner, .seq = seq, .prev = prev};
}

/* A workspace with names, a channel, a message and a reaction: every topic there is. */
static void a_notification_holds_what_a_read_answers(void **state)
{
  (void)state;
  struct fixture *f = stage(OWNER);
  struct story *s = f->story;
  struct topo_id id =
      story_profile(s, owner_says(f, 0, topo_id_zero), TOPO_PROFILE_OF_WORKSPACE, "Mice");
  id = story_profile(s, owner_says(f, 1, id), TOPO_PROFILE_OF_USER, "Olga \"O\"");
  struct topo_id channel = id = story_channel(s, owner_says(f, 2, id), "general");
  struct topo_id message = id = story_message(s, owner_says(f, 3, id), channel, "hello");
  story_reaction(s, owner_says(f, 4, id), message, "+");
  go_on(f, 0, s->n);
  char *item = read_op(f, &topo_op_row_getMessage, "message", &message);
  const char *last = NULL; /* a reaction is a change of its message: told twice, the same */
  for (size_t i = 0; i < f->told.n; i++)
    if (f->told.all[i].notification.type == TOPO_NOTIFY_MESSAGE) {
      last = f->told.all[i].json;
      assert_data(last, item);
      assert_true(f->told.all[i].notification.in_channel);
      assert_memory_equal(&f->told.all[i].notification.channel, &channel, sizeof channel);
    }
  assert_non_null(last);
  assert_non_null(strstr(item, "\"reactions\":[{"));
  free(item);
  assert_listed(f, told_of(f, "channel", &channel), &topo_op_row_listChannels);
  const char *member = NULL; /* by its credential and by its profile */
  for (size_t i = 0; i < f->told.n; i++)
    if (f->told.all[i].notification.type == TOPO_NOTIFY_MEMBER) {
      member = f->told.all[i].json;
      assert_false(f->told.all[i].notification.gone);
      assert_listed(f, member, &topo_op_row_listMembers);
    }
  assert_non_null(member);
  assert_non_null(strstr(member, "\"name\":\"Olga \\\"O\\\"\""));
  assert_non_null(strstr(told_of(f, "workspace", &s->workspace), "\"name\":\"Mice\"}}"));
  strike(f);
}

/* The cursor of a notification is that of its change, and its head says what and where. */
static void a_notification_begins_with_what_it_is(void **state)
{
  (void)state;
  struct fixture *f = stage(OWNER);
  struct topo_change_cursor head, cursor;
  struct topo_id channel = story_channel(f->story, owner_says(f, 0, topo_id_zero), "general");
  go_on(f, 0, f->story->n);
  const char *json = told_of(f, "channel", &channel), *at = strstr(json, "\"cursor\":\"");
  static const char begin[] = "{\"type\":\"channel\",\"space\":\"";
  assert_memory_equal(json, begin, sizeof begin - 1);
  assert_int_equal(topo_changes_head(f->space->db, &head), 0);
  assert_non_null(at);
  at += 10;
  assert_int_equal(topo_change_cursor_parse(&cursor, at, strcspn(at, "\"")), 0);
  assert_true(cursor.incarnation == head.incarnation && cursor.seq > 0 && cursor.seq <= head.seq);
  strike(f);
}

/* Two admissions of one slot; the later one wins, and with the loser goes all that it said. */
static void what_a_flip_takes_away_is_gone(void **state)
{
  (void)state;
  struct fixture *f = stage(OWNER);
  struct story *s = f->story;
  struct topo_id general = story_channel(s, owner_says(f, 0, topo_id_zero), "general");
  struct topo_id said = story_message(s, owner_says(f, 1, general), general, "stays");
  struct topo_id invite = story_invite(s, OWNER, s->owner, OWNER, 1);
  struct topo_id a = story_admit(s, OWNER, s->owner, invite, DORA, 1);
  struct topo_id b = story_admit(s, OWNER, s->owner, invite, EMIL, 2);
  bool a_loses = topo_id_compare(&a, &b) > 0;
  enum story_who loser = a_loses ? DORA : EMIL, winner = a_loses ? EMIL : DORA;
  struct saying how = {loser, .auth = a_loses ? a : b};
  how.prev = story_profile(s, how, TOPO_PROFILE_OF_USER, "Loser"), how.seq++;
  struct topo_id channel = how.prev = story_channel(s, how, "lost");
  how.seq++;
  struct topo_id lost = how.prev = story_message(s, how, channel, "lost"), users[2];
  how.seq++;
  story_reaction(s, how, said, "!");
  users[0] = story_user(s, loser), users[1] = story_user(s, winner);
  size_t late = a_loses ? s->n - 5 : s->n - 6; /* the winner's admission */
  struct topo_bytes last = s->events[late];
  memmove(&s->events[late], &s->events[late + 1], (s->n - 1 - late) * sizeof last);
  s->events[s->n - 1] = last;

  go_on(f, 0, s->n - 1);
  told_of(f, "channel", &channel);
  told_of(f, "message", &lost);
  go_on(f, s->n - 1, 1);
  char id_text[64], expected[160];
  assert_non_null(strstr(told_of(f, "channel.gone", &channel), "\"data\":{\"channel\":\""));
  const char *gone = told_of(f, "message.gone", &lost);
  assert_non_null(strstr(gone, "\"data\":{\"message\":\""));
  for (size_t i = 0; i < f->told.n; i++)
    if (f->told.all[i].json == gone)
      assert_false(f->told.all[i].notification.in_channel); /* so everybody is told */
  char *item = read_op(f, &topo_op_row_getMessage, "message", &said);
  assert_data(told_of(f, "message", &said), item); /* its reaction is gone */
  assert_non_null(strstr(item, "\"reactions\":[]"));
  free(item);
  assert_listed(f, told_of(f, "member", &users[1]), &topo_op_row_listMembers);
  const char *member = NULL;
  for (size_t i = 0; i < f->told.n; i++)
    if (strcmp(topo_notification_name(&f->told.all[i].notification), "member.gone") == 0)
      member = f->told.all[i].json;
  assert_non_null(member);
  struct topo_json text;
  topo_json_init(&text);
  topo_json_id(&text, &users[0]);
  struct topo_bytes t = topo_json_text(&text);
  snprintf(id_text, sizeof id_text, "%.*s", (int)t.len, (const char *)t.data);
  topo_json_finish(&text);
  snprintf(expected, sizeof expected, "{\"user\":%s,\"name\":\"\"}", id_text);
  assert_data(member, expected); /* its profile went with it */
  strike(f);
}

/* A profile of a user is told as the member, one of the workspace as the workspace, again and
 * again. */
static void names_are_told_as_they_change(void **state)
{
  (void)state;
  struct fixture *f = stage(OWNER);
  struct story *s = f->story;
  struct topo_id user = story_user(s, GENESIS), id = topo_id_zero;
  go_on(f, 0, s->n);
  for (uint32_t seq = 0; seq < 6; seq++) {
    char name[16], member[32];
    snprintf(name, sizeof name, "name %u", seq);
    snprintf(member, sizeof member, "\"name\":\"%s\"", name);
    id = story_profile(s, owner_says(f, seq, id),
                       seq % 2 ? TOPO_PROFILE_OF_WORKSPACE : TOPO_PROFILE_OF_USER, name);
    go_on(f, s->n - 1, 1);
    assert_int_equal(f->told.n, 1);
    const char *told =
        seq % 2 ? told_of(f, "workspace", &s->workspace) : told_of(f, "member", &user);
    bool newest = strstr(told, member) != NULL; /* of equal times the greater id names it */
    assert_true(newest || seq >= 2);
  }
  strike(f);
}

/* A more senior credential of this device to another user: who was "me" is so no more, and is told
 * of although none of its credentials changed. */
static void who_is_me_is_told_of_both(void **state)
{
  (void)state;
  struct fixture *f = stage(DORA);
  struct story *s = f->story;
  struct topo_id dora = story_user(s, DORA), owner = story_user(s, GENESIS);
  story_grant(s, OWNER, s->owner, DORA, 3);
  go_on(f, 0, s->n);
  assert_non_null(strstr(told_of(f, "member", &dora), "\"is_me\":true,\"devices\""));
  assert_non_null(strstr(told_of(f, "member", &owner), "\"is_me\":false,\"devices\""));
  story_device(s, OWNER, s->owner, DORA, owner);
  go_on(f, s->n - 1, 1);
  assert_non_null(strstr(told_of(f, "member", &dora), "\"is_me\":false,\"devices\""));
  assert_non_null(strstr(told_of(f, "member", &owner), "\"is_me\":true,\"devices\""));
  strike(f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_notification_holds_what_a_read_answers),
      cmocka_unit_test(a_notification_begins_with_what_it_is),
      cmocka_unit_test(what_a_flip_takes_away_is_gone),
      cmocka_unit_test(names_are_told_as_they_change),
      cmocka_unit_test(who_is_me_is_told_of_both),
  };
  return cmocka_run_group_tests_name("notification", tests, NULL, NULL);
}
