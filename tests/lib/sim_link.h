/*
 * sim_link.h - two ends of a connection behind port/link, with a network of whims between them.
 *
 * Bytes of one stream arrive in order, in chunks of any size, after a delay of their own: streams
 * overtake each other. An end takes as many bytes as its send buffer holds and tells "writable"
 * when there is room again; it delivers no more than the receiver's window has left. A lost link
 * loses what was on its way, and its two ends hear of it at different times.
 *
 * The link knows no scheduler: it has a time at which something is due and hands out one event per
 * call. What its users do against the contract of port/link.h is remembered as a violation.
 */
#ifndef TOPO_TESTS_SIM_LINK_H
#define TOPO_TESTS_SIM_LINK_H

#include "lib/sim_rng.h"
#include "port/link.h"

#include <stdbool.h>

enum { SIM_LINK_CHUNK = 64 * 1024 };

struct sim_link;

/* Planted faults: what no transport may do. */
enum sim_link_fault {
  SIM_LINK_HONEST,
  SIM_LINK_SWAPS,    /* sometimes exchanges two bytes of a chunk */
  SIM_LINK_FLIPS,    /* sometimes flips a bit of a chunk */
  SIM_LINK_SWALLOWS, /* takes the bytes of stream 1 from end 0 and forgets them */
};

struct sim_link_options {
  uint64_t seed;
  const uint64_t *now_ms; /* borrowed as long as the link */
  size_t send_buffer, window;
  uint64_t delay_ms; /* of a chunk, at most */
  enum sim_link_fault fault;
};

enum sim_link_event_kind { SIM_LINK_DATA, SIM_LINK_WRITABLE, SIM_LINK_DOWN };

struct sim_link_event {
  enum sim_link_event_kind kind;
  unsigned end; /* 0 or 1: who hears it */
  unsigned stream;
  const uint8_t *data; /* borrowed until the next call on the link */
  size_t len;
  int status; /* SIM_LINK_DOWN */
};

struct sim_link *sim_link_create(const struct sim_link_options *options);
void sim_link_destroy(struct sim_link *link); /* NULL is fine */

/* The port of end 0 or 1. */
struct topo_link sim_link_end(struct sim_link *link, unsigned end);
/* When the next event is due; UINT64_MAX: nothing is under way. */
uint64_t sim_link_due(const struct sim_link *link);
/* The next event that is due now, if any. */
bool sim_link_next(struct sim_link *link, struct sim_link_event *event);

/* The connection is lost: both ends hear `status`, each after up to `delay_ms`. */
void sim_link_break(struct sim_link *link, int status, uint64_t delay_ms);
/* The end and its user are gone, as in a crash: it hears nothing more, its calls do nothing, and
 * the other end hears TOPO_ECLOSED after up to `delay_ms`. */
void sim_link_vanish(struct sim_link *link, unsigned end, uint64_t delay_ms);
/* Nothing is delivered before `until_ms`. */
void sim_link_stall(struct sim_link *link, uint64_t until_ms);
/* The user has been given the DOWN event and ended its step: from now on its calls are violations.
 */
void sim_link_told(struct sim_link *link, unsigned end);

/* True when neither end will hear anything more. */
bool sim_link_over(const struct sim_link *link);
/* True while an end has yet to hear that the link is lost. */
bool sim_link_ending(const struct sim_link *link);
/* Bytes sent and not yet delivered, in both directions. */
size_t sim_link_in_flight(const struct sim_link *link);
/* What a user did against the contract; NULL: nothing. */
const char *sim_link_violation(const struct sim_link *link);

#endif
