/*
 * http_conns.h - the connections that libmicrohttpd serves, and how long each may stay as it is.
 *
 * libmicrohttpd ends a connection that is silent for some time, but not one on which a byte comes
 * now and then (Slowloris). Whatever a client has to finish (asking again, a body, taking the
 * answer) has a deadline as a whole, and a connection that misses one has its socket shut down,
 * which libmicrohttpd sees as an end.
 *
 *   waiting ──► asking ──► running ──► answering ──► waiting
 *                  └──────────────────────┘ ▲
 *                             streaming ◄──┘            any ──► shut
 */
#ifndef TOPO_GATEWAY_HTTP_CONNS_H
#define TOPO_GATEWAY_HTTP_CONNS_H

#include "gateway/authorize.h"

#include <pthread.h>
#include <stdint.h>

enum topo_http_conn_state {
  TOPO_HTTP_CONN_WAITING,   /* for a request, or the rest of its head */
  TOPO_HTTP_CONN_ASKING,    /* the head is here, the body may not be */
  TOPO_HTTP_CONN_RUNNING,   /* the call is with the runner */
  TOPO_HTTP_CONN_ANSWERING, /* the answer is on its way */
  TOPO_HTTP_CONN_STREAMING, /* events, until somebody ends it; entered anew whenever some are taken
                             */
  TOPO_HTTP_CONN_SHUT,      /* the socket was shut down; libmicrohttpd will notice */
  TOPO_HTTP_CONN_STATES
};

struct topo_http_conn {
  int fd;
  enum topo_transport transport;
  bool peer_trusted;
  bool known; /* its caller has shown who it is */
  enum topo_http_conn_state state;
  uint64_t deadline_ns; /* TOPO_NEVER: none */
  struct topo_http_conn *prior, *next;
};

struct topo_http_conns {
  pthread_mutex_t lock;
  struct topo_http_conn *first, *last;
  uint64_t wait_ns, ask_ns, answer_ns; /* how long the states may last */
};

void topo_http_conns_init(struct topo_http_conns *conns, uint64_t wait_ns, uint64_t ask_ns,
                          uint64_t answer_ns);
void topo_http_conns_finish(struct topo_http_conns *conns); /* none may be left (asserted) */

/* Any thread. `open` looks at the socket itself; NULL: out of memory. `close` frees. */
struct topo_http_conn *topo_http_conns_open(struct topo_http_conns *conns, int fd, uint64_t now_ns);
void topo_http_conns_close(struct topo_http_conns *conns, struct topo_http_conn *conn);
/* Along an arrow above (asserted); a connection that is shut stays it. */
void topo_http_conns_transition(struct topo_http_conns *conns, struct topo_http_conn *conn,
                                enum topo_http_conn_state to, uint64_t now_ns);

/* Its caller has shown who it is: it is not shut to make room while it asks or is answered. */
void topo_http_conns_know(struct topo_http_conns *conns, struct topo_http_conn *conn);

/* Shuts down what has missed its deadline. */
void topo_http_conns_sweep(struct topo_http_conns *conns, uint64_t now_ns);
/* Shuts down one connection, so that a new one has room: the one whose state is oldest, of those
 * that wait for their next request and those whose caller has not shown who it is and whose call is
 * not running. Returns false when there is no such connection. */
bool topo_http_conns_make_room(struct topo_http_conns *conns);

#endif
