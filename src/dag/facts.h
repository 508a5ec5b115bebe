/* facts.h - what is known about one event that is to be judged. Finding it changes nothing. */
#ifndef TOPO_DAG_FACTS_H
#define TOPO_DAG_FACTS_H

#include "dag/judge.h"
#include "dag/state.h"

/* A control event to be judged. Set `envelope`, `row` and `authentic`. */
struct topo_control_case {
  const struct topo_envelope *envelope;
  bool authentic;
  struct topo_row row; /* as topo_facts_find found it */
  /* found */
  struct topo_act act;
  struct topo_id absent[TOPO_ANCESTORS_MAX]; /* facts.absent of them */
  struct topo_authority_node node; /* when facts.admit is 0 and nothing is absent: it owns memory */
  struct topo_control_facts facts;
};

/* Content to be judged. Set `envelope`, `inner`, `authentic` and `row`. */
struct topo_content_case {
  const struct topo_envelope *envelope; /* NULL for a draft that is no event yet */
  const struct topo_inner *inner;       /* NULL: it is not open */
  bool authentic;                       /* by its own signature, or as decided before */
  struct topo_row row;                  /* as topo_facts_find found it, set_no filled */
  /* found */
  const struct topo_authority_node *auth; /* NULL: not admitted */
  const struct topo_type *type;           /* NULL unless it is readable */
  struct topo_value values[TOPO_FIELDS_MAX];
  struct topo_dependency depends[TOPO_DEPENDENCIES_MAX];
  struct topo_row targets[TOPO_DEPENDENCIES_MAX]; /* number 0: never heard of */
  size_t n_depends;
  struct topo_content_facts facts;
};

/* The row of an event, zero when there is none. 0 or a storage status. */
int topo_facts_find(struct topo_dag *dag, const struct topo_id *id, struct topo_row *row);
/* 0, TOPO_ENOMEM, or a storage status. */
int topo_facts_of_control(struct topo_dag *dag, struct topo_control_case *k);
int topo_facts_of_content(struct topo_dag *dag, struct topo_content_case *k);
/* The part that a draft has, too: what the type makes of values that stand in k->values, written by
 * k->auth. 0 or a storage status. */
int topo_facts_of_body(struct topo_dag *dag, const struct topo_type *type,
                       struct topo_content_case *k);

#endif
