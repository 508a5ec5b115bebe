/* registry.c - making, finding, opening and stopping spaces. */
#include "daemon/registry.h"

#include "base/assert.h"
#include "base/status.h"
#include "node/invite.h"
#include "store/answers.h"
#include "sys/clock.h"
#include "sys/mutex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, SPACES_MAX = 1024, FIRST_ROOM = 16, RANDOM_BYTES = 16 };

struct topo_registry {
  char *dir; /* DIR/spaces */
  const struct topo_disk *disk;
  const struct topo_rng *rng;
  const struct topo_space_env *env;
  uint8_t secret[32];
  pthread_mutex_t making; /* the catalog; one space is made at a time */
  bool stopped;           /* under `making` */
  struct topo_catalog *catalog;
  pthread_mutex_t mutex; /* the list */
  struct topo_registry_entry **entries;
  size_t n, room;
  struct topo_address addresses[TOPO_NODE_ADDRESSES_MAX]; /* where others may reach the daemon */
  size_t n_addresses;
};

static int path_of(const struct topo_registry *registry, const char *file,
                   char out[static PATH_SIZE])
{
  int n = snprintf(out, PATH_SIZE, "%s/%s", registry->dir, file);
  return n > 0 && n < PATH_SIZE ? 0 : TOPO_ELIMIT;
}

