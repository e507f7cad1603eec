/* The words that JSON uses for interpositions. */
#include "report/model/interpositions.h"
#include "report/util.h"

static const char *word_of(const char *const *words, size_t count, size_t value)
{
	return value < count && words[value] ? words[value] : "unknown";
}

#define WORD(words, value) word_of(words, ARRAY_SIZE(words), (size_t)(value))

const char *interposition_what_name(enum interposition_what what)
{
	static const char *const words[] = {
		[WHAT_INTERPOSED] = "interposed",
		[WHAT_DIVERTED] = "diverted",
		[WHAT_SPLIT] = "split",
		[WHAT_SPLIT_IN_TIME] = "split-in-time",
		[WHAT_VAGUE_SPLIT] = "vague-split",
	};

	return WORD(words, what);
}

const char *dull_name(enum dull dull)
{
	static const char *const words[] = {
		[DULL_ONE_WAY] = "one-way",     [DULL_PRELOAD] = "preload",
		[DULL_GLIBC] = "glibc",         [DULL_WEAK] = "weak",
		[DULL_UNIFIED] = "unified",     [DULL_COPY] = "copy",
		[DULL_PROGRAM] = "program",     [DULL_LINKED] = "linked",
		[DULL_ALLOCATOR] = "allocator", [DULL_APART] = "apart",
		[DULL_CONSTANT] = "constant",   [DULL_PRIVATE] = "private",
		[DULL_INSTANCE] = "instance",   [DULL_UNSHARED] = "unshared",
		[DULL_HANDLER] = "handler",     [DULL_NAMESAKE] = "namesake",
		[DULL_INTERFACE] = "interface",
	};

	return WORD(words, dull);
}

const char *interest_name(enum interest interest)
{
	static const char *const words[] = {
		[INTEREST_NONE] = "none",
		[INTEREST_NOTE] = "note",
		[INTEREST_WARNING] = "warning",
		[INTEREST_ERROR] = "error",
	};

	return WORD(words, interest);
}

const char *vague_kind_name(enum vague_kind kind)
{
	static const char *const words[] = {
		[VAGUE_NOT] = "none",      [VAGUE_FUNCTION] = "function",
		[VAGUE_VTABLE] = "vtable", [VAGUE_TYPEINFO] = "typeinfo",
		[VAGUE_DATA] = "data",
	};

	return WORD(words, kind);
}
