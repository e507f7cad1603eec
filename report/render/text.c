/* The text format: tables and trees by libsmartcols, prose with marks. */
#include "report/render/layout.h"

/* Rows of a plain table are printed in blocks of this many; later blocks keep at least the widths
 * of earlier ones. */
#define BLOCK_ROWS 2000

struct text_render {
	struct render base;
	struct render_look look;
	struct libscols_table *table; /* open table, or NULL */
	const struct column *columns;
	size_t column_count;
	bool tree;
	bool headed; /* the heading is out */
	size_t rows; /* in `table` now */
	struct libscols_line **parents;
	size_t parent_count, parent_room;
	/* By column that has a title: */
	size_t visible; /* how many there are */
	size_t *widths; /* of the blocks before */
	unsigned int *flags;
	bool *hidden;
	/* Facts wait here until something else comes, for their alignment. */
	struct libscols_table *facts;
	bool failed;
};

static struct text_render *text_of(struct render *render)
{
	return (struct text_render *)render;
}

static const char *const style_names[] = {
	[STYLE_PLAIN] = NULL,   [STYLE_BOLD] = "bold", [STYLE_DIM] = "halfbright",
	[STYLE_GOOD] = "green", [STYLE_BAD] = "red",   [STYLE_WARN] = "yellow",
};

/* What a mark becomes: an SGR sequence, a branch, or nothing; NULL for what is no mark. */
static const char *mark_text(const struct render_look *look, char mark)
{
	static const struct {
		char mark[2];
		const char *color, *glyph, *plain;
	} marks[] = {
		{MARK_BOLD, "\033[1m", NULL, NULL},
		{MARK_DIM, "\033[2m", NULL, NULL},
		{MARK_GOOD, "\033[32m", NULL, NULL},
		{MARK_BAD, "\033[31m", NULL, NULL},
		{MARK_WARN, "\033[33m", NULL, NULL},
		{MARK_END, "\033[0m", NULL, NULL},
		{MARK_BRANCH, NULL, "\xe2\x94\x94\xe2\x94\x80 ", "`- "},
		{MARK_RAIL, NULL, "\xe2\x94\x82  ", "|  "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (marks[i].mark[0] != mark)
			continue;
		if (marks[i].color)
			return look->color ? marks[i].color : "";
		return look->glyphs ? marks[i].glyph : marks[i].plain;
	}
	return NULL;
}

static void put_line(struct text_render *text, const char *line)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;
	const char *p = line;

	while (*p) {
		const char *mark = mark_text(&text->look, *p);
		const char *start = p;

		if (mark) {
			strbuf_addstr(&sb, mark);
			p++;
			continue;
		}
		while (*p && !mark_text(&text->look, *p))
			p++;
		strbuf_add_escaped(&sb, start, (size_t)(p - start));
	}
	while (sb.length && sb.s[sb.length - 1] == ' ')
		sb.s[--sb.length] = '\0';
	strbuf_addch(&sb, '\n');
	fwrite(sb.s, 1, sb.length, text->base.out);
}

static struct libscols_table *new_table(struct text_render *text)
{
	struct libscols_table *table = scols_new_table();

	if (!table)
		die(EXIT_DATABASE, "out of memory");
	scols_table_enable_noencoding(table, 1); /* cells are escaped already */
	scols_table_enable_colors(table, text->look.color);
	scols_table_enable_ascii(table, !text->look.glyphs);
	/* Full width, whatever that is; put_table() narrows it for terminals. */
	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	scols_table_set_termwidth(table, 1 << 20);
	scols_table_set_column_separator(table, "  ");
	return table;
}

/* Where only the heading says how wide columns are, see begin_block(): it is not to be seen. */
static bool has_hidden_heading(const struct text_render *text)
{
	return text->table && text->headed && !text->look.width;
}

