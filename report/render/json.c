/* The JSON format.  Documents are written as they are described, never built whole. */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>

#include "report/render/render.h"

struct level {
	bool array;
	bool rows; /* a table: each element on a line of its own */
	bool row;  /* an element of a table: everything on one line */
	bool used; /* has a member: the next needs a comma */
};

struct json_render {
	struct render base;
	const struct column *columns;
	size_t column_count;
	struct level *levels;
	size_t level_count, level_room;
	bool failed;
};

static struct json_render *json_of(struct render *render)
{
	return (struct json_render *)render;
}

static struct level *top(struct json_render *json)
{
	if (json->level_count == 0)
		BUG("JSON structure closed once too often");
	return &json->levels[json->level_count - 1];
}

/* Bytes that are not UTF-8 become U+FFFD.  Sets *ret_plain to false when the string has characters
 * that could play tricks on a terminal: they are then written as \uNNNN. */
static void make_utf8(struct strbuf *sb, const char *bytes, size_t length, bool *ret_plain)
{
	const unsigned char *p = (const unsigned char *)bytes;

	*ret_plain = true;
	while (length) {
		uint32_t code;
		size_t n = utf8_decode(p, length, &code);

		if (n == 0) {
			strbuf_addstr(sb, "\xef\xbf\xbd");
			n = 1;
		} else {
			strbuf_add(sb, p, n);
			if (code >= 0x7f && (code < 0xa0 || code == 0x061c || code == 0xfeff ||
					     (code >= 0x200b && code <= 0x206f)))
				*ret_plain = false;
		}
		p += n;
		length -= n;
	}
}

/* Write a value.  jansson takes DEL for printable; it can only stand inside of strings. */
static void dump(struct json_render *json, const json_t *value, size_t flags)
{
	AUTO_FREE char *text = value ? json_dumps(value, flags | JSON_ENCODE_ANY) : NULL;

	if (!text) {
		json->failed = true;
		return;
	}
	for (const char *p = text; *p;) {
		size_t length = strcspn(p, "\x7f");

		fwrite(p, 1, length, json->base.out);
		p += length;
		if (*p) {
			fputs("\\u007f", json->base.out);
			p++;
		}
	}
}

static void put_string(struct json_render *json, const char *bytes, size_t length)
{
	AUTO_STRBUF struct strbuf utf8 = STRBUF_INIT;
	bool plain;
	json_t *string;

	make_utf8(&utf8, bytes, length, &plain);
	string = json_stringn(utf8.s, utf8.length);
	dump(json, string, plain ? 0 : JSON_ENSURE_ASCII);
	json_decref(string);
}

static void put_json(struct json_render *json, const struct value *value)
{
	json_t *parsed =
		json_loadb(value->string, value->length, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);

	if (!parsed)
		put_string(json, value->string, value->length);
	else
		dump(json, parsed, JSON_ENSURE_ASCII | JSON_PRESERVE_ORDER);
	json_decref(parsed);
}

static void put_newline(struct json_render *json)
{
	fputc('\n', json->base.out);
	for (size_t i = 0; i < json->level_count; i++)
		fputs("  ", json->base.out);
}

/* Comma, line break and member name before a member. */
static void begin_member(struct json_render *json, const char *key)
{
	struct level *level = top(json);

	if (level->used)
		fputc(',', json->base.out);
	if (!level->row)
		put_newline(json);
	else if (level->used)
		fputc(' ', json->base.out);
	level->used = true;
	if (!level->array) {
		if (!key)
			BUG("JSON member without a name");
		put_string(json, key, strlen(key));
		fputs(": ", json->base.out);
	}
}

static struct level *push(struct json_render *json)
{
	return GROW(json->levels, json->level_count, json->level_room);
}

/* Drop the top level and write its closing bracket. */
static void pop(struct json_render *json)
{
	struct level level = *top(json);

	json->level_count--;
	if (level.used && !level.row)
		put_newline(json);
	fputc(level.array ? ']' : '}', json->base.out);
}

static void json_open(struct render *render, const char *key, enum group_kind kind)
{
	struct json_render *json = json_of(render);
	bool inside_row = json->level_count && top(json)->row;
	struct level *level;

	begin_member(json, key);
	level = push(json);
	level->array = kind == GROUP_ARRAY;
	level->row = inside_row;
	fputc(level->array ? '[' : '{', render->out);
}

static void json_close(struct render *render)
{
	pop(json_of(render));
}

static void json_value(struct render *render, const char *key, const struct value *value)
{
	struct json_render *json = json_of(render);

	begin_member(json, key);
	switch (value->type) {
	case VALUE_NONE:
		fputs("null", render->out);
		break;
	case VALUE_STRING:
		put_string(json, value->string, value->length);
		break;
	case VALUE_JSON:
		put_json(json, value);
		break;
	case VALUE_INTEGER:
		fprintf(render->out, "%" PRId64, value->integer);
		break;
	case VALUE_REAL:
		/* JSON knows no infinities. */
		if (isfinite(value->real))
			fprintf(render->out, "%.17g", value->real);
		else
			fputs("null", render->out);
		break;
	case VALUE_BOOL:
		fputs(value->integer ? "true" : "false", render->out);
		break;
	case VALUE_ADDRESS:
		fprintf(render->out, "\"0x%" PRIx64 "\"", (uint64_t)value->integer);
		break;
	}
}

static void json_fact(struct render *render, const char *key, const char *label,
		      const struct value *value)
{
	(void)label;
	if (key)
		json_value(render, key, value);
}

static void json_line(struct render *render, const char *text)
{
	(void)render;
	(void)text;
}

static void json_table(struct render *render, const char *key, const struct column *columns,
		       size_t count)
{
	struct json_render *json = json_of(render);

	json_open(render, key, GROUP_ARRAY);
	top(json)->rows = true;
	top(json)->row = false;
	json->columns = columns;
	json->column_count = count;
}

static void json_row(struct render *render, const struct value *values)
{
	struct json_render *json = json_of(render);

	if (!top(json)->rows) {
		begin_member(json, "children");
		push(json)->array = true;
		top(json)->rows = true;
		fputc('[', render->out);
	}
	begin_member(json, NULL);
	push(json)->row = true;
	fputc('{', render->out);
	for (size_t i = 0; i < json->column_count; i++)
		if (json->columns[i].key)
			json_value(render, json->columns[i].key, &values[i]);
}

static void json_row_close(struct render *render)
{
	struct json_render *json = json_of(render);

	if (top(json)->rows) /* the array of its children */
		pop(json);
	pop(json);
}

static bool json_finish(struct render *render)
{
	struct json_render *json = json_of(render);

	while (json->level_count)
		pop(json);
	fputc('\n', render->out);
	return !json->failed;
}

static void json_free(struct render *render)
{
	free(json_of(render)->levels);
	free(render);
}

struct render *render_json_bare_new(FILE *out)
{
	static const struct render_ops ops = {
		.open = json_open,
		.close = json_close,
		.value = json_value,
		.fact = json_fact,
		.line = json_line,
		.table = json_table,
		.row = json_row,
		.row_close = json_row_close,
		.table_close = json_close,
		.finish = json_finish,
		.free = json_free,
	};
	struct json_render *json = xcalloc(1, sizeof(*json));

	json->base.ops = &ops;
	json->base.out = out;
	push(json);
	fputc('{', out);
	return &json->base;
}

struct render *render_json_new(FILE *out, const char *command)
{
	struct render *render = render_json_bare_new(out);

	render_value(render, "plugaudit", value_integer(RENDER_FORMAT_VERSION));
	render_value(render, "command", value_string(command));
	return render;
}
