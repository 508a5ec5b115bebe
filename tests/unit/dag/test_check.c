/* test_check.c - a batch: from bytes to checked events, without a database. */
#include "base/assert.h"
#include "base/status.h"
#include "dag/check.h"
#include "unit/dag/story.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
  struct story *story;
  struct topo_keyring *keys;
  struct topo_batch *batch;
  bool items; /* what is_item answers */
  size_t asked;
};

static int create_fixture(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  topo_assert(f);
  f->story = story_create();
  struct topo_keyring *none = topo_keyring_create();
  f->keys = topo_keyring_with(none, &f->story->epoch, f->story->secret[0]);
  topo_keyring_release(none);
  f->items = true;
  *state = f;
  return 0;
}

static int destroy_fixture(void **state)
{
  struct fixture *f = *state;
  topo_batch_destroy(f->batch);
  topo_keyring_release(f->keys);
  story_destroy(f->story);
  free(f);
  return 0;
}

static bool is_item(void *arg, const struct topo_checked *c)
{
  struct fixture *f = arg;
  topo_assert(c->opened && c->authentic);
  f->asked++;
  return f->items;
}

static void start(struct fixture *f)
{
  struct topo_context context = {f->story->workspace, f->story->workspace};
  topo_batch_destroy(f->batch);
  f->batch = topo_batch_create(&context, f->keys);
  topo_assert(f->batch);
}

static void add(struct fixture *f, struct topo_bytes event)
{
  struct topo_buf framed = {0};
  topo_buf_put_u32(&framed, (uint32_t)event.len);
  topo_buf_put(&framed, event.data, event.len);
  assert_int_equal(topo_batch_add(f->batch, framed.data, framed.len), 0);
  topo_buf_finish(&framed);
}

static void finish(struct fixture *f)
{
  topo_batch_check(f->batch);
  assert_int_equal(f->batch->status, 0);
  assert_int_equal(topo_batch_authenticate(f->batch, is_item, f), 0);
}

/* The event of the batch with that id; the first. */
static const struct topo_checked *found(const struct fixture *f, struct topo_id id)
{
  for (size_t i = 0; i < f->batch->n; i++)
    if (topo_id_equal(&f->batch->events[i].envelope.id, &id))
      return &f->batch->events[i];
  fail_msg("the event is not in the batch");
  return NULL;
}

/* Four in a chain, of which the second and the last have forged signatures. */
struct chain {
  struct topo_id ids[4];
  size_t first; /* its place among the story's events */
};

static struct chain make_chain(struct story *s)
{
  struct chain c = {.first = s->n};
  struct saying how = {OWNER, .auth = s->owner};
  for (uint32_t i = 0; i < 4; i++) {
    how.seq = i;
    how.bad_signature = i % 2;
    c.ids[i] = how.prev = story_channel(s, how, "c");
  }
  return c;
}

/* In whatever order its events come, a chain is checked from its head: a forged head is not
 * authentic, a forged middle is through its successor, whose own signature was looked at. */
static void chains_are_checked_from_their_heads(void **state)
{
  struct fixture *f = *state;
  struct chain c = make_chain(f->story);
  for (size_t turn = 0; turn < 4; turn++) {
    start(f);
    for (size_t i = 0; i < 4; i++)
      add(f, f->story->events[c.first + (turn < 2 ? i + turn : 3 + turn - i) % 4]);
    finish(f);
    for (size_t i = 0; i < 4; i++) {
      const struct topo_checked *e = found(f, c.ids[i]);
      assert_true(e->opened);
      assert_int_equal(e->authentic, i < 3);
      assert_ptr_equal(e->successor, i < 2 ? found(f, c.ids[i + 1]) : NULL);
    }
  }
}

/* A successor that does not become an item authenticates nothing: the own signature counts. */
static void only_items_authenticate(void **state)
{
  struct fixture *f = *state;
  struct chain c = make_chain(f->story);
  f->items = false;
  start(f);
  for (size_t i = 0; i < 4; i++)
    add(f, f->story->events[c.first + i]);
  finish(f);
  for (size_t i = 0; i < 4; i++)
    assert_int_equal(found(f, c.ids[i])->authentic, i % 2 == 0);
  assert_true(f->asked > 0);
}

/* A gap in a chain makes two: what is before it is judged by itself. */
static void a_gap_separates(void **state)
{
  struct fixture *f = *state;
  struct chain c = make_chain(f->story);
  start(f);
  add(f, f->story->events[c.first + 1]);
  add(f, f->story->events[c.first + 3]);
  add(f, f->story->events[c.first]);
  finish(f);
  assert_true(found(f, c.ids[0])->authentic); /* named by the forged one, whom nobody names */
  assert_false(found(f, c.ids[1])->authentic);
  assert_false(found(f, c.ids[3])->authentic);
}

/* Of equal events one counts, wherever they are, and all others say so. */
static void duplicates(void **state)
{
  struct fixture *f = *state;
  struct chain c = make_chain(f->story);
  start(f);
  for (size_t i = 0; i < 12; i++)
    add(f, f->story->events[c.first + i % 4]);
  for (size_t i = 0; i < 3; i++)
    add(f, f->story->events[1]);
  finish(f);
  size_t originals = 0, authentic = 0;
  for (size_t i = 0; i < f->batch->n; i++) {
    originals += !f->batch->events[i].duplicate;
    authentic += !f->batch->events[i].duplicate && f->batch->events[i].authentic;
  }
  assert_int_equal(f->batch->n, 15);
  assert_int_equal(originals, 5);
  assert_int_equal(authentic, 4);
}

