/*
 * crash.c - kill −9 of real daemons at random moments under load: every message that was answered
 * is there afterwards, and both ends agree in the end.
 *
 * usage: crash RUNS [SEED]. One TAP point for each check; `make check-crash RUNS=200`.
 */
#include "smoke/node_process.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WRITERS = 3, ANSWERS_MAX = 20000, ID = 44, AGREE_MS = 120000, PAGES_MAX = 1000 };

struct load {
  struct node_process *node;
  char path[256];
  atomic_bool stop;
  pthread_mutex_t mutex;
  char (*answered)[ID]; /* of this run */
  size_t n;
};

static unsigned points, failures;

static void point(bool good, const char *what, int run)
{
  printf("%sok %u - run %d: %s\n", good ? "" : "not ", ++points, run, what);
  failures += !good;
  fflush(stdout);
}

static void *write_messages(void *arg)
{
  struct load *load = arg;
  while (!atomic_load(&load->stop)) {
    char *body = NULL, id[ID];
    int status = node_process_call(load->node, "POST", load->path, "{\"text\":\"squeak\"}", &body);
    if (status == 201 && node_process_member(body, "message", id, sizeof id)) {
      pthread_mutex_lock(&load->mutex);
      if (load->n < ANSWERS_MAX)
        memcpy(load->answered[load->n++], id, ID);
      pthread_mutex_unlock(&load->mutex);
    }
    free(body);
    if (status == 0)
      break; /* the daemon is dead */
  }
  return NULL;
}

/* Strikes out the answered ids that a page shows; returns how many are left. */
static size_t strike(struct load *load, const char *page)
{
  static const char key[] = "{\"message\":\"";
  size_t left = 0;
  for (const char *at = page; (at = strstr(at, key)); at += sizeof key) {
    const char *id = at + sizeof key - 1;
    for (size_t i = 0; i < load->n; i++)
      if (load->answered[i][0] && strncmp(load->answered[i], id, ID - 1) == 0)
        load->answered[i][0] = '\0';
  }
  for (size_t i = 0; i < load->n; i++)
    left += load->answered[i][0] != '\0';
  return left;
}

/* Walks back from the newest page until every answered message was seen. */
static bool all_there(struct load *load)
{
  char path[512], cursor[160] = "";
  for (int page = 0; page < PAGES_MAX; page++) {
    char *body = NULL;
    snprintf(path, sizeof path, "%s?limit=200%s%s", load->path, *cursor ? "&before=" : "", cursor);
    if (node_process_call(load->node, "GET", path, NULL, &body) != 200) {
      free(body);
      return false;
    }
    size_t left = strike(load, body);
    bool more = node_process_member(body, "before", cursor, sizeof cursor);
    free(body);
    if (left == 0)
      return true;
    if (!more)
      return false;
  }
  return false;
}

static bool fingerprint(const struct node_process *p, char *out, size_t size)
{
  char path[128], *body = NULL;
  snprintf(path, sizeof path, "/v1/spaces/%s/fingerprint", p->space);
  bool good = node_process_call(p, "GET", path, NULL, &body) == 200 &&
              node_process_member(body, "fingerprint", out, size);
  free(body);
  return good;
}

static bool agree(const struct node_process *a, const struct node_process *b)
{
  uint64_t until = node_process_now_ms() + AGREE_MS;
  while (node_process_now_ms() < until) {
    char x[64], y[64];
    if (fingerprint(a, x, sizeof x) && fingerprint(b, y, sizeof y) && strcmp(x, y) == 0)
      return true;
    usleep(50000); /* between two questions; the answer is what is waited for */
  }
  return false;
}

