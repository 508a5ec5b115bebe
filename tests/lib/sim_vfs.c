/*
 * sim_vfs.c - the sqlite3_vfs over the simulated disk: handles, file locks, and the answers SQLite
 * asks of a system. Locks follow SQLite's five levels between the connections of one process.
 */
#include "lib/sim_disk_impl.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

static struct sim_handle *handle_of(sqlite3_file *base)
{
  return (struct sim_handle *)base;
}

bool sim_handle_lives(const struct sim_handle *h)
{
  return h->generation == h->disk->generation && !h->disk->power_off;
}

/* Counts a call on a handle and says whether it may go on. */
static int enter(struct sim_handle *h, enum sim_disk_call call)
{
  int code = sim_disk_call(h->disk, call);
  return code == SQLITE_OK && !sim_handle_lives(h) ? SQLITE_IOERR : code;
}

static int file_close(sqlite3_file *base)
{
  struct sim_handle *h = handle_of(base);
  sim_shm_unmap(base, 0);
  for (struct sim_handle **at = &h->file->handles; *at; at = &(*at)->next)
    if (*at == h) {
      *at = h->next;
      break;
    }
  struct sim_entry *e =
      h->delete_on_close && sim_handle_lives(h) ? sim_disk_find(h->disk, h->delete_on_close) : NULL;
  if (e && e->states[e->states_len - 1] == h->file)
    sim_disk_unlink(e);
  free(h->delete_on_close);
  sim_file_unref(h->file);
  h->disk->handles_open--;
  return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *out, int amount, sqlite3_int64 offset)
{
  struct sim_handle *h = handle_of(base);
  int code = enter(h, SIM_DISK_READ);
  if (code != SQLITE_OK)
    return code;
  const struct sim_content *c = &h->file->now;
  size_t at = (size_t)offset, want = (size_t)amount;
  size_t have = at < c->size ? c->size - at : 0;
  if (have > want)
    have = want;
  if (have)
    memcpy(out, c->data + at, have);
  if (have == want)
    return SQLITE_OK;
  memset((uint8_t *)out + have, 0, want - have);
  return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int amount, sqlite3_int64 offset)
{
  struct sim_handle *h = handle_of(base);
  int code = enter(h, SIM_DISK_WRITE);
  if (code != SQLITE_OK)
    return code;
  size_t end = (size_t)offset + (size_t)amount;
  if (end > h->file->now.size && !sim_disk_has_room(h->disk, end - h->file->now.size))
    return SQLITE_FULL;
  sim_file_write(h->file, (size_t)offset, data, (size_t)amount);
  return sim_disk_change(h->disk) ? SQLITE_IOERR : SQLITE_OK;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
  struct sim_handle *h = handle_of(base);
  int code = enter(h, SIM_DISK_TRUNCATE);
  if (code != SQLITE_OK)
    return code;
  sim_file_truncate(h->file, (size_t)size);
  return sim_disk_change(h->disk) ? SQLITE_IOERR : SQLITE_OK;
}

static int file_sync(sqlite3_file *base, int flags)
{
  struct sim_handle *h = handle_of(base);
  (void)flags;
  int code = enter(h, SIM_DISK_SYNC);
  if (code != SQLITE_OK)
    return code;
  if (sim_disk_change(h->disk))
    return SQLITE_IOERR;
  if (h->disk->lies)
    return SQLITE_OK;
  sim_file_sync(h->file);
  sim_disk_sync_names(h->disk, h->file);
  return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out)
{
  struct sim_handle *h = handle_of(base);
  if (!sim_handle_lives(h))
    return SQLITE_IOERR;
  *out = (sqlite3_int64)h->file->now.size;
  return SQLITE_OK;
}

/* The highest lock that another handle holds on the file. */
static int others_lock(const struct sim_handle *h)
{
  int highest = SQLITE_LOCK_NONE;
  for (const struct sim_handle *o = h->file->handles; o; o = o->next)
    if (o != h && o->lock > highest)
      highest = o->lock;
  return highest;
}

static int file_lock(sqlite3_file *base, int level)
{
  struct sim_handle *h = handle_of(base);
  if (!sim_handle_lives(h))
    return SQLITE_IOERR;
  if (h->lock >= level)
    return SQLITE_OK;
  int others = others_lock(h);
  if (level == SQLITE_LOCK_SHARED) {
    /* A pending writer lets present readers finish and takes no new ones. */
    if (others >= SQLITE_LOCK_PENDING)
      return SQLITE_BUSY;
    h->lock = level;
    return SQLITE_OK;
  }
  if (others >= SQLITE_LOCK_RESERVED)
    return SQLITE_BUSY;
  if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
    h->lock = SQLITE_LOCK_PENDING;
    return SQLITE_BUSY;
  }
  h->lock = level;
  return SQLITE_OK;
}

static int file_unlock(sqlite3_file *base, int level)
{
  struct sim_handle *h = handle_of(base);
  if (!sim_handle_lives(h))
    return SQLITE_IOERR;
  if (h->lock > level)
    h->lock = level;
  return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *base, int *out)
{
  struct sim_handle *h = handle_of(base);
  *out = 0;
  if (!sim_handle_lives(h))
    return SQLITE_IOERR;
  *out = h->lock >= SQLITE_LOCK_RESERVED || others_lock(h) >= SQLITE_LOCK_RESERVED;
  return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int op, void *arg)
{
  (void)base, (void)op, (void)arg;
  return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *base)
{
  (void)base;
  return SIM_SECTOR;
}

