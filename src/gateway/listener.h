/*
 * listener.h - the front listener: accepts on every listening socket, looks at the first request of
 * each connection without taking a byte, and hands the connection to the server that speaks it.
 *
 * A connection that has not asked yet is pending. It costs a descriptor and a hundred bytes. It has
 * a time to ask, and there is a bound on how many there are: the oldest silent one goes when a new
 * one comes. What asks for nothing that a server behind could understand is refused here, with a
 * problem document.
 *
 *   pending ──► handed over (the socket is somebody else's)
 *      └──► leaving (the refusal is sent, the rest of what the client says is read) ──► closed
 */
#ifndef TOPO_GATEWAY_LISTENER_H
#define TOPO_GATEWAY_LISTENER_H

#include "gateway/authorize.h"
#include "gateway/head.h"
#include "gateway/request_id.h"

struct topo_listener;

enum { TOPO_LISTENER_SOCKETS = 2 };

struct topo_listener_options {
  int sockets[TOPO_LISTENER_SOCKETS]; /* they listen; stay the caller's; nonblocking; -1: none
                                       */
  size_t pending_max;
  uint64_t head_timeout_ns;
  /* Called in the listener's thread with a socket whose first request head has arrived and is well
   * formed; `head` is borrowed. True: the socket is taken. False: *problem is the refusal. */
  bool (*take)(void *arg, int fd, const struct topo_head *head, struct topo_problem *problem);
  /* Called in the listener's thread about once a second. */
  void (*tick)(void *arg);
  void *arg;
  struct topo_request_ids *ids; /* of what is refused here; outlives the listener */
};

/* Starts the thread. 0, or TOPO_ENOMEM, TOPO_ELIMIT (descriptors, threads). */
int topo_listener_create(struct topo_listener **out, const struct topo_listener_options *options);
/* Ends the thread and closes what it holds; the listening sockets stay open. NULL is fine. */
void topo_listener_destroy(struct topo_listener *listener);

#endif
