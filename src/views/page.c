/*
 * page.c - reading a page: keyset queries in three directions, and the bound on its size.
 *
 * In the statements the comparison of (hlc, rank) is what the index serves; the one with the whole
 * id is exact where ids share a rank. CROSS JOIN keeps messages outermost, in the index's order.
 */
#include "views/page.h"

#include "base/assert.h"
#include "base/status.h"
#include "events/message/message_read.h"

#include <stdlib.h>

#define ITEM                                                                                       \
  "SELECT m.no,m.hlc,e.id,u.id,p.name,m.text FROM message m CROSS JOIN event e ON e.no=m.no"       \
  " CROSS JOIN event u ON u.no=m.user LEFT JOIN profile p ON p.subject=m.user"

static const char newest_sql[] =
    ITEM " WHERE m.channel=?1 ORDER BY m.hlc DESC,m.rank DESC,e.id DESC LIMIT ?2";
static const char before_sql[] =
    ITEM " WHERE m.channel=?1 AND (m.hlc,m.rank)<=(?3,?4) AND (m.hlc,m.rank,e.id)<(?3,?4,?5)"
         " ORDER BY m.hlc DESC,m.rank DESC,e.id DESC LIMIT ?2";
static const char after_sql[] =
    ITEM " WHERE m.channel=?1 AND (m.hlc,m.rank)>=(?3,?4) AND (m.hlc,m.rank,e.id)>(?3,?4,?5)"
         " ORDER BY m.hlc,m.rank,e.id LIMIT ?2";
static const char one_sql[] = ITEM " WHERE m.no=?1";

enum {
  /* Keys, punctuation, ids and numbers around the strings of an item and of a group (254 and 64 at
   * most, counted); an id with quotes and comma. */
  ITEM_BYTES = 256,
  GROUP_BYTES = 64,
  USER_BYTES = 46
};

struct topo_page *topo_page_create(void)
{
  return calloc(1, sizeof(struct topo_page));
}

void topo_page_destroy(struct topo_page *page)
{
  if (!page)
    return;
  topo_buf_finish(&page->texts);
  topo_buf_finish(&page->groups);
  free(page);
}

struct topo_bytes topo_page_text(const struct topo_page *page, struct topo_page_span span)
{
  topo_assert(span.at + span.len <= page->texts.len);
  return (struct topo_bytes){span.len ? page->texts.data + span.at : NULL, span.len};
}

size_t topo_page_json_size(struct topo_bytes text)
{
  size_t size = 2;
  for (size_t i = 0; i < text.len; i++)
    size += text.data[i] < 0x20 || text.data[i] == '"' || text.data[i] == '\\' ? 6 : 1;
  return size;
}

static struct topo_page_span keep_text(struct topo_page *page, struct topo_bytes text)
{
  struct topo_page_span span = {page->texts.len, text.len};
  topo_buf_put(&page->texts, text.data, text.len);
  return span;
}

static void take_row(struct topo_page *page, struct topo_stmt *s)
{
  struct topo_bytes name = topo_column_bytes(s, 4), text = topo_column_bytes(s, 5);
  struct topo_page_item *item = &page->items[page->n++];
  item->no = topo_column_i64(s, 0);
  item->at.hlc = (uint64_t)topo_column_i64(s, 1);
  item->at.id = topo_column_id(s, 2);
  item->user = topo_column_id(s, 3);
  item->bytes = ITEM_BYTES + topo_page_json_size(name) + topo_page_json_size(text);
  item->name = keep_text(page, name);
  item->text = keep_text(page, text);
}

/* Takes rows until there are no more or the page is large enough: a page of long texts need not be
 * in memory to learn that it does not fit. */
static int take_rows(struct topo_page *page, struct topo_stmt *s)
{
  size_t bytes = 0;
  int status = 1;
  while (bytes < TOPO_PAGE_BYTES && (status = topo_step(s)) == 1) {
    topo_assert(page->n < TOPO_PAGE_ITEMS_MAX);
    take_row(page, s);
    bytes += page->items[page->n - 1].bytes;
  }
  topo_reset(s);
  if (status >= 0 && page->texts.failed)
    return TOPO_ENOMEM;
  return status < 0 ? status : 0;
}

