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
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

#include "bench.h"

#define BATCHES_MAX 1001

int at = -1;
char path[PATH_MAX];
static const char *top; /* DIR */

void wrong(const struct op *op, const char *what)
{
	error(1, errno, "%s: %s", op->name, what);
	abort();
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t batch(const struct op *op)
{
	uint64_t start, took;

	if (op->before)
		op->before(op);
	start = __rdtsc();
	for (unsigned int i = 0; i < op->loop; i++)
		op->once(op);
	took = __rdtsc() - start;
	if (op->after)
		op->after(op);
	return took;
}

static void measure(const struct op *op)
{
	static uint64_t took[BATCHES_MAX];

	at = open(op->dir, O_PATH | O_DIRECTORY);
	if (at < 0)
		wrong(op, op->dir);
	snprintf(path, sizeof(path), "%s/%s", top, op->file ? op->file : "");
	if (op->prepare)
		op->prepare(op);
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

static const struct op *find_in(const struct op *ops, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(ops[i].name, name))
			return &ops[i];
	}
	return NULL;
}

static const struct op *find(const char *name)
{
	const struct op *op = find_in(file_ops, n_file_ops, name);

	if (!op)
		op = find_in(net_ops, n_net_ops, name);
	if (!op)
		op = find_in(task_ops, n_task_ops, name);
	if (!op)
		error(2, 0, "%s: no such operation", name);
	return op;
}

/* In a process of its own, so that no figure depends on which operations went before. */
static void measure_alone(const struct op *op)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		measure(op);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		wrong(op, "fork");
	if (status)
		exit(1);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		error(2, 0, "usage: bench DIR OP...");
	if (chdir(argv[1]))
		error(1, errno, "%s", argv[1]);
	top = argv[1];
	for (int i = 2; i < argc; i++)
		measure_alone(find(argv[i]));
	return 0;
}
