/* plugreport searches: each name asked for and each path announced. */
#include "report/cmd.h"
#include "report/model/why_found.h"
#include "report/render/words.h"

static const struct column search_columns[] = {
	{"pid", "PROCESS", COLUMN_WRAP},
	{"process", NULL, 0},
	{"seq", NULL, 0},
	{"time_ns", "AT", COLUMN_RIGHT},
	{"tid", NULL, 0},
	{"requester_path", "ASKED BY", COLUMN_WRAP},
	{"outcome", "OUTCOME", 0},
	{"name", NULL, 0},
	{"tried", "NAME OR PATH", COLUMN_WRAP},
	{"origin", NULL, 0},
	{"rule", "RULE", COLUMN_WRAP},
	{"owner_path", NULL, 0},
	{"result_path", NULL, 0},
};

struct totals {
	uint64_t names, not_found, paths, in_vain;
};

static enum style outcome_style(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_LOADED:
	case OUTCOME_ALREADY_LOADED:
		return STYLE_GOOD;
	case OUTCOME_FAILED:
	case OUTCOME_UNUSABLE:
		return STYLE_BAD;
	case OUTCOME_MISSING:
		return STYLE_DIM;
	case OUTCOME_UNKNOWN:
		break;
	}
	return STYLE_PLAIN;
}

static const char *path_of(const struct recording *rec, int object)
{
	return has_object(rec, object) ? rec->objects[object].path : NULL;
}

static void show_search(const struct show *show, int index)
{
	const struct recording *rec = show->rec;
	const struct search *search = &rec->searches[index];
	int request = search_request(rec, index);
	bool is_name = search->origin == ORIGIN_NAME;
	const char *requester = path_of(rec, search->requester);
	AUTO_STRBUF struct strbuf at = STRBUF_INIT, rule = STRBUF_INIT, tried = STRBUF_INIT;
	AUTO_STRBUF struct strbuf process = STRBUF_INIT;

	add_process(&process, rec);
	add_time(&at, search->time_ns);
	if (!is_name)
		add_rule(&rule, rec, search->rule, search->owner, NULL);
	strbuf_addstr(&tried, is_name ? "" : "  ");
	add_name(&tried, search->tried);
	const struct value values[ARRAY_SIZE(search_columns)] = {
		value_shown(value_integer(rec->pid), process.s),
		value_integer(rec->process_id),
		value_integer((int64_t)search->seq),
		value_shown(value_integer((int64_t)search->time_ns), at.s),
		value_integer(search->tid),
		value_shown(value_string(requester),
			    requester && is_name ? base_name(requester) : ""),
		value_styled(value_string(outcome_name(search->outcome)),
			     outcome_style(search->outcome)),
		value_string(request == NONE ? NULL : rec->searches[request].tried),
		value_shown(value_string(search->tried), tried.s),
		value_string(search_origin_name(search->origin)),
		value_shown(search->rule == RULE_UNKNOWN
				    ? value_none()
				    : value_string(search_rule_name(search->rule)),
			    rule.s),
		value_string(path_of(rec, search->owner)),
		value_string(path_of(rec, search->result)),
	};
	render_row(show->render, values);
}

/* Not what was found, and could then not be loaded. */
static bool is_missing(const struct recording *rec, int index)
{
	const struct search *search = &rec->searches[index];

	if (search->origin == ORIGIN_NAME)
		return search_in_vain(rec, index);
	return search->outcome == OUTCOME_MISSING || search->outcome == OUTCOME_UNUSABLE;
}

static bool is_wanted(const struct show *show, int index, int request)
{
	if (show->options->missing && !is_missing(show->rec, index))
		return false;
	if (show->options->name)
		return request != NONE && search_matches(show->rec, request, show->options->name);
	return true;
}

static bool show_searches(const struct show *show, void *data)
{
	const struct recording *rec = show->rec;
	struct totals *totals = data;

	for (size_t i = 0; i < rec->search_count; i++) {
		const struct search *search = &rec->searches[i];

		if (!is_wanted(show, (int)i, search_request(rec, (int)i)))
			continue;
		if (search->origin == ORIGIN_NAME) {
			totals->names++;
			totals->not_found += search_in_vain(rec, (int)i);
		} else {
			totals->paths++;
			totals->in_vain += is_missing(rec, (int)i);
		}
		show_search(show, (int)i);
	}
	return true;
}

static void show_totals(struct render *render, const struct totals *totals)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	add_count(&sb, totals->names, "name", "names");
	strbuf_addstr(&sb, " (");
	add_number(&sb, totals->not_found);
	strbuf_addstr(&sb, " not found, or not usable), ");
	add_count(&sb, totals->paths, "path", "paths");
	strbuf_addstr(&sb, " (");
	add_number(&sb, totals->in_vain);
	strbuf_addstr(&sb, " in vain).");
	render_line(render, "%s", sb.s);
	render_line(render, MARK_DIM
		    "The number of vain tries is a lower bound: ld.so announces nothing in "
		    "directories that it knows to be missing." MARK_END);
	render_line(render,
		    MARK_DIM "ld.so told of the names and paths; their outcomes and rules are "
			     "inferred." MARK_END);
}

static void totals_to_json(struct render *render, const struct totals *totals)
{
	render_value(render, "names", value_integer((int64_t)totals->names));
	render_value(render, "names_not_found", value_integer((int64_t)totals->not_found));
	render_value(render, "paths", value_integer((int64_t)totals->paths));
	render_value(render, "paths_in_vain", value_integer((int64_t)totals->in_vain));
}

int cmd_searches(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct column columns[ARRAY_SIZE(search_columns)];
	struct totals totals = {0};
	int status = context_processes(context, &list);

	if (status != EXIT_OK)
		return status;
	memcpy(columns, search_columns, sizeof(columns));
	if (list.count == 1)
		columns[0].title = NULL;
	render_table(context->render, "searches", columns, ARRAY_SIZE(columns));
	if (!for_each_recording(context, &list, show_searches, &totals))
		return EXIT_DATABASE;
	render_table_close(context->render);
	totals_to_json(context->render, &totals);
	if (context->options->name && totals.names + totals.paths == 0) {
		context_remark(context, "nothing was searched for '%s'%s", context->options->name,
			       context->options->missing ? " in vain" : "");
		return EXIT_FOUND;
	}
	render_blank(context->render);
	show_totals(context->render, &totals);
	return EXIT_OK;
}
