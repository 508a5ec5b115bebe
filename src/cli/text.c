/* text.c - sanitising and formatting: pure functions, tested without a terminal. */
#include "cli/text.h"

#include "base/status.h"
#include "cli/cli.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

enum { REPLACEMENT = 0xfffd };

/* The first character of valid or invalid UTF-8: its length in bytes; 1 and REPLACEMENT for a byte
 * that starts none. */
static size_t first_character(const char *text, size_t len, uint32_t *c)
{
  const uint8_t *p = (const uint8_t *)text;
  size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
  if (n > len || !topo_utf8_valid(p, n)) {
    *c = REPLACEMENT;
    return 1;
  }
  *c = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
  for (size_t i = 1; i < n; i++)
    *c = *c << 6 | (p[i] & 0x3f);
  return n;
}

static bool is_obeyed(uint32_t c)
{
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static int put_escape(struct topo_buf *out, uint32_t c)
{
  char text[8];
  int n = snprintf(text, sizeof text, "\\u%04x", c & 0xffff);
  return topo_buf_put(out, text, (size_t)n);
}

int topo_cli_clean(struct topo_buf *out, const char *text, size_t len, enum topo_cli_clean how)
{
  for (size_t i = 0; i < len;) {
    uint32_t c;
    size_t n = first_character(text + i, len - i, &c);
    bool blank = (c == '\n' || c == '\t' || c == '\r') && how != TOPO_CLI_LINE;
    if (c == '\r' && how == TOPO_CLI_BLOCK)
      blank = false; /* it would overwrite the beginning of the line */
    if (c == REPLACEMENT)
      topo_buf_put(out, "\xef\xbf\xbd", 3);
    else if (is_obeyed(c) && !blank)
      put_escape(out, c);
    else
      topo_buf_put(out, text + i, n);
    if (c == '\n' && how == TOPO_CLI_BLOCK)
      topo_buf_put(out, "  ", 2);
    i += n;
  }
  return out->failed ? TOPO_ENOMEM : 0;
}

void topo_cli_print(FILE *stream, const char *text, enum topo_cli_clean how)
{
  struct topo_buf out = {0};
  if (topo_cli_clean(&out, text, strlen(text), how) == 0 && out.len)
    fwrite(out.data, 1, out.len, stream);
  topo_buf_wipe(&out);
}

void topo_cli_format_time(char out[static TOPO_CLI_TIME_SIZE], int64_t at_ms, int64_t now_ms)
{
  struct tm at, now;
  time_t at_s = (time_t)(at_ms / 1000), now_s = (time_t)(now_ms / 1000);
  if (!localtime_r(&at_s, &at) || !localtime_r(&now_s, &now)) {
    snprintf(out, TOPO_CLI_TIME_SIZE, "?");
    return;
  }
  bool today = at.tm_year == now.tm_year && at.tm_yday == now.tm_yday;
  if (strftime(out, TOPO_CLI_TIME_SIZE, today ? "%H:%M" : "%Y-%m-%d %H:%M", &at) == 0)
    snprintf(out, TOPO_CLI_TIME_SIZE, "?");
}

bool topo_cli_is_id_prefix(const char *text)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  size_t len = strlen(text);
  return len >= 4 && len <= 43 && strspn(text, alphabet) == len;
}

int topo_cli_error(int code, const char *format, ...)
{
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  fputs("topo: ", stderr);
  topo_cli_print(stderr, text, TOPO_CLI_LINE);
  fputc('\n', stderr);
  return code;
}
