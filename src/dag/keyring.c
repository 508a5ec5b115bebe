/* keyring.c - epoch keys, and the seal of content events. */
#include "dag/keyring.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "crypto/seal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct topo_id topo_epoch_commitment(const uint8_t secret[static 32])
{
  struct topo_id commitment;
  topo_kdf(commitment.bytes, secret, "commit", NULL, 0);
  return commitment;
}

struct topo_keyring *topo_keyring_create(void)
{
  struct topo_keyring *ring = calloc(1, sizeof *ring);
  if (ring)
    ring->references = 1;
  return ring;
}

struct topo_keyring *topo_keyring_hold(struct topo_keyring *ring)
{
  topo_assert(ring->references > 0 && ring->references < UINT_MAX);
  ring->references++;
  return ring;
}

void topo_keyring_release(struct topo_keyring *ring)
{
  if (!ring)
    return;
  topo_assert(ring->references > 0);
  if (--ring->references > 0)
    return;
  topo_wipe(ring->keys, ring->n * sizeof ring->keys[0]);
  free(ring);
}

struct topo_keyring *topo_keyring_with(const struct topo_keyring *ring, const struct topo_id *epoch,
                                       const uint8_t secret[static 32])
{
  topo_assert(!topo_keyring_find(ring, epoch));
  struct topo_keyring *copy = calloc(1, sizeof *copy + (ring->n + 1) * sizeof copy->keys[0]);
  if (!copy)
    return NULL;
  copy->references = 1;
  copy->n = ring->n + 1;
  memcpy(copy->keys, ring->keys, ring->n * sizeof ring->keys[0]);
  struct topo_epoch_key *key = &copy->keys[ring->n];
  key->epoch = *epoch;
  memcpy(key->secret, secret, 32);
  topo_kdf(key->header_key, secret, "header", epoch->bytes, sizeof epoch->bytes);
  topo_kdf(key->root, secret, "root", epoch->bytes, sizeof epoch->bytes);
  return copy;
}

const struct topo_epoch_key *topo_keyring_find(const struct topo_keyring *ring,
                                               const struct topo_id *epoch)
{
  for (size_t i = ring->n; i-- > 0;) /* the newest is asked for most */
    if (topo_id_equal(&ring->keys[i].epoch, epoch))
      return &ring->keys[i];
  return NULL;
}

void topo_chain_tag(uint8_t tag[static TOPO_TAG_SIZE], const struct topo_epoch_key *key,
                    const struct topo_id *device)
{
  uint8_t full[32];
  topo_kdf(full, key->header_key, "tag", device->bytes, sizeof device->bytes);
  memcpy(tag, full, TOPO_TAG_SIZE);
}

struct aad {
  uint8_t names[TOPO_CONTEXT_SIZE];
  struct topo_bytes parts[3];
};

/* aad = "topo/1 seal" ‖ context ‖ header */
static void make_aad(struct aad *aad, const struct topo_context *context, const uint8_t *header)
{
  static const uint8_t domain[] = "topo/1 seal";
  topo_context_bytes(context, aad->names);
  aad->parts[0] = (struct topo_bytes){domain, sizeof domain - 1};
  aad->parts[1] = (struct topo_bytes){aad->names, sizeof aad->names};
  aad->parts[2] = (struct topo_bytes){header, TOPO_CONTENT_HEADER};
}

int topo_content_open(const struct topo_epoch_key *key, const struct topo_context *context,
                      const struct topo_envelope *e, struct topo_ggm_path *path,
                      struct topo_buf *plain, struct topo_inner *inner)
{
  struct aad aad;
  uint8_t leaf[32], tag[TOPO_TAG_SIZE];
  topo_assert(e->kind == TOPO_CONTENT && topo_id_equal(&e->epoch, &key->epoch));
  topo_assert(e->sealed.len > TOPO_SEAL_OVERHEAD && e->seq < TOPO_GGM_SEQ_LIMIT);
  topo_buf_clear(plain);
  if (topo_buf_reserve(plain, e->sealed.len) < 0)
    return TOPO_ENOMEM;
  make_aad(&aad, context, e->raw.data);
  topo_ggm_leaf(leaf, key->root, topo_get_be64(e->tag), e->seq, path);
  int status = topo_unseal(plain->data, leaf, aad.parts, 3, e->sealed.data, e->sealed.len);
  topo_wipe(leaf, sizeof leaf);
  if (status < 0)
    return status;
  plain->len = e->sealed.len - TOPO_SEAL_OVERHEAD;
  if (topo_inner_decode(inner, topo_buf_view(plain)) < 0)
    return TOPO_EUNSEAL;
  topo_chain_tag(tag, key, &inner->device);
  return memcmp(tag, e->tag, TOPO_TAG_SIZE) == 0 ? 0 : TOPO_EUNSEAL;
}

int topo_content_write(struct topo_buf *out, const struct topo_epoch_key *key,
                       const struct topo_context *context, struct topo_envelope *e,
                       const struct topo_id *auth, uint16_t type, struct topo_bytes body,
                       const struct topo_sign_key *signer, struct topo_ggm_path *path)
{
  struct topo_buf plain = {0};
  size_t start = out->len;
  topo_assert(type >= TOPO_TYPE_CONTENT && type < TOPO_TYPE_LOCAL && e->seq < TOPO_GGM_SEQ_LIMIT);
  e->epoch = key->epoch;
  topo_chain_tag(e->tag, key, &signer->public_key);
  int status = topo_envelope_write_content(out, e);
  if (status < 0)
    return status;
  struct topo_bytes header = {out->data + start, TOPO_CONTENT_HEADER};
  status = topo_inner_write(&plain, header, context, auth, type, body, signer);
  if (status == 0)
    status = topo_buf_reserve(out, plain.len + TOPO_SEAL_OVERHEAD);
  if (status == 0) {
    struct aad aad;
    uint8_t leaf[32];
    make_aad(&aad, context, out->data + start);
    topo_ggm_leaf(leaf, key->root, topo_get_be64(e->tag), e->seq, path);
    topo_seal(out->data + out->len, leaf, aad.parts, 3, topo_buf_view(&plain));
    topo_wipe(leaf, sizeof leaf);
    out->len += plain.len + TOPO_SEAL_OVERHEAD;
    if (out->len - start > TOPO_EVENT_MAX)
      status = TOPO_ELIMIT;
  }
  topo_buf_wipe(&plain);
  return status;
}
