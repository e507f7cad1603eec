/* plugreport object: constructors and destructors, and the slots that ld.so filled. */
#include <inttypes.h>

#include "report/cmd_object.h"
#include "report/model/moment.h"
#include "report/render/words.h"

static const struct column function_columns[] = {
	{"kind", "WHEN", 0},
	{"entry", "ENTRY", 0},
	{"function", "FUNCTION", COLUMN_WRAP},
	{"linker_symbol", NULL, 0},
	{"offset", "AT", COLUMN_RIGHT | COLUMN_SPARE},
	{"file", NULL, 0},
	{"line", NULL, 0},
	{NULL, "SOURCE", COLUMN_WRAP | COLUMN_SPARE},
};

static const char *function_kind(const struct elf_function *function)
{
	switch (function->kind) {
	case FUNCTION_PREINIT:
		return "before all";
	case FUNCTION_INIT:
		return "init";
	case FUNCTION_FINI:
		return "fini";
	}
	return NULL;
}

static const char *function_entry(const struct elf_function *function)
{
	static const char *const arrays[] = {[FUNCTION_PREINIT] = "DT_PREINIT_ARRAY",
					     [FUNCTION_INIT] = "DT_INIT_ARRAY",
					     [FUNCTION_FINI] = "DT_FINI_ARRAY"};

	if (function->in_array)
		return arrays[function->kind];
	return function->kind == FUNCTION_INIT ? "DT_INIT" : "DT_FINI";
}

static void function_row(const struct object_facts *facts, const struct elf_function *function)
{
	struct elf_identity identity = store_object_identity(facts->show->store, facts->object);
	struct source_place places[32];
	const char *symbol = function->symbol, *file = NULL;
	AUTO_STRBUF struct strbuf name = STRBUF_INIT, source = STRBUF_INIT, at = STRBUF_INIT;
	size_t count = function->address
			       ? symbolizer_find(facts->symbolizer, &identity, function->address,
						 places, ARRAY_SIZE(places))
			       : 0;
	int line = 0;

	if (count) {
		/* The outermost: what was inlined into its first line is not what is called. */
		const struct source_place *place = &places[count - 1];

		symbol = place->function ? place->function : symbol;
		file = place->file;
		line = place->line;
	}
	if (symbol)
		add_symbol(&name, symbol, facts->show->options->no_demangle);
	if (file) {
		add_name(&source, base_name(file));
		strbuf_addf(&source, ":%d", line);
	}
	strbuf_addf(&at, "0x%" PRIx64, function->address);
	const struct value values[ARRAY_SIZE(function_columns)] = {
		value_string(function_kind(function)),
		value_string(function_entry(function)),
		value_shown(name.length ? value_string(name.s) : value_none(),
			    name.length ? name.s : "(no name)"),
		value_string(symbol),
		value_shown(value_address(function->address),
			    function->address ? at.s : "elsewhere"),
		value_string(file),
		line ? value_integer(line) : value_none(),
		value_string(source.s),
	};
	render_row(facts->show->render, values);
}

void object_show_functions(const struct object_facts *facts)
{
	const struct elf_record *record = &facts->record;

	if (!facts->has_record)
		return;
	if (record->function_count)
		object_part(facts, "Constructors and destructors", "from the file");
	render_table(facts->show->render, "functions", function_columns,
		     ARRAY_SIZE(function_columns));
	for (size_t i = 0; i < object_rows(facts, record->function_count); i++)
		function_row(facts, &record->functions[i]);
	render_table_close(facts->show->render);
	object_more(facts, record->function_count, object_rows(facts, record->function_count));
}

static void show_side(const struct object_facts *facts, const struct init_order *order, size_t from,
		      size_t to, const char *key, const char *label)
{
	const struct recording *rec = facts->show->rec;
	struct render *render = facts->show->render;
	AUTO_STRBUF struct strbuf list = STRBUF_INIT;

	if (!render->is_text) {
		render_open(render, key, GROUP_ARRAY);
		for (size_t i = from; i < to; i++)
			render_value(render, NULL,
				     value_string(rec->objects[order->objects[i]].path));
		render_close(render);
		return;
	}
	for (size_t i = from; i < to; i++) {
		if (i > from)
			strbuf_addstr(&list, ", ");
		if (i - from == object_first_rows(facts, to - from)) {
			strbuf_addf(&list, "and %zu more", to - i);
			break;
		}
		add_name(&list, object_name(rec, order->objects[i]));
	}
	if (from < to)
		render_fact(render, NULL, label, value_shown(value_string(list.s), list.s));
}

