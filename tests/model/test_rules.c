/*
 * test_rules.c - single rules of docs/protocol.md, each shown on the smallest set of events that
 * has it.
 */
#include "base/assert.h"
#include "model/craft.h"
#include "model/oracle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum who { GENESIS, OWNER, DORA, EMIL, FAY, XENIA, YVES, N_WHO };
enum { EVENTS_MAX = 32 };

struct world {
  struct topo_id workspace, owner; /* owner: the credential of the creator's device */
  struct topo_id epoch;
  uint8_t secret[32];
  struct topo_sign_key devices[N_WHO], invite_key;
  struct topo_bytes events[EVENTS_MAX]; /* owned */
  size_t n;
  struct oracle_result *result;
};

static struct topo_id add(struct world *w, struct topo_buf *bytes)
{
  struct craft_place place = {w->workspace};
  topo_assert(w->n < EVENTS_MAX && !bytes->failed);
  w->events[w->n++] = topo_buf_view(bytes);
  return craft_id(&place, topo_buf_view(bytes));
}

static void take_back(struct world *w)
{
  free((void *)(uintptr_t)w->events[--w->n].data);
}

/* An act on a new chain, whose body is released; hlc only makes ids differ. */
static struct topo_id act(struct world *w, enum who who, struct topo_id auth, uint16_t type,
                          struct topo_buf *body, uint64_t hlc)
{
  struct topo_buf bytes = {0};
  struct craft_control c = {.place = {w->workspace},
                            .type = type,
                            .hlc = hlc,
                            .signer = &w->devices[who],
                            .auth = auth,
                            .body = topo_buf_view(body)};
  craft_control(&bytes, &c);
  topo_buf_finish(body);
  return add(w, &bytes);
}

static struct craft_newcomer newcomer(const struct world *w, enum who who, struct topo_id user,
                                      struct topo_id auth)
{
  return (struct craft_newcomer){
      .place = {w->workspace}, .device = &w->devices[who], .user = user, .auth = auth};
}

static struct topo_id user_of(const struct world *w, enum who who)
{
  return craft_user(&w->workspace, &w->devices[who].public_key);
}

static struct topo_id grant_as(struct world *w, enum who by, struct topo_id auth, enum who to,
                               struct topo_id user, uint8_t role)
{
  struct topo_buf body = {0};
  struct craft_newcomer who = newcomer(w, to, user, auth);
  craft_user_body(&body, &who, role);
  return act(w, by, auth, ORACLE_USER, &body, 1);
}

static struct topo_id grant(struct world *w, enum who by, struct topo_id auth, enum who to,
                            uint8_t role)
{
  return grant_as(w, by, auth, to, user_of(w, to), role);
}

static struct topo_id credential_device(struct world *w, enum who by, struct topo_id auth,
                                        enum who to, struct topo_id user)
{
  struct topo_buf body = {0};
  struct craft_newcomer who = newcomer(w, to, user, auth);
  craft_device_body(&body, &who);
  return act(w, by, auth, ORACLE_DEVICE, &body, 1);
}

static struct topo_id invite(struct world *w, enum who slot, uint8_t role)
{
  struct topo_buf body = {0};
  craft_invite(&body, &w->invite_key.public_key, role, 0, &w->devices[slot].public_key, 1);
  return act(w, OWNER, w->owner, ORACLE_INVITE, &body, 1);
}

static struct topo_id admit(struct world *w, enum who by, struct topo_id auth,
                            struct topo_id invited, enum who to, uint64_t hlc)
{
  struct topo_buf body = {0};
  struct craft_newcomer who = newcomer(w, to, user_of(w, to), auth);
  craft_admission(&body, &who, &w->invite_key, &invited, 0, false);
  return act(w, by, auth, ORACLE_ADMISSION, &body, hlc);
}

/* What is said and where on its author's chain; the body is released. */
struct saying {
  enum who who;
  struct topo_id auth, prev;
  uint32_t seq;
  bool bad_signature;
};

