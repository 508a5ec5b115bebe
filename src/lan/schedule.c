/* schedule.c - when discovery says something; see schedule.h. */
#include "lan/schedule.h"

#include "base/assert.h"
#include "sys/clock.h"

static const uint64_t ms_ns = 1000000;

/* Between two times, both included. */
static uint64_t by_chance_ms(const struct topo_lan_schedule *s, uint64_t min_ms, uint64_t max_ms)
{
  return min_ms + topo_rng_u64(s->rng) % (max_ms - min_ms + 1);
}

static uint64_t soon_ns(const struct topo_lan_schedule *s, uint64_t now_ns)
{
  return now_ns + by_chance_ms(s, TOPO_LAN_DELAY_MIN_MS, TOPO_LAN_DELAY_MAX_MS) * ms_ns;
}

void topo_lan_schedule_init(struct topo_lan_schedule *s, const struct topo_rng *rng)
{
  *s = (struct topo_lan_schedule){
      .rng = rng, .query_ns = TOPO_NEVER, .answer_ns = TOPO_NEVER, .rename_ns = TOPO_NEVER};
}

/* An answer at `at_ns`, or when one may be said again. */
static void answer_at(struct topo_lan_schedule *s, uint64_t at_ns)
{
  uint64_t allowed_ns = s->answered_ns ? s->answered_ns + TOPO_LAN_INTERVAL_MS * ms_ns : 0;
  s->answer_ns = at_ns < allowed_ns ? allowed_ns : at_ns;
}

void topo_lan_schedule_ask(struct topo_lan_schedule *s, uint64_t now_ns)
{
  s->query_ns = soon_ns(s, now_ns);
  s->query_interval_ms = TOPO_LAN_INTERVAL_MS;
}

void topo_lan_schedule_named(struct topo_lan_schedule *s, uint64_t now_ns)
{
  answer_at(s, soon_ns(s, now_ns));
  s->announcements = TOPO_LAN_ANNOUNCEMENTS - 1;
  s->announce_interval_ms = TOPO_LAN_INTERVAL_MS;
  s->rename_ns = now_ns + by_chance_ms(s, TOPO_LAN_NAME_MIN_MS, TOPO_LAN_NAME_MAX_MS) * ms_ns;
}

void topo_lan_schedule_asked(struct topo_lan_schedule *s, uint64_t now_ns)
{
  uint64_t at_ns = soon_ns(s, now_ns);
  if (at_ns < s->answer_ns)
    answer_at(s, at_ns);
}

static void go_on_asking(struct topo_lan_schedule *s, uint64_t now_ns)
{
  s->query_ns = now_ns + s->query_interval_ms * ms_ns;
  s->query_interval_ms *= 2;
  if (s->query_interval_ms > TOPO_LAN_QUERY_INTERVAL_MAX_MS)
    s->query_interval_ms = TOPO_LAN_QUERY_INTERVAL_MAX_MS;
}

static void go_on_announcing(struct topo_lan_schedule *s, uint64_t now_ns)
{
  s->answered_ns = now_ns;
  s->answer_ns = TOPO_NEVER;
  if (s->announcements == 0)
    return;
  s->announcements--;
  answer_at(s, now_ns + s->announce_interval_ms * ms_ns);
  s->announce_interval_ms *= 2;
}

unsigned topo_lan_schedule_due(struct topo_lan_schedule *s, uint64_t now_ns)
{
  unsigned due = 0;
  if (s->rename_ns <= now_ns) {
    due |= TOPO_LAN_RENAME;
    s->rename_ns = s->answer_ns = TOPO_NEVER;
  }
  if (s->query_ns <= now_ns) {
    due |= TOPO_LAN_QUERY;
    go_on_asking(s, now_ns);
  }
  if (s->answer_ns <= now_ns) {
    due |= TOPO_LAN_ANSWER;
    go_on_announcing(s, now_ns);
  }
  return due;
}

uint64_t topo_lan_schedule_next(const struct topo_lan_schedule *s)
{
  uint64_t next_ns = s->query_ns < s->answer_ns ? s->query_ns : s->answer_ns;
  return next_ns < s->rename_ns ? next_ns : s->rename_ns;
}

static bool spend(struct topo_lan_budget *budget, unsigned max, uint64_t now_ns)
{
  if (now_ns >= budget->since_ns + 1000 * ms_ns)
    *budget = (struct topo_lan_budget){.since_ns = now_ns};
  if (budget->n == max)
    return false;
  budget->n++;
  topo_assert(budget->n <= max);
  return true;
}

bool topo_lan_schedule_admits(struct topo_lan_schedule *s, uint64_t now_ns)
{
  return spend(&s->packets, TOPO_LAN_PACKETS_MAX, now_ns);
}

bool topo_lan_schedule_passes(struct topo_lan_schedule *s, uint64_t now_ns)
{
  return spend(&s->answers, TOPO_LAN_ANSWERS_MAX, now_ns);
}
