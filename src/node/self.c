/* self.c - who a space is; see self.h. */
#include "node/self.h"

#include "base/assert.h"
#include "base/status.h"
#include "crypto/hpke.h"
#include "node/local.h"

int topo_self_make(struct topo_env *env, const struct topo_id *workspace)
{
  uint8_t seed[32], ikm[32], secret[32], seal_key[32];
  topo_assert(topo_db_in_transaction(env->db));
  topo_rng_fill(&env->rng, seed, sizeof seed);
  topo_rng_fill(&env->rng, ikm, sizeof ikm);
  topo_hpke_derive_key(secret, seal_key, ikm, sizeof ikm);
  int status = topo_local_put(env->db, "workspace", workspace->bytes, 32);
  if (status == 0)
    status = topo_local_put(env->db, "device_seed", seed, sizeof seed);
  if (status == 0)
    status = topo_local_put(env->db, "seal_secret", secret, sizeof secret);
  topo_wipe(seed, sizeof seed);
  topo_wipe(ikm, sizeof ikm);
  topo_wipe(secret, sizeof secret);
  return status;
}

int topo_self_load(struct topo_env *env)
{
  struct topo_self *self = &env->self;
  uint8_t seed[32];
  int status = topo_local_get_32(env->db, "workspace", self->workspace.bytes);
  if (status == 0)
    status = topo_local_get_32(env->db, "device_seed", seed);
  if (status == 0)
    topo_sign_key_from_seed(&self->device, seed);
  if (status == 0)
    status = topo_local_get_32(env->db, "seal_secret", self->seal_secret);
  if (status == 0)
    topo_x25519_public(self->seal_key.bytes, self->seal_secret);
  topo_wipe(seed, sizeof seed);
  /* A file of ours without a self was never finished: it holds nothing. */
  return status == TOPO_ENOTFOUND ? TOPO_ECORRUPT : status;
}
