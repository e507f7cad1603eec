#include "report/html/page.h"

#include <errno.h>
#include <zlib.h>

#include "report/html/assets.h"
#include "report/html/static.h"

/* Deflate's default level: 9 takes three times as long for two per cent less. */
#define DEFLATE_LEVEL Z_DEFAULT_COMPRESSION

static void deflate_raw(const struct strbuf *bytes, struct strbuf *packed)
{
	z_stream stream = {0};
	char buffer[65536];
	int result;

	if (deflateInit2(&stream, DEFLATE_LEVEL, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) !=
	    Z_OK)
		die(EXIT_DATABASE, "out of memory");
	stream.next_in = (Bytef *)bytes->s;
	for (size_t left = bytes->length; left || stream.avail_in;) {
		size_t part = left > 1 << 30 ? 1 << 30 : left;

		if (!stream.avail_in) {
			stream.avail_in = (uInt)part;
			left -= part;
		}
		stream.next_out = (Bytef *)buffer;
		stream.avail_out = sizeof(buffer);
		deflate(&stream, Z_NO_FLUSH);
		strbuf_add(packed, buffer, sizeof(buffer) - stream.avail_out);
	}
	do {
		stream.next_out = (Bytef *)buffer;
		stream.avail_out = sizeof(buffer);
		result = deflate(&stream, Z_FINISH);
		strbuf_add(packed, buffer, sizeof(buffer) - stream.avail_out);
	} while (result == Z_OK || result == Z_BUF_ERROR);
	deflateEnd(&stream);
}

static void add_base64(struct strbuf *sb, const struct strbuf *bytes)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes->s;

	for (size_t left = bytes->length; left; p += 3) {
		uint32_t three = (uint32_t)p[0] << 16 | (left > 1 ? (uint32_t)p[1] << 8 : 0) |
				 (left > 2 ? p[2] : 0);
		char four[4];

		for (size_t i = 0; i < 4; i++)
			four[i] = (char)(i <= left ? letters[three >> (18 - 6 * i) & 63] : '=');
		strbuf_add(sb, four, sizeof(four));
		left -= left < 3 ? left : 3;
	}
}

void page_pack(const struct page_data *page, struct strbuf *sb)
{
	AUTO_STRBUF struct strbuf bytes = STRBUF_INIT, packed = STRBUF_INIT;

	page_encode(page, &bytes);
	deflate_raw(&bytes, &packed);
	add_base64(sb, &packed);
}

bool page_write(FILE *out, const char *title, const char *overview, const struct page_data *page)
{
	AUTO_STRBUF struct strbuf escaped = STRBUF_INIT, name = STRBUF_INIT, data = STRBUF_INIT;

	strbuf_add_escaped(&escaped, title, strlen(title));
	html_add_text(&name, escaped.s);
	page_pack(page, &data);
	errno = 0;
	fprintf(out,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"script-src 'sha256-%.44s'; style-src 'sha256-%.44s'; base-uri 'none'; "
		"form-action 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"referrer\" content=\"no-referrer\">\n"
		"<meta name=\"generator\" content=\"plugreport " PLUGAUDIT_VERSION "\">\n"
		"<title>%s</title>\n<style>",
		viewer_script_hash, viewer_style_hash, name.s);
	fputs(viewer_style, out);
	fprintf(out,
		"</style>\n</head>\n<body>\n<div id=\"static\">\n<main>\n<h1>%s</h1>\n"
		"<noscript><p class=\"banner\">This is the overview. With JavaScript, this page "
		"shows much more.</p></noscript>\n%s</main>\n</div>\n"
		"<script type=\"text/plain\" id=\"data\" data-format=\"%d\">",
		name.s, overview, PAGE_FORMAT_VERSION);
	fwrite(data.s, 1, data.length, out);
	fputs("</script>\n<script type=\"module\">", out);
	fputs(viewer_script, out);
	fputs("</script>\n</body>\n</html>\n", out);
	return fflush(out) == 0 && !ferror(out);
}
