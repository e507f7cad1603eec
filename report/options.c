#include "report/options.h"

#include <errno.h>

#include "report/cmd.h"

static const char *const color_choices[] = {"auto", "always", "never", NULL};

const struct option_entry global_options[] = {
	OPTION('d', "db", "FILE", OPTION_STRING, db,
	       "the database (default: $PLUGAUDIT_DB, or plugaudit.db)"),
	OPTION(0, "run", "N", OPTION_NUMBER, run, "run number N (default: the newest)"),
	OPTION(0, "pid", "N", OPTION_NUMBER, pid, "only the process with this pid"),
	OPTION(0, "exe", "NAME", OPTION_STRING, exe,
	       "only processes of this program (name, path, glob)"),
	OPTION(0, "all", NULL, OPTION_FLAG, all, "leave nothing out: all runs, frames, paths"),
	OPTION(0, "json", NULL, OPTION_FLAG, json, "answer in JSON"),
	OPTION(0, "no-demangle", NULL, OPTION_FLAG, no_demangle,
	       "print symbols as the linker knows them"),
	OPTION_CHOOSE("color", "WHEN", color_choices, color,
		      "auto (default: on a terminal), always or never"),
	OPTION('h', "help", NULL, OPTION_FLAG, help, "this text"),
	OPTION(0, "version", NULL, OPTION_FLAG, version, "the version of plugreport"),
};
const size_t global_option_count = ARRAY_SIZE(global_options);

bool option_applies(const struct command *command, const struct option_entry *option)
{
	static const struct {
		size_t offset;
		unsigned int without; /* flags of commands that don't have it */
	} some[] = {
		{offsetof(struct options, run), COMMAND_NO_ANSWER | COMMAND_NO_RUN},
		{offsetof(struct options, pid), COMMAND_NO_ANSWER | COMMAND_NO_RUN},
		{offsetof(struct options, exe), COMMAND_NO_ANSWER | COMMAND_NO_EXE},
		{offsetof(struct options, all), COMMAND_NO_ANSWER | COMMAND_NO_ALL},
		{offsetof(struct options, json), COMMAND_NO_ANSWER},
		{offsetof(struct options, no_demangle), COMMAND_NO_ANSWER | COMMAND_NO_NAMES},
		{offsetof(struct options, color), COMMAND_NO_ANSWER},
		{offsetof(struct options, db), COMMAND_NO_DB},
	};

	for (size_t i = 0; command && i < ARRAY_SIZE(some); i++)
		if (some[i].offset == option->offset && command->flags & some[i].without)
			return false;
	return true;
}

void invocation_release(struct invocation *invocation)
{
	free(invocation->operands);
	invocation->operands = NULL;
	invocation->operand_count = invocation->operand_room = 0;
	free(invocation->options.rules.words);
	free(invocation->options.ignored.words);
	invocation->options.rules = invocation->options.ignored = (struct word_list){0};
}

static const struct option_entry *find_in(const struct option_entry *options, size_t count,
					  const char *name, size_t length, char letter)
{
	for (size_t i = 0; i < count; i++) {
		if (name ? strlen(options[i].name) == length &&
				    memcmp(options[i].name, name, length) == 0
			 : options[i].letter && options[i].letter == letter)
			return &options[i];
	}
	return NULL;
}

static const struct option_entry *find_option(const struct command *command, const char *name,
					      size_t length, char letter)
{
	const struct option_entry *found = NULL;

	if (command)
		found = find_in(command->options, command->option_count, name, length, letter);
	if (!found)
		found = find_in(global_options, global_option_count, name, length, letter);
	return found;
}

static void *field_of(struct options *options, const struct option_entry *option)
{
	return (char *)options + option->offset;
}

static bool set_number(struct options *options, const struct option_entry *option,
		       const char *value, struct strbuf *ret_error)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(value, &end, 10);
	if (errno || *end || end == value || number <= 0) {
		strbuf_addf(ret_error, "--%s: '%s' is not a positive number", option->name, value);
		return false;
	}
	*(int64_t *)field_of(options, option) = number;
	return true;
}

