/*
 * session_fields.h - what frames of a session carry that its owner sees as well: what SETS and
 * pages say of item sets, and the fields of JOIN; and the sizes that docs/protocol.md §6 sets for
 * both sides.
 */
#ifndef TOPO_SYNC_SESSION_FIELDS_H
#define TOPO_SYNC_SESSION_FIELDS_H

#include "base/bytes.h"

/* Sizes that both sides rely on. A peer that goes beyond one has sent an ill-formed frame. */
enum {
  TOPO_FRAME_MAX = 262144,                  /* bytes of one frame: its kind and its payload */
  TOPO_SESSION_RECONCILE_BYTES_MAX = 65536, /* bytes of one message of reconciliation */
  TOPO_SESSION_LISTS_MAX = 16,              /* pages asked for and not yet answered */
  TOPO_PAGE_ROWS_MAX = 64,                  /* rows of a page; more sets are told in parts */
  TOPO_PREFIX_MAX = 63                      /* half bytes of a prefix */
};

/* The layout of a page (sync/settree.h). */
enum {
  TOPO_PAGE_OF_ROWS = 0,
  TOPO_PAGE_OF_PARTS = 1,
  TOPO_PAGE_ROW_SIZE = 72,
  TOPO_PAGE_PART_SIZE = 33,
  TOPO_PAGE_PARTS = 16 /* as many as there are half bytes */
};

/* The sets that are no epoch's come before all epochs, in this order, each when the one before it
 * is equal on both sides or has been reconciled. Each has a place in SETS, and an id that is no
 * event's.
 */
enum topo_set_rank {
  TOPO_SET_CONTROL,
  TOPO_SET_RECORDS, /* device records (docs/protocol.md §2.5), which leave their set again */
  TOPO_SET_EARLY,   /* how many they are */
  TOPO_SET_EPOCH = TOPO_SET_EARLY
};

/* 32 bytes of ones. */
extern const struct topo_id topo_set_of_records;

static inline struct topo_id topo_set_early_id(enum topo_set_rank rank)
{
  return rank == TOPO_SET_RECORDS ? topo_set_of_records : topo_id_zero;
}

static inline enum topo_set_rank topo_set_rank(const struct topo_id *set)
{
  if (topo_id_is_zero(set))
    return TOPO_SET_CONTROL;
  return topo_id_equal(set, &topo_set_of_records) ? TOPO_SET_RECORDS : TOPO_SET_EPOCH;
}

/* One item set of the sender's, as it was when the frame was made. */
struct topo_session_set {
  struct topo_id set;    /* topo_set_early_id, or the id of an epoch */
  uint64_t count;        /* how many items are in it */
  struct topo_id digest; /* the set's LtHash digest (docs/protocol.md §6.2); of an empty one, any */
};

/* Empty sets are equal, and two others when count and digest are. */
static inline bool topo_session_set_equal(const struct topo_session_set *a,
                                          const struct topo_session_set *b)
{
  return a->count == b->count && (a->count == 0 || topo_id_equal(&a->digest, &b->digest));
}

/* What SETS says: all of an owner's sets in a few bytes. */
struct topo_session_sets {
  struct topo_session_set early[TOPO_SET_EARLY];
  uint64_t items;        /* of all epochs' sets */
  struct topo_id epochs; /* the digest of the page of the empty prefix */
};

/* The beginning of ids of sets, in half bytes, the higher one of a byte first. */
struct topo_prefix {
  uint8_t len;       /* 0 to TOPO_PREFIX_MAX */
  struct topo_id id; /* with zeros behind */
};

/* The fields of JOIN: how a newcomer takes up an offer (docs/protocol.md §6.1). */
struct topo_session_join {
  struct topo_id invite; /* the invite event, and the slot of it that was offered */
  uint16_t slot;
  struct topo_id device;              /* the newcomer's device key */
  struct topo_id seal_key;            /* the key that epochs are to be wrapped for */
  uint8_t countersign[TOPO_SIG_SIZE]; /* by the device key */
  uint8_t proof[TOPO_SIG_SIZE];       /* by the invite key */
};

#endif
