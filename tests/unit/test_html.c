/*
 * The HTML report's data: what the encoder wrote is decoded here by columns.h's description alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "report/html/assets.h"
#include "report/html/document.h"
#include "report/html/page.h"
#include "report/html/static.h"
#include "report/model/recording.h"

static int letter_value(char c)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(letters, c) : NULL;

	assert_non_null(at);
	return (int)(at - letters);
}

static void decode_base64(const char *text, size_t length, struct strbuf *bytes)
{
	assert_int_equal(length % 4, 0);
	for (size_t i = 0; i < length; i += 4) {
		size_t pads = (text[i + 3] == '=') + (text[i + 2] == '=');
		uint32_t three = 0;

		if (pads)
			assert_int_equal(i + 4, length);
		for (size_t j = 0; j < 4; j++)
			three = three << 6 |
				(uint32_t)(j + pads < 4 ? letter_value(text[i + j]) : 0);
		for (size_t j = 0; j + pads < 3; j++)
			strbuf_addch(bytes, (char)(three >> (16 - 8 * j)));
	}
}

static void inflate_raw(const struct strbuf *packed, struct strbuf *bytes)
{
	z_stream stream = {.next_in = (Bytef *)packed->s, .avail_in = (uInt)packed->length};
	char buffer[4096];
	int result;

	assert_int_equal(inflateInit2(&stream, -MAX_WBITS), Z_OK);
	do {
		stream.next_out = (Bytef *)buffer;
		stream.avail_out = sizeof(buffer);
		result = inflate(&stream, Z_NO_FLUSH);
		assert_true(result == Z_OK || result == Z_STREAM_END);
		strbuf_add(bytes, buffer, sizeof(buffer) - stream.avail_out);
	} while (result != Z_STREAM_END);
	inflateEnd(&stream);
}

/* Decoded data. */
struct decoded {
	struct strbuf bytes;
	json_t *directory;
	const unsigned char *blocks;
	size_t block_bytes;
};

