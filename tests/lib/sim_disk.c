/*
 * sim_disk.c - names, directories, ordered faults and power cuts of the simulated disk.
 *
 * Every name remembers what it stood for since it was last durable; a power cut picks one of these.
 */
#include "lib/sim_disk_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int sim_disk_call(struct sim_disk *disk, enum sim_disk_call call)
{
  disk->counts[call]++;
  if (disk->power_off)
    return SQLITE_IOERR;
  struct sim_fault *fault = &disk->faults[call];
  if (fault->left == 0 || --fault->left > 0)
    return SQLITE_OK;
  if (fault->stays)
    fault->left = 1;
  disk->faults_struck++;
  return fault->code;
}

bool sim_disk_change(struct sim_disk *disk)
{
  disk->changes++;
  if (disk->crash_left && --disk->crash_left == 0)
    disk->power_off = true;
  return disk->power_off;
}

/* The link that points to the first entry not before `path`. */
static struct sim_entry **position_of(struct sim_disk *disk, const char *path)
{
  struct sim_entry **at = &disk->entries;
  while (*at && strcmp((*at)->path, path) < 0)
    at = &(*at)->next;
  return at;
}

struct sim_entry *sim_disk_find(struct sim_disk *disk, const char *path)
{
  struct sim_entry *e = *position_of(disk, path);
  return e && strcmp(e->path, path) == 0 ? e : NULL;
}

static struct sim_file *file_of(const struct sim_entry *e)
{
  return e->states[e->states_len - 1];
}

struct sim_file *sim_disk_lookup(struct sim_disk *disk, const char *path)
{
  struct sim_entry *e = sim_disk_find(disk, path);
  return e && !e->directory ? file_of(e) : NULL;
}

/* Inserts an entry that stands for no file. */
static struct sim_entry *insert(struct sim_disk *disk, const char *path, bool directory)
{
  struct sim_entry **at = position_of(disk, path);
  size_t len = strlen(path) + 1;
  struct sim_entry *e = sim_allocate(sizeof *e + len);
  memcpy(e->path, path, len);
  e->directory = directory;
  e->states_len = 1;
  e->next = *at;
  *at = e;
  return e;
}

/* The directory that a path lies in: "" for a bare name, "/" for a child of the root. */
static void parent_of(const char *path, char out[SIM_PATH_MAX])
{
  const char *slash = strrchr(path, '/');
  size_t len = slash ? (size_t)(slash - path) : 0;
  if (slash == path)
    len = 1;
  topo_assert(len < SIM_PATH_MAX);
  memcpy(out, path, len);
  out[len] = 0;
}

static bool is_directory(struct sim_disk *disk, const char *path)
{
  struct sim_entry *e = sim_disk_find(disk, path);
  return e && e->directory;
}

static void add_state(struct sim_entry *e, struct sim_file *file)
{
  if (file)
    sim_file_ref(file);
  if (e->states_len == SIM_HISTORY) {
    sim_file_unref(e->states[1]);
    memmove(&e->states[1], &e->states[2], (SIM_HISTORY - 2) * sizeof e->states[0]);
    e->states_len--;
  }
  e->states[e->states_len++] = file;
}

/* Makes state i the only one. */
static void choose_state(struct sim_entry *e, size_t chosen)
{
  struct sim_file *file = e->states[chosen];
  for (size_t i = 0; i < e->states_len; i++)
    if (i != chosen)
      sim_file_unref(e->states[i]);
  e->states[0] = file;
  e->states_len = 1;
}

struct sim_file *sim_disk_make(struct sim_disk *disk, const char *path)
{
  char parent[SIM_PATH_MAX];
  parent_of(path, parent);
  struct sim_entry *e = sim_disk_find(disk, path);
  if (!is_directory(disk, parent) || (e && e->directory))
    return NULL;
  struct sim_file *file = sim_file_create();
  add_state(e ? e : insert(disk, path, false), file);
  return file;
}

void sim_disk_unlink(struct sim_entry *entry)
{
  add_state(entry, NULL);
}

void sim_disk_sync_directory(struct sim_disk *disk, const char *path)
{
  char wanted[SIM_PATH_MAX], parent[SIM_PATH_MAX];
  parent_of(path, wanted);
  for (struct sim_entry *e = disk->entries; e; e = e->next) {
    parent_of(e->path, parent);
    if (strcmp(parent, wanted) == 0)
      choose_state(e, e->states_len - 1);
  }
}

void sim_disk_sync_names(struct sim_disk *disk, const struct sim_file *file)
{
  for (struct sim_entry *e = disk->entries; e; e = e->next)
    if (!e->directory && file_of(e) == file && e->states_len > 1)
      sim_disk_sync_directory(disk, e->path);
}

