/*
 * fuzz_batch.c - any bytes as the events of a frame: framing, decoding, opening, the heads of
 * chains.
 *
 * Properties: a batch is taken whole or not at all; what is authentic is an event and no duplicate;
 * successors are in the same chain, one position on. The key is the one of tests/golden/events.
 */
#include "base/assert.h"
#include "base/status.h"
#include "dag/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The workspace of tests/golden/events: the id of its genesis. */
#define WORKSPACE                                                                                  \
  {                                                                                                \
    {                                                                                              \
      0x94, 0xfc, 0x9d, 0x1c, 0x31, 0x70, 0x4b, 0xa8, 0x9d, 0x06, 0xb3, 0x0e, 0x6d, 0xb7, 0xbb,    \
          0x08, 0x6f, 0x19, 0x04, 0x1d, 0xea, 0x88, 0x00, 0x2f, 0x5c, 0xe2, 0xd5, 0x4c, 0xbb,      \
          0xb4, 0x36, 0xa5                                                                         \
    }                                                                                              \
  }

/* The epoch of the corpus, so that mutations of its events get as far as their signatures. */
static struct topo_id epoch_of(const uint8_t *data, size_t size)
{
  struct topo_reader r = topo_reader_init(data, size);
  while (topo_reader_left(&r) && !r.failed) {
    struct topo_bytes e = topo_read_bytes(&r, topo_read_u32(&r));
    if (!r.failed && e.len >= TOPO_CONTENT_HEADER && e.data[1] == TOPO_CONTENT) {
      struct topo_id id;
      memcpy(id.bytes, e.data + 62, sizeof id.bytes);
      return id;
    }
  }
  return topo_id_zero;
}

static bool every_other(void *arg, const struct topo_checked *c)
{
  topo_assert(c->opened && c->authentic);
  return ++*(size_t *)arg % 2 == 0;
}

static void check_promises(const struct topo_batch *batch)
{
  for (size_t i = 0; i < batch->n; i++) {
    const struct topo_checked *c = &batch->events[i];
    topo_assert(!c->authentic || (c->status == 0 && !c->duplicate && !c->no_key));
    if (!c->successor)
      continue;
    topo_assert(c->successor->envelope.seq == c->envelope.seq + 1);
    topo_assert(topo_id_equal(&c->successor->envelope.prev, &c->envelope.id));
    topo_assert(memcmp(c->successor->envelope.tag, c->envelope.tag, TOPO_TAG_SIZE) == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const struct topo_context context = {WORKSPACE, WORKSPACE};
  uint8_t secret[32];
  size_t asked = 0;
  struct topo_id epoch = epoch_of(data, size);
  memset(secret, 5, sizeof secret);
  struct topo_keyring *none = topo_keyring_create();
  topo_assert(none);
  struct topo_keyring *keys = topo_keyring_with(none, &epoch, secret);
  topo_assert(keys);
  struct topo_batch *batch = topo_batch_create(&context, keys);
  topo_assert(batch);
  int status = topo_batch_add(batch, data, size);
  topo_assert(status == 0 || (status == TOPO_EMALFORMED && batch->n == 0));
  topo_batch_check(batch);
  topo_assert(batch->status == 0);
  topo_assert(topo_batch_authenticate(batch, every_other, &asked) == 0);
  check_promises(batch);
  topo_batch_destroy(batch);
  topo_keyring_release(keys);
  topo_keyring_release(none);
  return 0;
}
