/* broker_log.c - notifications from the change log: one bounded transaction at a time. */
#include "daemon/broker_impl.h"

#include "base/status.h"
#include "events/notification.h"
#include "store/db.h"

#include <string.h>

int topo_broker_begin(struct topo_broker *broker, struct topo_change_cursor *head)
{
  const struct topo_space_file *file = broker->options.file;
  int status = broker->db ? 0 : topo_space_file_open(file, TOPO_BROKER_CACHE_KIB, &broker->db);
  if (status == 0)
    status = topo_db_hold(broker->db);
  if (status < 0)
    return status;
  status = topo_changes_head(broker->db, head);
  if (status < 0)
    topo_db_release(broker->db);
  return status;
}

int topo_broker_resume(struct topo_broker *broker, const char *since,
                       const struct topo_change_cursor *head, int64_t *seq)
{
  struct topo_change_cursor cursor;
  *seq = head->seq;
  if (!*since)
    return 0;
  int status = topo_change_cursor_parse(&cursor, since, strlen(since));
  if (status == 0)
    status = topo_changes_resume(broker->db, &cursor);
  if (status < 0)
    return status == TOPO_ENOTFOUND || status == TOPO_EINVAL ? 1 : status;
  *seq = cursor.seq;
  return 0;
}

/* Some changes in a row, and what they are about: a topic that a later one of them has, too, is
 * left to that one. */
struct chunk {
  size_t n;
  struct topo_notification_topic topics[TOPO_BROKER_CHUNK_MAX];
  bool told[TOPO_BROKER_CHUNK_MAX];
  struct topo_change changes[TOPO_BROKER_CHUNK_MAX];
};

static void leave_to_later(struct chunk *b)
{
  for (size_t i = 0; i < b->n; i++)
    for (size_t k = i + 1; k < b->n && b->told[i]; k++)
      b->told[i] = !(b->told[k] && b->topics[i].resource == b->topics[k].resource &&
                     b->topics[i].entity == b->topics[k].entity);
}

static int find_topics(const struct topo_view *view, uint32_t types, struct chunk *b)
{
  for (size_t i = 0; i < b->n; i++) {
    int status = topo_notification_topic(view, &b->changes[i], &b->topics[i]);
    if (status < 0)
      return status;
    b->told[i] = status == 1 && (!types || types >> b->topics[i].resource->type & 1);
  }
  leave_to_later(b);
  return 0;
}

static int make_notification(struct topo_broker *broker, const struct topo_view *view,
                             const struct topo_notification_topic *topic,
                             const struct topo_change_cursor *cursor,
                             struct topo_notification **out)
{
  struct topo_notification_about notification;
  topo_json_reset(&broker->json);
  int status = topo_notification_write(view, topic, cursor, &broker->json, &notification);
  if (status < 0)
    return status;
  *out = topo_notification_create(topo_json_text(&broker->json));
  if (!*out)
    return TOPO_ENOMEM;
  (*out)->seq = cursor->seq;
  (*out)->type = notification.type;
  (*out)->name = topo_notification_name(&notification);
  (*out)->in_channel = notification.in_channel;
  (*out)->channel = notification.channel;
  topo_change_cursor_format((*out)->cursor, cursor);
  return 0;
}

int topo_broker_read(struct topo_broker *broker, const struct topo_change_cursor *head, int64_t seq,
                     uint32_t types, struct topo_notification_list *out)
{
  struct topo_view view = topo_space_file_view(broker->options.file, broker->db);
  struct chunk b = {.n = 0};
  size_t bytes = 0;
  *out = (struct topo_notification_list){.to = seq};
  int status = topo_changes_read(broker->db, seq, b.changes, TOPO_BROKER_CHUNK_MAX);
  if (status <= 0)
    return status;
  if (b.changes[0].seq != seq + 1)
    return TOPO_ENOTFOUND; /* numbers have no gaps: what came next was trimmed */
  b.n = (size_t)status;
  status = find_topics(&view, types, &b);
  for (size_t i = 0; i < b.n && status == 0 && bytes < TOPO_BROKER_BACKLOG_BYTES_MAX; i++) {
    if (b.told[i]) {
      struct topo_change_cursor cursor = {head->incarnation, b.changes[i].seq};
      status = make_notification(broker, &view, &b.topics[i], &cursor, &out->notifications[out->n]);
      if (status == 0)
        bytes += out->notifications[out->n++]->len;
    }
    out->to = b.changes[i].seq;
  }
  if (status < 0)
    topo_notification_list_finish(out);
  return status;
}

void topo_notification_list_finish(struct topo_notification_list *list)
{
  for (size_t i = list->next; i < list->n; i++)
    topo_notification_destroy(list->notifications[i]);
  list->n = list->next = 0;
}
