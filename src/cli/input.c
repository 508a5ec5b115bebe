/* input.c - standard input, whole or as one secret. */
#include "cli/input.h"

#include "base/status.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void note_signal(int signal)
{
  interrupted = signal;
}

/* Reads until the end, or the first line feed if only a line is wanted. */
static int read_until(struct topo_buf *out, size_t max, bool line)
{
  for (;;) {
    char chunk[4096];
    ssize_t n = read(STDIN_FILENO, chunk, line ? 1 : sizeof chunk);
    if (n < 0 && errno == EINTR && !interrupted)
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
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Reads a line without echo. An interrupt must not leave the terminal mute: it is noted, and acts
 * once the echo is back. */
static int read_silently(struct topo_buf *out, size_t max, const char *prompt,
                         const struct termios *before)
{
  struct sigaction note = {.sa_handler = note_signal}, old;
  struct termios silent = *before;
  silent.c_lflag &= ~(tcflag_t)ECHO;
  sigemptyset(&note.sa_mask);
  sigaction(SIGINT, &note, &old);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  fputs(prompt, stderr); /* only now: what is typed or pasted from here on is not shown */
  int status = read_until(out, max, true);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, before);
  sigaction(SIGINT, &old, NULL);
  fputc('\n', stderr);
  if (interrupted)
    raise(SIGINT);
  return status;
}

int topo_cli_read_secret(struct topo_buf *out, size_t max, const char *prompt)
{
  struct termios before;
  int status;
  if (tcgetattr(STDIN_FILENO, &before) == 0)
    status = read_silently(out, max, prompt, &before);
  else
    status = read_until(out, max, false);
  while (out->len && is_blank(out->data[out->len - 1]))
    out->len--;
  while (out->len && is_blank(out->data[0]))
    topo_buf_drop(out, 1);
  return status < 0 ? status : check_text(out);
}
