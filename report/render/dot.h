/*
 * dot.h - who brought whom, as a graph for graphviz: dot -Tsvg.
 *
 * One cluster a process.  A box an object; an edge from who needs it (solid) or opened it (dashed,
 * with the function that called dlopen).  Duplicates have one colour a group, promoted objects a
 * double border, unloaded ones a dotted one, what is global a bold one.
 */
#ifndef PLUGREPORT_DOT_H
#define PLUGREPORT_DOT_H

#include "report/model/duplicates.h"
#include "report/model/scopes.h"
#include "report/util.h"

/* A process, as far as the graph shows it. */
struct dot_process {
	const struct recording *rec;
	const struct duplicates *duplicates;
	const struct global_entry *history; /* all that joined a global scope */
	size_t history_count;
};

void dot_begin(struct strbuf *sb);
void dot_add_process(struct strbuf *sb, const struct dot_process *process);
void dot_end(struct strbuf *sb);

#endif
