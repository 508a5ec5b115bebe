/* Names, buffers (with memory running out at every allocation) and bounded readers. */
#include "base/bytes.h"

#include "base/status.h"
#include "lib/aborts.h"
#include "lib/hex.h"

#include <stdlib.h>

/* The linker sends the library's realloc here (--wrap). -1: never fails; n: the n-th from now does,
 * and all after it. */
static int allocations_left = -1;
void *__real_realloc(void *at, size_t size);
void *__wrap_realloc(void *at, size_t size);

void *__wrap_realloc(void *at, size_t size)
{
  if (allocations_left == 0)
    return NULL;
  if (allocations_left > 0)
    allocations_left--;
  return __real_realloc(at, size);
}

static const struct topo_id low = {{0x00, 0x01}}, high = {{0xff}};

/* Names compare as their bytes do, and only thirty-two zero bytes are the zero name. */
static void ids_compare_as_bytes(void **state)
{
  (void)state;
  struct topo_id last = {{0}};
  last.bytes[31] = 1;
  assert_true(topo_id_compare(&low, &high) < 0);
  assert_true(topo_id_compare(&high, &low) > 0);
  assert_int_equal(topo_id_compare(&low, &low), 0);
  assert_true(topo_id_equal(&high, &high));
  assert_false(topo_id_equal(&last, &topo_id_zero));
  assert_false(topo_id_is_zero(&last));
  assert_true(topo_id_is_zero(&topo_id_zero));
}

/* The prefix is the first eight bytes as a signed big-endian number. */
static void id_prefix_is_signed(void **state)
{
  (void)state;
  struct topo_id id = {{1, 2, 3, 4, 5, 6, 7, 8, 9}};
  assert_true(topo_id_prefix(&id) == INT64_C(0x0102030405060708));
  assert_true(topo_id_prefix(&high) == INT64_MIN + (INT64_C(0x7f) << 56));
  assert_true(topo_id_prefix(&topo_id_zero) == 0);
  memset(id.bytes, 0xff, 8);
  assert_true(topo_id_prefix(&id) == -1);
}

/* Writers put integers big-endian, and readers give them back. */
static void integers_are_big_endian(void **state)
{
  (void)state;
  struct topo_buf buf = {0};
  topo_buf_put_u8(&buf, 0xfe);
  topo_buf_put_u16(&buf, 0x8182);
  topo_buf_put_u32(&buf, UINT32_C(0x83848586));
  topo_buf_put_u64(&buf, UINT64_C(0x8788898a8b8c8d8e));
  topo_buf_put_id(&buf, &low);
  assert_false(buf.failed);
  test_assert_hex(buf.data, buf.len,
                  "fe81828384858687"
                  "88898a8b8c8d8e"
                  "0001000000000000000000000000000000000000000000000000000000000000");
  struct topo_reader r = topo_reader_init(buf.data, buf.len);
  assert_int_equal(topo_read_u8(&r), 0xfe);
  assert_int_equal(topo_read_u16(&r), 0x8182);
  assert_int_equal(topo_read_u32(&r), UINT32_C(0x83848586));
  assert_true(topo_read_u64(&r) == UINT64_C(0x8788898a8b8c8d8e));
  struct topo_id id = topo_read_id(&r);
  assert_true(topo_id_equal(&id, &low));
  assert_true(!r.failed && topo_reader_left(&r) == 0);
  topo_buf_finish(&buf);
}

/* A buffer grows to hold whatever is appended, and appending nothing, from nowhere, is nothing. */
static void buffer_grows(void **state)
{
  (void)state;
  struct topo_buf buf = {0};
  uint8_t chunk[1000];
  uint64_t random = 1;
  test_fill(&random, chunk, sizeof chunk);
  assert_int_equal(topo_buf_put(&buf, NULL, 0), 0);
  for (size_t len = 0; len <= sizeof chunk; len += 37) {
    size_t before = buf.len;
    assert_int_equal(topo_buf_put(&buf, chunk, len), 0);
    assert_int_equal(buf.len, before + len);
    assert_true(buf.cap >= buf.len);
  }
  struct topo_bytes view = topo_buf_view(&buf);
  for (size_t len = 0, at = 0; len <= sizeof chunk; at += len, len += 37)
    assert_memory_equal(view.data + at, chunk, len);
  topo_buf_finish(&buf);
  assert_true(!buf.data && !buf.len && !buf.cap);
}

