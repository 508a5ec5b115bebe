/* run.c - children, their output, their end. */
#include "unit/cli/run.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARGS_MAX = 24, PATIENCE_S = 60 };

/* The whole of a small file that the child wrote. */
static void slurp(int fd, char *out, size_t size)
{
  ssize_t n = pread(fd, out, size - 1, 0);
  assert_true(n >= 0);
  out[n] = '\0';
  close(fd);
}

/* In the child: never returns. */
static void become(const char *program, const char *data, const char *const *args, const int fds[3])
{
  char *argv[ARGS_MAX] = {(char *)program, (char *)"--data", (char *)data};
  for (int count = 3; *args && count < ARGS_MAX - 1; args++)
    argv[count++] = (char *)*args;
  setenv("TZ", "UTC", 1);
  for (int i = 0; i < 3; i++)
    if (dup2(fds[i], i) != i)
      _exit(99);
  execv(program, argv);
  _exit(99);
}

struct run_result run_program(const char *program, const char *data, const char *input,
                              const char *const *args)
{
  struct run_result r;
  int wait_status;
  const int fds[3] = {memfd_create("in", MFD_CLOEXEC), memfd_create("out", MFD_CLOEXEC),
                      memfd_create("err", MFD_CLOEXEC)};
  assert_true(fds[0] >= 0 && fds[1] >= 0 && fds[2] >= 0);
  assert_int_equal(pwrite(fds[0], input, strlen(input), 0), strlen(input));
  pid_t child = fork();
  if (child == 0)
    become(program, data, args, fds);
  assert_true(child > 0);
  assert_int_equal(waitpid(child, &wait_status, 0), child);
  assert_true(WIFEXITED(wait_status));
  r.code = WEXITSTATUS(wait_status);
  close(fds[0]);
  slurp(fds[1], r.out, sizeof r.out);
  slurp(fds[2], r.err, sizeof r.err);
  return r;
}

const char *run_topo_path(void)
{
  static char path[512];
  const char *build = getenv("TOPO_BUILDDIR");
  snprintf(path, sizeof path, "%s/topo", build ? build : ".");
  return path;
}

void run_expect(const char *data, int code, const char *out, const char *err, const char *input,
                const char *const *args)
{
  struct run_result r = run_program(run_topo_path(), data, input, args);
  if (r.code != code || !strstr(r.out, out) || !strstr(r.err, err))
    fail_msg("topo %s: exit %d\nout: %s\nerr: %s\nwanted %d, %s, %s", args[0], r.code, r.out, r.err,
             code, out, err);
  assert_null(strchr(r.out, '\x1b'));
  assert_null(strchr(r.err, '\x1b'));
}

void run_start(struct run_child *child, const char *data, const char *const *args)
{
  int out[2], err[2];
  *child = (struct run_child){0};
  assert_int_equal(pipe2(out, O_CLOEXEC), 0);
  assert_int_equal(pipe2(err, O_CLOEXEC), 0);
  child->pid = fork();
  if (child->pid == 0) {
    const int fds[3] = {out[1], out[1], err[1]};
    close(out[0]);
    close(err[0]);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
    become(run_topo_path(), data, args, fds);
  }
  assert_true(child->pid > 0);
  close(out[1]);
  close(err[1]);
  child->out_fd = out[0];
  child->err_fd = err[0];
}

static bool take(int *fd, char *text, size_t size)
{
  size_t len = strlen(text);
  assert_true(len + 1 < size);
  ssize_t n = read(*fd, text + len, size - len - 1);
  if (n > 0) {
    text[len + (size_t)n] = '\0';
    return true;
  }
  close(*fd);
  *fd = -1;
  return false;
}

/* Reads once from whatever has something. False: both have ended. */
static bool take_some(struct run_child *child, time_t until)
{
  struct pollfd wait[2] = {{child->out_fd, POLLIN, 0}, {child->err_fd, POLLIN, 0}};
  if (child->out_fd < 0 && child->err_fd < 0)
    return false;
  int ready = poll(wait, 2, 1000);
  if (ready == 0 && time(NULL) > until)
    fail_msg("too slow\nout: %s\nerr: %s", child->out, child->err);
  if (ready > 0 && wait[0].revents)
    take(&child->out_fd, child->out, sizeof child->out);
  if (ready > 0 && wait[1].revents)
    take(&child->err_fd, child->err, sizeof child->err);
  return true;
}

static void await(struct run_child *child, const char *where, const char *text)
{
  time_t until = time(NULL) + PATIENCE_S;
  while (!strstr(where, text))
    if (!take_some(child, until))
      fail_msg("it ended before it said %s\nout: %s\nerr: %s", text, child->out, child->err);
}

void run_await_out(struct run_child *child, const char *text)
{
  await(child, child->out, text);
}

void run_await_err(struct run_child *child, const char *text)
{
  await(child, child->err, text);
}

int run_end(struct run_child *child)
{
  int wait_status;
  time_t until = time(NULL) + PATIENCE_S;
  while (take_some(child, until))
    ;
  assert_int_equal(waitpid(child->pid, &wait_status, 0), child->pid);
  if (!WIFEXITED(wait_status))
    fail_msg("signal %d\nout: %s\nerr: %s", WTERMSIG(wait_status), child->out, child->err);
  return WEXITSTATUS(wait_status);
}

unsigned run_count(const char *text, const char *part)
{
  unsigned count = 0;
  while ((text = strstr(text, part))) {
    text += strlen(part);
    count++;
  }
  return count;
}
