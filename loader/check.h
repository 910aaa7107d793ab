/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands that tell and change nothing: they need no root and load nothing. */
#ifndef LSM_GUARD_CHECK_H
#define LSM_GUARD_CHECK_H

int check_main(int argc, char **argv);
int probe_main(int argc, char **argv);

#endif
