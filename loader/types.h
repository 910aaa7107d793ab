/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running kernel's types (its BTF), parsed once and looked through once. libbpf would go
 * through all of them, a hundred thousand, for each hook and each type that a program
 * reads, and through those of every module for each type that the kernel itself has not.
 */
#ifndef LSM_GUARD_TYPES_H
#define LSM_GUARD_TYPES_H

struct btf;

/* 0 or a negative errno. A second call does nothing; types_free() is due. */
int types_load(void);
void types_free(void);

/* Of the kernel, its modules' left out: an id, or -ENOENT. "bpf_lsm_file_open" is a hook. */
int types_function(const char *name);
int types_struct(const char *name);
int types_arguments(const char *name); /* how many it takes, or a negative errno */

/*
 * Writes those of the kernel's types that are named as one of @like is, with all that lies
 * within them, to a file of no name in place of what was there: what relocates programs
 * written with the types of @like. A pointer leads nowhere in it, and its numbers are not the
 * kernel's: programs must not ask for them (bpf_core_type_id_kernel, bpf_core_type_matches).
 * 0 or a negative errno.
 */
int types_write(const struct btf *like);
const char *types_path(void); /* of that file; "" before types_load() */

#endif
