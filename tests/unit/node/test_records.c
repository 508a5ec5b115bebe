/*
 * test_records.c - device records in a space (docs/protocol.md §2.5): when ours is made, which of
 * others count, and what follows when another copy of this device makes some, too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "node/parts.h"
#include "unit/node/solo.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS };

struct fixture {
  struct solo solo;
  struct topo_sign_key peer; /* another member's device */
};

static int set_up(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  solo_init(&f->solo, 1);
  assert_int_equal(solo_create(&f->solo), 0);
  f->peer = solo_add_device(&f->solo, 1);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  solo_finish(&f->solo);
  free(f);
  return 0;
}

static void pass(struct fixture *f, uint64_t ms)
{
  f->solo.now.mono_ms += ms;
  f->solo.now.wall_ms += ms;
  topo_node_step(f->solo.node, f->solo.now, NULL, 0);
}

static struct topo_address address_of(uint8_t n)
{
  return (struct topo_address){{4, 192, 0, 2, n, 0, 9}, 7};
}

static void move_to(struct fixture *f, uint8_t n)
{
  struct topo_address address = address_of(n);
  struct topo_input in = {.kind = TOPO_IN_ADDRESSES};
  in.addresses.list = &address;
  in.addresses.n = 1;
  topo_node_step(f->solo.node, f->solo.now, &in, 1);
}

static const struct topo_id *own(const struct fixture *f)
{
  return &topo_node_self(f->solo.node)->device.public_key;
}

/* The last byte of the only address in a device's record; 0: it has none. */
static uint8_t said(struct fixture *f, const struct topo_id *device)
{
  struct topo_record record;
  int status = topo_records_get(&f->solo.node->records, device, &record);
  if (status == TOPO_ENOTFOUND)
    return 0;
  assert_int_equal(status, 0);
  assert_int_equal(record.n_addresses, 1);
  return record.addresses[0].bytes[4];
}

/* What the item set of records has, and that its digest is that of a set made anew. */
static uint64_t count_items(struct fixture *f)
{
  const struct topo_itemset *set = topo_sets_items(&f->solo.node->sets, &topo_set_of_records);
  uint64_t n = 0;
  assert_non_null(set);
  assert_int_equal(topo_itemset_size(set, &n), 0);
  assert_int_equal(n, f->solo.node->records.ids.count);
  return n;
}

/* A record of `key` comes from a peer: number `seq`, which says the address n. Returns how many
 * items it was pushed as. */
static size_t hear_from(struct fixture *f, const struct topo_sign_key *key, uint64_t seq, uint8_t n)
{
  struct topo_node *node = f->solo.node;
  const struct topo_context *context = topo_dag_context(node->env.dag);
  struct topo_record record = {.n_addresses = 1, .addresses = {address_of(n)}};
  struct topo_buf body = {0}, raw = {0}, all = {0};
  struct topo_batch *batch = topo_batch_create(context, topo_dag_keyring(node->env.dag));
  assert_int_equal(topo_record_encode(&record, &body), 0);
  assert_int_equal(topo_envelope_write_record(&raw, seq, topo_buf_view(&body), context, key), 0);
  topo_buf_put_u32(&all, (uint32_t)raw.len);
  topo_buf_put(&all, raw.data, raw.len);
  assert_int_equal(topo_batch_add(batch, all.data, all.len), 0);
  topo_batch_check(batch);
  assert_int_equal(topo_transaction_write(&node->transaction, false), 0);
  assert_int_equal(topo_records_take(&node->records, batch, topo_outcome_sink(&node->outcome)), 0);
  size_t items = topo_outcome_count(&node->outcome);
  topo_outcome_clear(&node->outcome);
  assert_int_equal(topo_transaction_commit(&node->transaction), 0);
  topo_batch_destroy(batch);
  topo_buf_finish(&body);
  topo_buf_finish(&raw);
  topo_buf_finish(&all);
  return items;
}

