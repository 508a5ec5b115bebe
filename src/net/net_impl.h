/*
 * net_impl.h - a topo_net from inside, and how the files of this room build on each other: each may
 * use those below it, and nobody else includes its header.
 *
 *     net.c         creation, the loop's entry points, what concerns all connections
 *
 *     accept.c      packets of no known connection
 *     open.c        a connection begins
 *     callbacks.c   what ngtcp2 reports of a connection
 *     receive.c     what a datagram or time does to a connection
 *     write.c       a connection's burst of packets
 *     close.c       a connection ends
 *
 *     stream.c      numbers, buffers, windows
 *     tls.c         handshakes, raw keys
 *     conn.c        a connection: states, memory, the queue
 *     token.c       proofs of address
 *     identity.c    who we are
 *
 *     io.c, socket.c                                   datagrams in and out of the UDP port
 *     address.c, cid_table.c, deadlines.c, sendbuf.c   know nothing of connections
 *
 * Upwards there are two tables of functions: ngtcp2's (callbacks.c) and the user's (struct
 * topo_net_events in net.h).
 */
#ifndef TOPO_NET_NET_IMPL_H
#define TOPO_NET_NET_IMPL_H

#include <gnutls/gnutls.h>

#include "net/cid_table.h"
#include "net/compat.h"
#include "net/deadlines.h"
#include "net/io.h"
#include "net/net.h"
#include "net/token.h"

enum { TOPO_NET_CID_LEN = 8 }; /* bytes of the connection ids that we choose */

struct topo_net {
  const struct topo_net_events *events;
  void *arg;
  struct topo_rng rng;
  uint8_t secret[32];
  uint64_t now_ns; /* the latest time seen: it never goes back for ngtcp2's sake */
  unsigned depth;  /* of public calls that work; callbacks run inside */
  struct topo_io io;
  struct topo_cid_table cids;
  struct topo_cid_table reset_tokens; /* of the peers: token → connection */
  struct topo_deadlines deadlines;
  struct topo_net_conn *all;
  struct topo_net_conn *queue, **queue_end; /* those with something to write or to end */
  struct topo_net_identity *identities;
  unsigned n_identities;
  gnutls_certificate_credentials_t credentials;
  gnutls_priority_t priority;
  uint64_t resets_since_ns; /* the second that is being counted, and its resets */
  unsigned resets_in_second;
  struct topo_net_token tokens[TOPO_NET_TOKENS];
  size_t token_next; /* the slot that is overwritten next */
  struct topo_net_stats stats;
};

#endif
