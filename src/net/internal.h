/*
 * internal.h - what the files of this room share. Nobody else includes it.
 *
 *     net.c       create, destroy, the loop's entry points, the queue of connections with work
 *     socket.c    opening the UDP port            io.c      datagrams in and out, in batches
 *     tls.c       identities, TLS sessions, keys  accept.c  packets of no known connection
 *     conn.c      the life of a connection        callbacks.c  what ngtcp2 reports of it
 *     stream.c    numbers, buffers, windows       write.c   bursts of packets
 *     token.c     proofs of address
 *
 * Lifetimes: a connection is freed in one place only (topo_net_conn_free, from the linger timer and
 * from destroy), never while a callback runs. Ends that are asked for inside callbacks are written
 * down as `doom` and executed by the queue.
 */
#ifndef TOPO_NET_INTERNAL_H
#define TOPO_NET_INTERNAL_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "base/assert.h"
#include "base/status.h"
#include "net/cid_table.h"
#include "net/compat.h"
#include "net/deadlines.h"
#include "net/io.h"
#include "net/net.h"
#include "net/sendbuf.h"

enum {
  TOPO_NET_CID_LEN = 8,            /* of the ids we choose */
  TOPO_NET_LINGERING = 1024,       /* ended connections that still answer or swallow packets */
  TOPO_NET_BURST = 64 * 1024,      /* bytes a connection writes before it is the next one's turn */
  TOPO_NET_TURNS = 64,             /* bursts per call */
  TOPO_NET_RESETS_PER_SECOND = 50, /* stateless answers must not make us an amplifier of work */
  TOPO_NET_IDENTITIES = 1024,
  TOPO_NET_TOKENS = 64, /* address tokens of servers, kept for the next dial */
  TOPO_NET_TOKEN_MAX = 256
};
#define TOPO_NET_IDLE_NS       (30 * NGTCP2_SECONDS)
#define TOPO_NET_KEEP_ALIVE_NS (10 * NGTCP2_SECONDS)
#define TOPO_NET_HANDSHAKE_NS  (10 * NGTCP2_SECONDS)
#define TOPO_NET_RETRY_NS      (10 * NGTCP2_SECONDS)
#define TOPO_NET_TOKEN_NS      (24 * 3600 * NGTCP2_SECONDS)

struct topo_net_identity {
  struct topo_net_identity *next;
  struct topo_id key;
  gnutls_privkey_t private_key;
  gnutls_pcert_st certificate; /* the raw public key, as GnuTLS wants it */
  bool removed;                /* kept for its connections only */
  unsigned refs;               /* one of the net, one per connection */
  void *user;
  char sni[TOPO_NET_SNI_MAX + 1]; /* "" when it only dials */
};

enum topo_net_state {
  TOPO_NET_HANDSHAKE, /* keys are being agreed */
  TOPO_NET_VERDICT,   /* client: our side is done, the server has not judged us yet */
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

struct topo_net_token { /* from a server at this address; len 0 is an empty slot */
  struct topo_net_address remote;
  size_t len;
  uint8_t bytes[TOPO_NET_TOKEN_MAX];
};

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
  struct topo_net_conn *queue, **queue_end;
  struct topo_net_identity *identities;
  unsigned n_identities;
  gnutls_certificate_credentials_t credentials;
  gnutls_priority_t priority;
  uint64_t resets_since_ns; /* the second that is being counted, and its resets */
  unsigned resets_in_second;
  struct topo_net_token tokens[TOPO_NET_TOKENS];
  size_t token_next;
  struct topo_net_stats stats;
};

/* net.c */
void topo_net_queue(struct topo_net_conn *conn); /* it has something to write or to end */
void topo_net_fill(struct topo_net *net, void *out, size_t len);

/* tls.c */
int topo_net_tls_init(struct topo_net *net); /* 0 or TOPO_ENOMEM */
void topo_net_tls_finish(struct topo_net *net);
/* The session of a new connection; it belongs to the caller. 0 or TOPO_ENOMEM. */
int topo_net_tls_session(struct topo_net_conn *conn);
void topo_net_identity_ref(struct topo_net_identity *identity);
void topo_net_identity_unref(struct topo_net_identity *identity); /* NULL is fine */
/* What a TLS alert of the peer means. */
int topo_net_alert_status(unsigned alert);

