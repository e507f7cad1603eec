/* duplicate-file: the same file, or the same build, more than once. */
#include "report/findings/copies.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

static bool is_wanted(const struct recording *rec, const struct duplicate *duplicate)
{
	return (duplicate->kind == DUPLICATE_FILE || duplicate->kind == DUPLICATE_BUILD_ID) &&
	       !copies_are_glibc(rec, duplicate);
}

static void add_what(struct strbuf *sb, const struct recording *rec,
		     const struct duplicate *duplicate)
{
	const struct object *first = &rec->objects[duplicate->copies[0].object];

	add_name(sb, first->soname ? first->soname : base_name(first->path));
	strbuf_addf(sb,
		    duplicate->kind == DUPLICATE_FILE
			    ? " is loaded in %zu namespaces"
			    : " is loaded %zu times, from files of the same build",
		    duplicate->kind == DUPLICATE_FILE ? duplicate_namespaces(rec, duplicate)
						      : duplicate->copy_count);
}

static void find(struct rule_input *input, struct findings *ret)
{
	copies_report(input, &rule_duplicate_file, is_wanted, add_what,
		      "let all ask for it by one name, so that they find one file; across dlmopen "
		      "namespaces, let nothing that it made pass the border",
		      ret);
}

const struct rule rule_duplicate_file = {
	.slug = "duplicate-file",
	.group = "loading",
	.summary = "one library is loaded more than once",
	.meaning =
		"The same library is in the process several times: the same file in several "
		"namespaces (dlmopen), or copies of one build in several places. Each has its own "
		"variables: what is initialised, registered or counted in one is unknown to the "
		"other. Thread pools, allocators and device drivers are there twice.",
	.reported =
		"An error when references of one user, or of one copy, go to several copies; a "
		"warning "
		"when several copies are used by others in one namespace; a note when the copies "
		"are kept apart by dlmopen, or all but one are not used. Several spellings of a "
		"path, "
		"links, and a library that was closed before it was opened again are one load, and "
		"not reported. glibc's own libraries in dlmopen namespaces are second-libc's "
		"matter.",
	.harmless = "When the library has no state, or dlmopen was used to have two of it.",
	.fix = "`plugreport why-loaded LIB` shows who asked for each copy and how it was found. "
	       "Remove the extra copy, or make it a link to the other one: ld.so compares device "
	       "and inode.",
	.find = find,
};
