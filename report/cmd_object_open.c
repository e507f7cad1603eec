/* plugreport object: references that nothing was bound to, and who might have served them. */
#include "report/cmd_object.h"
#include "report/elf/definition.h"
#include "report/model/lookup.h"
#include "report/render/words.h"
#include "report/store/load_scopes.h"
#include "report/store/symbol_tables.h"

/* A symbol that the object wants and can't be bound to, and the best that anybody has of it. */
struct wanted_symbol {
	const struct elf_slot *slot;
	enum elf_definition definition;
	int object; /* that has it */
};

struct wanted_symbols {
	struct wanted_symbol *symbols; /* in order of their names, each once */
	const char **names;            /* of these */
	size_t count;
	size_t exported;
};

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted_symbol *x = a, *y = b;

	return strcmp(x->slot->symbol, y->slot->symbol);
}

static void collect_wanted(const struct slot_row *rows, size_t count, struct wanted_symbols *wanted)
{
	size_t kept = 0;

	wanted->symbols = xcalloc(count, sizeof(*wanted->symbols));
	for (size_t i = 0; i < count; i++)
		if (rows[i].slot && !rows[i].slot->weak &&
		    !(rows[i].binding && rows[i].binding->bound))
			wanted->symbols[wanted->count++] =
				(struct wanted_symbol){.slot = rows[i].slot, .object = NONE};
	if (wanted->count)
		qsort(wanted->symbols, wanted->count, sizeof(*wanted->symbols), compare_wanted);
	for (size_t i = 0; i < wanted->count; i++)
		if (!kept || compare_wanted(&wanted->symbols[kept - 1], &wanted->symbols[i]) != 0)
			wanted->symbols[kept++] = wanted->symbols[i];
	wanted->count = kept;
}

/* Leave out what ld.so would find where this object's references are looked up: a lazy call that
 * was not made, or a reference that ld.so did not come to before it gave up. */
static void drop_found(const struct object_facts *facts, struct wanted_symbols *wanted)
{
	const struct show *show = facts->show;
	AUTO_SCOPES struct loaded_scopes scopes;
	AUTO_SYMBOLS struct symbol_provider *symbols = symbol_tables_open(show->store, show->rec);
	size_t kept = 0;

	if (!store_scopes(show->store, show->rec, SCOPES_ALONE, &scopes))
		return;
	scopes_advance(scopes.scopes,
		       facts->object->closed_seq ? facts->object->closed_seq - 1 : UINT64_MAX);
	for (size_t i = 0; i < wanted->count; i++) {
		const struct elf_slot *slot = wanted->symbols[i].slot;
		struct lookup_query query = {.from = facts->index,
					     .symbol = slot->symbol,
					     .version = slot->version,
					     .plt = strcmp(slot->kind, "plt") == 0,
					     .how = LOOKUP_RELOCATION,
					     .handle = NONE,
					     .without = NONE};
		struct lookup_result result;

		lookup(scopes.scopes, symbols, show->rec, &query, LOOKUP_NO_TRAIL, &result);
		if (result.winner == NONE)
			wanted->symbols[kept++] = wanted->symbols[i];
		lookup_result_release(&result);
	}
	wanted->count = kept;
}

static void list_names(struct wanted_symbols *wanted)
{
	wanted->names = xcalloc(wanted->count, sizeof(*wanted->names));
	for (size_t i = 0; i < wanted->count; i++)
		wanted->names[i] = wanted->symbols[i].slot->symbol;
}

/* Were both there at once, in one namespace? */
static bool is_neighbour(const struct object *a, const struct object *b)
{
	return a->name_space == b->name_space &&
	       (!b->closed_seq || b->closed_seq > a->opened_seq) &&
	       (!a->closed_seq || b->opened_seq < a->closed_seq);
}

static void ask_object(const struct object_facts *facts, struct wanted_symbols *wanted, int index,
		       enum elf_definition *definitions)
{
	struct elf_identity identity =
		store_object_identity(facts->show->store, &facts->show->rec->objects[index]);

	memset(definitions, 0, wanted->count * sizeof(*definitions));
	if (!*identity.path ||
	    !elf_definitions(&identity, wanted->names, wanted->count, definitions))
		return;
	for (size_t i = 0; i < wanted->count; i++) {
		struct wanted_symbol *symbol = &wanted->symbols[i];

		if (definitions[i] <= symbol->definition)
			continue;
		symbol->definition = definitions[i];
		symbol->object = index;
		wanted->exported += definitions[i] == DEFINITION_EXPORTED;
	}
}

