/*
 * disk.h - the port to files. Those of SQLite go through a sqlite3_vfs, which is named here; the
 * few other operations on files go through the table. The daemon's port is the operating system
 * (sys/disk.c and the VFS "unix"). The simulator's keeps files in memory, and loses and tears what
 * was not synced (tests/lib).
 */
#ifndef TOPO_PORT_DISK_H
#define TOPO_PORT_DISK_H

#include <stddef.h>

struct topo_disk_ops {
  /* Makes the directory `path`, with mode 0700, and its parents. Returns 0, also when it is there
   * already; TOPO_EIO, TOPO_EDENIED or TOPO_EDISKFULL. */
  int (*make_dir)(void *ctx, const char *path);

  /* Calls `each` with `arg` and the name of every entry of the directory `path`, in no order; "."
   * and
   * ".." are left out. Stops when `each` returns anything but 0, and returns that. Otherwise
   * returns 0, TOPO_ENOTFOUND, TOPO_EIO or TOPO_EDENIED. */
  int (*list)(void *ctx, const char *path, int (*each)(void *arg, const char *name), void *arg);

  /* Removes the file `path`. Returns 0, also when there is none, and the removal is then durable;
   * TOPO_EIO, TOPO_EDENIED or TOPO_EDISKFULL. */
  int (*remove)(void *ctx, const char *path);
};

struct topo_disk {
  const struct topo_disk_ops *ops;
  void *ctx;
  const char *vfs; /* the registered name of the sqlite3_vfs; NULL is SQLite's default */
};

#endif
