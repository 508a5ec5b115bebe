/*
 * quic_pair.h - endpoints of the transport in one process, driven over loopback until a condition
 * holds.
 *
 * Time is CLOCK_MONOTONIC plus a skew, so that a test may let half a minute pass at once.
 */
#ifndef TOPO_SMOKE_QUIC_PAIR_H
#define TOPO_SMOKE_QUIC_PAIR_H

#include <stdbool.h>

#include "net/net.h"

enum { PAIR_KEYS = 8, PAIR_ENDPOINTS = 8 };

struct endpoint {
  struct topo_net *net;
  struct topo_net_conn *conn; /* the latest that came up; NULL when it went down */
  struct topo_net_peer peer;
  struct topo_net_down down;
  struct topo_net_address moved_to;
  unsigned ups, downs, moves, authorized, writables;
  int verdict; /* what `authorize` answers */
  /* Receiving: bytes are checked against the pattern of their stream. */
  bool hold; /* do not consume */
  uint64_t received[TOPO_CONN_STREAMS_MAX], held[TOPO_CONN_STREAMS_MAX], held_total, most_held;
  /* Sending: how much of the pattern of each stream to send, and how much was taken. */
  uint64_t to_send[TOPO_CONN_STREAMS_MAX], sent[TOPO_CONN_STREAMS_MAX];
  /* A hook for what a test wants done inside callbacks. */
  void (*on_data)(struct endpoint *e, struct topo_net_conn *conn);
  void (*on_up)(struct endpoint *e, struct topo_net_conn *conn);
};

uint64_t pair_now(void);
void pair_skew(uint64_t ns); /* time jumps ahead */
void pair_seed(uint8_t seed[static 32], unsigned n);
struct topo_id pair_key(unsigned n);

/* Opens an endpoint on 127.0.0.1 (or `bind`, or the wildcard when `any`). */
void endpoint_open(struct endpoint *e, bool plain_sockets);
void endpoint_open_at(struct endpoint *e, const struct topo_net_address *bind, uint8_t secret);
/* On 127.0.0.1, with the status of topo_net_create. */
int endpoint_try_open(struct endpoint *e);
void endpoint_close(struct endpoint *e);
/* Adds the identity of key n; asserts success. */
struct topo_net_identity *endpoint_identity(struct endpoint *e, unsigned n, const char *sni);
/* Dials `to` as `as`, expecting key n under the name. */
struct topo_net_conn *endpoint_dial(struct endpoint *e, const struct endpoint *to,
                                    struct topo_net_identity *as, unsigned pin, const char *sni);
struct topo_net_address endpoint_address(const struct endpoint *e);
/* Offers more of every stream's pattern. */
void endpoint_send(struct endpoint *e);
void endpoint_consume(struct endpoint *e, unsigned stream, uint64_t n);

/* Serves the endpoints (NULLs are skipped) until done() or ten seconds of real time have passed;
 * returns whether it was done. */
bool pair_run(struct endpoint *const *ends, size_t n, bool (*done)(void *arg), void *arg);
/* Serves them once without waiting. */
void pair_step(struct endpoint *const *ends, size_t n);

#endif
