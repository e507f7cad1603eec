#include "report/html/columns.h"

#include <jansson.h>

#include "report/render/render.h"
#include "report/store/index_table.h"

struct page_table {
	char *name;
	const struct page_column *columns;
	size_t column_count;
	int64_t *values; /* row by row */
	size_t rows, room;
};

struct page_data {
	char **texts; /* escaped */
	size_t text_count, text_room;
	struct index_table index;
	struct page_table **tables;
	size_t table_count, table_room;
	json_t *meta;
};

static void *checked(void *pointer)
{
	if (!pointer)
		die(EXIT_DATABASE, "out of memory");
	return pointer;
}

struct page_data *page_data_new(void)
{
	struct page_data *page = xcalloc(1, sizeof(*page));

	page->meta = checked(json_object());
	page_text(page, "");
	return page;
}

void page_data_free(struct page_data *page)
{
	if (!page)
		return;
	for (size_t i = 0; i < page->text_count; i++)
		free(page->texts[i]);
	free(page->texts);
	index_table_release(&page->index);
	for (size_t i = 0; i < page->table_count; i++) {
		free(page->tables[i]->name);
		free(page->tables[i]->values);
		free(page->tables[i]);
	}
	free(page->tables);
	json_decref(page->meta);
	free(page);
}

struct wanted_text {
	const struct page_data *page;
	const char *text;
};

static bool is_text(const void *context, uint32_t index)
{
	const struct wanted_text *wanted = context;

	return strcmp(wanted->page->texts[index], wanted->text) == 0;
}

/* The number of an escaped text. */
static uint32_t intern(struct page_data *page, struct strbuf *text)
{
	struct wanted_text wanted = {page, text->s};
	uint64_t hash = hash_string(0, text->s);
	uint32_t number = index_table_find(&page->index, hash, is_text, &wanted);

	if (number != INDEX_NONE)
		return number;
	number = (uint32_t)page->text_count;
	if (number == INDEX_NONE)
		die(EXIT_DATABASE, "the report has too many different texts");
	*GROW(page->texts, page->text_count, page->text_room) = xstrdup(text->s);
	index_table_add(&page->index, hash, number);
	return number;
}

uint32_t page_text(struct page_data *page, const char *text)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	if (text)
		strbuf_add_escaped(&sb, text, strlen(text));
	return intern(page, &sb);
}

uint32_t page_line(struct page_data *page, const char *line)
{
	static const char marks[] =
		MARK_BOLD MARK_DIM MARK_GOOD MARK_BAD MARK_WARN MARK_END MARK_BRANCH MARK_RAIL;
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	for (const char *p = line; *p;) {
		size_t plain = strcspn(p, marks);
		size_t marked = strspn(p + plain, marks);

		strbuf_add_escaped(&sb, p, plain);
		strbuf_add(&sb, p + plain, marked);
		p += plain + marked;
	}
	return intern(page, &sb);
}

void page_meta_text(struct page_data *page, const char *name, const char *text)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	if (text)
		strbuf_add_escaped(&sb, text, strlen(text));
	json_object_set_new(page->meta, name, checked(json_stringn(sb.s, sb.length)));
}

void page_meta_number(struct page_data *page, const char *name, uint64_t number)
{
	json_object_set_new(page->meta, name, checked(json_integer((json_int_t)number)));
}

struct page_table *page_table(struct page_data *page, const char *name,
			      const struct page_column *columns, size_t count)
{
	struct page_table *table = xcalloc(1, sizeof(*table));

	if (count == 0 || count > PAGE_COLUMNS_MOST)
		BUG("a table of %zu columns", count);
	table->name = xstrdup(name);
	table->columns = columns;
	table->column_count = count;
	*GROW(page->tables, page->table_count, page->table_room) = table;
	return table;
}

void page_row(struct page_table *table, const int64_t *values)
{
	if (table->rows == table->room) {
		table->room = table->room ? table->room * 2 : 16;
		table->values = xrealloc(table->values, table->room * table->column_count *
								sizeof(*table->values));
	}
	memcpy(table->values + table->rows * table->column_count, values,
	       table->column_count * sizeof(*values));
	table->rows++;
}

size_t page_rows(const struct page_table *table)
{
	return table->rows;
}

void page_set(struct page_table *table, size_t row, size_t column, int64_t value)
{
	if (row >= table->rows || column >= table->column_count)
		BUG("no row %zu, column %zu in %s", row, column, table->name);
	table->values[row * table->column_count + column] = value;
}

