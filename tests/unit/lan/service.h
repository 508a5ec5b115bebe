/* service.h - an instance as another node describes it, for tests. */
#ifndef TOPO_TESTS_UNIT_LAN_SERVICE_H
#define TOPO_TESTS_UNIT_LAN_SERVICE_H

#include "lan/message.h"

struct topo_lan_label label_of(char c); /* that letter all over */
/* Its instance is "aaa…", its host "bbb…", its beacons are filled with 1, 2, 3… */
struct topo_lan_service service_at(const char *ip, uint16_t port);

#endif
