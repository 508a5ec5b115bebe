/* cmd_workspace.c - workspace create, list and rename, rename, invite, join, members, devices. */
#include "base/status.h"
#include "cli/client.h"
#include "cli/input.h"
#include "cli/text.h"

#include <string.h>
#include <unistd.h>

enum { INVITE_TEXT_MAX = 16 * 1024, JOIN_WAIT_S = 20, JOIN_WAIT_MAX_S = 100 };

static void member(struct topo_json *json, const char *key, const char *text)
{
  topo_json_key(json, key);
  topo_json_string(json, text);
}

/* Writes the members of both names; an error when --user was not given. An exit code. */
static int write_names(struct topo_cli *cli, struct topo_json *json)
{
  const char *user = topo_cli_option(cli, "--user");
  if (!user)
    return topo_cli_error(TOPO_CLI_USAGE, "say who you are with --user NAME");
  member(json, "user_name", user);
  return TOPO_CLI_OK;
}

static void print_space(const cJSON *item)
{
  printf("%.8s  ", topo_cli_id(item, "space"));
  topo_cli_print(stdout, topo_cli_text(item, "name"), TOPO_CLI_LINE);
  fputs(" as ", stdout);
  topo_cli_print(stdout, topo_cli_text(item, "user_name"), TOPO_CLI_LINE);
  const char *state = topo_cli_text(item, "state"), *detail = topo_cli_text(item, "detail");
  if (strcmp(state, "ready") != 0) {
    fputs("  ", stdout);
    topo_cli_print(stdout, state, TOPO_CLI_LINE);
  }
  if (*detail) {
    fputs(": ", stdout);
    topo_cli_print(stdout, detail, TOPO_CLI_LINE);
  }
  putchar('\n');
}

int topo_cli_workspace_create(struct topo_cli *cli)
{
  struct topo_json json;
  struct topo_cli_answer answer;
  topo_json_init(&json);
  topo_json_begin_object(&json);
  member(&json, "name", cli->args.words[0]);
  int code = write_names(cli, &json);
  topo_json_end_object(&json);
  if (code == TOPO_CLI_OK) {
    code = topo_cli_write(cli, "/v1/workspaces", &json, &answer);
    if (code == TOPO_CLI_OK && !cli->args.json)
      print_space(answer.tree);
    topo_cli_answer_finish(&answer);
  }
  topo_json_finish(&json);
  return code;
}

int topo_cli_workspace_list(struct topo_cli *cli)
{
  struct topo_cli_answer answer;
  int code = topo_cli_ask(cli, "GET", "/v1/spaces", NULL, &answer);
  const cJSON *item;
  if (code == TOPO_CLI_OK && !cli->args.json)
    cJSON_ArrayForEach(item, topo_cli_items(&answer)) print_space(item);
  topo_cli_answer_finish(&answer);
  return code;
}

/* Whoever gets such a link waits in vain, so whoever makes it hears of that at once. */
static void warn_unreachable(const cJSON *invite)
{
  if (cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(invite, "addresses")) == 0)
    fputs("topo: this link names no address at which others could reach this node, so nobody can "
          "join by it from elsewhere: connect this computer to a network, or restart the daemon "
          "with --advertise, and make another\n",
          stderr);
}

static int set_name(struct topo_cli *cli, const char *of)
{
  char path[TOPO_CLI_PATH_SIZE];
  struct topo_json json;
  struct topo_cli_answer answer;
  int code = topo_cli_space_path(cli, path, sizeof path, "/names");
  if (code != TOPO_CLI_OK)
    return code;
  topo_json_init(&json);
  topo_json_begin_object(&json);
  member(&json, "of", of);
  member(&json, "name", cli->args.words[0]);
  topo_json_end_object(&json);
  code = topo_cli_write(cli, path, &json, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json) {
    topo_cli_print(stdout, topo_cli_text(answer.tree, "name"), TOPO_CLI_LINE);
    putchar('\n');
  }
  topo_cli_answer_finish(&answer);
  topo_json_finish(&json);
  return code;
}

int topo_cli_workspace_rename(struct topo_cli *cli)
{
  return set_name(cli, "workspace");
}

int topo_cli_rename(struct topo_cli *cli)
{
  return set_name(cli, "user");
}

