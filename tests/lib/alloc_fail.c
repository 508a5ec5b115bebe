/*
 * alloc_fail.c - malloc, calloc and realloc behind the linker's --wrap, with a countdown.
 */
#include "lib/alloc_fail.h"

#include "base/assert.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static atomic_uint_fast64_t asked;     /* allocations since the count began */
static atomic_uint_fast64_t fail_at;   /* 0: off */
static atomic_uint_fast64_t fail_last; /* the last number that fails */
static atomic_bool failed;

static void arm(uint64_t first, uint64_t last)
{
  topo_assert(first > 0);
  atomic_store(&fail_at, 0);
  atomic_store(&asked, 0);
  atomic_store(&failed, false);
  atomic_store(&fail_last, last);
  atomic_store(&fail_at, first);
}

void alloc_fail_at(uint64_t n)
{
  arm(n, n);
}

void alloc_fail_from(uint64_t n)
{
  arm(n, UINT64_MAX);
}

bool alloc_fail_off(void)
{
  atomic_store(&fail_at, 0);
  return atomic_exchange(&failed, false);
}

uint64_t alloc_fail_count(void)
{
  return atomic_load(&asked);
}

static bool refuse(void)
{
  uint64_t number = atomic_fetch_add(&asked, 1) + 1;
  uint64_t first = atomic_load(&fail_at);
  if (first == 0 || number < first || number > atomic_load(&fail_last))
    return false;
  atomic_store(&failed, true);
  return true;
}

void *__wrap_malloc(size_t size)
{
  return refuse() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
  return refuse() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
  return refuse() ? NULL : __real_realloc(old, size);
}

static sqlite3_mem_methods sqlite_memory;

static void *sqlite_malloc(int size)
{
  return refuse() ? NULL : sqlite_memory.xMalloc(size);
}

static void *sqlite_realloc(void *old, int size)
{
  return refuse() ? NULL : sqlite_memory.xRealloc(old, size);
}

bool alloc_fail_install_sqlite(void)
{
  if (sqlite_memory.xMalloc)
    return true;
  sqlite3_mem_methods methods;
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &methods) != SQLITE_OK)
    return false;
  sqlite_memory = methods;
  methods.xMalloc = sqlite_malloc;
  methods.xRealloc = sqlite_realloc;
  /* Without lookaside every allocation is one of ours; newer releases would hide most of them. */
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK &&
      sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0) == SQLITE_OK)
    return true;
  sqlite_memory.xMalloc = NULL;
  return false;
}
