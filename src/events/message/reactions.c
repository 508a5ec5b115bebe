/*
 * reactions.c - the reactions of a page, grouped.
 *
 * The table keeps every event, so one user may have the same emoji on a message several times; here
 * it counts once. Rows come by message, emoji and user, so a group is complete when the next one
 * begins.
 */
#include "events/message/reactions.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

static const char groups_sql[] =
    "SELECT m.no,r.emoji,r.user FROM message m CROSS JOIN reaction r ON r.message=m.no"
    " WHERE m.channel=?1 AND (m.place,m.id)>=(?2,?3) AND (m.place,m.id)<=(?4,?5)"
    " ORDER BY m.place,m.id,m.no,r.emoji,r.user";

struct grouping {
  struct topo_page *page;
  const struct topo_view *view;
  int64_t me;                  /* 0: nobody */
  int64_t message, user;       /* of the row before */
  struct topo_page_item *item; /* NULL: not on the page */
};

static struct topo_page_group *group_at(struct topo_page *page, size_t index)
{
  topo_assert((index + 1) * sizeof(struct topo_page_group) <= page->groups.len);
  return (struct topo_page_group *)(void *)page->groups.data + index;
}

static bool weaker(const struct topo_page_group *a, const struct topo_page_group *b)
{
  if (a->mine != b->mine)
    return b->mine;
  return a->count < b->count;
}

/* Lets the weakest group of an item go when there is one too many; of equals the last by emoji. */
static void trim(struct grouping *g)
{
  if (!g->item || g->item->n_groups <= TOPO_PAGE_EMOJIS_MAX)
    return;
  size_t first = g->item->first_group, last = first + --g->item->n_groups, weakest = last;
  for (size_t i = last; i-- > first;)
    if (weaker(group_at(g->page, i), group_at(g->page, weakest)))
      weakest = i;
  for (size_t i = weakest; i < last; i++)
    *group_at(g->page, i) = *group_at(g->page, i + 1);
  g->page->groups.len -= sizeof(struct topo_page_group);
}

static void begin_message(struct grouping *g, int64_t message)
{
  trim(g);
  g->message = message;
  g->item = NULL;
  for (size_t i = 0; i < g->page->n && !g->item; i++)
    if (g->page->items[i].no == message)
      g->item = &g->page->items[i];
  if (g->item)
    g->item->first_group = g->page->groups.len / sizeof(struct topo_page_group);
}

/* The group of the emoji, which is the item's last one or begins here. */
static int begin_group(struct grouping *g, struct topo_bytes emoji, struct topo_page_group **out)
{
  struct topo_page_item *item = g->item;
  if (item->n_groups > 0) {
    *out = group_at(g->page, item->first_group + item->n_groups - 1);
    if ((*out)->emoji_len == emoji.len && memcmp((*out)->emoji, emoji.data, emoji.len) == 0)
      return 0;
  }
  if (emoji.len == 0 || emoji.len > TOPO_EMOJI_MAX)
    return TOPO_ECORRUPT; /* the type refuses such events: the file is damaged */
  trim(g);
  struct topo_page_group group = {.emoji_len = emoji.len};
  memcpy(group.emoji, emoji.data, emoji.len);
  if (topo_buf_put(&g->page->groups, &group, sizeof group) < 0)
    return TOPO_ENOMEM;
  *out = group_at(g->page, item->first_group + item->n_groups++);
  g->user = 0;
  return 0;
}

/* Which users are named may not depend on the order in which a node met them: the smallest ids. */
static void name_user(struct topo_page_group *group, const struct topo_id *user)
{
  size_t i = group->n_users;
  while (i > 0 && topo_id_compare(user, &group->users[i - 1]) < 0)
    i--;
  if (i == TOPO_PAGE_USERS_MAX)
    return;
  if (group->n_users < TOPO_PAGE_USERS_MAX)
    group->n_users++;
  memmove(&group->users[i + 1], &group->users[i],
          (group->n_users - 1 - i) * sizeof group->users[0]);
  group->users[i] = *user;
}

static int take_row(struct grouping *g, struct topo_stmt *s)
{
  int64_t message = topo_column_i64(s, 0), user = topo_column_i64(s, 2);
  if (message != g->message)
    begin_message(g, message);
  if (!g->item)
    return 0;
  struct topo_page_group *group;
  int status = begin_group(g, topo_column_bytes(s, 1), &group);
  if (status < 0 || user == g->user)
    return status;
  g->user = user;
  group->count++;
  group->mine = group->mine || user == g->me;
  const struct topo_page_user *who;
  status = topo_page_find_user(g->page, g->view, user, &who);
  if (status == 0)
    name_user(group, &who->id);
  return status;
}

static void bind_position(struct topo_stmt *s, int index, const struct topo_cursor *at)
{
  topo_bind_i64(s, index, (int64_t)at->place);
  topo_bind_id(s, index + 1, &at->id);
}

int topo_reactions_read(struct topo_page *page, const struct topo_view *view, int64_t channel)
{
  if (page->n == 0)
    return 0;
  struct grouping g = {.page = page, .view = view, .me = page->me};
  int status;
  struct topo_stmt *s = topo_stmt(view->db, groups_sql);
  topo_bind_i64(s, 1, channel);
  bind_position(s, 2, &page->items[0].at);
  bind_position(s, 4, &page->items[page->n - 1].at);
  while ((status = topo_fetch(s)) == 1) {
    status = take_row(&g, s);
    if (status < 0) {
      topo_reset(s);
      return status;
    }
  }
  trim(&g);
  return status;
}
