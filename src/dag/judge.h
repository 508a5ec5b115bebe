/*
 * judge.h - the verdict on one event (docs/protocol.md §5), and what has to be done about it: a
 * pure function of what is known.
 *
 * facts.c finds the facts, effects.c carries the effects out, and nothing else changes anything.
 * Neither storage nor authority is known here, so that every combination of facts can be tried
 * (tests/unit/dag/test_judge.c holds them all against the table of the protocol).
 */
#ifndef TOPO_DAG_JUDGE_H
#define TOPO_DAG_JUDGE_H

#include "dag/authority.h"
#include "store/log.h"

/* What a judgement may ask for, in the order in which it is done. */
enum topo_effect {
  TOPO_EFFECT_REJECT = 1 << 0,   /* it is not kept; the sink is told */
  TOPO_EFFECT_DROP = 1 << 1,     /* it was pending and goes, with what waited for it; told, too */
  TOPO_EFFECT_STORE = 1 << 2,    /* its bytes and its row are new */
  TOPO_EFFECT_UPDATE = 1 << 3,   /* its row says something else now */
  TOPO_EFFECT_WAIT_KEY = 1 << 4, /* it waits for its epoch's key */
  TOPO_EFFECT_WAIT = 1 << 5,     /* it waits for events that are not admitted; they are wanted */
  TOPO_EFFECT_ADMIT = 1 << 6,   /* control: it joins authority, and those that waited for it move */
  TOPO_EFFECT_ENTER = 1 << 7,   /* it becomes an item of its set */
  TOPO_EFFECT_DEPEND = 1 << 8,  /* it depends on events; those that are not here are wanted */
  TOPO_EFFECT_PROJECT = 1 << 9, /* it is accepted now: its entity gains it */
  TOPO_EFFECT_WITHDRAW = 1 << 10, /* it is accepted no more: its entity is recomputed */
  TOPO_EFFECT_WAKE = 1 << 11      /* what depends on it is decided again */
};

struct topo_judgement {
  enum topo_state state; /* what its row becomes; NAMED: it is not kept */
  unsigned effects;      /* a set of enum topo_effect */
  unsigned missing;      /* how many things it waits for */
  int why;               /* with REJECT and DROP: TOPO_ESIGNATURE, TOPO_EDENIED, … */
};

struct topo_control_facts {
  enum topo_state before; /* NAMED (also for one that was never heard of) or PENDING */
  bool room;              /* one more may be kept pending */
  bool authentic;
  bool readable;   /* or of a type that need not be */
  unsigned absent; /* direct ancestors that are not admitted */
  int admit;       /* with none absent: 0, TOPO_EDENIED or TOPO_ESIGNATURE, as ADMIT says */
};
struct topo_judgement topo_judge_control(const struct topo_control_facts *f);

/* The verdict on an admitted control event: a credential is judged by whether it is valid itself,
 * any other act by its auth's, which is what `valid` says. */
enum topo_state topo_judge_admitted(const struct topo_authority_node *node, bool valid);

struct topo_content_facts {
  enum topo_state before;
  bool room;           /* one more may be kept pending */
  bool open;           /* its epoch's key is held */
  bool authentic;      /* by its own signature, or by an item that is its successor */
  bool auth_admitted;  /* what it names as auth is here and admitted */
  bool auth_is_its;    /* … and is a credential of the device that signs */
  bool valid;          /* … which is valid */
  bool readable;       /* its type is known and its body can be read */
  bool may;            /* the role may do it */
  bool wrong;          /* something it depends on is accepted and of another type */
  unsigned unaccepted; /* how many of what it depends on are not accepted */
  bool allowed;        /* with none unaccepted: the type's own condition holds */
};
struct topo_judgement topo_judge_content(const struct topo_content_facts *f);

#endif
