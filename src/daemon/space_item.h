/*
 * space_item.h - a space as clients see it: the schema Space of openapi/openapi.yaml.
 */
#ifndef TOPO_DAEMON_SPACE_ITEM_H
#define TOPO_DAEMON_SPACE_ITEM_H

#include "api/json.h"
#include "daemon/registry.h"

/* Writes an open space. */
void topo_space_item_write(struct topo_json *out, struct topo_space *space);
/* Writes an entry of the registry, also one that could not be opened. */
void topo_space_item_write_entry(struct topo_json *out, const struct topo_registry_entry *entry);

#endif
