/* page_query.h - which messages are on a page. */
#ifndef TOPO_EVENTS_MESSAGE_PAGE_QUERY_H
#define TOPO_EVENTS_MESSAGE_PAGE_QUERY_H

#include "events/message/page.h"

struct topo_page_query {
  const struct topo_cursor *before, *after; /* at most one; NULL both: the newest */
  size_t limit;                             /* 1..TOPO_PAGE_ITEMS_MAX */
};
/* Fill a page that is as created. 0, TOPO_ENOTFOUND (no such channel, or message), or a storage
 * status. */
int topo_page_query(struct topo_page *page, const struct topo_view *view,
                    const struct topo_id *channel, const struct topo_page_query *query);
int topo_page_query_one(struct topo_page *page, const struct topo_view *view,
                        const struct topo_id *message);

#endif
