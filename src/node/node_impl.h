/* node_impl.h - shared by the files of node/ that make up topo_node. */
#ifndef TOPO_NODE_NODE_IMPL_H
#define TOPO_NODE_NODE_IMPL_H

#include "node/node.h"

#include "crypto/lthash.h"
#include "sync/memset.h"
#include "sync/session.h"

/* One item set and its digest. */
struct topo_node_set {
  struct topo_id id; /* zero: control */
  struct topo_memset *items;
  struct topo_itemset view;
  struct topo_lthash hash; /* of all items, once `hashed` */
  bool hashed;             /* somebody has asked for the digest */
  struct topo_id digest;
  uint64_t count;
  bool stale; /* the digest is older than the hash */
};

struct topo_node_conn {
  uint64_t number;
  struct topo_node *node;
  struct topo_session *session;
  struct topo_conn conn;
  struct topo_id peer; /* the key it showed: a device, or an invite's */
  struct topo_address address;
  uint64_t since_ms;
  enum topo_session_role role;
  bool outgoing, dead;
  int status; /* why it is dead */
};

/* A stretch of a batch that came from one connection. */
struct topo_node_segment {
  uint64_t conn;
  enum topo_session_stream stream;
  size_t bytes;
  size_t first, n; /* events of the batch */
};

struct topo_node_work {
  struct topo_work work; /* first: the ports know only this */
  struct topo_buf segments;
};

/* A device we may want to be connected with. */
struct topo_node_peer {
  struct topo_id device;
  struct topo_address addresses[TOPO_NODE_ADDRESSES];
  uint8_t n_addresses, next_address;
  uint8_t failures;
  uint64_t dial; /* number of the dial under way, 0: none */
  bool with_invite;
  uint64_t retry_ms;
  int last_status;
};

struct topo_node_item {
  struct topo_id id;
  uint64_t origin; /* the connection that brought it; 0: made here, or unblocked */
};

struct topo_node {
  struct topo_node_options options;
  char *path;
  struct topo_db *db;
  struct topo_dag *dag;
  struct topo_self self;
  struct topo_now now;
  uint64_t deadline_ms;

  struct topo_node_set *sets;
  size_t n_sets;
  struct topo_node_conn *conns[TOPO_NODE_CONNS_MAX];
  size_t n_conns;
  struct topo_node_peer *peers;
  size_t n_peers, dialling;
  uint64_t next_dial;
  struct topo_address own[TOPO_NODE_ADDRESSES];
  size_t n_own;

  struct topo_node_work *gathering; /* events received and not yet handed out */
  size_t in_flight;

  /* joining */
  uint8_t invite_seed[32];
  struct topo_id invite_device;
  bool joining;
  bool try_device; /* which key the next dial of a joiner shows */
  bool profile_due;

  /* of the call at hand: a hash of all that it asks, when it has an idempotency key */
  struct topo_id request;
  bool keyed; /* its key has been written */

  /* of the step at hand */
  bool writing;     /* a transaction is open */
  bool local_write; /* something in it was promised to a caller */
  bool durable;     /* its commit is synced */
  bool trust_dirty;
  int failure;             /* the transaction is lost */
  struct topo_buf items;   /* struct topo_node_item: entered a set in this transaction */
  struct topo_buf origins; /* while a batch is applied: which connection brought what */
  struct topo_buf wants;   /* struct topo_id */
  struct topo_buf calls;   /* struct topo_op_call *: answered when the commit is durable */
  struct topo_buf
      welcomes; /* struct topo_node_item: an admission, and the connection that waits for it */

  uint64_t rejected;
  int last_rejection;
  int32_t seen_nodes; /* nodes of authority when trust was last told */
};

/* local.c: values of this device alone */
int topo_local_put(struct topo_db *db, const char *name, const void *data, size_t len);
int topo_local_get(struct topo_db *db, const char *name, struct topo_buf *out); /* ENOTFOUND */
int topo_local_remove(struct topo_db *db, const char *name);

