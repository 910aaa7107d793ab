/* SPDX-License-Identifier: GPL-2.0-only */
/* The file that a program reads in place of one that it may not: see lsm/fallback/. */
#ifndef LSM_GUARD_DENIED_H
#define LSM_GUARD_DENIED_H

#include <stdbool.h>

#define DENIED_FILE "/run/lsm-guard/denied"

/* Makes it anew, or keeps what it says; a descriptor, or a negative errno after a message. */
int denied_make(bool keep);
/* Adds who was denied, and by which line of the policy. */
void denied_add(int fd, const char *line);

#endif
