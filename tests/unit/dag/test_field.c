/* test_field.c - the codec of bodies: every bound of every type, and encode after decode. */
#include "base/assert.h"
#include "base/status.h"
#include "dag/type.h"
#include "events/epoch/epoch.h"
#include "events/invite/invite.h"
#include "events/message/message.h"
#include "events/profile/profile.h"
#include "events/profile/profile_read.h"
#include "events/reaction/reaction.h"
#include "events/reaction/reaction_read.h"
#include "events/types.h"
#include "events/wrap/wrap.h"
#include "lib/hex.h"

#include <stdlib.h>

/* Enough bytes for the longest value of any field. */
static uint8_t filler[70000];

static int fill_filler(void **state)
{
  (void)state;
  memset(filler, 'x', sizeof filler);
  return 0;
}

static struct topo_value smallest(const struct topo_field *f)
{
  struct topo_value v = {f->min, {filler, 0}};
  switch (f->kind) {
  case TOPO_FIELD_ID: v = (struct topo_value){0, {filler, TOPO_ID_SIZE}}; break;
  case TOPO_FIELD_SIG: v = (struct topo_value){0, {filler, TOPO_SIG_SIZE}}; break;
  case TOPO_FIELD_BYTES:
  case TOPO_FIELD_TEXT: v = (struct topo_value){0, {filler, f->min}}; break;
  case TOPO_FIELD_LIST: v = (struct topo_value){0, {filler, (size_t)f->min * f->size}}; break;
  default: break;
  }
  return v;
}

/* Encodes; when that goes well, decodes and compares. */
static int round_trip(const struct topo_field *fields, const struct topo_value *values)
{
  struct topo_buf out = {0}, again = {0};
  struct topo_value got[TOPO_FIELDS_MAX];
  int status = topo_fields_encode(fields, values, &out);
  if (status == 0) {
    assert_int_equal(topo_fields_decode(fields, topo_buf_view(&out), got), 0);
    assert_int_equal(topo_fields_encode(fields, got, &again), 0);
    assert_int_equal(out.len, again.len);
    assert_memory_equal(out.data, again.data, out.len);
  }
  topo_buf_finish(&out);
  topo_buf_finish(&again);
  return status;
}

/* The value with its size, count or number set to n. */
static struct topo_value sized(const struct topo_field *f, uint64_t n)
{
  struct topo_value v = {0, {filler, (size_t)n}};
  if (f->kind == TOPO_FIELD_LIST)
    v.bytes.len *= f->size;
  else if (f->kind != TOPO_FIELD_TEXT && f->kind != TOPO_FIELD_BYTES)
    v = (struct topo_value){n, {NULL, 0}};
  return v;
}

static uint64_t widest(enum topo_field_kind kind)
{
  return kind == TOPO_FIELD_U8    ? UINT8_MAX
         : kind == TOPO_FIELD_U16 ? UINT16_MAX
         : kind == TOPO_FIELD_U32 ? UINT32_MAX
                                  : UINT64_MAX;
}

static void try_bounds(const struct topo_type *type, size_t i, struct topo_value *values)
{
  const struct topo_field *f = &type->fields[i];
  struct topo_value kept = values[i];
  if (f->kind == TOPO_FIELD_ID || f->kind == TOPO_FIELD_SIG) {
    values[i].bytes.len--;
    assert_int_equal(round_trip(type->fields, values), TOPO_EINVAL);
    values[i] = kept;
    return;
  }
  bool number = f->kind < TOPO_FIELD_ID;
  uint64_t max = number && f->max == 0 ? widest(f->kind) : f->max;
  values[i] = sized(f, max);
  assert_int_equal(round_trip(type->fields, values), 0);
  if (f->kind != TOPO_FIELD_U64 || f->max) {
    values[i] = sized(f, max + 1);
    assert_int_equal(round_trip(type->fields, values), TOPO_EINVAL);
  }
  if (f->min > 0) {
    values[i] = sized(f, f->min - 1);
    assert_int_equal(round_trip(type->fields, values), TOPO_EINVAL);
  }
  values[i] = kept;
}

/* Of every field of every type: the least and the greatest value travel, one less and one more do
 * not. */
