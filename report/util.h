/*
 * util.h - what every part of plugreport uses: messages and exit statuses, allocation that does not
 * fail, a growing string, growing arrays, scope-bound cleanup.
 */
#ifndef PLUGREPORT_UTIL_H
#define PLUGREPORT_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Exit statuses of plugreport; `record` passes on its child's instead. */
enum exit_status {
	EXIT_OK = 0,
	EXIT_FOUND = 1,    /* findings at or above --fail-on, or nothing matched */
	EXIT_USAGE = 2,    /* the command line is wrong */
	EXIT_DATABASE = 3, /* the database (or what it needs) can't be read or written */
};

#define PRINTF_LIKE(format_at, first_at) __attribute__((format(printf, format_at, first_at)))

/*
 * Print "plugreport: " and the message, as one line, on stderr.  Control characters in it come out
 * escaped, so names from recordings may be passed as they are.  warn goes on, die exits.
 * Messages read "what: why; hint", lower case, without a full stop.
 */
void warn(const char *format, ...) PRINTF_LIKE(1, 2);
void die(enum exit_status status, const char *format, ...) PRINTF_LIKE(2, 3)
	__attribute__((noreturn));

/* A broken promise of our own code: prints it and aborts. */
#define BUG(...) bug(__FILE__, __LINE__, __VA_ARGS__)
void bug(const char *file, int line, const char *format, ...) PRINTF_LIKE(3, 4)
	__attribute__((noreturn));

/* End the program with a message (EXIT_DATABASE). */
void out_of_memory(void) __attribute__((noreturn));

/* Like malloc and friends, but out of memory ends the program with a message (EXIT_DATABASE). */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *s); /* NULL gives NULL */
char *xstrndup(const char *s, size_t n);
char *xasprintf(const char *format, ...) PRINTF_LIKE(1, 2);

/*
 * Grow `array` (with `count` used of `room` elements) so that one more fits, and count it;
 * evaluates to a pointer to that new, zeroed element.
 */
#define GROW(array, count, room) \
	(grow((void **)&(array), &(count), &(room), sizeof(*(array))), &(array)[(count)-1])
void grow(void **array, size_t *count, size_t *room, size_t size);

/* A growing string; `s` is always terminated, and never NULL after strbuf_init or STRBUF_INIT. */
struct strbuf {
	char *s;
	size_t length;
	size_t room; /* 0: s is not allocated */
};
extern char strbuf_empty[1];
#define STRBUF_INIT ((struct strbuf){strbuf_empty, 0, 0})
void strbuf_init(struct strbuf *sb);
void strbuf_release(struct strbuf *sb); /* leaves it empty and usable */
void strbuf_reset(struct strbuf *sb);   /* empty, keeps its room */
void strbuf_add(struct strbuf *sb, const void *bytes, size_t length);
void strbuf_addstr(struct strbuf *sb, const char *s);
void strbuf_addch(struct strbuf *sb, char c);
void strbuf_addf(struct strbuf *sb, const char *format, ...) PRINTF_LIKE(2, 3);
char *strbuf_detach(struct strbuf *sb); /* the caller frees the result; sb is empty again */

/* Bytes of the UTF-8 sequence at `p` (1 to 4; its code point goes to ret_code), or 0 when the
 * `length` bytes there do not begin with a valid one.  `length` is at least 1. */
size_t utf8_decode(const unsigned char *p, size_t length, uint32_t *ret_code);

/*
 * Append `length` bytes of an untrusted name so that it is valid UTF-8, one line, and harmless on a
 * terminal: C0 and C1 controls, DEL, bidi controls, U+2028 and U+2029 come out as \n, \t, \xNN or
 * \u{NNNN}, bytes that are not UTF-8 as \xNN; a backslash stays as it is.
 */
void strbuf_add_escaped(struct strbuf *sb, const char *bytes, size_t length);

/* The same as a fresh string; the caller frees it.  NULL gives NULL. */
char *escape(const char *s);

/* scope-bound cleanup: AUTO_FREE char *s = ...;  AUTO_STRBUF struct strbuf sb = STRBUF_INIT; */
void cleanup_free(void *pointer);
void cleanup_fclose(FILE **file);
void cleanup_close(int *fd);
#define AUTO_FREE   __attribute__((cleanup(cleanup_free)))
#define AUTO_FCLOSE __attribute__((cleanup(cleanup_fclose)))
#define AUTO_CLOSE  __attribute__((cleanup(cleanup_close)))
#define AUTO_STRBUF __attribute__((cleanup(strbuf_release)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The part behind the last '/', or all of it. */
const char *base_name(const char *path);

/* True when `pattern` has glob characters (* ? [). */
bool is_glob(const char *pattern);

#endif