/* Write a printed table without blanks at the lines' ends, indented by two. */
static void put_printed(struct text_render *text, const char *data)
{
	if (data && has_hidden_heading(text))
		data += strcspn(data, "\n") + (strchr(data, '\n') != NULL);
	for (const char *line = data, *next; line && *line; line = next) {
		size_t length = strcspn(line, "\n");

		next = line + length + (line[length] == '\n');
		while (length && line[length - 1] == ' ')
			length--;
		if (length)
			fputs("  ", text->base.out);
		fwrite(line, 1, length, text->base.out);
		fputc('\n', text->base.out);
	}
}

/* `flags` and `hidden` are by column of the table; see layout_fit(). */
static void put_table(struct text_render *text, struct libscols_table *table,
		      const unsigned int *flags, bool *hidden, const size_t *before)
{
	char *data = NULL;

	if (scols_print_table_to_string(table, &data) != 0) {
		text->failed = true;
		return;
	}
	if (text->look.width && layout_fit(table, flags, text->look.width, hidden, before)) {
		free(data);
		data = NULL;
		if (scols_print_table_to_string(table, &data) != 0)
			text->failed = true;
	}
	put_printed(text, data);
	free(data);
}

static void flush_facts(struct text_render *text)
{
	static const unsigned int flags[] = {0, COLUMN_WRAP};
	bool hidden[ARRAY_SIZE(flags)] = {false};

	if (!text->facts)
		return;
	put_table(text, text->facts, flags, hidden, NULL);
	scols_unref_table(text->facts);
	text->facts = NULL;
}

static void text_open(struct render *render, const char *key, enum group_kind kind)
{
	(void)key;
	(void)kind;
	flush_facts(text_of(render));
}

static void text_close(struct render *render)
{
	flush_facts(text_of(render));
}

static void text_value(struct render *render, const char *key, const struct value *value)
{
	(void)render;
	(void)key;
	(void)value;
}

static void text_line(struct render *render, const char *line)
{
	flush_facts(text_of(render));
	put_line(text_of(render), line);
}

static void text_rest(struct render *render, const char *text, const char *hint)
{
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%s" MARK_DIM " (%s)" MARK_END, text, hint);
	text_line(render, line.s);
}

static void set_cell(struct libscols_line *line, size_t i, const struct value *value)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	value_add_text(&sb, value);
	if (scols_line_set_data(line, i, sb.s) != 0)
		die(EXIT_DATABASE, "out of memory");
	if (value->style != STYLE_PLAIN)
		scols_cell_set_color(scols_line_get_cell(line, i), style_names[value->style]);
}

static void text_fact(struct render *render, const char *key, const char *label,
		      const struct value *value)
{
	struct text_render *text = text_of(render);
	struct value label_value = value_string(label);
	struct libscols_line *line;

	(void)key;
	if (!label)
		return;
	if (!text->facts) {
		text->facts = new_table(text);
		scols_table_enable_noheadings(text->facts, 1);
		scols_table_new_column(text->facts, "", 0, 0);
		scols_table_new_column(text->facts, "", 0, text->look.width ? SCOLS_FL_WRAP : 0);
	}
	line = scols_table_new_line(text->facts, NULL);
	if (!line)
		die(EXIT_DATABASE, "out of memory");
	set_cell(line, 0, &label_value);
	set_cell(line, 1, value);
}

/* A fresh libsmartcols table for the open table's next rows. */
static void begin_block(struct text_render *text)
{
	size_t visible = 0;

	text->table = new_table(text);
	text->rows = 0;
	for (size_t i = 0; i < text->column_count; i++) {
		const struct column *column = &text->columns[i];
		AUTO_STRBUF struct strbuf title = STRBUF_INIT;
		int flags = 0;

		if (!column->title)
			continue;
		if (has_hidden_heading(text))
			for (size_t j = 0; j < text->widths[visible]; j++)
				strbuf_addch(&title, 'x');
		else
			strbuf_add_escaped(&title, column->title, strlen(column->title));
		if (column->flags & COLUMN_RIGHT)
			flags |= SCOLS_FL_RIGHT;
		if (column->flags & COLUMN_TREE)
			flags |= SCOLS_FL_TREE;
		if ((column->flags & COLUMN_WRAP) && text->look.width)
			flags |= SCOLS_FL_WRAP;
		if (!scols_table_new_column(text->table, title.s,
					    text->headed ? (double)text->widths[visible] : 0,
					    flags))
			die(EXIT_DATABASE, "out of memory");
		visible++;
	}
	/* As wide as the blocks before: libsmartcols 2.42 takes less than the width that it is told
	 * for a column, but never less than its heading takes. */
	scols_table_enable_noheadings(text->table, text->headed && !has_hidden_heading(text));
}