static struct topo_id say(struct world *w, struct saying s, uint16_t type, struct topo_buf *body)
{
  struct topo_buf bytes = {0};
  struct craft_content c = {.place = {w->workspace},
                            .hlc = 7,
                            .signer = &w->devices[s.who],
                            .auth = s.auth,
                            .prev = s.prev,
                            .epoch = w->epoch,
                            .seq = s.seq,
                            .secret = w->secret,
                            .type = type,
                            .body = topo_buf_view(body),
                            .bad_signature = s.bad_signature};
  craft_content(&bytes, &c);
  topo_buf_finish(body);
  return add(w, &bytes);
}

static struct topo_id channel(struct world *w, struct saying s, const char *name)
{
  struct topo_buf body = {0};
  craft_channel(&body, name);
  return say(w, s, ORACLE_CHANNEL, &body);
}

static struct topo_id reply(struct world *w, struct saying s, uint16_t type, struct topo_id to,
                            const char *text)
{
  struct topo_buf body = {0};
  if (type == ORACLE_MESSAGE)
    craft_message(&body, &to, NULL, text);
  else
    craft_reply(&body, &to, text);
  return say(w, s, type, &body);
}

static struct topo_id profile(struct world *w, struct saying s, uint8_t of, const char *name)
{
  struct topo_buf body = {0};
  craft_profile(&body, of, 1, name);
  return say(w, s, ORACLE_PROFILE, &body);
}

/* Genesis, the credential of the creator's device and an epoch. */
static int create_world(void **state)
{
  struct world *w = calloc(1, sizeof *w);
  struct topo_buf body = {0}, bytes = {0};
  topo_assert(w);
  for (uint8_t i = 0; i <= N_WHO; i++) {
    uint8_t seed[32] = {(uint8_t)(i + 1)};
    topo_sign_key_from_seed(i < N_WHO ? &w->devices[i] : &w->invite_key, seed);
  }
  craft_workspace(&body, &topo_id_zero, &topo_id_zero);
  struct craft_control c = {
      .type = ORACLE_WORKSPACE, .signer = &w->devices[GENESIS], .body = topo_buf_view(&body)};
  craft_control(&bytes, &c);
  w->workspace = add(w, &bytes);
  topo_buf_finish(&body);
  w->owner = credential_device(w, GENESIS, w->workspace, OWNER, user_of(w, GENESIS));
  memset(w->secret, 5, sizeof w->secret);
  struct topo_id commitment = craft_commitment(w->secret);
  craft_epoch(&body, 1, 1, &commitment, NULL, 0);
  w->epoch = act(w, OWNER, w->owner, ORACLE_EPOCH, &body, 1);
  *state = w;
  return 0;
}

static int destroy_world(void **state)
{
  struct world *w = *state;
  oracle_result_destroy(w->result);
  while (w->n)
    take_back(w);
  free(w);
  return 0;
}

static void judge(struct world *w)
{
  struct oracle_input in = {.workspace = w->workspace,
                            .events = w->events,
                            .n_events = w->n,
                            .secrets = (const uint8_t(*)[32])w->secret,
                            .n_secrets = 1};
  oracle_result_destroy(w->result);
  w->result = oracle_run(&in);
}

#define assert_verdict(w, id, expected)                                                            \
  assert_string_equal(oracle_verdict_name(oracle_find((w)->result, &(id))->verdict), expected)

static bool valid(const struct world *w, struct topo_id credential)
{
  return oracle_find(w->result, &credential)->credential.valid;
}

/* The fields of a control header lie where the table of §2.1 says. */
static void control_layout(void **state)
{
  struct world *w = *state;
  const struct topo_bytes e = w->events[1];
  assert_int_equal(topo_get_be32(e.data), 0x01010003);
  assert_memory_equal(e.data + 12, w->devices[GENESIS].public_key.bytes, 32);
  assert_memory_equal(e.data + 44, w->workspace.bytes, 32);
  assert_int_equal(topo_get_be32(e.data + 76), 0);
  assert_memory_equal(e.data + 80, topo_id_zero.bytes, 32);
  assert_int_equal(e.data[112], 0);
  assert_int_equal(e.len, 112 + 1 + 2 + (32 + 32 + 64) + 64);
}

/* The fields of a content header lie where the table of §2.2 says. */
static void content_layout(void **state)
{
  struct world *w = *state;
  struct topo_id first = channel(w, (struct saying){OWNER, .auth = w->owner}, "a");
  channel(w, (struct saying){OWNER, .auth = w->owner, .prev = first, .seq = 1}, "b");
  const struct topo_bytes e = w->events[w->n - 1];
  assert_int_equal(e.data[0] << 8 | e.data[1], 0x0102);
  assert_int_equal(topo_get_be64(e.data + 2), 7);
  assert_int_equal(topo_get_be32(e.data + 26), 1);
  assert_memory_equal(e.data + 30, first.bytes, 32);
  assert_memory_equal(e.data + 62, w->epoch.bytes, 32);
  assert_int_equal(e.len, 94 + 192 + 48);
}

/* A small workspace is projected line by line. */
static void projection(void **state)
{
  struct world *w = *state;
  struct saying s = {OWNER, .auth = w->owner};
  struct topo_buf dump = {0};
  struct topo_id general = channel(w, s, "general");
  struct topo_id hello = reply(w, s, ORACLE_MESSAGE, general, "hi");
  reply(w, s, ORACLE_REACTION, hello, "!");
  s.seq = 1, s.prev = hello;
  reply(w, s, ORACLE_REACTION, hello, "!");
  profile(w, s, 0, "Olga");
  profile(w, s, 1, "Team");
  judge(w);
  oracle_dump(w->result, &dump);
  topo_buf_put_u8(&dump, 0);
  const char *text = (const char *)dump.data;
  size_t lines = 0;
  for (const char *p = text; *p; p++)
    lines += *p == '\n';
  assert_int_equal(lines, 1 + 2 + 1 + 1 + 1 + 1 + 1);
  assert_memory_equal(text, "channel ", 8);
  assert_non_null(strstr(text, " 7 67656e6572616c\ncredential "));
  assert_non_null(strstr(text, " 0 2\nmessage "));
  assert_non_null(strstr(text, " 7 6869\nprofile "));
  assert_non_null(strstr(text, " 4f6c6761\nreaction "));
  assert_non_null(strstr(text, " 21\nworkspace 5465616d\n"));
  topo_buf_finish(&dump);
}

/* An authentic successor authenticates content whose own signature is broken; a broken head has
 * nobody. */
static void a_successor_vouches(void **state)
{
  struct world *w = *state;
  struct topo_id first =
      channel(w, (struct saying){OWNER, .auth = w->owner, .bad_signature = true}, "a");
  struct topo_id second =
      channel(w, (struct saying){OWNER, w->owner, first, 1, .bad_signature = true}, "b");
  judge(w);
  assert_verdict(w, first, "unauthenticated");
  struct topo_id third = channel(w, (struct saying){OWNER, w->owner, second, 2, false}, "c");
  struct topo_id head =
      channel(w, (struct saying){OWNER, w->owner, third, 3, .bad_signature = true}, "d");
  judge(w);
  assert_verdict(w, first, "accepted");
  assert_verdict(w, second, "accepted");
  assert_verdict(w, third, "accepted");
  assert_verdict(w, head, "unauthenticated");
}

/* A successor that is not offered itself, for want of an admitted credential, authenticates
 * nothing: who hears of its predecessor elsewhere never sees it. */
static void a_pending_successor_authenticates_nothing(void **state)
{
  struct world *w = *state;
  struct topo_id first =
      channel(w, (struct saying){OWNER, .auth = w->owner, .bad_signature = true}, "a");
  struct topo_id held = channel(w, (struct saying){OWNER, user_of(w, YVES), first, 1, false}, "b");
  judge(w);
  assert_verdict(w, held, "held");
  assert_verdict(w, first, "unauthenticated");
}

/* A control event needs its own signature, whoever names it. */
static void nobody_vouches_for_control(void **state)
{
  struct world *w = *state;
  struct topo_buf bytes = {0};
  struct craft_control c = {.place = {w->workspace},
                            .type = 0x0200,
                            .signer = &w->devices[OWNER],
                            .auth = w->owner,
                            .bad_signature = true};
  craft_control(&bytes, &c);
  struct topo_id first = add(w, &bytes);
  c.bad_signature = false, c.prev = first, c.seq = 1;
  bytes = (struct topo_buf){0};
  craft_control(&bytes, &c);
  struct topo_id second = add(w, &bytes);
  judge(w);
  assert_verdict(w, first, "unauthenticated");
  assert_verdict(w, second, "held");
}

