/* plugreport diff: what differs between two recordings. */
#include "report/cmd_diff.h"

#include <sys/stat.h>
#include <unistd.h>

#include "report/render/words.h"
#include "report/store/bound_rows.h"
#include "report/store/load_scopes.h"

/* --- which recordings */

/* "FILE#RUN", unless there is a file of that whole name. */
bool diff_parse_side(struct diff_side *side, const char *operand, int64_t run, const char *db)
{
	const char *hash = operand ? strrchr(operand, '#') : NULL;
	char *end;

	side->run = run;
	if (operand && *operand && !operand[strspn(operand, "0123456789")] &&
	    access(operand, F_OK) != 0) {
		warn("'%s': no such file; run %s of a database is FILE#%s, or '#%s' for that of "
		     "-d; diff also has --run-a and --run-b",
		     operand, operand, operand, operand);
		return false;
	}
	if (!operand || !hash || access(operand, F_OK) == 0) {
		side->path = xstrdup(operand ? operand : db);
		return true;
	}
	side->path = hash == operand ? xstrdup(db) : xstrndup(operand, (size_t)(hash - operand));
	side->run = strtoll(hash + 1, &end, 10);
	if (hash[1] && !*end && side->run > 0)
		return true;
	warn("diff: '%s': what follows # is no run number", operand);
	return false;
}

static bool open_side(struct diff_side *side, const struct options *options)
{
	struct process_filter filter = {.run = side->run};

	side->store = open_database(side->path);
	if (!store_processes(side->store, &filter, &side->list.rows, &side->list.count))
		return false;
	if (options->exe)
		process_list_keep(&side->list, options->exe);
	if (side->list.count)
		side->run = side->list.rows[0].run;
	return true;
}

static void close_side(struct diff_side *side)
{
	examination_release(&side->examination);
	process_list_release(&side->list);
	store_close(side->store);
	free(side->path);
}

/* --- which processes belong together */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_process(const struct process_row *a, const struct process_row *b, int pass)
{
	if (strcmp(a->begin_kind, "fork") == 0 || strcmp(b->begin_kind, "fork") == 0)
		if (strcmp(a->begin_kind, b->begin_kind) != 0)
			return false;
	switch (pass) {
	case 0: /* the same program with the same arguments */
		return same_text(a->exe, b->exe) && same_text(a->argv, b->argv);
	case 1: /* the same program */
		return same_text(a->exe, b->exe);
	default: /* a program of that name */
		return a->exe && b->exe && strcmp(base_name(a->exe), base_name(b->exe)) == 0;
	}
}

/* By A's process the one of B, or SIZE_MAX: in order, the best likeness first. */
static size_t *pair_processes(const struct process_list *a, const struct process_list *b)
{
	size_t *pairs = xcalloc(a->count + 1, sizeof(*pairs));
	AUTO_FREE bool *taken = xcalloc(b->count + 1, sizeof(*taken));

	for (size_t i = 0; i < a->count; i++)
		pairs[i] = SIZE_MAX;
	for (int pass = 0; pass < 3; pass++)
		for (size_t i = 0; i < a->count; i++)
			for (size_t j = 0; j < b->count && pairs[i] == SIZE_MAX; j++)
				if (!taken[j] && is_same_process(&a->rows[i], &b->rows[j], pass)) {
					pairs[i] = j;
					taken[j] = true;
				}
	/* Two recordings of one program each are compared whatever it is called. */
	if (a->count == 1 && b->count == 1)
		pairs[0] = 0;
	return pairs;
}

/* --- what differs */

static bool is_recorders(const char *name)
{
	return strncmp(name, "PLUGAUDIT_", strlen("PLUGAUDIT_")) == 0 ||
	       strcmp(name, "LD_AUDIT") == 0;
}

static void change_variable(struct diff_pair *pair, const char *name, const char *a, const char *b)
{
	if (same_text(a, b))
		return;
	*GROW(pair->variables, pair->variable_count, pair->variable_room) =
		(struct variable_change){name, a, b};
}

static void compare_environment(struct diff_pair *pair)
{
	const struct recording *a = pair->a, *b = pair->b;

	change_variable(pair, "glibc", a->glibc, b->glibc);
	for (size_t i = 0; i < a->environment_count; i++) {
		const char *name = a->environment[i].name;

		if (!is_recorders(name))
			change_variable(pair, name, a->environment[i].value,
					recording_getenv(b, name));
	}
	for (size_t i = 0; i < b->environment_count; i++) {
		const char *name = b->environment[i].name;

		if (!is_recorders(name) && !recording_getenv(a, name))
			change_variable(pair, name, NULL, b->environment[i].value);
	}
}

