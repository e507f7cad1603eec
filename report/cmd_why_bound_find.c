/* Which references a question of why-bound is about. */
#include <elf.h>

#include "audit/spool.h"
#include "report/cmd_why_bound.h"
#include "report/elf/elf.h"
#include "report/store/load_scopes.h"
#include "report/store/symbol_tables.h"

/* One search for references. */
struct finder {
	const struct recording *rec;
	const struct why_bound_request *request;
	struct symbol_provider *symbols;
	struct why_bound_answers *answers; /* owns the strings */
	bool readable;                     /* compare with demangled names too */
	char **names;                      /* symbols that are meant: sorted once all are found */
	size_t name_count, name_room;
	struct symbol_reference *list;
	size_t count, room;
};

void why_bound_answers_release(struct why_bound_answers *answers)
{
	why_bound_list_release(&answers->answers);
	for (size_t i = 0; i < answers->string_count; i++)
		free(answers->strings[i]);
	free(answers->strings);
	*answers = (struct why_bound_answers){0};
}

/* A copy that lives as long as the answers; NULL gives NULL. */
static const char *keep(struct finder *finder, const char *s)
{
	char *copy = xstrdup(s);

	if (copy)
		*GROW(finder->answers->strings, finder->answers->string_count,
		      finder->answers->string_room) = copy;
	return copy;
}

/* --- which symbols --- */

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(struct finder *finder, const char *name)
{
	for (size_t i = finder->name_count; i-- > 0 && i + 8 > finder->name_count;)
		if (strcmp(finder->names[i], name) == 0)
			return; /* the same again, as is usual */
	*GROW(finder->names, finder->name_count, finder->name_room) = xstrdup(name);
}

static void offer_name(const char *name, void *data)
{
	struct finder *finder = data;
	AUTO_FREE char *readable = NULL;

	if (!*name)
		return;
	/* Only these prefixes are of mangled names: elf/demangle.c. */
	if (finder->readable && (name[0] == '_' || strncmp(name, "caml", 4) == 0))
		readable = demangle(name);
	if (symbol_is_meant(finder->request->symbol, name, readable))
		add_name(finder, name);
}

static void offer_calls(struct finder *finder)
{
	for (size_t i = 0; i < finder->rec->call_count; i++) {
		const struct call *call = &finder->rec->calls[i];

		if ((call->kind == CALL_DLSYM || call->kind == CALL_DLVSYM) && call->name)
			offer_name(call->name, finder);
	}
}

/* All names in the objects' symbol tables; a name that is no glob is looked for by its hash. */
static void offer_tables(struct finder *finder)
{
	const char *wanted = finder->request->symbol;
	bool exact = !finder->readable && !is_glob(wanted);
	uint32_t hash = symbol_hash(wanted);

	for (size_t i = 0; i < finder->rec->object_count; i++) {
		const struct symbol_table *table;

		if (exact && !symbols_may_define(finder->symbols, (int)i, hash) &&
		    !symbols_may_refer(finder->symbols, (int)i, hash))
			continue;
		table = symbols_of(finder->symbols, (int)i);
		if (exact && table && symbol_table_reference(table, wanted, NULL) >= 0)
			add_name(finder, wanted);
		for (size_t j = 0; !exact && table && j < table->count; j++)
			offer_name(table->symbols[j].name, finder);
	}
}

static void sort_names(struct finder *finder)
{
	size_t kept = 0;

	if (finder->name_count)
		qsort(finder->names, finder->name_count, sizeof(*finder->names), compare_names);
	for (size_t i = 0; i < finder->name_count; i++) {
		if (kept && strcmp(finder->names[kept - 1], finder->names[i]) == 0)
			free(finder->names[i]);
		else
			finder->names[kept++] = finder->names[i];
	}
	finder->name_count = kept;
}

static void offer_nearest(const char *name, void *data)
{
	nearest_offer(data, name);
}

/*
 * The names that are meant: of what was bound or asked for, as the linker knows it; else as people
 * read it; else of anything that some object defines or refers to.
 */
static bool find_names(struct finder *finder, struct store *store)
{
	for (int step = 0; step < 4 && !finder->name_count; step++) {
		finder->readable = step % 2;
		if (step >= 2) {
			offer_tables(finder);
			continue;
		}
		if (!store_symbol_names(store, finder->rec, offer_name, finder))
			return false;
		offer_calls(finder);
	}
	sort_names(finder);
	return finder->name_count || !finder->request->near ||
	       store_symbol_names(store, finder->rec, offer_nearest, finder->request->near);
}

