/* notification.c - from a row of the change log to the JSON of an event. */
#include "events/notification.h"

#include "base/assert.h"
#include "base/status.h"
#include "events/types.h"

int topo_notification_topic(const struct topo_view *view, const struct topo_change *change,
                            struct topo_notification_topic *out)
{
  /* A change of credentials has no type of event of its own; clients are told of it as a change of
   * the user. */
  const struct topo_type *type = change->type == TOPO_CHANGE_OF_CREDENTIALS
                                     ? &topo_type_user
                                     : topo_type_find(topo_types, change->type);
  *out = (struct topo_notification_topic){type ? type->resource : NULL, change->entity};
  int status = 0;
  topo_assert(!type || !type->resource || !type->resource_of);
  if (type && type->resource_of)
    status = type->resource_of(view, change->entity, &out->resource);
  return status < 0 ? status : out->resource != NULL;
}

static void begin(const struct topo_view *view, const struct topo_notification_about *about,
                  const struct topo_change_cursor *cursor, struct topo_json *out)
{
  char text[TOPO_CHANGE_CURSOR_SIZE];
  topo_change_cursor_format(text, cursor);
  topo_json_begin_object(out);
  topo_json_key(out, "type");
  topo_json_string(out, topo_notification_name(about));
  topo_json_key(out, "space");
  topo_json_id(out, &view->device);
  topo_json_key(out, "cursor");
  topo_json_string(out, text);
  topo_json_key(out, "data");
}

static int put_gone(const struct topo_view *view, const struct topo_resource *resource,
                    const struct topo_entity *entity, struct topo_json *out)
{
  int status = 0;
  topo_json_begin_object(out);
  topo_json_key(out, resource->key);
  topo_json_id(out, &entity->id);
  if (resource->gone)
    status = resource->gone(view, entity, out);
  topo_json_end_object(out);
  return status;
}

static int find_channel(const struct topo_view *view, const struct topo_resource *resource,
                        const struct topo_entity *entity, struct topo_notification_about *about)
{
  int status = TOPO_ENOTFOUND;
  if (resource->channel && !about->gone)
    status = resource->channel(view, entity, &about->channel);
  about->in_channel = status == 0;
  return status == TOPO_ENOTFOUND ? 0 : status;
}

int topo_notification_write(const struct topo_view *view,
                            const struct topo_notification_topic *topic,
                            const struct topo_change_cursor *cursor, struct topo_json *out,
                            struct topo_notification_about *about)
{
  const struct topo_resource *resource = topic->resource;
  struct topo_entity entity = {.no = topic->entity};
  topo_assert(out->buf.len == 0);
  topo_assert(resource->type > TOPO_NOTIFY_UNSET && resource->type < TOPO_NOTIFICATION_TYPES_END);
  *about = (struct topo_notification_about){.type = resource->type};
  int status = topo_view_id_of(view, entity.no, &entity.id);
  if (status < 0)
    return status;
  begin(view, about, cursor, out);
  status = resource->item(view, &entity, out);
  about->gone = status == TOPO_ENOTFOUND;
  if (about->gone) {
    topo_json_reset(out);
    begin(view, about, cursor, out);
    status = put_gone(view, resource, &entity, out);
  }
  if (status == 0)
    status = find_channel(view, resource, &entity, about);
  if (status < 0)
    return status;
  topo_json_end_object(out);
  topo_assert(!about->gone || !about->in_channel);
  return topo_json_status(out);
}

const char *topo_notification_name(const struct topo_notification_about *about)
{
  return about->gone ? topo_notification_gone_name(about->type)
                     : topo_notification_type_name(about->type);
}
