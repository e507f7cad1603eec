/*
 * layout.h - fitting a table into a terminal's width.
 */
#ifndef PLUGREPORT_LAYOUT_H
#define PLUGREPORT_LAYOUT_H

#include <libsmartcols/libsmartcols.h>

#include "report/render/render.h"

/*
 * Make a table, which was printed (and so measured) at full width before, fit `width` columns:
 *
 *   1. leave out COLUMN_SAME columns whose cells are equal, and COLUMN_SPARE ones, the last one
 *      first, until the others have comfortable room;
 *   2. leave out those that are both COLUMN_SPARE and COLUMN_WRAP, until the others have the least
 *      room;
 *   3. break the cells of the COLUMN_WRAP columns over lines.
 *
 * Where even that is not enough, lines stay too long: better than cells of three letters.  `flags`
 * are the columns' (COLUMN_*).  `hidden` remembers by column what was left out.
 *
 * A table that goes on after a part of it was printed: `before` has that part's widths (else NULL).
 * The same columns are left out then, and no column gets narrower.  True: print it anew.
 */
bool layout_fit(struct libscols_table *table, const unsigned int *flags, size_t width, bool *hidden,
		const size_t *before);

/* Append a text in lines of at most `most` terminal columns, parted by \n: at blanks, which are
 * dropped then, behind a slash, hyphen or underscore inside of a word, behind a comma; in the
 * midst of a word only where it has no better place in the last two thirds of a line. */
void layout_break(struct strbuf *sb, const char *text, size_t most);

#endif
