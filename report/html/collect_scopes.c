/* The report's scopes and interpositions. */
#include "report/html/collect.h"
#include "report/model/interpositions.h"
#include "report/model/timeline.h"
#include "report/render/words.h"

/* global: what joined a global scope, in order; see scopes_history(). */
static const struct page_column global_columns[] = {
	{"process", PAGE_REF, true},      {"object", PAGE_REF, true},
	{"call", PAGE_REF, false},        /* that did it; none: the start */
	{"root", PAGE_REF, false},        /* object that the call named */
	{"promoted", PAGE_NUMBER, false}, /* 1: it was there before, as RTLD_LOCAL */
	{"sure", PAGE_NUMBER, false},
};

/* event: what happened when, and inside of what; see model/timeline.h. */
static const struct page_column event_columns[] = {
	{"process", PAGE_REF, true},
	{"time", PAGE_NUMBER, true},
	{"least", PAGE_NUMBER, false}, /* us: it lasted so long at least */
	{"most", PAGE_REF, false},     /* us: and so long at most; none: not told */
	{"tid", PAGE_NUMBER, false},
	{"kind", PAGE_TEXT, false},
	{"text", PAGE_TEXT, false},
	{"object", PAGE_REF, false},
	{"call", PAGE_REF, false},
	{"promoted", PAGE_NUMBER, false}, /* 1: it was there before, as RTLD_LOCAL */
	{"parent", PAGE_REF, true},       /* event during which it happened */
};

/* interposition: a symbol in use that several objects of a namespace define. */
static const struct page_column interposition_columns[] = {
	{"process", PAGE_REF, true},    {"name", PAGE_TEXT, false}, /* for people */
	{"linker", PAGE_TEXT, false},                               /* as the linker knows it */
	{"interest", PAGE_TEXT, false},                             /* error, warning, note, none */
	{"what", PAGE_TEXT, false},                                 /* interposed, split ... */
	{"why", PAGE_TEXT, false},                                  /* not interesting */
	{"winner", PAGE_REF, false}, /* object that most references went to */
};

/* definer: an object that defines it, in the order of look-up. */
static const struct page_column definer_columns[] = {
	{"interposition", PAGE_REF, true},
	{"object", PAGE_REF, true},
	{"users", PAGE_NUMBER, false},
	{"lost", PAGE_NUMBER, false}, /* 1: its own references went elsewhere */
};

/* user: who is bound to whom; of interesting ones. */
static const struct page_column user_columns[] = {
	{"interposition", PAGE_REF, true},
	{"from", PAGE_REF, false},
	{"to", PAGE_REF, false},
	{"missed", PAGE_REF, false}, /* object whose definition it was meant for */
};

/* pair: one object's definitions in the way of another's. */
static const struct page_column pair_columns[] = {
	{"process", PAGE_REF, true},        {"winner", PAGE_REF, false},
	{"loser", PAGE_REF, false},         {"symbols", PAGE_NUMBER, false},
	{"interposed", PAGE_NUMBER, false}, {"diverted", PAGE_NUMBER, false},
	{"split", PAGE_NUMBER, false},      {"vague", PAGE_NUMBER, false},
	{"interest", PAGE_TEXT, false},
};

void collect_scopes_init(struct collect *collect)
{
	struct page_data *page = collect->page;

	collect->events = page_table(page, "event", event_columns, ARRAY_SIZE(event_columns));
	collect->globals = page_table(page, "global", global_columns, ARRAY_SIZE(global_columns));
	collect->interpositions = page_table(page, "interposition", interposition_columns,
					     ARRAY_SIZE(interposition_columns));
	collect->definers =
		page_table(page, "definer", definer_columns, ARRAY_SIZE(definer_columns));
	collect->users = page_table(page, "user", user_columns, ARRAY_SIZE(user_columns));
	collect->pairs = page_table(page, "pair", pair_columns, ARRAY_SIZE(pair_columns));
}

