/* aborts.h - does a call stop the program, as topo_assert promises? */
#ifndef TOPO_TESTS_LIB_ABORTS_H
#define TOPO_TESTS_LIB_ABORTS_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs `call` in a child, its standard error closed; true when it died of SIGABRT. cmocka's own
 * handlers are taken off in the child, or it would report there. */
static inline bool test_aborts(void (*call)(void))
{
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    signal(SIGABRT, SIG_DFL);
    close(STDERR_FILENO);
    call();
    _exit(0);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
