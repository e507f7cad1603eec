/* The renderers: what people and programs get to see, also of hostile names. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/render/forest.h"
#include "report/render/layout.h"
#include "report/render/render.h"

struct page {
	char *text;
	size_t length;
	FILE *out;
	struct render *render;
};

static void page_open(struct page *page, const struct render_look *look)
{
	page->out = open_memstream(&page->text, &page->length);
	assert_non_null(page->out);
	page->render = look ? render_text_new(page->out, look) : render_json_new(page->out, "test");
}

static void page_close(struct page *page)
{
	assert_true(render_finish(page->render));
	fclose(page->out);
}

static const struct render_look plain = {0};

/* A terminal escape, a bidi override, bytes that are no UTF-8, a newline. */
#define HOSTILE         "a\033[31m\xe2\x80\xae\xff\n\xc3\xa9"
#define HOSTILE_ESCAPED "a\\x1b[31m\\u{202e}\\xff\\n\xc3\xa9"

static void names_are_harmless_in_text(void **state)
{
	static const struct column columns[] = {{"name", "NAME", 0}};
	struct page page;
	struct value value = value_string(HOSTILE);

	(void)state;
	page_open(&page, &plain);
	render_fact(page.render, "name", "name", value);
	render_table(page.render, "names", columns, 1);
	render_row(page.render, &value);
	render_table_close(page.render);
	render_line(page.render, "%s", HOSTILE);
	page_close(&page);
	assert_string_equal(page.text, "  name  " HOSTILE_ESCAPED "\n"
				       "  NAME\n"
				       "  " HOSTILE_ESCAPED "\n" HOSTILE_ESCAPED "\n");
	free(page.text);
}

/* Headings come from a view's columns: they are no better than the cells. */
static void headings_are_harmless(void **state)
{
	static const struct column columns[] = {{"x\177", "x\033]0;owned\a\177", 0}};
	struct value value = value_string("a\177b");
	struct page page;

	(void)state;
	page_open(&page, &plain);
	render_table(page.render, "names", columns, 1);
	render_row(page.render, &value);
	render_table_close(page.render);
	page_close(&page);
	assert_string_equal(page.text, "  x\\x1b]0;owned\\x07\\x7f\n  a\\x7fb\n");
	free(page.text);
	page_open(&page, NULL);
	render_table(page.render, "names", columns, 1);
	render_row(page.render, &value);
	value = value_json("[\"\177\", \"\xc3\xa9\"]");
	render_row(page.render, &value);
	render_table_close(page.render);
	page_close(&page);
	assert_null(strchr(page.text, '\177'));
	assert_non_null(strstr(page.text, "{\"x\\u007f\": \"a\\u007fb\"}"));
	assert_non_null(strstr(page.text, "[\"\\u007f\", \"\\u00E9\"]"));
	free(page.text);
}

static void names_are_valid_in_json(void **state)
{
	struct page page;
	json_t *document;
	const char *name;

	(void)state;
	page_open(&page, NULL);
	render_value(page.render, "name", value_string(HOSTILE));
	render_value(page.render, "zero", value_bytes("a\0b", 3));
	page_close(&page);
	for (size_t i = 0; i < page.length; i++)
		assert_true(page.text[i] == '\n' || (unsigned char)page.text[i] >= ' ');
	assert_null(strstr(page.text, "\xe2\x80\xae"));
	document = json_loads(page.text, JSON_ALLOW_NUL, NULL);
	assert_non_null(document);
	assert_int_equal(json_integer_value(json_object_get(document, "plugaudit")), 1);
	assert_string_equal(json_string_value(json_object_get(document, "command")), "test");
	name = json_string_value(json_object_get(document, "name"));
	assert_string_equal(name, "a\033[31m\xe2\x80\xae\xef\xbf\xbd\n\xc3\xa9");
	assert_int_equal(json_string_length(json_object_get(document, "zero")), 3);
	json_decref(document);
	free(page.text);
}

