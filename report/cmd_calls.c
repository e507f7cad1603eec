/* plugreport calls: dlopen and its family, in order, nested calls indented. */
#include <fnmatch.h>

#include "report/cmd.h"
#include "report/elf/elf.h"
#include "report/model/dlopen_failure.h"
#include "report/render/words.h"

#define DEEPEST 20 /* indentation stops here */

static const struct column call_columns[] = {
	{NULL, "PROCESS", COLUMN_WRAP},
	{NULL, "AT", COLUMN_RIGHT},
	{NULL, "TID", COLUMN_RIGHT | COLUMN_WRAP | COLUMN_SPARE | COLUMN_SAME},
	{NULL, "CALL", COLUMN_WRAP},
	{NULL, "RESULT", COLUMN_WRAP},
	{NULL, "KNOWN BY", 0},
	{NULL, "CALLED FROM", COLUMN_WRAP},
};

/* For a narrow column; plugreport(1) says more. */
static const char *known_by_short(enum known_by known_by)
{
	switch (known_by) {
	case KNOWN_NESTED_OPEN:
		return "opening";
	case KNOWN_NESTED_SEARCH:
		return "search";
	case KNOWN_NAME_MATCH:
		return "name";
	case KNOWN_HANDLE:
		return "handle";
	case KNOWN_BINDING:
		return "binding";
	case KNOWN_FAILED_SEARCH:
		return "vain search";
	case KNOWN_NOT_LOADED:
		return "not loaded";
	case KNOWN_NOT:
		break;
	}
	return NULL;
}

static size_t nesting(const struct recording *rec, int index)
{
	size_t depth = 0;

	for (int at = rec->calls[index].parent;
	     at >= 0 && (size_t)at < rec->call_count && depth < DEEPEST; at = rec->calls[at].parent)
		depth++;
	return depth;
}

void add_call_result(struct strbuf *sb, const struct show *show, struct failures *failures,
		     int index)
{
	const struct recording *rec = show->rec;
	const struct call *call = &rec->calls[index];
	const struct dlopen_failure *failure = failures_find(failures, index);
	bool opens = call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN;

	if (opens && call->outcome == OUTCOME_FAILED) {
		strbuf_addstr(sb, "failed");
		/* That RTLD_NOLOAD came to nothing stands in the next column. */
		if (failure && failure->kind != FAILURE_UNKNOWN &&
		    failure->kind != FAILURE_NOT_LOADED) {
			strbuf_addstr(sb, ": ");
			add_dlopen_failure(sb, show->rec, failure, show->options->no_demangle);
		}
		return;
	}
	if (call_found_nothing(rec, call)) {
		strbuf_addstr(sb, "not found");
		return;
	}
	if (!has_object(rec, call->result)) {
		strbuf_addch(sb, '?');
		return;
	}
	if (opens && call->outcome == OUTCOME_LOADED)
		strbuf_addstr(sb, "loaded ");
	else if (opens && call->outcome == OUTCOME_ALREADY_LOADED)
		strbuf_addstr(sb, "was there: ");
	else if (call->kind == CALL_DLSYM || call->kind == CALL_DLVSYM)
		strbuf_addstr(sb, "from ");
	add_object(sb, rec, call->result);
}

static bool is_wanted(const struct show *show, const struct call *call)
{
	const char *wanted = show->options->name;
	AUTO_FREE char *readable = NULL;

	if (!wanted)
		return true;
	if (has_object(show->rec, call->result) &&
	    object_matches(&show->rec->objects[call->result], wanted))
		return true;
	if (!call->name)
		return false;
	if (fnmatch(wanted, call->name, 0) == 0 || strcmp(wanted, call->name) == 0 ||
	    fnmatch(wanted, base_name(call->name), 0) == 0)
		return true;
	readable = demangle(call->name);
	return readable && fnmatch(wanted, readable, 0) == 0;
}

