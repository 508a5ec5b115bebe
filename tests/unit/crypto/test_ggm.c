/*
 * The GGM tree. The frozen leaves were computed by an independent program over CPython's hashlib
 * that walks the 84 bits of the path written out as text.
 */
#include "crypto/ggm.h"

#include "lib/aborts.h"
#include "lib/hex.h"

static const uint8_t root[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
                                 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

static void assert_leaf(uint64_t prefix, uint32_t seq, const char *hex)
{
  uint8_t leaf[32];
  topo_ggm_leaf(leaf, root, prefix, seq, NULL);
  test_assert_hex(leaf, sizeof leaf, hex);
}

/* The first leaf, the last and one between them never change. */
static void frozen_leaves(void **state)
{
  (void)state;
  assert_leaf(0, 0, "0c885cb8a05374335b94fef118c00377691f198beada9a6299957d6f598c8309");
  assert_leaf(UINT64_C(0x0123456789abcdef), 0x54321,
              "7a222108dede3368151bef988e3ea030858cb9eed0ebbf03030457d8e91d2950");
  assert_leaf(UINT64_MAX, TOPO_GGM_SEQ_LIMIT - 1,
              "ae9ed270921504592ab2085ce4fbe71134e2498ce084ab213f285707d315170f");
}

static void assert_cached_equals_uncached(struct topo_ggm_path *path, uint64_t prefix, uint32_t seq)
{
  uint8_t cached[32], uncached[32];
  topo_ggm_leaf(cached, root, prefix, seq, path);
  topo_ggm_leaf(uncached, root, prefix, seq, NULL);
  assert_memory_equal(cached, uncached, 32);
}

/* A path carried along gives the same leaves as none, wherever a random walk jumps next: to the
 * same leaf, a neighbour, another leaf of the chain, a chain that differs in one bit, or anywhere.
 */
static void cached_equals_uncached_on_random_walks(void **state)
{
  (void)state;
  struct topo_ggm_path path = {0};
  uint64_t random = 1, prefix = 0;
  uint32_t seq = 0;
  for (int i = 0; i < 2000; i++) {
    uint64_t r = test_next(&random);
    switch (r % 6) {
    case 0: break;
    case 1: seq = (seq + 1) % TOPO_GGM_SEQ_LIMIT; break;
    case 2: seq = (seq - 1) % TOPO_GGM_SEQ_LIMIT; break;
    case 3: seq = (uint32_t)(r >> 32) % TOPO_GGM_SEQ_LIMIT; break;
    case 4: prefix ^= UINT64_C(1) << (r >> 32) % 64; break;
    default: prefix = test_next(&random); break;
    }
    assert_cached_equals_uncached(&path, prefix, seq);
  }
  topo_wipe(&path, sizeof path);
}

/* Each of the 84 bits of the path chooses a branch: flipping one gives another leaf, from the cache
 * too. */
static void every_bit_counts(void **state)
{
  (void)state;
  uint8_t leaves[TOPO_GGM_DEPTH + 1][32];
  struct topo_ggm_path path = {0};
  topo_ggm_leaf(leaves[TOPO_GGM_DEPTH], root, 0, 0, &path);
  for (int bit = 0; bit < TOPO_GGM_DEPTH; bit++) {
    uint64_t prefix = bit < 64 ? UINT64_C(1) << bit : 0;
    uint32_t seq = bit < 64 ? 0 : UINT32_C(1) << (bit - 64);
    assert_cached_equals_uncached(&path, prefix, seq);
    topo_ggm_leaf(leaves[bit], root, prefix, seq, &path);
    for (int i = 0; i < bit; i++)
      assert_memory_not_equal(leaves[i], leaves[bit], 32);
    assert_memory_not_equal(leaves[TOPO_GGM_DEPTH], leaves[bit], 32);
  }
}

/* Only nodes below the first differing bit are computed again, whichever of the 84 bits it is:
 * nodes above the one from which the two paths part are spoilt first, and neither noticed nor
 * mended. */
static void cache_recomputes_only_below_the_difference(void **state)
{
  (void)state;
  for (int same = 0; same < TOPO_GGM_DEPTH; same++) {
    uint64_t prefix = same < 64 ? UINT64_C(1) << (63 - same) : 0;
    uint32_t seq = same < 64 ? 0 : UINT32_C(1) << (83 - same);
    uint8_t cached[32], uncached[32], spoilt[TOPO_GGM_DEPTH * 32];
    struct topo_ggm_path path = {0};
    topo_ggm_leaf(cached, root, 0, 0, &path);
    size_t above = same > 1 ? (size_t)(same - 1) * 32 : 0;
    memset(path.nodes[1], 0xaa, above);
    memset(spoilt, 0xaa, above);
    topo_ggm_leaf(cached, root, prefix, seq, &path);
    topo_ggm_leaf(uncached, root, prefix, seq, NULL);
    assert_memory_equal(cached, uncached, 32);
    assert_memory_equal(path.nodes[1], spoilt, above);
  }
}

static void ask_beyond_the_last_leaf(void)
{
  uint8_t leaf[32];
  topo_ggm_leaf(leaf, root, 0, TOPO_GGM_SEQ_LIMIT, NULL);
}

static void use_a_path_with_another_root(void)
{
  uint8_t leaf[32], other[32] = {0};
  struct topo_ggm_path path = {0};
  topo_ggm_leaf(leaf, root, 0, 0, &path);
  topo_ggm_leaf(leaf, other, 0, 0, &path);
}

/* A sequence number of 21 bits and a path used with a second root are programmers' errors. */
static void misuse_aborts(void **state)
{
  (void)state;
  assert_true(test_aborts(ask_beyond_the_last_leaf));
  assert_true(test_aborts(use_a_path_with_another_root));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(frozen_leaves),
      cmocka_unit_test(cached_equals_uncached_on_random_walks),
      cmocka_unit_test(every_bit_counts),
      cmocka_unit_test(cache_recomputes_only_below_the_difference),
      cmocka_unit_test(misuse_aborts),
  };
  return cmocka_run_group_tests_name("ggm", tests, NULL, NULL);
}
