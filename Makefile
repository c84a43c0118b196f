# SPDX-License-Identifier: GPL-2.0-or-later
# Walks the Kbuild files from the top; whatever is made lands under $(O).
#
#   make                         the programs            make demo   the story, on real parts
#   make defconfig | menuconfig  choose the options      make check  all tests
#   make install DESTDIR=...     put it into a system    make bench  figures beside peers and limits
#   make deb version=1.1         packages for Debian, of the agent and for publishers
#   make install-publisher       what makes and signs policies, and nothing of the agent
#   make fuzz FUZZ_SECONDS=60    fuzz each parser        make clean
#
# O=DIR builds elsewhere, SAN=address,undefined under sanitizers, CC=clang with
# another compiler, V=1 shows the commands.
version := 1.0
MAKEFLAGS += -rR --no-print-directory
src  := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
override O := $(abspath $(or $(O),$(src)/build$(if $(SAN),-san)))
Q    := $(if $(V),,@)
say   = $(if $(V),,@printf '  %-7s %s\n' $1 $(@:$(O)/%=%))

# These set the machine up first (see tests/setup), so they start without a compiler.
outer := check demo demo-clean bench fuzz deb
ifneq ($(filter $(outer),$(MAKECMDGOALS)),)
FUZZ_SECONDS := 30
fuzz-o := $(src)/build-fuzz
check: ; $(Q)$(src)/tests/setup check && O=$(O) $(src)/tests/check $(T)
demo: ; $(Q)$(src)/tests/setup demo && $(MAKE) -f $(src)/Makefile all $(O)/tests/lab/unchroot && \
	O=$(O) $(src)/tests/lab/demo
demo-clean: ; $(Q)O=$(O) $(src)/tests/lab/demo clean
deb: ; $(Q)$(src)/tests/setup deb && $(MAKE) -f $(src)/Makefile all && \
	src=$(src) O=$(O) $(src)/systemd/deb/build $(version)
bench: ; $(Q)$(src)/tests/setup bench && $(MAKE) -f $(src)/Makefile all benches && O=$(O) $(src)/tests/bench/run
fuzz: ; $(Q)$(src)/tests/setup fuzz && \
	$(MAKE) -f $(src)/Makefile O=$(fuzz-o) CC=clang SAN=fuzzer-no-link,address,undefined fuzzers && \
	O=$(fuzz-o) $(src)/tests/fuzz/run $(FUZZ_SECONDS)
.PHONY: $(outer)
else

CC       := gcc
AR       := ar
prefix   := /usr
libexec  := $(prefix)/lib/lazaret
unitdir  := $(prefix)/lib/systemd/system
harden   := -O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection
cppflags := -D_GNU_SOURCE -I$(src) -include $(O)/include/generated/autoconf.h \
	-DLIBEXEC_DIR='"$(libexec)"' -MMD -MP
cflags    = -std=gnu11 -g -fPIE -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wwrite-strings $(if $(CONFIG_WERROR),-Werror) \
	$(if $(SAN),-O1 -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=$(SAN),$(harden)) $(CFLAGS)
ldflags   = -pie -Wl,-z,relro,-z,now,--as-needed $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)
built     = $(CC) $(cflags) $(ldflags) $(prefix) $(libexec) $(unitdir)
fuzzing  := $(findstring fuzzer,$(SAN))

all:
kconf-defconfig  := kconfig-conf --alldefconfig
kconf-oldconfig  := kconfig-conf --oldconfig
kconf-menuconfig := kconfig-mconf
defconfig oldconfig menuconfig: | $(O)/include/config/ $(O)/include/generated/
	$(Q)cd $(O) && srctree=$(src) $(kconf-$@) agent/Kconfig $(if $(Q),>&2)

ifeq ($(filter %config clean,$(MAKECMDGOALS)),)
auto := $(O)/include/config/auto.conf
include $(auto)
$(O)/.config: ; $(Q)$(MAKE) -f $(src)/Makefile O=$(O) defconfig 2>/dev/null
$(auto): $(O)/.config $(shell find $(src) -name Kconfig -not -path '*/build*')
	$(Q)cd $(O) && export srctree=$(src) && kconfig-conf --olddefconfig agent/Kconfig \
		>/dev/null && kconfig-conf --silentoldconfig agent/Kconfig && touch $@

fill = sed -e 's|@libexec@|$(libexec)|g' -e 's|@prefix@|$(prefix)|g'
define generate # what a Kbuild adds to `fill` for a target is filled in, too
$(call say,GEN)
$(Q)mkdir -p $(@D) && $(fill) $< >$@
endef

# A Kbuild names, for its folder: obj-y (objects and folders of the floor), prog-y (installed),
# test-y (cmocka programs), fuzz-y, bench-y, tool-y (what scripts call), script-y (test scripts),
# data-y (files as they are), gen-y (made from NAME.in).  A program P says P-y, P-libs, P-pkgs,
# P-ldlibs, P-dir, and P-for: `publisher` or `both` if it is not for agents alone.  What is for both
# a publisher has below lazaret-publisher/ instead of lazaret/: two packages share no file.
define program # FOLDER/ NAME
$(O)/$1$2: $(addprefix $(O)/$1,$($2-y)) $($2-libs:%=$(O)/%built-in.a) $(src)/$1Kbuild
$(O)/$1$2: ldlibs := $(if $($2-pkgs),$(shell pkg-config --libs $($2-pkgs))) $($2-ldlibs)
endef
define fuzzer # FOLDER/ NAME: under libFuzzer, or replaying its corpus
$(O)/$1$2: $(if $(fuzzing),,$(O)/tests/fuzz/replay.o)
$(O)/$1$2: ldflags += $(if $(fuzzing),-fsanitize=fuzzer)
endef
define enter # FOLDER/: read its Kbuild, keep its lists, go down into the folders it names
$(foreach v,obj prog test fuzz bench tool script data gen,$(eval $v-y :=))
include $(src)/$1Kbuild
$(O)/$1built-in.a: $$(addprefix $(O)/$1,$$(filter %.o,$$(obj-y))) $(src)/$1Kbuild
progs   += $$(prog-y:%=$(O)/$1%)
tests   += $$(test-y:%=$(O)/$1%)
fuzzes  += $$(fuzz-y:%=$(O)/$1%)
benchs  += $$(bench-y:%=$(O)/$1%)
tools   += $$(tool-y:%=$(O)/$1%)
gens    += $$(gen-y:%=$(O)/$1%)
scripts += $$(script-y:%=$(src)/$1%)
puts    += $$(foreach p,$$(prog-y),755:$(O)/$1$$p:$$($$p-dir):$$($$p-for)) \
	$$(foreach p,$$(data-y),644:$(src)/$1$$p:$$($$p-dir):$$($$p-for)) \
	$$(foreach p,$$(gen-y),644:$(O)/$1$$p:$$($$p-dir):$$($$p-for))
$$(foreach p,$$(prog-y) $$(test-y) $$(fuzz-y) $$(bench-y) $$(tool-y),$$(eval $$(call program,$1,$$p)))
$$(foreach p,$$(fuzz-y),$$(eval $$(call fuzzer,$1,$$p)))
$$(foreach d,$$(filter %/,$$(obj-y)),$$(eval $$(call enter,$1$$d)))
endef
$(foreach v,progs tests fuzzes benchs tools gens scripts puts,$(eval $v :=))
$(eval $(call enter,))
endif

all: $(progs) $(gens)
tests: $(tests) $(fuzzes) $(tools)
fuzzers: $(fuzzes)
benches: $(benchs) $(tools)
list-tests: ; @printf '%s\n' $(tests) $(fuzzes)
list-scripts: ; @printf '%s\n' $(scripts)
list-benches: ; @printf '%s\n' $(benchs)
list-sources: ; @cd $(src) && find agent policy netfilter tests -name '*.c' | sort
$(progs) $(tests) $(fuzzes) $(benchs) $(tools):
	$(call say,LD)
	$(Q)$(CC) $(ldflags) -o $@ $(filter %.o %.a,$^) $(ldlibs)
$(O)/%built-in.a:
	$(call say,AR)
	$(Q)mkdir -p $(@D) && rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)
$(O)/%.o: $(src)/%.c $(O)/.flags $(auto)
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) $(cppflags) $(cflags) -c -o $@ $<
$(O)/%: $(src)/%.in $(O)/.flags
	$(generate)
$(O)/.flags: FORCE | $(O)/include/config/
	@echo '$(built)' | cmp -s - $@ || echo '$(built)' >$@
$(O)/%/: ; @mkdir -p $@
install install-publisher: all
	@for i in $(puts); do IFS=:; set -- $$i ''; unset IFS; \
	  case $@-$$4 in install- | install-both | install-publisher-publisher) to=$$3 ;; \
	    install-publisher-both) to=$$(echo $$3 | sed 's,.*/lazaret,&-publisher,') ;; *) continue ;; esac; \
	  echo "  INSTALL $$to/$${2##*/}"; \
	  install -D -m $$1 $$2 $(DESTDIR)$$to/$${2##*/} || exit; done
clean: ; $(Q)rm -rf $(O)
FORCE:
.SECONDARY:
.PHONY: all tests fuzzers benches install install-publisher clean FORCE defconfig oldconfig menuconfig \
	list-tests list-scripts list-benches list-sources
-include $(shell find $(O) -type f -name '*.d' 2>/dev/null)
endif