static void each_invalid_byte_is_replaced(void **state)
{
	/* Overlong, surrogate, beyond U+10FFFF, cut short. */
	static const char *const broken[] = {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
					     "\xe2\x82", "\x80"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		struct page page;
		json_t *document;
		const char *name;

		page_open(&page, NULL);
		render_value(page.render, "name", value_string(broken[i]));
		page_close(&page);
		document = json_loads(page.text, 0, NULL);
		assert_non_null(document);
		name = json_string_value(json_object_get(document, "name"));
		assert_int_equal(strlen(name), 3 * strlen(broken[i]));
		for (size_t j = 0; j < strlen(broken[i]); j++)
			assert_memory_equal(name + 3 * j, "\xef\xbf\xbd", 3);
		json_decref(document);
		free(page.text);
	}
}

static void values_have_their_types_in_json(void **state)
{
	struct page page;

	(void)state;
	page_open(&page, NULL);
	render_value(page.render, "none", value_none());
	render_value(page.render, "null", value_string(NULL));
	render_value(page.render, "big", value_integer(INT64_MAX));
	render_value(page.render, "small", value_integer(INT64_MIN));
	render_value(page.render, "yes", value_bool(true));
	render_value(page.render, "address", value_address(UINT64_MAX));
	render_value(page.render, "infinite", value_real(1e308 * 10));
	render_value(page.render, "half", value_shown(value_real(0.5), "one half"));
	render_value(page.render, "list", value_json("[\"a\", 1]"));
	render_value(page.render, "broken", value_json("[\"a"));
	render_open(page.render, "empty", GROUP_ARRAY);
	render_close(page.render);
	render_line(page.render, "for people only");
	page_close(&page);
	assert_string_equal(page.text, "{\n"
				       "  \"plugaudit\": 1,\n"
				       "  \"command\": \"test\",\n"
				       "  \"none\": null,\n"
				       "  \"null\": null,\n"
				       "  \"big\": 9223372036854775807,\n"
				       "  \"small\": -9223372036854775808,\n"
				       "  \"yes\": true,\n"
				       "  \"address\": \"0xffffffffffffffff\",\n"
				       "  \"infinite\": null,\n"
				       "  \"half\": 0.5,\n"
				       "  \"list\": [\"a\", 1],\n"
				       "  \"broken\": \"[\\\"a\",\n"
				       "  \"empty\": []\n"
				       "}\n");
	free(page.text);
}

static void columns_are_aligned(void **state)
{
	static const struct column columns[] = {{"name", "NAME", 0},
						{"hidden", NULL, 0},
						{"n", "N", COLUMN_RIGHT},
						{"last", "LAST", 0}};
	struct page page;
	const struct value first[] = {value_string("\xc3\xa9\xe6\xbc\xa2"), value_integer(1),
				      value_integer(7), value_string("x")};
	const struct value second[] = {value_string("longer"), value_integer(1),
				       value_integer(1000), value_string("")};

	(void)state;
	page_open(&page, &plain);
	render_table(page.render, "t", columns, ARRAY_SIZE(columns));
	render_row(page.render, first);
	render_row(page.render, second);
	render_table_close(page.render);
	page_close(&page);
	/* U+6F22 is two columns wide; nothing ends in blanks. */
	assert_string_equal(page.text, "  NAME       N  LAST\n"
				       "  \xc3\xa9\xe6\xbc\xa2        7  x\n"
				       "  longer  1000\n");
	free(page.text);
}

static void wide_names_are_not_cut_when_piped(void **state)
{
	static const struct column columns[] = {{"a", "A", COLUMN_WRAP}, {"b", "B", COLUMN_WRAP}};
	char wide[5001] = "";
	struct value values[2];
	struct page page;

	(void)state;
	memset(wide, 'w', sizeof(wide) - 1);
	values[0] = values[1] = value_string(wide);
	page_open(&page, &plain);
	render_table(page.render, "t", columns, 2);
	render_row(page.render, values);
	render_table_close(page.render);
	page_close(&page);
	assert_non_null(strstr(page.text, wide));
	assert_non_null(strstr(strstr(page.text, wide) + 5000, wide));
	free(page.text);
}

