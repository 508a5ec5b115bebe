/*
 * test_follow.c - a client that patches what it holds, by the events it is told and the rules of
 * the document (openapi/openapi.yaml, Event), holds what a client would read anew. Random sets of
 * events, in random orders, with every verdict that flips.
 */
#include "api/operations.gen.h"
#include "base/assert.h"
#include "base/status.h"
#include "events/notification.h"
#include "events/profile/profile_read.h"
#include "unit/dag/compare.h"

#include <cjson/cJSON.h>

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#if defined __SANITIZE_ADDRESS__
enum { SETS = 25 };
#else
enum { SETS = 120 };
#endif
enum { BATCH = 64, PAGE = 200 };

/* Objects whose names are the ids of what they hold. */
struct client {
  cJSON *messages, *channels, *members;
  char workspace_name[256];
  struct topo_change_cursor at;
  bool mine_changed; /* another user, or none, is me: what is mine must be read anew */
  bool power_cut;    /* since the last look: the incarnation that its cursor names may be lost */
  size_t told, gone;
};

static struct topo_view view_of(struct space *space, const struct topo_id *device)
{
  return (struct topo_view){space->db, space->self.workspace, *device};
}

static const char *text_of(const cJSON *object, const char *key)
{
  const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
  assert_true(cJSON_IsString(value));
  return value->valuestring;
}

/* ---- what a client does ---------------------------------------------------------------------- */

static void put(cJSON *things, const char *id, const cJSON *thing)
{
  cJSON_DeleteItemFromObjectCaseSensitive(things, id);
  assert_true(cJSON_AddItemToObject(things, id, cJSON_Duplicate(thing, true)));
}

/* A member's name is that of the author of its messages and channels. */
static void rename_author(cJSON *things, const char *user, const char *name)
{
  cJSON *thing;
  cJSON_ArrayForEach(thing, things)
  {
    cJSON *author = cJSON_GetObjectItemCaseSensitive(thing, "author");
    if (strcmp(text_of(author, "user"), user) == 0)
      cJSON_ReplaceItemInObjectCaseSensitive(author, "name", cJSON_CreateString(name));
  }
}

static bool is_me(const cJSON *member)
{
  return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(member, "is_me"));
}

static void apply_member(struct client *c, const cJSON *data, bool gone)
{
  const char *user = text_of(data, "user");
  const cJSON *before = cJSON_GetObjectItemCaseSensitive(c->members, user);
  c->mine_changed |= is_me(before) != is_me(data);
  if (gone)
    cJSON_DeleteItemFromObjectCaseSensitive(c->members, user);
  else
    put(c->members, user, data);
  rename_author(c->messages, user, text_of(data, "name"));
  rename_author(c->channels, user, text_of(data, "name"));
}

static void apply(struct client *c, const cJSON *event)
{
  const char *type = text_of(event, "type");
  const cJSON *data = cJSON_GetObjectItemCaseSensitive(event, "data");
  c->told++;
  c->gone += strstr(type, ".gone") != NULL;
  if (strcmp(type, "message") == 0)
    put(c->messages, text_of(data, "message"), data);
  else if (strcmp(type, "message.gone") == 0)
    cJSON_DeleteItemFromObjectCaseSensitive(c->messages, text_of(data, "message"));
  else if (strcmp(type, "channel") == 0)
    put(c->channels, text_of(data, "channel"), data);
  else if (strcmp(type, "channel.gone") == 0)
    cJSON_DeleteItemFromObjectCaseSensitive(c->channels, text_of(data, "channel"));
  else if (strcmp(type, "member") == 0 || strcmp(type, "member.gone") == 0)
    apply_member(c, data, strcmp(type, "member") != 0);
  else if (strcmp(type, "workspace") == 0)
    snprintf(c->workspace_name, sizeof c->workspace_name, "%s", text_of(data, "name"));
  else
    fail_msg("an event of type %s", type);
}

/* One event as it is sent; NULL when nothing is told of the change. */
static cJSON *frame_of(const struct topo_view *view, const struct topo_change *change,
                       uint64_t incarnation)
{
  struct topo_notification_topic topic;
  struct topo_notification_about frame;
  struct topo_json json;
  struct topo_change_cursor cursor = {incarnation, change->seq};
  int told = topo_notification_topic(view, change, &topic);
  assert_true(told >= 0);
  if (told == 0)
    return NULL;
  topo_json_init(&json);
  assert_int_equal(topo_notification_write(view, &topic, &cursor, &json, &frame), 0);
  struct topo_bytes text = topo_json_text(&json);
  cJSON *event = cJSON_ParseWithLength((const char *)text.data, text.len);
  assert_non_null(event);
  assert_string_equal(text_of(event, "type"), topo_notification_name(&frame));
  topo_json_finish(&json);
  return event;
}

