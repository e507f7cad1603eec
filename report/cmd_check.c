/* plugreport check: what is wrong with the recorded processes. */
#include <errno.h>

#include "report/cmd_findings.h"
#include "report/render/sarif.h"
#include "report/render/words.h"

/* Read a file whole; NULL after a message. */
static char *read_file(const char *path, size_t *ret_length)
{
	AUTO_FCLOSE FILE *file = fopen(path, "re");
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	char buffer[4096];
	size_t n;

	if (file)
		while ((n = fread(buffer, 1, sizeof(buffer), file)))
			strbuf_add(&text, buffer, n);
	if (!file || ferror(file)) {
		warn("%s: %s", path, strerror(errno));
		return NULL;
	}
	*ret_length = text.length;
	return strbuf_detach(&text);
}

/* What --suppressions or $PLUGAUDIT_SUPPRESSIONS names; false after a message. */
static bool load_suppressions(const struct options *options, struct suppressions *ret,
			      const char **ret_path)
{
	const char *path = options->suppressions;
	AUTO_FREE char *text = NULL;
	AUTO_STRBUF struct strbuf error = STRBUF_INIT;
	size_t length;

	*ret = (struct suppressions){0};
	if (!path)
		path = getenv("PLUGAUDIT_SUPPRESSIONS");
	*ret_path = path;
	if (!path || !*path)
		return true;
	text = read_file(path, &length);
	if (!text)
		return false;
	if (suppressions_parse(text, length, ret, &error))
		return true;
	warn("%s: %s", path, error.s);
	return false;
}

/* Are all words of --rule and --ignore about rules that exist? */
static bool check_rule_words(const struct word_list *words, const char *option)
{
	for (size_t i = 0; i < words->count; i++) {
		struct nearest near;
		AUTO_STRBUF struct strbuf hint = STRBUF_INIT;
		bool known = false;

		nearest_init(&near, words->words[i]);
		for (size_t j = 0; j < rule_count; j++) {
			known |= rule_matches(rules[j], words->words[i]);
			nearest_offer(&near, rules[j]->slug);
		}
		nearest_add_hint(&near, &hint);
		nearest_release(&near);
		if (known)
			continue;
		warn("--%s: there is no rule '%s'%s", option, words->words[i],
		     hint.length ? hint.s : "; see 'plugreport explain' for all");
		return false;
	}
	return true;
}

static struct show show_of(const struct context *context, const struct examination *examination,
			   const struct reported *reported)
{
	return (struct show){
		.render = context->render,
		.options = context->options,
		.rec = &reported->in->rec,
		.with_pid = examination->list->count > 1,
		.row = &examination->list->rows[reported->in->row],
	};
}

static struct same_processes same_of(const struct examination *examination,
				     const struct reported *reported)
{
	return (struct same_processes){.rows = examination->list->rows,
				       .indexes = reported->rows,
				       .count = reported->row_count};
}

static void add_severity_count(struct strbuf *sb, const struct examination *examination,
			       enum severity severity, const char *many)
{
	size_t count = examination->by_severity[severity];

	if (count)
		strbuf_addf(sb, "%s%zu %s", sb->length ? ", " : "", count,
			    count == 1 ? severity_name(severity) : many);
}

static void show_summary(const struct context *context, const struct examination *examination)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT, processes = STRBUF_INIT;

	add_severity_count(&sb, examination, SEVERITY_ERROR, "errors");
	add_severity_count(&sb, examination, SEVERITY_WARNING, "warnings");
	add_severity_count(&sb, examination, SEVERITY_NOTE, "notes");
	if (!sb.length)
		strbuf_addstr(&sb, "nothing found");
	if (examination->suppressed)
		strbuf_addf(&sb, ", %zu suppressed", examination->suppressed);
	add_count(&processes, examination->list->count, "process", "processes");
	render_line(context->render, "%s in %s", sb.s, processes.s);
	if (examination->by_severity[SEVERITY_ERROR] + examination->by_severity[SEVERITY_WARNING] +
	    examination->by_severity[SEVERITY_NOTE])
		render_line(context->render, MARK_DIM
			    "'plugreport explain RULE' tells what a rule means and when it "
			    "is harmless." MARK_END);
}

/* Notes take a line each, unless somebody wants all of it or asked for the rule. */
static bool is_brief(const struct options *options, const struct finding *finding)
{
	return finding->severity == SEVERITY_NOTE && !options->all && !options->rules.count;
}

/* The executables of several programs are headings; findings stand under the first that has them.
 */
static void show_heading(struct render *render, const struct process_row *row)
{
	AUTO_STRBUF struct strbuf exe = STRBUF_INIT;

	add_name(&exe, row->exe ? row->exe : "unknown program");
	render_line(render, MARK_BOLD "%s" MARK_END, exe.s);
	render_blank(render);
}

static bool same_exe(const struct process_row *a, const struct process_row *b)
{
	return a->exe && b->exe ? strcmp(a->exe, b->exe) == 0 : a->exe == b->exe;
}

