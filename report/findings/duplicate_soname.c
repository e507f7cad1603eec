/* duplicate-soname: two files that are the same library, of different builds. */
#include "report/findings/copies.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

static bool is_wanted(const struct recording *rec, const struct duplicate *duplicate)
{
	return (duplicate->kind == DUPLICATE_SONAME || duplicate->kind == DUPLICATE_LIBRARY) &&
	       !copies_are_glibc(rec, duplicate);
}

static void add_what(struct strbuf *sb, const struct recording *rec,
		     const struct duplicate *duplicate)
{
	strbuf_addf(sb, "%zu builds of ", duplicate_builds(rec, duplicate));
	if (duplicate->name)
		add_name(sb, duplicate->name);
	else
		strbuf_addstr(sb, "one library");
	strbuf_addstr(sb, " are in the process");
}

static void find(struct rule_input *input, struct findings *ret)
{
	copies_report(
		input, &rule_duplicate_soname, is_wanted, add_what,
		"let all use one of them: remove the bundled copy, or (Python wheels) install "
		"packages that were built against the same one",
		ret);
}

const struct rule rule_duplicate_soname = {
	.slug = "duplicate-soname",
	.group = "loading",
	.summary = "several builds of one library are in the process",
	.meaning =
		"Several files that are one library, by their SONAME or by their names apart from "
		"a "
		"hash that a packaging tool put there (libgomp-a34b3233.so.1 in Python wheels), "
		"are "
		"loaded at once. Each has its own state: OpenMP then has two thread pools that "
		"don't know of each other, protobuf registers a message twice and aborts, a "
		"singleton exists twice. And since they define the same symbols, ld.so binds some "
		"references to one and some to the other.",
	.reported =
		"An error when references of one user, or of one copy, go to several copies; a "
		"warning "
		"when several copies are used by others; a note when all but one are used by "
		"nobody, or when dlmopen keeps them apart. `plugreport duplicates` shows who uses "
		"which.",
	.harmless =
		"When each copy serves its own users, and the library has no state that must be "
		"one in the process.",
	.fix = "`plugreport why-loaded LIB` shows who brought each copy. Have one: from the "
	       "system, "
	       "or from one package that all others depend on. Where both must stay, keep their "
	       "symbols apart: symbol versions, RTLD_LOCAL.",
	.find = find,
};
