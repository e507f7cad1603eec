#include "report/model/bound.h"

#include <elf.h>

#include "report/util.h"

static const char *const kind_names[] = {
	[BOUND_PLT] = "plt",   [BOUND_GOT] = "got", [BOUND_ABS] = "abs",
	[BOUND_COPY] = "copy", [BOUND_TLS] = "tls", [BOUND_DLSYM] = "dlsym",
};

const char *bound_kind_name(enum bound_kind kind)
{
	return (size_t)kind < ARRAY_SIZE(kind_names) ? kind_names[kind] : "unknown";
}

/* A word that is none of these is a binding all the same. */
static uint8_t kind_of(const char *word)
{
	for (size_t i = 0; word && i < ARRAY_SIZE(kind_names); i++)
		if (strcmp(kind_names[i], word) == 0)
			return (uint8_t)i;
	return BOUND_GOT;
}

void bound_add(struct bound_set *set, const struct bound *facts, const char *symbol,
	       const char *version, const char *kind)
{
	struct bound *bound = GROW(set->list, set->count, set->room);

	*bound = *facts;
	bound->symbol = name_add(&set->names, symbol);
	bound->version = name_add(&set->names, version);
	bound->kind = kind_of(kind);
}

void bound_set_release(struct bound_set *set)
{
	name_table_release(&set->names);
	free(set->list);
	*set = (struct bound_set){0};
}

bool object_live_at(const struct recording *rec, int object, uint64_t seq)
{
	const struct object *o = &rec->objects[object];

	return o->opened_seq <= seq && (!o->closed_seq || seq < o->closed_seq);
}

bool objects_coexist(const struct recording *rec, int a, int b)
{
	const struct object *x = &rec->objects[a], *y = &rec->objects[b];

	return (!x->closed_seq || y->opened_seq < x->closed_seq) &&
	       (!y->closed_seq || x->opened_seq < y->closed_seq);
}

bool object_needs(const struct recording *rec, int object, int other)
{
	const struct object *o = &rec->objects[object];

	for (size_t i = 0; i < o->needed_count; i++)
		if (o->needed[i].resolved == other)
			return true;
	return false;
}

/* --- definitions --- */

struct collector {
	const struct recording *rec;
	struct bound_set *set;
	bool *wanted; /* by name: is it to be collected?  NULL: all */
	size_t wanted_count;
	struct definitions *out;
	size_t room;
};

static void collect(struct collector *c, int object, uint32_t name, uint32_t version,
		    const struct dynamic_symbol *symbol)
{
	*GROW(c->out->list, c->out->count, c->room) = (struct definition){
		.symbol = name,
		.version = version,
		.value = symbol->value,
		.size = symbol->size,
		.object = object,
		.type = symbol->type,
		.bind = symbol->bind,
		.visibility = symbol->visibility,
		.default_version = !(symbol->versym & 0x8000),
	};
}

/*
 * Can another object be bound to it?  do_lookup_x skips undefined ones, and those whose type or
 * binding is none of these; hidden and internal ones are not for others (the link editor makes
 * them local, but not every one).
 */
static bool is_exported(const struct symbol_table *table, const struct dynamic_symbol *symbol)
{
	static const unsigned int types = 1u << STT_NOTYPE | 1u << STT_OBJECT | 1u << STT_FUNC |
					  1u << STT_COMMON | 1u << STT_TLS | 1u << STT_GNU_IFUNC;

	return symbol->defined && symbol_can_be_found(table, symbol) && *symbol->name &&
	       symbol->type < 16 && (types >> symbol->type & 1) &&
	       (symbol->bind == STB_GLOBAL || symbol->bind == STB_WEAK ||
		symbol->bind == STB_GNU_UNIQUE) &&
	       symbol->visibility != STV_HIDDEN && symbol->visibility != STV_INTERNAL;
}

static void collect_table(struct collector *c, int object, const struct symbol_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct dynamic_symbol *symbol = &table->symbols[i];
		uint32_t name;

		/* A version's own name is an absolute symbol: no definition of anything. */
		if (!is_exported(table, symbol) || (symbol->absolute && !symbol->size))
			continue;
		if (symbol_is_linkers(symbol->name))
			continue;
		if (symbol->bind == STB_GLOBAL)
			c->out->exported[object]++;
		name = c->wanted ? name_find(&c->set->names, symbol->name)
				 : name_add(&c->set->names, symbol->name);
		if (name == NAME_NONE ||
		    (c->wanted && (name >= c->wanted_count || !c->wanted[name])))
			continue;
		collect(c, object, name, name_add(&c->set->names, symbol->version), symbol);
	}
}

/* What bindings show of the objects without an exact table: each (symbol, object) once. */
static void collect_bound(struct collector *c)
{
	const struct definitions *known = c->out;

	for (size_t i = 0; i < c->set->count; i++) {
		const struct bound *bound = &c->set->list[i];
		struct definition *definition;

		if (known->source[bound->to] >= SYMBOLS_FILE ||
		    symbol_is_linkers(name_string(&c->set->names, bound->symbol)))
			continue;
		definition = GROW(c->out->list, c->out->count, c->room);
		*definition = (struct definition){.symbol = bound->symbol,
						  .version = NAME_NONE,
						  .object = bound->to,
						  .type = bound->type,
						  .bind = bound->bind,
						  .visibility = bound->visibility,
						  .default_version = true,
						  .bound = true};
	}
}

