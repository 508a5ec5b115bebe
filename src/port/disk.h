/*
 * disk.h - the port to files. SQLite files go through a sqlite3_vfs, named here; the few other file
 * operations through the table. The daemon's is the operating system (sys/disk.c, the VFS "unix"),
 * the simulator's keeps files in memory, and loses and tears what was not synced (tests/lib).
 */
#ifndef TOPO_PORT_DISK_H
#define TOPO_PORT_DISK_H

#include <stddef.h>

struct topo_disk_ops {
  /* Creates the directory, mode 0700, and its parents. 0 also when it is there; TOPO_EIO,
   * TOPO_EDENIED, TOPO_EDISKFULL. */
  int (*make_dir)(void *ctx, const char *path);
  /* Calls `each` with the name of every entry except "." and "..", in no order. 0, TOPO_ENOTFOUND,
   * TOPO_EIO, or what `each` returned when that was not 0 (the listing stops there). */
  int (*list)(void *ctx, const char *path, int (*each)(void *arg, const char *name), void *arg);
  /* Removes a file; 0 also when there is none. The removal is durable on return. */
  int (*remove)(void *ctx, const char *path);
};

struct topo_disk {
  const struct topo_disk_ops *ops;
  void *ctx;
  const char *vfs; /* the registered name of the sqlite3_vfs; NULL is SQLite's default */
};

#endif