/* The name as the answers own it, when it is meant; else NULL. */
static const char *meant(const struct finder *finder, const char *name)
{
	char **found = bsearch(&name, finder->names, finder->name_count, sizeof(*finder->names),
			       compare_names);

	return found ? *found : NULL;
}

/* --- which references --- */

/* Of a lazy slot that nobody called through, the recording does not tell whether it is weak. */
static bool refers_weakly(struct finder *finder, const struct binding_row *row)
{
	const struct symbol_table *table =
		has_object(finder->rec, row->from) ? symbols_of(finder->symbols, row->from) : NULL;
	int at = table ? symbol_table_reference(table, row->symbol, row->version) : -1;

	return at >= 0 && table->symbols[at].bind == STB_WEAK;
}

static bool take_row(const struct binding_row *row, void *data)
{
	struct finder *finder = data;
	const char *name = meant(finder, row->symbol);
	bool weak = strcmp(row->source, "relocation") == 0 && row->flags & SPOOL_REFERENCE_WEAK;
	struct symbol_reference *r;

	if (!name || strcmp(row->kind, "irelative") == 0 ||
	    (row->internal && !finder->request->internal))
		return true;
	r = GROW(finder->list, finder->count, finder->room);
	r->binding = (struct observed_binding){.seq = row->seq,
					       .from = row->from,
					       .to = row->to,
					       .symbol = name,
					       .version = keep(finder, row->version),
					       .kind = keep(finder, row->kind),
					       .internal = row->internal,
					       .weak = weak};
	r->id = row->id;
	r->count = row->count;
	r->call = NONE;
	r->state = row->bound ? REFERENCE_BOUND : REFERENCE_WEAK;
	if (!row->bound && !weak && strcmp(row->kind, "plt") == 0) {
		/* It would be looked up now. */
		r->state = REFERENCE_LAZY;
		r->binding.seq = UINT64_MAX;
		r->binding.weak = refers_weakly(finder, row);
	}
	return true;
}

static bool take_rows(struct finder *finder, struct store *store)
{
	struct binding_filter filter = {.from = NONE, .to = NONE, .bound = BOUND_OR_NOT};

	if (finder->name_count == 1 && !is_glob(finder->names[0]))
		filter.symbol = finder->names[0];
	return store_bindings(store, finder->rec, &filter, take_row, finder);
}

/* dlsym calls in vain leave no binding. */
static void take_calls(struct finder *finder)
{
	for (size_t i = 0; i < finder->rec->call_count; i++) {
		const struct call *call = &finder->rec->calls[i];
		const char *name =
			call->name && (call->kind == CALL_DLSYM || call->kind == CALL_DLVSYM)
				? meant(finder, call->name)
				: NULL;
		struct symbol_reference *r;

		if (!name || call->known_by == KNOWN_BINDING)
			continue;
		r = GROW(finder->list, finder->count, finder->room);
		r->binding = (struct observed_binding){.seq = call->seq + 1,
						       .from = call->caller,
						       .to = NONE,
						       .symbol = name,
						       .version = call->version,
						       .kind = "dlsym"};
		r->count = 1;
		r->call = (int)i;
		r->state = call_found_nothing(finder->rec, call) ? REFERENCE_NOT_FOUND
								 : REFERENCE_UNTOLD;
	}
}

static bool is_told(const struct finder *finder, size_t told, int object, const char *name)
{
	for (size_t i = 0; i < told; i++)
		if (finder->list[i].binding.from == object &&
		    strcmp(finder->list[i].binding.kind, "dlsym") != 0 &&
		    strcmp(finder->list[i].binding.symbol, name) == 0)
			return true;
	return false;
}

/* The last moment at which the object was there with all that went together with it: of what one
 * dlclose closes, or a dlopen that fails, no activity is told in between. */
static uint64_t last_moment(const struct recording *rec, const struct object *object)
{
	uint64_t before = 0, moment = object->closed_seq;

	if (!moment)
		return UINT64_MAX;
	for (size_t i = 0; i < rec->activity_count; i++)
		if (rec->activities[i].seq < object->closed_seq && rec->activities[i].seq > before)
			before = rec->activities[i].seq;
	for (size_t i = 0; i < rec->object_count; i++)
		if (rec->objects[i].closed_seq > before && rec->objects[i].closed_seq < moment)
			moment = rec->objects[i].closed_seq;
	return moment - 1;
}

