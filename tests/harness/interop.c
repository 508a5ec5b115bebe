/*
 * interop.c - lets two programs that speak the line protocol of negentropy.c reconcile, and
 * compares.
 *
 *   interop compare OURS THEIRS SEED CASES MAX   seeded random pairs of sets of up to MAX items.
 * Each is reconciled by all four pairings of the two programs; the four transcripts must be the
 * same byte for byte. Status 1 when any differs. interop record PROGRAM SEED MAX prints the case's
 * items and its transcript, in the form that tests/unit/sync/test_golden.c replays.
 *
 * In a transcript the `need` lines of one answer are sorted: the reference prints them in the order
 * of a hash table.
 */
#include "base/bytes.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEFT = 1, RIGHT = 2, BOTH = 3, HEX_ID = 64, MAX_ROUNDS = 10000 };

struct item {
  uint64_t timestamp;
  char id[HEX_ID + 1];
  int sides;
};

struct scene {
  struct item *items;
  size_t n;
  unsigned long limits[2];
};

struct peer {
  pid_t pid;
  FILE *in, *out;
  char *line;
  size_t cap;
};

_Noreturn static void die(const char *what)
{
  fprintf(stderr, "interop: %s\n", what);
  exit(2);
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static uint64_t below(uint64_t *state, uint64_t n)
{
  return draw(state) % n;
}

/* Sizes on either side of where the engine changes its mind, and anything up to the maximum. */
static size_t draw_size(uint64_t *rng, size_t max)
{
  static const size_t edges[] = {0, 1, 2, 15, 16, 17, 31, 32, 33, 64};
  size_t n = below(rng, 3) ? below(rng, max + 1) : edges[below(rng, sizeof edges / sizeof *edges)];
  return n < max ? n : max;
}

static uint64_t draw_timestamp(uint64_t *rng, uint64_t spread, size_t i)
{
  switch (spread) {
  case 0: return 0;
  case 1: return 1700000000;
  case 2: return below(rng, 10);
  case 3: return i;
  case 4: return UINT64_MAX - 1 - below(rng, 1000000);
  case 5: return draw(rng) % UINT64_MAX;
  default: return 1677970534 + below(rng, i + 1);
  }
}

/* `shared` bytes are the same in all ids; the last four count, so that ids stay different. */
static void draw_id(uint64_t *rng, char out[static HEX_ID + 1], size_t shared, size_t i)
{
  for (size_t k = 0; k < 28; k++)
    snprintf(out + 2 * k, 3, "%02x", k < shared ? 0xabu : (unsigned)(draw(rng) & 0xff));
  snprintf(out + 56, 9, "%08x", (unsigned)i);
}

/* Percent of the items that only the left, only the right side has. */
static const unsigned mixes[][2] = {{0, 0},  {1, 1},   {1, 0},  {0, 1},   {10, 10},
                                    {50, 0}, {50, 50}, {0, 50}, {100, 0}, {0, 100}};
static const unsigned long limits[] = {0, 4096, 4097, 5000, 20000, 60000, 500000};

static struct scene draw_scene(uint64_t seed, size_t max)
{
  uint64_t rng = seed;
  struct scene s = {.n = draw_size(&rng, max)};
  s.items = calloc(s.n + 1, sizeof *s.items);
  if (!s.items)
    die("out of memory");
  for (int side = 0; side < 2; side++)
    s.limits[side] = limits[below(&rng, sizeof limits / sizeof *limits)];
  uint64_t spread = below(&rng, 8), shared = below(&rng, 3) ? 0 : below(&rng, 29);
  const unsigned *mix = mixes[below(&rng, sizeof mixes / sizeof *mixes)];
  /* Differences come singly or in runs. */
  size_t run = below(&rng, 2) ? 1 : 1 + below(&rng, 200), left = 0;
  int sides = BOTH;
  for (size_t i = 0; i < s.n; i++) {
    if (left == 0) {
      uint64_t dice = below(&rng, 100);
      sides = dice < mix[0] ? LEFT : dice < mix[0] + mix[1] ? RIGHT : BOTH;
      left = run;
    }
    left--;
    s.items[i].sides = sides;
    s.items[i].timestamp = draw_timestamp(&rng, spread, i);
    draw_id(&rng, s.items[i].id, shared, i);
  }
  return s;
}

static void start(struct peer *p, const char *program, unsigned long limit)
{
  int to[2], from[2];
  if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0 || (p->pid = fork()) < 0)
    die("cannot start a process");
  if (p->pid == 0) {
    char text[32];
    snprintf(text, sizeof text, "%lu", limit);
    setenv("FRAMESIZELIMIT", text, 1);
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    execl(program, program, (char *)NULL);
    _exit(127);
  }
  close(to[0]);
  close(from[1]);
  p->in = fdopen(to[1], "w");
  p->out = fdopen(from[0], "r");
  if (!p->in || !p->out)
    die("cannot open a pipe");
}

