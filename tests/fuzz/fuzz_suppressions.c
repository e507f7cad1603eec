/*
 * The suppressions file.  Its text, parsed; and what it means to the findings of a recording, by
 * plugreport check.
 */
#include "tests/fuzz/fuzz.h"

#include "report/cmd.h"
#include "report/findings/suppressions.h"
#include "tests/fuzz/spools.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct spool_builder b;

	(void)argc;
	(void)argv;
	fuzz_enter_directory();
	fuzz_spool(&b, 1);
	sb_save(&b, "spool");
	sb_release(&b);
	if (!fuzz_ingest("db", "spool"))
		BUG("no database of the spool to begin with");
	return 0;
}

/* A message is one line, and a suppression has what it promises. */
static void check_parse(const char *text, size_t size)
{
	AUTO_STRBUF struct strbuf error = STRBUF_INIT;
	struct suppressions suppressions;
	bool parsed = suppressions_parse(text, size, &suppressions, &error);

	if (parsed != (error.length == 0))
		BUG("parsed: %d, and a message: '%s'", parsed, error.s);
	for (size_t i = 0; i < error.length; i++)
		if ((unsigned char)error.s[i] < 0x20)
			BUG("control character in the message");
	for (size_t i = 0; i < suppressions.count; i++)
		if (!suppressions.list[i].rule || !suppressions.list[i].reason)
			BUG("a suppression without rule or reason");
	suppressions_release(&suppressions);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *const json[] = {"check", "--json", "-d", "db", "--suppressions=supp", NULL};
	const char *const sarif[] = {"check", "--sarif", "-d", "db", "--suppressions=supp", NULL};
	uint64_t choice = fuzz_hash(data, size);

	check_parse((const char *)data, size);
	if (!fuzz_thorough && choice % 8)
		return 0;
	fuzz_write_file("supp", data, size);
	fuzz_question(choice & 8 ? json : sarif);
	return 0;
}
