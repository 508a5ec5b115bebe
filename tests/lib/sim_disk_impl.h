/*
 * sim_disk_impl.h - the inside of the simulated disk, shared by its files:
 *   sim_file.c   bytes of one file: what is durable, what is only written
 *   sim_disk.c   names, directories, faults, power cuts
 *   sim_vfs.c    the sqlite3_vfs and its file methods
 *   sim_shm.c    the shared memory of WAL mode and its locks
 */
#ifndef TOPO_TESTS_SIM_DISK_IMPL_H
#define TOPO_TESTS_SIM_DISK_IMPL_H

#include "lib/sim_disk.h"

#include <sqlite3.h>

enum {
  SIM_PATH_MAX = 512,
  SIM_HISTORY = 8,      /* states of a name since it was last durable; older ones are forgotten */
  SIM_SHM_REGIONS = 256 /* of one file: 32 KiB each, enough for a WAL of a million pages */
};

struct sim_content {
  uint8_t *data;
  size_t size, cap;
};

/* A write, or a truncation to `offset` when `len` is 0, that was not synced. */
struct sim_change {
  struct sim_change *next;
  size_t offset, len;
  uint8_t data[];
};

struct sim_shm {
  unsigned refs; /* handles, dead ones too: SQLite may look at the memory until it unmaps it */
  int regions;
  uint8_t *region[SIM_SHM_REGIONS];
};

struct sim_file {
  unsigned refs; /* handles and states of names */
  struct sim_content now, durable;
  struct sim_change *changes, **changes_tail; /* what leads from `durable` to `now`, in order */
  struct sim_handle *handles;                 /* the living ones */
  struct sim_shm *shm;
};

/* A name in a directory, or a directory. */
struct sim_entry {
  struct sim_entry *next;
  bool directory;
  /* What the name stood for: first the durable state, last the present one; NULL is no file. */
  struct sim_file *states[SIM_HISTORY];
  size_t states_len; /* ≥ 1 */
  char path[];
};

struct sim_fault {
  uint64_t left; /* calls until it strikes; 0 is off */
  bool stays;
  int code;
};

struct sim_disk {
  sqlite3_vfs vfs;
  char vfs_name[32];
  struct sim_entry *entries; /* sorted by path */
  struct sim_rng rng;
  int64_t unix_ms;
  uint64_t capacity;
  bool powersafe_overwrite, power_off, lies;
  uint64_t generation; /* handles of an earlier one are dead */
  uint64_t crash_left; /* changes until the power fails; 0 is never */
  uint64_t changes, faults_struck;
  uint64_t handles_open;
  uint64_t counts[SIM_DISK_CALLS];
  struct sim_fault faults[SIM_DISK_CALLS];
};

struct sim_handle {
  sqlite3_file base;
  struct sim_disk *disk;
  struct sim_file *file;
  struct sim_handle *next; /* of the same file */
  uint64_t generation;
  int lock; /* SQLITE_LOCK_* */
  struct sim_shm *shm;
  unsigned shm_shared, shm_exclusive; /* bits of the lock slots held */
  char *delete_on_close;              /* path, or NULL */
};

/* sim_file.c. Memory that cannot fail to come, zeroed, released with free; and grown, not zeroed.
 */
void *sim_allocate(size_t size);
void *sim_grow(void *old, size_t size);
struct sim_file *sim_file_create(void); /* with no reference yet */
void sim_file_ref(struct sim_file *file);
void sim_file_unref(struct sim_file *file); /* frees at the last; NULL is fine */
void sim_file_write(struct sim_file *file, size_t offset, const void *data, size_t len);
void sim_file_truncate(struct sim_file *file, size_t size);
void sim_file_sync(struct sim_file *file);
/* Decides what a power cut leaves of the file. */
void sim_file_cut_power(struct sim_file *file, struct sim_rng *rng, bool powersafe_overwrite);
/* True when the bytes are in a present, durable or unsynced part of the file. */
bool sim_file_contains(const struct sim_file *file, const void *needle, size_t len);

/* sim_disk.c */
/* Counts a call; SQLITE_OK, the ordered failure, or SQLITE_IOERR when the power is off. */
int sim_disk_call(struct sim_disk *disk, enum sim_disk_call call);
/* Counts a change that is being made; true when the power fails at it. */
bool sim_disk_change(struct sim_disk *disk);
struct sim_entry *sim_disk_find(struct sim_disk *disk, const char *path);
/* The file that the name stands for now, or NULL. */
struct sim_file *sim_disk_lookup(struct sim_disk *disk, const char *path);
/* Gives the name a new empty file, not durable. NULL when its directory is missing. */
struct sim_file *sim_disk_make(struct sim_disk *disk, const char *path);
/* The name stands for no file any more, though not durably. */
void sim_disk_unlink(struct sim_entry *entry);
/* Makes durable what every name in the directory of `path` stands for now. */
void sim_disk_sync_directory(struct sim_disk *disk, const char *path);
/* When a name of the file is not durable, syncs its directory: a system's VFS does so at the first
 * sync of a new journal, and SQLite counts on older deletions being durable with it. */
void sim_disk_sync_names(struct sim_disk *disk, const struct sim_file *file);
/* Whether the named files may grow by `more` bytes. */
bool sim_disk_has_room(const struct sim_disk *disk, size_t more);

/* sim_vfs.c */
void sim_vfs_init(struct sim_disk *disk);

/* sim_shm.c: methods of sqlite3_io_methods. */
int sim_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **out);
int sim_shm_lock(sqlite3_file *base, int offset, int n, int flags);
void sim_shm_barrier(sqlite3_file *base);
int sim_shm_unmap(sqlite3_file *base, int delete_flag);
void sim_shm_unref(struct sim_shm *shm); /* NULL is fine */
bool sim_handle_lives(const struct sim_handle *handle);

#endif