/* Order by name, keeping the order of objects: a counting sort. */
static void sort_by_name(struct definitions *definitions, size_t name_count)
{
	struct definition *sorted = xcalloc(definitions->count + 1, sizeof(*sorted));
	size_t *first = xcalloc(name_count + 2, sizeof(*first));

	for (size_t i = 0; i < definitions->count; i++)
		first[definitions->list[i].symbol + 2]++;
	for (size_t i = 2; i < name_count + 2; i++)
		first[i] += first[i - 1];
	for (size_t i = 0; i < definitions->count; i++)
		sorted[first[definitions->list[i].symbol + 1]++] = definitions->list[i];
	free(definitions->list);
	definitions->list = sorted;
	definitions->first = first;
	definitions->name_count = name_count;
}

/* Bindings say many times over what they show: keep one for each object. */
static void drop_repeated(struct definitions *definitions)
{
	int *last = xcalloc(definitions->object_count + 1, sizeof(*last));
	size_t kept = 0, begin = 0;

	for (size_t name = 0; name < definitions->name_count; name++) {
		size_t end = definitions->first[name + 1];

		definitions->first[name] = kept;
		for (size_t i = begin; i < end; i++) {
			struct definition *definition = &definitions->list[i];

			/* name + 1: 0 is nobody */
			if (definition->bound && last[definition->object] == (int)name + 1)
				continue;
			if (definition->bound)
				last[definition->object] = (int)name + 1;
			definitions->list[kept++] = *definition;
		}
		begin = end;
	}
	definitions->first[definitions->name_count] = kept;
	definitions->count = kept;
	free(last);
}

static void want_bound_names(struct collector *c)
{
	c->wanted_count = c->set->names.count;
	c->wanted = xcalloc(c->wanted_count + 1, sizeof(*c->wanted));
	for (size_t i = 0; i < c->set->count; i++)
		c->wanted[c->set->list[i].symbol] = true;
}

/* Is there a table to be asked for?  ld.so's look-up knows the main program, libraries and itself.
 */
static bool has_table(const struct object *object)
{
	return object->kind != OBJECT_UNOPENED && object->reason != REASON_AUDIT;
}

void definitions_build(const struct recording *rec, struct bound_set *set,
		       struct symbol_provider *symbols, bool only_bound, struct definitions *ret)
{
	struct collector c = {.rec = rec, .set = set, .out = ret};

	*ret = (struct definitions){.object_count = rec->object_count};
	ret->source = xcalloc(rec->object_count + 1, sizeof(*ret->source));
	ret->exported = xcalloc(rec->object_count + 1, sizeof(*ret->exported));
	if (only_bound)
		want_bound_names(&c);
	for (size_t i = 0; symbols && i < rec->object_count; i++) {
		const struct symbol_table *table =
			has_table(&rec->objects[i]) ? symbols_of(symbols, (int)i) : NULL;

		if (!table)
			continue;
		ret->source[i] = (uint8_t)table->source;
		if (table->source >= SYMBOLS_FILE)
			collect_table(&c, (int)i, table);
	}
	collect_bound(&c);
	sort_by_name(ret, set->names.count);
	drop_repeated(ret);
	free(c.wanted);
}

void definitions_release(struct definitions *definitions)
{
	free(definitions->list);
	free(definitions->first);
	free(definitions->source);
	free(definitions->exported);
	*definitions = (struct definitions){0};
}

const struct definition *definitions_of(const struct definitions *definitions, uint32_t symbol,
					size_t *ret_count)
{
	*ret_count = 0;
	if (symbol >= definitions->name_count)
		return NULL;
	*ret_count = definitions->first[symbol + 1] - definitions->first[symbol];
	return *ret_count ? &definitions->list[definitions->first[symbol]] : NULL;
}

size_t definitions_inexact(const struct definitions *definitions, const struct recording *rec)
{
	size_t count = 0;

	for (size_t i = 0; i < definitions->object_count; i++)
		count += has_table(&rec->objects[i]) && rec->objects[i].kind != OBJECT_VDSO &&
			 definitions->source[i] < SYMBOLS_FILE;
	return count;
}

/* Is the address in a segment of this type, with this flag? */
static bool in_segment(const struct object *object, uint64_t value, uint32_t type, uint32_t flag)
{
	for (size_t i = 0; i < object->segment_count; i++) {
		const struct segment *segment = &object->segments[i];

		if (segment->type == type && (segment->flags & flag) == flag &&
		    value >= segment->vaddr && value - segment->vaddr < segment->memsz)
			return true;
	}
	return false;
}

bool definition_is_state(const struct recording *rec, const struct definition *definition)
{
	const struct object *object = &rec->objects[definition->object];

	if (definition->type == STT_TLS)
		return true;
	if (definition->type != STT_OBJECT && definition->type != STT_COMMON)
		return false;
	if (definition->bound || !object->segment_count)
		return true;
	return in_segment(object, definition->value, PT_LOAD, PF_W) &&
	       !in_segment(object, definition->value, PT_GNU_RELRO, 0);
}

bool definition_serves(const struct definition *definition, uint32_t version)
{
	if (definition->version == NAME_NONE || version == definition->version)
		return true;
	return version == NAME_NONE && definition->default_version;
}
