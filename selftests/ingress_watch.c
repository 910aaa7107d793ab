// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface sections and interfaces that come and go: `interface any` and -NAME, an interface
 * that is deleted and made again, renamed, or that appears while lsm-guard cannot do anything
 * about it, when sockets are all there is. And what stays as it was: loopback, other network
 * namespaces, interfaces without a section.
 */
#include "kselftest_harness.h"

#include <netinet/in.h>
#include <signal.h>

#include "lib/ingress_table.h"

#define CONF "/tmp/lsm-guard-watch.conf"

FIXTURE(watch)
{
	struct table table;
	struct guard g;
};

FIXTURE_SETUP(watch)
{
	self->g.pid = 0;
	ASSERT_TRUE(wires_make());
	ASSERT_TRUE(table_make(&self->table));
}

FIXTURE_TEARDOWN(watch)
{
	trial_stay(false);
	if (self->g.pid > 0)
		kill(guard_watcher(&self->g), SIGCONT);
	guard_stop(&self->g);
	wires_end();
}

/* ---- packets ----------------------------------------------------------------------- */

struct came {
	bool seen, taken; /* by this host, by the socket */
};

static struct came come(FIXTURE_DATA(watch) * self, const struct trial *t, struct packet p,
			bool allowed)
{
	struct came came = { false, false };
	struct frame f;

	frame_make(&f, &p);
	wire_clear(p.wire);
	if (!wire_put(p.wire, &f) || !wire_sync(p.wire))
		return came;
	came.seen = wire_saw(p.wire, f.id);
	for (int waited = 0; !came.taken && waited <= patience(t, allowed); waited += 20) {
		came.taken = table_took(&self->table, f.id);
		if (!came.taken && patience(t, allowed))
			usleep(20000);
	}
	return came;
}

static struct packet udp_to(int wire, int net, int v, int port)
{
	return (struct packet){
		.wire = wire, .net = net, .v = v, .from = 3, .proto = IPPROTO_UDP, .dport = port
	};
}

/* A section that lists any:20100/udp. */
static void try_held_by(FIXTURE_DATA(watch) * self, struct trial *t, int wire, int net, int v)
{
	struct came listed = come(self, t, udp_to(wire, net, v, 20100), true);
	struct came unlisted = come(self, t, udp_to(wire, net, v, 20150), false);

	judge(t, listed.taken, true, "in%d, ipv%d: what is listed", wire, v);
	judge(t, unlisted.taken, false, "in%d, ipv%d: what is not", wire, v);
	judge(t, unlisted.seen, false, "in%d, ipv%d: not even behind the interface", wire, v);
}

static void try_held(FIXTURE_DATA(watch) * self, struct trial *t, int wire)
{
	try_held_by(self, t, wire, 0, 4);
	try_held_by(self, t, wire, 0, 6);
}

/* Nothing is listed. */
static void try_shut(FIXTURE_DATA(watch) * self, struct trial *t, int wire)
{
	for (int v = 4; v <= 6; v += 2) {
		struct came came = come(self, t, udp_to(wire, 0, v, 20100), false);

		judge(t, came.taken || came.seen, false, "in%d, ipv%d: nothing", wire, v);
	}
}

static void try_free(FIXTURE_DATA(watch) * self, struct trial *t, int wire)
{
	for (int v = 4; v <= 6; v += 2)
		judge(t, come(self, t, udp_to(wire, 0, v, 20150), true).taken, true,
		      "in%d, ipv%d: has no section", wire, v);
}

/* Something between two sockets: of this host, or of the peer. */
static bool talks(enum side side, const char *address, bool tcp, int port)
{
	int fd[3] = { -1, -1, -1 };
	bool in;

	if (tcp) {
		fd[2] = wire_listen(side, address, port);
		fd[0] = wire_connect(side, NULL, 0, address, port);
		fd[1] = wire_accept(fd[2], PATIENCE);
		in = fd[1] >= 0 && wire_moves(fd[0], fd[1], PATIENCE) &&
		     wire_moves(fd[1], fd[0], PATIENCE);
	} else {
		fd[1] = wire_udp(side, address, port);
		fd[0] = wire_udp_connect(side, NULL, 0, address, port);
		in = wire_moves(fd[0], fd[1], PATIENCE);
	}
	close_all(fd, 3);
	return in;
}

