#include "report/render/layout.h"

#include <ctype.h>
#include <wchar.h>

/* Room of a column that may be broken: what is comfortable, and what it gets at least. */
#define COMFORTABLE 24
#define NARROWEST   12

#define SEPARATOR 2 /* blanks between columns */

struct layout {
	struct libscols_table *table;
	const unsigned int *flags;
	size_t count, width;
	bool *hidden;
	const size_t *before; /* widths in the part of the table that is out, or NULL */
};

/* Columns of a terminal that the character at `p` takes; its bytes go to ret_bytes. */
static size_t width_of(const char *p, size_t *ret_bytes)
{
	uint32_t code;
	int width;

	*ret_bytes = utf8_decode((const unsigned char *)p, strlen(p), &code);
	if (*ret_bytes == 0) {
		*ret_bytes = 1;
		return 1;
	}
	width = wcwidth((wchar_t)code);
	return width < 0 ? 1 : (size_t)width;
}

/* How well may a line end before `at`, which is not the text's first letter? */
enum quality { NOT_AT_ALL, POOR, GOOD };

static enum quality break_quality(const char *text, const char *at)
{
	char before = at[-1];

	if (*at == ' ' || before == ' ' || before == ',')
		return GOOD;
	/* "-plugin" and "/usr" are not torn from their first character. */
	if (!strchr("/-_", before) || at - 1 == text || strchr(" \"'(=/-_", at[-2]) || *at == ',')
		return NOT_AT_ALL;
	return before == '/' ? GOOD : POOR;
}

void layout_break(struct strbuf *sb, const char *text, size_t most)
{
	const char *p = text;

	while (*p) {
		size_t width = 0, length = 0, at = 0;
		enum quality best = NOT_AT_ALL;

		while (p[length]) {
			size_t bytes, add = width_of(p + length, &bytes);

			if (width + add > most && length)
				break;
			width += add;
			length += bytes;
			if (p[length] && width * 3 > most &&
			    break_quality(p, p + length) >= (best ? best : POOR)) {
				best = break_quality(p, p + length);
				at = length;
			}
		}
		if (p[length] && best)
			length = at;
		strbuf_add(sb, p, length);
		p += length;
		if (!*p)
			break;
		while (*p == ' ')
			p++;
		while (sb->length && sb->s[sb->length - 1] == ' ')
			sb->s[--sb->length] = '\0';
		if (*p)
			strbuf_addch(sb, '\n');
	}
}

static struct libscols_column *column_at(const struct layout *layout, size_t i)
{
	return scols_table_get_column(layout->table, i);
}

/* Columns of the terminal that the table takes when no breakable column gets more than `most`. */
static size_t total_width(const struct layout *layout, size_t most)
{
	size_t total = 0;

	for (size_t i = 0; i < layout->count; i++) {
		size_t width = scols_column_get_width(column_at(layout, i));

		if (layout->hidden[i])
			continue;
		if ((layout->flags[i] & COLUMN_WRAP) && width > most)
			width = most;
		total += width + (total ? SEPARATOR : 0);
	}
	return total;
}

static void hide(struct layout *layout, size_t i)
{
	struct libscols_column *column = column_at(layout, i);

	layout->hidden[i] = true;
	scols_column_set_flags(column, scols_column_get_flags(column) | SCOLS_FL_HIDDEN);
}

static bool cells_are_equal(const struct layout *layout, size_t column)
{
	const char *first = NULL;

	for (size_t i = 0; i < scols_table_get_nlines(layout->table); i++) {
		const char *data = scols_cell_get_data(
			scols_line_get_cell(scols_table_get_line(layout->table, i), column));

		if (!data)
			data = "";
		if (!first)
			first = data;
		else if (strcmp(first, data) != 0)
			return false;
	}
	return true;
}

static void leave_out(struct layout *layout)
{
	for (size_t i = layout->count; i-- > 0 && total_width(layout, COMFORTABLE) > layout->width;)
		if ((layout->flags[i] & COLUMN_SAME) && cells_are_equal(layout, i))
			hide(layout, i);
	for (size_t i = layout->count; i-- > 0 && total_width(layout, COMFORTABLE) > layout->width;)
		if ((layout->flags[i] & (COLUMN_SPARE | COLUMN_WRAP)) == COLUMN_SPARE)
			hide(layout, i);
	for (size_t i = layout->count; i-- > 0 && total_width(layout, NARROWEST) > layout->width;)
		if ((layout->flags[i] & COLUMN_SPARE) && !layout->hidden[i])
			hide(layout, i);
}