static void reverse(struct topo_page *page)
{
  for (size_t i = 0, j = page->n; i + 1 < j; i++) {
    j--;
    struct topo_page_item item = page->items[i];
    page->items[i] = page->items[j];
    page->items[j] = item;
  }
}

static int find_channel(const struct topo_view *view, const struct topo_id *channel, int64_t *no)
{
  struct topo_stmt *s =
      topo_stmt(view->db, "SELECT c.no FROM event e CROSS JOIN channel c ON c.no=e.no"
                          " WHERE e.h=?1 AND e.id=?2");
  topo_bind_i64(s, 1, topo_id_prefix(channel));
  topo_bind_id(s, 2, channel);
  int status = topo_step(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  *no = topo_column_i64(s, 0);
  topo_reset(s);
  return 0;
}

static int read_items(struct topo_page *page, const struct topo_view *view, int64_t channel,
                      const struct topo_page_query *query)
{
  const struct topo_cursor *from = query->after ? query->after : query->before;
  struct topo_stmt *s =
      topo_stmt(view->db, query->after ? after_sql : (query->before ? before_sql : newest_sql));
  topo_bind_i64(s, 1, channel);
  topo_bind_i64(s, 2, (int64_t)query->limit);
  if (from) {
    topo_bind_i64(s, 3, (int64_t)from->hlc);
    topo_bind_i64(s, 4, topo_message_rank(&from->id));
    topo_bind_id(s, 5, &from->id);
  }
  int status = take_rows(page, s);
  if (!query->after)
    reverse(page);
  return status;
}

/* Adds the groups to the sizes and lets go of the items farthest from where the page began. */
static void fit(struct topo_page *page, bool from_oldest)
{
  size_t bytes = 0, kept = 0;
  for (; kept < page->n; kept++) {
    struct topo_page_item *item = &page->items[from_oldest ? kept : page->n - 1 - kept];
    for (size_t i = 0; i < item->n_groups; i++) {
      const struct topo_page_group *group = topo_page_group(page, item->first_group + i);
      item->bytes += GROUP_BYTES + USER_BYTES * group->n_users +
                     topo_page_json_size((struct topo_bytes){group->emoji, group->emoji_len});
    }
    bytes += item->bytes;
    if (kept > 0 && bytes > TOPO_PAGE_BYTES)
      break;
  }
  if (!from_oldest)
    for (size_t i = 0; i < kept; i++)
      page->items[i] = page->items[page->n - kept + i];
  page->n = kept;
}

int topo_page_read(struct topo_page *page, const struct topo_view *view,
                   const struct topo_id *channel, const struct topo_page_query *query)
{
  topo_assert(query->limit > 0 && query->limit <= TOPO_PAGE_ITEMS_MAX);
  topo_assert(!query->before || !query->after);
  int64_t no = 0;
  page->channel = *channel;
  int status = find_channel(view, channel, &no);
  if (status == 0)
    status = read_items(page, view, no, query);
  if (status == 0)
    status = topo_page_read_groups(page, view, no);
  if (status == 0)
    fit(page, query->after != NULL);
  return status;
}

int topo_page_read_one(struct topo_page *page, const struct topo_view *view,
                       const struct topo_id *message)
{
  struct topo_stmt *s = topo_stmt(
      view->db, "SELECT m.no,m.channel,c.id FROM event e CROSS JOIN message m ON m.no=e.no"
                " CROSS JOIN event c ON c.no=m.channel WHERE e.h=?1 AND e.id=?2");
  topo_bind_i64(s, 1, topo_id_prefix(message));
  topo_bind_id(s, 2, message);
  int status = topo_step(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  int64_t no = topo_column_i64(s, 0), channel = topo_column_i64(s, 1);
  page->channel = topo_column_id(s, 2);
  topo_reset(s);
  s = topo_stmt(view->db, one_sql);
  topo_bind_i64(s, 1, no);
  status = take_rows(page, s);
  return status < 0 ? status : topo_page_read_groups(page, view, channel);
}
