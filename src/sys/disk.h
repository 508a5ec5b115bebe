/*
 * disk.h - the operating system's files behind port/disk; SQLite uses its own VFS.
 */
#ifndef TOPO_SYS_DISK_H
#define TOPO_SYS_DISK_H

#include "port/disk.h"

/* The port. Valid for ever, for all threads. Beyond the contract of the port, a directory that it
 * makes is durable on return. */
struct topo_disk topo_disk_os(void);

#endif
