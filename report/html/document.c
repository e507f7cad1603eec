#include "report/html/document.h"

#include "report/model/recording.h"

static const struct page_column document_columns[] = {
	{"kind", PAGE_TEXT, false},    {"title", PAGE_TEXT, false},
	{"process", PAGE_REF, true},   {"subject_kind", PAGE_TEXT, false},
	{"subject", PAGE_REF, true},   {"folded", PAGE_NUMBER, false},
	{"whole", PAGE_NUMBER, false}, {"first", PAGE_NUMBER, true},
	{"count", PAGE_NUMBER, false},
};

static const struct page_column step_columns[] = {
	{"op", PAGE_NUMBER, false},
	{"flags", PAGE_NUMBER, false},
	{"text", PAGE_TEXT, false},
};

struct document {
	struct render base;
	struct page_data *page;
	struct page_table *documents, *steps;
	struct document_subject subject;
	size_t first;
	bool open, cut;
	size_t blanks;                /* lines without text that wait for something to part */
	const struct column *columns; /* of the open table */
	size_t column_count;
};

static struct document *document_of(struct render *render)
{
	return (struct document *)render;
}

static void add_step(struct document *document, enum page_step op, unsigned int flags,
		     uint32_t text)
{
	const int64_t values[ARRAY_SIZE(step_columns)] = {op, flags, text};

	if (!document->open)
		return;
	if (document->blanks && page_rows(document->steps) > document->first) {
		const int64_t blank[ARRAY_SIZE(step_columns)] = {PAGE_STEP_LINE, 0, 0};

		page_row(document->steps, blank);
	}
	document->blanks = 0;
	page_row(document->steps, values);
}

static void add_cell(struct document *document, const struct value *value)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	value_add_text(&sb, value);
	add_step(document, PAGE_STEP_CELL, value->style, page_text(document->page, sb.s));
}

static void document_fact(struct render *render, const char *key, const char *label,
			  const struct value *value)
{
	struct document *document = document_of(render);

	(void)key;
	if (!label)
		return;
	add_step(document, PAGE_STEP_FACT, 0, page_text(document->page, label));
	add_cell(document, value);
}

static void document_line(struct render *render, const char *line)
{
	struct document *document = document_of(render);

	if (*line)
		add_step(document, PAGE_STEP_LINE, 0, page_line(document->page, line));
	else
		document->blanks++;
}

static void document_rest(struct render *render, const char *text, const char *hint)
{
	struct document *document = document_of(render);

	(void)hint;
	document->cut = true;
	add_step(document, PAGE_STEP_REST, 0, page_line(document->page, text));
}

static void document_table(struct render *render, const char *key, const struct column *columns,
			   size_t count)
{
	struct document *document = document_of(render);

	(void)key;
	document->columns = columns;
	document->column_count = count;
	add_step(document, PAGE_STEP_TABLE, 0, 0);
	for (size_t i = 0; i < count; i++)
		if (columns[i].title)
			add_step(document, PAGE_STEP_COLUMN,
				 columns[i].flags & (COLUMN_RIGHT | COLUMN_TREE),
				 page_text(document->page, columns[i].title));
}

static void document_row(struct render *render, const struct value *values)
{
	struct document *document = document_of(render);

	add_step(document, PAGE_STEP_ROW, 0, 0);
	for (size_t i = 0; i < document->column_count; i++)
		if (document->columns[i].title)
			add_cell(document, &values[i]);
}

static void document_row_close(struct render *render)
{
	add_step(document_of(render), PAGE_STEP_ROW_CLOSE, 0, 0);
}

static void document_table_close(struct render *render)
{
	add_step(document_of(render), PAGE_STEP_TABLE_CLOSE, 0, 0);
}

static bool document_finish(struct render *render)
{
	(void)render;
	return true;
}

static void document_free(struct render *render)
{
	free(render);
}

struct render *render_document_new(struct page_data *page)
{
	static const struct render_ops ops = {
		.fact = document_fact,
		.line = document_line,
		.rest = document_rest,
		.table = document_table,
		.row = document_row,
		.row_close = document_row_close,
		.table_close = document_table_close,
		.finish = document_finish,
		.free = document_free,
	};
	struct document *document = xcalloc(1, sizeof(*document));

	document->base.ops = &ops;
	document->base.out = stdout; /* nothing is written there: render_finish() flushes it */
	document->base.is_text = true;
	document->base.table_rows = 300;
	document->page = page;
	document->documents =
		page_table(page, "document", document_columns, ARRAY_SIZE(document_columns));
	document->steps = page_table(page, "step", step_columns, ARRAY_SIZE(step_columns));
	return &document->base;
}

void document_begin(struct render *render, const struct document_subject *subject)
{
	struct document *document = document_of(render);

	document->subject = *subject;
	document->first = page_rows(document->steps);
	document->blanks = 0;
	document->open = true;
	document->cut = false;
}

bool document_is_cut(const struct render *render)
{
	return ((const struct document *)render)->cut;
}

bool document_end(struct render *render)
{
	struct document *document = document_of(render);
	size_t count = page_rows(document->steps) - document->first;
	const struct document_subject *subject = &document->subject;

	document->open = false;
	if (count == 0)
		return false;
	const int64_t values[ARRAY_SIZE(document_columns)] = {
		page_text(document->page, subject->kind),
		page_text(document->page, subject->title),
		subject->process,
		page_text(document->page, subject->subject_kind),
		subject->subject_kind ? subject->subject : NONE,
		subject->folded,
		subject->whole,
		(int64_t)document->first,
		(int64_t)count,
	};
	page_row(document->documents, values);
	return true;
}
