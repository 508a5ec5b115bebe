/* messages.c - listMessages, getMessage, and one message as an item. */
#include "events/message/message_read.h"

#include "api/operations.gen.h"
#include "base/assert.h"
#include "base/status.h"
#include "events/message/page_query.h"

#include <stdio.h>

enum { LIMIT_DEFAULT = 50 };

static void put_group(struct topo_json *out, const struct topo_page_group *group)
{
  topo_json_begin_object(out);
  topo_json_key(out, "emoji");
  topo_json_string_n(out, group->emoji, group->emoji_len);
  topo_json_key(out, "count");
  topo_json_u64(out, group->count);
  topo_json_key(out, "mine");
  topo_json_bool(out, group->mine);
  topo_json_key(out, "users");
  topo_json_begin_array(out);
  for (size_t i = 0; i < group->n_users; i++)
    topo_json_id(out, &group->users[i]);
  topo_json_end_array(out);
  topo_json_end_object(out);
}

static void put_cursor(struct topo_json *out, const char *key, const struct topo_cursor *cursor)
{
  topo_json_key(out, key);
  if (!cursor) {
    topo_json_null(out);
    return;
  }
  char text[TOPO_CURSOR_TEXT_SIZE];
  topo_cursor_format(text, cursor);
  topo_json_string(out, text);
}

static void put_item(struct topo_json *out, const struct topo_page *page,
                     const struct topo_page_item *item)
{
  struct topo_bytes text = topo_page_text(page, item->text);
  topo_json_begin_object(out);
  topo_json_key(out, "message");
  topo_json_id(out, &item->at.id);
  topo_json_key(out, "channel");
  topo_json_id(out, &page->channel);
  topo_view_put_author(out, &item->user, topo_page_text(page, item->name));
  topo_json_key(out, "text");
  topo_json_string_n(out, text.data, text.len);
  topo_json_key(out, "sent_at_ms");
  topo_json_u64(out, item->at.place >> 16);
  put_cursor(out, "place", &item->at);
  topo_json_key(out, "reactions");
  topo_json_begin_array(out);
  for (size_t i = 0; i < item->n_groups; i++)
    put_group(out, topo_page_group(page, item->first_group + i));
  topo_json_end_array(out);
  if (item->key.len) {
    struct topo_bytes key = topo_page_text(page, item->key);
    topo_json_key(out, "idempotency_key");
    topo_json_string_n(out, key.data, key.len);
  }
  topo_json_end_object(out);
}

static int item(const struct topo_view *view, const struct topo_entity *message,
                struct topo_json *out)
{
  struct topo_page *page = topo_page_create();
  if (!page)
    return TOPO_ENOMEM;
  int status = topo_page_query_one(page, view, &message->id);
  if (status == 0) {
    topo_assert(page->n == 1);
    put_item(out, page, &page->items[0]);
  }
  topo_page_destroy(page);
  return status;
}

static int channel(const struct topo_view *view, const struct topo_entity *message,
                   struct topo_id *out)
{
  struct topo_stmt *s =
      topo_stmt(view->db, "SELECT c.id FROM message m CROSS JOIN event c ON c.no=m.channel"
                          " WHERE m.no=?1");
  topo_bind_i64(s, 1, message->no);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  *out = topo_column_id(s, 0);
  topo_reset(s);
  return 0;
}

const struct topo_resource topo_resource_message = {
    .type = TOPO_NOTIFY_MESSAGE, .key = "message", .item = item, .channel = channel};

/* An empty page has no places of its own. Asked for what is newer, it gives back the place it was
 * asked with: there the client asks again. */
static void put_page(struct topo_json *out, const struct topo_page *page,
                     const struct topo_page_query *query)
{
  topo_json_begin_object(out);
  topo_json_key(out, "items");
  topo_json_begin_array(out);
  for (size_t i = 0; i < page->n; i++)
    put_item(out, page, &page->items[i]);
  topo_json_end_array(out);
  put_cursor(out, "before", page->n ? &page->items[0].at : NULL);
  put_cursor(out, "after", page->n ? &page->items[page->n - 1].at : query->after);
  topo_json_end_object(out);
}

/* *out is `cursor`, filled from the parameter, or NULL when it is absent. */
static int get_cursor(struct topo_op_call *call, const char *name, struct topo_cursor *cursor,
                      const struct topo_cursor **out)
{
  const struct topo_op_value *value = topo_op_get(call, name);
  *out = NULL;
  if (!value->present)
    return 0;
  if (topo_cursor_parse(cursor, value->text, value->text_len) < 0) {
    snprintf(call->pointer, sizeof call->pointer, "%s", name);
    return topo_op_fail(call, TOPO_EINVAL, "%s must be a cursor that a page came with.", name);
  }
  *out = cursor;
  return 0;
}

static int answer(struct topo_op_call *call, const struct topo_view *view,
                  const struct topo_page_query *query)
{
  struct topo_page *page = topo_page_create();
  if (!page)
    return TOPO_ENOMEM;
  int status = topo_page_query(page, view, &topo_op_get(call, "channel")->id, query);
  if (status == 0)
    put_page(&call->out, page, query);
  topo_page_destroy(page);
  if (status != TOPO_ENOTFOUND)
    return topo_view_end(call, status);
  snprintf(call->pointer, sizeof call->pointer, "channel");
  return topo_op_fail(call, status, "There is no channel with this id here.");
}

int topo_op_listMessages(struct topo_op_call *call, void *ctx)
{
  struct topo_cursor before, after;
  struct topo_page_query query = {.limit = LIMIT_DEFAULT};
  int status = get_cursor(call, "before", &before, &query.before);
  if (status == 0)
    status = get_cursor(call, "after", &after, &query.after);
  if (status < 0)
    return status;
  if (query.before && query.after) {
    snprintf(call->pointer, sizeof call->pointer, "after");
    return topo_op_fail(call, TOPO_EINVAL, "Give before or after, not both.");
  }
  if (topo_op_get(call, "limit")->present)
    query.limit = (size_t)topo_op_get(call, "limit")->number;
  return answer(call, ctx, &query);
}

int topo_op_getMessage(struct topo_op_call *call, void *ctx)
{
  struct topo_entity message = {.id = topo_op_get(call, "message")->id};
  int status = item(ctx, &message, &call->out);
  if (status != TOPO_ENOTFOUND)
    return topo_view_end(call, status);
  snprintf(call->pointer, sizeof call->pointer, "message");
  return topo_op_fail(call, status, "There is no message with this id here.");
}
