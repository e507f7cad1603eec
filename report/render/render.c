#include "report/render/render.h"
#include "report/render/words.h"

#include <inttypes.h>

bool render_finish(struct render *render)
{
	bool ok = render->ops->finish(render);

	if (fflush(render->out) != 0 || ferror(render->out))
		ok = false;
	render->ops->free(render);
	return ok;
}

void render_open(struct render *render, const char *key, enum group_kind kind)
{
	if (render->ops->open)
		render->ops->open(render, key, kind);
}

void render_close(struct render *render)
{
	if (render->ops->close)
		render->ops->close(render);
}

void render_value(struct render *render, const char *key, struct value value)
{
	if (render->ops->value)
		render->ops->value(render, key, &value);
}

void render_fact(struct render *render, const char *key, const char *label, struct value value)
{
	render->ops->fact(render, key, label, &value);
}

/* The caller frees it; NULL when there is no memory. */
static char *format_text(const char *format, va_list args)
{
	char *text;

	return vasprintf(&text, format, args) < 0 ? NULL : text;
}

void render_line(struct render *render, const char *format, ...)
{
	AUTO_FREE char *text = NULL;
	va_list args;

	if (!render->is_text)
		return;
	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	if (text)
		render->ops->line(render, text);
}

void render_rest(struct render *render, const char *hint, const char *format, ...)
{
	AUTO_FREE char *text = NULL;
	va_list args;

	if (!render->is_text)
		return;
	va_start(args, format);
	text = format_text(format, args);
	va_end(args);
	if (text && render->ops->rest)
		render->ops->rest(render, text, hint);
	else if (text)
		render->ops->line(render, text);
}

void render_blank(struct render *render)
{
	if (render->is_text)
		render->ops->line(render, "");
}

void render_table(struct render *render, const char *key, const struct column *columns,
		  size_t count)
{
	render->ops->table(render, key, columns, count);
}

void render_row(struct render *render, const struct value *values)
{
	render->ops->row(render, values);
	render->ops->row_close(render);
}

void render_row_open(struct render *render, const struct value *values)
{
	render->ops->row(render, values);
}

void render_row_close(struct render *render)
{
	render->ops->row_close(render);
}

void render_table_close(struct render *render)
{
	render->ops->table_close(render);
}

void value_add_text(struct strbuf *sb, const struct value *value)
{
	if (value->text) {
		strbuf_add_escaped(sb, value->text, strlen(value->text));
		return;
	}
	switch (value->type) {
	case VALUE_NONE:
		strbuf_addch(sb, '-');
		break;
	case VALUE_STRING:
	case VALUE_JSON:
		strbuf_add_escaped(sb, value->string, value->length);
		break;
	case VALUE_INTEGER:
		if (value->grouped && value->integer >= 0)
			add_number(sb, (uint64_t)value->integer);
		else
			strbuf_addf(sb, "%" PRId64, value->integer);
		break;
	case VALUE_REAL:
		strbuf_addf(sb, "%.15g", value->real);
		break;
	case VALUE_BOOL:
		strbuf_addstr(sb, value->integer ? "yes" : "no");
		break;
	case VALUE_ADDRESS:
		strbuf_addf(sb, "0x%" PRIx64, (uint64_t)value->integer);
		break;
	}
}
