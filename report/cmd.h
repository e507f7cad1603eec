/*
 * cmd.h - what plugreport's commands share: the command table, the context they run in, and the
 * parts of them that tests call with recordings made by hand.
 */
#ifndef PLUGREPORT_CMD_H
#define PLUGREPORT_CMD_H

#include "report/model/dlopen_failure.h"
#include "report/model/recording.h"
#include "report/model/verify.h"
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
	bool unicode; /* the user's locale has UTF-8 */
	bool foreign; /* the answer's format is not ours: nothing may stand in it but the answer */
	struct render *render;
	struct store *store; /* open when the command has COMMAND_DATABASE */
	char **remarks;      /* for standard error, once the answer is out */
	size_t remark_count, remark_room;
};

/* Like warn(), but said behind the answer: on a terminal both are in one place.  The same remark is
 * said once, however often a command comes to it. */
void context_remark(struct context *context, const char *format, ...) PRINTF_LIKE(2, 3);
/* Say them, and forget them. */
void context_say_remarks(struct context *context);

/*
 * Make the renderer that the options ask for, on context->out.  Colour and branches go to terminals
 * only (unless --color says otherwise), colour not where NO_COLOR is set.
 */
struct render *context_render(const struct context *context);

/*
 * Take in left-over spools and open the database: the state that COMMAND_DATABASE promises.
 * Ends the program with a message (EXIT_DATABASE) when there is none.
 */
void context_open_database(struct context *context);

/* The same for any database: never NULL. */
struct store *open_database(const char *path);

/* The processes that --run, --pid and --all select. */
struct process_list {
	struct process_row *rows;
	size_t count;
};
#define AUTO_PROCESSES __attribute__((cleanup(process_list_release)))
void process_list_release(struct process_list *list);
/* Keep those whose executable `exe` means: a path, a file name, or a glob. */
void process_list_keep(struct process_list *list, const char *exe);

/*
 * Fetch them, and tell what is missing from them.  Returns EXIT_OK, or what to exit with after a
 * message: EXIT_FOUND when nothing is selected.
 */
int context_processes(struct context *context, struct process_list *ret);

/* Load a process image; false after a message. */
bool context_load(struct context *context, const struct process_row *row, struct recording *ret);
#define AUTO_RECORDING __attribute__((cleanup(recording_release)))

/*
 * One line (and a JSON member "losses") for each process of which something is missing: lost
 * events, damaged spools.  Nothing where nothing is missing, but an empty JSON array.
 */
void show_losses(struct render *render, const struct process_row *rows, size_t count);

/* "process 4242 (python3) lost 12 events (no space)"; false and nothing when nothing was lost. */
bool add_loss(struct strbuf *sb, const struct process_row *row);

/* How a process row is called in text: "4242 (python3)".  Appended escaped. */
void add_process_name(struct strbuf *sb, const struct process_row *row);

/* How a process ended, as people say it: "exit status 3", "still runs". */
void add_process_end(struct strbuf *sb, const struct process_row *row);

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
	const struct process_row *row;
	struct store *store; /* where the recording is from */
	bool *ret_failed;    /* to be set when that failed, after a message */
	void *data;          /* of the answer_walk that shows */
	/* The recording's scopes at the end, with bindings, for who asks about many objects; NULL:
	 * who needs them loads them, see scopes_at_end(). */
	struct scopes *ended;
	/* Its bindings in memory, likewise; see each_binding_of(). */
	const struct kept_bindings *bindings;
};

/* Load the processes one by one and call `each`, until it returns false.  False then, and after a
 * message. */
bool for_each_recording(struct context *context, const struct process_list *list,
			bool (*each)(const struct show *show, void *data), void *data);

/*
 * A whole command that shows one process after the other (JSON: "processes"), and then `note`.
 * `named`: with a heading also where there is only one.  Returns the exit status.
 */
int show_processes(struct context *context, void (*each)(const struct show *show), bool named,
		   const char *note);

/* The processes that an answer is about; the first one is the recording's own. */
struct same_processes {
	const struct process_row *rows;
	const size_t *indexes; /* into rows */
	size_t count;
};
/* "process 4242 (python3) and 2 others (4243, 4250)".  `all`: however many they are. */
void add_same_processes(struct strbuf *sb, const struct same_processes *same, bool all);
/* "4243, 4250, ..." from the one at `first` on. */
void add_pids(struct strbuf *sb, const struct same_processes *same, size_t first, bool all);
/* Members of an array: call it between render_open and render_close. */
void same_processes_to_json(struct render *render, const struct same_processes *same);

