/* story.c - events of a small workspace, kept in the order in which they were written. */
#include "unit/dag/story.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

static struct topo_id add(struct story *s, struct topo_buf *bytes, const struct craft_place *place)
{
  topo_assert(s->n < STORY_EVENTS_MAX && !bytes->failed);
  s->events[s->n] = topo_buf_view(bytes);
  s->ids[s->n] = craft_id(place, topo_buf_view(bytes));
  return s->ids[s->n++];
}

struct topo_id story_user(const struct story *s, enum story_who who)
{
  return craft_user(&s->workspace, &s->people[who].public_key);
}

struct topo_id story_control(struct story *s, struct craft_control c, struct topo_buf *body)
{
  struct topo_buf bytes = {0};
  c.place.workspace = s->workspace;
  c.body = topo_buf_view(body);
  craft_control(&bytes, &c);
  topo_buf_finish(body);
  return add(s, &bytes, &c.place);
}

struct topo_id story_act(struct story *s, enum story_who who, struct topo_id auth, uint16_t type,
                         struct topo_buf *body, uint64_t hlc)
{
  return story_control(
      s, (struct craft_control){.type = type, .hlc = hlc, .signer = &s->people[who], .auth = auth},
      body);
}

static struct craft_newcomer newcomer(const struct story *s, enum story_who who,
                                      struct topo_id user, struct topo_id auth)
{
  return (struct craft_newcomer){.place = {s->workspace},
                                 .device = &s->people[who],
                                 .seal_key = s->people[who].public_key,
                                 .user = user,
                                 .auth = auth};
}

struct topo_id story_grant_as(struct story *s, enum story_who by, struct topo_id auth,
                              enum story_who to, struct topo_id user, uint8_t role)
{
  struct topo_buf body = {0};
  struct craft_newcomer who = newcomer(s, to, user, auth);
  craft_user_body(&body, &who, role);
  return story_act(s, by, auth, 0x0002, &body, 1);
}

struct topo_id story_grant(struct story *s, enum story_who by, struct topo_id auth,
                           enum story_who to, uint8_t role)
{
  return story_grant_as(s, by, auth, to, story_user(s, to), role);
}

struct topo_id story_device(struct story *s, enum story_who by, struct topo_id auth,
                            enum story_who to, struct topo_id user)
{
  struct topo_buf body = {0};
  struct craft_newcomer who = newcomer(s, to, user, auth);
  craft_device_body(&body, &who);
  return story_act(s, by, auth, 0x0003, &body, 1);
}

struct topo_id story_invite(struct story *s, enum story_who by, struct topo_id auth,
                            enum story_who slot, uint8_t role)
{
  struct topo_buf body = {0};
  craft_invite(&body, &s->invite_key.public_key, role, 0, &s->people[slot].public_key, 1);
  return story_act(s, by, auth, 0x0004, &body, 1);
}

struct topo_id story_admit(struct story *s, enum story_who by, struct topo_id auth,
                           struct topo_id invite, enum story_who to, uint64_t hlc)
{
  struct topo_buf body = {0};
  struct craft_newcomer who = newcomer(s, to, story_user(s, to), auth);
  craft_admission(&body, &who, &s->invite_key, &invite, 0, false);
  return story_act(s, by, auth, 0x0005, &body, hlc);
}

struct topo_id story_epoch(struct story *s, enum story_who by, struct topo_id auth,
                           uint32_t generation, const struct topo_id *listed)
{
  struct topo_buf body = {0};
  struct topo_id commitment = craft_commitment(s->secret[0]);
  craft_epoch(&body, generation, 1, &commitment, listed, listed ? 1 : 0);
  return story_act(s, by, auth, 0x0010, &body, 1);
}

struct topo_id story_say(struct story *s, struct saying how, uint16_t type, struct topo_buf *body)
{
  struct topo_buf bytes = {0};
  struct craft_content c = {.place = {s->workspace},
                            .hlc = how.hlc ? how.hlc : 7,
                            .signer = &s->people[how.who],
                            .auth = how.auth,
                            .prev = how.prev,
                            .epoch = s->epoch,
                            .seq = how.seq,
                            .secret = s->secret[0],
                            .type = type,
                            .body = topo_buf_view(body),
                            .bad_signature = how.bad_signature};
  craft_content(&bytes, &c);
  topo_buf_finish(body);
  return add(s, &bytes, &c.place);
}

struct topo_id story_channel(struct story *s, struct saying how, const char *name)
{
  struct topo_buf body = {0};
  craft_channel(&body, name);
  return story_say(s, how, 0x1002, &body);
}

struct topo_id story_message(struct story *s, struct saying how, struct topo_id channel,
                             const char *text)
{
  struct topo_buf body = {0};
  bool names = !topo_id_is_zero(&how.after);
  craft_message(&body, &channel, names ? &how.after : NULL, text);
  return story_say(s, how, 0x1003, &body);
}

struct topo_id story_reaction(struct story *s, struct saying how, struct topo_id message,
                              const char *emoji)
{
  struct topo_buf body = {0};
  craft_reply(&body, &message, emoji);
  return story_say(s, how, 0x1004, &body);
}

struct topo_id story_profile(struct story *s, struct saying how, uint8_t of, const char *name)
{
  return story_rename(s, how, of, 1, name);
}

struct topo_id story_rename(struct story *s, struct saying how, uint8_t of, uint64_t version,
                            const char *name)
{
  struct topo_buf body = {0};
  craft_profile(&body, of, version, name);
  return story_say(s, how, 0x1001, &body);
}

struct story *story_create(void)
{
  struct story *s = calloc(1, sizeof *s);
  struct topo_buf body = {0}, bytes = {0};
  topo_assert(s);
  for (uint8_t i = 0; i <= STORY_PEOPLE; i++) {
    uint8_t seed[32] = {(uint8_t)(i + 1)};
    topo_sign_key_from_seed(i < STORY_PEOPLE ? &s->people[i] : &s->invite_key, seed);
  }
  struct craft_place nowhere = {topo_id_zero};
  craft_workspace(&body, &topo_id_zero, &topo_id_zero);
  struct craft_control c = {
      .type = 0x0001, .signer = &s->people[GENESIS], .body = topo_buf_view(&body)};
  craft_control(&bytes, &c);
  s->workspace = add(s, &bytes, &nowhere);
  topo_buf_finish(&body);
  s->owner = story_device(s, GENESIS, s->workspace, OWNER, story_user(s, GENESIS));
  memset(s->secret, 5, sizeof s->secret);
  s->epoch = story_epoch(s, OWNER, s->owner, 1, NULL);
  return s;
}

void story_destroy(struct story *s)
{
  if (!s)
    return;
  for (size_t i = 0; i < s->n; i++)
    free((void *)(uintptr_t)s->events[i].data);
  free(s);
}
