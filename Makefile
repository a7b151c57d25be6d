# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# "make help" lists targets and variables.  What needs a clean rebuild does not
# exist: flags are kept in stamps that objects depend on, headers in .d files.

VERSION := 0.1.0

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
DOCDIR ?= $(DATADIR)/doc/memtrace
COMPLETIONDIR ?= $(DATADIR)/bash-completion/completions

CLANG ?= clang
LLVM_STRIP ?= llvm-strip
PKG_CONFIG ?= pkg-config
PROTOC_C ?= protoc-c
# sbin is not in every user's PATH
BPFTOOL ?= $(or $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool),bpftool)
BPFTOOL := $(BPFTOOL)
BTF ?= /sys/kernel/btf/vmlinux

# The name that bpf_tracing.h and our per-architecture definitions know.
arch_of = $(shell echo '$(1)' | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/' -e 's/riscv64/riscv/' \
				    -e 's/ppc64.*/powerpc/' -e 's/loongarch64/loongarch/')
HOST_ARCH := $(call arch_of,$(shell uname -m))
ARCH ?= $(HOST_ARCH)
override ARCH := $(call arch_of,$(ARCH))

# Another architecture than this machine's: Debian's cross compiler, the libraries of that
# architecture beside our own (multiarch), and directories of its own for all that is built.
TRIPLET_arm64 := aarch64-linux-gnu
CROSS_ARCHES := arm64

BUILD := build
ifneq ($(ARCH),$(HOST_ARCH))
CROSS := $(ARCH)
BUILD := build-$(ARCH)
TRIPLET := $(or $(TRIPLET_$(ARCH)),$(error ARCH=$(ARCH): no cross build is known, only for: $(CROSS_ARCHES)))
CROSS_COMPILE ?= $(TRIPLET)-
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
# Not from what this machine runs on; a user's own PKG_CONFIG_LIBDIR stays.
PKG_CONFIG_LIBDIR ?= /usr/lib/$(TRIPLET)/pkgconfig:/usr/share/pkgconfig
PKG_CONFIG := env PKG_CONFIG_LIBDIR=$(PKG_CONFIG_LIBDIR) $(PKG_CONFIG)
endif

LIBRARIES := libbpf libdw libelf zlib libzstd jansson popt libprotobuf-c liblzma ncursesw

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wno-unused-parameter -Wno-format-truncation

# User space goes to $(B), one directory a flavour; BPF objects and skeletons are the same for all: $(BUILD).
B := $(BUILD)
OBJ = $(B)
STATIC_SRC :=
ifeq ($(SAN),1)
B := $(BUILD)-san
FLAVOUR_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAVOUR_LDFLAGS := -fsanitize=address,undefined
endif
ifeq ($(STATIC),1)
ifeq ($(SAN),1)
$(error SAN=1 and STATIC=1 exclude each other: sanitizers need dynamic linking)
endif
B := $(BUILD)-static
# Its objects are those of the build with shared libraries, but for files that know what they are linked with.
OBJ := $(BUILD)
STATIC_SRC := user/kernel/filters.c
FLAVOUR_CFLAGS := -DMEMTRACE_STATIC
FLAVOUR_LDFLAGS := -static
PKG_STATIC := --static
# Once more behind the libraries: user/symbols/elf_search.c has what one of them lacks.
LIB_LAST = $(LIB)
endif

# Fuzz targets: user space as a fuzzer wants it, by clang alone.
ifeq ($(FUZZ),1)
B := $(BUILD)-fuzz
CC := $(CLANG)
FUZZ_SANITIZERS := -fsanitize=address,undefined -fno-sanitize-recover=all
FLAVOUR_CFLAGS := -O1 -g -fno-omit-frame-pointer $(FUZZ_SANITIZERS) -fsanitize=fuzzer-no-link \
	-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION -Wno-unknown-warning-option
FLAVOUR_LDFLAGS := $(FUZZ_SANITIZERS) -fsanitize=fuzzer
endif

# Paths of the build machine stay out of the result.
PREFIX_MAP := $(CURDIR)=.
# counters are of the kernel's __u64 and of uint64_t, which to the compiler may not share an address
USER_CFLAGS = -std=gnu11 -fno-strict-aliasing $(WARNINGS) $(CFLAGS) $(FLAVOUR_CFLAGS) -ffile-prefix-map="$(PREFIX_MAP)"
# Those that ncurses asks for; _GNU_SOURCE has them all.
CURSES_DEFINES := -D_DEFAULT_SOURCE -D_XOPEN_SOURCE=600
USER_CPPFLAGS := -I. -I$(BUILD)/skel -I$(BUILD)/proto -I$(BUILD)/page -D_GNU_SOURCE -DMEMTRACE_VERSION=\"$(VERSION)\" \
	$(filter-out $(CURSES_DEFINES),$(shell $(PKG_CONFIG) --cflags $(LIBRARIES) 2>/dev/null)) $(CPPFLAGS)
LINK_FLAGS = $(FLAVOUR_LDFLAGS) $(LDFLAGS)
# libiberty is always static, and has no .pc.  What libdw.a packs kernels' images with is not used; its .pc asks for it.
LIBS := $(filter-out -lbz2,$(shell $(PKG_CONFIG) $(PKG_STATIC) --libs $(LIBRARIES) 2>/dev/null)) -liberty
BPF_CFLAGS := -g -O2 -target bpf -mcpu=v3 -D__TARGET_ARCH_$(ARCH) -I vmlinux -I bpf \
	-Wall -fdebug-prefix-map="$(PREFIX_MAP)"
# Not in the stamps: it changes what is refused, not what is built.
WERROR_FLAG := $(if $(filter 1,$(WERROR)),-Werror)

DOCGEN_SRC := $(wildcard user/docgen/*.c)
USER_SRC := $(filter-out $(DOCGEN_SRC),$(shell find user -name '*.c' 2>/dev/null | LC_ALL=C sort))
LIB_SRC := $(filter-out user/main.c,$(USER_SRC))
LIB_OBJ := $(patsubst %.c,$(OBJ)/%.o,$(filter-out $(STATIC_SRC),$(LIB_SRC))) $(STATIC_SRC:%.c=$(B)/%.o)
# Files of other programs' formats: C made of their schemas.
PROTO_SRC := $(wildcard user/outputs/*.proto)
PROTO_C := $(PROTO_SRC:user/outputs/%.proto=$(BUILD)/proto/%.pb-c.c)
LIB_OBJ += $(PROTO_SRC:%.proto=$(OBJ)/%.pb-c.o)
# The page of the output html, as strings of C.
PAGE_SRC := $(wildcard user/outputs/page/*)
PAGE := $(BUILD)/page/page.h
LIB := $(B)/libmemtrace.a

BPF_SRC := $(wildcard bpf/core/*.bpf.c bpf/probes/*.bpf.c)
BPF_OBJ := $(patsubst %.c,$(BUILD)/bpf/%.o,$(notdir $(BPF_SRC)))
SKEL := $(patsubst $(BUILD)/bpf/%.bpf.o,$(BUILD)/skel/%.skel.h,$(BPF_OBJ))

UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT := $(UNIT_SRC:tests/unit/%.c=$(B)/tests/%)
UNIT_HELPERS := $(patsubst %.c,$(B)/%.o,$(filter-out $(UNIT_SRC),$(wildcard tests/unit/*.c)))
UNIT_OBJ := $(UNIT_SRC:%.c=$(B)/%.o)

FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_TARGETS := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/fuzz/%)
BENCH_BPF := $(wildcard tests/bench/*.bpf.c)
BENCH_SKEL := $(BENCH_BPF:tests/bench/%.bpf.c=$(BUILD)/skel/%.skel.h)
BENCH_SRC := $(filter-out $(BENCH_BPF),$(wildcard tests/bench/*.c))
BENCH_PROGRAMS := $(BENCH_SRC:tests/bench/%.c=$(B)/bench/%)
BENCH_OBJ := $(BENCH_SRC:%.c=$(B)/%.o)

ifeq ($(V),1)
say =
else
Q := @
say = @printf '  %-6s %s\n' '$(1)' '$@';
MAKEFLAGS += --no-print-directory
endif

.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all tools help unit-tests check fuzz fuzz-long workloads bench bench-history bench-export bench-leak bench-map bench-page bench-stacks bench-programs soak check-vm vm-programs vm-shell lint fmt docs \
	vmlinux-check release-check dist install uninstall clean FORCE

all: $(B)/memtrace

# Runs before anything is compiled, each time: a missing tool is named, with the package that brings it.
tools:
	@CC='$(CC)' AR='$(AR)' CLANG='$(CLANG)' LLVM_STRIP='$(LLVM_STRIP)' BPFTOOL='$(BPFTOOL)' PKG_CONFIG='$(PKG_CONFIG)' PROTOC_C='$(PROTOC_C)' \
		CROSS='$(CROSS)' scripts/check-tools

# $(call stamp,TEXT): a file that changes only if the text does
shell_quote = '$(subst ','\'',$(1))'
define stamp
@mkdir -p $(@D)
@printf '%s\n' $(call shell_quote,$(1)) | cmp -s - $@ || printf '%s\n' $(call shell_quote,$(1)) >$@
endef

$(BUILD)/bpf/flags: FORCE | tools
	$(call stamp,$(CLANG) $(LLVM_STRIP) $(BPFTOOL) $(BPF_CFLAGS))

$(B)/flags: FORCE | tools
	$(call stamp,$(CC) $(USER_CPPFLAGS) $(USER_CFLAGS))

$(B)/link-flags: FORCE | tools
	$(call stamp,$(CC) $(LINK_FLAGS) $(LIBS) $(LIB_OBJ))

# BPF objects and their skeletons

define bpf_compile
@mkdir -p $(@D)
$(call say,BPF)
$(Q)$(CLANG) $(BPF_CFLAGS) $(WERROR_FLAG) -MMD -MP -MF $(@:.o=.d) -c $< -o $@
$(Q)$(LLVM_STRIP) -g $@
endef

$(BUILD)/bpf/%.bpf.o: bpf/core/%.bpf.c $(BUILD)/bpf/flags | tools
	$(bpf_compile)

$(BUILD)/bpf/%.bpf.o: bpf/probes/%.bpf.c $(BUILD)/bpf/flags | tools
	$(bpf_compile)

$(BUILD)/bpf/%.bpf.o: tests/bench/%.bpf.c $(BUILD)/bpf/flags | tools
	$(bpf_compile)

$(BUILD)/skel/%.skel.h: $(BUILD)/bpf/%.bpf.o
	@mkdir -p $(@D)
	$(call say,SKEL)
	$(Q)$(BPFTOOL) gen skeleton $< >$@

$(BUILD)/proto/%.pb-c.c: user/outputs/%.proto | tools
	@mkdir -p $(@D)
	$(call say,PROTO)
	$(Q)$(PROTOC_C) -I $(<D) --c_out=$(@D) $(<F)

$(PAGE): $(PAGE_SRC)
	@mkdir -p $(@D)
	$(call say,PAGE)
	$(Q)user/outputs/page/embed >$@

# User space; a skeleton must exist before its first user is compiled, from then on the .d files know it

define user_compile
@mkdir -p $(@D)
$(call say,CC)
$(Q)$(CC) $(USER_CPPFLAGS) $(USER_CFLAGS) $(WERROR_FLAG) -MMD -MP -c $< -o $@
endef

$(B)/%.o: %.c $(B)/flags | tools $(SKEL) $(PROTO_C) $(PAGE)
	$(user_compile)

$(OBJ)/user/outputs/%.pb-c.o: $(BUILD)/proto/%.pb-c.c $(OBJ)/flags | tools
	$(user_compile)

ifneq ($(OBJ),$(B))
$(OBJ)/flags $(OBJ)/%.o: FLAVOUR_CFLAGS :=

$(OBJ)/flags: FORCE | tools
	$(call stamp,$(CC) $(USER_CPPFLAGS) $(USER_CFLAGS))

$(OBJ)/%.o: %.c $(OBJ)/flags | tools $(SKEL) $(PROTO_C) $(PAGE)
	$(user_compile)
endif

# Not ar r: members are known by their file names alone, and two directories may use the same one.
$(LIB): $(LIB_OBJ) $(B)/link-flags
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) qcs $@ $(LIB_OBJ)

define link
@mkdir -p $(@D)
$(call say,LINK)
$(Q)$(CC) $(USER_CFLAGS) $(LINK_FLAGS) $(filter %.o,$^) $(LIB) $(1) $(LIBS) $(LIB_LAST) -o $@
endef

$(B)/memtrace: $(OBJ)/user/main.o $(LIB) $(B)/link-flags
	$(call link)

$(B)/docgen: $(DOCGEN_SRC:%.c=$(B)/%.o) $(LIB) $(B)/link-flags
	$(call link)

$(UNIT): $(B)/tests/%: $(B)/tests/unit/%.o $(UNIT_HELPERS) $(LIB) $(B)/link-flags
	$(call link,$(UNIT_LINK) -lcmocka)

comma := ,
# They decide which allocation fails.
$(B)/tests/test_nomem: UNIT_LINK := $(addprefix -Wl$(comma)--wrap=,malloc calloc realloc reallocarray strdup strndup open_memstream)
$(B)/tests/test_event_log: UNIT_LINK := -Wl,--wrap=realloc
$(B)/tests/test_timeline: UNIT_LINK := -Wl,--wrap=malloc,--wrap=reallocarray
# Some functions of it are known to the dynamic linker: a stripped copy has a table of those.
$(B)/tests/test_symbols: UNIT_LINK := -rdynamic

$(FUZZ_TARGETS): $(B)/fuzz/%: $(B)/tests/fuzz/%.o $(LIB) $(B)/link-flags
	$(call link)

$(BENCH_OBJ): | $(BENCH_SKEL)

$(BENCH_PROGRAMS): $(B)/bench/%: $(B)/tests/bench/%.o $(LIB) $(B)/link-flags
	$(call link)

# These run while something is made, so they are this machine's.
ifdef CROSS
build/vmlinux-check docs: FORCE
	@$(MAKE) ARCH=$(HOST_ARCH) $@
else
build/vmlinux-check: tests/vmlinux-check/compare.c Makefile | tools
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(USER_CPPFLAGS) $(USER_CFLAGS) $(WERROR_FLAG) -MMD -MP $(LDFLAGS) $< $(LIBS) -o $@

docs: $(B)/docgen
	$(B)/docgen docs/
endif

-include $(wildcard $(BUILD)/bpf/*.d build/*.d)
-include $(FUZZ_SRC:%.c=$(B)/%.d)
-include $(LIB_OBJ:.o=.d) $(UNIT_OBJ:.o=.d) $(UNIT_HELPERS:.o=.d) $(BENCH_OBJ:.o=.d) $(OBJ)/user/main.d $(DOCGEN_SRC:%.c=$(B)/%.d)

# Tests and checks

unit-tests: $(UNIT)

workloads: | tools
	$(Q)$(MAKE) $(if $(Q),-s) -C tests/workloads O='../../$(BUILD)/workloads' CC='$(CC)' CPPFLAGS='$(WERROR_FLAG)'

bench-programs: all workloads $(BENCH_PROGRAMS)

# What days of history take.
bench-history: bench-programs
	@tests/bench/history $(HISTORY_OPTIONS)

# How large the page of a busy minute is, and how long a browser takes to open it.
bench-page: bench-programs
	@tests/bench/page $(PAGE_OPTIONS)

# As root.  BENCH=quick takes 2 minutes instead of 10, with fewer pairs; its README has the other options.  Without any,
# "memtrace map" is measured as well.
bench: bench-programs
	$(if $(filter-out quick,$(BENCH)),$(error BENCH=$(BENCH): expected quick, or nothing))
	@tests/bench/run $(if $(filter quick,$(BENCH)),--quick) $(BENCH_OPTIONS)
	$(if $(BENCH)$(BENCH_OPTIONS),,@tests/bench/map $(MAP_OPTIONS))

# What it costs to leave "memtrace export" running; EXPORT_OPTIONS="churn": half an hour more of names that come and go.
bench-export: all
	@tests/bench/export $(EXPORT_OPTIONS)

# What it costs to ask where the memory of a large process is, beside pmap and smem.
bench-map: all workloads
	@tests/bench/map $(MAP_OPTIONS)

# Of a release that is made now: RELEASE=1, which also looks at dates, the tree and the tag.
release-check:
	@scripts/release-check $(if $(RELEASE),--release)

# The files of a release in build/dist: source, programs without shared libraries, checksums.
dist:
	@scripts/dist $(DIST_OPTIONS)

# What it costs a program to be asked who holds its memory, beside memleak, heaptrack, valgrind and jemalloc's profiler.
bench-leak: all workloads
	@tests/bench/leak $(LEAK_OPTIONS)

# What call chains of faults cost, beside perf.
bench-stacks: all workloads
	@tests/bench/stacks $(STACKS_OPTIONS)

soak: all workloads
	@tests/bench/soak $(SOAK_OPTIONS)

ifeq ($(SAN),1)
check: $(UNIT)
	@failed=0; for t in $(UNIT); do ./$$t || failed=1; done; exit $$failed
else
check:
	@$(MAKE) SAN=1 check
endif

ifeq ($(FUZZ),1)
fuzz: $(FUZZ_TARGETS)
else
fuzz:
	@$(MAKE) FUZZ=1 fuzz
endif

# What machines run: ours, and for other architectures where that can be built.
vm-programs:
	@$(MAKE) STATIC=1
	@for arch in $(filter-out $(HOST_ARCH),$(CROSS_ARCHES)); do \
		if $(MAKE) ARCH=$$arch tools >/dev/null 2>&1; then $(MAKE) ARCH=$$arch STATIC=1 || exit 1; fi; \
	done

# As root.  KERNELS="5.10 newest" STAGES="exact oom" CPUS=2: less than all; tests/vm/README.md.
check-vm: vm-programs
	@tests/vm/run $(if $(STAGES),-s '$(STAGES)') $(if $(CPUS),-c '$(CPUS)') $(KERNELS)

vm-shell: vm-programs
	@tests/vm/shell $(KERNEL)

fuzz-long:
	@tests/fuzz/run -t 600

lint:
	@tests/lint/run

fmt:
	@tests/lint/format --fix

vmlinux-check: build/vmlinux-check
	@ARCH='$(ARCH)' CLANG='$(CLANG)' BPF_CFLAGS='$(BPF_CFLAGS)' tests/vmlinux-check/run '$(BTF)'

# Installation: pairs of a file and where it goes

MAN8 := $(wildcard docs/man/*.8)
MAN1 := $(wildcard docs/man/*.1)
DOCS := $(wildcard README.md CHANGELOG.md docs/*.md docs/schema/*.json LICENSE LICENSES/*)
COMPLETIONS := $(wildcard docs/completion/memtrace)

INSTALLED = $(SBINDIR)/memtrace \
	$(MAN8:docs/man/%=$(MANDIR)/man8/%) $(MAN1:docs/man/%=$(MANDIR)/man1/%) \
	$(COMPLETIONS:docs/completion/%=$(COMPLETIONDIR)/%) \
	$(addprefix $(DOCDIR)/,$(notdir $(DOCS)))

install_files = $(if $(1),install -d '$(DESTDIR)$(2)' && install -m $(3) $(1) '$(DESTDIR)$(2)')

install: $(B)/memtrace
	$(call install_files,$(B)/memtrace,$(SBINDIR),755)
	$(call install_files,$(MAN8),$(MANDIR)/man8,644)
	$(call install_files,$(MAN1),$(MANDIR)/man1,644)
	$(call install_files,$(COMPLETIONS),$(COMPLETIONDIR),644)
	$(call install_files,$(DOCS),$(DOCDIR),644)

uninstall:
	rm -f $(addprefix '$(DESTDIR),$(addsuffix ',$(INSTALLED)))
	if [ -d '$(DESTDIR)$(DOCDIR)' ]; then rmdir '$(DESTDIR)$(DOCDIR)'; fi

# by architecture, and by flavour
BUILDS := $(foreach arch,build $(CROSS_ARCHES:%=build-%),$(arch) $(addprefix $(arch)-,san static fuzz))

clean:
	rm -rf $(BUILDS)

help:
	@echo 'Targets'
	@echo '  all            build/memtrace (default)'
	@echo '  check          unit tests under ASan and UBSan, in build-san/'
	@echo '  check-vm       tests on other kernels, in virtual machines (KERNELS="6.1 arm64:newest" STAGES="exact" CPUS=2)'
	@echo '  vm-shell       a shell in a virtual machine with memtrace in it (KERNEL=6.12)'
	@echo '  fuzz           fuzz targets, in build-fuzz/; fuzz-long: build them and run them for 10 minutes'
	@echo '  soak           as root: an hour of processes and cgroups that come and go, and what memtrace holds after it'
	@echo '  bench          as root: what memtrace and its peers cost, side by side (tests/bench/README.md)'
	@echo '  bench-history  what days of history take on the disk, and how long a replay of a part of them takes'
	@echo '  bench-page     how large the page of a busy minute is, and how long a browser takes to open it'
	@echo '  bench-export   as root: what "memtrace export" costs where it is left running (EXPORT_OPTIONS=churn: for long)'
	@echo '  lint           all that tests/lint checks; fmt: format the C files'
	@echo '  workloads      build/workloads/*: static programs with known answers, for tests'
	@echo '  docs           regenerate the generated parts of docs/'
	@echo '  vmlinux-check  compare vmlinux/ with the BTF of a kernel (BTF=FILE)'
	@echo '  release-check  is the version the same wherever it is named? (RELEASE=1: dates, the tree and the tag, too)'
	@echo '  install        to DESTDIR and PREFIX (/usr/local); uninstall takes it away'
	@echo '  clean          remove build and all build-*, of each flavour and architecture'
	@echo 'Variables'
	@echo '  V=1            print the commands'
	@echo '  SAN=1          user space with ASan and UBSan: build-san/memtrace'
	@echo '  STATIC=1       no shared libraries: build-static/memtrace'
	@echo '  ARCH=arm64     for another architecture: build-arm64/memtrace, with STATIC=1 build-arm64-static/memtrace'
	@echo '  WERROR=1       warnings are errors'
	@echo '  bench-leak     as root: what "memtrace leak" costs a program that allocates all the time, beside others (LEAK_OPTIONS)'
	@echo '  bench-map      as root: what "memtrace map" costs for a process of 2 GiB beside pmap and smem (MAP_OPTIONS)'
	@echo '  bench-stacks   as root: what call chains of faults cost beside perf, and how many are whole (STACKS_OPTIONS)'
	@echo '  BENCH=quick    bench: 2 minutes instead of 10, fewer pairs'
	@echo '  CC CFLAGS CPPFLAGS LDFLAGS CLANG LLVM_STRIP BPFTOOL PKG_CONFIG PROTOC_C CROSS_COMPILE'
	@echo 'Tests: scripts/test (--full: all of them).  A look at what it does: scripts/demo.'