static unsigned int ignored_bits(const struct options *options)
{
	return (options->ignore_order ? DIFFERS_ORDER : 0) |
	       (options->ignore_paths
			? DIFFERS_PATH | DIFFERS_NAME | DIFFERS_RULE | DIFFERS_SEARCH_PATH
			: 0) |
	       (options->ignore_builds ? DIFFERS_BUILD : 0);
}

/* Which objects were ever in a global scope; NULL after a message. */
static bool *find_global(struct store *store, const struct recording *rec)
{
	AUTO_SCOPES struct loaded_scopes loaded = {0};
	const struct global_entry *history;
	bool *global;
	size_t count;

	if (!store_scopes(store, rec, SCOPES_ALONE, &loaded))
		return NULL;
	global = xcalloc(rec->object_count + 1, sizeof(*global));
	scopes_advance(loaded.scopes, UINT64_MAX);
	history = scopes_history(loaded.scopes, &count);
	for (size_t i = 0; i < count; i++)
		global[history[i].object] = true;
	return global;
}

/* All that is compared of one process. */
struct loaded {
	struct recording rec;
	struct bound_set bound;
	bool *global;
};

static void loaded_release(struct loaded *loaded)
{
	recording_release(&loaded->rec);
	bound_set_release(&loaded->bound);
	free(loaded->global);
}

static bool load(struct diff_side *side, size_t row, const struct options *options,
		 struct loaded *ret)
{
	*ret = (struct loaded){0};
	recording_init(&ret->rec);
	if (!store_load(side->store, side->list.rows[row].id, &ret->rec))
		return false;
	ret->global = find_global(side->store, &ret->rec);
	return ret->global &&
	       (options->ignore_bindings || store_load_bound(side->store, &ret->rec, &ret->bound));
}

/* --- the answer */

struct diff {
	struct context *context;
	struct diff_side a, b;
	struct shown_text { /* differences that were shown, each once */
		char *text;
		size_t repeats;
	} * texts;
	size_t text_count, text_room;
	size_t differences, pairs_differing;
};

static void show_pair(struct diff *diff, const struct diff_pair *pair)
{
	struct render *render = diff->context->render;
	size_t count = diff_pair_count(pair);
	AUTO_FREE char *text = NULL;
	AUTO_STRBUF struct strbuf name = STRBUF_INIT;

	diff->differences += count;
	if (!count)
		return;
	diff->pairs_differing++;
	if (!render->is_text) {
		diff_pair_to_json(render, pair);
		return;
	}
	text = diff_pair_text(pair, diff->context->options->no_demangle);
	for (size_t i = 0; i < diff->text_count; i++)
		if (strcmp(diff->texts[i].text, text) == 0) {
			diff->texts[i].repeats++;
			return;
		}
	add_process_name(&name, pair->row_a);
	strbuf_addf(&name, " in A, ");
	add_process_name(&name, pair->row_b);
	render_line(render, MARK_BOLD "process %s in B" MARK_END, name.s);
	for (char *line = text; *line;) {
		char *end = strchr(line, '\n');

		*end = '\0';
		render_line(render, "%s", line);
		*end = '\n';
		line = end + 1;
	}
	render_blank(render);
	GROW(diff->texts, diff->text_count, diff->text_room)->text = text;
	text = NULL;
}

static bool compare_pair(struct diff *diff, size_t row_a, size_t row_b)
{
	const struct options *options = diff->context->options;
	struct loaded a = {0}, b = {0};
	bool ok = load(&diff->a, row_a, options, &a) && load(&diff->b, row_b, options, &b);

	if (ok) {
		struct compared side_a = {&a.rec, options->ignore_bindings ? NULL : &a.bound,
					  a.global};
		struct compared side_b = {&b.rec, options->ignore_bindings ? NULL : &b.bound,
					  b.global};
		struct diff_pair pair = {.a = &a.rec,
					 .b = &b.rec,
					 .row_a = &diff->a.list.rows[row_a],
					 .row_b = &diff->b.list.rows[row_b],
					 .bound_a = &a.bound,
					 .bound_b = &b.bound};

		if (!options->ignore_environment)
			compare_environment(&pair);
		comparison_build(&side_a, &side_b, ignored_bits(options), &pair.comparison);
		show_pair(diff, &pair);
		comparison_release(&pair.comparison);
		free(pair.variables);
	}
	loaded_release(&a);
	loaded_release(&b);
	return ok;
}

