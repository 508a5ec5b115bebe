/*
 * golden.h - the frozen events of tests/golden/events: one of each type under fixed keys, as
 * `name.hex`, a line of hexadecimal.
 */
#ifndef TOPO_TESTS_DAG_GOLDEN_H
#define TOPO_TESTS_DAG_GOLDEN_H

#include "unit/dag/story.h"

enum { GOLDEN_EVENTS = 11 };
extern const char *const golden_names[GOLDEN_EVENTS]; /* in the order of the story's events */

/* The story that has them: the first GOLDEN_EVENTS events of it. */
struct story *golden_story(void);
/* Writes what a type that is new does not have yet: its file of golden bytes, and for the fuzzer
 * the event and its body, in tests/fuzz/corpus/event. What is there is frozen and stays. Prints the
 * names of the files. */
void golden_write_missing(void);
/* Reads the file of that number; stops the test when it is not there. */
void golden_read(size_t i, struct topo_buf *out);

#endif
