/*
 * fake_topod.c - stands in for topod: serves the fake API until it is told to stop.
 *
 * A data directory whose name ends in "broken" makes it report an error; "dead" makes it die
 * silently. It listens on no port, and says so when it is told one.
 */
#include "unit/cli/fake_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends_with(const char *text, const char *end)
{
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

int main(int argc, char **argv)
{
  struct fake_api api;
  char path[256];
  if ((argc != 5 && argc != 7) || strcmp(argv[1], "--data") != 0 ||
      strcmp(argv[3], "--ready-fd") != 0)
    return 2;
  FILE *ready = fdopen(atoi(argv[4]), "w");
  if (!ready || ends_with(argv[2], "dead"))
    return 1;
  if (argc == 7) {
    fprintf(ready, "cannot %s on %s\n", argv[5] + 2, argv[6]);
    return fclose(ready) != 0;
  }
  if (ends_with(argv[2], "broken")) {
    fputs("the database file is damaged\n", ready);
    return fclose(ready) != 0;
  }
  fake_api_init(&api);
  snprintf(path, sizeof path, "%s/topod.sock", argv[2]);
  struct topo_gateway *gateway = fake_api_serve(&api, path);
  fputs(gateway ? "ready\n" : "cannot listen\n", ready);
  fclose(ready);
  if (!gateway)
    return 1;
  pthread_mutex_lock(&api.lock);
  while (!api.stopped)
    pthread_cond_wait(&api.changed, &api.lock);
  pthread_mutex_unlock(&api.lock);
  topo_gateway_destroy(gateway);
  fake_api_finish(&api);
  return 0;
}
