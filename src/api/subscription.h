/*
 * subscription.h - the events of a space as a client subscribes to them, free of HTTP and of SQL.
 *
 * A subscription is a client's stream of notifications: of one space, from a cursor, through a
 * filter. Whoever serves it (the gateway) reads when it has room, and is told when there may be
 * more after it had read everything. How far back a subscription can begin, and where the events
 * come from, is the source's business.
 *
 * An event's notification is the JSON object of the schema Event in openapi/openapi.yaml.
 */
#ifndef TOPO_API_SUBSCRIPTION_H
#define TOPO_API_SUBSCRIPTION_H

#include "api/notification_types.gen.h"
#include "base/bytes.h"

enum {
  TOPO_SUBSCRIPTION_CURSOR_SIZE = 40, /* a cursor's text with its NUL, at most */
  TOPO_NOTIFICATION_MAX = 512 * 1024  /* bytes of one notification; none is longer */
};

/* What a filter may name, as EventType lists it (api/notification_types.gen.h): TOPO_NOTIFY_MESSAGE
 * is "message", and so on. What is not a type is zero, so that one that was forgotten shows. */
#define TOPO_NOTIFICATION_TYPE_ENUM(symbol, text) symbol,
enum topo_notification_type {
  TOPO_NOTIFY_UNSET,
  TOPO_NOTIFICATION_TYPE_LIST(TOPO_NOTIFICATION_TYPE_ENUM) TOPO_NOTIFICATION_TYPES_END
};
#undef TOPO_NOTIFICATION_TYPE_ENUM
enum { TOPO_NOTIFICATION_TYPES = TOPO_NOTIFICATION_TYPES_END - 1 /* how many there are */ };
_Static_assert(TOPO_NOTIFICATION_TYPES_END <= 32, "a set of types is 32 bits");

const char *topo_notification_type_name(enum topo_notification_type type); /* "message" */
const char *topo_notification_gone_name(enum topo_notification_type type); /* "message.gone" */
/* 0 or TOPO_EINVAL. */
int topo_notification_type_parse(const char *text, size_t len, enum topo_notification_type *out);

struct topo_subscription_request {
  struct topo_id space;
  char since[TOPO_SUBSCRIPTION_CURSOR_SIZE]; /* empty: from now on */
  uint32_t types;                            /* a set of 1 << enum topo_notification_type; 0: all */
  bool one_channel;
  struct topo_id channel; /* of messages, only those in it */
  /* There may be something to read. Any thread, also from within `open`; it must be short and must
   * not call the subscription. The source may hold a lock meanwhile, so whoever calls the
   * subscription holds none that this function takes. Called once after an open, and after each
   * read that returned 0 as soon as there is more. */
  void (*ready)(void *arg);
  void *arg;
};

struct topo_subscription_event {
  const char *type;               /* "message", "message.gone", "ready"… */
  const char *cursor;             /* NULL: the event has none */
  struct topo_bytes notification; /* JSON; borrowed for the call */
};

struct topo_subscription;

struct topo_subscription_ops {
  /* Calls each(arg, event) for events that are due until `max_bytes` of notifications were given
   * (the last one may go beyond), or none is left. Returns how many; 0: none for now, `ready` will
   * be called; TOPO_ECLOSED: the space is closed, nothing more will come. Never blocks on the disk.
   * One thread at a time. */
  int (*read)(struct topo_subscription *subscription, size_t max_bytes,
              void (*each)(void *arg, const struct topo_subscription_event *event), void *arg);
  /* Ends the subscription; `ready` is not called any more once this returned. */
  void (*close)(struct topo_subscription *subscription);
};

/* The head of what a source hands out. */
struct topo_subscription {
  const struct topo_subscription_ops *ops;
};

struct topo_subscription_source {
  /* Copies *request. 0 and *out; TOPO_ENOTFOUND (no such space), TOPO_EINVAL (`since` is no
   * cursor), TOPO_ELIMIT (too many subscriptions), TOPO_ECLOSED, TOPO_ENOMEM. Any thread. */
  int (*open)(void *ctx, const struct topo_subscription_request *request,
              struct topo_subscription **out);
  void *ctx;
};

#endif
