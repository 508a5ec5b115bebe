/* test_invite.c - an invite link as a text: what was written is read, at its longest, too. */
#include "node/invite.h"

#include "api/base64url.h"
#include "base/status.h"
#include "lib/aborts.h"

#include <stdio.h>
#include <string.h>

static const char scheme[] = "topo://join/";

enum {
  HEAD = 1 + 4 * 32,
  /* INVITE_BYTES_MAX: the head, the number of addresses, and the most and longest of them. */
  LONGEST = HEAD + 1 + TOPO_NODE_ADDRESSES_MAX * TOPO_ADDRESS_SIZE
};

static struct topo_invite_link invite_with(size_t n_addresses)
{
  struct topo_invite_link invite = {.workspace = {{1}}, .device = {{2}}, .invite = {{3}}};
  invite.seed[0] = 4;
  invite.n_addresses = n_addresses;
  for (uint8_t i = 0; i < n_addresses && i < TOPO_NODE_ADDRESSES_MAX; i++)
    invite.addresses[i] = (struct topo_address){.len = TOPO_ADDRESS_SIZE, .bytes = {6, 0, i}};
  return invite;
}

/* The text of these bytes. */
static void write_text(char *out, const uint8_t *raw, size_t len)
{
  memcpy(out, scheme, sizeof scheme - 1);
  topo_base64url_encode(out + sizeof scheme - 1, raw, len);
  out[sizeof scheme - 1 + topo_base64url_length(len)] = '\0';
}

static int parse(const uint8_t *raw, size_t len)
{
  char text[1024];
  struct topo_invite_link invite;
  assert_true(topo_base64url_length(len) + sizeof scheme <= sizeof text);
  write_text(text, raw, len);
  return topo_invite_parse(&invite, text);
}

/* The link with most addresses is read as it was written. */
static void the_longest_invite_is_read(void **state)
{
  const struct topo_invite_link invite = invite_with(TOPO_NODE_ADDRESSES_MAX);
  struct topo_invite_link got;
  struct topo_buf text = {0};
  (void)state;
  assert_int_equal(topo_invite_format(&invite, &text), 0);
  assert_int_equal(text.len, sizeof scheme - 1 + topo_base64url_length(LONGEST));
  assert_int_equal(topo_buf_put_u8(&text, 0), 0);
  assert_int_equal(topo_invite_parse(&got, (const char *)text.data), 0);
  assert_true(topo_id_equal(&got.workspace, &invite.workspace));
  assert_true(topo_id_equal(&got.device, &invite.device));
  assert_true(topo_id_equal(&got.invite, &invite.invite));
  assert_memory_equal(got.seed, invite.seed, sizeof invite.seed);
  assert_int_equal(got.n_addresses, TOPO_NODE_ADDRESSES_MAX);
  for (size_t i = 0; i < got.n_addresses; i++)
    assert_memory_equal(got.addresses[i].bytes, invite.addresses[i].bytes, TOPO_ADDRESS_SIZE);
  topo_buf_wipe(&text);
}

static void write_one_too_many(void)
{
  const struct topo_invite_link invite = invite_with(TOPO_NODE_ADDRESSES_MAX + 1);
  struct topo_buf text = {0};
  topo_invite_format(&invite, &text);
}

/* One address more, short as it may be, and one byte more make no link. */
static void a_longer_invite_is_none(void **state)
{
  enum { SHORT = 7 };
  uint8_t raw[LONGEST + 1] = {1};
  (void)state;
  for (uint8_t more = 0; more < 2; more++) {
    size_t n = TOPO_NODE_ADDRESSES_MAX + more;
    raw[HEAD] = (uint8_t)n;
    for (size_t i = 0; i < n; i++)
      raw[HEAD + 1 + SHORT * i] = 4;
    assert_int_equal(parse(raw, HEAD + 1 + SHORT * n), more ? TOPO_EINVAL : 0);
    assert_int_equal(parse(raw, HEAD + 1 + SHORT * n + 1), TOPO_EINVAL);
  }
  memset(raw + HEAD + 1, 0, sizeof raw - HEAD - 1);
  raw[HEAD] = TOPO_NODE_ADDRESSES_MAX;
  for (size_t i = 0; i < TOPO_NODE_ADDRESSES_MAX; i++)
    raw[HEAD + 1 + TOPO_ADDRESS_SIZE * i] = 6;
  assert_int_equal(parse(raw, LONGEST), 0);
  assert_int_equal(parse(raw, LONGEST + 1), TOPO_EINVAL);
  assert_true(test_aborts(write_one_too_many));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_longest_invite_is_read),
      cmocka_unit_test(a_longer_invite_is_none),
  };
  return cmocka_run_group_tests_name("invite", tests, NULL, NULL);
}
