/* cmd_net.c - sync, fingerprint, and any operation raw. */
#include "cli/client.h"
#include "cli/input.h"
#include "cli/text.h"

#include "api/op.h"

#include <string.h>

static int ask_space(struct topo_cli *cli, const char *rest, struct topo_cli_answer *answer)
{
  char path[TOPO_CLI_PATH_SIZE];
  *answer = (struct topo_cli_answer){0};
  int code = topo_cli_space_path(cli, path, sizeof path, "%s", rest);
  return code == TOPO_CLI_OK ? topo_cli_ask(cli, "GET", path, NULL, answer) : code;
}

int topo_cli_sync(struct topo_cli *cli)
{
  struct topo_cli_answer answer;
  int code = ask_space(cli, "/sync", &answer);
  if (code == TOPO_CLI_OK && !cli->args.json) {
    const char *detail = topo_cli_text(answer.tree, "detail");
    topo_cli_print(stdout, topo_cli_text(answer.tree, "state"), TOPO_CLI_LINE);
    printf(": %lld events, %lld waiting, %lld wanted, %lld peers",
           (long long)topo_cli_number(answer.tree, "events"),
           (long long)topo_cli_number(answer.tree, "held"),
           (long long)topo_cli_number(answer.tree, "wanted"),
           (long long)topo_cli_number(answer.tree, "peers"));
    fputs(*detail ? " - " : "", stdout);
    topo_cli_print(stdout, detail, TOPO_CLI_LINE);
    putchar('\n');
  }
  topo_cli_answer_finish(&answer);
  return code;
}

int topo_cli_fingerprint(struct topo_cli *cli)
{
  struct topo_cli_answer answer;
  int code = ask_space(cli, "/fingerprint", &answer);
  if (code == TOPO_CLI_OK && !cli->args.json) {
    topo_cli_print(stdout, topo_cli_text(answer.tree, "fingerprint"), TOPO_CLI_LINE);
    printf("  %lld events\n", (long long)topo_cli_number(answer.tree, "events"));
  }
  topo_cli_answer_finish(&answer);
  return code;
}

static bool is_method(const char *text)
{
  size_t len = strlen(text);
  return len && len < 16 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}

int topo_cli_api(struct topo_cli *cli)
{
  const char *method = cli->args.words[0], *path = cli->args.words[1];
  const char *text = topo_cli_option(cli, "-d");
  struct topo_buf input = {0};
  struct topo_cli_answer answer;
  if (!is_method(method) || path[0] != '/' || strpbrk(path, " \r\n\t"))
    return topo_cli_error(TOPO_CLI_USAGE, "as in `topo api GET /v1/status`");
  size_t len = text ? strlen(text) : 0;
  if (text && strcmp(text, "-") == 0) {
    if (topo_cli_read_all(&input, TOPO_OP_BODY_MAX) < 0)
      return topo_cli_error(TOPO_CLI_USAGE, "standard input holds no JSON text");
    text = input.data ? (const char *)input.data : "";
    len = input.len;
  }
  topo_cli_ask_quietly(cli, method, path, text, len, &answer);
  topo_cli_print_body(cli, &answer);
  /* A refusal's document was printed; without one there is something to explain. */
  if (answer.code != TOPO_CLI_OK && !answer.tree)
    topo_cli_explain(cli, &answer);
  int code = answer.code;
  topo_cli_answer_finish(&answer);
  topo_buf_wipe(&input);
  return code;
}
