// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm-guard run, by attacks: each succeeds bare, and under `run` fails as its row says, by the
 * command itself, by a child of it that is another program, and by a thread; what the policy
 * allows goes on. The listing before the start is compared to the letter. All of it by a user
 * without privilege. Run it also where the kernel has no BPF LSM, and where it has no Landlock:
 * rows say what is different then.
 */
#include "kselftest_harness.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/limits.h"
#include "lib/net.h"

#define DIR  "/run/guard-run"
#define CONF DIR ".conf"
#define USER "setpriv --reuid=65534 --regid=65534 --clear-groups "
#define RUN  USER "./lsm-guard run --policy " CONF " "

/* Landlock's version: files, and what came later. */
enum { NOTHING, FILES, TRUNCATE = 3, TCP = 4 };

enum {
	NO_CHILD = 1, /* it could start none */
	NO_THREAD = 2,
};

struct outcome {
	int code;
	const char *says;  /* by the probe: part of it */
	const char *lists; /* after FILE:LINE, and between lines | */
};

/*
 * In the policy, %P is the program, %U another one. The acts are the probe's.
 */
struct row {
	const char *name;
	const char *policy;
	const char *attack, *control;
	struct outcome is;
	int needs;		/* the version of Landlock */
	struct outcome without; /* where the kernel has an older one */
	unsigned int not_by;
};

#define PROGRAM(keys) "program " DIR "/P { " keys " }"
#define SECRET(keys)  "file " DIR "/closed/secret { " keys " }"
#define TREE(keys)    "file " DIR "/mounted/tree/ { " keys " }"
#define REACH(port)   "reach connect tcp 127.0.0.1 " port " 0"
#define EACCES_IS     OTHER, "EACCES"
#define NO_UDP	      "tighter here: connect: no UDP sockets, so that it cannot receive either"
#define NO_TCP	      "tighter here: connect: no TCP sockets, so that it cannot listen either"
#define NEW(verb)             \
	"tighter here: " verb \
	": closed too is what comes later beside it, or beside a directory above it"
#define NOT_FILES(verb) "not held here: " verb ": this kernel has no Landlock"
#define WRITES                                                                                       \
	"weaker here: write: not mode, owner, times and attributes|"                                 \
	"tighter here: write: in the directories above it nothing is made, renamed or removed|" NEW( \
		"write")
#define WRITES_6_1                                                                                   \
	"weaker here: write: not mode, owner, times and attributes|"                                 \
	"weaker here: write: not truncate(2), before Linux 6.2|"                                     \
	"tighter here: write: in the directories above it nothing is made, renamed or removed|" NEW( \
		"write")
#define ALLOCATES                                                                    \
	"weaker here: allocation: not by brk(2), shmat(2), io_setup(2), huge pages|" \
	"tighter here: allocation: of mremap(2) the whole size, not the growth"

#define MEMORY \
	"weaker here: memory: not what is mapped over another mapping, or made writable later"

#define UNIX "make socket unix"

