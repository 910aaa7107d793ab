/* SPDX-License-Identifier: GPL-2.0-only */
/* An event on its way out: a sentence for people, and fields by name for programs. */
#ifndef LSM_GUARD_FIELDS_H
#define LSM_GUARD_FIELDS_H

#include <stdbool.h>
#include <stdio.h>
#include <linux/types.h>

enum output { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_JOURNAL, OUTPUTS };

extern const char *const output_names[OUTPUTS];
/* The one with this name, or OUTPUTS. */
enum output output_named(const char *name);

#define FIELDS_MAX 32

struct fields {
	FILE *sentence; /* what comes behind the time and the verdict */
	char *text;
	size_t size;
	struct field {
		const char *name; /* as in JSON; it is not copied */
		char *value;
		bool is_number;
	} at[FIELDS_MAX];
	size_t n;
};

/* Begins one with its time (boot clock) and its verdict; fields_end() is due. */
void fields_begin(struct fields *f, __u64 boot_ns, const char *verdict);
void fields_string(struct fields *f, const char *name, const char *value);
void fields_number(struct fields *f, const char *name, __u64 value);
/* The sentence so far. */
const char *fields_text(struct fields *f);
/* To stdout, or to the journal by this socket. 0, or a negative errno: nobody got it. */
int fields_send(struct fields *f, enum output output, int journal);
void fields_end(struct fields *f);

/* Where journald takes entries: a connected socket, or a negative errno. */
int journal_open(void);

#endif
