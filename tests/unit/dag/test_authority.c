/* test_authority.c - small stories about who may: roles, users and their devices, slots, the
 * recovery key, and what follows for trust and for new events. */
#include "base/assert.h"
#include "base/status.h"
#include "unit/dag/compare.h"
#include "unit/dag/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
  struct story *story;
  struct space *space;
  size_t fed;
};

static int create_fixture(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  topo_assert(f);
  f->story = story_create();
  f->space = stranger(&f->story->workspace);
  *state = f;
  return 0;
}

static int destroy_fixture(void **state)
{
  struct fixture *f = *state;
  story_destroy(f->story);
  space_destroy(f->space);
  free(f);
  return 0;
}

/* Gives what the story has got since. */
static void give(struct fixture *f)
{
  assert_int_equal(space_give(f->space, f->story->events + f->fed, f->story->n - f->fed), 0);
  f->fed = f->story->n;
  space_keep_known(f->space, (const uint8_t(*)[32])f->story->secret, 1);
}

static enum topo_state state_of(struct fixture *f, struct topo_id id)
{
  give(f);
  return space_state(f->space, &id);
}

#define assert_state(f, id, state) assert_int_equal(state_of(f, id), TOPO_STATE_##state)

static bool trusted;
static void look_for(void *arg, const struct topo_id *key, bool is_invite)
{
  (void)is_invite;
  trusted |= topo_id_equal(arg, key);
}

static bool trusts(struct fixture *f, enum story_who device, struct topo_id key)
{
  trusted = false;
  topo_authority_trust(topo_dag_authority(f->space->dag), &f->story->people[device].public_key,
                       look_for, &key);
  return trusted;
}

/* What each role may do, by the table of §4: the columns are grant, device, invite, epoch. */
static void the_table_of_roles(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  static const bool may[5][4] = {{true, true, true, true},
                                 {true, true, true, true},
                                 {false, true, true, true},
                                 {false, true, true, true},
                                 {false, true, false, false}};
  for (uint8_t role = 0; role < 5; role++) {
    struct topo_id dora = story_grant(s, OWNER, s->owner, DORA, role);
    struct topo_id acts[] = {
        story_grant(s, DORA, dora, EMIL, role),
        story_device(s, DORA, dora, FAY, story_user(s, DORA)),
        story_invite(s, DORA, dora, DORA, role),
        story_epoch(s, DORA, dora, 1, NULL),
    };
    for (size_t i = 0; i < 4; i++)
      assert_int_equal(state_of(f, acts[i]), may[role][i] ? TOPO_STATE_ACCEPTED : TOPO_STATE_NAMED);
  }
}

/* Nobody gives a role above their own, by a grant or by an invite, nor admits to one. */
static void roles_do_not_rise(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id admin = story_grant(s, OWNER, s->owner, DORA, 1);
  struct topo_id member = story_grant(s, OWNER, s->owner, EMIL, 3);
  assert_state(f, story_grant(s, DORA, admin, FAY, 0), NAMED);
  assert_state(f, story_grant(s, DORA, admin, FAY, 1), ACCEPTED);
  assert_state(f, story_invite(s, EMIL, member, EMIL, 2), NAMED);
  assert_state(f, story_invite(s, EMIL, member, EMIL, 3), ACCEPTED);
  struct topo_id invite = story_invite(s, OWNER, s->owner, EMIL, 1);
  assert_state(f, story_admit(s, EMIL, member, invite, XENIA, 1), NAMED);
}

/* Role and right of content: a guest speaks, but makes no channel and does not name the workspace.
 */
static void roles_of_content(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id guest = story_grant(s, OWNER, s->owner, DORA, 4);
  struct topo_id member = story_grant(s, OWNER, s->owner, EMIL, 3);
  struct topo_id general = story_channel(s, (struct saying){EMIL, .auth = member}, "general");
  assert_state(f, general, ACCEPTED);
  assert_state(f, story_message(s, (struct saying){DORA, .auth = guest}, general, "hi"), ACCEPTED);
  assert_state(f, story_channel(s, (struct saying){DORA, .auth = guest}, "mine"), UNAUTHORISED);
  assert_state(f, story_profile(s, (struct saying){DORA, .auth = guest}, 0, "Dora"), ACCEPTED);
  assert_state(f, story_profile(s, (struct saying){EMIL, .auth = member}, 1, "W"), UNAUTHORISED);
  assert_state(f, story_profile(s, (struct saying){OWNER, .auth = s->owner}, 1, "W"), ACCEPTED);
}

/* An admin cannot bind a device of their own to somebody else's user; a user's second device,
 * brought in by the first, may be given a role under the user's name. */
