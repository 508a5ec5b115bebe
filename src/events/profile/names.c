/* names.c - reading names: of the workspace, of users. */
#include "events/profile/profile_read.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

/* Cuts before a character that would not fit whole: the bytes after the cut tell where one begins.
 */
static void copy_name(struct topo_bytes from, char *to, size_t size)
{
  size_t len = from.len < size ? from.len : size - 1;
  while (len > 0 && len < from.len && (from.data[len] & 0xc0) == 0x80)
    len--;
  if (len)
    memcpy(to, from.data, len);
  to[len] = '\0';
}

/* The row of a statement that asks for one name, if there is any. */
static int read_name(struct topo_stmt *s, char *name, size_t size)
{
  int status = topo_fetch(s);
  if (status <= 0)
    return status;
  copy_name(topo_column_bytes(s, 0), name, size);
  topo_reset(s);
  return 0;
}

int topo_profile_names(const struct topo_view *view, char *workspace, char *user, size_t size)
{
  topo_assert(size > 0);
  workspace[0] = user[0] = '\0';
  struct topo_stmt *s =
      topo_stmt(view->db, "SELECT p.name FROM event e CROSS JOIN profile p ON p.entity=e.no"
                          " WHERE e.h=?1 AND e.id=?2");
  topo_bind_i64(s, 1, topo_id_prefix(&view->workspace));
  topo_bind_id(s, 2, &view->workspace);
  int status = read_name(s, workspace, size);
  return status < 0 ? status : topo_profile_of_device(view, &view->device, user, size);
}

int topo_profile_of_device(const struct topo_view *view, const struct topo_id *device, char *name,
                           size_t size)
{
  topo_assert(size > 0);
  name[0] = '\0';
  int64_t user = 0;
  int status = topo_view_user_no(view, device, &user);
  if (status < 0)
    return status == TOPO_ENOTFOUND ? 0 : status;
  struct topo_stmt *s = topo_stmt(view->db, "SELECT name FROM profile WHERE entity=?1");
  topo_bind_i64(s, 1, user);
  return read_name(s, name, size);
}

int topo_profile_put_name(const struct topo_view *view, int64_t of, struct topo_json *out)
{
  struct topo_stmt *s = topo_stmt(view->db, "SELECT name FROM profile WHERE entity=?1");
  topo_bind_i64(s, 1, of);
  int status = topo_fetch(s);
  if (status < 0)
    return status;
  struct topo_bytes name = status ? topo_column_bytes(s, 0) : (struct topo_bytes){NULL, 0};
  topo_json_key(out, "name");
  topo_json_string_n(out, name.data, name.len);
  topo_reset(s);
  return 0;
}
