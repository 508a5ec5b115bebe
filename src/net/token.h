/*
 * token.h - proofs of address: what a server hands out, and what a client keeps for the next time.
 */
#ifndef TOPO_NET_TOKEN_H
#define TOPO_NET_TOKEN_H

#include "net/address.h"
#include "net/compat.h"

struct topo_net;

enum {
  TOPO_NET_TOKENS = 64,    /* tokens of servers that are kept; a new one replaces the oldest */
  TOPO_NET_TOKEN_MAX = 256 /* bytes of a token; longer ones are not kept */
};

struct topo_net_token { /* from a server at this address; len 0 is an empty slot */
  struct topo_net_address remote;
  size_t len;
  uint8_t bytes[TOPO_NET_TOKEN_MAX];
};

enum topo_net_proof {
  TOPO_NET_PROOF_NONE,    /* the address is not proved: Retry */
  TOPO_NET_PROOF_RETRY,   /* by the token of our Retry; *original is the id before it */
  TOPO_NET_PROOF_EARLIER, /* by a NEW_TOKEN of an earlier connection */
  TOPO_NET_PROOF_BAD      /* a Retry token that is not ours, not its, or old */
};

/* Server: whether a client's Initial proves that the client is at `remote`. */
enum topo_net_proof topo_net_token_check(struct topo_net *net, const ngtcp2_pkt_hd *hd,
                                         const struct topo_net_address *remote,
                                         ngtcp2_cid *original);
/* Server: gives a client at `remote` a NEW_TOKEN for the next time. */
void topo_net_token_offer(struct topo_net *net, ngtcp2_conn *quic,
                          const struct topo_net_address *remote);
/* Client: keeps a NEW_TOKEN of the server at `remote`. */
void topo_net_token_keep(struct topo_net *net, const struct topo_net_address *remote,
                         const uint8_t *token, size_t len);
/* Client: a kept token for that address, which is then forgotten. Its length, 0 for none. */
size_t topo_net_token_take(struct topo_net *net, const struct topo_net_address *remote,
                           uint8_t out[static TOPO_NET_TOKEN_MAX]);

#endif
