/* plugreport duplicates: libraries that are in a process more than once. */
#include "report/cmd_duplicates.h"
#include "report/cmd_concerned.h"
#include "report/model/why_found.h"
#include "report/model/why_loaded.h"
#include "report/render/words.h"
#include "report/store/bound_rows.h"
#include "report/store/symbol_tables.h"

#define USERS_SHOWN   5 /* of a copy, without --all */
#define SYMBOLS_SHOWN 8 /* of a group, likewise */
#define COPIES_SHOWN  8

bool duplicate_wanted(const struct duplicate_view *view, const struct duplicate *duplicate)
{
	bool concerns = !view->concerned;

	for (size_t i = 0; i < duplicate->copy_count && !concerns; i++)
		concerns = view->concerned[duplicate->copies[i].object];
	return concerns &&
	       (view->show->options->all || view->concerned || duplicate_interesting(duplicate));
}

bool aliases_wanted(const struct duplicate_view *view, const struct load_aliases *aliases)
{
	return !view->concerned || view->concerned[aliases->object];
}

/* --- text --- */

static void add_heading(struct strbuf *sb, const struct duplicate_view *view,
			const struct duplicate *duplicate)
{
	const struct recording *rec = view->show->rec;

	switch (duplicate->kind) {
	case DUPLICATE_FILE:
		add_name(sb, object_name(rec, duplicate->copies[0].object));
		strbuf_addf(sb, ": one file in %zu namespaces",
			    duplicate_namespaces(rec, duplicate));
		break;
	case DUPLICATE_BUILD_ID:
		add_name(sb, object_name(rec, duplicate->copies[0].object));
		strbuf_addf(sb, ": %zu files of one build", duplicate_files(rec, duplicate));
		break;
	case DUPLICATE_SONAME:
		add_name(sb, duplicate->name);
		strbuf_addf(sb, ": %zu files of this SONAME", duplicate_files(rec, duplicate));
		break;
	case DUPLICATE_LIBRARY:
		add_name(sb, duplicate->name);
		strbuf_addf(sb, ": %zu copies under several names",
			    duplicate_files(rec, duplicate));
		break;
	case DUPLICATE_VERSIONS:
		add_name(sb, duplicate->name);
		strbuf_addf(sb, ": %zu versions", duplicate_versions(rec, duplicate));
		break;
	case DUPLICATE_SYMBOLS:
		add_name(sb, object_name(rec, duplicate->copies[0].object));
		for (size_t i = 1; i < duplicate->copy_count; i++) {
			strbuf_addstr(sb, i + 1 < duplicate->copy_count ? ", " : " and ");
			add_name(sb, object_name(rec, duplicate->copies[i].object));
		}
		strbuf_addstr(sb, ": ");
		add_count(sb, duplicate->symbol_count, "symbol", "symbols");
		strbuf_addstr(sb, " of the same names");
		break;
	}
}

static const char *verdict_words(const struct duplicate *duplicate)
{
	switch (duplicate->verdict) {
	case COPIES_MIXED:
		return "mixed: calls that belong together go to different copies";
	case COPIES_SPLIT:
		return "split: several are in use, each has a state of its own";
	case COPIES_PRIVATE:
		return duplicate->several_namespaces
			       ? "private: each namespace uses its own"
			       : "private: each is used by nobody but itself, "
				 "except one";
	case COPIES_HARMLESS:
		break;
	}
	return "harmless: only one of them is in use";
}

/* "needed by b.so; b.so: dlopen called from f() in prog": from the object outwards. */
static void add_chain(struct strbuf *sb, const struct show *show, int object)
{
	struct why_loaded why;

	why_loaded_build(show->rec, object, &why);
	for (size_t i = why.step_count; i-- > 0;) {
		const struct load_step *step = &why.steps[i];

		if (step->reason == REASON_MAIN && i + 1 < why.step_count)
			continue;
		if (i + 1 < why.step_count) {
			strbuf_addstr(sb, "; ");
			add_object(sb, show->rec, step->object);
			strbuf_addstr(sb, ": ");
		}
		add_load_reason(sb, show->rec, step->object, show->options->no_demangle);
	}
	why_loaded_release(&why);
}

