/*
 * cmd_daemon.c - start, stop, status, logs.
 *
 * start runs topod detached and waits on a pipe: topod writes "ready\n", or one line that says what
 * is wrong, and closes it. The end of the pipe without a line means that it died.
 */
#include "cli/client.h"
#include "cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READY_TIMEOUT_MS = 60 * 1000, LINE_MAX_BYTES = 512 };

/* topod next to this program, or else by its name, for PATH. */
static void find_topod(char *out, size_t size)
{
  ssize_t n = readlink("/proc/self/exe", out, size - sizeof "/topod");
  if (n > 0) {
    out[n] = '\0';
    char *slash = strrchr(out, '/');
    if (slash) {
      memcpy(slash, "/topod", sizeof "/topod");
      if (access(out, X_OK) == 0)
        return;
    }
  }
  snprintf(out, size, "topod");
}

static void add_option(const char **argv, size_t *n, const char *name, const char *value)
{
  if (!value)
    return;
  argv[(*n)++] = name;
  argv[(*n)++] = value;
}

/* In the grandchild: never returns. Descriptors of this program are close-on-exec but the pipe. */
static _Noreturn void become_topod(const char *topod, const struct topo_cli *cli, int ready_fd)
{
  char fd_text[16];
  int null = open("/dev/null", O_RDWR);
  if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
    _exit(126);
  if (null > 2)
    close(null);
  snprintf(fd_text, sizeof fd_text, "%d", ready_fd);
  const char *argv[2 + 2 * 6] = {topod};
  size_t n = 1;
  add_option(argv, &n, "--data", cli->args.data);
  add_option(argv, &n, "--ready-fd", fd_text);
  add_option(argv, &n, "--listen", topo_cli_option(cli, "--listen"));
  add_option(argv, &n, "--bind", topo_cli_option(cli, "--bind"));
  add_option(argv, &n, "--advertise", topo_cli_option(cli, "--advertise"));
  add_option(argv, &n, "--discover", topo_cli_option(cli, "--discover"));
  execvp(topod, (char *const *)argv);
  static const char sorry[] = "topod is neither next to topo nor in PATH\n";
  ssize_t said = write(ready_fd, sorry, sizeof sorry - 1);
  _exit(said < 0 ? 126 : 127);
}

/* Forks twice: the daemon then belongs to no terminal's session, and no process has to wait for its
 * end. */
static int spawn(const char *topod, const struct topo_cli *cli, int *ready_fd)
{
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0)
    return -1;
  pid_t child = fork();
  if (child == 0) {
    if (setsid() < 0 || fcntl(fds[1], F_SETFD, 0) < 0)
      _exit(126);
    if (fork() == 0)
      become_topod(topod, cli, fds[1]);
    _exit(0);
  }
  close(fds[1]);
  *ready_fd = fds[0];
  if (child < 0) {
    close(fds[0]);
    return -1;
  }
  while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
    ;
  return 0;
}

static int64_t monotonic_ms(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The first line of the pipe, without its line feed; empty when the end came first. False when the
 * time is over. */
static bool read_line(int fd, char line[static LINE_MAX_BYTES])
{
  int64_t until = monotonic_ms() + READY_TIMEOUT_MS;
  size_t len = 0;
  for (;;) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    int64_t left = until - monotonic_ms();
    line[len] = '\0';
    if (left <= 0)
      return false;
    if (poll(&wait, 1, (int)left) <= 0)
      continue;
    char c;
    if (read(fd, &c, 1) != 1 || c == '\n' || len == LINE_MAX_BYTES - 1)
      return true;
    line[len++] = c;
  }
}

static int await_ready(int fd)
{
  char line[LINE_MAX_BYTES];
  if (!read_line(fd, line))
    return topo_cli_error(TOPO_CLI_TIMEOUT, "the daemon started but is not ready: see `topo logs`");
  if (!*line)
    return topo_cli_error(TOPO_CLI_FAILURE, "the daemon ended before it was ready: "
                                            "run `topod` in this terminal to see why");
  if (strcmp(line, "ready") != 0)
    return topo_cli_error(TOPO_CLI_FAILURE, "%s", line);
  return TOPO_CLI_OK;
}

static int start_it(struct topo_cli *cli)
{
  char topod[PATH_MAX];
  int fd;
  find_topod(topod, sizeof topod);
  if (spawn(topod, cli, &fd) < 0)
    return topo_cli_error(TOPO_CLI_FAILURE, "cannot start a process: %s", strerror(errno));
  int code = await_ready(fd);
  close(fd);
  return code;
}