/* ---- what a read shows ----------------------------------------------------------------------- */

static cJSON *read_items(const struct topo_view *view, const struct topo_op *op,
                         const char *channel)
{
  struct topo_op_call *call = topo_op_call_create(op);
  bool unknown;
  if (channel) {
    assert_int_equal(topo_op_set(call, TOPO_OP_PATH, "channel", channel, strlen(channel), &unknown),
                     0);
    assert_int_equal(topo_op_set(call, TOPO_OP_QUERY, "limit", "200", 3, &unknown), 0);
  }
  assert_int_equal(op->run(call, (void *)(uintptr_t)view), 0);
  struct topo_bytes text = topo_json_text(&call->out);
  cJSON *answer = cJSON_ParseWithLength((const char *)text.data, text.len);
  assert_non_null(answer);
  cJSON *items = cJSON_DetachItemFromObjectCaseSensitive(answer, "items");
  assert_true(cJSON_IsArray(items) && cJSON_GetArraySize(items) < PAGE);
  cJSON_Delete(answer);
  topo_op_call_destroy(call);
  return items;
}

static void read_anew(struct client *c, struct space *space, const struct topo_id *device)
{
  struct topo_view view = view_of(space, device);
  char user_name[sizeof c->workspace_name];
  *c = (struct client){cJSON_CreateObject(), cJSON_CreateObject(), cJSON_CreateObject(),
                       .workspace_name = ""};
  assert_int_equal(topo_changes_head(space->db, &c->at), 0);
  assert_int_equal(topo_profile_names(&view, c->workspace_name, user_name, sizeof user_name), 0);
  cJSON *channels = read_items(&view, &topo_op_row_listChannels, NULL), *item;
  cJSON *members = read_items(&view, &topo_op_row_listMembers, NULL);
  cJSON_ArrayForEach(item, members)
  {
    put(c->members, text_of(item, "user"), item);
  }
  cJSON_ArrayForEach(item, channels)
  {
    const char *last_place = "";
    put(c->channels, text_of(item, "channel"), item);
    cJSON *messages = read_items(&view, &topo_op_row_listMessages, text_of(item, "channel"));
    cJSON *message;
    cJSON_ArrayForEach(message, messages)
    {
      assert_true(strcmp(text_of(message, "place"), last_place) > 0);
      last_place = text_of(message, "place");
      put(c->messages, text_of(message, "message"), message);
    }
    cJSON_Delete(messages);
  }
  cJSON_Delete(channels);
  cJSON_Delete(members);
}

static void forget(struct client *c)
{
  cJSON_Delete(c->messages);
  cJSON_Delete(c->channels);
  cJSON_Delete(c->members);
}

static void read_messages_anew(struct client *c, struct space *space, const struct topo_id *device)
{
  struct client fresh;
  read_anew(&fresh, space, device);
  cJSON_Delete(c->messages);
  c->messages = fresh.messages;
  fresh.messages = NULL;
  forget(&fresh);
  c->mine_changed = false;
}

static void catch_up(struct client *c, struct space *space, const struct topo_id *device)
{
  struct topo_view view = view_of(space, device);
  struct topo_change changes[BATCH];
  struct topo_change_cursor head;
  int n = topo_changes_resume(space->db, &c->at);
  assert_true(n == 0 || (n == TOPO_ENOTFOUND && c->power_cut));
  c->power_cut = false;
  if (n < 0) {
    forget(c);
    read_anew(c, space, device);
    return;
  }
  assert_int_equal(topo_changes_head(space->db, &head), 0);
  while ((n = topo_changes_read(space->db, c->at.seq, changes, BATCH)) > 0)
    for (int i = 0; i < n; i++) {
      cJSON *event = frame_of(&view, &changes[i], head.incarnation);
      if (event)
        apply(c, event);
      cJSON_Delete(event);
      c->at = (struct topo_change_cursor){head.incarnation, changes[i].seq};
    }
  assert_int_equal(n, 0);
  if (c->mine_changed)
    read_messages_anew(c, space, device);
}

static void assert_same(const cJSON *patched, const cJSON *read, const char *what, uint64_t seed)
{
  if (cJSON_Compare(patched, read, true))
    return;
  char *a = cJSON_Print(patched), *b = cJSON_Print(read);
  fprintf(stderr, "# patched: %s\n# read: %s\n", a, b);
  cJSON_free(a);
  cJSON_free(b);
  fail_msg("seed %" PRIu64 ": the %s differ", seed, what);
}

