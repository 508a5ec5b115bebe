/* invite.c - an invite link as a text; see invite.h. */
#include "node/invite.h"

#include "api/base64url.h"
#include "base/assert.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "node/address.h"

#include <string.h>

static const char scheme[] = "topo://join/", blanks[] = " \t\r\n";
enum {
  INVITE_VERSION = 2,
  CHECK_SIZE = 4,
  DEVICE_BYTES = 32 + 1 + TOPO_NODE_ADDRESSES_MAX * TOPO_ADDRESS_SIZE,
  INVITE_BYTES_MAX = 1 + 3 * 32 + 1 + TOPO_INVITE_DEVICES_MAX * DEVICE_BYTES + CHECK_SIZE,
  INVITE_CHARACTERS_MAX = (4 * INVITE_BYTES_MAX + 2) / 3 /* of base64url */
};

/* The first bytes of a hash of all that stands before them. */
static void check_of(uint8_t out[static CHECK_SIZE], const uint8_t *raw, size_t len)
{
  static const char label[] = "topo/2 invite link";
  const struct topo_bytes parts[] = {{(const uint8_t *)label, sizeof label - 1}, {raw, len}};
  uint8_t hash[TOPO_HASH_SIZE];
  topo_hash(hash, parts, 2);
  memcpy(out, hash, CHECK_SIZE);
}

static void put_device(struct topo_buf *raw, const struct topo_invite_device *device)
{
  topo_assert(device->n_addresses <= TOPO_NODE_ADDRESSES_MAX);
  topo_buf_put_id(raw, &device->device);
  topo_buf_put_u8(raw, (uint8_t)device->n_addresses);
  for (size_t i = 0; i < device->n_addresses; i++)
    topo_address_put(raw, &device->addresses[i]);
}

static void put_all(struct topo_buf *raw, const struct topo_invite_link *invite_link)
{
  uint8_t check[CHECK_SIZE];
  topo_assert(invite_link->n_devices > 0 && invite_link->n_devices <= TOPO_INVITE_DEVICES_MAX);
  topo_buf_put_u8(raw, INVITE_VERSION);
  topo_buf_put_id(raw, &invite_link->workspace);
  topo_buf_put(raw, invite_link->seed, sizeof invite_link->seed);
  topo_buf_put_id(raw, &invite_link->invite);
  topo_buf_put_u8(raw, (uint8_t)invite_link->n_devices);
  for (size_t i = 0; i < invite_link->n_devices; i++)
    put_device(raw, &invite_link->devices[i]);
  check_of(check, raw->data, raw->len);
  topo_buf_put(raw, check, sizeof check);
  topo_assert(raw->failed || raw->len <= INVITE_BYTES_MAX);
}

int topo_invite_format(const struct topo_invite_link *invite_link, struct topo_buf *out)
{
  struct topo_buf raw = {0};
  put_all(&raw, invite_link);
  topo_buf_put(out, scheme, sizeof scheme - 1);
  int status = raw.failed ? TOPO_ENOMEM : topo_buf_reserve(out, topo_base64url_length(raw.len) + 1);
  if (status == 0) {
    topo_base64url_encode((char *)out->data + out->len, raw.data, raw.len);
    out->len += topo_base64url_length(raw.len);
  }
  topo_buf_wipe(&raw);
  return status;
}

static void read_device(struct topo_reader *r, struct topo_invite_device *out)
{
  out->device = topo_read_id(r);
  size_t n = topo_read_u8(r);
  if (n > TOPO_NODE_ADDRESSES_MAX)
    r->failed = true;
  for (size_t i = 0; i < n && !r->failed; i++)
    topo_address_read(r, &out->addresses[i]);
  out->n_addresses = r->failed ? 0 : n;
}

