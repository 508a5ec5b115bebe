/*
 * embed.c - a tool of the build: makes C of what web/build.mjs made.
 *
 *   web-embed DIST >web_assets.c     the files that DIST/manifest.txt lists
 *   web-embed >web_assets.c          no files
 *
 * A line of the manifest: PATH TAB MEDIA-TYPE TAB FILE TAB FLAGS, flags being "gzip", "immutable"
 * or both with a comma, and perhaps TAB POLICY, a Content-Security-Policy. What is written defines
 * topo_web_assets of gateway/asset.h.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 512, ENTRIES_MAX = 256, BYTES_PER_LINE = 24 };

struct entry {
  char line[LINE_MAX_BYTES];
  const char *path, *type, *file, *flags; /* in `line` */
  const char *csp;                        /* in `line`, or NULL */
  size_t len;
  uint64_t hash;
};

static _Noreturn void fail(const char *what, const char *name)
{
  fprintf(stderr, "web-embed: %s: %s\n", name, what);
  exit(1);
}

/* The next field of a line that tabs divide; NULL when there is none. */
static const char *next_field(char **rest)
{
  char *field = *rest, *end;
  if (!field)
    return NULL;
  end = strchr(field, '\t');
  *rest = end ? end + 1 : NULL;
  if (end)
    *end = '\0';
  return *field ? field : NULL;
}

/* Nothing that a C string would have to escape. */
static bool is_plain(const char *text)
{
  return strpbrk(text, "\"\\?") == NULL;
}

static bool parse_entry(struct entry *entry)
{
  char *rest = entry->line;
  entry->line[strcspn(entry->line, "\n")] = '\0';
  entry->path = next_field(&rest);
  entry->type = next_field(&rest);
  entry->file = next_field(&rest);
  entry->flags = next_field(&rest);
  entry->csp = next_field(&rest);
  return entry->flags && is_plain(entry->path) && is_plain(entry->type) &&
         (!entry->csp || is_plain(entry->csp)) && !strchr(entry->file, '/');
}

/* FNV-1a: it names a version to caches, it protects nothing. */
static uint64_t hash_byte(uint64_t hash, int byte)
{
  return (hash ^ (uint64_t)byte) * UINT64_C(0x100000001b3);
}

static void write_bytes(const char *folder, struct entry *entry, size_t index)
{
  char name[2 * LINE_MAX_BYTES];
  FILE *file;
  int byte;
  if (snprintf(name, sizeof(name), "%s/%s", folder, entry->file) >= (int)sizeof(name))
    fail("the name is too long", entry->file);
  file = fopen(name, "rb");
  if (!file)
    fail("cannot be read", name);
  entry->hash = UINT64_C(0xcbf29ce484222325);
  printf("static const uint8_t data_%zu[] = {", index);
  while ((byte = getc(file)) != EOF) {
    printf("%s%d,", entry->len++ % BYTES_PER_LINE ? "" : "\n", byte);
    entry->hash = hash_byte(entry->hash, byte);
  }
  printf("};\n");
  if (ferror(file) || entry->len == 0)
    fail("cannot be read, or is empty", name);
  fclose(file);
}

static size_t read_manifest(const char *folder, struct entry *entries)
{
  char name[2 * LINE_MAX_BYTES];
  size_t count = 0;
  FILE *file;
  if (snprintf(name, sizeof(name), "%s/manifest.txt", folder) >= (int)sizeof(name))
    fail("the name is too long", folder);
  file = fopen(name, "r");
  if (!file)
    fail("cannot be read", name);
  while (count < ENTRIES_MAX && fgets(entries[count].line, LINE_MAX_BYTES, file)) {
    if (!parse_entry(&entries[count]))
      fail("a line is not what it should be", name);
    count++;
  }
  if (ferror(file) || !feof(file) || count == 0)
    fail("has too many lines or none", name);
  fclose(file);
  return count;
}

static void write_entry(const struct entry *entry, size_t index)
{
  printf("  {\"%s\", \"%s\", data_%zu, %zu, \"\\\"%016" PRIx64 "\\\"\", %s, %s, ", entry->path,
         entry->type, index, entry->len, entry->hash,
         strstr(entry->flags, "gzip") ? "true" : "false",
         strstr(entry->flags, "immutable") ? "true" : "false");
  if (entry->csp)
    printf("\"%s\"},\n", entry->csp);
  else
    printf("NULL},\n");
}

int main(int argc, char **argv)
{
  struct entry *entries = calloc(ENTRIES_MAX, sizeof(*entries));
  size_t count = 0;
  if (!entries)
    fail("out of memory", "main");
  printf("/* web_assets.c - made by web-embed. */\n#include \"gateway/asset.h\"\n\n");
  if (argc > 1)
    count = read_manifest(argv[1], entries);
  for (size_t i = 0; i < count; i++)
    write_bytes(argv[1], &entries[i], i);
  printf("const struct topo_asset topo_web_assets[] = {\n");
  for (size_t i = 0; i < count; i++)
    write_entry(&entries[i], i);
  printf("  {NULL, NULL, NULL, 0, NULL, false, false, NULL},\n};\n");
  free(entries);
  if (fflush(stdout) || ferror(stdout))
    fail("cannot be written", "the output");
  return 0;
}