static void format_hex(char *out, const uint8_t *bytes, size_t n)
{
  for (size_t i = 0; i < n; i++)
    snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* ---- the list -------------------------------------------------------------------------------- */

static int append(struct topo_registry *registry, struct topo_registry_entry *entry)
{
  int status = 0;
  pthread_mutex_lock(&registry->mutex);
  if (registry->n == registry->room) {
    size_t room = registry->room ? 2 * registry->room : FIRST_ROOM;
    struct topo_registry_entry **entries = realloc(registry->entries, room * sizeof(void *));
    if (entries) {
      registry->entries = entries;
      registry->room = room;
    } else {
      status = TOPO_ENOMEM;
    }
  }
  if (status == 0) {
    registry->entries[registry->n++] = entry;
    if (entry->space) /* while none can be told that this one would miss */
      topo_space_set_addresses(entry->space, registry->addresses, registry->n_addresses);
  }
  pthread_mutex_unlock(&registry->mutex);
  return status;
}

void topo_registry_set_addresses(struct topo_registry *registry,
                                 const struct topo_address *addresses, size_t n)
{
  topo_assert(n <= TOPO_NODE_ADDRESSES_MAX);
  pthread_mutex_lock(&registry->mutex);
  memcpy(registry->addresses, addresses, n * sizeof *addresses);
  registry->n_addresses = n;
  for (size_t i = 0; i < registry->n; i++)
    if (registry->entries[i]->space)
      topo_space_set_addresses(registry->entries[i]->space, addresses, n);
  pthread_mutex_unlock(&registry->mutex);
}

size_t topo_registry_addresses(struct topo_registry *registry,
                               struct topo_address out[static TOPO_NODE_ADDRESSES_MAX])
{
  pthread_mutex_lock(&registry->mutex);
  size_t n = registry->n_addresses;
  memcpy(out, registry->addresses, n * sizeof *out);
  pthread_mutex_unlock(&registry->mutex);
  return n;
}

size_t topo_registry_count(struct topo_registry *registry)
{
  pthread_mutex_lock(&registry->mutex);
  size_t n = registry->n;
  pthread_mutex_unlock(&registry->mutex);
  return n;
}

const struct topo_registry_entry *topo_registry_at(struct topo_registry *registry, size_t index)
{
  pthread_mutex_lock(&registry->mutex);
  topo_assert(index < registry->n);
  const struct topo_registry_entry *entry = registry->entries[index];
  pthread_mutex_unlock(&registry->mutex);
  return entry;
}

const struct topo_registry_entry *topo_registry_find(struct topo_registry *registry,
                                                     const struct topo_id *device)
{
  const struct topo_registry_entry *found = NULL;
  pthread_mutex_lock(&registry->mutex);
  for (size_t i = 0; i < registry->n && !found; i++)
    if (topo_id_equal(&registry->entries[i]->row.device, device))
      found = registry->entries[i];
  pthread_mutex_unlock(&registry->mutex);
  return found;
}

static int open_subscription(void *ctx, const struct topo_subscription_request *request,
                             struct topo_subscription **out)
{
  const struct topo_registry_entry *entry = topo_registry_find(ctx, &request->space);
  if (!entry)
    return TOPO_ENOTFOUND;
  return entry->space ? topo_space_subscribe(entry->space, request, out) : entry->status;
}

struct topo_subscription_source topo_registry_subscriptions(struct topo_registry *registry)
{
  return (struct topo_subscription_source){open_subscription, registry};
}

/* Opens a registered space and lists it, whatever came of that. */
static int open_entry(struct topo_registry *registry, const struct topo_catalog_row *row,
                      struct topo_registry_entry **out)
{
  char path[PATH_SIZE];
  struct topo_registry_entry *entry = calloc(1, sizeof *entry);
  if (!entry)
    return TOPO_ENOMEM;
  entry->row = *row;
  entry->status = path_of(registry, row->file, path);
  /* Opening would make a file that is missing. */
  if (entry->status == 0 && access(path, F_OK) < 0)
    entry->status = errno == ENOENT ? TOPO_ENOTFOUND : TOPO_EIO;
  if (entry->status == 0)
    entry->status = topo_space_open(&entry->space, registry->env, path, row->user_name);
  if (entry->status < 0)
    topo_journal_write(registry->env->journal, TOPO_JOURNAL_ERROR,
                       "the space in %s cannot be opened: %s", path,
                       topo_status_text(entry->status));
  int status = append(registry, entry);
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

static void remove_file(const struct topo_registry *registry, const char *file)
{
  static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
  for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
    char name[TOPO_CATALOG_FILE + 16], path[PATH_SIZE];
    snprintf(name, sizeof name, "%s%s", file, suffixes[i]);
    if (path_of(registry, name, path) == 0)
      registry->disk->ops->remove(registry->disk->ctx, path);
  }
}

/* Gives a finished file its name, durably. */
static int rename_file(const struct topo_registry *registry, const char *from, const char *to)
{
  char old_path[PATH_SIZE], new_path[PATH_SIZE];
  if (path_of(registry, from, old_path) < 0 || path_of(registry, to, new_path) < 0)
    return TOPO_ELIMIT;
  if (rename(old_path, new_path) < 0)
    return TOPO_EIO;
  int fd = open(registry->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return TOPO_EIO;
  int status = fsync(fd) < 0 ? TOPO_EIO : 0;
  close(fd);
  return status;
}

static int make_file(struct topo_registry *registry, const struct topo_registry_wish *wish,
                     const char *file, struct topo_catalog_row *row)
{
  char path[PATH_SIZE];
  struct topo_node *node = NULL;
  struct topo_now now = {topo_clock_monotonic_ns() / 1000000, (uint64_t)topo_clock_wall_ms()};
  struct topo_node_options o = {
      .path = path, .disk = registry->disk, .rng = *registry->rng, .ports = &no_ports};
  struct topo_node_origin origin = {wish->key, wish->request};
  struct topo_node_create create = {wish->workspace_name, wish->user_name, now, origin};
  struct topo_node_join join = {wish->invite_link, wish->user_name, now, origin};
  int status = path_of(registry, file, path);
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

static void name_file(struct topo_catalog_row *row)
{
  format_hex(row->file, row->device.bytes, sizeof row->device.bytes);
  strcat(row->file, ".db");
}

static void set_origin(struct topo_catalog_row *row, const char *key, const struct topo_id *request)
{
  snprintf(row->key, sizeof row->key, "%s", key ? key : "");
  row->request = *request;
}

static int make(struct topo_registry *registry, const struct topo_registry_wish *wish,
                struct topo_registry_entry **out)
{
  struct topo_catalog_row row = {.created_ms = 0};
  uint8_t random[RANDOM_BYTES];
  char file[TOPO_CATALOG_FILE] = "new-";
  topo_rng_fill(registry->rng, random, sizeof random);
  format_hex(file + strlen(file), random, sizeof random);
  snprintf(row.user_name, sizeof row.user_name, "%s", wish->user_name);
  int status = make_file(registry, wish, file, &row);
  if (status == 0) {
    name_file(&row);
    status = rename_file(registry, file, row.file);
  }
  if (status < 0) {
    remove_file(registry, file);
    return status;
  }
  set_origin(&row, wish->key, &wish->request);
  status = topo_catalog_add(registry->catalog, &row);
  if (status < 0) {
    remove_file(registry, row.file);
    return status;
  }
  return open_entry(registry, &row, out);
}

/* The space that this key has made, if any. A key is forgotten after a day, as those of writes are.
 */
static const struct topo_registry_entry *made_before(struct topo_registry *registry,
                                                     const char *key)
{
  uint64_t since_ms = (uint64_t)topo_clock_wall_ms() - TOPO_ANSWERS_KEPT_MS;
  const struct topo_registry_entry *found = NULL;
  pthread_mutex_lock(&registry->mutex);
  for (size_t i = 0; key && *key && i < registry->n && !found; i++)
    if (strcmp(registry->entries[i]->row.key, key) == 0 &&
        registry->entries[i]->row.created_ms > since_ms)
      found = registry->entries[i];
  pthread_mutex_unlock(&registry->mutex);
  return found;
}

/* The space that stands for us in that workspace: a second one would be a second person. */
static const struct topo_registry_entry *space_in(struct topo_registry *registry,
                                                  const struct topo_id *workspace)
{
  const struct topo_registry_entry *found = NULL;
  pthread_mutex_lock(&registry->mutex);
  for (size_t i = 0; i < registry->n && !found; i++)
    if (registry->entries[i]->space &&
        topo_id_equal(&registry->entries[i]->row.workspace, workspace))
      found = registry->entries[i];
  pthread_mutex_unlock(&registry->mutex);
  return found;
}

/* NULL when one is to be made. */
static const struct topo_registry_entry *find_answer(struct topo_registry *registry,
                                                     const struct topo_registry_wish *wish,
                                                     enum topo_registry_how *how)
{
  const struct topo_registry_entry *found = made_before(registry, wish->key);
  *how = found ? TOPO_REGISTRY_REPLAYED : TOPO_REGISTRY_MADE;
  if (!found && wish->invite_link)
    found = space_in(registry, &wish->invite_link->workspace);
  if (found && *how == TOPO_REGISTRY_MADE)
    *how = TOPO_REGISTRY_EXISTED;
  return found;
}

int topo_registry_make(struct topo_registry *registry, const struct topo_registry_wish *wish,
                       const struct topo_registry_entry **out, enum topo_registry_how *how)
{
  struct topo_registry_entry *entry = NULL;
  int status = 0;
  pthread_mutex_lock(&registry->making);
  *out = find_answer(registry, wish, how);
  if (*how == TOPO_REGISTRY_REPLAYED)
    status = topo_id_equal(&(*out)->row.request, &wish->request) ? 0 : TOPO_EMISMATCH;
  else if (*how == TOPO_REGISTRY_MADE && registry->stopped)
    status = TOPO_ECLOSED;
  else if (*how == TOPO_REGISTRY_MADE)
    status =
        topo_registry_count(registry) < SPACES_MAX ? make(registry, wish, &entry) : TOPO_ELIMIT;
  pthread_mutex_unlock(&registry->making);
  if (*how == TOPO_REGISTRY_MADE)
    *out = entry;
  return status == 0 && entry ? entry->status : status;
}

/* ---- start and end --------------------------------------------------------------------------- */

int topo_registry_open(struct topo_registry **out, const char *dir, const struct topo_disk *disk,
                       const struct topo_rng *rng)
{
  char path[PATH_SIZE];
  uint8_t fresh[32];
  struct topo_registry *registry = calloc(1, sizeof *registry);
  *out = NULL;
  if (!registry)
    return TOPO_ENOMEM;
  registry->disk = disk;
  registry->rng = rng;
  topo_mutex_init(&registry->making);
  topo_mutex_init(&registry->mutex);
  int n = snprintf(path, sizeof path, "%s/spaces", dir);
  int status = n > 0 && n < PATH_SIZE ? disk->ops->make_dir(disk->ctx, path) : TOPO_ELIMIT;
  registry->dir = strdup(path);
  if (status == 0 && !registry->dir)
    status = TOPO_ENOMEM;
  n = snprintf(path, sizeof path, "%s/node.db", dir);
  if (status == 0 && (n < 0 || n >= PATH_SIZE))
    status = TOPO_ELIMIT;
  if (status == 0)
    status = topo_catalog_open(&registry->catalog, path, disk);
  topo_rng_fill(rng, fresh, sizeof fresh);
  if (status == 0)
    status = topo_catalog_secret(registry->catalog, "net_secret", fresh, registry->secret);
  topo_wipe(fresh, sizeof fresh);
  if (status < 0) {
    topo_registry_close(registry);
    return status;
  }
  *out = registry;
  return 0;
}

const uint8_t *topo_registry_secret(const struct topo_registry *registry)
{
  return registry->secret;
}

struct topo_catalog *topo_registry_catalog(struct topo_registry *registry)
{
  return registry->catalog;
}

static int on_row(void *arg, const struct topo_catalog_row *row)
{
  struct topo_registry_entry *entry;
  return open_entry(arg, row, &entry);
}

static bool is_device_file(const char *name)
{
  size_t len = strspn(name, "0123456789abcdef");
  return len == 2 * TOPO_KEY_SIZE && strcmp(name + len, ".db") == 0;
}

static bool is_registered(struct topo_registry *registry, const char *file)
{
  for (size_t i = 0; i < registry->n; i++)
    if (strcmp(registry->entries[i]->row.file, file) == 0)
      return true;
  return false;
}

/* A finished file that a crash kept from being registered. */
static void adopt(struct topo_registry *registry, const char *file)
{
  struct topo_catalog_row row = {.created_ms = (uint64_t)topo_clock_wall_ms()};
  struct topo_registry_entry *entry;
  snprintf(row.file, sizeof row.file, "%s", file);
  if (open_entry(registry, &row, &entry) < 0)
    return;
  if (entry->space) {
    entry->row.device = *topo_space_id(entry->space);
    entry->row.workspace = *topo_space_workspace(entry->space);
    const struct topo_space_origin *origin = topo_space_origin(entry->space);
    set_origin(&entry->row, origin->key, &origin->request);
    if (topo_catalog_add(registry->catalog, &entry->row) == 0)
      topo_journal_write(registry->env->journal, TOPO_JOURNAL_WARNING,
                         "registered a space that was made before a crash: %s", file);
  }
}

static int on_file(void *arg, const char *name)
{
  struct topo_registry *registry = arg;
  char path[PATH_SIZE];
  if (strncmp(name, "new-", 4) == 0 && path_of(registry, name, path) == 0)
    registry->disk->ops->remove(registry->disk->ctx, path);
  else if (is_device_file(name) && !is_registered(registry, name))
    adopt(registry, name);
  return 0;
}

int topo_registry_start(struct topo_registry *registry, const struct topo_space_env *env)
{
  registry->env = env;
  int status = topo_catalog_list(registry->catalog, on_row, registry);
  return status < 0
             ? status
             : registry->disk->ops->list(registry->disk->ctx, registry->dir, on_file, registry);
}

void topo_registry_stop(struct topo_registry *registry)
{
  pthread_mutex_lock(&registry->making);
  registry->stopped = true;
  pthread_mutex_unlock(&registry->making);
  for (size_t i = 0; i < registry->n; i++)
    if (registry->entries[i]->space)
      topo_space_stop(registry->entries[i]->space);
}

void topo_registry_close(struct topo_registry *registry)
{
  if (!registry)
    return;
  for (size_t i = 0; i < registry->n; i++) {
    topo_space_destroy(registry->entries[i]->space);
    free(registry->entries[i]);
  }
  free(registry->entries);
  topo_catalog_close(registry->catalog);
  pthread_mutex_destroy(&registry->mutex);
  pthread_mutex_destroy(&registry->making);
  topo_wipe(registry->secret, sizeof registry->secret);
  free(registry->dir);
  free(registry);
}
