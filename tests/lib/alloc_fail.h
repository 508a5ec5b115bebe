/*
 * alloc_fail.h - fails the Nth allocation of a program under test.
 *
 * A test that includes this header links with the wrapping of the linker, or it does not link:
 *
 *     tests_unit_x_test_y_LDFLAGS = $(AM_LDFLAGS) $(WRAP_ALLOC)
 *     tests_unit_x_test_y_LDADD = tests/lib/libtest.a $(CORE_LIBS) $(CMOCKA_LIBS)
 *
 * Only calls from objects and archives linked into the program are wrapped: shared libraries keep
 * their own malloc. SQLite, whose failures matter as much as ours, is reached through its own hook.
 *
 * The loop over every N looks like this:
 *
 *     for (uint64_t n = 1;; n++) {
 *       alloc_fail_at(n);
 *       int r = the_thing();
 *       if (!alloc_fail_off())
 *         break;                        (it succeeded with fewer than n allocations)
 *       assert_int_equal(r, TOPO_ENOMEM);
 *     }
 *
 * The counters are shared by all threads.
 */
#ifndef TOPO_TESTS_ALLOC_FAIL_H
#define TOPO_TESTS_ALLOC_FAIL_H

#include <stdbool.h>
#include <stdint.h>

/* The n-th allocation from now returns NULL, one time; n ≥ 1. Starts the count anew. */
void alloc_fail_at(uint64_t n);

/* The n-th allocation from now and all after it return NULL. */
void alloc_fail_from(uint64_t n);

/* No allocation fails any more. True when one did since it was last armed. */
bool alloc_fail_off(void);

/* Allocations asked for since the count was last started. */
uint64_t alloc_fail_count(void);

/* Routes SQLite's allocations through the same counter. To be called before SQLite is first used in
 * the process (sqlite3_shutdown makes it unused again). False when SQLite refuses. */
bool alloc_fail_install_sqlite(void);

#endif
