/* view.c - what the reads of several types ask: whose device this is, how an answer ends. */
#include "views/view.h"

#include "base/status.h"

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

int topo_view_id_of(const struct topo_view *view, int64_t no, struct topo_id *out)
{
  struct topo_stmt *s = topo_stmt(view->db, "SELECT id FROM event WHERE no=?1");
  topo_bind_i64(s, 1, no);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ECORRUPT; /* rows of the log are never removed */
  *out = topo_column_id(s, 0);
  topo_reset(s);
  return 0;
}
