/*
 * cmd_access.c - open, and the tokens.
 *
 * The link of the page carries a code that is as good as a token until it is used. Arguments of
 * processes can be read by every user of the machine, so the browser is not given the link but the
 * name of a file that only this user can read, and that leads there.
 */
#include "cli/client.h"
#include "cli/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE_SIZE = 1024, TOKEN_ID_LENGTH = 16 };

/* In a directory that the system empties when the user leaves; each run replaces the one before. */
static const char page_name[] = "topo-open.html";

static const char path_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_.-";

static bool consists_of(const char *text, const char *alphabet)
{
  return text[strspn(text, alphabet)] == '\0';
}

/* Nothing that has a meaning in HTML, and nothing a terminal obeys. */
static bool is_page_address(const char *url)
{
  return strncmp(url, "http://", 7) == 0 && strlen(url) < PAGE_SIZE / 4 &&
         consists_of(url, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                          ":/[].#=_-");
}

static bool is_in_path(const char *program)
{
  const char *path = getenv("PATH");
  char file[PATH_MAX];
  while (path && *path) {
    size_t n = strcspn(path, ":");
    int len = snprintf(file, sizeof file, "%.*s/%s", (int)n, path, program);
    if (n && len > 0 && (size_t)len < sizeof file && access(file, X_OK) == 0)
      return true;
    path += n + (path[n] == ':');
  }
  return false;
}

static bool has_desktop(void)
{
  const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
  return ((x && *x) || (wayland && *wayland)) && is_in_path("xdg-open");
}

/* The user's own directory for such things, if it is one that nobody else can look into. */
static const char *private_directory(void)
{
  const char *directory = getenv("XDG_RUNTIME_DIR");
  struct stat info;
  if (!directory || directory[0] != '/' || !consists_of(directory, path_characters) ||
      stat(directory, &info) < 0 || !S_ISDIR(info.st_mode))
    return NULL;
  return info.st_uid == geteuid() && (info.st_mode & 077) == 0 ? directory : NULL;
}

static bool write_page(const char *path, const char *url)
{
  char page[PAGE_SIZE];
  int len =
      snprintf(page, sizeof page,
               "<!DOCTYPE html><meta charset=\"utf-8\"><title>Topo</title>\n"
               "<meta http-equiv=\"refresh\" content=\"0;url=%s\">\n<a href=\"%s\">Topo</a>\n",
               url, url);
  unlink(path); /* the old one, whatever it is: what is made now is new */
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return false;
  bool written = write(fd, page, (size_t)len) == len;
  return close(fd) == 0 && written;
}

