/*
 * init.h - making the library of primitives ready: it chooses the fastest code for the processor.
 */
#ifndef TOPO_CRYPTO_INIT_H
#define TOPO_CRYPTO_INIT_H

/* To be called once, before other threads start. Returns 0, or TOPO_EINTERNAL when libsodium cannot
 * be used. */
int topo_crypto_init(void);

#endif
