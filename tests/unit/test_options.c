/* The command line: parsing, suggestions, help; and that the man page names all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "report/cmd.h"

/* Parse the words of `line`, which single blanks separate. */
struct parsed {
	char *words;
	char *argv[20];
	struct invocation got;
	struct strbuf error;
	bool ok;
};

static void parse_with(struct parsed *parsed, const char *line, const char *db_default)
{
	int argc = 0;

	parsed->words = xstrdup(line);
	for (char *word = strtok(parsed->words, " "); word; word = strtok(NULL, " "))
		parsed->argv[argc++] = word;
	parsed->argv[argc] = NULL;
	strbuf_init(&parsed->error);
	parsed->ok = options_parse(argc, parsed->argv, db_default, &parsed->got, &parsed->error);
}

static void parse(struct parsed *parsed, const char *line)
{
	parse_with(parsed, line, NULL);
	if (!parsed->ok)
		print_message("%s\n", parsed->error.s);
	assert_true(parsed->ok);
	assert_int_equal(parsed->error.length, 0);
}

static void release(struct parsed *parsed)
{
	invocation_release(&parsed->got);
	strbuf_release(&parsed->error);
	free(parsed->words);
}

static void assert_error(const char *line, const char *message)
{
	struct parsed parsed;

	parse_with(&parsed, line, NULL);
	assert_false(parsed.ok);
	assert_string_equal(parsed.error.s, message);
	release(&parsed);
}

static void global_options_stand_anywhere(void **state)
{
	static const char *const lines[] = {
		"plugreport -d x.db --pid 7 --json objects liba",
		"plugreport objects -dx.db --pid=7 liba --json",
		"plugreport --json objects liba --db=x.db --pid 7",
		"plugreport --json --db x.db objects --pid 7 -- liba",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct parsed parsed;

		parse(&parsed, lines[i]);
		assert_string_equal(parsed.got.command->name, "objects");
		assert_string_equal(parsed.got.options.db, "x.db");
		assert_true(parsed.got.options.db_given);
		assert_int_equal(parsed.got.options.pid, 7);
		assert_true(parsed.got.options.json);
		assert_false(parsed.got.options.all);
		assert_int_equal(parsed.got.operand_count, 1);
		assert_string_equal(parsed.got.operands[0], "liba");
		release(&parsed);
	}
}

static void database_has_a_default(void **state)
{
	struct parsed parsed;

	(void)state;
	parse_with(&parsed, "plugreport tree", "/e/x.db");
	assert_string_equal(parsed.got.options.db, "/e/x.db");
	assert_false(parsed.got.options.db_given);
	release(&parsed);
	parse_with(&parsed, "plugreport tree", "");
	assert_string_equal(parsed.got.options.db, "plugaudit.db");
	release(&parsed);
	parse_with(&parsed, "plugreport tree -d y", "/e/x.db");
	assert_string_equal(parsed.got.options.db, "y");
	release(&parsed);
}

static void record_passes_on_what_follows(void **state)
{
	static const char *const lines[] = {
		"plugreport record -q -o x.db -- ls --json -d --help",
		"plugreport record -qo x.db ls --json -d --help",
		"plugreport record --output=x.db --quiet ls --json -d --help",
	};
	struct parsed parsed;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		parse(&parsed, lines[i]);
		assert_int_equal(parsed.got.request, REQUEST_RUN);
		assert_string_equal(parsed.got.options.output, "x.db");
		assert_true(parsed.got.options.quiet);
		assert_false(parsed.got.options.json);
		assert_int_equal(parsed.got.operand_count, 4);
		assert_string_equal(parsed.got.operands[1], "--json");
		assert_string_equal(parsed.got.operands[3], "--help");
		release(&parsed);
	}
	parse(&parsed, "plugreport record ls -- x");
	assert_int_equal(parsed.got.operand_count, 3);
	assert_string_equal(parsed.got.operands[1], "--");
	release(&parsed);
}

static void choices_are_indexes(void **state)
{
	struct parsed parsed;

	(void)state;
	parse(&parsed, "plugreport objects --sort=soname --color never");
	assert_int_equal(parsed.got.options.sort, SORT_SONAME);
	assert_int_equal(parsed.got.options.color, COLOR_NEVER);
	release(&parsed);
	parse(&parsed, "plugreport objects");
	assert_int_equal(parsed.got.options.sort, SORT_OPENED);
	assert_int_equal(parsed.got.options.color, COLOR_AUTO);
	release(&parsed);
}

