/* plugreport sql: one reading statement. */
#include "report/cmd.h"

struct answer_table {
	struct render *render;
	struct column *columns;
	char **names;
	struct value *values;
	struct strbuf *blobs; /* by column: the text of a blob */
	size_t count;
	bool open;
};

static void answer_release(struct answer_table *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		free(answer->names[i]);
		strbuf_release(&answer->blobs[i]);
	}
	free(answer->names);
	free(answer->columns);
	free(answer->values);
	free(answer->blobs);
}

/* JSON members need names of their own: the second "path" becomes "path_2". */
static char *unique_name(const struct answer_table *answer, size_t index, const char *wanted)
{
	char *name = xstrdup(wanted);

	for (size_t i = 0, copy = 2; i < index; i++) {
		if (strcmp(answer->names[i], name) != 0)
			continue;
		free(name);
		name = xasprintf("%s_%zu", wanted, copy++);
		i = SIZE_MAX; /* from the start again */
	}
	return name;
}

static void columns(const char *const *names, size_t count, void *data)
{
	struct answer_table *answer = data;

	answer->count = count;
	answer->names = xcalloc(count, sizeof(*answer->names));
	answer->columns = xcalloc(count, sizeof(*answer->columns));
	answer->values = xcalloc(count, sizeof(*answer->values));
	answer->blobs = xcalloc(count, sizeof(*answer->blobs));
	render_open(answer->render, "columns", GROUP_ARRAY);
	for (size_t i = 0; i < count; i++) {
		strbuf_init(&answer->blobs[i]);
		answer->names[i] = unique_name(answer, i, names[i]);
		answer->columns[i].key = answer->names[i];
		answer->columns[i].title = answer->names[i];
		render_value(answer->render, NULL, value_string(answer->names[i]));
	}
	render_close(answer->render);
	render_table(answer->render, "rows", answer->columns, count);
	answer->open = true;
}

static struct value value_of(const struct sql_value *value, struct strbuf *blob)
{
	switch (value->type) {
	case SQL_NULL:
		return value_none();
	case SQL_INTEGER:
		return value_integer(value->integer);
	case SQL_REAL:
		return value_real(value->real);
	case SQL_TEXT:
		return value_bytes(value->bytes, value->length);
	case SQL_BLOB:
		break;
	}
	strbuf_reset(blob);
	for (size_t i = 0; i < value->length; i++)
		strbuf_addf(blob, "%02x", (unsigned char)value->bytes[i]);
	return value_bytes(blob->s, blob->length);
}

static bool row(const struct sql_value *values, size_t count, void *data)
{
	struct answer_table *answer = data;

	for (size_t i = 0; i < count && i < answer->count; i++)
		answer->values[i] = value_of(&values[i], &answer->blobs[i]);
	render_row(answer->render, answer->values);
	return true;
}

int cmd_sql(struct context *context)
{
	struct answer_table answer = {.render = context->render};
	bool ok = store_sql(context->store, context->operands[0], columns, row, &answer);

	if (answer.open)
		render_table_close(context->render);
	answer_release(&answer);
	if (ok)
		return EXIT_OK;
	return store_sql_is_wrong(context->store) ? EXIT_USAGE : EXIT_DATABASE;
}
