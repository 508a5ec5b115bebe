/* subscriber.c - see subscriber.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/daemon/subscriber.h"

#include "base/assert.h"
#include "base/status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_S = 20 };

struct subscriber *subscriber_create(void)
{
  struct subscriber *l = calloc(1, sizeof *l);
  topo_assert(l);
  pthread_mutex_init(&l->mutex, NULL);
  pthread_cond_init(&l->told, NULL);
  l->max_bytes = SUBSCRIBER_READ_BYTES;
  return l;
}

void subscriber_forget(struct subscriber *l)
{
  for (size_t i = 0; i < l->n; i++)
    free(l->heard[i].json);
  l->n = 0;
}

void subscriber_close(struct subscriber *l)
{
  if (l->subscription)
    l->subscription->ops->close(l->subscription);
  l->subscription = NULL;
}

void subscriber_destroy(struct subscriber *l)
{
  if (!l)
    return;
  subscriber_close(l);
  subscriber_forget(l);
  pthread_cond_destroy(&l->told);
  pthread_mutex_destroy(&l->mutex);
  free(l);
}

static void tell(void *arg)
{
  struct subscriber *l = arg;
  pthread_mutex_lock(&l->mutex);
  l->ready++;
  pthread_cond_signal(&l->told);
  pthread_mutex_unlock(&l->mutex);
}

struct topo_subscription_request subscriber_request(struct subscriber *l,
                                                    const struct topo_id *space, const char *since,
                                                    uint32_t types, const struct topo_id *channel)
{
  struct topo_subscription_request r = {.space = *space, .types = types, .ready = tell, .arg = l};
  snprintf(r.since, sizeof r.since, "%s", since ? since : "");
  r.one_channel = channel != NULL;
  if (channel)
    r.channel = *channel;
  return r;
}

int subscriber_open(struct subscriber *l, const struct topo_subscription_source *source,
                    const struct topo_subscription_request *request)
{
  topo_assert(!l->subscription);
  l->ready = 0;
  l->over = false;
  return source->open(source->ctx, request, &l->subscription);
}

void subscriber_await(struct subscriber *l)
{
  struct timespec until;
  int r = 0;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += PATIENCE_S;
  pthread_mutex_lock(&l->mutex);
  while (l->ready == 0 && r == 0)
    r = pthread_cond_timedwait(&l->told, &l->mutex, &until);
  /* Once after an open, and once after each read of nothing. */
  bool once = l->ready == 1;
  pthread_mutex_unlock(&l->mutex);
  if (r == ETIMEDOUT)
    fail_msg("nothing came for %d seconds", PATIENCE_S);
  assert_true(once);
}

static void hear(void *arg, const struct topo_subscription_event *event)
{
  struct subscriber *l = arg;
  topo_assert(l->n < SUBSCRIBER_EVENTS_MAX);
  struct heard *heard = &l->heard[l->n++];
  snprintf(heard->type, sizeof heard->type, "%s", event->type);
  snprintf(heard->cursor, sizeof heard->cursor, "%s", event->cursor ? event->cursor : "");
  heard->json = strndup((const char *)event->notification.data, event->notification.len);
  topo_assert(heard->json && event->notification.len <= TOPO_NOTIFICATION_MAX);
  if (event->cursor)
    snprintf(l->last, sizeof l->last, "%s", event->cursor);
}

int subscriber_read(struct subscriber *l)
{
  subscriber_await(l);
  /* It may be called during the very read that finds nothing. */
  pthread_mutex_lock(&l->mutex);
  unsigned before = l->ready;
  l->ready = 0;
  pthread_mutex_unlock(&l->mutex);
  int n = l->subscription->ops->read(l->subscription, l->max_bytes, hear, l);
  if (n > 0) {
    pthread_mutex_lock(&l->mutex);
    topo_assert(l->ready == 0); /* it was not waiting */
    l->ready = before;
    pthread_mutex_unlock(&l->mutex);
  }
  assert_true(n >= 0 || n == TOPO_ECLOSED);
  l->over = n < 0;
  return n;
}

const struct heard *subscriber_until(struct subscriber *l, const char *type)
{
  for (size_t seen = l->n;;) {
    assert_true(subscriber_read(l) >= 0);
    const struct heard *found = NULL;
    for (; seen < l->n; seen++)
      if (strcmp(l->heard[seen].type, type) == 0)
        found = &l->heard[seen];
    if (found)
      return found;
  }
}

int heard_number(const struct heard *heard)
{
  const char *text = strstr(heard->json, "\"text\":\"m");
  return text && strcmp(heard->type, "message") == 0 ? atoi(text + 9) : -1;
}

void subscriber_until_messages(struct subscriber *l, unsigned first, unsigned n)
{
  char *come = calloc(n ? n : 1, 1);
  size_t seen = 0;
  for (unsigned missing = n; missing > 0;) {
    for (; seen < l->n; seen++) {
      int number = heard_number(&l->heard[seen]) - (int)first;
      if (number < 0 || number >= (int)n || come[number])
        continue;
      come[number] = 1;
      missing--;
    }
    if (missing > 0)
      assert_true(subscriber_read(l) >= 0);
  }
  free(come);
}

unsigned subscriber_count_message(const struct subscriber *l, unsigned number)
{
  unsigned count = 0;
  for (size_t i = 0; i < l->n; i++)
    count += heard_number(&l->heard[i]) == (int)number;
  return count;
}

unsigned subscriber_count(const struct subscriber *l, const char *type)
{
  unsigned count = 0;
  for (size_t i = 0; i < l->n; i++)
    count += strcmp(l->heard[i].type, type) == 0;
  return count;
}
