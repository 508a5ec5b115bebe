/*
 * records.h - the device records of a space (docs/protocol.md §2.5): where each member's device is
 * to be reached, and what it knows. They are no events: of a device the newest counts, and the
 * others are forgotten. They travel as events do, and are an item set of their own.
 */
#ifndef TOPO_NODE_RECORDS_H
#define TOPO_NODE_RECORDS_H

#include "dag/check.h"
#include "node/outcome.h"
#include "node/peers.h"
#include "node/record.h"
#include "sync/idset.h"

enum {
  TOPO_RECORDS_MAX = 65536,               /* of a space; further devices are not found by theirs */
  TOPO_RECORD_PAUSE_MS = 10 * 1000,       /* between two records of our own, at least */
  TOPO_RECORD_TAKEN_MS = 5 * 1000,        /* between two that are taken of one device, at least */
  TOPO_RECORD_AHEAD_MS = 24 * 3600 * 1000 /* of our clock: a number beyond is not taken */
};

struct topo_records {
  struct topo_env *env;
  struct topo_transaction *transaction;
  struct topo_sets *sets;
  struct topo_peers *peers;
  struct topo_idset ids;  /* of all that are kept */
  bool missed;            /* one was dropped whose device is not known yet */
  struct topo_record own; /* what ours is to say */
  uint64_t own_seq;       /* the greatest number that was seen in one of ours, or 0 */
  bool due;               /* ours may not say what it is to say */
  uint64_t publish_ms;    /* ours is not made before this, monotonic */
  unsigned foreign;       /* records of this device that another copy of it has made */
  uint64_t foreign_ms;    /* when the last of them came, monotonic */
};

extern const struct topo_migration topo_records_migration;

void topo_records_init(struct topo_records *records, struct topo_outcome *outcome,
                       struct topo_peers *peers);
/* Reads them from the file into the item sets and the peers, which were read before. 0 or a
 * status. */
int topo_records_load(struct topo_records *records);
/* Forgets what was read; harmless when nothing was. */
void topo_records_unload(struct topo_records *records);

/* Where this device is to be reached has changed (env.h). */
void topo_records_changed(struct topo_records *records);
/* Makes our record anew when it does not say what it is to say and its time has come, in the step's
 * transaction. */
void topo_records_publish(struct topo_records *records, struct topo_outcome *outcome);

/* Takes the records of a batch that was checked, in the step's transaction, after its events. What
 * is wrong with single ones is told to the sink and fails nothing. 0, TOPO_ENOMEM or a storage
 * status. */
int topo_records_take(struct topo_records *records, const struct topo_batch *batch,
                      const struct topo_sink *sink);
/* Was one dropped since the last time because its device is not known yet? It is to be asked for
 * again. */
bool topo_records_missed(struct topo_records *records);
/* Is the record kept? */
bool topo_records_has(const struct topo_records *records, const struct topo_id *id);
/* Appends the bytes of a record. 0, TOPO_ENOTFOUND, TOPO_ENOMEM or a storage status. */
int topo_records_read(const struct topo_records *records, const struct topo_id *id,
                      struct topo_buf *out);
/* What the newest record of a device says. 0, TOPO_ENOTFOUND (there is none, or none that can be
 * read), or a storage status. */
int topo_records_get(const struct topo_records *records, const struct topo_id *device,
                     struct topo_record *out);
/* Does another copy of this device run? It has answered our record by one of its own, lately. */
bool topo_records_twice(const struct topo_records *records);

#endif
