/*
 * thread.h - threads that leave signals alone.
 */
#ifndef TOPO_SYS_THREAD_H
#define TOPO_SYS_THREAD_H

#include <pthread.h>

/* Starts run(arg) in a thread in which all signals are blocked, so that they reach the thread that
 * waits for them (topo_loop_on_signals). 0 and *out, to be joined by the caller; TOPO_ELIMIT when
 * the system gives no more threads. */
int topo_thread_start(pthread_t *out, void *(*run)(void *arg), void *arg);

#endif
