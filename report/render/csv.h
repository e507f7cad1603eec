/*
 * csv.h - comma-separated values: RFC 4180, in UTF-8.
 *
 * Control characters and bytes that are not UTF-8 come out escaped (strbuf_add_escaped()), so a
 * table may be looked at on a terminal, and a line is a row.  A text that begins with = + - or @
 * gets an apostrophe before it: spreadsheets take it for a formula otherwise, and names in
 * recordings are not trusted.  NULL is an empty cell, an empty string is "".
 */
#ifndef PLUGREPORT_CSV_H
#define PLUGREPORT_CSV_H

#include "report/util.h"

/* Append one cell, behind a comma unless it is the line's `first`. */
void csv_add_text(struct strbuf *sb, bool first, const char *bytes, size_t length);
void csv_add_null(struct strbuf *sb, bool first);
void csv_add_integer(struct strbuf *sb, bool first, int64_t n);
void csv_end_line(struct strbuf *sb);

#endif
