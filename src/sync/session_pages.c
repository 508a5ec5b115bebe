/*
 * session_pages.c - which epochs differ (docs/protocol.md §6.3): the initiator asks for pages of
 * the peer's sets and goes down where their digests differ from its own; the responder answers.
 *
 * Pages are asked for from the front of a stack, the lowest prefix first, TOPO_SESSION_LISTS_MAX at
 * a time. Answers come in the order of the questions. What differs is gathered in `plan`. When that
 * is full, or a round has asked for as many pages as it may, the round deals with what was found;
 * the next one finds the others.
 */
#include "sync/session_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { IDS_PIECE = 64 }; /* ids of our own sets that are read at a time */

static bool push(struct session_prefixes *q, const struct topo_prefix *prefix)
{
  topo_assert(q->count <= TOPO_SESSION_LISTS_MAX && q->head < TOPO_SESSION_LISTS_MAX);
  if (q->count == TOPO_SESSION_LISTS_MAX)
    return false;
  q->at[(q->head + q->count++) % TOPO_SESSION_LISTS_MAX] = *prefix;
  return true;
}

static struct topo_prefix pop(struct session_prefixes *q)
{
  topo_assert(q->count > 0);
  struct topo_prefix prefix = q->at[q->head];
  q->head = (q->head + 1) % TOPO_SESSION_LISTS_MAX;
  q->count--;
  return prefix;
}

static size_t pending_count(const struct topo_session *s)
{
  return s->pending.len / sizeof(struct topo_prefix);
}

static size_t plan_count(const struct topo_session *s)
{
  return s->plan.len / sizeof(struct session_planned);
}

static struct session_planned *plan_entry(const struct topo_session *s, size_t i)
{
  topo_assert(i < plan_count(s));
  return (struct session_planned *)(void *)s->plan.data + i;
}

void topo_session_pages_finish(struct topo_session *s)
{
  topo_buf_finish(&s->pending);
  topo_buf_finish(&s->plan);
}

static int ask_later(struct topo_session *s, const struct topo_prefix *prefix)
{
  /* No round asks for more pages than that. */
  if (pending_count(s) >= SESSION_PAGES_MAX)
    return 0;
  return topo_buf_put(&s->pending, prefix, sizeof *prefix);
}

int topo_session_pages_begin(struct topo_session *s)
{
  static const struct topo_prefix all = {.len = 0};
  topo_assert(s->o.initiator && s->asked.count == 0);
  topo_session_pages_finish(s);
  s->pages = 0;
  s->plan_at = 0;
  struct topo_id own;
  int status = topo_settree_digest(s->o.ops->tree(s->o.ctx), &all, &own);
  if (status < 0 || topo_id_equal(&own, &s->peer.epochs))
    return status;
  return ask_later(s, &all);
}

static int plan_add(struct topo_session *s, const struct topo_session_set *row)
{
  struct session_planned planned = {.row = *row};
  if (plan_count(s) == SESSION_PLAN_MAX)
    return 0;
  return topo_buf_put(&s->plan, &planned, sizeof planned);
}

static int by_id(const void *a, const void *b)
{
  return topo_id_compare(a, &((const struct topo_session_set *)b)->set);
}

/* Our sets below a prefix that are not among the rows, all that the peer has there. */
static int plan_own(struct topo_session *s, const struct topo_prefix *prefix,
                    const struct topo_session_set *rows, size_t n)
{
  const struct topo_settree *tree = s->o.ops->tree(s->o.ctx);
  struct topo_id ids[IDS_PIECE];
  const struct topo_id *after = NULL;
  struct topo_id last;
  size_t got;
  do {
    got = topo_settree_ids(tree, prefix, after, ids, IDS_PIECE);
    for (size_t i = 0; i < got; i++) {
      struct topo_session_set none = {.set = ids[i]};
      if (n > 0 && bsearch(&ids[i], rows, n, sizeof *rows, by_id))
        continue;
      int status = plan_add(s, &none);
      if (status < 0)
        return status;
    }
    if (got > 0)
      last = ids[got - 1];
    after = &last;
  } while (got == IDS_PIECE && plan_count(s) < SESSION_PLAN_MAX);
  return 0;
}

static int compare_rows(struct topo_session *s, const struct topo_prefix *prefix,
                        const struct topo_wire_page *page)
{
  const struct topo_settree *tree = s->o.ops->tree(s->o.ctx);
  for (size_t i = 0; i < page->n_rows; i++) {
    struct topo_session_set own;
    int status = topo_settree_row(tree, &page->rows[i].set, &own);
    if (status == 0 && !topo_session_set_equal(&own, &page->rows[i]))
      status = plan_add(s, &page->rows[i]);
    if (status < 0)
      return status;
  }
  return plan_own(s, prefix, page->rows, page->n_rows);
}

