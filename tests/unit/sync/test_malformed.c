/* test_malformed.c - broken messages are refused as such, before anything is said or reported. */
#include "base/status.h"
#include "unit/sync/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int count_report(void *ctx, const struct topo_id *id)
{
  (void)id;
  ++*(size_t *)ctx;
  return 0;
}

static void fill(struct exchange *x, size_t n)
{
  uint64_t rng = 5;
  exchange_init(x);
  for (size_t i = 0; i < n; i++) {
    struct topo_item item = {draw_below(&rng, 20), {{0}}};
    draw_id(&rng, &item.id);
    exchange_add(x, &item, i % 5 != 0, i % 7 != 0);
  }
}

static void open_both(struct exchange *x)
{
  struct topo_buf first = {0};
  for (int side = 0; side < 2; side++)
    assert_int_equal(topo_negentropy_init(&x->ne[side], &x->items[side], 0, 16), 0);
  assert_int_equal(topo_negentropy_initiate(&x->ne[0], &first), 0);
  topo_buf_finish(&first);
}

/* Gives a copy that ends where its memory ends to both roles; returns the responder's status and
 * checks that the initiator's agrees. */
static int offer(struct exchange *x, const uint8_t *data, size_t len)
{
  uint8_t *exact = malloc(len ? len : 1);
  assert_non_null(exact);
  if (len)
    memcpy(exact, data, len);
  struct topo_buf out = {0};
  size_t reports = 0;
  struct topo_negentropy_sink sink = {count_report, count_report, &reports};
  bool done = false;
  int status = topo_negentropy_respond(&x->ne[1], (struct topo_bytes){exact, len}, &out);
  if (status == 0)
    assert_int_equal(out.data[0], TOPO_NEGENTROPY_VERSION);
  else
    assert_int_equal(out.len, 0);
  int other =
      topo_negentropy_reconcile(&x->ne[0], (struct topo_bytes){exact, len}, &sink, &out, &done);
  if (other < 0) {
    assert_int_equal(reports, 0);
    assert_int_equal(out.len, 0);
    assert_false(done);
  }
  if (other != TOPO_EVERSION)
    assert_int_equal(other, status);
  topo_buf_finish(&out);
  free(exact);
  return status;
}

static int offer_text(struct exchange *x, const char *data, size_t len)
{
  return offer(x, (const uint8_t *)data, len);
}

#define OFFER(x, literal) offer_text((x), "" literal, sizeof(literal) - 1)

/* The offsets at which a message may end: behind the version and behind each range. Written anew
 * here, for messages that are known to be valid. */
static size_t find_ends(const struct topo_buf *m, bool *ends)
{
  size_t at = 1, n = 1;
  ends[1] = true;
  while (at < m->len) {
    uint64_t v[4] = {0};
    for (int field = 0; field < 3; field++) {
      do
        v[field] = v[field] << 7 | (m->data[at] & 0x7f);
      while (m->data[at++] & 0x80);
      if (field == 1)
        at += v[1];
    }
    if (v[2] == 1)
      at += 16;
    if (v[2] == 2) {
      do
        v[3] = v[3] << 7 | (m->data[at] & 0x7f);
      while (m->data[at++] & 0x80);
      at += 32 * v[3];
    }
    ends[at] = true;
    n++;
  }
  return n;
}

/* Every message of an exchange, in turn. */
static void each_message(struct exchange *x,
                         void (*visit)(struct exchange *x, const struct topo_buf *message))
{
  struct exchange y;
  fill(&y, 400);
  struct topo_buf ask = {0}, answer = {0};
  bool done = false;
  for (int side = 0; side < 2; side++)
    assert_int_equal(topo_negentropy_init(&y.ne[side], &y.items[side], 0, 16), 0);
  assert_int_equal(topo_negentropy_initiate(&y.ne[0], &ask), 0);
  while (!done) {
    visit(x, &ask);
    assert_int_equal(topo_negentropy_respond(&y.ne[1], topo_buf_view(&ask), &answer), 0);
    visit(x, &answer);
    assert_int_equal(
        topo_negentropy_reconcile(&y.ne[0], topo_buf_view(&answer), &exchange_ignore, &ask, &done),
        0);
  }
  topo_buf_finish(&ask);
  topo_buf_finish(&answer);
  exchange_finish(&y);
}

static void check_prefixes(struct exchange *x, const struct topo_buf *message)
{
  bool *ends = calloc(message->len + 1, sizeof *ends);
  assert_non_null(ends);
  assert_in_range(find_ends(message, ends), 2, message->len);
  assert_true(ends[message->len]);
  for (size_t len = 0; len <= message->len; len++)
    assert_int_equal(offer(x, message->data, len), ends[len] ? 0 : TOPO_EMALFORMED);
  free(ends);
}

/* Goal: a message cut short is malformed unless the cut is between ranges, where it is a shorter
 * one. */
static void truncated_messages_are_refused(void **state)
{
  (void)state;
  struct exchange x;
  fill(&x, 100);
  open_both(&x);
  each_message(&x, check_prefixes);
  exchange_finish(&x);
}

static void check_flips(struct exchange *x, const struct topo_buf *message)
{
  uint8_t *copy = malloc(message->len);
  assert_non_null(copy);
  memcpy(copy, message->data, message->len);
  for (size_t bit = 0; bit < 8 * message->len; bit++) {
    copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    int status = offer(x, copy, message->len);
    assert_true(status == 0 || status == TOPO_EMALFORMED);
    copy[bit / 8] ^= (uint8_t)(1u << (bit % 8));
  }
  free(copy);
}