/* Room that was reserved is there: filling it moves nothing. */
static void reserve_makes_room(void **state)
{
  (void)state;
  struct topo_buf buf = {0};
  assert_int_equal(topo_buf_reserve(&buf, 5000), 0);
  const uint8_t *data = buf.data;
  for (int i = 0; i < 5000; i++)
    assert_int_equal(topo_buf_put_u8(&buf, (uint8_t)i), 0);
  assert_ptr_equal(buf.data, data);
  topo_buf_finish(&buf);
}

static void write_structure(struct topo_buf *buf)
{
  uint8_t body[300];
  memset(body, 7, sizeof body);
  topo_buf_put_u16(buf, 1);
  topo_buf_put(buf, body, 60);
  topo_buf_put_id(buf, &high);
  topo_buf_put(buf, body, sizeof body);
  topo_buf_put_u64(buf, 2);
}

/* Whichever allocation fails, the buffer keeps what it had until then, takes nothing more and says
 * so at the end; cleared, it works again. */
static void every_failed_allocation_is_remembered(void **state)
{
  (void)state;
  struct topo_buf whole = {0};
  write_structure(&whole);
  int failures = 0;
  for (int n = 0;; n++) {
    struct topo_buf buf = {0};
    allocations_left = n;
    write_structure(&buf);
    allocations_left = -1;
    if (!buf.failed) {
      assert_int_equal(buf.len, whole.len);
      topo_buf_finish(&buf);
      break;
    }
    failures++;
    assert_true(buf.len < whole.len);
    if (buf.len)
      assert_memory_equal(buf.data, whole.data, buf.len);
    assert_int_equal(topo_buf_put_u8(&buf, 1), TOPO_ENOMEM);
    assert_int_equal(topo_buf_reserve(&buf, 0), TOPO_ENOMEM);
    topo_buf_clear(&buf);
    write_structure(&buf);
    assert_false(buf.failed);
    assert_memory_equal(buf.data, whole.data, whole.len);
    topo_buf_finish(&buf);
  }
  assert_true(failures >= 3);
  topo_buf_finish(&whole);
}

/* A size that no memory has is refused before anything is asked of the allocator, from any length.
 */
static void absurd_sizes_are_refused(void **state)
{
  (void)state;
  static const size_t absurd[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1, SIZE_MAX / 2};
  for (size_t i = 0; i < sizeof absurd / sizeof absurd[0]; i++) {
    struct topo_buf buf = {0};
    topo_buf_put_u64(&buf, 1);
    allocations_left = 0;
    assert_int_equal(topo_buf_reserve(&buf, absurd[i]), TOPO_ENOMEM);
    allocations_left = -1;
    assert_true(buf.failed && buf.len == 8);
    topo_buf_finish(&buf);
  }
}

/* Dropping removes from the front and keeps the rest in order. */
static void drop_removes_from_the_front(void **state)
{
  (void)state;
  struct topo_buf buf = {0};
  topo_buf_put(&buf, "abcdef", 6);
  topo_buf_drop(&buf, 0);
  topo_buf_drop(&buf, 2);
  assert_int_equal(buf.len, 4);
  assert_memory_equal(buf.data, "cdef", 4);
  topo_buf_put(&buf, "g", 1);
  assert_memory_equal(buf.data, "cdefg", 5);
  topo_buf_drop(&buf, 5);
  assert_int_equal(buf.len, 0);
  topo_buf_drop(&buf, 0);
  topo_buf_finish(&buf);
}

static void drop_more_than_there_is(void)
{
  struct topo_buf buf = {0};
  topo_buf_put(&buf, "ab", 2);
  topo_buf_drop(&buf, 3);
}

/* Dropping more than there is is a programmer's error. */
static void drop_is_bounded(void **state)
{
  (void)state;
  assert_true(test_aborts(drop_more_than_there_is));
}