static void try_elsewhere(struct trial *t)
{
	static const char *const own[] = { "127.0.0.1", "127.3.2.1", "::1", "10.7.0.1",
					   "2001:db8:7::1" };
	static const char *const peers[] = { "127.0.0.1", "::1", "10.7.0.2", "2001:db8:7::3" };
	int fd, peer = wire_udp(PEER, "10.7.0.2", 30000);

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		judge(t, talks(HOST, own[i], true, 30000) && talks(HOST, own[i], false, 30000),
		      true, "this host to itself at %s", own[i]);
	for (size_t i = 0; i < sizeof(peers) / sizeof(*peers); i++)
		judge(t, talks(PEER, peers[i], true, 30001) && talks(PEER, peers[i], false, 30001),
		      true, "another namespace to itself at %s", peers[i]);
	fd = wire_udp_connect(HOST, NULL, 0, "10.7.0.2", 30000);
	judge(t, wire_moves(fd, peer, PATIENCE), true, "what comes to another namespace");
	close(fd);
	close(peer);
}

/* ---- lsm-guard and its events --------------------------------------------------------- */

struct wanted {
	const char *events, *interface;
	size_t n;
};

static bool has_attached(void *arg)
{
	struct wanted *w = arg;
	struct events ev = events_read(w->events);
	size_t n = 0;

	for (size_t i = 0; i < ev.n; i++) {
		const char *verdict = event_text(&ev.e[i], "verdict");
		const char *interface = event_text(&ev.e[i], "interface");

		n += verdict && interface && !strcmp(verdict, "ATTACHED") &&
		     !strcmp(interface, w->interface);
	}
	events_free(&ev);
	return n >= w->n;
}

/* It says so, of this interface for the @nth time. */
static void await(FIXTURE_DATA(watch) * self, struct trial *t, const char *interface, size_t nth)
{
	struct wanted w = { self->g.events, interface, nth };

	if (t->guarded)
		judge(t, wait_for(has_attached, &w, PATIENCE), true, "%s is attached to",
		      interface);
}

static bool stop_watcher(FIXTURE_DATA(watch) * self, struct trial *t)
{
	return !t->guarded || process_stop(guard_watcher(&self->g));
}

static void continue_watcher(FIXTURE_DATA(watch) * self, struct trial *t)
{
	if (t->guarded)
		kill(guard_watcher(&self->g), SIGCONT);
}

/* Whether there is by now an event of this section, for a packet at this interface. */
static bool event_came(FIXTURE_DATA(watch) * self, long line, const char *interface)
{
	struct events ev = events_read(self->g.events);
	bool has = false;

	for (size_t i = 0; i < ev.n && !has; i++) {
		const char *verdict = event_text(&ev.e[i], "verdict");
		const char *at = event_text(&ev.e[i], "interface");

		has = verdict && at && !strcmp(verdict, "DENIED") && !strcmp(at, interface) &&
		      event_number(&ev.e[i], "line") == line;
	}
	events_free(&ev);
	return has;
}

/* A watcher that was stopped for a while has a heap of them to write first. */
static bool has_event(FIXTURE_DATA(watch) * self, long line, const char *interface)
{
	for (int i = 0; i < PATIENCE / 100; i++) {
		if (event_came(self, line, interface))
			return true;
		usleep(100 * 1000);
	}
	return false;
}

/* ---- interface any ------------------------------------------------------------------------ */

static const char any_policy[] = "interface any { accept = { any:20100/udp, any:22/tcp } }\n"
				 "interface -in7 { accept = any }\n"
				 "interface in1 { accept = none }\n";

/* While nobody can attach to it, sockets are held to the same. */
static void try_sockets_alone(FIXTURE_DATA(watch) * self, struct trial *t, int wire)
{
	for (int v = 4; v <= 6; v += 2) {
		const char *here = wire_address(wire, v, 1), *there = wire_address(wire, v, 2);
		int peer, fd[2];

		judge(t, come(self, t, udp_to(wire, 0, v, 20100), true).taken, true,
		      "in%d, ipv%d: sockets alone, listed", wire, v);
		judge(t, come(self, t, udp_to(wire, 0, v, 20150), false).taken, false,
		      "in%d, ipv%d: sockets alone, unlisted", wire, v);
		fd[0] = wire_connect(PEER, there, 0, here, 22);
		judge(t, wire_connected(fd[0], PATIENCE), true,
		      "in%d, ipv%d: sockets alone, a connection", wire, v);
		fd[1] = wire_connect(PEER, there, 0, here, 8080);
		wire_sync(wire);
		judge(t, wire_connected(fd[1], patience(t, false)), false,
		      "in%d, ipv%d: sockets alone, an unlisted connection", wire, v);
		close_all(fd, 2);
		peer = wire_udp(PEER, there, 53);
		fd[0] = wire_udp(HOST, here, 0);
		fd[1] = wire_udp(PEER, there, 54);
		wire_send_to(fd[0], there, 53, "?");
		wire_send_to(fd[1], here, wire_port(fd[0]), "unasked");
		wire_send_to(peer, here, wire_port(fd[0]), "answer");
		wire_sync(wire);
		judge(t, !strcmp(wire_take(fd[0], BRIEFLY), "unasked"), false,
		      "in%d, ipv%d: sockets alone, from whom nobody has asked", wire, v);
		/* Without a guard it is behind the other one. */
		if (!t->guarded)
			judge(t, !strcmp(wire_take(fd[0], PATIENCE), "answer"), true,
			      "in%d, ipv%d: sockets alone, an answer", wire, v);
		close_all(fd, 2);
		close(peer);
	}
}