/* On a narrow terminal long cells are broken over lines, and no letter is lost. */
static void narrow_terminals_lose_nothing(void **state)
{
	static const struct column columns[] = {{"a", "A", COLUMN_WRAP}, {"b", "B", 0}};
	static const struct render_look narrow = {.width = 40};
	struct page page;
	const struct value values[] = {
		value_string("/usr/lib/x86_64-linux-gnu/somewhere/deep/below/libplugin.so.1"),
		value_string("because")};
	size_t letters = 0;

	(void)state;
	page_open(&page, &narrow);
	render_table(page.render, "t", columns, 2);
	render_row(page.render, values);
	render_table_close(page.render);
	page_close(&page);
	for (char *line = strtok(page.text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 42);
	free(page.text);
	page_open(&page, &narrow);
	render_table(page.render, "t", columns, 2);
	render_row(page.render, values);
	render_table_close(page.render);
	page_close(&page);
	for (const char *p = strchr(page.text, '\n'); *p; p++)
		letters += *p != ' ' && *p != '\n';
	assert_int_equal(letters, strlen(values[0].string) + strlen("because"));
	free(page.text);
}

static void assert_broken(const char *text, size_t most, const char *wanted)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	layout_break(&sb, text, most);
	assert_string_equal(sb.s, wanted);
}

static void lines_break_where_words_end(void **state)
{
	(void)state;
	assert_broken("", 10, "");
	assert_broken("short", 10, "short");
	assert_broken("exactly10!", 10, "exactly10!");
	/* Blanks at a break are dropped, also behind a word that just fits; those in front stay. */
	assert_broken("exactly10! next", 10, "exactly10!\nnext");
	assert_broken("  some   words here", 10, "  some\nwords here");
	assert_broken("word      ", 6, "word");
	/* A slash belongs to what follows when nothing stands before it. */
	assert_broken("cc -plugin /usr/lib/x", 13, "cc -plugin\n/usr/lib/x");
	assert_broken("/usr/lib/x86_64-linux-gnu/libx.so", 20,
		      "/usr/lib/\nx86_64-linux-gnu/\nlibx.so");
	assert_broken("abc --long-option", 8, "abc\n--long-\noption");
	/* Hyphens and underscores are worse than what parts words. */
	assert_broken("f(a, RTLD_LAZY|RTLD_GLOBAL)", 12, "f(a,\nRTLD_\nLAZY|RTLD_\nGLOBAL)");
	/* No place at all. */
	assert_broken("abcdefghij", 4, "abcd\nefgh\nij");
	assert_broken("\xc3\xa9\xc3\xa9\xc3\xa9", 2, "\xc3\xa9\xc3\xa9\n\xc3\xa9");
	assert_broken("\xe6\xbc\xa2\xe6\xbc\xa2", 1, "\xe6\xbc\xa2\n\xe6\xbc\xa2");
	assert_broken("\xff\xff\xff", 2, "\xff\xff\n\xff");
}

static char *table_at(size_t width, const char *second_tid)
{
	static const struct column columns[] = {
		{NULL, "TID", COLUMN_SAME},
		{NULL, "CALL", COLUMN_WRAP},
		{NULL, "ID", COLUMN_SPARE},
		{NULL, "FROM", COLUMN_WRAP},
		{NULL, "MORE", COLUMN_WRAP | COLUMN_SPARE},
	};
	const struct render_look look = {.width = width};
	const struct value first[] = {value_string("1234"), value_string("open of some library"),
				      value_string("abcdef"), value_string("some function in it"),
				      value_string("twelve bytes")};
	struct value second[ARRAY_SIZE(first)];
	struct page page;

	memcpy(second, first, sizeof(second));
	second[0] = value_string(second_tid);
	page_open(&page, &look);
	render_table(page.render, "t", columns, ARRAY_SIZE(columns));
	render_row(page.render, first);
	render_row(page.render, second);
	render_table_close(page.render);
	page_close(&page);
	return page.text;
}

