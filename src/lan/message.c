/*
 * message.c - the datagrams of discovery; see message.h.
 *
 * A message: u16 id ‖ u16 flags ‖ u16 questions ‖ u16 answers ‖ u16 authorities ‖ u16 additional,
 * then the questions (name ‖ u16 type ‖ u16 class) and the records (name ‖ u16 type ‖ u16 class ‖
 * u32 ttl ‖ u16 len ‖ data).
 */
#include "lan/message.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

enum {
  HEADER = 12,
  FLAG_ANSWER = 0x8000,
  FLAG_AUTHORITATIVE = 0x0400,
  FLAGS_UNUSABLE = 0x780f, /* the opcode and the error code: other than 0 means something else */
  CLASS_IN = 1,
  CLASS_MASK = 0x7fff, /* the first bit: of a question "by unicast", of a record "the only one" */
  ONLY_ONE = 0x8000,
  TYPE_A = 1,
  TYPE_PTR = 12,
  TYPE_TXT = 16,
  TYPE_AAAA = 28,
  TYPE_SRV = 33,
  TYPE_ANY = 255,
  /* Where names stand in what we write: the service first, and "local" at its end. */
  AT_SERVICE = HEADER,
  AT_LOCAL = HEADER + 11,
  POINTER = 0xc000,
  TXT_STRING = 2 + TOPO_LAN_BEACONS * TOPO_LAN_BEACON_SIZE /* "b=" and the beacons */
};

static const struct topo_lan_name service_name = {"\5_topo\4_udp\5local", 18};
static const struct topo_lan_name local_name = {"\5local", 7};

/* ---- writing --------------------------------------------------------------------------------- */

struct writer {
  uint8_t *out;
  size_t len;
};

static void put(struct writer *w, const void *data, size_t len)
{
  topo_assert(len <= TOPO_LAN_MESSAGE_MAX - w->len);
  memcpy(w->out + w->len, data, len);
  w->len += len;
}

static void put_u16(struct writer *w, unsigned v)
{
  const uint8_t bytes[2] = {(uint8_t)(v >> 8), (uint8_t)v};
  put(w, bytes, sizeof bytes);
}

static void put_u32(struct writer *w, uint32_t v)
{
  uint8_t bytes[4];
  topo_put_be32(bytes, v);
  put(w, bytes, sizeof bytes);
}

static void put_header(struct writer *w, unsigned flags, const unsigned counts[static 3])
{
  put_u16(w, 0);
  put_u16(w, flags);
  put_u16(w, counts[0]);
  put_u16(w, counts[1]);
  put_u16(w, 0);
  put_u16(w, counts[2]);
}

/* A label before a name that stands elsewhere. Returns where it stands itself. */
static size_t put_name(struct writer *w, const struct topo_lan_label *label, size_t parent)
{
  const uint8_t size = TOPO_LAN_LABEL_SIZE;
  size_t at = w->len;
  put(w, &size, 1);
  put(w, label->bytes, sizeof label->bytes);
  put_u16(w, POINTER | (unsigned)parent);
  return at;
}

/* What follows the name of a record, up to its data. */
static void put_record(struct writer *w, unsigned type, unsigned class, uint32_t ttl_s, size_t len)
{
  put_u16(w, type);
  put_u16(w, class);
  put_u32(w, ttl_s);
  put_u16(w, (unsigned)len);
}

static void put_address(struct writer *w, const struct topo_net_address *a, uint32_t ttl_s)
{
  if (a->sa.sa_family == AF_INET) {
    put_record(w, TYPE_A, CLASS_IN | ONLY_ONE, ttl_s, sizeof a->in.sin_addr);
    put(w, &a->in.sin_addr, sizeof a->in.sin_addr);
  } else {
    put_record(w, TYPE_AAAA, CLASS_IN | ONLY_ONE, ttl_s, sizeof a->in6.sin6_addr);
    put(w, &a->in6.sin6_addr, sizeof a->in6.sin6_addr);
  }
}

