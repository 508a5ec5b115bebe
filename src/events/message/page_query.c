/*
 * page_query.c - reading a page: keyset queries in three directions, and the bound on its size.
 *
 * Messages are read in the order of the index, which is the order of the page.
 */
#include "events/message/page_query.h"

#include "base/assert.h"
#include "base/status.h"
#include "events/message/reactions.h"

#define ITEM "SELECT m.no,m.place,m.id,m.user,m.text FROM message m"

static const char newest_sql[] =
    ITEM " WHERE m.channel=?1 ORDER BY m.place DESC,m.id DESC LIMIT ?2";
static const char before_sql[] =
    ITEM " WHERE m.channel=?1 AND (m.place,m.id)<(?3,?4) ORDER BY m.place DESC,m.id DESC LIMIT ?2";
static const char after_sql[] =
    ITEM " WHERE m.channel=?1 AND (m.place,m.id)>(?3,?4) ORDER BY m.place,m.id LIMIT ?2";
static const char one_sql[] = ITEM " WHERE m.no=?1";

enum {
  /* Keys, punctuation, ids and numbers around the strings of an item and of a group (332 and 64 at
   * most, counted); an id with quotes and comma. */
  ITEM_BYTES = 332,
  GROUP_BYTES = 64,
  USER_BYTES = 46,
  SHORT_TEXT = 512
};

/* With which idempotency key a client of this node sent the message, if that is still known. */
static int find_key(struct topo_page *page, const struct topo_view *view,
                    struct topo_page_item *item)
{
  struct topo_stmt *s = topo_stmt(view->db, "SELECT key FROM local_answer WHERE event=?1");
  topo_bind_i64(s, 1, item->no);
  int status = topo_fetch(s);
  if (status <= 0)
    return status;
  struct topo_bytes key = topo_column_bytes(s, 0);
  item->key = topo_page_keep_text(page, key);
  item->bytes += topo_page_json_size(key);
  topo_reset(s);
  return 0;
}

static int take_row(struct topo_page *page, const struct topo_view *view, struct topo_stmt *s)
{
  struct topo_bytes text = topo_column_bytes(s, 4);
  const struct topo_page_user *user;
  topo_assert(page->n < TOPO_PAGE_ITEMS_MAX);
  struct topo_page_item *item = &page->items[page->n++];
  *item = (struct topo_page_item){.no = topo_column_i64(s, 0)};
  item->at.place = (uint64_t)topo_column_i64(s, 1);
  item->at.id = topo_column_id(s, 2);
  item->text = topo_page_keep_text(page, text);
  int status = topo_page_find_user(page, view, topo_column_i64(s, 3), &user);
  if (status < 0)
    return status;
  item->user = user->id;
  item->name = user->name;
  /* Short texts could all be escapes and a page of them would fit: they need not be counted. */
  item->bytes = ITEM_BYTES + user->name_bytes +
                (text.len <= SHORT_TEXT ? 2 + 6 * text.len : topo_page_json_size(text));
  if (user->no == page->me)
    status = find_key(page, view, item);
  return status == 0 && page->texts.failed ? TOPO_ENOMEM : status;
}

/* Takes rows until there are no more or the page is large enough: a page of long texts need not be
 * in memory to learn that it does not fit. */
static int take_rows(struct topo_page *page, const struct topo_view *view, struct topo_stmt *s)
{
  size_t bytes = 0;
  int status = 1;
  while (bytes < TOPO_PAGE_BYTES && (status = topo_fetch(s)) == 1) {
    status = take_row(page, view, s);
    if (status < 0)
      break;
    bytes += page->items[page->n - 1].bytes;
  }
  topo_reset(s);
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

/* A space that is still joining has no user of its own. */
static int find_me(struct topo_page *page, const struct topo_view *view)
{
  page->me = 0;
  int status = topo_view_user_no(view, &view->device, &page->me);
  return status == TOPO_ENOTFOUND ? 0 : status;
}

static int find_channel(const struct topo_view *view, const struct topo_id *channel, int64_t *no)
{
  struct topo_stmt *s =
      topo_stmt(view->db, "SELECT c.no FROM event e CROSS JOIN channel c ON c.no=e.no"
                          " WHERE e.h=?1 AND e.id=?2");
  topo_bind_i64(s, 1, topo_id_prefix(channel));
  topo_bind_id(s, 2, channel);
  int status = topo_fetch(s);
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
    topo_bind_i64(s, 3, (int64_t)from->place);
    topo_bind_id(s, 4, &from->id);
  }
  int status = take_rows(page, view, s);
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

int topo_page_query(struct topo_page *page, const struct topo_view *view,
                    const struct topo_id *channel, const struct topo_page_query *query)
{
  topo_assert(query->limit > 0 && query->limit <= TOPO_PAGE_ITEMS_MAX);
  topo_assert(!query->before || !query->after);
  int64_t no = 0;
  page->channel = *channel;
  int status = find_me(page, view);
  if (status == 0)
    status = find_channel(view, channel, &no);
  if (status == 0)
    status = read_items(page, view, no, query);
  if (status == 0)
    status = topo_reactions_read(page, view, no);
  if (status == 0)
    fit(page, query->after != NULL);
  return status;
}

int topo_page_query_one(struct topo_page *page, const struct topo_view *view,
                        const struct topo_id *message)
{
  struct topo_stmt *s = topo_stmt(
      view->db, "SELECT m.no,m.channel,c.id FROM event e CROSS JOIN message m ON m.no=e.no"
                " CROSS JOIN event c ON c.no=m.channel WHERE e.h=?1 AND e.id=?2");
  topo_bind_i64(s, 1, topo_id_prefix(message));
  topo_bind_id(s, 2, message);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  int64_t no = topo_column_i64(s, 0), channel = topo_column_i64(s, 1);
  page->channel = topo_column_id(s, 2);
  topo_reset(s);
  status = find_me(page, view);
  if (status < 0)
    return status;
  s = topo_stmt(view->db, one_sql);
  topo_bind_i64(s, 1, no);
  status = take_rows(page, view, s);
  return status < 0 ? status : topo_reactions_read(page, view, channel);
}
