// SPDX-License-Identifier: GPL-2.0-only
/*
 * One RTM_GETLINK dump: what interfaces there are, of what type, and which stands on which. The
 * kernel marks a dump that something changed in meanwhile; it is then made again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/amt.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "netdevs.h"
#include "table.h"

#define ROUNDS 16	 /* of dumps that were changed in */
#define ROOM   (1 << 15) /* the kernel fills a message up to this; one interface may need more */

int netdevs_open(void)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), err;

	if (fd < 0)
		return -errno;
	/* From now on nobody but the kernel can send to it. */
	if (!connect(fd, (void *)&kernel, sizeof(kernel)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* ---- one interface --------------------------------------------------------------- */

/* Attributes by their types; those of a type from @n on are not asked for. */
static void sort_out(const struct rtattr *at, size_t left, const struct rtattr **by, size_t n)
{
	memset(by, 0, n * sizeof(*by));
	for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) {
		unsigned int type = at->rta_type & NLA_TYPE_MASK;

		if (type < n)
			by[type] = at;
	}
}

static void sort_out_nested(const struct rtattr *nest, const struct rtattr **by, size_t n)
{
	sort_out(nest ? RTA_DATA(nest) : NULL, nest ? RTA_PAYLOAD(nest) : 0, by, n);
}

static __u32 number(const struct rtattr *at)
{
	__u32 value = 0;

	if (at && RTA_PAYLOAD(at) >= sizeof(value))
		memcpy(&value, RTA_DATA(at), sizeof(value));
	return value;
}

static void text(const struct rtattr *at, char *out, size_t size)
{
	size_t n = at ? strnlen(RTA_DATA(at), RTA_PAYLOAD(at)) : 0;

	n = n < size ? n : size - 1;
	memcpy(out, at ? RTA_DATA(at) : "", n);
	out[n] = '\0';
}

/* Those that name what they stand on in attributes of their own kind. */
static const struct {
	const char *kind;
	unsigned int attribute;
} own_lower[] = {
	{ "vxlan", IFLA_VXLAN_LINK },
	{ "hsr", IFLA_HSR_SLAVE1 },
	{ "hsr", IFLA_HSR_SLAVE2 },
	{ "amt", IFLA_AMT_LINK },
};

/* For these IFLA_LINK is their other end. */
static bool is_pair(const char *kind)
{
	return !strcmp(kind, "veth") || !strcmp(kind, "vxcan") || !strcmp(kind, "netkit");
}

#define OWN_ATTRIBUTES 64

static void add_lower(struct netdev *dev, __u32 ifindex)
{
	size_t n = 0;

	while (n < NETDEV_LOWER && dev->lower[n])
		n++;
	if (n < NETDEV_LOWER && ifindex != dev->ifindex)
		dev->lower[n] = ifindex;
}

static void take_lower(struct netdev *dev, const char *kind, const struct rtattr **by,
		       const struct rtattr *data)
{
	const struct rtattr *own[OWN_ATTRIBUTES];

	/* What is in another namespace does not bear on ours. */
	if (by[IFLA_LINK_NETNSID])
		return;
	if (!is_pair(kind))
		add_lower(dev, number(by[IFLA_LINK]));
	sort_out_nested(data, own, OWN_ATTRIBUTES);
	for (size_t i = 0; i < sizeof(own_lower) / sizeof(*own_lower); i++)
		if (!strcmp(own_lower[i].kind, kind))
			add_lower(dev, number(own[own_lower[i].attribute]));
}

static int take(struct netdevs *all, const struct nlmsghdr *message)
{
	const struct rtattr *by[IFLA_MAX + 1], *info[IFLA_INFO_MAX + 1];
	const struct ifinfomsg *is = NLMSG_DATA(message);
	struct netdev *dev;
	char kind[32];

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*is)))
		return -EBADMSG;
	sort_out(IFLA_RTA(is), IFLA_PAYLOAD(message), by, IFLA_MAX + 1);
	if (!by[IFLA_IFNAME])
		return -EBADMSG;
	sort_out_nested(by[IFLA_LINKINFO], info, IFLA_INFO_MAX + 1);
	text(info[IFLA_INFO_KIND], kind, sizeof(kind));
	all->at = grow(all->at, all->n, &all->room, sizeof(*all->at));
	dev = &all->at[all->n++];
	*dev = (struct netdev){ .ifindex = is->ifi_index,
				.bare = is->ifi_type != ARPHRD_ETHER,
				.bond = !strcmp(kind, "bond"),
				.master = number(by[IFLA_MASTER]) };
	text(by[IFLA_IFNAME], dev->name, sizeof(dev->name));
	take_lower(dev, kind, by, info[IFLA_INFO_DATA]);
	return 0;
}

/* ---- all of them ------------------------------------------------------------------ */

static int by_ifindex(const void *a, const void *b)
{
	__u32 x = ((const struct netdev *)a)->ifindex, y = ((const struct netdev *)b)->ifindex;

	return (x > y) - (x < y);
}

