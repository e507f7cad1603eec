/*
 * search_stat.h - which search-path entry gave how much; private to findings/.
 */
#ifndef PLUGREPORT_SEARCH_STAT_H
#define PLUGREPORT_SEARCH_STAT_H

#include "report/findings/input.h"

/* One directory that one rule names: DT_RPATH or DT_RUNPATH of `owner`, LD_LIBRARY_PATH ... */
struct search_stat {
	enum search_rule rule;
	int owner;       /* object, or NONE */
	char *directory; /* expanded, without hardware subdirectories; "" is the current one */
	size_t misses, hits;
	int first; /* search */
};

struct search_stats {
	struct search_stat *list;
	size_t count, room;
};
#define AUTO_SEARCH_STATS __attribute__((cleanup(search_stats_release)))

/* All directories in which a path was tried, in order of the first one. */
void search_stats_collect(const struct recording *rec, struct search_stats *ret);
void search_stats_release(struct search_stats *stats);

/* "directory /opt/lib of DT_RUNPATH of libx.so". */
void add_search_stat(struct strbuf *sb, const struct recording *rec,
		     const struct search_stat *stat);

#endif
