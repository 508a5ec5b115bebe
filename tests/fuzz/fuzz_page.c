/*
 * fuzz_page.c - any bytes as LIST, and as PAGE of the prefix that it names.
 *
 *   input := u8 n ‖ n bytes of payload of LIST ‖ payload of PAGE
 *
 * Properties: what is taken and written again is the same bytes; rows begin with the prefix, ascend
 * and are not empty.
 */
#include "fuzz/fuzz.h"

#include "base/assert.h"
#include "sync/settree.h"
#include "sync/wire.h"

#include <string.h>

static void check_rows(const struct topo_wire_page *page, const struct topo_prefix *prefix)
{
  topo_assert(page->n_rows <= TOPO_PAGE_ROWS_MAX);
  for (size_t i = 0; i < page->n_rows; i++) {
    topo_assert(page->rows[i].count > 0);
    topo_assert(topo_prefix_compare(&page->rows[i].set, prefix) == 0);
    topo_assert(i == 0 || topo_id_compare(&page->rows[i - 1].set, &page->rows[i].set) < 0);
  }
}

static void write_page(const struct topo_wire_page *page, struct topo_buf *out)
{
  topo_buf_put_u8(out, page->in_parts ? TOPO_PAGE_OF_PARTS : TOPO_PAGE_OF_ROWS);
  for (size_t i = 0; i < page->n_rows; i++) {
    topo_buf_put_id(out, &page->rows[i].set);
    topo_buf_put_u64(out, page->rows[i].count);
    topo_buf_put_id(out, &page->rows[i].digest);
  }
  for (uint8_t i = 0; i < TOPO_PAGE_PARTS; i++)
    if (page->has[i]) {
      topo_buf_put_u8(out, i);
      topo_buf_put_id(out, &page->digests[i]);
    }
}

static void must_be(const struct topo_buf *written, size_t from, struct topo_bytes payload)
{
  topo_assert(!written->failed && written->len - from == payload.len);
  topo_assert(memcmp(written->data + from, payload.data, payload.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct topo_reader r = topo_reader_init(data, size);
  size_t n = topo_read_u8(&r);
  if (r.failed || n > topo_reader_left(&r))
    return 0;
  struct topo_bytes list = topo_read_bytes(&r, n), rest = {r.at, topo_reader_left(&r)};
  struct topo_prefix prefix;
  struct topo_buf out = {0};
  if (topo_wire_get_list(list, &prefix) < 0)
    return 0;
  topo_wire_put_list(&out, &prefix);
  must_be(&out, TOPO_WIRE_HEAD_SIZE, list);
  struct topo_wire_page page;
  if (topo_wire_get_page(rest, &prefix, &page) == 0) {
    check_rows(&page, &prefix);
    topo_buf_clear(&out);
    write_page(&page, &out);
    must_be(&out, 0, rest);
  }
  topo_buf_finish(&out);
  return 0;
}