/* What says nothing goes first, then what can be spared; only then cells are broken. */
static void columns_are_left_out_before_cells_are_broken(void **state)
{
	static const struct {
		size_t width;
		const char *tid, *heading, *row;
	} cases[] = {
		{69, "1234", "  TID   CALL                  ID      FROM                 MORE\n",
		 "  1234  open of some library  abcdef  some function in it  twelve bytes\n"},
		{68, "1234", "  CALL                  ID      FROM                 MORE\n",
		 "  open of some library  abcdef  some function in it  twelve bytes\n"},
		{68, "1235", "  TID   CALL                  FROM                 MORE\n",
		 "  1234  open of some library  some function in it  twelve bytes\n"},
		{62, "1234", "  CALL                  FROM                 MORE\n",
		 "  open of some library  some function in it  twelve bytes\n"},
		{42, "1234", "  CALL          FROM           MORE\n",
		 "  open of some  some function  twelve bytes\n"},
		{30, "1234", "  CALL          FROM\n", "  open of some  some function\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_FREE char *text = table_at(cases[i].width, cases[i].tid);
		const char *row = strchr(text, '\n') + 1;

		if (strncmp(text, cases[i].heading, strlen(cases[i].heading)) != 0 ||
		    strncmp(row, cases[i].row, strlen(cases[i].row)) != 0)
			fail_msg("width %zu:\n%s", cases[i].width, text);
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
			assert_true(strlen(line) <= cases[i].width + 2);
	}
}

/* Many rows go out in blocks: all there, one heading, and never narrower than before. */
static void large_tables_keep_all_rows(void **state)
{
	/* The heading is as wide as its column in the first block, and wider than that of others.
	 */
	static const struct column columns[] = {{"i", "I", 0}, {"n", "NUMBER", 0}, {"x", "X", 0}};
	struct page page;
	size_t lines = 0, headings = 0, column = 0;

	(void)state;
	page_open(&page, &plain);
	render_table(page.render, "t", columns, ARRAY_SIZE(columns));
	for (int i = 0; i < 10001; i++) {
		const struct value values[] = {value_integer(i), value_string("1"),
					       value_string("end")};

		render_row(page.render, values);
	}
	render_table_close(page.render);
	page_close(&page);
	for (char *line = strtok(page.text, "\n"); line; line = strtok(NULL, "\n")) {
		const char *end = strstr(line, "end");

		lines++;
		headings += strstr(line, "I ") != NULL;
		if (!end)
			continue;
		assert_true((size_t)(end - line) >= column);
		column = (size_t)(end - line);
	}
	assert_int_equal(lines, 10002);
	assert_int_equal(headings, 1);
	free(page.text);
}

/* The later blocks fit as the first one does, in the same columns, whatever they hold. */
static void large_tables_fit_in_all_blocks(void **state)
{
	static const struct column columns[] = {{"a", "A", COLUMN_WRAP},
						{"same", "SAME", COLUMN_SAME},
						{"b", "B", COLUMN_WRAP},
						{"c", "C", COLUMN_WRAP},
						{"d", "D", 0}};
	static const struct render_look narrow = {.width = 50};
	struct page page;
	size_t rows = 0;

	(void)state;
	page_open(&page, &narrow);
	render_table(page.render, "t", columns, ARRAY_SIZE(columns));
	for (int i = 0; i < 4500; i++) {
		const struct value values[] = {
			value_string(i < 2000 ? "short" : "something that needs more than others"),
			value_string("x"),
			value_string(i < 2000 ? "long enough to be broken over lines" : "brief"),
			value_string("now and then it is much longer" + (i % 1000 ? 20 : 0)),
			value_string(i < 4000 ? "d" : "wider")};

		render_row(page.render, values);
	}
	render_table_close(page.render);
	page_close(&page);
	assert_memory_equal(page.text, "  A      B", 10);
	for (char *line = strtok(page.text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strlen(line) > 52)
			fail_msg("%s", line);
		rows += strstr(line, "longer") != NULL;
	}
	assert_int_equal(rows, 4500);
	free(page.text);
}

static void large_tables_are_one_json_array(void **state)
{
	static const struct column columns[] = {{"i", "I", 0}};
	struct page page;
	json_t *document;

	(void)state;
	page_open(&page, NULL);
	render_table(page.render, "t", columns, 1);
	for (int i = 0; i < 10001; i++) {
		const struct value value = value_integer(i);

		render_row(page.render, &value);
	}
	render_table_close(page.render);
	page_close(&page);
	document = json_loads(page.text, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(document, "t")), 10001);
	json_decref(document);
	free(page.text);
}