static void add_found(struct strbuf *sb, const struct recording *rec, int object)
{
	const struct object *o = &rec->objects[object];
	int request = search_request(rec, o->reason_search);
	struct why_found found;

	if (request == NONE)
		return;
	why_found_build(rec, request, &found);
	add_found_by(sb, rec, &found);
	why_found_release(&found);
}

static void add_users(struct strbuf *sb, const struct show *show, const struct duplicate_copy *copy)
{
	size_t most = show->options->all ? SIZE_MAX : USERS_SHOWN;

	for (size_t i = 0; i < copy->user_count && i < most; i++) {
		if (i)
			strbuf_addstr(sb, ", ");
		add_object(sb, show->rec, copy->users[i].from);
		strbuf_addstr(sb, " (");
		add_count(sb, copy->users[i].symbols, "symbol", "symbols");
		strbuf_addch(sb, ')');
	}
	if (copy->user_count > most)
		strbuf_addf(sb, ", and %zu more", copy->user_count - most);
	if (copy->own) {
		strbuf_addstr(sb, copy->user_count ? ", itself (" : "itself (");
		add_count(sb, copy->own, "symbol", "symbols");
		strbuf_addch(sb, ')');
	}
	if (!sb->length)
		strbuf_addstr(sb, "nobody");
}

static void show_copy(const struct duplicate_view *view, const struct duplicate_copy *copy,
		      bool common_only)
{
	const struct show *show = view->show;
	const struct object *object = &show->rec->objects[copy->object];
	AUTO_STRBUF struct strbuf path = STRBUF_INIT, chain = STRBUF_INIT;
	AUTO_STRBUF struct strbuf found = STRBUF_INIT, users = STRBUF_INIT;

	add_name(&path, object->path);
	add_namespace(&path, show->rec, copy->object);
	render_line(show->render, "  " MARK_BOLD "%s" MARK_END, path.s);
	add_chain(&chain, show, copy->object);
	render_line(show->render, "    %s", chain.s);
	add_found(&found, show->rec, copy->object);
	if (found.length)
		render_line(show->render, "    %s", found.s);
	add_users(&users, show, copy);
	render_line(show->render, "    bound to %s: %s", common_only ? "these symbols in it" : "it",
		    users.s);
	if (copy->lost)
		render_line(show->render,
			    "    " MARK_BAD "%zu of its own symbols are bound to another copy "
			    "instead" MARK_END,
			    copy->lost);
}

/* Names of those for which `wanted` holds. */
static void add_symbols(struct strbuf *sb, const struct duplicate_view *view,
			const struct duplicate *duplicate, bool data, bool bound)
{
	size_t most = view->show->options->all ? SIZE_MAX : SYMBOLS_SHOWN, count = 0;

	for (size_t i = 0; i < duplicate->symbol_count; i++) {
		const struct duplicate_symbol *symbol = &duplicate->symbols[i];

		if (symbol->data != data || (symbol->bound > 1) != bound)
			continue;
		if (count < most) {
			if (count)
				strbuf_addstr(sb, ", ");
			add_symbol(sb, name_string(&view->set->names, symbol->symbol),
				   view->show->options->no_demangle);
		}
		count++;
	}
	if (count > most)
		strbuf_addf(sb, ", and %zu more", count - most);
}

static void show_symbols(const struct duplicate_view *view, const struct duplicate *duplicate,
			 const char *label, bool data, bool bound)
{
	AUTO_STRBUF struct strbuf names = STRBUF_INIT;

	add_symbols(&names, view, duplicate, data, bound);
	if (names.length)
		render_line(view->show->render, "  %s: %s", label, names.s);
}

static void show_duplicate(const struct duplicate_view *view, const struct duplicate *duplicate)
{
	struct render *render = view->show->render;
	size_t most = view->show->options->all ? SIZE_MAX : COPIES_SHOWN;
	AUTO_STRBUF struct strbuf heading = STRBUF_INIT;
	const char *mark = duplicate->verdict == COPIES_MIXED   ? MARK_BAD
			   : duplicate->verdict == COPIES_SPLIT ? MARK_WARN
								: MARK_DIM;

	add_heading(&heading, view, duplicate);
	render_line(render, MARK_BOLD "%s" MARK_END, heading.s);
	render_line(render, "  %s%s" MARK_END, mark, verdict_words(duplicate));
	for (size_t i = 0; i < duplicate->copy_count && i < most; i++)
		show_copy(view, &duplicate->copies[i], duplicate->kind == DUPLICATE_SYMBOLS);
	if (duplicate->copy_count > most)
		render_rest(render, REST_ALL, MARK_DIM "  and %zu more" MARK_END,
			    duplicate->copy_count - most);
	show_symbols(view, duplicate, "variables in use in several copies", true, true);
	show_symbols(view, duplicate, "functions in use in several copies", false, true);
	show_symbols(view, duplicate, "variables that each copy has", true, false);
	if (view->show->options->all)
		show_symbols(view, duplicate, "functions that each copy has", false, false);
	if (!duplicate->sure)
		render_line(render, MARK_DIM "  told by their names; what they export is not "
					     "known" MARK_END);
	render_blank(render);
}

