/*
 * options.h - the command line: option tables, parsing, help, suggestions.
 *
 *     plugreport [GLOBAL OPTIONS] COMMAND [OPTIONS] [OPERANDS]
 *
 * Global options may stand before or after the command.  Options and operands may be mixed, except
 * where the operands are somebody else's command line (COMMAND_PASSES_ON).  "--" ends the options.
 * The tables drive parsing, --help, shell completion and the test of the man page.
 */
#ifndef PLUGREPORT_OPTIONS_H
#define PLUGREPORT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/util.h"

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum object_sort { SORT_OPENED, SORT_PATH, SORT_SONAME, SORT_NAMESPACE, SORT_REASON };

/* The values of an option that may be given several times. */
struct word_list {
	const char **words;
	size_t count, room;
};

/* All options' values; strings belong to argv. */
struct options {
	/* global */
	const char *db;  /* never NULL after options_parse(): --db, $PLUGAUDIT_DB, ./plugaudit.db */
	bool db_given;   /* --db was given */
	int64_t run;     /* 0: the newest */
	int64_t pid;     /* 0: all */
	const char *exe; /* glob for the executable; NULL: all */
	bool all;
	bool json;
	bool no_demangle;
	int color; /* enum color_when */
	bool help, version;
	/* of single commands */
	const char *output;
	bool quiet;
	bool no_ingest;
	bool live;
	int sort; /* enum object_sort */
	const char *name;
	bool missing;
	bool unbound;
	bool stack;
	const char *from, *to, *symbol;
	int kind;                        /* 0: any; else index into the choices of --kind */
	struct word_list rules, ignored; /* slugs, groups or globs */
	int64_t at;                      /* seq; 0: the end */
	const char *suppressions;        /* file, or NULL */
	int fail_on;                     /* enum fail_on */
	bool sarif;
	bool man;
	int format, table;    /* of export: indexes into the choices */
	int64_t run_a, run_b; /* 0: the newest */
	bool ignore_order, ignore_paths, ignore_builds;
	bool ignore_environment, ignore_bindings, ignore_findings;
	bool open, diff;
};

enum fail_on { FAIL_ON_ERROR, FAIL_ON_WARNING, FAIL_ON_NOTE, FAIL_ON_NEVER };

enum option_kind { OPTION_FLAG, OPTION_STRING, OPTION_LIST, OPTION_NUMBER, OPTION_CHOICE };

struct option_entry {
	char letter; /* 0: none */
	const char *name;
	const char *argument; /* how help calls it; NULL for flags */
	enum option_kind kind;
	size_t offset; /* of the value in struct options: bool, const char *, struct word_list,
			  int64_t, int */
	const char *help;
	const char *const *choices; /* OPTION_CHOICE: the words, ended by NULL; value: the index */
};

#define OPTION(letter, name, argument, kind, field, help)                                 \
	{                                                                                 \
		letter, name, argument, kind, offsetof(struct options, field), help, NULL \
	}
#define OPTION_CHOOSE(name, argument, choices, field, help)                                      \
	{                                                                                        \
		0, name, argument, OPTION_CHOICE, offsetof(struct options, field), help, choices \
	}

struct context;

/* Command flags. */
#define COMMAND_DATABASE  1u /* needs a database: spools are taken in and it is opened before */
#define COMMAND_PASSES_ON 2u /* options end at the first operand */
#define COMMAND_NO_ANSWER 4u /* asks nothing: has no options about recordings and answers */
#define COMMAND_ALL_RUNS  8u /* is about all runs unless told otherwise */
/* Options of all commands that this one has no use for: --run and --pid, --exe, --all,
 * --no-demangle, --db (which is taken all the same: it may come from an alias). */
#define COMMAND_NO_RUN   16u
#define COMMAND_NO_EXE   32u
#define COMMAND_NO_ALL   64u
#define COMMAND_NO_NAMES 128u
#define COMMAND_NO_DB    256u
#define COMMAND_PLAIN    (COMMAND_NO_RUN | COMMAND_NO_EXE | COMMAND_NO_ALL | COMMAND_NO_NAMES)

struct command {
	const char *name;
	const char *operands; /* for help: "LIB"; "" none */
	size_t least, most;   /* number of operands */
	unsigned int flags;
	const char *summary;     /* a line for the list of commands */
	const char *description; /* what `plugreport COMMAND --help` says below; lines end in \n */
	const struct option_entry *options;
	size_t option_count;
	int (*run)(struct context *context); /* returns the exit status */
};

/* The options of all commands. */
extern const struct option_entry global_options[];
extern const size_t global_option_count;
/* Can this command use that one of them?  `command` NULL: any. */
bool option_applies(const struct command *command, const struct option_entry *option);

enum request {
	REQUEST_RUN,           /* run `command` */
	REQUEST_HELP,          /* --help: of `command`, or of plugreport when that is NULL */
	REQUEST_VERSION,       /* --version */
	REQUEST_LIST_COMMANDS, /* --list-commands: names for completion, one a line */
	REQUEST_LIST_OPTIONS,  /* --list-options [COMMAND]: the same for options */
};

struct invocation {
	enum request request;
	const struct command *command;
	struct options options;
	char **operands; /* point into argv; the array is owned */
	size_t operand_count, operand_room;
};

/*
 * Parse a command line.  `db_default` is the value of $PLUGAUDIT_DB or NULL.  True on success; else
 * ret_error has a message (what: why; hint, without "plugreport: ") for EXIT_USAGE.
 * Release `ret` with invocation_release() in both cases.
 */
bool options_parse(int argc, char **argv, const char *db_default, struct invocation *ret,
		   struct strbuf *ret_error);
void invocation_release(struct invocation *invocation);

/* The help texts. */
void options_help(FILE *out);
void options_help_command(FILE *out, const struct command *command);
void options_list_commands(FILE *out);
/* `command` NULL: the global ones. */
void options_list(FILE *out, const struct command *command);

#endif
