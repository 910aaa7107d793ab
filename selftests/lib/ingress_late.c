// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was there before, and what comes too late, over the wires of ingress_net.c: connections
 * that are older than the guard, and answers to what it has forgotten by then.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/ingress_trial.h"

/* Of what was sent it knows a minute long, of datagrams in parts half of that. */
#define REMEMBERED 61
#define ASKED_OF   200 /* the peer's address that nobody else asks anything of */
#define OLD_PORT   7100

static long now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec;
}

/* ---- older than the guard -------------------------------------------------------- */

/* Wire 1 accepts nothing: what the peer has opened ends there, what this host has goes on. */
bool older_make(struct older *o)
{
	for (int i = 0; i < 2; i++) {
		int v = i ? 6 : 4, server = wire_listen(HOST, wire_address(1, v, 1), OLD_PORT);
		int service = wire_listen(PEER, wire_address(1, v, 2), OLD_PORT);

		o->to_us[i][1] = wire_connect(PEER, NULL, 0, wire_address(1, v, 1), OLD_PORT);
		o->to_us[i][0] = wire_accept(server, PATIENCE);
		o->ours[i][0] = wire_connect(HOST, NULL, 0, wire_address(1, v, 2), OLD_PORT);
		o->ours[i][1] = wire_accept(service, PATIENCE);
		o->udp[i][1] = wire_udp(PEER, wire_address(1, v, 2), OLD_PORT);
		o->udp[i][0] = wire_udp_connect(HOST, NULL, 0, wire_address(1, v, 2), OLD_PORT);
		close(server);
		close(service);
		for (int end = 0; end < 2; end++)
			if (o->to_us[i][end] < 0 || o->ours[i][end] < 0 || o->udp[i][end] < 0)
				return false;
	}
	return true;
}

static bool comes(struct trial *t, int from, int to, bool allowed)
{
	bool sent = send(from, "old", 3, MSG_NOSIGNAL) == 3;

	wire_sync(1);
	return sent && !strcmp(wire_take(to, patience(t, allowed)), "old");
}

void try_older(struct trial *t, struct older *o)
{
	for (int i = 0; i < 2; i++) {
		int v = i ? 6 : 4, port = wire_port(o->udp[i][0]);

		judge(t, comes(t, o->ours[i][0], o->ours[i][1], true), true,
		      "ipv%d: an older connection from here, out", v);
		judge(t, comes(t, o->ours[i][1], o->ours[i][0], true), true,
		      "ipv%d: an older connection from here, in", v);
		judge(t, comes(t, o->to_us[i][1], o->to_us[i][0], false), false,
		      "ipv%d: an older connection of the peer, in", v);
		wire_send_to(o->udp[i][1], wire_address(1, v, 1), port, "old");
		wire_sync(1);
		judge(t, !strcmp(wire_take(o->udp[i][0], patience(t, true)), "old"), true,
		      "ipv%d: an older connected socket", v);
	}
	for (int i = 0; i < 2; i++) {
		close_all(o->to_us[i], 2);
		close_all(o->ours[i], 2);
		close_all(o->udp[i], 2);
	}
}

/* ---- too late -------------------------------------------------------------------- */

static struct packet part_of(int v)
{
	return (struct packet){ .v = v, .proto = IPPROTO_UDP, .dport = 53, .id = 500 };
}

static struct packet reply_of(int v)
{
	return (struct packet){ .wire = 1,
				.v = v,
				.from = ASKED_OF,
				.type = v == 4 ? 0 : 129,
				.proto = v == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6 };
}

static int ping_once(int v)
{
	char m[16] = { v == 4 ? 8 : 128 };
	int fd = wire_socket(HOST, v == 4 ? AF_INET : AF_INET6, SOCK_DGRAM,
			     v == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	struct sockaddr_storage a;
	socklen_t len = wire_name(&a, wire_address(1, v, ASKED_OF), 0);

	sendto(fd, m, sizeof(m), 0, (void *)&a, len);
	wire_bytes(fd, PATIENCE);
	return fd;
}

void late_begin(struct trial *t, struct late *late)
{
	late->since = now_s();
	for (int i = 0; i < 2; i++) {
		int v = i ? 6 : 4;
		struct packet first = part_of(v);

		first.more = true, first.size = 24, first.whole = 64;
		judge(t, raw(first), true, "ipv%d: the first part of a datagram", v);
		close(ping_once(v));
		judge(t, raw(reply_of(v)), true, "ipv%d: an echo reply, in time", v);
		late->peer[i] = wire_udp(PEER, wire_address(1, v, ASKED_OF), OLD_PORT);
		late->asker[i] = wire_udp(HOST, v == 4 ? "0.0.0.0" : "::", 0);
		wire_send_to(late->asker[i], wire_address(1, v, ASKED_OF), OLD_PORT, "?");
		wire_take(late->peer[i], PATIENCE);
	}
}

void late_end(struct trial *t, struct late *late)
{
	long left = late->since + REMEMBERED - now_s();

	if (t->guarded && left > 0)
		sleep(left);
	for (int i = 0; i < 2; i++) {
		int v = i ? 6 : 4;
		struct packet later = part_of(v);

		later.at = 32, later.size = 40;
		judge(t, raw(later), false, "ipv%d: the last part of a datagram, too late", v);
		judge(t, raw(reply_of(v)), false, "ipv%d: an echo reply, too late", v);
		wire_send_to(late->peer[i], wire_address(1, v, 1), wire_port(late->asker[i]), "!");
		wire_sync(1);
		judge(t, !strcmp(wire_take(late->asker[i], patience(t, false)), "!"), false,
		      "ipv%d: an answer, too late", v);
		/* Who asks again is answered again. */
		wire_send_to(late->asker[i], wire_address(1, v, ASKED_OF), OLD_PORT, "?");
		wire_send_to(late->peer[i], wire_address(1, v, 1), wire_port(late->asker[i]), "!");
		judge(t, !strcmp(wire_take(late->asker[i], patience(t, true)), "!"), true,
		      "ipv%d: an answer to the same question again", v);
		close(late->peer[i]);
		close(late->asker[i]);
	}
}
