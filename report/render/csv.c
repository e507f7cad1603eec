#include "report/render/csv.h"

#include <inttypes.h>

static void begin_cell(struct strbuf *sb, bool first)
{
	if (!first)
		strbuf_addch(sb, ',');
}

void csv_add_text(struct strbuf *sb, bool first, const char *bytes, size_t length)
{
	const unsigned char *p = (const unsigned char *)bytes;

	begin_cell(sb, first);
	strbuf_addch(sb, '"');
	if (length && strchr("=+-@\t\r", bytes[0]) && bytes[0])
		strbuf_addch(sb, '\'');
	while (length) {
		uint32_t code;
		size_t n = utf8_decode(p, length, &code);

		if (n == 0 || code == 0) {
			strbuf_addstr(sb, "\xef\xbf\xbd");
			n = n ? n : 1;
		} else if (*p == '"') {
			strbuf_addstr(sb, "\"\"");
		} else {
			strbuf_add(sb, p, n);
		}
		p += n;
		length -= n;
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
