/* SPDX-License-Identifier: GPL-2.0-only */
/* lsm-guard prove: acts out every rule of the running guard. */
#ifndef LSM_GUARD_PROVE_H
#define LSM_GUARD_PROVE_H

/* A command: argv[0] is its name. It returns the exit status. */
int prove_main(int argc, char **argv);

#endif