static uint32_t u32_at(const struct strbuf *bytes, size_t at)
{
	const unsigned char *p = (const unsigned char *)bytes->s + at;

	assert_true(at + 4 <= bytes->length);
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void decode(const struct page_data *page, struct decoded *ret)
{
	AUTO_STRBUF struct strbuf base64 = STRBUF_INIT, packed = STRBUF_INIT;
	size_t length;

	page_pack(page, &base64);
	ret->bytes = STRBUF_INIT;
	decode_base64(base64.s, base64.length, &packed);
	inflate_raw(&packed, &ret->bytes);
	assert_memory_equal(ret->bytes.s, "PLUGPAGE", 8);
	assert_int_equal(u32_at(&ret->bytes, 8), PAGE_FORMAT_VERSION);
	length = u32_at(&ret->bytes, 12);
	assert_true(PAGE_HEADER_SIZE + length <= ret->bytes.length);
	ret->directory = json_loadb(ret->bytes.s + PAGE_HEADER_SIZE, length, 0, NULL);
	assert_non_null(ret->directory);
	ret->blocks = (const unsigned char *)ret->bytes.s + PAGE_HEADER_SIZE + length;
	ret->block_bytes = ret->bytes.length - PAGE_HEADER_SIZE - length;
}

static void decoded_release(struct decoded *decoded)
{
	json_decref(decoded->directory);
	strbuf_release(&decoded->bytes);
}

/* Text `number`, to be freed. */
static char *text_of(const struct decoded *decoded, uint64_t number)
{
	json_t *place = json_object_get(decoded->directory, "texts");
	size_t at = (size_t)json_integer_value(json_object_get(place, "at"));
	size_t length = (size_t)json_integer_value(json_object_get(place, "length"));
	const char *p = (const char *)decoded->blocks + at, *end = p + length;

	assert_true(at + length <= decoded->block_bytes);
	for (; number; number--) {
		p = memchr(p, '\n', (size_t)(end - p));
		assert_non_null(p);
		p++;
	}
	return xstrndup(p, (size_t)((const char *)memchr(p, '\n', (size_t)(end - p)) - p));
}

static int64_t from_zigzag(uint64_t value)
{
	return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

/* One value of a column, as it was given to page_row(). */
static int64_t value_of(const struct decoded *decoded, const char *table, const char *column,
			size_t row)
{
	json_t *tables = json_object_get(decoded->directory, "tables");
	json_t *whole = json_object_get(tables, table);
	json_t *place = json_object_get(json_object_get(whole, "columns"), column);
	size_t rows = (size_t)json_integer_value(json_object_get(whole, "rows"));
	size_t bytes = (size_t)json_integer_value(json_object_get(place, "bytes"));
	size_t at = (size_t)json_integer_value(json_object_get(place, "at"));
	const char *type = json_string_value(json_object_get(place, "type"));
	bool delta = json_is_true(json_object_get(place, "delta"));
	uint64_t value = 0;

	assert_non_null(type);
	assert_true(row < rows && at + rows * bytes <= decoded->block_bytes);
	for (size_t i = delta ? 0 : row; i <= row; i++) {
		uint64_t stored = 0;

		for (size_t byte = 0; byte < bytes; byte++)
			stored |= (uint64_t)decoded->blocks[at + byte * rows + i] << (8 * byte);
		value = delta ? value + (uint64_t)from_zigzag(stored) : stored;
	}
	if (strcmp(type, "signed") == 0)
		return from_zigzag(value);
	return strcmp(type, "ref") == 0 ? (int64_t)value - 1 : (int64_t)value;
}

static const struct page_column all_types[] = {
	{"number", PAGE_NUMBER, false},  {"number_delta", PAGE_NUMBER, true},
	{"signed", PAGE_SIGNED, false},  {"signed_delta", PAGE_SIGNED, true},
	{"ref", PAGE_REF, false},        {"ref_delta", PAGE_REF, true},
	{"nothing", PAGE_NUMBER, false},
};

static void columns_come_back(void **state)
{
	static const int64_t numbers[] = {0,     1,          255,        256, 65535,
					  65536, 4294967295, 4294967296, 3,   INT64_MAX};
	static const int64_t signeds[] = {0,         -1,        1,         -128, 32767,
					  INT32_MIN, INT64_MAX, INT64_MIN, 0,    7};
	static const int64_t refs[] = {NONE, 0, 1, NONE, 254, 255, 256, 70000, NONE, 5000000000};
	struct page_data *page = page_data_new();
	struct page_table *table = page_table(page, "all", all_types, ARRAY_SIZE(all_types));
	struct decoded decoded;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		const int64_t row[] = {numbers[i], numbers[i], signeds[i], signeds[i],
				       refs[i],    refs[i],    0};

		page_row(table, row);
	}
	assert_int_equal(page_rows(table), ARRAY_SIZE(numbers));
	page_set(table, 3, 0, 77);
	decode(page, &decoded);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		assert_int_equal(value_of(&decoded, "all", "number", i), i == 3 ? 77 : numbers[i]);
		assert_int_equal(value_of(&decoded, "all", "number_delta", i), numbers[i]);
		assert_int_equal(value_of(&decoded, "all", "signed", i), signeds[i]);
		assert_int_equal(value_of(&decoded, "all", "signed_delta", i), signeds[i]);
		assert_int_equal(value_of(&decoded, "all", "ref", i), refs[i]);
		assert_int_equal(value_of(&decoded, "all", "ref_delta", i), refs[i]);
		assert_int_equal(value_of(&decoded, "all", "nothing", i), 0);
	}
	decoded_release(&decoded);
	page_data_free(page);
}

/* base64's end, deflate's blocks: every length of the data up to some hundred bytes. */
static void data_of_any_length_come_back(void **state)
{
	(void)state;
	for (size_t rows = 0; rows < 300; rows++) {
		struct page_data *page = page_data_new();
		struct page_table *table =
			page_table(page, "all", all_types, ARRAY_SIZE(all_types));
		struct decoded decoded;

		for (size_t i = 0; i < rows; i++) {
			const int64_t noise = (int64_t)(i * 2654435761u & 0xff);
			const int64_t row[] = {noise, 0, 0, 0, 0, 0, 0};

			page_row(table, row);
		}
		decode(page, &decoded);
		if (rows)
			assert_int_equal(value_of(&decoded, "all", "number", rows - 1),
					 (rows - 1) * 2654435761u & 0xff);
		decoded_release(&decoded);
		page_data_free(page);
	}
}