static void help_and_version_are_requests(void **state)
{
	static const struct {
		const char *line;
		enum request request;
		const char *command;
	} cases[] = {
		{"plugreport --help", REQUEST_HELP, NULL},
		{"plugreport -h", REQUEST_HELP, NULL},
		{"plugreport why-loaded --help", REQUEST_HELP, "why-loaded"},
		{"plugreport --help sql", REQUEST_HELP, "sql"},
		{"plugreport --version", REQUEST_VERSION, NULL},
		{"plugreport tree --version", REQUEST_VERSION, "tree"},
		{"plugreport --list-commands", REQUEST_LIST_COMMANDS, NULL},
		{"plugreport --list-options calls", REQUEST_LIST_OPTIONS, "calls"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed;

		parse(&parsed, cases[i].line);
		assert_int_equal(parsed.got.request, cases[i].request);
		if (cases[i].command)
			assert_string_equal(parsed.got.command->name, cases[i].command);
		else
			assert_null(parsed.got.command);
		release(&parsed);
	}
}

static void mistakes_are_explained(void **state)
{
	(void)state;
	assert_error("plugreport", "which command? see 'plugreport --help'");
	assert_error("plugreport why-laoded x",
		     "unknown command 'why-laoded'; did you mean 'why-loaded'?");
	assert_error("plugreport found", "unknown command 'found'; did you mean 'why-found'?");
	assert_error("plugreport zzz", "unknown command 'zzz'; see 'plugreport --help'");
	assert_error("plugreport calls --stak", "unknown option '--stak'; did you mean '--stack'?");
	assert_error("plugreport calls --jsno=3",
		     "unknown option '--jsno'; did you mean '--json'?");
	assert_error("plugreport calls --zzzzzz",
		     "unknown option '--zzzzzz'; see 'plugreport calls --help'");
	assert_error("plugreport tree -z", "unknown option '-z'; see 'plugreport --help'");
	assert_error("plugreport tree --stack",
		     "unknown option '--stack'; see 'plugreport tree --help'");
	assert_error("plugreport tree --db", "--db needs a value: FILE");
	assert_error("plugreport tree -d", "--db needs a value: FILE");
	assert_error("plugreport tree --db=", "--db: needs a value that is not empty");
	assert_error("plugreport tree --json=yes", "--json takes no value");
	assert_error("plugreport tree --color=red",
		     "--color: 'red' is none of auto, always, never");
	assert_error("plugreport why-loaded",
		     "why-loaded: something is missing; usage: plugreport why-loaded LIB");
	assert_error("plugreport why-loaded a b", "why-loaded: 'b' is one operand too many; usage: "
						  "plugreport why-loaded LIB");
	assert_error("plugreport tree x",
		     "tree: 'x' is one operand too many; usage: plugreport tree");
	assert_error("plugreport record --json ls",
		     "record: has no --json; see 'plugreport record --help'");
	assert_error("plugreport --run 2 record -- ls",
		     "record: has no --run; see 'plugreport record --help'");
	assert_error("plugreport record --pid=2 -- ls",
		     "record: has no --pid; see 'plugreport record --help'");
	assert_error("plugreport record --all -- ls",
		     "record: has no --all; see 'plugreport record --help'");
	assert_error("plugreport record --no-demangle -- ls",
		     "record: has no --no-demangle; see 'plugreport record --help'");
}

static void numbers_are_checked(void **state)
{
	static const char *const wrong[] = {
		"0", "-1", "x", "1x", "1.5", " ", "99999999999999999999"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		AUTO_FREE char *option = xasprintf("--run=%s", wrong[i]);
		char *argv[] = {(char *)"plugreport", (char *)"tree", option, NULL};
		AUTO_STRBUF struct strbuf error = STRBUF_INIT;
		struct invocation got;

		assert_false(options_parse(3, argv, NULL, &got, &error));
		assert_non_null(strstr(error.s, "is not a positive number"));
		invocation_release(&got);
	}
}

static void suggestions_are_near(void **state)
{
	struct nearest near;
	AUTO_STRBUF struct strbuf hint = STRBUF_INIT;

	(void)state;
	nearest_init(&near, "libsll.so.3");
	nearest_offer(&near, "libc.so.6");
	nearest_offer(&near, "libssl.so.3");
	nearest_offer(&near, "libssl.so.3");
	nearest_offer(&near, NULL);
	nearest_offer(&near, "");
	nearest_offer(&near, "completely-different.so");
	nearest_offer(&near, "libSSL.so.3\n");
	nearest_add_hint(&near, &hint);
	assert_string_equal(hint.s, "; did you mean 'libssl.so.3' or 'libSSL.so.3\\n'?");
	nearest_release(&near);
	strbuf_reset(&hint);

	nearest_init(&near, "libsll");
	nearest_offer(&near, "libssl.so.3");
	nearest_offer(&near, "libc.so.6");
	assert_int_equal(near.count, 1);
	nearest_release(&near);

	nearest_init(&near, "SSL");
	for (int i = 0; i < 9; i++) {
		AUTO_FREE char *name = xasprintf("libssl.so.%d", i);

		nearest_offer(&near, name);
	}
	assert_int_equal(near.count, 5);
	assert_string_equal(near.best[0].name, "libssl.so.0");
	nearest_release(&near);

	nearest_init(&near, "");
	nearest_offer(&near, "libssl.so.3");
	assert_int_equal(near.count, 0);
	nearest_add_hint(&near, &hint);
	assert_string_equal(hint.s, "");
	nearest_release(&near);
}

static void longest_names_are_compared_safely(void **state)
{
	char name[300];
	struct nearest near;

	(void)state;
	for (size_t length = 60; length < 70; length++) {
		memset(name, 'x', length);
		name[length] = '\0';
		nearest_init(&near, name);
		nearest_offer(&near,
			      "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy");
		assert_int_equal(near.count, 0);
		nearest_release(&near);
	}
}

/* A file of the sources: below $TOP, or where the test was started. */
static char *read_file(const char *name)
{
	const char *top = getenv("TOP");
	AUTO_FREE char *path = xasprintf("%s/%s", top ? top : ".", name);
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;
	AUTO_FCLOSE FILE *file = fopen(path, "r");
	char buffer[4096];
	size_t got;

	if (!file)
		fail_msg("%s can't be read: run the tests from the top directory", path);
	while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0)
		strbuf_add(&sb, buffer, got);
	return strbuf_detach(&sb);
}

