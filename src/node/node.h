/*
 * node.h - one space: an account in a workspace, as an actor. Everything that happens to it is an
 * input of topo_node_step; everything it does to the world goes through its ports.
 *
 * The step takes time as an argument and runs on one thread at a time. It works its inputs off in
 * one transaction, commits, and only then answers calls, sends to peers and asks for dials: nobody
 * hears of what is not on disk. When storage fails, the transaction is rolled back, the calls of
 * that step fail with the status, all connections are closed, and what is kept in memory is read
 * anew from the file.
 *
 * Inputs are a value, ports a table: the simulator and the daemon differ only in those.
 */
#ifndef TOPO_NODE_NODE_H
#define TOPO_NODE_NODE_H

#include "api/op.h"
#include "dag/dag.h"
#include "node/input.h"
#include "node/ports.h"
#include "port/disk.h"
#include "port/rng.h"

#include <inttypes.h>

/* The mark of a space's file, and those of files with other tables, which are not read any more. */
enum {
  TOPO_NODE_APPLICATION_ID = 0x746f7033, /* "top3" */
  TOPO_NODE_FORMER_ID = 0x746f7032,
  TOPO_NODE_FIRST_ID = 0x746f706f
};

struct topo_node;
struct topo_invite_link;

struct topo_node_options {
  const char *path; /* the space's database */
  const struct topo_disk *disk;
  struct topo_rng rng;
  const struct topo_node_ports *ports;
  int cache_kib;    /* of the database's cache; 0: the default */
  size_t conns_max; /* connections, TOPO_NODE_CONNS_MIN … TOPO_NODE_CONNS_MAX; 0: the latter */
  const struct topo_type *const *types; /* that this build knows; NULL: topo_types */
  size_t rebuild_piece; /* events that a step judges again; 0: TOPO_REBUILD_PIECE_MAX */
};

/* Which client's request made a space: kept in its file, so that a crash before the answer does not
 * make a retry a second space. */
struct topo_node_origin {
  const char *key;        /* NULL or empty: none */
  struct topo_id request; /* topo_node_request_of */
};

/* Makes a space with a new workspace. The file must not exist. 0 or a status; on failure the file
 * is to be removed by the caller. */
struct topo_node_create {
  const char *workspace_name, *user_name;
  struct topo_now now;
  struct topo_node_origin origin;
};
int topo_node_create_workspace(struct topo_node **out, const struct topo_node_options *options,
                               const struct topo_node_create *create);
/* Makes a space that joins by an invite link (docs/protocol.md §7). The file must not exist. 0 or a
 * status; on failure the file is to be removed by the caller. */
struct topo_node_join {
  const struct topo_invite_link *invite_link;
  const char *user_name;
  struct topo_now now;
  struct topo_node_origin origin;
};
int topo_node_join_workspace(struct topo_node **out, const struct topo_node_options *options,
                             const struct topo_node_join *join);
/* Opens an existing space. 0 and *out, or *out is NULL: TOPO_ECORRUPT (the file is damaged, is not
 * a space's, or was never finished), TOPO_ESCHEMA (a newer release wrote it), or a status of memory
 * or storage. */
int topo_node_open(struct topo_node **out, const struct topo_node_options *options);
/* Closes the connections and the file. Not within a step; work that is being checked must have come
 * back (topo_node_in_flight). NULL is fine. */
void topo_node_close(struct topo_node *node);

/* Works off `n` inputs, in their order; with none, what is due by now. Time may not run backwards
 * from one step to the next. Every call is answered in the step that it is an input of. */
void topo_node_step(struct topo_node *node, struct topo_now now, const struct topo_input *inputs,
                    size_t n);
/* When to step without inputs, at the latest (monotonic ms); UINT64_MAX: never. */
uint64_t topo_node_deadline(const struct topo_node *node);
/* The work in flight that must come back before the node may be closed. */
size_t topo_node_in_flight(const struct topo_node *node);

/* The key that made the space, of at most `size` bytes with its NUL, and its request; empty when
 * there was none. 0 or a storage status. */
int topo_node_read_origin(struct topo_node *node, char *key, size_t size, struct topo_id *request);
/* A hash of all that a call asks: requests that differ in anything differ in it. 0 or TOPO_ENOMEM.
 */
int topo_node_request_of(const struct topo_op_call *call, struct topo_id *out);

/* Who the space is; wiped while the file cannot be read, and valid as long as the node. */
const struct topo_self *topo_node_self(const struct topo_node *node);
/* Calls each(arg, key, is_invite) for every key that may connect (docs/protocol.md §4, Trust); for
 * none while the file cannot be read. */
void topo_node_trust(struct topo_node *node,
                     void (*each)(void *arg, const struct topo_id *key, bool is_invite), void *arg);
/* SNI of a device in a workspace (docs/protocol.md §1): 52 characters and NUL. */
enum { TOPO_SNI_SIZE = 53 };
void topo_sni(char out[static TOPO_SNI_SIZE], const struct topo_id *workspace,
              const struct topo_id *device);

/* How far a space is. All zero, but `reached`, while the file cannot be read. */
struct topo_node_status {
  bool member;              /* our device has a valid credential */
  size_t conns;             /* that are up, invitees among them */
  size_t connected_members; /* that have greeted */
  uint64_t events;          /* items in all sets */
  uint64_t held;            /* pending events */
  uint64_t wanted;          /* asked of a peer and not yet answered */
  uint64_t rejected;        /* events that were refused since the space was opened */
  uint64_t remote_items;    /* the most that a peer says it has */
  bool synced;              /* nothing is missing and nothing is under way, as far as peers say */
  struct topo_dag_progress rebuild; /* events are judged again: not synced meanwhile */
  bool waiting_for_key; /* a member, without a key to seal with or to open what is here */
  bool refused;         /* joining, and the inviter refuses the invite */
  bool twice;           /* another copy of this device runs elsewhere */
  enum topo_reached reached;
};
struct topo_node_status topo_node_status(struct topo_node *node);
/* How far a rebuild is, for people: a format for its `done` and its `total`. */
#define TOPO_REBUILDING_TEXT "%" PRIu64 " of %" PRIu64 " judged again after an upgrade"
/* Why a space is connected to nobody, for people: as topo_node_status says, the invite was refused,
 * or not. */
const char *topo_node_lonely_text(bool refused);
/* What is the matter when another copy of the device runs, for people. */
extern const char topo_node_twice_text[];
/* What getSync and listPeers answer. 0, what became of the writer, or a storage status. */
int topo_node_write_sync(struct topo_node *node, struct topo_json *out);
int topo_node_write_peers(struct topo_node *node, struct topo_json *out);
/* NULL while the file cannot be read. */
struct topo_dag *topo_node_dag(struct topo_node *node);
struct topo_db *topo_node_db(struct topo_node *node);

#endif