/* Texts: each once; hostile ones harmless, none with a line break in it. */
static void texts_come_back_escaped(void **state)
{
	static const struct {
		const char *text, *wanted;
	} texts[] = {
		{"libx.so", "libx.so"},
		{"", ""},
		{"</script><script>alert(1)</script>", "</script><script>alert(1)</script>"},
		{"a\nb\tc", "a\\nb\\tc"},
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xe2\x80\xa8", "\\u{2028}"},
		{"\x01\x02", "\\x01\\x02"},
		{"caf\xc3\xa9 \xe2\x82\xac", "caf\xc3\xa9 \xe2\x82\xac"},
	};
	struct page_data *page = page_data_new();
	AUTO_FREE char *longest = xmalloc(100001);
	uint32_t numbers[ARRAY_SIZE(texts)], long_number;
	struct decoded decoded;

	(void)state;
	memset(longest, 'x', 100000);
	longest[100000] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		numbers[i] = page_text(page, texts[i].text);
		assert_int_equal(page_text(page, texts[i].text), numbers[i]);
	}
	assert_int_equal(page_text(page, NULL), 0);
	assert_int_equal(numbers[1], 0);
	long_number = page_text(page, longest);
	page_meta_text(page, "title", texts[4].text);
	page_meta_number(page, "answer", 42);
	decode(page, &decoded);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_FREE char *text = text_of(&decoded, numbers[i]);

		assert_string_equal(text, texts[i].wanted);
	}
	AUTO_FREE char *text = text_of(&decoded, long_number);
	assert_string_equal(text, longest);
	json_t *meta = json_object_get(decoded.directory, "meta");
	assert_string_equal(json_string_value(json_object_get(meta, "title")), texts[4].wanted);
	assert_int_equal(json_integer_value(json_object_get(meta, "answer")), 42);
	decoded_release(&decoded);
	page_data_free(page);
}

/* What a walker says becomes steps; what it says of nobody is dropped. */
static void walkers_are_kept(void **state)
{
	static const struct column columns[] = {
		{"a", "A", COLUMN_TREE}, {"b", NULL, 0}, {NULL, "C", COLUMN_RIGHT}};
	static const struct {
		enum page_step op;
		unsigned int flags;
		const char *text;
	} wanted[] = {
		{PAGE_STEP_LINE, 0, MARK_BOLD "x\\x1b" MARK_END "y"},
		{PAGE_STEP_LINE, 0, ""},
		{PAGE_STEP_FACT, 0, "label"},
		{PAGE_STEP_CELL, STYLE_BAD, "7"},
		{PAGE_STEP_TABLE, 0, ""},
		{PAGE_STEP_COLUMN, COLUMN_TREE, "A"},
		{PAGE_STEP_COLUMN, COLUMN_RIGHT, "C"},
		{PAGE_STEP_ROW, 0, ""},
		{PAGE_STEP_CELL, 0, "\\x02"},
		{PAGE_STEP_CELL, 0, "-"},
		{PAGE_STEP_ROW, 0, ""},
		{PAGE_STEP_CELL, 0, "\\x02"},
		{PAGE_STEP_CELL, 0, "-"},
		{PAGE_STEP_ROW_CLOSE, 0, ""},
		{PAGE_STEP_ROW_CLOSE, 0, ""},
		{PAGE_STEP_TABLE_CLOSE, 0, ""},
		{PAGE_STEP_REST, 0, "and 2 more"},
	};
	const struct value values[] = {value_string("\002"), value_integer(5), value_none()};
	const struct document_subject about = {"why", "Why?", 3, "object", 9};
	const struct document_subject silent = {"no", "No", NONE, NULL, NONE};
	struct page_data *page = page_data_new();
	struct render *render = render_document_new(page);
	struct decoded decoded;

	(void)state;
	render_line(render, "nobody asked");
	document_begin(render, &silent);
	render_blank(render);
	render_value(render, "json", value_integer(1));
	assert_false(document_end(render));
	document_begin(render, &about);
	render_blank(render);
	render_line(render, MARK_BOLD "x\033" MARK_END "y");
	render_blank(render);
	render_blank(render);
	render_fact(render, "key", "label", value_styled(value_integer(7), STYLE_BAD));
	render_fact(render, "json only", NULL, value_integer(8));
	render_table(render, "t", columns, ARRAY_SIZE(columns));
	render_row_open(render, values);
	render_row(render, values);
	render_row_close(render);
	render_table_close(render);
	assert_false(document_is_cut(render));
	render_rest(render, REST_ALL, "and %d more", 2);
	render_blank(render);
	assert_true(document_end(render));
	assert_true(document_is_cut(render));
	render_line(render, "nor now");
	assert_true(render_finish(render));
	decode(page, &decoded);
	assert_int_equal(value_of(&decoded, "document", "process", 0), 3);
	assert_int_equal(value_of(&decoded, "document", "subject", 0), 9);
	assert_int_equal(value_of(&decoded, "document", "first", 0), 0);
	assert_int_equal(value_of(&decoded, "document", "count", 0), ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		AUTO_FREE char *text =
			text_of(&decoded, (uint64_t)value_of(&decoded, "step", "text", i));

		assert_int_equal(value_of(&decoded, "step", "op", i), wanted[i].op);
		assert_int_equal(value_of(&decoded, "step", "flags", i), wanted[i].flags);
		assert_string_equal(text, wanted[i].text);
	}
	decoded_release(&decoded);
	page_data_free(page);
}

