/*
 * test_commands.c - the real `topo` against a fake daemon: what it sends, what it prints, how it
 * exits.
 */
#include "unit/cli/fake_api.h"
#include "unit/cli/run.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
  char directory[64];
  struct fake_api api;
  struct topo_gateway *gateway;
};

static int set_up(void **state)
{
  struct fixture *f = calloc(1, sizeof *f);
  char path[96];
  assert_non_null(f);
  strcpy(f->directory, "/tmp/topo-cli-XXXXXX");
  assert_non_null(mkdtemp(f->directory));
  snprintf(path, sizeof path, "%s/topod.sock", f->directory);
  fake_api_init(&f->api);
  f->gateway = fake_api_serve(&f->api, path);
  assert_non_null(f->gateway);
  *state = f;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *f = *state;
  topo_gateway_destroy(f->gateway);
  fake_api_finish(&f->api);
  assert_int_equal(rmdir(f->directory), 0);
  free(f);
  return 0;
}

#define EXPECT(code, out, err, ...)                                                                \
  run_expect(f->directory, code, out, err, "", RUN_ARGS(__VA_ARGS__))
#define EXPECT_INPUT(code, out, err, input, ...)                                                   \
  run_expect(f->directory, code, out, err, input, RUN_ARGS(__VA_ARGS__))

static void assert_sent(struct fixture *f, const char *what)
{
  pthread_mutex_lock(&f->api.lock);
  if (!strstr(f->api.last, what))
    fail_msg("not sent: %s\nbut: %s", what, f->api.last);
  f->api.last[0] = '\0';
  pthread_mutex_unlock(&f->api.lock);
}

static void commands_print_their_answer(void **state)
{
  struct fixture *f = *state;
  EXPECT(0, "version     9.9\npid         7\n", "", "status");
  EXPECT(0, "http        http://127.0.0.1:4\n", "", "status");
  EXPECT(0, "reached at  192.0.2.1:1\nreached at  [2001:db8::1]:1\n", "", "status");
  EXPECT(0, "reached by  others in a private network\n            forward UDP port 1\n", "",
         "status");
  EXPECT(0, "{\"version\":\"9.9\"", "", "status", "--json");
  EXPECT(0, "AAECAwQF  Garden as Alice\n", "", "workspace", "list");
  EXPECT(0, "topo://invite/secret\n", "", "invite", "--role", "member");
  EXPECT(0, "BBECAwQF  Bob  admin  (you)\n", "", "members");
  EXPECT(0, "AAECAwQF  Bob  (recovery key)\n", "", "devices");
  EXPECT(0, "CCECAwQF  #general\n", "", "channels");
  EXPECT(0, "CCECAwQF  #new\n", "", "channels", "create", "#new");
  EXPECT(0, "BBECAwQF  Bob  connected  [::1]:5  synced\n", "", "peers");
  EXPECT(0, "synced: 5 events, 0 waiting, 0 wanted, 1 peers\n", "", "sync");
  EXPECT(0, "abcd  5 events\n", "", "fingerprint");
  EXPECT(0, "1970-01-01 00:00 info up\\u001b[31m\n", "", "logs", "-n", "5");
  EXPECT(0, "topo is running already", "", "start");
  EXPECT(0, "workspace create NAME", "", "--help");
}

