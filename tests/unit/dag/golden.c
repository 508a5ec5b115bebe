/* golden.c - reading the frozen bytes, and the story that made them. */
#include "unit/dag/golden.h"

#include "base/assert.h"
#include "lib/hex.h"
#include "model/oracle.h"

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
  how.prev = story_profile(s, how, 0, "Olga"), how.seq = 1;
  struct topo_id general = how.prev = story_channel(s, how, "general");
  how.seq = 2;
  how.after = general;
  struct topo_id hello = how.prev = story_message(s, how, general, "Gr\xc3\xbc\xc3\x9f Gott");
  how.seq = 3;
  story_reaction(s, how, hello, "\xf0\x9f\x91\x8b");
  topo_assert(s->n == GOLDEN_EVENTS);
  return s;
}

static void write_missing(const char *folder, const char *name, const char *end,
                          struct topo_bytes bytes)
{
  char path[4096];
  const char *root = getenv("TOPO_SRCDIR");
  snprintf(path, sizeof path, "%s/%s/%s%s", root ? root : ".", folder, name, end);
  FILE *f = fopen(path, "wxb"); /* not when it is there */
  if (!f)
    return;
  topo_assert(fwrite(bytes.data, 1, bytes.len, f) == bytes.len && fclose(f) == 0);
  printf("%s\n", path);
}

void golden_write_missing(void)
{
  struct story *s = golden_story();
  const struct oracle_input in = {.workspace = s->workspace,
                                  .events = s->events,
                                  .n_events = s->n,
                                  .secrets = (const uint8_t(*)[32])s->secret,
                                  .n_secrets = 1};
  struct oracle_result *oracle = oracle_run(&in);
  for (size_t i = 0; i < GOLDEN_EVENTS; i++) {
    struct topo_buf hex = {0};
    for (size_t k = 0; k < s->events[i].len; k++) {
      char digits[3];
      snprintf(digits, sizeof digits, "%02x", s->events[i].data[k]);
      topo_assert(topo_buf_put(&hex, digits, 2) == 0);
    }
    topo_assert(topo_buf_put_u8(&hex, '\n') == 0);
    write_missing("tests/golden/events", golden_names[i], ".hex", topo_buf_view(&hex));
    write_missing("tests/fuzz/corpus/event", golden_names[i], "", s->events[i]);
    write_missing("tests/fuzz/corpus/event", golden_names[i], ".body",
                  oracle_find(oracle, &s->ids[i])->payload);
    topo_buf_finish(&hex);
  }
  oracle_result_destroy(oracle);
  story_destroy(s);
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
