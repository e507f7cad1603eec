/* plugreport why-found: every place that ld.so considered for a name. */
#include "report/cmd.h"
#include "report/model/why_found.h"
#include "report/render/words.h"

static const struct column place_columns[] = {
	{NULL, "", 0},
	{NULL, "RULE", 0},
	{NULL, "PLACE", COLUMN_WRAP},
	{NULL, "WRITTEN IN", COLUMN_WRAP},
};

static const struct {
	const char *word;
	enum style style;
} fates[] = {
	[PLACE_FOUND] = {"found", STYLE_GOOD},
	[PLACE_MISSED] = {"in vain", STYLE_PLAIN},
	[PLACE_UNUSABLE] = {"not usable", STYLE_BAD},
	[PLACE_SILENT] = {"no probe seen", STYLE_DIM},
	[PLACE_NOT_REACHED] = {"not tried", STYLE_DIM},
	[PLACE_UNKNOWN] = {"not known", STYLE_DIM},
	[PLACE_LEFT_OUT] = {"left out", STYLE_DIM},
};

void add_found_by(struct strbuf *sb, const struct recording *rec, const struct why_found *found)
{
	const struct found_place *place = why_found_place(found);

	if (!place) {
		strbuf_addstr(sb, "how it was found was not recorded");
		return;
	}
	if (place->rule == RULE_PATH) {
		strbuf_addstr(sb, FOUND_BY_PATH);
		return;
	}
	strbuf_addstr(sb, "found by ");
	add_rule(sb, rec, place->rule, place->owner, place->entry);
	if (found->misses) {
		strbuf_addstr(sb, ", after ");
		add_count(sb, found->misses, "path", "paths");
		strbuf_addstr(sb, " in vain (plugreport why-found ");
		add_name(sb, found->name);
		strbuf_addch(sb, ')');
	}
}

static void place_row(const struct show *show, enum place_fate fate, const char *rule,
		      const char *place, const char *source)
{
	const struct value values[ARRAY_SIZE(place_columns)] = {
		value_styled(value_string(fates[fate].word), fates[fate].style),
		value_string(rule),
		value_string(place),
		value_string(source),
	};

	render_row(show->render, values);
}

/* Where the directory is written: "$ORIGIN/../lib" in libx.so. */
static void add_source(struct strbuf *sb, const struct recording *rec,
		       const struct found_place *place)
{
	bool expanded = place->entry && strchr(place->entry, '$');

	if (expanded) {
		strbuf_addch(sb, '"');
		add_name(sb, place->entry);
		strbuf_addch(sb, '"');
	}
	if (has_object(rec, place->owner)) {
		strbuf_addstr(sb, expanded ? " in " : "");
		add_object(sb, rec, place->owner);
	}
}

/* What stands for a place of which no path was announced. */
static void add_quiet_place(struct strbuf *sb, const struct found_place *place)
{
	if (place->left_out)
		strbuf_addf(sb, "(%s)", place->left_out);
	else if (place->rule == RULE_CACHE && place->fate == PLACE_SILENT)
		strbuf_addstr(sb, "(no usable entry)");
	else if (place->directory && !*place->directory)
		strbuf_addstr(sb, "(the current directory)");
	else
		add_name(sb, place->directory);
}

/*
 * What stands for the probes [from, to) that missed.  Most are hardware subdirectories
 * (glibc-hwcaps, tls, x86_64) of the directory, which ld.so tries before it: they are counted.
 */
