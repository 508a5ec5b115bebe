/*
 * hello.h - what a client says on the WebSocket: an EventHello of openapi/openapi.yaml.
 */
#ifndef TOPO_GATEWAY_HELLO_H
#define TOPO_GATEWAY_HELLO_H

#include "api/gate.h"
#include "api/subscription.h"

enum {
  TOPO_HELLO_SIZE_MAX = 16 * 1024, /* bytes of one message */
  TOPO_HELLO_SPACES_MAX = 64       /* of each list */
};

struct topo_hello {
  bool has_token;
  char token[TOPO_TOKEN_TEXT_MAX + 1];
  size_t token_len;
  size_t n_subscribe, n_unsubscribe;
  struct topo_subscription_request subscribe[TOPO_HELLO_SPACES_MAX]; /* without `ready` */
  struct topo_id unsubscribe[TOPO_HELLO_SPACES_MAX];
};

/* Reads one message; unknown members are ignored. 0; TOPO_EMALFORMED (no JSON object), TOPO_EINVAL
 * (a member is not what it should be), TOPO_ELIMIT, TOPO_ENOMEM. On failure *why is a static
 * sentence and *pointer the member at fault, or "". The caller wipes the hello: it may hold a
 * token. */
int topo_hello_parse(struct topo_hello *out, const char *text, size_t len, const char **why,
                     const char **pointer);

#endif
