/* sni.c - the name that a dialler sends in the clear: a hash of workspace and device, in base 32.
 */
#include "node/node.h"

#include "base/assert.h"

void topo_sni(char out[static TOPO_SNI_SIZE], const struct topo_id *workspace,
              const struct topo_id *device)
{
  static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  struct topo_id name = topo_name_of(workspace, device);
  unsigned bits = 0, n = 0;
  uint32_t pending = 0;
  for (size_t i = 0; i < sizeof name.bytes; i++) {
    pending = pending << 8 | name.bytes[i];
    for (bits += 8; bits >= 5; bits -= 5)
      out[n++] = alphabet[pending >> (bits - 5) & 31];
  }
  topo_assert(bits < 5);
  if (bits)
    out[n++] = alphabet[pending << (5 - bits) & 31];
  topo_assert(n == TOPO_SNI_SIZE - 1);
  out[n] = '\0';
}