static bool make_pair(struct node_process *a, struct node_process *b)
{
  char *body = NULL, invite_link[1024], path[160], request[1200];
  bool good = node_process_start(a) && node_process_start(b);
  good = good &&
         node_process_call(a, "POST", "/v1/workspaces",
                           "{\"name\":\"Mice\",\"user_name\":\"alice\"}", &body) == 201 &&
         node_process_member(body, "space", a->space, sizeof a->space);
  free(body);
  body = NULL;
  snprintf(path, sizeof path, "/v1/spaces/%s/invites", a->space);
  good = good && node_process_call(a, "POST", path, "{}", &body) == 201 &&
         node_process_member(body, "link", invite_link, sizeof invite_link);
  free(body);
  body = NULL;
  snprintf(request, sizeof request, "{\"link\":\"%s\",\"user_name\":\"bob\",\"wait_ms\":60000}",
           invite_link);
  good = good && node_process_call(b, "POST", "/v1/joins", request, &body) == 201 &&
         node_process_member(body, "space", b->space, sizeof b->space);
  free(body);
  return good && agree(a, b);
}

static bool find_channel(struct load *load)
{
  char path[128], channel[64], *body = NULL;
  snprintf(path, sizeof path, "/v1/spaces/%s/channels", load->node->space);
  bool good = node_process_call(load->node, "GET", path, NULL, &body) == 200 &&
              node_process_member(body, "channel", channel, sizeof channel);
  free(body);
  snprintf(load->path, sizeof load->path, "/v1/spaces/%s/channels/%s/messages", load->node->space,
           channel);
  return good;
}

/* One run: load on both, kill one or both in the middle, restart, look. */
static void run_once(struct load *loads, unsigned *seed, int run)
{
  pthread_t threads[2][WRITERS];
  unsigned victims = 1 + (unsigned)rand_r(seed) % 3; /* a bit for each */
  for (int i = 0; i < 2; i++) {
    loads[i].n = 0;
    atomic_store(&loads[i].stop, false);
    for (int w = 0; w < WRITERS; w++)
      pthread_create(&threads[i][w], NULL, write_messages, &loads[i]);
  }
  usleep(1000 * (10 + (unsigned)rand_r(seed) % 300)); /* the random moment */
  for (int i = 0; i < 2; i++)
    if (victims >> i & 1)
      node_process_kill(loads[i].node);
  for (int i = 0; i < 2; i++)
    atomic_store(&loads[i].stop, true);
  for (int i = 0; i < 2; i++)
    for (int w = 0; w < WRITERS; w++)
      pthread_join(threads[i][w], NULL);
  bool up = true;
  for (int i = 0; i < 2; i++)
    if (victims >> i & 1)
      up = node_process_start(loads[i].node) && up;
  printf("# run %d: killed %s, %zu + %zu answered\n", run,
         victims == 3   ? "both"
         : victims == 1 ? "the first"
                        : "the second",
         loads[0].n, loads[1].n);
  point(up && all_there(&loads[0]) && all_there(&loads[1]), "every answered message is there", run);
}

int main(int argc, char **argv)
{
  int runs = argc > 1 ? atoi(argv[1]) : 20;
  unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : (unsigned)time(NULL);
  char root[] = "/tmp/topo-crash-XXXXXX", command[128];
  struct node_process nodes[2];
  struct load loads[2];
  printf("# seed %u\n", seed);
  if (!mkdtemp(root))
    return 1;
  for (int i = 0; i < 2; i++) {
    node_process_init(&nodes[i], root, i ? "b" : "a");
    loads[i] = (struct load){.node = &nodes[i], .answered = calloc(ANSWERS_MAX, ID)};
    pthread_mutex_init(&loads[i].mutex, NULL);
  }
  bool paired =
      make_pair(&nodes[0], &nodes[1]) && find_channel(&loads[0]) && find_channel(&loads[1]);
  point(paired, "two daemons share a workspace", 0);
  for (int run = 1; paired && run <= runs && failures == 0; run++)
    run_once(loads, &seed, run);
  point(paired && agree(&nodes[0], &nodes[1]), "both end in the same state", runs);
  for (int i = 0; i < 2; i++) {
    point(node_process_stop(&nodes[i]), "it stops when it is asked to", runs);
    free(loads[i].answered);
  }
  printf("1..%u\n", points);
  snprintf(command, sizeof command, "rm -rf '%s'", root);
  if (failures == 0 && system(command) != 0)
    return 1;
  return failures ? 1 : 0;
}
