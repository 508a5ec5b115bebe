/* test_envelope.c - the outside of events: frozen bytes, what is refused, what is written back. */
#include "base/assert.h"
#include "base/status.h"
#include "dag/keyring.h"
#include "events/types.h"
#include "lib/hex.h"
#include "unit/dag/golden.h"

#include <stdio.h>
#include <stdlib.h>

struct fixture {
  struct story *story;
  struct topo_context context;
  struct topo_keyring *keys;
  struct topo_buf golden[GOLDEN_EVENTS];
  struct topo_id ids[GOLDEN_EVENTS];
};

static int create_fixture(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  struct topo_envelope e;
  topo_assert(f);
  f->story = golden_story();
  f->context = (struct topo_context){f->story->workspace, f->story->workspace};
  struct topo_keyring *none = topo_keyring_create();
  f->keys = topo_keyring_with(none, &f->story->epoch, f->story->secret[0]);
  topo_keyring_release(none);
  for (size_t i = 0; i < GOLDEN_EVENTS; i++) {
    golden_read(i, &f->golden[i]);
    assert_int_equal(topo_envelope_decode(&e, &f->context, topo_buf_view(&f->golden[i])), 0);
    f->ids[i] = e.id;
  }
  *state = f;
  return 0;
}

static int destroy_fixture(void **state)
{
  struct fixture *f = *state;
  for (size_t i = 0; i < GOLDEN_EVENTS; i++)
    topo_buf_finish(&f->golden[i]);
  topo_keyring_release(f->keys);
  story_destroy(f->story);
  free(f);
  return 0;
}

/* The bytes and ids of one event of each type are frozen: what writes them independently of
 * src/dag writes the same, and the ids are those that the story refers to. */
static void golden_bytes_are_frozen(void **state)
{
  struct fixture *f = *state;
  for (size_t i = 0; i < GOLDEN_EVENTS; i++) {
    assert_int_equal(f->golden[i].len, f->story->events[i].len);
    assert_memory_equal(f->golden[i].data, f->story->events[i].data, f->golden[i].len);
    assert_memory_equal(&f->ids[i], &f->story->ids[i], 32);
  }
}

static int verify(const struct fixture *f, const struct topo_envelope *e)
{
  if (e->kind == TOPO_CONTROL)
    return topo_envelope_verify(e, &f->context);
  struct topo_buf plain = {0};
  struct topo_inner inner;
  const struct topo_epoch_key *key = topo_keyring_find(f->keys, &e->epoch);
  int status = key ? topo_content_open(key, &f->context, e, NULL, &plain, &inner) : TOPO_ENOKEY;
  if (status == 0)
    status = topo_inner_verify(&inner, e, &f->context);
  topo_buf_wipe(&plain);
  return status;
}

/* Each is signed by its author in this workspace, and in no other. */
static void golden_signatures(void **state)
{
  struct fixture *f = *state;
  for (size_t i = 0; i < GOLDEN_EVENTS; i++) {
    struct topo_envelope e;
    assert_int_equal(topo_envelope_decode(&e, &f->context, topo_buf_view(&f->golden[i])), 0);
    assert_int_equal(verify(f, &e), 0);
    struct fixture elsewhere = *f;
    elsewhere.context.scope.bytes[31] ^= 1;
    assert_int_equal(topo_envelope_decode(&e, &elsewhere.context, topo_buf_view(&f->golden[i])), 0);
    assert_int_equal(verify(&elsewhere, &e) == 0, i == 0); /* genesis names the workspace */
    assert_int_equal(topo_id_equal(&e.id, &f->ids[i]), i == 0);
  }
}

/* Cut short at any byte, or with one byte more, control is malformed; content is malformed or
 * another event that does not open. */
static void truncations(void **state)
{
  struct fixture *f = *state;
  for (size_t i = 0; i < GOLDEN_EVENTS; i++)
    for (size_t len = 0; len <= f->golden[i].len + 1; len++) {
      uint8_t bytes[4096] = {0};
      struct topo_envelope e;
      if (len == f->golden[i].len)
        continue;
      memcpy(bytes, f->golden[i].data, len < f->golden[i].len ? len : f->golden[i].len);
      int status = topo_envelope_decode(&e, &f->context, (struct topo_bytes){bytes, len});
      if (status < 0)
        continue;
      assert_int_equal(e.kind, TOPO_CONTENT);
      assert_false(topo_id_equal(&e.id, &f->ids[i]));
      assert_true(verify(f, &e) < 0);
    }
}