static void marks_are_colours_glyphs_or_nothing(void **state)
{
	static const struct render_look looks[] = {
		{0}, {.glyphs = true}, {.color = true, .glyphs = true}};
	static const char *const expected[] = {
		"a b\n|  `- c\n", "a b\n\xe2\x94\x82  \xe2\x94\x94\xe2\x94\x80 c\n",
		"\033[1ma\033[0m b\n\xe2\x94\x82  \xe2\x94\x94\xe2\x94\x80 c\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		struct page page;

		page_open(&page, &looks[i]);
		render_line(page.render, MARK_BOLD "a" MARK_END " b");
		render_line(page.render, MARK_RAIL MARK_BRANCH "c");
		page_close(&page);
		assert_string_equal(page.text, expected[i]);
		free(page.text);
	}
}

/* An option where people read; nothing for programs. */
static void what_is_left_out_names_the_option(void **state)
{
	struct page page;

	(void)state;
	page_open(&page, &plain);
	render_rest(page.render, REST_ALL, MARK_DIM "  and %d more" MARK_END, 12);
	page_close(&page);
	assert_string_equal(page.text, "  and 12 more (--all shows them)\n");
	free(page.text);
	page_open(&page, NULL);
	render_rest(page.render, REST_ALL, "and %d more", 12);
	page_close(&page);
	assert_null(strstr(page.text, "more"));
	free(page.text);
}

static void styled_cells_are_coloured_only_when_asked(void **state)
{
	static const struct column columns[] = {{"a", "A", 0}};
	struct value value = value_styled(value_string("x"), STYLE_BAD);

	(void)state;
	for (int color = 0; color < 2; color++) {
		struct render_look look = {.color = color};
		struct page page;

		page_open(&page, &look);
		render_table(page.render, "t", columns, 1);
		render_row(page.render, &value);
		render_table_close(page.render);
		page_close(&page);
		assert_true((strchr(page.text, '\033') != NULL) == color);
		free(page.text);
	}
}

struct line_of {
	struct render *render;
	int count;
};

static void open_row(int node, void *data)
{
	struct line_of *line = data;
	char name[32];
	struct value value;

	snprintf(name, sizeof(name), "n%d", node);
	value = value_string(name);
	line->count++;
	render_row_open(line->render, &value);
}

static const struct column tree_column[] = {{"name", "NAME", COLUMN_TREE}};

static void trees_are_drawn(void **state)
{
	AUTO_FOREST struct forest forest;
	struct page page;
	struct line_of line;

	(void)state;
	forest_init(&forest, 5);
	forest_link(&forest, 1, 0);
	forest_link(&forest, 2, 1);
	forest_link(&forest, 3, 0);
	page_open(&page, &plain);
	line = (struct line_of){.render = page.render};
	render_table(page.render, "t", tree_column, 1);
	forest_show(&forest, page.render, NULL, open_row, &line);
	render_table_close(page.render);
	page_close(&page);
	assert_string_equal(page.text, "  NAME\n"
				       "  n0\n"
				       "  |-n1\n"
				       "  | `-n2\n"
				       "  `-n3\n"
				       "  n4\n");
	free(page.text);
}

