/*
 * json_check.c - a scanner for JSON with an explicit stack.
 *
 * Every scan_ function takes what it names from the front of the text, or fails with a sentence.
 * Names of open objects are kept as offsets into the text; two names are compared code unit by
 * code unit, escapes resolved on the way, so nothing is copied.
 */
#include "api/json_check.h"

#include "api/json.h"
#include "base/bytes.h"
#include "base/status.h"

#include <string.h>

struct level {
  bool object;
  unsigned members;
  size_t names[TOPO_JSON_MEMBERS_MAX]; /* offsets of the opening quotes */
};

struct scanner {
  const char *text;
  size_t len, at;
  unsigned depth;
  const char *why;
  struct level levels[TOPO_JSON_DEPTH_MAX];
};

static int fail(struct scanner *s, const char *why)
{
  s->why = why;
  return TOPO_EMALFORMED;
}

static int exceed(struct scanner *s, const char *why)
{
  s->why = why;
  return TOPO_ELIMIT;
}

/* The next character, or NUL at the end; a NUL in the text is never part of a token. */
static char peek(const struct scanner *s)
{
  return s->at < s->len ? s->text[s->at] : '\0';
}

static bool take(struct scanner *s, char c)
{
  if (s->at >= s->len || s->text[s->at] != c)
    return false;
  s->at++;
  return true;
}

static void skip_space(struct scanner *s)
{
  while (take(s, ' ') || take(s, '\n') || take(s, '\r') || take(s, '\t'))
    ;
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hex digits; -1 when there are not four. */
static int32_t scan_hex4(struct scanner *s)
{
  int32_t unit = 0;
  for (int i = 0; i < 4; i++) {
    int digit = hex_digit(peek(s));
    if (digit < 0)
      return -1;
    unit = unit << 4 | digit;
    s->at++;
  }
  return unit;
}

static bool is_high_surrogate(int32_t unit)
{
  return unit >= 0xd800 && unit <= 0xdbff;
}
static bool is_low_surrogate(int32_t unit)
{
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/* What follows "\u". */
static int scan_unicode_escape(struct scanner *s)
{
  int32_t unit = scan_hex4(s);
  if (unit < 0)
    return fail(s, "An escape needs four hexadecimal digits");
  if (unit == 0)
    return fail(s, "NUL cannot be part of a text");
  if (is_low_surrogate(unit))
    return fail(s, "An escaped surrogate stands alone");
  if (!is_high_surrogate(unit))
    return 0;
  if (!take(s, '\\') || !take(s, 'u') || !is_low_surrogate(scan_hex4(s)))
    return fail(s, "An escaped surrogate stands alone");
  return 0;
}

static int scan_escape(struct scanner *s)
{
  if (take(s, 'u'))
    return scan_unicode_escape(s);
  char c = peek(s);
  if (!c || !strchr("\"\\/bfnrt", c))
    return fail(s, "There is no such escape");
  s->at++;
  return 0;
}

static int scan_string(struct scanner *s)
{
  if (!take(s, '"'))
    return fail(s, "A string is expected here");
  while (!take(s, '"')) {
    if (s->at >= s->len)
      return fail(s, "The string does not end");
    if ((uint8_t)s->text[s->at] < 0x20)
      return fail(s, "A control character must be escaped");
    if (s->text[s->at++] != '\\')
      continue;
    int status = scan_escape(s);
    if (status < 0)
      return status;
  }
  return 0;
}

static size_t scan_digits(struct scanner *s)
{
  size_t start = s->at;
  while (peek(s) >= '0' && peek(s) <= '9')
    s->at++;
  return s->at - start;
}

static int scan_number(struct scanner *s)
{
  size_t start = s->at;
  take(s, '-');
  bool zero = peek(s) == '0';
  size_t digits = scan_digits(s);
  if (!digits || (zero && digits > 1))
    return fail(s, "A value is expected here");
  if (take(s, '.') && !scan_digits(s))
    return fail(s, "A fraction needs digits");
  if (take(s, 'e') || take(s, 'E')) {
    if (!take(s, '+'))
      take(s, '-');
    digits = scan_digits(s);
    if (!digits)
      return fail(s, "An exponent needs digits");
    /* Two digits keep every number of 32 characters far from infinity. */
    if (digits > 2)
      return exceed(s, "The number's exponent is out of range");
  }
  if (s->at - start > TOPO_JSON_NUMBER_MAX)
    return exceed(s, "The number has too many digits");
  return 0;
}

static int scan_word(struct scanner *s, const char *word)
{
  size_t n = strlen(word);
  if (s->len - s->at < n || memcmp(s->text + s->at, word, n) != 0)
    return fail(s, "A value is expected here");
  s->at += n;
  return 0;
}

/* Walks a name that scan_string accepted and yields the UTF-8 bytes that it means. */
struct name_walk {
  const char *at; /* the next character of the text */
  uint8_t bytes[4];
  unsigned next, count; /* what is left of an escape that means several bytes */
};

static uint32_t hex4(const char *p)
{
  uint32_t unit = 0;
  for (int i = 0; i < 4; i++)
    unit = unit << 4 | (uint32_t)hex_digit(p[i]);
  return unit;
}

static unsigned encode_utf8(uint8_t out[static 4], uint32_t c)
{
  static const uint8_t lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};
  if (c < 0x80) {
    out[0] = (uint8_t)c;
    return 1;
  }
  unsigned n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (unsigned i = n; i-- > 1; c >>= 6)
    out[i] = (uint8_t)(0x80 | (c & 0x3f));
  out[0] = (uint8_t)(lead[n] | c);
  return n;
}

static uint32_t walk_escape(struct name_walk *w)
{
  static const char escapes[] = "bfnrt", controls[] = "\b\f\n\r\t";
  char c = *w->at++;
  if (c != 'u') {
    const char *named = strchr(escapes, c);
    return (uint8_t)(named ? controls[named - escapes] : c);
  }
  uint32_t unit = hex4(w->at);
  w->at += 4;
  if (unit < 0xd800 || unit > 0xdbff)
    return unit;
  uint32_t low = hex4(w->at + 2);
  w->at += 6;
  return 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00));
}

