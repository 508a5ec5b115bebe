/*
 * cli.h - what the commands of `topo` share: exit codes, the table's row, the context of one run.
 *
 * `topo` is an HTTP client of the daemon and nothing else: it opens no database and keeps no state.
 */
#ifndef TOPO_CLI_CLI_H
#define TOPO_CLI_CLI_H

#include "api/json.h"

#include <cjson/cJSON.h>
#include <limits.h>

/* Stable: scripts rely on them. */
enum topo_cli_exit {
  TOPO_CLI_OK = 0,
  TOPO_CLI_FAILURE = 1,
  TOPO_CLI_USAGE = 2,
  TOPO_CLI_NO_DAEMON = 3,
  TOPO_CLI_NOT_FOUND = 4,
  TOPO_CLI_DENIED = 5,
  TOPO_CLI_TIMEOUT = 6 /* it took too long, or nobody answered yet */
};

enum {
  TOPO_CLI_WORDS_MAX = 64,
  TOPO_CLI_OPTIONS = 4,
  TOPO_CLI_PATH_SIZE = 512,
  TOPO_CLI_CURSOR_SIZE = 72 /* an event cursor with its NUL */
};

struct topo_cli_option {
  const char *name;  /* with its dashes: "--user" */
  const char *value; /* what help calls its value: "NAME"; NULL: it has none */
};

struct topo_cli;

/* One row of the command table. */
struct topo_cli_command {
  const char *name; /* one word or two: "workspace create" */
  const char *args; /* as help shows them */
  const char *help; /* one line */
  unsigned words_min, words_max;
  struct topo_cli_option options[TOPO_CLI_OPTIONS]; /* up to the first NULL name */
  int (*run)(struct topo_cli *cli);                 /* an exit code */
};

/* Ends with a NULL name. */
extern const struct topo_cli_command topo_cli_commands[];

/* The command line, taken apart. Every pointer points into argv. */
struct topo_cli_args {
  const struct topo_cli_command *command; /* NULL: help or version was asked for */
  const char *words[TOPO_CLI_WORDS_MAX];
  unsigned words_count;
  const char *options[TOPO_CLI_OPTIONS]; /* in the command's order; NULL: not given */
  const char *data, *space;
  bool json, help, version;
};

struct topo_cli {
  struct topo_cli_args args;
  char socket_path[TOPO_CLI_PATH_SIZE];
  bool colour, terminal; /* of standard output */
};

/* Takes argv apart by the table `commands`, which ends with a NULL name. 0, or TOPO_EINVAL with a
 * sentence in `error`. */
int topo_cli_parse(struct topo_cli_args *args, const struct topo_cli_command *commands, int argc,
                   char *const *argv, char *error, size_t error_size);
/* The value of an option of this command, its name if it takes none, or NULL when it was not given.
 * The name must be in its row (asserted). */
const char *topo_cli_option(const struct topo_cli *cli, const char *name);
/* A whole number of an option's value, or `otherwise` when it is not given. 0 or TOPO_EINVAL. */
int topo_cli_option_number(const struct topo_cli *cli, const char *name, uint64_t otherwise,
                           uint64_t *out);
/* Where the daemon of a data directory listens. `data` NULL: the default directory, whose socket is
 * in `runtime` ($XDG_RUNTIME_DIR; NULL: in the directory itself). `state` and `home` are
 * $XDG_STATE_HOME and $HOME, or NULL. 0, TOPO_ENOTFOUND (no home), TOPO_ELIMIT. */
int topo_cli_socket_path(char *out, size_t size, const char *data, const char *runtime,
                         const char *state, const char *home);

/* Prints "topo: ..." to standard error, made safe for a terminal, and returns `code`. */
int topo_cli_error(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Handlers of the table, by topic. */
int topo_cli_start(struct topo_cli *cli);
int topo_cli_stop(struct topo_cli *cli);
int topo_cli_status(struct topo_cli *cli);
int topo_cli_logs(struct topo_cli *cli);
int topo_cli_open(struct topo_cli *cli);
int topo_cli_tokens_create(struct topo_cli *cli);
int topo_cli_tokens_list(struct topo_cli *cli);
int topo_cli_tokens_revoke(struct topo_cli *cli);
int topo_cli_workspace_create(struct topo_cli *cli);
int topo_cli_workspace_list(struct topo_cli *cli);
int topo_cli_workspace_rename(struct topo_cli *cli);
int topo_cli_rename(struct topo_cli *cli);
int topo_cli_invite(struct topo_cli *cli);
int topo_cli_join(struct topo_cli *cli);
int topo_cli_members(struct topo_cli *cli);
int topo_cli_devices(struct topo_cli *cli);
int topo_cli_channels(struct topo_cli *cli);
int topo_cli_channels_create(struct topo_cli *cli);
int topo_cli_send(struct topo_cli *cli);
int topo_cli_read(struct topo_cli *cli);
int topo_cli_tail(struct topo_cli *cli);
int topo_cli_events_tail(struct topo_cli *cli);
int topo_cli_react(struct topo_cli *cli);
int topo_cli_peers(struct topo_cli *cli);
int topo_cli_peers_add(struct topo_cli *cli);
int topo_cli_peers_forget(struct topo_cli *cli);
int topo_cli_peers_dial(struct topo_cli *cli);
int topo_cli_sync(struct topo_cli *cli);
int topo_cli_fingerprint(struct topo_cli *cli);
int topo_cli_api(struct topo_cli *cli);
int topo_cli_describe(struct topo_cli *cli);

#endif