/* With any one bit flipped an event is refused or is another one, whose signature or seal fails. */
static void bit_flips(void **state)
{
  struct fixture *f = *state;
  for (size_t i = 0; i < GOLDEN_EVENTS; i++)
    for (size_t bit = 0; bit < 8 * f->golden[i].len; bit++) {
      struct topo_envelope e;
      f->golden[i].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
      if (topo_envelope_decode(&e, &f->context, topo_buf_view(&f->golden[i])) == 0) {
        assert_false(topo_id_equal(&e.id, &f->ids[i]));
        assert_true(verify(f, &e) < 0);
      }
      f->golden[i].data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static const struct topo_sign_key *key_of(const struct fixture *f, const struct topo_id *device)
{
  for (size_t i = 0; i < STORY_PEOPLE; i++)
    if (topo_id_equal(&f->story->people[i].public_key, device))
      return &f->story->people[i];
  return NULL;
}

static void rewrite(const struct fixture *f, struct topo_envelope *e, struct topo_buf *out)
{
  if (e->kind == TOPO_CONTROL) {
    assert_int_equal(topo_envelope_write_control(out, e, &f->context, key_of(f, &e->signer)), 0);
    return;
  }
  struct topo_buf plain = {0};
  struct topo_inner inner;
  const struct topo_epoch_key *key = topo_keyring_find(f->keys, &e->epoch);
  assert_int_equal(topo_content_open(key, &f->context, e, NULL, &plain, &inner), 0);
  assert_int_equal(topo_content_write(out, key, &f->context, e, &inner.auth, inner.type, inner.body,
                                      key_of(f, &inner.device), NULL),
                   0);
  topo_buf_wipe(&plain);
}

/* What is decoded and written again is the same to the byte: header, body by its fields, seal. */
static void decode_and_encode(void **state)
{
  struct fixture *f = *state;
  for (size_t i = 0; i < GOLDEN_EVENTS; i++) {
    struct topo_envelope e;
    struct topo_buf out = {0};
    assert_int_equal(topo_envelope_decode(&e, &f->context, topo_buf_view(&f->golden[i])), 0);
    rewrite(f, &e, &out);
    assert_int_equal(out.len, f->golden[i].len);
    assert_memory_equal(out.data, f->golden[i].data, out.len);
    topo_buf_finish(&out);
  }
}

/* A header with one field set to what the table of §2.1 or §2.2 forbids. */
static void forbidden_headers(void **state)
{
  struct fixture *f = *state;
  enum { WORKSPACE, DEVICE, CHANNEL = 8 };
  static const struct {
    size_t event, at, n;
    uint8_t value;
    int status;
  } wrong[] = {
      {DEVICE, 0, 1, 2, TOPO_EVERSION},       {DEVICE, 1, 1, 3, TOPO_EMALFORMED},
      {DEVICE, 2, 2, 0, TOPO_EMALFORMED},     {DEVICE, 2, 1, 0x10, TOPO_EMALFORMED},
      {DEVICE, 2, 1, 0xf0, TOPO_ELOCALTYPE},  {DEVICE, 4, 1, 0x80, TOPO_EMALFORMED},
      {DEVICE, 44, 32, 0, TOPO_EMALFORMED},   {DEVICE, 76, 4, 1, TOPO_EMALFORMED},
      {DEVICE, 80, 1, 1, TOPO_EMALFORMED},    {DEVICE, 112, 1, 17, TOPO_EMALFORMED},
      {WORKSPACE, 44, 1, 1, TOPO_EMALFORMED}, {WORKSPACE, 3, 1, 2, TOPO_EMALFORMED},
      {CHANNEL, 2, 1, 0x80, TOPO_EMALFORMED}, {CHANNEL, 27, 1, 0x10, TOPO_EMALFORMED},
      {CHANNEL, 26, 4, 0, TOPO_EMALFORMED},   {CHANNEL, 30, 32, 0, TOPO_EMALFORMED},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct topo_envelope e;
    struct topo_buf bytes = {0};
    struct topo_buf *from = &f->golden[wrong[i].event];
    topo_buf_put(&bytes, from->data, from->len);
    memset(bytes.data + wrong[i].at, wrong[i].value, wrong[i].n);
    assert_int_equal(topo_envelope_decode(&e, &f->context, topo_buf_view(&bytes)), wrong[i].status);
    topo_buf_finish(&bytes);
  }
}

static int decode_parents(const struct fixture *f, const struct topo_id *parents, uint8_t n)
{
  struct topo_envelope e;
  struct topo_buf bytes = {0};
  struct craft_control c = {.place = {f->story->workspace},
                            .type = 0x0200,
                            .signer = &f->story->people[OWNER],
                            .auth = f->story->owner,
                            .parents = parents,
                            .n_parents = n};
  craft_control(&bytes, &c);
  int status = topo_envelope_decode(&e, &f->context, topo_buf_view(&bytes));
  for (unsigned i = 0; status == 0 && i < n; i++) {
    struct topo_id parent = topo_envelope_parent(&e, i);
    assert_memory_equal(&parent, &parents[i], sizeof parent);
  }
  topo_buf_finish(&bytes);
  return status;
}

/* Parents are at most sixteen, strictly ascending. */
static void parents_ascend(void **state)
{
  struct fixture *f = *state;
  struct topo_id parents[17];
  for (uint8_t i = 0; i < 17; i++)
    parents[i] = (struct topo_id){{1, i}};
  assert_int_equal(decode_parents(f, parents, 0), 0);
  assert_int_equal(decode_parents(f, parents, 16), 0);
  assert_int_equal(decode_parents(f, parents, 17), TOPO_EMALFORMED);
  parents[3] = parents[2];
  assert_int_equal(decode_parents(f, parents, 16), TOPO_EMALFORMED);
  parents[3] = (struct topo_id){{0, 9}};
  assert_int_equal(decode_parents(f, parents, 16), TOPO_EMALFORMED);
}

/* An event has at most 65,536 bytes, and the sealed part is 48 + 64 k, k ≥ 3. */
static void sizes(void **state)
{
  struct fixture *f = *state;
  struct topo_envelope e;
  static uint8_t bytes[TOPO_EVENT_MAX + 64];
  memcpy(bytes, f->golden[8].data, TOPO_CONTENT_HEADER);
  for (size_t sealed = 0; TOPO_CONTENT_HEADER + sealed <= sizeof bytes; sealed++) {
    size_t len = TOPO_CONTENT_HEADER + sealed;
    bool right = len <= 65536 && sealed >= 48 + 192 && (sealed - 48) % 64 == 0;
    if (sealed > 1024 && len < TOPO_EVENT_MAX - 128)
      continue; /* the bounds are what matters */
    int status = topo_envelope_decode(&e, &f->context, (struct topo_bytes){bytes, len});
    assert_int_equal(status, right ? 0 : TOPO_EMALFORMED);
  }
}

/* Padding that is not minimal or not zero, and a length beyond the plaintext, do not decode. */
static void plaintexts(void **state)
{
  struct fixture *f = *state;
  struct topo_inner inner;
  struct topo_buf plain = {0};
  struct topo_bytes body = {(const uint8_t *)"hello", 5}, header = {f->golden[8].data, 94};
  assert_int_equal(topo_inner_write(&plain, header, &f->context, &f->story->owner, 0x1002, body,
                                    &f->story->people[OWNER]),
                   0);
  assert_int_equal(plain.len, 192);
  assert_int_equal(topo_inner_decode(&inner, topo_buf_view(&plain)), 0);
  assert_memory_equal(inner.body.data, "hello", 5);
  assert_int_equal(inner.type, 0x1002);
  plain.data[191] = 1;
  assert_int_equal(topo_inner_decode(&inner, topo_buf_view(&plain)), TOPO_EMALFORMED);
  plain.data[191] = 0;
  topo_buf_put(&plain, (uint8_t[64]){0}, 64);
  assert_int_equal(topo_inner_decode(&inner, topo_buf_view(&plain)), TOPO_EMALFORMED);
  plain.len -= 64;
  plain.data[66] = 1; /* 256 more bytes of body than there are */
  assert_int_equal(topo_inner_decode(&inner, topo_buf_view(&plain)), TOPO_EMALFORMED);
  topo_buf_finish(&plain);
}

int main(int argc, char **argv)
{
  if (argc == 2 && strcmp(argv[1], "--write") == 0) { /* after a new type came into the story */
    golden_write_missing();
    return 0;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(golden_bytes_are_frozen),
      cmocka_unit_test(golden_signatures),
      cmocka_unit_test(truncations),
      cmocka_unit_test(bit_flips),
      cmocka_unit_test(decode_and_encode),
      cmocka_unit_test(forbidden_headers),
      cmocka_unit_test(parents_ascend),
      cmocka_unit_test(sizes),
      cmocka_unit_test(plaintexts),
  };
  return cmocka_run_group_tests_name("dag-envelope", tests, create_fixture, destroy_fixture);
}
