/* host.c - making, finding, opening and stopping spaces. */
#include "daemon/host.h"

#include "base/assert.h"
#include "base/status.h"
#include "store/answers.h"
#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, SPACES_MAX = 1024, PLACES = 16, RANDOM_BYTES = 16 };

struct topo_host {
  char *dir; /* DIR/spaces */
  const struct topo_disk *disk;
  const struct topo_rng *rng;
  const struct topo_space_env *env;
  uint8_t secret[32];
  pthread_mutex_t making; /* the registry; one space is made at a time */
  bool stopped;           /* under `making` */
  struct topo_registry *registry;
  pthread_mutex_t mutex; /* the list */
  struct topo_host_entry **entries;
  size_t n, room;
};

static int path_of(const struct topo_host *host, const char *file, char out[static PATH_SIZE])
{
  int n = snprintf(out, PATH_SIZE, "%s/%s", host->dir, file);
  return n > 0 && n < PATH_SIZE ? 0 : TOPO_ELIMIT;
}

static void format_hex(char *out, const uint8_t *bytes, size_t n)
{
  for (size_t i = 0; i < n; i++)
    snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* ---- the list -------------------------------------------------------------------------------- */

static int append(struct topo_host *host, struct topo_host_entry *entry)
{
  int status = 0;
  pthread_mutex_lock(&host->mutex);
  if (host->n == host->room) {
    size_t room = host->room ? 2 * host->room : PLACES;
    struct topo_host_entry **entries = realloc(host->entries, room * sizeof(void *));
    if (entries) {
      host->entries = entries;
      host->room = room;
    } else {
      status = TOPO_ENOMEM;
    }
  }
  if (status == 0)
    host->entries[host->n++] = entry;
  pthread_mutex_unlock(&host->mutex);
  return status;
}

size_t topo_host_count(struct topo_host *host)
{
  pthread_mutex_lock(&host->mutex);
  size_t n = host->n;
  pthread_mutex_unlock(&host->mutex);
  return n;
}

const struct topo_host_entry *topo_host_at(struct topo_host *host, size_t place)
{
  pthread_mutex_lock(&host->mutex);
  topo_assert(place < host->n);
  const struct topo_host_entry *entry = host->entries[place];
  pthread_mutex_unlock(&host->mutex);
  return entry;
}

const struct topo_host_entry *topo_host_find(struct topo_host *host, const struct topo_id *device)
{
  const struct topo_host_entry *found = NULL;
  pthread_mutex_lock(&host->mutex);
  for (size_t i = 0; i < host->n && !found; i++)
    if (topo_id_equal(&host->entries[i]->row.device, device))
      found = host->entries[i];
  pthread_mutex_unlock(&host->mutex);
  return found;
}

static int open_feed(void *ctx, const struct topo_feed_request *request, struct topo_feed **out)
{
  const struct topo_host_entry *entry = topo_host_find(ctx, &request->space);
  if (!entry)
    return TOPO_ENOTFOUND;
  return entry->space ? topo_space_follow(entry->space, request, out) : entry->status;
}

struct topo_feed_source topo_host_feeds(struct topo_host *host)
{
  return (struct topo_feed_source){open_feed, host};
}

/* Opens a registered space and lists it, whatever came of that. */
static int open_entry(struct topo_host *host, const struct topo_registry_row *row,
                      struct topo_host_entry **out)
{
  char path[PATH_SIZE];
  struct topo_host_entry *entry = calloc(1, sizeof *entry);
  if (!entry)
    return TOPO_ENOMEM;
  entry->row = *row;
  entry->status = path_of(host, row->file, path);
  /* Opening would make a file that is missing. */
  if (entry->status == 0 && access(path, F_OK) < 0)
    entry->status = errno == ENOENT ? TOPO_ENOTFOUND : TOPO_EIO;
  if (entry->status == 0)
    entry->status = topo_space_open(&entry->space, host->env, path, row->user_name);
  if (entry->status < 0)
    topo_journal_write(host->env->journal, TOPO_JOURNAL_ERROR,
                       "the space in %s cannot be opened: %s", path,
                       topo_status_text(entry->status));
  int status = append(host, entry);
  if (status < 0) {
    if (entry->space)
      topo_space_stop(entry->space);
    topo_space_destroy(entry->space);
    free(entry);
    return status;
  }
  *out = entry;
  return 0;
}

/* ---- making ---------------------------------------------------------------------------------- */

static void no_check(void *ctx, struct topo_work *work)
{
  (void)ctx, (void)work;
  topo_assert(false); /* nothing is received while a space is made */
}
static void no_dial(void *ctx, const struct topo_dial *dial)
{
  (void)ctx, (void)dial;
}
static void no_trust(void *ctx)
{
  (void)ctx;
}
static void no_note(void *ctx, int status, const char *text)
{
  (void)ctx, (void)status, (void)text;
}
static const struct topo_node_ports no_ports = {no_check, no_dial, no_trust, no_note, NULL};

static void remove_file(const struct topo_host *host, const char *file)
{
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    char name[TOPO_REGISTRY_FILE + 16], path[PATH_SIZE];
    snprintf(name, sizeof name, "%s%s", file, suffixes[i]);
    if (path_of(host, name, path) == 0)
      host->disk->ops->remove(host->disk->ctx, path);
  }
}

