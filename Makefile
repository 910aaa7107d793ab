# SPDX-License-Identifier: GPL-2.0-only
# Every command that a person types. `make help` lists them; V=1 shows what runs.

VERSION := 0.1
CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config

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
	      -D__TARGET_ARCH_x86 -I/usr/include/$(shell $(CC) -print-multiarch)
LIBS := -lbpf -lelf -lz -lconfuse -lcap

OBJECTS := $(patsubst loader/%.c,build/loader/%.o,$(wildcard loader/*.c loader/guards/*.c))

all: lsm-guard ## build ./lsm-guard

.DELETE_ON_ERROR:
.PHONY: all help clean test demo bench fuzz lint setup

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

lsm-guard: $(OBJECTS)
	$(say) LINK $@
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

build/loader/%.o: loader/%.c build/lsm_guard.skel.h
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

build/lsm_guard.bpf.o: lsm/lsm_guard.bpf.c
	$(say) BPF $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -c -o $@ $<

build/lsm_guard.skel.h: build/lsm_guard.bpf.o
	$(say) SKEL $@
	$(Q)$(BPFTOOL) gen skeleton $< name lsm_guard_bpf > $@

-include $(OBJECTS:.o=.d) build/lsm_guard.bpf.d

clean: ## remove what was built; the guest's image stays (build/vm)
	$(Q)rm -rf lsm-guard build/loader build/lsm_guard.*