static void add_missed(struct strbuf *sb, const struct recording *rec,
		       const struct found_place *place, const char *name, size_t from, size_t to)
{
	const char *last = rec->searches[place->probes[to - 1]].tried;
	const char *directory = place->directory ? place->directory : "";
	bool slash = *directory && directory[strlen(directory) - 1] != '/';
	AUTO_FREE char *plain = xasprintf("%s%s%s", directory, slash ? "/" : "", name);
	size_t below = to - from;

	if (below == 1 || strcmp(last, plain) == 0) {
		add_name(sb, last);
		if (!strchr(last, '/'))
			strbuf_addstr(sb, " in the current directory");
		below--;
	}
	if (!below)
		return;
	strbuf_addstr(sb, below < to - from ? ", and in " : "");
	add_count(sb, below, "hardware subdirectory", "hardware subdirectories");
	if (below == to - from) {
		strbuf_addstr(sb, " of ");
		add_name(sb, *directory ? directory : "the current directory");
	}
}

static bool is_miss(const struct show *show, const struct why_found *found, int probe)
{
	return search_fate(&show->rec->searches[probe], probe == found->hit) == PLACE_MISSED;
}

static void show_probes(const struct show *show, const struct why_found *found,
			const struct found_place *place, const char *rule, const char *source)
{
	const struct recording *rec = show->rec;
	bool fold = !show->options->all && place->rule != RULE_CACHE && place->directory;

	if (place->rule == RULE_PATH) {
		place_row(show, place->fate, rule, found->name, source);
		return;
	}
	for (size_t i = 0, end; i < place->probe_count; i = end) {
		AUTO_STRBUF struct strbuf missed = STRBUF_INIT;

		end = i + 1;
		if (!is_miss(show, found, place->probes[i])) {
			const struct search *probe = &rec->searches[place->probes[i]];

			place_row(show, search_fate(probe, place->probes[i] == found->hit), rule,
				  probe->tried, source);
			continue;
		}
		while (fold && end < place->probe_count && is_miss(show, found, place->probes[end]))
			end++;
		add_missed(&missed, rec, place, found->name, i, end);
		place_row(show, PLACE_MISSED, rule, missed.s, source);
	}
}

static void show_place(const struct show *show, const struct why_found *found, size_t index)
{
	const struct found_place *place = &found->places[index];
	AUTO_STRBUF struct strbuf rule = STRBUF_INIT, source = STRBUF_INIT, quiet = STRBUF_INIT;

	if (place->left_out && place->rule == RULE_LD_LIBRARY_PATH)
		strbuf_addstr(&rule, "LD_LIBRARY_PATH");
	else
		add_rule(&rule, show->rec, place->rule, NONE, NULL);
	if (!place->left_out)
		add_source(&source, show->rec, place);
	if (place->probe_count) {
		show_probes(show, found, place, rule.s, source.s);
		return;
	}
	add_quiet_place(&quiet, place);
	place_row(show, place->fate, rule.s, quiet.s, source.s);
}

static bool has_miss(const struct show *show, const struct why_found *found,
		     const struct found_place *place)
{
	bool any = false;

	if (place->rule == RULE_PATH)
		return place->fate == PLACE_MISSED;
	for (size_t i = 0; i < place->probe_count; i++)
		any |= is_miss(show, found, place->probes[i]);
	return any;
}

static void show_places(const struct show *show, const struct why_found *found)
{
	bool silent = false, missed = false;

	render_table(show->render, NULL, place_columns, ARRAY_SIZE(place_columns));
	for (size_t i = 0; i < found->place_count; i++) {
		show_place(show, found, i);
		if (found->places[i].fate == PLACE_SILENT)
			silent = true;
		missed |= has_miss(show, found, &found->places[i]);
	}
	render_table_close(show->render);
	if (missed)
		render_line(show->render, MARK_DIM
			    "  in vain: missing, or not usable; ld.so does not tell." MARK_END);
	if (silent)
		render_line(show->render, MARK_DIM
			    "  no probe seen: not tried, or known to be missing; ld.so "
			    "announces nothing then, nor names that its cache lacks." MARK_END);
}

