/* judge.c - facts in, verdict and effects out. */
#include "dag/judge.h"

#include "base/assert.h"
#include "base/status.h"

/* Not kept (docs/protocol.md §5): one that was pending is dropped with what waited for it. */
static struct topo_judgement refuse(enum topo_state before, int why)
{
  topo_assert(before <= TOPO_STATE_PENDING && why < 0);
  unsigned effect = before == TOPO_STATE_PENDING ? TOPO_EFFECT_DROP : TOPO_EFFECT_REJECT;
  return (struct topo_judgement){TOPO_STATE_NAMED, effect, 0, why};
}

static unsigned keep(enum topo_state before)
{
  return before == TOPO_STATE_NAMED ? TOPO_EFFECT_STORE : TOPO_EFFECT_UPDATE;
}

/* Pending: kept, under quota, until what it waits for is here. */
static struct topo_judgement wait(enum topo_state before, bool room, enum topo_effect effect,
                                  unsigned missing)
{
  topo_assert(before <= TOPO_STATE_PENDING && missing > 0);
  if (before == TOPO_STATE_NAMED && !room)
    return refuse(before, TOPO_EQUOTA);
  return (struct topo_judgement){TOPO_STATE_PENDING, keep(before) | effect, missing, 0};
}

struct topo_judgement topo_judge_control(const struct topo_control_facts *f)
{
  topo_assert(f->before <= TOPO_STATE_PENDING); /* an admitted one is never judged here again */
  if (!f->authentic)
    return refuse(f->before, TOPO_ESIGNATURE);
  if (!f->readable)
    return refuse(f->before, TOPO_EMALFORMED);
  if (f->absent > 0)
    return wait(f->before, f->room, TOPO_EFFECT_WAIT, f->absent);
  if (f->admit < 0)
    return refuse(f->before, f->admit);
  /* Whether it is accepted is decided with all of authority, once the batch's control is in. */
  return (struct topo_judgement){TOPO_STATE_UNAUTHORISED,
                                 keep(f->before) | TOPO_EFFECT_ADMIT | TOPO_EFFECT_ENTER, 0, 0};
}

enum topo_state topo_judge_admitted(const struct topo_authority_node *node, bool valid)
{
  bool counted = topo_node_is_epoch(node);
  if (!valid || (counted && node->epoch.numbering == TOPO_MISNUMBERED))
    return TOPO_STATE_UNAUTHORISED;
  if (node->kind == TOPO_ACT_OTHER)
    return TOPO_STATE_UNREADABLE;
  return counted && node->epoch.numbering == TOPO_UNNUMBERED ? TOPO_STATE_BLOCKED
                                                             : TOPO_STATE_ACCEPTED;
}

/* The verdict on an item, by the rows of the table from "unauthorised" on. */
static enum topo_state state_of_item(const struct topo_content_facts *f)
{
  if (!f->valid)
    return TOPO_STATE_UNAUTHORISED;
  if (!f->readable)
    return TOPO_STATE_UNREADABLE;
  if (!f->may || f->wrong)
    return TOPO_STATE_UNAUTHORISED;
  if (f->unaccepted > 0)
    return TOPO_STATE_BLOCKED;
  return f->allowed ? TOPO_STATE_ACCEPTED : TOPO_STATE_UNAUTHORISED;
}

/* What an item's new verdict changes for others. The tables of a type that is not known any more
 * are not there any more. */
static unsigned consequences(const struct topo_content_facts *f, enum topo_state state)
{
  bool was = f->before == TOPO_STATE_ACCEPTED, is = state == TOPO_STATE_ACCEPTED;
  if (was == is)
    return 0;
  unsigned rows = is ? TOPO_EFFECT_PROJECT : f->readable ? TOPO_EFFECT_WITHDRAW : 0;
  return TOPO_EFFECT_WAKE | rows;
}

struct topo_judgement topo_judge_content(const struct topo_content_facts *f)
{
  bool item = f->before > TOPO_STATE_PENDING;
  if (!item && !f->open)
    return wait(f->before, f->room, TOPO_EFFECT_WAIT_KEY, 1);
  if (!item && !f->authentic)
    return refuse(f->before, TOPO_ESIGNATURE);
  if (!item && !f->auth_admitted)
    return wait(f->before, f->room, TOPO_EFFECT_WAIT, 1);
  if (!item && !f->auth_is_its)
    return refuse(f->before, TOPO_EDENIED);
  topo_assert(f->open && f->auth_admitted && f->auth_is_its); /* of an item, for ever */
  enum topo_state state = state_of_item(f);
  return (struct topo_judgement){.state = state,
                                 .effects = keep(f->before) | (item ? 0 : TOPO_EFFECT_ENTER) |
                                            (f->readable ? TOPO_EFFECT_DEPEND : 0) |
                                            consequences(f, state),
                                 .missing = f->readable ? f->unaccepted : 0};
}
