/* reach.c - where this device can be reached; see reach.h. */
#include "node/reach.h"

#include "base/assert.h"

#include <stdio.h>
#include <string.h>

const char topo_reach_nowhere[] =
    "this node has no address at which others could reach it: connect this computer to a network, "
    "or say with --advertise where it is reached";

void topo_reach_changed(struct topo_env *env, const struct topo_input *in)
{
  topo_assert(in->kind == TOPO_IN_ADDRESSES);
  topo_assert(in->addresses.n <= TOPO_NODE_ADDRESSES_MAX);
  env->n_own = in->addresses.n;
  memcpy(env->own, in->addresses.list, env->n_own * sizeof *env->own);
}

/* The addresses that mean something within some network only, as what they begin with. */
static const struct range {
  uint8_t begin[2], mask[2];
  uint8_t family;
  bool loopback;
} ranges[] = {
    {{127, 0}, {0xff, 0}, 4, true},        /* RFC 1122 */
    {{10, 0}, {0xff, 0}, 4, false},        /* RFC 1918 */
    {{172, 16}, {0xff, 0xf0}, 4, false},   /* RFC 1918 */
    {{192, 168}, {0xff, 0xff}, 4, false},  /* RFC 1918 */
    {{169, 254}, {0xff, 0xff}, 4, false},  /* RFC 3927, link-local */
    {{100, 64}, {0xff, 0xc0}, 4, false},   /* RFC 6598, behind the NAT of a provider */
    {{0xfc, 0}, {0xfe, 0}, 6, false},      /* RFC 4193, unique local */
    {{0xfe, 0x80}, {0xff, 0xc0}, 6, false} /* RFC 4291, link-local */
};

/* NULL: it is good everywhere. */
static const struct range *range_of(const struct topo_address *address)
{
  const uint8_t *ip = address->bytes + 1;
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
    if (address->bytes[0] == ranges[i].family &&
        (ip[0] & ranges[i].mask[0]) == ranges[i].begin[0] &&
        (ip[1] & ranges[i].mask[1]) == ranges[i].begin[1])
      return &ranges[i];
  return NULL;
}

static bool is_loopback(const struct topo_address *address)
{
  static const uint8_t v6[16] = {[15] = 1};
  if (address->bytes[0] == 6)
    return memcmp(address->bytes + 1, v6, sizeof v6) == 0;
  const struct range *range = range_of(address);
  return range && range->loopback;
}

/* Of the same computer, whatever the ports. */
static bool is_same(const struct topo_address *a, const struct topo_address *b)
{
  return a->len == b->len && a->len > 2 && memcmp(a->bytes, b->bytes, a->len - 2u) == 0;
}

enum topo_reached topo_reach_from(const struct topo_address *from, const struct topo_address *own,
                                  size_t n)
{
  if (from->len == 0 || is_loopback(from))
    return TOPO_REACHED_NOBODY;
  for (size_t i = 0; i < n; i++)
    if (is_same(from, &own[i]))
      return TOPO_REACHED_NOBODY;
  return range_of(from) ? TOPO_REACHED_NETWORK : TOPO_REACHED_OUTSIDE;
}

const char *topo_reach_name(enum topo_reached reached)
{
  static const char *const names[] = {"nobody", "network", "outside"};
  topo_assert(reached <= TOPO_REACHED_OUTSIDE);
  return names[reached];
}

/* Is every address one of a private network? Who uses the loopback does not want to be reached. */
static bool is_private(const struct topo_address *own, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (is_loopback(&own[i]) || !range_of(&own[i]))
      return false;
  return true;
}

char *topo_reach_text(char out[static TOPO_REACH_TEXT_SIZE], const struct topo_reach *reach)
{
  out[0] = '\0';
  if (reach->n == 0) {
    snprintf(out, TOPO_REACH_TEXT_SIZE, "%s", topo_reach_nowhere);
  } else if (reach->up_ms >= TOPO_REACH_SILENCE_MS && reach->reached != TOPO_REACHED_OUTSIDE &&
             is_private(reach->own, reach->n)) {
    const uint8_t *end = reach->own[0].bytes + reach->own[0].len;
    snprintf(out, TOPO_REACH_TEXT_SIZE,
             "others outside this network hear of no address at which they could reach this node: "
             "forward UDP port %u to it, and say with --advertise where that is",
             (unsigned)(end[-2] << 8 | end[-1]));
  }
  return out;
}
