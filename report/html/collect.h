/*
 * collect.h - what the HTML report tells, taken from the database; private to report/html.
 *
 * The tables' columns are described where they are declared, in collect_*.c.  Every table of
 * things that the database has begins with their row `id` there.  Times of events are in
 * microseconds since their process's image began.
 */
#ifndef PLUGREPORT_HTML_COLLECT_H
#define PLUGREPORT_HTML_COLLECT_H

#include "report/cmd.h"
#include "report/html/columns.h"
#include "report/html/document.h"

/* The place of a column of "search" that is filled in later. */
#define COLLECT_SEARCH_EXPLAINED 15

/* Rows of a process's first object, search ... in their tables. */
struct collect_bases {
	int64_t object, search, call, stack;
};

struct collect {
	struct context *context;
	struct page_data *page;
	struct render *document;
	struct process_list list;
	struct page_table *events, *processes, *environment, *objects, *needed, *searches, *calls,
		*activities, *stacks, *frames, *symbols, *bindings, *globals, *interpositions,
		*definers, *users, *pairs, *findings, *finding_objects, *finding_symbols,
		*finding_processes, *evidence, *rules;
	struct collect_bases *bases; /* by process */
	struct strbuf findings_html; /* findings as the page shows them without JavaScript */
	/* Of the process that is being taken in. */
	const struct show *show;
	struct collect_bases base;
	int64_t process; /* its row */
	struct kept_bindings *kept;
	/* By number of a symbol's text: its row in `symbols` plus one; 0: none yet. */
	uint32_t *symbol_rows;
	size_t symbol_room;
	size_t explained; /* symbols, so far */
	bool progress;    /* on a terminal */
};

/* Declare the tables; the order here is their order in the page. */
void collect_processes_init(struct collect *collect);
void collect_objects_init(struct collect *collect);
void collect_events_init(struct collect *collect);
void collect_bindings_init(struct collect *collect);
void collect_scopes_init(struct collect *collect);
void collect_findings_init(struct collect *collect);

/* Take in the process `collect->show`, whose row is `collect->process`. */
void collect_process_row(struct collect *collect, const struct process_row *row);
void collect_objects(struct collect *collect);
void collect_events(struct collect *collect);
bool collect_bindings(struct collect *collect);

/* The row of a symbol's name, as the linker knows it, in "symbol". */
int64_t collect_symbol(struct collect *collect, const char *name);

/*
 * What the models of scopes and interpositions tell about it, and what the commands' walkers say
 * about it and what is in it.  False after a message.
 */
bool collect_explanations(struct collect *collect);

/* What check finds in all of them; false after a message. */
bool collect_findings(struct collect *collect);

/* What a copy of the report's context remarked, too. */
void take_remarks(struct collect *collect, const struct context *context);

/* What the commands' walkers say about the whole report. */
void collect_report_sections(struct collect *collect);

/* Of the process that is being taken in: what collect_explanations() is made of. */
struct scopes;
struct bound_set;
struct interpositions;
void collect_globals(struct collect *collect, struct scopes *ended);
void collect_timeline(struct collect *collect, struct scopes *ended);
void collect_interpositions(struct collect *collect, const struct bound_set *set,
			    const struct interpositions *all);

/* Begin an explanation of the process that is being taken in (or of the report), or of row
 * `subject` of the table `subject_kind` in it; document_end() ends it. */
void collect_begin(struct collect *collect, const char *kind, const char *title,
		   const char *subject_kind, int64_t subject, bool folded);

/* The row of something in this process's part of a table; NONE stays NONE. */
static inline int64_t collect_row(int64_t base, int index)
{
	return index < 0 ? NONE : base + index;
}

/* Microseconds. */
static inline int64_t collect_time(uint64_t ns)
{
	return (int64_t)(ns / 1000);
}

/* The number of the text that `add` appends to `sb`. */
#define COLLECT_TEXT(collect, add)                          \
	({                                                  \
		AUTO_STRBUF struct strbuf sb = STRBUF_INIT; \
		add;                                        \
		(int64_t) page_text((collect)->page, sb.s); \
	})

#endif