/* The next byte, or -1 at the closing quote. */
static int walk_next(struct name_walk *w)
{
  if (w->next < w->count)
    return w->bytes[w->next++];
  if (*w->at == '"')
    return -1;
  char c = *w->at++;
  if (c != '\\')
    return (uint8_t)c;
  w->count = encode_utf8(w->bytes, walk_escape(w));
  w->next = 1;
  return w->bytes[0];
}

static bool same_name(const char *a, const char *b)
{
  struct name_walk x = {.at = a}, y = {.at = b};
  int c;
  do {
    c = walk_next(&x);
    if (c != walk_next(&y))
      return false;
  } while (c >= 0);
  return true;
}

/* A member's name and colon. */
static int scan_name(struct scanner *s)
{
  struct level *level = &s->levels[s->depth - 1];
  size_t quote = s->at;
  int status = scan_string(s);
  if (status < 0)
    return status;
  for (unsigned i = 0; i < level->members; i++)
    if (same_name(s->text + level->names[i] + 1, s->text + quote + 1))
      return fail(s, "Two members of one object have the same name");
  if (level->members == TOPO_JSON_MEMBERS_MAX)
    return exceed(s, "An object has too many members");
  level->names[level->members++] = quote;
  skip_space(s);
  if (!take(s, ':'))
    return fail(s, "A colon is expected here");
  skip_space(s);
  return 0;
}

/* A bracket opens: *empty tells that it closed at once. */
static int open_level(struct scanner *s, bool object, bool *empty)
{
  if (s->depth == TOPO_JSON_DEPTH_MAX)
    return exceed(s, "The value nests too deeply");
  struct level *level = &s->levels[s->depth++];
  level->object = object;
  level->members = 0;
  skip_space(s);
  *empty = take(s, object ? '}' : ']');
  if (*empty)
    s->depth--;
  else if (object)
    return scan_name(s);
  return 0;
}

/* What starts a value: a whole scalar or an opening bracket. *complete tells that the value is
 * over. */
static int scan_value(struct scanner *s, bool *complete)
{
  *complete = true;
  switch (peek(s)) {
  case '{': s->at++; return open_level(s, true, complete);
  case '[': s->at++; return open_level(s, false, complete);
  case '"': return scan_string(s);
  case 't': return scan_word(s, "true");
  case 'f': return scan_word(s, "false");
  case 'n': return scan_word(s, "null");
  default: return scan_number(s);
  }
}

/* After a complete value inside a container: closes containers until a comma asks for another
 * value. Leaves depth 0 when the outermost closed. */
static int after_value(struct scanner *s)
{
  while (s->depth) {
    const struct level *level = &s->levels[s->depth - 1];
    skip_space(s);
    if (take(s, ',')) {
      skip_space(s);
      return level->object ? scan_name(s) : 0;
    }
    if (!take(s, level->object ? '}' : ']'))
      return fail(s, "A comma or a closing bracket is expected here");
    s->depth--;
  }
  return 0;
}

static int scan_text(struct scanner *s)
{
  int status;
  do {
    bool complete;
    skip_space(s);
    status = scan_value(s, &complete);
    if (status == 0 && complete)
      status = after_value(s);
  } while (status == 0 && s->depth);
  skip_space(s);
  if (status == 0 && s->at < s->len)
    status = fail(s, "Something follows the value");
  return status;
}

int topo_json_check(const char *text, size_t len, const char **why, size_t *at)
{
  *why = "";
  *at = 0;
  struct scanner s = {.text = text, .len = len};
  int status;
  if (!topo_utf8_valid((const uint8_t *)text, len))
    status = fail(&s, "The text is not valid UTF-8");
  else
    status = scan_text(&s);
  *why = s.why ? s.why : "";
  *at = s.at;
  return status;
}
