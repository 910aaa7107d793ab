// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command while null programs are attached, and ends with its status.
 *
 *	with-null OBJECT HOOK[,HOOK...] -- COMMAND [ARG...]
 *
 * For the guest only: it attaches BPF LSM programs to the kernel it runs on.
 */
#include <errno.h>
#include <error.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/libbpf.h>

/* Is @hook one of the words of @list? */
static bool listed(const char *list, const char *hook)
{
	size_t len = strlen(hook);

	for (const char *word = list; word; word = strchr(word, ',')) {
		word += *word == ',';
		if (!strncmp(word, hook, len) && (word[len] == ',' || !word[len]))
			return true;
	}
	return false;
}

static unsigned int words(const char *list)
{
	unsigned int n = 1;

	for (; *list; list++)
		n += *list == ',';
	return n;
}

static unsigned int attach(struct bpf_object *obj, const char *hooks)
{
	struct bpf_program *prog;
	unsigned int n = 0;

	bpf_object__for_each_program(prog, obj)
	{
		const char *hook = bpf_program__name(prog) + strlen("null_");

		if (!listed(hooks, hook))
			bpf_program__set_autoload(prog, false);
	}
	if (bpf_object__load(obj))
		error(1, errno, "the null programs do not load");
	bpf_object__for_each_program(prog, obj)
	{
		if (!bpf_program__autoload(prog))
			continue;
		if (!bpf_program__attach(prog))
			error(1, errno, "%s does not attach", bpf_program__name(prog));
		n++;
	}
	return n;
}

int main(int argc, char **argv)
{
	struct bpf_object *obj;
	pid_t pid;
	int status;

	if (argc < 5 || strcmp(argv[3], "--"))
		error(2, 0, "usage: with-null OBJECT HOOK[,HOOK...] -- COMMAND [ARG...]");
	obj = bpf_object__open_file(argv[1], NULL);
	if (!obj)
		error(1, errno, "%s", argv[1]);
	if (attach(obj, argv[2]) != words(argv[2]))
		error(2, 0, "%s: one of them is no such hook", argv[2]);
	pid = fork();
	if (!pid) {
		execvp(argv[4], argv + 4);
		error(127, errno, "%s", argv[4]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		error(1, errno, "%s", argv[4]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
