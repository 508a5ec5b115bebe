/*
 * type.h - what an event type tells the pipeline about itself.
 *
 * One folder of events/ owns one type: its fields, what it asks of authority, what it depends on,
 * its tables and how an accepted event becomes rows. The pipeline owns everything else: ids,
 * signatures, chains, keys, dependencies, verdicts, transactions. It takes the table of types as an
 * argument and knows none by name.
 */
#ifndef TOPO_DAG_TYPE_H
#define TOPO_DAG_TYPE_H

#include "dag/field.h"
#include "store/db.h"

enum topo_role { TOPO_OWNER, TOPO_ADMIN, TOPO_MODERATOR, TOPO_MEMBER, TOPO_GUEST, TOPO_ROLES };

/* What a role may do; the table is in type.c, and in docs/protocol.md §4. */
enum topo_right {
  TOPO_RIGHT_ANY,
  TOPO_RIGHT_GRANT,
  TOPO_RIGHT_DEVICE,
  TOPO_RIGHT_INVITE,
  TOPO_RIGHT_ADMIT,
  TOPO_RIGHT_KEYS, /* epochs and wraps */
  TOPO_RIGHT_NAME_WORKSPACE,
  TOPO_RIGHT_PROFILE,
  TOPO_RIGHT_CHANNEL,
  TOPO_RIGHT_POST,
  TOPO_RIGHTS
};
bool topo_role_may(enum topo_role role, enum topo_right right);
const char *topo_role_name(unsigned role);                   /* "owner"…, "unknown" */
int topo_role_parse(const char *name, enum topo_role *role); /* 0 or TOPO_EINVAL */

/* Control events speak to authority in these terms. */
enum topo_act_kind {
  TOPO_ACT_OTHER, /* an unknown type: only its auth is judged */
  TOPO_ACT_GENESIS,
  TOPO_ACT_GRANT,
  TOPO_ACT_DEVICE,
  TOPO_ACT_INVITE,
  TOPO_ACT_ADMISSION,
  TOPO_ACT_EPOCH,
  TOPO_ACT_WRAP
};

struct topo_act {
  enum topo_act_kind kind;
  enum topo_right right;                 /* what the author's role must be allowed */
  struct topo_id user, device, seal_key; /* credentials */
  uint8_t role;                          /* grant, invite */
  const uint8_t *countersign, *proof;    /* grant, device, admission; admission */
  struct topo_id invite;                 /* admission: the event; invite: the key */
  uint64_t expires_ms;                   /* invite */
  uint16_t slot;                         /* admission */
  struct topo_bytes slots;               /* invite: the owners, 32 bytes each */
  uint32_t generation;                   /* epoch */
  struct topo_id commitment;             /* epoch */
  struct topo_bytes epochs;              /* epoch: its parents, 32 bytes each */
  struct topo_id epoch;                  /* wrap */
  struct topo_bytes wraps;               /* wrap: { credential 32 ‖ wrap 80 } each */
};

enum {
  TOPO_TYPES_MAX = 64, /* in one table */
  TOPO_DEPENDENCIES_MAX = 4,
  TOPO_SLOTS_MAX = 64,  /* of one invite */
  TOPO_EPOCHS_MAX = 16, /* that one epoch lists */
  TOPO_WRAP_SIZE = 80,
  TOPO_WRAP_ENTRY_SIZE = TOPO_ID_SIZE + TOPO_WRAP_SIZE /* of a wrap event's list */
};

/* An event as a projector sees it: accepted, or about to be judged. Numbers are rows of the log. */
struct topo_event {
  int64_t no;
  const struct topo_id *id;
  uint64_t hlc;
  uint64_t place;           /* where it is shown here: mostly its hlc (docs/protocol.md §5.2) */
  int64_t credential, user; /* the author's credential and user */
  int64_t entity;
  int64_t depends[TOPO_DEPENDENCIES_MAX]; /* as the type's `depends` lists them */
  const struct topo_value *values;
};