#define MARKUP "<img src=x onerror=alert(1)>\"'&\033"

/* The part of the page that needs no script. */
static void static_html_is_escaped(void **state)
{
	static const struct column columns[] = {{"a", MARKUP, COLUMN_TREE}, {"b", NULL, 0}};
	const struct value values[] = {value_string(MARKUP), value_string(MARKUP)};
	AUTO_STRBUF struct strbuf html = STRBUF_INIT;
	struct render *render = render_static_new(&html);

	(void)state;
	render_line(render, MARK_BOLD "%s" MARK_END MARK_BRANCH, MARKUP);
	render_fact(render, "key", MARKUP, value_string(MARKUP));
	render_table(render, "t", columns, ARRAY_SIZE(columns));
	render_row_open(render, values);
	render_row(render, values);
	render_row_close(render);
	render_table_close(render);
	render_line(render, "end");
	assert_true(render_finish(render));
	assert_null(strstr(html.s, "<img"));
	assert_null(strpbrk(html.s, "\033\001\006\016"));
	assert_non_null(strstr(html.s, "&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;\\x1b"));
	assert_non_null(strstr(html.s, "<pre class=\"lines\">end\n</pre>\n"));
}

static size_t count(const char *text, const char *part)
{
	size_t found = 0;

	for (const char *at = text; (at = strstr(at, part)); at++)
		found++;
	return found;
}

static void pages_are_one_document(void **state)
{
	struct page_data *page = page_data_new();
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	page_text(page, "</script><script>");
	assert_true(page_write(out, "</title><script>", "<p>overview</p>", page));
	fclose(out);
	assert_int_equal(count(text, "<script"), 2); /* the data and the viewer */
	assert_int_equal(count(text, "</script>"), 2);
	assert_int_equal(count(text, "<title>&lt;/title&gt;&lt;script&gt;</title>"), 1);
	assert_int_equal(count(text, "<p>overview</p>"), 1);
	assert_int_equal(count(text, "default-src 'none'"), 1);
	assert_int_equal(strlen(viewer_script_hash), 45);
	assert_true(strlen(viewer_script) + strlen(viewer_style) < 150 * 1000);
	free(text);
	out = fopen("/dev/full", "w");
	assert_non_null(out);
	assert_false(page_write(out, "", "", page));
	fclose(out);
	page_data_free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_come_back),
		cmocka_unit_test(data_of_any_length_come_back),
		cmocka_unit_test(texts_come_back_escaped),
		cmocka_unit_test(walkers_are_kept),
		cmocka_unit_test(static_html_is_escaped),
		cmocka_unit_test(pages_are_one_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
