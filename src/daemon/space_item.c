/* space_item.c - the JSON of a space. */
#include "daemon/space_item.h"

#include "base/status.h"
#include "node/node.h"

#include <stdio.h>

bool topo_space_item_ready(const struct topo_space_item *item)
{
  return item->member && item->name[0];
}

static const char *state_of(const struct topo_space_item *item)
{
  if (item->status < 0)
    return "error";
  return topo_space_item_ready(item) ? "ready" : "joining";
}

/* Why it is not ready, or what else is the matter. */
static const char *detail_of(const struct topo_space_item *item)
{
  if (item->status < 0)
    return topo_status_text(item->status);
  if (item->twice)
    return topo_node_twice_text;
  if (topo_space_item_ready(item))
    return "";
  if (item->member)
    return "waiting for the name of the workspace";
  if (item->connected && !item->refused)
    return "being let in";
  return topo_node_lonely_text(item->refused);
}

void topo_space_item_write(struct topo_json *out, const struct topo_space_item *item)
{
  char progress[128];
  const struct topo_dag_progress *p = &item->rebuild;
  snprintf(progress, sizeof progress, TOPO_REBUILDING_TEXT, p->done, p->total);
  topo_json_begin_object(out);
  topo_json_key(out, "space");
  topo_json_id(out, &item->space);
  topo_json_key(out, "workspace");
  topo_json_id(out, &item->workspace);
  topo_json_string_member(out, "name", item->name);
  topo_json_string_member(out, "user_name", item->user_name);
  topo_json_string_member(out, "state", state_of(item));
  topo_json_string_member(out, "detail", p->rebuilding ? progress : detail_of(item));
  topo_json_end_object(out);
}