/* why-loaded: the explanation of one object, which was loaded in the same way `repeats` times more.
 */
void show_why_loaded(const struct show *show, int object, const struct same_processes *same,
		     size_t repeats);
struct why_loaded;
void why_loaded_to_json(const struct show *show, const struct why_loaded *why,
			const struct same_processes *same, size_t repeats);

/* why-found: the explanation of one request (an ORIGIN_NAME search), which came `repeats` times
 * more. */
void show_why_found(const struct show *show, int request, const struct same_processes *same,
		    size_t repeats);
struct why_found;
void why_found_to_json(const struct show *show, const struct why_found *found,
		       const struct same_processes *same, size_t repeats);

/* object: all that is known of one object. */
void show_object_record(const struct show *show, int index, const struct same_processes *same,
			size_t repeats);

/*
 * Why dlopen calls failed.  The answer about one call, in their order, is valid until the next;
 * NULL: it did not fail, or that is not known (or *show->ret_failed is set, after a message).
 */
struct failures;
struct failures *failures_new(const struct show *show);
const struct dlopen_failure *failures_find(struct failures *failures, int call);
void failures_free(struct failures *failures);
/* ": " and why (add_dlopen_failure()), for a call that is asked about alone; nothing when it is not
 * known. */
void add_call_failure(struct strbuf *sb, const struct show *show, int call);
/* What came of a call, as `calls` says it: "loaded x.so", "failed: ..."; "?": not known.  In the
 * calls' order, as failures_find(). */
void add_call_result(struct strbuf *sb, const struct show *show, struct failures *failures,
		     int call);
/* For a struct file_judge: the files as they are now. */
enum file_use judge_file_on_disk(struct file_judge *judge, const char *path);
/* The member "failure"; NULL gives null. */
void failure_to_json(const struct show *show, const struct dlopen_failure *failure);

/* A binding as the model wants it; its strings are the row's. */
struct observed_binding observe_binding(const struct binding_row *row);

/* why-global: how one object came into the global scope, or why not. */
void show_why_global(const struct show *show, int object, const struct same_processes *same,
		     size_t repeats);
/* why-resident: why one object is still mapped, or who unloaded it. */
void show_why_resident(const struct show *show, int object, const struct same_processes *same,
		       size_t repeats);
/* timeline: what happened when, by thread. */
void show_timeline(const struct show *show);
/* "libx.so loaded", "dlopen(...) failed" ... */
struct timeline_entry;
void add_timeline_entry(struct strbuf *sb, const struct show *show,
			const struct timeline_entry *entry);
/* promotions: what joined the global scope later than it was loaded; rows of a table that is open.
 * Returns how many. */
size_t show_promotions(const struct show *show);

/* scopes: of all objects, or of those that `lib` (may be NULL) means; after the event with seq `at`
 * (0: at the end). */
void show_scopes(const struct show *show, const char *lib, uint64_t at);
/* The same of one object, with the members of each list, at the end; nothing when it is not mapped
 * then. */
void show_object_scopes(const struct show *show, int object, const struct same_processes *same,
			size_t repeats);
/* namespaces and tree: the answer about one process. */
void show_namespaces(const struct show *show);
void show_tree(const struct show *show);

/* Which object's file the search `hit` found, and by which rule: "by DT_RUNPATH of a.so ..."; for
 * why-loaded's chain. */
#define FOUND_BY_PATH "found: the name is a path, so there was no search"
void add_found_by(struct strbuf *sb, const struct recording *rec, const struct why_found *found);
void found_to_json(struct render *render, const char *key, const struct recording *rec,
		   const struct why_found *found);

/*
 * Equal answers from many processes, each kept once.  `row` indexes a process list, `index` what
 * the answer is about in the first process that gave it.
 */
struct answer {
	char *signature;
	uint64_t hash;
	int index;
	size_t *rows; /* each process once */
	size_t row_count, row_room;
	size_t repeats; /* times that it was given, less one */
};
struct answers {
	struct answer *list;
	size_t count, room;
};
#define AUTO_ANSWERS __attribute__((cleanup(answers_release)))
/* Takes over `signature`. */
void answers_add(struct answers *answers, char *signature, size_t row, int index);
void answers_release(struct answers *answers);