bool sim_disk_has_room(const struct sim_disk *disk, size_t more)
{
  if (disk->capacity == 0)
    return true;
  uint64_t used = 0;
  for (const struct sim_entry *e = disk->entries; e; e = e->next)
    if (!e->directory && file_of(e))
      used += file_of(e)->now.size;
  return used + more <= disk->capacity;
}

static int port_status(int code)
{
  switch (code & 0xff) {
  case SQLITE_OK: return TOPO_OK;
  case SQLITE_FULL: return TOPO_EDISKFULL;
  default: return TOPO_EIO;
  }
}

static int port_make_dir(void *ctx, const char *path)
{
  struct sim_disk *disk = ctx;
  char part[SIM_PATH_MAX];
  if (disk->power_off)
    return TOPO_EIO;
  size_t len = strlen(path);
  topo_assert(len < sizeof part);
  for (size_t i = 1; i <= len; i++) {
    if ((path[i] != '/' && path[i] != 0) || path[i - 1] == '/')
      continue;
    memcpy(part, path, i);
    part[i] = 0;
    struct sim_entry *e = sim_disk_find(disk, part);
    if (e && !e->directory && file_of(e))
      return TOPO_EIO;
    if (!e)
      insert(disk, part, true);
  }
  return TOPO_OK;
}

static int port_list(void *ctx, const char *path, int (*each)(void *arg, const char *name),
                     void *arg)
{
  struct sim_disk *disk = ctx;
  if (disk->power_off)
    return TOPO_EIO;
  if (!is_directory(disk, path))
    return TOPO_ENOTFOUND;
  for (struct sim_entry *e = disk->entries, *next; e; e = next) {
    /* Entries are never removed, so `each` may delete files while it is told of them. */
    next = e->next;
    char parent[SIM_PATH_MAX];
    parent_of(e->path, parent);
    const char *slash = strrchr(e->path, '/');
    const char *name = slash ? slash + 1 : e->path;
    if (*name == 0 || strcmp(parent, path) != 0 || (!e->directory && !file_of(e)))
      continue;
    int r = each(arg, name);
    if (r != 0)
      return r;
  }
  return TOPO_OK;
}

static int port_remove(void *ctx, const char *path)
{
  struct sim_disk *disk = ctx;
  int code = sim_disk_call(disk, SIM_DISK_DELETE);
  if (code != SQLITE_OK)
    return port_status(code);
  struct sim_entry *e = sim_disk_find(disk, path);
  if (e && e->directory)
    return TOPO_EIO;
  if (!e)
    return TOPO_OK;
  if (file_of(e))
    sim_disk_unlink(e);
  if (sim_disk_change(disk))
    return TOPO_EIO;
  sim_disk_sync_directory(disk, path);
  return TOPO_OK;
}

static const struct topo_disk_ops port_ops = {
    .make_dir = port_make_dir, .list = port_list, .remove = port_remove};

struct topo_disk sim_disk_port(struct sim_disk *disk)
{
  return (struct topo_disk){.ops = &port_ops, .ctx = disk, .vfs = disk->vfs_name};
}

struct sim_disk *sim_disk_create(const struct sim_disk_options *options)
{
  static unsigned serial;
  struct sim_disk *disk = sim_allocate(sizeof *disk);
  if (options) {
    disk->capacity = options->capacity;
    disk->powersafe_overwrite = options->powersafe_overwrite;
  }
  sim_rng_init(&disk->rng, options ? options->seed : 0);
  snprintf(disk->vfs_name, sizeof disk->vfs_name, "sim-%u", ++serial);
  insert(disk, "", true);
  insert(disk, "/", true);
  sim_vfs_init(disk);
  topo_assert(sqlite3_vfs_register(&disk->vfs, 0) == SQLITE_OK);
  return disk;
}

void sim_disk_destroy(struct sim_disk *disk)
{
  if (!disk)
    return;
  topo_assert(disk->handles_open == 0);
  sqlite3_vfs_unregister(&disk->vfs);
  for (struct sim_entry *e = disk->entries, *next; e; e = next) {
    next = e->next;
    for (size_t i = 0; i < e->states_len; i++)
      sim_file_unref(e->states[i]);
    free(e);
  }
  free(disk);
}

void sim_disk_set_time(struct sim_disk *disk, int64_t unix_ms)
{
  disk->unix_ms = unix_ms;
}

void sim_disk_set_capacity(struct sim_disk *disk, uint64_t capacity)
{
  disk->capacity = capacity;
}

void sim_disk_power_off(struct sim_disk *disk)
{
  disk->power_off = true;
}

bool sim_disk_powered_off(const struct sim_disk *disk)
{
  return disk->power_off;
}

