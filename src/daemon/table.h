/*
 * table.h - the one table of operations, and who runs them.
 */
#ifndef TOPO_DAEMON_TABLE_H
#define TOPO_DAEMON_TABLE_H

#include "daemon/ops.h"

struct topo_table;

/* All operations of the program and a runner for them. `daemon` outlives the table. NULL: out of
 * memory. */
struct topo_table *topo_table_create(struct topo_daemon *daemon);
/* When no call is under way any more. NULL is fine. */
void topo_table_destroy(struct topo_table *table);

/* Ends with NULL; valid as long as the table. */
const struct topo_op *const *topo_table_ops(const struct topo_table *table);
struct topo_op_runner topo_table_runner(struct topo_table *table);

#endif
