/* page.c - the page as data: its texts, the users that it names. */
#include "events/message/page.h"

#include "api/json.h"
#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>

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

struct topo_page_span topo_page_keep_text(struct topo_page *page, struct topo_bytes text)
{
  struct topo_page_span span = {page->texts.len, text.len};
  topo_buf_put(&page->texts, text.data, text.len);
  return span;
}

static int look_up(struct topo_page *page, const struct topo_view *view, int64_t no,
                   struct topo_page_user *user)
{
  struct topo_stmt *s = topo_stmt(view->db, "SELECT e.id,p.name FROM event e LEFT JOIN profile p"
                                            " ON p.entity=e.no WHERE e.no=?1");
  topo_bind_i64(s, 1, no);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ECORRUPT;
  struct topo_bytes name = topo_column_bytes(s, 1);
  *user = (struct topo_page_user){no, topo_column_id(s, 0), topo_page_keep_text(page, name),
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

const struct topo_page_group *topo_page_group(const struct topo_page *page, size_t index)
{
  topo_assert((index + 1) * sizeof(struct topo_page_group) <= page->groups.len);
  return (const struct topo_page_group *)(const void *)page->groups.data + index;
}
