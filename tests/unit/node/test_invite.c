/*
 * test_invite.c - an invite link as a text: what was written is read, at its longest, too, and
 * nothing else is.
 */
#include "node/invite.h"

#include "api/base64url.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "lib/aborts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char scheme[] = "topo://join/";
static const char label[] = "topo/2 invite link";

enum {
  CHECK = 4,
  HEAD = 1 + 3 * 32, /* behind it stands the number of devices */
  DEVICE = 32 + 1 + TOPO_NODE_ADDRESSES_MAX * TOPO_ADDRESS_SIZE,
  /* INVITE_BYTES_MAX: the most devices with the most and longest addresses. */
  LONGEST = HEAD + 1 + TOPO_INVITE_DEVICES_MAX * DEVICE + CHECK
};

/* An invite whose every device has as many addresses. */
static struct topo_invite_link invite_with(size_t n_devices, size_t n_addresses)
{
  struct topo_invite_link invite = {.workspace = {{1}}, .invite = {{3}}, .seed = {4}};
  invite.n_devices = n_devices;
  for (uint8_t i = 0; i < n_devices && i < TOPO_INVITE_DEVICES_MAX; i++) {
    struct topo_invite_device *d = &invite.devices[i];
    d->device.bytes[0] = (uint8_t)(10 + i);
    d->n_addresses = n_addresses;
    for (uint8_t k = 0; k < n_addresses && k < TOPO_NODE_ADDRESSES_MAX; k++)
      d->addresses[k] = (struct topo_address){.len = TOPO_ADDRESS_SIZE, .bytes = {6, i, k}};
  }
  return invite;
}

/* The text, to be freed. */
static char *text_of(const struct topo_invite_link *invite)
{
  struct topo_buf text = {0};
  assert_int_equal(topo_invite_format(invite, &text), 0);
  assert_int_equal(topo_buf_put_u8(&text, 0), 0);
  return (char *)text.data;
}

/* What is made of these bytes when they stand in a text, with a check that is right. */
static int parse(const uint8_t *raw, size_t len)
{
  char text[2 * (LONGEST + 32)];
  uint8_t hash[TOPO_HASH_SIZE], checked[LONGEST + 32];
  struct topo_invite_link invite;
  const struct topo_bytes parts[] = {{(const uint8_t *)label, sizeof label - 1}, {raw, len}};
  assert_true(len + CHECK <= sizeof checked);
  topo_hash(hash, parts, 2);
  memcpy(checked, raw, len);
  memcpy(checked + len, hash, CHECK);
  memcpy(text, scheme, sizeof scheme - 1);
  topo_base64url_encode(text + sizeof scheme - 1, checked, len + CHECK);
  text[sizeof scheme - 1 + topo_base64url_length(len + CHECK)] = '\0';
  return topo_invite_parse(&invite, text);
}

static void assert_same(const struct topo_invite_link *a, const struct topo_invite_link *b)
{
  assert_true(topo_id_equal(&a->workspace, &b->workspace));
  assert_true(topo_id_equal(&a->invite, &b->invite));
  assert_memory_equal(a->seed, b->seed, sizeof a->seed);
  assert_int_equal(a->n_devices, b->n_devices);
  for (size_t i = 0; i < a->n_devices; i++) {
    const struct topo_invite_device *c = &a->devices[i], *d = &b->devices[i];
    assert_true(topo_id_equal(&c->device, &d->device));
    assert_int_equal(c->n_addresses, d->n_addresses);
    for (size_t k = 0; k < c->n_addresses; k++) {
      assert_int_equal(c->addresses[k].len, d->addresses[k].len);
      assert_memory_equal(c->addresses[k].bytes, d->addresses[k].bytes, TOPO_ADDRESS_SIZE);
    }
  }
}

/* From the shortest to the one with most devices and addresses. */
static void what_was_written_is_read(void **state)
{
  static const size_t devices[] = {1, 2, TOPO_INVITE_DEVICES_MAX};
  static const size_t addresses[] = {0, 1, TOPO_NODE_ADDRESSES_MAX};
  (void)state;
  for (size_t i = 0; i < 3; i++)
    for (size_t k = 0; k < 3; k++) {
      const struct topo_invite_link invite = invite_with(devices[i], addresses[k]);
      struct topo_invite_link got;
      char *text = text_of(&invite);
      assert_int_equal(topo_invite_parse(&got, text), 0);
      assert_same(&got, &invite);
      if (i == 2 && k == 2)
        assert_int_equal(strlen(text), sizeof scheme - 1 + topo_base64url_length(LONGEST));
      free(text);
    }
}

