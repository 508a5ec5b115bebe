/* test_access.c - `topo open` and the tokens: a secret is shown once, to whom it is for, and is
 * never an argument of another program. */
#include "unit/cli/fake_server.h"
#include "unit/cli/run.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SPACE    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define URL      "http://127.0.0.1:7444/#c=3q2-7wAAAAAAAAAAAAAAAA"
#define TOKEN    "topo_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define TOKEN_ID "Zm9vYmFyMTIzNDU2"
#define ROW(name, space, until)                                                                    \
  "{\"token_id\":\"" TOKEN_ID "\",\"name\":\"" name "\",\"scope\":\"write\",\"space\":" space      \
  ",\"created_at_ms\":1000,\"expires_at_ms\":" until "}"

struct fixture {
  char directory[64];
  struct fake_server *server;
  char asked[8192];    /* "METHOD PATH BODY\n" of every request */
  const char *url;     /* what a code's `url` is */
  const char *problem; /* instead of a code, with status 404 */
};

static enum fake_fate serve(void *arg, int fd, const struct fake_request *request)
{
  struct fixture *f = arg;
  char code[512];
  size_t used = strlen(f->asked);
  snprintf(f->asked + used, sizeof f->asked - used, "%s %s %s\n", request->method, request->path,
           request->body);
  snprintf(code, sizeof code, "{\"code\":\"x\",\"url\":\"%s\",\"expires_at_ms\":1}", f->url);
  if (strcmp(request->path, "/v1/codes") == 0)
    fake_server_answer(fd, f->problem ? 404 : 201, "", f->problem ? f->problem : code);
  else if (strcmp(request->path, "/v1/spaces") == 0)
    fake_server_answer(fd, 200, "", "{\"items\":[{\"space\":\"" SPACE "\",\"name\":\"Garden\"}]}");
  else if (strcmp(request->method, "POST") == 0)
    fake_server_answer(fd, 201, "", "{\"token_id\":\"" TOKEN_ID "\",\"token\":\"" TOKEN "\"}");
  else if (strcmp(request->method, "DELETE") == 0)
    fake_server_answer(fd, 200, "", "{\"revoked\":true}");
  else
    fake_server_answer(fd, 200, "",
                       "{\"items\":[" ROW("bot\\u001b[2J", "null", "null") "," ROW(
                           "kiosk", "\"" SPACE "\"", "3600000") "]}");
  return FAKE_CLOSE;
}

