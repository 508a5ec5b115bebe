/* assert.c - ends the program after a mistake of a programmer. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void topo_assert_failed(const char *file, int line, const char *condition)
{
  fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, condition);
  abort();
}