/* What the object needs is asked first: most of it is there. */
static void ask_objects(const struct object_facts *facts, struct wanted_symbols *wanted)
{
	const struct recording *rec = facts->show->rec;
	AUTO_FREE enum elf_definition *definitions = xcalloc(wanted->count, sizeof(*definitions));
	AUTO_FREE bool *asked = xcalloc(rec->object_count, sizeof(*asked));

	for (size_t i = 0; i < facts->object->needed_count; i++) {
		int needed = facts->object->needed[i].resolved;

		if (!has_object(rec, needed) || asked[needed])
			continue;
		asked[needed] = true;
		ask_object(facts, wanted, needed, definitions);
	}
	for (size_t i = 0; i < rec->object_count && wanted->exported < wanted->count; i++)
		if (!asked[i] && is_neighbour(facts->object, &rec->objects[i]))
			ask_object(facts, wanted, (int)i, definitions);
}

static const struct column open_columns[] = {
	{"symbol", "SYMBOL", COLUMN_WRAP}, {"linker_symbol", NULL, 0},        {"path", NULL, 0},
	{"definition", NULL, 0},           {NULL, "WHO HAS IT", COLUMN_WRAP},
};

static void add_definition(struct strbuf *sb, const struct object_facts *facts,
			   const struct wanted_symbol *symbol)
{
	const struct recording *rec = facts->show->rec;

	if (symbol->object == NONE) {
		strbuf_addstr(sb, "nobody that was loaded");
		return;
	}
	add_object(sb, rec, symbol->object);
	switch (symbol->definition) {
	case DEFINITION_EXPORTED:
		strbuf_addstr(sb,
			      ": exported, but not where this object looks, or not in the version "
			      "it wants");
		break;
	case DEFINITION_INSIDE:
		strbuf_addstr(sb, ", which does not export it");
		if (rec->objects[symbol->object].kind == OBJECT_MAIN)
			strbuf_addstr(sb, ": link it with -rdynamic (-Wl,--export-dynamic)");
		break;
	case DEFINITION_HIDDEN:
		strbuf_addstr(sb, ", where its visibility is hidden");
		break;
	case DEFINITION_LOCAL:
		strbuf_addstr(sb, ", where it is static, or a version script makes it local");
		break;
	case DEFINITION_NONE:
		break;
	}
}

static void show_open(const struct object_facts *facts, const struct wanted_symbols *wanted,
		      size_t i)
{
	static const char *const words[] = {
		[DEFINITION_NONE] = "none",         [DEFINITION_LOCAL] = "local",
		[DEFINITION_HIDDEN] = "hidden",     [DEFINITION_INSIDE] = "not-exported",
		[DEFINITION_EXPORTED] = "exported",
	};
	const struct wanted_symbol *symbol = &wanted->symbols[i];
	AUTO_STRBUF struct strbuf name = STRBUF_INIT, who = STRBUF_INIT;

	add_symbol(&name, wanted->names[i], facts->show->options->no_demangle);
	add_definition(&who, facts, symbol);
	const struct value values[ARRAY_SIZE(open_columns)] = {
		value_string(name.s),
		value_string(wanted->names[i]),
		value_string(symbol->object == NONE
				     ? NULL
				     : facts->show->rec->objects[symbol->object].path),
		value_string(words[symbol->definition]),
		value_styled(value_string(who.s), STYLE_WARN),
	};
	render_row(facts->show->render, values);
}

void object_show_open(const struct object_facts *facts, const struct slot_row *rows, size_t count)
{
	struct render *render = facts->show->render;
	struct wanted_symbols wanted = {0};

	collect_wanted(rows, count, &wanted);
	if (wanted.count)
		drop_found(facts, &wanted);
	list_names(&wanted);
	if (wanted.count) {
		ask_objects(facts, &wanted);
		object_part(facts,
			    facts->failed ? "Not bound when the load failed"
					  : "Never bound, and can't be",
			    "inferred, from the files' symbols");
	}
	render_table(render, "not_bound", open_columns, ARRAY_SIZE(open_columns));
	for (size_t i = 0; i < object_rows(facts, wanted.count); i++)
		show_open(facts, &wanted, i);
	render_table_close(render);
	object_more(facts, wanted.count, object_rows(facts, wanted.count));
	free(wanted.names);
	free(wanted.symbols);
}
