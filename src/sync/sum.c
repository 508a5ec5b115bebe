/* sum.c - 256-bit addition over four machine words. */
#include "sync/sum.h"

#include "base/assert.h"
#include "crypto/hash.h"
#include "sync/varint.h"

#include <endian.h>
#include <string.h>

static void add_words(uint64_t words[static 4], const uint64_t other[static 4])
{
  uint64_t carry = 0;
  for (int i = 0; i < 4; i++) {
    uint64_t with_carry = words[i] + carry;
    uint64_t total = with_carry + other[i];
    carry = (uint64_t)(with_carry < carry) | (uint64_t)(total < other[i]);
    words[i] = total;
  }
}

void topo_sum_add_id(struct topo_sum *sum, const struct topo_id *id)
{
  uint64_t words[4];
  memcpy(words, id->bytes, sizeof words);
  for (int i = 0; i < 4; i++)
    words[i] = le64toh(words[i]);
  add_words(sum->words, words);
  sum->count++;
}

void topo_sum_add(struct topo_sum *sum, const struct topo_sum *other)
{
  add_words(sum->words, other->words);
  sum->count += other->count;
}

void topo_sum_subtract(struct topo_sum *sum, const struct topo_sum *other)
{
  topo_assert(sum->count >= other->count);
  uint64_t borrow = 0;
  for (int i = 0; i < 4; i++) {
    uint64_t with_borrow = sum->words[i] - borrow;
    uint64_t wrapped = (uint64_t)(with_borrow > sum->words[i]);
    wrapped |= (uint64_t)(with_borrow < other->words[i]);
    sum->words[i] = with_borrow - other->words[i];
    borrow = wrapped;
  }
  sum->count -= other->count;
}

void topo_sum_fingerprint(const struct topo_sum *sum, uint8_t out[static TOPO_FINGERPRINT_SIZE])
{
  uint8_t input[TOPO_ID_SIZE + TOPO_VARINT_MAX], hash[TOPO_HASH_SIZE];
  for (size_t i = 0; i < 4; i++) {
    uint64_t word = htole64(sum->words[i]);
    memcpy(input + 8 * i, &word, sizeof word);
  }
  size_t len = TOPO_ID_SIZE + topo_varint_encode(input + TOPO_ID_SIZE, sum->count);
  topo_assert(len > TOPO_ID_SIZE && len <= sizeof input);
  topo_sha256(hash, (struct topo_bytes){input, len});
  memcpy(out, hash, TOPO_FINGERPRINT_SIZE);
}