static uint64_t zigzag(int64_t value)
{
	return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

/* One column as it is stored, before it is shuffled; the caller frees it. */
static uint64_t *column_values(const struct page_table *table, size_t at)
{
	const struct page_column *column = &table->columns[at];
	uint64_t *values = xcalloc(table->rows, sizeof(*values));
	uint64_t before = 0;

	for (size_t i = 0; i < table->rows; i++) {
		int64_t value = table->values[i * table->column_count + at];

		if (column->type == PAGE_REF)
			values[i] = value < 0 ? 0 : (uint64_t)value + 1;
		else if (column->type == PAGE_SIGNED)
			values[i] = zigzag(value);
		else
			values[i] = (uint64_t)value;
	}
	for (size_t i = 0; column->delta && i < table->rows; i++) {
		uint64_t value = values[i];

		values[i] = zigzag((int64_t)(value - before));
		before = value;
	}
	return values;
}

static unsigned int bytes_for(const uint64_t *values, size_t count)
{
	uint64_t all = 0;

	for (size_t i = 0; i < count; i++)
		all |= values[i];
	return all > UINT32_MAX ? 8 : all > UINT16_MAX ? 4 : all > UINT8_MAX ? 2 : all ? 1 : 0;
}

static void shuffle(struct strbuf *sb, const uint64_t *values, size_t count, unsigned int bytes)
{
	AUTO_FREE char *plane = xmalloc(count ? count : 1);

	for (unsigned int byte = 0; byte < bytes; byte++) {
		for (size_t i = 0; i < count; i++)
			plane[i] = (char)(values[i] >> (8 * byte));
		strbuf_add(sb, plane, count);
	}
}

static json_t *encode_column(const struct page_table *table, size_t at, struct strbuf *blocks)
{
	static const char *const types[] = {
		[PAGE_NUMBER] = "number",
		[PAGE_SIGNED] = "signed",
		[PAGE_REF] = "ref",
		[PAGE_TEXT] = "text",
	};
	const struct page_column *column = &table->columns[at];
	AUTO_FREE uint64_t *values = column_values(table, at);
	unsigned int bytes = bytes_for(values, table->rows);
	json_t *place =
		json_pack("{s:s, s:i, s:b, s:I}", "type", types[column->type], "bytes", (int)bytes,
			  "delta", column->delta, "at", (json_int_t)blocks->length);

	shuffle(blocks, values, table->rows, bytes);
	return checked(place);
}

static json_t *encode_table(const struct page_table *table, struct strbuf *blocks)
{
	json_t *columns = checked(json_object());

	for (size_t i = 0; i < table->column_count; i++)
		json_object_set_new(columns, table->columns[i].name,
				    encode_column(table, i, blocks));
	return checked(
		json_pack("{s:I, s:o}", "rows", (json_int_t)table->rows, "columns", columns));
}

static json_t *encode_texts(const struct page_data *page, struct strbuf *blocks)
{
	size_t at = blocks->length;

	for (size_t i = 0; i < page->text_count; i++) {
		strbuf_addstr(blocks, page->texts[i]);
		strbuf_addch(blocks, '\n');
	}
	return checked(json_pack("{s:I, s:I}", "at", (json_int_t)at, "length",
				 (json_int_t)(blocks->length - at)));
}

static void add_u32(struct strbuf *sb, uint32_t number)
{
	for (unsigned int byte = 0; byte < 4; byte++)
		strbuf_addch(sb, (char)(number >> (8 * byte)));
}

void page_encode(const struct page_data *page, struct strbuf *sb)
{
	AUTO_STRBUF struct strbuf blocks = STRBUF_INIT;
	AUTO_FREE char *directory = NULL;
	json_t *tables = checked(json_object()), *all;

	for (size_t i = 0; i < page->table_count; i++)
		json_object_set_new(tables, page->tables[i]->name,
				    encode_table(page->tables[i], &blocks));
	all = checked(json_pack("{s:O, s:o, s:o}", "meta", page->meta, "tables", tables, "texts",
				encode_texts(page, &blocks)));
	directory = checked(json_dumps(all, JSON_COMPACT | JSON_PRESERVE_ORDER));
	json_decref(all);
	strbuf_addstr(sb, "PLUGPAGE");
	add_u32(sb, PAGE_FORMAT_VERSION);
	add_u32(sb, (uint32_t)strlen(directory));
	strbuf_addstr(sb, directory);
	strbuf_add(sb, blocks.s, blocks.length);
}
