/*
 * cmd.h - what plugreport's commands share: the command table, the context they run in, and the
 * parts of them that tests call with recordings made by hand.
 */
#ifndef PLUGREPORT_CMD_H
#define PLUGREPORT_CMD_H

#include "report/model/recording.h"
#include "report/options.h"
#include "report/render/render.h"
#include "report/store/store.h"

/* All commands, in the order of `plugreport --help`. */
extern const struct command commands[];
extern const size_t command_count;
const struct command *command_find(const char *name); /* NULL: there is none */

struct context {
	const struct command *command;
	const struct options *options;
	char **operands;
	size_t operand_count;
	FILE *out;
	struct render *render;
	struct store *store; /* open when the command has COMMAND_DATABASE */
};

/*
 * Make the renderer that the options ask for, on `out`.  Colour and branches go to terminals only
 * (unless --color says otherwise), colour not where NO_COLOR is set.
 */
struct render *context_render(const struct command *command, const struct options *options,
			      FILE *out);

/*
 * Take in left-over spools and open the database: the state that COMMAND_DATABASE promises.
 * Ends the program with a message (EXIT_DATABASE) when there is none.
 */
void context_open_database(struct context *context);

/* The processes that --run, --pid and --all select. */
struct process_list {
	struct process_row *rows;
	size_t count;
};
#define AUTO_PROCESSES __attribute__((cleanup(process_list_release)))
void process_list_release(struct process_list *list);

/*
 * Fetch them.  Tells about losses, and in text about processes that still run.  Ends the program
 * with a message when nothing is selected (EXIT_FOUND) or the database can't be read.
 */
void context_processes(struct context *context, struct process_list *ret);

/* Load a process image, or end the program. */
void context_load(struct context *context, const struct process_row *row, struct recording *ret);

/*
 * One line (and a JSON member "losses") for each process of which something is missing: lost
 * events, damaged spools.  Nothing where nothing is missing, but an empty JSON array.
 */
void show_losses(struct render *render, const struct process_row *rows, size_t count);

/* How a process row is called in text: "4242 (python3)".  Appended escaped. */
void add_process_name(struct strbuf *sb, const struct process_row *row);

/* Append arguments from a JSON array (process.argv) as a shell would read them, escaped. */
void add_argv(struct strbuf *sb, const char *json);

/*
 * Names near to something that was not found.  Candidates may be offered many times; each is kept
 * once.  Near: one contains the other (case aside), or few letters differ.
 */
struct nearest {
	const char *wanted; /* not owned */
	struct {
		char *name;
		size_t distance;
	} best[5];
	size_t count;
};
void nearest_init(struct nearest *near, const char *wanted);
void nearest_release(struct nearest *near);
void nearest_offer(struct nearest *near, const char *candidate); /* NULL is ignored */
/* "; did you mean 'a', 'b' or 'c'?", or nothing.  Appended escaped. */
void nearest_add_hint(const struct nearest *near, struct strbuf *sb);
/* Offer an object's SONAME and file name. */
void nearest_offer_object(struct nearest *near, const struct object *object);

/* What the commands do with one process. */
struct show {
	struct render *render;
	const struct options *options;
	const struct recording *rec;
	bool with_pid; /* several processes: tables get a column for it */
};

/* why-loaded: the explanation of one object; `same` lists other processes in which it is the same
 * (row of this process first). */
void show_why_loaded(const struct show *show, int object, const struct process_row *const *same,
		     size_t same_count);

/* why-found: the explanation of one request for a name (index of its ORIGIN_NAME search); the same
 * request came `repeats` times more in `same`'s processes. */
void show_why_found(const struct show *show, int search, const struct process_row *const *same,
		    size_t same_count, size_t repeats);

/* Entry points of the commands. */
int cmd_record(struct context *context);
int cmd_ingest(struct context *context);
int cmd_why_loaded(struct context *context);
int cmd_why_found(struct context *context);
int cmd_objects(struct context *context);
int cmd_tree(struct context *context);
int cmd_searches(struct context *context);
int cmd_calls(struct context *context);
int cmd_bindings(struct context *context);
int cmd_processes(struct context *context);
int cmd_namespaces(struct context *context);
int cmd_sql(struct context *context);
int cmd_info(struct context *context);

#endif