/* "libx.so, which host asked dlopen for in f() at x.c:1 in host" */
static void add_asker(struct strbuf *sb, const struct show *show, const struct why_found *found)
{
	const struct recording *rec = show->rec;

	if (found->call != NONE) {
		strbuf_addstr(sb, ", asked for by ");
		add_call(sb, rec, found->call, show->options->no_demangle);
		strbuf_addstr(sb, " in ");
		add_caller(sb, rec, found->call, show->options->no_demangle);
	} else if (found->reason == REASON_PRELOAD) {
		strbuf_addstr(sb, ", named by ");
		add_preload_source(sb, rec, found->name);
	} else if (has_object(rec, found->requester)) {
		strbuf_addstr(sb,
			      found->reason == REASON_NEEDED ? ", needed by " : ", asked for by ");
		add_object(sb, rec, found->requester);
	}
}

static void add_by(struct strbuf *sb, const struct recording *rec, const struct found_place *place)
{
	if (!place || place->rule == RULE_PATH)
		return;
	strbuf_addstr(sb, " by ");
	add_rule(sb, rec, place->rule, place->owner, place->entry);
}

static void add_not_found(struct strbuf *sb, const struct recording *rec,
			  const struct why_found *found)
{
	if (found->no_load) {
		strbuf_addstr(sb, "was not loaded, and RTLD_NOLOAD forbids loading it");
		return;
	}
	strbuf_addstr(sb, "was not found, or not usable");
	if (found->stopped == NONE)
		return;
	strbuf_addstr(sb, ": the search stopped at ");
	add_name(sb, rec->searches[found->stopped].tried);
}

static void add_verdict(struct strbuf *sb, const struct show *show, const struct why_found *found)
{
	const struct recording *rec = show->rec;
	const struct found_place *place = why_found_place(found);

	switch (found->outcome) {
	case OUTCOME_LOADED:
		strbuf_addstr(sb, "was found");
		add_by(sb, rec, place);
		break;
	case OUTCOME_ALREADY_LOADED:
		strbuf_addstr(sb, "came to a file that was loaded already");
		strbuf_addstr(sb, place && place->rule != RULE_PATH ? ", found" : "");
		add_by(sb, rec, place);
		break;
	case OUTCOME_MISSING:
	case OUTCOME_FAILED:
		if (!place) {
			add_not_found(sb, rec, found);
			break;
		}
		strbuf_addstr(sb, "was found");
		add_by(sb, rec, place);
		strbuf_addstr(sb, ", but could not be loaded");
		break;
	case OUTCOME_UNUSABLE:
		strbuf_addstr(sb, "was there, but is not usable");
		break;
	case OUTCOME_UNKNOWN:
		strbuf_addstr(sb, "was searched for; what came of it is not known");
		if (found->stopped == NONE)
			break;
		strbuf_addstr(sb, ": the last path tried was ");
		add_name(sb, rec->searches[found->stopped].tried);
		break;
	}
	if (has_object(rec, found->result)) {
		int failed = object_failed_call(rec, found->result);

		strbuf_addstr(sb, ": ");
		add_name(sb, rec->objects[found->result].path);
		if (found->outcome == OUTCOME_FAILED && failed != NONE) {
			strbuf_addstr(sb, " (the dlopen failed");
			add_call_failure(sb, show, failed);
			strbuf_addch(sb, ')');
		}
	}
}

static void show_text(const struct show *show, const struct why_found *found,
		      const struct same_processes *same, size_t repeats)
{
	AUTO_STRBUF struct strbuf name = STRBUF_INIT, verdict = STRBUF_INIT, where = STRBUF_INIT;
	bool good = found->outcome == OUTCOME_LOADED || found->outcome == OUTCOME_ALREADY_LOADED;

	add_name(&name, found->name);
	add_asker(&name, show, found);
	add_verdict(&verdict, show, found);
	add_time(&where, show->rec->searches[found->request].time_ns);
	strbuf_addstr(&where, " after the start of ");
	add_same_processes(&where, same, show->options->all);
	if (repeats >= same->count && repeats == 1) {
		strbuf_addstr(&where, "; searched for twice");
	} else if (repeats >= same->count) {
		strbuf_addstr(&where, "; searched for ");
		add_count(&where, repeats + 1, "time", "times");
	}
	render_line(show->render, MARK_BOLD "%s" MARK_END, name.s);
	render_line(show->render, "%s%s" MARK_END, good ? MARK_GOOD : MARK_BAD, verdict.s);
	render_line(show->render, MARK_DIM "%s" MARK_END, where.s);
	show_places(show, found);
	render_blank(show->render);
}