/* A man page without its markup: no font changes, "\\-" is "-". */
static char *read_man_page(const char *path)
{
	char *page = read_file(path), *to = page;

	for (const char *p = page; *p; p++) {
		if (p[0] == '\\' && p[1] == 'f' && p[2])
			p += 2;
		else if (p[0] != '\\')
			*to++ = *p;
	}
	*to = '\0';
	return page;
}

static void assert_named(const char *page, const struct option_entry *option)
{
	AUTO_FREE char *text = xasprintf("--%s%s%s", option->name, option->argument ? "=" : "\n",
					 option->argument ? option->argument : "");

	if (!strstr(page, text))
		fail_msg("the man page does not document %s", text);
	if (option->letter) {
		AUTO_FREE char *both = xasprintf("\n-%c, %s", option->letter, text);

		if (!strstr(page, both))
			fail_msg("the man page does not document -%c", option->letter);
	}
}

static void man_page_names_everything(void **state)
{
	AUTO_FREE char *page = read_man_page("report/plugreport.1");

	(void)state;
	for (size_t i = 0; i < global_option_count; i++)
		assert_named(page, &global_options[i]);
	for (size_t i = 0; i < command_count; i++) {
		const struct command *command = &commands[i];
		AUTO_FREE char *in_synopsis = xasprintf("\nplugreport %s", command->name);
		AUTO_FREE char *alone = xasprintf("\n.TP\n.B %s\n", command->name);
		AUTO_FREE char *with_operands = xasprintf("\n.TP\n%s ", command->name);

		if (!strstr(page, in_synopsis))
			fail_msg("the man page's synopsis lacks %s", command->name);
		if (!strstr(page, *command->operands ? with_operands : alone))
			fail_msg("the man page does not describe %s", command->name);
		for (size_t j = 0; j < command->option_count; j++)
			assert_named(page, &command->options[j]);
	}
}

/* Words of choices stand in the completion, options that take values are known to it. */
static void completion_knows_values(void **state)
{
	AUTO_FREE char *script = read_file("scripts/plugreport.bash-completion");

	(void)state;
	for (size_t i = 0; i <= command_count; i++) {
		const struct option_entry *options =
			i < command_count ? commands[i].options : global_options;
		size_t count = i < command_count ? commands[i].option_count : global_option_count;

		for (size_t j = 0; j < count; j++) {
			AUTO_FREE char *name = xasprintf("--%s", options[j].name);

			if (options[j].argument && !strstr(script, name))
				fail_msg("completion does not know that %s takes a value", name);
			for (size_t k = 0; options[j].choices && options[j].choices[k]; k++)
				if (!strstr(script, options[j].choices[k]))
					fail_msg("completion lacks %s of %s", options[j].choices[k],
						 name);
		}
	}
}

