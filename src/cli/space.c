/* space.c - which space a command means. */
#include "cli/client.h"
#include "cli/text.h"

#include <stdarg.h>
#include <string.h>

static bool is_named(const cJSON *item, const char *wanted)
{
  const char *id = topo_cli_text(item, "space");
  return strcmp(topo_cli_text(item, "name"), wanted) == 0 ||
         (topo_cli_is_id_prefix(wanted) && strncmp(id, wanted, strlen(wanted)) == 0);
}

static int name_them(const cJSON *items, const char *why)
{
  topo_cli_error(0, "%s: say which with --space", why);
  const cJSON *item;
  cJSON_ArrayForEach(item, items)
  {
    fprintf(stderr, "  %.8s  ", topo_cli_id(item, "space"));
    topo_cli_print(stderr, topo_cli_text(item, "name"), TOPO_CLI_LINE);
    fputc('\n', stderr);
  }
  return TOPO_CLI_USAGE;
}

static int choose(const char *wanted, const cJSON *items, char *id, size_t size)
{
  const cJSON *item, *found = NULL;
  unsigned count = 0;
  if (cJSON_GetArraySize(items) == 0)
    return topo_cli_error(
        TOPO_CLI_NOT_FOUND,
        "there is no workspace here yet: run `topo workspace create` or `topo join`");
  cJSON_ArrayForEach(item, items)
  {
    if (wanted && !is_named(item, wanted))
      continue;
    found = item;
    count++;
  }
  if (!count) {
    topo_cli_error(0, "no space is called \"%s\": see `topo workspace list`", wanted);
    return TOPO_CLI_NOT_FOUND;
  }
  if (count > 1)
    return name_them(items, wanted ? "several spaces fit that" : "there are several spaces");
  /* The id becomes part of a path, so what is no id must not be used, whatever the daemon
   * answered. */
  const char *space = topo_cli_text(found, "space");
  if (!topo_cli_is_id_prefix(space) || strlen(space) >= size)
    return topo_cli_error(TOPO_CLI_FAILURE, "the daemon named a space that is no id");
  memcpy(id, space, strlen(space) + 1);
  return TOPO_CLI_OK;
}

int topo_cli_space(struct topo_cli *cli, char *id, size_t size)
{
  struct topo_cli_answer answer;
  int code = topo_cli_ask_quietly(cli, "GET", "/v1/spaces", NULL, 0, &answer);
  if (code == TOPO_CLI_OK)
    code = choose(cli->args.space, topo_cli_items(&answer), id, size);
  else
    topo_cli_explain(cli, &answer);
  topo_cli_answer_finish(&answer);
  return code;
}

int topo_cli_space_path(struct topo_cli *cli, char *out, size_t size, const char *format, ...)
{
  char id[64];
  int code = topo_cli_space(cli, id, sizeof id);
  if (code != TOPO_CLI_OK)
    return code;
  int n = snprintf(out, size, "/v1/spaces/%s", id);
  va_list args;
  va_start(args, format);
  n += vsnprintf(out + n, size - (size_t)n, format, args);
  va_end(args);
  return (size_t)n < size ? TOPO_CLI_OK : topo_cli_error(TOPO_CLI_USAGE, "an argument is too long");
}