static void peers_are_helped_to_be_found(void **state)
{
  struct fixture *f = *state;
  EXPECT(0, "MMECAwQF  Twin  away  [::1]:6  unreachable\n          given by hand: [::1]:6\n", "",
         "peers");
  EXPECT(0, "given by hand: [::1]:7\\u001b[31m\n", "", "peers");
  EXPECT(0, "192.0.2.7:1  nobody of those who were away: unreachable\n", "", "peers");
  EXPECT(0, "dialling 2: `topo peers` shows who answers\n", "", "peers", "add", "192.0.2.7:1");
  assert_sent(f, "give address=192.0.2.7:1\n");
  EXPECT(0, "dialling 2", "", "peers", "add", "[2001:db8::7]:1", "Bob");
  assert_sent(f, "give address=[2001:db8::7]:1\ngive device=" FAKE_SPACE_B "\n");
  EXPECT(0, "dialling 2", "", "peers", "add", "192.0.2.7:1", "MMECAwQG");
  assert_sent(f, "give device=" FAKE_MESSAGE_3 "\n");
  EXPECT(4, "", "no other device is called \"Carol\"", "peers", "add", "192.0.2.7:1", "Carol");
  EXPECT(2, "", "several devices fit \"Twin\"", "peers", "dial", "Twin");
  EXPECT(2, "", "several devices fit \"MMEC\"", "peers", "dial", "MMEC");
  EXPECT(0, "{\"dialling\":2}", "", "peers", "dial", "--json");
  EXPECT(0, "dialling 2", "", "peers", "dial", "Bob");
  assert_sent(f, "dial device=" FAKE_SPACE_B "\n");
  EXPECT(0, "forgotten", "", "peers", "forget", "[::1]:5");
  assert_sent(f, "forget address=[::1]:5\n");
  EXPECT(2, "", "", "peers", "add");
  EXPECT(2, "", "", "peers", "forget");
  f->api.unreachable = true;
  EXPECT(0, "nobody is away of whom an address is known\n", "", "peers", "dial");
  EXPECT(0, "that device is connected\n", "", "peers", "dial", "Bob");
  EXPECT(0, "not kept: nobody is away who could be there\n", "", "peers", "add", "192.0.2.7:1");
  EXPECT(0, "kept for later: that device is connected\n", "", "peers", "add", "192.0.2.7:1", "Bob");
}

static void texts_travel_unchanged(void **state)
{
  struct fixture *f = *state;
  EXPECT(0, "MMECAwQF\n", "", "send", "hello", "you");
  assert_sent(f, "send text=hello you\n");
  EXPECT(0, "MMECAwQF\n", "", "send", "#general", "grüße\n\"two\"");
  assert_sent(f, "send text=grüße\n\"two\"\n");
  EXPECT(0, "", "", "send", "#CCEC", "--", "--json");
  assert_sent(f, "send text=--json\n");
  EXPECT_INPUT(0, "", "", "from a pipe\n", "send", "#general");
  assert_sent(f, "send text=from a pipe\n");
  EXPECT_INPUT(2, "", "nothing to send", "", "send");
  EXPECT_INPUT(2, "", "not valid UTF-8", "\xff", "send");
  EXPECT(2, "", "not valid UTF-8", "send", "\xff");
}

static void names_are_given_to_oneself_and_to_the_workspace(void **state)
{
  struct fixture *f = *state;
  EXPECT(0, "new\\u001b[31m\n", "", "rename", "Alice B.");
  assert_sent(f, "setName of=user\nsetName name=Alice B.\n");
  EXPECT(0, "new\\u001b[31m\n", "", "workspace", "rename", "Mice");
  assert_sent(f, "setName of=workspace\nsetName name=Mice\n");
  EXPECT(2, "", "", "rename");
}

static void messages_are_read_safely(void **state)
{
  struct fixture *f = *state;
  EXPECT(0, "-1ECAwQF 1970-01-01 00:00 Alice: hello  👍 2\n", "", "read");
  EXPECT(0, "Mal\\u001b]0;x\\u0007: one\n  two\\u202e\\u009b1m  👍 2\n", "", "read", "#general");
  EXPECT(4, "", "there is no channel #nowhere: see `topo channels`", "read", "#nowhere");
}

static void a_reaction_finds_its_message_by_a_prefix(void **state)
{
  struct fixture *f = *state;
  EXPECT(0, "👍 on -1ECAwQF\n", "", "react", "-1ECAwQF", "👍");
  assert_sent(f, "react message #fb51\n");
  EXPECT(0, "", "", "react", FAKE_MESSAGE_3, "👍");
  assert_sent(f, "react message #30c1\n");
  EXPECT(4, "", "no recent message", "react", "zzzz", "👍");
  EXPECT(2, "", "several messages", "react", "MMECAwQ", "👍");
}