/* A bridge thinks about it before it passes anything on. */
static bool passes_on(void *arg)
{
	char state[8] = "";
	FILE *f = fopen("/sys/class/net/in8/brport/state", "re");

	(void)arg;
	if (!f)
		return true;
	if (!fgets(state, sizeof(state), f))
		state[0] = 0;
	fclose(f);
	return state[0] == '3';
}

/* A bridge, then a bond, is made above an interface, and has its address. */
static void try_above(FIXTURE_DATA(watch) * self, struct trial *t, const char *upper,
		      const char *kind)
{
	bool made = wire_ip(HOST, "link add %s type %s\nlink set %s up\n", upper, kind, upper);

	await(self, t, upper, 1);
	made = made && wire_ip(HOST,
			       "addr flush dev in8\nlink set in8 down\nlink set in8 master %s\n"
			       "link set in8 up\naddr add 10.7.8.1/24 dev %s\n",
			       upper, upper);
	made = made && wait_for(passes_on, NULL, PATIENCE);
	judge(t, made && wire_ready(8), true, "%s is made above in8", upper);
	try_held_by(self, t, 8, 0, 4);
	command("ip link del %s", upper);
}

static void any_interface(struct __test_metadata *_metadata, FIXTURE_DATA(watch) * self,
			  struct trial *t)
{
	static const int held[] = { 0, 5, 6 };

	for (size_t i = 0; i < 3; i++)
		try_held(self, t, held[i]);
	try_held_by(self, t, 0, VLAN, 4);
	try_held_by(self, t, 0, QINQ, 6);
	try_shut(self, t, 1);
	try_elsewhere(t);

	/* One that comes later, twice, and under another name. */
	ASSERT_TRUE(wire_add(8));
	await(self, t, "in8", 1);
	try_held(self, t, 8);
	ASSERT_TRUE(wire_ip(HOST, "link set in8 down\nlink set in8 name in8b\nlink set in8b up\n"));
	ASSERT_TRUE(wire_ready(8));
	try_held_by(self, t, 8, 0, 4);
	ASSERT_TRUE(wire_ip(HOST, "link set in8b down\nlink set in8b name in8\nlink set in8 up\n"));
	command("modprobe bonding max_bonds=0");
	try_above(self, t, "br8", "bridge forward_delay 0");
	try_above(self, t, "bond8", "bond mode active-backup");

	ASSERT_TRUE(wire_remove(8));
	ASSERT_TRUE(wire_add(8));
	await(self, t, "in8", 2);
	try_held(self, t, 8);

	/* One that has a section of its own, which accepts all that is well made. */
	ASSERT_TRUE(wire_add(7));
	await(self, t, "in7", 1);
	judge(t, come(self, t, udp_to(7, 0, 4, 20150), true).taken, true, "in7: its own section");
	judge(t,
	      come(self, t, (struct packet){ .wire = 7, .ethertype = 0x8847, .size = 46 }, false)
		      .seen,
	      false, "in7: what is unknown");

	ASSERT_TRUE(stop_watcher(self, t));
	ASSERT_TRUE(wire_add(9));
	try_sockets_alone(self, t, 9);
	continue_watcher(self, t);
	await(self, t, "in9", 1);
	try_held(self, t, 9);
}

TEST_F_TIMEOUT(watch, any_without_guard, 900)
{
	struct trial t = { "any_without_guard" };

	trial_stay(true);
	any_interface(_metadata, self, &t);
	EXPECT_EQ(0, t.bad);
}