void collect_globals(struct collect *collect, struct scopes *ended)
{
	size_t count;
	const struct global_entry *entries = scopes_history(ended, &count);

	for (size_t i = 0; i < count; i++) {
		const int64_t values[ARRAY_SIZE(global_columns)] = {
			collect->process,
			collect_row(collect->base.object, entries[i].object),
			collect_row(collect->base.call, entries[i].call),
			collect_row(collect->base.object, entries[i].root),
			entries[i].promoted,
			entries[i].sure,
		};

		page_row(collect->globals, values);
	}
}

void collect_timeline(struct collect *collect, struct scopes *ended)
{
	AUTO_TIMELINE struct timeline timeline = {0};
	int64_t base = (int64_t)page_rows(collect->events);

	timeline_build(collect->show->rec, ended, &timeline);
	for (size_t i = 0; i < timeline.count; i++) {
		const struct timeline_entry *entry = &timeline.entries[i];
		const int64_t values[ARRAY_SIZE(event_columns)] = {
			collect->process,
			collect_time(entry->time_ns),
			collect_time(entry->least_ns),
			entry->has_most ? collect_time(entry->most_ns) : NONE,
			entry->tid,
			page_text(collect->page, timeline_kind_name(entry->kind)),
			COLLECT_TEXT(collect, add_timeline_entry(&sb, collect->show, entry)),
			collect_row(collect->base.object, entry->object),
			collect_row(collect->base.call, entry->call),
			entry->promoted,
			collect_row(base, entry->parent),
		};

		page_row(collect->events, values);
	}
}

static void add_what(struct strbuf *sb, unsigned int what)
{
	for (unsigned int bit = 1; bit <= WHAT_VAGUE_SPLIT; bit <<= 1)
		if (what & bit)
			strbuf_addf(sb, "%s%s", sb->length ? ", " : "",
				    interposition_what_name((enum interposition_what)bit));
}

static void collect_interposition(struct collect *collect, const struct bound_set *set,
				  const struct interposition *one)
{
	const char *symbol = name_string(&set->names, one->symbol);
	int64_t row = (int64_t)page_rows(collect->interpositions);
	const int64_t values[ARRAY_SIZE(interposition_columns)] = {
		collect->process,
		COLLECT_TEXT(collect, add_symbol(&sb, symbol, collect->show->options->no_demangle)),
		page_text(collect->page, symbol),
		page_text(collect->page, interest_name(one->interest)),
		COLLECT_TEXT(collect, add_what(&sb, one->what)),
		one->dull == DULL_NOT ? 0 : page_text(collect->page, dull_name(one->dull)),
		collect_row(collect->base.object, one->winner),
	};

	page_row(collect->interpositions, values);
	for (size_t i = 0; i < one->definer_count; i++) {
		const int64_t definer[ARRAY_SIZE(definer_columns)] = {
			row,
			collect_row(collect->base.object, one->definers[i].object),
			(int64_t)one->definers[i].users,
			one->definers[i].own_lost,
		};

		page_row(collect->definers, definer);
	}
	for (size_t i = 0; one->interest >= INTEREST_WARNING && i < one->user_count; i++) {
		const int64_t user[ARRAY_SIZE(user_columns)] = {
			row,
			collect_row(collect->base.object, one->users[i].from),
			collect_row(collect->base.object, one->users[i].to),
			collect_row(collect->base.object, one->users[i].missed),
		};

		page_row(collect->users, user);
	}
}

void collect_interpositions(struct collect *collect, const struct bound_set *set,
			    const struct interpositions *all)
{
	for (size_t i = 0; i < all->count; i++)
		collect_interposition(collect, set, &all->list[i]);
	for (size_t i = 0; i < all->pair_count; i++) {
		const struct interposition_pair *pair = &all->pairs[i];
		const int64_t values[ARRAY_SIZE(pair_columns)] = {
			collect->process,
			collect_row(collect->base.object, pair->winner),
			collect_row(collect->base.object, pair->loser),
			(int64_t)pair->symbols,
			(int64_t)pair->interposed,
			(int64_t)pair->diverted,
			(int64_t)pair->split,
			(int64_t)pair->vague,
			page_text(collect->page, interest_name(pair->interest)),
		};

		page_row(collect->pairs, values);
	}
}