static void show_unpaired(struct diff *diff, const char *sign, const struct process_row *row)
{
	struct render *render = diff->context->render;
	AUTO_STRBUF struct strbuf name = STRBUF_INIT;

	diff->differences++;
	add_process_name(&name, row);
	strbuf_addstr(&name, "  ");
	add_argv(&name, row->argv);
	render_line(render, "%s process %s", sign, name.s);
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "pid", value_integer(row->pid));
	render_value(render, "process", value_integer(row->id));
	render_value(render, "exe", value_string(row->exe));
	render_value(render, "argv", value_json(row->argv));
	render_close(render);
}

static bool compare_processes(struct diff *diff, size_t *pairs)
{
	struct render *render = diff->context->render;
	AUTO_FREE bool *taken = xcalloc(diff->b.list.count + 1, sizeof(*taken));
	bool ok = true;

	render_open(render, "processes", GROUP_ARRAY);
	for (size_t i = 0; i < diff->a.list.count && ok; i++) {
		if (pairs[i] == SIZE_MAX)
			continue;
		taken[pairs[i]] = true;
		ok = compare_pair(diff, i, pairs[i]);
	}
	render_close(render);
	for (size_t i = 0; i < diff->text_count; i++)
		if (diff->texts[i].repeats)
			render_line(render, MARK_DIM "%zu other%s like the %zu%s above" MARK_END,
				    diff->texts[i].repeats,
				    diff->texts[i].repeats == 1 ? " differs" : "s differ", i + 1,
				    i == 0   ? "st"
				    : i == 1 ? "nd"
				    : i == 2 ? "rd"
					     : "th");
	render_open(render, "only_in_a", GROUP_ARRAY);
	for (size_t i = 0; i < diff->a.list.count; i++)
		if (pairs[i] == SIZE_MAX)
			show_unpaired(diff, MARK_BAD "-" MARK_END, &diff->a.list.rows[i]);
	render_close(render);
	render_open(render, "only_in_b", GROUP_ARRAY);
	for (size_t i = 0; i < diff->b.list.count; i++)
		if (!taken[i])
			show_unpaired(diff, MARK_GOOD "+" MARK_END, &diff->b.list.rows[i]);
	render_close(render);
	return ok;
}

/* A finding without what may differ between machines: rule, severity, file names. */
static char *finding_key(const struct reported *reported)
{
	const struct finding *finding = reported->finding;
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s %d", finding->rule->slug, (int)finding->severity);
	for (size_t i = 0; i < finding->object_count; i++)
		strbuf_addf(&sb, " %s",
			    base_name(reported->in->rec.objects[finding->objects[i]].path));
	return strbuf_detach(&sb);
}

static bool has_finding(const struct examination *examination, const char *key)
{
	for (size_t i = 0; i < examination->count; i++) {
		AUTO_FREE char *other = finding_key(&examination->reported[i]);

		if (strcmp(other, key) == 0)
			return true;
	}
	return false;
}

/* Findings of `here` that `there` has not. */
static void show_findings(struct diff *diff, const char *key, const char *sign,
			  const struct diff_side *here, const struct diff_side *there)
{
	struct render *render = diff->context->render;

	render_open(render, key, GROUP_ARRAY);
	for (size_t i = 0; i < here->examination.count; i++) {
		const struct reported *reported = &here->examination.reported[i];
		AUTO_FREE char *own = finding_key(reported);
		struct show show = {.render = render,
				    .options = diff->context->options,
				    .rec = &reported->in->rec,
				    .row = &here->list.rows[reported->in->row]};
		struct same_processes same = {here->list.rows, reported->rows, reported->row_count};

		if (has_finding(&there->examination, own))
			continue;
		diff->differences++;
		render_line(render, "%s %s %s: %s", sign,
			    severity_name(reported->finding->severity),
			    reported->finding->rule->slug, reported->finding->message);
		finding_to_json(&show, reported->finding, &same, NULL);
	}
	render_close(render);
}