/* From the last part to the first, so that the first is asked for first. */
static int compare_parts(struct topo_session *s, const struct topo_prefix *prefix,
                         const struct topo_wire_page *page)
{
  struct topo_settree *tree = s->o.ops->tree(s->o.ctx);
  int status = 0;
  for (unsigned i = TOPO_PAGE_PARTS; i-- > 0 && status == 0;) {
    struct topo_prefix part = topo_prefix_extend(prefix, i);
    struct topo_id own;
    if (!page->has[i])
      status = plan_own(s, &part, NULL, 0);
    else if ((status = topo_settree_digest(tree, &part, &own)) == 0 &&
             !topo_id_equal(&own, &page->digests[i]))
      status = ask_later(s, &part);
  }
  return status;
}

static int take_page(struct topo_session *s, struct topo_bytes payload)
{
  if (s->asked.count == 0)
    return TOPO_EPROTOCOL;
  topo_assert(s->o.initiator && s->round == ROUND_LISTING);
  struct topo_prefix prefix = pop(&s->asked);
  s->answer_came = true;
  struct topo_wire_page page;
  int status = topo_wire_get_page(payload, &prefix, &page);
  if (status < 0)
    return status;
  return page.in_parts ? compare_parts(s, &prefix, &page) : compare_rows(s, &prefix, &page);
}

static int take_list(struct topo_session *s, struct topo_bytes payload)
{
  struct topo_prefix prefix;
  int status = topo_wire_get_list(payload, &prefix);
  if (status < 0)
    return status;
  return s->o.initiator || !push(&s->owed, &prefix) ? TOPO_EPROTOCOL : 0;
}

int topo_session_pages_frame(struct topo_session *s, const struct topo_wire_frame *frame)
{
  return frame->kind == TOPO_WIRE_LIST ? take_list(s, frame->payload)
                                       : take_page(s, frame->payload);
}

/* May another page be asked for in this round? */
static bool may_ask(const struct topo_session *s)
{
  return pending_count(s) > 0 && s->pages < SESSION_PAGES_MAX && plan_count(s) < SESSION_PLAN_MAX;
}

static void ask(struct topo_session *s)
{
  struct topo_prefix prefix;
  topo_assert(s->pending.len >= sizeof prefix);
  s->pending.len -= sizeof prefix;
  memcpy(&prefix, s->pending.data + s->pending.len, sizeof prefix);
  bool asked = push(&s->asked, &prefix);
  topo_assert(asked);
  s->pages++;
  topo_wire_put_list(topo_session_control(s), &prefix);
}

static int answer(struct topo_session *s)
{
  struct topo_prefix prefix = pop(&s->owed);
  struct topo_buf *out = topo_session_control(s);
  size_t start = topo_wire_begin(out, TOPO_WIRE_PAGE);
  int status = topo_settree_page(s->o.ops->tree(s->o.ctx), &prefix, out);
  topo_wire_end(out, start);
  return status;
}

int topo_session_pages_pump(struct topo_session *s)
{
  while (s->owed.count > 0 && topo_session_room(s)) {
    int status = answer(s);
    if (status < 0)
      return status;
  }
  while (s->round == ROUND_LISTING && s->asked.count < TOPO_SESSION_LISTS_MAX && may_ask(s) &&
         topo_session_room(s))
    ask(s);
  return 0;
}

static int newest_first(const void *pa, const void *pb)
{
  const struct session_planned *a = pa, *b = pb;
  if (a->generation != b->generation)
    return a->generation > b->generation ? -1 : 1;
  return topo_id_compare(&a->row.set, &b->row.set);
}

bool topo_session_pages_listed(struct topo_session *s)
{
  topo_assert(s->round == ROUND_LISTING);
  if (s->asked.count > 0 || may_ask(s))
    return false;
  topo_buf_finish(&s->pending);
  for (size_t i = 0; i < plan_count(s); i++) {
    struct session_planned *planned = plan_entry(s, i);
    planned->generation = s->o.ops->generation(s->o.ctx, &planned->row.set);
  }
  if (s->plan.len > 0)
    qsort(s->plan.data, plan_count(s), sizeof(struct session_planned), newest_first);
  return true;
}

const struct topo_session_set *topo_session_pages_next(struct topo_session *s)
{
  return s->plan_at < plan_count(s) ? &plan_entry(s, s->plan_at++)->row : NULL;
}
