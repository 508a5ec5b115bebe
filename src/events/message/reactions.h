/* reactions.h - the reactions of the messages on a page. */
#ifndef TOPO_EVENTS_MESSAGE_REACTIONS_H
#define TOPO_EVENTS_MESSAGE_REACTIONS_H

#include "events/message/page.h"

/* Finds the groups of all items with one query, which reads the messages between the first and the
 * last item in `channel`, a row of the log. 0 or a storage status. */
int topo_reactions_read(struct topo_page *page, const struct topo_view *view, int64_t channel);

#endif
