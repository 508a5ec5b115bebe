/*
 * conns.h - the connections of a space, each with its session: who is there, what they are sent,
 * and how they end. How one comes about is in sessions.h.
 */
#ifndef TOPO_NODE_CONNS_H
#define TOPO_NODE_CONNS_H

#include "node/env.h"
#include "sync/session.h"

enum { TOPO_NEIGHBOURS = 8 /* connections to members that a space looks for, and keeps */ };

struct topo_node;

enum topo_node_conn_state {
  TOPO_NODE_CONN_NEW,
  TOPO_NODE_CONN_UP,
  TOPO_NODE_CONN_DEAD /* nothing is called on it any more; the end of the step frees it */
};

struct topo_node_conn {
  uint64_t number; /* of the input that brought it */
  struct topo_node *node;
  struct topo_session *session;
  struct topo_conn conn;
  struct topo_id peer; /* the key it showed: a device, or an invite's */
  struct topo_address address;
  uint64_t since_ms;
  int64_t wall_offset_ms; /* how far its wall clock was ahead of ours when it greeted us */
  int64_t lead_ms;        /* and ours ahead of our monotonic one, then */
  enum topo_session_role role;
  enum topo_node_conn_state state;
  bool outgoing;
  bool useful; /* the peer, a member, has greeted us, or the inviter has welcomed us */
};

struct topo_conns {
  struct topo_env *env;
  struct topo_node_conn *conns[TOPO_NODE_CONNS_MAX];
  size_t n, max; /* at most TOPO_NODE_CONNS_MAX */
};

/* `max` connections at most; 0: TOPO_NODE_CONNS_MAX. */
void topo_conns_init(struct topo_conns *conns, struct topo_env *env, size_t max);
/* Makes room for one more connection. One place is for invitees, and so that nobody is kept out
 * for good, a member displaces another member beyond the neighbours that are kept, the one that is
 * here longest of those that are in step; or else an invitee. False when there is no room, and
 * nobody to give way. Not from within a session's callback. */
bool topo_conns_make_room(struct topo_conns *conns, enum topo_session_role role);
/* Lets go of a member beyond the neighbours that are kept, as topo_conns_make_room does. False when
 * there is none. */
bool topo_conns_spare(struct topo_conns *conns);
/* How many members are connected, and how many are looked for. */
size_t topo_conns_members(const struct topo_conns *conns);
size_t topo_conns_neighbours(const struct topo_conns *conns);
/* Takes in a connection with its session. There must be room, and its number must be new. */
void topo_conns_add(struct topo_conns *conns, struct topo_node_conn *conn);
/* NULL when the connection is dead or unknown: it may have ended before the input was taken. */
struct topo_node_conn *topo_conns_find(const struct topo_conns *conns, uint64_t number);
/* The connection to a member by that device; NULL when there is none. */
struct topo_node_conn *topo_conns_find_member(const struct topo_conns *conns,
                                              const struct topo_id *device);
/* True when somebody who shows that key is connected, be it an invite's. */
bool topo_conns_has(const struct topo_conns *conns, const struct topo_id *key);
/* Calls each(arg, key, true) for the key of every invitee that is connected. */
void topo_conns_invitees(const struct topo_conns *conns,
                         void (*each)(void *arg, const struct topo_id *key, bool is_invite),
                         void *arg);

/* Closes a connection; nothing when it is dead. */
void topo_conns_drop(struct topo_node_conn *conn, int status);
/* The other side, or the session, ended a connection. */
void topo_conns_ended(struct topo_node_conn *conn);
/* Frees the dead. Not from within a session's callback. */
void topo_conns_sweep(struct topo_conns *conns);
/* Closes all and frees them. */
void topo_conns_close_all(struct topo_conns *conns, int status);

/* Tells every member but the one who brought it of an event that is durable (docs/protocol.md
 * §6.4). `origin`: the connection that brought it, or 0. */
void topo_conns_push(const struct topo_conns *conns, const struct topo_id *id, uint64_t origin);
/* Lets every session do what is due and send what there is room for. */
void topo_conns_flush(struct topo_conns *conns);

#endif
