/*
 * authorize.h - may this caller have this? One answer for both servers behind the front listener.
 *
 * A pure function of what a request says and what it asks for. Over TCP anybody on the machine, and
 * every page in a browser on it, can reach the port: Host keeps out names that were pointed at this
 * machine (DNS rebinding), Origin and Sec-Fetch-Site keep out other sites' pages, and a token says
 * who calls. On the Unix socket the peer's uid says it all.
 */
#ifndef TOPO_GATEWAY_AUTHORIZE_H
#define TOPO_GATEWAY_AUTHORIZE_H

#include "api/gate.h"
#include "gateway/headers.h"
#include "gateway/problem.h"

enum topo_transport { TOPO_TRANSPORT_UNIX, TOPO_TRANSPORT_TCP };

enum topo_resource {
  TOPO_RESOURCE_NONE,      /* there is nothing at the path */
  TOPO_RESOURCE_FILE,      /* of the page, or a sign of life: open, but not to other sites' code */
  TOPO_RESOURCE_OPERATION, /* a row of the table */
  TOPO_RESOURCE_EVENTS,    /* the event stream */
  TOPO_RESOURCE_SOCKET     /* the WebSocket; its token comes in the first message */
};

/* What the node is called by: the Host values that mean it. */
enum { TOPO_NAMES_COUNT = 4, TOPO_NAME_SIZE = 64 };
struct topo_names {
  char texts[TOPO_NAMES_COUNT][TOPO_NAME_SIZE]; /* "127.0.0.1:7444", …; empty: unused */
  uint16_t port;
};

/* The names of a node that listens on `host`:`port`: that, 127.0.0.1, [::1] and localhost. */
void topo_names_init(struct topo_names *names, const char *host, uint16_t port);

struct topo_facts {
  enum topo_transport transport;
  bool peer_trusted; /* Unix: the peer's uid is ours, or root's */
  const char *method;
  enum topo_resource resource;
  const struct topo_op *op;    /* of an operation */
  const struct topo_id *space; /* that the request is about; NULL: none in particular */
  const struct topo_headers *headers;
};

struct topo_verdict {
  bool refused;
  bool unproven; /* refused for want of a good token: counts towards the limit of failures */
  struct topo_problem problem;
  struct topo_grant grant; /* when not refused; scope OPEN for whoever needed none */
};

/* Decides who calls and whether they may. `gate` is asked about the token only when everything else
 * is in order. */
struct topo_verdict topo_authorize(const struct topo_facts *facts, const struct topo_names *names,
                                   const struct topo_gate *gate);

/* Returns 0 when the grant covers this scope and this space; TOPO_EDENIED when the scope is too
 * small; TOPO_ENOTFOUND when the grant is for another space: whether that one exists is not
 * told. */
int topo_authorize_grant(const struct topo_grant *grant, enum topo_scope scope,
                         const struct topo_id *space);

extern const char topo_authorize_no_space[]; /* the sentence for a space that does not exist */

#endif
