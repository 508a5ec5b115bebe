/*
 * args.c - the command line against the table, and where the socket is.
 *
 * Options may come anywhere before "--". A token of one dash and several letters is a word when no
 * option is called so, because short message ids may begin with a dash.
 */
#include "cli/cli.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdio.h>
#include <string.h>

struct parser {
  struct topo_cli_args *args;
  const struct topo_cli_command *commands;
  char *const *argv;
  int argc, at;
  char *error;
  size_t error_size;
};

static int refuse(struct parser *p, const char *what, const char *token)
{
  snprintf(p->error, p->error_size, "%s%s", what, token);
  return TOPO_EINVAL;
}

/* Finds the row of the longest name that the words at `p->at` spell, and steps over them. */
static int take_command(struct parser *p)
{
  const char *first = p->argv[p->at], *second = p->at + 1 < p->argc ? p->argv[p->at + 1] : "";
  char both[64];
  snprintf(both, sizeof both, "%s %s", first, second);
  for (int words = 2; words; words--)
    for (const struct topo_cli_command *c = p->commands; c->name; c++)
      if (strcmp(c->name, words == 2 ? both : first) == 0) {
        p->args->command = c;
        p->at += words;
        return 0;
      }
  return refuse(p, "there is no command ", first);
}

static int take_value(struct parser *p, const char **value)
{
  const char *name = p->argv[p->at++];
  if (p->at == p->argc)
    return refuse(p, "a value is missing after ", name);
  *value = p->argv[p->at++];
  return 0;
}

static int take_flag(struct parser *p, bool *flag)
{
  *flag = true;
  p->at++;
  return 0;
}

static int take_word(struct parser *p)
{
  if (!p->args->command && !p->args->help)
    return take_command(p);
  if (p->args->words_count == TOPO_CLI_WORDS_MAX)
    return refuse(p, "too many words: put the text in quotes", "");
  p->args->words[p->args->words_count++] = p->argv[p->at++];
  return 0;
}

/* An option of the command, the i-th of its row. */
static int take_own(struct parser *p, unsigned i)
{
  const struct topo_cli_option *option = &p->args->command->options[i];
  if (option->value)
    return take_value(p, &p->args->options[i]);
  p->args->options[i] = option->name;
  p->at++;
  return 0;
}

static int take_option(struct parser *p)
{
  const char *token = p->argv[p->at];
  if (strcmp(token, "--data") == 0)
    return take_value(p, &p->args->data);
  if (strcmp(token, "--space") == 0)
    return take_value(p, &p->args->space);
  if (strcmp(token, "--json") == 0)
    return take_flag(p, &p->args->json);
  if (strcmp(token, "--help") == 0 || strcmp(token, "-h") == 0)
    return take_flag(p, &p->args->help);
  if (strcmp(token, "--version") == 0)
    return take_flag(p, &p->args->version);
  if (p->args->command)
    for (unsigned i = 0; i < TOPO_CLI_OPTIONS && p->args->command->options[i].name; i++)
      if (strcmp(token, p->args->command->options[i].name) == 0)
        return take_own(p, i);
  if (token[1] != '-' && strlen(token) > 2)
    return take_word(p);
  return refuse(p, "unknown option (write -- before a text that begins so): ", token);
}

static int check_words(struct parser *p)
{
  const struct topo_cli_command *command = p->args->command;
  if (p->args->help || p->args->version)
    return 0;
  if (!command)
    return refuse(p, "a command is missing", "");
  if (p->args->words_count < command->words_min)
    return refuse(p, "an argument is missing: topo ", command->name);
  if (p->args->words_count > command->words_max)
    return refuse(p, "too many arguments: ", p->args->words[command->words_max]);
  return 0;
}

int topo_cli_parse(struct topo_cli_args *args, const struct topo_cli_command *commands, int argc,
                   char *const *argv, char *error, size_t error_size)
{
  struct parser p = {args, commands, argv, argc, 1, error, error_size};
  bool words_only = false;
  *args = (struct topo_cli_args){0};
  while (p.at < argc) {
    const char *token = argv[p.at];
    int status;
    if (!topo_utf8_valid((const uint8_t *)token, strlen(token)))
      return refuse(&p, "an argument is not valid UTF-8", "");
    if (!words_only && strcmp(token, "--") == 0) {
      words_only = true;
      p.at++;
      continue;
    }
    if (!words_only && token[0] == '-' && token[1])
      status = take_option(&p);
    else
      status = take_word(&p);
    if (status < 0)
      return status;
  }
  return check_words(&p);
}

const char *topo_cli_option(const struct topo_cli *cli, const char *name)
{
  const struct topo_cli_option *options = cli->args.command->options;
  unsigned i = 0;
  while (i < TOPO_CLI_OPTIONS && options[i].name && strcmp(options[i].name, name) != 0)
    i++;
  topo_assert(i < TOPO_CLI_OPTIONS && options[i].name);
  return cli->args.options[i];
}

int topo_cli_option_number(const struct topo_cli *cli, const char *name, uint64_t otherwise,
                           uint64_t *out)
{
  const char *text = topo_cli_option(cli, name);
  uint64_t number = 0;
  *out = otherwise;
  if (!text)
    return 0;
  size_t len = strlen(text);
  if (!len || len > 12)
    return TOPO_EINVAL;
  for (size_t i = 0; i < len; i++) {
    if (text[i] < '0' || text[i] > '9')
      return TOPO_EINVAL;
    number = number * 10 + (uint64_t)(text[i] - '0');
  }
  *out = number;
  return 0;
}

int topo_cli_socket_path(char *out, size_t size, const char *data, const char *runtime,
                         const char *state, const char *home)
{
  int n;
  if (data)
    n = snprintf(out, size, "%s/topod.sock", data);
  else if (runtime && *runtime)
    n = snprintf(out, size, "%s/topo/topod.sock", runtime);
  else if (state && *state)
    n = snprintf(out, size, "%s/topo/topod.sock", state);
  else if (home && *home)
    n = snprintf(out, size, "%s/.local/state/topo/topod.sock", home);
  else
    return TOPO_ENOTFOUND;
  return n < 0 || (size_t)n >= size ? TOPO_ELIMIT : 0;
}
