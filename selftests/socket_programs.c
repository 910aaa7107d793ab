// SPDX-License-Identifier: GPL-2.0-only
/*
 * Real programs with sections: nginx, curl, python3 with a resolver, sshd and
 * iperf3 do what their sections list, and are refused what they do not.
 */
#include "kselftest_harness.h"

#include <fcntl.h>

#include "lib/net.h"

#define DIR  "/tmp/lsm-guard-programs"
#define CONF DIR ".conf"

/* Answers www.guard.test with 127.0.0.1, and nothing else. */
static const char dns[] =
	"import socket\n"
	"s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
	"s.bind(('127.0.0.53', 53))\n"
	"print('ready', flush=True)\n"
	"while True:\n"
	"    q, peer = s.recvfrom(512)\n"
	"    end = q.index(b'\\0', 12) + 5\n"
	"    name, kind = q[12:end - 4], q[end - 4:end - 2]\n"
	"    yes = name == b'\\3www\\5guard\\4test\\0' and kind == b'\\0\\1'\n"
	"    r = q[:2] + b'\\x81\\x80\\0\\1' + (b'\\0\\1' if yes else b'\\0\\0') + b'\\0\\0\\0\\0'\n"
	"    r += q[12:end]\n"
	"    if yes:\n"
	"        r += b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\1\\0\\4\\x7f\\0\\0\\1'\n"
	"    s.sendto(r, peer)\n";

static const char fetch[] = "import sys, urllib.request\n"
			    "page = urllib.request.urlopen(sys.argv[1], timeout=60).read()\n"
			    "print(len(page))\n";

/* Static pages by sendfile(2): on accepted connections a server may always answer. */
static const char nginx[] = "worker_processes 1;\n"
			    "pid " DIR "/nginx.pid;\n"
			    "error_log " DIR "/nginx.log;\n"
			    "events { }\n"
			    "http {\n"
			    "	access_log off;\n"
			    "	sendfile on;\n"
			    "	server { listen 127.0.0.1:%d; root " DIR "/pages; }\n"
			    "}\n";

static const char sshd[] = "HostKey " DIR "/host-key\n"
			   "AuthorizedKeysFile " DIR "/key.pub\n"
			   "PermitRootLogin yes\n"
			   "StrictModes no\n"
			   "UsePAM no\n"
			   "PidFile none\n";

#define SSHD "families = { unix, inet, inet6, netlink-route, netlink } }\n"

static const char policy[] =
	"program /usr/sbin/nginx { listen = { 127.0.0.1:8080/tcp } connect = none }\n"
	"program /usr/bin/curl { connect = { 127.0.0.1:8080/tcp } }\n"
	"program " DIR "/python {\n"
	"	connect = { 127.0.0.53:53/udp, 127.0.0.1:8080/tcp }\n"
	"}\n"
	"program " DIR "/python-without-resolver {\n"
	"	connect = { 127.0.0.1:8080/tcp }\n"
	"}\n"
	/* It refuses log-ins where it is refused the netlink of the audit system. */
	"program " DIR "/sshd { listen = { 127.0.0.1:2222/tcp } connect = none inherit = no " SSHD
	"program " DIR "/sshd-inherits { listen = { 127.0.0.1:2223/tcp } connect = none " SSHD
	"program /usr/bin/ssh { connect = { 127.0.0.1:2222-2223/tcp } }\n"
	"program " DIR "/iperf-server { listen = { 5201 } connect = { 127.0.0.1/32 } }\n"
	"program " DIR "/iperf-client { connect = { 127.0.0.1:5201 } }\n";

FIXTURE(programs)
{
	struct job other, resolver, iperf[2], sshd[2];
	struct guard g;
	bool guarded;
};

