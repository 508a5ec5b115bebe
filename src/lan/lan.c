/*
 * lan.c - discovery on the local network; see lan.h. A presence is how this node takes part in one
 * network: a socket, a name, and a schedule.
 */
#include "lan/lan.h"

#include "base/assert.h"
#include "base/status.h"
#include "lan/known.h"
#include "lan/schedule.h"
#include "lan/socket.h"
#include "sys/clock.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
  READS = 16 /* of one presence, in one round of the loop; the rest has its turn in the next */
};

struct presence {
  struct topo_watch watch;
  struct topo_timer timer;
  struct topo_lan *lan;
  struct topo_lan_network network;
  struct topo_lan_service service;
  struct topo_lan_schedule schedule;
  struct topo_lan_known known;
  bool named;
  bool said; /* there may be somebody who remembers the name */
};

struct topo_lan {
  struct topo_lan_options options;
  struct presence *presences[TOPO_LAN_NETWORKS_MAX];
  size_t n;
  uint8_t datagram[TOPO_LAN_DATAGRAM_MAX];
};

/* ---- what is said ---------------------------------------------------------------------------- */

static void make_label(const struct topo_rng *rng, struct topo_lan_label *out)
{
  static const char digits[] = "0123456789abcdef";
  uint8_t random[TOPO_LAN_LABEL_SIZE];
  topo_rng_fill(rng, random, sizeof random);
  for (size_t i = 0; i < sizeof random; i++)
    out->bytes[i] = (uint8_t)digits[random[i] & 15];
}

static void rearm(struct presence *presence)
{
  topo_loop_set_timer(presence->lan->options.loop, &presence->timer,
                      topo_lan_schedule_next(&presence->schedule));
}

static void send_answer(struct presence *presence, uint32_t ttl_s)
{
  uint8_t out[TOPO_LAN_MESSAGE_MAX];
  size_t len = topo_lan_write_answer(out, &presence->service, ttl_s);
  topo_lan_socket_send(presence->watch.fd, &presence->network, out, len);
  presence->said = ttl_s > 0;
}

static void send_query(struct presence *presence)
{
  uint8_t out[TOPO_LAN_MESSAGE_MAX];
  struct topo_lan_label known[TOPO_LAN_KNOWN_MAX];
  size_t n = topo_lan_known_list(&presence->known, topo_clock_monotonic_ns(), known);
  size_t len = topo_lan_write_query(out, known, n);
  topo_lan_socket_send(presence->watch.fd, &presence->network, out, len);
}

static void end_name(struct presence *presence)
{
  if (presence->said)
    send_answer(presence, 0);
  presence->named = false;
}

/* Goes on under a new name, or in silence when there is nothing to say. */
static void begin_name(struct presence *presence)
{
  const struct topo_lan_options *o = &presence->lan->options;
  struct topo_lan_service *s = &presence->service;
  end_name(presence);
  make_label(&o->rng, &s->instance);
  make_label(&o->rng, &s->host);
  s->address = presence->network.address;
  topo_rng_fill(&o->rng, s->beacons, sizeof s->beacons);
  if (o->beacons(o->arg, &s->address, s->beacons) > 0) {
    presence->named = true;
    topo_lan_schedule_named(&presence->schedule, topo_clock_monotonic_ns());
  }
}

/* Begins as on a network that was entered just now. */
static void begin(struct presence *presence)
{
  topo_lan_schedule_init(&presence->schedule, &presence->lan->options.rng);
  presence->known = (struct topo_lan_known){.next = 0};
  begin_name(presence);
  if (presence->named)
    topo_lan_schedule_ask(&presence->schedule, topo_clock_monotonic_ns());
  rearm(presence);
}

static void on_timer(struct topo_timer *timer)
{
  struct presence *presence =
      (struct presence *)(void *)((char *)timer - offsetof(struct presence, timer));
  unsigned due = topo_lan_schedule_due(&presence->schedule, topo_clock_monotonic_ns());
  if (due & TOPO_LAN_QUERY)
    send_query(presence);
  if (due & TOPO_LAN_ANSWER)
    send_answer(presence, TOPO_LAN_TTL_S);
  if (due & TOPO_LAN_RENAME)
    begin_name(presence);
  rearm(presence);
}

/* ---- what is heard --------------------------------------------------------------------------- */

/* Is it ours, on this network or on another? */
static bool is_own(const struct topo_lan *lan, const struct topo_lan_label *instance)
{
  for (size_t i = 0; i < lan->n; i++)
    if (memcmp(&lan->presences[i]->service.instance, instance, sizeof *instance) == 0)
      return true;
  return false;
}

