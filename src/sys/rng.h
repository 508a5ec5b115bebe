/*
 * rng.h - the operating system's randomness behind port/rng.
 */
#ifndef TOPO_SYS_RNG_H
#define TOPO_SYS_RNG_H

#include "port/rng.h"

/* The port. Valid for ever, for all threads. Filling aborts when the system has no randomness. */
struct topo_rng topo_rng_os(void);

#endif
