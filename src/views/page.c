/*
 * page.c - reading a page: keyset queries in three directions, and the bound on its size.
 *
 * Messages are read in the order of the index, (hlc, rank). Where two that follow each other share
 * both, which takes two ids with eight bytes in common, their order is still open: then the page is
 * read again by a statement that sorts by the whole id, which would cost every page a sorter. In
 * that one, too, the comparison of (hlc, rank) is what the index serves. CROSS JOIN keeps messages
 * outermost.
 */
#include "views/page.h"

#include "base/assert.h"
#include "base/status.h"
#include "events/message/message_read.h"

#include <stdlib.h>

#define ITEM                                                                                       \
  "SELECT m.no,m.hlc,m.rank,e.id,m.user,m.text FROM message m CROSS JOIN event e ON e.no=m.no"
#define DOWN " ORDER BY m.hlc DESC,m.rank DESC"
#define UP   " ORDER BY m.hlc,m.rank"

static const char newest_sql[] = ITEM " WHERE m.channel=?1" DOWN " LIMIT ?2";
static const char before_sql[] =
    ITEM " WHERE m.channel=?1 AND (m.hlc,m.rank)<=(?3,?4)" DOWN " LIMIT ?2";
static const char after_sql[] =
    ITEM " WHERE m.channel=?1 AND (m.hlc,m.rank)>=(?3,?4)" UP " LIMIT ?2";
static const char newest_exact_sql[] = ITEM " WHERE m.channel=?1" DOWN ",e.id DESC LIMIT ?2";
static const char before_exact_sql[] =
    ITEM " WHERE m.channel=?1 AND (m.hlc,m.rank)<=(?3,?4) AND (m.hlc,m.rank,e.id)<(?3,?4,?5)" DOWN
         ",e.id DESC LIMIT ?2";
static const char after_exact_sql[] =
    ITEM " WHERE m.channel=?1 AND (m.hlc,m.rank)>=(?3,?4) AND (m.hlc,m.rank,e.id)>(?3,?4,?5)" UP
         ",e.id LIMIT ?2";
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
  size_t size = 2 + text.len;
  for (size_t at = 0; at < text.len; at++) {
    at += topo_json_plain(text.data + at, text.len - at);
    if (at < text.len)
      size += 5;
  }
  return size;
}

static struct topo_page_span keep_text(struct topo_page *page, struct topo_bytes text)
{
  struct topo_page_span span = {page->texts.len, text.len};
  topo_buf_put(&page->texts, text.data, text.len);
  return span;
}