/* What stands between the version and the check. False when the bytes are not of that form. */
static bool read_parts(struct topo_reader *r, struct topo_invite_link *out)
{
  out->workspace = topo_read_id(r);
  struct topo_bytes seed = topo_read_bytes(r, sizeof out->seed);
  out->invite = topo_read_id(r);
  size_t n = topo_read_u8(r);
  if (r->failed || n == 0 || n > TOPO_INVITE_DEVICES_MAX)
    return false;
  memcpy(out->seed, seed.data, sizeof out->seed);
  for (size_t i = 0; i < n && !r->failed; i++)
    read_device(r, &out->devices[i]);
  out->n_devices = n;
  return !r->failed && topo_reader_left(r) == 0;
}

static int read_all(struct topo_invite_link *out, const uint8_t *raw, size_t len)
{
  uint8_t check[CHECK_SIZE];
  if (len < 1 + CHECK_SIZE)
    return TOPO_EMALFORMED;
  len -= CHECK_SIZE;
  check_of(check, raw, len);
  bool checked = memcmp(check, raw + len, CHECK_SIZE) == 0;
  if (!checked)
    return raw[0] == 1 ? TOPO_ESCHEMA : TOPO_EMALFORMED; /* version 1 had no check */
  if (raw[0] < INVITE_VERSION)
    return TOPO_EMALFORMED;
  if (raw[0] > INVITE_VERSION)
    return TOPO_EVERSION;
  struct topo_reader r = topo_reader_init(raw + 1, len - 1);
  return read_parts(&r, out) ? 0 : TOPO_EMALFORMED;
}

static bool has_scheme(const char *text)
{
  for (size_t i = 0; i < sizeof scheme - 1; i++)
    if (text[i] != scheme[i] && (text[i] < 'A' || text[i] > 'Z' || text[i] + 32 != scheme[i]))
      return false;
  return true;
}

/* Copies what stands behind the scheme, up to `end` (or the end), without blanks. */
static int copy_tidied(char out[static INVITE_CHARACTERS_MAX + 1], const char *text, char end)
{
  size_t n = 0;
  for (; *text && *text != end; text++) {
    if (strchr(blanks, *text))
      continue;
    if (n == INVITE_CHARACTERS_MAX)
      return TOPO_EMALFORMED;
    out[n++] = *text;
  }
  out[n] = '\0';
  if (*text)
    text++;
  return text[strspn(text, blanks)] ? TOPO_EMALFORMED : 0;
}

/* Undoes what mail programs, chats and people do to a link on its way: blanks around it, capitals
 * in its scheme, brackets or quotes that it stands in, lines that it is broken into. No slip is
 * hidden by that: the check would find it. */
static int tidy(char out[static INVITE_CHARACTERS_MAX + 1], const char *text)
{
  char end = '\0';
  text += strspn(text, blanks);
  if (*text == '<' || *text == '"')
    end = *text++ == '<' ? '>' : '"';
  if (!has_scheme(text))
    return TOPO_EINVAL;
  return copy_tidied(out, text + sizeof scheme - 1, end);
}

int topo_invite_parse(struct topo_invite_link *out, const char *text)
{
  char characters[INVITE_CHARACTERS_MAX + 1];
  uint8_t raw[INVITE_BYTES_MAX];
  size_t len = 0;
  *out = (struct topo_invite_link){.n_devices = 0};
  int status = tidy(characters, text);
  if (status == 0 &&
      topo_base64url_decode(raw, sizeof raw, &len, characters, strlen(characters)) < 0)
    status = TOPO_EMALFORMED;
  topo_assert(len <= sizeof raw);
  if (status == 0)
    status = read_all(out, raw, len);
  topo_wipe(characters, sizeof characters);
  topo_wipe(raw, sizeof raw);
  if (status < 0)
    topo_wipe(out, sizeof *out);
  return status;
}

const char *topo_invite_explain(int status)
{
  switch (status) {
  case TOPO_EINVAL: return "this is not an invite link: one begins with topo://join/";
  case TOPO_ESCHEMA:
    return "an older release of Topo made this invite link: ask for a new one of this release";
  case TOPO_EVERSION:
    return "a newer release of Topo made this invite link: this one cannot read it";
  default:
    return "this invite link is incomplete, or a letter of it is wrong: copy it once more, as a "
           "whole";
  }
}
