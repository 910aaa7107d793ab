// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `lsm-guard run` holds, by what, and what it does not: one table. The listing before a start
 * takes its words from it, `lsm-guard run --help` prints it, and the manual has what it says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "table.h"

enum how {
	HELD,
	TIGHTER,
	WEAKER,
	NOT_HELD,
};

/* Without these nothing is listed: it is as the policy says, or closes more than that. */
static const struct {
	const char *word;
	bool lacking; /* --strict refuses to start */
} hows[] = {
	[HELD] = { "held", false },
	[TIGHTER] = { "tighter here", false },
	[WEAKER] = { "weaker here", true },
	[NOT_HELD] = { "not held here", true },
};

static const struct {
	enum how how;
	const char *key; /* or keys; the listing names the one that it is about */
	const char *what;
	const char *by; /* of what is held: by what, and the errno */
} rows[RUN_ROWS] = {
	[RUN_FAMILIES] = { HELD, "families", "", "seccomp on socket and socketpair: EPERM" },
	[RUN_CONNECT_NONE] = { HELD, "connect", " that lists no UDP, or no TCP",
			       "seccomp, no such sockets: EPERM" },
	[RUN_CONNECT_PORT] = { HELD, "connect", " by TCP port", "Landlock of Linux 6.7: EACCES" },
	[RUN_CONNECT_PORT_NOT] = { NOT_HELD, "connect", " by TCP port: it needs Linux 6.7" },
	[RUN_CONNECT_PREFIX] = { NOT_HELD, "connect", " by prefix" },
	[RUN_CONNECT_UDP] = { NOT_HELD, "connect", " by UDP" },
	[RUN_NO_TCP] = { TIGHTER, "connect", ": no TCP sockets, so that it cannot listen either" },
	[RUN_NO_UDP] = { TIGHTER, "connect", ": no UDP sockets, so that it cannot receive either" },
	[RUN_NO_MPTCP] = { TIGHTER, "connect, listen", ": no multipath TCP" },
	[RUN_LISTEN_NONE] = { HELD, "listen", " that lists no TCP", "seccomp on listen: EPERM" },
	[RUN_LISTEN_ALL] = { TIGHTER, "listen", ": refused on unix sockets too" },
	[RUN_LISTEN_BIND] = { WEAKER, "listen", ": bind(2) of a TCP port; nothing listens there" },
	[RUN_LISTEN_PORT] = { HELD, "listen", " by TCP port", "Landlock of Linux 6.7: EACCES" },
	[RUN_LISTEN_PORT_NOT] = { NOT_HELD, "listen", " by TCP port: it needs Linux 6.7" },
	[RUN_LISTEN_CHOSEN] = { WEAKER, "listen", ": on a TCP port that the kernel chooses" },
	[RUN_LISTEN_ADDRESS] = { NOT_HELD, "listen", " by address" },
	[RUN_LISTEN_UDP] = { NOT_HELD, "listen", " by UDP" },
	[RUN_RECEIVE_NONE] = { HELD, "receive", " where no socket of the internet is left",
			       "seccomp, no such sockets: EPERM" },
	[RUN_RECEIVE] = { NOT_HELD, "receive", "" },
	[RUN_ALLOCATION] = { HELD, "allocation", " by mmap, mremap, map_shadow_stack",
			     "seccomp on the length: EPERM" },
	[RUN_ALLOCATION_REST] = { WEAKER, "allocation",
				  ": not by brk(2), shmat(2), io_setup(2), huge pages" },
	[RUN_ALLOCATION_GROWTH] = { TIGHTER, "allocation",
				    ": of mremap(2) the whole size, not the growth" },
	[RUN_MEMORY] = { HELD, "memory", " as it grows", "RLIMIT_DATA: ENOMEM" },
	[RUN_MEMORY_REST] = { WEAKER, "memory",
			      ": not what is mapped over another mapping, or made writable later" },
	[RUN_ADDRESS_SPACE] = { HELD, "address-space", "", "RLIMIT_AS: ENOMEM" },
	[RUN_PROCESSES_NONE] = { HELD, "children, descendants", " = 0",
				 "seccomp on fork, vfork, clone: EPERM" },
	[RUN_CHILDREN] = { NOT_HELD, "children", " beyond 0" },
	[RUN_DESCENDANTS] = { NOT_HELD, "descendants", " beyond 0" },
	[RUN_THREADS_ONE] = { HELD, "threads", " = 1", "seccomp on clone: EPERM" },
	[RUN_THREADS] = { NOT_HELD, "threads", " beyond 1" },
	[RUN_INHERIT] = { TIGHTER, "inherit", ": what it starts is bound all the same" },
	[RUN_TRACE] = { WEAKER, "program",
			": without Landlock it can trace processes that are not bound" },
	[RUN_FILES] = { HELD, "read, write, execute", "", "Landlock: EACCES" },
	[RUN_FILES_NOT] = { NOT_HELD, "read, write, execute", ": this kernel has no Landlock" },
	[RUN_FILES_ATTRIBUTES] = { WEAKER, "write", ": not mode, owner, times and attributes" },
	[RUN_FILES_TRUNCATE] = { WEAKER, "write", ": not truncate(2), before Linux 6.2" },
	[RUN_FILES_CODE] = { WEAKER, "execute", ": not mapping it as code" },
	[RUN_FILES_LINKS] = { WEAKER, "read, write, execute",
			      ": not by the other hard links that the file has" },
	[RUN_FILES_DEVICE] = { WEAKER, "read, write, execute",
			       ": not by other nodes of the same device" },
	[RUN_FILES_UNLISTED] = { NOT_HELD, "read, write, execute",
				 ": in a directory that may be entered and not listed" },
	[RUN_FILES_STARTED] = { WEAKER, "read, write, execute",
				": what the command starts has it too" },
	[RUN_FILES_LISTED] = { TIGHTER, "read, write, execute",
			       ": not for programs on the list either, when the command starts them" },
	[RUN_FILES_NEW] = { TIGHTER, "read, write, execute",
			    ": closed too is what comes later beside it, or beside a directory above it" },
	[RUN_FILES_DIRECTORIES] = { TIGHTER, "read",
				    ": the directories above it cannot be listed" },
	[RUN_FILES_MAKE] = { TIGHTER, "write",
			     ": in the directories above it nothing is made, renamed or removed" },
	[RUN_DECOY] = { NOT_HELD, "decoy", ": who may not read is refused" },
	[RUN_UPDATERS] = { NOT_HELD, "updaters", "" },
	[RUN_INTERFACE] = { NOT_HELD, "interface", ": packets are the host's" },
	[RUN_AUDIT] = { NOT_HELD, "audit", ": nothing is reported" },
};