static int file_characteristics(sqlite3_file *base)
{
  return handle_of(base)->disk->powersafe_overwrite ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = sim_shm_map,
    .xShmLock = sim_shm_lock,
    .xShmBarrier = sim_shm_barrier,
    .xShmUnmap = sim_shm_unmap,
};

static struct sim_disk *disk_of(sqlite3_vfs *vfs)
{
  return vfs->pAppData;
}

/* Finds or makes the file; SQLITE_CANTOPEN when it may not be made, or is not there. */
static int find_or_make(struct sim_disk *disk, const char *path, int flags, struct sim_file **out)
{
  *out = path ? sim_disk_lookup(disk, path) : sim_file_create();
  if (*out)
    return path && (flags & SQLITE_OPEN_EXCLUSIVE) ? SQLITE_CANTOPEN : SQLITE_OK;
  if (!(flags & SQLITE_OPEN_CREATE))
    return SQLITE_CANTOPEN;
  *out = sim_disk_make(disk, path);
  if (!*out)
    return SQLITE_CANTOPEN;
  return sim_disk_change(disk) ? SQLITE_IOERR : SQLITE_OK;
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags,
                    int *out_flags)
{
  struct sim_disk *disk = disk_of(vfs);
  struct sim_handle *h = handle_of(base);
  struct sim_file *file = NULL;
  memset(h, 0, sizeof *h); /* no methods: SQLite does not close what did not open */
  int code = sim_disk_call(disk, SIM_DISK_OPEN);
  if (code == SQLITE_OK)
    code = find_or_make(disk, path, flags, &file);
  if (code != SQLITE_OK)
    return code;
  if (path && (flags & SQLITE_OPEN_DELETEONCLOSE))
    h->delete_on_close = strcpy(sim_allocate(strlen(path) + 1), path);
  h->base.pMethods = &file_methods;
  h->disk = disk;
  h->file = file;
  sim_file_ref(file);
  h->generation = disk->generation;
  h->next = file->handles;
  file->handles = h;
  disk->handles_open++;
  if (out_flags)
    *out_flags = flags;
  return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_dir)
{
  struct sim_disk *disk = disk_of(vfs);
  int code = sim_disk_call(disk, SIM_DISK_DELETE);
  if (code != SQLITE_OK)
    return code;
  if (!sim_disk_lookup(disk, path))
    return SQLITE_IOERR_DELETE_NOENT;
  struct sim_entry *e = sim_disk_find(disk, path);
  sim_disk_unlink(e);
  if (sim_disk_change(disk))
    return SQLITE_IOERR;
  if (sync_dir)
    sim_disk_sync_directory(disk, path);
  return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
  struct sim_disk *disk = disk_of(vfs);
  *out = 0;
  if (disk->power_off)
    return SQLITE_IOERR_ACCESS;
  const struct sim_file *file = sim_disk_lookup(disk, path);
  /* As in SQLite's own VFS, an empty journal does not exist. */
  *out = file && (flags != SQLITE_ACCESS_EXISTS || file->now.size > 0);
  return SQLITE_OK;
}

static int vfs_full_pathname(sqlite3_vfs *vfs, const char *path, int out_size, char *out)
{
  (void)vfs;
  size_t len = strlen(path);
  if (len >= (size_t)out_size)
    return SQLITE_CANTOPEN;
  memcpy(out, path, len + 1);
  return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int len, char *out)
{
  sim_rng_fill(&disk_of(vfs)->rng, out, (size_t)len);
  return len;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
  (void)vfs;
  return microseconds;
}

static int vfs_current_time_int64(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
  /* Milliseconds since the Julian epoch, noon of 24 November 4714 BC. */
  *out = disk_of(vfs)->unix_ms + INT64_C(210866760000000);
  return SQLITE_OK;
}

static int vfs_current_time(sqlite3_vfs *vfs, double *out)
{
  sqlite3_int64 ms;
  vfs_current_time_int64(vfs, &ms);
  *out = (double)ms / 86400000.0;
  return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *vfs, int len, char *out)
{
  (void)vfs, (void)len, (void)out;
  return 0;
}

void sim_vfs_init(struct sim_disk *disk)
{
  disk->vfs = (sqlite3_vfs){
      .iVersion = 2,
      .szOsFile = (int)sizeof(struct sim_handle),
      .mxPathname = SIM_PATH_MAX - 1,
      .zName = disk->vfs_name,
      .pAppData = disk,
      .xOpen = vfs_open,
      .xDelete = vfs_delete,
      .xAccess = vfs_access,
      .xFullPathname = vfs_full_pathname,
      .xRandomness = vfs_randomness,
      .xSleep = vfs_sleep,
      .xCurrentTime = vfs_current_time,
      .xGetLastError = vfs_last_error,
      .xCurrentTimeInt64 = vfs_current_time_int64,
  };
}
