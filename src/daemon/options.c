/*
 * options.c - the command line. The paths of the data directory and of the socket are those that
 * `topo` looks at (topo_cli_socket_path).
 */
#include "daemon/options.h"

#include "base/status.h"
#include "daemon/addresses.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct parser {
  struct topo_options *out;
  const char *data, *socket;
  char *error;
};

static int refuse(char *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int refuse(char *error, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  vsnprintf(error, TOPO_OPTIONS_ERROR, format, args);
  va_end(args);
  return TOPO_EINVAL;
}

static int take_data(struct parser *p, const char *value)
{
  p->data = value;
  return *value ? 0 : refuse(p->error, "--data wants a folder");
}

static int take_socket(struct parser *p, const char *value)
{
  p->socket = value;
  return strchr(value, '/') ? 0 : refuse(p->error, "--socket wants a path with a folder in it");
}

static int take_bind(struct parser *p, const char *value)
{
  if (topo_addresses_parse(&p->out->bind, value) == 0)
    return 0;
  return refuse(p->error, "--bind wants ADDRESS:PORT, as in 192.0.2.1:7443 or [::]:7443");
}

/* The address is numeric, so that what is listened on is what was read; localhost is the one name
 * that means the same everywhere. */
static int take_listen(struct parser *p, const char *value)
{
  static const char local[] = "localhost:";
  struct topo_options *o = p->out;
  struct topo_net_address a;
  char text[TOPO_OPTIONS_ADDRESS_SIZE + sizeof "[]:65535"];
  o->listen_host[0] = '\0';
  if (strcmp(value, "none") == 0)
    return 0;
  bool named = strncmp(value, local, sizeof local - 1) == 0;
  int n = snprintf(text, sizeof text, "%s%s", named ? "127.0.0.1:" : "",
                   named ? value + sizeof local - 1 : value);
  const char *colon = strrchr(text, ':');
  if (n < 0 || (size_t)n >= sizeof text || !colon || topo_addresses_parse(&a, text) < 0)
    return refuse(p->error,
                  "--listen wants ADDRESS:PORT, as in 127.0.0.1:7444 or [::1]:7444, or none");
  bool bracketed = text[0] == '[';
  snprintf(o->listen_host, sizeof o->listen_host, "%.*s", (int)(colon - text) - 2 * bracketed,
           text + bracketed);
  o->listen_port = topo_net_address_port(&a);
  return 0;
}

static int take_shell(struct parser *p, const char *value)
{
  (void)value;
  p->out->shell = true;
  return 0;
}

static int take_advertise(struct parser *p, const char *value)
{
  struct topo_net_address a;
  if (topo_addresses_parse(&a, value) < 0 || topo_net_address_is_any(&a) ||
      topo_net_address_port(&a) == 0)
    return refuse(p->error, "--advertise wants ADDRESS:PORT where others reach this daemon");
  if (p->out->n_advertise == TOPO_NODE_ADDRESSES_MAX)
    return refuse(p->error, "at most %d addresses can be advertised", TOPO_NODE_ADDRESSES_MAX);
  p->out->advertise[p->out->n_advertise++] = topo_addresses_from_net(&a);
  return 0;
}

static int take_peers(struct parser *p, const char *value)
{
  char *end = NULL;
  long n = strtol(value, &end, 10);
  if (!*value || *end || n < TOPO_NODE_CONNS_MIN || n > TOPO_NODE_CONNS_MAX)
    return refuse(p->error, "--peers wants a number from %d to %d", TOPO_NODE_CONNS_MIN,
                  TOPO_NODE_CONNS_MAX);
  p->out->conns_max = (size_t)n;
  return 0;
}

static int take_discover(struct parser *p, const char *value)
{
  p->out->discover = strcmp(value, "yes") == 0;
  return p->out->discover || strcmp(value, "no") == 0
             ? 0
             : refuse(p->error, "--discover is one of yes, no");
}

static int take_ready_fd(struct parser *p, const char *value)
{
  char *end = NULL;
  long fd = strtol(value, &end, 10);
  if (!*value || *end || fd < 0 || fd > 1 << 20)
    return refuse(p->error, "--ready-fd wants the number of an open descriptor");
  p->out->ready_fd = (int)fd;
  return 0;
}

static int take_level(struct parser *p, const char *value)
{
  for (int level = TOPO_JOURNAL_ERROR; level <= TOPO_JOURNAL_DEBUG; level++)
    if (strcmp(value, topo_journal_level_name((enum topo_journal_level)level)) == 0) {
      p->out->level = (enum topo_journal_level)level;
      return 0;
    }
  return refuse(p->error, "--log-level is one of error, warning, info, debug");
}

static const struct {
  const char *name, *value, *help;
  int (*take)(struct parser *p, const char *value);
} table[] = {
    {"--data", "DIR", "where everything is kept ($XDG_STATE_HOME/topo or ~/.local/state/topo)",
     take_data},
    {"--bind", "ADDR:PORT", "the UDP port for peers ([::]:7443)", take_bind},
    {"--advertise", "ADDR:PORT", "where others reach this daemon; may be given several times",
     take_advertise},
    {"--discover", "yes|no", "find members on the local network, and be found there (yes)",
     take_discover},
    {"--peers", "N", "connections to peers of one workspace, at most (64)", take_peers},
    {"--listen", "ADDR:PORT",
     "the TCP port for the page and for programs, or none (127.0.0.1:7444)", take_listen},
    {"--shell", NULL, "for a program that runs topod: one line of JSON when ready; ends with input",
     take_shell},
    {"--socket", "PATH", "the socket for `topo`", take_socket},
    {"--ready-fd", "N", "write \"ready\" or one line of error there, then close it", take_ready_fd},
    {"--log-level", "LEVEL", "error, warning, info (the default) or debug", take_level},
};
enum { ROWS = sizeof table / sizeof *table };

void topo_options_help(FILE *out)
{
  fputs("usage: topod [OPTION]...\n\n", out);
  for (unsigned i = 0; i < ROWS; i++)
    fprintf(out, "  %-13s %-10s %s\n", table[i].name, table[i].value ? table[i].value : "",
            table[i].help);
  fputs("  --help, --version\n", out);
}

static int take(struct parser *p, int argc, char *const *argv, int *at)
{
  const char *name = argv[(*at)++];
  p->out->help |= strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0;
  p->out->version |= strcmp(name, "--version") == 0;
  if (p->out->help || p->out->version)
    return 0;
  for (unsigned i = 0; i < ROWS; i++)
    if (strcmp(name, table[i].name) == 0) {
      if (!table[i].value)
        return table[i].take(p, NULL);
      if (*at == argc)
        return refuse(p->error, "a value is missing after %s", name);
      return table[i].take(p, argv[(*at)++]);
    }
  return refuse(p->error, "there is no option \"%.100s\": see topod --help", name);
}

static bool format(char *out, const char *pattern, const char *dir)
{
  int n = snprintf(out, TOPO_OPTIONS_PATH, pattern, dir);
  return n > 0 && n < TOPO_OPTIONS_PATH;
}

static bool is_set(const char *text)
{
  return text && *text;
}

static int set_paths(const struct parser *p, const struct topo_options_env *env)
{
  struct topo_options *o = p->out;
  bool fits;
  if (p->data)
    fits = format(o->data_dir, "%s", p->data);
  else if (is_set(env->state_home))
    fits = format(o->data_dir, "%s/topo", env->state_home);
  else if (is_set(env->home))
    fits = format(o->data_dir, "%s/.local/state/topo", env->home);
  else
    return refuse(p->error, "there is no home directory: say where to keep data with --data DIR");
  if (p->socket)
    fits = fits && format(o->socket_path, "%s", p->socket);
  else if (!p->data && is_set(env->runtime_dir))
    fits = fits && format(o->socket_path, "%s/topo/topod.sock", env->runtime_dir);
  else
    fits = fits && format(o->socket_path, "%s/topod.sock", o->data_dir);
  return fits ? 0 : refuse(p->error, "a path is too long");
}

int topo_options_parse(struct topo_options *out, int argc, char *const *argv,
                       const struct topo_options_env *env, char *error)
{
  struct parser p = {.out = out, .error = error};
  int status = 0;
  *out = (struct topo_options){.ready_fd = -1, .level = TOPO_JOURNAL_INFO, .discover = true};
  error[0] = '\0';
  topo_net_address_parse(&out->bind, "::", TOPO_DEFAULT_PORT);
  strcpy(out->listen_host, "127.0.0.1");
  out->listen_port = TOPO_DEFAULT_HTTP_PORT;
  for (int at = 1; at < argc && status == 0 && !out->help && !out->version;)
    status = take(&p, argc, argv, &at);
  if (status < 0 || out->help || out->version)
    return status;
  return set_paths(&p, env);
}