static bool set_choice(struct options *options, const struct option_entry *option,
		       const char *value, struct strbuf *ret_error)
{
	for (int i = 0; option->choices[i]; i++) {
		if (strcmp(option->choices[i], value) == 0) {
			*(int *)field_of(options, option) = i;
			return true;
		}
	}
	strbuf_addf(ret_error, "--%s: '%s' is none of ", option->name, value);
	for (int i = 0; option->choices[i]; i++)
		strbuf_addf(ret_error, "%s%s", i ? ", " : "", option->choices[i]);
	return false;
}

/* Store an option's value; `value` is "" for flags. */
static bool set_option(struct options *options, const struct option_entry *option,
		       const char *value, struct strbuf *ret_error)
{
	struct word_list *list;

	if ((option->kind == OPTION_STRING || option->kind == OPTION_LIST) && !*value) {
		strbuf_addf(ret_error, "--%s: needs a value that is not empty", option->name);
		return false;
	}
	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)field_of(options, option) = true;
		return true;
	case OPTION_STRING:
		*(const char **)field_of(options, option) = value;
		return true;
	case OPTION_LIST:
		list = field_of(options, option);
		*GROW(list->words, list->count, list->room) = value;
		return true;
	case OPTION_NUMBER:
		return set_number(options, option, value, ret_error);
	case OPTION_CHOICE:
		return set_choice(options, option, value, ret_error);
	}
	return false;
}

static void unknown_option(const struct command *command, const char *text, size_t length,
			   struct strbuf *ret_error)
{
	struct nearest near;
	AUTO_FREE char *name = xstrndup(text, length);

	nearest_init(&near, name);
	for (size_t i = 0; command && i < command->option_count; i++)
		nearest_offer(&near, command->options[i].name);
	for (size_t i = 0; i < global_option_count; i++)
		nearest_offer(&near, global_options[i].name);
	for (size_t i = 0; i < near.count; i++) {
		AUTO_FREE char *bare = near.best[i].name;

		near.best[i].name = xasprintf("--%s", bare);
	}
	strbuf_addf(ret_error, "unknown option '--%s'", name);
	if (near.count)
		nearest_add_hint(&near, ret_error);
	else if (command)
		strbuf_addf(ret_error, "; see 'plugreport %s --help'", command->name);
	else
		strbuf_addstr(ret_error, "; see 'plugreport --help'");
	nearest_release(&near);
}

struct parser {
	int argc, at;
	char **argv;
	struct invocation *ret;
	struct strbuf *error;
};

/* The value of an option: what follows it in its word, or the next word. */
static bool take_value(struct parser *parser, const struct option_entry *option,
		       const char *attached)
{
	if (option->kind == OPTION_FLAG && attached) {
		strbuf_addf(parser->error, "--%s takes no value", option->name);
		return false;
	}
	if (option->kind != OPTION_FLAG && !attached) {
		if (parser->at >= parser->argc) {
			strbuf_addf(parser->error, "--%s needs a value: %s", option->name,
				    option->argument);
			return false;
		}
		attached = parser->argv[parser->at++];
	}
	return set_option(&parser->ret->options, option, attached ? attached : "", parser->error);
}

static bool parse_long(struct parser *parser, const char *text)
{
	struct invocation *ret = parser->ret;
	size_t length = strcspn(text, "=");
	const struct option_entry *option = find_option(ret->command, text, length, 0);

	if (option)
		return take_value(parser, option, text[length] ? text + length + 1 : NULL);
	if (strcmp(text, "list-commands") == 0)
		ret->request = REQUEST_LIST_COMMANDS;
	else if (strcmp(text, "list-options") == 0)
		ret->request = REQUEST_LIST_OPTIONS;
	else {
		unknown_option(ret->command, text, length, parser->error);
		return false;
	}
	return true;
}

static bool parse_short(struct parser *parser, const char *letters)
{
	for (; *letters; letters++) {
		const struct option_entry *option =
			find_option(parser->ret->command, NULL, 0, *letters);

		if (!option) {
			strbuf_addf(parser->error, "unknown option '-%c'; see 'plugreport --help'",
				    *letters);
			return false;
		}
		if (option->kind != OPTION_FLAG)
			return take_value(parser, option, letters[1] ? letters + 1 : NULL);
		if (!take_value(parser, option, NULL))
			return false;
	}
	return true;
}