/*
 * Two passes over processes: `collect` is called for each, then `show` for each answer that was
 * added, with the recording of the first process that gave it.
 */
struct answer_walk {
	struct context *context;
	const struct process_list *list;
	const char *wanted;  /* the name that the user asked about */
	struct nearest near; /* to it; what `collect` offers */
	struct answers answers;
	void (*collect)(struct answer_walk *walk, const struct recording *rec, size_t row);
	void (*show)(const struct show *show, int index, const struct same_processes *same,
		     size_t repeats);
	void *data;
};
/* False after a message. */
bool answers_collect(struct answer_walk *walk);
bool answers_show(struct answer_walk *walk);

/* Does a person who writes `pattern` (a name or glob) mean this symbol?  "f" means f(int) too.
 * `readable`: the demangled name, or NULL. */
bool symbol_is_meant(const char *pattern, const char *symbol, const char *readable);

/*
 * A whole command that explains each object that its operand LIB means, once for all processes
 * where the explanation is the same, from their state of scopes at the end (JSON: "explanations").
 */
struct scopes;
struct lib_question {
	int with; /* enum scopes_with of store/load_scopes.h */
	/* What makes explanations equal; the caller frees it.  NULL: nothing to explain here. */
	char *(*sign)(const struct recording *rec, struct scopes *scopes, int object);
	void (*show)(const struct show *show, int object, const struct same_processes *same,
		     size_t repeats);
	const char *note; /* said at the end */
};
int answer_about_lib(struct context *context, const struct lib_question *question);

/*
 * The scopes of the process that is shown, advanced to the end: those that it has already, or
 * `ret_loaded` (zeroed by the caller, who releases it).  `with` is enum scopes_with.  NULL after a
 * message, with ret_failed set.
 */
struct scopes;
struct loaded_scopes;
struct scopes *scopes_at_end(const struct show *show, int with, struct loaded_scopes *ret_loaded);

/* Call `each` for the bindings of the object's references, bound or not, in order of seq; from
 * show->bindings when that is there.  False after a message. */
bool each_binding_of(const struct show *show, int object,
		     bool (*each)(const struct binding_row *row, void *data), void *data);

/* All bindings of a process in memory, for who asks about many of its objects. */
struct kept_bindings *kept_bindings_new(const struct recording *rec);
void kept_bindings_free(struct kept_bindings *kept);
/* Give them in order of seq. */
void kept_bindings_add(struct kept_bindings *kept, const struct binding_row *row);

/* The beginning of such an explanation: the sentence that answers, the processes that it is about,
 * and (NULL: nothing) why it is not certain. */
void show_verdict(const struct show *show, const char *answer, const struct same_processes *same,
		  size_t repeats, const char *why_unsure);
/* The members that each has in JSON; the caller adds its own, and closes the group. */
void open_explanation(const struct show *show, int object, const struct same_processes *same,
		      size_t repeats);
/* And its last ones. */
void close_explanation(const struct show *show, const char *why_unsure);

/* Entry points of the commands. */
int cmd_record(struct context *context);
int cmd_ingest(struct context *context);
int cmd_why_loaded(struct context *context);
int cmd_why_found(struct context *context);
int cmd_objects(struct context *context);
int cmd_object(struct context *context);
int cmd_units(struct context *context);
int cmd_tree(struct context *context);
int cmd_searches(struct context *context);
int cmd_calls(struct context *context);
int cmd_bindings(struct context *context);
int cmd_verify(struct context *context);
int cmd_why_bound(struct context *context);
int cmd_pack(struct context *context);
int cmd_processes(struct context *context);
int cmd_namespaces(struct context *context);
int cmd_check(struct context *context);
int cmd_explain(struct context *context);
int cmd_diff(struct context *context);
int cmd_export(struct context *context);
int cmd_sql(struct context *context);
int cmd_info(struct context *context);
int cmd_scopes(struct context *context);
int cmd_duplicates(struct context *context);
int cmd_interpositions(struct context *context);
int cmd_why_global(struct context *context);
int cmd_promotions(struct context *context);
int cmd_why_resident(struct context *context);
int cmd_html(struct context *context);
int cmd_timeline(struct context *context);

#endif
