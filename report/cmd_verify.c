/* plugreport verify: the rebuilt state held to what ld.so bound. */
#include <inttypes.h>

#include "audit/spool.h"
#include "report/cmd.h"
#include "report/model/verify.h"
#include "report/render/words.h"
#include "report/store/load_scopes.h"
#include "report/store/symbol_tables.h"

#define MOST_SHOWN 20 /* disagreements in text, unless --all */

/* Undecidable bindings of one reason. */
struct undecided {
	const char *reason;
	uint64_t count;
	char *example; /* escaped */
};

/* A binding that the model would have made otherwise. */
struct disagreement {
	int64_t binding;
	uint64_t seq;
	char *symbol, *version;
	char kind[8];
	int from, observed, winner;
	enum lookup_rule rule;
};

struct counts {
	uint64_t agreed, disagreed, undecidable;
	uint64_t unsure; /* of the agreed: the model was not sure */
};

/* What came of one process. */
struct outcome_list {
	const struct show *show;
	struct verifier *verifier;
	struct counts counts;
	struct disagreement *disagreements;
	size_t disagreement_count, disagreement_room;
	struct undecided *undecided;
	size_t undecided_count, undecided_room;
};

static void outcome_list_release(struct outcome_list *list)
{
	for (size_t i = 0; i < list->disagreement_count; i++) {
		free(list->disagreements[i].symbol);
		free(list->disagreements[i].version);
	}
	for (size_t i = 0; i < list->undecided_count; i++)
		free(list->undecided[i].example);
	free(list->disagreements);
	free(list->undecided);
}

/* "f@V1 of liba.so" */
static void add_reference(struct strbuf *sb, const struct show *show, const char *symbol,
			  const char *version, int from)
{
	add_symbol(sb, symbol, show->options->no_demangle);
	if (version) {
		strbuf_addch(sb, '@');
		add_name(sb, version);
	}
	strbuf_addstr(sb, " of ");
	add_object(sb, show->rec, from);
}

static void add_undecided(struct outcome_list *list, const struct binding_row *row,
			  const char *reason)
{
	AUTO_STRBUF struct strbuf example = STRBUF_INIT;
	struct undecided *undecided;

	list->counts.undecidable++;
	for (size_t i = 0; i < list->undecided_count; i++) {
		if (list->undecided[i].reason == reason) {
			list->undecided[i].count++;
			return;
		}
	}
	add_reference(&example, list->show, row->symbol, row->version, row->from);
	undecided = GROW(list->undecided, list->undecided_count, list->undecided_room);
	*undecided = (struct undecided){reason, 1, strbuf_detach(&example)};
}

static void add_disagreement(struct outcome_list *list, const struct binding_row *row,
			     const struct verify_result *result)
{
	struct disagreement *d =
		GROW(list->disagreements, list->disagreement_count, list->disagreement_room);

	list->counts.disagreed++;
	d->binding = row->id;
	d->seq = row->seq;
	d->symbol = xstrdup(row->symbol);
	d->version = xstrdup(row->version);
	snprintf(d->kind, sizeof(d->kind), "%s", row->kind);
	d->from = row->from;
	d->observed = row->to;
	d->winner = result->winner;
	d->rule = result->rule;
}

struct observed_binding observe_binding(const struct binding_row *row)
{
	return (struct observed_binding){
		.seq = row->seq,
		.from = row->from,
		.to = row->to,
		.symbol = row->symbol,
		.version = row->version,
		.kind = row->kind,
		.internal = row->internal,
		.weak = strcmp(row->source, "relocation") == 0 && row->flags & SPOOL_REFERENCE_WEAK,
	};
}

static bool check_binding(const struct binding_row *row, void *data)
{
	struct outcome_list *list = data;
	const struct observed_binding binding = observe_binding(row);
	struct verify_result result = verifier_check(list->verifier, &binding);

	switch (result.status) {
	case VERIFY_AGREED:
		list->counts.agreed++;
		list->counts.unsure += !result.sure;
		break;
	case VERIFY_DISAGREED:
		add_disagreement(list, row, &result);
		break;
	case VERIFY_UNDECIDABLE:
		add_undecided(list, row, result.reason);
		break;
	case VERIFY_NO_LOOKUP:
		break;
	}
	return true;
}

/* --- the answer --- */

static void counts_to_json(struct render *render, const struct counts *counts)
{
	render_value(
		render, "bindings",
		value_integer((int64_t)(counts->agreed + counts->disagreed + counts->undecidable)));
	render_value(render, "agreed", value_integer((int64_t)counts->agreed));
	render_value(render, "agreed_unsure", value_integer((int64_t)counts->unsure));
	render_value(render, "disagreed", value_integer((int64_t)counts->disagreed));
	render_value(render, "undecidable", value_integer((int64_t)counts->undecidable));
}

static void show_disagreement(const struct show *show, const struct disagreement *d)
{
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;
	struct render *render = show->render;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "binding", value_integer(d->binding));
	render_value(render, "seq", value_integer((int64_t)d->seq));
	render_value(render, "linker_symbol", value_string(d->symbol));
	render_value(render, "version", value_string(d->version));
	render_value(render, "kind", value_string(d->kind));
	object_to_json(render, "from", show->rec, d->from);
	object_to_json(render, "observed", show->rec, d->observed);
	object_to_json(render, "model", show->rec, d->winner);
	render_value(render, "model_rule", value_string(lookup_rule_name(d->rule)));
	render_close(render);
	add_reference(&line, show, d->symbol, d->version, d->from);
	strbuf_addf(&line, " (%s, event %" PRIu64 "): ld.so took ", d->kind, d->seq);
	if (d->observed == NONE)
		strbuf_addstr(&line, "nothing");
	else
		add_object(&line, show->rec, d->observed);
	strbuf_addstr(&line, ", the model ");
	if (d->winner == NONE)
		strbuf_addstr(&line, "nothing");
	else
		add_object(&line, show->rec, d->winner);
	render_line(render, "  %s", line.s);
}

