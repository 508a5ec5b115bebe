/*
 * assert.h - programmer errors stop the program, in release builds too.
 *
 * Bytes from peers, disks and users are never asserted: they are errors (status.h).
 */
#ifndef TOPO_BASE_ASSERT_H
#define TOPO_BASE_ASSERT_H

/* Prints the file, the line and the condition to standard error, and ends the program with
 * abort(). */
_Noreturn void topo_assert_failed(const char *file, int line, const char *condition);

#define topo_assert(condition)                                                                     \
  ((condition) ? (void)0 : topo_assert_failed(__FILE__, __LINE__, #condition))

#endif
