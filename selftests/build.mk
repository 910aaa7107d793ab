# SPDX-License-Identifier: GPL-2.0-only
# The probe programs and the guest tests. Included by the Makefile at the top,
# which has CC, CFLAGS, WARNINGS, say, Q and the rule for build/kselftest/.

PROBE_SRC := $(filter-out selftests/probe/preload.c,$(wildcard selftests/probe/*.c))
PROBE_OBJ := $(PROBE_SRC:selftests/probe/%.c=build/selftests/probe/%.o)
GUEST_LIB_SRC := $(wildcard selftests/lib/*.c)
GUEST_LIB_OBJ := $(GUEST_LIB_SRC:selftests/lib/%.c=build/selftests/lib/%.o)
GUEST_TESTS := $(patsubst selftests/%.c,build/selftests/%,$(filter-out %.bpf.c,\
	$(wildcard $(foreach group,file program socket memory process ingress status fault watcher watch reload pin prove run fallback decoy,\
		selftests/$(group)_*.c))))
PROBES := build/probe build/probe-dynamic build/preload.so

# A row of a table leaves out what is ordinary.
SELFTEST_CFLAGS := -std=gnu11 $(WARNINGS) -Wno-missing-field-initializers $(CFLAGS) \
		   -D_GNU_SOURCE -Iselftests -MMD -MP

build/selftests/probe build/selftests/lib:
	@mkdir -p $@

build/selftests/probe/%.o: selftests/probe/%.c | build/selftests/probe
	$(say) CC $@
	$(Q)$(CC) $(SELFTEST_CFLAGS) -fno-pie -c -o $@ $<

# Static and at fixed addresses: a copy of it is a program by itself, alone in its file.
build/probe: $(PROBE_OBJ)
	$(say) LINK $@
	$(Q)$(CC) $(WARNINGS) $(CFLAGS) -static -no-pie -pthread -s -o $@ $^

build/probe-dynamic: $(PROBE_OBJ)
	$(say) LINK $@
	$(Q)$(CC) $(WARNINGS) $(CFLAGS) -no-pie -pthread -o $@ $^

build/preload.so: selftests/probe/preload.c | build/selftests/probe
	$(say) LINK $@
	$(Q)$(CC) $(SELFTEST_CFLAGS) -MF build/selftests/preload.d -fPIC -shared -o $@ $<

build/selftests/lib/%.o: selftests/lib/%.c | build/selftests/lib
	$(say) CC $@
	$(Q)$(CC) $(SELFTEST_CFLAGS) -c -o $@ $<

# The harness is the kernel's and is not held to this project's warnings.
$(GUEST_TESTS): build/selftests/%: selftests/%.c $(GUEST_LIB_OBJ) | build/kselftest/kselftest_harness.h
	$(say) CC $@
	$(Q)$(CC) $(SELFTEST_CFLAGS) -isystem build/kselftest -o $@ $< $(GUEST_LIB_OBJ) $(TEST_LIBS)

# What the kernel is to refuse.
build/selftests/memory_hook: TEST_LIBS := -lbpf

# Fills a hook with programs of its own.
build/selftests/fault_hook: TEST_LIBS := -lbpf

# A guard's state, set from outside.
build/selftests/status_counts: TEST_LIBS := -lbpf

# The guard's second layer, asked directly.
build/selftests/ingress_layers: TEST_LIBS := -lbpf

# Enters it.
build/selftests/watcher_sandbox: TEST_LIBS := build/loader/sandbox.o -lseccomp -lcap
build/selftests/watcher_sandbox: build/loader/sandbox.o

GUEST_BPF := $(patsubst selftests/%.c,build/selftests/%.o,$(wildcard selftests/*.bpf.c))
$(GUEST_BPF): build/selftests/%.o: selftests/%.c | build/selftests/lib
	$(say) BPF $@
	$(Q)$(CLANG) $(BPF_CFLAGS) -Iselftests -MMD -MP -c -o $@ $<

.PHONY: guest-tests
guest-tests: $(PROBES) $(GUEST_TESTS) $(GUEST_BPF)

-include $(wildcard build/selftests/*.d build/selftests/*/*.d)

# Tests that need no guest, and the fuzzer: both with sanitizers.
SANITIZE := -g -fsanitize=address,undefined -fno-sanitize-recover=all
POLICY_SRC := $(wildcard loader/policy*.c) $(wildcard loader/guards/*_policy.c)
POLICY_DEP := $(POLICY_SRC) $(wildcard loader/*.h selftests/*.h)
UNIT_CFLAGS := -std=gnu11 $(WARNINGS) -D_GNU_SOURCE -Iloader -Ilsm -Iselftests

.PHONY: unit-tests
unit-tests: build/policy_test build/plan_test build/filter_test

# identify_fds() is the test's own: what it stands in for needs a kernel.
PLAN_SRC := $(addprefix loader/,fields.c text.c plan.c cover.c fold.c mounts.c netdevs.c table.c paths.c guard.c sections.c endpoints.c) \
	    $(filter-out %_policy.c %_prove.c,$(wildcard loader/guards/*.c))

build/plan_test: selftests/plan_test.c $(PLAN_SRC) $(POLICY_DEP) lsm/lsm_guard.h
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CFLAGS) $(SANITIZE) -o $@ $(filter %.c,$^) -lconfuse -lmd

FILTER_SRC := $(addprefix loader/,run_filter.c run_sockets.c run_table.c landlock.c table.c)

build/filter_test: selftests/filter_test.c $(FILTER_SRC) $(POLICY_DEP) lsm/lsm_guard.h
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CFLAGS) $(SANITIZE) -o $@ $(filter %.c,$^) -lconfuse -lmd -lseccomp

build/policy_test: $(wildcard selftests/policy_*test.c) $(POLICY_DEP)
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(UNIT_CFLAGS) $(SANITIZE) -o $@ $(filter %.c,$^) -lconfuse -lmd

build/policy_fuzz: selftests/fuzz/policy_fuzz.c $(POLICY_DEP)
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(UNIT_CFLAGS) -O1 $(SANITIZE) -fsanitize=fuzzer -o $@ $(filter %.c,$^) -lconfuse -lmd

# The harness is the kernel's own, from Debian's source package.
build/kselftest/kselftest_harness.h:
	$(Q)vm/kselftest build/kselftest