/* In the background: some browsers stay in the foreground of xdg-open until they are closed. */
static bool run_browser(const char *page)
{
  char url[PATH_MAX + sizeof "file://"];
  snprintf(url, sizeof url, "file://%s", page);
  pid_t child = fork();
  if (child == 0) {
    int null = open("/dev/null", O_RDWR);
    if (setsid() < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
      _exit(126);
    if (fork() == 0) {
      execlp("xdg-open", "xdg-open", url, (char *)NULL);
      _exit(127);
    }
    _exit(0);
  }
  return child > 0 && waitpid(child, NULL, 0) == child;
}

static bool open_browser(const char *url)
{
  const char *directory = private_directory();
  char page[PATH_MAX];
  if (!directory || !has_desktop())
    return false;
  int len = snprintf(page, sizeof page, "%s/%s", directory, page_name);
  return len > 0 && (size_t)len < sizeof page && write_page(page, url) && run_browser(page);
}

int topo_cli_open(struct topo_cli *cli)
{
  struct topo_cli_answer answer;
  int code = topo_cli_ask(cli, "POST", "/v1/codes", NULL, &answer);
  const char *url = topo_cli_text(answer.tree, "url");
  if (code == TOPO_CLI_OK && !is_page_address(url))
    code = topo_cli_error(TOPO_CLI_FAILURE, "the daemon's answer holds no link");
  if (code == TOPO_CLI_OK && !cli->args.json) {
    puts(url);
    fflush(stdout);
    bool opened = cli->terminal && !topo_cli_option(cli, "--print") && open_browser(url);
    fprintf(stderr, "%sThe link is good once, for ten minutes.\n",
            opened ? "The browser opens it. " : "");
  }
  topo_cli_answer_finish(&answer);
  return code;
}

static void write_text(struct topo_json *json, const char *key, const char *text)
{
  topo_json_key(json, key);
  topo_json_string(json, text);
}

/* What the token is to be. An exit code. */
static int write_wish(struct topo_cli *cli, struct topo_json *json)
{
  const char *scope = topo_cli_option(cli, "--scope");
  char space[64];
  uint64_t hours;
  if (!scope)
    return topo_cli_error(TOPO_CLI_USAGE, "say what it is good for: --scope read, write or admin");
  if (topo_cli_option_number(cli, "--hours", 0, &hours) < 0 || hours > 24 * 365)
    return topo_cli_error(TOPO_CLI_USAGE, "--hours wants a whole number of at most a year");
  write_text(json, "name", cli->args.words[0]);
  write_text(json, "scope", scope);
  if (hours) {
    topo_json_key(json, "expires_in_s");
    topo_json_u64(json, hours * 3600);
  }
  if (!cli->args.space)
    return TOPO_CLI_OK;
  int code = topo_cli_space(cli, space, sizeof space);
  if (code == TOPO_CLI_OK)
    write_text(json, "space", space);
  return code;
}

int topo_cli_tokens_create(struct topo_cli *cli)
{
  struct topo_json json;
  struct topo_cli_answer answer;
  topo_json_init(&json);
  topo_json_begin_object(&json);
  int code = write_wish(cli, &json);
  topo_json_end_object(&json);
  if (code == TOPO_CLI_OK) {
    code = topo_cli_ask(cli, "POST", "/v1/tokens", &json, &answer);
    if (code == TOPO_CLI_OK && !cli->args.json) {
      topo_cli_print(stdout, topo_cli_text(answer.tree, "token"), TOPO_CLI_LINE);
      putchar('\n');
      fflush(stdout);
      fputs("This is the only time it is shown. Whoever has it can call the API.\n", stderr);
    }
    topo_cli_answer_finish(&answer);
  }
  topo_json_finish(&json);
  return code;
}

static void print_token(const cJSON *item, int64_t now_ms)
{
  char until[TOPO_CLI_TIME_SIZE];
  int64_t expires_ms = topo_cli_number(item, "expires_at_ms");
  printf("%s  ", topo_cli_id(item, "token_id"));
  topo_cli_print(stdout, topo_cli_text(item, "name"), TOPO_CLI_LINE);
  fputs("  ", stdout);
  topo_cli_print(stdout, topo_cli_text(item, "scope"), TOPO_CLI_LINE);
  if (*topo_cli_text(item, "space"))
    printf("  in %.8s", topo_cli_id(item, "space"));
  topo_cli_format_time(until, expires_ms, now_ms);
  if (expires_ms)
    printf("  until %s", until);
  putchar('\n');
}

int topo_cli_tokens_list(struct topo_cli *cli)
{
  struct topo_cli_answer answer;
  const cJSON *item;
  int64_t now_ms = (int64_t)time(NULL) * 1000;
  int code = topo_cli_ask(cli, "GET", "/v1/tokens", NULL, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json)
    cJSON_ArrayForEach(item, topo_cli_items(&answer)) print_token(item, now_ms);
  topo_cli_answer_finish(&answer);
  return code;
}

int topo_cli_tokens_revoke(struct topo_cli *cli)
{
  struct topo_cli_answer answer;
  const char *id = cli->args.words[0];
  char path[TOPO_CLI_PATH_SIZE];
  if (!topo_cli_is_id_prefix(id) || strlen(id) != TOKEN_ID_LENGTH)
    return topo_cli_error(TOPO_CLI_USAGE, "name the token by its id: see `topo tokens list`");
  snprintf(path, sizeof path, "/v1/tokens/%s", id);
  int code = topo_cli_ask(cli, "DELETE", path, NULL, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json)
    puts("revoked: it is no longer good");
  topo_cli_answer_finish(&answer);
  return code;
}
