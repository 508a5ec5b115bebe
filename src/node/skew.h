/* skew.h - is the clock of this computer wrong? What those of the others say (docs/protocol.md
 * §2.4). */
#ifndef TOPO_NODE_SKEW_H
#define TOPO_NODE_SKEW_H

#include "base/bytes.h"

enum {
  TOPO_SKEW_TOLERATED_MS = 60 * 1000, /* so far clocks may be apart */
  TOPO_SKEW_TEXT_SIZE = 80            /* a sentence with its NUL, at most */
};

/* The clock of a device of a user, against ours. */
struct topo_skew_vote {
  struct topo_id user;
  int64_t
      offset_ms; /* its wall clock less ours, as the peer says it: positive where ours is slow */
};

/* What is to be added to the wall clock, in milliseconds: the median of the users' clocks, or 0
 * where that is at most TOPO_SKEW_TOLERATED_MS. Each user has one vote, the median of their
 * devices; `own_user` has none but this very clock. Of two in the middle the one closer to this
 * clock counts, so only more than half of all can say that it is wrong, and of two people neither.
 * `votes`, of which there are `n`, are sorted by this. */
int64_t topo_skew_of(struct topo_skew_vote *votes, size_t n, const struct topo_id *own_user);

/* Writes a sentence that says so; nothing but the NUL when the correction is 0. */
void topo_skew_text(char out[static TOPO_SKEW_TEXT_SIZE], int64_t correction_ms);

#endif
