/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guards that run on this kernel, found through the kernel itself: whoever holds their
 * links (a process, a pin), what is attached is what the kernel says is attached.
 */
#ifndef LSM_GUARD_RUNNING_H
#define LSM_GUARD_RUNNING_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "../lsm/lsm_guard.h"

#define RUNNING_MAX  16 /* guards at once: more than two is nobody's intention */
#define RUNNING_MAPS 32

struct running_link {
	__u32 id;
	char program[16]; /* its name as the kernel has it, cut off there */
	bool hook;	  /* else an interface's */
	__u32 ifindex;	  /* that it is on; 0: on none any more */
};

struct running {
	__u32 id;		   /* of its state's map */
	struct guard_state *state; /* the kernel's own, mapped */
	size_t state_size;
	struct running_link *links;
	size_t n_links, room_links;
	__u32 maps[RUNNING_MAPS]; /* ids */
	size_t n_maps;
	pid_t told; /* to end, and it is waited for: its process; 0: it has none */
};

struct runnings {
	struct running at[RUNNING_MAX];
	size_t n;
};

/* Finds them. A negative errno where the kernel does not let us look. */
int running_find(struct runnings *all);
/*
 * As above, while nobody else starts or ends one: waits for that. The lock's descriptor, or a
 * negative errno after a message.
 */
int running_find_alone(struct runnings *all);
/* A descriptor of the map with this name, or a negative errno. */
int running_map(const struct running *r, const char *name);
void running_free(struct runnings *all);
/* Is this process an lsm-guard that runs? A number may be another process's by now. */
bool running_is_ours(pid_t pid);
/* It refuses nothing any more: it was to be confirmed and was not, or it is ending. */
bool running_has_let_go(const struct running *r);
/* It refuses nothing until then (boot clock; 0: it holds again), unless it is ending. */
void running_suspend(struct running *r, __u64 until);
/* Has the kernel any of the guard? */
bool running_exists(__u32 id);
/*
 * Ends one: its pins go, and the process that looks after it. 0 when the kernel has none of it any
 * more, else a negative errno after a message.
 */
int running_end(struct running *r);
/*
 * Ends all of them: one may hold another, which would hold again in its place, so all are told
 * before one is waited for. How many have not ended.
 */
int running_end_all(struct runnings *all);

/* Commands: argv[0] is the command's name. They return the exit status. */
int confirm_main(int argc, char **argv);
int stop_main(int argc, char **argv);
int status_main(int argc, char **argv);

#endif
