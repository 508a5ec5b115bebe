/* fuzz.h - the one function of a fuzz target, as libFuzzer calls it. */
#ifndef TOPO_TESTS_FUZZ_FUZZ_H
#define TOPO_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Runs one input; returns 0. Everything it allocates is freed again, and a broken promise aborts.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
