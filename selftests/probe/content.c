// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to change what is in a file: by its name, or by moving bytes into a
 * descriptor that is opened here. content acts open FILE for both when they
 * need a descriptor, so that is where they are refused.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe.h"

static off_t size_of(const char *file)
{
	struct stat st;

	need(stat(file, &st), "stat");
	return st.st_size;
}

static int act_truncate(char **args)
{
	off_t before = size_of(args[0]);

	if (truncate(args[0], before + 1))
		return refused("truncate");
	return effect(size_of(args[0]) == before + 1, "truncate");
}

static int act_fallocate(char **args)
{
	off_t before = size_of(args[0]);
	int fd = open(args[0], O_RDWR);

	if (fd < 0)
		return refused("open for fallocate");
	if (fallocate(fd, 0, 0, before + 4096))
		return refused("fallocate");
	return effect(size_of(args[0]) == before + 4096, "fallocate");
}

static ssize_t by_sendfile(int from, int to)
{
	return sendfile(to, from, NULL, 4);
}

static ssize_t by_splice(int from, int to)
{
	int pipes[2];

	need(pipe(pipes), "pipe");
	need(splice(from, NULL, pipes[1], NULL, 4, 0), "splice into the pipe");
	return splice(pipes[0], NULL, to, NULL, 4, 0);
}

static ssize_t by_copy_range(int from, int to)
{
	return copy_file_range(from, NULL, to, NULL, 4, 0);
}

static ssize_t by_clone(int from, int to)
{
	return ioctl(to, FICLONE, from);
}

static ssize_t by_clone_range(int from, int to)
{
	struct file_clone_range r = { .src_fd = from };

	return ioctl(to, FICLONERANGE, &r);
}

static int move_into(char **args, const char *what, ssize_t (*move)(int from, int to))
{
	const char *source = beside(args[0], "source");
	int from = scratch(source), to = open(args[0], O_RDWR), out;
	char buf[4] = "";

	unlink(source);
	/* A clone ends on a block or at the end of a longer file. */
	need(ftruncate(from, 1 << 16), "size of the source");
	if (to < 0)
		return refused("open of the file to write into");
	out = judge(move(from, to), what);
	if (!out)
		out = effect(pread(to, buf, 4, 0) == 4 && !memcmp(buf, "scra", 4), what);
	return out;
}

static int act_sendfile(char **args)
{
	return move_into(args, "sendfile", by_sendfile);
}

static int act_splice(char **args)
{
	return move_into(args, "splice", by_splice);
}

static int act_copy_range(char **args)
{
	return move_into(args, "copy_file_range", by_copy_range);
}

static int act_ficlone(char **args)
{
	return move_into(args, "FICLONE", by_clone);
}

static int act_ficlonerange(char **args)
{
	return move_into(args, "FICLONERANGE", by_clone_range);
}

/*
 * FIDEDUPERANGE takes a destination that is open for reading only. It shares
 * equal bytes and changes none, so a rule on writing has nothing to refuse.
 */
static int act_dedupe(char **args)
{
	struct {
		struct file_dedupe_range r;
		struct file_dedupe_range_info to;
	} u = { .r.src_length = size_of(args[0]), .r.dest_count = 1 };
	const char *source = beside(args[0], "source");
	int to = need(open(args[0], O_RDONLY), args[0]), from = scratch(source);
	char buf[4096];
	ssize_t n = need(read(to, buf, sizeof(buf)), "read");

	unlink(source);
	need(pwrite(from, buf, n, 0), "write of the source");
	need(ftruncate(from, n), "size of the source");
	u.to.dest_fd = to;
	if (ioctl(from, FIDEDUPERANGE, &u))
		return refused("FIDEDUPERANGE");
	return effect(u.to.status == FILE_DEDUPE_RANGE_SAME, "FIDEDUPERANGE");
}

static int act_mmap_write(char **args)
{
	int fd = open(args[0], O_RDWR);
	char *p, c = 0;

	if (fd < 0)
		return refused("open for mmap");
	p = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return refused("mmap");
	*p = 'M';
	need(msync(p, 1, MS_SYNC), "msync");
	return effect(pread(fd, &c, 1, 0) == 1 && c == 'M', "a store through the mapping");
}

/* The process accounting file is opened by the kernel on the caller's behalf. */
static int act_acct(char **args)
{
	if (acct(args[0]))
		return refused("acct");
	need(acct(NULL), "acct off");
	return effect(size_of(args[0]) > 0, "acct");
}

const struct act content_acts[] = {
	{ "truncate", "FILE", act_truncate },
	{ "fallocate", "FILE", act_fallocate },
	{ "sendfile", "FILE", act_sendfile },
	{ "splice", "FILE", act_splice },
	{ "copy-range", "FILE", act_copy_range },
	{ "ficlone", "FILE", act_ficlone },
	{ "ficlonerange", "FILE", act_ficlonerange },
	{ "dedupe", "FILE", act_dedupe },
	{ "mmap-write", "FILE", act_mmap_write },
	{ "acct", "FILE", act_acct },
	{ NULL, NULL, NULL },
};
