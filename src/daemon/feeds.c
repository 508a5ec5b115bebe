/* feeds.c - who follows a space, and what each is given. */
#include "daemon/feeds_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

/* ---- followers ------------------------------------------------------------------------------- */

void topo_follower_move(struct topo_follower *f, enum topo_feed_state to)
{
  static const bool allowed[TOPO_FEED_STATES][TOPO_FEED_STATES] = {
      [TOPO_FEED_OPENING] =
          {[TOPO_FEED_LIVE] = true, [TOPO_FEED_BEHIND] = true, [TOPO_FEED_OVER] = true},
      [TOPO_FEED_LIVE] = {[TOPO_FEED_BEHIND] = true, [TOPO_FEED_OVER] = true},
      [TOPO_FEED_BEHIND] = {[TOPO_FEED_LIVE] = true, [TOPO_FEED_OVER] = true},
  };
  topo_assert(allowed[f->state][to]);
  f->state = to;
}

void topo_follower_wake(struct topo_follower *f)
{
  if (!f->armed)
    return;
  f->armed = false;
  f->request.ready(f->request.arg);
}

/* Followers are served from the front of the list and go to its end then. With the mutex. */
static void append(struct topo_feeds *feeds, struct topo_follower *f)
{
  struct topo_follower **at = &feeds->followers;
  while (*at)
    at = &(*at)->next;
  f->next = NULL;
  *at = f;
}

static void unlink_follower(struct topo_feeds *feeds, struct topo_follower *f)
{
  struct topo_follower **at = &feeds->followers;
  while (*at != f)
    at = &(*at)->next;
  *at = f->next;
}

static bool wants(const struct topo_follower *f, enum topo_feed_type type)
{
  return !f->request.types || f->request.types >> type & 1;
}

