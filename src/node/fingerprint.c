/* fingerprint.c - getFingerprint: what two nodes compare to say "the same". */
#include "api/operations.gen.h"
#include "base/status.h"
#include "dag/dag.h"
#include "events/types.h"
#include "node/node.h"
#include "views/view.h"

#include <stddef.h>

/* Events that were judged, whatever the verdict: names and pending ones are not part of the state.
 */
static int count_events(struct topo_db *db, int64_t *count)
{
  struct topo_stmt *s = topo_stmt(db, "SELECT count(*) FROM event WHERE state>=2");
  int status = topo_fetch(s);
  if (status < 0)
    return status;
  *count = topo_column_i64(s, 0);
  topo_reset(s);
  return 0;
}

/* Half of the state would be compared with the whole of another node. */
static int refuse_half(struct topo_op_call *call, struct topo_db *db)
{
  struct topo_dag_progress p;
  int status = topo_dag_read_progress(db, &p);
  if (status < 0 || !p.rebuilding)
    return status;
  return topo_op_fail(call, TOPO_EREBUILDING, TOPO_REBUILDING_TEXT, p.done, p.total);
}

int topo_op_getFingerprint(struct topo_op_call *call, void *ctx)
{
  const struct topo_view *view = ctx;
  struct topo_id fingerprint;
  int64_t events = 0;
  int status = refuse_half(call, view->db);
  if (status == 0)
    status = topo_dag_fingerprint(view->db, topo_types, &fingerprint);
  if (status == 0)
    status = count_events(view->db, &events);
  if (status < 0)
    return status;
  topo_json_begin_object(&call->out);
  topo_json_key(&call->out, "fingerprint");
  topo_json_id(&call->out, &fingerprint);
  topo_json_key(&call->out, "events");
  topo_json_i64(&call->out, events);
  topo_json_end_object(&call->out);
  return topo_view_end(call, 0);
}
