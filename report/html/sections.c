/*
 * sections.c - the explanations of the command line, in the report.
 *
 * A further walker is a further line in one of these tables: the page shows it below its title,
 * where its subject is shown, without knowing of it.
 */
#include "report/cmd_duplicates.h"
#include "report/cmd_interpositions.h"
#include "report/cmd_units.h"
#include "report/html/collect.h"
#include "report/model/why_found.h"
#include "report/store/bound_rows.h"
#include "report/store/index_table.h"
#include "report/store/load_scopes.h"
#include "report/store/symbol_tables.h"

/* Of the whole report: a command's answer. */
static const struct report_section {
	const char *kind, *title;
	int (*run)(struct context *context);
	size_t most; /* bindings, of which it can be told in time; 0: any number */
} report_sections[] = {
	{"info", "What was recorded", cmd_info, 0},
	{"promotions", "What joined the global scope later", cmd_promotions, 0},
	/* To look up again all that ld.so has looked up takes longer than all the rest. */
	{"verify", "How far the rebuilt state agrees with ld.so", cmd_verify, 40000},
};

/* Of each process. */
static const struct process_section {
	const char *kind, *title;
	void (*show)(const struct show *show);
} process_sections[] = {
	{"namespaces", "Who lives in which namespace", show_namespaces},
	{"tree", "Who brought whom", show_tree},
	{"timeline", "What happened when", show_timeline},
};

/* Of each object. */
static const struct object_section {
	const char *kind, *title;
	bool all;    /* as with --all */
	bool folded; /* long, and not what most people come for */
	void (*show)(const struct show *show, int object, const struct same_processes *same,
		     size_t repeats);
} object_sections[] = {
	{"why-loaded", "Why was it loaded?", true, false, show_why_loaded},
	{"why-resident", "Why is it still mapped, or not?", true, false, show_why_resident},
	{"why-global", "Is it in the global scope?", false, false, show_why_global},
	{"scopes", "Where are its symbols looked up?", false, true, show_object_scopes},
	{"object", "All that is known of it", false, true, show_object_record},
};

void collect_begin(struct collect *collect, const char *kind, const char *title,
		   const char *subject_kind, int64_t subject, bool folded)
{
	struct document_subject about = {
		.kind = kind,
		.title = title,
		.process = collect->show ? collect->process : NONE,
		.subject_kind = subject_kind,
		.subject = subject,
		.folded = folded,
	};

	document_begin(collect->document, &about);
}

/* The same once more, with what --all shows: the page has a button in place of the option. */
static void collect_begin_whole(struct collect *collect, const char *kind, const char *title)
{
	struct document_subject about = {
		.kind = kind,
		.title = title,
		.process = collect->show ? collect->process : NONE,
		.subject = NONE,
		.whole = true,
	};

	document_begin(collect->document, &about);
}

/* A part of each process.  `show` is told whether all is wanted. */
static bool collect_process_part(struct collect *collect, const char *kind, const char *title,
				 bool (*show)(const struct show *show, const void *data),
				 const void *data)
{
	struct options all = *collect->show->options;
	struct show with_all = *collect->show;
	bool ok;

	all.all = true;
	with_all.options = &all;
	collect_begin(collect, kind, title, NULL, NONE, false);
	ok = show(collect->show, data);
	if (document_end(collect->document) && ok && document_is_cut(collect->document)) {
		collect_begin_whole(collect, kind, title);
		ok = show(&with_all, data);
		document_end(collect->document);
	}
	return ok;
}

/* Sections run in a context of their own: what they remark is the report's. */
void take_remarks(struct collect *collect, const struct context *context)
{
	collect->context->remarks = context->remarks;
	collect->context->remark_count = context->remark_count;
	collect->context->remark_room = context->remark_room;
}

