/* space_file.c - read-only handles of a space's file. */
#include "daemon/space_file.h"

#include "base/status.h"
#include "node/node.h"

int topo_space_file_open(const struct topo_space_file *file, int cache_kib, struct topo_db **out)
{
  const struct topo_db_options options = {.path = file->path,
                                          .disk = file->disk,
                                          .read_only = true,
                                          .application_id = TOPO_NODE_APPLICATION_ID,
                                          .cache_kib = cache_kib};
  int status = topo_db_open(out, &options);
  return status == TOPO_ENOTFOUND ? TOPO_EIO : status;
}

struct topo_view topo_space_file_view(const struct topo_space_file *file, struct topo_db *db)
{
  return (struct topo_view){db, file->workspace, file->device};
}