static bool make_files(void)
{
	bool ok = command("rm -rf " DIR) && command("mkdir -p " DIR "/pages") &&
		  command("dd if=/dev/zero of=" DIR "/pages/big bs=1M count=1 status=none") &&
		  write_file(DIR "/pages/index.html", "hello\n") &&
		  write_file(DIR "/dns.py", dns) && write_file(DIR "/fetch.py", fetch) &&
		  write_file(CONF, policy) && write_file(DIR "/listed.conf", path(nginx, 8080)) &&
		  write_file(DIR "/unlisted.conf", path(nginx, 8081)) &&
		  write_file(DIR "/sshd_config", sshd) &&
		  write_file("/etc/resolv.conf", "nameserver 127.0.0.53\noptions timeout:20\n");

	ok = ok && copy_program("/usr/bin/python3", DIR "/python") &&
	     copy_program("/usr/bin/python3", DIR "/python-without-resolver") &&
	     copy_program("/usr/sbin/sshd", DIR "/sshd") &&
	     copy_program("/usr/sbin/sshd", DIR "/sshd-inherits") &&
	     copy_program("/usr/bin/iperf3", DIR "/iperf-server") &&
	     copy_program("/usr/bin/iperf3", DIR "/iperf-client") &&
	     copy_program(tree_path("build/probe"), DIR "/free");
	/* An empty passphrase is a word that command() does not have. */
	return ok &&
	       write_file(DIR "/keys.sh", "ssh-keygen -q -t ed25519 -f " DIR "/host-key -N ''\n"
					  "ssh-keygen -q -t ed25519 -f " DIR "/key -N ''\n") &&
	       command("sh " DIR "/keys.sh");
}

/* What has no section: two servers that nobody lists, and the resolver. */
FIXTURE_SETUP(programs)
{
	memset(self, 0, sizeof(*self));
	ASSERT_TRUE(make_files());
	ASSERT_TRUE(job_start(&self->other, DIR "/free serve tcp6,udp6 20000 20001"));
	ASSERT_TRUE(job_start(&self->resolver, "python3 " DIR "/dns.py"));
}

FIXTURE_TEARDOWN(programs)
{
	guard_stop(&self->g);
	job_kill(&self->other);
	job_kill(&self->resolver);
	for (int i = 0; i < 2; i++) {
		job_kill(&self->iperf[i]);
		job_kill(&self->sshd[i]);
	}
}

static struct result run(const char *fmt, ...)
{
	struct result r;
	va_list ap;
	char *line;

	va_start(ap, fmt);
	line = vpath(fmt, ap);
	va_end(ap);
	r = run_line("/tmp", -1, NULL, line);
	printf("# %d: %s: %.100s\n", r.code, line, r.said);
	free(line);
	return r;
}

#define GUARD_STARTS() ASSERT_TRUE(guard_start(&self->g, CONF, NULL))

/* With and without the guard the same is run; what the section does not list is refused. */
static void web(struct __test_metadata *_metadata, FIXTURE_DATA(programs) * self)
{
	bool guarded = self->guarded;

	EXPECT_EQ(0, run("nginx -c " DIR "/listed.conf").code);
	EXPECT_EQ(guarded, !!run("nginx -t -c " DIR "/unlisted.conf").code);
	EXPECT_EQ(0, run("curl -sS -o " DIR "/got http://127.0.0.1:8080/big").code);
	EXPECT_EQ(0, run("cmp " DIR "/got " DIR "/pages/big").code);
	EXPECT_EQ(0, run("python3 " DIR "/fetch.py http://127.0.0.1:8080/big").code);
	EXPECT_EQ(0, run(DIR "/python " DIR "/fetch.py http://127.0.0.1:8080/big").code);
	EXPECT_EQ(0, run(DIR "/python " DIR "/fetch.py http://www.guard.test:8080/").code);
	EXPECT_EQ(guarded,
		  !!run(DIR "/python-without-resolver " DIR "/fetch.py http://www.guard.test:8080/")
			    .code);
	EXPECT_EQ(0,
		  run(DIR "/python-without-resolver " DIR "/fetch.py http://127.0.0.1:8080/").code);
	/* What serves there answers nothing that curl or urllib understand: 52, not refused. */
	EXPECT_EQ(guarded ? 7 : 28, run("curl -sS -m 5 telnet://127.0.0.1:20000").code);
	EXPECT_EQ(0, run("nginx -c " DIR "/listed.conf -s stop").code);
}

TEST_F_TIMEOUT(programs, web_without_guard, 600)
{
	web(_metadata, self);
}

