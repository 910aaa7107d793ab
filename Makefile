# SPDX-License-Identifier: GPL-2.0-only
# Every command that a person types. `make help` lists them; V=1 shows what runs.

VERSION := 0.1
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-8s %s\n'
endif

WARNINGS := -Wall -Wextra -Wno-missing-field-initializers -Werror
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu11 $(WARNINGS) $(CFLAGS) -D_GNU_SOURCE -DLSM_GUARD_VERSION='"$(VERSION)"' -Ibuild
BPF_CFLAGS := -target bpf -g -O2 -mcpu=v3 -std=gnu11 $(WARNINGS) -Wno-unused-parameter \
	      -D__TARGET_ARCH_x86 -I/usr/include/$(shell $(CC) -print-multiarch 2>/dev/null)
LIBS := -lbpf -lelf -lz -lconfuse -lcap -lmd -lseccomp -pthread

OBJECTS := $(patsubst loader/%.c,build/loader/%.o,$(wildcard loader/*.c loader/guards/*.c))
OBJECT_SKELS := build/lsm_guard.skel.h build/identify.skel.h

all: lsm-guard ## build ./lsm-guard

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help demo test unit bench fuzz lint setup install uninstall clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

demo: ## boot a guest with lsm=bpf, act out what policies/strict.conf allows and denies
	$(Q)vm/setup build guest
	$(Q)$(MAKE) --no-print-directory all build/probe
	$(Q)vm/demo

test: ## unit tests, a minute of fuzzing, and the guest tests on every kernel of vm/matrix
	$(Q)vm/setup build guest test
	$(Q)$(MAKE) --no-print-directory all unit-tests guest-tests build/policy_fuzz
	$(Q)selftests/all

unit: unit-tests ## the tests that need no guest
	$(Q)build/policy_test
	$(Q)build/plan_test
	$(Q)build/filter_test

bench: ## the overhead table, in guest instructions (20 minutes)
	$(Q)vm/setup build guest bench
	$(Q)$(MAKE) --no-print-directory all bench-programs
	$(Q)selftests/bench/run

fuzz: build/policy_fuzz ## fuzz the policy parser for FUZZ_SECONDS (default 600)
	$(Q)selftests/fuzz/run $(or $(FUZZ_SECONDS),600)

lint: ## formatting, static analysis, shell scripts, manual pages
	$(Q)vm/setup build lint
	$(Q)selftests/lint

setup: ## install all that building, testing and measuring need (Debian)
	$(Q)vm/setup build guest test bench lint

# All goes below PREFIX, and that below DESTDIR for who makes a package. The texts name where
# the other things are, so they are made for the PREFIX.
PREFIX ?= /usr/local
TO = $(DESTDIR)$(PREFIX)
MAN8 = $(TO)/share/man/man8/lsm-guard.8
MAN5 = $(TO)/share/man/man5/lsm-guard.conf.5
UNIT = $(TO)/lib/systemd/system/lsm-guard.service
COMPLETION = $(TO)/share/bash-completion/completions/lsm-guard
TEXTS := man/lsm-guard.8 man/lsm-guard.conf.5 systemd/lsm-guard.service completion/lsm-guard
POLICIES := $(filter-out %~,$(wildcard policies/*.conf policies/pam.d/* \
	      policies/examples/*.conf policies/examples/*/*))
make_for = sed 's,/usr/\(sbin\|share\)/lsm-guard,$(PREFIX)/\1/lsm-guard,g' $(1) | \
	   install -D -m 644 /dev/stdin "$(2)"

install: lsm-guard $(TEXTS) $(POLICIES) ## install below PREFIX (/usr/local); nothing goes to /etc
	$(Q)install -D -m 755 lsm-guard "$(TO)/sbin/lsm-guard"
	$(Q)$(call make_for,man/lsm-guard.8,$(MAN8))
	$(Q)$(call make_for,man/lsm-guard.conf.5,$(MAN5))
	$(Q)$(call make_for,systemd/lsm-guard.service,$(UNIT))
	$(Q)$(call make_for,completion/lsm-guard,$(COMPLETION))
	$(Q)for policy in $(POLICIES); do \
		install -D -m 644 "$$policy" "$(TO)/share/lsm-guard/$$policy" || exit; \
	done

uninstall: ## remove what install put there, and nothing else
	$(Q)rm -f "$(TO)/sbin/lsm-guard" "$(MAN8)" "$(MAN5)" "$(UNIT)" "$(COMPLETION)"
	$(Q)for policy in $(POLICIES); do \
		rm -f "$(TO)/share/lsm-guard/$$policy" || exit; \
	done
	$(Q)cd "$(TO)/share" 2>/dev/null || exit 0; \
	for dir in $(sort $(dir $(POLICIES))); do \
		rmdir -p --ignore-fail-on-non-empty "lsm-guard/$$dir" 2>/dev/null || :; \
	done

clean: ## remove what was built; the guest images in build/vm stay
	$(Q)find build -mindepth 1 -maxdepth 1 ! -name vm -exec rm -rf {} + 2>/dev/null; rm -f lsm-guard

lsm-guard: $(OBJECTS)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

build/loader/%.o: loader/%.c $(OBJECT_SKELS)
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

build/%.bpf.o: lsm/%.bpf.c
	$(say) BPF $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

build/%.skel.h: build/%.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

include selftests/build.mk selftests/bench/build.mk

-include $(OBJECTS:.o=.d) $(OBJECT_SKELS:.skel.h=.bpf.d)