static int set_up(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  char path[96];
  assert_non_null(f);
  f->url = URL;
  strcpy(f->directory, "/tmp/topo-cli-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  snprintf(path, sizeof path, "%s/topod.sock", f->directory);
  f->server = fake_server_create(path, serve, f);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  fake_server_destroy(f->server);
  assert_int_equal(rmdir(f->directory), 0);
  free(f);
  return 0;
}

#define EXPECT(code, out, err, ...)                                                                \
  run_expect(f->directory, code, out, err, "", RUN_ARGS(__VA_ARGS__))

static void assert_asked(struct fixture *f, const char *part)
{
  char asked[sizeof f->asked];
  fake_server_lock(f->server);
  memcpy(asked, f->asked, sizeof asked);
  fake_server_unlock(f->server);
  if (!strstr(asked, part))
    fail_msg("nobody asked for %s, but:\n%s", part, asked);
}

static void set_answer(struct fixture *f, const char *url, const char *problem)
{
  fake_server_lock(f->server);
  f->url = url;
  f->problem = problem;
  fake_server_unlock(f->server);
}

static void tokens_are_made_listed_and_ended(void **state)
{
  struct fixture *f = *state;
  EXPECT(0, TOKEN "\n", "the only time it is shown", "tokens", "create", "bot", "--scope", "write");
  assert_asked(f, "POST /v1/tokens {\"name\":\"bot\",\"scope\":\"write\"}\n");
  EXPECT(0, TOKEN "\n", "", "tokens", "create", "kiosk", "--scope", "read", "--hours", "2",
         "--space", "Garden");
  assert_asked(f, "{\"name\":\"kiosk\",\"scope\":\"read\",\"expires_in_s\":7200,"
                  "\"space\":\"" SPACE "\"}\n");
  EXPECT(0, "{\"token_id\":\"" TOKEN_ID "\",\"token\":\"" TOKEN "\"}\n", "", "--json", "tokens",
         "create", "bot", "--scope", "admin");
  EXPECT(0,
         TOKEN_ID "  bot\\u001b[2J  write\n" TOKEN_ID
                  "  kiosk  write  in AAECAwQF  until 1970-01-01 01:00\n",
         "", "tokens", "list");
  EXPECT(0, "revoked", "", "tokens", "revoke", TOKEN_ID);
  assert_asked(f, "DELETE /v1/tokens/" TOKEN_ID " \n");
  EXPECT(2, "", "see `topo tokens list`", "tokens", "revoke", "../spaces");
  EXPECT(2, "", "--scope read, write or admin", "tokens", "create", "bot");
  EXPECT(2, "", "--hours wants", "tokens", "create", "bot", "--scope", "read", "--hours", "8761");
  EXPECT(4, "", "no space is called \"Attic\"", "tokens", "create", "bot", "--scope", "read",
         "--space", "Attic");
}

/* Runs `topo open ...` on a terminal, in a desktop whose xdg-open tells what it was given. */
static int open_on_terminal(struct fixture *f, const char *option, char *seen, size_t size)
{
  char data[64], path[96];
  int master, wait_status;
  size_t len = 0;
  snprintf(data, sizeof data, "%s", f->directory);
  snprintf(path, sizeof path, "%s/bin:/usr/bin:/bin", f->directory);
  pid_t child = forkpty(&master, NULL, NULL, NULL);
  if (child == 0) {
    setenv("PATH", path, 1);
    setenv("DISPLAY", ":9", 1);
    setenv("XDG_RUNTIME_DIR", data, 1);
    execl(run_topo_path(), "topo", "--data", data, "open", option, (char *)NULL);
    _exit(99);
  }
  assert_true(child > 0);
  for (ssize_t n; len + 1 < size && (n = read(master, seen + len, size - len - 1)) > 0;)
    len += (size_t)n;
  seen[len] = '\0';
  assert_int_equal(waitpid(child, &wait_status, 0), child);
  close(master);
  return WEXITSTATUS(wait_status);
}

static void make_browser(struct fixture *f, char *program, char *told, size_t size)
{
  char directory[96];
  snprintf(directory, sizeof directory, "%s/bin", f->directory);
  assert_int_equal(mkdir(directory, 0700), 0);
  snprintf(program, size, "%s/xdg-open", directory);
  snprintf(told, size, "%s/told", directory);
  FILE *script = fopen(program, "w");
  assert_non_null(script);
  fprintf(script, "#!/bin/sh\necho \"$@\" >%s.tmp && mv %s.tmp %s\n", told, told, told);
  assert_int_equal(fclose(script), 0);
  assert_int_equal(chmod(program, 0700), 0);
}

static void read_file(const char *path, char *out, size_t size)
{
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  out[fread(out, 1, size - 1, file)] = '\0';
  fclose(file);
}

/* The browser runs beside: waits for what it says. */
static void await_file(const char *path)
{
  for (int i = 0; i < 6000 && access(path, F_OK) < 0; i++)
    poll(NULL, 0, 10);
  assert_int_equal(access(path, F_OK), 0);
}

static void a_browser_is_given_a_private_page_and_never_the_url(void **state)
{
  struct fixture *f = *state;
  char program[128], told[128], page[128], bin[128], text[4096], seen[4096];
  struct stat info;
  make_browser(f, program, told, sizeof program);
  snprintf(page, sizeof page, "%s/topo-open.html", f->directory);
  /* Something else lies there, and others may read it: it is not written into. */
  FILE *old = fopen(page, "w");
  assert_non_null(old);
  assert_int_equal(fchmod(fileno(old), 0666), 0);

  assert_int_equal(open_on_terminal(f, NULL, seen, sizeof seen), 0);
  assert_non_null(strstr(seen, URL "\r\n"));
  assert_non_null(strstr(seen, "The browser opens it."));
  await_file(told);
  read_file(told, text, sizeof text);
  assert_non_null(strstr(text, "file://"));
  assert_non_null(strstr(text, page));
  assert_null(strstr(text, "#c="));
  assert_int_equal(stat(page, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0600);
  read_file(page, text, sizeof text);
  assert_non_null(strstr(text, "content=\"0;url=" URL "\""));
  assert_int_equal(fstat(fileno(old), &info), 0);
  assert_int_equal(info.st_size, 0);
  fclose(old);
  assert_int_equal(unlink(told), 0);
  assert_int_equal(unlink(page), 0);

  /* --print, or a directory that others can look into: only the link. */
  assert_int_equal(open_on_terminal(f, "--print", seen, sizeof seen), 0);
  assert_non_null(strstr(seen, URL "\r\nThe link is good once"));
  assert_int_equal(chmod(f->directory, 0755), 0);
  assert_int_equal(open_on_terminal(f, NULL, seen, sizeof seen), 0);
  assert_non_null(strstr(seen, URL "\r\nThe link is good once"));
  assert_int_equal(access(page, F_OK), -1);
  assert_int_equal(unlink(program), 0);
  snprintf(bin, sizeof bin, "%s/bin", f->directory);
  assert_int_equal(rmdir(bin), 0);
}

static void the_url_is_printed(void **state)
{
  struct fixture *f = *state;
  setenv("DISPLAY", ":9", 1); /* without a terminal there is nobody to open it for */
  EXPECT(0, URL "\n", "The link is good once, for ten minutes.\n", "open");
  EXPECT(0, "\"url\":\"" URL "\"", "", "open", "--json");
  set_answer(f, "http://x/\\\"><script>", NULL);
  EXPECT(1, "", "holds no link", "open");
  set_answer(f, URL,
             "{\"detail\":\"the node has no TCP port for a browser: start it with --listen\"}");
  EXPECT(4, "", "start it with --listen", "open");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(tokens_are_made_listed_and_ended),
      TEST(the_url_is_printed),
      TEST(a_browser_is_given_a_private_page_and_never_the_url),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
