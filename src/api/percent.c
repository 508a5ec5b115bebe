/* percent.c - RFC 3986 percent-decoding. */
#include "api/percent.h"

#include "base/status.h"

static int hex_value(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int topo_percent_decode(char *out, size_t *out_len, const char *text, size_t len)
{
  size_t n = 0;
  *out_len = 0;
  for (size_t i = 0; i < len; i++) {
    char c = text[i];
    if (c == '%') {
      int high = len - i > 2 ? hex_value(text[i + 1]) : -1;
      int low = len - i > 2 ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return TOPO_EINVAL;
      c = (char)(high << 4 | low);
      i += 2;
    }
    out[n++] = c;
  }
  *out_len = n;
  return 0;
}