/* A message that is gone is in no channel any more: everybody is told. */
static bool passes(const struct topo_follower *f, const struct topo_feed_frame *frame)
{
  if (!wants(f, frame->type))
    return false;
  return !f->request.one_channel || !frame->in_channel ||
         topo_id_equal(&frame->channel, &f->request.channel);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* What one read gives out. */
struct giving {
  void (*each)(void *arg, const struct topo_feed_event *event);
  void *arg;
  size_t left; /* bytes */
  int n;
};

static void give(struct giving *g, const char *type, const char *cursor, struct topo_bytes frame)
{
  struct topo_feed_event event = {type, cursor, frame};
  g->each(g->arg, &event);
  g->left -= frame.len < g->left ? frame.len : g->left;
  g->n++;
}

static void give_frame(struct giving *g, const struct topo_feed_frame *frame)
{
  give(g, frame->name, frame->cursor, (struct topo_bytes){frame->json, frame->len});
}

static void introduce(struct topo_follower *f, struct giving *g)
{
  struct topo_json json;
  const char *type = f->reset ? "reset" : "ready";
  topo_json_init(&json);
  topo_json_begin_object(&json);
  topo_json_key(&json, "type");
  topo_json_string(&json, type);
  topo_json_key(&json, "space");
  topo_json_id(&json, &f->feeds->options.device);
  topo_json_key(&json, "cursor");
  topo_json_string(&json, f->cursor);
  topo_json_end_object(&json);
  if (topo_json_status(&json) == 0) { /* else it is tried again with the next read */
    give(g, type, f->cursor, topo_json_text(&json));
    f->introduced = true;
  }
  topo_json_finish(&json);
}

static void give_states(struct topo_follower *f, struct giving *g)
{
  struct topo_feeds *feeds = f->feeds;
  for (unsigned type = 0; type < TOPO_FEED_TYPES && g->left; type++) {
    bool news = feeds->states[type].frame.len && f->seen[type] != feeds->states[type].version;
    if (!news || !wants(f, (enum topo_feed_type)type))
      continue;
    f->seen[type] = feeds->states[type].version;
    give(g, topo_feed_type_name((enum topo_feed_type)type), NULL,
         topo_buf_view(&feeds->states[type].frame));
  }
}

static void give_backlog(struct topo_follower *f, struct giving *g)
{
  struct topo_feed_list *list = &f->backlog;
  while (list->next < list->n && g->left) {
    struct topo_feed_frame *frame = list->frames[list->next++];
    if (passes(f, frame))
      give_frame(g, frame);
    topo_feed_frame_destroy(frame);
  }
}

static void give_live(struct topo_follower *f, struct giving *g)
{
  const struct topo_feed_ring *ring = &f->feeds->ring;
  while (g->left) {
    const struct topo_feed_frame *frame = topo_feed_ring_after(ring, f->seq);
    if (!frame) {
      f->seq = ring->to;
      return;
    }
    f->seq = frame->seq;
    if (passes(f, frame))
      give_frame(g, frame);
  }
}

static int read_feed(struct topo_feed *feed, size_t max_bytes,
                     void (*each)(void *arg, const struct topo_feed_event *event), void *arg)
{
  struct topo_follower *f = (struct topo_follower *)(void *)feed;
  struct topo_feeds *feeds = f->feeds;
  struct giving g = {each, arg, max_bytes, 0};
  bool hungry = false;
  pthread_mutex_lock(&feeds->mutex);
  bool over = f->state == TOPO_FEED_OVER;
  if (f->state == TOPO_FEED_LIVE || f->state == TOPO_FEED_BEHIND) {
    if (!f->introduced)
      introduce(f, &g);
    give_states(f, &g);
    give_backlog(f, &g);
    if (f->state == TOPO_FEED_LIVE && !topo_feed_ring_covers(&feeds->ring, f->seq))
      topo_follower_move(f, TOPO_FEED_BEHIND);
    if (f->state == TOPO_FEED_LIVE && f->backlog.next == f->backlog.n)
      give_live(f, &g);
    hungry = f->state == TOPO_FEED_BEHIND && f->backlog.next == f->backlog.n;
  }
  f->armed = !over && g.n == 0;
  pthread_mutex_unlock(&feeds->mutex);
  if (hungry)
    topo_actor_wake(&feeds->actor);
  return over ? TOPO_ECLOSED : g.n;
}

/* ---- the actor ------------------------------------------------------------------------------- */

static struct topo_follower *find(struct topo_feeds *feeds,
                                  bool (*is)(const struct topo_follower *f))
{
  for (struct topo_follower *f = feeds->followers; f; f = f->next)
    if (is(f))
      return f;
  return NULL;
}

static bool is_opening(const struct topo_follower *f)
{
  return f->state == TOPO_FEED_OPENING;
}
static bool is_hungry(const struct topo_follower *f)
{
  return f->state == TOPO_FEED_BEHIND && f->backlog.next == f->backlog.n;
}
static bool is_live(const struct topo_follower *f)
{
  return f->state == TOPO_FEED_LIVE;
}

/* Where the ring begins when the first one follows live: at the head, before anything newer. */
static void start_flow(struct topo_feeds *feeds, const struct topo_change_cursor *head)
{
  if (feeds->flowing)
    return;
  topo_feed_ring_reset(&feeds->ring, head->seq);
  feeds->flowing = true;
}

static void settle(struct topo_feeds *feeds, struct topo_follower *f)
{
  bool live = topo_feed_ring_covers(&feeds->ring, f->seq);
  topo_follower_move(f, live ? TOPO_FEED_LIVE : TOPO_FEED_BEHIND);
}

/* The log does not reach back to where the follower is: it begins anew at the head. */
static void begin_anew(struct topo_feeds *feeds, struct topo_follower *f,
                       const struct topo_change_cursor *head)
{
  topo_feed_list_finish(&f->backlog);
  topo_change_cursor_format(f->cursor, head);
  f->seq = head->seq;
  f->reset = true;
  f->introduced = false;
  if (f->state == TOPO_FEED_BEHIND && topo_feed_ring_covers(&feeds->ring, f->seq))
    topo_follower_move(f, TOPO_FEED_LIVE);
}

/* Only the actor moves a follower out of OPENING and into a backlog, and a follower that closes
 * meanwhile waits for the mutex: `f` is looked up again after each step without it. */
static int open_one(struct topo_feeds *feeds, const struct topo_change_cursor *head)
{
  char since[TOPO_FEED_CURSOR_SIZE];
  int64_t seq = 0;
  pthread_mutex_lock(&feeds->mutex);
  struct topo_follower *f = find(feeds, is_opening);
  if (f)
    memcpy(since, f->request.since, sizeof since);
  pthread_mutex_unlock(&feeds->mutex);
  if (!f)
    return 0;
  int status = topo_feeds_place(feeds, since, head, &seq);
  pthread_mutex_lock(&feeds->mutex);
  struct topo_follower *again = find(feeds, is_opening);
  if (again == f && memcmp(since, f->request.since, sizeof since) == 0) {
    struct topo_change_cursor at = {head->run, seq};
    f->reset = status == 1;
    f->seq = seq;
    topo_change_cursor_format(f->cursor, &at);
    start_flow(feeds, head);
    if (status < 0)
      topo_follower_move(f, TOPO_FEED_OVER);
    else
      settle(feeds, f);
    topo_follower_wake(f);
  }
  pthread_mutex_unlock(&feeds->mutex);
  return 1;
}

static void take_backlog(struct topo_feeds *feeds, struct topo_follower *f,
                         struct topo_feed_list *list, int status,
                         const struct topo_change_cursor *head)
{
  if (status == TOPO_ENOTFOUND) {
    begin_anew(feeds, f, head);
  } else if (status < 0) {
    topo_follower_move(f, TOPO_FEED_OVER);
  } else {
    f->backlog = *list;
    f->seq = list->to;
    list->n = 0;
    if (topo_feed_ring_covers(&feeds->ring, f->seq))
      topo_follower_move(f, TOPO_FEED_LIVE);
  }
}

static int feed_one(struct topo_feeds *feeds, const struct topo_change_cursor *head)
{
  struct topo_feed_list list;
  pthread_mutex_lock(&feeds->mutex);
  struct topo_follower *f = find(feeds, is_hungry);
  int64_t seq = f ? f->seq : 0;
  uint32_t types = f ? f->request.types : 0;
  pthread_mutex_unlock(&feeds->mutex);
  if (!f)
    return 0;
  int status = topo_feeds_read(feeds, head, seq, types, &list);
  pthread_mutex_lock(&feeds->mutex);
  if (find(feeds, is_hungry) == f && f->seq == seq && f->request.types == types) {
    take_backlog(feeds, f, &list, status, head);
    unlink_follower(feeds, f);
    append(feeds, f);
    topo_follower_wake(f);
  }
  pthread_mutex_unlock(&feeds->mutex);
  topo_feed_list_finish(&list);
  return 1;
}

/* Reads one batch into the ring. 1: there may be more. */
static int flow(struct topo_feeds *feeds, const struct topo_change_cursor *head)
{
  struct topo_feed_list list;
  pthread_mutex_lock(&feeds->mutex);
  bool due = feeds->flowing && find(feeds, is_live) && feeds->ring.to < head->seq;
  int64_t seq = feeds->ring.to;
  if (feeds->flowing && !find(feeds, is_live) && feeds->ring.to < head->seq) {
    topo_feed_ring_reset(&feeds->ring, head->seq); /* nobody is there for what it would hold */
    due = false;
  }
  pthread_mutex_unlock(&feeds->mutex);
  if (!due)
    return 0;
  int status = topo_feeds_read(feeds, head, seq, 0, &list);
  pthread_mutex_lock(&feeds->mutex);
  while (list.next < list.n)
    topo_feed_ring_put(&feeds->ring, list.frames[list.next++]);
  topo_feed_ring_advance(&feeds->ring, list.to);
  if (status == TOPO_ENOTFOUND)
    topo_feed_ring_reset(&feeds->ring, head->seq);
  for (struct topo_follower *f = feeds->followers; f; f = f->next) {
    if (status == TOPO_ENOTFOUND && f->state == TOPO_FEED_LIVE)
      begin_anew(feeds, f, head);
    else if (status < 0 && f->state == TOPO_FEED_LIVE)
      topo_follower_move(f, TOPO_FEED_OVER);
    if (f->state == TOPO_FEED_LIVE || f->state == TOPO_FEED_OVER)
      topo_follower_wake(f);
  }
  pthread_mutex_unlock(&feeds->mutex);
  return status == 0 && list.to < head->seq;
}

/* Nobody follows: the memory goes. */
static void rest(struct topo_feeds *feeds)
{
  pthread_mutex_lock(&feeds->mutex);
  bool idle = !feeds->followers;
  if (idle) {
    topo_feed_ring_reset(&feeds->ring, 0);
    feeds->flowing = false;
    for (unsigned i = 0; i < TOPO_FEED_TYPES; i++)
      topo_buf_finish(&feeds->states[i].frame);
  }
  pthread_mutex_unlock(&feeds->mutex);
  if (!idle)
    return;
  topo_db_close(feeds->db);
  feeds->db = NULL;
  topo_json_finish(&feeds->json);
  topo_json_init(&feeds->json);
}

/* The log cannot be read: whoever follows is told so, and may come again. */
static void fail(struct topo_feeds *feeds)
{
  pthread_mutex_lock(&feeds->mutex);
  for (struct topo_follower *f = feeds->followers; f; f = f->next)
    if (f->state != TOPO_FEED_OVER) {
      topo_follower_move(f, TOPO_FEED_OVER);
      topo_follower_wake(f);
    }
  pthread_mutex_unlock(&feeds->mutex);
  topo_db_close(feeds->db); /* perhaps a new handle has more luck */
  feeds->db = NULL;
}

static void run(struct topo_actor *actor)
{
  struct topo_feeds *feeds = (struct topo_feeds *)(void *)actor;
  struct topo_change_cursor head;
  rest(feeds);
  if (!topo_feeds_watched(feeds))
    return;
  if (topo_feeds_begin(feeds, &head) < 0) {
    fail(feeds);
    return;
  }
  int more = open_one(feeds, &head);
  more |= flow(feeds, &head);
  more |= feed_one(feeds, &head);
  topo_feeds_end(feeds);
  if (more)
    topo_actor_wake(actor);
}

/* ---- opening, closing ------------------------------------------------------------------------ */

static void close_feed(struct topo_feed *feed)
{
  struct topo_follower *f = (struct topo_follower *)(void *)feed;
  struct topo_feeds *feeds = f->feeds;
  pthread_mutex_lock(&feeds->mutex);
  unlink_follower(feeds, f);
  bool last = atomic_fetch_sub(&feeds->count, 1) == 1 && !feeds->stopping;
  topo_feed_list_finish(&f->backlog);
  pthread_mutex_unlock(&feeds->mutex);
  if (last)
    topo_actor_wake(&feeds->actor);
  free(f);
}

static const struct topo_feed_ops feed_ops = {read_feed, close_feed};

int topo_feeds_open(struct topo_feeds *feeds, const struct topo_feed_request *request,
                    struct topo_feed **out)
{
  struct topo_change_cursor cursor;
  if (request->since[0] &&
      topo_change_cursor_parse(&cursor, request->since, strlen(request->since)) < 0)
    return TOPO_EINVAL;
  struct topo_follower *f = calloc(1, sizeof *f);
  if (!f)
    return TOPO_ENOMEM;
  f->feed.ops = &feed_ops;
  f->feeds = feeds;
  f->request = *request;
  f->armed = true;
  pthread_mutex_lock(&feeds->mutex);
  int status = feeds->stopping                                ? TOPO_ECLOSED
               : atomic_load(&feeds->count) >= TOPO_FEEDS_MAX ? TOPO_ELIMIT
                                                              : 0;
  if (status == 0) {
    append(feeds, f);
    atomic_fetch_add(&feeds->count, 1);
  }
  pthread_mutex_unlock(&feeds->mutex);
  if (status < 0) {
    free(f);
    return status;
  }
  *out = &f->feed;
  topo_actor_wake(&feeds->actor);
  feeds->options.wanted(feeds->options.arg);
  return 0;
}

bool topo_feeds_watched(const struct topo_feeds *feeds)
{
  return atomic_load(&feeds->count) > 0;
}

void topo_feeds_changed(struct topo_feeds *feeds)
{
  if (topo_feeds_watched(feeds))
    topo_actor_wake(&feeds->actor);
}

/* ---- states ---------------------------------------------------------------------------------- */

static int write_state(const struct topo_feeds *feeds, enum topo_feed_type type,
                       struct topo_bytes json, struct topo_buf *out)
{
  struct topo_json head;
  topo_json_init(&head);
  topo_json_begin_object(&head);
  topo_json_key(&head, "type");
  topo_json_string(&head, topo_feed_type_name(type));
  topo_json_key(&head, "space");
  topo_json_id(&head, &feeds->options.device);
  topo_json_key(&head, "data");
  int status = topo_json_status(&head);
  struct topo_bytes text = topo_json_text(&head);
  if (status == 0)
    status = topo_buf_put(out, text.data, text.len);
  topo_json_finish(&head);
  topo_buf_put(out, json.data, json.len);
  topo_buf_put(out, "}", 1);
  return status == 0 && out->failed ? TOPO_ENOMEM : status;
}

void topo_feeds_state(struct topo_feeds *feeds, enum topo_feed_type type, struct topo_bytes json)
{
  struct topo_buf frame = {0};
  if (write_state(feeds, type, json, &frame) < 0) {
    topo_buf_finish(&frame);
    return;
  }
  pthread_mutex_lock(&feeds->mutex);
  struct topo_buf *old = &feeds->states[type].frame;
  bool news = old->len != frame.len || memcmp(old->data, frame.data, frame.len) != 0;
  if (news) {
    struct topo_buf swap = *old;
    *old = frame;
    frame = swap;
    feeds->states[type].version++;
    for (struct topo_follower *f = feeds->followers; f; f = f->next)
      if (f->state != TOPO_FEED_OPENING && wants(f, type))
        topo_follower_wake(f);
  }
  pthread_mutex_unlock(&feeds->mutex);
  topo_buf_finish(&frame);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct topo_feeds *topo_feeds_create(const struct topo_feeds_options *options)
{
  struct topo_feeds *feeds = calloc(1, sizeof *feeds);
  char *path = strdup(options->path);
  if (!feeds || !path) {
    free(feeds);
    free(path);
    return NULL;
  }
  feeds->options = *options;
  feeds->path = path;
  topo_json_init(&feeds->json);
  topo_assert(pthread_mutex_init(&feeds->mutex, NULL) == 0);
  topo_actor_init(&feeds->actor, options->pool, run);
  return feeds;
}

void topo_feeds_stop(struct topo_feeds *feeds)
{
  pthread_mutex_lock(&feeds->mutex);
  feeds->stopping = true;
  for (struct topo_follower *f = feeds->followers; f; f = f->next)
    if (f->state != TOPO_FEED_OVER) {
      topo_follower_move(f, TOPO_FEED_OVER);
      topo_follower_wake(f);
    }
  pthread_mutex_unlock(&feeds->mutex);
  topo_actor_stop(&feeds->actor);
  topo_db_close(feeds->db);
  feeds->db = NULL;
}

void topo_feeds_destroy(struct topo_feeds *feeds)
{
  if (!feeds)
    return;
  topo_assert(feeds->stopping && !feeds->followers);
  topo_feed_ring_reset(&feeds->ring, 0);
  for (unsigned i = 0; i < TOPO_FEED_TYPES; i++)
    topo_buf_finish(&feeds->states[i].frame);
  topo_json_finish(&feeds->json);
  pthread_mutex_destroy(&feeds->mutex);
  free(feeds->path);
  free(feeds);
}