TEST_F_TIMEOUT(programs, web_under_guard, 600)
{
	struct events ev;

	GUARD_STARTS();
	self->guarded = true;
	web(_metadata, self);
	EXPECT_EQ(0, guard_stop(&self->g));
	ev = events_read(self->g.events);
	EXPECT_EQ(0, ev.malformed);
	EXPECT_LE(1, events_count(&ev, "DENIED", 1));
	EXPECT_EQ(1, events_count(&ev, "DENIED", 2));
	EXPECT_LE(1, events_count(&ev, "DENIED", 7));
}

#define SSH                                                                               \
	"ssh -F none -n -i " DIR "/key -o StrictHostKeyChecking=no -o ConnectTimeout=60 " \
	"-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -p %d root@127.0.0.1 "

/* -D: the first line of its output is "Server listening", on stderr, with -e. */
static bool sshd_start(struct job *j, const char *name, int port)
{
	write_file(path(DIR "/%s.sh", name),
		   path("exec " DIR "/%s -D -e -f " DIR "/sshd_config -p %d "
			"-o ListenAddress=127.0.0.1 2>&1\n",
			name, port));
	return job_start(j, "sh " DIR "/%s.sh", name);
}

static void log_in(struct __test_metadata *_metadata, FIXTURE_DATA(programs) * self)
{
	const char *reach = DIR "/free reach connect tcp 127.0.0.1 20000 0";
	bool guarded = self->guarded;

	ASSERT_TRUE(sshd_start(&self->sshd[0], "sshd", 2222));
	ASSERT_TRUE(sshd_start(&self->sshd[1], "sshd-inherits", 2223));
	EXPECT_EQ(0, run(SSH "true", 2222).code);
	EXPECT_EQ(0, run(SSH "true", 2223).code);
	/* A log-in may go where it likes; one through the sshd that passes its section on not. */
	EXPECT_EQ(ALLOWED, run(SSH "%s", 2222, reach).code);
	EXPECT_EQ(guarded ? DENIED : ALLOWED, run(SSH "%s", 2223, reach).code);
	EXPECT_EQ(guarded,
		  !!strstr(run("timeout 15 " SSH "true", 20000).said, "Operation not permitted"));
}

TEST_F_TIMEOUT(programs, ssh_without_guard, 600)
{
	log_in(_metadata, self);
}

TEST_F_TIMEOUT(programs, ssh_under_guard, 600)
{
	GUARD_STARTS();
	self->guarded = true;
	log_in(_metadata, self);
}

#define MEGABYTES "-l 64K -n 4M"

/* The server may be between two tests, and does not listen then. */
static int iperf(const char *arguments)
{
	struct result r;

	for (int i = 0; i < 60; i++) {
		r = run(DIR "/iperf-client -c 127.0.0.1 %s", arguments);
		if (!r.code || strstr(r.said, "not permitted"))
			break;
		sleep(1);
	}
	return r.code;
}

static void measure(struct __test_metadata *_metadata, FIXTURE_DATA(programs) * self)
{
	ASSERT_TRUE(job_start(&self->iperf[0], DIR "/iperf-server -s --forceflush"));
	ASSERT_TRUE(job_start(&self->iperf[1], "iperf3 -s --forceflush -p 20002"));
	EXPECT_EQ(0, iperf(MEGABYTES));
	EXPECT_EQ(0, iperf("-Z " MEGABYTES));
	EXPECT_EQ(0, iperf("-R " MEGABYTES));
	EXPECT_EQ(0, iperf("-u -b 0 -n 1M"));
	EXPECT_EQ(self->guarded, iperf("-p 20002 -n 1M"));
	/* Told to serve elsewhere, it leaves; where it may, it waits to be ended. */
	EXPECT_EQ(
		self->guarded ? 1 : 124,
		run("timeout %d " DIR "/iperf-server -s -1 -p 5202", self->guarded ? 60 : 1).code);
}

TEST_F_TIMEOUT(programs, iperf_without_guard, 600)
{
	measure(_metadata, self);
}

TEST_F_TIMEOUT(programs, iperf_under_guard, 600)
{
	GUARD_STARTS();
	self->guarded = true;
	measure(_metadata, self);
	EXPECT_TRUE(event_wait(self->g.events, "DENIED", 12, 60000));
	EXPECT_TRUE(event_wait(self->g.events, "DENIED", 13, 60000));
}

TEST_HARNESS_MAIN