/* Two successors of one event: an honest one authenticates it also when a forged one comes first.
 */
static void forks_of_a_chain(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_id first =
      story_channel(s, (struct saying){OWNER, .auth = s->owner, .bad_signature = true}, "a");
  for (int i = 0; i < 6; i++) {
    char name[] = {(char)('b' + i), 0};
    story_channel(s, (struct saying){OWNER, s->owner, first, 1, .bad_signature = i != 3}, name);
  }
  start(f);
  for (size_t i = s->n - 7; i < s->n; i++)
    add(f, s->events[i]);
  finish(f);
  assert_true(found(f, first)->authentic);
}

/* Control events are judged each by its own signature, whoever names them. */
static void control_by_its_own_signature(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_buf body = {0};
  struct craft_control c = {
      .type = 0x0200, .signer = &s->people[OWNER], .auth = s->owner, .bad_signature = true};
  struct topo_id forged = story_control(s, c, &body);
  c.bad_signature = false, c.prev = forged, c.seq = 1;
  struct topo_id honest = story_control(s, c, &body);
  start(f);
  add(f, s->events[s->n - 1]);
  add(f, s->events[s->n - 2]);
  finish(f);
  assert_false(found(f, forged)->authentic);
  assert_true(found(f, honest)->authentic);
}

/* Malformed events among good ones are named so, and disturb nothing. */
static void malformed_among_others(void **state)
{
  struct fixture *f = *state;
  struct chain c = make_chain(f->story);
  struct topo_bytes whole = f->story->events[c.first];
  start(f);
  for (size_t i = 0; i < 4; i++) {
    add(f, (struct topo_bytes){whole.data, 20 * i});
    add(f, f->story->events[c.first + i]);
    add(f, (struct topo_bytes){(const uint8_t *)"\x02\x01zz", 4});
  }
  finish(f);
  for (size_t i = 0; i < 12; i += 3) {
    assert_int_equal(f->batch->events[i].status, TOPO_EMALFORMED);
    assert_int_equal(f->batch->events[i + 2].status, TOPO_EVERSION);
  }
  for (size_t i = 0; i < 4; i++)
    assert_int_equal(found(f, c.ids[i])->authentic, i < 3);
}

/* Without the epoch's key content is neither opened nor judged; with another one it does not open.
 */
static void keys_decide_what_opens(void **state)
{
  struct fixture *f = *state;
  struct chain c = make_chain(f->story);
  struct topo_keyring *none = topo_keyring_create(), *held = f->keys;
  uint8_t other[32] = {9};
  struct topo_keyring *wrong = topo_keyring_with(none, &f->story->epoch, other);
  f->keys = none;
  start(f);
  add(f, f->story->events[c.first]);
  finish(f);
  assert_true(f->batch->events[0].no_key && !f->batch->events[0].opened);
  assert_false(f->batch->events[0].authentic);
  f->keys = wrong;
  start(f);
  add(f, f->story->events[c.first]);
  finish(f);
  assert_int_equal(f->batch->events[0].status, TOPO_EUNSEAL);
  f->keys = held;
  topo_keyring_release(none);
  topo_keyring_release(wrong);
}

/* A tag that is not the device's does not open, whatever the seal says. */
static void the_tag_is_the_devices(void **state)
{
  struct fixture *f = *state;
  struct story *s = f->story;
  struct topo_buf bytes = {0}, body = {0};
  craft_channel(&body, "a");
  struct craft_content c = {.place = {s->workspace},
                            .signer = &s->people[DORA],
                            .auth = s->owner,
                            .epoch = s->epoch,
                            .secret = s->secret[0],
                            .type = 0x1002,
                            .body = topo_buf_view(&body),
                            .mask = &s->people[OWNER].public_key};
  craft_content(&bytes, &c);
  start(f);
  add(f, topo_buf_view(&bytes));
  finish(f);
  assert_int_equal(f->batch->events[0].status, TOPO_EUNSEAL);
  topo_buf_finish(&bytes);
  topo_buf_finish(&body);
}

/* Framing that runs past its end is refused, and nothing of it is added. */
static void framing(void **state)
{
  struct fixture *f = *state;
  uint8_t bytes[] = {0, 0, 0, 1, 7, 0, 0, 0, 2, 7};
  start(f);
  for (size_t len = 0; len <= sizeof bytes; len++)
    assert_int_equal(topo_batch_add(f->batch, bytes, len),
                     len % 5 == 0 && len < 10 ? 0 : TOPO_EMALFORMED);
  assert_int_equal(f->batch->n, 1);
  finish(f);
  assert_int_equal(f->batch->events[0].status, TOPO_EMALFORMED);
}

/* A batch of nothing is checked, too. */
static void empty(void **state)
{
  struct fixture *f = *state;
  start(f);
  finish(f);
  assert_int_equal(f->batch->n, 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, create_fixture, destroy_fixture)

int main(void)
{
  const struct CMUnitTest tests[] = {
      test(chains_are_checked_from_their_heads),
      test(only_items_authenticate),
      test(a_gap_separates),
      test(duplicates),
      test(forks_of_a_chain),
      test(control_by_its_own_signature),
      test(malformed_among_others),
      test(keys_decide_what_opens),
      test(the_tag_is_the_devices),
      test(framing),
      test(empty),
  };
  return cmocka_run_group_tests_name("dag-check", tests, NULL, NULL);
}
