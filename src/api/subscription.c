/* subscription.c - the types of events by name. */
#include "api/subscription.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

#define TOPO_NOTIFICATION_TYPE_TEXT(symbol, text) [symbol] = text,
static const char *const names[TOPO_NOTIFICATION_TYPES] = {
    TOPO_NOTIFICATION_TYPE_LIST(TOPO_NOTIFICATION_TYPE_TEXT)};
#undef TOPO_NOTIFICATION_TYPE_TEXT

const char *topo_notification_type_name(enum topo_notification_type type)
{
  topo_assert((unsigned)type < TOPO_NOTIFICATION_TYPES);
  return names[type];
}

int topo_notification_type_parse(const char *text, size_t len, enum topo_notification_type *out)
{
  for (unsigned i = 0; i < TOPO_NOTIFICATION_TYPES; i++)
    if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0) {
      *out = (enum topo_notification_type)i;
      return 0;
    }
  return TOPO_EINVAL;
}