static void write_one_address_too_many(void)
{
  const struct topo_invite_link invite = invite_with(1, TOPO_NODE_ADDRESSES_MAX + 1);
  struct topo_buf text = {0};
  topo_invite_format(&invite, &text);
}

static void write_one_device_too_many(void)
{
  const struct topo_invite_link invite = invite_with(TOPO_INVITE_DEVICES_MAX + 1, 0);
  struct topo_buf text = {0};
  topo_invite_format(&invite, &text);
}

/* TOPO_NODE_ADDRESSES_MAX addresses, TOPO_INVITE_DEVICES_MAX devices, and no more of either; one
 * device at least; and nothing behind the last. */
static void bounds_are_kept(void **state)
{
  uint8_t raw[LONGEST] = {2};
  size_t len = HEAD + 1;
  (void)state;
  assert_int_equal(parse(raw, len), TOPO_EMALFORMED); /* nobody is named */
  for (uint8_t n = 1; n <= TOPO_INVITE_DEVICES_MAX + 1; n++) {
    raw[HEAD] = n;
    len += 32 + 1; /* without addresses */
    bool fits = n <= TOPO_INVITE_DEVICES_MAX;
    assert_int_equal(parse(raw, len), fits ? 0 : TOPO_EMALFORMED);
    assert_int_equal(parse(raw, len + 1), TOPO_EMALFORMED);
    assert_int_equal(parse(raw, len - 1), TOPO_EMALFORMED);
  }
  memset(raw + HEAD, 0, sizeof raw - HEAD);
  raw[HEAD] = 1;
  len = HEAD + 1 + 32 + 1;
  for (uint8_t n = 1; n <= TOPO_NODE_ADDRESSES_MAX + 1; n++) {
    raw[HEAD + 1 + 32] = n;
    raw[len] = 4;
    len += 7;
    assert_int_equal(parse(raw, len), n <= TOPO_NODE_ADDRESSES_MAX ? 0 : TOPO_EMALFORMED);
    raw[len - 7] = 5; /* there is no such family */
    assert_int_equal(parse(raw, len), TOPO_EMALFORMED);
    raw[len - 7] = 4;
  }
  assert_int_equal(parse(raw, LONGEST - CHECK + 1), TOPO_EMALFORMED);
  assert_true(test_aborts(write_one_address_too_many));
  assert_true(test_aborts(write_one_device_too_many));
}

static bool is_empty(const struct topo_invite_link *invite)
{
  static const struct topo_invite_link empty;
  return memcmp(invite, &empty, sizeof empty) == 0;
}

/* Every letter, replaced by every other byte. None of it is taken for a link, and no secret is left
 * behind. */
static void every_wrong_character_is_found(void **state)
{
  const struct topo_invite_link invite = invite_with(1, 2);
  struct topo_invite_link got;
  char *text = text_of(&invite);
  (void)state;
  for (size_t at = 0; text[at]; at++) {
    char right = text[at];
    for (int other = 1; other < 256; other++) {
      text[at] = (char)other;
      if (text[at] == right || (at < sizeof scheme - 1 && other + 32 == right))
        continue; /* capitals in the scheme are no slip */
      int status = topo_invite_parse(&got, text);
      assert_true(status == (at < sizeof scheme - 1 ? TOPO_EINVAL : TOPO_EMALFORMED) ||
                  /* a version without a check */
                  (at == sizeof scheme && status == TOPO_ESCHEMA));
      assert_true(is_empty(&got));
    }
    text[at] = right;
  }
  assert_int_equal(topo_invite_parse(&got, text), 0);
  free(text);
}

/* A letter that is missing, that is there twice, or that has changed places with its neighbour. */
static void every_slip_is_found(void **state)
{
  const struct topo_invite_link invite = invite_with(2, 1);
  struct topo_invite_link got;
  char *text = text_of(&invite), slip[2048];
  size_t len = strlen(text);
  (void)state;
  for (size_t at = sizeof scheme - 1; at < len; at++) {
    snprintf(slip, sizeof slip, "%.*s%s", (int)at, text, text + at + 1);
    assert_true(topo_invite_parse(&got, slip) < 0);
    snprintf(slip, sizeof slip, "%.*s%c%s", (int)at, text, text[at], text + at);
    assert_true(topo_invite_parse(&got, slip) < 0);
    snprintf(slip, sizeof slip, "%.*s", (int)at, text);
    assert_true(topo_invite_parse(&got, slip) < 0);
    if (text[at + 1] && text[at] != text[at + 1]) {
      snprintf(slip, sizeof slip, "%.*s%c%c%s", (int)at, text, text[at + 1], text[at],
               text + at + 2);
      assert_true(topo_invite_parse(&got, slip) < 0);
    }
  }
  free(text);
}