/* Two events in one place of a chain are evidence, and void nothing. */
static void a_fork_voids_nothing(void **state)
{
  struct world *w = *state;
  struct topo_id a = channel(w, (struct saying){OWNER, .auth = w->owner}, "a");
  struct topo_id b = channel(w, (struct saying){OWNER, .auth = w->owner}, "b");
  judge(w);
  assert_verdict(w, a, "accepted");
  assert_verdict(w, b, "accepted");
}

/* An act waits for its ancestors, and is refused with the first of them that is. */
static void ancestors_decide(void **state)
{
  struct world *w = *state;
  struct topo_id nowhere = user_of(w, XENIA);
  struct topo_id waiting = grant(w, OWNER, nowhere, DORA, 3);
  struct topo_id member = grant(w, OWNER, w->owner, EMIL, 3);
  struct topo_id wrong = grant(w, EMIL, member, FAY, 3);
  struct topo_id after = credential_device(w, FAY, wrong, XENIA, user_of(w, FAY));
  judge(w);
  assert_verdict(w, waiting, "held");
  assert_verdict(w, member, "accepted");
  assert_verdict(w, wrong, "refused");
  assert_verdict(w, after, "refused");
}

static struct topo_id epoch(struct world *w, uint32_t generation, uint8_t policy,
                            const struct topo_id *listed)
{
  struct topo_buf body = {0};
  struct topo_id commitment = craft_commitment((const uint8_t[32]){(uint8_t)generation});
  craft_epoch(&body, generation, policy, &commitment, listed, listed ? 1 : 0);
  return act(w, OWNER, w->owner, ORACLE_EPOCH, &body, 1);
}

/* An epoch that counts wrongly, or that builds on one which does, is unauthorised but keeps its
 * place in the set; one that builds on what this version cannot read waits. */
static void epochs_are_numbered(void **state)
{
  struct world *w = *state;
  struct topo_id right = epoch(w, 2, 1, &w->epoch);
  struct topo_id wrong = epoch(w, 9, 1, &w->epoch);
  struct topo_id after = epoch(w, 10, 1, &wrong);
  struct topo_id later = epoch(w, 2, 2, &w->epoch);
  struct topo_id waits = epoch(w, 3, 1, &later);
  struct topo_id other = epoch(w, 1, 1, &w->owner);
  struct topo_buf body = {0};
  craft_wrap(&body, &later, &w->owner);
  struct topo_id wrap = act(w, OWNER, w->owner, ORACLE_WRAP, &body, 1);
  judge(w);
  assert_verdict(w, right, "accepted");
  assert_verdict(w, wrong, "unauthorised");
  assert_verdict(w, after, "unauthorised");
  assert_verdict(w, later, "unreadable");
  assert_verdict(w, waits, "blocked");
  assert_verdict(w, other, "unauthorised");
  assert_verdict(w, wrap, "blocked");
}

/* An admin gives nobody a credential of another user, unless that user brought the device in
 * before. */
static void users_are_bound_to_devices(void **state)
{
  struct world *w = *state;
  struct topo_id admin = grant(w, OWNER, w->owner, DORA, 1);
  struct topo_id victim = grant(w, OWNER, w->owner, EMIL, 3);
  struct topo_id theft = grant_as(w, DORA, admin, DORA, user_of(w, EMIL), 3);
  struct topo_id unseen = grant_as(w, DORA, admin, FAY, user_of(w, EMIL), 3);
  struct topo_id phone = credential_device(w, EMIL, victim, FAY, user_of(w, EMIL));
  judge(w);
  assert_verdict(w, theft, "refused");
  assert_verdict(w, unseen, "refused");
  assert_verdict(w, phone, "accepted");

  struct topo_buf body = {0}, bytes = {0};
  struct craft_newcomer who = newcomer(w, FAY, user_of(w, EMIL), admin);
  craft_user_body(&body, &who, 2);
  struct craft_control c = {.place = {w->workspace},
                            .type = ORACLE_USER,
                            .signer = &w->devices[DORA],
                            .auth = admin,
                            .parents = &phone,
                            .n_parents = 1,
                            .body = topo_buf_view(&body)};
  craft_control(&bytes, &c);
  struct topo_id promotion = add(w, &bytes);
  topo_buf_finish(&body);
  judge(w);
  assert_verdict(w, promotion, "accepted");
}

