/*
 * fuzz_invite.c - invite links (docs/protocol.md §7): what a person pastes. A text that parses
 * holds nothing beyond its bounds; one that does not leaves no secret behind.
 */
#include "fuzz/fuzz.h"

#include "base/assert.h"
#include "base/status.h"
#include "node/invite.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct topo_invite_link invite_link;
  char *text = malloc(size + 1);
  topo_assert(text);
  if (size)
    memcpy(text, data, size);
  text[size] = '\0';
  int status = topo_invite_parse(&invite_link, text);
  topo_assert(status == 0 || status == TOPO_EINVAL || status == TOPO_EVERSION);
  topo_assert(invite_link.n_addresses <= TOPO_NODE_ADDRESSES_MAX);
  for (size_t i = 0; i < invite_link.n_addresses; i++)
    topo_assert(invite_link.addresses[i].len == 7 || invite_link.addresses[i].len == 19);
  static const uint8_t nothing[32];
  topo_assert(status == 0 || memcmp(invite_link.seed, nothing, sizeof nothing) == 0);
  free(text);
  return 0;
}
