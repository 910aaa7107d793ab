// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one operation costs, in instructions that the guest executed.
 *
 * Under QEMU's -icount shift=0 the time-stamp counter counts instructions, so a
 * difference of two RDTSC is exact and repeats to the digit. An operation is run
 * in small batches; the smallest is the figure, because interrupts and the slow paths
 * of allocators only ever make a batch longer, and the median says how typical it is.
 *
 *	bench DIR OP...
 *
 * DIR holds the files that the operations act on (the script guest lays it out).
 * Each OP prints one line: "OP <tab> SMALLEST <tab> MEDIAN", both per operation. An
 * operation that does not end as its row says (allowed, denied) ends the program: a
 * figure of something else must not be printed.
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#define BATCHES_MAX 1001

/*
 * One row. But for the first, which opens an absolute path as programs do, the
 * directory is opened before the clock starts, so that the kernel's walk of the path
 * is the same one step in every row, however deep the file lies.
 */
struct op {
	const char *name;
	void (*once)(const struct op *op);
	const char *dir; /* below DIR */
	const char *file;
	unsigned int loop; /* operations in a batch */
	unsigned int batches;
};

static int at = -1;	    /* op->dir, opened */
static const char *top;	    /* DIR */
static char path[PATH_MAX]; /* op->file of DIR, absolute */

static void __attribute__((noreturn)) wrong(const struct op *op, const char *what)
{
	error(1, errno, "%s: %s", op->name, what);
	abort();
}

/*
 * The system calls are made directly: what the C library does around them is not
 * the kernel's cost.
 */
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

static void reap(const struct op *op, pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		wrong(op, "wait");
	errno = 0;
	if (status)
		wrong(op, "the child failed");
}

static void do_fork(const struct op *op)
{
	pid_t pid = fork();

	if (pid < 0)
		wrong(op, "fork");
	if (!pid)
		_exit(0);
	reap(op, pid);
}

static void do_exec(const struct op *op)
{
	char *argv[] = { "child", NULL };
	pid_t pid = vfork();

	if (pid < 0)
		wrong(op, "vfork");
	if (!pid) {
		execve("child", argv, argv + 1);
		_exit(1);
	}
	reap(op, pid);
}

#define DEEP6  "1/2/3/4/5"
#define DEEP12 DEEP6 "/6/7/8/9/10/11"

static const struct op ops[] = {
	{ "open", do_open_path, ".", "plain", 10, 1001 },
	{ "open-here", do_open, ".", "plain", 10, 1001 },
	{ "open-100-files", do_open_each, ".", NULL, 100, 301 },
	{ "open-depth-6", do_open, DEEP6, "plain", 10, 1001 },
	{ "open-depth-12", do_open, DEEP12, "plain", 10, 1001 },
	{ "open-listed", do_open, ".", "listed", 10, 1001 },
	{ "open-in-tree", do_open, "tree", "listed", 10, 1001 },
	{ "open-denied", do_open_denied, ".", "closed", 10, 1001 },
	{ "stat", do_stat, ".", "plain", 10, 1001 },
	{ "create+unlink", do_create, "work", NULL, 5, 301 },
	{ "create+unlink-beside", do_create, ".", NULL, 5, 301 },
	{ "rename-twice", do_rename, "work", NULL, 5, 301 },
	{ "fork+exit+wait", do_fork, ".", NULL, 1, 101 },
	{ "exec+exit+wait", do_exec, ".", NULL, 1, 101 },
};

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t batch(const struct op *op)
{
	uint64_t start = __rdtsc();

	for (unsigned int i = 0; i < op->loop; i++)
		op->once(op);
	return __rdtsc() - start;
}

static void measure(const struct op *op)
{
	static uint64_t took[BATCHES_MAX];

	at = open(op->dir, O_PATH | O_DIRECTORY);
	if (at < 0)
		wrong(op, op->dir);
	snprintf(path, sizeof(path), "%s/%s", top, op->file ? op->file : "");
	/* Warm: dentries, slabs, the child's pages, this program's own. */
	for (unsigned int i = 0; i < 5; i++)
		batch(op);
	for (unsigned int i = 0; i < op->batches; i++)
		took[i] = batch(op);
	qsort(took, op->batches, sizeof(*took), by_size);
	printf("%s\t%.1f\t%.1f\n", op->name, (double)took[0] / op->loop,
	       (double)took[op->batches / 2] / op->loop);
	fflush(stdout);
	close(at);
}

static const struct op *find(const char *name)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	}
	error(2, 0, "%s: no such operation", name);
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		error(2, 0, "usage: bench DIR OP...");
	if (chdir(argv[1]))
		error(1, errno, "%s", argv[1]);
	top = argv[1];
	for (int i = 2; i < argc; i++)
		measure(find(argv[i]));
	return 0;
}