static bool several_programs(const struct process_list *list)
{
	for (size_t i = 1; i < list->count; i++)
		if (!same_exe(&list->rows[0], &list->rows[i]))
			return true;
	return false;
}

static void show_findings_of(const struct context *context, const struct examination *examination,
			     const struct process_row *program)
{
	bool headed = program == NULL, briefly = false;

	for (size_t i = 0; i < examination->count; i++) {
		const struct reported *reported = &examination->reported[i];
		struct show show = show_of(context, examination, reported);
		struct same_processes same = same_of(examination, reported);

		if (reported->suppressed || (program && !same_exe(program, show.row)))
			continue;
		if (!headed)
			show_heading(context->render, program);
		headed = true;
		briefly = is_brief(context->options, reported->finding);
		show_finding(&show, reported->finding, &same, briefly);
	}
	if (briefly)
		render_blank(context->render);
}

static void show_text(const struct context *context, const struct examination *examination)
{
	const struct process_list *list = examination->list;

	if (!several_programs(list)) {
		show_findings_of(context, examination, NULL);
	} else {
		for (size_t i = 0; i < list->count; i++) {
			bool is_first = true;

			for (size_t j = 0; j < i && is_first; j++)
				is_first = !same_exe(&list->rows[i], &list->rows[j]);
			if (is_first)
				show_findings_of(context, examination, &list->rows[i]);
		}
	}
	show_summary(context, examination);
}

static void show_json(const struct context *context, const struct examination *examination)
{
	struct render *render = context->render;

	render_open(render, "findings", GROUP_ARRAY);
	for (size_t i = 0; i < examination->count; i++) {
		const struct reported *reported = &examination->reported[i];
		struct show show = show_of(context, examination, reported);
		struct same_processes same = same_of(examination, reported);

		finding_to_json(&show, reported->finding, &same, reported->suppressed);
	}
	render_close(render);
	for (int severity = SEVERITY_ERROR; severity >= SEVERITY_NOTE; severity--) {
		AUTO_FREE char *key = xasprintf("%ss", severity_name((enum severity)severity));

		render_value(render, key,
			     value_integer((int64_t)examination->by_severity[severity]));
	}
	render_value(render, "suppressed", value_integer((int64_t)examination->suppressed));
	render_value(render, "processes", value_integer((int64_t)examination->list->count));
}

static void show_sarif(const struct context *context, const struct examination *examination)
{
	sarif_begin(context->render);
	for (size_t i = 0; i < examination->count; i++) {
		const struct reported *reported = &examination->reported[i];
		struct same_processes same = same_of(examination, reported);

		sarif_result(context->render, &reported->in->rec, reported->finding,
			     same.rows[same.indexes[0]].exe,
			     reported->suppressed ? reported->suppressed->reason : NULL);
	}
	sarif_results_end(context->render);
	for (size_t i = 0; i < examination->list->count; i++) {
		AUTO_STRBUF struct strbuf loss = STRBUF_INIT;

		if (add_loss(&loss, &examination->list->rows[i]))
			sarif_notification(context->render, loss.s);
	}
	sarif_end(context->render);
}

/* Somebody who fixed the cause can delete the line; only said when all rules had their chance. */
static void tell_unused(struct context *context, const struct suppressions *suppressions,
			const char *path)
{
	if (context->options->rules.count || context->options->ignored.count)
		return;
	for (size_t i = 0; i < suppressions->count; i++)
		if (!suppressions->list[i].used)
			context_remark(context, "%s: line %d: [%s] suppressed nothing", path,
				       suppressions->list[i].line, suppressions->list[i].rule);
}

static int status_of(const struct options *options, const struct examination *examination)
{
	static const enum severity least[] = {
		[FAIL_ON_ERROR] = SEVERITY_ERROR,
		[FAIL_ON_WARNING] = SEVERITY_WARNING,
		[FAIL_ON_NOTE] = SEVERITY_NOTE,
	};

	if (options->fail_on == FAIL_ON_NEVER)
		return EXIT_OK;
	for (int severity = least[options->fail_on]; severity <= SEVERITY_ERROR; severity++)
		if (examination->by_severity[severity])
			return EXIT_FOUND;
	return EXIT_OK;
}

int cmd_check(struct context *context)
{
	AUTO_PROCESSES struct process_list list = {0};
	AUTO_EXAMINATION struct examination examination = {0};
	struct suppressions suppressions;
	const struct options *options = context->options;
	const char *path;
	int status;

	if (!check_rule_words(&options->rules, "rule") ||
	    !check_rule_words(&options->ignored, "ignore") ||
	    !load_suppressions(options, &suppressions, &path))
		return EXIT_USAGE;
	status = context_processes(context, &list);
	if (status == EXIT_OK &&
	    !examine(context->store, options, &list, &suppressions, &examination))
		status = EXIT_DATABASE;
	if (status == EXIT_OK) {
		if (options->sarif)
			show_sarif(context, &examination);
		else if (options->json)
			show_json(context, &examination);
		else
			show_text(context, &examination);
		tell_unused(context, &suppressions, path);
		status = status_of(options, &examination);
	}
	suppressions_release(&suppressions);
	return status;
}
