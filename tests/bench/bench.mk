# The benchmark.  make bench BENCH_FLAGS="--quick --strict", see scripts/bench --help.

BENCH_SOURCES := $(addprefix tests/bench/,bench.c measure.c output.c spool_facts.c)
BENCH_OBJECTS := $(BENCH_SOURCES:%=$(BUILD)/%.o) $(BUILD)/tests/bench/generate.c.o
BENCH_LIBS    := -ljansson -lsmartcols -lsqlite3 -lm

$(BENCH_OBJECTS): $(BUILD)/tests/bench/%.o: tests/bench/%
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(CFLAGS) $(DEPEND) -c $< -o $@

$(BUILD)/bench/bench: $(BENCH_SOURCES:%=$(BUILD)/%.o)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(BENCH_LIBS)

$(BUILD)/bench/generate: $(BUILD)/tests/bench/generate.c.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@

bench-programs: $(BUILD)/bench/bench $(BUILD)/bench/generate

bench: all bench-programs
	BUILD=$(abspath $(BUILD)) CC="$(CC)" scripts/bench $(BENCH_FLAGS)

-include $(BENCH_OBJECTS:.o=.d)

.PHONY: bench bench-programs