TEST_F_TIMEOUT(watch, any_interface, 900)
{
	struct trial t = { "any_interface", .guarded = true }, after = { "after_any" };

	ASSERT_TRUE(write_file(CONF, any_policy));
	ASSERT_TRUE(guard_start(&self->g, CONF, NULL));
	trial_stay(true);
	any_interface(_metadata, self, &t);
	judge(&t,
	      has_event(self, 1, "in8") && has_event(self, 1, "in9") && has_event(self, 1, "in0"),
	      true, "events of interface any");
	judge(&t, has_event(self, 3, "in1"), true, "events of an interface of its own");
	judge(&t, has_event(self, 2, "in7"), true, "events of one that came later");
	trial_stay(false);
	EXPECT_EQ(0, guard_stop(&self->g));
	trial_stay(true);
	for (int wire = 7; wire <= 9; wire++)
		try_held(self, &after, wire);
	EXPECT_EQ(0, t.bad);
	EXPECT_EQ(0, after.bad);
}

/* ---- interfaces by their names --------------------------------------------------------------- */

static const char named_policy[] = "interface in1 { accept = none }\n"
				   "interface -in8 { accept = none }\n";

/* What comes to an interface by another one never sees its program. */
static void try_redirected(FIXTURE_DATA(watch) * self, struct trial *t)
{
	struct packet p = udp_to(9, 0, 4, 20100);

	p.to = "10.7.1.1";
	command("modprobe -a sch_ingress cls_matchall act_mirred");
	command("tc qdisc add dev in9 clsact");
	command("tc filter add dev in9 ingress protocol ip matchall action mirred ingress redirect dev in1");
	judge(t, come(self, t, p, false).taken, false, "redirected to in1 by another interface");
	command("tc qdisc del dev in9 clsact");
}

/* Whoever may, cannot put it away by mistake. */
static void try_detach(struct trial *t)
{
	if (!t->guarded)
		return;
	judge(t, run_line(NULL, -1, "ip", "link set in1 xdp off").code != 0, true,
	      "xdp off is refused");
	judge(t, run_line(NULL, -1, "ip", "link set in1 xdpdrv off").code != 0, true,
	      "xdpdrv off is refused");
}

static void named_interfaces(struct __test_metadata *_metadata, FIXTURE_DATA(watch) * self,
			     struct trial *t)
{
	try_shut(self, t, 1);
	try_free(self, t, 0);
	ASSERT_TRUE(wire_add(8));
	await(self, t, "in8", 1);
	try_shut(self, t, 8);
	ASSERT_TRUE(wire_add(9));
	try_free(self, t, 9);
	try_redirected(self, t);
	try_detach(t);

	/* Deleted, and made again, seen and unseen. */
	ASSERT_TRUE(wire_remove(1));
	ASSERT_TRUE(wire_add(1));
	await(self, t, "in1", 2);
	try_shut(self, t, 1);
	ASSERT_TRUE(stop_watcher(self, t));
	ASSERT_TRUE(wire_remove(1));
	ASSERT_TRUE(wire_add(1));
	continue_watcher(self, t);
	await(self, t, "in1", 3);
	try_shut(self, t, 1);

	/* What takes the name of one that has a section. */
	ASSERT_TRUE(wire_remove(8));
	ASSERT_TRUE(wire_ip(HOST, "link set in9 down\nlink set in9 name in8\nlink set in8 up\n"));
	await(self, t, "in8", 2);
	ASSERT_TRUE(wire_ready(9));
	judge(t, come(self, t, udp_to(9, 0, 4, 20150), false).seen, false,
	      "what has taken the name in8");
}

TEST_F_TIMEOUT(watch, named_without_guard, 900)
{
	struct trial t = { "named_without_guard" };

	trial_stay(true);
	named_interfaces(_metadata, self, &t);
	EXPECT_EQ(0, t.bad);
}

TEST_F_TIMEOUT(watch, named_interfaces, 900)
{
	struct trial t = { "named_interfaces", .guarded = true };

	ASSERT_TRUE(write_file(CONF, named_policy));
	ASSERT_TRUE(guard_start(&self->g, CONF, NULL));
	trial_stay(true);
	named_interfaces(_metadata, self, &t);
	judge(&t, has_event(self, 1, "in1") && has_event(self, 2, "in8"), true, "events of both");
	trial_stay(false);
	EXPECT_EQ(0, guard_stop(&self->g));
	EXPECT_EQ(0, t.bad);
}

TEST_HARNESS_MAIN
