/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network interfaces of this namespace as the kernel lists them: all of them, or an error.
 * Nothing is opened for it but what netdevs_open() returned.
 */
#ifndef LSM_GUARD_NETDEVS_H
#define LSM_GUARD_NETDEVS_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#include "../lsm/lsm_guard.h"

#define NETDEV_DEPTH_MAX 8
#define NETDEV_LOWER	 2 /* most that one says itself that it stands on */

struct netdev {
	__u32 ifindex;
	char name[IF_NAMESIZE];
	bool bare; /* tunnels, tun and ppp have no Ethernet header, nor any other */
	bool bond;
	int depth; /* how many it stands on, one on the other: a bridge on its ports, a VLAN on its link */
	__u32 lower[NETDEV_LOWER]; /* it stands on these */
	__u32 master;		   /* and this stands on it; 0: none */
};

struct netdevs {
	struct netdev *at; /* by ifindex */
	size_t n, room;
};

/* A socket that the kernel answers on, or a negative errno. */
int netdevs_open(void);
/* 0, or a negative errno; netdevs_free() is due in any case. */
int netdevs_read(int fd, struct netdevs *all);
const struct netdev *netdevs_find(const struct netdevs *all, __u32 ifindex);
void netdevs_free(struct netdevs *all);

/*
 * The name of one interface, now, or "" where it has gone. netdev_names_open() comes first, and is
 * all that it needs: 0, or a negative errno.
 */
int netdev_names_open(void);
const char *netdev_name(__u32 ifindex, char name[IF_NAMESIZE]);

#endif
