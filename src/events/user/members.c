/*
 * members.c - listMembers: the users of valid credentials with all their devices.
 *
 * A user has the most senior role of its credentials. A device may have several credentials to one
 * user; it is listed once. The device of the genesis credential is the recovery key: it is listed
 * like any other, so that nothing that may act here is hidden.
 */
#include "events/user/user_read.h"

#include "api/operations.gen.h"
#include "base/status.h"
#include "dag/type.h"
#include "events/profile/profile_read.h"

#define DEVICES_OF(member)                                                                         \
  "WITH member(user,role) AS (" member ")"                                                         \
  " SELECT member.user,u.id,p.name,member.role,c.device,max(c.genesis) FROM member"                \
  " CROSS JOIN credential c ON c.user=member.user CROSS JOIN event u ON u.no=member.user"          \
  " LEFT JOIN profile p ON p.entity=member.user"                                                   \
  " GROUP BY member.role,u.id,c.device ORDER BY member.role,u.id,c.device"
static const char members_sql[] = DEVICES_OF("SELECT user,min(role) FROM credential GROUP BY user");
static const char member_sql[] =
    DEVICES_OF("SELECT user,min(role) FROM credential WHERE user=?1 GROUP BY user");

static void begin_member(struct topo_json *out, struct topo_stmt *s, bool is_me)
{
  struct topo_id user = topo_column_id(s, 1);
  struct topo_bytes name = topo_column_bytes(s, 2);
  topo_json_begin_object(out);
  topo_json_key(out, "user");
  topo_json_id(out, &user);
  topo_json_key(out, "name");
  topo_json_string_n(out, name.data, name.len);
  topo_json_key(out, "role");
  topo_json_string(out, topo_role_name((unsigned)topo_column_i64(s, 3)));
  topo_json_key(out, "is_me");
  topo_json_bool(out, is_me);
  topo_json_key(out, "devices");
  topo_json_begin_array(out);
}

static void end_member(struct topo_json *out)
{
  topo_json_end_array(out);
  topo_json_end_object(out);
}

static void put_device(struct topo_json *out, struct topo_stmt *s, const struct topo_view *view)
{
  struct topo_id device = topo_column_id(s, 4);
  topo_json_begin_object(out);
  topo_json_key(out, "device");
  topo_json_id(out, &device);
  topo_json_key(out, "is_me");
  topo_json_bool(out, topo_id_equal(&device, &view->device));
  topo_json_key(out, "recovery");
  topo_json_bool(out, topo_column_i64(s, 5) != 0);
  topo_json_end_object(out);
}

/* The members that the statement finds, each with its devices. 0, TOPO_ENOTFOUND when there are
 * none, or a storage status. */
static int put_members(struct topo_json *out, struct topo_stmt *s, const struct topo_view *view,
                       int64_t me)
{
  int64_t current = 0; /* rows begin at 1 */
  int status;
  while ((status = topo_fetch(s)) == 1) {
    int64_t user = topo_column_i64(s, 0);
    if (user != current) {
      if (current)
        end_member(out);
      begin_member(out, s, user == me);
      current = user;
    }
    put_device(out, s, view);
  }
  if (current)
    end_member(out);
  return status == 0 && !current ? TOPO_ENOTFOUND : status;
}

static int item(const struct topo_view *view, const struct topo_entity *user, struct topo_json *out)
{
  int64_t me = 0;
  int status = topo_view_user_no(view, &view->device, &me);
  if (status < 0 && status != TOPO_ENOTFOUND)
    return status;
  struct topo_stmt *s = topo_stmt(view->db, member_sql);
  topo_bind_i64(s, 1, user->no);
  return put_members(out, s, view, me);
}

/* Adds the name of a user who is a member no longer: messages of theirs are still shown, under this
 * name. */
static int gone(const struct topo_view *view, const struct topo_entity *user, struct topo_json *out)
{
  return topo_profile_put_name(view, user->no, out);
}

const struct topo_resource topo_resource_member = {
    .type = TOPO_NOTIFY_MEMBER, .key = "user", .item = item, .gone = gone};

int topo_op_listMembers(struct topo_op_call *call, void *ctx)
{
  const struct topo_view *view = ctx;
  int64_t me = 0;
  int status = topo_view_user_no(view, &view->device, &me);
  if (status < 0 && status != TOPO_ENOTFOUND)
    return status;
  topo_json_begin_object(&call->out);
  topo_json_key(&call->out, "items");
  topo_json_begin_array(&call->out);
  status = put_members(&call->out, topo_stmt(view->db, members_sql), view, me);
  topo_json_end_array(&call->out);
  topo_json_end_object(&call->out);
  return topo_view_end(call, status == TOPO_ENOTFOUND ? 0 : status);
}
