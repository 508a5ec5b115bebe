/*
 * gate.h - what a token is good for: what a front asks before it lets a call in.
 */
#ifndef TOPO_API_GATE_H
#define TOPO_API_GATE_H

#include "api/op.h"

enum { TOPO_TOKEN_TEXT_MAX = 128 /* bytes of a token's text; longer ones are not looked at */ };

/* What a caller may do. */
struct topo_grant {
  enum topo_scope scope;
  bool one_space; /* and only in this one: others do not exist for it */
  struct topo_id space;
  uint64_t expires_ms; /* Unix time; 0: never. A stream ends then. */
};

struct topo_gate {
  /* Is this the text of a good token? 0 and *out, or TOPO_EUNAUTHENTICATED (unknown, revoked,
   * expired). Compares in constant time, never touches the disk. Any thread. */
  int (*check)(void *ctx, const char *token, size_t len, struct topo_grant *out);
  void *ctx;
};

#endif
