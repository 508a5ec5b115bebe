/*
 * LtHash16-1024. The frozen digests were computed by an independent program: BLAKE2b from CPython's
 * hashlib, ChaCha20 written from RFC 8439 and checked with its vectors.
 */
#include "crypto/lthash.h"

#include "lib/hex.h"

#include <stdlib.h>

enum { ITEMS = 100 };

static struct topo_id item(int i)
{
  struct topo_id id;
  memset(id.bytes, i, sizeof id.bytes);
  return id;
}

static void add_range(struct topo_lthash *h, int from, int to)
{
  for (int i = from; i <= to; i++) {
    struct topo_id id = item(i);
    topo_lthash_add(h, &id);
  }
}

static void assert_digest(const struct topo_lthash *h, const char *hex)
{
  struct topo_id digest;
  topo_lthash_digest(h, &digest);
  test_assert_hex(digest.bytes, sizeof digest.bytes, hex);
}

/* The digests of no item, of one and of a hundred never change; nor does the stored form. */
static void frozen_digests(void **state)
{
  (void)state;
  struct topo_lthash h = {{0}};
  uint8_t bytes[TOPO_LTHASH_SIZE];
  assert_digest(&h, "200823e5158b3774c11b5c61850ada762f8264144a9bebec3ebac5a2adde67b8");
  struct topo_id counting;
  for (int i = 0; i < TOPO_ID_SIZE; i++)
    counting.bytes[i] = (uint8_t)i;
  topo_lthash_add(&h, &counting);
  assert_digest(&h, "d431bbb2cbf51e35e9d1387dd1944a51979ebda8f47cab8b00f84f03071e64ae");
  topo_lthash_store(&h, bytes);
  test_assert_hex(bytes, 8, "63f3f58695732c0f");
  h = (struct topo_lthash){{0}};
  add_range(&h, 1, ITEMS);
  assert_digest(&h, "2c363051610d602534db5601f75f0a1c2b87421edb4d32c47c12688a6d572e6d");
  topo_lthash_store(&h, bytes);
  test_assert_hex(bytes, 8, "673a2a4c670ccd28");
}

/* Whatever the order in which items arrive, the state is the same. */
static void order_does_not_matter(void **state)
{
  (void)state;
  struct topo_lthash expected = {{0}};
  add_range(&expected, 1, ITEMS);
  uint64_t random = 7;
  for (int round = 0; round < 20; round++) {
    int order[ITEMS];
    struct topo_lthash h = {{0}};
    for (int i = 0; i < ITEMS; i++) {
      int j = (int)(test_next(&random) % (uint64_t)(i + 1));
      order[i] = order[j];
      order[j] = i + 1;
    }
    for (int i = 0; i < ITEMS; i++)
      add_range(&h, order[i], order[i]);
    assert_memory_equal(&h, &expected, sizeof h);
  }
}

/* An item counts as often as it was added: a duplicate is seen, and two of them are not none. */
static void items_are_counted(void **state)
{
  (void)state;
  struct topo_lthash once = {{0}}, twice = {{0}}, none = {{0}};
  add_range(&once, 1, 1);
  add_range(&twice, 1, 1);
  add_range(&twice, 1, 1);
  assert_memory_not_equal(&once, &twice, sizeof once);
  assert_memory_not_equal(&none, &twice, sizeof none);
}

/* What is stored loads as it was, and words are little-endian. */
static void store_and_load(void **state)
{
  (void)state;
  struct topo_lthash h = {{0}}, loaded;
  uint8_t bytes[TOPO_LTHASH_SIZE];
  add_range(&h, 1, ITEMS);
  topo_lthash_store(&h, bytes);
  topo_lthash_load(&loaded, bytes);
  assert_memory_equal(&h, &loaded, sizeof h);
  memset(bytes, 0, sizeof bytes);
  bytes[0] = 0x34;
  bytes[1] = 0x12;
  bytes[TOPO_LTHASH_SIZE - 1] = 0xff;
  topo_lthash_load(&loaded, bytes);
  assert_int_equal(loaded.words[0], 0x1234);
  assert_int_equal(loaded.words[1], 0);
  assert_int_equal(loaded.words[TOPO_LTHASH_WORDS - 1], 0xff00);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frozen_digests),
      cmocka_unit_test(order_does_not_matter),
      cmocka_unit_test(items_are_counted),
      cmocka_unit_test(store_and_load),
  };
  return cmocka_run_group_tests_name("lthash", tests, NULL, NULL);
}