static bool parse_operand(struct parser *parser, char *word)
{
	struct invocation *ret = parser->ret;

	if (ret->command) {
		*GROW(ret->operands, ret->operand_count, ret->operand_room) = word;
		return true;
	}
	ret->command = command_find(word);
	if (!ret->command) {
		struct nearest near;

		nearest_init(&near, word);
		for (size_t i = 0; i < command_count; i++)
			nearest_offer(&near, commands[i].name);
		strbuf_addf(parser->error, "unknown command '%s'", word);
		if (near.count)
			nearest_add_hint(&near, parser->error);
		else
			strbuf_addstr(parser->error, "; see 'plugreport --help'");
		nearest_release(&near);
	}
	return ret->command != NULL;
}

static bool is_given(const struct options *options, const struct option_entry *option)
{
	const void *value = (const char *)options + option->offset;

	switch (option->kind) {
	case OPTION_FLAG:
		return *(const bool *)value;
	case OPTION_STRING:
		return *(const char *const *)value != NULL;
	case OPTION_LIST:
		return ((const struct word_list *)value)->count > 0;
	case OPTION_NUMBER:
		return *(const int64_t *)value != 0;
	case OPTION_CHOICE:
		return *(const int *)value != 0;
	}
	return false;
}

/* Global options may stand before the command, so that this is only known at the end. */
static bool check_options(const struct invocation *ret, struct strbuf *error)
{
	for (size_t i = 0; i < global_option_count; i++) {
		const struct option_entry *option = &global_options[i];

		if (option_applies(ret->command, option) || !is_given(&ret->options, option) ||
		    option->offset == offsetof(struct options, db))
			continue;
		strbuf_addf(error, "%s: has no --%s; see 'plugreport %s --help'",
			    ret->command->name, option->name, ret->command->name);
		return false;
	}
	return true;
}

static bool check_operands(const struct invocation *ret, struct strbuf *error)
{
	const struct command *command = ret->command;

	if (ret->operand_count < command->least)
		strbuf_addf(error, "%s: something is missing; usage: plugreport %s %s",
			    command->name, command->name, command->operands);
	else if (ret->operand_count > command->most)
		strbuf_addf(error, "%s: '%s' is one operand too many; usage: plugreport %s%s%s",
			    command->name, ret->operands[command->most], command->name,
			    *command->operands ? " " : "", command->operands);
	else
		return true;
	return false;
}

static bool parse_words(struct parser *parser)
{
	struct invocation *ret = parser->ret;
	bool options_ended = false;

	while (parser->at < parser->argc) {
		char *word = parser->argv[parser->at++];
		bool ok;

		if (options_ended || word[0] != '-' || !word[1]) {
			ok = parse_operand(parser, word);
			if (ret->operand_count && (ret->command->flags & COMMAND_PASSES_ON))
				options_ended = true;
		} else if (strcmp(word, "--") == 0) {
			ok = options_ended = true;
		} else if (word[1] == '-') {
			ok = parse_long(parser, word + 2);
		} else {
			ok = parse_short(parser, word + 1);
		}
		if (!ok)
			return false;
	}
	return true;
}

bool options_parse(int argc, char **argv, const char *db_default, struct invocation *ret,
		   struct strbuf *ret_error)
{
	struct parser parser = {
		.argc = argc, .at = 1, .argv = argv, .ret = ret, .error = ret_error};

	*ret = (struct invocation){.request = REQUEST_RUN};
	if (!parse_words(&parser))
		return false;
	ret->options.db_given = ret->options.db != NULL;
	if (!ret->options.db)
		ret->options.db = db_default && *db_default ? db_default : "plugaudit.db";
	if (ret->request != REQUEST_RUN)
		return true;
	if (ret->options.help || ret->options.version) {
		ret->request = ret->options.help ? REQUEST_HELP : REQUEST_VERSION;
		return true;
	}
	if (!ret->command) {
		strbuf_addstr(ret_error, "which command? see 'plugreport --help'");
		return false;
	}
	return check_options(ret, ret_error) && check_operands(ret, ret_error);
}
