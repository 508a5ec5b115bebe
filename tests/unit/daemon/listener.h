/*
 * listener.h - somebody who follows a space: reads when told to, and keeps what it was given. Every
 * failure fails the test. Include cmocka.h first.
 */
#ifndef TOPO_TESTS_LISTENER_H
#define TOPO_TESTS_LISTENER_H

#include "api/subscription.h"

#include <pthread.h>

enum { LISTENER_EVENTS_MAX = 8192, LISTENER_READ_BYTES = 64 * 1024 };

/* An event that was given. */
struct heard {
  char type[24];
  char cursor[TOPO_SUBSCRIPTION_CURSOR_SIZE]; /* empty: none */
  char *json;
};

struct listener {
  struct topo_subscription *subscription; /* NULL: closed */
  pthread_mutex_t mutex;
  pthread_cond_t told;
  unsigned ready; /* how often `ready` was called since the last read of nothing */
  size_t max_bytes;
  bool over; /* TOPO_ECLOSED came */
  size_t n;
  struct heard heard[LISTENER_EVENTS_MAX];
  char last[TOPO_SUBSCRIPTION_CURSOR_SIZE]; /* the last cursor that was given */
};

struct listener *listener_create(void);
void listener_destroy(struct listener *l); /* closes; NULL is fine */

/* What a request asks: from `since` (NULL: from now on), those types (0: all), one channel (NULL:
 * all). */
struct topo_subscription_request listener_request(struct listener *l, const struct topo_id *space,
                                                  const char *since, uint32_t types,
                                                  const struct topo_id *channel);
/* Opens through the source; 0 or its status. */
int listener_open(struct listener *l, const struct topo_subscription_source *source,
                  const struct topo_subscription_request *request);
void listener_close(struct listener *l);
/* Waits until `ready` was called, but not after a read that gave something. */
void listener_await(struct listener *l);
/* Waits, then reads once. Returns what the read returned. */
int listener_read(struct listener *l);
/* Reads until an event of that type came; returns the last such one. */
const struct heard *listener_until(struct listener *l, const char *type);
/* Reads until messages "m<first>"… up to `n` of them have come. */
void listener_until_messages(struct listener *l, unsigned first, unsigned n);
/* Forgets the events, not the last cursor. */
void listener_forget(struct listener *l);

/* How often the message "m<number>" has come, and how often events of a type. */
unsigned listener_count_message(const struct listener *l, unsigned number);
unsigned listener_count(const struct listener *l, const char *type);
/* The number in the text of a message "m<number>"; -1: another event. */
int heard_number(const struct heard *heard);

#endif