/* Whatever the command is. */
static bool is_general(enum run_row row)
{
	return row == RUN_UPDATERS || row == RUN_INTERFACE || row == RUN_AUDIT;
}

void run_note(struct run *run, enum run_row row, struct place at, const char *key)
{
	run->concerned |= !is_general(row);
	run->lines = grow(run->lines, run->n_lines, &run->room_lines, sizeof(*run->lines));
	run->lines[run->n_lines] = (struct run_line){ row, at, key, run->n_lines };
	run->n_lines++;
}

/* Those of one place as they were found. */
static int compare(const void *a, const void *b)
{
	const struct run_line *x = a, *y = b;
	int files = strcmp(x->at.file, y->at.file);

	if (files)
		return files;
	if (x->at.line != y->at.line)
		return x->at.line < y->at.line ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

size_t run_list(struct run *run)
{
	size_t lacking = 0;

	if (run->n_lines)
		qsort(run->lines, run->n_lines, sizeof(*run->lines), compare);
	for (size_t i = 0; i < run->n_lines; i++) {
		const struct run_line *line = &run->lines[i];
		enum how how = rows[line->row].how;

		fprintf(stderr, "%s:%u: %s: %s%s\n", line->at.file, line->at.line, hows[how].word,
			line->key ? line->key : rows[line->row].key, rows[line->row].what);
		lacking += hows[how].lacking;
	}
	return lacking;
}

char *run_table(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (int how = HELD; how <= NOT_HELD; how++) {
		fprintf(f, "%s%c%s:\n", how ? "\n" : "", hows[how].word[0] - 'a' + 'A',
			hows[how].word + 1);
		for (int row = 0; row < RUN_ROWS; row++)
			if ((int)rows[row].how == how)
				fprintf(f, "  %s%s%s%s%s\n", rows[row].key, rows[row].what,
					rows[row].by ? " (" : "", rows[row].by ? rows[row].by : "",
					rows[row].by ? ")" : "");
	}
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}