static void show_row(const struct show *show, struct failures *failures, int index)
{
	const struct recording *rec = show->rec;
	const struct call *call = &rec->calls[index];
	bool no_demangle = show->options->no_demangle;
	AUTO_STRBUF struct strbuf at = STRBUF_INIT, text = STRBUF_INIT, result = STRBUF_INIT;
	AUTO_STRBUF struct strbuf caller = STRBUF_INIT, process = STRBUF_INIT;

	add_process(&process, rec);
	add_time(&at, call->time_ns);
	strbuf_addf(&text, "%*s", (int)nesting(rec, index) * 2, "");
	add_call(&text, rec, index, no_demangle);
	add_call_result(&result, show, failures, index);
	add_caller(&caller, rec, index, no_demangle);
	const struct value values[ARRAY_SIZE(call_columns)] = {
		value_string(process.s),
		value_string(at.s),
		value_integer(call->tid),
		value_string(text.s),
		value_styled(value_string(result.s),
			     call->outcome == OUTCOME_FAILED ? STYLE_BAD : STYLE_PLAIN),
		value_string(known_by_short(call->known_by)),
		value_string(caller.s),
	};
	render_row(show->render, values);
}

/* With --stack: a paragraph a call instead of a row. */
static void show_paragraph(const struct show *show, struct failures *failures, int index)
{
	const struct recording *rec = show->rec;
	const struct call *call = &rec->calls[index];
	AUTO_STRBUF struct strbuf at = STRBUF_INIT, text = STRBUF_INIT, result = STRBUF_INIT;
	AUTO_STRBUF struct strbuf indent = STRBUF_INIT, process = STRBUF_INIT;

	add_time(&at, call->time_ns);
	add_call(&text, rec, index, show->options->no_demangle);
	add_call_result(&result, show, failures, index);
	strbuf_addf(&indent, "%*s", (int)nesting(rec, index) * 2, "");
	if (show->with_pid) {
		add_process(&process, rec);
		strbuf_addstr(&process, "  ");
	}
	render_line(show->render, "%s%s%s  " MARK_BOLD "%s" MARK_END "  -> %s%s%s%s", indent.s,
		    process.s, at.s, text.s, result.s, call->known_by == KNOWN_NOT ? "" : " (",
		    call->known_by == KNOWN_NOT ? "" : call_known_by_words(call),
		    call->known_by == KNOWN_NOT ? "" : ")");
	strbuf_addstr(&indent, "    ");
	if (call->stack == NONE) {
		AUTO_STRBUF struct strbuf caller = STRBUF_INIT;

		add_caller(&caller, rec, index, show->options->no_demangle);
		render_line(show->render, "%s%s", indent.s, caller.s);
	}
	show_stack(show->render, rec, call->stack, indent.s, show->options->no_demangle, 0, 0);
	render_blank(show->render);
}

static void show_json(const struct show *show, struct failures *failures, int index)
{
	render_open(show->render, NULL, GROUP_OBJECT);
	render_value(show->render, "pid", value_integer(show->rec->pid));
	render_value(show->render, "process", value_integer(show->rec->process_id));
	call_to_json(show->render, "call", show->rec, index, show->options->no_demangle);
	failure_to_json(show, failures_find(failures, index));
	render_close(show->render);
}

static bool show_calls(const struct show *show, void *data)
{
	size_t *shown = data;
	struct failures *failures = failures_new(show);

	for (size_t i = 0; i < show->rec->call_count; i++) {
		if (!is_wanted(show, &show->rec->calls[i]))
			continue;
		++*shown;
		if (!show->render->is_text)
			show_json(show, failures, (int)i);
		else if (show->options->stack)
			show_paragraph(show, failures, (int)i);
		else
			show_row(show, failures, (int)i);
	}
	failures_free(failures);
	return true;
}

int cmd_calls(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct column columns[ARRAY_SIZE(call_columns)];
	bool table = context->render->is_text && !context->options->stack;
	size_t shown = 0;
	int status = context_processes(context, &list);
	bool ok;

	if (status != EXIT_OK)
		return status;
	memcpy(columns, call_columns, sizeof(columns));
	if (list.count == 1)
		columns[0].title = NULL;
	if (table)
		render_table(context->render, "calls", columns, ARRAY_SIZE(columns));
	else
		render_open(context->render, "calls", GROUP_ARRAY);
	ok = for_each_recording(context, &list, show_calls, &shown);
	if (table)
		render_table_close(context->render);
	else
		render_close(context->render);
	if (ok && shown == 0 && context->options->name) {
		context_remark(context, "no call is about '%s'", context->options->name);
		return EXIT_FOUND;
	}
	if (shown && table)
		render_line(context->render, MARK_DIM
			    "Results known by opening, search or name are inferred from what came "
			    "next." MARK_END);
	if (shown == 0)
		render_line(context->render,
			    "No call of dlopen, dlmopen, dlclose, dlsym or dlvsym was recorded.");
	return ok ? EXIT_OK : EXIT_DATABASE;
}