static void take_answer(struct presence *presence, struct topo_bytes datagram, uint64_t now_ns)
{
  const struct topo_lan_options *o = &presence->lan->options;
  struct topo_lan_service service;
  uint32_t ttl_s;
  if (topo_lan_read_answer(datagram, &service, &ttl_s) < 0 ||
      is_own(presence->lan, &service.instance))
    return;
  topo_lan_known_put(&presence->known, &service.instance, ttl_s, now_ns);
  if (ttl_s == 0 || !topo_lan_schedule_passes(&presence->schedule, now_ns))
    return;
  for (size_t i = 0; i < TOPO_LAN_BEACONS; i++)
    o->heard(o->arg, &service.address, service.beacons[i]);
}

static void on_readable(struct topo_watch *watch, uint32_t events)
{
  struct presence *presence =
      (struct presence *)(void *)((char *)watch - offsetof(struct presence, watch));
  struct topo_lan *lan = presence->lan;
  uint64_t now_ns = topo_clock_monotonic_ns();
  (void)events;
  for (unsigned i = 0; i < READS; i++) {
    int n = topo_lan_socket_receive(watch->fd, lan->datagram, sizeof lan->datagram);
    if (n < 0)
      break;
    struct topo_bytes datagram = {lan->datagram, (size_t)n};
    if (n == 0 || !topo_lan_schedule_admits(&presence->schedule, now_ns))
      continue;
    if (presence->named &&
        topo_lan_is_asked(datagram, &presence->service.instance, &presence->service.host))
      topo_lan_schedule_asked(&presence->schedule, now_ns);
    take_answer(presence, datagram, now_ns);
  }
  rearm(presence);
}

/* ---- networks -------------------------------------------------------------------------------- */

static int create_presence(struct topo_lan *lan, const struct topo_lan_network *network)
{
  struct presence *presence = calloc(1, sizeof *presence);
  if (!presence)
    return TOPO_ENOMEM;
  presence->lan = lan;
  presence->network = *network;
  presence->timer.fire = on_timer;
  presence->watch.ready = on_readable;
  int status = topo_lan_socket_open(network);
  if (status < 0)
    goto fail_socket;
  presence->watch.fd = status;
  status = topo_loop_add(lan->options.loop, &presence->watch, EPOLLIN);
  if (status < 0)
    goto fail_watch;
  topo_assert(lan->n < TOPO_LAN_NETWORKS_MAX);
  lan->presences[lan->n++] = presence;
  begin(presence);
  return 0;
fail_watch:
  close(presence->watch.fd);
fail_socket:
  free(presence);
  return status;
}

static void destroy_presence(struct presence *presence)
{
  end_name(presence);
  topo_loop_cancel_timer(presence->lan->options.loop, &presence->timer);
  topo_loop_remove(presence->lan->options.loop, &presence->watch);
  close(presence->watch.fd);
  free(presence);
}

static bool is_network(const struct topo_lan_network *a, const struct topo_lan_network *b)
{
  return a->interface == b->interface && topo_net_address_equal(&a->address, &b->address);
}

static bool is_among(const struct topo_lan_network *networks, size_t n,
                     const struct topo_lan_network *network)
{
  for (size_t i = 0; i < n; i++)
    if (is_network(&networks[i], network))
      return true;
  return false;
}

static bool has_presence(const struct topo_lan *lan, const struct topo_lan_network *network)
{
  for (size_t i = 0; i < lan->n; i++)
    if (is_network(&lan->presences[i]->network, network))
      return true;
  return false;
}

int topo_lan_moved(struct topo_lan *lan, size_t *n)
{
  struct topo_lan_network networks[TOPO_LAN_NETWORKS_MAX];
  size_t found = topo_lan_networks(networks, &lan->options.bound), kept = 0;
  int status = 0;
  for (size_t i = 0; i < lan->n; i++)
    if (is_among(networks, found, &lan->presences[i]->network))
      lan->presences[kept++] = lan->presences[i];
    else
      destroy_presence(lan->presences[i]);
  lan->n = kept;
  for (size_t i = 0; i < found; i++) {
    int created = has_presence(lan, &networks[i]) ? 0 : create_presence(lan, &networks[i]);
    if (created < 0)
      status = created;
  }
  *n = lan->n;
  return status;
}

struct topo_lan *topo_lan_create(const struct topo_lan_options *options)
{
  struct topo_lan *lan = calloc(1, sizeof *lan);
  if (lan)
    lan->options = *options;
  return lan;
}

void topo_lan_destroy(struct topo_lan *lan)
{
  if (!lan)
    return;
  for (size_t i = 0; i < lan->n; i++)
    destroy_presence(lan->presences[i]);
  free(lan);
}

void topo_lan_renew(struct topo_lan *lan)
{
  for (size_t i = 0; i < lan->n; i++)
    begin(lan->presences[i]);
}
