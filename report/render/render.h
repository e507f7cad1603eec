/*
 * render.h - one walk over the data, many formats.
 *
 * A command describes its answer once, to a struct render; each format is a struct render_ops.  Two
 * kinds of calls exist side by side:
 *
 *   structure   render_open, render_value, render_close: members of the JSON document; text shows
 *               nothing for them.
 *   prose       render_line, render_blank: sentences for people; JSON shows nothing for them.
 *   both        render_fact (one labelled value), tables and trees.
 *
 * Strings in values are bytes from recordings, passed as they are: the text format escapes them,
 * JSON turns what is not UTF-8 into U+FFFD.  Strings that are already made for people (`text` of a
 * value, lines) must have been built with strbuf_add_escaped(); what slipped through is
 * escaped again before it reaches a terminal.
 */
#ifndef PLUGREPORT_RENDER_H
#define PLUGREPORT_RENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "report/util.h"

/* The JSON documents' format, in their member "plugaudit". */
#define RENDER_FORMAT_VERSION 1

/*
 * Marks inside lines: each is one control character, which no escaped name can contain.  The text
 * format turns them into colours and tree glyphs, or plain ASCII, or nothing.
 */
#define MARK_BOLD   "\001"
#define MARK_DIM    "\002"
#define MARK_GOOD   "\003"
#define MARK_BAD    "\004"
#define MARK_WARN   "\005"
#define MARK_END    "\006" /* back to plain */
#define MARK_BRANCH "\016" /* "`- ": the last child of what stands above */
#define MARK_RAIL   "\017" /* "|  ": something follows below at this depth */

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_BAD, STYLE_WARN };

enum value_type {
	VALUE_NONE,
	VALUE_STRING,
	VALUE_INTEGER,
	VALUE_REAL,
	VALUE_BOOL,
	VALUE_ADDRESS,
	VALUE_JSON
};

/* One value: what JSON shows, and `text`, what people see instead (NULL: derived from the value).
 * Pointers need to live during the call only. */
struct value {
	enum value_type type;
	const char *string; /* VALUE_STRING, VALUE_JSON */
	size_t length;
	int64_t integer; /* VALUE_INTEGER, VALUE_BOOL; VALUE_ADDRESS: as uint64_t */
	double real;
	const char *text;
	enum style style;
	bool grouped; /* VALUE_INTEGER: "1,514" for people */
};

static inline struct value value_none(void)
{
	return (struct value){.type = VALUE_NONE};
}

/* NULL gives VALUE_NONE. */
static inline struct value value_string(const char *s)
{
	return s ? (struct value){.type = VALUE_STRING, .string = s, .length = strlen(s)}
		 : value_none();
}

static inline struct value value_bytes(const char *s, size_t length)
{
	return (struct value){.type = VALUE_STRING, .string = s, .length = length};
}

static inline struct value value_integer(int64_t n)
{
	return (struct value){.type = VALUE_INTEGER, .integer = n};
}

/* How many there are of something. */
static inline struct value value_count(uint64_t n)
{
	return (struct value){.type = VALUE_INTEGER, .integer = (int64_t)n, .grouped = true};
}

static inline struct value value_real(double real)
{
	return (struct value){.type = VALUE_REAL, .real = real};
}

static inline struct value value_bool(bool b)
{
	return (struct value){.type = VALUE_BOOL, .integer = b};
}

/* JSON has no 64-bit unsigned numbers that every reader keeps: a string "0x...". */
static inline struct value value_address(uint64_t address)
{
	return (struct value){.type = VALUE_ADDRESS, .integer = (int64_t)address};
}

/* A JSON document in a string; one that is none is shown as the string that it is. */
static inline struct value value_json(const char *json)
{
	struct value value = value_string(json);

	if (json)
		value.type = VALUE_JSON;
	return value;
}

/* The same value with another text for people; NULL leaves it as it is. */
static inline struct value value_shown(struct value value, const char *text)
{
	value.text = text;
	return value;
}

static inline struct value value_styled(struct value value, enum style style)
{
	value.style = style;
	return value;
}