static void stop(struct peer *p)
{
  int status;
  fclose(p->in);
  while (waitpid(p->pid, &status, 0) < 0)
    continue;
  fclose(p->out);
  free(p->line);
}

static void give(struct peer *p, const struct scene *s, int side)
{
  for (size_t i = 0; i < s->n; i++)
    if (s->items[i].sides & side)
      fprintf(p->in, "item,%" PRIu64 ",%s\n", s->items[i].timestamp, s->items[i].id);
  fputs("seal\n", p->in);
  fflush(p->in);
}

static const char *hear(struct peer *p)
{
  ssize_t len = getline(&p->line, &p->cap, p->out);
  if (len <= 0)
    return "ended";
  p->line[strcspn(p->line, "\n")] = 0;
  return p->line;
}

static void note(struct topo_buf *transcript, const char *who, const char *line)
{
  topo_buf_put(transcript, who, strlen(who));
  topo_buf_put(transcript, line, strlen(line));
  topo_buf_put_u8(transcript, '\n');
}

static int compare_lines(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void flush_needs(struct topo_buf *transcript, char **needs, size_t *n)
{
  qsort(needs, *n, sizeof *needs, compare_lines);
  for (size_t i = 0; i < *n; i++) {
    note(transcript, "A ", needs[i]);
    free(needs[i]);
  }
  *n = 0;
}

/* Hears what the initiator has to report, up to its message or its end; true when there is a
 * message. */
static bool hear_initiator(struct peer *p, struct topo_buf *transcript, char **needs, size_t max)
{
  size_t n = 0;
  const char *line;
  for (;;) {
    line = hear(p);
    if (strncmp(line, "need,", 5) == 0) {
      if (n == max || !(needs[n++] = strdup(line)))
        die("more needed than there is");
    } else if (strncmp(line, "have,", 5) == 0) {
      note(transcript, "A ", line);
    } else {
      break;
    }
  }
  flush_needs(transcript, needs, &n);
  note(transcript, "A ", line);
  return strncmp(line, "msg,", 4) == 0;
}

static void converse(const char *left, const char *right, const struct scene *s,
                     struct topo_buf *transcript)
{
  struct peer a = {0}, b = {0};
  char **needs = calloc(s->n + 1, sizeof *needs);
  if (!needs)
    die("out of memory");
  topo_buf_clear(transcript);
  start(&a, left, s->limits[0]);
  start(&b, right, s->limits[1]);
  give(&a, s, LEFT);
  give(&b, s, RIGHT);
  fputs("initiate\n", a.in);
  fflush(a.in);
  for (int round = 0; hear_initiator(&a, transcript, needs, s->n); round++) {
    if (round == MAX_ROUNDS)
      die("no end in sight");
    fprintf(b.in, "%s\n", a.line);
    fflush(b.in);
    const char *answer = hear(&b);
    note(transcript, "B ", answer);
    if (strncmp(answer, "msg,", 4) != 0)
      break;
    fprintf(a.in, "%s\n", answer);
    fflush(a.in);
  }
  stop(&a);
  stop(&b);
  free(needs);
  if (transcript->failed)
    die("out of memory");
}

/* Did the transcript report just what the sides do not share? */
static bool found_all(const struct scene *s, struct topo_buf *transcript)
{
  topo_buf_put_u8(transcript, 0);
  const char *text = (const char *)transcript->data;
  bool all = true;
  size_t differences = 0, reports = 0;
  for (size_t i = 0; i < s->n; i++) {
    if (s->items[i].sides == BOTH)
      continue;
    char line[16 + HEX_ID];
    snprintf(line, sizeof line, "A %s,%s\n", s->items[i].sides == LEFT ? "have" : "need",
             s->items[i].id);
    differences++;
    if (!strstr(text, line))
      all = false;
  }
  for (const char *p = text; (p = strstr(p, "A ")); p++)
    reports += p[2] == 'h' || p[2] == 'n';
  transcript->len--;
  return all && reports >= differences;
}

static bool same(const struct topo_buf *a, const struct topo_buf *b)
{
  return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static int compare(const char *programs[2], uint64_t seed, unsigned long cases, size_t max)
{
  struct topo_buf first = {0}, other = {0};
  unsigned long failed = 0, missed = 0;
  size_t bytes = 0;
  for (unsigned long i = 0; i < cases; i++) {
    struct scene s = draw_scene(seed + i, max);
    converse(programs[1], programs[1], &s, &first);
    for (unsigned pairing = 0; pairing < 3; pairing++) {
      converse(programs[pairing & 1], programs[pairing >> 1], &s, &other);
      if (same(&first, &other))
        continue;
      printf("seed %" PRIu64 ", %s with %s: the transcript differs from theirs (%zu items, "
             "limits %lu and %lu)\n",
             seed + i, pairing & 1 ? "theirs" : "ours", pairing >> 1 ? "theirs" : "ours", s.n,
             s.limits[0], s.limits[1]);
      failed++;
    }
    bytes += first.len;
    if (!found_all(&s, &first)) {
      missed++;
      printf("seed %" PRIu64 ": the reference itself misses a difference\n", seed + i);
    }
    free(s.items);
  }
  printf("%lu cases of up to %zu items, 4 pairings each: %lu differ; %zu bytes of transcript; "
         "differences missed by the reference itself: %lu\n",
         cases, max, failed, bytes, missed);
  topo_buf_finish(&first);
  topo_buf_finish(&other);
  return failed ? 1 : 0;
}

static int record(const char *program, uint64_t seed, size_t max)
{
  struct topo_buf transcript = {0};
  struct scene s = draw_scene(seed, max);
  converse(program, program, &s, &transcript);
  printf("A limit,%lu\nB limit,%lu\n", s.limits[0], s.limits[1]);
  for (size_t i = 0; i < s.n; i++)
    printf("%c item,%" PRIu64 ",%s\n", "?AB&"[s.items[i].sides], s.items[i].timestamp,
           s.items[i].id);
  fwrite(transcript.data, 1, transcript.len, stdout);
  topo_buf_finish(&transcript);
  free(s.items);
  return 0;
}

int main(int argc, char **argv)
{
  signal(SIGPIPE, SIG_IGN);
  if (argc == 7 && strcmp(argv[1], "compare") == 0) {
    const char *programs[2] = {argv[2], argv[3]};
    return compare(programs, strtoull(argv[4], NULL, 10), strtoul(argv[5], NULL, 10),
                   strtoul(argv[6], NULL, 10));
  }
  if (argc == 5 && strcmp(argv[1], "record") == 0)
    return record(argv[2], strtoull(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
  die("usage: interop compare OURS THEIRS SEED CASES MAX | interop record PROGRAM SEED MAX");
}
