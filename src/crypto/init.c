/* init.c - making libsodium ready. */
#include "crypto/init.h"

#include "base/status.h"

#include <sodium.h>

int topo_crypto_init(void)
{
  return sodium_init() < 0 ? TOPO_EINTERNAL : 0;
}