/* Column flags. */
#define COLUMN_RIGHT 1u /* numbers */
#define COLUMN_TREE  2u /* the column that carries the tree's branches */
/* On a terminal that is too narrow: */
#define COLUMN_WRAP  4u  /* may be broken over lines */
#define COLUMN_SPARE 8u  /* may be left out; with COLUMN_WRAP only when breaking is not enough */
#define COLUMN_SAME  16u /* may be left out when all its cells are equal */

struct column {
	const char *key;   /* member name in JSON; NULL: not in JSON */
	const char *title; /* heading in text; NULL: not in text */
	unsigned int flags;
};

enum group_kind { GROUP_OBJECT, GROUP_ARRAY };

struct render;

struct render_ops {
	/* Structure; NULL where a format has no use for it. */
	void (*open)(struct render *render, const char *key, enum group_kind kind);
	void (*close)(struct render *render);
	void (*value)(struct render *render, const char *key, const struct value *value);
	void (*fact)(struct render *render, const char *key, const char *label,
		     const struct value *value);
	void (*line)(struct render *render, const char *text);
	/* NULL: as a line, without `hint`. */
	void (*rest)(struct render *render, const char *text, const char *hint);
	void (*table)(struct render *render, const char *key, const struct column *columns,
		      size_t count);
	void (*row)(struct render *render, const struct value *values);
	void (*row_close)(struct render *render);
	void (*table_close)(struct render *render);
	/* Write what is pending; false when anything could not be written. */
	bool (*finish)(struct render *render);
	void (*free)(struct render *render);
};

/* What every format begins with. */
struct render {
	const struct render_ops *ops;
	FILE *out;
	bool is_text; /* for what is only worth computing when somebody reads it */
	/* Rows that a long table may have before it is cut, where nobody can ask for all of them;
	 * 0: as the command likes. */
	size_t table_rows;
};

/* How text looks. */
struct render_look {
	bool color;
	bool glyphs;  /* tree branches as Unicode line drawing, else ASCII */
	size_t width; /* columns of the terminal; 0: lines may be as long as they are */
};

/* The caller finishes with render_finish(), which also frees.  `out` stays open. */
struct render *render_text_new(FILE *out, const struct render_look *look);
/* The document begins {"plugaudit": 1, "command": `command`, ... */
struct render *render_json_new(FILE *out, const char *command);
/* The same for documents whose format is somebody else's: an object without members of ours. */
struct render *render_json_bare_new(FILE *out);

/* Flush, free; false when output could not be written (errno may tell). */
bool render_finish(struct render *render);

/* Structure.  `key` is NULL inside an array. */
void render_open(struct render *render, const char *key, enum group_kind kind);
void render_close(struct render *render);
void render_value(struct render *render, const char *key, struct value value);

/* One labelled value: "label   value" with the values of neighbouring facts aligned.  `label` NULL:
 * JSON only; `key` NULL: text only. */
void render_fact(struct render *render, const char *key, const char *label, struct value value);

/* One line for people; the format may contain MARK_*, and its strings must be escaped ones. */
void render_line(struct render *render, const char *format, ...) PRINTF_LIKE(2, 3);
/* The same for a line about something that is left out: people are told which option shows it
 * (`hint`), and a page, which has no options, gets a control in its place. */
void render_rest(struct render *render, const char *hint, const char *format, ...)
	PRINTF_LIKE(3, 4);
#define REST_ALL "--all shows them"
void render_blank(struct render *render);

/*
 * A table: rows are arrays of as many values as there are columns.  Rows without COLUMN_TREE are
 * written as they come, with bounded memory.  In a tree, rows given between render_row_open()
 * and render_row_close() are the children of that row ("children" in JSON).
 * `columns` must live until render_table_close().
 */
void render_table(struct render *render, const char *key, const struct column *columns,
		  size_t count);
void render_row(struct render *render, const struct value *values);
void render_row_open(struct render *render, const struct value *values);
void render_row_close(struct render *render);
void render_table_close(struct render *render);

/* For formats: the text of a value for people, appended to `sb`. */
void value_add_text(struct strbuf *sb, const struct value *value);

#endif
