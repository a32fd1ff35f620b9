# GNU Make. `make` builds, `make check` tests; README has the rest.
#
# O=DIR           build there; each set of flags keeps to a folder of its own
# SANITIZE=a,u    build with sanitizers, as in SANITIZE=address,undefined
# PORTABLE=1      build without what Linux alone has
# STATIC=1        link everything in: it starts a fifth sooner, and looks names up
#                 by what the C library has itself, files and DNS
# COVERAGE=1      build so that gcov(1) can count; `make coverage` does it all
# CFLAGS LDFLAGS  yours, beside the required ones
# V=1             print the commands
# DESTDIR PREFIX  where to install

VERSION = 0.1.0

PREFIX = /usr/local
CFLAGS = -O2 -g
CC ?= cc
PKG_CONFIG ?= pkg-config
INSTALL = install
# Files of tests side by side: for the most part they wait.
JOBS = $(shell expr 3 '*' $$(nproc 2>/dev/null || echo 2))

ifneq ($(SANITIZE),)
O = build-sanitize
else ifneq ($(COVERAGE),)
O = build-coverage
else ifneq ($(PORTABLE),)
O = build-portable
else ifneq ($(STATIC),)
O = build-static
else
O = build
endif

SOURCES = $(sort $(wildcard *.c))
OBJECTS = $(SOURCES:%.c=$(O)/%.o)
PEERS = $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/*.c)) \
	$(patsubst tests/%.c,$(O)/tests/%.so,$(wildcard tests/preload/*.c))
FUZZERS = $(patsubst %.c,$(O)/%,$(wildcard tests/fuzz/*.c))
# The longest first, so that none is left to run alone at the end: two take longer
# than their size tells.
LONGEST = tests/examples.bats tests/wrong.bats
TESTS = $(LONGEST) $(filter-out $(LONGEST),$(shell ls -S tests/*.bats))
COMPLETIONS = $(addprefix $(O)/completions/,sockcat.bash _sockcat sockcat.fish)

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings \
	-Wundef -Wvla -Wformat=2 -Wnull-dereference -Wswitch-enum -Werror
# What gcc adds, and clang.
WARNINGS += $(if $(findstring clang,$(shell $(CC) --version)), \
	-Wcomma -Wimplicit-fallthrough -Wno-gnu, \
	-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wtrampolines)

HARDENING = -fstack-protector-strong -fPIE
HARDENING_LINK = -Wl,-z,relro,-z,now,-z,noexecstack \
	$(if $(STATIC),-static-pie -Wl$(comma)--no-warnings,-pie)
ifneq ($(SANITIZE),)
HARDENING += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
HARDENING_LINK += -fsanitize=$(SANITIZE)
else ifneq ($(COVERAGE),)
HARDENING += --coverage -fprofile-update=atomic
HARDENING_LINK += --coverage
override CFLAGS := -O0 -g
else ifeq ($(filter -O0,$(CFLAGS)),)
HARDENING += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

STANDARD = -std=c11 -D_GNU_SOURCE
FEATURES = -DSOCKCAT_VERSION='"$(VERSION)"'
ifeq ($(PORTABLE)$(filter-out Linux,$(shell uname -s)),)
FEATURES += -DSOCKCAT_LINUX
endif
ifneq ($(COVERAGE),)
FEATURES += -DSOCKCAT_COVERAGE
endif
# Sanitizers and coverage write files at the end, and valgrind(1) does not know
# the calls.
ifeq ($(SANITIZE)$(COVERAGE)$(WRAP),)
FEATURES += -DSOCKCAT_SANDBOX
endif

BSD_CFLAGS = $(shell $(PKG_CONFIG) --cflags libbsd-overlay 2>/dev/null)
# The archive where there is one: two libraries fewer to load at each start.
BSD_ARCHIVE = $(wildcard \
	$(shell $(PKG_CONFIG) --variable=libdir libbsd 2>/dev/null)/libbsd.a)
BSD_LIBS = $(if $(STATIC),$(shell $(PKG_CONFIG) --static --libs \
	libbsd-overlay),$(if $(BSD_ARCHIVE),-Wl$(comma)-Bstatic \
	$(shell $(PKG_CONFIG) --static --libs libbsd-overlay) \
	-Wl$(comma)-Bdynamic,$(shell $(PKG_CONFIG) --libs libbsd-overlay)))
comma = ,
ALL_CFLAGS = $(STANDARD) $(WARNINGS) $(HARDENING) $(FEATURES) $(BSD_CFLAGS) \
	$(CFLAGS)
ALL_LDFLAGS = $(HARDENING_LINK) -Wl,--as-needed $(LDFLAGS)

BUILD_PACKAGES = libbsd-dev pkgconf
CHECK_PACKAGES = bats bats-support bats-assert bats-file bash-builtins parallel \
	procps perl iproute2 zsh fish
BENCH_PACKAGES = netcat-openbsd netcat-traditional ncat socat busybox toybox \
	strace gnuplot-nox
FUZZ_PACKAGES = clang libclang-rt-dev llvm
SOAK_PACKAGES = valgrind
# strace has calls fail.
FAULTS_PACKAGES = strace perl
LINT_PACKAGES = clang clang-tidy cppcheck shellcheck mandoc
PACKAGES = $(BUILD_PACKAGES) $(CHECK_PACKAGES)

Q = $(if $(V),,@)

all: $(O)/sockcat

$(O)/sockcat: $(OBJECTS)
	@echo "LD $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(OBJECTS) $(BSD_LIBS)

$(O)/%.o: %.c $(O)/flags
	@mkdir -p $(@D) && echo "CC $@"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

BUILD_TOOL = $(Q)$(CC) $(STANDARD) $(WARNINGS) $(BSD_CFLAGS) $(CFLAGS) \
	-o $@ $(filter %.c,$^) -Wl,--as-needed $(BSD_LIBS)

TOOL_HEADERS = $(wildcard tests/*.h tests/chaos/*.h)
CHAOS = $(wildcard tests/chaos/*.c)

$(O)/tests/chaos/chaos: $(CHAOS) $(TOOL_HEADERS) $(O)/flags
	@mkdir -p $(@D) && echo "CC $@"
	$(BUILD_TOOL)

$(O)/tests/soak/soak: tests/soak/soak.c tests/chaos/place.c $(TOOL_HEADERS) \
		$(O)/flags
	@mkdir -p $(@D) && echo "CC $@"
	$(BUILD_TOOL)

$(O)/tests/%: tests/%.c $(O)/flags
	@mkdir -p $(@D) && echo "CC $@"
	$(BUILD_TOOL) -MMD -MP

$(O)/tests/preload/%.so: tests/preload/%.c $(O)/flags
	@mkdir -p $(@D) && echo "CC $@"
	$(Q)$(CC) $(STANDARD) $(WARNINGS) $(CFLAGS) -fPIC -shared -o $@ $<

# Rewritten when the flags change, so that everything is built anew.
$(O)/flags: FORCE
	@$(PKG_CONFIG) --exists libbsd-overlay 2>/dev/null || { \
		echo "libbsd-dev or pkgconf is missing: run make deps" >&2; \
		exit 1; }
	@mkdir -p $(@D)
	@echo '$(CC) $(subst ',,$(ALL_CFLAGS) $(ALL_LDFLAGS) $(BSD_LIBS))' | \
		cmp -s - $@ || \
		echo '$(CC) $(subst ',,$(ALL_CFLAGS) $(ALL_LDFLAGS) $(BSD_LIBS))' >$@

peers: $(PEERS)

completions: $(COMPLETIONS)

$(O)/completions/table: $(O)/completions/table.o \
		$(filter-out $(O)/sockcat.o,$(OBJECTS))
	@echo "LD $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(BSD_LIBS)

$(O)/completions/options: $(O)/completions/table
	$(Q)$< >$@

$(O)/completions/sockcat.bash: of = bash
$(O)/completions/_sockcat: of = zsh
$(O)/completions/sockcat.fish: of = fish
$(COMPLETIONS): $(O)/completions/options completions/generate
	@echo "GEN $@"
	$(Q)completions/generate $(of) <$< >$@

# What is not installed yet of the packages named.
missing = $(shell for p in $(1); do dpkg-query -W -f '$${Status}' $$p \
	2>/dev/null | grep -q '^install ok installed$$' || echo $$p; done)
SUDO = $(if $(filter-out 0,$(shell id -u)),sudo)

define install-missing
	@set -e; missing='$(strip $(call missing,$(1)))'; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	echo "installing: $$missing"; \
	$(SUDO) apt-get update -qq; \
	$(SUDO) env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends $$missing
endef

deps:
	$(call install-missing,$(PACKAGES))

lint-deps:
	$(call install-missing,$(LINT_PACKAGES))

# However many jobs make runs, deps comes first where it is asked for too.
demo check lint bench chaos fuzz faults soak: \
	| $(filter %deps,$(MAKECMDGOALS))

# A make of its own: deps may just have brought what the flags are asked of.
demo:
	@$(MAKE) --no-print-directory all
	@SOCKCAT=$(abspath $(O))/sockcat tests/demo

check chaos soak faults bench:
	@$(MAKE) --no-print-directory run-$@

run-check: all peers completions
	@SOCKCAT=$(abspath $(O))/sockcat PEERS=$(abspath $(O))/tests \
	PORTABLE='$(PORTABLE)' SANITIZE='$(SANITIZE)$(COVERAGE)' tests/run \
		$(JOBS) $(TESTS)

# Seeded transfers, the worst of both sides; `chaos SEED` plays one again.
CHAOS_FIRST = 1
CHAOS_SEEDS = 1000

run-chaos: all $(O)/tests/chaos/chaos
	@SOCKCAT=$(abspath $(O))/sockcat SANITIZE='$(SANITIZE)' \
		PORTABLE='$(PORTABLE)' WRAP='$(WRAP)' \
		$(O)/tests/chaos/chaos $(CHAOS_FIRST) $(CHAOS_SEEDS)

# An hour's use in a minute or two; for valgrind, which soak-deps installs,
# WRAP='valgrind -q --error-exitcode=99' SOAK_PEERS=500 SOAK_MESSAGES=20000
SOAK_PEERS = 10000
SOAK_MESSAGES = 1000000
SOAK_KINDS =

soak-deps:
	$(call install-missing,$(BUILD_PACKAGES) $(SOAK_PACKAGES))

run-soak: all $(O)/tests/soak/soak
	@SOCKCAT=$(abspath $(O))/sockcat SANITIZE='$(SANITIZE)' \
		WRAP='$(WRAP)' $(O)/tests/soak/soak -p $(SOAK_PEERS) \
		-m $(SOAK_MESSAGES) $(SOAK_KINDS)

# Both compilers, with all that they do and with nothing: no warning, and the
# same tests. MATRIX=all only builds.
MATRIX = check

matrix:
	for cc in gcc clang; do for level in -O0 -O3; do \
		$(MAKE) --no-print-directory CC=$$cc CFLAGS="$$level -g" \
			O=build-$$cc$$level $(MATRIX) || exit 1; \
	done; done

# All that runs the program and can be counted, then how much of it was run.
coverage:
	rm -rf build-coverage
	$(MAKE) --no-print-directory COVERAGE=1 check
	$(MAKE) --no-print-directory COVERAGE=1 CHAOS_SEEDS=300 chaos
	tests/coverage/run build-coverage 95 $(SOURCES)

faults-deps:
	$(call install-missing,$(BUILD_PACKAGES) $(FAULTS_PACKAGES))

# Minutes; seconds with FAULTS_SHORT=1, a sample of it.
run-faults: all peers
	@SOCKCAT=$(abspath $(O))/sockcat PEERS=$(abspath $(O))/tests \
		tests/faults/run

bench-deps:
	$(call install-missing,$(BUILD_PACKAGES) $(BENCH_PACKAGES))

# Seconds to minutes: BENCH_SIZE=256M BENCH_RUNS=3 BENCH_ONLY='bulk small'
run-bench: all peers $(O)/tests/bench/load
	@SOCKCAT=$(abspath $(O))/sockcat LOAD=$(abspath $(O))/tests/bench/load \
	OUT=$(abspath $(O))/bench tests/bench/run

fuzz-deps:
	$(call install-missing,$(BUILD_PACKAGES) $(FUZZ_PACKAGES))

# Minutes, shared by the fuzzers: FUZZ_SECONDS=15, FUZZ_ONLY='words address'
fuzz:
	@$(MAKE) --no-print-directory CC=clang O=build-fuzz \
		SANITIZE=fuzzer-no-link,address,undefined run-fuzz

run-fuzz: all $(FUZZERS)
	@SOCKCAT=$(abspath $(O))/sockcat FUZZERS=$(abspath $(O))/tests/fuzz \
		OUT=$(abspath $(O))/found tests/fuzz/run

# What a fuzzer needs of the rooms, the linker finds; main() is libFuzzer's.
$(FUZZERS): $(O)/tests/fuzz/%: $(O)/tests/fuzz/%.o $(O)/rooms.a
	@echo "LD $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer \
		-Wl,--wrap=getaddrinfo -o $@ $^ $(BSD_LIBS)

$(O)/rooms.a: $(filter-out $(O)/sockcat.o,$(OBJECTS))
	$(Q)rm -f $@ && $(AR) rcs $@ $^

TIDY = clang-tidy --quiet --warnings-as-errors='*'
LINT_SOURCES = $(SOURCES) completions/table.c \
	$(wildcard tests/*.c tests/*/*.c)

