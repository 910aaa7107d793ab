// SPDX-License-Identifier: GPL-2.0-only
/*
 * Acts that put another act elsewhere: in a namespace of its own, in a chroot,
 * below a fresh bind mount, as another user. The surroundings are set-up; the
 * result is that of the act inside.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "probe.h"

static void private_mounts(void)
{
	need(unshare(CLONE_NEWNS), "a mount namespace");
	need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "making mounts private");
}

static int act_in_mntns(char **args)
{
	private_mounts();
	return run_act(args);
}

static void write_proc(const char *file, const char *text)
{
	int fd = need(open(file, O_WRONLY), file);

	need(write(fd, text, strlen(text)), file);
	close(fd);
}

/* What an ordinary user can make for itself, with every capability inside. */
static int act_in_userns(char **args)
{
	char uid[32], gid[32];

	snprintf(uid, sizeof(uid), "0 %d 1\n", (int)geteuid());
	snprintf(gid, sizeof(gid), "0 %d 1\n", (int)getegid());
	need(unshare(CLONE_NEWUSER | CLONE_NEWNS), "a user and mount namespace");
	write_proc("/proc/self/setgroups", "deny");
	write_proc("/proc/self/uid_map", uid);
	write_proc("/proc/self/gid_map", gid);
	return run_act(args);
}

static int act_in_chroot(char **args)
{
	need(chroot(args[0]), "chroot");
	need(chdir("/"), "chdir");
	return run_act(args + 1);
}

/* in-bind FROM NEW ACT...: NEW shows FROM by a mount that no guard saw coming. */
static int act_in_bind(char **args)
{
	struct stat st;

	private_mounts();
	need(stat(args[0], &st), args[0]);
	if (S_ISDIR(st.st_mode))
		need(mkdir(args[1], 0755) && errno != EEXIST ? -1 : 0, args[1]);
	else
		close(scratch(args[1]));
	need(mount(args[0], args[1], NULL, MS_BIND | MS_REC, NULL), "bind mount");
	return run_act(args + 2);
}

/* In a namespace whose mounts still pass on to ours what happens to them. */
static int act_in_peer_mntns(char **args)
{
	need(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL), "making mounts shared");
	need(unshare(CLONE_NEWNS), "a mount namespace");
	return run_act(args);
}

/* Under a filter that could answer for the kernel, and here lets everything through. */
static int act_in_seccomp(char **args)
{
	struct sock_filter allow = { .code = BPF_RET | BPF_K, .k = SECCOMP_RET_ALLOW };
	struct sock_fprog filter = { .len = 1, .filter = &allow };

	need(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter), "a seccomp filter");
	return run_act(args);
}

static int act_as_user(char **args)
{
	int uid = number(args[0]);

	need(setgroups(0, NULL), "setgroups");
	need(setresgid(uid, uid, uid), "setresgid");
	need(setresuid(uid, uid, uid), "setresuid");
	/* The change of user took the process's own /proc entries away from it. */
	need(prctl(PR_SET_DUMPABLE, 1), "PR_SET_DUMPABLE");
	return run_act(args + 1);
}

/* showing ACT...: prints the beginning of what it reads */
static int act_showing(char **args)
{
	showing = true;
	return run_act(args);
}

static int act_true(char **args)
{
	(void)args;
	return ALLOWED;
}

/* Stands ready until stdin closes: a program to be traced. Tells where a word of its lies. */
static volatile long word = 0x5a5a;

static int act_pause(char **args)
{
	char c;

	(void)args;
	printf("%p\n", (void *)&word);
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return ALLOWED;
}

const struct act wrap_acts[] = {
	{ "in-mntns", "ACT...", act_in_mntns },
	{ "in-peer-mntns", "ACT...", act_in_peer_mntns },
	{ "in-seccomp", "ACT...", act_in_seccomp },
	{ "in-userns", "ACT...", act_in_userns },
	{ "in-chroot", "DIR ACT...", act_in_chroot },
	{ "in-bind", "FROM NEW ACT...", act_in_bind },
	{ "as-user", "UID ACT...", act_as_user },
	{ "showing", "ACT...", act_showing },
	{ "true", "", act_true },
	{ "pause", "", act_pause },
	{ NULL, NULL, NULL },
};
