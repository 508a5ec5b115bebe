/*
 * standalone.c - runs a fuzz target without a fuzzer, for compilers that have none and for `make
 * check`.
 *
 *   fuzz_NAME [FILE or FOLDER ...]
 *
 * Gives every file, then mutations of them, seeded and so the same each time: FUZZ_RUNS (2000) in
 * all. Without arguments the folder is $TOPO_SRCDIR/tests/fuzz/corpus/NAME. Speaks TAP: one test
 * for the files, one for the mutations. The input at hand is written to NAME.input when the program
 * is aborted.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_INPUTS = 4096, MAX_INPUT_BYTES = 1 << 20, MAX_STEPS = 8 };

struct input {
  uint8_t *data;
  size_t len;
};

static struct input inputs[MAX_INPUTS];
static size_t input_count;
static struct input current;
static char crash_path[256];

_Noreturn static void die(const char *what, const char *path)
{
  printf("Bail out! %s: %s\n", what, path);
  exit(1);
}

/* splitmix64. */
static uint64_t draw(uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t n)
{
  return (size_t)(draw(state) % n);
}

static void load_file(const char *path)
{
  FILE *f = fopen(path, "rb");
  if (!f || input_count == MAX_INPUTS)
    die("cannot read", path);
  uint8_t *data = malloc(MAX_INPUT_BYTES);
  if (!data)
    die("out of memory", path);
  size_t len = fread(data, 1, MAX_INPUT_BYTES, f);
  fclose(f);
  uint8_t *exact = realloc(data, len ? len : 1);
  inputs[input_count++] = (struct input){exact ? exact : data, len};
}

static void load_folder(const char *path)
{
  struct dirent **names;
  int n = scandir(path, &names, NULL, alphasort);
  if (n < 0)
    die("cannot read", path);
  for (int i = 0; i < n; i++) {
    char file[4096];
    snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
    if (names[i]->d_name[0] != '.')
      load_file(file);
    free(names[i]);
  }
  free(names);
}

static void load(const char *path)
{
  struct stat st;
  if (stat(path, &st) < 0)
    die("cannot find", path);
  if (S_ISDIR(st.st_mode))
    load_folder(path);
  else
    load_file(path);
}

/* Only calls that are safe in a signal handler. */
static void keep_input(int sig)
{
  signal(sig, SIG_DFL);
  int fd = creat(crash_path, 0600);
  if (fd >= 0 && write(fd, current.data, current.len) >= 0)
    close(fd);
  raise(sig);
}

/* The target gets a copy that ends where its memory ends, so that sanitizers see any step beyond.
 */
static void give(const uint8_t *data, size_t len)
{
  current.data = malloc(len ? len : 1);
  if (!current.data)
    die("out of memory", "input");
  current.len = len;
  if (len)
    memcpy(current.data, data, len);
  LLVMFuzzerTestOneInput(current.data, len);
  free(current.data);
  current.data = NULL;
  current.len = 0;
}

/* One small change to the `len` bytes of `data`, which has room for twice MAX_INPUT_BYTES; the new
 * length. */
static size_t mutate(uint8_t *data, size_t len, uint64_t *rng)
{
  static const uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0x81, 0xfe, 0xff};
  size_t at = len ? below(rng, len) : 0, n = len ? below(rng, len - at) + 1 : 0;
  const struct input *other = &inputs[below(rng, input_count)];
  switch (len ? below(rng, 7) : 6) {
  case 0: data[at] ^= (uint8_t)(1u << below(rng, 8)); return len;
  case 1: data[at] = (uint8_t)(draw(rng) & 0xff); return len;
  case 2: data[at] = edges[below(rng, sizeof edges)]; return len;
  case 3: return at;
  case 4: memmove(data + at, data + at + n, len - at - n); return len - n;
  case 5:
    if (len + n > MAX_INPUT_BYTES)
      return len;
    memmove(data + at + n, data + at, len - at);
    return len + n;
  default:
    if (at + other->len > MAX_INPUT_BYTES)
      return len;
    memcpy(data + at, other->data, other->len);
    return at + other->len;
  }
}

static void give_mutations(size_t runs)
{
  uint64_t rng = 1;
  uint8_t *data = malloc(2 * MAX_INPUT_BYTES);
  if (!data)
    die("out of memory", "mutations");
  for (size_t i = 0; i < runs; i++) {
    const struct input *from = &inputs[below(&rng, input_count)];
    size_t len = from->len, steps = 1 + below(&rng, MAX_STEPS);
    if (len)
      memcpy(data, from->data, len);
    while (steps--)
      len = mutate(data, len, &rng);
    give(data, len);
  }
  free(data);
}

static void load_corpus(const char *name)
{
  const char *root = getenv("TOPO_SRCDIR");
  char path[4096];
  snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", root ? root : ".",
           strncmp(name, "fuzz_", 5) == 0 ? name + 5 : name);
  load(path);
}

int main(int argc, char **argv)
{
  const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
  const char *runs = getenv("FUZZ_RUNS");
  size_t mutations = runs ? strtoul(runs, NULL, 10) : 2000;
  snprintf(crash_path, sizeof crash_path, "%s.input", name);
  signal(SIGABRT, keep_input);
  if (argc < 2)
    load_corpus(name);
  for (int i = 1; i < argc; i++)
    load(argv[i]);
  if (input_count == 0)
    die("no input", name);
  printf("1..2\n");
  for (size_t i = 0; i < input_count; i++)
    give(inputs[i].data, inputs[i].len);
  printf("ok 1 - %s takes the %zu files of its corpus\n", name, input_count);
  fflush(stdout);
  give_mutations(mutations);
  printf("ok 2 - %s takes %zu mutations of them\n", name, mutations);
  for (size_t i = 0; i < input_count; i++)
    free(inputs[i].data);
  return 0;
}
