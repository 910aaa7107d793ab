/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process gives up that has done its privileged work. Both return 0, or a negative errno
 * after a message on stderr.
 */
#ifndef LSM_GUARD_SANDBOX_H
#define LSM_GUARD_SANDBOX_H

/*
 * All capabilities, for this process and whatever it starts, and any way to get one back. Threads
 * that run already keep theirs: it comes before they are started.
 */
int sandbox_drop(void);
/*
 * All system calls but those of the watcher, for all threads: what it needs is open by now, for
 * it opens no file any more, starts no process or thread, loads no program.
 */
int sandbox_confine(void);

#endif
