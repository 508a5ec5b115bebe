/*
 * builds.h - three builds of Topo, as sets of types. Each can read more than the one before, and
 * the last is topo_types: what an older one cannot read are long messages, reactions, and channels
 * with long names, and so all that is said in these.
 */
#ifndef TOPO_TESTS_BUILDS_H
#define TOPO_TESTS_BUILDS_H

#include "dag/type.h"

enum { BUILDS = 3 };

/* Made at the first call, and there until the end of the program. */
const struct topo_type *const *build_types(unsigned build);
/* The longest message that it can read, in bytes. */
size_t build_text_max(unsigned build);

#endif
