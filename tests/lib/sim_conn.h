/*
 * sim_conn.h - two ends of a connection behind port/conn.h, with a network of whims between
 * them.
 *
 * Bytes of one stream arrive in order, in chunks of any size, after a delay of their own: streams
 * overtake each other. An end takes as many bytes as its send buffer holds and tells "writable"
 * when there is room again; it delivers no more than the receiver's window has left. A lost
 * connection loses what was on its way, and its two ends hear of it at different times.
 *
 * The connection knows no scheduler: it has a time at which something is due and hands out one
 * event per call. What its users do against the contract of port/conn.h is remembered as a
 * violation.
 */
#ifndef TOPO_TESTS_SIM_CONN_H
#define TOPO_TESTS_SIM_CONN_H

#include "lib/sim_rng.h"
#include "port/conn.h"

#include <stdbool.h>

enum { SIM_CONN_CHUNK = 64 * 1024 };

struct sim_conn;

/* Planted faults: what no transport may do. */
enum sim_conn_fault {
  SIM_CONN_HONEST,
  SIM_CONN_SWAPS,    /* sometimes exchanges two bytes of a chunk */
  SIM_CONN_FLIPS,    /* sometimes flips a bit of a chunk */
  SIM_CONN_SWALLOWS, /* takes the bytes of stream 1 from end 0 and forgets them */
};

struct sim_conn_options {
  uint64_t seed;
  const uint64_t *now_ms; /* borrowed as long as the connection */
  size_t send_buffer, window;
  uint64_t delay_ms; /* of a chunk, at most */
  enum sim_conn_fault fault;
};

enum sim_conn_event_kind { SIM_CONN_DATA, SIM_CONN_WRITABLE, SIM_CONN_DOWN };

struct sim_conn_event {
  enum sim_conn_event_kind kind;
  unsigned end; /* 0 or 1: who hears it */
  unsigned stream;
  const uint8_t *data; /* borrowed until the next call on the connection */
  size_t len;
  int status; /* SIM_LINK_DOWN */
};

struct sim_conn *sim_conn_create(const struct sim_conn_options *options);
void sim_conn_destroy(struct sim_conn *conn); /* NULL is fine */

/* The port of end 0 or 1. */
struct topo_conn sim_conn_end(struct sim_conn *conn, unsigned end);
/* When the next event is due; UINT64_MAX: nothing is under way. */
uint64_t sim_conn_due(const struct sim_conn *conn);
/* The next event that is due now, if any. */
bool sim_conn_next(struct sim_conn *conn, struct sim_conn_event *event);

/* The connection is lost: both ends hear `status`, each after up to `delay_ms`. */
void sim_conn_break(struct sim_conn *conn, int status, uint64_t delay_ms);
/* The end and its user are gone, as in a crash: it hears nothing more, its calls do nothing, and
 * the other end hears TOPO_ECLOSED after up to `delay_ms`. */
void sim_conn_vanish(struct sim_conn *conn, unsigned end, uint64_t delay_ms);
/* Nothing is delivered before `until_ms`. */
void sim_conn_stall(struct sim_conn *conn, uint64_t until_ms);
/* The user has been given the DOWN event and ended its step: from now on its calls are violations.
 */
void sim_conn_told(struct sim_conn *conn, unsigned end);

/* True when neither end will hear anything more. */
bool sim_conn_over(const struct sim_conn *conn);
/* True while an end has yet to hear that the connection is lost. */
bool sim_conn_ending(const struct sim_conn *conn);
/* Bytes sent and not yet delivered, in both directions. */
size_t sim_conn_in_flight(const struct sim_conn *conn);
/* What a user did against the contract; NULL: nothing. */
const char *sim_conn_violation(const struct sim_conn *conn);

#endif