size_t topo_lan_write_answer(uint8_t out[static TOPO_LAN_MESSAGE_MAX],
                             const struct topo_lan_service *s, uint32_t ttl_s)
{
  enum { NAME = 1 + TOPO_LAN_LABEL_SIZE + 2, SRV_HEAD = 6 };
  struct writer w = {out, 0};
  const uint8_t string = TXT_STRING;
  put_header(&w, FLAG_ANSWER | FLAG_AUTHORITATIVE, (const unsigned[]){0, 1, 3});
  topo_assert(w.len == AT_SERVICE);
  put(&w, service_name.bytes, service_name.len);
  put_record(&w, TYPE_PTR, CLASS_IN, ttl_s, NAME);
  size_t instance = put_name(&w, &s->instance, AT_SERVICE);
  put_u16(&w, POINTER | (unsigned)instance);
  put_record(&w, TYPE_SRV, CLASS_IN | ONLY_ONE, ttl_s, SRV_HEAD + NAME);
  put_u32(&w, 0); /* priority and weight */
  put_u16(&w, topo_net_address_port(&s->address));
  size_t host = put_name(&w, &s->host, AT_LOCAL);
  put_u16(&w, POINTER | (unsigned)instance);
  put_record(&w, TYPE_TXT, CLASS_IN | ONLY_ONE, ttl_s, 1 + TXT_STRING);
  put(&w, &string, 1);
  put(&w, "b=", 2);
  put(&w, s->beacons, sizeof s->beacons);
  put_u16(&w, POINTER | (unsigned)host);
  put_address(&w, &s->address, ttl_s);
  return w.len;
}

