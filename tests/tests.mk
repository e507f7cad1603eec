# Tests.  make check runs everything; check-unit and check-scenarios run a part, and
# tests/run PATTERN (after make tests) runs the tests whose names match.
#
# tests/unit/test_*.c is one cmocka program each, linked with plugreport's own code; test_audit_*.c
# with the module's objects instead.  tests/scenarios/*.sh are programs run whole, see tests/lib.sh.

UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
UNIT_OBJECTS := $(UNIT_SOURCES:%=$(BUILD)/%.o)
UNIT_TESTS   := $(UNIT_SOURCES:tests/unit/%.c=$(BUILD)/tests/%)
UNIT_AUDIT   := $(filter $(BUILD)/tests/test_audit_%,$(UNIT_TESTS))
UNIT_REPORT  := $(filter-out $(UNIT_AUDIT),$(UNIT_TESTS))

# Fixtures with a build of their own; the other scenarios compile theirs when they run.
FIXTURES := $(BUILD)/tests/demo-host/host

# cmocka 2 deprecates assertions for which cmocka 1 has nothing else.
$(BUILD)/tests/unit/%.c.o: tests/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(REPORT_FLAGS) $(CFLAGS) $(SAN_FLAGS) $(DEPEND) \
	  -Wno-deprecated-declarations -c $< -o $@

$(UNIT_REPORT): $(BUILD)/tests/%: $(BUILD)/tests/unit/%.c.o $(BUILD)/libplugreport.a
	$(CC) $(CFLAGS) $(SAN_FLAGS) $(LDFLAGS) $^ -o $@ -lcmocka $(REPORT_LIBS) -lpthread -ldl

$(UNIT_AUDIT): $(BUILD)/tests/%: $(BUILD)/tests/unit/%.c.o $(AUDIT_OBJECTS)
	$(CC) $(CFLAGS) $(SAN_FLAGS) $(LDFLAGS) $^ -o $@ -lcmocka $(AUDIT_LIBS) -lpthread -ldl

# The spool's writer once more, built to find what threads do to each other.
THREADS      := $(BUILD)/threads
THREADS_TEST := $(THREADS)/tests/test_audit_writer
THREADS_OBJECTS := $(AUDIT_SOURCES:%=$(THREADS)/%.o) $(THREADS)/tests/unit/test_audit_writer.c.o

$(THREADS_OBJECTS): $(THREADS)/%.o: %
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(AUDIT_FLAGS) $(CFLAGS) -fsanitize=thread $(DEPEND) \
	  -Wno-deprecated-declarations -c $< -o $@

