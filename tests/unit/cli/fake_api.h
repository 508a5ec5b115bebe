/*
 * fake_api.h - a daemon's API with canned answers, for the command line.
 *
 * `name` of a request decides: a workspace called "denied" is refused, "unreachable" finds nobody.
 * What a call carried is remembered as text, so a test can look at what the command sent.
 */
#ifndef TESTS_UNIT_CLI_FAKE_API_H
#define TESTS_UNIT_CLI_FAKE_API_H

#include "gateway/gateway.h"

#include <pthread.h>

#define FAKE_SPACE_A   "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define FAKE_SPACE_B   "BBECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define FAKE_CHANNEL   "CCECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define FAKE_MESSAGE_1 "-1ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define FAKE_MESSAGE_2 "MMECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define FAKE_MESSAGE_3 "MMECAwQGBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

struct fake_api {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  unsigned spaces;  /* how many are listed: 0 to 2 */
  bool unreachable; /* an invite of it names no address */
  char last[16384]; /* "operation text\n" of every call that carried one, since the test cleared it
                     */
  bool stopped;     /* POST /v1/stop was called */
};

void fake_api_init(struct fake_api *api);
void fake_api_finish(struct fake_api *api);
/* Serves on the path; NULL on failure. */
struct topo_gateway *fake_api_serve(struct fake_api *api, const char *path);

#endif