static void ours_says_where_we_are(void **state)
{
  struct fixture *f = *state;
  struct topo_record record;
  move_to(f, 1);
  pass(f, 0);
  assert_int_equal(said(f, own(f)), 1);
  assert_int_equal(topo_records_get(&f->solo.node->records, own(f), &record), 0);
  assert_int_equal(record.n_types, f->solo.node->records.own.n_types);
  for (unsigned i = 1; i < record.n_types; i++)
    assert_true(record.types[i - 1] < record.types[i]);
  assert_true(topo_id_is_zero(&record.prekey));
  assert_int_equal(count_items(f), 1);
}

/* What did not change is not said again, after a restart neither; what did, after a pause. */
static void ours_is_made_anew_when_it_says_something_else(void **state)
{
  struct fixture *f = *state;
  move_to(f, 1);
  pass(f, 0);
  uint64_t seq = f->solo.node->records.own_seq;
  move_to(f, 1);
  pass(f, HOUR_MS);
  assert_int_equal(f->solo.node->records.own_seq, seq);
  solo_close(&f->solo);
  assert_int_equal(solo_open(&f->solo), 0);
  move_to(f, 1);
  pass(f, HOUR_MS);
  assert_int_equal(f->solo.node->records.own_seq, seq);
  assert_int_equal(count_items(f), 1);
  move_to(f, 2);
  assert_int_equal(said(f, own(f)), 2);
  move_to(f, 3);
  pass(f, TOPO_RECORD_PAUSE_MS - 1);
  assert_int_equal(said(f, own(f)), 2);
  assert_true(topo_node_deadline(f->solo.node) <= f->solo.now.mono_ms + 1);
  pass(f, 1);
  assert_int_equal(said(f, own(f)), 3);
  assert_int_equal(count_items(f), 1);
}

static void of_a_device_the_newest_counts(void **state)
{
  struct fixture *f = *state;
  uint64_t now_ms = f->solo.now.wall_ms;
  pass(f, 0);
  assert_int_equal(hear_from(f, &f->peer, now_ms, 5), 1);
  assert_int_equal(said(f, &f->peer.public_key), 5);
  pass(f, MINUTE_MS);
  assert_int_equal(hear_from(f, &f->peer, now_ms - 1, 4), 0);
  assert_int_equal(hear_from(f, &f->peer, now_ms, 5), 0); /* it is here */
  assert_int_equal(said(f, &f->peer.public_key), 5);
  assert_int_equal(hear_from(f, &f->peer, now_ms + 1, 6), 1);
  assert_int_equal(said(f, &f->peer.public_key), 6);
  assert_int_equal(count_items(f), 2);
  solo_close(&f->solo);
  assert_int_equal(solo_open(&f->solo), 0);
  assert_int_equal(said(f, &f->peer.public_key), 6);
  assert_int_equal(count_items(f), 2);
}

/* Two records with one number are a fault of their device, and all agree on one of them. */
static void of_equal_numbers_the_greater_id_counts(void **state)
{
  struct fixture *f = *state;
  uint64_t now_ms = f->solo.now.wall_ms;
  uint8_t last = 0;
  for (uint8_t n = 1; n <= 8; n++) {
    size_t items = hear_from(f, &f->peer, now_ms, n);
    if (items)
      last = n;
    assert_int_equal(said(f, &f->peer.public_key), last);
    pass(f, MINUTE_MS);
  }
  for (uint8_t n = 1; n <= 8; n++) { /* in another order, the same one */
    assert_int_equal(hear_from(f, &f->peer, now_ms, n), 0);
    pass(f, MINUTE_MS);
  }
}

/* Whoever says something else all the time costs every member no more than this. */
static void one_comes_too_soon_after_the_last(void **state)
{
  struct fixture *f = *state;
  uint64_t now_ms = f->solo.now.wall_ms;
  hear_from(f, &f->peer, now_ms, 1);
  pass(f, TOPO_RECORD_TAKEN_MS - 1);
  assert_int_equal(hear_from(f, &f->peer, now_ms + 1, 2), 0);
  pass(f, 1);
  assert_int_equal(hear_from(f, &f->peer, now_ms + 1, 2), 1);
}