static struct netdev *find(const struct netdevs *all, __u32 ifindex)
{
	struct netdev key = { .ifindex = ifindex };

	return all->n ? bsearch(&key, all->at, all->n, sizeof(key), by_ifindex) : NULL;
}

const struct netdev *netdevs_find(const struct netdevs *all, __u32 ifindex)
{
	return find(all, ifindex);
}

/* Is @upper deeper than was known, standing on @lower? */
static bool deepen(struct netdev *upper, const struct netdev *lower)
{
	if (!upper || !lower || upper->depth > lower->depth || lower->depth == NETDEV_DEPTH_MAX)
		return false;
	upper->depth = lower->depth + 1;
	return true;
}

static void set_depths(struct netdevs *all)
{
	bool news = true;

	while (news) {
		news = false;
		for (size_t i = 0; i < all->n; i++) {
			struct netdev *dev = &all->at[i];

			for (size_t k = 0; k < NETDEV_LOWER; k++)
				if (dev->lower[k])
					news |= deepen(dev, find(all, dev->lower[k]));
			if (dev->master)
				news |= deepen(find(all, dev->master), dev);
		}
	}
}

static int ask(int fd, __u32 serial)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg is;
		struct rtattr mask;
		__u32 without;
	} question = {
		.header = { .nlmsg_len = sizeof(question),
			    .nlmsg_type = RTM_GETLINK,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			    .nlmsg_seq = serial },
		.mask = { .rta_len = RTA_LENGTH(sizeof(__u32)), .rta_type = IFLA_EXT_MASK },
		.without = RTEXT_FILTER_SKIP_STATS,
	};

	return send(fd, &question, sizeof(question), 0) < 0 ? -errno : 0;
}

/* The kernel answers as it is asked, and goes on as it is read: there is nothing to wait for. */
static ssize_t receive(int fd, char **buffer, size_t *room)
{
	ssize_t n = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
	char *more;

	if (n > (ssize_t)*room) {
		more = realloc(*buffer, n);
		if (!more)
			return -ENOMEM;
		*buffer = more;
		*room = n;
	}
	n = recv(fd, *buffer, *room, MSG_DONTWAIT);
	return n < 0 ? -errno : n;
}

enum { MORE, DONE };

/* One buffer of messages: MORE, DONE, or a negative errno. */
static int read_messages(struct netdevs *all, const char *buffer, size_t n, __u32 serial,
			 bool *changed)
{
	const struct nlmsghdr *message = (const void *)buffer;
	int err = 0;

	for (; !err && NLMSG_OK(message, n); message = NLMSG_NEXT(message, n)) {
		/* What an earlier question left. */
		if (message->nlmsg_seq != serial)
			continue;
		*changed |= !!(message->nlmsg_flags & NLM_F_DUMP_INTR);
		if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR) {
			if (message->nlmsg_len >= NLMSG_LENGTH(sizeof(err)))
				memcpy(&err, NLMSG_DATA(message), sizeof(err));
			return err ? err : DONE;
		}
		if (message->nlmsg_type == RTM_NEWLINK)
			err = take(all, message);
	}
	return err;
}

static int dump(int fd, struct netdevs *all, bool *changed)
{
	static __u32 last;
	__u32 serial = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
	char *buffer = malloc(ROOM);
	size_t room = ROOM;
	int how = buffer ? ask(fd, serial) : -ENOMEM;
	ssize_t n;

	*changed = false;
	while (how == MORE) {
		n = receive(fd, &buffer, &room);
		how = n < 0 ? n : read_messages(all, buffer, n, serial, changed);
	}
	/* The kernel takes no other question before it has answered this one. */
	while (how < 0 && buffer && recv(fd, buffer, room, MSG_DONTWAIT) > 0)
		;
	free(buffer);
	return how < 0 ? how : 0;
}

int netdevs_read(int fd, struct netdevs *all)
{
	bool changed = true;
	int err = 0;

	for (int i = 0; i < ROUNDS && changed && !err; i++) {
		all->n = 0;
		err = dump(fd, all, &changed);
	}
	if (err)
		return err;
	if (changed)
		return -EAGAIN;
	qsort(all->at, all->n, sizeof(*all->at), by_ifindex);
	set_depths(all);
	return 0;
}

void netdevs_free(struct netdevs *all)
{
	free(all->at);
	*all = (struct netdevs){};
}

/* ---- names ------------------------------------------------------------------------ */

/* Any socket will do, and one for all: it holds nothing. */
static int names = -1;

int netdev_names_open(void)
{
	if (names < 0)
		names = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return names < 0 ? -errno : 0;
}

const char *netdev_name(__u32 ifindex, char name[IF_NAMESIZE])
{
	struct ifreq request = { .ifr_ifindex = ifindex };

	name[0] = '\0';
	if (!netdev_names_open() && !ioctl(names, SIOCGIFNAME, &request))
		memcpy(name, request.ifr_name, IF_NAMESIZE);
	name[IF_NAMESIZE - 1] = '\0';
	return name;
}
