/* The rules applied to many processes, one after the other. */
#include "report/cmd_findings.h"

#include "report/cmd_findings_source.h"
#include "report/findings/fold.h"
#include "report/store/index_table.h"

/* What a process handed down to its children; kept for all, since they are few bytes. */
struct ancestor {
	int64_t id;
	char *exe, *library_path;
};

struct examiner {
	struct store *store;
	const struct options *options;
	struct suppressions *suppressions;
	struct examination *result;
	struct ancestor *ancestors;
	size_t ancestor_count, ancestor_room;
	struct findings refutations; /* of all processes */
	char **signatures;           /* of result->reported */
	size_t signature_count, signature_room;
	struct index_table by_signature;
};

bool rule_is_selected(const struct options *options, const struct rule *rule)
{
	bool selected = options->rules.count == 0;

	for (size_t i = 0; i < options->rules.count && !selected; i++)
		selected = rule_matches(rule, options->rules.words[i]);
	for (size_t i = 0; i < options->ignored.count && selected; i++)
		selected = !rule_matches(rule, options->ignored.words[i]);
	return selected;
}

static void remember(struct examiner *examiner, const struct recording *rec)
{
	struct ancestor *ancestor =
		GROW(examiner->ancestors, examiner->ancestor_count, examiner->ancestor_room);

	ancestor->id = rec->process_id;
	ancestor->exe = xstrdup(rec->exe);
	ancestor->library_path = xstrdup(recording_getenv(rec, "LD_LIBRARY_PATH"));
}

/* Parents begin before their children, so most are known; one that is not selected is loaded. */
static const struct ancestor *ancestor_of(struct examiner *examiner, const struct recording *rec)
{
	AUTO_RECORDING struct recording parent;

	recording_init(&parent);
	if (rec->parent_id <= 0)
		return NULL;
	for (size_t i = examiner->ancestor_count; i > 0; i--)
		if (examiner->ancestors[i - 1].id == rec->parent_id)
			return &examiner->ancestors[i - 1];
	if (!store_load(examiner->store, rec->parent_id, &parent))
		return NULL;
	remember(examiner, &parent);
	return &examiner->ancestors[examiner->ancestor_count - 1];
}

struct wanted_signature {
	const struct examiner *examiner;
	const char *signature;
};

static bool is_signature(const void *context, uint32_t index)
{
	const struct wanted_signature *wanted = context;

	return strcmp(wanted->examiner->signatures[index], wanted->signature) == 0;
}

/* Add a finding to the result; true when it is a new one there. */
static bool report(struct examiner *examiner, const struct examined *in,
		   const struct finding *finding)
{
	struct examination *result = examiner->result;
	AUTO_FREE char *signature = finding_signature(&in->rec, finding);
	struct wanted_signature wanted = {examiner, signature};
	uint64_t hash = hash_string(0, signature);
	uint32_t index = index_table_find(&examiner->by_signature, hash, is_signature, &wanted);
	bool is_new = index == INDEX_NONE;
	struct reported *reported;

	if (is_new) {
		index = (uint32_t)result->count;
		reported = GROW(result->reported, result->count, result->room);
		reported->in = in;
		reported->finding = finding;
		*GROW(examiner->signatures, examiner->signature_count, examiner->signature_room) =
			signature;
		signature = NULL;
		index_table_add(&examiner->by_signature, hash, index);
	}
	reported = &result->reported[index];
	if (!reported->row_count || reported->rows[reported->row_count - 1] != in->row)
		*GROW(reported->rows, reported->row_count, reported->row_room) = in->row;
	return is_new;
}

static void take_refutations(struct examiner *examiner, const struct findings *findings)
{
	for (size_t i = 0; i < findings->refutation_count; i++) {
		const struct refutation *refutation = &findings->refutations[i];
		struct finding probe = {.rule = refutation->rule, .key = refutation->key};

		if (!findings_refuted(&examiner->refutations, &probe))
			findings_refute(&examiner->refutations, refutation->rule, refutation->key);
	}
}

static void examined_free(struct examined *examined)
{
	recording_release(&examined->rec);
	findings_release(&examined->findings);
	free(examined);
}

/* What is suppressed must not bring up, or down with it, what is not. */
static void set_apart(const struct examiner *examiner, struct examined *examined)
{
	for (size_t i = 0; examiner->suppressions && i < examined->findings.count; i++) {
		struct finding *finding = &examined->findings.list[i];

		finding->apart =
			suppressions_find(examiner->suppressions, &examined->rec, finding) != NULL;
	}
}