static void a_number_from_the_future_counts_for_nothing(void **state)
{
  struct fixture *f = *state;
  pass(f, 0);
  uint64_t now_ms = f->solo.now.wall_ms;
  assert_int_equal(hear_from(f, &f->peer, now_ms + TOPO_RECORD_AHEAD_MS + 1, 1), 0);
  assert_int_equal(hear_from(f, &f->peer, INT64_MAX, 1), 0);
  assert_int_equal(hear_from(f, &f->peer, now_ms + TOPO_RECORD_AHEAD_MS, 2), 1);
  pass(f, MINUTE_MS);
  assert_int_equal(hear_from(f, &f->peer, now_ms, 3), 0);
  /* It was taken under a clock that was wrong: once that is right again, it is as if there were
   * none. */
  f->solo.now.wall_ms -= HOUR_MS;
  pass(f, 0);
  assert_int_equal(hear_from(f, &f->peer, f->solo.now.wall_ms, 3), 1);
  assert_int_equal(said(f, &f->peer.public_key), 3);
}

/* Our own clock was wrong: what was said then is said again with the right time. */
static void ours_from_the_future_is_made_anew(void **state)
{
  struct fixture *f = *state;
  uint64_t right_ms = f->solo.now.wall_ms;
  f->solo.now.wall_ms += 48 * (uint64_t)HOUR_MS;
  move_to(f, 1);
  pass(f, 0);
  assert_true(f->solo.node->records.own_seq > right_ms + TOPO_RECORD_AHEAD_MS);
  f->solo.now.wall_ms = right_ms;
  pass(f, TOPO_RECORD_PAUSE_MS);
  assert_in_range(f->solo.node->records.own_seq, right_ms, right_ms + MINUTE_MS);
  assert_int_equal(said(f, own(f)), 1);
  assert_int_equal(count_items(f), 1);
}

static void any_clock_will_do(void **state)
{
  struct fixture *f = *state;
  static const uint64_t clocks[] = {0, UINT64_MAX, INT64_MAX, 1};
  for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++) {
    f->solo.now.wall_ms = clocks[i];
    f->solo.now.mono_ms += TOPO_RECORD_PAUSE_MS;
    move_to(f, (uint8_t)(i + 1));
    assert_int_equal(said(f, own(f)), i + 1);
  }
}

/* It may have overtaken the credential of its device: it is not kept, and asked for again. */
static void one_of_an_unknown_device_is_missed(void **state)
{
  struct fixture *f = *state;
  uint8_t seed[32] = {1, 2, 3};
  struct topo_sign_key stranger;
  topo_sign_key_from_seed(&stranger, seed);
  pass(f, 0);
  assert_int_equal(hear_from(f, &stranger, f->solo.now.wall_ms, 1), 0);
  assert_true(topo_records_missed(&f->solo.node->records));
  assert_false(topo_records_missed(&f->solo.node->records));
  assert_int_equal(hear_from(f, &f->peer, f->solo.now.wall_ms, 1), 1);
  assert_false(topo_records_missed(&f->solo.node->records));
}

/* A disk was restored: what this device said since then is newer. It goes on from there, and says
 * nothing of a copy. */
static void ours_goes_on_from_one_that_is_newer(void **state)
{
  struct fixture *f = *state;
  move_to(f, 1);
  pass(f, 0);
  uint64_t seq = f->solo.node->records.own_seq + HOUR_MS;
  pass(f, MINUTE_MS);
  assert_int_equal(hear_from(f, &f->solo.node->env.self.device, seq, 9), 1);
  pass(f, TOPO_RECORD_PAUSE_MS);
  assert_int_equal(said(f, own(f)), 1);
  assert_int_equal(f->solo.node->records.own_seq, seq + 1);
  assert_false(topo_node_status(f->solo.node).twice);
}