void object_show_order(const struct object_facts *facts)
{
	const struct recording *rec = facts->show->rec;
	struct render *render = facts->show->render;
	AUTO_STRBUF struct strbuf with = STRBUF_INIT;
	struct init_order order;

	if (!init_order_build(rec, facts->index, &order))
		return;
	object_part(facts, "Order of constructors", "inferred from the needed lists");
	render_open(render, "constructor_order", GROUP_OBJECT);
	strbuf_addf(&with, "number %zu of %zu that came with ", order.position + 1, order.count);
	add_object(&with, rec, order.root);
	render_fact(render, NULL, "its turn", value_shown(value_string(with.s), with.s));
	render_value(render, "root", value_string(rec->objects[order.root].path));
	render_value(render, "position", value_integer((int64_t)order.position + 1));
	show_side(facts, &order, 0, order.position, "before", "before it");
	show_side(facts, &order, order.position + 1, order.count, "after", "after it");
	render_close(render);
	init_order_release(&order);
}

static const struct column slot_columns[] = {
	{"slot", "SLOT", COLUMN_RIGHT | COLUMN_SPARE},
	{"kind", "KIND", 0},
	{"symbol", "SYMBOL", COLUMN_WRAP},
	{"linker_symbol", NULL, 0},
	{"version", "VERSION", COLUMN_WRAP | COLUMN_SPARE},
	{"to_path", NULL, 0},
	{NULL, "BOUND TO", COLUMN_WRAP},
	{"when", "WHEN", COLUMN_WRAP},
	{"source", NULL, 0},
};

static const char *row_kind(const struct slot_row *row)
{
	return row->slot ? row->slot->kind : row->binding->kind;
}

static int compare_rows(const void *a, const void *b)
{
	static const char *const order[] = {"plt", "got", "abs", "copy", "tls"};
	const struct slot_row *x = a, *y = b;
	size_t i = 0, j = 0;
	uint64_t p = x->slot ? x->slot->address : UINT64_MAX;
	uint64_t q = y->slot ? y->slot->address : UINT64_MAX;

	while (i < ARRAY_SIZE(order) && strcmp(row_kind(x), order[i]) != 0)
		i++;
	while (j < ARRAY_SIZE(order) && strcmp(row_kind(y), order[j]) != 0)
		j++;
	if (i != j)
		return i < j ? -1 : 1;
	if (p != q)
		return p < q ? -1 : 1;
	return x->binding && y->binding ? strcmp(x->binding->symbol, y->binding->symbol) : 0;
}

static int compare_to_slot(const void *key, const void *element)
{
	const struct elf_slot *slot = key;
	const struct object_binding *binding = element;
	int order = strcmp(slot->kind, binding->kind);

	if (order == 0)
		order = strcmp(slot->symbol, binding->symbol);
	if (order == 0)
		order = strcmp(slot->version ? slot->version : "",
			       binding->version ? binding->version : "");
	return order;
}

/* The newest binding recorded for the slot, or NULL.  All of them are in the file then. */
static const struct object_binding *find_binding(struct object_facts *facts,
						 const struct elf_slot *slot)
{
	struct object_binding *end = facts->bindings + facts->binding_count, *found, *p;

	if (!facts->binding_count)
		return NULL;
	found = bsearch(slot, facts->bindings, facts->binding_count, sizeof(*found),
			compare_to_slot);
	if (!found)
		return NULL;
	while (found > facts->bindings && compare_to_slot(slot, found - 1) == 0)
		found--;
	for (p = found; p < end && compare_to_slot(slot, p) == 0; p++)
		p->in_file = true;
	return found;
}

static void add_when(struct strbuf *sb, const struct object_facts *facts,
		     const struct slot_row *row)
{
	const struct object_binding *binding = row->binding;
	bool lazy = strcmp(row_kind(row), "plt") == 0 && !facts->bind_now;
	uint64_t ns;

	if (!binding)
		strbuf_addstr(sb, facts->failed              ? "the load failed"
				  : facts->object->inherited ? "not since the fork"
							     : "not recorded");
	else if (!binding->bound)
		strbuf_addstr(sb,
			      lazy && !binding->weak ? "never called" : "weak, and nobody has it");
	else if (!lazy)
		strbuf_addstr(sb, "at load");
	else if (!binding->observed)
		strbuf_addstr(sb, "when called first");
	else {
		strbuf_addstr(sb, "when called first, after ");
		add_time(sb, recording_time_at(facts->show->rec, binding->seq, &ns) ? ns : 0);
	}
}