int topo_cli_start(struct topo_cli *cli)
{
  struct topo_cli_answer answer;
  int code = topo_cli_ask_quietly(cli, "GET", "/v1/status", NULL, 0, &answer);
  bool running = code == TOPO_CLI_OK;
  if (code == TOPO_CLI_NO_DAEMON) {
    topo_cli_answer_finish(&answer);
    code = start_it(cli);
    if (code != TOPO_CLI_OK)
      return code;
    code = topo_cli_ask_quietly(cli, "GET", "/v1/status", NULL, 0, &answer);
  }
  if (code != TOPO_CLI_OK)
    topo_cli_explain(cli, &answer);
  else if (cli->args.json)
    topo_cli_print_body(cli, &answer);
  else
    puts(running ? "topo is running already" : "topo is running");
  if (code == TOPO_CLI_OK && cli->terminal && !cli->args.json)
    fputs("`topo open` shows its page in a browser\n", stderr);
  topo_cli_answer_finish(&answer);
  return code;
}

int topo_cli_stop(struct topo_cli *cli)
{
  struct topo_cli_answer answer;
  int code = topo_cli_ask(cli, "POST", "/v1/stop", NULL, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json)
    puts("topo is stopping");
  topo_cli_answer_finish(&answer);
  return code;
}

static int address_count(const cJSON *status)
{
  return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(status, "addresses"));
}

/* Where others may reach the node, whether anybody has, and why they cannot. */
static void print_addresses(const cJSON *status)
{
  const cJSON *address;
  cJSON_ArrayForEach(address, cJSON_GetObjectItemCaseSensitive(status, "addresses"))
  {
    fputs("\nreached at  ", stdout);
    topo_cli_print(stdout, cJSON_IsString(address) ? address->valuestring : "", TOPO_CLI_LINE);
  }
  const char *reached = topo_cli_text(status, "reached"), *detail = topo_cli_text(status, "detail");
  if (address_count(status) > 0 && *reached)
    printf("\nreached by  %s", strcmp(reached, "outside") == 0   ? "others outside this network"
                               : strcmp(reached, "network") == 0 ? "others in a private network"
                                                                 : "nobody else yet");
  if (*detail) {
    fputs(address_count(status) > 0 ? "\n            " : "\nreached at  nowhere: ", stdout);
    topo_cli_print(stdout, detail, TOPO_CLI_LINE);
  }
}

int topo_cli_status(struct topo_cli *cli)
{
  struct topo_cli_answer answer;
  int code = topo_cli_ask(cli, "GET", "/v1/status", NULL, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json) {
    fputs("version     ", stdout);
    topo_cli_print(stdout, topo_cli_text(answer.tree, "version"), TOPO_CLI_LINE);
    printf("\npid         %lld\ndata        ", (long long)topo_cli_number(answer.tree, "pid"));
    topo_cli_print(stdout, topo_cli_text(answer.tree, "data_dir"), TOPO_CLI_LINE);
    const char *http = topo_cli_text(answer.tree, "http_address");
    fputs(*http ? "\nhttp        http://" : "\nhttp        none", stdout);
    topo_cli_print(stdout, http, TOPO_CLI_LINE);
    fputs("\nudp         ", stdout);
    topo_cli_print(stdout, topo_cli_text(answer.tree, "udp_address"), TOPO_CLI_LINE);
    print_addresses(answer.tree);
    printf("\nworkspaces  %lld\n", (long long)topo_cli_number(answer.tree, "spaces"));
    code = topo_cli_workspace_list(cli);
  }
  topo_cli_answer_finish(&answer);
  return code;
}

int topo_cli_logs(struct topo_cli *cli)
{
  struct topo_cli_answer answer;
  uint64_t limit;
  char path[64];
  if (topo_cli_option_number(cli, "-n", 50, &limit) < 0)
    return topo_cli_error(TOPO_CLI_USAGE, "-n wants a whole number");
  snprintf(path, sizeof path, "/v1/logs?limit=%llu", (unsigned long long)limit);
  int code = topo_cli_ask(cli, "GET", path, NULL, &answer);
  const cJSON *item;
  int64_t now = (int64_t)time(NULL) * 1000;
  if (code == TOPO_CLI_OK && !cli->args.json)
    cJSON_ArrayForEach(item, topo_cli_items(&answer))
    {
      char at[TOPO_CLI_TIME_SIZE];
      topo_cli_format_time(at, topo_cli_number(item, "time_ms"), now);
      printf("%s ", at);
      topo_cli_print(stdout, topo_cli_text(item, "level"), TOPO_CLI_LINE);
      putchar(' ');
      topo_cli_print(stdout, topo_cli_text(item, "text"), TOPO_CLI_LINE);
      putchar('\n');
    }
  topo_cli_answer_finish(&answer);
  return code;
}
