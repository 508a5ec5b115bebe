/* skew.c - medians of clocks; see skew.h. */
#include "node/skew.h"

#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

static int by_offset(const void *pa, const void *pb)
{
  int64_t a = ((const struct topo_skew_vote *)pa)->offset_ms;
  int64_t b = ((const struct topo_skew_vote *)pb)->offset_ms;
  return (a > b) - (a < b);
}

static int by_user(const void *pa, const void *pb)
{
  const struct topo_skew_vote *a = pa, *b = pb;
  int order = topo_id_compare(&a->user, &b->user);
  return order ? order : by_offset(a, b);
}

/* The smallest of all 64-bit numbers has no counterpart of the other sign. */
static uint64_t distance(int64_t offset_ms)
{
  return offset_ms < 0 ? 0 - (uint64_t)offset_ms : (uint64_t)offset_ms;
}

static int64_t closer(int64_t a, int64_t b)
{
  return distance(a) <= distance(b) ? a : b;
}

/* The median of votes that are sorted by offset. */
static int64_t median(const struct topo_skew_vote *votes, size_t n)
{
  topo_assert(n > 0);
  return closer(votes[(n - 1) / 2].offset_ms, votes[n / 2].offset_ms);
}

/* Leaves one vote for each user but `own_user`; returns how many there are. */
static size_t one_each(struct topo_skew_vote *votes, size_t n, const struct topo_id *own_user)
{
  size_t users = 0, end;
  qsort(votes, n, sizeof *votes, by_user);
  for (size_t i = 0; i < n; i = end) {
    for (end = i + 1; end < n && topo_id_equal(&votes[i].user, &votes[end].user);)
      end++;
    struct topo_skew_vote vote = {votes[i].user, median(&votes[i], end - i)};
    if (!topo_id_equal(&vote.user, own_user))
      votes[users++] = vote;
  }
  return users;
}

/* The votes, sorted by offset, and among them that of this clock, which is 0. */
static int64_t with_own(const struct topo_skew_vote *votes, size_t n, size_t index)
{
  size_t slower = 0;
  topo_assert(index <= n);
  while (slower < n && votes[slower].offset_ms < 0)
    slower++;
  return index < slower ? votes[index].offset_ms : index == slower ? 0 : votes[index - 1].offset_ms;
}

int64_t topo_skew_of(struct topo_skew_vote *votes, size_t n, const struct topo_id *own_user)
{
  size_t users = n > 0 ? one_each(votes, n, own_user) : 0;
  if (users == 0)
    return 0;
  qsort(votes, users, sizeof *votes, by_offset);
  int64_t correction =
      closer(with_own(votes, users, users / 2), with_own(votes, users, (users + 1) / 2));
  return distance(correction) > TOPO_SKEW_TOLERATED_MS ? correction : 0;
}

void topo_skew_text(char out[static TOPO_SKEW_TEXT_SIZE], int64_t correction_ms)
{
  static const struct {
    const char *name;
    uint64_t ms, from_ms;
  } units[] = {{"day", 86400000, 2 * UINT64_C(86400000)},
               {"hour", 3600000, 2 * UINT64_C(3600000)},
               {"minute", 60000, 0}};
  uint64_t ms = distance(correction_ms);
  size_t i = 0;
  out[0] = '\0';
  if (correction_ms == 0)
    return;
  while (ms < units[i].from_ms)
    i++;
  uint64_t n = ms / units[i].ms + (ms % units[i].ms >= units[i].ms / 2);
  snprintf(out, TOPO_SKEW_TEXT_SIZE, "this computer's clock is %llu %s%s %s", (unsigned long long)n,
           units[i].name, n == 1 ? "" : "s", correction_ms > 0 ? "slow" : "fast");
}
