/* sendbuf.c - outgoing bytes in chunks that stay where they are until the peer has them. */
#include "net/sendbuf.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/status.h"

_Static_assert(TOPO_CONN_SEND_BUFFER_MAX % TOPO_SENDBUF_CHUNK == 0,
               "the buffer is made of whole chunks");

static uint8_t **slot(struct topo_sendbuf *b, uint64_t offset)
{
  return &b->chunks[(offset / TOPO_SENDBUF_CHUNK) % TOPO_SENDBUF_CHUNKS];
}

/* From the offset to the end of its chunk. */
static size_t left_in_chunk(uint64_t offset)
{
  return TOPO_SENDBUF_CHUNK - (size_t)(offset % TOPO_SENDBUF_CHUNK);
}

static size_t min(size_t a, size_t b)
{
  return a < b ? a : b;
}

void topo_sendbuf_finish(struct topo_sendbuf *b)
{
  if (!b)
    return;
  for (size_t i = 0; i < TOPO_SENDBUF_CHUNKS; i++)
    free(b->chunks[i]);
  memset(b, 0, sizeof *b);
}

size_t topo_sendbuf_room(const struct topo_sendbuf *b)
{
  return TOPO_SENDBUF_CAPACITY - (size_t)(b->end - b->acked);
}

size_t topo_sendbuf_put(struct topo_sendbuf *b, const uint8_t *data, size_t len)
{
  size_t taken = 0;
  len = min(len, topo_sendbuf_room(b));
  while (taken < len) {
    uint8_t **chunk = slot(b, b->end);
    size_t n = min(len - taken, left_in_chunk(b->end));
    if (!*chunk && !(*chunk = malloc(TOPO_SENDBUF_CHUNK)))
      break;
    memcpy(*chunk + b->end % TOPO_SENDBUF_CHUNK, data + taken, n);
    b->end += n;
    taken += n;
  }
  return taken;
}

size_t topo_sendbuf_next(const struct topo_sendbuf *b, struct topo_bytes pieces[static 2])
{
  size_t n = 0;
  for (uint64_t at = b->sent; at < b->end && n < 2; n++) {
    size_t len = min((size_t)(b->end - at), left_in_chunk(at));
    const uint8_t *chunk = b->chunks[(at / TOPO_SENDBUF_CHUNK) % TOPO_SENDBUF_CHUNKS];
    pieces[n] = (struct topo_bytes){chunk + at % TOPO_SENDBUF_CHUNK, len};
    at += len;
  }
  return n;
}

void topo_sendbuf_sent(struct topo_sendbuf *b, size_t len)
{
  topo_assert(len <= b->end - b->sent);
  b->sent += len;
}

int topo_sendbuf_acked(struct topo_sendbuf *b, uint64_t offset)
{
  if (offset > b->sent)
    return TOPO_EINVAL;
  while (b->acked < offset) {
    size_t n = min((size_t)(offset - b->acked), left_in_chunk(b->acked));
    uint8_t **chunk = slot(b, b->acked);
    b->acked += n;
    /* A chunk goes when its last byte arrived, or when nothing is left in the stream at all. */
    if (b->acked % TOPO_SENDBUF_CHUNK == 0 || b->acked == b->end) {
      free(*chunk);
      *chunk = NULL;
    }
  }
  return 0;
}