size_t topo_lan_write_query(uint8_t out[static TOPO_LAN_MESSAGE_MAX],
                            const struct topo_lan_label *known, size_t n_known)
{
  struct writer w = {out, 0};
  topo_assert(n_known <= TOPO_LAN_KNOWN_MAX);
  put_header(&w, 0, (const unsigned[]){1, (unsigned)n_known, 0});
  put(&w, service_name.bytes, service_name.len);
  put_u16(&w, TYPE_PTR);
  put_u16(&w, CLASS_IN);
  for (size_t i = 0; i < n_known; i++) {
    put_u16(&w, POINTER | AT_SERVICE);
    put_record(&w, TYPE_PTR, CLASS_IN, TOPO_LAN_TTL_S, 1 + TOPO_LAN_LABEL_SIZE + 2);
    put_name(&w, &known[i], AT_SERVICE);
  }
  return w.len;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct message {
  struct topo_bytes all;
  bool answer;
  unsigned questions, answers, records; /* records are the answers and what follows them */
  size_t at;                            /* of the first question */
};

struct record {
  struct topo_lan_name name;
  unsigned type, class;
  uint32_t ttl_s;
  size_t at, len; /* of its data */
};

static unsigned get_u16(struct topo_bytes m, size_t at)
{
  topo_assert(m.len >= 2 && at <= m.len - 2);
  return (unsigned)m.data[at] << 8 | m.data[at + 1];
}

/* False when it is malformed, or no plain query or answer. */
static bool open_message(struct message *m, struct topo_bytes datagram)
{
  *m = (struct message){.all = datagram, .at = HEADER};
  if (datagram.len < HEADER || datagram.len > TOPO_LAN_DATAGRAM_MAX)
    return false;
  unsigned flags = get_u16(datagram, 2);
  m->answer = (flags & FLAG_ANSWER) != 0;
  m->questions = get_u16(datagram, 4);
  m->answers = get_u16(datagram, 6);
  m->records = m->answers + get_u16(datagram, 8) + get_u16(datagram, 10);
  return (flags & FLAGS_UNUSABLE) == 0 && m->questions + m->records <= TOPO_LAN_RECORDS_MAX;
}

/* Reads the question at *at and steps over it. */
static bool read_question(const struct message *m, size_t *at, struct record *out)
{
  size_t end = topo_lan_name_read(m->all, *at, &out->name);
  if (end == 0 || m->all.len - end < 4)
    return false;
  out->type = get_u16(m->all, end);
  out->class = get_u16(m->all, end + 2) & CLASS_MASK;
  *at = end + 4;
  return true;
}

static bool read_record(const struct message *m, size_t *at, struct record *out)
{
  if (!read_question(m, at, out) || m->all.len - *at < 6)
    return false;
  out->ttl_s = topo_get_be32(m->all.data + *at);
  out->len = get_u16(m->all, *at + 4);
  out->at = *at + 6;
  if (m->all.len - out->at < out->len)
    return false;
  *at = out->at + out->len;
  return true;
}

static bool skip_questions(const struct message *m, size_t *at)
{
  struct record question;
  *at = m->at;
  for (unsigned i = 0; i < m->questions; i++)
    if (!read_question(m, at, &question))
      return false;
  return true;
}

/* A name in the data of a record, which it fills to its end. */
static bool read_target(const struct message *m, const struct record *r, size_t offset,
                        struct topo_lan_name *out)
{
  return r->len > offset && topo_lan_name_read(m->all, r->at + offset, out) == r->at + r->len;
}

static bool wants(const struct record *question, unsigned type)
{
  return question->class == CLASS_IN && (question->type == type || question->type == TYPE_ANY);
}

static bool is_named(const struct topo_lan_name *name, const struct topo_lan_label *label,
                     const struct topo_lan_name *parent)
{
  struct topo_lan_label found;
  return topo_lan_name_splits(name, parent, &found) && memcmp(&found, label, sizeof found) == 0;
}

/* Do the answers of a query list the instance, with half of its time to come? */
static bool is_known(const struct message *m, size_t at, const struct topo_lan_label *instance)
{
  struct record r;
  struct topo_lan_name target;
  for (unsigned i = 0; i < m->answers && read_record(m, &at, &r); i++)
    if (r.type == TYPE_PTR && r.ttl_s >= TOPO_LAN_TTL_S / 2 &&
        topo_lan_name_equal(&r.name, &service_name) && read_target(m, &r, 0, &target) &&
        is_named(&target, instance, &service_name))
      return true;
  return false;
}

bool topo_lan_is_asked(struct topo_bytes datagram, const struct topo_lan_label *instance,
                       const struct topo_lan_label *host)
{
  struct message m;
  struct record q;
  bool all = false, one = false;
  if (!open_message(&m, datagram) || m.answer)
    return false;
  size_t at = m.at;
  for (unsigned i = 0; i < m.questions; i++) {
    if (!read_question(&m, &at, &q))
      return false;
    all = all || (wants(&q, TYPE_PTR) && topo_lan_name_equal(&q.name, &service_name));
    one = one || ((wants(&q, TYPE_SRV) || wants(&q, TYPE_TXT)) &&
                  is_named(&q.name, instance, &service_name));
    one = one ||
          ((wants(&q, TYPE_A) || wants(&q, TYPE_AAAA)) && is_named(&q.name, host, &local_name));
  }
  return one || (all && !is_known(&m, at, instance));
}

/* The first record, of those that begin at `at`, of that type and name. */
static bool find_record(const struct message *m, size_t at, unsigned type,
                        const struct topo_lan_name *name, struct record *out)
{
  for (unsigned i = 0; i < m->records && read_record(m, &at, out); i++)
    if (out->type == type && out->class == CLASS_IN && topo_lan_name_equal(&out->name, name))
      return true;
  return false;
}

/* Every record can be read to its end, and nothing follows the last one. */
static bool is_whole(const struct message *m, size_t at)
{
  struct record r;
  for (unsigned i = 0; i < m->records; i++)
    if (!read_record(m, &at, &r))
      return false;
  return at == m->all.len;
}

static bool read_beacons(const struct message *m, const struct record *r,
                         struct topo_lan_service *out)
{
  const uint8_t *data = m->all.data + r->at;
  if (r->len != 1 + TXT_STRING || data[0] != TXT_STRING || memcmp(data + 1, "b=", 2) != 0)
    return false;
  memcpy(out->beacons, data + 3, sizeof out->beacons);
  return true;
}

static bool read_address(const struct message *m, size_t first, const struct topo_lan_name *host,
                         uint16_t port, struct topo_net_address *out)
{
  struct record r;
  memset(out, 0, sizeof *out);
  if (find_record(m, first, TYPE_A, host, &r) && r.len == sizeof out->in.sin_addr) {
    out->in.sin_family = AF_INET;
    out->in.sin_port = htons(port);
    memcpy(&out->in.sin_addr, m->all.data + r.at, r.len);
    return true;
  }
  if (find_record(m, first, TYPE_AAAA, host, &r) && r.len == sizeof out->in6.sin6_addr) {
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_port = htons(port);
    memcpy(&out->in6.sin6_addr, m->all.data + r.at, r.len);
    return true;
  }
  return false;
}

int topo_lan_read_answer(struct topo_bytes datagram, struct topo_lan_service *out, uint32_t *ttl_s)
{
  enum { SRV_HEAD = 6 };
  struct message m;
  struct record ptr, srv, txt;
  struct topo_lan_name instance, host;
  size_t first;
  if (!open_message(&m, datagram))
    return TOPO_EMALFORMED;
  if (!m.answer)
    return TOPO_ENOTFOUND;
  if (!skip_questions(&m, &first) || !is_whole(&m, first))
    return TOPO_EMALFORMED;
  if (!find_record(&m, first, TYPE_PTR, &service_name, &ptr) ||
      !read_target(&m, &ptr, 0, &instance) ||
      !topo_lan_name_splits(&instance, &service_name, &out->instance) ||
      !find_record(&m, first, TYPE_SRV, &instance, &srv) ||
      !read_target(&m, &srv, SRV_HEAD, &host) ||
      !topo_lan_name_splits(&host, &local_name, &out->host) ||
      !find_record(&m, first, TYPE_TXT, &instance, &txt) || !read_beacons(&m, &txt, out) ||
      !read_address(&m, first, &host, (uint16_t)get_u16(m.all, srv.at + 4), &out->address) ||
      topo_net_address_port(&out->address) == 0)
    return TOPO_ENOTFOUND;
  *ttl_s = ptr.ttl_s;
  return 0;
}
