/*
 * batches.h - events on their way in: gathered into batches as they arrive, checked elsewhere, and
 * applied when they come back. Until then they count against the windows of the connections that
 * they came by, which bounds memory.
 *
 * A batch that is full (TOPO_BATCH_EVENTS_MAX, TOPO_BATCH_BYTES_MAX) waits behind those that are
 * full already, and the next one begins: nothing is dropped, and they are handed out in the order
 * in which their events came.
 *
 * What is new comes live from every neighbour, so most of what comes so is a copy. One that is
 * here, or is being checked, is passed over before its signature is looked at.
 */
#ifndef TOPO_NODE_BATCHES_H
#define TOPO_NODE_BATCHES_H

#include "node/conns.h"
#include "node/outcome.h"
#include "node/records.h"

enum {
  TOPO_BATCHES_IN_FLIGHT_MAX = 2, /* being checked at a time */
  TOPO_BATCHES_LIVE_MAX = 32768   /* live events that are remembered while they are checked */
};

struct topo_node_work {
  struct topo_work work; /* first: the ports know only this */
  struct topo_buf segments;
  struct topo_node_work *next;
};

struct topo_batches {
  struct topo_env *env;
  struct topo_transaction *transaction;
  struct topo_outcome *outcome;
  struct topo_conns *conns;
  struct topo_records *records;
  struct topo_node_work *first, *last; /* not handed out yet; the last one is being gathered */
  size_t in_flight;
  struct topo_idset live; /* what came live and is on its way */
};

void topo_batches_init(struct topo_batches *batches, struct topo_outcome *outcome,
                       struct topo_conns *conns, struct topo_records *records);
/* Nothing may be in flight. */
void topo_batches_finish(struct topo_batches *batches);
/* Takes the payload of an EVENTS frame: a sequence of `u32 length ‖ event`, of a connection that is
 * up. 0, TOPO_ENOMEM, or TOPO_EMALFORMED when it is no such sequence. */
int topo_batches_gather(struct topo_batches *batches, uint64_t conn,
                        enum topo_session_stream stream, const uint8_t *data, size_t len);
/* Hands out what was gathered, as far as may be in flight. */
void topo_batches_submit(struct topo_batches *batches);
/* A batch came back: applies it, unless the space cannot be read, and frees it. */
void topo_batches_checked(struct topo_batches *batches, struct topo_work *work);
/* True when no event is between its arrival and its place. */
bool topo_batches_idle(const struct topo_batches *batches);

#endif
