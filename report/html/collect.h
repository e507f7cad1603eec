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

struct collect {
	struct context *context;
	struct page_data *page;
	struct render *document;
	struct process_list list;
	struct page_table *processes, *environment, *objects, *needed, *searches, *calls,
		*activities, *stacks, *frames, *symbols, *bindings;
	/* Of the process that is being taken in. */
	const struct show *show;
	int64_t process;                                         /* its row */
	int64_t object_base, search_base, call_base, stack_base; /* rows of its first ones */
	/* By number of a symbol's text: its row in `symbols` plus one; 0: none yet. */
	uint32_t *symbol_rows;
	size_t symbol_room;
	/* For a terminal: */
	bool progress;
};

/* Declare the tables; the order here is their order in the page. */
void collect_processes_init(struct collect *collect);
void collect_objects_init(struct collect *collect);
void collect_events_init(struct collect *collect);
void collect_bindings_init(struct collect *collect);

/* Take in the process `collect->show`, whose row is `collect->process`. */
void collect_process_row(struct collect *collect, const struct process_row *row);
void collect_objects(struct collect *collect);
void collect_events(struct collect *collect);
bool collect_bindings(struct collect *collect);

/* What the commands' walkers say about the report, and about a process and what is in it. */
void collect_report_sections(struct collect *collect);
void collect_process_sections(struct collect *collect);

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

/* The number of the text that `add` appends. */
#define COLLECT_TEXT(collect, add)                          \
	({                                                  \
		AUTO_STRBUF struct strbuf sb = STRBUF_INIT; \
		add;                                        \
		(int64_t) page_text((collect)->page, sb.s); \
	})

#endif
