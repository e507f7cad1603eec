/*
 * bindings.c - each symbol and each binding once.
 */
#include <link.h>

#include "report/store/contents.h"

struct symbol_key {
	const struct contents *contents;
	uint32_t object, number;
};

static bool is_symbol(const void *context, uint32_t index)
{
	const struct symbol_key *key = context;
	const struct symbol *symbol = &key->contents->symbols[index];

	return symbol->object == key->object && symbol->number == key->number;
}

/* The symbol's index; it is added, without its facts, where it is not there. */
static uint32_t find_symbol(struct contents *contents, uint32_t object, uint32_t number)
{
	struct symbol_key key = {contents, object, number};
	uint64_t hash = hash_mix(0, (uint64_t)object << 32 | number);
	uint32_t index = index_table_find(&contents->symbols_by_place, hash, is_symbol, &key);

	if (index == INDEX_NONE) {
		struct symbol *symbol =
			GROW(contents->symbols, contents->symbol_count, contents->symbol_room);

		symbol->object = object;
		symbol->number = number;
		index = (uint32_t)(contents->symbol_count - 1);
		index_table_add(&contents->symbols_by_place, hash, index);
	}
	return index;
}

static const char *keep_name(struct contents *contents, struct spool_text text)
{
	return text.bytes ? arena_string(&contents->names, text.bytes,
					 strnlen(text.bytes, text.length))
			  : NULL;
}

void contents_add_symbol(struct contents *contents, const struct spool_item *item)
{
	const struct spool_symbol *fixed = &item->symbol.fixed;
	uint32_t index = find_symbol(contents, fixed->object, fixed->index); /* may move them */
	struct symbol *symbol = &contents->symbols[index];

	if (symbol->name) /* two threads may both have written it */
		return;
	symbol->name = keep_name(contents, item->symbol.name);
	symbol->version = keep_name(contents, item->symbol.version);
	symbol->value = fixed->value;
	symbol->size = fixed->size;
	symbol->info = fixed->info;
	symbol->other = fixed->other;
	symbol->versym = fixed->versym;
}

struct binding_key {
	const struct contents *contents;
	uint32_t from, symbol;
	bool dlsym;
};

static bool is_binding(const void *context, uint32_t index)
{
	const struct binding_key *key = context;
	const struct binding *binding = &key->contents->bindings[index];

	return binding->symbol == key->symbol && binding->from == key->from &&
	       ((binding->flags & LA_SYMB_DLSYM) != 0) == key->dlsym;
}

static void take_dlsym(struct contents *contents, uint64_t seq, const struct spool_binding *fixed,
		       uint32_t symbol)
{
	struct dlsym_binding *dlsym =
		GROW(contents->dlsym, contents->dlsym_count, contents->dlsym_room);

	dlsym->seq = seq;
	dlsym->from = (int)fixed->from; /* numbers; resolved when all objects are known */
	dlsym->to = (int)symbol;
}

void contents_add_binding(struct contents *contents, const struct spool_item *item)
{
	const struct spool_binding *fixed = &item->binding;
	uint32_t symbol = find_symbol(contents, fixed->to, fixed->symbol);
	struct binding_key key = {contents, fixed->from, symbol,
				  (fixed->flags & LA_SYMB_DLSYM) != 0};
	uint64_t hash = hash_mix(key.dlsym, (uint64_t)fixed->from << 32 | symbol);
	uint32_t index = index_table_find(&contents->bindings_by_ends, hash, is_binding, &key);

	if (key.dlsym)
		take_dlsym(contents, item->seq, fixed, symbol);
	if (index == INDEX_NONE) {
		struct binding *binding =
			GROW(contents->bindings, contents->binding_count, contents->binding_room);

		binding->seq = item->seq;
		binding->address = fixed->address;
		binding->from = fixed->from;
		binding->symbol = symbol;
		binding->flags = fixed->flags;
		index = (uint32_t)(contents->binding_count - 1);
		index_table_add(&contents->bindings_by_ends, hash, index);
	}
	contents->bindings[index].count++;
}
