/*
 * craft.h - writes the bytes of events, right or wrong, independently of src/dag.
 *
 * Every field is the caller's; nothing is checked. A test changes one field to get the attack it
 * wants. Memory that cannot be had stops the program.
 */
#ifndef TOPO_TESTS_MODEL_CRAFT_H
#define TOPO_TESTS_MODEL_CRAFT_H

#include "base/bytes.h"
#include "crypto/sign.h"

/* Where an event belongs. The scope's id is the workspace's. */
struct craft_place {
  struct topo_id workspace; /* zero for genesis alone */
};

struct craft_control {
  struct craft_place place;
  uint16_t type;
  uint64_t hlc;
  const struct topo_sign_key *signer;
  struct topo_id auth, prev;
  uint32_t seq;
  const struct topo_id *parents; /* written in this order */
  uint8_t n_parents;
  struct topo_bytes body;
  bool bad_signature; /* one bit of the signature is flipped */
};

struct craft_content {
  struct craft_place place;
  uint64_t hlc;
  const struct topo_sign_key *signer;
  struct topo_id auth, prev, epoch;
  uint32_t seq;
  const uint8_t *secret; /* the epoch's 32 bytes K */
  uint16_t type;
  struct topo_bytes body;
  bool bad_signature;
  bool bad_seal;              /* one bit of the sealed bytes is flipped */
  const struct topo_id *mask; /* the tag is made of this device instead; or NULL */
};

/* Append the whole event. */
void craft_control(struct topo_buf *out, const struct craft_control *c);
void craft_content(struct topo_buf *out, const struct craft_content *c);
/* The id of a well-formed event. */
struct topo_id craft_id(const struct craft_place *place, struct topo_bytes event);
/* user = H("topo/1 user" ‖ workspace ‖ device). */
struct topo_id craft_user(const struct topo_id *workspace, const struct topo_id *device);
struct topo_id craft_commitment(const uint8_t secret[static 32]);

/* A new device's consent; `user` and `auth` are what it signs, whatever the event says. */
struct craft_newcomer {
  struct craft_place place;
  const struct topo_sign_key *device;
  struct topo_id seal_key, user, auth;
  bool bad_countersign;
};

/* Bodies, appended to `out`. */
void craft_workspace(struct topo_buf *out, const struct topo_id *seal_key,
                     const struct topo_id *nonce);
void craft_user_body(struct topo_buf *out, const struct craft_newcomer *who, uint8_t role);
void craft_device_body(struct topo_buf *out, const struct craft_newcomer *who);
void craft_invite(struct topo_buf *out, const struct topo_id *invite_key, uint8_t role,
                  uint64_t expires_ms, const struct topo_id *slots, uint16_t n);
void craft_admission(struct topo_buf *out, const struct craft_newcomer *who,
                     const struct topo_sign_key *invite_key, const struct topo_id *invite,
                     uint16_t slot, bool bad_proof);
void craft_epoch(struct topo_buf *out, uint32_t generation, uint8_t policy,
                 const struct topo_id *commitment, const struct topo_id *epochs, uint16_t n);
/* A wrap of one credential, whose 80 bytes are zero: the oracle never opens it. */
void craft_wrap(struct topo_buf *out, const struct topo_id *epoch,
                const struct topo_id *credential);
/* `after` is NULL, or names what was read last. */
void craft_message(struct topo_buf *out, const struct topo_id *channel, const struct topo_id *after,
                   const char *text);
void craft_profile(struct topo_buf *out, uint8_t of, uint64_t version, const char *name);
void craft_channel(struct topo_buf *out, const char *name);
/* Messages and reactions alike: the target and the text. */
void craft_reply(struct topo_buf *out, const struct topo_id *target, const char *text);

#endif