int topo_cli_invite(struct topo_cli *cli)
{
  char path[TOPO_CLI_PATH_SIZE];
  uint64_t hours;
  struct topo_json json;
  struct topo_cli_answer answer;
  if (topo_cli_option_number(cli, "--hours", 0, &hours) < 0 || hours > 24 * 365)
    return topo_cli_error(TOPO_CLI_USAGE, "--hours wants a whole number of at most a year");
  int code = topo_cli_space_path(cli, path, sizeof path, "/invites");
  if (code != TOPO_CLI_OK)
    return code;
  topo_json_init(&json);
  topo_json_begin_object(&json);
  if (topo_cli_option(cli, "--role"))
    member(&json, "role", topo_cli_option(cli, "--role"));
  if (hours) {
    topo_json_key(&json, "expires_in_s");
    topo_json_u64(&json, hours * 3600);
  }
  topo_json_end_object(&json);
  code = topo_cli_write(cli, path, &json, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json) {
    topo_cli_print(stdout, topo_cli_text(answer.tree, "link"), TOPO_CLI_LINE);
    putchar('\n');
  }
  if (code == TOPO_CLI_OK)
    warn_unreachable(answer.tree);
  topo_cli_answer_finish(&answer);
  topo_json_finish(&json);
  return code;
}

static int send_join(struct topo_cli *cli, const struct topo_json *json)
{
  struct topo_cli_answer answer;
  int code = topo_cli_write(cli, "/v1/joins", json, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json)
    print_space(answer.tree);
  if (code == TOPO_CLI_OK && strcmp(topo_cli_text(answer.tree, "state"), "joining") == 0) {
    const char *detail = topo_cli_text(answer.tree, "detail");
    code = topo_cli_error(
        TOPO_CLI_TIMEOUT, "%s. The daemon goes on trying; see `topo workspace list`",
        *detail ? detail : "nobody answered yet: someone of the workspace must be online");
  }
  topo_cli_answer_finish(&answer);
  return code;
}

/* The link is a secret: it is never an argument, which every process could read. */
int topo_cli_join(struct topo_cli *cli)
{
  struct topo_buf invite_link = {0};
  struct topo_json json;
  uint64_t wait_s;
  if (topo_cli_option_number(cli, "--wait", JOIN_WAIT_S, &wait_s) < 0 || wait_s > JOIN_WAIT_MAX_S)
    return topo_cli_error(TOPO_CLI_USAGE, "--wait wants at most %d seconds", JOIN_WAIT_MAX_S);
  topo_json_init(&json);
  topo_json_begin_object(&json);
  int code = write_names(cli, &json);
  if (code == TOPO_CLI_OK) {
    int status = topo_cli_read_secret(&invite_link, INVITE_TEXT_MAX, "Invite link (not shown): ");
    if (status < 0 || !invite_link.len)
      code = topo_cli_error(TOPO_CLI_USAGE, "give the invite link on standard input, "
                                            "as in `topo join --user NAME < link.txt`");
  }
  if (code == TOPO_CLI_OK) {
    topo_json_key(&json, "link");
    topo_json_string_n(&json, invite_link.data, invite_link.len);
    topo_json_key(&json, "wait_ms");
    topo_json_u64(&json, wait_s * 1000);
  }
  topo_json_end_object(&json);
  if (code == TOPO_CLI_OK)
    code = send_join(cli, &json);
  topo_buf_wipe(&invite_link);
  topo_json_finish(&json);
  return code;
}

static void print_member(const cJSON *user)
{
  printf("%.8s  ", topo_cli_id(user, "user"));
  topo_cli_print(stdout, topo_cli_text(user, "name"), TOPO_CLI_LINE);
  fputs("  ", stdout);
  topo_cli_print(stdout, topo_cli_text(user, "role"), TOPO_CLI_LINE);
  puts(topo_cli_flag(user, "is_me") ? "  (you)" : "");
}

static void print_devices(const cJSON *user)
{
  const cJSON *device;
  cJSON_ArrayForEach(device, cJSON_GetObjectItemCaseSensitive(user, "devices"))
  {
    printf("%.8s  ", topo_cli_id(device, "device"));
    topo_cli_print(stdout, topo_cli_text(user, "name"), TOPO_CLI_LINE);
    if (topo_cli_flag(device, "recovery"))
      fputs("  (recovery key)", stdout);
    puts(topo_cli_flag(device, "is_me") ? "  (this one)" : "");
  }
}

static int list_members(struct topo_cli *cli, void (*print)(const cJSON *user))
{
  char path[TOPO_CLI_PATH_SIZE];
  struct topo_cli_answer answer;
  const cJSON *user;
  int code = topo_cli_space_path(cli, path, sizeof path, "/members");
  if (code != TOPO_CLI_OK)
    return code;
  code = topo_cli_ask(cli, "GET", path, NULL, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json)
    cJSON_ArrayForEach(user, topo_cli_items(&answer)) print(user);
  topo_cli_answer_finish(&answer);
  return code;
}

int topo_cli_members(struct topo_cli *cli)
{
  return list_members(cli, print_member);
}

int topo_cli_devices(struct topo_cli *cli)
{
  return list_members(cli, print_devices);
}
