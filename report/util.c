#include "report/util.h"

#include <unistd.h>

char strbuf_empty[1]; /* never written to: a strbuf without room allocates before it writes */

static void print_message(const char *format, va_list args)
{
	AUTO_FREE char *raw = NULL;
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	if (vasprintf(&raw, format, args) < 0) {
		raw = NULL;
		return;
	}
	strbuf_addstr(&line, "plugreport: ");
	strbuf_add_escaped(&line, raw, strlen(raw));
	strbuf_addch(&line, '\n');
	fflush(stdout);
	fwrite(line.s, 1, line.length, stderr);
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message(format, args);
	va_end(args);
}

void die(enum exit_status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_message(format, args);
	va_end(args);
	exit(status);
}

void bug(const char *file, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "plugreport: bug at %s:%d: ", file, line);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	abort();
}

void out_of_memory(void)
{
	/* No message that needs memory. */
	static const char text[] = "plugreport: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	_exit(EXIT_DATABASE);
}

static void *checked(void *p)
{
	if (!p)
		out_of_memory();
	return p;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
	return checked(realloc(old, size ? size : 1));
}

char *xstrdup(const char *s)
{
	return s ? checked(strdup(s)) : NULL;
}

char *xstrndup(const char *s, size_t n)
{
	return checked(strndup(s, n));
}

char *xasprintf(const char *format, ...)
{
	char *s;
	va_list args;

	va_start(args, format);
	if (vasprintf(&s, format, args) < 0)
		s = NULL;
	va_end(args);
	return checked(s);
}

void grow(void **array, size_t *count, size_t *room, size_t size)
{
	if (*count == *room) {
		size_t more = *room ? *room * 2 : 16;

		if (more > SIZE_MAX / 2 / size)
			BUG("array of %zu elements of %zu bytes", more, size);
		*array = xrealloc(*array, more * size);
		*room = more;
	}
	memset((char *)*array + *count * size, 0, size);
	++*count;
}

void strbuf_init(struct strbuf *sb)
{
	*sb = STRBUF_INIT;
}

void strbuf_release(struct strbuf *sb)
{
	if (sb->room)
		free(sb->s);
	strbuf_init(sb);
}

void strbuf_reset(struct strbuf *sb)
{
	sb->length = 0;
	if (sb->room)
		sb->s[0] = '\0';
}

static void reserve(struct strbuf *sb, size_t more)
{
	size_t wanted = sb->length + more + 1;

	if (wanted < more)
		BUG("string of %zu bytes", more);
	if (wanted <= sb->room)
		return;
	if (wanted < sb->room * 2)
		wanted = sb->room * 2;
	sb->s = xrealloc(sb->room ? sb->s : NULL, wanted);
	sb->room = wanted;
}

void strbuf_add(struct strbuf *sb, const void *bytes, size_t length)
{
	reserve(sb, length);
	if (length)
		memcpy(sb->s + sb->length, bytes, length);
	sb->length += length;
	sb->s[sb->length] = '\0';
}

void strbuf_addstr(struct strbuf *sb, const char *s)
{
	strbuf_add(sb, s, strlen(s));
}

void strbuf_addch(struct strbuf *sb, char c)
{
	strbuf_add(sb, &c, 1);
}

void strbuf_addf(struct strbuf *sb, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		BUG("format '%s'", format);
	reserve(sb, (size_t)length);
	va_start(args, format);
	vsnprintf(sb->s + sb->length, (size_t)length + 1, format, args);
	va_end(args);
	sb->length += (size_t)length;
}

char *strbuf_detach(struct strbuf *sb)
{
	char *s = sb->room ? sb->s : xstrdup("");

	strbuf_init(sb);
	return s;
}

size_t utf8_decode(const unsigned char *p, size_t length, uint32_t *ret_code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0x80             ? 1
		   : (p[0] & 0xe0) == 0xc0 ? 2
		   : (p[0] & 0xf0) == 0xe0 ? 3
		   : (p[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	uint32_t code;

	if (n == 0 || n > length)
		return 0;
	code = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	if (code < smallest[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return n;
}

static bool is_harmful(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||       /* C0, DEL, C1 */
	       code == 0x061c || code == 0x200e || code == 0x200f || /* bidi marks */
	       (code >= 0x2028 && code <= 0x202e) ||                 /* separators, embeddings */
	       (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

void strbuf_add_escaped(struct strbuf *sb, const char *bytes, size_t length)
{
	const unsigned char *p = (const unsigned char *)bytes;

	while (length) {
		uint32_t code;
		size_t n = utf8_decode(p, length, &code);

		if (n == 0) {
			strbuf_addf(sb, "\\x%02x", *p);
			n = 1;
		} else if (!is_harmful(code)) {
			strbuf_add(sb, p, n);
		} else if (code == '\n') {
			strbuf_addstr(sb, "\\n");
		} else if (code == '\t') {
			strbuf_addstr(sb, "\\t");
		} else if (code < 0x100) {
			strbuf_addf(sb, "\\x%02x", code);
		} else {
			strbuf_addf(sb, "\\u{%04x}", code);
		}
		p += n;
		length -= n;
	}
}

char *escape(const char *s)
{
	struct strbuf sb = STRBUF_INIT;

	if (!s)
		return NULL;
	strbuf_add_escaped(&sb, s, strlen(s));
	return strbuf_detach(&sb);
}

void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool is_glob(const char *pattern)
{
	return strpbrk(pattern, "*?[") != NULL;
}
