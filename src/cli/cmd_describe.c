/*
 * cmd_describe.c - describe: the operations that `topo api` can call, without a daemon.
 *
 * A name that is not known is answered with the nearest one that is.
 */
#include "cli/cli.h"
#include "cli/describe.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 64 };

static void list_as_json(void)
{
  fputs("{\"items\":[", stdout);
  for (const struct topo_cli_description *d = topo_cli_descriptions; d->id; d++)
    printf("%s%s", d == topo_cli_descriptions ? "" : ",", d->json);
  puts("]}");
}

static void list(void)
{
  for (const struct topo_cli_description *d = topo_cli_descriptions; d->id; d++)
    printf("%-16s %-6s %s\n%23s %s\n", d->id, d->method, d->path, "", d->summary);
}

static unsigned least(unsigned a, unsigned b)
{
  return a < b ? a : b;
}

static bool same_task(char a, char b)
{
  char x[2] = {a, '\0'}, y[2] = {b, '\0'};
  return strcasecmp(x, y) == 0;
}

/* How many letters must be put in, taken out or exchanged to make one name of the other; both have
 * at most NAME_MAX_BYTES. */
static unsigned distance(const char *a, const char *b)
{
  unsigned row[NAME_MAX_BYTES + 1];
  size_t len = strlen(b);
  for (unsigned k = 0; k <= len; k++)
    row[k] = k;
  for (unsigned i = 0; a[i]; i++) {
    unsigned corner = row[0];
    row[0] = i + 1;
    for (size_t k = 0; k < len; k++) {
      unsigned exchanged = corner + !same_task(a[i], b[k]);
      corner = row[k + 1];
      row[k + 1] = least(exchanged, least(row[k], row[k + 1]) + 1);
    }
  }
  return row[len];
}

static const char *nearest(const char *name)
{
  const char *best = NULL;
  unsigned best_distance = 0;
  for (const struct topo_cli_description *d = topo_cli_descriptions; d->id; d++) {
    unsigned n = distance(name, d->id);
    if (best && n >= best_distance)
      continue;
    best = d->id;
    best_distance = n;
  }
  return best;
}

int topo_cli_describe(struct topo_cli *cli)
{
  const char *name = cli->args.words[0];
  if (!cli->args.words_count) {
    cli->args.json ? list_as_json() : list();
    return TOPO_CLI_OK;
  }
  for (const struct topo_cli_description *d = topo_cli_descriptions; d->id; d++)
    if (strcmp(d->id, name) == 0) {
      printf("%s%s", cli->args.json ? d->json : d->text, cli->args.json ? "\n" : "");
      return TOPO_CLI_OK;
    }
  if (strlen(name) > NAME_MAX_BYTES)
    return topo_cli_error(TOPO_CLI_NOT_FOUND, "there is no such operation: see `topo describe`");
  return topo_cli_error(TOPO_CLI_NOT_FOUND,
                        "there is no operation %s; the nearest is %s: see `topo describe`", name,
                        nearest(name));
}