static void every_bound_of_every_type(void **state)
{
  (void)state;
  for (const struct topo_type *const *t = topo_types; *t; t++) {
    struct topo_value values[TOPO_FIELDS_MAX] = {{0}};
    size_t n = 0;
    for (; (*t)->fields[n].kind != TOPO_FIELD_END; n++)
      values[n] = smallest(&(*t)->fields[n]);
    assert_int_equal(round_trip((*t)->fields, values), 0);
    for (size_t i = 0; i < n; i++)
      try_bounds(*t, i, values);
  }
}

/* Encodes values of which one is more than its field lets in, as a stranger might. */
static void encode_anyway(const struct topo_type *type, size_t i, const struct topo_value *values,
                          struct topo_buf *out)
{
  struct topo_field wider[TOPO_FIELDS_MAX + 1] = {{0}};
  for (size_t k = 0; type->fields[k].kind != TOPO_FIELD_END; k++)
    wider[k] = type->fields[k];
  wider[i].max++;
  assert_int_equal(topo_fields_encode(wider, values, out), 0);
}

static void bites_at(const struct topo_type *type, size_t i, uint32_t max)
{
  struct topo_value values[TOPO_FIELDS_MAX] = {{0}}, got[TOPO_FIELDS_MAX];
  struct topo_buf more = {0};
  for (size_t k = 0; type->fields[k].kind != TOPO_FIELD_END; k++)
    values[k] = smallest(&type->fields[k]);
  values[i] = sized(&type->fields[i], max);
  assert_int_equal(round_trip(type->fields, values), 0);
  values[i] = sized(&type->fields[i], max + 1);
  assert_int_equal(round_trip(type->fields, values), TOPO_EINVAL);
  encode_anyway(type, i, values, &more);
  assert_int_equal(topo_fields_decode(type->fields, topo_buf_view(&more), got), TOPO_EMALFORMED);
  topo_buf_finish(&more);
}

/* The bounds that have names: so much is written and read, and one more is neither. */
static void named_bounds_of_types(void **state)
{
  (void)state;
  bites_at(&topo_type_message, TOPO_MESSAGE_TEXT, TOPO_MESSAGE_TEXT_MAX);
  bites_at(&topo_type_profile, TOPO_PROFILE_NAME, TOPO_NAME_MAX);
  bites_at(&topo_type_reaction, TOPO_REACTION_EMOJI, TOPO_EMOJI_MAX);
  bites_at(&topo_type_wrap, TOPO_WRAP_WRAPS, TOPO_WRAPS_MAX);
  bites_at(&topo_type_invite, TOPO_INVITE_SLOTS, TOPO_SLOTS_MAX);
  bites_at(&topo_type_epoch, TOPO_EPOCH_EPOCHS, TOPO_EPOCHS_MAX);
}

/* A body cut short anywhere, or with a byte more, is unreadable. */
static void bodies_are_consumed_exactly(void **state)
{
  (void)state;
  for (const struct topo_type *const *t = topo_types; *t; t++) {
    struct topo_value values[TOPO_FIELDS_MAX] = {{0}}, got[TOPO_FIELDS_MAX];
    struct topo_buf out = {0};
    for (size_t i = 0; (*t)->fields[i].kind != TOPO_FIELD_END; i++)
      values[i] = smallest(&(*t)->fields[i]);
    assert_int_equal(topo_fields_encode((*t)->fields, values, &out), 0);
    size_t whole = out.len;
    topo_buf_put_u8(&out, 0);
    for (size_t len = 0; len <= whole + 1; len++)
      assert_int_equal(topo_fields_decode((*t)->fields, (struct topo_bytes){out.data, len}, got),
                       len == whole ? 0 : TOPO_EMALFORMED);
    topo_buf_finish(&out);
  }
}

static const struct topo_field text_field[] = {{"text", TOPO_FIELD_TEXT, 1, 64, 0}, {0}};

static int decode_text(const char *text, size_t len)
{
  struct topo_buf body = {0};
  struct topo_value got[TOPO_FIELDS_MAX];
  topo_buf_put_u16(&body, (uint16_t)len);
  topo_buf_put(&body, text, len);
  int status = topo_fields_decode(text_field, topo_buf_view(&body), got);
  topo_buf_finish(&body);
  return status;
}

/* Text is strict UTF-8 without NUL, when it is read and when it is written. */
static void text_is_strict(void **state)
{
  (void)state;
  static const char *const wrong[] = {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "a\xc3"};
  assert_int_equal(decode_text("\xc3\xa4\xf0\x9f\x91\x8b", 6), 0);
  assert_int_equal(decode_text("a\0b", 3), TOPO_EMALFORMED);
  assert_int_equal(decode_text("", 0), TOPO_EMALFORMED);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct topo_value v = {0, {(const uint8_t *)wrong[i], strlen(wrong[i])}};
    assert_int_equal(decode_text(wrong[i], strlen(wrong[i])), TOPO_EMALFORMED);
    assert_int_equal(round_trip(text_field, &v), TOPO_EINVAL);
  }
}