static const struct row rows[] = {
	/* Kinds of sockets. */
	{ "families-tcp", PROGRAM("families = { unix }"), "make socket tcp", UNIX, { DENIED } },
	{ "families-inet6",
	  PROGRAM("families = { unix, inet }"),
	  "make socket udp6",
	  "make socket udp",
	  { DENIED } },
	{ "families-pair",
	  PROGRAM("families = { inet }"),
	  "make pair unix",
	  "make socket tcp",
	  { DENIED } },
	{ "families-mptcp",
	  PROGRAM("families = { inet }"),
	  "make socket mptcp",
	  "make socket tcp",
	  { DENIED } },
	{ "families-udplite",
	  PROGRAM("families = { inet }"),
	  "make socket udplite",
	  "make socket udp",
	  { DENIED } },
	{ "families-netlink",
	  PROGRAM("families = { netlink-route }"),
	  "make socket netlink-diag",
	  "make socket netlink-route",
	  { DENIED } },
	{ "families-default",
	  PROGRAM("receive = any"),
	  "make socket netlink-generic",
	  "make socket udp6",
	  { DENIED } },
	{ "families-uring",
	  PROGRAM("families = { unix }"),
	  "make uring tcp",
	  UNIX,
	  { BROKEN, "Operation not permitted" } },
	{ "families-int80", PROGRAM("families = { unix }"), "make int80 tcp", UNIX, { DENIED } },
	{ "int80-of-what-is-allowed",
	  PROGRAM("families = { unix, inet }"),
	  "make int80 tcp",
	  "make socket tcp",
	  { DENIED } },

	/* connect */
	{ "connect-none",
	  PROGRAM("connect = none listen = none"),
	  REACH("7001"),
	  UNIX,
	  { BROKEN, "Operation not permitted" } },
	{ "connect-none-udp",
	  PROGRAM("connect = none listen = none receive = none"),
	  "reach sendto udp 127.0.0.1 7001 0",
	  UNIX,
	  { BROKEN, "Operation not permitted" } },
	{ "connect-none-udp6",
	  PROGRAM("connect = none listen = none"),
	  "reach sendmsg udp ::1 7001 0",
	  UNIX,
	  { BROKEN, "Operation not permitted" } },
	{ "connect-none-serves",
	  PROGRAM("connect = none"),
	  REACH("7001"),
	  UNIX,
	  { EACCES_IS, NO_UDP },
	  TCP,
	  { BROKEN, "Operation not permitted", NO_UDP "|" NO_TCP } },
	{ "connect-port",
	  PROGRAM("connect = { 7001/tcp }"),
	  REACH("7002"),
	  REACH("7001"),
	  { EACCES_IS, NO_UDP },
	  TCP,
	  { ALLOWED, "", NO_UDP "|not held here: connect by TCP port: it needs Linux 6.7" } },
	{ "connect-port-6",
	  PROGRAM("connect = { 7001/tcp }"),
	  "reach connect tcp ::1 7002 0",
	  "reach connect tcp ::1 7001 0",
	  { EACCES_IS, NO_UDP },
	  TCP,
	  { ALLOWED, "", NO_UDP "|not held here: connect by TCP port: it needs Linux 6.7" } },
	{ "connect-nonblock",
	  PROGRAM("connect = { 7001/tcp }"),
	  "reach connect-nonblock tcp 127.0.0.1 7002 0",
	  REACH("7001"),
	  { EACCES_IS, NO_UDP },
	  TCP,
	  { ALLOWED, "", NO_UDP "|not held here: connect by TCP port: it needs Linux 6.7" } },
	{ "connect-ports",
	  PROGRAM("connect = { 6990-7001/tcp }"),
	  REACH("7002"),
	  REACH("7001"),
	  { EACCES_IS, NO_UDP },
	  TCP,
	  { ALLOWED, "", NO_UDP "|not held here: connect by TCP port: it needs Linux 6.7" } },
	/* It is about ports, and files go from one directory to another as ever. */
	{ "connect-port-and-names",
	  PROGRAM("connect = { 7001/tcp }"),
	  "rename " DIR "/open/mine " DIR "/closed/m",
	  "link " DIR "/open/mine " DIR "/closed/m",
	  { ALLOWED, "", NO_UDP },
	  TCP,
	  { ALLOWED, "", NO_UDP "|not held here: connect by TCP port: it needs Linux 6.7" } },
	{ "connect-fastopen",
	  PROGRAM("connect = { 7001/tcp }"),
	  "reach fastopen tcp 127.0.0.1 7002 0",
	  REACH("7001"),
	  { DENIED, "", NO_UDP },
	  TCP,
	  { DENIED, "", NO_UDP "|not held here: connect by TCP port: it needs Linux 6.7" } },
	{ "connect-fastopen-sendmsg",
	  PROGRAM("connect = { 7001/tcp }"),
	  "reach fastopen-sendmsg tcp 127.0.0.1 7002 0",
	  REACH("7001"),
	  { DENIED, "", NO_UDP },
	  TCP,
	  { DENIED, "", NO_UDP "|not held here: connect by TCP port: it needs Linux 6.7" } },
	{ "connect-fastopen-option",
	  PROGRAM("connect = { 7001/tcp }"),
	  "reach fastopen-connect tcp 127.0.0.1 7002 0",
	  REACH("7001"),
	  { EACCES_IS, NO_UDP },
	  TCP,
	  { ALLOWED, "", NO_UDP "|not held here: connect by TCP port: it needs Linux 6.7" } },
	{ "connect-mptcp",
	  PROGRAM("connect = { 7001/tcp } families = { unix, inet, mptcp }"),
	  "make socket mptcp",
	  REACH("7001"),
	  { DENIED, "", NO_UDP "|tighter here: connect: no multipath TCP" },
	  TCP,
	  { DENIED, "",
	    NO_UDP "|not held here: connect by TCP port: it needs Linux 6.7"
		   "|tighter here: connect: no multipath TCP" } },
	{ "connect-prefix",
	  PROGRAM("connect = { 10.0.0.0/8:7001/tcp }"),
	  REACH("7002"),
	  UNIX,
	  { EACCES_IS, NO_UDP "|not held here: connect by prefix" },
	  TCP,
	  { ALLOWED, "",
	    NO_UDP "|not held here: connect by TCP port: it needs Linux 6.7"
		   "|not held here: connect by prefix" } },
	{ "connect-prefix-is-not-held",
	  PROGRAM("connect = { 10.0.0.0/8:7001/tcp }"),
	  REACH("7001"),
	  UNIX,
	  { ALLOWED, "", NO_UDP "|not held here: connect by prefix" },
	  TCP,
	  { ALLOWED, "",
	    NO_UDP "|not held here: connect by TCP port: it needs Linux 6.7"
		   "|not held here: connect by prefix" } },
	{ "connect-udp-is-not-held",
	  PROGRAM("connect = { 7001/udp } listen = none"),
	  "reach sendto udp 127.0.0.1 7002 0",
	  UNIX,
	  { ALLOWED, "", "not held here: connect by UDP|not held here: listen by UDP" } },
	{ "connect-udp-but-no-tcp",
	  PROGRAM("connect = { 7001/udp } listen = none"),
	  REACH("7001"),
	  UNIX,
	  { BROKEN, "Operation not permitted",
	    "not held here: connect by UDP|not held here: listen by UDP" } },

	/* listen, receive */
	{ "listen-none",
	  PROGRAM("listen = none"),
	  "own listen-zero tcp 127.0.0.1 7100",
	  REACH("7001"),
	  { DENIED, "",
	    "not held here: listen by UDP|tighter here: listen: refused on unix sockets too" },
	  TCP,
	  { DENIED, "",
	    "not held here: listen by UDP|tighter here: listen: refused on unix sockets too|"
	    "weaker here: listen: bind(2) of a TCP port; nothing listens there" } },
	{ "listen-none-alone",
	  PROGRAM("listen = none families = { inet }"),
	  "own listen-alone tcp 127.0.0.1 7100",
	  REACH("7001"),
	  { DENIED, "", "not held here: listen by UDP" },
	  TCP,
	  { DENIED, "",
	    "not held here: listen by UDP|"
	    "weaker here: listen: bind(2) of a TCP port; nothing listens there" } },
	{ "listen-none-bind",
	  PROGRAM("listen = none"),
	  "own bind tcp 127.0.0.1 7100",
	  "own port-zero tcp 127.0.0.1 7100",
	  { EACCES_IS,
	    "not held here: listen by UDP|tighter here: listen: refused on unix sockets too" },
	  TCP,
	  { ALLOWED, "",
	    "not held here: listen by UDP|tighter here: listen: refused on unix sockets too|"
	    "weaker here: listen: bind(2) of a TCP port; nothing listens there" } },
	{ "listen-port",
	  PROGRAM("listen = { 7100/tcp }"),
	  "own listen tcp 127.0.0.1 7101",
	  "own listen tcp 127.0.0.1 7100",
	  { EACCES_IS, "not held here: listen by UDP|"
		       "weaker here: listen: on a TCP port that the kernel chooses" },
	  TCP,
	  { ALLOWED, "",
	    "not held here: listen by UDP|"
	    "not held here: listen by TCP port: it needs Linux 6.7" } },
	{ "listen-chosen-is-not-held",
	  PROGRAM("listen = { 7100/tcp }"),
	  "own listen-zero tcp 127.0.0.1 7101",
	  "own listen tcp 127.0.0.1 7100",
	  { ALLOWED, "",
	    "not held here: listen by UDP|"
	    "weaker here: listen: on a TCP port that the kernel chooses" },
	  TCP,
	  { ALLOWED, "",
	    "not held here: listen by UDP|"
	    "not held here: listen by TCP port: it needs Linux 6.7" } },
	{ "listen-address",
	  PROGRAM("listen = { 192.0.2.1:7100 }"),
	  "own listen tcp 127.0.0.1 7100",
	  UNIX,
	  { ALLOWED, "",
	    "not held here: listen by UDP|"
	    "weaker here: listen: on a TCP port that the kernel chooses|"
	    "not held here: listen by address" },
	  TCP,
	  { ALLOWED, "",
	    "not held here: listen by UDP|"
	    "not held here: listen by TCP port: it needs Linux 6.7|"
	    "not held here: listen by address" } },
	{ "receive-is-not-held",
	  PROGRAM("receive = none"),
	  REACH("7001"),
	  UNIX,
	  { ALLOWED, "", "not held here: receive" } },

	/* Memory. */
	{ "memory",
	  PROGRAM("memory = 32M"),
	  "map anonymous 67108864",
	  "map anonymous 1048576",
	  { OTHER, "ENOMEM", MEMORY } },
	{ "memory-brk",
	  PROGRAM("memory = 32M"),
	  "grow brk 67108864",
	  "grow brk 1048576",
	  { OTHER, "ENOMEM", MEMORY } },
	{ "memory-over-another-mapping-is-not-held",
	  PROGRAM("memory = 32M"),
	  "map replace-read-only 67108864",
	  "map anonymous 1048576",
	  { ALLOWED, "", MEMORY } },
	{ "address-space",
	  PROGRAM("address-space = 64M"),
	  "map none 134217728",
	  "map none 1048576",
	  { OTHER, "ENOMEM" } },
	{ "allocation",
	  PROGRAM("allocation = 1M"),
	  "map anonymous 2097152",
	  "map anonymous 1048576",
	  { DENIED, "", ALLOCATES },
	  .not_by = NO_THREAD },
	{ "allocation-by-a-byte",
	  PROGRAM("allocation = 1052671"),
	  "map anonymous 1048577",
	  "map anonymous 1048576",
	  { DENIED, "", ALLOCATES },
	  .not_by = NO_THREAD },
	{ "allocation-mremap",
	  PROGRAM("allocation = 1M"),
	  "grow may-move 2097152",
	  "grow may-move 524288",
	  { DENIED, "", ALLOCATES },
	  .not_by = NO_THREAD },
	{ "allocation-mremap-in-place",
	  PROGRAM("allocation = 1M"),
	  "grow in-place 2097152",
	  "grow in-place 524288",
	  { DENIED, "", ALLOCATES },
	  .not_by = NO_THREAD },
	{ "allocation-brk-is-not-held",
	  PROGRAM("allocation = 1M"),
	  "grow brk 2097152",
	  "map anonymous 4096",
	  { ALLOWED, "", ALLOCATES },
	  .not_by = NO_THREAD },

	/* Processes. */
	{ "children-fork",
	  PROGRAM("children = 0"),
	  "keep fork 1",
	  "threads plain 3",
	  { DENIED },
	  .not_by = NO_CHILD },
	{ "children-clone",
	  PROGRAM("children = 0"),
	  "keep clone 1",
	  "threads plain 3",
	  { DENIED },
	  .not_by = NO_CHILD },
	{ "children-clone3",
	  PROGRAM("children = 0"),
	  "keep clone3 1",
	  "threads plain 3",
	  { OTHER, "ENOSYS" },
	  .not_by = NO_CHILD },
	{ "children-vfork",
	  PROGRAM("children = 0"),
	  "keep vfork 1",
	  "threads plain 3",
	  { DENIED },
	  .not_by = NO_CHILD },
	{ "children-spawn",
	  PROGRAM("children = 0"),
	  "keep spawn 1",
	  "threads plain 3",
	  { DENIED },
	  .not_by = NO_CHILD },
	{ "children-sibling",
	  PROGRAM("children = 0"),
	  "keep sibling 1",
	  "threads plain 3",
	  { DENIED },
	  .not_by = NO_CHILD },
	{ "descendants-fork",
	  PROGRAM("descendants = 0 children = 7"),
	  "keep fork 1",
	  "threads plain 3",
	  { DENIED },
	  .not_by = NO_CHILD },
	{ "threads",
	  PROGRAM("threads = 1"),
	  "threads plain 2",
	  "keep fork 3",
	  { DENIED },
	  .not_by = NO_THREAD },
	{ "threads-of-an-exec",
	  PROGRAM("threads = 1"),
	  "exec " DIR "/U threads plain 2",
	  "keep spawn 3",
	  { DENIED },
	  .not_by = NO_THREAD },
	{ "processes-are-not-counted",
	  PROGRAM("children = 2 descendants = 2 threads = 2"),
	  "keep fork 3",
	  "threads plain 2",
	  { ALLOWED, "",
	    "not held here: children beyond 0|not held here: descendants beyond 0|"
	    "not held here: threads beyond 1" } },

	/* Reading. */
	{ "read",
	  SECRET("read = none"),
	  "read " DIR "/closed/secret",
	  "read " DIR "/closed/other",
	  { EACCES_IS, NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-by-link",
	  SECRET("read = none"),
	  "read " DIR "/open/link",
	  "read " DIR "/closed/other",
	  { EACCES_IS, NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-by-root",
	  SECRET("read = none"),
	  "open proc-root read " DIR "/closed/secret",
	  "read " DIR "/closed/other",
	  { EACCES_IS, NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-int80",
	  SECRET("read = none"),
	  "open int80 read " DIR "/closed/secret",
	  "open open read " DIR "/closed/other",
	  { DENIED, "", NEW("read") },
	  FILES,
	  { DENIED, "", NOT_FILES("read") } },
	{ "read-after-rename",
	  SECRET("read = none"),
	  "moved-read " DIR "/closed/secret " DIR "/closed/s " DIR "/closed/s",
	  "read " DIR "/closed/other",
	  { EACCES_IS, NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-after-rename-away",
	  SECRET("read = none"),
	  "rename " DIR "/closed/secret " DIR "/open/s",
	  "rename " DIR "/open/mine " DIR "/open/m",
	  { OTHER, "EXDEV", NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-after-link",
	  SECRET("read = none"),
	  "link " DIR "/closed/secret " DIR "/open/s",
	  "link " DIR "/open/mine " DIR "/open/m",
	  { OTHER, "EXDEV", NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-tree",
	  TREE("read = none"),
	  "read " DIR "/mounted/tree/sub/deep",
	  "read " DIR "/mounted/beside",
	  { EACCES_IS,
	    "tighter here: read: the directories above it cannot be listed|" NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-tree-by-mount",
	  TREE("read = none"),
	  "read " DIR "/alias/sub/deep",
	  "read " DIR "/mounted/beside",
	  { EACCES_IS,
	    "tighter here: read: the directories above it cannot be listed|" NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-tree-by-part",
	  TREE("read = none"),
	  "read " DIR "/part/deep",
	  "read " DIR "/mounted/beside",
	  { EACCES_IS,
	    "tighter here: read: the directories above it cannot be listed|" NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	/* The directory above the mount is shown once more, without it. */
	{ "read-below-what-is-shown-twice",
	  "file " DIR "/outer/disk/secret { read = none }",
	  "read " DIR "/outer/disk/secret",
	  "read " DIR "/shown/beside",
	  { EACCES_IS, NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-glob-of-what-cannot-be-listed",
	  "file \"" DIR "/unlisted/*.key\" { read = none }",
	  "read " DIR "/unlisted/a.key",
	  "read " DIR "/closed/other",
	  { ALLOWED, "", "not held here: read: in a directory that may be entered and not listed" },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-glob",
	  "file \"" DIR "/closed/s*\" { read = none }",
	  "read " DIR "/closed/secret",
	  "read " DIR "/closed/other",
	  { EACCES_IS, NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-linked",
	  "file " DIR "/mounted/hard { read = none }",
	  "read " DIR "/mounted/hard",
	  "read " DIR "/mounted/beside",
	  { EACCES_IS,
	    "weaker here: read: not by the other hard links that the file has|" NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-of-a-link-beside",
	  "file " DIR "/mounted/hard { read = none }",
	  "read " DIR "/mounted/link",
	  "read " DIR "/mounted/beside",
	  { EACCES_IS,
	    "weaker here: read: not by the other hard links that the file has|" NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-of-a-link-elsewhere",
	  "file " DIR "/mounted/hard { read = none }",
	  "read " DIR "/far/link",
	  "read " DIR "/mounted/beside",
	  { ALLOWED, "",
	    "weaker here: read: not by the other hard links that the file has|" NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "read-in-tree-with-a-link-beside",
	  "file " DIR "/linked/tree/ { read = none }",
	  "read " DIR "/linked/tree/hard",
	  "read " DIR "/mounted/beside",
	  { EACCES_IS,
	    "tighter here: read: the directories above it cannot be listed|"
	    "weaker here: read: not by the other hard links that the file has|" NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },

	{ "read-device",
	  "file /dev/zero { read = none }",
	  "read /dev/zero",
	  "read /dev/urandom",
	  { EACCES_IS, "weaker here: read: not by other nodes of the same device|" NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },

	/* Writing. */
	{ "write",
	  SECRET("write = none"),
	  "open open write " DIR "/closed/secret",
	  "open open write " DIR "/closed/other",
	  { EACCES_IS, WRITES },
	  TRUNCATE,
	  { EACCES_IS, WRITES_6_1 } },
	{ "write-truncate",
	  SECRET("write = none"),
	  "truncate " DIR "/closed/secret",
	  "truncate " DIR "/closed/other",
	  { EACCES_IS, WRITES },
	  TRUNCATE,
	  { ALLOWED, "", WRITES_6_1 } },
	{ "write-unlink",
	  SECRET("write = none"),
	  "unlink " DIR "/closed/secret",
	  "unlink " DIR "/open/mine",
	  { EACCES_IS, WRITES },
	  TRUNCATE,
	  { EACCES_IS, WRITES_6_1 } },
	{ "write-rename",
	  SECRET("write = none"),
	  "rename " DIR "/closed/secret " DIR "/closed/s",
	  "rename " DIR "/open/mine " DIR "/open/m",
	  { EACCES_IS, WRITES },
	  TRUNCATE,
	  { EACCES_IS, WRITES_6_1 } },
	{ "write-over",
	  SECRET("write = none"),
	  "rename " DIR "/open/mine " DIR "/closed/secret",
	  "rename " DIR "/open/mine " DIR "/open/m",
	  { EACCES_IS, WRITES },
	  TRUNCATE,
	  { EACCES_IS, WRITES_6_1 } },
	{ "write-directory-away",
	  SECRET("write = none"),
	  "rename " DIR "/closed " DIR "/elsewhere",
	  "mkdir " DIR "/open/d",
	  { EACCES_IS, WRITES },
	  TRUNCATE,
	  { EACCES_IS, WRITES_6_1 } },
	{ "write-beside-is-closed",
	  SECRET("write = none"),
	  "create " DIR "/closed/new",
	  "create " DIR "/open/new",
	  { EACCES_IS, WRITES },
	  TRUNCATE,
	  { EACCES_IS, WRITES_6_1 } },
	{ "write-missing",
	  "file " DIR "/closed/none { write = none }",
	  "create " DIR "/closed/none",
	  "create " DIR "/open/new",
	  { EACCES_IS, WRITES },
	  TRUNCATE,
	  { EACCES_IS, WRITES_6_1 } },
	{ "write-where-a-link-leads",
	  "file " DIR "/closed/leads { write = none }",
	  "create " DIR "/open/none",
	  "open open write " DIR "/closed/other",
	  { EACCES_IS, WRITES },
	  TRUNCATE,
	  { EACCES_IS, WRITES_6_1 } },
	{ "write-mode-is-not-held",
	  SECRET("write = none"),
	  "chmod " DIR "/closed/secret",
	  "chmod " DIR "/open/mine",
	  { ALLOWED, "", WRITES },
	  TRUNCATE,
	  { ALLOWED, "", WRITES_6_1 } },

	/* Running, and who is listed. */
	{ "execute",
	  "file " DIR "/mounted/prog { execute = none }",
	  "exec " DIR "/mounted/prog true",
	  "exec " DIR "/U true",
	  { EACCES_IS, "weaker here: execute: not mapping it as code|" NEW("execute") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("execute") } },
	{ "listed",
	  SECRET("read = { " DIR "/P }"),
	  "read " DIR "/closed/secret",
	  "read " DIR "/closed/other",
	  { ALLOWED, "", "weaker here: read: what the command starts has it too" } },
	{ "not-listed",
	  SECRET("read = { " DIR "/U }"),
	  "read " DIR "/closed/secret",
	  "read " DIR "/closed/other",
	  { EACCES_IS, "tighter here: read: not for programs on the list either, when the command "
		       "starts them|" NEW("read") },
	  FILES,
	  { ALLOWED, "", NOT_FILES("read") } },
	{ "who-may-write-may-read",
	  SECRET("read = none write = { " DIR "/P }"),
	  "read " DIR "/closed/secret",
	  "read " DIR "/closed/other",
	  { ALLOWED, "",
	    "weaker here: read: what the command starts has it too|"
	    "weaker here: write: what the command starts has it too" } },
};

static int landlock(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	return version < 0 ? 0 : version;
}

/* ---- one row -------------------------------------------------------------------- */

/* What acts change is made anew each time. */
static const char fresh[] = "cd " DIR " && rm -rf closed open elsewhere && mkdir closed open && "
			    "echo secret >closed/secret && echo other >closed/other && "
			    "echo mine >open/mine && ln -s ../closed/secret open/link && "
			    "ln -s ../open/none closed/leads && "
			    "chown -R nobody:nogroup closed open\n";

static char *outcome_text(const struct result *r)
{
	return path("status %d: %s", r->code, r->said);
}

/* The listing as it must be, up to what the probe says. */
static char *listing(const struct row *row, const struct outcome *is)
{
	const char *trace = "program: without Landlock it can trace processes that are not bound";
	char *all = strdup(""), *lines, *rest, *line, *more;

	if (!landlock() && !strncmp(row->policy, "program", 7))
		all = path(CONF ":1: weaker here: %s|", trace);
	lines = rest = strdup(is->lists ? is->lists : "");
	while ((line = strsep(&rest, "|"))) {
		if (!*line)
			continue;
		more = path("%s" CONF ":1: %s|", all, line);
		free(all);
		all = more;
	}
	free(lines);
	return all;
}

/* NULL where it is as it should be. */
static char *judge(const struct row *row, const struct outcome *is, const struct result *r)
{
	char *want = listing(row, is), *said = path("%s|", r->said), *why = NULL;
	const char *rest = said + strlen(want);

	if (strncmp(said, want, strlen(want)))
		why = path("it does not list '%s', %s", want, outcome_text(r));
	else if (strstr(rest, CONF))
		why = path("it lists more than '%s', %s", want, outcome_text(r));
	else if (r->code != is->code || (is->says && !strstr(rest, is->says)))
		why = path("not status %d with '%s', %s", is->code, is->says ? is->says : "",
			   outcome_text(r));
	free(want);
	free(said);
	return why;
}

static struct result act(const char *how, const char *act)
{
	char *line = path("%s" DIR "/P %s", how, act);
	struct result r;

	if (!command("sh " DIR ".sh"))
		return (struct result){ .code = BROKEN, .said = "set-up" };
	r = run_line(NULL, -1, NULL, line);
	free(line);
	return r;
}

static char *judge_row(const struct row *row)
{
	static const struct {
		const char *by;
		unsigned int not_by;
	} ways[] = { { "", 0 }, { "exec-fork " DIR "/U ", NO_CHILD }, { "in-thread ", NO_THREAD } };
	const struct outcome *is = landlock() >= row->needs ? &row->is : &row->without;
	struct outcome control = { .lists = is->lists };
	char *why = NULL, *line, *what;
	struct result r;

	if (row->needs == TRUNCATE && !landlock())
		control.lists = NOT_FILES("write");
	r = act(USER, row->attack);
	if (r.code != ALLOWED)
		return path("bare: %s", outcome_text(&r));
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways) && !why; i++) {
		struct outcome none = { ALLOWED, "", NOT_FILES("write") };

		if (row->not_by & ways[i].not_by)
			continue;
		line = path("%s%s", ways[i].by, row->attack);
		r = act(RUN "-- ", line);
		what = judge(row, row->needs == TRUNCATE && !landlock() ? &none : is, &r);
		if (what)
			why = path("'%s': %s", line, what);
		free(line);
	}
	if (why)
		return why;
	r = act(RUN "-- ", row->control);
	what = judge(row, &control, &r);
	return what ? path("control '%s': %s", row->control, what) : NULL;
}

/* ---- the scene ------------------------------------------------------------------ */

FIXTURE(attacks)
{
	struct job server;
};

/* /alias and /part show what is in /mounted/tree once more, /shown what is in /outer. */
FIXTURE_SETUP(attacks)
{
	struct result lsms;

	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_TRUE(command("mkdir -p " DIR));
	ASSERT_EQ(0, mount("tmpfs", DIR, "tmpfs", 0, "mode=777"));
	ASSERT_TRUE(command("mkdir -p " DIR "/mounted/tree/sub " DIR "/alias " DIR "/part"));
	ASSERT_TRUE(write_file(DIR "/mounted/tree/sub/deep", "deep\n"));
	ASSERT_TRUE(write_file(DIR "/mounted/beside", "beside\n"));
	ASSERT_TRUE(write_file(DIR "/mounted/hard", "hard\n"));
	ASSERT_EQ(0, link(DIR "/mounted/hard", DIR "/mounted/link"));
	ASSERT_TRUE(command("mkdir -p " DIR "/far " DIR "/linked/tree"));
	ASSERT_EQ(0, link(DIR "/mounted/hard", DIR "/far/link"));
	ASSERT_TRUE(write_file(DIR "/linked/tree/hard", "hard\n"));
	ASSERT_EQ(0, link(DIR "/linked/tree/hard", DIR "/linked/beside"));
	ASSERT_EQ(0, mount(DIR "/mounted/tree", DIR "/alias", NULL, MS_BIND, NULL));
	ASSERT_EQ(0, mount(DIR "/mounted/tree/sub", DIR "/part", NULL, MS_BIND, NULL));
	ASSERT_TRUE(command("mkdir -p " DIR "/outer/disk " DIR "/shown " DIR "/unlisted"));
	ASSERT_TRUE(write_file(DIR "/outer/beside", "beside\n"));
	ASSERT_EQ(0, mount("tmpfs", DIR "/outer/disk", "tmpfs", 0, "mode=755"));
	ASSERT_TRUE(write_file(DIR "/outer/disk/secret", "secret\n"));
	ASSERT_EQ(0, mount(DIR "/outer", DIR "/shown", NULL, MS_BIND, NULL));
	ASSERT_TRUE(write_file(DIR "/unlisted/a.key", "secret\n"));
	ASSERT_EQ(0, chmod(DIR "/unlisted", 0711));
	ASSERT_TRUE(copy_program("build/probe", DIR "/P"));
	ASSERT_TRUE(copy_program("build/probe", DIR "/U"));
	ASSERT_TRUE(copy_program("build/probe", DIR "/mounted/prog"));
	ASSERT_TRUE(command("ip link set lo up"));
	ASSERT_TRUE(job_start(&self->server, "build/probe serve tcp6,udp6 7001 7002"));
	ASSERT_TRUE(write_file(DIR ".sh", fresh));
	lsms = run_line(NULL, -1, NULL, "cat /sys/kernel/security/lsm");
	printf("# Landlock %d, active LSMs: %s\n", landlock(), lsms.said);
}

FIXTURE_TEARDOWN(attacks)
{
	job_kill(&self->server);
	umount2(DIR, MNT_DETACH);
}

TEST_F_TIMEOUT(attacks, all, 2100)
{
	size_t n = sizeof(rows) / sizeof(*rows);
	bool passed = true;

	printf("    1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		char *why;

		ASSERT_TRUE(write_file(CONF, rows[i].policy));
		why = judge_row(&rows[i]);
		passed &= subtest(i + 1, "run", rows[i].name, why);
		free(why);
	}
	EXPECT_TRUE(passed);
}

TEST_HARNESS_MAIN