/* The other copy answers each of our records. Ours come ever more seldom, and people are told. */
static void a_copy_of_this_device_is_noticed(void **state)
{
  struct fixture *f = *state;
  struct topo_node *node = f->solo.node;
  unsigned answered = 0;
  move_to(f, 1);
  pass(f, 0);
  uint64_t heard = 0;
  for (unsigned second = 0; second < 3600; second++) {
    pass(f, SECOND_MS);
    if (node->records.own_seq == heard || second % 6 != 0)
      continue;
    heard = node->records.own_seq + 1;
    answered += (unsigned)hear_from(f, &node->env.self.device, heard, 9);
  }
  assert_in_range(answered, 6, 14);
  assert_true(topo_node_status(node).twice);
  /* The copy is gone. */
  pass(f, HOUR_MS);
  assert_false(topo_node_status(node).twice);
  assert_int_equal(said(f, own(f)), 1);
}

static void as_many_are_kept_as_the_bound_says(void **state)
{
  struct fixture *f = *state;
  struct topo_records *records = &f->solo.node->records;
  pass(f, 0);
  for (uint32_t n = 1; records->ids.count < TOPO_RECORDS_MAX; n++) {
    struct topo_id id = {{0xe0}};
    topo_put_be32(id.bytes + 1, n);
    assert_int_equal(topo_idset_add(&records->ids, &id), 0);
  }
  assert_int_equal(hear_from(f, &f->peer, f->solo.now.wall_ms, 1), 0);
  struct topo_id one = {{0xe0, 0, 0, 0, 1}};
  assert_true(topo_idset_remove(&records->ids, &one));
  assert_int_equal(hear_from(f, &f->peer, f->solo.now.wall_ms, 1), 1);
  assert_int_equal(records->ids.count, TOPO_RECORDS_MAX);
}

static void what_a_record_says_is_read_back(void **state)
{
  struct topo_record full = {.prekey = {{7}}, .n_types = TOPO_TYPES_MAX}, out;
  struct topo_buf body = {0};
  (void)state;
  for (uint8_t i = 0; i < TOPO_TYPES_MAX; i++)
    full.types[i] = (uint16_t)(i * 1000 + 1);
  full.n_addresses = TOPO_NODE_ADDRESSES_MAX;
  for (uint8_t i = 0; i < TOPO_NODE_ADDRESSES_MAX; i++)
    full.addresses[i] = (struct topo_address){{6, i}, 19};
  assert_int_equal(topo_record_encode(&full, &body), 0);
  assert_true(body.len <= TOPO_RECORD_MAX);
  assert_int_equal(topo_record_decode(&out, topo_buf_view(&body)), 0);
  assert_memory_equal(&out, &full, sizeof full);
  for (size_t len = 0; len < body.len; len++)
    assert_int_equal(topo_record_decode(&out, (struct topo_bytes){body.data, len}),
                     TOPO_EMALFORMED);
  topo_buf_put_u8(&body, 1); /* what a later build has to say besides */
  assert_int_equal(topo_record_decode(&out, topo_buf_view(&body)), 0);
  body.data[32] = TOPO_TYPES_MAX + 1;
  assert_int_equal(topo_record_decode(&out, topo_buf_view(&body)), TOPO_EMALFORMED);
  topo_buf_finish(&body);
}

int main(void)
{
#define WITH_SPACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
  static const struct CMUnitTest tests[] = {
      WITH_SPACE(ours_says_where_we_are),
      WITH_SPACE(ours_is_made_anew_when_it_says_something_else),
      WITH_SPACE(of_a_device_the_newest_counts),
      WITH_SPACE(of_equal_numbers_the_greater_id_counts),
      WITH_SPACE(one_comes_too_soon_after_the_last),
      WITH_SPACE(a_number_from_the_future_counts_for_nothing),
      WITH_SPACE(ours_from_the_future_is_made_anew),
      WITH_SPACE(any_clock_will_do),
      WITH_SPACE(one_of_an_unknown_device_is_missed),
      WITH_SPACE(ours_goes_on_from_one_that_is_newer),
      WITH_SPACE(a_copy_of_this_device_is_noticed),
      WITH_SPACE(as_many_are_kept_as_the_bound_says),
      cmocka_unit_test(what_a_record_says_is_read_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
