/*
 * identity.h - a local identity from inside: a key pair, and the name by which others dial it.
 */
#ifndef TOPO_NET_IDENTITY_H
#define TOPO_NET_IDENTITY_H

#include <gnutls/abstract.h>

#include "net/net_impl.h"

enum { TOPO_NET_IDENTITIES_MAX = 1024 };

struct topo_net_identity {
  struct topo_net_identity *next;
  struct topo_id key;
  gnutls_privkey_t private_key;
  gnutls_pcert_st certificate; /* the raw public key, as GnuTLS wants it */
  bool removed;                /* no longer found by its name; its connections still use it */
  unsigned refs; /* references: the list's while it is in it, and one for each connection */
  void *user;
  char sni[TOPO_NET_SNI_MAX + 1]; /* "" when it only dials */
};

/* The identity that is dialled by this name; NULL when there is none. */
struct topo_net_identity *topo_net_identity_find(const struct topo_net *net, const char *sni);
void topo_net_identity_ref(struct topo_net_identity *identity);
void topo_net_identity_unref(struct topo_net_identity *identity); /* NULL is fine */
/* Takes an identity of this net (asserted) out of the list. It is not found any more, and lives on
 * for as long as connections use it. */
void topo_net_identity_drop(struct topo_net *net, struct topo_net_identity *identity);

#endif
