/*
 * columns.h - the data of the HTML report: tables, column by column, in one block of bytes.
 *
 * What web-viewer/src/data.js reads.  All numbers are little endian:
 *
 *     0   "PLUGPAGE"
 *     8   u32   PAGE_FORMAT_VERSION
 *     12  u32   length of the directory
 *     16  the directory: JSON
 *         {"meta": {name: string or number}, "texts": {"at", "length"},
 *          "tables": {name: {"rows", "columns": {name: {"type", "bytes", "delta", "at"}}}}}
 *     ..  the blocks that it places; "at" counts from the directory's end
 *
 * The texts are one block of UTF-8: text 0, "\n", text 1, "\n", ...; text 0 is empty.  No text has
 * a line break in it.  A column has `bytes` (0, 1, 2, 4 or 8) for each row; 0: every row is zero.
 * They are shuffled: the lowest bytes of all rows first, then the next ones, because deflate finds
 * more in them so.  With "delta", each row is the difference to the row before, zigzag coded.
 * Types:
 *
 *     number   an unsigned number
 *     signed   zigzag: 0, -1, 1, -2, ...
 *     ref      a row of another table plus one; 0: none
 *     text     the number of a text
 *
 * Texts come from recordings and are untrusted: each goes through strbuf_add_escaped() on its way
 * in, so they are valid UTF-8 without control characters, as they would be on a terminal.
 */
#ifndef PLUGREPORT_HTML_COLUMNS_H
#define PLUGREPORT_HTML_COLUMNS_H

#include <stddef.h>
#include <stdint.h>

#include "report/util.h"

#define PAGE_FORMAT_VERSION 1
#define PAGE_HEADER_SIZE    16

enum page_type { PAGE_NUMBER, PAGE_SIGNED, PAGE_REF, PAGE_TEXT };

struct page_column {
	const char *name;
	enum page_type type;
	bool delta; /* the rows grow, or change little */
};

/* The columns that a table can have. */
#define PAGE_COLUMNS_MOST 32

struct page_data;
struct page_table;

struct page_data *page_data_new(void);
void page_data_free(struct page_data *page);

/*
 * The number of a text; equal texts get equal numbers.  NULL is the empty text, 0.  page_line()
 * keeps render.h's MARK_* characters, for what a walker said; page_text() escapes these too.
 */
uint32_t page_text(struct page_data *page, const char *text);
uint32_t page_line(struct page_data *page, const char *line);

/* A fact about the whole page. */
void page_meta_text(struct page_data *page, const char *name, const char *text);
void page_meta_number(struct page_data *page, const char *name, uint64_t number);

/* A table; `columns` must live as long as the page.  The page owns it. */
struct page_table *page_table(struct page_data *page, const char *name,
			      const struct page_column *columns, size_t count);
/*
 * Append a row: as many values as there are columns.  A PAGE_REF is a row's index, negative for
 * none; a PAGE_NUMBER is taken as uint64_t.
 */
void page_row(struct page_table *table, const int64_t *values);
size_t page_rows(const struct page_table *table);
/* Set one value of a row that is there already. */
void page_set(struct page_table *table, size_t row, size_t column, int64_t value);

/* Append the whole block of bytes to `sb`. */
void page_encode(const struct page_data *page, struct strbuf *sb);

#endif
