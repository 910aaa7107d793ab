// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bench's operations on files.
 *
 * But for the first, which opens an absolute path as programs do, all names are relative
 * to the row's directory. The system calls are made directly: what the C library does
 * around them is not the kernel's cost.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

static int opened = -1; /* op->file */

static void do_open_path(const struct op *op)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);

	if (fd < 0)
		wrong(op, path);
	syscall(SYS_close, fd);
}

static void do_open(const struct op *op)
{
	long fd = syscall(SYS_openat, at, op->file, O_RDONLY);

	if (fd < 0)
		wrong(op, "open");
	syscall(SYS_close, fd);
}

/* Other files each time: what hangs on a file's own number is averaged. */
static void do_open_each(const struct op *op)
{
	static unsigned int next;
	char name[] = "u00";
	long fd;

	name[1] += next / 10 % 10;
	name[2] += next % 10;
	next++;
	fd = syscall(SYS_openat, at, name, O_RDONLY);
	if (fd < 0)
		wrong(op, name);
	syscall(SYS_close, fd);
}

static void do_open_denied(const struct op *op)
{
	if (syscall(SYS_openat, at, op->file, O_RDONLY) >= 0) {
		errno = 0;
		wrong(op, "the open was allowed");
	}
	if (errno != EPERM)
		wrong(op, "not denied but failed");
}

static void do_stat(const struct op *op)
{
	struct stat st;

	if (syscall(SYS_newfstatat, at, op->file, &st, 0))
		wrong(op, "stat");
}

static void do_create(const struct op *op)
{
	long fd = syscall(SYS_openat, at, "new", O_WRONLY | O_CREAT | O_EXCL, 0600);

	if (fd < 0)
		wrong(op, "create");
	syscall(SYS_close, fd);
	if (syscall(SYS_unlinkat, at, "new", 0))
		wrong(op, "unlink");
}

/* There and back again, so two renames. */
static void do_rename(const struct op *op)
{
	if (syscall(SYS_renameat, at, "old", at, "moved") ||
	    syscall(SYS_renameat, at, "moved", at, "old"))
		wrong(op, "rename");
}

static void prepare_read(const struct op *op)
{
	if (opened >= 0)
		close(opened);
	opened = openat(at, op->file, O_RDONLY);
	if (opened < 0)
		wrong(op, op->file);
}

static void do_read(const struct op *op)
{
	char text[64];

	if (syscall(SYS_pread64, opened, text, sizeof(text), 0L) <= 0)
		wrong(op, "read");
}

#define DEEP6  "1/2/3/4/5"
#define DEEP12 DEEP6 "/6/7/8/9/10/11"

const struct op file_ops[] = {
	{ "open", do_open_path, ".", "plain", 10, 1001 },
	{ "open-here", do_open, ".", "plain", 10, 1001 },
	{ "open-100-files", do_open_each, ".", NULL, 100, 301 },
	{ "open-depth-6", do_open, DEEP6, "plain", 10, 1001 },
	{ "open-depth-12", do_open, DEEP12, "plain", 10, 1001 },
	{ "open-listed", do_open, ".", "listed", 10, 1001 },
	{ "open-in-tree", do_open, "tree", "listed", 10, 1001 },
	{ "open-denied", do_open_denied, ".", "closed", 10, 1001 },
	/* Closed as well, where nothing refuses: reported, and led elsewhere. */
	{ "open-let-through", do_open, ".", "closed", 10, 1001 },
	{ "open-decoy", do_open_path, ".", "closed", 10, 1001 },
	{ "stat", do_stat, ".", "plain", 10, 1001 },
	{ "create+unlink", do_create, "work", NULL, 5, 301 },
	{ "create+unlink-beside", do_create, ".", NULL, 5, 301 },
	{ "rename-twice", do_rename, "work", NULL, 5, 301 },
	{ "read", do_read, ".", "plain", 10, 1001, prepare_read },
};

const size_t n_file_ops = sizeof(file_ops) / sizeof(*file_ops);