# Suppressed: what style(9) has otherwise (declarations at the top of a block,
# a `continue` in an empty loop), what it cannot follow (a union for alignment,
# a buffer handed over to be filled), and argv, which getopt_long(3) permutes.
CPPCHECK = --enable=warning,style,performance,portability \
	$(addprefix --suppress=,missingIncludeSystem variableScope \
	redundantContinue unusedStructMember ctuuninitvar constParameter)

lint: $(O)/flags
	$(TIDY) $(SOURCES) completions/table.c -- $(STANDARD) $(FEATURES) \
		$(BSD_CFLAGS)
	cppcheck --quiet --std=c11 $(CPPCHECK) --error-exitcode=1 -D_GNU_SOURCE \
		-DSOCKCAT_LINUX -DSOCKCAT_VERSION='""' $(LINT_SOURCES)
	for source in $(SOURCES); do \
		gcc $(STANDARD) $(FEATURES) $(BSD_CFLAGS) -Wall -Werror -O1 \
			-fanalyzer -c -o /dev/null $$source || exit 1; \
	done
	shellcheck -x tests/demo tests/run $(wildcard tests/*/run) .ci/run \
		completions/generate
	shellcheck -x -s bats $(TESTS) $(wildcard tests/*.bash)
	mandoc -T lint -W warning man/sockcat.1

# What is installed, below ROOT; a shell looks for its completions there.
ROOT = '$(DESTDIR)$(PREFIX)'
INSTALLED = bin/sockcat share/man/man1/sockcat.1 \
	share/bash-completion/completions/sockcat \
	share/zsh/site-functions/_sockcat \
	share/fish/vendor_completions.d/sockcat.fish

install: all completions
	$(INSTALL) -d $(foreach file,$(INSTALLED),$(ROOT)/$(dir $(file)))
	$(INSTALL) -m 755 $(O)/sockcat $(ROOT)/bin/sockcat
	$(INSTALL) -m 644 man/sockcat.1 $(ROOT)/share/man/man1/sockcat.1
	$(INSTALL) -m 644 $(O)/completions/sockcat.bash \
		$(ROOT)/share/bash-completion/completions/sockcat
	$(INSTALL) -m 644 $(O)/completions/_sockcat \
		$(ROOT)/share/zsh/site-functions/_sockcat
	$(INSTALL) -m 644 $(O)/completions/sockcat.fish \
		$(ROOT)/share/fish/vendor_completions.d/sockcat.fish

uninstall:
	rm -f $(foreach file,$(INSTALLED),$(ROOT)/$(file))

# What belongs to it is what git knows, as it was committed last.
dist:
	@git ls-files --error-unmatch Makefile >/dev/null || { \
		echo "make dist needs the sources as a git checkout" >&2; \
		exit 1; }
	git archive --prefix=sockcat-$(VERSION)/ \
		-o sockcat-$(VERSION).tar.gz HEAD

clean:
	rm -rf build build-*/ sockcat-*.tar.gz

FORCE:

.PHONY: all peers completions demo check run-check lint matrix coverage \
	chaos run-chaos soak run-soak faults run-faults bench run-bench \
	fuzz run-fuzz install uninstall dist clean FORCE \
	deps lint-deps bench-deps fuzz-deps soak-deps faults-deps
.DELETE_ON_ERROR:
