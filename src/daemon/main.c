/*
 * main.c - `topod`: puts the parts together, runs the network's loop in the first thread, and takes
 * the parts apart again in the order in which they depend on each other.
 */
#include "base/status.h"
#include "crypto/init.h"
#include "daemon/addresses.h"
#include "daemon/discovery.h"
#include "daemon/interface_watch.h"
#include "daemon/interfaces.h"
#include "daemon/options.h"
#include "daemon/table.h"
#include "gateway/gateway.h"
#include "node/address.h"
#include "node/reach.h"
#include "store/db.h"
#include "sys/clock.h"
#include "sys/disk.h"
#include "sys/lock.h"
#include "sys/rng.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SENTENCE = 512, DESCRIPTORS_WANTED = 16384 };

struct app {
  struct topo_options options;
  struct topo_journal *journal;
  struct topo_disk disk;
  struct topo_rng rng;
  struct topo_lock *lock;
  struct topo_loop *loop;
  struct topo_registry *registry;
  struct topo_network *network;
  struct topo_discovery *discovery;
  struct topo_pool *pool;
  struct topo_space_env env;
  struct topo_daemon daemon;
  struct topo_access *access;
  struct topo_table *table;
  struct topo_gateway *gateway;
  struct topo_interface_watch interface_watch;
  struct topo_interfaces interfaces;
  struct topo_net_address bound;
  bool addresses_told;
  char udp_address[TOPO_NET_ADDRESS_TEXT];
  char http_address[TOPO_OPTIONS_ADDRESS_SIZE + sizeof "[]:65535"]; /* empty: no TCP */
  struct topo_watch input;                                          /* standard input, of a shell */
};

/* Writes the one line that whoever started us waits for (--ready-fd), and closes the descriptor. */
static void report(struct app *app, const char *line)
{
  if (app->options.ready_fd < 0)
    return;
  dprintf(app->options.ready_fd, "%s\n", line);
  close(app->options.ready_fd);
  app->options.ready_fd = -1;
}

static int fail(struct app *app, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int fail(struct app *app, int status, const char *format, ...)
{
  char line[SENTENCE];
  va_list args;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  fprintf(stderr, "topod: %s\n", line);
  report(app, line);
  return status;
}

/* ---- start ----------------------------------------------------------------------------------- */

static int take_lock(struct app *app)
{
  const char *dir = app->options.data_dir;
  long pid = 0;
  int status = app->disk.ops->make_dir(app->disk.ctx, dir);
  if (status == 0)
    status = topo_lock_take(dir, &app->lock);
  if (status == TOPO_ELOCKED && topo_lock_owner(dir, &pid) == 0)
    return fail(app, status,
                "another daemon (process %ld) uses %s: stop it with `topo stop`, "
                "or choose another folder with --data DIR",
                pid, dir);
  if (status == TOPO_EDENIED)
    return fail(app, status,
                "%s belongs to somebody else, or others may write to it: choose another folder "
                "with --data DIR, or make it yours alone (chmod 700)",
                dir);
  if (status < 0)
    return fail(app, status, "%s: %s", dir, topo_status_text(status));
  return 0;
}

static void note_addresses(struct app *app, const struct topo_address *addresses, size_t n)
{
  char text[TOPO_JOURNAL_TEXT] = "", one[TOPO_ADDRESS_TEXT];
  size_t len = 0;
  for (size_t i = 0; i < n && len < sizeof text; i++)
    len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? ", " : "",
                            topo_address_format(&addresses[i], one));
  if (n)
    topo_journal_write(app->journal, TOPO_JOURNAL_INFO, "others reach this node at %s", text);
  else
    topo_journal_write(app->journal, TOPO_JOURNAL_WARNING, "%s", topo_reach_nowhere);
}

/* Where others may reach this node goes into every invite link that is made from now on. */
static void tell_addresses(struct app *app, const struct topo_address *addresses, size_t n)
{
  struct topo_address before[TOPO_NODE_ADDRESSES_MAX];
  size_t n_before = topo_registry_addresses(app->registry, before);
  bool same = n == n_before;
  for (size_t i = 0; i < n && same; i++)
    same = topo_address_equal(&addresses[i], &before[i]);
  if (same && app->addresses_told)
    return;
  app->addresses_told = true;
  topo_registry_set_addresses(app->registry, addresses, n);
  note_addresses(app, addresses, n);
}

/* The interfaces of this machine are read: at first, and whenever they have changed. When they
 * change while they are read, that is told, too. */
