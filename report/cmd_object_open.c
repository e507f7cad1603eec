/* plugreport object: references that nothing was bound to, and who might have served them. */
#include "report/cmd_object.h"
#include "report/elf/definition.h"
#include "report/render/words.h"

/* The best that any object had of a wanted symbol. */
struct wanted_symbol {
	enum elf_definition definition;
	int object; /* that has it */
};

struct wanted_symbols {
	const char **names; /* in order, each once */
	struct wanted_symbol *symbols;
	size_t count;
	size_t exported;
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect_names(const struct slot_row *rows, size_t count, struct wanted_symbols *wanted)
{
	size_t kept = 0;

	wanted->names = xcalloc(count, sizeof(*wanted->names));
	for (size_t i = 0; i < count; i++) {
		const struct slot_row *row = &rows[i];

		if (row->slot && !row->slot->weak && !(row->binding && row->binding->bound))
			wanted->names[wanted->count++] = row->slot->symbol;
	}
	if (wanted->count)
		qsort(wanted->names, wanted->count, sizeof(*wanted->names), compare_names);
	for (size_t i = 0; i < wanted->count; i++)
		if (!kept || strcmp(wanted->names[kept - 1], wanted->names[i]) != 0)
			wanted->names[kept++] = wanted->names[i];
	wanted->count = kept;
	wanted->symbols = xcalloc(kept, sizeof(*wanted->symbols));
	for (size_t i = 0; i < kept; i++)
		wanted->symbols[i].object = NONE;
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
	struct elf_identity identity = object_identity(&facts->show->rec->objects[index]);

	memset(definitions, 0, wanted->count * sizeof(*definitions));
	if (!*identity.path ||
	    !elf_definitions(&identity, wanted->names, wanted->count, definitions))
		return;
	for (size_t i = 0; i < wanted->count; i++) {
		struct wanted_symbol *symbol = &wanted->symbols[i];

		if (definitions[i] <= symbol->definition)
			continue;
		*symbol = (struct wanted_symbol){definitions[i], index};
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

/* Of a load that failed, what others export is worth saying too: it may be why. */
void object_show_open(const struct object_facts *facts, const struct slot_row *rows, size_t count)
{
	struct render *render = facts->show->render;
	struct wanted_symbols wanted = {0};
	size_t shown = 0, most;

	collect_names(rows, count, &wanted);
	if (wanted.count)
		ask_objects(facts, &wanted);
	if (wanted.count > (facts->failed ? 0 : wanted.exported))
		object_part(facts,
			    facts->failed ? "Not bound when the load failed"
					  : "Never bound, and can't be",
			    "symbols from the files");
	most = object_rows(facts, wanted.count);
	render_table(render, "not_bound", open_columns, ARRAY_SIZE(open_columns));
	for (size_t i = 0; i < wanted.count && shown < most; i++) {
		if (!facts->failed && wanted.symbols[i].definition == DEFINITION_EXPORTED)
			continue;
		show_open(facts, &wanted, i);
		shown++;
	}
	render_table_close(render);
	free(wanted.names);
	free(wanted.symbols);
}
