/*
 * ocaml.c - OCaml's symbol names.
 *
 * ocamlopt names a definition "caml", the compilation unit, a separator, the path within the unit,
 * and a stamp that makes it unique:
 *
 *     OCaml 4         camlUnit__function_12
 *     OCaml 5.1 on    camlUnit.function_12
 *     flambda 2       camlUnit__function_1_2_code
 *
 * Bytes that assemblers do not take are written $xx in hexadecimal (camlFoo__$3e$3e$3d_12 is
 * Foo.(>>=)).  A library's units wear its name (Stdlib__List, Lib__Mod): that separator is "__" in
 * all versions.  An anonymous function is called fun, and keeps its stamp here since nothing else
 * tells it from its neighbours.
 *
 * The runtime's own C functions begin with caml_ and have no such structure; nor do other names in
 * which no capital letter follows (camlp4), or which have no separator.
 */
#include "report/elf/ocaml.h"

#include "report/util.h"

/* The locale must not decide what a letter is. */
static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_upper(c) || is_digit(c) || (c >= 'a' && c <= 'z') || c == '_' || c == '\'';
}

static int hex_value(char c)
{
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Length of `s` without a trailing _digits; `length` when it has none. */
static size_t without_number(const char *s, size_t length)
{
	size_t end = length;

	while (end > 0 && is_digit(s[end - 1]))
		end--;
	return end < length && end > 1 && s[end - 1] == '_' ? end - 1 : length;
}

/* Length of a value's name without what makes it unique. */
static size_t without_stamp(const char *s, size_t length)
{
	static const char code[] = "_code";
	size_t end;

	if (length > strlen(code) && memcmp(s + length - strlen(code), code, strlen(code)) == 0) {
		end = without_number(s, length - strlen(code));
		if (end < length - strlen(code))
			length = end;
	}
	end = without_number(s, length);
	return end == 3 && memcmp(s, "fun", 3) == 0 ? length : end;
}

/* Append with $xx undone; false when that is malformed or stands for a control character. */
static bool add_unescaped(struct strbuf *sb, const char *s, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		int high, low;

		if (s[i] != '$') {
			if (!is_word(s[i]) && s[i] != '.')
				return false;
			strbuf_addch(sb, s[i]);
			continue;
		}
		if (length - i < 3 || (high = hex_value(s[i + 1])) < 0 ||
		    (low = hex_value(s[i + 2])) < 0)
			return false;
		if (high < 2 || (high == 7 && low == 15))
			return false;
		strbuf_addch(sb, (char)(high << 4 | low));
		i += 2;
	}
	return true;
}

/* Append a value's name; an operator in parentheses, as it is written when it is named. */
static bool add_value(struct strbuf *sb, const char *s, size_t length)
{
	AUTO_STRBUF struct strbuf value = STRBUF_INIT;
	const char *space = "";

	if (length == 0 || is_digit(s[0]) || !add_unescaped(&value, s, length))
		return false;
	if (value.s[strspn(value.s, "!$%&*+-./:<=>?@^|~#")] != '\0') {
		strbuf_add(sb, value.s, value.length);
		return true;
	}
	if (value.s[0] == '*' || value.s[value.length - 1] == '*')
		space = " "; /* (* would begin a comment */
	strbuf_addf(sb, "(%s%s%s)", space, value.s, space);
	return true;
}

/* Length of the first component of `s`, and of the separator behind it (0: the last one). */
static size_t component(const char *s, size_t *ret_separator)
{
	for (size_t i = 0; s[i]; i++) {
		if (i > 0 && s[i] == '.' && s[i + 1]) {
			*ret_separator = 1;
			return i;
		}
		if (i > 0 && s[i] == '_' && s[i + 1] == '_' && s[i + 2]) {
			*ret_separator = 2;
			return i;
		}
	}
	*ret_separator = 0;
	return strlen(s);
}

char *demangle_ocaml(const char *name)
{
	static const char executable[] = "Dune__exe__"; /* the wrapper that dune gives a program */
	AUTO_STRBUF struct strbuf path = STRBUF_INIT;
	const char *s = name + strlen("caml");
	size_t separator = 0;
	bool is_path = false;

	if (strncmp(name, "caml", strlen("caml")) != 0)
		return NULL;
	if (strncmp(s, executable, strlen(executable)) == 0 && is_upper(s[strlen(executable)])) {
		strbuf_addstr(&path, "Dune.exe.");
		s += strlen(executable);
		is_path = true;
	}
	/* Modules first; the rest is a value, whose name may contain separators itself. */
	while (is_upper(*s)) {
		size_t length = component(s, &separator);

		if (memchr(s, '.', length) || !add_unescaped(&path, s, length))
			return NULL;
		s += length + separator;
		if (separator == 0)
			break;
		strbuf_addch(&path, '.');
		is_path = true;
	}
	if (!is_path)
		return NULL;
	if (separator != 0 && !add_value(&path, s, without_stamp(s, strlen(s))))
		return NULL;
	return strbuf_detach(&path);
}
