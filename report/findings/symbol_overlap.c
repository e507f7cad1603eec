/* symbol-overlap: static copies of one library in several objects. */
#include "report/findings/copies.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

static bool is_wanted(const struct recording *rec, const struct duplicate *duplicate)
{
	(void)rec;
	return duplicate->kind == DUPLICATE_SYMBOLS && duplicate_interesting(duplicate);
}

static void add_what(struct strbuf *sb, const struct recording *rec,
		     const struct duplicate *duplicate)
{
	(void)rec;
	add_count(sb, duplicate->symbol_count, "symbol is", "symbols are");
	strbuf_addstr(sb, " exported by several objects, as static copies of one library are");
}

static void find(struct rule_input *input, struct findings *ret)
{
	copies_report(input, &rule_symbol_overlap, is_wanted, add_what,
		      "link them against one shared library, or keep each copy to itself: "
		      "-Wl,--exclude-libs,ALL, a version script, -fvisibility=hidden",
		      ret);
}

const struct rule rule_symbol_overlap = {
	.slug = "symbol-overlap",
	.group = "loading",
	.summary = "several objects export the same set of symbols: static copies",
	.meaning =
		"Two objects export many symbols in common: most likely both have a static copy of "
		"one library in them. ld.so does not know that these are copies, and binds by "
		"name: "
		"part of the calls go to one, part to the other.",
	.reported = "An error when references of one user, or of one copy, go to several copies; a "
		    "warning "
		    "when several copies are used by others. Left out: copies of which only one is "
		    "ever "
		    "used, or that nobody but they themselves can use; hidden copies, which export "
		    "nothing; C++ entities of vague linkage; and libraries that are linked against "
		    "each "
		    "other. Where interposed tells of the same objects, or duplicate-file, "
		    "duplicate-soname or version-clash, this is evidence there.",
	.harmless = "When copies have no state, and are of one version.",
	.fix = "One shared library for all; or private copies that are really private: link static "
	       "libraries with -Wl,--exclude-libs,ALL, or export what is meant with a version "
	       "script. `nm -D --defined-only FILE` shows what a file exports.",
	.find = find,
};