static bool compare_findings(struct diff *diff)
{
	const struct options *options = diff->context->options;

	if (options->ignore_findings)
		return true;
	if (!examine(diff->a.store, options, &diff->a.list, NULL, &diff->a.examination) ||
	    !examine(diff->b.store, options, &diff->b.list, NULL, &diff->b.examination))
		return false;
	show_findings(diff, "findings_gone", MARK_GOOD "gone:" MARK_END, &diff->a, &diff->b);
	show_findings(diff, "findings_new", MARK_BAD "new:" MARK_END, &diff->b, &diff->a);
	return true;
}

static void show_side(struct render *render, const char *key, const char *label,
		      const struct diff_side *side)
{
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;

	add_name(&text, side->path);
	strbuf_addf(&text, ", run %lld, ", (long long)side->run);
	if (side->list.count) {
		add_date(&text, side->list.rows[0].started_ns);
		strbuf_addstr(&text, ": ");
		add_argv(&text, side->list.rows[0].argv);
		strbuf_addstr(&text, ", ");
	}
	add_count(&text, side->list.count, "process", "processes");
	render_line(render, MARK_BOLD "%s" MARK_END "  %s", label, text.s);
	render_open(render, key, GROUP_OBJECT);
	render_value(render, "database", value_string(side->path));
	render_value(render, "run", value_integer(side->run));
	render_value(render, "processes", value_integer((int64_t)side->list.count));
	render_close(render);
}

/* Nothing to compare: say which side. */
static bool is_empty(struct context *context, const struct diff_side *side)
{
	if (side->list.count)
		return false;
	if (side->run)
		context_remark(context, "%s: no run %lld; see 'plugreport info'", side->path,
			       (long long)side->run);
	else
		context_remark(context, "%s: nothing was recorded", side->path);
	return true;
}

static bool is_same_recording(const struct diff_side *a, const struct diff_side *b)
{
	struct stat st_a, st_b;

	return a->run == b->run && stat(a->path, &st_a) == 0 && stat(b->path, &st_b) == 0 &&
	       st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino;
}

static int show_diff(struct diff *diff)
{
	struct render *render = diff->context->render;
	AUTO_FREE size_t *pairs = pair_processes(&diff->a.list, &diff->b.list);
	AUTO_STRBUF struct strbuf count = STRBUF_INIT;
	bool same = is_same_recording(&diff->a, &diff->b);

	if (is_empty(diff->context, &diff->a) || is_empty(diff->context, &diff->b))
		return EXIT_FOUND;
	show_side(render, "a", "A", &diff->a);
	show_side(render, "b", "B", &diff->b);
	render_blank(render);
	if (!compare_processes(diff, pairs) || !compare_findings(diff))
		return EXIT_DATABASE;
	render_value(render, "differences", value_integer((int64_t)diff->differences));
	add_count(&count, diff->differences, "difference", "differences");
	render_value(render, "same_recording", value_bool(same));
	render_line(render, "%s",
		    diff->differences ? count.s
		    : same            ? "nothing differs: A and B are the same recording"
				      : "nothing differs");
	return diff->differences ? EXIT_FOUND : EXIT_OK;
}

int cmd_diff(struct context *context)
{
	const struct options *options = context->options;
	struct diff diff = {.context = context};
	int status = EXIT_USAGE;

	if (context->operand_count < 2 && !options->run_a && !options->run_b &&
	    !(context->operand_count == 1 && options->db_given)) {
		warn("diff: of what? name two recordings: diff A B, or two runs of one: diff "
		     "--run-a=1 --run-b=2");
		return EXIT_USAGE;
	}
	if (diff_parse_side(&diff.a, context->operand_count > 0 ? context->operands[0] : NULL,
			    options->run_a, options->db) &&
	    diff_parse_side(&diff.b, context->operand_count > 1 ? context->operands[1] : NULL,
			    options->run_b,
			    context->operand_count == 1 && !options->db_given ? diff.a.path
									      : options->db)) {
		status = EXIT_DATABASE;
		if (open_side(&diff.a, options) && open_side(&diff.b, options))
			status = show_diff(&diff);
	}
	for (size_t i = 0; i < diff.text_count; i++)
		free(diff.texts[i].text);
	free(diff.texts);
	close_side(&diff.a);
	close_side(&diff.b);
	return status;
}