/* Nobody can join by it, so whoever makes it is told; the link is still the only line of output. */
static void an_invite_without_an_address_is_not_given_out_silently(void **state)
{
  struct fixture *f = *state;
  f->api.unreachable = true;
  EXPECT(0, "topo://invite/secret\n", "topo: this link names no address at which others could",
         "invite");
  EXPECT(0, "\"addresses\":[]", "topo: this link names no address at which others could", "invite",
         "--json");
  f->api.unreachable = false;
}

static void the_invite_comes_from_standard_input(void **state)
{
  struct fixture *f = *state;
  EXPECT_INPUT(6, "Evil\\u001b[2J as Bob  joining", "someone of the workspace must be online",
               "\n  topo://invite/sec\nret \r\n", "join", "--user", "Bob");
  assert_sent(f, "join link=topo://invite/sec\nret\n");
  EXPECT(2, "", "standard input", "join", "--user", "Bob");
  EXPECT(2, "", "--user NAME", "join");
  EXPECT(2, "", "too many arguments", "join", "topo://invite/secret", "--user", "Bob");
}

/* A link has at most 16 KiB (INVITE_TEXT_MAX): what is longer is none. */
static void an_invite_is_bounded(void **state)
{
  enum { LONGEST = 16 * 1024 };
  struct fixture *f = *state;
  static char text[LONGEST + 2];
  memset(text, 'x', LONGEST);
  EXPECT_INPUT(6, "Bob  joining", "someone of the workspace must be online", text, "join", "--user",
               "Bob");
  text[LONGEST] = 'x';
  EXPECT_INPUT(2, "", "give the invite link on standard input", text, "join", "--user", "Bob");
}

/* Reads from a terminal until `end` shows, or the other side is closed. */
static void read_terminal(int master, char *text, size_t size, const char *end)
{
  size_t len = strlen(text);
  while (len + 1 < size && !(end && strstr(text, end))) {
    ssize_t n = read(master, text + len, 1);
    if (n <= 0)
      return;
    text[++len] = '\0';
  }
}

static void an_invite_typed_at_the_prompt_is_not_shown(void **state)
{
  static const char invite_link[] = "topo://invite/secret\n";
  struct fixture *f = *state;
  char seen[4096] = "";
  int master, wait_status;
  pid_t child = forkpty(&master, NULL, NULL, NULL);
  if (child == 0) {
    execl(run_topo_path(), "topo", "--data", f->directory, "join", "--user", "Bob", (char *)NULL);
    _exit(99);
  }
  assert_true(child > 0);
  read_terminal(master, seen, sizeof seen, "(not shown): ");
  assert_int_equal(write(master, invite_link, sizeof invite_link - 1), sizeof invite_link - 1);
  read_terminal(master, seen, sizeof seen, NULL);
  assert_int_equal(waitpid(child, &wait_status, 0), child);
  close(master);
  assert_int_equal(WEXITSTATUS(wait_status), 6);
  assert_null(strstr(seen, "secret"));
  assert_null(strchr(seen, '\x1b'));
  assert_sent(f, "join link=topo://invite/secret\n");
}