void show_why_found(const struct show *show, int request, const struct same_processes *same,
		    size_t repeats)
{
	struct why_found found;

	why_found_build(show->rec, request, &found);
	if (show->render->is_text)
		show_text(show, &found, same, repeats);
	else
		why_found_to_json(show, &found, same, repeats);
	why_found_release(&found);
}

/* An object that the name means, though nothing may have searched for it. */
struct unsearched {
	char *path; /* NULL: there is none */
	enum load_reason reason;
};

static void collect(struct answer_walk *walk, const struct recording *rec, size_t row)
{
	struct unsearched *loaded = walk->data;

	for (size_t i = 0; i < rec->search_count; i++) {
		struct why_found found;

		if (rec->searches[i].origin != ORIGIN_NAME)
			continue;
		if (!search_matches(rec, (int)i, walk->wanted)) {
			nearest_offer(&walk->near, base_name(rec->searches[i].tried));
			continue;
		}
		why_found_build(rec, (int)i, &found);
		answers_add(&walk->answers, why_found_signature(rec, &found), row, (int)i);
		why_found_release(&found);
	}
	for (size_t i = 0; i < rec->object_count; i++) {
		nearest_offer_object(&walk->near, &rec->objects[i]);
		if (loaded->path || !object_matches(&rec->objects[i], walk->wanted))
			continue;
		loaded->path = xstrdup(rec->objects[i].path);
		loaded->reason = rec->objects[i].reason;
	}
}

/* Nothing searched for the name: say what is known instead.  Returns the exit status. */
static int without_search(const struct answer_walk *walk)
{
	const struct unsearched *loaded = walk->data;
	struct context *context = walk->context;
	struct render *render = context->render;
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	if (!loaded->path) {
		nearest_add_hint(&walk->near, &sb);
		context_remark(context, "nothing was searched for '%s'%s", walk->wanted, sb.s);
		return EXIT_FOUND;
	}
	render_value(render, "loaded_without_search", value_string(loaded->path));
	add_name(&sb, loaded->path);
	if (loaded->reason == REASON_MAIN)
		render_line(render, "%s is the program: nothing searched for it.", sb.s);
	else if (loaded->reason == REASON_LDSO)
		render_line(render, "%s is the dynamic linker: the program names it in PT_INTERP.",
			    sb.s);
	else
		render_line(render,
			    "%s is loaded, but no search for it was recorded. Who brought it: "
			    "plugreport why-loaded %s",
			    sb.s, base_name(sb.s));
	return EXIT_OK;
}

int cmd_why_found(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct unsearched loaded = {0};
	struct answer_walk walk = {.context = context,
				   .list = &list,
				   .wanted = context->operands[0],
				   .collect = collect,
				   .show = show_why_found,
				   .data = &loaded};
	int status = context_processes(context, &list);

	if (status != EXIT_OK)
		return status;
	render_value(context->render, "asked", value_string(walk.wanted));
	render_open(context->render, "searches", GROUP_ARRAY);
	if (!answers_collect(&walk) || !answers_show(&walk))
		status = EXIT_DATABASE;
	render_close(context->render);
	if (status == EXIT_OK && walk.answers.count == 0)
		status = without_search(&walk);
	else if (status == EXIT_OK)
		render_line(context->render, MARK_DIM
			    "ld.so told what it was asked for and which paths it was about to "
			    "try; rules and outcomes are inferred." MARK_END);
	nearest_release(&walk.near);
	free(loaded.path);
	answers_release(&walk.answers);
	return status;
}