/* The layout of a body, byte for byte. */
static void layout(void **state)
{
  (void)state;
  static const struct topo_field fields[] = {
      {"a", TOPO_FIELD_U8, 0, 0, 0},    {"b", TOPO_FIELD_U16, 0, 0, 0},
      {"c", TOPO_FIELD_U32, 0, 0, 0},   {"d", TOPO_FIELD_U64, 0, 0, 0},
      {"e", TOPO_FIELD_BYTES, 0, 4, 0}, {"f", TOPO_FIELD_TEXT, 0, 4, 0},
      {"g", TOPO_FIELD_LIST, 0, 4, 2},  {0}};
  struct topo_value v[TOPO_FIELDS_MAX] = {
      {1, {NULL, 0}},
      {2, {NULL, 0}},
      {3, {NULL, 0}},
      {4, {NULL, 0}},
      {0, {(const uint8_t *)"\xee", 1}},
      {0, {(const uint8_t *)"hi", 2}},
      {0, {(const uint8_t *)"\x0a\x0b\x0c\x0d", 4}},
  };
  struct topo_buf out = {0};
  assert_int_equal(topo_fields_encode(fields, v, &out), 0);
  test_assert_hex(out.data, out.len,
                  "01"
                  "0002"
                  "00000003"
                  "0000000000000004"
                  "0001ee"
                  "00026869"
                  "00020a0b0c0d");
  topo_buf_finish(&out);
}

/* Only the two kinds of profile are profiles, and roles end with guest. */
static void enumerations(void **state)
{
  (void)state;
  struct topo_value got[TOPO_FIELDS_MAX];
  const struct topo_type *profile = topo_type_find(topo_types, 0x1001);
  for (unsigned of = 0; of < 256; of++) {
    uint8_t body[] = {(uint8_t)of, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 'n'};
    assert_int_equal(topo_fields_decode(profile->fields, (struct topo_bytes){body, 12}, got),
                     of == 0 || of == 1 ? 0 : TOPO_EMALFORMED);
  }
}

/* Versions begin with 1 and end before 2^63. */
static void versions_have_bounds(void **state)
{
  (void)state;
  struct topo_value v[TOPO_FIELDS_MAX] = {{1, {NULL, 0}}, {0, {NULL, 0}}, {0, {filler, 1}}};
  struct topo_buf out = {0};
  assert_int_equal(topo_fields_encode(topo_type_profile.fields, v, &out), TOPO_EINVAL);
  v[TOPO_PROFILE_VERSION].number = (uint64_t)1 << 63;
  assert_int_equal(topo_type_profile.check(v), TOPO_EMALFORMED);
  v[TOPO_PROFILE_VERSION].number--;
  assert_int_equal(topo_type_profile.check(v), 0);
  topo_buf_finish(&out);
}

/* An epoch lists others in strictly ascending order. */
static void epochs_ascend(void **state)
{
  (void)state;
  const struct topo_type *epoch = topo_type_find(topo_types, 0x0010);
  uint8_t list[96] = {0};
  struct topo_act act;
  struct topo_value v[TOPO_FIELDS_MAX] = {
      {1, {NULL, 0}}, {1, {NULL, 0}}, {0, {filler, 32}}, {0, {list, 96}}};
  list[31] = 1, list[63] = 2, list[95] = 3;
  assert_int_equal(epoch->act(v, &act), 0);
  list[95] = 2;
  assert_int_equal(epoch->act(v, &act), TOPO_EMALFORMED);
  list[32] = 1;
  assert_int_equal(epoch->act(v, &act), TOPO_EMALFORMED);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_bound_of_every_type),
      cmocka_unit_test(named_bounds_of_types),
      cmocka_unit_test(bodies_are_consumed_exactly),
      cmocka_unit_test(text_is_strict),
      cmocka_unit_test(layout),
      cmocka_unit_test(enumerations),
      cmocka_unit_test(versions_have_bounds),
      cmocka_unit_test(epochs_ascend),
  };
  return cmocka_run_group_tests_name("dag-field", tests, fill_filler, NULL);
}