/* Each node once, though 0 -> 1 -> 2 -> 0 run in a circle and 3 is its own parent. */
static void circles_are_cut(void **state)
{
	AUTO_FOREST struct forest forest;
	struct page page;
	struct line_of line;

	(void)state;
	forest_init(&forest, 4);
	forest_link(&forest, 0, 2);
	forest_link(&forest, 1, 0);
	forest_link(&forest, 2, 1);
	forest_link(&forest, 3, 3);
	forest_link(&forest, 3, 99);
	page_open(&page, NULL);
	line = (struct line_of){.render = page.render};
	render_table(page.render, "t", tree_column, 1);
	forest_show(&forest, page.render, NULL, open_row, &line);
	render_table_close(page.render);
	page_close(&page);
	assert_int_equal(line.count, 4);
	free(page.text);
}

static void endless_chains_do_not_exhaust_the_stack(void **state)
{
	enum { COUNT = 20000 };

	(void)state;
	for (int json = 0; json < 2; json++) {
		AUTO_FOREST struct forest forest;
		struct page page;
		struct line_of line;

		forest_init(&forest, COUNT);
		for (int i = 1; i < COUNT; i++)
			forest_link(&forest, i, i - 1);
		page_open(&page, json ? NULL : &plain);
		line = (struct line_of){.render = page.render};
		render_table(page.render, "t", tree_column, 1);
		forest_show(&forest, page.render, NULL, open_row, &line);
		render_table_close(page.render);
		page_close(&page);
		assert_int_equal(line.count, COUNT);
		if (json) {
			json_t *document = json_loads(page.text, 0, NULL);

			assert_non_null(document);
			json_decref(document);
		}
		free(page.text);
	}
}

/* A command that breaks off leaves a whole document all the same, though its columns are gone. */
static void broken_off_answers_are_closed(void **state)
{
	const struct value value = value_integer(1);

	(void)state;
	for (int json = 0; json < 2; json++) {
		struct column *columns = xcalloc(2, sizeof(*columns));
		struct page page;

		columns[0] = (struct column){"a", "A", 0};
		columns[1] = (struct column){"b", NULL, 0};
		page_open(&page, json ? NULL : &plain);
		render_open(page.render, "o", GROUP_OBJECT);
		render_table(page.render, "t", columns, 2);
		render_row(page.render, (const struct value[]){value, value});
		memset(columns, 1, 2 * sizeof(*columns));
		free(columns);
		page_close(&page);
		if (json) {
			json_t *document = json_loads(page.text, 0, NULL);

			assert_non_null(document);
			json_decref(document);
		} else {
			assert_string_equal(page.text, "  A\n  1\n");
		}
		free(page.text);
	}
}

static void write_errors_are_told(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct render *render;

	(void)state;
	assert_non_null(full);
	render = render_json_new(full, "test");
	assert_false(render_finish(render));
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_harmless_in_text),
		cmocka_unit_test(headings_are_harmless),
		cmocka_unit_test(names_are_valid_in_json),
		cmocka_unit_test(each_invalid_byte_is_replaced),
		cmocka_unit_test(values_have_their_types_in_json),
		cmocka_unit_test(columns_are_aligned),
		cmocka_unit_test(wide_names_are_not_cut_when_piped),
		cmocka_unit_test(narrow_terminals_lose_nothing),
		cmocka_unit_test(lines_break_where_words_end),
		cmocka_unit_test(columns_are_left_out_before_cells_are_broken),
		cmocka_unit_test(large_tables_keep_all_rows),
		cmocka_unit_test(large_tables_fit_in_all_blocks),
		cmocka_unit_test(large_tables_are_one_json_array),
		cmocka_unit_test(marks_are_colours_glyphs_or_nothing),
		cmocka_unit_test(what_is_left_out_names_the_option),
		cmocka_unit_test(styled_cells_are_coloured_only_when_asked),
		cmocka_unit_test(trees_are_drawn),
		cmocka_unit_test(circles_are_cut),
		cmocka_unit_test(endless_chains_do_not_exhaust_the_stack),
		cmocka_unit_test(broken_off_answers_are_closed),
		cmocka_unit_test(write_errors_are_told),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
