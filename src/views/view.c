/* view.c - what several operations ask: whose device this is, names. */
#include "views/view_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

int topo_view_user_no(const struct topo_view *view, const struct topo_id *device, int64_t *user)
{
  struct topo_stmt *s =
      topo_stmt(view->db, "SELECT c.user FROM credential c CROSS JOIN event e ON e.no=c.no"
                          " WHERE c.device=?1 ORDER BY c.role, e.id LIMIT 1");
  topo_bind_id(s, 1, device);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  *user = topo_column_i64(s, 0);
  topo_reset(s);
  return 0;
}

void topo_view_put_author(struct topo_json *out, const struct topo_id *user, struct topo_bytes name)
{
  topo_json_key(out, "author");
  topo_json_begin_object(out);
  topo_json_key(out, "user");
  topo_json_id(out, user);
  topo_json_key(out, "name");
  topo_json_string_n(out, name.data, name.len);
  topo_json_end_object(out);
}

int topo_view_end(struct topo_op_call *call, int status)
{
  if (status == 0)
    status = topo_json_status(&call->out);
  if (status == TOPO_ELIMIT)
    return topo_op_fail(call, status, "The answer is larger than %d bytes.", TOPO_JSON_LIMIT);
  return status;
}

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

int topo_view_names(const struct topo_view *view, char *workspace, char *user, size_t size)
{
  topo_assert(size > 0);
  workspace[0] = user[0] = '\0';
  struct topo_stmt *s =
      topo_stmt(view->db, "SELECT p.name FROM event e CROSS JOIN profile p ON p.entity=e.no"
                          " WHERE e.h=?1 AND e.id=?2");
  topo_bind_i64(s, 1, topo_id_prefix(&view->workspace));
  topo_bind_id(s, 2, &view->workspace);
  int status = read_name(s, workspace, size);
  return status < 0 ? status : topo_view_user_of(view, &view->device, user, size);
}

int topo_view_user_of(const struct topo_view *view, const struct topo_id *device, char *name,
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
