# plugaudit: libplugaudit.so (audit/), plugreport (report/), tests.
#
#   make                       the module, plugreport, the null auditor
#   make check | demo          build, then run the tests | the demonstration
#   make install PREFIX= DESTDIR=
#   make format | clean
# Variables: BUILD=directory  SAN=address,undefined  COVERAGE=1  WERROR= (to build with warnings)

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
LIBDIR     ?= $(PREFIX)/lib
MANDIR     ?= $(PREFIX)/share/man
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions

CC         ?= gcc
CFLAGS     ?= -O2 -g
WERROR     ?= -Werror
WARNINGS   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
              -Wwrite-strings -Wvla -Wundef -Wformat=2 -Wno-format-nonliteral $(WERROR)
BASE_FLAGS := -std=gnu17 -D_GNU_SOURCE -I. $(WARNINGS)
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
AUDIT_SOURCES := $(filter-out audit/null.c,$(wildcard audit/*.c)) $(wildcard audit/arch/$(shell uname -m)*.[cS])
AUDIT_OBJECTS := $(AUDIT_SOURCES:%=$(BUILD)/%.o)
AUDIT_FLAGS   := -fPIC -fvisibility=hidden -fno-stack-protector -fno-exceptions -fcf-protection=none \
                 -DPLUGAUDIT_VERSION='"$(VERSION)"' -DPLUGAUDIT_BINDIR='"$(BINDIR)"'
AUDIT_LIBS    := -lunwind-$(shell uname -m)

REPORT_SOURCES := $(wildcard report/*.c report/*/*.c)
REPORT_OBJECTS := $(REPORT_SOURCES:%=$(BUILD)/%.o)
REPORT_LIBRARY := $(filter-out $(BUILD)/report/main.c.o,$(REPORT_OBJECTS))
REPORT_FLAGS   := -DPLUGAUDIT_VERSION='"$(VERSION)"' -DPLUGAUDIT_LIBDIR='"$(LIBDIR)"'
REPORT_LIBS    := -lsqlite3 -ldw -lelf -liberty -lsmartcols -ljansson -lz

all: $(BUILD)/libplugaudit.so $(BUILD)/libplugaudit-null.so $(BUILD)/plugreport

$(BUILD)/audit/%.o: audit/%
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(AUDIT_FLAGS) $(CFLAGS) $(DEPEND) -c $< -o $@

$(BUILD)/report/%.o: report/%
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(REPORT_FLAGS) $(CFLAGS) $(SAN_FLAGS) $(DEPEND) -c $< -o $@

# The schema is compiled in from its own text.
$(BUILD)/report/store/schema.c.o: report/store/schema.sql

$(BUILD)/libplugaudit.so: $(AUDIT_OBJECTS)
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,now -Wl,-z,defs -Wl,-soname,libplugaudit.so \
	  $^ -o $@ $(AUDIT_LIBS)

$(BUILD)/libplugaudit-null.so: audit/null.c
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(AUDIT_FLAGS) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,now $< -o $@

$(BUILD)/libplugreport.a: $(REPORT_LIBRARY)
	rm -f $@
	ar rcs $@ $^

$(BUILD)/plugreport: $(BUILD)/report/main.c.o $(BUILD)/libplugreport.a
	$(CC) $(CFLAGS) $(SAN_FLAGS) $(LDFLAGS) $^ -o $@ $(REPORT_LIBS)

-include tests/tests.mk

# What only developers need.
format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf $(BUILD)

-include $(AUDIT_OBJECTS:.o=.d) $(REPORT_OBJECTS:.o=.d)

.PHONY: all format clean
.DELETE_ON_ERROR:
