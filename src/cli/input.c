/* input.c - standard input, whole or one secret line. */
#include "cli/input.h"

#include "base/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Reads until the end, or the first line feed if only a line is wanted. */
static int read_until(struct topo_buf *out, size_t max, bool line)
{
  for (;;) {
    char chunk[4096];
    ssize_t n = read(STDIN_FILENO, chunk, line ? 1 : sizeof chunk);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return TOPO_EIO;
    if (n == 0 || (line && chunk[0] == '\n'))
      return 0;
    if ((size_t)n > max - out->len)
      return TOPO_ELIMIT;
    if (topo_buf_put(out, chunk, (size_t)n) < 0)
      return TOPO_ENOMEM;
    topo_wipe(chunk, (size_t)n);
  }
}

static int check_text(const struct topo_buf *out)
{
  if (out->len && memchr(out->data, 0, out->len))
    return TOPO_EINVAL;
  return topo_utf8_valid(out->data, out->len) ? 0 : TOPO_EINVAL;
}

int topo_cli_read_all(struct topo_buf *out, size_t max)
{
  int status = read_until(out, max, false);
  if (status == 0 && out->len && out->data[out->len - 1] == '\n')
    out->len--;
  return status < 0 ? status : check_text(out);
}

static bool is_blank(uint8_t c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

int topo_cli_read_secret(struct topo_buf *out, size_t max, const char *prompt)
{
  struct termios before, silent;
  bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    fputs(prompt, stderr);
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  int status = read_until(out, max, true);
  if (terminal) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
  }
  while (out->len && is_blank(out->data[out->len - 1]))
    out->len--;
  while (out->len && is_blank(out->data[0]))
    topo_buf_drop(out, 1);
  return status < 0 ? status : check_text(out);
}