void sim_disk_lie(struct sim_disk *disk)
{
  disk->lies = true;
}

void sim_disk_crash_at_change(struct sim_disk *disk, uint64_t n)
{
  disk->crash_left = n;
}

/* The handles of a file are dead: it forgets them with their locks and its shared memory. */
static void bury_handles(struct sim_file *file)
{
  for (struct sim_handle *h = file->handles, *next; h; h = next) {
    next = h->next;
    h->next = NULL;
  }
  file->handles = NULL;
  sim_shm_unref(file->shm);
  file->shm = NULL;
}

void sim_disk_kill(struct sim_disk *disk)
{
  for (struct sim_entry *e = disk->entries; e; e = e->next)
    for (size_t i = 0; i < e->states_len; i++)
      if (e->states[i])
        bury_handles(e->states[i]);
  disk->generation++;
  disk->power_off = false;
  disk->crash_left = 0;
  sim_disk_heal(disk);
}

void sim_disk_crash(struct sim_disk *disk, struct sim_rng *rng)
{
  sim_disk_kill(disk);
  for (struct sim_entry *e = disk->entries; e; e = e->next) {
    choose_state(e, (size_t)sim_rng_below(rng, e->states_len));
    if (!e->directory && file_of(e))
      sim_file_cut_power(file_of(e), rng, disk->powersafe_overwrite);
  }
}

static void order_fault(struct sim_disk *disk, enum sim_disk_call call, struct sim_fault fault)
{
  topo_assert(call < SIM_DISK_CALLS && fault.left > 0 && fault.code != SQLITE_OK);
  disk->faults[call] = fault;
}

void sim_disk_fail_once(struct sim_disk *disk, enum sim_disk_call call, uint64_t n, int code)
{
  order_fault(disk, call, (struct sim_fault){.left = n, .stays = false, .code = code});
}

void sim_disk_fail_from(struct sim_disk *disk, enum sim_disk_call call, uint64_t n, int code)
{
  order_fault(disk, call, (struct sim_fault){.left = n, .stays = true, .code = code});
}

void sim_disk_heal(struct sim_disk *disk)
{
  memset(disk->faults, 0, sizeof disk->faults);
}

uint64_t sim_disk_count(const struct sim_disk *disk, enum sim_disk_call call)
{
  topo_assert(call < SIM_DISK_CALLS);
  return disk->counts[call];
}

uint64_t sim_disk_changes(const struct sim_disk *disk)
{
  return disk->changes;
}

uint64_t sim_disk_faults(const struct sim_disk *disk)
{
  return disk->faults_struck;
}

const uint8_t *sim_disk_peek(struct sim_disk *disk, const char *path, size_t *len)
{
  struct sim_file *file = sim_disk_lookup(disk, path);
  *len = file ? file->now.size : 0;
  if (!file)
    return NULL;
  return file->now.data ? file->now.data : (const uint8_t *)"";
}

void sim_disk_plant(struct sim_disk *disk, const char *path, const void *data, size_t len)
{
  struct sim_file *file = sim_disk_lookup(disk, path);
  if (!file)
    file = sim_disk_make(disk, path);
  topo_assert(file != NULL);
  sim_file_truncate(file, 0);
  sim_file_write(file, 0, data, len);
  sim_file_sync(file);
  sim_disk_sync_names(disk, file);
}

bool sim_disk_contains(struct sim_disk *disk, const void *needle, size_t len)
{
  topo_assert(len > 0);
  for (struct sim_entry *e = disk->entries; e; e = e->next)
    for (size_t i = 0; i < e->states_len; i++)
      if (e->states[i] && sim_file_contains(e->states[i], needle, len))
        return true;
  return false;
}

static uint64_t fnv(uint64_t hash, const void *data, size_t len)
{
  const uint8_t *at = data;
  for (size_t i = 0; i < len; i++)
    hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
  return hash;
}

uint64_t sim_disk_fingerprint(struct sim_disk *disk)
{
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (struct sim_entry *e = disk->entries; e; e = e->next) {
    const struct sim_file *file = e->directory ? NULL : file_of(e);
    if (!e->directory && !file)
      continue;
    uint64_t size = file ? file->now.size : UINT64_MAX;
    hash = fnv(hash, e->path, strlen(e->path) + 1);
    hash = fnv(hash, &size, sizeof size);
    if (file)
      hash = fnv(hash, file->now.data, file->now.size);
  }
  return hash;
}

void sim_disk_seed_sqlite(uint64_t seed)
{
  /* A seed of 0 would mean "ask the VFS". */
  int folded = (int)((seed ^ (seed >> 32)) & 0x7fffffff);
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, folded ? folded : 1, (sqlite3 *)NULL);
}