$(THREADS_TEST): $(THREADS_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -fsanitize=thread $(LDFLAGS) $^ -o $@ -lcmocka $(AUDIT_LIBS) -lpthread -ldl

# Allocations of plugreport fail on purpose.
$(BUILD)/tests/test_ingest_faults: private SAN_FLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
  -Wl,--wrap=strdup,--wrap=strndup,--wrap=vasprintf

# Writes spools with very many events.
LOAD_SPOOL := $(BUILD)/tests/load-spool

$(BUILD)/tests/load/%.c.o: tests/load/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(REPORT_FLAGS) $(CFLAGS) $(SAN_FLAGS) $(DEPEND) -c $< -o $@

$(LOAD_SPOOL): $(BUILD)/tests/load/spool.c.o $(BUILD)/libplugreport.a
	$(CC) $(CFLAGS) $(SAN_FLAGS) $(LDFLAGS) $^ -o $@ $(REPORT_LIBS)

# System calls fail on purpose: a tracer, which knows the registers of x86-64.
ifeq ($(ARCH),x86_64)
FAULT_INJECTOR := $(BUILD)/tests/inject
endif

$(BUILD)/tests/inject: tests/faults/inject.c
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(CFLAGS) $(LDFLAGS) $< -o $@

ifneq ($(wildcard tests/demo-host/Makefile),)
DEMO_HOST_SOURCES := $(wildcard tests/demo-host/*)
$(BUILD)/tests/demo-host/host: $(DEMO_HOST_SOURCES)
	$(MAKE) -C tests/demo-host OUT=$(abspath $(@D)) CC="$(CC)"
else
FIXTURES :=
endif

# Writes recordings for the tests of the HTML report: large ones, and one with hostile names.
VIEWER_RECORDING := $(BUILD)/tests/viewer-recording

$(BUILD)/tests/viewer/%.c.o: tests/viewer/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(REPORT_FLAGS) $(CFLAGS) $(SAN_FLAGS) $(DEPEND) -c $< -o $@

$(VIEWER_RECORDING): $(BUILD)/tests/viewer/recording.c.o $(BUILD)/libplugreport.a
	$(CC) $(CFLAGS) $(SAN_FLAGS) $(LDFLAGS) $^ -o $@ $(REPORT_LIBS)

# Runs a program with and without the recorder, and compares.
SAME_SOURCES := $(wildcard tests/same/*.c)
SAME_OBJECTS := $(SAME_SOURCES:%=$(BUILD)/%.o)
SAME         := $(BUILD)/tests/same

$(SAME_OBJECTS): $(BUILD)/tests/same/%.c.o: tests/same/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(CFLAGS) $(SAN_FLAGS) $(DEPEND) -c $< -o $@

$(SAME)/same: $(SAME_OBJECTS) $(BUILD)/libplugreport.a
	$(CC) $(CFLAGS) $(SAN_FLAGS) $(LDFLAGS) $^ -o $@

TEST_RUN = BUILD=$(abspath $(BUILD)) CC="$(CC)" tests/run

tests: all $(UNIT_TESTS) $(FIXTURES) $(VIEWER_RECORDING) $(SAME)/same $(FAULT_INJECTOR) $(LOAD_SPOOL) \
  $(if $(SAN)$(COVERAGE),,$(THREADS_TEST))

# The unit tests of plugreport once more, with sanitizers; check runs these too.
sanitizable: $(UNIT_REPORT)

sanitized:
	+$(MAKE) SAN=address,undefined BUILD=$(BUILD)-san sanitizable

check: tests $(if $(SAN)$(COVERAGE),,sanitized)
	$(if $(SAN)$(COVERAGE),,SANITIZED=$(abspath $(BUILD)-san)) $(TEST_RUN)

check-unit: $(UNIT_TESTS)
	$(TEST_RUN) --unit

check-scenarios: all $(FIXTURES) $(VIEWER_RECORDING) $(SAME)/same
	$(TEST_RUN) --scenarios

# Whole programs once more, with a plugreport that has sanitizers; the module never has any.  Not in it:
# system calls that fail, and tracing, under which LeakSanitizer gives up; and what builds by itself.
# Tests of limits on memory, which sanitizers do not fit into, leave these out (lib.sh, sanitized).
WITHOUT_SANITIZERS := faults faults-ingest install same
check-sanitized:
	+$(MAKE) SAN=address,undefined BUILD=$(BUILD)-san tests
	BUILD=$(abspath $(BUILD)-san) CC="$(CC)" UBSAN_OPTIONS=print_stacktrace=1 TEST_TIMEOUT=1800 \
	  tests/run --scenarios $(WITHOUT_SANITIZERS:%=--without %)

# What analyzers say to the sources: gcc, clang-tidy, cppcheck, shellcheck.
check-static: all
	tests/static/run $(BUILD)

# Every fault there can be, where check tries some; each test prints how many those were.
check-faults: tests
	FAULTS=all TEST_TIMEOUT=7200 $(TEST_RUN) --verbose faults kill power_cut

# Much of everything, where check has less.
check-load: tests
	LOAD=all TEST_TIMEOUT=3600 $(TEST_RUN) --verbose -j 1 'load-*' reload-many

# Plugin systems of the distribution, each with what it takes: some hundred megabytes of packages.
check-systems: tests
	scripts/install-deps --systems
	TEST_TIMEOUT=300 $(TEST_RUN) --systems

# Programs with and without the recorder: our own, and many of the distribution's.
check-same: all $(SAME)/same
	scripts/install-deps --same
	BUILD=$(abspath $(BUILD)) CC="$(CC)" tests/same/run

# Every program that is installed here: some 33 minutes where there are 1,300.
check-installed: all $(SAME)/same
	BUILD=$(abspath $(BUILD)) CC="$(CC)" tests/same/run installed

# All tests on each glibc, in systems of their own: root and debootstrap.
check-matrix:
	scripts/check-matrix $(SUITES)

.PHONY: check-matrix

# The recorder's tests on other processors: some hundred megabytes of packages, and ten minutes.
check-arch:
	scripts/install-deps --arch
	scripts/check-arch

-include $(UNIT_OBJECTS:.o=.d) $(THREADS_OBJECTS:.o=.d) $(BUILD)/tests/load/spool.c.d \
  $(SAME_OBJECTS:.o=.d) $(BUILD)/tests/viewer/recording.c.d

.PHONY: tests sanitizable sanitized check check-unit check-scenarios check-systems check-same check-installed \
  check-faults check-load check-arch check-sanitized check-static
.SECONDARY: $(UNIT_OBJECTS)
