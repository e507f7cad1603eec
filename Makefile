# plugaudit: libplugaudit.so (audit/), plugreport (report/), tests.
#
#   make                       the module, plugreport, the null auditor
#   make check | demo          build, then run the tests | the demonstration
#   make check-arch            the recorder's tests on i386 and aarch64
#   make bench                 measure what recording costs
#   make install | uninstall   PREFIX=/usr/local DESTDIR= BINDIR= LIBDIR= MANDIR= ...
#   make format | clean
#   make ARCH=i386 | aarch64   the module for another processor, in build-<ARCH>; install, too
# Variables: BUILD=directory  SAN=address,undefined  COVERAGE=1  WERROR= (to build with warnings)

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
MANDIR     ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
DOCDIR     ?= $(PREFIX)/share/doc/plugaudit

ifeq ($(origin CC),default)
CC         := gcc
endif
# ARCH= on the command line names another processor: then the module is built, and nothing else.  (In
# the environment it is often the kernel's, in other words.)  Otherwise the compiler's macros tell,
# which know of -m32.
ifneq ($(origin ARCH),command line)
ARCH       := $(or $(patsubst __%__,%,$(filter __x86_64__ __i386__ __aarch64__,\
                $(shell $(CC) $(CPPFLAGS) $(CFLAGS) -dM -E -x c /dev/null))),\
                $(firstword $(subst -, ,$(shell $(CC) -dumpmachine))))
else ifneq ($(ARCH),$(patsubst i%86,i386,$(shell uname -m)))
MODULE_ONLY := 1
BUILD      ?= build-$(ARCH)
ifeq ($(origin CC),file)
CC         := $(or $(notdir $(shell command -v $(patsubst i386,i686,$(ARCH))-linux-gnu-gcc)),\
                $(if $(filter i386,$(ARCH)),gcc -m32),\
                $(error no compiler for $(ARCH) here: install one, or name it with CC=))
endif
endif

# The module for another processor goes where its libraries go on Debian.  Each is also where $LIB
# leads below PREFIX, so that one name in LD_AUDIT serves programs of all.  LIBDIR= changes that:
# /usr/lib64 for x86-64 and /usr/lib for i386 on other distributions, where no links are needed.
ifndef LIBDIR
LIBDIR     := $(PREFIX)/lib$(if $(MODULE_ONLY),/$(ARCH)-linux-gnu)
LIB_LINKS  := $(if $(MODULE_ONLY),,$(LIBDIR)/$(ARCH)-linux-gnu) $(if $(filter i386,$(ARCH)),$(PREFIX)/lib32)
OWN_DIRS   := $(if $(MODULE_ONLY),$(LIBDIR)) $(LIB_LINKS)
endif

CFLAGS     ?= -O2 -g
WERROR     ?= -Werror
WARNINGS   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
              -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wno-format-nonliteral \
              -Wno-missing-field-initializers $(WERROR)
BASE_FLAGS := -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. $(WARNINGS)
DEPEND      = -MMD -MP

BUILD      ?= build
ifdef SAN
BUILD      := $(BUILD)-san
SAN_FLAGS  := -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifdef COVERAGE
BUILD      := $(BUILD)-coverage
SAN_FLAGS  += --coverage
endif

VERSION    := 0.1.0

# The module: no sanitizer may go into somebody else's process.  It uses no thread-local storage of
# its own, exports its la_* entry points only, and binds all its symbols when it is loaded.
AUDIT_SOURCES := $(filter-out audit/null.c,$(wildcard audit/*.c)) audit/arch/$(ARCH).S
AUDIT_OBJECTS := $(AUDIT_SOURCES:%=$(BUILD)/%.o)
AUDIT_FLAGS   := -fPIC -fvisibility=hidden -fno-stack-protector -fno-exceptions \
                 $(if $(filter x86_64 i386,$(ARCH)),-fcf-protection=none) \
                 -DPLUGAUDIT_VERSION='"$(VERSION)"' -DPLUGAUDIT_BINDIR='"$(BINDIR)"'
AUDIT_LIBS    := -lunwind-$(patsubst i386,x86,$(ARCH))

REPORT_SOURCES := $(wildcard report/*.c report/*/*.c)
REPORT_OBJECTS := $(REPORT_SOURCES:%=$(BUILD)/%.o) $(BUILD)/report/store/template.c.o
REPORT_LIBRARY := $(filter-out $(BUILD)/report/main.c.o,$(REPORT_OBJECTS))
REPORT_FLAGS   := -DPLUGAUDIT_VERSION='"$(VERSION)"' -DPLUGAUDIT_LIBDIR='"$(LIBDIR)"'
REPORT_LIBS    := -lsqlite3 -ldw -lelf -liberty -lsmartcols -ljansson -lz

all: $(BUILD)/libplugaudit.so $(BUILD)/libplugaudit-null.so \
  $(if $(MODULE_ONLY),,$(BUILD)/plugreport-rules.7) $(BUILD)/plugreport

$(BUILD)/audit/%.o: audit/%
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(AUDIT_FLAGS) $(CFLAGS) $(DEPEND) -c $< -o $@

$(BUILD)/report/%.o: report/%
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(REPORT_FLAGS) $(CFLAGS) $(SAN_FLAGS) $(DEPEND) -c $< -o $@

# The schema is compiled in from its own text.
$(BUILD)/report/store/schema.c.o: report/store/schema.sql

# The HTML report's viewer is compiled in too: its modules joined in this order, without their
# imports, exports, comments and indentation, and the hashes that the page's Content-Security-Policy names.
VIEWER_SCRIPTS := $(addprefix web-viewer/src/,data.js format.js dom.js route.js search.js model.js \
                    links.js document.js table.js graph.js graph-view.js timeline.js charts.js \
                    view-overview.js view-tables.js view-findings.js \
                    view-object.js view-process.js view-interpose.js view-symbol.js main.js)
VIEWER         := $(addprefix $(BUILD)/web-viewer/,viewer.js viewer.css)

$(BUILD)/web-viewer/viewer.js: $(VIEWER_SCRIPTS)
	@mkdir -p $(@D)
	sed -e '/^import /d' -e 's/^export //' -e '/^[[:blank:]]*\/\//d' \
	  -e '/^[[:blank:]]*\/\*\*.*\*\/$$/d' -e '/^[[:blank:]]*\/\*\*[^*]*$$/,/\*\//d' \
	  -e 's/^[[:blank:]]*//' -e '/^$$/d' $^ > $@

$(BUILD)/web-viewer/viewer.css: web-viewer/src/viewer.css
	@mkdir -p $(@D)
	cp $< $@

$(VIEWER:=.sha256): %.sha256: %
	sha256sum $< | cut -c 1-64 | tr a-f A-F | basenc --base16 -d | base64 > $@

$(BUILD)/report/html/assets.c.o: REPORT_FLAGS += -Wa,-I$(BUILD)
$(BUILD)/report/html/assets.c.o: $(VIEWER) $(VIEWER:=.sha256)

# New databases begin as a copy of an empty one.
TEMPLATE := $(BUILD)/report/store/template

$(TEMPLATE)/make_template: report/store/template/make_template.c report/store/template.h
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(CFLAGS) $(LDFLAGS) $< -o $@ -lsqlite3

$(TEMPLATE).c: $(TEMPLATE)/make_template report/store/schema.sql
	$< report/store/schema.sql $(TEMPLATE).db $@

$(TEMPLATE).c.o: $(TEMPLATE).c
	$(CC) $(BASE_FLAGS) $(REPORT_FLAGS) $(CFLAGS) $(SAN_FLAGS) -c $< -o $@

$(BUILD)/libplugaudit.so: $(AUDIT_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,now -Wl,-z,defs -Wl,-soname,libplugaudit.so \
	  $^ -o $@ $(AUDIT_LIBS)

$(BUILD)/libplugaudit-null.so: audit/null.c
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(AUDIT_FLAGS) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,now -Wl,--no-as-needed $< -o $@ -lc

$(BUILD)/libplugreport.a: $(REPORT_LIBRARY)
	rm -f $@
	ar rcs $@ $^

ifdef MODULE_ONLY
# The module looks beside itself.
$(BUILD)/plugreport:
	ln -sf ../build/plugreport $@
else
$(BUILD)/plugreport: $(BUILD)/report/main.c.o $(BUILD)/libplugreport.a
	$(CC) $(CFLAGS) $(SAN_FLAGS) $(LDFLAGS) $^ -o $@ $(REPORT_LIBS)
endif

# The rules' pages are in the program: explain prints them, and the manual page is made of them.
$(BUILD)/plugreport-rules.7: $(BUILD)/plugreport
	$< explain --man > $@

-include tests/tests.mk
-include tests/bench/bench.mk
-include tests/fuzz/fuzz.mk

demo: all
	scripts/demo

# So that LD_AUDIT=libplugaudit.so works without a path, where LIBDIR is one of ld.so's directories.
LDCONFIG ?= PATH="$$PATH:/sbin:/usr/sbin" ldconfig

define install_links
	for directory in $(LIB_LINKS); do \
	  install -d $(DESTDIR)$$directory && \
	  ln -srf $(DESTDIR)$(LIBDIR)/libplugaudit.so $(DESTDIR)$$directory/libplugaudit.so || exit; \
	done
endef

# Directories that install made, unless there is more in them.
define remove_own_directories
	for directory in $(OWN_DIRS); do \
	  [ ! -d $(DESTDIR)$$directory ] || [ -L $(DESTDIR)$$directory ] || \
	    rmdir --ignore-fail-on-non-empty $(DESTDIR)$$directory || exit; \
	done
endef

# Of what a prefix of one's own did not have, uninstall is to leave nothing: install notes there which
# directories it made.  (In a package's root, DESTDIR, it notes nothing.)
MADE_DIRS    = $(DOCDIR)/made-by-install
INSTALL_DIRS = $(BINDIR) $(LIBDIR) $(MANDIR)/man1 $(MANDIR)/man7 $(DOCDIR) $(COMPLETIONDIR)

define find_new_directories
	@[ -n "$(DESTDIR)" ] || for path in $(INSTALL_DIRS) $(LIB_LINKS); do \
	  while [ ! -d "$$path" ]; do echo "$$path"; path=$$(dirname "$$path"); done; \
	done | sort -u >$(BUILD)/made-directories
endef

define note_new_directories
	@[ -n "$(DESTDIR)" ] || { cat $(MADE_DIRS) 2>/dev/null; cat $(BUILD)/made-directories; } | sort -u \
	  >$(BUILD)/made-by-install
	@[ -n "$(DESTDIR)" ] || install -m 644 $(BUILD)/made-by-install $(MADE_DIRS)
endef

# Deepest first, unless there is more in them.
define remove_made_directories
	@[ -n "$(DESTDIR)" ] || [ ! -e $(MADE_DIRS) ] || sort -r $(MADE_DIRS) >$(BUILD)/made-directories
	rm -f $(if $(DESTDIR),,$(MADE_DIRS))
	@[ -n "$(DESTDIR)" ] || [ ! -e $(BUILD)/made-directories ] || while read -r path; do \
	  [ ! -d "$$path" ] || rmdir --ignore-fail-on-non-empty "$$path" || exit; \
	done <$(BUILD)/made-directories
	@rm -f $(BUILD)/made-directories $(BUILD)/made-by-install
endef

# The module looks for plugreport beside itself, in ../bin and ../../bin, and in BINDIR; plugreport
# looks for the module likewise.  So a prefix can be moved as a whole.
INSTALL_MAN1       := $(wildcard report/*.1)
INSTALL_MAN7       := $(wildcard audit/*.7 report/*.7) $(BUILD)/plugreport-rules.7
INSTALL_COMPLETION := $(wildcard scripts/plugreport.bash-completion)
INSTALL_DOC        := README.md LICENSE report/store/schema.sql

ifdef MODULE_ONLY
install: all
	install -d $(DESTDIR)$(LIBDIR)
	install -m 644 $(BUILD)/libplugaudit.so $(DESTDIR)$(LIBDIR)/libplugaudit.so
	$(install_links)
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || $(LDCONFIG)

uninstall:
	rm -f $(addprefix $(DESTDIR),$(addsuffix /libplugaudit.so,$(LIBDIR) $(LIB_LINKS)))
	$(remove_own_directories)
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || $(LDCONFIG)
else
install: all
	$(find_new_directories)
	install -d $(addprefix $(DESTDIR),$(INSTALL_DIRS))
	install -m 755 $(BUILD)/plugreport $(DESTDIR)$(BINDIR)/plugreport
	install -m 644 $(BUILD)/libplugaudit.so $(DESTDIR)$(LIBDIR)/libplugaudit.so
	$(install_links)
	$(if $(INSTALL_MAN1),install -m 644 $(INSTALL_MAN1) $(DESTDIR)$(MANDIR)/man1)
	$(if $(INSTALL_MAN7),install -m 644 $(INSTALL_MAN7) $(DESTDIR)$(MANDIR)/man7)
	install -m 644 $(INSTALL_DOC) $(DESTDIR)$(DOCDIR)
	$(if $(INSTALL_COMPLETION),install -m 644 $(INSTALL_COMPLETION) \
	  $(DESTDIR)$(COMPLETIONDIR)/plugreport)
	$(note_new_directories)
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || $(LDCONFIG)

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/plugreport \
	  $(addprefix $(DESTDIR),$(addsuffix /libplugaudit.so,$(LIBDIR) $(LIB_LINKS))) \
	  $(INSTALL_MAN1:report/%=$(DESTDIR)$(MANDIR)/man1/%) \
	  $(addprefix $(DESTDIR)$(MANDIR)/man7/,$(notdir $(INSTALL_MAN7))) $(DESTDIR)$(COMPLETIONDIR)/plugreport
	rm -f $(addprefix $(DESTDIR)$(DOCDIR)/,$(notdir $(INSTALL_DOC)))
	$(remove_made_directories)
	[ ! -d $(DESTDIR)$(DOCDIR) ] || rmdir $(DESTDIR)$(DOCDIR)
	$(remove_own_directories)
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || $(LDCONFIG)

endif

# What only developers need.
format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf $(BUILD)

-include $(AUDIT_OBJECTS:.o=.d) $(REPORT_OBJECTS:.o=.d)

.PHONY: all demo install uninstall format clean
.DELETE_ON_ERROR:
