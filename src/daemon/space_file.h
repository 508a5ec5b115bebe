/*
 * space_file.h - the file of one space as it is read beside the space's step: by its readers and by
 * its broker, each on handles of its own.
 */
#ifndef TOPO_DAEMON_SPACE_FILE_H
#define TOPO_DAEMON_SPACE_FILE_H

#include "port/disk.h"
#include "views/view.h"

struct topo_space_file {
  const struct topo_disk *disk;
  const char *path;
  struct topo_id workspace, device;
};

/* Opens the file for reading. 0, or what topo_db_open answers; but a file that is gone is TOPO_EIO,
 * because it was there when the space was opened. */
int topo_space_file_open(const struct topo_space_file *file, int cache_kib, struct topo_db **out);

/* What operations and notifications read through such a handle. */
struct topo_view topo_space_file_view(const struct topo_space_file *file, struct topo_db *db);

#endif