static void users_keep_their_names(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id admin = story_grant(s, OWNER, s->owner, DORA, 1);
  struct topo_id victim = story_grant(s, OWNER, s->owner, EMIL, 3);
  struct topo_id phone = story_device(s, EMIL, victim, FAY, story_user(s, EMIL));
  assert_state(f, phone, ACCEPTED);
  assert_state(f, story_grant_as(s, DORA, admin, DORA, story_user(s, EMIL), 3), NAMED);
  assert_state(f, story_grant_as(s, DORA, admin, FAY, story_user(s, EMIL), 3), NAMED);

  struct topo_buf body = {0};
  struct craft_newcomer who = {.place = {s->workspace},
                               .device = &s->people[FAY],
                               .user = story_user(s, EMIL),
                               .auth = admin};
  craft_user_body(&body, &who, 2);
  struct topo_id promotion = story_control(s,
                                           (struct craft_control){.type = 0x0002,
                                                                  .signer = &s->people[DORA],
                                                                  .auth = admin,
                                                                  .parents = &phone,
                                                                  .n_parents = 1},
                                           &body);
  assert_state(f, promotion, ACCEPTED);
}

/* A device that did not agree, or an invite key that did not, makes no credential. */
static void newcomers_agree(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id invite = story_invite(s, OWNER, s->owner, OWNER, 3);
  for (int bad = 0; bad < 3; bad++) {
    struct topo_buf body = {0};
    struct craft_newcomer who = {.place = {s->workspace},
                                 .device = &s->people[DORA],
                                 .user = story_user(s, DORA),
                                 .auth = s->owner,
                                 .bad_countersign = bad == 1};
    craft_admission(&body, &who, &s->invite_key, &invite, 0, bad == 2);
    struct topo_id id = story_act(s, OWNER, s->owner, 0x0005, &body, 7 + (uint64_t)bad);
    assert_int_equal(state_of(f, id), bad ? TOPO_STATE_NAMED : TOPO_STATE_ACCEPTED);
    assert_true(bad == 0 || f->space->last_rejection == TOPO_ESIGNATURE);
  }
}

/* Who signs for a device's key without its right: the credential is another device's. */
static void a_credential_is_its_devices(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  assert_state(f, story_grant(s, DORA, s->owner, EMIL, 3), NAMED);
  assert_state(f, story_grant(s, GENESIS, s->workspace, EMIL, 3), ACCEPTED);
}

/* A slot is the named device's, and admits one: the admission of smaller KEY, whenever it comes.
 * What the loser did falls with it, and is valid again with it. */
static void a_slot_admits_one(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id general = story_channel(s, (struct saying){OWNER, .auth = s->owner}, "g");
  struct topo_id member = story_grant(s, OWNER, s->owner, FAY, 3);
  struct topo_id invite = story_invite(s, OWNER, s->owner, OWNER, 3);
  assert_state(f, story_admit(s, FAY, member, invite, XENIA, 1), NAMED); /* not her slot */
  struct topo_id a = story_admit(s, OWNER, s->owner, invite, DORA, 1);
  struct topo_id b = story_admit(s, OWNER, s->owner, invite, EMIL, 2);
  bool a_wins = topo_id_compare(&a, &b) < 0;
  size_t winner = a_wins ? s->n - 2 : s->n - 1, loser = a_wins ? s->n - 1 : s->n - 2;
  enum story_who fallen = a_wins ? EMIL : DORA;
  struct topo_id said =
      story_message(s, (struct saying){fallen, .auth = s->ids[loser]}, general, "x");
  struct topo_bytes late = s->events[winner];
  s->events[winner] = s->events[s->n - 1]; /* the winner stays out for now */
  s->events[s->n - 1] = late;
  s->n--;
  assert_state(f, said, ACCEPTED);
  assert_true(trusts(f, OWNER, s->people[fallen].public_key));
  s->n++;
  assert_state(f, said, UNAUTHORISED);
  assert_state(f, s->ids[loser], UNAUTHORISED);
  assert_false(trusts(f, OWNER, s->people[fallen].public_key));
  assert_true(trusts(f, OWNER, s->people[a_wins ? DORA : EMIL].public_key));
}

/* The invite key is trusted by the slot's owner alone, until the slot is taken; and never where it
 * is the device of a live credential. */
static void trust_in_invites(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id key = s->invite_key.public_key;
  struct topo_id invite = story_invite(s, OWNER, s->owner, OWNER, 3);
  give(f);
  assert_true(trusts(f, OWNER, key));
  assert_false(trusts(f, GENESIS, key));
  story_admit(s, OWNER, s->owner, invite, DORA, 1);
  give(f);
  assert_false(trusts(f, OWNER, key));
  struct topo_buf body = {0};
  struct topo_id member = s->people[DORA].public_key, owner = s->people[OWNER].public_key;
  craft_invite(&body, &member, 3, 0, &owner, 1);
  story_act(s, OWNER, s->owner, 0x0004, &body, 1);
  give(f);
  assert_true(trusts(f, OWNER, member)); /* as a device */
}

