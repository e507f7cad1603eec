#include "report/render/csv.h"

#include <inttypes.h>

static void begin_cell(struct strbuf *sb, bool first)
{
	if (!first)
		strbuf_addch(sb, ',');
}

void csv_add_text(struct strbuf *sb, bool first, const char *bytes, size_t length)
{
	AUTO_STRBUF struct strbuf escaped = STRBUF_INIT;

	strbuf_add_escaped(&escaped, bytes, length);
	begin_cell(sb, first);
	strbuf_addch(sb, '"');
	if (escaped.length && strchr("=+-@", escaped.s[0]))
		strbuf_addch(sb, '\'');
	for (const char *p = escaped.s; *p; p++) {
		if (*p == '"')
			strbuf_addch(sb, '"');
		strbuf_addch(sb, *p);
	}
	strbuf_addch(sb, '"');
}

void csv_add_null(struct strbuf *sb, bool first)
{
	begin_cell(sb, first);
}

void csv_add_integer(struct strbuf *sb, bool first, int64_t n)
{
	begin_cell(sb, first);
	strbuf_addf(sb, "%" PRId64, n);
}

void csv_end_line(struct strbuf *sb)
{
	strbuf_addstr(sb, "\r\n");
}
