/*
 * mutex.h - mutexes and conditions that exist once they were asked for.
 *
 * With the attributes that are used here the system has no reason to refuse one: if it does, that
 * is a mistake of ours and ends the program. Who asked destroys them with the functions of pthread.
 */
#ifndef TOPO_SYS_MUTEX_H
#define TOPO_SYS_MUTEX_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* A mutex with default attributes: not recursive, private to the process. */
void topo_mutex_init(pthread_mutex_t *mutex);

/* A condition whose timed waits are by the monotonic clock (topo_clock_monotonic_ns). */
void topo_mutex_init_condition(pthread_cond_t *condition);

/* Waits for such a condition until this monotonic time at the latest, or without end for
 * TOPO_NEVER. The caller holds the mutex. False when the time has come; true may also be without a
 * reason, so whoever waits looks again. */
bool topo_mutex_wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t at_ns);

#endif
