/* type.c - looking a type up, and the table of roles. */
#include "dag/type.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

const struct topo_type *topo_type_find(const struct topo_type *const *table, uint16_t number)
{
  for (; *table; table++)
    if ((*table)->number == number)
      return *table;
  return NULL;
}

/* One column for each role; the rows are those of docs/protocol.md §4. */
static const bool may[TOPO_RIGHTS][TOPO_ROLES] = {
    /*                            owner admin mod.  member guest */
    [TOPO_RIGHT_ANY] = {true, true, true, true, true},
    [TOPO_RIGHT_GRANT] = {true, true, false, false, false},
    [TOPO_RIGHT_DEVICE] = {true, true, true, true, true},
    [TOPO_RIGHT_INVITE] = {true, true, true, true, false},
    [TOPO_RIGHT_ADMIT] = {true, true, true, true, false},
    [TOPO_RIGHT_KEYS] = {true, true, true, true, false},
    [TOPO_RIGHT_NAME_WORKSPACE] = {true, true, false, false, false},
    [TOPO_RIGHT_PROFILE] = {true, true, true, true, true},
    [TOPO_RIGHT_CHANNEL] = {true, true, true, true, false},
    [TOPO_RIGHT_POST] = {true, true, true, true, true},
};

bool topo_role_may(enum topo_role role, enum topo_right right)
{
  topo_assert(role < TOPO_ROLES && right < TOPO_RIGHTS);
  return may[right][role];
}

static const char *const names[TOPO_ROLES] = {"owner", "admin", "moderator", "member", "guest"};

const char *topo_role_name(unsigned role)
{
  return role < TOPO_ROLES ? names[role] : "unknown";
}

int topo_role_parse(const char *name, enum topo_role *role)
{
  for (unsigned i = 0; i < TOPO_ROLES; i++)
    if (strcmp(name, names[i]) == 0) {
      *role = (enum topo_role)i;
      return 0;
    }
  return TOPO_EINVAL;
}
