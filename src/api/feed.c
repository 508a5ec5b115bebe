/* feed.c - the types of events by name. */
#include "api/feed.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

#define TOPO_FEED_TYPE_TEXT(symbol, text) [symbol] = text,
static const char *const names[TOPO_FEED_TYPES] = {TOPO_FEED_TYPE_LIST(TOPO_FEED_TYPE_TEXT)};
#undef TOPO_FEED_TYPE_TEXT

const char *topo_feed_type_name(enum topo_feed_type type)
{
  topo_assert((unsigned)type < TOPO_FEED_TYPES);
  return names[type];
}

int topo_feed_type_parse(const char *text, size_t len, enum topo_feed_type *out)
{
  for (unsigned i = 0; i < TOPO_FEED_TYPES; i++)
    if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0) {
      *out = (enum topo_feed_type)i;
      return 0;
    }
  return TOPO_EINVAL;
}
