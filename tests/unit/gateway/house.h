/*
 * house.h - a gateway over fakes, on a Unix socket and a TCP port of its own: a table of
 * operations that run at once, a gate that knows some tokens, and a source of events that the test
 * fills.
 */
#ifndef TESTS_UNIT_GATEWAY_HOUSE_H
#define TESTS_UNIT_GATEWAY_HOUSE_H

#include "gateway/gateway.h"
#include "unit/gateway/http_client.h"

#include <pthread.h>
#include <stdatomic.h>

enum { HOUSE_EVENTS_MAX = 4096 };

/* The Content-Security-Policy of the file "/docs/", the only one that has its own. */
#define HOUSE_DOCS_CSP "default-src 'none'; script-src 'self'; img-src 'self'"

/* An open subscription of the fake source. */
struct fake_subscription {
  struct topo_subscription head;
  struct house *house;
  struct topo_subscription_request request;
  size_t at; /* of the source's events */
  struct fake_subscription *next;
};

struct house {
  char directory[64], path[96], host[32]; /* host: "127.0.0.1:PORT" */
  struct topo_gateway_options options;
  struct topo_gateway *gateway;
  uint16_t port;
  atomic_uint checks;               /* of tokens */
  atomic_bool revoked;              /* the token "gone" */
  atomic_uint_least64_t expires_ms; /* of the token "brief" */

  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct fake_subscription *broker;
  size_t subscriptions_open, subscriptions_opened;
  struct topo_subscription_request last; /* what the latest subscription was opened with */
  struct {
    struct topo_id space;
    const char *type;
    char *cursor, *notification;
  } events[HOUSE_EVENTS_MAX];
  size_t n_events;
  bool closed; /* the space is: reads say so */
};

/* The spaces that exist, and their ids as text. */
extern const struct topo_id house_a, house_b;
extern const char house_a_text[], house_b_text[], house_none_text[];

/* cmocka fixtures; the options may be changed and the gateway made anew with house_open. */
int house_set_up(void **state);
int house_tear_down(void **state);
void house_open(struct house *h); /* destroys the present one first */

/* A connection over TCP. */
int house_dial(struct house *h);
/* Sends a request over TCP, `head` with %s for the host (once), and reads until the end. */
struct reply house_ask(struct house *h, const char *head);
/* The same, and fails unless it has this status and `part` in it. */
void house_expect(struct house *h, const char *head, int status, const char *part);

/* An event for everybody who subscribes to the space. The notification is {"type":TYPE,"n":N},
 * padded. */
void house_emit(struct house *h, const struct topo_id *space, const char *type, const char *cursor,
                size_t padding);
/* Waits until so many subscriptions are open. */
void house_await_subscriptions(struct house *h, size_t count);

#endif