void collect_report_sections(struct collect *collect)
{
	struct context context = *collect->context;
	struct options all = *context.options;

	all.all = true;
	context.render = collect->document;
	collect->show = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(report_sections); i++) {
		const struct report_section *section = &report_sections[i];

		if (section->most && page_rows(collect->bindings) > section->most)
			continue;
		collect_begin(collect, section->kind, section->title, NULL, NONE, false);
		section->run(&context);
		if (document_end(collect->document) && document_is_cut(collect->document)) {
			context.options = &all;
			collect_begin_whole(collect, section->kind, section->title);
			section->run(&context);
			document_end(collect->document);
			context.options = collect->context->options;
		}
	}
	take_remarks(collect, &context);
}

static void explain_objects(struct collect *collect, const struct same_processes *same)
{
	struct options all = *collect->show->options;
	struct show with_all = *collect->show;

	all.all = true;
	with_all.options = &all;
	for (size_t i = 0; i < collect->show->rec->object_count; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(object_sections); j++) {
			const struct object_section *section = &object_sections[j];

			collect_begin(collect, section->kind, section->title, "object",
				      collect->base.object + (int64_t)i, section->folded);
			section->show(section->all ? &with_all : collect->show, (int)i, same, 0);
			document_end(collect->document);
		}
	}
}

static bool show_units(const struct show *show, const void *data)
{
	size_t shown = 0;

	(void)data;
	return units_show_process(show, NULL, &shown);
}

struct symbol_facts {
	const struct bound_set *set;
	const struct duplicates *duplicates;
	const struct ocaml_copies *units;
	const struct interpositions *interpositions;
};

static bool show_all_duplicates(const struct show *show, const void *data)
{
	const struct symbol_facts *facts = data;

	show_duplicates(show, facts->set, facts->duplicates, facts->units, NULL);
	return true;
}

static bool show_all_interpositions(const struct show *show, const void *data)
{
	const struct symbol_facts *facts = data;

	show_interpositions(show, facts->set, facts->interpositions, NULL);
	return true;
}

/* Copies: of the process, and of each object that has one. */
static void explain_duplicates(struct collect *collect, const struct symbol_facts *facts)
{
	const struct show *show = collect->show;
	const struct duplicates *duplicates = facts->duplicates;
	const struct ocaml_copies *units = facts->units;
	AUTO_FREE bool *concerned = xcalloc(show->rec->object_count + 1, sizeof(*concerned));
	AUTO_FREE bool *copied = xcalloc(show->rec->object_count + 1, sizeof(*copied));

	collect_process_part(collect, "duplicates", "What is there more than once",
			     show_all_duplicates, facts);
	for (size_t i = 0; i < duplicates->count; i++)
		for (size_t j = 0; duplicate_interesting(&duplicates->list[i]) &&
				   j < duplicates->list[i].copy_count;
		     j++)
			copied[duplicates->list[i].copies[j].object] = true;
	for (size_t i = 0; i < units->count; i++)
		for (size_t j = 0; units->list[i].count > 1 && j < units->list[i].count; j++)
			copied[units->list[i].copies[j].object] = true;
	for (size_t i = 0; i < show->rec->object_count; i++) {
		if (!copied[i])
			continue;
		concerned[i] = true;
		collect_begin(collect, "duplicates", "Its copies", "object",
			      collect->base.object + (int64_t)i, false);
		show_duplicates(show, facts->set, duplicates, units, concerned);
		document_end(collect->document);
		concerned[i] = false;
	}
}

