/*
 * subscriber.h - somebody who subscribes to a space: reads when told to, and keeps what it was
 * given. Every failure fails the test. Include cmocka.h first.
 */
#ifndef TOPO_TESTS_SUBSCRIBER_H
#define TOPO_TESTS_SUBSCRIBER_H

#include "api/subscription.h"

#include <pthread.h>

enum { SUBSCRIBER_EVENTS_MAX = 8192, SUBSCRIBER_READ_BYTES = 64 * 1024 };

/* An event that was given. */
struct heard {
  char type[24];
  char cursor[TOPO_SUBSCRIPTION_CURSOR_SIZE]; /* empty: none */
  char *json;
};

struct subscriber {
  struct topo_subscription *subscription; /* NULL: closed */
  pthread_mutex_t mutex;
  pthread_cond_t told;
  unsigned ready; /* how often `ready` was called since the last read of nothing */
  size_t max_bytes;
  bool over; /* TOPO_ECLOSED came */
  size_t n;
  struct heard heard[SUBSCRIBER_EVENTS_MAX];
  char last[TOPO_SUBSCRIPTION_CURSOR_SIZE]; /* the last cursor that was given */
};

struct subscriber *subscriber_create(void);
void subscriber_destroy(struct subscriber *l); /* closes; NULL is fine */

/* What a request asks: from `since` (NULL: from now on), those types (0: all), one channel (NULL:
 * all). */
struct topo_subscription_request subscriber_request(struct subscriber *l,
                                                    const struct topo_id *space, const char *since,
                                                    uint32_t types, const struct topo_id *channel);
/* Opens through the source; 0 or its status. */
int subscriber_open(struct subscriber *l, const struct topo_subscription_source *source,
                    const struct topo_subscription_request *request);
void subscriber_close(struct subscriber *l);
/* Waits until `ready` was called, but not after a read that gave something. */
void subscriber_await(struct subscriber *l);
/* Waits, then reads once. Returns what the read returned. */
int subscriber_read(struct subscriber *l);
/* Reads until an event of that type came; returns the last such one. */
const struct heard *subscriber_until(struct subscriber *l, const char *type);
/* Reads until messages "m<first>"… up to `n` of them have come. */
void subscriber_until_messages(struct subscriber *l, unsigned first, unsigned n);
/* Forgets the events, not the last cursor. */
void subscriber_forget(struct subscriber *l);

/* How often the message "m<number>" has come, and how often events of a type. */
unsigned subscriber_count_message(const struct subscriber *l, unsigned number);
unsigned subscriber_count(const struct subscriber *l, const char *type);
/* The number in the text of a message "m<number>"; -1: another event. */
int heard_number(const struct heard *heard);

#endif
