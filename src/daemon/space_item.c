/* space_item.c - the JSON of a space. */
#include "daemon/space_item.h"

#include "base/status.h"

#include <string.h>

static void put_text(struct topo_json *out, const char *key, const char *text)
{
  topo_json_key(out, key);
  topo_json_string(out, text);
}

static void write_item(struct topo_json *out, const struct topo_id *space,
                       const struct topo_id *workspace, const struct topo_space_state *state,
                       const char *state_word, const char *detail)
{
  topo_json_begin_object(out);
  topo_json_key(out, "space");
  topo_json_id(out, space);
  topo_json_key(out, "workspace");
  topo_json_id(out, workspace);
  put_text(out, "name", state->name);
  put_text(out, "user_name", state->user_name);
  put_text(out, "state", state_word);
  put_text(out, "detail", detail);
  topo_json_end_object(out);
}

void topo_space_item_write(struct topo_json *out, struct topo_space *space)
{
  struct topo_space_state state;
  topo_space_state(space, &state);
  bool ready = state.member && state.name[0];
  const char *detail = ready             ? ""
                       : state.member    ? "waiting for the name of the workspace"
                       : state.connected ? "being let in"
                                         : "nobody answered yet: someone must be online";
  write_item(out, topo_space_id(space), topo_space_workspace(space), &state,
             ready ? "ready" : "joining", detail);
}

_Static_assert((int)TOPO_CATALOG_NAME <= (int)TOPO_SPACE_NAME, "a registered name fits");

void topo_space_item_write_entry(struct topo_json *out, const struct topo_registry_entry *entry)
{
  struct topo_space_state state = {.member = false};
  if (entry->space) {
    topo_space_item_write(out, entry->space);
    return;
  }
  strcpy(state.user_name, entry->row.user_name);
  write_item(out, &entry->row.device, &entry->row.workspace, &state, "error",
             topo_status_text(entry->status));
}
