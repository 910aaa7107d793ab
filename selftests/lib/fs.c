// SPDX-License-Identifier: GPL-2.0-only
/*
 * Filesystems to test on: tmpfs, ext4 and btrfs on loop devices, and overlayfs
 * whose layers are on a tmpfs of their own.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/lib.h"

static bool on_loop(const char *type, const char *mkfs, const char *size, const char *at)
{
	char *image = path("%s.img", at);
	bool ok = command("truncate -s %s %s", size, image) && command("%s %s", mkfs, image) &&
		  command("mount -t %s -o loop %s %s", type, image, at);

	free(image);
	return ok;
}

static bool layers(const char *at)
{
	return command("mkdir -p %s.layers", at) && command("mount -t tmpfs tmpfs %s.layers", at) &&
	       command("mkdir %s.layers/lower %s.layers/upper %s.layers/work", at, at, at);
}

/* With redirect_dir a directory of the lower layer can be renamed, so it can be an attack. */
static bool overlay(const char *at)
{
	return command("mount -t overlay overlay -o redirect_dir=on,"
		       "lowerdir=%s.layers/lower,upperdir=%s.layers/upper,workdir=%s.layers/work "
		       "%s",
		       at, at, at, at);
}

static bool make(enum fs fs, const char *at)
{
	switch (fs) {
	case FS_EXT4:
		/* Without checksums FS_IOC_SETVERSION is open to everyone, an attack to test. */
		return on_loop("ext4", "mkfs.ext4 -q -F -O ^metadata_csum", "400M", at);
	case FS_TMPFS:
		return command("mount -t tmpfs tmpfs %s", at);
	case FS_BTRFS:
		return on_loop("btrfs", "mkfs.btrfs -q", "600M", at);
	case FS_OVERLAY:
		return layers(at) && overlay(at);
	case FS_OVERLAY_LOWER:
		return layers(at);
	}
	return false;
}

char *fs_make(enum fs fs, const char *at)
{
	if (!command("mkdir -p %s", at) || !make(fs, at))
		return NULL;
	return path("%s%s", at, fs == FS_OVERLAY_LOWER ? ".layers/lower" : "");
}

bool fs_show(enum fs fs, const char *at)
{
	return fs != FS_OVERLAY_LOWER || overlay(at);
}

void fs_unmount(const char *at)
{
	char *layers = path("%s.layers", at), *image = path("%s.img", at);

	umount2(at, MNT_DETACH);
	umount2(layers, MNT_DETACH);
	unlink(image);
	free(layers);
	free(image);
}
