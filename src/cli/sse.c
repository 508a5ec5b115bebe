/* sse.c - bytes to lines, lines to fields, an empty line to an event. */
#include "cli/sse.h"

#include "base/status.h"

#include <string.h>

void topo_cli_sse_finish(struct topo_cli_sse *sse)
{
  topo_buf_wipe(&sse->line);
  topo_buf_wipe(&sse->data);
  *sse = (struct topo_cli_sse){0};
}

static int put(struct topo_buf *buf, const void *bytes, size_t len)
{
  if (len > TOPO_CLI_SSE_MAX - buf->len)
    return TOPO_ELIMIT;
  return len ? topo_buf_put(buf, bytes, len) : 0;
}

static int copy(char *out, size_t size, const char *value, size_t len)
{
  if (len >= size)
    return TOPO_ELIMIT;
  memcpy(out, value, len);
  out[len] = '\0';
  return 0;
}

static bool is_named(const char *name, size_t len, const char *wanted)
{
  return len == strlen(wanted) && memcmp(name, wanted, len) == 0;
}

static int take_field(struct topo_cli_sse *sse, const char *name, size_t name_len,
                      const char *value, size_t len)
{
  if (is_named(name, name_len, "event"))
    return copy(sse->type, sizeof sse->type, value, len);
  if (is_named(name, name_len, "id"))
    return memchr(value, 0, len) ? 0 : copy(sse->id, sizeof sse->id, value, len);
  if (!is_named(name, name_len, "data"))
    return 0;
  int status = put(&sse->data, value, len);
  return status < 0 ? status : put(&sse->data, "\n", 1);
}

/* An empty line: what has come is an event, if it has data. */
static int end_event(struct topo_cli_sse *sse,
                     int (*each)(void *arg, const struct topo_cli_sse_event *event), void *arg)
{
  int status = 0;
  if (sse->data.len) {
    sse->data.data[sse->data.len - 1] = '\0'; /* instead of the last line feed */
    struct topo_cli_sse_event event = {sse->type[0] ? sse->type : "message", sse->id,
                                       (const char *)sse->data.data, sse->data.len - 1};
    status = each(arg, &event);
  }
  topo_buf_clear(&sse->data);
  sse->type[0] = '\0';
  return status;
}

static int take_line(struct topo_cli_sse *sse,
                     int (*each)(void *arg, const struct topo_cli_sse_event *event), void *arg)
{
  static const char mark[] = "\xef\xbb\xbf";
  const char *line = sse->line.len ? (const char *)sse->line.data : "";
  size_t len = sse->line.len;
  if (!sse->started && len >= 3 && memcmp(line, mark, 3) == 0) {
    line += 3;
    len -= 3;
  }
  sse->started = true;
  if (len == 0)
    return end_event(sse, each, arg);
  const char *colon = memchr(line, ':', len), *end = line + len;
  if (!colon)
    return take_field(sse, line, len, end, 0);
  const char *value = colon + 1;
  if (value < end && *value == ' ')
    value++;
  return take_field(sse, line, (size_t)(colon - line), value, (size_t)(end - value));
}

static size_t length_of_rest(const char *text, size_t len)
{
  size_t n = 0;
  while (n < len && text[n] != '\n' && text[n] != '\r')
    n++;
  return n;
}

int topo_cli_sse_take(struct topo_cli_sse *sse, const void *bytes, size_t len,
                      int (*each)(void *arg, const struct topo_cli_sse_event *event), void *arg)
{
  const char *text = bytes, *end = text + len;
  while (text < end) {
    if (sse->after_cr && *text == '\n')
      text++;
    sse->after_cr = false;
    size_t n = length_of_rest(text, (size_t)(end - text));
    int status = put(&sse->line, text, n);
    text += n;
    if (status == 0 && text < end) {
      sse->after_cr = *text++ == '\r';
      status = take_line(sse, each, arg);
      topo_buf_clear(&sse->line);
    }
    if (status != 0)
      return status;
  }
  return 0;
}
