// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the policy reader that need files: what kind they are, who may change
 * them, what they include. All happens in a new directory under /tmp.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* asprintf */
#endif
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "policy_test.h"

static char top[] = "/tmp/policy-test.XXXXXX"; /* what it holds is removed at the end */

char *path_of(const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", top, name) < 0)
		abort();
	return path;
}

void check(bool good, const char *what)
{
	if (good)
		return;
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

void put_bytes(const char *name, const char *bytes, size_t n)
{
	char *path = path_of(name);
	FILE *f = fopen(path, "w");
	bool good;

	check(f != NULL, path);
	good = fwrite(bytes, 1, n, f) == n;
	good &= fclose(f) == 0;
	check(good && chmod(path, 0644) == 0, path);
	free(path);
}

void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

void expect_file(const char *test, const char *name, const char *want)
{
	char *path = path_of(name);
	char *got = outcome(path, NULL, 0);
	size_t n = strlen(top) + 1;

	for (char *at = got; (at = strstr(at, top));) {
		if (at[n - 1] == '/')
			memmove(at, at + n, strlen(at + n) + 1);
		else
			memmove(at + 1, at + n - 1, strlen(at + n - 1) + 1), *at = '@';
	}
	expect(test, want, got);
	free(got);
	free(path);
}

#define POLICY "file /a { write = none }\n"
#define READ   "enforce report\np:1 /a enforce report\n write@1 none\n"

static void test_kinds(void)
{
	char *path = path_of("socket");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *link = path_of("link");

	put("p", POLICY);
	expect_file("a file", "p", READ);
	check(symlink("p", link) == 0, link);
	expect_file("a symbolic link to a file", "link",
		    "enforce report\nlink:1 /a enforce report\n write@1 none\n");
	put("empty", "");
	expect_file("an empty file", "empty", "enforce report\n");
	expect_file("a file that does not exist", "none",
		    "none:1: the policy file none cannot be opened: No such file or directory "
		    "(create it, or name the file that exists)\n");
	expect_file("a directory", ".",
		    ".:1: . is a directory: a policy is a regular file "
		    "(include(\"DIRECTORY/*.conf\") reads all of a directory)\n");
	check(fd >= 0 && strlen(path) < sizeof(addr.sun_path), path);
	strcpy(addr.sun_path, path);
	check(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0, path);
	expect_file("a socket", "socket",
		    "socket:1: socket is a socket: a policy is a regular file\n");
	close(fd);
	free(path);
	path = path_of("fifo");
	check(mkfifo(path, 0600) == 0, path);
	expect_file("a FIFO does not block", "fifo",
		    "fifo:1: fifo is a FIFO: a policy is a regular file\n");
	free(path);
	free(link);
}

static void test_other_kinds(void)
{
	char *path = path_of("big");
	char *got = outcome("/dev/null", NULL, 0);

	expect("a device", "/dev/null:1: /dev/null is a device: a policy is a regular file\n", got);
	free(got);
	put("big", POLICY);
	check(truncate(path, (256 << 20) + 1) == 0, path);
	expect_file("a file of more than 256 MiB", "big",
		    "big:1: big is larger than 256 MiB: divide it with include()\n");
	put("p\n2", "x\n");
	expect_file("a file whose name has a newline", "p\n2",
		    "p\\x0a2:1: unknown word 'x' in a policy: what may stand here is mode, "
		    "fallback-action, updaters, include, file, program, interface\n");
	free(path);
}

static void test_modes(void)
{
	char *file = path_of("p");
	char *dir = path_of("dir");

	put("p", POLICY);
	check(chmod(file, 0664) == 0, file);
	expect_file("a file that the group may write", "p",
		    "p:1: p has mode 0664, so others could change the policy: take the permission "
		    "away (chmod go-w 'p')\n");
	check(chmod(file, 0602) == 0, file);
	expect_file("a file that all may write", "p",
		    "p:1: p has mode 0602, so others could change the policy: take the permission "
		    "away (chmod go-w 'p')\n");
	check(chmod(file, 0444) == 0, file);
	expect_file("a file that nobody may write", "p", READ);
	check(mkdir(dir, 0755) == 0 && chmod(dir, 0777) == 0, dir);
	put("dir/p", POLICY);
	expect_file("a directory that all may write", "dir/p",
		    "dir/p:1: dir has mode 0777, so others could change the policy by replacing "
		    "it: take the permission away (chmod go-w 'dir')\n");
	check(chmod(dir, 01777) == 0, dir);
	expect_file("a sticky directory that all may write", "dir/p", READ);
	free(file);
	file = path_of("dir/sub");
	check(mkdir(file, 0755) == 0 && chmod(dir, 0775) == 0, file);
	put("dir/sub/p", POLICY);
	expect_file("a directory further up that the group may write", "dir/sub/p",
		    "dir/sub/p:1: dir has mode 0775, so others could change the policy by "
		    "replacing it: take the permission away (chmod go-w 'dir')\n");
	free(file);
	file = path_of("dir/link");
	check(symlink("../p", file) == 0, file);
	expect_file("a link in a directory that others may write", "dir/link",
		    "dir/link:1: dir has mode 0775, so others could change the policy by "
		    "replacing it: take the permission away (chmod go-w 'dir')\n");
	put("main", "include(\"dir/p\")\n");
	expect_file("an included file in such a directory", "main",
		    "main:1: dir has mode 0775, so others could change the policy by replacing "
		    "it: take the permission away (chmod go-w 'dir')\n");
	free(file);
	free(dir);
}

static void test_owners(void)
{
	char *file = path_of("p");
	char *dir = path_of("owned");

	if (geteuid() != 0) {
		skip("a file of another user", "only root can give a file away");
		skip("a directory of another user", "only root can give a directory away");
		skip("a file of the user who called sudo", "only root can give a file away");
		skip("a file of another user under sudo", "only root can give a file away");
		skip("SUDO_UID with garbage", "only root can give a file away");
		goto out;
	}
	put("p", POLICY);
	check(chown(file, 4711, 4711) == 0, file);
	unsetenv("SUDO_UID");
	expect_file("a file of another user", "p",
		    "p:1: p belongs to user 4711, who could change the policy: give it to root or "
		    "to the user who loads it (chown root 'p')\n");
	setenv("SUDO_UID", "4711", 1);
	expect_file("a file of the user who called sudo", "p", READ);
	setenv("SUDO_UID", "4712", 1);
	expect_file("a file of another user under sudo", "p",
		    "p:1: p belongs to user 4711, who could change the policy: give it to root or "
		    "to the user who loads it (chown root 'p')\n");
	setenv("SUDO_UID", "4711x", 1);
	expect_file("SUDO_UID with garbage", "p",
		    "p:1: p belongs to user 4711, who could change the policy: give it to root or "
		    "to the user who loads it (chown root 'p')\n");
	unsetenv("SUDO_UID");
	check(chown(file, 0, 0) == 0, file);
	check(mkdir(dir, 0755) == 0, dir);
	put("owned/p", POLICY);
	check(chown(dir, 4711, 4711) == 0, dir);
	expect_file("a directory of another user", "owned/p",
		    "owned/p:1: owned belongs to user 4711, who could change the policy by "
		    "replacing it: give it to root or to the user who loads it (chown root "
		    "'owned')\n");
out:
	free(file);
	free(dir);
}

/* ---- includes ---- */

static void test_includes(void)
{
	char *dir = path_of("conf.d");
	char *text;

	check(mkdir(dir, 0755) == 0, dir);
	put("conf.d/2.conf", "file /two { write = none }\nmode = audit\n");
	put("conf.d/1.conf", "file /one { write = none }\n");
	put("conf.d/3.off", "nonsense\n");
	put("main", "include(\"conf.d/*.conf\")\n" POLICY);
	expect_file("a pattern, in order, below the file's own directory", "main",
		    "audit report\nmain:2 /a audit report\n write@2 none\n"
		    "1.conf:1 /one audit report\n write@1 none\n"
		    "2.conf:1 /two audit report\n write@1 none\n");
	if (asprintf(&text, "include(\"%s/1.conf\")\n", dir) < 0)
		abort();
	put("main", text);
	expect_file("an absolute path", "main",
		    "enforce report\n1.conf:1 /one enforce report\n write@1 none\n");
	free(text);
	put("main", "include(\"conf.d/*.nothing\")\ninclude(\"no.d/*.conf\")\n");
	expect_file("a pattern that matches nothing", "main", "enforce report\n");
	put("main", "\ninclude(\"conf.d/0.conf\")\n");
	expect_file("a file that does not exist", "main",
		    "main:2: the policy file conf.d/0.conf cannot be opened: No such file or "
		    "directory (create it, or name the file that exists)\n");
	put("main", "include(\"conf.d\")\ninclude(\"fifo\")\n");
	expect_file("what is no regular file", "main",
		    "main:1: conf.d is a directory: a policy is a regular file "
		    "(include(\"DIRECTORY/*.conf\") reads all of a directory)\n"
		    "main:2: fifo is a FIFO: a policy is a regular file\n");
	put("conf.d/1.conf", "mode = x\nfile /a { read = none }\nmode = audit\n");
	put("main", "mode = audit\n" POLICY "include(\"conf.d/1.conf\")\nx = 1\n");
	expect_file("errors of two files, duplicates across them", "main",
		    "main:4: unknown key 'x' in a policy: what may stand here is mode, "
		    "fallback-action, updaters, include, file, program, interface\n"
		    "conf.d/1.conf:1: 'mode' is given twice, first at main:1: keep one (values of "
		    "both go into one list)\n"
		    "conf.d/1.conf:2: a file section for '/a' is already at main:2: put all its "
		    "keys into that one\n"
		    "conf.d/1.conf:3: 'mode' is given twice, first at main:1: keep one (values of "
		    "both go into one list)\n");
	free(dir);
}

static void test_cycles(void)
{
	char name[16], text[32];
	char *dir = path_of("a[b");

	put("main", "\ninclude(\"main\")\n");
	expect_file("a file that includes itself", "main",
		    "main:2: main includes itself: it is the file read since main:1; remove one of "
		    "the two include()\n");
	put("main", "include(\"x\")\n");
	put("x", "\ninclude(\"y\")\n");
	put("y", "\n\ninclude(\"x\")\n");
	expect_file("a cycle of two, below the first file", "main",
		    "y:3: x includes itself: it is the file read since main:1; remove one of the "
		    "two include()\n");
	put("y", POLICY);
	put("main", "include(\"x\")\ninclude(\"y\")\n");
	expect_file("a file included twice", "main",
		    "main:2: y is included twice, first at x:2: remove one of the two\n");
	for (int i = 0; i <= 17; i++) {
		snprintf(name, sizeof(name), "deep%d", i);
		snprintf(text, sizeof(text), "include(\"deep%d\")\n", i + 1);
		put(name, i == 17 ? POLICY : text);
	}
	expect_file("16 files deep", "deep1",
		    "enforce report\ndeep17:1 /a enforce report\n write@1 none\n");
	expect_file("17 files deep", "deep0",
		    "deep16:1: deep17 is included 17 files deep, 16 is the limit: include it from "
		    "a file nearer to the first\n");
	check(mkdir(dir, 0755) == 0, dir);
	put("a[b/main", "include(\"*.conf\")\n");
	put("a[b/p", POLICY);
	put("a[b/x.conf", "include(\"p\")\n");
	expect_file("a directory whose name looks like a pattern", "a[b/main", READ);
	free(dir);
}

/* As nobody, for whom a directory is closed: root reads everything. */
static void test_unreadable(void)
{
	char *dir = path_of("closed");

	if (geteuid() != 0) {
		skip("a directory that cannot be read", "needs root, to become another user");
		skip("a file that cannot be read", "needs root, to become another user");
		goto out;
	}
	check(mkdir(dir, 0700) == 0 && chmod(top, 0755) == 0, dir);
	put("closed/x.conf", POLICY);
	put("main", "include(\"closed/*.conf\")\n");
	put("p", POLICY);
	free(dir);
	dir = path_of("p");
	check(chmod(dir, 0600) == 0 && seteuid(65534) == 0, "seteuid");
	expect_file("a directory that cannot be read", "main",
		    "main:1: include(\"closed/*.conf\"): a directory cannot be read, so files "
		    "could be missed: make the directory readable\n");
	expect_file("a file that cannot be read", "p",
		    "p:1: the policy file p cannot be opened: Permission denied\n");
	check(seteuid(0) == 0, "seteuid");
out:
	free(dir);
}

static void remove_files(void)
{
	char *command;

	if (asprintf(&command, "rm -rf '%s'", top) < 0)
		abort();
	check(system(command) == 0, command);
	free(command);
}

/* A decoy is a file, which need not be there before the policy is loaded. */
static void test_decoys(void)
{
#define NEEDS_READ                                                                            \
	"a decoy is for those who may not read the file: give the section read, for example " \
	"'read = none'\n"
	static const struct {
		const char *name, *text, *want;
	} cases[] = {
		{ "a decoy", "read = none\ndecoy = /d",
		  "p:1 /a enforce report\n decoy@2 /d\n"
		  " read@1 none\n" },
		{ "a decoy for whom a list leaves out", "read = { /p } decoy = \"/d e\"",
		  "p:1 /a enforce report\n decoy@1 /d e\n read@1 /p@1\n" },
		{ "a decoy without read", "write = none decoy = /d", "p:1: " NEEDS_READ },
		{ "a decoy where all may read", "read = any write = none\ndecoy = /d",
		  "p:2: " NEEDS_READ },
		{ "a decoy alone", "decoy = /d",
		  "p:1: this file section closes nothing: give it read, write or execute, for "
		  "example 'write = none'\n" },
		{ "a relative decoy", "read = none decoy = d",
		  "p:1: decoy: 'd' is no absolute path: begin it with '/'\n" },
		{ "a decoy that may be missing", "read = none decoy = -/d",
		  "p:1: decoy: write the path without '-': it must be there\n" },
		{ "a directory as decoy", "read = none decoy = /d/",
		  "p:1: decoy: '/d/' ends in a slash, as directories do: write the path of a "
		  "file\n" },
		{ "a glob as decoy", "read = none decoy = \"/d/*\"",
		  "p:1: decoy: '/d/*' is a glob: name each path, or write \\ before * ? [ if the "
		  "characters themselves are meant\n" },
		{ "a list of decoys", "read = none decoy = { /d, /e }",
		  "p:1: 'decoy' takes one value, no list: write 'decoy = VALUE' without { }\n" },
		{ "no decoy", "read = none decoy = \"\"",
		  "p:1: decoy: '' is empty: write an absolute path\n" },
		{ "a detour to a decoy", "read = none decoy = /b/../d",
		  "p:1: decoy: '/b/../d' has a '..' in it: write the path without detours\n" },
		{ "a decoy misspelt", "read = none decoi = /d",
		  "p:1: unknown key 'decoi' in a file section: did you mean 'decoy'?\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text, *want;

		if (asprintf(&text, "file /a { %s }\n", cases[i].text) < 0 ||
		    asprintf(&want, "%s%s",
			     strstr(cases[i].want, "p:1 /a") ? "enforce report\n" : "",
			     cases[i].want) < 0)
			abort();
		put("p", text);
		expect_file(cases[i].name, "p", want);
		free(text);
		free(want);
	}
}

void test_files(void)
{
	umask(022);
	unsetenv("SUDO_UID");
	check(mkdtemp(top) != NULL, top);
	test_kinds();
	test_other_kinds();
	test_modes();
	test_owners();
	test_decoys();
	test_includes();
	test_cycles();
	test_lists();
	test_unreadable();
	remove_files();
}
