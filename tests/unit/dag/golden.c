/* golden.c - reading the frozen bytes, and the story that made them. */
#include "unit/dag/golden.h"

#include "base/assert.h"
#include "lib/hex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const golden_names[GOLDEN_EVENTS] = {"workspace", "device",    "epoch",   "user",
                                                 "invite",    "admission", "wrap",    "profile",
                                                 "channel",   "message",   "reaction"};

struct story *golden_story(void)
{
  struct story *s = story_create();
  struct saying how = {OWNER, .auth = s->owner};
  struct topo_buf body = {0};
  struct topo_id dora = story_grant(s, OWNER, s->owner, DORA, 1);
  struct topo_id invite = story_invite(s, DORA, dora, DORA, 3);
  story_admit(s, DORA, dora, invite, EMIL, 1);
  craft_wrap(&body, &s->epoch, &dora);
  story_act(s, OWNER, s->owner, 0x0011, &body, 1);
  how.prev = story_profile(s, how, 1, "Olga"), how.seq = 1;
  struct topo_id general = how.prev = story_channel(s, how, "general");
  how.seq = 2;
  struct topo_id hello = how.prev = story_message(s, how, general, "Gr\xc3\xbc\xc3\x9f Gott");
  how.seq = 3;
  story_reaction(s, how, hello, "\xf0\x9f\x91\x8b");
  topo_assert(s->n == GOLDEN_EVENTS);
  return s;
}

void golden_read(size_t i, struct topo_buf *out)
{
  char path[4096], hex[4096];
  const char *root = getenv("TOPO_SRCDIR");
  snprintf(path, sizeof path, "%s/tests/golden/events/%s.hex", root ? root : ".", golden_names[i]);
  FILE *f = fopen(path, "r");
  if (!f)
    fail_msg("cannot read %s", path);
  topo_assert(f && fgets(hex, sizeof hex, f));
  fclose(f);
  hex[strcspn(hex, "\n")] = 0;
  topo_assert(topo_buf_reserve(out, strlen(hex) / 2) == 0);
  out->len = test_unhex(out->data, strlen(hex) / 2, hex);
}