static char *printed(void (*print)(FILE *out, const struct command *command),
		     const struct command *command)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	print(out, command);
	fclose(out);
	return text;
}

static void help_names_all_options_in_80_columns(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_count; i++) {
		AUTO_FREE char *help = printed(options_help_command, &commands[i]);
		AUTO_FREE char *list = printed(options_list, &commands[i]);

		assert_non_null(strstr(help, commands[i].name));
		for (size_t j = 0; j < commands[i].option_count; j++) {
			AUTO_FREE char *name = xasprintf("--%s", commands[i].options[j].name);

			assert_non_null(strstr(help, name));
			assert_non_null(strstr(list, name));
		}
		for (char *line = strtok(help, "\n"); line; line = strtok(NULL, "\n"))
			if (strlen(line) > 80)
				fail_msg("help of %s is too wide: %s", commands[i].name, line);
	}
}

static void help_offers_what_is_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_count; i++) {
		AUTO_FREE char *help = printed(options_help_command, &commands[i]);
		AUTO_FREE char *list = printed(options_list, &commands[i]);
		bool record = strcmp(commands[i].name, "record") == 0;

		assert_int_equal(strstr(help, "--json") == NULL, record);
		assert_int_equal(strstr(list, "--json") == NULL, record);
		assert_int_equal(strstr(help, "--run=N") == NULL,
				 record || commands[i].flags & COMMAND_NO_RUN);
		assert_int_equal(strstr(help, "--exe") == NULL,
				 record || commands[i].flags & COMMAND_NO_EXE);
		assert_int_equal(strstr(help, "--all ") == NULL,
				 record || commands[i].flags & COMMAND_NO_ALL);
		assert_int_equal(strstr(help, "--no-demangle") == NULL,
				 record || commands[i].flags & COMMAND_NO_NAMES);
		assert_int_equal(strstr(help, "--db=FILE") == NULL,
				 (commands[i].flags & COMMAND_NO_DB) != 0);
		if (commands[i].flags & COMMAND_ALL_RUNS)
			assert_non_null(strstr(help, "--run=N        run number N (default: all)"));
		else if (strstr(help, "--run=N"))
			assert_non_null(strstr(help, "run number N (default: the newest)"));
	}
}

/* What a command has no use for is refused, but for the database, which may come from an alias. */
static void useless_options_are_refused(void **state)
{
	static const struct {
		const char *words[4];
		bool taken;
	} lines[] = {
		{{"plugreport", "explain", "--run=1"}, false},
		{{"plugreport", "--all", "explain"}, false},
		{{"plugreport", "-dx.db", "explain"}, true},
		{{"plugreport", "ingest", "--pid=1"}, false},
		{{"plugreport", "sql", "SELECT 1", "--exe=x"}, false},
		{{"plugreport", "diff", "a", "--run=2"}, false},
		{{"plugreport", "pack", "--run=2"}, true},
		{{"plugreport", "pack", "--no-demangle"}, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		AUTO_STRBUF struct strbuf error = STRBUF_INIT;
		struct invocation invocation;
		char *words[4];
		int count = 0;

		while (count < 4 && lines[i].words[count]) {
			words[count] = (char *)lines[i].words[count];
			count++;
		}
		assert_int_equal(options_parse(count, words, NULL, &invocation, &error),
				 lines[i].taken);
		if (!lines[i].taken)
			assert_non_null(strstr(error.s, "has no --"));
		invocation_release(&invocation);
	}
}

static void no_option_hides_another(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_count; i++)
		for (size_t j = 0; j < commands[i].option_count; j++)
			for (size_t k = 0; k < global_option_count; k++) {
				const struct option_entry *own = &commands[i].options[j];

				assert_string_not_equal(own->name, global_options[k].name);
				if (own->letter)
					assert_int_not_equal(own->letter, global_options[k].letter);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(global_options_stand_anywhere),
		cmocka_unit_test(database_has_a_default),
		cmocka_unit_test(record_passes_on_what_follows),
		cmocka_unit_test(choices_are_indexes),
		cmocka_unit_test(help_and_version_are_requests),
		cmocka_unit_test(mistakes_are_explained),
		cmocka_unit_test(numbers_are_checked),
		cmocka_unit_test(suggestions_are_near),
		cmocka_unit_test(longest_names_are_compared_safely),
		cmocka_unit_test(man_page_names_everything),
		cmocka_unit_test(completion_knows_values),
		cmocka_unit_test(help_names_all_options_in_80_columns),
		cmocka_unit_test(help_offers_what_is_accepted),
		cmocka_unit_test(useless_options_are_refused),
		cmocka_unit_test(no_option_hides_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
