/* version-clash: two major versions of one library. */
#include "report/findings/copies.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

static bool is_wanted(const struct recording *rec, const struct duplicate *duplicate)
{
	return duplicate->kind == DUPLICATE_VERSIONS && !copies_are_glibc(rec, duplicate);
}

static void add_what(struct strbuf *sb, const struct recording *rec,
		     const struct duplicate *duplicate)
{
	strbuf_addf(sb, "%zu versions of ", duplicate_versions(rec, duplicate));
	if (duplicate->name)
		add_name(sb, duplicate->name);
	else
		strbuf_addstr(sb, "one library");
	strbuf_addstr(sb, " are in the process");
}

static void find(struct rule_input *input, struct findings *ret)
{
	copies_report(input, &rule_version_clash, is_wanted, add_what,
		      "build all users against one version; where both must stay, see that their "
		      "symbols have versions (readelf -V)",
		      ret);
}

const struct rule rule_version_clash = {
	.slug = "version-clash",
	.group = "loading",
	.summary = "several versions of one library are in the process",
	.meaning =
		"Two incompatible versions of one library (libssl.so.1.1 and libssl.so.3, two "
		"LLVMs) "
		"are loaded at once, because different parts of the program were built against "
		"different ones. Where their symbols have no versions, both define the same names, "
		"and one version's functions are called with the other's structures. Where they "
		"have, it goes well until something made by one is handed to the other.",
	.reported =
		"An error when references of one user, or of one copy, go to several versions; a "
		"warning when several are used by others; a note when all but one are used by "
		"nobody, or when dlmopen keeps them apart. Numbers that are no versions "
		"(libpcre2-8 "
		"and libpcre2-16) don't count.",
	.harmless = "When all symbols have versions, and the users of one never meet those of the "
		    "other.",
	.fix = "`plugreport why-loaded LIB` shows who brought each version: rebuild or update the "
	       "one "
	       "that asks for the old one.",
	.find = find,
};
