/* decide.c - facts, judgement, effects: the whole of what happens to one event. */
#include "dag/decide.h"

#include "base/assert.h"
#include "base/status.h"
#include "dag/effects.h"
#include "dag/facts.h"
#include "dag/stored.h"

static int decide_control(struct topo_dag *dag, struct topo_control_case *k)
{
  if (topo_is_item(k->row.state))
    return 0; /* ADMIT is for ever */
  int status = topo_facts_of_control(dag, k);
  if (status < 0)
    return status;
  struct topo_judgement j = topo_judge_control(&k->facts);
  return topo_effects_of_control(dag, k, &j);
}

static int decide_content(struct topo_dag *dag, struct topo_content_case *k)
{
  int status = topo_facts_of_content(dag, k);
  const struct topo_content_facts *f = &k->facts;
  if (status < 0)
    return status;
  /* What made it an item stays true; only a damaged disk can say otherwise. */
  if (topo_is_item(f->before) && !(f->open && f->auth_admitted && f->auth_is_its))
    return TOPO_ECORRUPT;
  struct topo_judgement j = topo_judge_content(f);
  return topo_effects_of_content(dag, k, &j);
}

static int take_control(struct topo_dag *dag, const struct topo_checked *c)
{
  struct topo_control_case k = {.envelope = &c->envelope, .authentic = c->authentic};
  int status = topo_facts_find(dag, &c->envelope.id, &k.row);
  return status < 0 ? status : decide_control(dag, &k);
}

static int take_content(struct topo_dag *dag, const struct topo_checked *c)
{
  struct topo_content_case k = {.envelope = &c->envelope, .authentic = c->authentic};
  k.inner = c->opened ? &c->inner : NULL;
  topo_assert(c->opened != c->no_key);
  int status = topo_facts_find(dag, &c->envelope.id, &k.row);
  bool known = topo_is_item(k.row.state) || (topo_has_bytes(k.row.state) && !c->opened);
  if (status < 0 || known)
    return status;
  status = topo_log_intern(&dag->log, &c->envelope.epoch, &k.row.set_no);
  return status < 0 ? status : decide_content(dag, &k);
}

int topo_decide(struct topo_dag *dag, const struct topo_checked *c)
{
  topo_assert(c->status == 0 && !c->duplicate && topo_db_in_transaction(dag->db));
  return c->envelope.kind == TOPO_CONTROL ? take_control(dag, c) : take_content(dag, c);
}

/* What waits in the worklists was authentic when it was stored; content that waits for a key is
 * opened in batches and does not come this way. */
int topo_decide_row(struct topo_dag *dag, int64_t no)
{
  struct topo_opened opened = {0};
  struct topo_row row;
  int status = topo_log_row(&dag->log, no, &row);
  if (status < 0 || !topo_has_bytes(row.state))
    return status;
  status = topo_open_row(dag, no, &opened);
  if (status == 0 && opened.envelope.kind == TOPO_CONTROL) {
    struct topo_control_case k = {.envelope = &opened.envelope, .authentic = true, .row = row};
    status = decide_control(dag, &k);
  } else if (status == 0 && opened.open) {
    struct topo_content_case k = {
        .envelope = &opened.envelope, .inner = &opened.inner, .authentic = true, .row = row};
    status = decide_content(dag, &k);
  }
  topo_opened_finish(&opened);
  return status;
}

int topo_decide_broken(struct topo_dag *dag, const struct topo_id *id, int why)
{
  struct topo_envelope e = {.id = *id};
  struct topo_content_case k = {.envelope = &e};
  struct topo_judgement j = {TOPO_STATE_NAMED, TOPO_EFFECT_DROP, 0, why};
  topo_assert(why < 0);
  int status = topo_facts_find(dag, id, &k.row);
  if (status < 0 || k.row.state != TOPO_STATE_PENDING)
    return status;
  return topo_effects_of_content(dag, &k, &j);
}
