/*
 * story.h - a small workspace written event by event with tests/model/craft.h: genesis, the
 * creator's device, an epoch whose secret is known, and whatever a test adds.
 *
 * Each control event is on a chain of its own (seq 0), so that every test chooses ancestors
 * itself.
 */
#ifndef TOPO_TESTS_DAG_STORY_H
#define TOPO_TESTS_DAG_STORY_H

#include "model/craft.h"

enum story_who { GENESIS, OWNER, DORA, EMIL, FAY, XENIA, YVES, STORY_PEOPLE };
enum { STORY_EVENTS_MAX = 48 };

struct story {
  struct topo_id workspace, owner; /* owner: the credential of the creator's device */
  struct topo_id epoch;
  uint8_t secret[1][32];
  struct topo_sign_key people[STORY_PEOPLE], invite_key;
  struct topo_bytes events[STORY_EVENTS_MAX]; /* owned */
  struct topo_id ids[STORY_EVENTS_MAX];
  size_t n;
};

struct story *story_create(void);
void story_destroy(struct story *s);

struct topo_id story_user(const struct story *s, enum story_who who);
/* Adds a control event; `c` needs type, signer and auth; the body is released. */
struct topo_id story_control(struct story *s, struct craft_control c, struct topo_buf *body);
/* Adds a control event of `who` on a chain of its own; hlc only makes ids differ. */
struct topo_id story_act(struct story *s, enum story_who who, struct topo_id auth, uint16_t type,
                         struct topo_buf *body, uint64_t hlc);
struct topo_id story_grant_as(struct story *s, enum story_who by, struct topo_id auth,
                              enum story_who to, struct topo_id user, uint8_t role);
struct topo_id story_grant(struct story *s, enum story_who by, struct topo_id auth,
                           enum story_who to, uint8_t role);
struct topo_id story_device(struct story *s, enum story_who by, struct topo_id auth,
                            enum story_who to, struct topo_id user);
struct topo_id story_invite(struct story *s, enum story_who by, struct topo_id auth,
                            enum story_who slot, uint8_t role);
struct topo_id story_admit(struct story *s, enum story_who by, struct topo_id auth,
                           struct topo_id invite, enum story_who to, uint64_t hlc);
struct topo_id story_epoch(struct story *s, enum story_who by, struct topo_id auth,
                           uint32_t generation, const struct topo_id *listed);

/* Where on its author's chain something is said. */
struct saying {
  enum story_who who;
  struct topo_id auth, prev;
  uint32_t seq;
  bool bad_signature;
  uint64_t hlc;         /* 0: 7 */
  struct topo_id after; /* of a message: what was read last; zero: it names nothing */
};
struct topo_id story_say(struct story *s, struct saying how, uint16_t type, struct topo_buf *body);
struct topo_id story_channel(struct story *s, struct saying how, const char *name);
struct topo_id story_message(struct story *s, struct saying how, struct topo_id channel,
                             const char *text);
struct topo_id story_reaction(struct story *s, struct saying how, struct topo_id message,
                              const char *emoji);
/* A first profile; and one of any version. */
struct topo_id story_profile(struct story *s, struct saying how, uint8_t of, const char *name);
struct topo_id story_rename(struct story *s, struct saying how, uint8_t of, uint64_t version,
                            const char *name);

#endif