/* Nobody speaks by the credential of another device, or by what is no credential: such content is
 * refused for ever, so a key to the epoch alone does not let anyone fill the sets. */
static void only_the_device_of_a_credential_speaks_by_it(void **state)
{
  struct world *w = *state;
  struct topo_id stranger = channel(w, (struct saying){XENIA, .auth = w->owner}, "x");
  struct topo_id no_credential = channel(w, (struct saying){OWNER, .auth = w->epoch}, "x");
  judge(w);
  assert_verdict(w, stranger, "refused");
  assert_verdict(w, no_credential, "refused");
  assert_false(oracle_is_item(w->result, oracle_find(w->result, &stranger)));
}

/* What a role may not is unauthorised; what waits for a target,
 * blocked. */
static void verdicts_of_content(void **state)
{
  struct world *w = *state;
  struct topo_id guest = grant(w, OWNER, w->owner, DORA, 4);
  struct topo_id general = channel(w, (struct saying){OWNER, .auth = w->owner}, "general");
  struct saying by_guest = {DORA, .auth = guest};
  struct topo_id theirs = channel(w, by_guest, "mine");
  struct topo_id naming = profile(w, by_guest, 1, "Mine");
  struct topo_id name = profile(w, by_guest, 0, "Dora");
  struct topo_id hello = reply(w, by_guest, ORACLE_MESSAGE, general, "hi");
  struct topo_id lost = reply(w, by_guest, ORACLE_MESSAGE, guest, "hi");
  struct topo_id early = reply(w, by_guest, ORACLE_REACTION, user_of(w, YVES), "!");
  struct topo_id under = reply(w, by_guest, ORACLE_MESSAGE, theirs, "hi");
  struct topo_id nobody = channel(w, (struct saying){EMIL, .auth = user_of(w, YVES)}, "x");
  judge(w);
  assert_verdict(w, theirs, "unauthorised");
  assert_verdict(w, naming, "unauthorised");
  assert_verdict(w, name, "accepted");
  assert_verdict(w, hello, "accepted");
  assert_verdict(w, lost, "unauthorised");
  assert_verdict(w, early, "blocked");
  assert_verdict(w, under, "blocked");
  assert_verdict(w, nobody, "held");
}

/* Of two admissions of a slot the one of the smaller depth is valid, whatever their ids and times.
 */
static void the_senior_admission_has_the_slot(void **state)
{
  struct world *w = *state;
  struct topo_id senior = grant(w, OWNER, w->owner, DORA, 1);
  struct topo_id admin = grant(w, OWNER, w->owner, EMIL, 1);
  struct topo_id junior = grant(w, EMIL, admin, DORA, 1);
  struct topo_id slot = invite(w, DORA, 1);
  struct topo_id late = admit(w, DORA, junior, slot, FAY, 1);
  struct topo_id under = credential_device(w, FAY, late, YVES, user_of(w, FAY));
  judge(w);
  assert_true(valid(w, late) && valid(w, under));
  struct topo_id early = admit(w, DORA, senior, slot, XENIA, 2);
  judge(w);
  assert_true(valid(w, early));
  assert_verdict(w, late, "unauthorised");
  assert_verdict(w, under, "unauthorised");
}

/* An invite key is trusted by the owner of an open slot alone, and until the slot is taken. */
static void an_invite_key_is_trusted_by_the_owner_of_its_slot(void **state)
{
  struct world *w = *state;
  struct topo_id dora = grant(w, OWNER, w->owner, DORA, 1);
  struct topo_id slot = invite(w, DORA, 3);
  judge(w);
  struct oracle_ids at_owner = oracle_trust(w->result, &w->devices[OWNER].public_key);
  struct oracle_ids at_dora = oracle_trust(w->result, &w->devices[DORA].public_key);
  assert_int_equal(at_owner.n, 3);
  assert_int_equal(at_dora.n, 4);
  oracle_ids_finish(&at_dora);
  oracle_ids_finish(&at_owner);
  admit(w, DORA, dora, slot, EMIL, 1);
  judge(w);
  at_dora = oracle_trust(w->result, &w->devices[DORA].public_key);
  for (size_t i = 0; i < at_dora.n; i++)
    assert_false(topo_id_equal(&at_dora.ids[i], &w->invite_key.public_key));
  assert_int_equal(at_dora.n, 4);
  oracle_ids_finish(&at_dora);
}