/* Goal: a message with any one bit changed is answered or refused as malformed, nothing else. */
static void flipped_bits_are_answered_or_refused(void **state)
{
  (void)state;
  struct exchange x;
  fill(&x, 60);
  open_both(&x);
  each_message(&x, check_flips);
  exchange_finish(&x);
}

/* Goal: each rule of the format has a message that breaks it and one next to it that does not. */
static void each_rule_is_enforced(void **state)
{
  (void)state;
  struct exchange x;
  fill(&x, 40);
  open_both(&x);
  assert_int_equal(OFFER(&x, ""), TOPO_EMALFORMED);
  assert_int_equal(OFFER(&x, "\x61"), 0);
  /* Modes are 0, 1 and 2. */
  assert_int_equal(OFFER(&x, "\x61\x00\x00\x00"), 0);
  assert_int_equal(OFFER(&x, "\x61\x00\x00\x03"), TOPO_EMALFORMED);
  /* The prefix of an id has at most 32 bytes. */
  assert_int_equal(OFFER(&x, "\x61\x02\x20"
                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                             "\x00"),
                   0);
  assert_int_equal(OFFER(&x, "\x61\x02\x21"
                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                             "\x00"),
                   TOPO_EMALFORMED);
  /* Infinity has no prefix. */
  assert_int_equal(OFFER(&x, "\x61\x00\x01"
                             "a"
                             "\x00"),
                   TOPO_EMALFORMED);
  /* Bounds do not descend; they may be equal. */
  assert_int_equal(OFFER(&x, "\x61\x02\x01\x05\x00\x01\x01\x05\x00"), 0);
  assert_int_equal(OFFER(&x, "\x61\x02\x01\x05\x00\x01\x01\x04\x00"), TOPO_EMALFORMED);
  /* A second bound at infinity is coded as 0 or as any overflow. */
  assert_int_equal(OFFER(&x, "\x61\x00\x00\x00\x00\x00\x00"), 0);
  assert_int_equal(OFFER(&x, "\x61\x00\x00\x00\x05\x00\x00"), 0);
  /* A list is as long as it says, however long that is. */
  assert_int_equal(OFFER(&x, "\x61\x00\x00\x02\x00"), 0);
  assert_int_equal(OFFER(&x, "\x61\x00\x00\x02\x01"), TOPO_EMALFORMED);
  assert_int_equal(OFFER(&x, "\x61\x00\x00\x02\x81\xff\xff\xff\xff\xff\xff\xff\xff\x7f"),
                   TOPO_EMALFORMED);
  assert_int_equal(OFFER(&x, "\x61\x00\x00\x02\x84\x80\x80\x80\x80\x80\x80\x80\x00"),
                   TOPO_EMALFORMED);
  /* Numbers have as few digits as possible. */
  assert_int_equal(OFFER(&x, "\x61\x80\x00\x00\x00"), TOPO_EMALFORMED);
  assert_int_equal(OFFER(&x, "\x61\x00\x80\x00\x00"), TOPO_EMALFORMED);
  assert_int_equal(OFFER(&x, "\x61\x00\x00\x80\x00"), TOPO_EMALFORMED);
  exchange_finish(&x);
}

/* Goal: the responder answers another version with its own byte, the initiator gives up; bytes that
 * are no version are malformed. */
static void versions_are_negotiated(void **state)
{
  (void)state;
  struct exchange x;
  struct topo_buf out = {0};
  bool done;
  fill(&x, 40);
  open_both(&x);
  for (unsigned byte = 0; byte < 256; byte++) {
    uint8_t message[] = {(uint8_t)byte, 0xaa, 0xbb};
    struct topo_bytes view = {message, sizeof message};
    bool version = byte >= 0x60 && byte <= 0x6f;
    if (byte == TOPO_NEGENTROPY_VERSION)
      continue;
    int status = topo_negentropy_respond(&x.ne[1], view, &out);
    assert_int_equal(status, version ? 0 : TOPO_EMALFORMED);
    assert_int_equal(out.len, version ? 1 : 0);
    if (version)
      assert_int_equal(out.data[0], TOPO_NEGENTROPY_VERSION);
    status = topo_negentropy_reconcile(&x.ne[0], view, &exchange_ignore, &out, &done);
    assert_int_equal(status, version ? TOPO_EVERSION : TOPO_EMALFORMED);
    assert_false(done);
  }
  topo_buf_finish(&out);
  exchange_finish(&x);
}

/* Goal: ids that a peer lists twice are needed once. */
static void repeated_ids_count_once(void **state)
{
  (void)state;
  struct topo_memset *set = topo_memset_create();
  assert_non_null(set);
  struct topo_itemset items = topo_memset_itemset(set);
  struct topo_negentropy n;
  struct topo_buf message = {0}, out = {0};
  size_t reports = 0;
  struct topo_negentropy_sink sink = {count_report, count_report, &reports};
  bool done;
  assert_int_equal(topo_negentropy_init(&n, &items, 0, 16), 0);
  assert_int_equal(topo_negentropy_initiate(&n, &out), 0);
  topo_buf_put(&message, "\x61\x00\x00\x02\x03", 5);
  for (int i = 0; i < 3; i++)
    topo_buf_put(&message, "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 32);
  assert_int_equal(topo_negentropy_reconcile(&n, topo_buf_view(&message), &sink, &out, &done), 0);
  assert_true(done);
  assert_int_equal(reports, 1);
  topo_buf_finish(&message);
  topo_buf_finish(&out);
  topo_memset_destroy(set);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(truncated_messages_are_refused),
      cmocka_unit_test(flipped_bits_are_answered_or_refused),
      cmocka_unit_test(each_rule_is_enforced),
      cmocka_unit_test(versions_are_negotiated),
      cmocka_unit_test(repeated_ids_count_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
