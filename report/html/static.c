#include "report/html/static.h"

struct static_render {
	struct render base;
	struct strbuf *html;
	const struct column *columns;
	size_t column_count;
	size_t depth;  /* of the rows of a tree */
	bool in_lines; /* inside <pre> */
	bool in_facts; /* inside <dl> */
};

static struct static_render *static_of(struct render *render)
{
	return (struct static_render *)render;
}

void html_add_text(struct strbuf *sb, const char *text)
{
	for (const char *p = text; *p; p++) {
		switch (*p) {
		case '&':
			strbuf_addstr(sb, "&amp;");
			break;
		case '<':
			strbuf_addstr(sb, "&lt;");
			break;
		case '>':
			strbuf_addstr(sb, "&gt;");
			break;
		case '"':
			strbuf_addstr(sb, "&quot;");
			break;
		case '\'':
			strbuf_addstr(sb, "&#39;");
			break;
		default:
			strbuf_addch(sb, *p);
		}
	}
}

static void end_blocks(struct static_render *page)
{
	if (page->in_lines)
		strbuf_addstr(page->html, "</pre>\n");
	if (page->in_facts)
		strbuf_addstr(page->html, "</dl>\n");
	page->in_lines = page->in_facts = false;
}

/* A label, which may come from a recording as well. */
static void add_label(struct strbuf *html, const char *label)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	strbuf_add_escaped(&sb, label, strlen(label));
	html_add_text(html, sb.s);
}

static void add_value(struct strbuf *html, const struct value *value)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	value_add_text(&sb, value);
	html_add_text(html, sb.s);
}

static void static_fact(struct render *render, const char *key, const char *label,
			const struct value *value)
{
	struct static_render *page = static_of(render);

	(void)key;
	if (!label)
		return;
	if (!page->in_facts) {
		end_blocks(page);
		strbuf_addstr(page->html, "<dl class=\"facts\">\n");
		page->in_facts = true;
	}
	strbuf_addstr(page->html, "<dt>");
	add_label(page->html, label);
	strbuf_addstr(page->html, "</dt><dd>");
	add_value(page->html, value);
	strbuf_addstr(page->html, "</dd>\n");
}

/* Marks are colours and branches: without them the words are the same. */
static void static_line(struct render *render, const char *line)
{
	struct static_render *page = static_of(render);
	AUTO_STRBUF struct strbuf plain = STRBUF_INIT, sb = STRBUF_INIT;

	if (!*line)
		return;
	if (!page->in_lines) {
		end_blocks(page);
		strbuf_addstr(page->html, "<pre class=\"lines\">");
		page->in_lines = true;
	}
	for (const char *p = line; *p; p++) {
		if (*p == *MARK_BRANCH)
			strbuf_addstr(&plain, "`- ");
		else if (*p == *MARK_RAIL)
			strbuf_addstr(&plain, "|  ");
		else if (!strchr(MARK_BOLD MARK_DIM MARK_GOOD MARK_BAD MARK_WARN MARK_END, *p))
			strbuf_addch(&plain, *p);
	}
	strbuf_add_escaped(&sb, plain.s, plain.length);
	html_add_text(page->html, sb.s);
	strbuf_addch(page->html, '\n');
}

static void static_table(struct render *render, const char *key, const struct column *columns,
			 size_t count)
{
	struct static_render *page = static_of(render);

	(void)key;
	end_blocks(page);
	page->columns = columns;
	page->column_count = count;
	page->depth = 0;
	strbuf_addstr(page->html, "<div class=\"scroll\"><table>\n<thead><tr>");
	for (size_t i = 0; i < count; i++) {
		if (!columns[i].title)
			continue;
		strbuf_addstr(page->html, "<th scope=\"col\">");
		add_label(page->html, columns[i].title);
		strbuf_addstr(page->html, "</th>");
	}
	strbuf_addstr(page->html, "</tr></thead>\n<tbody>\n");
}

static void static_row(struct render *render, const struct value *values)
{
	struct static_render *page = static_of(render);

	strbuf_addstr(page->html, "<tr>");
	for (size_t i = 0; i < page->column_count; i++) {
		unsigned int flags = page->columns[i].flags;

		if (!page->columns[i].title)
			continue;
		strbuf_addstr(page->html, flags & COLUMN_RIGHT ? "<td class=\"right\">" : "<td>");
		for (size_t depth = 0; (flags & COLUMN_TREE) && depth < page->depth; depth++)
			strbuf_addstr(page->html, "\xe2\x80\x83");
		add_value(page->html, &values[i]);
		strbuf_addstr(page->html, "</td>");
	}
	strbuf_addstr(page->html, "</tr>\n");
	page->depth++;
}

static void static_row_close(struct render *render)
{
	struct static_render *page = static_of(render);

	if (page->depth == 0)
		BUG("row closed once too often");
	page->depth--;
}

static void static_table_close(struct render *render)
{
	strbuf_addstr(static_of(render)->html, "</tbody></table></div>\n");
}

static bool static_finish(struct render *render)
{
	end_blocks(static_of(render));
	return true;
}

static void static_free(struct render *render)
{
	free(render);
}

struct render *render_static_new(struct strbuf *html)
{
	static const struct render_ops ops = {
		.fact = static_fact,
		.line = static_line,
		.table = static_table,
		.row = static_row,
		.row_close = static_row_close,
		.table_close = static_table_close,
		.finish = static_finish,
		.free = static_free,
	};
	struct static_render *page = xcalloc(1, sizeof(*page));

	page->base.ops = &ops;
	page->base.out = stdout; /* nothing is written there: render_finish() flushes it */
	page->base.is_text = true;
	page->html = html;
	return &page->base;
}
