// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets into the guard's XDP program, and what came of them. Those that depend on no other
 * packet are held back and run by batches that must all have the same outcome, so that one
 * look at one counter is enough for all of a batch.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/ingress_run.h"

#define POLICY	  "/tmp/ingress.conf"
#define SHOWN	  20 /* wrong packets in full */
#define HEX_BYTES 192
#define ENOUGH	  2000 /* wrong ones, to know that it is broken */

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

uint64_t ingress_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

/* ---- finding it ------------------------------------------------------------------- */

static int info_of(int fd, void *info, size_t bytes)
{
	union bpf_attr attr = { .info = { .bpf_fd = fd, .info_len = bytes } };

	memset(info, 0, bytes);
	attr.info.info = (uint64_t)info;
	return bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* The next one in the order in which they were made; those of a guard before this may just go. */
static int next_fd(uint32_t *id, int next, int by_id)
{
	union bpf_attr attr;
	int fd;

	do {
		attr = (union bpf_attr){ .start_id = *id };
		if (bpf(next, &attr))
			return -1;
		*id = attr.next_id;
		attr = (union bpf_attr){ .prog_id = *id };
		fd = bpf(by_id, &attr);
	} while (fd < 0 && errno == ENOENT);
	return fd;
}

union info {
	struct bpf_prog_info program;
	struct bpf_map_info map;
};

/* Programs, or maps. */
struct kind {
	int next, by_id;
	size_t bytes, name; /* of what the kernel tells, and where the name is in it */
};

static const struct kind programs = { BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID,
				      sizeof(struct bpf_prog_info),
				      offsetof(struct bpf_prog_info, name) };
static const struct kind maps = { BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID,
				  sizeof(struct bpf_map_info),
				  offsetof(struct bpf_map_info, name) };

/* The one of that name that was made last: a descriptor, or -1. */
static int newest(const struct kind *kind, const char *name)
{
	union info info;
	uint32_t id = 0;
	int found = -1, fd;

	while ((fd = next_fd(&id, kind->next, kind->by_id)) >= 0) {
		if (info_of(fd, &info, kind->bytes) || strcmp((char *)&info + kind->name, name)) {
			close(fd);
			continue;
		}
		if (found >= 0)
			close(found);
		found = fd;
	}
	return found;
}

static bool look_up(int map, const void *key, void *value)
{
	union bpf_attr attr = { .map_fd = map };

	attr.key = (uint64_t)key;
	attr.value = (uint64_t)value;
	return !bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

/* "0-1" or "0" */
static unsigned int possible_cpus(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "re");
	unsigned int first = 0, last = 0;

	if (f && fscanf(f, "%u-%u", &first, &last) < 2)
		last = first;
	if (f)
		fclose(f);
	return last + 1;
}

static uint64_t counter(struct ingress *x, size_t section, enum guard_outcome outcome)
{
	uint32_t key = x->number[section] * GUARD_PACKET_OUTCOMES + outcome;
	uint64_t value[x->cpus], sum = 0;

	if (!look_up(x->packets, &key, value))
		return ~0ull;
	for (unsigned int i = 0; i < x->cpus; i++)
		sum += value[i];
	return sum;
}

static void read_counters(struct ingress *x, size_t section)
{
	for (int o = 0; o < REFERENCE_OUTCOMES; o++)
		x->count[section][o] = counter(x, section, o);
}

static bool find_guard(struct ingress *x)
{
	int interfaces;

	x->program = newest(&programs, "ingress_xdp");
	x->packets = newest(&maps, "packets");
	interfaces = newest(&maps, "interfaces");
	if (x->program < 0 || x->packets < 0 || interfaces < 0) {
		printf("# no program ingress_xdp, or no map packets, or no map interfaces\n");
		return false;
	}
	for (size_t i = 0; i < IN_SECTIONS; i++) {
		struct guard_interface slot;

		x->index[i] = if_nametoindex(ingress_sections[i].interface);
		if (!look_up(interfaces, &x->index[i], &slot)) {
			printf("# the map of interfaces has no %s\n",
			       ingress_sections[i].interface);
			return false;
		}
		x->number[i] = slot.number;
		read_counters(x, i);
	}
	close(interfaces);
	return true;
}

bool ingress_start(struct ingress *x)
{
	x->cpus = possible_cpus();
	ingress_lists(&x->reference);
	return ingress_interfaces() && ingress_policy(POLICY) &&
	       guard_start(&x->guard, POLICY, NULL) && find_guard(x);
}

void ingress_stop(struct ingress *x)
{
	guard_stop(&x->guard);
	close(x->program);
	close(x->packets);
	ingress_interfaces_end();
}

/* ---- running packets -------------------------------------------------------------- */

int ingress_xdp(struct ingress *x, size_t section, const uint8_t *frame, size_t n)
{
	struct xdp_md context = { .data_end = n, .ingress_ifindex = x->index[section] };
	union bpf_attr attr = { .test = { .prog_fd = x->program, .data_size_in = n } };

	attr.test.data_in = (uint64_t)frame;
	attr.test.ctx_in = (uint64_t)&context;
	attr.test.ctx_size_in = sizeof(context);
	return bpf(BPF_PROG_TEST_RUN, &attr) ? -1 : (int)attr.test.retval;
}

enum guard_outcome ingress_outcome(struct ingress *x, size_t section, const uint8_t *frame,
				   size_t n, int *verdict)
{
	enum guard_outcome outcome = REFERENCE_OUTCOMES;
	uint64_t before[REFERENCE_OUTCOMES];
	unsigned int changes = 0;

	memcpy(before, x->count[section], sizeof(before));
	*verdict = ingress_xdp(x, section, frame, n);
	read_counters(x, section);
	for (int o = 0; o < REFERENCE_OUTCOMES; o++) {
		if (x->count[section][o] == before[o])
			continue;
		outcome = o;
		changes += x->count[section][o] - before[o];
	}
	return changes == 1 ? outcome : REFERENCE_OUTCOMES;
}

void ingress_hex(const uint8_t *frame, size_t n)
{
	printf("# %zu bytes:", n);
	for (size_t i = 0; i < n && i < HEX_BYTES; i++)
		printf("%s%02x", i % 4 ? "" : " ", frame[i]);
	printf("%s\n", n > HEX_BYTES ? " ..." : "");
}

static void report(struct ingress *x, size_t section, const struct ingress_held *h,
		   const struct reference_answer *wanted, enum guard_outcome outcome, int verdict)
{
	if (x->wrong++ >= SHOWN)
		return;
	printf("# %s on %s: %s, verdict %d; the reference says %s, verdict %d\n", h->what,
	       ingress_sections[section].interface, reference_name(outcome), verdict,
	       reference_name(wanted->outcome), wanted->pass ? XDP_PASS : XDP_DROP);
	ingress_hex(h->frame, h->n);
}

/* One packet by itself: every counter is looked at when the expected one does not go up. */
static bool run_one(struct ingress *x, size_t section, const struct ingress_held *h,
		    const struct reference_answer *wanted)
{
	enum guard_outcome outcome;
	int verdict;

	outcome = ingress_outcome(x, section, h->frame, h->n, &verdict);
	if (wanted->undecided && outcome == GUARD_PACKET_DROP_FRAGMENT)
		return true;
	if (outcome == wanted->outcome && verdict == (wanted->pass ? XDP_PASS : XDP_DROP))
		return true;
	report(x, section, h, wanted, outcome, verdict);
	return false;
}

static struct reference_answer answer_of(size_t section, enum guard_outcome outcome)
{
	return (struct reference_answer){
		.outcome = outcome,
		.pass = outcome < GUARD_PACKET_DROPPED || ingress_sections[section].audit,
	};
}

/* A batch again, packet by packet: which of them is it? */
static void find_wrong(struct ingress *x, size_t section, enum guard_outcome outcome,
		       struct ingress_batch *b)
{
	struct reference_answer wanted = answer_of(section, outcome);
	uint64_t counted = counter(x, section, outcome) - x->count[section][outcome];
	bool found = false;

	read_counters(x, section);
	for (size_t i = 0; i < b->n; i++)
		found |= !run_one(x, section, &b->held[i], &wanted);
	if (found)
		return;
	x->wrong++;
	printf("# %s: %zu packets in a row were counted as %lu times %s, but not one by one\n",
	       ingress_sections[section].interface, b->n, (unsigned long)counted,
	       reference_name(outcome));
}

static void run_batch(struct ingress *x, size_t section, enum guard_outcome outcome)
{
	struct ingress_batch *b = &x->batch[section][outcome];
	int verdict = answer_of(section, outcome).pass ? XDP_PASS : XDP_DROP;
	uint64_t wanted = x->count[section][outcome] + b->n;
	bool right = true;

	for (size_t i = 0; i < b->n && right; i++)
		right = ingress_xdp(x, section, b->held[i].frame, b->held[i].n) == verdict;
	if (right && counter(x, section, outcome) == wanted)
		x->count[section][outcome] = wanted;
	else
		find_wrong(x, section, outcome, b);
	for (size_t i = 0; i < b->n; i++)
		free(b->held[i].frame);
	b->n = 0;
}

void ingress_packet(struct ingress *x, size_t section, const uint8_t *frame, size_t n,
		    const char *what)
{
	struct reference_answer wanted;
	struct ingress_held h = { .frame = (uint8_t *)frame, .n = n };
	struct ingress_batch *b;

	if (n < INGRESS_LEAST || x->wrong >= ENOUGH)
		return;
	wanted = reference_decide(&x->reference, section, frame, n, ingress_now());
	x->tried++;
	x->seen[wanted.outcome]++;
	snprintf(h.what, sizeof(h.what), "%s", what);
	if (wanted.fragment) {
		run_one(x, section, &h, &wanted);
		return;
	}
	b = &x->batch[section][wanted.outcome];
	/* Exactly as long as it is, and never NULL. */
	h.frame = malloc(n + 1);
	memcpy(h.frame, frame, n);
	b->held[b->n++] = h;
	if (b->n == INGRESS_BATCH)
		run_batch(x, section, wanted.outcome);
}

uint64_t ingress_flush(struct ingress *x)
{
	for (size_t s = 0; s < IN_SECTIONS; s++)
		for (int o = 0; o < REFERENCE_OUTCOMES; o++)
			if (x->batch[s][o].n)
				run_batch(x, s, o);
	return x->wrong;
}
