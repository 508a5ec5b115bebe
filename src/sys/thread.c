/* thread.c - a thread inherits the mask of signals of the one that starts it. */
#include "sys/thread.h"

#include "base/status.h"

#include <signal.h>

int topo_thread_start(pthread_t *out, void *(*run)(void *arg), void *arg)
{
  sigset_t all, former;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &former);
  int error = pthread_create(out, NULL, run, arg);
  pthread_sigmask(SIG_SETMASK, &former, NULL);
  return error == 0 ? 0 : TOPO_ELIMIT;
}