/* Gives a finished file its name, durably. */
static int rename_file(const struct topo_host *host, const char *from, const char *to)
{
  char old_path[PATH_SIZE], new_path[PATH_SIZE];
  if (path_of(host, from, old_path) < 0 || path_of(host, to, new_path) < 0)
    return TOPO_ELIMIT;
  if (rename(old_path, new_path) < 0)
    return TOPO_EIO;
  int fd = open(host->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return TOPO_EIO;
  int status = fsync(fd) < 0 ? TOPO_EIO : 0;
  close(fd);
  return status;
}

static int make_file(struct topo_host *host, const struct topo_host_wish *wish, const char *file,
                     struct topo_registry_row *row)
{
  char path[PATH_SIZE];
  struct topo_node *node = NULL;
  struct topo_now now = {topo_clock_monotonic_ns() / 1000000, (uint64_t)topo_clock_wall_ms()};
  struct topo_node_options o = {
      .path = path, .disk = host->disk, .rng = *host->rng, .ports = &no_ports};
  struct topo_node_origin origin = {wish->key, wish->request};
  struct topo_node_create create = {wish->workspace_name, wish->user_name, now, origin};
  struct topo_node_join join = {wish->link, wish->user_name, now, origin};
  int status = path_of(host, file, path);
  if (status == 0)
    status = wish->workspace_name ? topo_node_create_workspace(&node, &o, &create)
                                  : topo_node_join_workspace(&node, &o, &join);
  if (status < 0)
    return status;
  row->device = topo_node_self(node)->device.public_key;
  row->workspace = topo_node_self(node)->workspace;
  row->created_ms = now.wall_ms;
  topo_node_close(node);
  return 0;
}

static void name_file(struct topo_registry_row *row)
{
  format_hex(row->file, row->device.bytes, sizeof row->device.bytes);
  strcat(row->file, ".db");
}

static void set_origin(struct topo_registry_row *row, const char *key,
                       const struct topo_id *request)
{
  snprintf(row->key, sizeof row->key, "%s", key ? key : "");
  row->request = *request;
}

static int make(struct topo_host *host, const struct topo_host_wish *wish,
                struct topo_host_entry **out)
{
  struct topo_registry_row row = {.created_ms = 0};
  uint8_t random[RANDOM_BYTES];
  char file[TOPO_REGISTRY_FILE] = "new-";
  topo_rng_fill(host->rng, random, sizeof random);
  format_hex(file + strlen(file), random, sizeof random);
  snprintf(row.user_name, sizeof row.user_name, "%s", wish->user_name);
  int status = make_file(host, wish, file, &row);
  if (status == 0) {
    name_file(&row);
    status = rename_file(host, file, row.file);
  }
  if (status < 0) {
    remove_file(host, file);
    return status;
  }
  set_origin(&row, wish->key, &wish->request);
  status = topo_registry_add(host->registry, &row);
  if (status < 0) {
    remove_file(host, row.file);
    return status;
  }
  return open_entry(host, &row, out);
}

/* The space that this key has made, if any. A key is forgotten after a day, as those of writes are.
 */
static const struct topo_host_entry *made_before(struct topo_host *host, const char *key)
{
  uint64_t since_ms = (uint64_t)topo_clock_wall_ms() - TOPO_ANSWERS_KEPT_MS;
  const struct topo_host_entry *found = NULL;
  pthread_mutex_lock(&host->mutex);
  for (size_t i = 0; key && *key && i < host->n && !found; i++)
    if (strcmp(host->entries[i]->row.key, key) == 0 && host->entries[i]->row.created_ms > since_ms)
      found = host->entries[i];
  pthread_mutex_unlock(&host->mutex);
  return found;
}

int topo_host_make(struct topo_host *host, const struct topo_host_wish *wish,
                   const struct topo_host_entry **out, bool *replayed)
{
  struct topo_host_entry *entry = NULL;
  int status = 0;
  pthread_mutex_lock(&host->making);
  *out = made_before(host, wish->key);
  *replayed = *out != NULL;
  if (*out)
    status = topo_id_equal(&(*out)->row.request, &wish->request) ? 0 : TOPO_EMISMATCH;
  else if (host->stopped)
    status = TOPO_ECLOSED;
  else
    status = topo_host_count(host) < SPACES_MAX ? make(host, wish, &entry) : TOPO_ELIMIT;
  pthread_mutex_unlock(&host->making);
  if (!*replayed)
    *out = entry;
  return status == 0 && entry ? entry->status : status;
}

/* ---- start and end --------------------------------------------------------------------------- */

int topo_host_open(struct topo_host **out, const char *dir, const struct topo_disk *disk,
                   const struct topo_rng *rng)
{
  char path[PATH_SIZE];
  uint8_t fresh[32];
  struct topo_host *host = calloc(1, sizeof *host);
  *out = NULL;
  if (!host)
    return TOPO_ENOMEM;
  host->disk = disk;
  host->rng = rng;
  topo_assert(pthread_mutex_init(&host->making, NULL) == 0);
  topo_assert(pthread_mutex_init(&host->mutex, NULL) == 0);
  int n = snprintf(path, sizeof path, "%s/spaces", dir);
  int status = n > 0 && n < PATH_SIZE ? disk->ops->make_dir(disk->ctx, path) : TOPO_ELIMIT;
  host->dir = strdup(path);
  if (status == 0 && !host->dir)
    status = TOPO_ENOMEM;
  n = snprintf(path, sizeof path, "%s/node.db", dir);
  if (status == 0 && (n < 0 || n >= PATH_SIZE))
    status = TOPO_ELIMIT;
  if (status == 0)
    status = topo_registry_open(&host->registry, path, disk);
  topo_rng_fill(rng, fresh, sizeof fresh);
  if (status == 0)
    status = topo_registry_secret(host->registry, "net_secret", fresh, host->secret);
  topo_wipe(fresh, sizeof fresh);
  if (status < 0) {
    topo_host_close(host);
    return status;
  }
  *out = host;
  return 0;
}

const uint8_t *topo_host_secret(const struct topo_host *host)
{
  return host->secret;
}

struct topo_registry *topo_host_registry(struct topo_host *host)
{
  return host->registry;
}

static int on_row(void *arg, const struct topo_registry_row *row)
{
  struct topo_host_entry *entry;
  return open_entry(arg, row, &entry);
}

static bool is_device_file(const char *name)
{
  size_t len = strspn(name, "0123456789abcdef");
  return len == 2 * TOPO_KEY_SIZE && strcmp(name + len, ".db") == 0;
}

static bool is_registered(struct topo_host *host, const char *file)
{
  for (size_t i = 0; i < host->n; i++)
    if (strcmp(host->entries[i]->row.file, file) == 0)
      return true;
  return false;
}

/* A finished file that a crash kept from being registered. */
static void adopt(struct topo_host *host, const char *file)
{
  struct topo_registry_row row = {.created_ms = (uint64_t)topo_clock_wall_ms()};
  struct topo_host_entry *entry;
  snprintf(row.file, sizeof row.file, "%s", file);
  if (open_entry(host, &row, &entry) < 0)
    return;
  if (entry->space) {
    entry->row.device = *topo_space_id(entry->space);
    entry->row.workspace = *topo_space_workspace(entry->space);
    const struct topo_space_origin *origin = topo_space_origin(entry->space);
    set_origin(&entry->row, origin->key, &origin->request);
    if (topo_registry_add(host->registry, &entry->row) == 0)
      topo_journal_write(host->env->journal, TOPO_JOURNAL_WARNING,
                         "registered a space that was made before a crash: %s", file);
  }
}

static int on_file(void *arg, const char *name)
{
  struct topo_host *host = arg;
  char path[PATH_SIZE];
  if (strncmp(name, "new-", 4) == 0 && path_of(host, name, path) == 0)
    host->disk->ops->remove(host->disk->ctx, path);
  else if (is_device_file(name) && !is_registered(host, name))
    adopt(host, name);
  return 0;
}

int topo_host_start(struct topo_host *host, const struct topo_space_env *env)
{
  host->env = env;
  int status = topo_registry_list(host->registry, on_row, host);
  return status < 0 ? status : host->disk->ops->list(host->disk->ctx, host->dir, on_file, host);
}

void topo_host_stop(struct topo_host *host)
{
  pthread_mutex_lock(&host->making);
  host->stopped = true;
  pthread_mutex_unlock(&host->making);
  for (size_t i = 0; i < host->n; i++)
    if (host->entries[i]->space)
      topo_space_stop(host->entries[i]->space);
}

void topo_host_close(struct topo_host *host)
{
  if (!host)
    return;
  for (size_t i = 0; i < host->n; i++) {
    topo_space_destroy(host->entries[i]->space);
    free(host->entries[i]);
  }
  free(host->entries);
  topo_registry_close(host->registry);
  pthread_mutex_destroy(&host->mutex);
  pthread_mutex_destroy(&host->making);
  topo_wipe(host->secret, sizeof host->secret);
  free(host->dir);
  free(host);
}
