/*
 * demangle.c - symbol names for people: libiberty for C++, Rust and D, our own reading of OCaml's.
 *
 * Names come from recordings and may be made to hurt: libiberty recurses, and a short C++ or Rust
 * name can stand for an exponentially long text.  So the length that it gets is limited, its own
 * recursion limit stays on where that can matter, and its output is cut off by leaving it.
 */
#include <setjmp.h>

#include "report/util.h"

#include <libiberty/demangle.h>

#include "report/elf/elf.h"
#include "report/elf/ocaml.h"

/*
 * libiberty refuses C++ names of more than 1024 characters unless its recursion limit is off, but
 * templates have real ones of some thousand.  A level of its recursion needs at least one character
 * and less than a kilobyte of stack.
 */
#define LIMITED_LENGTH   1024
#define CPLUS_LENGTH     4096
#define RUST_LENGTH      4096
#define DLANG_LENGTH     2048
#define DLANG_REFERENCES 24
#define OUTPUT_LENGTH    65536

/* What a person reads: the whole signature, but neither return type nor expanded typedefs. */
#define CPLUS_OPTIONS (DMGL_PARAMS | DMGL_ANSI | DMGL_RET_DROP)

struct output {
	struct strbuf text;
	jmp_buf too_long;
};

static void collect(const char *bytes, size_t length, void *data)
{
	struct output *output = data;

	if (length > OUTPUT_LENGTH - output->text.length)
		longjmp(output->too_long, 1);
	strbuf_add(&output->text, bytes, length);
}

/*
 * Run one of libiberty's demanglers that write through a callback; they keep everything on the
 * stack, so that leaving them by longjmp loses nothing.  NULL when the name is none of its kind.
 */
static char *run(int (*demangler)(const char *, int, demangle_callbackref, void *),
		 const char *name, int options)
{
	struct output output = {.text = STRBUF_INIT};

	if (setjmp(output.too_long) == 0 && demangler(name, options, collect, &output) &&
	    output.text.length > 0)
		return strbuf_detach(&output.text);
	strbuf_release(&output.text);
	return NULL;
}

static char *demangle_cplus(const char *name, size_t length)
{
	int options = CPLUS_OPTIONS;

	if (length > CPLUS_LENGTH)
		return NULL;
	if (length > LIMITED_LENGTH)
		options |= DMGL_NO_RECURSE_LIMIT;
	return run(cplus_demangle_v3_callback, name, options);
}

/*
 * Before 2022 libiberty followed back references ("B", a base-62 number, "_") in v0 names without
 * end when they lead into themselves.  Its headers don't tell its age; the glibc that it came with
 * does.  Where it may be old, a name with what looks like one stays as it is.
 */
static bool is_harmless_rust(const char *name, size_t length)
{
	static const bool maybe_endless = !__GLIBC_PREREQ(2, 36);

	return length <= RUST_LENGTH && !(maybe_endless && name[1] == 'R' && strchr(name, 'B'));
}

static char *demangle_rust(const char *name, size_t length)
{
	return !is_harmless_rust(name, length) ? NULL
					       : run(rust_demangle_callback, name, DMGL_PARAMS);
}

/*
 * libiberty's D demangler hands out a finished string, which cannot be cut off, and references back
 * to types multiply it: k of them can stand for e^(k/e) times the name's length.  A reference is Q
 * and a base-26 number, its distance, whose last digit is in lower case; one that leads to a digit
 * repeats an identifier, which adds no more than its length.
 */
static bool is_harmless_dlang(const char *name, size_t length)
{
	int references = 0;

	if (length > DLANG_LENGTH)
		return false;
	for (size_t i = 0; i < length; i++) {
		size_t distance = 0, end = i + 1;

		if (name[i] != 'Q')
			continue;
		while (name[end] >= 'A' && name[end] <= 'Z' && distance <= length)
			distance = distance * 26 + (size_t)(name[end++] - 'A');
		if (name[end] >= 'a' && name[end] <= 'z')
			distance = distance * 26 + (size_t)(name[end] - 'a');
		if (distance > i || name[i - distance] < '0' || name[i - distance] > '9')
			references++;
	}
	return references <= DLANG_REFERENCES;
}

static char *demangle_dlang(const char *name, size_t length)
{
	return is_harmless_dlang(name, length) ? dlang_demangle(name, 0) : NULL;
}

static bool has_prefix(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* g++'s functions that run a file's constructors and destructors, named for its first symbol. */
static char *demangle_global(const char *name)
{
	static const struct {
		const char *prefix, *text;
	} kinds[] = {
		{"_GLOBAL__sub_I_", "global constructors keyed to "},
		{"_GLOBAL__sub_D_", "global destructors keyed to "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const char *key = name + strlen(kinds[i].prefix);

		if (has_prefix(name, kinds[i].prefix) && *key) {
			AUTO_FREE char *readable = NULL;

			if (has_prefix(key, "_Z"))
				readable = demangle_cplus(key, strlen(key));
			return xasprintf("%s%s", kinds[i].text, readable ? readable : key);
		}
	}
	return NULL;
}

char *demangle(const char *name)
{
	size_t length = strlen(name);
	char *text = NULL;

	if (has_prefix(name, "_ZN"))
		text = demangle_rust(name, length); /* the old Rust scheme looks like C++ */
	if (!text && has_prefix(name, "_Z"))
		text = demangle_cplus(name, length);
	else if (has_prefix(name, "_R"))
		text = demangle_rust(name, length);
	else if (has_prefix(name, "_D"))
		text = demangle_dlang(name, length);
	else if (has_prefix(name, "_GLOBAL__sub_"))
		text = demangle_global(name);
	else if (has_prefix(name, "caml"))
		text = demangle_ocaml(name);
	return text ? text : xstrdup(name);
}
