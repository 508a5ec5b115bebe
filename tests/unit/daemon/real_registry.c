/* real_registry.c - see real_registry.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/daemon/real_registry.h"

#include "api/base64url.h"
#include "base/assert.h"
#include "base/status.h"
#include "sys/disk.h"
#include "sys/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IN_FLIGHT = 256 };

void real_registry_start(struct real_registry *h)
{
  struct topo_net_address bind;
  assert_int_equal(topo_net_address_parse(&bind, "127.0.0.1", 0), 0);
  assert_int_equal(topo_registry_open(&h->registry, h->dir, &h->disk, &h->rng), 0);
  assert_int_equal(topo_loop_create(&h->loop), 0);
  struct topo_network_options o = {
      .bind = &bind, .rng = h->rng, .secret = topo_registry_secret(h->registry), .loop = h->loop};
  h->env = (struct topo_space_env){.disk = h->disk, .rng = h->rng};
  assert_int_equal(topo_network_create(&h->env.network, &o), 0);
  assert_int_equal(topo_pool_create(2, &h->env.pool), 0);
  assert_int_equal(topo_registry_start(h->registry, &h->env), 0);
}

void real_registry_stop(struct real_registry *h)
{
  topo_registry_stop(h->registry);
  topo_network_destroy(h->env.network);
  topo_pool_destroy(h->env.pool);
  topo_registry_close(h->registry);
  topo_loop_destroy(h->loop);
}

void real_registry_restart(struct real_registry *h)
{
  real_registry_stop(h);
  real_registry_start(h);
}

int real_registry_set_up(void **state)
{
  struct real_registry *h = calloc(1, sizeof *h);
  strcpy(h->dir, "/tmp/topo-host.XXXXXX");
  h->disk = topo_disk_os();
  h->rng = topo_rng_os();
  *state = h;
  if (!mkdtemp(h->dir))
    return -1;
  real_registry_start(h);
  return 0;
}

int real_registry_tear_down(void **state)
{
  struct real_registry *h = *state;
  char command[128];
  real_registry_stop(h);
  snprintf(command, sizeof command, "rm -rf %s", h->dir);
  int r = system(command);
  free(h);
  return r;
}

const struct topo_registry_entry *real_registry_found(struct real_registry *h, const char *name)
{
  const struct topo_registry_entry *entry = NULL;
  enum topo_registry_how how;
  struct topo_registry_wish wish = {.workspace_name = name, .user_name = "Alice"};
  assert_int_equal(topo_registry_make(h->registry, &wish, &entry, &how), 0);
  assert_non_null(entry->space);
  return entry;
}

void real_registry_path(const struct real_registry *h, const char *file, char *out, size_t size)
{
  snprintf(out, size, "%s/spaces/%s", h->dir, file);
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* Calls that are not answered yet. */
struct flight {
  pthread_mutex_t mutex;
  pthread_cond_t landed;
  unsigned n;
};

static void begin(struct flight *f)
{
  pthread_mutex_init(&f->mutex, NULL);
  pthread_cond_init(&f->landed, NULL);
  f->n = 0;
}

static void wait_below(struct flight *f, unsigned n)
{
  pthread_mutex_lock(&f->mutex);
  while (f->n >= n)
    pthread_cond_wait(&f->landed, &f->mutex);
  pthread_mutex_unlock(&f->mutex);
}

static void end(struct flight *f)
{
  wait_below(f, 1);
  pthread_cond_destroy(&f->landed);
  pthread_mutex_destroy(&f->mutex);
}

static void land(struct flight *f)
{
  pthread_mutex_lock(&f->mutex);
  f->n--;
  pthread_cond_broadcast(&f->landed);
  pthread_mutex_unlock(&f->mutex);
}

static void answered(struct topo_op_call *call, void *arg)
{
  (void)call;
  land(arg);
}

static void sent(struct topo_op_call *call, void *arg)
{
  topo_assert(call->status == 0);
  topo_op_call_destroy(call);
  land(arg);
}

static void set_id(struct topo_op_call *call, const char *name, const struct topo_id *id)
{
  char text[TOPO_ID_TEXT_SIZE];
  bool unknown = false;
  topo_id_format(text, id);
  topo_assert(topo_op_set(call, TOPO_OP_PATH, name, text, strlen(text), &unknown) == 0 && !unknown);
}

static struct topo_op_call *make(struct topo_space *space, const struct topo_op *op,
                                 const char *path_name, const struct topo_id *path,
                                 const char *body)
{
  struct topo_op_call *call = topo_op_call_create(op);
  topo_assert(call);
  set_id(call, "space", topo_space_id(space));
  if (path_name)
    set_id(call, path_name, path);
  topo_assert(!body || topo_op_set_body(call, body, strlen(body)) == 0);
  return call;
}

static void start(struct topo_space *space, struct topo_op_call *call, struct flight *flight,
                  void (*done)(struct topo_op_call *call, void *arg))
{
  pthread_mutex_lock(&flight->mutex);
  flight->n++;
  pthread_mutex_unlock(&flight->mutex);
  call->done = done;
  call->done_arg = flight;
  topo_space_call(space, call);
}

struct topo_op_call *real_registry_call(struct topo_space *space, const struct topo_op *op,
                                        const char *path_name, const struct topo_id *path,
                                        const char *body)
{
  struct flight flight;
  struct topo_op_call *call = make(space, op, path_name, path, body);
  begin(&flight);
  start(space, call, &flight, answered);
  end(&flight);
  return call;
}

static struct topo_id channel_in(struct topo_op_call *call)
{
  static const char key[] = "\"channel\":\"";
  struct topo_id id;
  char text[TOPO_ID_TEXT_SIZE];
  assert_int_equal(call->status, 0);
  assert_int_equal(topo_buf_put_u8(&call->out.buf, 0), 0);
  const char *at = strstr((const char *)call->out.buf.data, key);
  assert_non_null(at);
  memcpy(text, at + sizeof key - 1, sizeof text - 1);
  text[sizeof text - 1] = '\0';
  assert_int_equal(topo_id_parse(&id, text, strlen(text)), 0);
  topo_op_call_destroy(call);
  return id;
}

struct topo_id real_registry_general(struct topo_space *space)
{
  return channel_in(real_registry_call(space, &topo_op_row_listChannels, NULL, NULL, NULL));
}

struct topo_id real_registry_channel(struct topo_space *space, const char *name)
{
  char body[128];
  snprintf(body, sizeof body, "{\"name\":\"%s\"}", name);
  return channel_in(real_registry_call(space, &topo_op_row_createChannel, NULL, NULL, body));
}

void real_registry_send(struct topo_space *space, const struct topo_id *channel, unsigned first,
                        unsigned n)
{
  struct flight flight;
  begin(&flight);
  for (unsigned i = 0; i < n; i++) {
    char body[64];
    snprintf(body, sizeof body, "{\"text\":\"m%u\"}", first + i);
    wait_below(&flight, IN_FLIGHT);
    start(space, make(space, &topo_op_row_sendMessage, "channel", channel, body), &flight, sent);
  }
  end(&flight);
}

static void *write_all(void *arg)
{
  struct registry_writer *w = arg;
  real_registry_send(w->space, &w->channel, w->first, w->n);
  return NULL;
}

void registry_writer_start(struct registry_writer *writer)
{
  assert_int_equal(pthread_create(&writer->thread, NULL, write_all, writer), 0);
}

void registry_writer_join(struct registry_writer *writer)
{
  assert_int_equal(pthread_join(writer->thread, NULL), 0);
}
