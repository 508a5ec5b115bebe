/*
 * op_route.c - from a method and a concrete path to the row of a table.
 *
 * Tables have some dozens of rows and a path a handful of segments, so rows are compared one after
 * another. Segments are split before they are decoded: an escaped slash never makes a segment.
 */
#include "api/op.h"

#include "api/percent.h"
#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_BYTES = 2048 };

static size_t segment_length(const char *at)
{
  return strcspn(at, "/");
}

static bool is_param(const char *segment)
{
  return segment[0] == '{';
}

/* Does the template fit the path, segment by segment? A parameter fits any non-empty segment. */
static bool path_matches(const char *template, const char *path)
{
  while (*template == '/' && *path == '/') {
    size_t want = segment_length(++template), have = segment_length(++path);
    if (is_param(template) ? have == 0 : want != have || memcmp(template, path, want) != 0)
      return false;
    template += want;
    path += have;
  }
  return !*template && !*path;
}

/* One path parameter. `segment` is still encoded. */
static int set_segment(struct topo_op_call *call, const char *name, const char *segment, size_t len)
{
  char decoded[PATH_MAX_BYTES];
  size_t decoded_len;
  bool unknown;
  if (topo_percent_decode(decoded, &decoded_len, segment, len) < 0)
    return topo_op_fail(call, TOPO_EINVAL, "The path holds a broken percent escape.");
  return topo_op_set(call, TOPO_OP_PATH, name, decoded, decoded_len, &unknown);
}

static int set_path(struct topo_op_call *call, const char *path)
{
  const char *template = call->op->path;
  while (*template) {
    size_t want = segment_length(++template), have = segment_length(++path);
    char name[64];
    if (is_param(template)) {
      topo_assert(want > 2 && want - 2 < sizeof name);
      memcpy(name, template + 1, want - 2);
      name[want - 2] = '\0';
      int status = set_segment(call, name, path, have);
      if (status < 0)
        return status;
    }
    template += want;
    path += have;
  }
  return 0;
}

int topo_op_route(const struct topo_op *const *table, const char *method, const char *path,
                  struct topo_op_call **call)
{
  int status = TOPO_ENOTFOUND;
  *call = NULL;
  if (strlen(path) >= PATH_MAX_BYTES)
    return status;
  for (; *table; table++) {
    if (!path_matches((*table)->path, path))
      continue;
    status = TOPO_EDENIED;
    if (strcmp((*table)->method, method) == 0)
      break;
  }
  if (!*table)
    return status;
  *call = topo_op_call_create(*table);
  if (!*call)
    return TOPO_ENOMEM;
  status = set_path(*call, path);
  if (status < 0 && status != TOPO_EINVAL) {
    topo_op_call_destroy(*call);
    *call = NULL;
  }
  return status;
}

void topo_op_methods(const struct topo_op *const *table, const char *path, char *out, size_t size)
{
  size_t used = 0;
  out[0] = '\0';
  for (; *table; table++) {
    if (!path_matches((*table)->path, path))
      continue;
    size_t n = strlen((*table)->method), gap = used ? 2 : 0;
    if (used + gap + n >= size)
      return;
    memcpy(out + used, ", ", gap);
    memcpy(out + used + gap, (*table)->method, n + 1);
    used += gap + n;
  }
}
