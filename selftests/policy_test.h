/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the policy reader's tests share: policy_test.c has the texts,
 * policy_program_test.c the values of program sections, policy_interface_test.c the
 * interface sections with their lists, policy_file_test.c what else needs files.
 */
#ifndef LSM_GUARD_POLICY_TEST_H
#define LSM_GUARD_POLICY_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct endpoint;
struct interface_section;
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

/* Tests that cannot set up what they need end at once: nothing is skipped silently. */
void check(bool good, const char *what);

void test_files(void);
/* While test_files() runs there is a directory of its own: the path of @name in it, to be freed. */
char *path_of(const char *name);
void put_bytes(const char *name, const char *bytes, size_t n);
void put(const char *name, const char *text);
/* What reading @name in that directory gives, with the directory's path cut out. */
void expect_file(const char *test, const char *name, const char *want);

void test_programs(void);
/* The section's content; what contradicts itself in it is shown, so no case can match it. */
void write_program(FILE *out, const struct program_section *s);
void write_endpoint(FILE *out, const struct endpoint *e);

void test_interfaces(void);
/* Those that need files: test_files() calls it. */
void test_lists(void);
void write_interface(FILE *out, const struct interface_section *s);

#endif