static void on_interfaces(void *arg)
{
  struct app *app = arg;
  struct topo_address found[TOPO_NODE_ADDRESSES_MAX];
  uint32_t zones[TOPO_INTERFACE_ZONES_MAX];
  if (app->discovery)
    topo_discovery_moved(app->discovery);
  int status = topo_interfaces_read(&app->interfaces, app->bound.sa.sa_family == AF_INET);
  if (status < 0) {
    topo_journal_write(app->journal, TOPO_JOURNAL_WARNING,
                       "the addresses of this machine could not be read: %s",
                       topo_status_text(status));
    return;
  }
  topo_network_set_zones(app->network, zones, topo_interfaces_zones(&app->interfaces, zones));
  if (!app->options.n_advertise)
    tell_addresses(app, found, topo_addresses_reachable(found, &app->bound, &app->interfaces));
}

static void watch_interfaces(struct app *app)
{
  int status =
      topo_interface_watch_init(&app->interface_watch, app->loop, app->journal, on_interfaces, app);
  if (status < 0)
    topo_journal_write(app->journal, TOPO_JOURNAL_WARNING,
                       "changes of this machine's addresses will not be noticed: %s",
                       topo_status_text(status));
  if (app->options.n_advertise)
    tell_addresses(app, app->options.advertise, app->options.n_advertise);
  on_interfaces(app);
}

/* On a machine without IPv6, all addresses are those of IPv4. */
static int create_network(struct app *app)
{
  struct topo_options *o = &app->options;
  struct topo_network_options no = {.bind = &o->bind,
                                    .rng = app->rng,
                                    .secret = topo_registry_secret(app->registry),
                                    .loop = app->loop,
                                    .journal = app->journal};
  int status = topo_network_create(&app->network, &no);
  if (status != TOPO_EINVAL || o->bind.sa.sa_family != AF_INET6 ||
      !topo_net_address_is_any(&o->bind))
    return status;
  topo_net_address_parse(&o->bind, "0.0.0.0", topo_net_address_port(&o->bind));
  topo_journal_write(app->journal, TOPO_JOURNAL_WARNING,
                     "this machine has no IPv6: using IPv4 alone");
  return topo_network_create(&app->network, &no);
}

static int open_port(struct app *app)
{
  struct topo_options *o = &app->options;
  int status = create_network(app);
  char text[TOPO_NET_ADDRESS_TEXT];
  topo_net_address_format(&o->bind, text);
  if (status == TOPO_EADDRINUSE)
    return fail(app, status,
                "UDP port %u is in use by another program (%s): choose another with "
                "--bind ADDR:PORT",
                (unsigned)topo_net_address_port(&o->bind), text);
  if (status == TOPO_EINVAL)
    return fail(app, status, "this machine has no address %s: choose another with --bind ADDR:PORT",
                text);
  if (status < 0)
    return fail(app, status, "cannot open UDP port %s: %s", text, topo_status_text(status));
  app->env.conns_max = o->conns_max;
  topo_network_local_address(app->network, &app->bound);
  topo_net_address_format(&app->bound, app->udp_address);
  watch_interfaces(app);
  return 0;
}

static void write_address(char *out, size_t size, const char *ip, uint16_t port)
{
  snprintf(out, size, strchr(ip, ':') ? "[%s]:%u" : "%s:%u", ip, (unsigned)port);
}

static int fail_listen(struct app *app, int status)
{
  const struct topo_options *o = &app->options;
  char text[sizeof app->http_address];
  write_address(text, sizeof text, o->listen_host, o->listen_port);
  switch (status) {
  case TOPO_EADDRINUSE:
    return fail(app, status,
                "TCP port %u is in use by another program (%s): choose another with "
                "--listen ADDR:PORT, or none with --listen none",
                (unsigned)o->listen_port, text);
  case TOPO_EINVAL:
    return fail(app, status,
                "this machine has no address %s: choose another with --listen ADDR:PORT", text);
  case TOPO_EDENIED:
    return fail(app, status,
                "TCP port %u needs a privilege: choose another with --listen ADDR:PORT",
                (unsigned)o->listen_port);
  default: return fail(app, status, "cannot listen on %s: %s", text, topo_status_text(status));
  }
}

static int fail_socket(struct app *app, int status)
{
  const char *path = app->options.socket_path;
  switch (status) {
  case TOPO_EADDRINUSE:
    return fail(app, status, "another daemon answers on %s: choose another path with --socket",
                path);
  case TOPO_EDENIED:
    return fail(app, status, "the folder of %s belongs to somebody else, or others may write to it",
                path);
  case TOPO_EINVAL:
    return fail(app, status, "%s is too long for a socket: choose a shorter path with --socket",
                path);
  default: return fail(app, status, "cannot listen on %s: %s", path, topo_status_text(status));
  }
}

