// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting another tree where a name is, by the old and by the new system calls,
 * and taking a tree away from there. What was mounted is unmounted again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

struct place {
	dev_t dev;
	ino_t ino;
};

static struct place place_of(const char *path)
{
	struct stat st;

	need(stat(path, &st), path);
	return (struct place){ st.st_dev, st.st_ino };
}

/* Mounting over something shows something else there; then it is undone. */
static int covered(const char *path, struct place before, const char *what)
{
	struct place now = place_of(path);

	if (now.dev == before.dev && now.ino == before.ino)
		return effect(false, what);
	need(umount2(path, MNT_DETACH), "umount");
	return ALLOWED;
}

static const char *other_tree(const char *path)
{
	struct stat st;
	const char *name = beside("/tmp/probe", "mount");

	need(stat(path, &st), path);
	if (S_ISDIR(st.st_mode))
		need(mkdir(name, 0755), name);
	else
		close(scratch(name));
	return name;
}

static int act_bind_over(char **args)
{
	struct place before = place_of(args[0]);
	const char *from = other_tree(args[0]);
	int out = judge(mount(from, args[0], NULL, MS_BIND, NULL), "bind mount over it");

	if (!out)
		out = covered(args[0], before, "bind mount over it");
	remove(from);
	return out;
}

/* With flags that the kernel ignores beside MS_BIND. */
static int act_bind_private_over(char **args)
{
	struct place before = place_of(args[0]);
	const char *from = other_tree(args[0]);
	unsigned long flags = MS_BIND | MS_PRIVATE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE | MS_MOVE;
	int out = judge(mount(from, args[0], NULL, flags, NULL), "bind mount over it");

	if (!out)
		out = covered(args[0], before, "bind mount over it");
	remove(from);
	return out;
}

static int act_tmpfs_over(char **args)
{
	struct place before = place_of(args[0]);

	if (mount("probe", args[0], "tmpfs", 0, "size=64k"))
		return refused("tmpfs mount over it");
	return covered(args[0], before, "tmpfs mount over it");
}

static int move_mount_to(int tree, const char *to)
{
	return syscall(SYS_move_mount, tree, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH);
}

static int act_open_tree_over(char **args)
{
	struct place before = place_of(args[0]);
	const char *from = other_tree(args[0]);
	int tree = need(syscall(SYS_open_tree, AT_FDCWD, from, OPEN_TREE_CLONE | O_CLOEXEC),
			"open_tree");
	int out = judge(move_mount_to(tree, args[0]), "move_mount over it");

	if (!out)
		out = covered(args[0], before, "move_mount over it");
	remove(from);
	return out;
}

static int act_fsmount_over(char **args)
{
	struct place before = place_of(args[0]);
	int fs = need(syscall(SYS_fsopen, "tmpfs", 0), "fsopen"), tree;

	need(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), "fsconfig");
	tree = need(syscall(SYS_fsmount, fs, 0, 0), "fsmount");
	if (move_mount_to(tree, args[0]))
		return refused("move_mount of a new filesystem over it");
	return covered(args[0], before, "move_mount of a new filesystem over it");
}

/* umount DIR: what is mounted there goes out of sight, for everyone. */
static int act_umount(char **args)
{
	struct place before = place_of(args[0]), now;

	if (umount2(args[0], MNT_DETACH))
		return refused("umount");
	now = place_of(args[0]);
	return effect(now.dev != before.dev || now.ino != before.ino, "umount");
}

/* The mount that holds the file is moved elsewhere, and back. */
static int act_mount_move(char **args)
{
	struct place before = place_of(args[0]);
	struct place now;

	if (mount(args[0], args[1], NULL, MS_MOVE, NULL))
		return refused("moving the mount");
	now = place_of(args[0]);
	need(mount(args[1], args[0], NULL, MS_MOVE, NULL), "moving the mount back");
	return effect(now.dev != before.dev || now.ino != before.ino, "moving the mount");
}

const struct act mount_acts[] = {
	{ "bind-private-over", "PATH", act_bind_private_over },
	{ "bind-over", "PATH", act_bind_over },
	{ "tmpfs-over", "DIR", act_tmpfs_over },
	{ "open-tree-over", "PATH", act_open_tree_over },
	{ "fsmount-over", "DIR", act_fsmount_over },
	{ "umount", "DIR", act_umount },
	{ "mount-move", "FROM TO", act_mount_move },
	{ NULL, NULL, NULL },
};
