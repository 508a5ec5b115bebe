/* out.c - see out.h. */
#include "vectors/out.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 8 };

struct out {
  FILE *file;
  char closers[DEPTH_MAX];
  size_t depth;
  bool first; /* nothing has been written into the innermost object or list yet */
};

static void begin_line(struct out *out, const char *key)
{
  fprintf(out->file, "%s\n%*s", out->first ? "" : ",", (int)(2 * out->depth), "");
  if (key)
    fprintf(out->file, "\"%s\": ", key);
  out->first = false;
}

static void begin(struct out *out, char opener, char closer)
{
  must(out->depth < DEPTH_MAX);
  fputc(opener, out->file);
  out->closers[out->depth++] = closer;
  out->first = true;
}

struct out *out_open(const char *folder, const char *name)
{
  char path[4096];
  struct out *out = calloc(1, sizeof *out);
  int n = snprintf(path, sizeof path, "%s/%s", folder, name);
  must(out && n > 0 && (size_t)n < sizeof path);
  out->file = fopen(path, "w");
  if (!out->file) {
    perror(path);
    exit(1);
  }
  begin(out, '{', '}');
  return out;
}

void out_close(struct out *out)
{
  must(out->depth == 1);
  out_end(out);
  fputc('\n', out->file);
  if (fclose(out->file) != 0) {
    perror("closing a file of vectors");
    exit(1);
  }
  free(out);
}

void out_begin_object(struct out *out, const char *key)
{
  begin_line(out, key);
  begin(out, '{', '}');
}

void out_begin_list(struct out *out, const char *key)
{
  begin_line(out, key);
  begin(out, '[', ']');
}

void out_end(struct out *out)
{
  must(out->depth > 0);
  out->depth--;
  if (!out->first)
    fprintf(out->file, "\n%*s", (int)(2 * out->depth), "");
  fputc(out->closers[out->depth], out->file);
  out->first = false;
}

void out_hex(struct out *out, const char *key, const void *data, size_t len)
{
  const uint8_t *bytes = data;
  begin_line(out, key);
  fputc('"', out->file);
  for (size_t i = 0; i < len; i++)
    fprintf(out->file, "%02x", bytes[i]);
  fputc('"', out->file);
}

void out_id(struct out *out, const char *key, const struct topo_id *id)
{
  out_hex(out, key, id->bytes, sizeof id->bytes);
}

void out_text(struct out *out, const char *key, const char *text)
{
  for (const char *c = text; *c; c++)
    must(*c >= ' ' && *c <= '~' && *c != '"' && *c != '\\');
  begin_line(out, key);
  fprintf(out->file, "\"%s\"", text);
}

void out_number(struct out *out, const char *key, uint64_t number)
{
  begin_line(out, key);
  fprintf(out->file, "%" PRIu64, number);
}

void out_bool(struct out *out, const char *key, bool value)
{
  begin_line(out, key);
  fputs(value ? "true" : "false", out->file);
}

void must(bool held)
{
  if (held)
    return;
  fprintf(stderr, "make_vectors: something failed that cannot\n");
  abort();
}
