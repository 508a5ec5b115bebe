/*
 * resource.h - a resource: a kind of thing that clients read and are told of, such as messages.
 *
 * A type of event says which resource its events change (dag/type.h), and the resource says here
 * how one of its kind is written. So there is one writer for what a read lists, for what a
 * notification tells and for what a write answers with, and nothing else knows the kinds by name.
 */
#ifndef TOPO_VIEWS_RESOURCE_H
#define TOPO_VIEWS_RESOURCE_H

#include "api/subscription.h"
#include "views/view.h"

/* An event, or what a set of them is about, by its row of the log and by its id. */
struct topo_entity {
  int64_t no;
  struct topo_id id;
};

struct topo_resource {
  enum topo_notification_type type; /* as what it is told; never TOPO_NOTIFY_UNSET */
  const char *key;                  /* the member of its item that holds its id */
  /* Writes it as it is now, an object. 0; TOPO_ENOTFOUND when it is not shown: clients are then
   * told that it is gone, and what was written is dropped; or a storage status. */
  int (*item)(const struct topo_view *view, const struct topo_entity *entity,
              struct topo_json *out);
  /* What is told of one that is gone besides { key: id }: writes further members. 0 or a storage
   * status. NULL: nothing. */
  int (*gone)(const struct topo_view *view, const struct topo_entity *entity,
              struct topo_json *out);
  /* The channel that it is in, by which a subscription may be narrowed. 0, TOPO_ENOTFOUND (it is in
   * none), or a storage status. NULL: a resource that is in no channel. */
  int (*channel)(const struct topo_view *view, const struct topo_entity *entity,
                 struct topo_id *out);
};

#endif
