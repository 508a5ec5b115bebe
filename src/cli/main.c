/* main.c - `topo`: takes the command line apart, finds the socket, runs one command. */
#include "cli/cli.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void print_help(const struct topo_cli_command *only)
{
  puts("usage: topo [--data DIR] [--space SPACE] [--json] COMMAND\n");
  for (const struct topo_cli_command *c = topo_cli_commands; c->name; c++) {
    char usage[96];
    if (only && c != only)
      continue;
    snprintf(usage, sizeof usage, "%s %s", c->name, c->args);
    printf("  %-52s %s\n", usage, c->help);
  }
  puts("\nexit codes: 0 done, 1 failed, 2 usage, 3 no daemon, 4 not found, 5 denied,\n"
       "            6 timed out or nobody answered");
}

static int run(struct topo_cli *cli, int argc, char **argv)
{
  char error[256];
  if (topo_cli_parse(&cli->args, topo_cli_commands, argc, argv, error, sizeof error) < 0)
    return topo_cli_error(TOPO_CLI_USAGE, "%s (see `topo --help`)", error);
  if (cli->args.version) {
    puts("topo " TOPO_VERSION);
    return TOPO_CLI_OK;
  }
  if (cli->args.help) {
    print_help(cli->args.command);
    return TOPO_CLI_OK;
  }
  if (topo_cli_socket_path(cli->socket_path, sizeof cli->socket_path, cli->args.data,
                           getenv("XDG_RUNTIME_DIR"), getenv("XDG_STATE_HOME"), getenv("HOME")) < 0)
    return topo_cli_error(TOPO_CLI_USAGE, "there is no data directory: say it with --data DIR");
  return cli->args.command->run(cli);
}

int main(int argc, char **argv)
{
  struct topo_cli cli = {.terminal = isatty(STDOUT_FILENO)};
  cli.colour = cli.terminal && !getenv("NO_COLOR");
  curl_global_init(CURL_GLOBAL_DEFAULT);
  int code = run(&cli, argc, argv);
  curl_global_cleanup();
  /* A full disk or a closed pipe must not look like success. */
  if (fflush(stdout) != 0 && code == TOPO_CLI_OK)
    code = TOPO_CLI_FAILURE;
  return code;
}