/* What the API takes is described by the program itself: no daemon is asked. */
static void operations_are_described(void **state)
{
  struct fixture *f = *state;
  EXPECT(0, "sendMessage      POST   /v1/spaces/{space}/channels/{channel}/messages\n", "",
         "describe");
  EXPECT(0, "openEventSocket", "", "describe");
  EXPECT(0, "  text: text, 1 to 32768 bytes, in the body, required\n", "", "describe",
         "sendMessage");
  EXPECT(0, "  {\"text\":\"Is the kettle on?\"}\n", "", "describe", "sendMessage");
  EXPECT(0, "  scope: write\n", "", "describe", "sendMessage");
  EXPECT(0, "  role: one of owner admin moderator member guest, in the body, optional\n", "",
         "describe", "createInvite");
  EXPECT(0, "  limit: integer, 1 to 200, in the query, optional\n", "", "describe", "listMessages");
  EXPECT(0, "\nanswer 200: The stream\n", "", "describe", "streamEvents");
  EXPECT(0, "{\"id\":\"getSync\",\"method\":\"GET\"", "", "describe", "getSync", "--json");
  EXPECT(0, "{\"items\":[{\"id\":\"getHealth\",", "", "describe", "--json");
  EXPECT(4, "", "there is no operation sendmesage; the nearest is sendMessage", "describe",
         "sendmesage");
  EXPECT(2, "", "too many arguments", "describe", "getSync", "getHealth");
  char endless[200];
  memset(endless, 'a', sizeof endless - 1);
  endless[sizeof endless - 1] = '\0';
  EXPECT(4, "", "there is no such operation", "describe", endless);
}

static void exit_codes_are_stable(void **state)
{
  struct fixture *f = *state;
  EXPECT(0, "Garden", "", "workspace", "create", "ok", "--user", "Alice");
  assert_sent(f, "createWorkspace user_name=Alice\n");
  EXPECT(5, "", "Only an admin may do that.\\u001b[31m", "workspace", "create", "denied", "--user",
         "A");
  EXPECT(6, "", "Nobody answered yet", "workspace", "create", "unreachable", "--user", "A");
  EXPECT(6, "", "It took too long", "workspace", "create", "slow", "--user", "A");
  EXPECT(2, "", "there is no command dance", "dance");
  EXPECT(2, "", "a command is missing", "--json");
  EXPECT(2, "", "a value is missing after --space", "status", "--space");
  EXPECT(2, "", "unknown option", "status", "--loud");
  EXPECT(2, "", "whole number", "read", "--limit", "many");
  EXPECT(0, "{\"version\"", "", "api", "GET", "/v1/status");
  EXPECT(4, "\"code\":\"not-found\"", "", "api", "GET", "/v1/nowhere");
  EXPECT(1, "\"code\":\"method-not-allowed\"", "", "api", "DELETE", "/v1/status");
  EXPECT(1, "\"code\":\"malformed\"", "", "api", "POST", "/v1/workspaces", "-d", "{");
  EXPECT_INPUT(5, "\"code\":\"denied\"", "", "{\"name\":\"denied\",\"user_name\":\"a\"}", "api",
               "POST", "/v1/workspaces", "-d", "-");
  EXPECT(2, "", "as in `topo api", "api", "GET", "v1/status");
}

static void list_spaces(struct fixture *f, unsigned count)
{
  pthread_mutex_lock(&f->api.lock);
  f->api.spaces = count;
  pthread_mutex_unlock(&f->api.lock);
}

static void a_space_must_be_clear(void **state)
{
  struct fixture *f = *state;
  list_spaces(f, 2);
  EXPECT(2, "",
         "there are several spaces: say which with --space\n  AAECAwQF  Garden\n  BBECAwQF  "
         "Evil\\u001b[2J\n",
         "sync");
  EXPECT(0, "synced", "", "sync", "--space", "Garden");
  EXPECT(0, "synced", "", "sync", "--space", "BBEC");
  EXPECT(0, "synced", "", "sync", "--space", FAKE_SPACE_B);
  EXPECT(4, "", "no space is called \"Attic\"", "sync", "--space", "Attic");
  list_spaces(f, 0);
  EXPECT(4, "", "run `topo workspace create` or `topo join`", "sync");
}

static void without_a_daemon_the_remedy_is_named(void **state)
{
  struct fixture *f = *state;
  topo_gateway_destroy(f->gateway);
  f->gateway = NULL;
  EXPECT(3, "", "topod.sock: run `topo start`", "status");
  EXPECT(3, "", "run `topo start`", "send", "hello");
  EXPECT(3, "", "run `topo start`", "api", "GET", "/v1/status");
  EXPECT(0, "GET /v1/status", "", "describe", "getStatus");
}

