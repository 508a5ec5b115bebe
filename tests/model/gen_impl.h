/* gen_impl.h - shared by gen.c (who makes what, and control) and gen_content.c (what is said). */
#ifndef TOPO_TESTS_MODEL_GEN_IMPL_H
#define TOPO_TESTS_MODEL_GEN_IMPL_H

#include "model/craft.h"
#include "model/gen.h"

enum { INVITE_KEYS = 4, SLOTS_MAX = 3 };

struct act {
  struct topo_id id;
  uint16_t type;
  size_t author;
  uint32_t seq;
  bool sound;
  /* a credential */
  size_t device;
  uint8_t role;
  struct topo_id user;
  /* an invite */
  size_t invite_key, n_slots, slots[SLOTS_MAX];
  /* an epoch */
  uint8_t secret[32];
  uint32_t generation;
  /* content: the epoch's id */
  struct topo_id epoch;
};

struct gen {
  struct gen_rng rng;
  struct gen_set *set;
  struct topo_sign_key devices[GEN_DEVICES], invite_keys[INVITE_KEYS];
  struct act acts[GEN_EVENTS_MAX];
  size_t n;
  uint64_t hlc;
};

/* gen.c */
bool gen_maybe(struct gen *g, unsigned percent);
struct topo_id gen_random_id(struct gen *g);
bool gen_is_credential(const struct act *a);
bool gen_is_epoch(const struct act *a);
bool gen_is_anything(const struct act *a);
/* One of the acts that fit, mostly a sound one; NULL when there is none. */
struct act *gen_choose(struct gen *g, bool (*fits)(const struct act *));
/* The act that the next one of its author and epoch follows; NULL: none. `fork`: now and then it is
 * not the last one. */
const struct act *gen_follow(struct gen *g, const struct act *next, bool fork);
/* A clock, now and then one that is wrong. */
uint64_t gen_tick(struct gen *g);
/* Keeps the event, whose bytes are taken over, and what it was made of. */
struct act *gen_record(struct gen *g, const struct act *meta, struct topo_buf *bytes,
                       const struct craft_place *place);

/* gen_content.c */
void gen_say(struct gen *g, uint16_t type);
void gen_say_something(struct gen *g);

#endif