/* An event of our own before it is written, for the field that no author chooses. */
struct topo_draft {
  struct topo_db *db;
  int64_t entity; /* a row of the log; 0: nothing has named it, or the event is its own entity */
  uint64_t hlc;   /* the clock that it will have */
  struct topo_id named; /* room for an id that a value views */
};

struct topo_dependency {
  struct topo_id id;
  uint16_t type; /* what it must be */
};

/* Who wrote an event. */
struct topo_writer {
  int64_t user;        /* a row of the log; equal for all devices of one user */
  enum topo_role role; /* of the author of the event that is judged; not set of others */
};

/* What clients see of events is no business of dag, which only carries it: views/view.h,
 * views/resource.h, api/json.h. */
struct topo_view;
struct topo_entity;
struct topo_resource;
struct topo_json;

struct topo_type {
  uint16_t number;
  const char *name;                /* also the prefix of its tables */
  const struct topo_field *fields; /* ends with kind TOPO_FIELD_END */

  /* Control types: translates the body. 0, or TOPO_EMALFORMED when an enumeration is broken. */
  int (*act)(const struct topo_value *values, struct topo_act *act);
  /* What the author's role must be allowed for the act to be admitted, even when its body cannot be
   * read. */
  enum topo_right act_right;

  /* Content types. */
  /* Bounds that the field table cannot state: 0 or TOPO_EMALFORMED (the event is unreadable). May
   * be NULL. */
  int (*check)(const struct topo_value *values);
  enum topo_right (*right)(const struct topo_value *values);
  /* A condition beyond the role: given who writes, and who wrote what the event depends on (as
   * `depends` lists it), which is all accepted. "Only its author" is allows(v, a, d) { return
   * a->user == d[0].user; }. The event is unauthorised when it does not hold. NULL: there is none.
   */
  bool (*allows)(const struct topo_value *values, const struct topo_writer *author,
                 const struct topo_writer *depends);
  /* Fills what the event depends on; returns how many. NULL: nothing. */
  size_t (*depends)(const struct topo_value *values,
                    struct topo_dependency out[static TOPO_DEPENDENCIES_MAX]);
  /* Fills the id of the event that this one is to be shown after, wherever the clocks would put it
   * (docs/protocol.md §5.2); false when it names none. NULL: events of the type never do. */
  bool (*after)(const struct topo_value *values, struct topo_id *out);
  /* The id of the entity whose rows this event shares; NULL function: the event itself. */
  struct topo_id (*entity)(const struct topo_value *values, const struct topo_id *workspace,
                           const struct topo_id *user);
  /* The name of the field that no author chooses, because it follows from what is accepted here;
   * `complete` fills it before an event of our own is written, and no operation has a parameter for
   * it. 0 or a storage status. NULL both: there is none. */
  const char *completed;
  int (*complete)(struct topo_draft *draft, struct topo_value *values);
  const char *schema; /* CREATE statements of its tables; their change rebuilds all projections */
  /* Adds an accepted event to the rows of its entity. Must not depend on the order of calls. */
  int (*project)(struct topo_db *db, const struct topo_event *event);
  /* Removes all rows of an entity. */
  int (*clear)(struct topo_db *db, int64_t entity);
  /* SELECTs over its tables, references as ids, totally ordered; ends with NULL. */
  const char *const *fingerprint;

  /* What clients see. A change of an entity is told as that of a resource; each content type has
   * either `resource` or, where that depends on the entity, `resource_of`, which fills *out and
   * returns 0 or a storage status. Control types may have none: what they change of credentials is
   * told as the resource of the type "user". */
  const struct topo_resource *resource;
  int (*resource_of)(const struct topo_view *view, int64_t entity,
                     const struct topo_resource **out);
  /* Writes what an operation that made the event answers with. 0, TOPO_ENOTFOUND (it is not
   * accepted here), or a storage status. NULL: the event is its own entity, and the answer is the
   * item of its resource. */
  int (*answer)(const struct topo_view *view, const struct topo_entity *event,
                struct topo_json *out);
};

/* Finds a type in a table that ends with NULL; NULL when it is not known. */
const struct topo_type *topo_type_find(const struct topo_type *const *table, uint16_t number);

#endif
