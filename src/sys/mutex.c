/* mutex.c - mutexes and conditions that exist once they were asked for; see mutex.h. */
#include "sys/mutex.h"

#include "base/assert.h"

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
