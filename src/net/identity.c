/*
 * identity.c - local identities: made from a seed, found by name, kept for as long as connections
 * use them.
 */
#include "net/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/status.h"
#include "crypto/sign.h"

struct topo_net_identity *topo_net_identity_find(const struct topo_net *net, const char *sni)
{
  if (!*sni)
    return NULL;
  for (struct topo_net_identity *i = net->identities; i; i = i->next)
    if (!i->removed && strcmp(i->sni, sni) == 0)
      return i;
  return NULL;
}

static bool sni_valid(const char *sni)
{
  size_t len = strlen(sni);
  return len > 0 && len <= TOPO_NET_SNI_MAX &&
         strspn(sni, "abcdefghijklmnopqrstuvwxyz0123456789") == len;
}

/* The private key from its 32-byte seed, and its public half into *public_key. 0 or TOPO_ENOMEM. */
static int import_seed(struct topo_net_identity *identity, const uint8_t seed[static 32])
{
  struct topo_sign_key pair;
  gnutls_datum_t x = {pair.public_key.bytes, TOPO_KEY_SIZE}, k = {pair.seed, sizeof pair.seed};
  int rc = gnutls_privkey_init(&identity->private_key);
  topo_sign_key_from_seed(&pair, seed);
  identity->key = pair.public_key;
  if (!rc)
    rc = gnutls_privkey_import_ecc_raw(identity->private_key, GNUTLS_ECC_CURVE_ED25519, &x, NULL,
                                       &k);
  topo_wipe(&pair, sizeof pair);
  return rc ? TOPO_ENOMEM : 0;
}

static int import_public(struct topo_net_identity *identity)
{
  gnutls_datum_t x = {identity->key.bytes, TOPO_KEY_SIZE};
  gnutls_pubkey_t key;
  if (gnutls_pubkey_init(&key))
    return TOPO_ENOMEM;
  if (gnutls_pubkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_ED25519, &x, NULL) ||
      gnutls_pcert_import_rawpk(&identity->certificate, key, 0)) {
    gnutls_pubkey_deinit(key); /* on success the certificate owns it */
    return TOPO_ENOMEM;
  }
  return 0;
}

int topo_net_identity_add(struct topo_net *net, struct topo_net_identity **out,
                          const uint8_t seed[static 32], const char *sni, void *user)
{
  struct topo_net_identity *identity;
  if (sni && !sni_valid(sni))
    return TOPO_EINVAL;
  if (sni && topo_net_identity_find(net, sni))
    return TOPO_EEXISTS;
  if (net->n_identities == TOPO_NET_IDENTITIES_MAX)
    return TOPO_ELIMIT;
  identity = calloc(1, sizeof *identity);
  if (!identity)
    return TOPO_ENOMEM;
  identity->refs = 1;
  identity->user = user;
  if (sni)
    strcpy(identity->sni, sni);
  if (import_seed(identity, seed) || import_public(identity)) {
    topo_net_identity_unref(identity);
    return TOPO_ENOMEM;
  }
  identity->next = net->identities;
  net->identities = identity;
  net->n_identities++;
  *out = identity;
  return 0;
}

void topo_net_identity_ref(struct topo_net_identity *identity)
{
  identity->refs++;
}

void topo_net_identity_unref(struct topo_net_identity *identity)
{
  if (!identity || --identity->refs > 0)
    return;
  if (identity->certificate.pubkey)
    gnutls_pcert_deinit(&identity->certificate);
  if (identity->private_key)
    gnutls_privkey_deinit(identity->private_key); /* GnuTLS wipes the key */
  topo_wipe(identity, sizeof *identity);
  free(identity);
}

void topo_net_identity_drop(struct topo_net *net, struct topo_net_identity *identity)
{
  struct topo_net_identity **at = &net->identities;
  while (*at && *at != identity)
    at = &(*at)->next;
  topo_assert(*at && !identity->removed);
  *at = identity->next;
  net->n_identities--;
  identity->removed = true;
  topo_net_identity_unref(identity);
}
