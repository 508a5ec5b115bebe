/*
 * session_fields.h - what frames of a session carry that its owner sees as well: the rows of SETS
 * and the fields of JOIN; and the sizes that docs/protocol.md §6 sets for both sides.
 */
#ifndef TOPO_SYNC_SESSION_FIELDS_H
#define TOPO_SYNC_SESSION_FIELDS_H

#include "base/bytes.h"

/* Sizes that both sides rely on. A peer that goes beyond one has sent an ill-formed frame. */
enum {
  TOPO_FRAME_MAX = 262144,                  /* bytes of one frame: its kind and its payload */
  TOPO_SESSION_RECONCILE_BYTES_MAX = 65536, /* bytes of one message of reconciliation */
  TOPO_SESSION_SETS_MAX = 1024              /* rows of one SETS */
};

/* A row of SETS: one item set of the sender's, as it was when the frame was made. */
struct topo_session_set {
  struct topo_id set;    /* zero for the control set, else the id of an epoch */
  uint64_t count;        /* how many items are in it */
  struct topo_id digest; /* the set's LtHash digest (docs/protocol.md §6.2) */
};

/* The order of rows by set, for qsort: negative, zero, positive. */
static inline int topo_session_set_compare(const void *a, const void *b)
{
  const struct topo_session_set *x = a, *y = b;
  return topo_id_compare(&x->set, &y->set);
}

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