/* The destructors take NULL, and a finished buffer can be finished again or used anew. */
static void finish_is_forgiving(void **state)
{
  (void)state;
  topo_buf_finish(NULL);
  topo_buf_wipe(NULL);
  struct topo_buf buf = {0};
  topo_buf_wipe(&buf);
  topo_buf_put(&buf, "secret", 6);
  topo_buf_wipe(&buf);
  assert_true(!buf.data && !buf.len && !buf.cap && !buf.failed);
  topo_buf_finish(&buf);
  assert_int_equal(topo_buf_put(&buf, "x", 1), 0);
  topo_buf_finish(&buf);
}

/* A reader gives every length that is there, up to the last byte, and refuses the next. */
static void reader_stops_at_its_end(void **state)
{
  (void)state;
  for (size_t have = 0; have <= 40; have++) {
    uint8_t *data = malloc(have ? have : 1);
    assert_non_null(data);
    memset(data, 0x11, have);
    for (size_t want = 0; want <= have; want++) {
      struct topo_reader r = topo_reader_init(data, have);
      struct topo_bytes b = topo_read_bytes(&r, want);
      assert_true(!r.failed && b.len == want && topo_reader_left(&r) == have - want);
      b = topo_read_bytes(&r, have - want + 1);
      assert_true(r.failed && !b.data && b.len == 0);
    }
    free(data);
  }
}

/* Each kind of value that runs past the end reads as zero and marks the reader. */
static void short_reads_are_zero(void **state)
{
  (void)state;
  uint8_t data[31];
  memset(data, 0xee, sizeof data);
  struct topo_reader r = topo_reader_init(data, 0);
  assert_true(topo_read_u8(&r) == 0 && r.failed);
  r = topo_reader_init(data, 1);
  assert_true(topo_read_u16(&r) == 0 && r.failed);
  r = topo_reader_init(data, 3);
  assert_true(topo_read_u32(&r) == 0 && r.failed);
  r = topo_reader_init(data, 7);
  assert_true(topo_read_u64(&r) == 0 && r.failed);
  r = topo_reader_init(data, 31);
  struct topo_id id = topo_read_id(&r);
  assert_true(topo_id_is_zero(&id) && r.failed);
}

/* After one failure everything reads as zero, though bytes are left. */
static void failure_stays(void **state)
{
  (void)state;
  uint8_t data[16];
  memset(data, 0xee, sizeof data);
  struct topo_reader r = topo_reader_init(data, sizeof data);
  topo_read_bytes(&r, SIZE_MAX);
  assert_true(r.failed);
  assert_int_equal(topo_read_u8(&r), 0);
  assert_true(topo_read_u64(&r) == 0);
  assert_null(topo_read_bytes(&r, 0).data);
  assert_true(r.failed);
}

/* A reader over no memory at all is empty. */
static void reader_over_nothing(void **state)
{
  (void)state;
  struct topo_reader r = topo_reader_init(NULL, 0);
  assert_int_equal(topo_reader_left(&r), 0);
  assert_int_equal(topo_read_bytes(&r, 0).len, 0);
  assert_false(r.failed);
  topo_read_u8(&r);
  assert_true(r.failed);
}

/* Wiping zeroes exactly the bytes it was given. */
static void wipe_zeroes(void **state)
{
  (void)state;
  uint8_t data[10];
  memset(data, 0xff, sizeof data);
  topo_wipe(data + 2, 5);
  test_assert_hex(data, sizeof data, "ffff0000000000ffffff");
  topo_wipe(data, 0);
  assert_int_equal(data[0], 0xff);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ids_compare_as_bytes),
      cmocka_unit_test(id_prefix_is_signed),
      cmocka_unit_test(integers_are_big_endian),
      cmocka_unit_test(buffer_grows),
      cmocka_unit_test(reserve_makes_room),
      cmocka_unit_test(every_failed_allocation_is_remembered),
      cmocka_unit_test(absurd_sizes_are_refused),
      cmocka_unit_test(drop_removes_from_the_front),
      cmocka_unit_test(drop_is_bounded),
      cmocka_unit_test(finish_is_forgiving),
      cmocka_unit_test(reader_stops_at_its_end),
      cmocka_unit_test(short_reads_are_zero),
      cmocka_unit_test(failure_stays),
      cmocka_unit_test(reader_over_nothing),
      cmocka_unit_test(wipe_zeroes),
  };
  return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