static void show_aliases(const struct duplicate_view *view, const struct load_aliases *aliases)
{
	const struct recording *rec = view->show->rec;
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	add_name(&line, rec->objects[aliases->object].path);
	add_namespace(&line, rec, aliases->object);
	strbuf_addf(&line, ": one load, asked for by %zu names: ", aliases->count);
	for (size_t i = 0; i < aliases->count; i++) {
		if (i)
			strbuf_addstr(&line, ", ");
		add_name(&line, aliases->list[i].name);
		if (aliases->list[i].by != NONE) {
			strbuf_addstr(&line, " (by ");
			add_object(&line, rec, aliases->list[i].by);
			strbuf_addch(&line, ')');
		}
	}
	render_line(view->show->render, "%s", line.s);
}

static void show_text(const struct duplicate_view *view)
{
	const struct duplicates *duplicates = view->duplicates;
	struct render *render = view->show->render;
	size_t shown = 0;

	for (size_t i = 0; i < duplicates->count; i++)
		if (duplicate_wanted(view, &duplicates->list[i]) &&
		    (view->show->options->all || !units_tell(view, &duplicates->list[i]))) {
			show_duplicate(view, &duplicates->list[i]);
			shown++;
		}
	shown += units_show(view);
	for (size_t i = 0; i < view->alias_count; i++)
		if (aliases_wanted(view, &view->aliases[i]))
			show_aliases(view, &view->aliases[i]);
	if (!shown && duplicates->count && !view->concerned)
		render_rest(render, "--all shows what is not",
			    "nothing is there twice that is in use twice");
	else if (!shown)
		render_line(render, "nothing is there twice");
	if (duplicates->inexact) {
		AUTO_STRBUF struct strbuf caveat = STRBUF_INIT;

		add_count(&caveat, duplicates->inexact, "object", "objects");
		render_line(render,
			    MARK_WARN "! the symbols of %s are known from the recording only: "
				      "static copies in them are not seen" MARK_END,
			    caveat.s);
	}
}

void show_duplicates(const struct show *show, const struct bound_set *set,
		     const struct duplicates *duplicates, const struct ocaml_copies *units,
		     const bool *concerned)
{
	struct duplicate_view view = {
		.show = show,
		.set = set,
		.duplicates = duplicates,
		.units = units,
		.concerned = concerned,
	};

	view.alias_count = load_aliases_list(show->rec, &view.aliases);
	if (show->render->is_text)
		show_text(&view);
	else
		duplicates_to_json(&view);
	load_aliases_free(view.aliases, view.alias_count);
}

/* --- the command --- */

static bool show_process(struct concern *concern, const struct show *show, const bool *concerned)
{
	struct store *store = concern->context->store;
	AUTO_DUPLICATES struct duplicates duplicates = {0};
	AUTO_OCAML_COPIES struct ocaml_copies units = {0};
	AUTO_BOUND struct bound_set set;
	AUTO_SYMBOLS struct symbol_provider *symbols = NULL;
	bool quiet;

	if (!store_load_bound(store, show->rec, &set))
		return false;
	symbols = symbol_tables_open(store, show->rec);
	duplicates_build(show->rec, &set, symbols, &duplicates);
	ocaml_copies_build(show->rec, &set, symbols, &units);
	quiet = !units_interesting(&units);
	for (size_t i = 0; i < duplicates.count; i++)
		quiet &= !duplicate_interesting(&duplicates.list[i]);
	if (concern_begin(concern, show, quiet)) {
		show_duplicates(show, &set, &duplicates, &units, concerned);
		concern_end(show);
	}
	return true;
}

int cmd_duplicates(struct context *context)
{
	return show_concerned(context, show_process);
}
