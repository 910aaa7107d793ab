/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the bench's operations are to the clock (bench.c): rows of three tables, of
 * files (ops_file.c), of sockets (ops_net.c), of memory and tasks (ops_task.c).
 */
#ifndef BENCH_H
#define BENCH_H

#include <limits.h>
#include <stddef.h>

/*
 * One row. The directory is opened before the clock starts, so that the kernel's walk of the
 * path is the same one step in every row, however deep the file lies.
 */
struct op {
	const char *name;
	void (*once)(const struct op *op);
	const char *dir; /* below DIR */
	const char *file;
	unsigned int loop; /* operations in a batch */
	unsigned int batches;
	/* Off the clock, where not NULL: */
	void (*prepare)(const struct op *op); /* before all batches */
	void (*before)(const struct op *op);  /* before a batch */
	void (*after)(const struct op *op);   /* after a batch */
};

extern const struct op file_ops[], net_ops[], task_ops[];
extern const size_t n_file_ops, n_net_ops, n_task_ops;

extern int at;		    /* op->dir, opened */
extern char path[PATH_MAX]; /* op->file of DIR, absolute */

/* The operation did not end as its row says: no figure, and the program ends. */
void __attribute__((noreturn)) wrong(const struct op *op, const char *what);

#endif
