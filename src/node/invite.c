/* invite.c - an invite link as a text; see invite.h. */
#include "node/invite.h"

#include "api/base64url.h"
#include "base/assert.h"
#include "base/status.h"

#include <string.h>

static const char scheme[] = "topo://join/";
enum {
  INVITE_VERSION = 1,
  INVITE_BYTES_MAX = 1 + 4 * 32 + 1 + TOPO_NODE_ADDRESSES_MAX * TOPO_ADDRESS_SIZE,
  V4_SIZE = 1 + 4 + 2, /* family, address, port */
  V6_SIZE = 1 + 16 + 2
};

int topo_invite_format(const struct topo_invite_link *invite_link, struct topo_buf *out)
{
  struct topo_buf raw = {0};
  topo_assert(invite_link->n_addresses <= TOPO_NODE_ADDRESSES_MAX);
  topo_buf_put_u8(&raw, INVITE_VERSION);
  topo_buf_put_id(&raw, &invite_link->workspace);
  topo_buf_put_id(&raw, &invite_link->device);
  topo_buf_put(&raw, invite_link->seed, sizeof invite_link->seed);
  topo_buf_put_id(&raw, &invite_link->invite);
  topo_buf_put_u8(&raw, (uint8_t)invite_link->n_addresses);
  for (size_t i = 0; i < invite_link->n_addresses; i++) {
    const struct topo_address *a = &invite_link->addresses[i];
    topo_assert(a->len == (a->bytes[0] == 4 ? V4_SIZE : V6_SIZE));
    topo_buf_put(&raw, a->bytes, a->len);
  }
  topo_assert(raw.len <= INVITE_BYTES_MAX);
  topo_buf_put(out, scheme, sizeof scheme - 1);
  int status = raw.failed ? TOPO_ENOMEM : topo_buf_reserve(out, topo_base64url_length(raw.len) + 1);
  if (status == 0) {
    topo_base64url_encode((char *)out->data + out->len, raw.data, raw.len);
    out->len += topo_base64url_length(raw.len);
  }
  topo_buf_wipe(&raw);
  return status;
}

/* Reads one address: family, bytes, port. */
static void read_address(struct topo_reader *r, struct topo_address *out)
{
  uint8_t family = topo_read_u8(r);
  size_t len = family == 4 ? V4_SIZE : family == 6 ? V6_SIZE : 0;
  if (len == 0)
    r->failed = true;
  struct topo_bytes rest = topo_read_bytes(r, len ? len - 1 : 0);
  if (r->failed)
    return;
  topo_assert(len <= sizeof out->bytes);
  out->bytes[0] = family;
  memcpy(out->bytes + 1, rest.data, len - 1);
  out->len = (uint8_t)len;
}

/* What stands behind the version. False when the bytes are not of that form. */
static bool read_parts(struct topo_reader *r, struct topo_invite_link *out)
{
  out->workspace = topo_read_id(r);
  out->device = topo_read_id(r);
  struct topo_bytes seed = topo_read_bytes(r, sizeof out->seed);
  out->invite = topo_read_id(r);
  size_t n = topo_read_u8(r);
  if (r->failed || n > TOPO_NODE_ADDRESSES_MAX)
    return false;
  memcpy(out->seed, seed.data, sizeof out->seed);
  for (size_t i = 0; i < n && !r->failed; i++)
    read_address(r, &out->addresses[i]);
  out->n_addresses = n;
  return !r->failed && topo_reader_left(r) == 0;
}

int topo_invite_parse(struct topo_invite_link *out, const char *text)
{
  uint8_t raw[INVITE_BYTES_MAX];
  size_t len = 0;
  *out = (struct topo_invite_link){.n_addresses = 0};
  if (strncmp(text, scheme, sizeof scheme - 1) != 0)
    return TOPO_EINVAL;
  text += sizeof scheme - 1;
  if (topo_base64url_decode(raw, sizeof raw, &len, text, strlen(text)) < 0)
    return TOPO_EINVAL;
  topo_assert(len <= sizeof raw);
  struct topo_reader r = topo_reader_init(raw, len);
  uint8_t version = topo_read_u8(&r);
  bool good = version == INVITE_VERSION && read_parts(&r, out);
  topo_wipe(raw, sizeof raw);
  if (good)
    return 0;
  topo_wipe(out, sizeof *out);
  return version > INVITE_VERSION ? TOPO_EVERSION : TOPO_EINVAL;
}
