/* feeds_log.c - frames from the change log: one bounded transaction at a time. */
#include "daemon/feeds_impl.h"

#include "base/status.h"
#include "store/db.h"
#include "views/frame.h"

#include <string.h>

/* The frames of one batch may be a little more than this: the last one is taken whole. */
enum { BATCH_BYTES = TOPO_FEEDS_BACKLOG_BYTES };

int topo_feeds_begin(struct topo_feeds *feeds, struct topo_change_cursor *head)
{
  struct topo_db_options o = {.path = feeds->path,
                              .disk = feeds->options.disk,
                              .read_only = true,
                              .application_id = feeds->options.application_id,
                              .cache_kib = TOPO_FEEDS_CACHE_KIB};
  int status = feeds->db ? 0 : topo_db_open(&feeds->db, &o);
  if (status == 0)
    status = topo_db_hold(feeds->db);
  if (status < 0)
    return status;
  status = topo_changes_head(feeds->db, head);
  if (status < 0)
    topo_db_release(feeds->db);
  return status;
}

void topo_feeds_end(struct topo_feeds *feeds)
{
  topo_db_release(feeds->db);
}

int topo_feeds_place(struct topo_feeds *feeds, const char *since,
                     const struct topo_change_cursor *head, int64_t *seq)
{
  struct topo_change_cursor cursor;
  *seq = head->seq;
  if (!*since)
    return 0;
  int status = topo_change_cursor_parse(&cursor, since, strlen(since));
  if (status == 0)
    status = topo_changes_resume(feeds->db, &cursor);
  if (status < 0)
    return status == TOPO_ENOTFOUND || status == TOPO_EINVAL ? 1 : status;
  *seq = cursor.seq;
  return 0;
}

/* What a batch is about: a topic that a later change of the batch has, too, is left to that. */
struct batch {
  size_t n;
  struct topo_frame_topic topics[TOPO_FEEDS_BATCH];
  bool told[TOPO_FEEDS_BATCH];
  struct topo_change changes[TOPO_FEEDS_BATCH];
};

static void leave_to_later(struct batch *b)
{
  for (size_t i = 0; i < b->n; i++)
    for (size_t k = i + 1; k < b->n && b->told[i]; k++)
      b->told[i] = !(b->told[k] && b->topics[i].type == b->topics[k].type &&
                     b->topics[i].subject == b->topics[k].subject);
}

static int find_topics(const struct topo_view *view, uint32_t types, struct batch *b)
{
  for (size_t i = 0; i < b->n; i++) {
    int status = topo_frame_topic(view, &b->changes[i], &b->topics[i]);
    if (status < 0)
      return status;
    b->told[i] = status == 1 && (!types || types >> b->topics[i].type & 1);
  }
  leave_to_later(b);
  return 0;
}

static int make_frame(struct topo_feeds *feeds, const struct topo_view *view,
                      const struct topo_frame_topic *topic, const struct topo_change_cursor *cursor,
                      struct topo_feed_frame **out)
{
  struct topo_frame frame;
  topo_json_reset(&feeds->json);
  int status = topo_frame_write(view, topic, cursor, &feeds->json, &frame);
  if (status < 0)
    return status;
  *out = topo_feed_frame_create(topo_json_text(&feeds->json));
  if (!*out)
    return TOPO_ENOMEM;
  (*out)->seq = cursor->seq;
  (*out)->type = frame.type;
  (*out)->name = topo_frame_type_name(&frame);
  (*out)->in_channel = frame.in_channel;
  (*out)->channel = frame.channel;
  topo_change_cursor_format((*out)->cursor, cursor);
  return 0;
}

int topo_feeds_read(struct topo_feeds *feeds, const struct topo_change_cursor *head, int64_t seq,
                    uint32_t types, struct topo_feed_list *out)
{
  struct topo_view view = {feeds->db, feeds->options.workspace, feeds->options.device};
  struct batch b = {.n = 0};
  size_t bytes = 0;
  *out = (struct topo_feed_list){.to = seq};
  int status = topo_changes_read(feeds->db, seq, b.changes, TOPO_FEEDS_BATCH);
  if (status <= 0)
    return status;
  if (b.changes[0].seq != seq + 1)
    return TOPO_ENOTFOUND; /* numbers have no gaps: what came next was trimmed */
  b.n = (size_t)status;
  status = find_topics(&view, types, &b);
  for (size_t i = 0; i < b.n && status == 0 && bytes < BATCH_BYTES; i++) {
    if (b.told[i]) {
      struct topo_change_cursor cursor = {head->run, b.changes[i].seq};
      status = make_frame(feeds, &view, &b.topics[i], &cursor, &out->frames[out->n]);
      if (status == 0)
        bytes += out->frames[out->n++]->len;
    }
    out->to = b.changes[i].seq;
  }
  if (status < 0)
    topo_feed_list_finish(out);
  return status;
}

void topo_feed_list_finish(struct topo_feed_list *list)
{
  for (size_t i = list->next; i < list->n; i++)
    topo_feed_frame_destroy(list->frames[i]);
  list->n = list->next = 0;
}