/* Break the cells of a column over lines.  Done here, since libsmartcols would break in the middle
 * of words and share the room as it likes. */
static void break_column(const struct layout *layout, size_t index, size_t width)
{
	struct libscols_column *column = column_at(layout, index);

	scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
	scols_column_set_safechars(column, "\n");
	for (size_t i = 0; i < scols_table_get_nlines(layout->table); i++) {
		struct libscols_cell *cell =
			scols_line_get_cell(scols_table_get_line(layout->table, i), index);
		AUTO_STRBUF struct strbuf sb = STRBUF_INIT;
		const char *data = scols_cell_get_data(cell);

		layout_break(&sb, data ? data : "", width);
		if (scols_cell_set_data(cell, sb.s) != 0)
			die(EXIT_DATABASE, "out of memory");
	}
}

/* Share the room that fixed columns leave among the breakable ones: all get the same, but none more
 * than it needs. */
static void narrow(const struct layout *layout)
{
	AUTO_FREE bool *settled = xcalloc(layout->count, sizeof(*settled));
	size_t room = layout->width + SEPARATOR, sharing = 0;
	bool again = true;

	for (size_t i = 0; i < layout->count; i++) {
		size_t width = scols_column_get_width(column_at(layout, i));
		bool breakable = layout->flags[i] & COLUMN_WRAP;

		settled[i] = layout->hidden[i] || !breakable;
		if (!layout->hidden[i])
			room -= SEPARATOR + (breakable ? 0 : width);
		sharing += !settled[i];
	}
	while (again && sharing) {
		again = false;
		for (size_t i = 0; i < layout->count && sharing; i++) {
			struct libscols_column *column = column_at(layout, i);
			size_t width = scols_column_get_width(column);
			size_t least = layout->before ? layout->before[i] : 0;

			if (settled[i] || (width > room / sharing && least < room / sharing))
				continue;
			if (width > least && width > room / sharing)
				break_column(layout, i, width = least);
			else
				scols_column_set_flags(column, scols_column_get_flags(column) &
								       ~SCOLS_FL_WRAP);
			settled[i] = again = true;
			sharing--;
			room -= width < room ? width : room;
		}
	}
	for (size_t i = 0; i < layout->count && sharing; i++)
		if (!settled[i])
			break_column(layout, i, room / sharing);
}

/* Where a fixed column has grown, the breakable ones can't all keep the widths that they had. */
static void forget_widths(struct layout *layout)
{
	size_t total = 0;

	for (size_t i = 0; i < layout->count; i++)
		if (!layout->hidden[i])
			total += SEPARATOR +
				 ((layout->flags[i] & COLUMN_WRAP)
					  ? layout->before[i]
					  : scols_column_get_width(column_at(layout, i)));
	if (total <= layout->width + SEPARATOR)
		return;
	layout->before = NULL;
	for (size_t i = 0; i < layout->count; i++)
		if (layout->flags[i] & COLUMN_WRAP)
			scols_column_set_whint(column_at(layout, i), 0);
}

bool layout_fit(struct libscols_table *table, const unsigned int *flags, size_t width, bool *hidden,
		const size_t *before)
{
	struct layout layout = {.table = table,
				.flags = flags,
				.count = scols_table_get_ncols(table),
				.width = width,
				.hidden = hidden,
				.before = before};
	bool changed = false;

	if (before)
		for (size_t i = 0; i < layout.count; i++)
			if (hidden[i]) {
				hide(&layout, i);
				changed = true;
			}
	if (total_width(&layout, SIZE_MAX) <= width)
		return changed;
	if (before)
		forget_widths(&layout);
	else
		leave_out(&layout);
	if (total_width(&layout, SIZE_MAX) > width && total_width(&layout, NARROWEST) <= width)
		narrow(&layout);
	return true;
}