/* sets.c */
int topo_sets_add(struct topo_node *node, const struct topo_id *set, uint64_t hlc,
                  const struct topo_id *id);
int topo_sets_list(struct topo_node *node, struct topo_session_set *out);
const struct topo_itemset *topo_sets_items(struct topo_node *node, const struct topo_id *set);
void topo_sets_finish(struct topo_node *node);

/* state.c */
int topo_node_load(struct topo_node *node); /* everything in memory, from the database */
void topo_node_unload(struct topo_node *node);
int topo_node_writing(struct topo_node *node,
                      bool local); /* opens the transaction when there is none */
const struct topo_sink *topo_node_sink(struct topo_node *node, struct topo_sink *sink);
void topo_node_note(struct topo_node *node, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* conns.c */
extern const struct topo_session_callbacks topo_node_session_callbacks;
void topo_conns_up(struct topo_node *node, const struct topo_input *in);
void topo_conns_data(struct topo_node *node, const struct topo_input *in);
void topo_conns_down(struct topo_node *node, const struct topo_input *in);
struct topo_node_conn *topo_conns_find(struct topo_node *node, uint64_t number);
void topo_conns_checked(struct topo_node *node, struct topo_work *work);
void topo_conns_submit(struct topo_node *node); /* hands the gathered batch out */
uint64_t topo_conns_origin(const struct topo_node *node, const struct topo_id *id);
void topo_conns_push(struct topo_node *node); /* tells peers what the commit made durable */
void topo_conns_flush(struct topo_node *node);
void topo_conns_close_all(struct topo_node *node, int status);
void topo_conns_drop(struct topo_node *node, struct topo_node_conn *conn, int status);
void topo_conns_sweep(struct topo_node *node); /* frees the dead */

/* join.c */
int topo_join_offer(struct topo_node *node, struct topo_node_conn *conn, struct topo_id *invite,
                    uint16_t *slot, struct topo_id *auth);
int topo_join_offered(struct topo_node *node, const struct topo_id *invite, uint16_t slot,
                      const struct topo_id *auth, struct topo_session_join *join);
int topo_join_admit(struct topo_node *node, struct topo_node_conn *conn,
                    const struct topo_session_join *join);
void topo_join_progress(struct topo_node *node); /* profile, end of joining */
int topo_invite_format(struct topo_node *node, const struct topo_id *invite, const uint8_t *seed,
                       struct topo_buf *out);
struct topo_invite_link {
  struct topo_id workspace, device, invite;
  uint8_t seed[32];
  struct topo_address addresses[TOPO_NODE_ADDRESSES];
  size_t n_addresses;
};
int topo_invite_parse(struct topo_invite_link *out, const char *text);

/* peers.c */
struct topo_node_peer *topo_peers_find(struct topo_node *node, const struct topo_id *device);
int topo_peers_load(struct topo_node *node);
void topo_peers_seen(struct topo_node *node, const struct topo_id *device,
                     const struct topo_address *address);
int topo_peers_learn(struct topo_node *node, const struct topo_id *device,
                     const struct topo_address *address);
/* The dial came up. Unknown: it was forgotten when the space was read anew, and so was what key it
 * showed. */
enum topo_dialled { TOPO_DIALLED_UNKNOWN, TOPO_DIALLED_AS_DEVICE, TOPO_DIALLED_AS_INVITEE };
enum topo_dialled topo_peers_up(struct topo_node *node, const struct topo_id *device,
                                uint64_t dial);
void topo_peers_failed(struct topo_node *node, uint64_t dial, int status);
void topo_peers_dial(struct topo_node *node); /* whom we miss */
void topo_node_wake_at(struct topo_node *node, uint64_t at_ms);

/* calls.c */
void topo_calls_run(struct topo_node *node, struct topo_op_call *call);
void topo_calls_answer(struct topo_node *node, int status); /* those of this step */

#endif
