/*
 * fuzz_invite.c - invite links (docs/protocol.md §7): what a person pastes. A text that parses
 * holds nothing beyond its bounds; one that does not leaves no secret behind.
 */
#include "fuzz/fuzz.h"

#include "api/base64url.h"
#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "node/invite.h"

#include <stdlib.h>
#include <string.h>

enum { CHECK = 4 /* bytes at the end of a link */ };

static void check_device(const struct topo_invite_device *device)
{
  topo_assert(device->n_addresses <= TOPO_NODE_ADDRESSES_MAX);
  for (size_t i = 0; i < device->n_addresses; i++)
    topo_assert(device->addresses[i].len == 7 || device->addresses[i].len == 19);
}

static void parse(const char *text)
{
  struct topo_invite_link invite_link;
  int status = topo_invite_parse(&invite_link, text);
  topo_assert(status == 0 || status == TOPO_EINVAL || status == TOPO_EMALFORMED ||
              status == TOPO_ESCHEMA || status == TOPO_EVERSION);
  topo_assert(invite_link.n_devices <= TOPO_INVITE_DEVICES_MAX);
  topo_assert((invite_link.n_devices > 0) == (status == 0));
  for (size_t i = 0; i < invite_link.n_devices; i++)
    check_device(&invite_link.devices[i]);
  static const uint8_t nothing[32];
  topo_assert(status == 0 || memcmp(invite_link.seed, nothing, sizeof nothing) == 0);
}

/* The bytes as the text. */
static void parse_text(const uint8_t *data, size_t size)
{
  char *text = malloc(size + 1);
  topo_assert(text);
  if (size)
    memcpy(text, data, size);
  text[size] = '\0';
  parse(text);
  free(text);
}

/* The bytes as what stands in a link before its check, which chance would never hit. */
static void parse_checked(const uint8_t *data, size_t size)
{
  static const char scheme[] = "topo://join/", label[] = "topo/2 invite link";
  const struct topo_bytes parts[] = {{(const uint8_t *)label, sizeof label - 1}, {data, size}};
  uint8_t hash[TOPO_HASH_SIZE];
  struct topo_buf raw = {0};
  topo_hash(hash, parts, 2);
  topo_assert(topo_buf_put(&raw, data, size) == 0 && topo_buf_put(&raw, hash, CHECK) == 0);
  char *text = malloc(sizeof scheme + topo_base64url_length(raw.len));
  topo_assert(text);
  memcpy(text, scheme, sizeof scheme - 1);
  topo_base64url_encode(text + sizeof scheme - 1, raw.data, raw.len);
  text[sizeof scheme - 1 + topo_base64url_length(raw.len)] = '\0';
  parse(text);
  free(text);
  topo_buf_finish(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  parse_text(data, size);
  parse_checked(data, size);
  return 0;
}
