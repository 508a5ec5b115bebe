/* builds.c - see builds.h. */
#include "lib/builds.h"

#include "base/assert.h"
#include "events/channel/channel.h"
#include "events/message/message.h"
#include "events/reaction/reaction.h"
#include "events/types.h"

#include <string.h>

enum { CHANGED = 3 };

/* Types of an older build, and the longest text that each can read there. */
struct older {
  size_t name_max, text_max, emoji_max;
  struct topo_type changed[CHANGED];
  struct topo_field fields[CHANGED][TOPO_FIELDS_MAX + 1];
  const struct topo_type *types[TOPO_TYPES_MAX + 1];
};

static struct older older[BUILDS - 1] = {{.name_max = 9, .text_max = 60, .emoji_max = 1},
                                         {.name_max = 10, .text_max = 1000, .emoji_max = 2}};

/* The type with another bound on its one text. */
static const struct topo_type *bounded(struct older *o, size_t at, const struct topo_type *type,
                                       size_t max)
{
  size_t n = 0;
  o->changed[at] = *type;
  do {
    o->fields[at][n] = type->fields[n];
    if (type->fields[n].kind == TOPO_FIELD_TEXT) {
      topo_assert(max >= type->fields[n].min && max < type->fields[n].max);
      o->fields[at][n].max = (uint32_t)max;
    }
  } while (type->fields[n++].kind != TOPO_FIELD_END);
  o->changed[at].fields = o->fields[at];
  return &o->changed[at];
}

static void make(struct older *o)
{
  for (size_t i = 0; topo_types[i]; i++) {
    const struct topo_type *type = topo_types[i];
    if (type == &topo_type_channel)
      type = bounded(o, 0, type, o->name_max);
    else if (type == &topo_type_message)
      type = bounded(o, 1, type, o->text_max);
    else if (type == &topo_type_reaction)
      type = bounded(o, 2, type, o->emoji_max);
    o->types[i] = type;
  }
}

const struct topo_type *const *build_types(unsigned build)
{
  topo_assert(build < BUILDS);
  if (build == BUILDS - 1)
    return topo_types;
  if (!older[build].types[0])
    make(&older[build]);
  return older[build].types;
}

size_t build_text_max(unsigned build)
{
  topo_assert(build < BUILDS);
  return build == BUILDS - 1 ? TOPO_MESSAGE_TEXT_MAX : older[build].text_max;
}
