/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the policy reader's tests share: policy_test.c has the texts,
 * policy_program_test.c the values of program sections, policy_file_test.c what needs
 * files.
 */
#ifndef LSM_GUARD_POLICY_TEST_H
#define LSM_GUARD_POLICY_TEST_H

#include <stddef.h>
#include <stdio.h>

struct program_section;

/* One test passed when @want is @got; else both are shown. */
void expect(const char *name, const char *want, const char *got);
/* One test could not run here: counted as such, never as passed. */
void skip(const char *name, const char *why);
/*
 * The errors of a policy, or its content; to be freed. @text NULL: @name is a file.
 * A count that does not fit the lines is shown, so no case can match it.
 */
char *outcome(const char *name, const char *text, size_t len);

void test_files(void);

void test_programs(void);
/* The section's content; what contradicts itself in it is shown, so no case can match it. */
void write_program(FILE *out, const struct program_section *s);

#endif