/* What refers to it by its symbol table, and of which no binding tells: its load failed, perhaps
 * just because nothing defines this. */
static void take_untold(struct finder *finder, const char *name)
{
	uint32_t hash = symbol_hash(name);
	size_t told = finder->count;

	for (size_t i = 0; i < finder->rec->object_count; i++) {
		const struct object *object = &finder->rec->objects[i];
		const struct symbol_table *table;
		struct symbol_reference *r;
		int at;

		if (object->inherited || object->kind == OBJECT_VDSO ||
		    !symbols_may_refer(finder->symbols, (int)i, hash) ||
		    is_told(finder, told, (int)i, name))
			continue;
		table = symbols_of(finder->symbols, (int)i);
		at = table ? symbol_table_reference(table, name, NULL) : -1;
		if (at < 0 || table->symbols[at].defined)
			continue;
		r = GROW(finder->list, finder->count, finder->room);
		r->binding = (struct observed_binding){
			.seq = last_moment(finder->rec, object),
			.from = (int)i,
			.to = NONE,
			.symbol = name,
			.version = keep(finder, table->symbols[at].version),
			.kind = "plt",
			.weak = table->symbols[at].bind == STB_WEAK};
		r->call = NONE;
		r->state = REFERENCE_UNTOLD;
	}
}

static int compare_references(const void *a, const void *b)
{
	const struct symbol_reference *x = a, *y = b;

	if (x->binding.seq != y->binding.seq)
		return x->binding.seq < y->binding.seq ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* --- the answers --- */

static bool *mark_wanted(const struct finder *finder)
{
	const char *from = finder->request->from;
	bool *wanted = from ? xcalloc(finder->count + 1, sizeof(*wanted)) : NULL;

	for (size_t i = 0; wanted && i < finder->count; i++) {
		int object = finder->list[i].binding.from;

		wanted[i] = object != NONE && object_matches(&finder->rec->objects[object], from);
	}
	return wanted;
}

static int compare_answers(const void *a, const void *b)
{
	const struct why_bound *x = a, *y = b;
	int order = strcmp(x->symbol, y->symbol);

	if (order || !x->reference_count || !y->reference_count)
		return order;
	return compare_references(&x->references[0], &y->references[0]);
}

static bool explain(struct finder *finder, struct store *store)
{
	AUTO_SCOPES struct loaded_scopes loaded;
	AUTO_FREE bool *wanted = NULL;
	struct why_bound_list *list = &finder->answers->answers;

	if (!store_scopes(store, finder->rec, SCOPES_ALONE, &loaded))
		return false;
	if (finder->count)
		qsort(finder->list, finder->count, sizeof(*finder->list), compare_references);
	wanted = mark_wanted(finder);
	why_bound_explain(finder->rec, loaded.scopes, finder->symbols, finder->list, finder->count,
			  wanted, list);
	why_bound_ends(finder->rec, loaded.scopes, finder->symbols, list);
	for (size_t i = 0; !finder->count && i < finder->name_count; i++)
		why_bound_unreferenced(finder->rec, loaded.scopes, finder->symbols,
				       finder->names[i], list);
	if (list->count)
		qsort(list->list, list->count, sizeof(*list->list), compare_answers);
	return true;
}

/* Is the object there of which is asked? */
static bool has_from(const struct recording *rec, const char *from)
{
	for (size_t i = 0; from && i < rec->object_count; i++)
		if (object_matches(&rec->objects[i], from))
			return true;
	return !from;
}

bool why_bound_find(struct store *store, const struct recording *rec,
		    const struct why_bound_request *request, struct why_bound_answers *ret)
{
	AUTO_SYMBOLS struct symbol_provider *symbols = symbol_tables_open(store, rec);
	struct finder finder = {.rec = rec, .request = request, .symbols = symbols, .answers = ret};
	bool ok = find_names(&finder, store);

	if (ok && finder.name_count && has_from(rec, request->from)) {
		ok = take_rows(&finder, store);
		take_calls(&finder);
		for (size_t i = 0; i < finder.name_count; i++)
			take_untold(&finder, finder.names[i]);
		ok = ok && explain(&finder, store);
	}
	free(finder.list);
	/* The references go on using the names. */
	for (size_t i = 0; i < finder.name_count; i++)
		*GROW(ret->strings, ret->string_count, ret->string_room) = finder.names[i];
	free(finder.names);
	return ok;
}
