/*
 * journal.c - a ring of lines under a mutex. Formatting and the copy happen outside of it, so a
 * blocked terminal stops only the thread that writes to it.
 */
#include "sys/journal.h"

#include "base/bytes.h"
#include "base/status.h"
#include "sys/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct topo_journal {
  struct topo_journal_options options;
  pthread_mutex_t mutex;
  uint64_t written;                                  /* the number of the newest line */
  struct topo_journal_line ring[TOPO_JOURNAL_LINES]; /* line n is at n % TOPO_JOURNAL_LINES */
};

int topo_journal_create(const struct topo_journal_options *options, struct topo_journal **out)
{
  struct topo_journal *log = calloc(1, sizeof *log);
  *out = log;
  if (!log)
    return TOPO_ENOMEM;
  log->options = *options;
  if (pthread_mutex_init(&log->mutex, NULL) == 0)
    return TOPO_OK;
  free(log);
  *out = NULL;
  return TOPO_ENOMEM;
}

void topo_journal_destroy(struct topo_journal *log)
{
  if (!log)
    return;
  pthread_mutex_destroy(&log->mutex);
  free(log);
}

const char *topo_journal_level_name(enum topo_journal_level level)
{
  switch (level) {
  case TOPO_JOURNAL_ERROR: return "error";
  case TOPO_JOURNAL_WARNING: return "warning";
  case TOPO_JOURNAL_INFO: return "info";
  case TOPO_JOURNAL_DEBUG: return "debug";
  }
  return "unknown";
}

/* The length of the printable character at `at`, or 0 when its first byte must be escaped: controls
 * (also those of U+0080 to U+009F, which terminals obey), the backslash, and broken UTF-8. */
static size_t printable(const uint8_t *at, size_t left)
{
  if (at[0] < 0x80)
    return at[0] >= 0x20 && at[0] != 0x7f && at[0] != '\\';
  size_t len = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
  if (len > left || !topo_utf8_valid(at, len) || (at[0] == 0xc2 && at[1] < 0xa0))
    return 0;
  return len;
}

/* Writes the escape of one byte and returns its length. */
static size_t escape(uint8_t byte, char out[static 5])
{
  const char *plain = byte == '\n' ? "\\n" : byte == '\t' ? "\\t" : byte == '\\' ? "\\\\" : NULL;
  return (size_t)(plain ? snprintf(out, 5, "%s", plain) : snprintf(out, 5, "\\x%02x", byte));
}

static void copy_escaped(char out[static TOPO_JOURNAL_TEXT], const char *raw, size_t len)
{
  static const char cut[] = "...";
  const uint8_t *at = (const uint8_t *)raw;
  size_t used = 0;
  while (len > 0) {
    char piece[5];
    size_t taken = printable(at, len), size = taken;
    if (taken)
      memcpy(piece, at, taken);
    else
      taken = 1, size = escape(*at, piece);
    /* Room for the cut mark is kept until the end is in sight. */
    if (used + size + sizeof cut > TOPO_JOURNAL_TEXT) {
      memcpy(out + used, cut, sizeof cut);
      return;
    }
    memcpy(out + used, piece, size);
    used += size;
    at += taken;
    len -= taken;
  }
  out[used] = 0;
}

static void copy_out(int fd, const struct topo_journal_line *line)
{
  char text[TOPO_JOURNAL_TEXT + 64];
  struct tm tm;
  time_t seconds = (time_t)(line->wall_ms / 1000);
  gmtime_r(&seconds, &tm);
  size_t used = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
  int n = snprintf(text + used, sizeof text - used, ".%03dZ %s %s\n", (int)(line->wall_ms % 1000),
                   topo_journal_level_name(line->level), line->text);
  size_t len = used + (size_t)n;
  ssize_t r;
  /* One write per line keeps the lines of several threads whole. */
  do
    r = write(fd, text, len);
  while (r < 0 && errno == EINTR);
}

static void write_line(struct topo_journal *log, enum topo_journal_level level, const char *format,
                       va_list args)
{
  char raw[TOPO_JOURNAL_TEXT + 1];
  struct topo_journal_line line = {.level = level};
  if (!log || level > log->options.most)
    return;
  int n = vsnprintf(raw, sizeof raw, format, args);
  if (n < 0)
    return;
  copy_escaped(line.text, raw, (size_t)n < sizeof raw ? (size_t)n : sizeof raw - 1);
  pthread_mutex_lock(&log->mutex);
  line.number = ++log->written;
  line.wall_ms = topo_clock_wall_ms();
  log->ring[line.number % TOPO_JOURNAL_LINES] = line;
  pthread_mutex_unlock(&log->mutex);
  if (log->options.copy_fd >= 0)
    copy_out(log->options.copy_fd, &line);
}

void topo_journal_write(struct topo_journal *log, enum topo_journal_level level, const char *format,
                        ...)
{
  va_list args;
  va_start(args, format);
  write_line(log, level, format, args);
  va_end(args);
}

bool topo_journal_next(struct topo_journal *log, uint64_t after, struct topo_journal_line *out)
{
  pthread_mutex_lock(&log->mutex);
  uint64_t oldest = log->written > TOPO_JOURNAL_LINES ? log->written - TOPO_JOURNAL_LINES + 1 : 1;
  uint64_t wanted = after + 1 > oldest ? after + 1 : oldest;
  bool found = after < log->written;
  if (found)
    *out = log->ring[wanted % TOPO_JOURNAL_LINES];
  pthread_mutex_unlock(&log->mutex);
  return found;
}
