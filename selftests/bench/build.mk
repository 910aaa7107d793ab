# SPDX-License-Identifier: GPL-2.0-only
# The bench's programs, static so that they run in whatever the guest is: everything
# goes to build/bench. Included by the root Makefile; `bench-programs` builds them.

BENCH_SRC := selftests/bench
BENCH_OUT := build/bench
BENCH_BIN := $(addprefix $(BENCH_OUT)/,many with-guard with-landlock with-null with-seccomp \
		with-xdp)
BENCH_BPF := $(addprefix $(BENCH_OUT)/,null.bpf.o xdp.bpf.o)
BENCH_OPS := $(addprefix $(BENCH_SRC)/,bench.c ops_file.c ops_net.c ops_task.c)
BENCH_LIST := $(addprefix $(BENCH_SRC)/,list.c prefixes.c)
BENCH_PACKETS := $(addprefix $(BENCH_SRC)/,flows.c frames.c prefixes.c)
BENCH_CFLAGS := -std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wno-missing-field-initializers -Werror \
		-static

.PHONY: bench-programs
bench-programs: $(BENCH_BIN) $(BENCH_BPF) $(BENCH_OUT)/bench $(BENCH_OUT)/list \
		$(BENCH_OUT)/packets $(BENCH_OUT)/deliver $(BENCH_OUT)/child $(BENCH_OUT)/apparmor.profile

$(BENCH_OUT):
	@mkdir -p $@

$(BENCH_BIN): $(BENCH_OUT)/%: $(BENCH_SRC)/%.c $(BENCH_SRC)/build.mk | $(BENCH_OUT)
	@echo "  CC      $@"
	$(if $(V),,@)$(CC) $(BENCH_CFLAGS) $< -o $@ $(BENCH_LIBS)

$(BENCH_OUT)/with-null $(BENCH_OUT)/with-xdp: BENCH_LIBS := -lbpf -lelf -lz
$(BENCH_OUT)/with-seccomp: BENCH_LIBS := -lseccomp

$(BENCH_OUT)/bench: $(BENCH_OPS) $(BENCH_SRC)/bench.h $(BENCH_SRC)/build.mk | $(BENCH_OUT)
	@echo "  CC      $@"
	$(if $(V),,@)$(CC) $(BENCH_CFLAGS) -pthread $(BENCH_OPS) -o $@

$(BENCH_OUT)/list: $(BENCH_LIST) $(BENCH_SRC)/prefixes.h $(BENCH_SRC)/build.mk | $(BENCH_OUT)
	@echo "  CC      $@"
	$(if $(V),,@)$(CC) $(BENCH_CFLAGS) $(BENCH_LIST) -o $@

$(BENCH_OUT)/packets $(BENCH_OUT)/deliver: $(BENCH_OUT)/%: $(BENCH_SRC)/%.c $(BENCH_PACKETS) \
		$(addprefix $(BENCH_SRC)/,flows.h frames.h prefixes.h build.mk) | $(BENCH_OUT)
	@echo "  CC      $@"
	$(if $(V),,@)$(CC) $(BENCH_CFLAGS) $< $(BENCH_PACKETS) -o $@ -lbpf -lelf -lz

$(BENCH_OUT)/child: $(BENCH_SRC)/child.c $(BENCH_SRC)/build.mk | $(BENCH_OUT)
	@echo "  CC      $@"
	$(if $(V),,@)$(CC) -O2 -Wall -Wextra -Werror -ffreestanding -nostdlib -static $< -o $@

$(BENCH_BPF): $(BENCH_OUT)/%.bpf.o: $(BENCH_SRC)/%.bpf.c $(BENCH_SRC)/build.mk | $(BENCH_OUT)
	@echo "  CLANG   $@"
	$(if $(V),,@)clang -target bpf -O2 -g -Wall -Werror \
		-I/usr/include/$(shell $(CC) -dumpmachine) -c $< -o $@

# Compiled here, so that the guest needs no AppArmor tools. What the compiler says of a
# host without AppArmor matters only when it fails.
$(BENCH_OUT)/apparmor.profile: $(BENCH_SRC)/apparmor.profile $(BENCH_SRC)/build.mk | $(BENCH_OUT)
	@echo "  AA      $@"
	$(if $(V),,@)/usr/sbin/apparmor_parser --quiet --skip-cache --skip-kernel-load --stdout \
		$< >$@ 2>$@.log || { cat $@.log; exit 1; }
