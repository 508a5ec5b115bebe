/* gen_content.c - what random devices say: bodies of every type of content, and of none. */
#include "model/gen_impl.h"

static bool is_channel(const struct act *a)
{
  return a->type == 0x1002;
}

static bool is_message(const struct act *a)
{
  return a->type == 0x1003;
}

/* Mostly small versions; now and then one at the edge of what is in reach, or of what there is. */
static uint64_t some_version(struct gen *g)
{
  static const uint64_t edges[] = {65536, 65537, 65540, 131072, (uint64_t)1 << 63, UINT64_MAX, 0};
  return gen_maybe(g, 20) ? edges[gen_below(&g->rng, sizeof edges / sizeof edges[0])]
                          : 1 + gen_below(&g->rng, 5);
}

static void write_content(struct gen *g, struct topo_buf *body, struct act *meta)
{
  static const char *const texts[] = {"a", "b", "\xc3\xa4", "hello", "\xff"};
  const char *text = texts[gen_maybe(g, 4) ? 4 : gen_below(&g->rng, 4)];
  const struct act *target = NULL;
  meta->sound = text[0] != '\xff';
  if (meta->type == 0x1001) {
    uint8_t of = (uint8_t)(gen_maybe(g, 30) + gen_maybe(g, 3));
    craft_profile(body, of, some_version(g), text);
  } else if (meta->type == 0x1002) {
    craft_channel(body, text);
  } else if (meta->type == 0x1003) {
    target = gen_choose(g, gen_maybe(g, 5) ? gen_is_anything : is_channel);
    const struct act *read = gen_maybe(g, 20) ? gen_choose(g, gen_is_anything) : NULL;
    struct topo_id nowhere = gen_random_id(g), unheard = gen_random_id(g);
    const struct topo_id *after = read ? &read->id : gen_maybe(g, 5) ? &unheard : NULL;
    craft_message(body, target ? &target->id : &nowhere, after, text);
    meta->sound &= target != NULL;
  } else if (meta->type == 0x1004) {
    target = gen_choose(g, gen_maybe(g, 5) ? gen_is_anything : is_message);
    struct topo_id nowhere = gen_random_id(g);
    craft_reply(body, target ? &target->id : &nowhere, text);
    meta->sound &= target != NULL;
  } else {
    topo_buf_put_u32(body, 7);
  }
}

/* Says something under a credential, now and then under a credential of somebody else or one that
 * there is not.
 */
void gen_say(struct gen *g, uint16_t type)
{
  struct act meta = {.type = type};
  struct topo_buf body = {0}, bytes = {0};
  const struct act *auth = gen_choose(g, gen_is_credential), *in = gen_choose(g, gen_is_epoch);
  if (!auth || !in)
    return;
  meta.author = gen_maybe(g, 4) ? gen_below(&g->rng, GEN_DEVICES) : auth->device;
  meta.epoch = in->id;
  write_content(g, &body, &meta);
  meta.type = type < 0x1000 ? 0x2000 : type; /* nothing takes it for a control event */
  const struct act *prev = gen_follow(g, &meta, gen_maybe(g, 10));
  meta.seq = prev ? prev->seq + 1 : 0;
  struct craft_content c = {.place = {g->set->workspace},
                            .hlc = gen_tick(g),
                            .signer = &g->devices[meta.author],
                            .auth = gen_maybe(g, 4) ? gen_random_id(g) : auth->id,
                            .prev = prev ? prev->id : topo_id_zero,
                            .epoch = in->id,
                            .seq = meta.seq,
                            .secret = in->secret,
                            .type = type,
                            .body = topo_buf_view(&body),
                            .bad_signature = gen_maybe(g, 12),
                            .bad_seal = gen_maybe(g, 2),
                            .mask = gen_maybe(g, 2) ? &g->devices[0].public_key : NULL};
  craft_content(&bytes, &c);
  topo_buf_finish(&body);
  gen_record(g, &meta, &bytes, &c.place);
}

/* What is said, the more often the more often it is listed; the last three are no content here. */
void gen_say_something(struct gen *g)
{
  static const uint16_t types[] = {0x1001, 0x1001, 0x1002, 0x1003, 0x1003, 0x1003,
                                   0x1004, 0x1004, 0x2000, 0xf001, 0x0004};
  gen_say(g, types[gen_below(&g->rng, sizeof types / sizeof types[0])]);
}
