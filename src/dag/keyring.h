/*
 * keyring.h - the epoch keys a space holds, and sealing and opening content with them
 * (docs/protocol.md §2.2).
 *
 * A keyring is an immutable, counted snapshot: adding a key makes a new one, so a batch of events
 * can be opened on another thread while the space goes on. Counts are touched by the space's step
 * only.
 */
#ifndef TOPO_DAG_KEYRING_H
#define TOPO_DAG_KEYRING_H

#include "crypto/ggm.h"
#include "dag/envelope.h"

struct topo_epoch_key {
  struct topo_id epoch;
  uint8_t secret[32], header_key[32], root[32];
};

struct topo_keyring {
  unsigned references;
  size_t n;
  struct topo_epoch_key keys[];
};

/* commitment = KDF(K, "commit", "") */
struct topo_id topo_epoch_commitment(const uint8_t secret[static 32]);

struct topo_keyring *topo_keyring_create(void); /* empty; NULL: out of memory */
struct topo_keyring *topo_keyring_hold(struct topo_keyring *ring);
void topo_keyring_release(struct topo_keyring *ring); /* wipes with the last; NULL is fine */
/* A copy with one key more (the epoch must be new); NULL: out of memory. The old one is kept. */
struct topo_keyring *topo_keyring_with(const struct topo_keyring *ring, const struct topo_id *epoch,
                                       const uint8_t secret[static 32]);
/* NULL when the key is not held. */
const struct topo_epoch_key *topo_keyring_find(const struct topo_keyring *ring,
                                               const struct topo_id *epoch);

/* tag = first 16 bytes of KDF(header key, "tag", device) */
void topo_chain_tag(uint8_t tag[static TOPO_TAG_SIZE], const struct topo_epoch_key *key,
                    const struct topo_id *device);

/* Opens a content event into `plain`, which is replaced. `path` caches the tree's nodes for
 * neighbours (ggm.h) and must be used with one key. Checks the tag against the device inside. 0,
 * TOPO_EUNSEAL, TOPO_ENOMEM. */
int topo_content_open(const struct topo_epoch_key *key, const struct topo_context *context,
                      const struct topo_envelope *e, struct topo_ggm_path *path,
                      struct topo_buf *plain, struct topo_inner *inner);
/* Appends a whole content event: header from *e (tag is computed here), sealed body. 0,
 * TOPO_ENOMEM, TOPO_ELIMIT. */
int topo_content_write(struct topo_buf *out, const struct topo_epoch_key *key,
                       const struct topo_context *context, struct topo_envelope *e,
                       const struct topo_id *auth, uint16_t type, struct topo_bytes body,
                       const struct topo_sign_key *signer, struct topo_ggm_path *path);

#endif
