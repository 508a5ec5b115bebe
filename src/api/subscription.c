/* subscription.c - the types of notifications by name. */
#include "api/subscription.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

#define TOPO_NOTIFICATION_TYPE_TEXT(symbol, text) [symbol] = text,
static const char *const names[TOPO_NOTIFICATION_TYPES_END] = {
    TOPO_NOTIFICATION_TYPE_LIST(TOPO_NOTIFICATION_TYPE_TEXT)};
#undef TOPO_NOTIFICATION_TYPE_TEXT

#define TOPO_NOTIFICATION_GONE_TEXT(symbol, text) [symbol] = text ".gone",
static const char *const gone_names[TOPO_NOTIFICATION_TYPES_END] = {
    TOPO_NOTIFICATION_TYPE_LIST(TOPO_NOTIFICATION_GONE_TEXT)};
#undef TOPO_NOTIFICATION_GONE_TEXT

static bool is_type(enum topo_notification_type type)
{
  return type > TOPO_NOTIFY_UNSET && type < TOPO_NOTIFICATION_TYPES_END;
}

const char *topo_notification_type_name(enum topo_notification_type type)
{
  topo_assert(is_type(type));
  return names[type];
}

const char *topo_notification_gone_name(enum topo_notification_type type)
{
  topo_assert(is_type(type));
  return gone_names[type];
}

int topo_notification_type_parse(const char *text, size_t len, enum topo_notification_type *out)
{
  for (unsigned i = TOPO_NOTIFY_UNSET + 1; i < TOPO_NOTIFICATION_TYPES_END; i++)
    if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0) {
      *out = (enum topo_notification_type)i;
      return 0;
    }
  return TOPO_EINVAL;
}
