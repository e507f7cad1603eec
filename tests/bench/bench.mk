# The benchmark.  make bench BENCH_FLAGS="--quick --strict", see scripts/bench --help and
# scripts/bench-questions --help.

BENCH_SOURCES := $(addprefix tests/bench/,bench.c measure.c output.c spool_facts.c)
BENCH_OBJECTS := $(BENCH_SOURCES:%=$(BUILD)/%.o) $(BUILD)/tests/bench/generate.c.o \
                 $(BUILD)/tests/bench/questions.c.o
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

$(BUILD)/bench/questions: $(addprefix $(BUILD)/tests/bench/,questions.c.o measure.c.o output.c.o spool_facts.c.o)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(BENCH_LIBS)

bench-programs: $(BUILD)/bench/bench $(BUILD)/bench/generate $(BUILD)/bench/questions

bench: all bench-programs
	BUILD=$(abspath $(BUILD)) CC="$(CC)" scripts/bench $(BENCH_FLAGS)
	BUILD=$(abspath $(BUILD)) CC="$(CC)" scripts/bench-questions $(BENCH_FLAGS)

bench-viewer: all $(VIEWER_RECORDING)
	rm -f $(BUILD)/bench/large.db
	@mkdir -p $(BUILD)/bench
	$(VIEWER_RECORDING) $(BUILD)/bench/large.db 600 250000
	node web-viewer/test/measure.js $(BUILD)/plugreport $(BUILD)/bench/large.db

-include $(BENCH_OBJECTS:.o=.d)

.PHONY: bench bench-programs bench-viewer