static bool explain_symbols(struct collect *collect)
{
	const struct show *show = collect->show;
	AUTO_INTERPOSITIONS struct interpositions interpositions = {0};
	AUTO_DUPLICATES struct duplicates duplicates = {0};
	AUTO_OCAML_COPIES struct ocaml_copies units = {0};
	AUTO_BOUND struct bound_set set;
	AUTO_SYMBOLS struct symbol_provider *symbols = NULL;
	struct symbol_facts facts = {&set, &duplicates, &units, &interpositions};
	struct scopes *scopes;
	bool ok = true;

	if (!store_load_bound(show->store, show->rec, &set))
		return false;
	symbols = symbol_tables_open(show->store, show->rec);
	duplicates_build(show->rec, &set, symbols, &duplicates);
	ocaml_copies_build(show->rec, &set, symbols, &units);
	explain_duplicates(collect, &facts);
	if (units.count || units.bytecode)
		ok = collect_process_part(collect, "units", "OCaml compilation units", show_units,
					  NULL);
	scopes = scopes_new(show->rec, NULL, 0);
	interpositions_build(show->rec, &set, symbols, scopes, &interpositions);
	scopes_free(scopes);
	collect_process_part(collect, "interpositions", "Who got whose definition",
			     show_all_interpositions, &facts);
	collect_interpositions(collect, &set, &interpositions);
	return ok;
}

/* Requests that came to the same in the same way are explained once. */
struct explanation {
	char *signature;
	int request;
	size_t repeats;
};
struct explanations {
	struct explanation *list;
	size_t count, room;
	struct index_table index;
	const char *wanted;
};

static bool is_explained(const void *context, uint32_t index)
{
	const struct explanations *all = context;

	return strcmp(all->list[index].signature, all->wanted) == 0;
}

/* Returns the request that is explained for this one. */
static int add_explanation(struct explanations *all, const struct recording *rec, int request)
{
	struct why_found why;
	char *signature;
	uint64_t hash;
	uint32_t index;

	why_found_build(rec, request, &why);
	signature = why_found_signature(rec, &why);
	why_found_release(&why);
	hash = hash_string(0, signature);
	all->wanted = signature;
	index = index_table_find(&all->index, hash, is_explained, all);
	if (index != INDEX_NONE) {
		all->list[index].repeats++;
		free(signature);
		return all->list[index].request;
	}
	index_table_add(&all->index, hash, (uint32_t)all->count);
	*GROW(all->list, all->count, all->room) =
		(struct explanation){.signature = signature, .request = request};
	return request;
}

static void explain_searches(struct collect *collect, const struct same_processes *same)
{
	const struct recording *rec = collect->show->rec;
	struct explanations all = {0};

	for (size_t i = 0; i < rec->search_count; i++)
		if (rec->searches[i].origin == ORIGIN_NAME)
			page_set(collect->searches, (size_t)collect->base.search + i,
				 COLLECT_SEARCH_EXPLAINED,
				 collect->base.search + add_explanation(&all, rec, (int)i));
	for (size_t i = 0; i < all.count; i++) {
		collect_begin(collect, "why-found", "How was it found?", "search",
			      collect->base.search + all.list[i].request, false);
		show_why_found(collect->show, all.list[i].request, same, all.list[i].repeats);
		document_end(collect->document);
		free(all.list[i].signature);
	}
	free(all.list);
	index_table_release(&all.index);
}

bool collect_explanations(struct collect *collect)
{
	AUTO_SCOPES struct loaded_scopes loaded = {0};
	struct show show = *collect->show;
	const struct show *before = collect->show;
	size_t index = (size_t)collect->process;
	struct same_processes same = {.rows = collect->list.rows, .indexes = &index, .count = 1};
	bool ok;

	show.render = collect->document;
	show.ended = scopes_at_end(&show, SCOPES_WITH_BINDINGS, &loaded);
	if (!show.ended)
		return false;
	collect->show = &show;
	show.bindings = collect->kept;
	collect_globals(collect, show.ended);
	collect_timeline(collect, show.ended);
	for (size_t i = 0; i < ARRAY_SIZE(process_sections); i++) {
		collect_begin(collect, process_sections[i].kind, process_sections[i].title, NULL,
			      NONE, false);
		process_sections[i].show(&show);
		document_end(collect->document);
	}
	explain_objects(collect, &same);
	explain_searches(collect, &same);
	ok = explain_symbols(collect);
	collect->show = before;
	return ok && !*show.ret_failed;
}
