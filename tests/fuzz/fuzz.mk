# Fuzzing.  make fuzz runs each target of tests/fuzz for FUZZ_SECONDS under ASan and UBSan, with
# clang's libFuzzer, beginning with the corpus and generated seeds; what it finds anew stays in
# $(FUZZ_BUILD)/found.  tests/run gives the corpus to the same targets, built with $(CC) and replay.c.

FUZZ_TARGETS := spool elf database suppressions
FUZZ_SECONDS ?= 60
FUZZ_CC      ?= clang
FUZZ_BUILD   ?= $(BUILD)-fuzz

FUZZ_COMMON  := $(addprefix $(BUILD)/tests/fuzz/,fuzz.c.o spools.c.o)
FUZZ_REPLAY  := $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz-%)
FUZZ_ENGINES := $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzzer-%)

$(BUILD)/tests/fuzz/%.c.o: tests/fuzz/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_FLAGS) $(REPORT_FLAGS) $(CFLAGS) $(SAN_FLAGS) $(DEPEND) -c $< -o $@

$(FUZZ_REPLAY): $(BUILD)/tests/fuzz-%: $(BUILD)/tests/fuzz/fuzz_%.c.o $(BUILD)/tests/fuzz/replay.c.o \
                $(FUZZ_COMMON) $(BUILD)/libplugreport.a
	$(CC) $(CFLAGS) $(SAN_FLAGS) $(LDFLAGS) $^ -o $@ $(REPORT_LIBS)

$(FUZZ_ENGINES): $(BUILD)/tests/fuzzer-%: $(BUILD)/tests/fuzz/fuzz_%.c.o $(FUZZ_COMMON) \
                 $(BUILD)/libplugreport.a
	$(CC) $(CFLAGS) -fsanitize=fuzzer,address,undefined $(LDFLAGS) $^ -o $@ $(REPORT_LIBS)

$(BUILD)/tests/fuzz-seeds: $(BUILD)/tests/fuzz/seeds.c.o $(FUZZ_COMMON) $(BUILD)/libplugreport.a
	$(CC) $(CFLAGS) $(SAN_FLAGS) $(LDFLAGS) $^ -o $@ $(REPORT_LIBS)

fuzz-engines: $(FUZZ_ENGINES)

# Clang has other warnings than gcc, which is what the code is held to.
fuzz: $(BUILD)/tests/fuzz-seeds
	+$(MAKE) CC=$(FUZZ_CC) SAN=fuzzer-no-link,address,undefined BUILD=$(FUZZ_BUILD) \
	  CFLAGS="-O1 -g -Wno-string-concatenation" WERROR= fuzz-engines
	tests/fuzz/run $(FUZZ_BUILD) $(BUILD)/tests/fuzz-seeds $(FUZZ_SECONDS) $(FUZZ_TARGETS)

tests: $(FUZZ_REPLAY) $(BUILD)/tests/fuzz-seeds
sanitizable: $(FUZZ_REPLAY)

-include $(wildcard $(BUILD)/tests/fuzz/*.d)

.PHONY: fuzz fuzz-engines