/* token.c */
enum topo_net_proof {
  TOPO_NET_PROOF_NONE,    /* the address is not proved: Retry */
  TOPO_NET_PROOF_RETRY,   /* by the token of our Retry; *original is the id before it */
  TOPO_NET_PROOF_EARLIER, /* by a NEW_TOKEN of an earlier connection */
  TOPO_NET_PROOF_BAD      /* a Retry token that is not ours, not its, or old */
};
enum topo_net_proof topo_net_token_check(struct topo_net *net, const ngtcp2_pkt_hd *hd,
                                         const struct topo_net_address *remote,
                                         ngtcp2_cid *original);
void topo_net_token_offer(struct topo_net_conn *conn); /* server: NEW_TOKEN for the next time */
void topo_net_token_keep(struct topo_net *net, const struct topo_net_address *remote,
                         const uint8_t *token, size_t len);
/* A kept token for that address, which is then forgotten; its length, 0 for none. */
size_t topo_net_token_take(struct topo_net *net, const struct topo_net_address *remote,
                           uint8_t out[static TOPO_NET_TOKEN_MAX]);

/* accept.c */
/* The connection that a stateless reset ends, or NULL when the datagram is none. */
struct topo_net_conn *topo_net_reset_of(const struct topo_net *net, const struct topo_datagram *d);
/* A datagram for no known connection: a new client, or something to answer without state, or noise.
 */
void topo_net_accept(struct topo_net *net, const struct topo_datagram *d,
                     const ngtcp2_version_cid *header, bool other_version);

/* conn.c */
struct topo_net_accepted { /* what a validated Initial says */
  const ngtcp2_pkt_hd *header;
  const ngtcp2_cid *original; /* NULL without a Retry */
};
/* A new connection in state HANDSHAKE, in the tables and in the queue. 0, TOPO_ENOMEM. */
int topo_net_conn_create(struct topo_net *net, struct topo_net_conn **out,
                         const struct topo_net_address *local,
                         const struct topo_net_address *remote,
                         const struct topo_net_accepted *accepted,
                         const struct topo_net_dial *dial);
void topo_net_conn_free(struct topo_net_conn *conn);
void topo_net_conn_transition(struct topo_net_conn *conn, enum topo_net_state to);
void topo_net_conn_receive(struct topo_net_conn *conn, const struct topo_datagram *d);
void topo_net_conn_expire(struct topo_net_conn *conn);
/* Reports `up`. */
void topo_net_conn_up(struct topo_net_conn *conn);
/* To be ended with this code by the queue; the first doom counts. */
void topo_net_conn_doom(struct topo_net_conn *conn, int status, uint64_t code);
/* Ends a doomed connection now. */
void topo_net_conn_execute(struct topo_net_conn *conn);
/* Ends it after ngtcp2 returned an error. */
void topo_net_conn_fail(struct topo_net_conn *conn, int liberr);
void topo_net_conn_retime(struct topo_net_conn *conn); /* asks ngtcp2 for the next deadline */
bool topo_net_conn_alive(const struct topo_net_conn *conn);

/* callbacks.c */
extern const ngtcp2_callbacks topo_net_callbacks_client, topo_net_callbacks_server;

/* stream.c */
int topo_net_stream_receive(struct topo_net_conn *conn, int64_t id, const uint8_t *data,
                            size_t len);
void topo_net_stream_acked(struct topo_net_conn *conn, int64_t id, uint64_t offset);
/* The stream to write next that is not in the `blocked` set; -1 when there is none. */
int topo_net_stream_next(struct topo_net_conn *conn, unsigned blocked);
void topo_net_stream_finish(struct topo_net_conn *conn);

/* write.c */
enum topo_net_burst {
  TOPO_NET_BURST_DONE, /* nothing more to write now */
  TOPO_NET_BURST_MORE, /* its turn is over, there is more */
  TOPO_NET_BURST_FULL  /* the socket takes no more */
};
enum topo_net_burst topo_net_write(struct topo_net_conn *conn);

#endif
