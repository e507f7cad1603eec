/* unused-search-path: directories that were searched and gave nothing. */
#include "report/findings/rules.h"
#include "report/findings/search_stat.h"
#include "report/render/words.h"

static bool is_configured(enum search_rule rule)
{
	return rule == RULE_RPATH || rule == RULE_RUNPATH || rule == RULE_LD_LIBRARY_PATH;
}

/* The directory, whichever process searches it and whichever file names it. */
static char *key_of(const struct search_stat *stat)
{
	return xasprintf("%s\n%s", search_rule_name(stat->rule), stat->directory);
}

static bool has_key(const struct search_stat *stat, const char *key)
{
	AUTO_FREE char *own = key_of(stat);

	return strcmp(own, key) == 0;
}

static void report(const struct recording *rec, const struct search_stats *stats, size_t first,
		   char *key, struct findings *ret)
{
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	size_t others = 0, misses = 0;
	struct finding *finding;
	struct evidence *evidence;
	const struct search_stat *stat = &stats->list[first];

	finding = findings_add(ret, &rule_unused_search_path, SEVERITY_NOTE, NULL,
			       xstrdup("take the entry out, when no other use of the program needs "
				       "it"));
	finding->key = key;
	finding->seq = rec->searches[stat->first].seq;
	for (size_t i = first; i < stats->count; i++) {
		if (!has_key(&stats->list[i], key))
			continue;
		others += i > first;
		misses += stats->list[i].misses;
		finding_add_object(finding, stats->list[i].owner);
	}
	strbuf_addstr(&text, "nothing was found in ");
	add_search_stat(&text, rec, stat);
	if (others) {
		strbuf_addstr(&text, " and ");
		add_count(&text, others, "other file", "others");
	}
	finding->message = strbuf_detach(&text);
	add_count(&text, misses, "path was", "paths were");
	strbuf_addstr(&text, " tried in vain, the first for ");
	add_name(&text, rec->searches[rec->searches[stat->first].request].tried);
	evidence = finding_add_evidence(finding, strbuf_detach(&text));
	evidence->search = stat->first;
	evidence->object = stat->owner;
}

static bool told_before(const struct findings *findings, const char *key)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->list[i].rule == &rule_unused_search_path &&
		    strcmp(findings->list[i].key, key) == 0)
			return true;
	return false;
}

static void find(struct rule_input *input, struct findings *ret)
{
	AUTO_SEARCH_STATS struct search_stats stats;

	search_stats_collect(input->rec, &stats);
	for (size_t i = 0; i < stats.count; i++) {
		const struct search_stat *stat = &stats.list[i];
		AUTO_FREE char *key = key_of(stat);

		if (!is_configured(stat->rule))
			continue;
		if (stat->hits) {
			findings_refute(ret, &rule_unused_search_path, key);
		} else if (!told_before(ret, key)) {
			report(input->rec, &stats, i, key, ret);
			key = NULL;
		}
	}
}

const struct rule rule_unused_search_path = {
	.slug = "unused-search-path",
	.group = "loading",
	.summary = "a search-path entry was searched and gave nothing",
	.meaning =
		"A directory in LD_LIBRARY_PATH, DT_RPATH or DT_RUNPATH was tried for one or more "
		"libraries and had none of them. It costs time at each start, and whoever may "
		"write to it can put a library there that is taken instead of the right one.",
	.reported =
		"A note for each directory that gave nothing to any of the processes looked at, "
		"when at least one path in it was tried. One that gave something to any file "
		"that names it is left out: build systems write one search path into all files "
		"of an installation. Entries that were never reached, and directories that ld.so "
		"passes over without a word because they don't exist, are not judged.",
	.harmless = "When another use of the program, or another machine, has libraries there.",
	.fix = "Take it out: of LD_LIBRARY_PATH where it is set, of a file with patchelf "
	       "--set-rpath or by linking anew without that -rpath.",
	.find = find,
};
