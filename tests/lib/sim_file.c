/*
 * sim_file.c - the bytes of one simulated file: what is durable, and the changes made since.
 *
 * A sync replays the changes onto the durable bytes. A power cut replays them with a fate for each.
 */
#include "lib/sim_disk_impl.h"

#include "base/assert.h"

#include <stdlib.h>
#include <string.h>

/* reallocarray is not among the calls that alloc_fail.c makes fail: the disk must not break when
 * the program on it is tried with failing allocations. */
void *sim_grow(void *old, size_t size)
{
  void *memory = reallocarray(old, 1, size);
  topo_assert(memory != NULL);
  return memory;
}

void *sim_allocate(size_t size)
{
  return memset(sim_grow(NULL, size), 0, size);
}

/* Sets the size; new bytes are zero. */
static void content_resize(struct sim_content *c, size_t size)
{
  if (size > c->cap) {
    size_t cap = c->cap ? c->cap : 4096;
    while (cap < size)
      cap *= 2;
    c->data = sim_grow(c->data, cap);
    c->cap = cap;
  }
  if (size > c->size)
    memset(c->data + c->size, 0, size - c->size);
  c->size = size;
}

static void content_write(struct sim_content *c, size_t offset, const void *data, size_t len)
{
  if (len == 0)
    return;
  if (offset + len > c->size)
    content_resize(c, offset + len);
  memcpy(c->data + offset, data, len);
}

static void content_copy(struct sim_content *to, const struct sim_content *from)
{
  content_resize(to, from->size);
  if (from->size)
    memcpy(to->data, from->data, from->size);
}

static void content_apply(struct sim_content *c, const struct sim_change *change)
{
  if (change->len)
    content_write(c, change->offset, change->data, change->len);
  else
    content_resize(c, change->offset);
}

struct sim_file *sim_file_create(void)
{
  struct sim_file *file = sim_allocate(sizeof *file);
  file->changes_tail = &file->changes;
  return file;
}

void sim_file_ref(struct sim_file *file)
{
  file->refs++;
}

static void forget_changes(struct sim_file *file)
{
  for (struct sim_change *c = file->changes, *next; c; c = next) {
    next = c->next;
    free(c);
  }
  file->changes = NULL;
  file->changes_tail = &file->changes;
}

void sim_file_unref(struct sim_file *file)
{
  if (!file || --file->refs > 0)
    return;
  topo_assert(file->handles == NULL);
  forget_changes(file);
  sim_shm_unref(file->shm);
  free(file->now.data);
  free(file->durable.data);
  free(file);
}

static void record(struct sim_file *file, size_t offset, const void *data, size_t len)
{
  struct sim_change *c = sim_allocate(sizeof *c + len);
  c->next = NULL;
  c->offset = offset;
  c->len = len;
  if (len)
    memcpy(c->data, data, len);
  *file->changes_tail = c;
  file->changes_tail = &c->next;
  content_apply(&file->now, c);
}

void sim_file_write(struct sim_file *file, size_t offset, const void *data, size_t len)
{
  if (len)
    record(file, offset, data, len);
}

void sim_file_truncate(struct sim_file *file, size_t size)
{
  record(file, size, NULL, 0);
}

void sim_file_sync(struct sim_file *file)
{
  for (const struct sim_change *c = file->changes; c; c = c->next)
    content_apply(&file->durable, c);
  forget_changes(file);
}

/* The part of a write that lies in the sector beginning at `sector`. */
struct part {
  size_t offset, len;
  const uint8_t *data;
};

static struct part part_of(const struct sim_change *w, size_t sector)
{
  size_t from = sector > w->offset ? sector : w->offset;
  size_t end = sector + SIM_SECTOR;
  if (end > w->offset + w->len)
    end = w->offset + w->len;
  return (struct part){.offset = from, .len = end - from, .data = w->data + (from - w->offset)};
}

/* A sector under the head when the power failed: a new beginning on an old end, an old beginning
 * under a new end, or garbage. */
static void spoil_sector(struct sim_content *c, const struct sim_change *w, size_t sector,
                         struct sim_rng *rng, bool powersafe_overwrite)
{
  struct part part = part_of(w, sector);
  size_t cut = (size_t)sim_rng_below(rng, part.len + 1);
  switch (sim_rng_below(rng, 3)) {
  case 0: content_write(c, part.offset, part.data, cut); return;
  case 1: content_write(c, part.offset + cut, part.data + cut, part.len - cut); return;
  default: break;
  }
  uint8_t garbage[SIM_SECTOR];
  sim_rng_fill(rng, garbage, sizeof garbage);
  if (powersafe_overwrite) {
    content_write(c, part.offset, garbage, part.len);
    return;
  }
  size_t end = c->size > part.offset + part.len ? c->size : part.offset + part.len;
  size_t len = end - sector < SIM_SECTOR ? end - sector : SIM_SECTOR;
  content_write(c, sector, garbage, len);
}

/* Either a prefix of the sectors arrived, or each did or did not; one more is spoilt. */
static void tear(struct sim_content *c, const struct sim_change *w, struct sim_rng *rng,
                 bool powersafe_overwrite)
{
  size_t first = w->offset / SIM_SECTOR;
  size_t count = (w->offset + w->len - 1) / SIM_SECTOR - first + 1;
  size_t spoilt = (size_t)sim_rng_below(rng, count);
  bool in_order = sim_rng_chance(rng, 0.5);
  for (size_t i = 0; i < count; i++) {
    size_t sector = (first + i) * SIM_SECTOR;
    struct part part = part_of(w, sector);
    if (i == spoilt)
      spoil_sector(c, w, sector, rng, powersafe_overwrite);
    else if (in_order ? i < spoilt : sim_rng_chance(rng, 0.5))
      content_write(c, part.offset, part.data, part.len);
  }
}

void sim_file_cut_power(struct sim_file *file, struct sim_rng *rng, bool powersafe_overwrite)
{
  /* The mood of this cut: from "all is lost" to "all arrived", so that the extremes occur too. */
  double keep = (double)sim_rng_below(rng, 5) / 4;
  double torn = (double)sim_rng_below(rng, 3) / 2;
  for (const struct sim_change *c = file->changes; c; c = c->next) {
    if (sim_rng_chance(rng, keep))
      content_apply(&file->durable, c);
    else if (c->len && sim_rng_chance(rng, torn))
      tear(&file->durable, c, rng, powersafe_overwrite);
  }
  forget_changes(file);
  content_copy(&file->now, &file->durable);
}

static bool holds(const uint8_t *data, size_t size, const void *needle, size_t len)
{
  return size >= len && memmem(data, size, needle, len) != NULL;
}

bool sim_file_contains(const struct sim_file *file, const void *needle, size_t len)
{
  if (holds(file->now.data, file->now.size, needle, len) ||
      holds(file->durable.data, file->durable.size, needle, len))
    return true;
  for (const struct sim_change *c = file->changes; c; c = c->next)
    if (holds(c->data, c->len, needle, len))
      return true;
  return false;
}
