/* stored.c - a stored event, read and opened again. */
#include "dag/stored.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

int64_t topo_no_at(const struct topo_buf *list, size_t i)
{
  int64_t no;
  topo_assert(i < topo_no_count(list) && list->len % sizeof no == 0);
  memcpy(&no, list->data + i * sizeof no, sizeof no);
  return no;
}

/* The path from which the key of a stored event is reached, or NULL. */
static struct topo_ggm_path *path_of(struct topo_dag *dag, const struct topo_envelope *e)
{
  uint64_t prefix = topo_get_be64(e->tag);
  size_t set = (size_t)(prefix % TOPO_PATH_SETS), way = 0;
  if (!dag->paths)
    return NULL;
  for (; way < TOPO_PATH_WAYS; way++) {
    struct topo_ggm_path *path = &dag->paths->places[set][way].path;
    if (path->valid && path->prefix == prefix &&
        topo_id_equal(&dag->paths->places[set][way].epoch, &e->epoch))
      return path;
  }
  way = dag->paths->victim++ % TOPO_PATH_WAYS;
  dag->paths->places[set][way].epoch = e->epoch;
  dag->paths->places[set][way].path.valid = false; /* it may belong to another root */
  return &dag->paths->places[set][way].path;
}

int topo_open_row(struct topo_dag *dag, int64_t no, struct topo_opened *out)
{
  topo_assert(no > 0 && !out->open);
  int status = topo_log_bytes(&dag->log, no, &out->raw);
  if (status < 0)
    return status;
  if (topo_envelope_decode(&out->envelope, &dag->context, topo_buf_view(&out->raw)) < 0)
    return TOPO_ECORRUPT; /* it was decoded before it was stored */
  if (out->envelope.kind == TOPO_CONTROL)
    return 0;
  const struct topo_epoch_key *key = topo_keyring_find(dag->keys, &out->envelope.epoch);
  if (!key)
    return 0;
  status = topo_content_open(key, &dag->context, &out->envelope, path_of(dag, &out->envelope),
                             &out->plain, &out->inner);
  out->open = status == 0;
  return status == TOPO_EUNSEAL ? TOPO_ECORRUPT : status;
}

void topo_stored_keep_paths(struct topo_dag *dag, bool keep)
{
  if (keep && !dag->paths)
    dag->paths = calloc(1, sizeof *dag->paths);
  if (keep || !dag->paths)
    return;
  topo_wipe(dag->paths, sizeof *dag->paths);
  free(dag->paths);
  dag->paths = NULL;
}

void topo_opened_finish(struct topo_opened *opened)
{
  topo_buf_finish(&opened->raw);
  topo_buf_wipe(&opened->plain);
}

int topo_act_of(const struct topo_dag *dag, const struct topo_envelope *e, struct topo_act *act)
{
  topo_assert(e->kind == TOPO_CONTROL);
  *act = (struct topo_act){.kind = TOPO_ACT_OTHER};
  const struct topo_type *type = topo_type_find(dag->types, e->type);
  if (!type || !type->act)
    return 0;
  act->right = type->act_right;
  struct topo_value values[TOPO_FIELDS_MAX];
  int status = topo_fields_decode(type->fields, e->body, values);
  if (status == 0)
    status = type->act(values, act);
  if (status == 0 || e->type <= TOPO_TYPE_AUTHORITY_MAX)
    return status; /* what decides rights must be readable */
  *act = (struct topo_act){.kind = TOPO_ACT_OTHER, .right = type->act_right};
  return 0;
}
