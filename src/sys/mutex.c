/* mutex.c - mutexes and conditions that exist once they were asked for; see mutex.h. */
#include "sys/mutex.h"

#include "base/assert.h"
#include "sys/clock.h"

#include <errno.h>
#include <time.h>

void topo_mutex_init(pthread_mutex_t *mutex)
{
  int error = pthread_mutex_init(mutex, NULL);
  topo_assert(error == 0);
}

void topo_mutex_init_condition(pthread_cond_t *condition)
{
  pthread_condattr_t attributes;
  int error = pthread_condattr_init(&attributes);
  if (error == 0)
    error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  if (error == 0)
    error = pthread_cond_init(condition, &attributes);
  topo_assert(error == 0);
  pthread_condattr_destroy(&attributes);
}

bool topo_mutex_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t at_ns)
{
  const uint64_t second_ns = 1000000000;
  struct timespec at = {.tv_sec = (time_t)(at_ns / second_ns),
                        .tv_nsec = (long)(at_ns % second_ns)};
  int error = at_ns == TOPO_NEVER ? pthread_cond_wait(condition, mutex)
                                  : pthread_cond_timedwait(condition, mutex, &at);
  topo_assert(error == 0 || error == ETIMEDOUT);
  return error == 0;
}