static void show_disagreements(const struct outcome_list *list)
{
	const struct show *show = list->show;
	size_t most = show->options->all || !show->render->is_text ? SIZE_MAX : MOST_SHOWN;

	render_open(show->render, "disagreements", GROUP_ARRAY);
	for (size_t i = 0; i < list->disagreement_count && i < most; i++)
		show_disagreement(show, &list->disagreements[i]);
	render_close(show->render);
	if (list->disagreement_count > most)
		render_rest(show->render, REST_ALL, MARK_DIM "  and %zu more" MARK_END,
			    list->disagreement_count - most);
}

static void show_undecided(const struct outcome_list *list)
{
	struct render *render = list->show->render;

	render_open(render, "undecided", GROUP_ARRAY);
	for (size_t i = 0; i < list->undecided_count; i++) {
		const struct undecided *u = &list->undecided[i];

		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "reason", value_string(u->reason));
		render_value(render, "count", value_integer((int64_t)u->count));
		render_value(render, "example", value_string(u->example));
		render_close(render);
		render_line(render, "  %" PRIu64 " undecidable: %s " MARK_DIM "(%s)" MARK_END,
			    u->count, u->reason, u->example);
	}
	render_close(render);
}

/* "1,234 look-ups, 1,233 agree, 1 disagrees, 0 undecidable" */
static void add_counts(struct strbuf *sb, const struct counts *counts)
{
	add_count(sb, counts->agreed + counts->disagreed + counts->undecidable, "look-up",
		  "look-ups");
	strbuf_addstr(sb, ", ");
	add_number(sb, counts->agreed);
	strbuf_addstr(sb, counts->agreed == 1 ? " agrees, " : " agree, ");
	strbuf_addstr(sb, counts->disagreed ? MARK_BAD : "");
	add_number(sb, counts->disagreed);
	strbuf_addstr(sb, counts->disagreed == 1 ? " disagrees" : " disagree");
	strbuf_addstr(sb, counts->disagreed ? MARK_END ", " : ", ");
	add_number(sb, counts->undecidable);
	strbuf_addstr(sb, " undecidable");
}

static void outcome_to_text(const struct outcome_list *list)
{
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	if (list->counts.agreed + list->counts.disagreed + list->counts.undecidable == 0)
		return;
	strbuf_addstr(&line, "process ");
	add_process_name(&line, list->show->row);
	strbuf_addstr(&line, ": ");
	add_counts(&line, &list->counts);
	render_line(list->show->render, "%s", line.s);
}

static void show_outcome(const struct outcome_list *list)
{
	const struct show *show = list->show;

	render_open(show->render, NULL, GROUP_OBJECT);
	render_value(show->render, "pid", value_integer(show->rec->pid));
	render_value(show->render, "process", value_integer(show->rec->process_id));
	render_value(show->render, "run", value_integer(show->rec->run_id));
	render_value(show->render, "exe", value_string(show->rec->exe));
	counts_to_json(show->render, &list->counts);
	outcome_to_text(list);
	show_disagreements(list);
	show_undecided(list);
	render_close(show->render);
}

static bool verify_process(const struct show *show, void *data)
{
	struct counts *total = data;
	AUTO_SCOPES struct loaded_scopes loaded = {0};
	AUTO_SYMBOLS struct symbol_provider *symbols = symbol_tables_open(show->store, show->rec);
	struct binding_filter filter = {.from = NONE, .to = NONE, .bound = BOUND_OR_NOT};
	struct outcome_list list = {.show = show};
	bool ok = store_scopes(show->store, show->rec, SCOPES_ALONE, &loaded);

	if (ok) {
		list.verifier = verifier_new(show->rec, loaded.scopes, symbols);
		ok = store_bindings(show->store, show->rec, &filter, check_binding, &list);
		verifier_free(list.verifier);
	}
	if (ok)
		show_outcome(&list);
	total->agreed += list.counts.agreed;
	total->disagreed += list.counts.disagreed;
	total->undecidable += list.counts.undecidable;
	total->unsure += list.counts.unsure;
	outcome_list_release(&list);
	return ok;
}

int cmd_verify(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;
	struct counts total = {0};
	int status = context_processes(context, &list);
	bool ok;

	if (status != EXIT_OK)
		return status;
	render_open(context->render, "processes", GROUP_ARRAY);
	ok = for_each_recording(context, &list, verify_process, &total);
	render_close(context->render);
	render_open(context->render, "total", GROUP_OBJECT);
	counts_to_json(context->render, &total);
	render_close(context->render);
	if (!ok)
		return EXIT_DATABASE;
	add_counts(&line, &total);
	if (list.count > 1)
		render_line(context->render, MARK_BOLD "all %zu processes" MARK_END ": %s",
			    list.count, line.s);
	return total.disagreed ? EXIT_FOUND : EXIT_OK;
}