static void slot_row(const struct object_facts *facts, const struct slot_row *row)
{
	const struct recording *rec = facts->show->rec;
	const struct object_binding *binding = row->binding;
	const char *symbol = row->slot ? row->slot->symbol : binding->symbol;
	const char *version = row->slot ? row->slot->version : binding->version;
	bool known = binding && binding->bound && has_object(rec, binding->to);
	AUTO_STRBUF struct strbuf at = STRBUF_INIT, name = STRBUF_INIT, to = STRBUF_INIT;
	AUTO_STRBUF struct strbuf when = STRBUF_INIT;

	if (row->slot)
		strbuf_addf(&at, "0x%" PRIx64, row->slot->address);
	add_symbol(&name, symbol, facts->show->options->no_demangle);
	if (known)
		add_object(&to, rec, binding->to);
	add_when(&when, facts, row);
	const struct value values[ARRAY_SIZE(slot_columns)] = {
		row->slot ? value_shown(value_address(row->slot->address), at.s) : value_none(),
		value_string(row_kind(row)),
		value_string(name.s),
		value_string(symbol),
		value_string(version),
		value_string(known ? rec->objects[binding->to].path : NULL),
		value_string(to.length ? to.s : NULL),
		value_string(when.s),
		value_string(!binding            ? "file"
			     : binding->observed ? "la_symbind"
						 : "relocation"),
	};
	render_row(facts->show->render, values);
}

static void show_slot_counts(const struct object_facts *facts, const struct slot_row *rows,
			     size_t count)
{
	struct render *render = facts->show->render;
	AUTO_STRBUF struct strbuf calls = STRBUF_INIT;
	size_t plt = 0, open = 0, weak = 0;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(row_kind(&rows[i]), "plt") != 0)
			continue;
		plt++;
		if (rows[i].binding && rows[i].binding->weak)
			weak++;
		else
			open += rows[i].binding && !rows[i].binding->bound;
	}
	add_number(&calls, plt);
	if (open) {
		strbuf_addstr(&calls, ", of which never called: ");
		add_number(&calls, open);
	}
	if (weak) {
		strbuf_addf(&calls, "%s weak and bound to nothing: ", open ? "," : ", of which");
		add_number(&calls, weak);
	}
	render_fact(render, "plt_slots", "PLT slots",
		    value_shown(value_integer((int64_t)plt), calls.s));
	render_fact(render, "plt_open", NULL, value_integer((int64_t)open));
	render_fact(render, "plt_weak", NULL, value_integer((int64_t)weak));
	render_fact(render, "other_slots", "slots for data and pointers",
		    value_count((count - plt)));
	if (!facts->has_record)
		return;
	render_fact(render, "relative_relocations", "relative relocations",
		    value_count(facts->record.relative));
}

void object_show_slots(struct object_facts *facts)
{
	struct render *render = facts->show->render;
	size_t room = facts->record.slot_count + facts->binding_count, count = 0;
	AUTO_FREE struct slot_row *rows = xcalloc(room, sizeof(*rows));

	for (size_t i = 0; i < facts->record.slot_count; i++)
		rows[count++] = (struct slot_row){&facts->record.slots[i],
						  find_binding(facts, &facts->record.slots[i])};
	for (size_t i = 0; i < facts->binding_count; i++)
		if (!facts->bindings[i].in_file)
			rows[count++] = (struct slot_row){NULL, &facts->bindings[i]};
	if (count)
		qsort(rows, count, sizeof(*rows), compare_rows);
	object_part(facts, "Slots that ld.so fills",
		    facts->has_record ? "slots from the file, bindings recorded" : "recorded");
	show_slot_counts(facts, rows, count);
	render_table(render, "slots", slot_columns, ARRAY_SIZE(slot_columns));
	for (size_t i = 0; i < object_first_rows(facts, count); i++)
		slot_row(facts, &rows[i]);
	render_table_close(render);
	object_more(facts, count, object_first_rows(facts, count));
	if (facts->has_record)
		object_show_open(facts, rows, count);
}