static int look_up(struct topo_page *page, const struct topo_view *view, int64_t no,
                   struct topo_page_user *user)
{
  struct topo_stmt *s = topo_stmt(view->db, "SELECT e.id,p.name FROM event e LEFT JOIN profile p"
                                            " ON p.subject=e.no WHERE e.no=?1");
  topo_bind_i64(s, 1, no);
  int status = topo_step(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ECORRUPT;
  struct topo_bytes name = topo_column_bytes(s, 1);
  *user = (struct topo_page_user){no, topo_column_id(s, 0), keep_text(page, name),
                                  topo_page_json_size(name)};
  topo_reset(s);
  return page->texts.failed ? TOPO_ENOMEM : 0;
}

int topo_page_find_user(struct topo_page *page, const struct topo_view *view, int64_t no,
                        const struct topo_page_user **out)
{
  struct topo_page_user *user = &page->users[(uint64_t)no % TOPO_PAGE_USERS_KEPT];
  *out = user;
  return user->no == no ? 0 : look_up(page, view, no, user);
}

static int take_row(struct topo_page *page, const struct topo_view *view, struct topo_stmt *s)
{
  struct topo_bytes text = topo_column_bytes(s, 5);
  const struct topo_page_user *user;
  topo_assert(page->n < TOPO_PAGE_ITEMS_MAX);
  struct topo_page_item *item = &page->items[page->n++];
  *item = (struct topo_page_item){.no = topo_column_i64(s, 0)};
  item->at.hlc = (uint64_t)topo_column_i64(s, 1);
  item->at.id = topo_column_id(s, 3);
  item->text = keep_text(page, text);
  int status = topo_page_find_user(page, view, topo_column_i64(s, 4), &user);
  if (status < 0)
    return status;
  item->user = user->id;
  item->name = user->name;
  item->bytes = ITEM_BYTES + user->name_bytes + topo_page_json_size(text);
  return page->texts.failed ? TOPO_ENOMEM : 0;
}

/* How the rows of a statement become a page. */
struct taking {
  struct topo_page *page;
  const struct topo_view *view;
  const struct topo_cursor *from; /* NULL: from an end of the channel */
  size_t limit;
  bool up;    /* from the oldest */
  bool exact; /* sorted by the whole id, and begun behind the cursor */
};

/* A message as the index knows it. */
struct key {
  int64_t hlc, rank;
};

static bool same(const struct key *a, const struct key *b)
{
  return a->hlc == b->hlc && a->rank == b->rank;
}

/* Of the messages that share the cursor's key, those on its other side, and itself. */
static bool not_behind(const struct taking *t, const struct topo_id *id)
{
  int order = topo_id_compare(id, &t->from->id);
  return t->up ? order <= 0 : order >= 0;
}

/* Takes rows until there are no more or the page is full: a page of long texts need not be in
 * memory to learn that it does not fit. Returns 1 when two rows are in an order that is open. */
static int take_rows(const struct taking *t, struct topo_stmt *s)
{
  struct topo_page *page = t->page;
  struct key last = {-1, 0}, from = {-1, 0};
  size_t bytes = 0;
  int status;
  if (t->from)
    from = (struct key){(int64_t)t->from->hlc, topo_message_rank(&t->from->id)};
  while ((status = topo_step(s)) == 1) {
    struct key key = {topo_column_i64(s, 1), topo_column_i64(s, 2)};
    bool full = page->n == t->limit || bytes >= TOPO_PAGE_BYTES;
    if (full && (t->exact || !same(&key, &last)))
      break;
    if (!t->exact && same(&key, &last)) {
      topo_reset(s);
      return 1;
    }
    last = key;
    struct topo_id id = topo_column_id(s, 3);
    if (!t->exact && same(&key, &from) && not_behind(t, &id))
      continue;
    status = take_row(page, t->view, s);
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

static const char *statement(const struct taking *t)
{
  if (!t->from)
    return t->exact ? newest_exact_sql : newest_sql;
  if (t->up)
    return t->exact ? after_exact_sql : after_sql;
  return t->exact ? before_exact_sql : before_sql;
}

static int read_rows(const struct taking *t, int64_t channel)
{
  /* Beyond the page, the row of the cursor itself, and one that may share the last one's key. */
  const size_t more = t->exact ? 0 : 2;
  struct topo_stmt *s = topo_stmt(t->view->db, statement(t));
  topo_bind_i64(s, 1, channel);
  topo_bind_i64(s, 2, (int64_t)(t->limit + more));
  if (t->from) {
    topo_bind_i64(s, 3, (int64_t)t->from->hlc);
    topo_bind_i64(s, 4, topo_message_rank(&t->from->id));
    if (t->exact)
      topo_bind_id(s, 5, &t->from->id);
  }
  return take_rows(t, s);
}

static int read_items(struct topo_page *page, const struct topo_view *view, int64_t channel,
                      const struct topo_page_query *query)
{
  struct taking t = {.page = page,
                     .view = view,
                     .from = query->after ? query->after : query->before,
                     .limit = query->limit,
                     .up = query->after != NULL};
  int status = read_rows(&t, channel);
  if (status == 1) {
    page->n = 0;
    t.exact = true;
    status = read_rows(&t, channel);
  }
  if (!t.up)
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
  status = take_rows(&(struct taking){.page = page, .view = view, .limit = 1, .exact = true}, s);
  return status < 0 ? status : topo_page_read_groups(page, view, channel);
}