/* The rule that was rejected: "no other in its past, or concurrent with a smaller id". */
static bool causal_equation(const struct oracle_result *result,
                            const struct oracle_event *credential)
{
  if (credential->type == ORACLE_WORKSPACE)
    return true;
  const struct oracle_event *invited = oracle_find(result, &credential->body.invite);
  if (!oracle_find(result, &credential->auth)->credential.valid ||
      (invited && !oracle_find(result, &invited->auth)->credential.valid))
    return false;
  for (size_t i = 0; invited && i < result->n_events; i++) {
    const struct oracle_event *y = &result->events[i];
    if (y == credential || y->type != ORACLE_ADMISSION || !y->credential.valid ||
        !topo_id_equal(&y->body.invite, &credential->body.invite))
      continue;
    if (oracle_in_past(result, &y->id, credential) ||
        (!oracle_in_past(result, &credential->id, y) &&
         topo_id_compare(&y->id, &credential->id) < 0))
      return false;
  }
  return true;
}

typedef bool equation(const struct oracle_result *result, const struct oracle_event *credential);

/* How many ways there are to say of each credential whether it is valid that satisfy the equation.
 */
static size_t solutions(struct oracle_result *result, equation *valid_when)
{
  struct oracle_event *credentials[16];
  size_t n = 0, found = 0;
  for (size_t i = 0; i < result->n_events; i++)
    if (oracle_is_credential(&result->events[i]))
      credentials[n++] = &result->events[i];
  for (uint32_t guess = 0; guess < UINT32_C(1) << n; guess++) {
    bool all = true;
    for (size_t i = 0; i < n; i++)
      credentials[i]->credential.valid = guess >> i & 1;
    for (size_t i = 0; i < n; i++)
      all = all && valid_when(result, credentials[i]) == credentials[i]->credential.valid;
    found += all;
  }
  return found;
}

/* Chapter 8: decided by causality, two admissions of Dora's slot and two of Emil's have two
 * outcomes; by KEY, one. It takes two devices that fork their control chains. */
static void causality_has_two_outcomes(void **state)
{
  struct world *w = *state;
  struct topo_id dora = grant(w, OWNER, w->owner, DORA, 1);
  struct topo_id emil = grant(w, OWNER, w->owner, EMIL, 1);
  struct topo_id of_dora = invite(w, DORA, 1), of_emil = invite(w, EMIL, 1);
  struct topo_id a = admit(w, DORA, dora, of_dora, EMIL, 1);
  struct topo_id c = admit(w, EMIL, a, of_emil, XENIA, 1), b, d;
  for (uint64_t hlc = 1; d = admit(w, EMIL, emil, of_emil, FAY, hlc), topo_id_compare(&d, &c) < 0;
       hlc++)
    take_back(w);
  struct topo_id again = grant(w, FAY, d, DORA, 1);
  for (uint64_t hlc = 1; b = admit(w, DORA, again, of_dora, YVES, hlc), topo_id_compare(&b, &a) > 0;
       hlc++)
    take_back(w);
  judge(w);
  assert_true(valid(w, a) && valid(w, d) && !valid(w, c) && !valid(w, b));
  assert_int_equal(solutions(w->result, oracle_valid_equation), 1);
  assert_int_equal(solutions(w->result, causal_equation), 2);
}

#define rule(name) cmocka_unit_test_setup_teardown(name, create_world, destroy_world)

int main(void)
{
  const struct CMUnitTest tests[] = {
      rule(control_layout),
      rule(content_layout),
      rule(projection),
      rule(a_successor_vouches),
      rule(a_pending_successor_authenticates_nothing),
      rule(nobody_vouches_for_control),
      rule(a_fork_voids_nothing),
      rule(ancestors_decide),
      rule(epochs_are_numbered),
      rule(users_are_bound_to_devices),
      rule(only_the_device_of_a_credential_speaks_by_it),
      rule(verdicts_of_content),
      rule(the_senior_admission_has_the_slot),
      rule(an_invite_key_is_trusted_by_the_owner_of_its_slot),
      rule(causality_has_two_outcomes),
  };
  return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
