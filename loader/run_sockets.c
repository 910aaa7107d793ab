// SPDX-License-Identifier: GPL-2.0-only
/*
 * connect, listen, receive and families, for a process that confines itself.
 *
 * seccomp sees which kind of socket is asked for, and the flags of a call, but no address, for that
 * lies in memory. Landlock sees the port of a TCP connection or bind. So a list of TCP ports of
 * anybody can be held; of the rest, what allows nothing by some protocol, for then such sockets
 * need not be. What is neither is listed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lsm/lsm_guard.h"
#include "landlock.h"
#include "run.h"

#define FAMILY_INET (GUARD_FAMILY_INET | GUARD_FAMILY_INET6)
/* Those that connect and listen are about. */
#define FAMILY_ASKED (FAMILY_INET | GUARD_FAMILY_MPTCP | GUARD_FAMILY_PING)
/* Those that data of others comes by, beside TCP and UDP. */
#define FAMILY_RECEIVES                                                                    \
	(GUARD_FAMILY_MPTCP | GUARD_FAMILY_PING | GUARD_FAMILY_RAW | GUARD_FAMILY_PACKET | \
	 GUARD_FAMILY_XDP | GUARD_FAMILY_SCTP | GUARD_FAMILY_OTHER)

/* What of a protocol a list allows. */
enum reach {
	REACH_NONE,
	REACH_PORTS,
	REACH_ALL, /* every port, if not every address */
};

struct reaches {
	bool limits; /* the key is there, and is not `any` */
	bool lists;  /* it has endpoints */
	enum reach tcp, udp;
	bool other;		       /* protocols without ports */
	const struct endpoint *prefix; /* the first one that is not of every address */
};

static void reach(enum reach *out, const struct endpoint *e)
{
	enum reach is = e->first <= 1 && e->last == 0xffff ? REACH_ALL : REACH_PORTS;

	if (is > *out)
		*out = is;
}

static struct reaches reaches_of(const struct program_section *s, enum program_key key)
{
	const struct endpoint_list *list = &s->endpoints[key];
	struct reaches r = { .limits = s->given & 1u << key && list->kind != LIST_ANY,
			     .lists = list->kind == LIST_PROGRAMS };

	if (!r.limits) {
		r.tcp = r.udp = REACH_ALL;
		r.other = true;
	}
	for (size_t i = 0; i < list->n; i++) {
		const struct endpoint *e = &list->endpoints[i];

		if (e->protocols & ENDPOINT_TCP)
			reach(&r.tcp, e);
		if (e->protocols & ENDPOINT_UDP)
			reach(&r.udp, e);
		if (!e->first && e->last == 0xffff)
			r.other = true;
		if (e->family && !r.prefix)
			r.prefix = e;
	}
	return r;
}

/* ---- TCP ports, by Landlock ----------------------------------------------------- */

static int allow_ports(int ruleset, const struct endpoint_list *list, uint64_t access)
{
	int err = 0;

	for (size_t i = 0; i < list->n; i++) {
		const struct endpoint *e = &list->endpoints[i];

		if (!(e->protocols & ENDPOINT_TCP))
			continue;
		for (unsigned int port = e->first; port <= e->last && !err; port++)
			err = landlock_allow_port(ruleset, port, access);
	}
	/* Clients bind to it: the kernel chooses. */
	if (!err && access == LANDLOCK_ACCESS_NET_BIND_TCP)
		err = landlock_allow_port(ruleset, 0, access);
	return err;
}

/*
 * To rename and link between directories is denied by each set of rules that does not grant it, up
 * to Linux 6.12 also by one that is about no files.
 */
