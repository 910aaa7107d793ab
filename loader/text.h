/* SPDX-License-Identifier: GPL-2.0-only */
/* Strings and times on stdout, as text and as JSON. */
#ifndef LSM_GUARD_TEXT_H
#define LSM_GUARD_TEXT_H

#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

/* How many bytes follow the first of a well-formed UTF-8 sequence; 0: it is ASCII, or none. */
int utf8_more(const unsigned char *c);

/* "key":"s" and what comes behind. Bytes that are no UTF-8 become U+FFFD. */
void json_string(const char *key, const char *s, const char *behind);
/* To @out: a name that someone else chose, without what would move a terminal's cursor. */
void text_string(FILE *out, const char *s);

/* CLOCK_BOOTTIME in nanoseconds: now, and a time of it as UTC with milliseconds; returns @out. */
__u64 boot_now(void);
const char *time_text(__u64 boot_ns, char *out, size_t size);

#endif