static void compare(const struct client *c, struct space *space, const struct topo_id *device,
                    uint64_t seed)
{
  struct client fresh;
  read_anew(&fresh, space, device);
  assert_same(c->members, fresh.members, "members", seed);
  assert_same(c->channels, fresh.channels, "channels", seed);
  assert_same(c->messages, fresh.messages, "messages", seed);
  assert_string_equal(c->workspace_name, fresh.workspace_name);
  forget(&fresh);
}

/* ---- the play -------------------------------------------------------------------------------- */

struct play {
  uint64_t seed;
  struct gen_rng rng;
  struct space *space;
  struct topo_id device;
  struct client clients[3]; /* one is always there, one comes at times, one began with a read */
};

static void look(struct play *p, bool last)
{
  for (size_t i = 0; i < 3; i++) {
    if (!last && i == 1 && !gen_chance(&p->rng, 15))
      continue;
    catch_up(&p->clients[i], p->space, &p->device);
    compare(&p->clients[i], p->space, &p->device, p->seed);
  }
}

static void begin_clients(struct play *p)
{
  for (size_t i = 0; i < 3; i++)
    read_anew(&p->clients[i], p->space, &p->device);
}

static void reopen(struct play *p)
{
  bool power_cut = gen_chance(&p->rng, 50);
  assert_int_equal(space_reopen(p->space, power_cut), 0);
  for (size_t i = 0; i < 3; i++)
    p->clients[i].power_cut |= power_cut;
}

/* The device whose client it is: a stranger's, or one of the set's. */
static void play(uint64_t seed, int who, size_t totals[2])
{
  struct play p = {.seed = seed, .rng = {seed * 31 + (uint64_t)who}};
  struct gen_set *set = gen_create(seed, 60);
  const uint8_t(*secrets)[32] = (const uint8_t(*)[32])set->secrets;
  struct oracle_result *oracle =
      judge(&set->workspace, set->events, set->n_events, secrets, set->n_secrets);
  p.space = stranger(&set->workspace);
  if (who >= 0) {
    p.space->self.device.public_key = set->devices[who];
    assert_int_equal(space_reopen(p.space, false), 0);
  }
  p.device = p.space->self.device.public_key;
  begin_clients(&p);
  gen_shuffle(&p.rng, set->events, set->n_events);
  for (size_t at = 0; at < set->n_events;) {
    size_t n = 1 + gen_below(&p.rng, 6);
    if (n > set->n_events - at)
      n = set->n_events - at;
    struct arrival part = {.events = set->events + at,
                           .n = n,
                           .secrets = secrets,
                           .n_secrets = gen_chance(&p.rng, 50) ? set->n_secrets : 0,
                           .oracle = oracle,
                           .batch_max = 8,
                           .late_keys = true,
                           .late_answers = true};
    arrive(p.space, &part, &p.rng);
    if (gen_chance(&p.rng, 10))
      reopen(&p);
    if (gen_chance(&p.rng, 5)) { /* one leaves, and another comes and reads */
      forget(&p.clients[2]);
      read_anew(&p.clients[2], p.space, &p.device);
    }
    look(&p, false);
    at += n;
  }
  struct arrival rest = {.events = set->events,
                         .n = set->n_events,
                         .secrets = secrets,
                         .n_secrets = set->n_secrets,
                         .oracle = oracle,
                         .batch_max = 64};
  arrive(p.space, &rest, &p.rng);
  look(&p, true);
  totals[0] += p.clients[0].told;
  totals[1] += p.clients[0].gone;
  for (size_t i = 0; i < 3; i++)
    forget(&p.clients[i]);
  space_destroy(p.space);
  oracle_result_destroy(oracle);
  gen_destroy(set);
}

static void play_all(int who, int step)
{
  size_t totals[2] = {0};
  for (uint64_t seed = 1; seed <= SETS; seed++)
    play(seed, step ? (int)(seed % GEN_DEVICES) : who, totals);
  assert_true(totals[0] > SETS * 5 && totals[1] > SETS / 4); /* things came and went */
}

static void of_somebody_who_is_no_member(void **state)
{
  (void)state;
  play_all(-1, 0);
}

static void of_the_devices_of_the_set(void **state)
{
  (void)state;
  play_all(0, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(of_somebody_who_is_no_member),
      cmocka_unit_test(of_the_devices_of_the_set),
  };
  return cmocka_run_group_tests_name("follow", tests, NULL, NULL);
}