static int allow_names(int ruleset)
{
	int fd = open("/", O_PATH | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = landlock_allow_path(ruleset, fd, LANDLOCK_ACCESS_FS_REFER);
	close(fd);
	return err;
}

/* @access is closed but for the ports of the key. */
static int hold_ports(struct run *run, const struct program_section *s, enum program_key key,
		      uint64_t access)
{
	int ruleset = landlock_make(LANDLOCK_ACCESS_FS_REFER, access), err;

	if (ruleset >= 0)
		run->rulesets[run->n_rulesets++] = ruleset;
	err = ruleset < 0 ? ruleset : allow_ports(ruleset, &s->endpoints[key], access);
	if (!err)
		err = allow_names(ruleset);
	if (err)
		fprintf(stderr, "lsm-guard run: Landlock does not take the ports of %s: %s\n",
			policy_key_names[key], strerror(-err));
	return err;
}

/* ---- the keys ------------------------------------------------------------------ */

struct ask {
	struct run *run;
	const struct program_section *s;
	struct run_sockets *out;
	struct reaches connect, listen;
	bool by_port; /* Landlock knows TCP */
};

static void note(const struct ask *a, enum run_row row, enum program_key key)
{
	run_note(a->run, row, a->s->key_at[key], policy_key_names[key]);
}

/* Who is neither to send nor asked to listen by it needs no sockets of it. */
static void ask_udp(const struct ask *a)
{
	bool listens = a->listen.limits && a->listen.udp;

	a->out->no_udp = a->connect.udp == REACH_NONE && !listens;
	if (a->out->no_udp) {
		if (a->listen.udp)
			note(a, RUN_NO_UDP, KEY_CONNECT);
		return;
	}
	if (a->connect.udp != REACH_ALL)
		note(a, RUN_CONNECT_UDP, KEY_CONNECT);
	if (a->listen.udp != REACH_ALL)
		note(a, RUN_LISTEN_UDP, KEY_LISTEN);
}

static int ask_connect_tcp(const struct ask *a)
{
	bool listens = a->listen.limits && a->listen.tcp;

	if (a->connect.tcp == REACH_ALL)
		return 0;
	if (a->connect.tcp == REACH_NONE && (!a->listen.tcp || (!a->by_port && !listens))) {
		a->out->no_tcp = true;
		if (a->listen.tcp)
			note(a, RUN_NO_TCP, KEY_CONNECT);
		return 0;
	}
	if (a->by_port)
		return hold_ports(a->run, a->s, KEY_CONNECT, LANDLOCK_ACCESS_NET_CONNECT_TCP);
	note(a, RUN_CONNECT_PORT_NOT, KEY_CONNECT);
	return 0;
}

static int ask_listen_tcp(const struct ask *a)
{
	if (a->out->no_tcp || a->listen.tcp == REACH_ALL)
		return 0;
	if (a->listen.tcp == REACH_NONE) {
		a->out->no_listen = true;
		if (a->out->families & GUARD_FAMILY_UNIX)
			note(a, RUN_LISTEN_ALL, KEY_LISTEN);
	} else if (a->by_port) {
		note(a, RUN_LISTEN_CHOSEN, KEY_LISTEN);
	}
	if (a->by_port)
		return hold_ports(a->run, a->s, KEY_LISTEN, LANDLOCK_ACCESS_NET_BIND_TCP);
	note(a, a->out->no_listen ? RUN_LISTEN_BIND : RUN_LISTEN_PORT_NOT, KEY_LISTEN);
	return 0;
}

/* Landlock knows no multipath TCP, and nobody knows who is pinged. */
static void ask_others(const struct ask *a)
{
	bool tcp = a->connect.tcp != REACH_ALL || a->listen.tcp != REACH_ALL;

	if (a->out->families & GUARD_FAMILY_MPTCP && tcp) {
		a->out->families &= ~GUARD_FAMILY_MPTCP;
		note(a, RUN_NO_MPTCP, a->connect.tcp != REACH_ALL ? KEY_CONNECT : KEY_LISTEN);
	}
	if (!a->connect.other)
		a->out->families &= ~GUARD_FAMILY_PING;
}

static void ask_receive(const struct ask *a)
{
	unsigned int families = a->out->families;
	bool inet = families & FAMILY_INET && !(a->out->no_tcp && a->out->no_udp);

	if (reaches_of(a->s, KEY_RECEIVE).limits && (inet || families & FAMILY_RECEIVES))
		note(a, RUN_RECEIVE, KEY_RECEIVE);
}

static void ask_prefixes(const struct ask *a)
{
	if (a->connect.prefix)
		run_note(a->run, RUN_CONNECT_PREFIX, a->connect.prefix->at, NULL);
	if (a->listen.prefix)
		run_note(a->run, RUN_LISTEN_ADDRESS, a->listen.prefix->at, NULL);
}

static unsigned int families_of(const struct program_section *s)
{
	if (s->given & 1u << KEY_FAMILIES)
		return s->families;
	return s->given & ((1u << ENDPOINT_KEYS) - 1) ? GUARD_FAMILIES_DEFAULT : ~0u;
}

int run_sockets(struct run *run, const struct program_section *s, struct run_sockets *sockets)
{
	struct ask a = { .run = run,
			 .s = s,
			 .out = sockets,
			 .connect = reaches_of(s, KEY_CONNECT),
			 .listen = reaches_of(s, KEY_LISTEN),
			 .by_port = run->landlock >= LANDLOCK_HAS_TCP };
	int err = 0;

	*sockets =
		(struct run_sockets){ .families = families_of(s), .no_fastopen = a.connect.limits };
	if (sockets->families & FAMILY_ASKED) {
		ask_udp(&a);
		err = ask_connect_tcp(&a);
		if (!err)
			err = ask_listen_tcp(&a);
		ask_others(&a);
		ask_prefixes(&a);
	}
	ask_receive(&a);
	return err;
}