/* Copies, because topo looks next to the file that runs. */
static void copy_program(const char *from, const char *directory, const char *name,
                         char to[static 128])
{
  struct stat info;
  snprintf(to, 128, "%s/%s", directory, name);
  int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
  assert_true(in >= 0 && out >= 0);
  assert_int_equal(fstat(in, &info), 0);
  for (off_t left = info.st_size; left > 0;) {
    ssize_t n = sendfile(out, in, NULL, (size_t)left);
    assert_true(n > 0);
    left -= n;
  }
  close(in);
  close(out);
}

static void start_waits_for_the_daemon(void **state)
{
  struct fixture *f = *state;
  char bin[128], topo[128], topod[128], data[192], fake[512];
  topo_gateway_destroy(f->gateway);
  f->gateway = NULL;
  snprintf(bin, sizeof bin, "%s", f->directory);
  snprintf(fake, sizeof fake, "%s/tests/unit/cli/fake_topod",
           getenv("TOPO_BUILDDIR") ? getenv("TOPO_BUILDDIR") : ".");
  copy_program(run_topo_path(), bin, "topo", topo);

  struct run_result r;
  copy_program(fake, bin, "topod", topod);
  snprintf(data, sizeof data, "%s/data", f->directory);
  r = run_program(topo, data, "", RUN_ARGS("start"));
  assert_string_equal(r.err, "");
  assert_int_equal(r.code, 0);
  assert_string_equal(r.out, "topo is running\n");
  r = run_program(topo, data, "", RUN_ARGS("stop"));
  assert_int_equal(r.code, 0);
  assert_string_equal(r.out, "topo is stopping\n");
  /* The fake removes its socket when it ends; only then may its directory go. */
  for (int i = 0; i < 1000 && rmdir(data) < 0; i++)
    poll(NULL, 0, 10);
  assert_int_equal(access(data, F_OK), -1);

  snprintf(data, sizeof data, "%s/broken", f->directory);
  r = run_program(topo, data, "", RUN_ARGS("start"));
  assert_int_equal(r.code, 1);
  assert_string_equal(r.err, "topo: the database file is damaged\n");
  r = run_program(topo, data, "", RUN_ARGS("start", "--listen", "127.0.0.1:80"));
  assert_int_equal(r.code, 1);
  assert_string_equal(r.err, "topo: cannot listen on 127.0.0.1:80\n");
  r = run_program(topo, data, "", RUN_ARGS("start", "--discover", "no"));
  assert_string_equal(r.err, "topo: cannot discover on no\n");
  snprintf(data, sizeof data, "%s/dead", f->directory);
  r = run_program(topo, data, "", RUN_ARGS("start"));
  assert_int_equal(r.code, 1);
  assert_non_null(strstr(r.err, "ended before it was ready"));

  assert_int_equal(unlink(topod), 0);
  setenv("PATH", "/nonexistent", 1);
  r = run_program(topo, data, "", RUN_ARGS("start"));
  assert_int_equal(r.code, 1);
  assert_non_null(strstr(r.err, "neither next to topo nor in PATH"));
  assert_int_equal(unlink(topo), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {
      TEST(commands_print_their_answer),
      TEST(peers_are_helped_to_be_found),
      TEST(texts_travel_unchanged),
      TEST(names_are_given_to_oneself_and_to_the_workspace),
      TEST(messages_are_read_safely),
      TEST(a_reaction_finds_its_message_by_a_prefix),
      TEST(an_invite_without_an_address_is_not_given_out_silently),
      TEST(the_invite_comes_from_standard_input),
      TEST(an_invite_is_bounded),
      TEST(an_invite_typed_at_the_prompt_is_not_shown),
      TEST(operations_are_described),
      TEST(exit_codes_are_stable),
      TEST(a_space_must_be_clear),
      TEST(without_a_daemon_the_remedy_is_named),
      TEST(start_waits_for_the_daemon),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
