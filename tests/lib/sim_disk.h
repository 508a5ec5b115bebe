/*
 * sim_disk.h - a file system in memory, behind port/disk and a sqlite3_vfs of its own, that
 * forgets.
 *
 * What a disk may do at a power cut, and does here under a seed:
 *   - a write since the file's last sync is kept, dropped, or torn: some of its 512-byte sectors
 * are new, some old, and one may hold half of each, or garbage. Each write fares on its own, so
 * later ones may survive earlier ones. Without `powersafe_overwrite`, garbage spoils the whole
 * sector, also the bytes around the write;
 *   - a truncation since the last sync is kept or dropped;
 *   - a file created and not synced may be missing, one that was deleted may be back with whatever
 * of its contents survived. The first sync of a new file and a deletion that asks for it sync the
 *     directory, and with it all its names, as SQLite's VFS for Unix does;
 *   - shared memory (the index of the WAL) and all locks are gone.
 * Killing the process loses only the last of these. Directories are durable at once.
 *
 * Several disks live side by side; each registers its VFS under a name of its own. Nothing here is
 * safe for threads: a simulation runs on one. Exhausted memory aborts, for this is a tool of tests;
 * but failures ordered with lib/alloc_fail.h do not reach it. SQLite draws the salts of a WAL from
 * one generator per process: a run that must repeat itself byte for byte seeds it with
 * sim_disk_seed_sqlite.
 *
 * Handles that were open at a crash or kill are dead: every call on them fails with SQLITE_IOERR
 * and their owner closes them. The order that is always safe: sim_disk_power_off, close,
 * sim_disk_crash.
 */
#ifndef TOPO_TESTS_SIM_DISK_H
#define TOPO_TESTS_SIM_DISK_H

#include "lib/sim_rng.h"
#include "port/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SIM_SECTOR = 512 };

struct sim_disk;

struct sim_disk_options {
  uint64_t seed;            /* of xRandomness */
  uint64_t capacity;        /* bytes that all files together may hold; 0 is no limit */
  bool powersafe_overwrite; /* bytes around a torn write stay; also announced to SQLite */
};

/* A new empty disk that has the directories "" and "/". `options` NULL is all zero. */
struct sim_disk *sim_disk_create(const struct sim_disk_options *options);
/* Unregisters the VFS and frees the files. All handles must be closed (asserted). NULL is fine. */
void sim_disk_destroy(struct sim_disk *disk);

/* The port; valid, with the name of the VFS in it, as long as the disk. */
struct topo_disk sim_disk_port(struct sim_disk *disk);

/* The time that SQLite hears, in milliseconds since 1970. It stands still between calls. */
void sim_disk_set_time(struct sim_disk *disk, int64_t unix_ms);
/* Files may hold `capacity` bytes together from now on; 0 is no limit. Beyond it writes fail with
 * SQLITE_FULL. */
void sim_disk_set_capacity(struct sim_disk *disk, uint64_t capacity);

/* Every call fails with SQLITE_IOERR or TOPO_EIO until sim_disk_crash or sim_disk_kill. */
void sim_disk_power_off(struct sim_disk *disk);
/* The n-th change from now (n ≥ 1) meets a power cut: it is begun, not synced, and the power is
 * off. A change is a creation, write, truncation, sync or deletion. 0 takes the order back. */
void sim_disk_crash_at_change(struct sim_disk *disk, uint64_t n);
/* True while every call fails because of sim_disk_power_off or sim_disk_crash_at_change. */
bool sim_disk_powered_off(const struct sim_disk *disk);
/* From now on the disk says "synced" and does nothing for it: a planted fault. */
void sim_disk_lie(struct sim_disk *disk);
/* A power cut, and the power is back: see above. Takes back all ordered faults and crashes. */
void sim_disk_crash(struct sim_disk *disk, struct sim_rng *rng);
/* The process dies (kill −9) and the system lives on: locks, shared memory and temporary files are
 * gone, handles dead, every write stays, though still not synced. Takes back ordered faults. */
void sim_disk_kill(struct sim_disk *disk);

/* Calls that are counted and can be made to fail. */
enum sim_disk_call {
  SIM_DISK_OPEN,
  SIM_DISK_READ,
  SIM_DISK_WRITE,
  SIM_DISK_TRUNCATE,
  SIM_DISK_SYNC,
  SIM_DISK_DELETE,
  SIM_DISK_MAP, /* shared memory */
  SIM_DISK_CALLS
};
/* The n-th such call from now (n ≥ 1) fails with the SQLite code (SQLITE_IOERR_WRITE, SQLITE_FULL…)
 * and changes nothing. Replaces an earlier order for the same kind of call. */
void sim_disk_fail_once(struct sim_disk *disk, enum sim_disk_call call, uint64_t n, int code);
/* The n-th and all later ones fail, until sim_disk_heal. */
void sim_disk_fail_from(struct sim_disk *disk, enum sim_disk_call call, uint64_t n, int code);
/* Takes back all ordered failures. */
void sim_disk_heal(struct sim_disk *disk);

/* Calls made since the disk was created, failed ones included. */
uint64_t sim_disk_count(const struct sim_disk *disk, enum sim_disk_call call);
/* Changes made since then, in the sense of sim_disk_crash_at_change. */
uint64_t sim_disk_changes(const struct sim_disk *disk);
/* Calls that failed by order (not those that failed because the power was off). */
uint64_t sim_disk_faults(const struct sim_disk *disk);

/* The file's bytes as a reader sees them now, and their number; NULL when there is no such file.
 * Borrowed until the disk is next used. */
const uint8_t *sim_disk_peek(struct sim_disk *disk, const char *path, size_t *len);
/* Makes the file hold exactly these bytes, durably: for damage and for planting files.
 * Its directory must be there (asserted). */
void sim_disk_plant(struct sim_disk *disk, const char *path, const void *data, size_t len);
/* True when some file holds these bytes, also in what is not synced or was deleted and may come
 * back after a power cut: the question whether a secret is really gone. */
bool sim_disk_contains(struct sim_disk *disk, const void *needle, size_t len);
/* A number that depends on every path and every byte: equal runs give equal disks. */
uint64_t sim_disk_fingerprint(struct sim_disk *disk);

/* Seeds the generator that SQLite keeps for the whole process. */
void sim_disk_seed_sqlite(uint64_t seed);

#endif
