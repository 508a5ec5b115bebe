/*
 * node.h - one space: an account in a workspace, as an actor. Everything that happens to it is an
 * input of topo_node_step; everything it does to the world goes through its ports.
 *
 * The step takes time as an argument and runs on one thread at a time. It works its inputs off in
 * one transaction, commits, and only then answers calls, sends to peers and asks for dials: nobody
 * hears of what is not on disk. When storage fails, the transaction is rolled back, the calls of
 * that step fail with the status, all connections are closed, and the state in memory is read anew
 * from the database.
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

enum { TOPO_NODE_APPLICATION_ID = 0x746f706f /* "topo" */ };

struct topo_node;

struct topo_node_options {
  const char *path; /* the space's database */
  const struct topo_disk *disk;
  struct topo_rng rng;
  const struct topo_node_ports *ports;
  int cache_kib;
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
/* Makes a space that joins by an invite link (docs/protocol.md §7). The file must not exist. 0,
 * TOPO_EINVAL (the text is no invite link), TOPO_EVERSION (one of a newer version), or a status; on
 * failure the file is to be removed by the caller. */
struct topo_node_join {
  const char *link, *user_name;
  struct topo_now now;
  struct topo_node_origin origin;
};
int topo_node_join_workspace(struct topo_node **out, const struct topo_node_options *options,
                             const struct topo_node_join *join);
/* Opens an existing space. TOPO_ENOTFOUND, TOPO_ECORRUPT, TOPO_ESCHEMA, … */
int topo_node_open(struct topo_node **out, const struct topo_node_options *options);
/* Closes the connections, fails the calls that wait, closes the file. Work that is being checked
 * must come back before. NULL is fine. */
void topo_node_close(struct topo_node *node);

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

const struct topo_self *topo_node_self(const struct topo_node *node);
/* Calls each(key, is_invite) for every key that may connect. */
void topo_node_trust(struct topo_node *node,
                     void (*each)(void *arg, const struct topo_id *key, bool is_invite), void *arg);
/* SNI of a device in a workspace: 52 characters and NUL. */
enum { TOPO_SNI_SIZE = 53 };
void topo_sni(char out[static TOPO_SNI_SIZE], const struct topo_id *workspace,
              const struct topo_id *device);
/* Where others may reach this daemon; goes into invites from now on. */
void topo_node_set_addresses(struct topo_node *node, const struct topo_address *addresses,
                             size_t n);

/* What the tests and the status operation look at. */
struct topo_node_status {
  bool member; /* our device has a valid credential */
  size_t conns, connected_members;
  uint64_t events, held, wanted, rejected, remote_items;
  bool synced, waiting_for_key;
};
struct topo_node_status topo_node_status(struct topo_node *node);
/* What getSync and listPeers answer. 0, what became of the writer, or a storage status. */
int topo_node_write_sync(struct topo_node *node, struct topo_json *out);
int topo_node_write_peers(struct topo_node *node, struct topo_json *out);
struct topo_dag *topo_node_dag(struct topo_node *node);
struct topo_db *topo_node_db(struct topo_node *node);

#endif
