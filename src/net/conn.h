/*
 * conn.h - a connection from inside: what it consists of, its states, and the queue of those that
 * have work.
 *
 *     HANDSHAKE ──► VERDICT ──► UP          a client's way: its own handshake is done before the
 *         │            │         │          server has accepted or refused its key
 *         ├────────────┼───► ────┤          a server goes from HANDSHAKE to UP
 *         ▼            ▼         ▼
 *     CLOSING or DRAINING, for three probe timeouts, then it is freed
 *
 * A connection is freed by one function only (topo_net_conn_free, from the linger timer and from
 * destroy), never while a callback runs. Ends that are asked for inside callbacks are written down
 * as `doom` and executed by the queue.
 */
#ifndef TOPO_NET_CONN_H
#define TOPO_NET_CONN_H

#include "net/net_impl.h"
#include "net/sendbuf.h"

enum topo_net_state {
  TOPO_NET_HANDSHAKE, /* keys are being agreed */
  TOPO_NET_VERDICT,   /* client: our side is done, the server may still refuse our key */
  TOPO_NET_UP,
  TOPO_NET_CLOSING,  /* we said goodbye; late packets are answered with it again */
  TOPO_NET_DRAINING, /* the peer did, or nobody is there: late packets are swallowed */
  TOPO_NET_STATES
};

struct topo_net_out { /* a stream we send on */
  int64_t id;         /* -1 until it is open */
  bool wanted;        /* the user waits for "writable" */
  struct topo_sendbuf buf;
};
struct topo_net_in { /* a stream we receive on, in the order the peer opened them */
  int number;        /* -1 until its first byte */
  uint64_t unconsumed;
};

struct topo_net_conn {
  struct topo_net *net;
  struct topo_net_identity *identity; /* NULL on a server until the SNI is read */
  void *user;
  enum topo_net_state state;
  bool outgoing, was_up, has_peer;
  bool heard;         /* the peer answered at least once */
  bool reset;         /* ended by a stateless reset */
  int failure;        /* why TLS was refused here, or 0 */
  bool no_key;        /* … because no raw key was shown */
  struct topo_id pin; /* outgoing: the key that must be shown */
  struct topo_id peer;
  struct topo_net_address remote;
  char sni[TOPO_NET_SNI_MAX + 1];

  ngtcp2_conn *quic; /* NULL when closing or draining, as is tls */
  gnutls_session_t tls;
  ngtcp2_crypto_conn_ref ref;
  struct topo_cid_entry *cids;
  struct topo_cid_entry *reset_tokens; /* with which the peer may disown the connection */
  struct topo_deadline timer;

  bool doomed;        /* nothing is delivered any more; the queue ends it */
  bool silent;        /* … and the user does not want to hear */
  int doom_status;    /* for the user */
  uint64_t doom_code; /* for the peer */

  uint8_t *farewell; /* CONNECTION_CLOSE, to be sent again */
  size_t farewell_len;
  uint32_t late, late_next; /* packets after the end; answer when late reaches late_next */

  struct topo_net_out out[TOPO_CONN_STREAMS_MAX];
  struct topo_net_in in[TOPO_CONN_STREAMS_MAX];
  unsigned turn; /* whose turn it is among the streams after 0 */

  bool queued;
  struct topo_net_conn *queue_next;
  struct topo_net_conn *prev, *next; /* all connections */
};

/* Counts a connection that is zero but for `net` and `outgoing`, in state HANDSHAKE, and puts it
 * into the list of all. From here on it is freed by topo_net_conn_free. */
void topo_net_conn_init(struct topo_net_conn *conn);
/* Frees a connection that is not in the queue (asserted), whatever its state. */
void topo_net_conn_free(struct topo_net_conn *conn);
/* Gives up what only a living connection needs: the state of ngtcp2 and of GnuTLS, the buffers and
 * the identity. To linger takes the ids and one packet. */
void topo_net_conn_release(struct topo_net_conn *conn);

/* Changes the state along one of the arrows above (asserted). */
void topo_net_conn_transition(struct topo_net_conn *conn, enum topo_net_state to);
/* Returns whether the connection has not ended yet; until then its `quic` is there. */
bool topo_net_conn_alive(const struct topo_net_conn *conn);
/* Makes it UP, and reports that to the user. */
void topo_net_conn_up(struct topo_net_conn *conn);
/* Notes that the queue is to end the connection, with this status for the user and this code for
 * the peer. When it is noted twice, the first counts. */
void topo_net_conn_doom(struct topo_net_conn *conn, int status, uint64_t code);

/* Puts a connection that has something to write, or is to be ended, at the end of the queue, unless
 * it is in it already. */
void topo_net_conn_queue(struct topo_net_conn *conn);
/* Takes the first one out of the queue, which is not empty (asserted). */
struct topo_net_conn *topo_net_conn_dequeue(struct topo_net *net);

/* A fresh connection id of ours that leads to it. 0 or TOPO_ENOMEM. */
int topo_net_conn_take_cid(struct topo_net_conn *conn, ngtcp2_cid *cid);

/* Asks ngtcp2 for the next deadline. */
void topo_net_conn_retime(struct topo_net_conn *conn);

/* The path between two addresses, which it borrows. */
static inline ngtcp2_path topo_net_path(struct topo_net_address *local,
                                        struct topo_net_address *remote)
{
  return (ngtcp2_path){.local = {&local->sa, topo_net_address_len(local)},
                       .remote = {&remote->sa, topo_net_address_len(remote)}};
}

#endif
