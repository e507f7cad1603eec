#include "report/findings/search_stat.h"

#include "report/render/words.h"

static bool is_same(const struct search_stat *stat, const struct search *probe,
		    const char *directory)
{
	return stat->rule == probe->rule && stat->owner == probe->owner &&
	       strcmp(stat->directory, directory) == 0;
}

/* Probes of one place follow one another: the last one used is most likely the right one. */
static struct search_stat *stat_of(struct search_stats *stats, const struct search *probe,
				   int index, char *directory)
{
	AUTO_FREE char *owned = directory;
	struct search_stat *stat;

	for (size_t i = stats->count; i > 0; i--)
		if (is_same(&stats->list[i - 1], probe, directory))
			return &stats->list[i - 1];
	stat = GROW(stats->list, stats->count, stats->room);
	stat->rule = probe->rule;
	stat->owner = probe->owner;
	stat->directory = owned;
	stat->first = index;
	owned = NULL;
	return stat;
}

void search_stats_collect(const struct recording *rec, struct search_stats *ret)
{
	*ret = (struct search_stats){0};
	for (size_t i = 0; i < rec->search_count; i++) {
		const struct search *probe = &rec->searches[i];
		struct search_stat *stat;

		if (probe->origin == ORIGIN_NAME || probe->request < 0 ||
		    (size_t)probe->request >= rec->search_count)
			continue;
		stat = stat_of(
			ret, probe, (int)i,
			search_path_directory(probe->tried, rec->searches[probe->request].tried));
		if (probe->outcome == OUTCOME_MISSING)
			stat->misses++;
		else
			stat->hits++;
	}
}

void search_stats_release(struct search_stats *stats)
{
	for (size_t i = 0; i < stats->count; i++)
		free(stats->list[i].directory);
	free(stats->list);
	*stats = (struct search_stats){0};
}

void add_search_stat(struct strbuf *sb, const struct recording *rec, const struct search_stat *stat)
{
	if (*stat->directory)
		add_name(sb, stat->directory);
	else
		strbuf_addstr(sb, "the current directory");
	strbuf_addstr(sb, stat->rule == RULE_DEFAULT ? ", a " : " of ");
	add_rule(sb, rec, stat->rule, stat->owner, NULL);
}
