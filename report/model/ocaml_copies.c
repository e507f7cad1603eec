#include "report/model/ocaml_copies.h"

#include <string.h>

#include "report/model/ocaml_run.h"
#include "report/model/why_found.h"
#include "report/util.h"

/* Has the object such a definition, as far as its symbols are known? */
static bool defines(struct symbol_provider *symbols, int object, const char *name)
{
	const struct symbol_table *table;

	if (!symbols_may_define(symbols, object, symbol_hash(name)))
		return false;
	table = symbols_of(symbols, object);
	return table && symbol_table_first(table, name) >= 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct unit_copies *x = a, *y = b;

	return strcmp(x->unit, y->unit);
}

static struct unit_copies *find_unit(const struct ocaml_copies *copies, const char *unit)
{
	struct unit_copies key = {.unit = (char *)unit};

	return copies->count
		       ? bsearch(&key, copies->list, copies->count, sizeof(key), compare_names)
		       : NULL;
}

static struct unit_copy *find_copy(const struct unit_copies *unit, int object)
{
	for (size_t i = 0; unit && i < unit->count; i++)
		if (unit->copies[i].object == object)
			return &unit->copies[i];
	return NULL;
}

/* An entry for each mark, of one copy; sort_units() makes one of those of one name. */
static void add_units(struct ocaml_copies *ret, const struct recording *rec,
		      struct symbol_provider *symbols, int object, bool plugin)
{
	const struct symbol_table *table = symbols_of(symbols, object);
	bool failed = object_failed_call(rec, object) != NONE;

	for (size_t i = 0; table && i < table->count; i++) {
		char *name = table->symbols[i].defined ? ocaml_unit_of_mark(table->symbols[i].name)
						       : NULL;
		struct unit_copies *unit;

		if (!name)
			continue;
		unit = GROW(ret->list, ret->count, ret->room);
		*unit = (struct unit_copies){.unit = name};
		*GROW(unit->copies, unit->count, unit->room) = (struct unit_copy){
			.object = object,
			.plugin = plugin,
			.failed = failed,
			.ran = !failed && (!plugin || ocaml_unit_was_run(rec, object, name)),
		};
	}
}

static int compare_entries(const void *a, const void *b)
{
	const struct unit_copies *x = a, *y = b;
	int order = compare_names(a, b);

	return order ? order : x->copies[0].object - y->copies[0].object;
}

static void release_unit(struct unit_copies *unit)
{
	for (size_t i = 0; i < unit->count; i++)
		free(unit->copies[i].users);
	free(unit->copies);
	free(unit->unit);
}

static void sort_units(struct ocaml_copies *ret)
{
	size_t kept = 0;

	if (ret->count)
		qsort(ret->list, ret->count, sizeof(*ret->list), compare_entries);
	for (size_t i = 0; i < ret->count; i++) {
		struct unit_copies *entry = &ret->list[i];
		struct unit_copies *unit = kept ? &ret->list[kept - 1] : NULL;

		if (!unit || strcmp(unit->unit, entry->unit) != 0) {
			ret->list[kept++] = *entry;
			continue;
		}
		if (unit->copies[unit->count - 1].object != entry->copies[0].object)
			*GROW(unit->copies, unit->count, unit->room) = entry->copies[0];
		release_unit(entry);
	}
	ret->count = kept;
	for (size_t i = 0; i < ret->count; i++)
		for (size_t j = 0; j < ret->list[i].count; j++)
			ret->list[i].run += ret->list[i].copies[j].ran;
}

/*
 * The unit of `object` that defines `symbol`: camlUnit is the unit's own block, else a separator
 * ends the name; the longest one that fits.
 */
static struct unit_copies *unit_of_symbol(const struct ocaml_copies *copies, int object,
					  const char *symbol)
{
	AUTO_FREE char *name = NULL;
	struct unit_copies *unit;

	if (strncmp(symbol, "caml", 4) != 0)
		return NULL;
	name = xstrdup(symbol + 4);
	unit = find_unit(copies, name);
	for (size_t i = strlen(name); !find_copy(unit, object) && i-- > 1;) {
		if (name[i] != '.' && !(name[i] == '_' && name[i + 1] == '_'))
			continue;
		name[i] = '\0';
		unit = find_unit(copies, name);
	}
	return find_copy(unit, object) ? unit : NULL;
}

static void add_user(struct unit_copies *unit, const struct bound *bound)
{
	struct unit_copy *copy = find_copy(unit, bound->to);
	struct unit_copy *other = find_copy(unit, bound->from);

	if (bound->from == bound->to) {
		copy->own += bound->count;
		return;
	}
	if (other)
		other->lost += bound->count;
	for (size_t i = 0; i < copy->user_count; i++) {
		if (copy->users[i].from == bound->from) {
			copy->users[i].references += bound->count;
			return;
		}
	}
	*GROW(copy->users, copy->user_count, copy->user_room) =
		(struct unit_user){bound->from, bound->count};
}

/* Dynlink's own look-ups of a plugin's entries bind nobody to it. */
static void add_users(struct ocaml_copies *copies, const struct bound_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct bound *bound = &set->list[i];
		struct unit_copies *unit;

		if (bound->kind == BOUND_DLSYM || bound->from == NONE)
			continue;
		unit = unit_of_symbol(copies, bound->to, name_string(&set->names, bound->symbol));
		if (unit)
			add_user(unit, bound);
	}
}

void ocaml_copies_build(const struct recording *rec, const struct bound_set *set,
			struct symbol_provider *symbols, struct ocaml_copies *ret)
{
	*ret = (struct ocaml_copies){0};
	for (size_t i = 0; symbols && i < rec->object_count; i++) {
		bool plugin;

		if (rec->objects[i].kind != OBJECT_MAIN && rec->objects[i].kind != OBJECT_LIBRARY)
			continue;
		/* Programs and plugins of OCaml each have one of these. */
		plugin = defines(symbols, (int)i, "caml_plugin_header");
		/* Before OCaml 5.3, and from then on. */
		ret->bytecode |= defines(symbols, (int)i, "caml_interprete") ||
				 defines(symbols, (int)i, "caml_bytecode_interpreter");
		if (plugin || defines(symbols, (int)i, "caml_globals_map"))
			add_units(ret, rec, symbols, (int)i, plugin);
	}
	sort_units(ret);
	if (set && ret->count)
		add_users(ret, set);
}

void ocaml_copies_release(struct ocaml_copies *copies)
{
	for (size_t i = 0; i < copies->count; i++)
		release_unit(&copies->list[i]);
	free(copies->list);
	*copies = (struct ocaml_copies){0};
}