/* The address as a browser on this machine can reach it: the wildcard, which means all addresses,
 * is none that can be connected to. */
static const char *reachable(const char *ip)
{
  if (strcmp(ip, "0.0.0.0") == 0)
    return "127.0.0.1";
  return strcmp(ip, "::") == 0 ? "::1" : ip;
}

/* Operations tell the address, so it is written before the first of them runs. */
static void on_listening(void *arg, uint16_t port)
{
  struct app *app = arg;
  if (port)
    write_address(app->http_address, sizeof app->http_address, reachable(app->options.listen_host),
                  port);
}

static int open_gateway(struct app *app)
{
  const struct topo_options *options = &app->options;
  bool tcp_failed = false;
  int status = TOPO_ENOMEM;
  app->table = topo_table_create(&app->daemon);
  if (!app->table)
    return fail_socket(app, status);
  struct topo_gateway_options o = {.socket_path = options->socket_path,
                                   .listen_host =
                                       *options->listen_host ? options->listen_host : NULL,
                                   .port = options->listen_port,
                                   .table = topo_table_ops(app->table),
                                   .runner = topo_table_runner(app->table),
                                   .gate = topo_access_gate(app->access),
                                   .broker = topo_registry_subscriptions(app->registry),
                                   .assets = topo_web_assets,
                                   .version = TOPO_VERSION,
                                   .tcp_failed = &tcp_failed,
                                   .listening = on_listening,
                                   .arg = app};
  app->gateway = topo_gateway_create(&o, &status);
  if (app->gateway)
    return 0;
  return tcp_failed ? fail_listen(app, status) : fail_socket(app, status);
}

static void stop(struct topo_daemon *daemon)
{
  topo_loop_stop(daemon->stop_arg);
}

static void on_signal(void *arg, int signal)
{
  struct app *app = arg;
  topo_journal_write(app->journal, TOPO_JOURNAL_INFO, "stopping: %s", strsignal(signal));
  topo_loop_stop(app->loop);
}

/* ---- a program that runs us ------------------------------------------------------------------ */

/* What the program writes is ignored. When its end of the pipe is closed, the daemon stops. */
static void on_input(struct topo_watch *watch, uint32_t events)
{
  struct app *app = (struct app *)(void *)((char *)watch - offsetof(struct app, input));
  char ignored[256];
  (void)events;
  ssize_t n = read(watch->fd, ignored, sizeof ignored);
  if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
    return;
  topo_loop_remove(app->loop, watch);
  topo_journal_write(app->journal, TOPO_JOURNAL_INFO, "stopping: the end of standard input");
  topo_loop_stop(app->loop);
}

static int watch_input(struct app *app)
{
  app->input = (struct topo_watch){.fd = STDIN_FILENO, .ready = on_input};
  if (topo_loop_add(app->loop, &app->input, EPOLLIN) < 0)
    return fail(app, TOPO_EINVAL, "--shell wants a pipe or a terminal as standard input");
  return 0;
}

static int greet_shell(struct app *app)
{
  struct topo_json json;
  char code[TOPO_CODE_TEXT_SIZE];
  uint64_t expires_ms;
  if (topo_access_code_create(app->access, code, &expires_ms) < 0)
    return fail(app, TOPO_ENOMEM, "cannot make a code for the page");
  topo_json_init(&json);
  topo_json_begin_object(&json);
  topo_json_key(&json, "v");
  topo_json_u64(&json, 1);
  topo_json_key(&json, "port");
  topo_json_u64(&json, topo_gateway_port(app->gateway));
  topo_json_key(&json, "pid");
  topo_json_u64(&json, (uint64_t)getpid());
  topo_json_string_member(&json, "build", TOPO_VERSION);
  topo_json_string_member(&json, "code", code);
  topo_json_end_object(&json);
  topo_wipe(code, sizeof code);
  struct topo_bytes text = topo_json_text(&json);
  bool told = topo_json_status(&json) == 0 &&
              printf("%.*s\n", (int)text.len, (const char *)text.data) > 0 && fflush(stdout) == 0;
  topo_json_finish(&json);
  return told ? 0 : fail(app, TOPO_EIO, "cannot write to standard output");
}

/* Every connection costs a descriptor, and the usual limit is meant for programs that select(). */
static void raise_limit(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS_WANTED)
    return;
  limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ? limit.rlim_max : DESCRIPTORS_WANTED;
  (void)setrlimit(RLIMIT_NOFILE, &limit); /* with the lower one it works as well, for fewer */
}