/* The recovery key, which signed genesis, gives its user a new device when all others are lost. */
static void the_recovery_key(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id fresh = story_device(s, GENESIS, s->workspace, XENIA, story_user(s, GENESIS));
  assert_state(f, fresh, ACCEPTED);
  assert_state(f, story_grant(s, XENIA, fresh, YVES, 0), ACCEPTED);
  assert_true(trusts(f, GENESIS, s->people[XENIA].public_key));
}

/* The frontier is what no other authority event has in its past. */
static void frontier(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id out[TOPO_PARENTS_MAX];
  give(f);
  assert_int_equal(topo_authority_frontier(topo_dag_authority(f->space->dag), out), 1);
  assert_memory_equal(&out[0], &s->owner, 32);
  struct topo_id dora = story_grant(s, OWNER, s->owner, DORA, 3);
  struct topo_id emil = story_grant(s, OWNER, s->owner, EMIL, 3);
  give(f);
  assert_int_equal(topo_authority_frontier(topo_dag_authority(f->space->dag), out), 2);
  bool ordered = topo_id_compare(&dora, &emil) < 0;
  assert_memory_equal(&out[0], ordered ? &dora : &emil, 32);
  assert_memory_equal(&out[1], ordered ? &emil : &dora, 32);
  for (uint64_t i = 0; i < 20; i++) {
    struct topo_buf body = {0};
    topo_buf_put_u8(&body, 0);
    story_act(s, OWNER, s->owner, 0x000f, &body, 100 + i); /* an authority type nobody knows */
  }
  give(f);
  assert_int_equal(topo_authority_frontier(topo_dag_authority(f->space->dag), out), 16);
  for (size_t i = 1; i < 16; i++)
    assert_true(topo_id_compare(&out[i - 1], &out[i]) < 0);
}

/* An invite whose one parent is this event. */
static struct topo_id invite_after(struct story *s, struct topo_id parent, uint64_t hlc)
{
  struct topo_buf body = {0};
  craft_invite(&body, &s->invite_key.public_key, 3, 0, &s->people[DORA].public_key, 1);
  struct craft_control c = {.type = 0x0004,
                            .hlc = hlc,
                            .signer = &s->people[OWNER],
                            .auth = s->owner,
                            .parents = &parent,
                            .n_parents = 1};
  return story_control(s, c, &body);
}

static struct topo_id unknown_act(struct story *s, uint16_t type)
{
  struct topo_buf body = {0};
  topo_buf_put_u8(&body, 0);
  return story_act(s, OWNER, s->owner, type, &body, 1);
}

/* The parents of a control event are authority events, known or not, and no others: the types up to
 * TOPO_TYPE_AUTHORITY_MAX. */
static void parents_are_authority_events(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id last = unknown_act(s, TOPO_TYPE_AUTHORITY_MAX);
  struct topo_id beyond = unknown_act(s, TOPO_TYPE_AUTHORITY_MAX + 1);
  assert_state(f, last, UNREADABLE);
  assert_state(f, beyond, UNREADABLE);
  assert_state(f, invite_after(s, last, 1), ACCEPTED);
  assert_state(f, invite_after(s, beyond, 2), NAMED);
}

/* An epoch whose body this version cannot read is admitted all the same, from whom may make one. */
static void unreadable_epochs(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_buf body = {0};
  struct topo_id guest = story_grant(s, OWNER, s->owner, DORA, 4);
  topo_buf_put_u8(&body, 9);
  assert_state(f, story_act(s, OWNER, s->owner, 0x0010, &body, 1), UNREADABLE);
  body = (struct topo_buf){0};
  topo_buf_put_u8(&body, 9);
  assert_state(f, story_act(s, DORA, guest, 0x0010, &body, 1), NAMED);
}

#define test(f) cmocka_unit_test_setup_teardown(f, create_fixture, destroy_fixture)

int main(void)
{
  const struct CMUnitTest tests[] = {
      test(the_table_of_roles),
      test(roles_do_not_rise),
      test(roles_of_content),
      test(users_keep_their_names),
      test(newcomers_agree),
      test(a_credential_is_its_devices),
      test(a_slot_admits_one),
      test(trust_in_invites),
      test(the_recovery_key),
      test(frontier),
      test(parents_are_authority_events),
      test(unreadable_epochs),
  };
  return cmocka_run_group_tests_name("dag-authority", tests, NULL, NULL);
}
