/* search-waste: thousands of paths tried in vain. */
#include "report/findings/rules.h"
#include "report/findings/search_stat.h"
#include "report/render/words.h"

#define MANY     200  /* worth a note */
#define TOO_MANY 1000 /* worth a warning: some ms of every start */
#define RANKED   5

static int compare_misses(const void *a, const void *b)
{
	const struct search_stat *x = a, *y = b;

	if (x->misses != y->misses)
		return x->misses < y->misses ? 1 : -1;
	return (x->first > y->first) - (x->first < y->first);
}

static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;
	AUTO_SEARCH_STATS struct search_stats stats;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	size_t misses = 0, names = 0;
	struct finding *finding;

	search_stats_collect(rec, &stats);
	for (size_t i = 0; i < stats.count; i++)
		misses += stats.list[i].misses;
	if (misses < MANY)
		return;
	qsort(stats.list, stats.count, sizeof(*stats.list), compare_misses);
	for (size_t i = 0; i < rec->search_count; i++)
		names += rec->searches[i].origin == ORIGIN_NAME;
	add_number(&message, misses);
	strbuf_addstr(&message, " paths were tried in vain for ");
	add_count(&message, names, "name", "names");
	strbuf_addstr(&message, ", ");
	add_number(&message, stats.list[0].misses);
	strbuf_addstr(&message, " of them in ");
	add_search_stat(&message, rec, &stats.list[0]);
	finding = findings_add(
		ret, &rule_search_waste, misses >= TOO_MANY ? SEVERITY_WARNING : SEVERITY_NOTE,
		strbuf_detach(&message),
		xstrdup("put directories that have the libraries first, and drop those that have "
			"none"));
	for (size_t i = 0; i < stats.count && i < RANKED && stats.list[i].misses; i++) {
		struct evidence *evidence;

		finding_add_object(finding, stats.list[i].owner);
		add_number(&message, stats.list[i].misses);
		strbuf_addf(&message, " in vain and %zu found in ", stats.list[i].hits);
		add_search_stat(&message, rec, &stats.list[i]);
		evidence = finding_add_evidence(finding, strbuf_detach(&message));
		evidence->search = stats.list[i].first;
		evidence->object = stats.list[i].owner;
	}
}

const struct rule rule_search_waste = {
	.slug = "search-waste",
	.group = "loading",
	.summary = "a great many paths are tried in vain",
	.meaning = "Each directory in LD_LIBRARY_PATH, DT_RPATH and DT_RUNPATH is tried for each "
		   "library in turn until one has it. With many directories and many libraries "
		   "that makes thousands of calls of open at each start of the program, and on a "
		   "network file system each of them can take a millisecond.",
	.reported = "A note from 200 paths in vain on, a warning from 1,000. The directories are "
		    "ranked, "
		    "each with the object whose search path it is in. Paths in hardware "
		    "subdirectories (glibc-hwcaps and the like) count. ld.so is silent about "
		    "directories that it knows to be missing: the numbers are lower bounds.",
	.harmless = "On a local disk a path in vain takes about a microsecond.",
	.fix = "Order the directories by what they give. Let libraries that are installed "
	       "together name one directory ($ORIGIN). Put links to all libraries into one "
	       "directory. Packagers of trees with a directory a package (Nix, Guix, Spack) can "
	       "write absolute names into DT_NEEDED (patchelf --replace-needed, shrinkwrap).",
	.find = find,
};