static int start(struct app *app)
{
  app->disk = topo_disk_os();
  app->rng = topo_rng_os();
  if (topo_journal_create(&(struct topo_journal_options){app->options.level, STDERR_FILENO},
                          &app->journal) < 0 ||
      topo_crypto_init() < 0 || topo_db_init() < 0)
    return fail(app, TOPO_ENOMEM, "cannot start: %s", topo_status_text(TOPO_ENOMEM));
  int status = take_lock(app);
  if (status < 0)
    return status;
  status = topo_registry_open(&app->registry, app->options.data_dir, &app->disk, &app->rng);
  if (status < 0)
    return fail(app, status, "%s/node.db: %s", app->options.data_dir, topo_status_text(status));
  status = topo_access_open(&app->access, topo_registry_catalog(app->registry), &app->rng,
                            app->options.data_dir);
  if (status < 0)
    return fail(app, status, "%s/admin-token: %s", app->options.data_dir, topo_status_text(status));
  status = topo_loop_create(&app->loop);
  if (status == 0)
    status = topo_loop_on_signals(app->loop, on_signal, app);
  if (status < 0)
    return fail(app, status, "cannot start: %s", topo_status_text(status));
  status = app->options.shell ? watch_input(app) : 0;
  if (status < 0)
    return status;
  status = open_port(app);
  if (status < 0)
    return status;
  status = topo_pool_create(topo_pool_threads(sysconf(_SC_NPROCESSORS_ONLN)), &app->pool);
  if (status < 0)
    return fail(app, status, "cannot start threads: %s", topo_status_text(status));
  app->env.pool = app->pool;
  app->env.network = app->network;
  app->env.journal = app->journal;
  app->env.disk = app->disk;
  app->env.rng = app->rng;
  status = topo_registry_start(app->registry, &app->env);
  if (status < 0)
    return fail(app, status, "%s: %s", app->options.data_dir, topo_status_text(status));
  if (app->options.discover)
    app->discovery = topo_discovery_create(app->network, app->loop, &app->rng, app->journal);
  app->daemon = (struct topo_daemon){.registry = app->registry,
                                     .pool = app->pool,
                                     .journal = app->journal,
                                     .access = app->access,
                                     .data_dir = app->options.data_dir,
                                     .udp_address = app->udp_address,
                                     .http_address = app->http_address,
                                     .started_ms = (uint64_t)topo_clock_wall_ms(),
                                     .stop = stop,
                                     .stop_arg = app->loop};
  return open_gateway(app);
}

/* ---- end ------------------------------------------------------------------------------------- */

/* Ends the program in this order: the gateway takes no new calls; the spaces answer the calls they
 * have and stop; the network tells the peers that the node goes away; and at last the clients'
 * connections are closed, when their answers have been written. */
static void end(struct app *app)
{
  if (app->gateway)
    topo_gateway_quiesce(app->gateway);
  if (app->registry)
    topo_registry_stop(app->registry);
  topo_interface_watch_finish(&app->interface_watch);
  topo_discovery_destroy(app->discovery);
  topo_network_destroy(app->network);
  topo_gateway_destroy(app->gateway);
  topo_pool_destroy(app->pool);
  topo_access_close(app->access);
  topo_registry_close(app->registry);
  topo_table_destroy(app->table);
  topo_loop_destroy(app->loop);
  topo_lock_release(app->lock);
  topo_journal_destroy(app->journal);
}

static int serve(struct app *app)
{
  int status = start(app);
  if (status == 0) {
    topo_journal_write(app->journal, TOPO_JOURNAL_INFO,
                       "topod " TOPO_VERSION " is ready: %s, UDP %s, %s%s", app->options.data_dir,
                       app->udp_address, *app->http_address ? "http://" : "no TCP",
                       app->http_address);
    report(app, "ready");
    status = app->options.shell ? greet_shell(app) : 0;
    if (status == 0)
      status = topo_loop_run(app->loop);
  }
  end(app);
  return status < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
  static struct app app;
  char error[TOPO_OPTIONS_ERROR];
  struct topo_options_env env = {getenv("HOME"), getenv("XDG_STATE_HOME"),
                                 getenv("XDG_RUNTIME_DIR")};
  umask(077);
  raise_limit();
  signal(SIGPIPE, SIG_IGN);
  if (topo_options_parse(&app.options, argc, argv, &env, error) < 0) {
    fail(&app, TOPO_EINVAL, "%s", error);
    return 2;
  }
  if (app.options.help || app.options.version) {
    if (app.options.help)
      topo_options_help(stdout);
    else
      puts("topod " TOPO_VERSION);
    return EXIT_SUCCESS;
  }
  return serve(&app);
}