static void end_block(struct text_render *text)
{
	if (text->rows)
		put_table(text, text->table, text->flags, text->hidden,
			  text->headed ? text->widths : NULL);
	/* Not by text->columns: they may be gone, when a command broke off. */
	for (size_t i = 0; i < text->visible; i++) {
		size_t width = scols_column_get_width(scols_table_get_column(text->table, i));

		if (width > text->widths[i])
			text->widths[i] = width;
	}
	text->headed = true;
	scols_unref_table(text->table);
	text->table = NULL;
}

static void text_table(struct render *render, const char *key, const struct column *columns,
		       size_t count)
{
	struct text_render *text = text_of(render);

	(void)key;
	flush_facts(text);
	if (text->table)
		BUG("table inside a table");
	text->columns = columns;
	text->column_count = count;
	text->tree = false;
	for (size_t i = 0; i < count; i++)
		if (columns[i].flags & COLUMN_TREE)
			text->tree = true;
	text->headed = false;
	text->parent_count = 0;
	text->widths = xcalloc(count, sizeof(*text->widths));
	text->flags = xcalloc(count, sizeof(*text->flags));
	text->hidden = xcalloc(count, sizeof(*text->hidden));
	text->visible = 0;
	for (size_t i = 0; i < count; i++)
		if (columns[i].title)
			text->flags[text->visible++] = columns[i].flags;
	begin_block(text);
}

static void text_row(struct render *render, const struct value *values)
{
	struct text_render *text = text_of(render);
	struct libscols_line *parent =
		text->parent_count ? text->parents[text->parent_count - 1] : NULL;
	struct libscols_line *line;
	size_t visible = 0;

	if (!text->table)
		BUG("row without a table");
	if (!text->tree && text->rows == BLOCK_ROWS) {
		end_block(text);
		begin_block(text);
		parent = NULL;
	}
	line = scols_table_new_line(text->table, text->tree ? parent : NULL);
	if (!line)
		die(EXIT_DATABASE, "out of memory");
	text->rows++;
	*GROW(text->parents, text->parent_count, text->parent_room) = line;
	for (size_t i = 0; i < text->column_count; i++)
		if (text->columns[i].title)
			set_cell(line, visible++, &values[i]);
}

static void text_row_close(struct render *render)
{
	struct text_render *text = text_of(render);

	if (text->parent_count == 0)
		BUG("row closed once too often");
	text->parent_count--;
}

static void text_table_close(struct render *render)
{
	struct text_render *text = text_of(render);

	if (!text->table)
		BUG("no table to close");
	end_block(text);
	free(text->widths);
	free(text->flags);
	free(text->hidden);
	text->widths = NULL;
	text->headed = false;
}

static bool text_finish(struct render *render)
{
	if (text_of(render)->table) /* a command that broke off */
		text_table_close(render);
	flush_facts(text_of(render));
	return !text_of(render)->failed;
}

static void text_free(struct render *render)
{
	free(text_of(render)->parents);
	free(render);
}

struct render *render_text_new(FILE *out, const struct render_look *look)
{
	static const struct render_ops ops = {
		.open = text_open,
		.close = text_close,
		.value = text_value,
		.fact = text_fact,
		.line = text_line,
		.rest = text_rest,
		.table = text_table,
		.row = text_row,
		.row_close = text_row_close,
		.table_close = text_table_close,
		.finish = text_finish,
		.free = text_free,
	};
	struct text_render *text = xcalloc(1, sizeof(*text));

	text->base.ops = &ops;
	text->base.out = out;
	text->base.is_text = true;
	text->look = *look;
	return &text->base;
}