static bool examine_process(struct examiner *examiner, size_t row)
{
	struct examination *result = examiner->result;
	struct examined *examined = xcalloc(1, sizeof(*examined));
	struct store_source source;
	struct rule_input input;
	const struct ancestor *ancestor;
	bool any_new = false, ok;

	examined->row = row;
	recording_init(&examined->rec);
	if (!store_load(examiner->store, result->list->rows[row].id, &examined->rec)) {
		examined_free(examined);
		return false;
	}
	store_source_init(&source, examiner->store, &examined->rec);
	rule_input_init(&input, &examined->rec, &source.base);
	ancestor = ancestor_of(examiner, &examined->rec);
	if (ancestor) {
		input.parent_exe = ancestor->exe;
		input.parent_library_path = ancestor->library_path;
	}
	for (size_t i = 0; i < rule_count; i++)
		if (rule_is_selected(examiner->options, rules[i]))
			rules[i]->find(&input, &examined->findings);
	set_apart(examiner, examined);
	findings_fold(&examined->findings);
	ok = !input.failed && !source.failed;
	rule_input_release(&input);
	store_source_release(&source);
	remember(examiner, &examined->rec);
	take_refutations(examiner, &examined->findings);
	for (size_t i = 0; i < examined->findings.count; i++)
		any_new |= report(examiner, examined, &examined->findings.list[i]);
	if (any_new)
		*GROW(result->examined, result->examined_count, result->examined_room) = examined;
	else
		examined_free(examined);
	return ok;
}

/* --- the result */

static size_t rule_position(const struct rule *rule)
{
	size_t i = 0;

	while (i < rule_count && rules[i] != rule)
		i++;
	return i;
}

static int compare_reported(const void *a, const void *b)
{
	const struct reported *x = a, *y = b;
	size_t x_rule = rule_position(x->finding->rule), y_rule = rule_position(y->finding->rule);

	if (x->finding->severity != y->finding->severity)
		return x->finding->severity < y->finding->severity ? 1 : -1;
	if (x_rule != y_rule)
		return x_rule < y_rule ? -1 : 1;
	if (x->in->row != y->in->row)
		return x->in->row < y->in->row ? -1 : 1;
	return (x->finding > y->finding) - (x->finding < y->finding);
}

/* Leave out what another process refutes, mark what is suppressed, count. */
static void conclude(struct examiner *examiner)
{
	struct examination *result = examiner->result;
	size_t kept = 0;

	for (size_t i = 0; i < result->count; i++) {
		struct reported *reported = &result->reported[i];

		if (findings_refuted(&examiner->refutations, reported->finding)) {
			free(reported->rows);
			continue;
		}
		if (examiner->suppressions) {
			struct suppression *by = suppressions_find(
				examiner->suppressions, &reported->in->rec, reported->finding);

			if (by)
				by->used++;
			reported->suppressed = by;
		}
		if (reported->suppressed)
			result->suppressed++;
		else
			result->by_severity[reported->finding->severity]++;
		result->reported[kept++] = *reported;
	}
	result->count = kept;
	if (kept)
		qsort(result->reported, kept, sizeof(*result->reported), compare_reported);
}

bool examine(struct store *store, const struct options *options, struct process_list *list,
	     struct suppressions *suppressions, struct examination *ret)
{
	struct examiner examiner = {
		.store = store,
		.options = options,
		.suppressions = suppressions,
		.result = ret,
	};
	bool ok = true;

	*ret = (struct examination){.list = list};
	for (size_t i = 0; i < list->count && ok; i++)
		ok = examine_process(&examiner, i);
	conclude(&examiner);
	for (size_t i = 0; i < examiner.ancestor_count; i++) {
		free(examiner.ancestors[i].exe);
		free(examiner.ancestors[i].library_path);
	}
	for (size_t i = 0; i < examiner.signature_count; i++)
		free(examiner.signatures[i]);
	free(examiner.ancestors);
	free(examiner.signatures);
	index_table_release(&examiner.by_signature);
	findings_release(&examiner.refutations);
	return ok;
}

void examination_release(struct examination *examination)
{
	for (size_t i = 0; i < examination->count; i++)
		free(examination->reported[i].rows);
	for (size_t i = 0; i < examination->examined_count; i++)
		examined_free(examination->examined[i]);
	free(examination->reported);
	free(examination->examined);
	*examination = (struct examination){0};
}