/* What mail programs, chats and people do to a link. */
static void an_invite_survives_its_way(void **state)
{
  static const char *const forms[][2] = {{"  \t", " \r\n"}, {"<", ">"},       {"\"", "\""},
                                         {" <", "> \n"},    {"\n\"", "\"\n"}, {"", "\n\n"}};
  static const char *const torn[][2] = {{"<", ""},   {"", ">"},       {"\"", ""}, {"<", "\""},
                                        {"<", ">x"}, {"\"", "\"\""},  {"", "."},  {"", "/"},
                                        {"", "="},   {"", "\xc2\xa0"}};
  const struct topo_invite_link invite = invite_with(2, 3);
  struct topo_invite_link got;
  char *text = text_of(&invite), form[2048];
  size_t n = 0;
  (void)state;
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    snprintf(form, sizeof form, "%s%s%s", forms[i][0], text, forms[i][1]);
    assert_int_equal(topo_invite_parse(&got, form), 0);
    assert_same(&got, &invite);
  }
  for (size_t i = 0; i < sizeof torn / sizeof *torn; i++) {
    snprintf(form, sizeof form, "%s%s%s", torn[i][0], text, torn[i][1]);
    assert_true(i == 0 || i == 2 ? topo_invite_parse(&got, form) == 0
                                 : topo_invite_parse(&got, form) == TOPO_EMALFORMED);
  }
  for (size_t i = 0; text[i]; i++) {
    form[n++] = i < sizeof scheme - 1 && text[i] >= 'a' ? (char)(text[i] - 32) : text[i];
    if (i % 76 == 75)
      n += (size_t)snprintf(form + n, sizeof form - n, "\r\n");
  }
  form[n] = '\0';
  assert_int_equal(topo_invite_parse(&got, form), 0);
  assert_same(&got, &invite);
  free(text);
}

/* INVITE_CHARACTERS_MAX characters are looked at; blanks do not count. */
static void the_longest_text_is_read(void **state)
{
  const struct topo_invite_link invite =
      invite_with(TOPO_INVITE_DEVICES_MAX, TOPO_NODE_ADDRESSES_MAX);
  struct topo_invite_link got;
  char *text = text_of(&invite), longer[8192];
  (void)state;
  snprintf(longer, sizeof longer, "%s%2000s", text, "");
  assert_int_equal(topo_invite_parse(&got, longer), 0);
  assert_same(&got, &invite);
  snprintf(longer, sizeof longer, "%sA", text);
  assert_int_equal(topo_invite_parse(&got, longer), TOPO_EMALFORMED);
  free(text);
}

/* Each is told as what it is. */
static void other_versions_are_named(void **state)
{
  /* What release 0.1 made, with one address. */
  static const char older[] =
      "topo://join/AYaw6cBU-6jrLjZjr55aZ1DJ-9LGK3MglQ9OqebXZtWMWpDiGIyXogLgloNiADft9NlZDIQTuzzVM0qf"
      "JpZC3jDryqO0c7xfbsp2RTXBTd8XFWFGbXLknhJgiT5gCPyZU181Phg_WjtP0BBAGYHJypjHk8s_OgcYUfpOsPtXtF7Y"
      "AQR_AAABvUM";
  struct topo_invite_link got;
  uint8_t raw[HEAD + 1 + 32 + 1] = {3};
  (void)state;
  raw[HEAD] = 1;
  assert_int_equal(topo_invite_parse(&got, older), TOPO_ESCHEMA);
  assert_int_equal(parse(raw, sizeof raw), TOPO_EVERSION);
  raw[0] = 2;
  assert_int_equal(parse(raw, sizeof raw), 0);
  raw[0] = 1;
  assert_int_equal(parse(raw, sizeof raw), TOPO_EMALFORMED);
  assert_int_equal(topo_invite_parse(&got, ""), TOPO_EINVAL);
  assert_int_equal(topo_invite_parse(&got, scheme), TOPO_EMALFORMED);
  const int refusals[] = {TOPO_EINVAL, TOPO_EMALFORMED, TOPO_ESCHEMA, TOPO_EVERSION};
  for (size_t i = 0; i < 4; i++)
    for (size_t k = 0; k < i; k++)
      assert_string_not_equal(topo_invite_explain(refusals[i]), topo_invite_explain(refusals[k]));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_written_is_read),       cmocka_unit_test(bounds_are_kept),
      cmocka_unit_test(every_wrong_character_is_found), cmocka_unit_test(every_slip_is_found),
      cmocka_unit_test(an_invite_survives_its_way),     cmocka_unit_test(the_longest_text_is_read),
      cmocka_unit_test(other_versions_are_named),
  };
  return cmocka_run_group_tests_name("invite", tests, NULL, NULL);
}
