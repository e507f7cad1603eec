/*
 * document.h - a renderer that keeps what a walker says for people, for the HTML report.
 *
 * Each explanation becomes a row of the table "document", and its lines, facts and tables become
 * rows of "step", which web-viewer/src/document.js plays back:
 *
 *     document   kind, title, process (ref), subject_kind, subject, folded, whole, first, count
 *                `kind` is the section's slug, `subject` a row of the table that subject_kind names
 *                ("object", "search", "finding" ...; empty: the process, or the report);
 *                `whole`: the one of this kind and subject before it, with nothing left out
 *     step       op (PAGE_STEP_*), flags, text
 *
 * A walker can be called any number of times between document_begin() and document_end(); what it
 * says outside of that is dropped.
 */
#ifndef PLUGREPORT_HTML_DOCUMENT_H
#define PLUGREPORT_HTML_DOCUMENT_H

#include "report/html/columns.h"
#include "report/render/render.h"

/* What a step is; web-viewer/src/document.js has the same numbers. */
enum page_step {
	PAGE_STEP_LINE,   /* text: with MARK_* */
	PAGE_STEP_FACT,   /* text: the label; a cell follows */
	PAGE_STEP_CELL,   /* text; flags: enum style */
	PAGE_STEP_TABLE,  /* its columns follow, then its rows */
	PAGE_STEP_COLUMN, /* text: the title; flags: COLUMN_RIGHT, COLUMN_TREE */
	PAGE_STEP_ROW,    /* one cell a column follows, then the rows below it */
	PAGE_STEP_ROW_CLOSE,
	PAGE_STEP_TABLE_CLOSE,
	PAGE_STEP_REST, /* a line about what is left out */
};

/* What an explanation is about. */
struct document_subject {
	const char *kind, *title; /* of the section */
	int64_t process;          /* row of the page's table "process", or NONE */
	const char *subject_kind; /* NULL: the process, or the report */
	int64_t subject;          /* row of that table, or NONE */
	bool folded;              /* long, and not what most people come for */
	bool whole;               /* with what the one before it leaves out */
};

/* The renderer is freed by render_finish(); `page` must live longer. */
struct render *render_document_new(struct page_data *page);
void document_begin(struct render *render, const struct document_subject *subject);
/* False when the walker said nothing: there is no document then. */
bool document_end(struct render *render);
/* Did the walker leave something out that --all shows?  A page has no options: it needs the whole,
 * too. */
bool document_is_cut(const struct render *render);

#endif
