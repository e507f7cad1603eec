/*
 * bindings.c - one list of bindings, from what la_symbind told and what the relocated slots hold.
 */
#include "report/store/bindings.h"

#include <link.h>

const char *binding_kind_name(enum binding_kind kind)
{
	static const char *const names[] = {
		[BINDING_PLT] = "plt",     [BINDING_GOT] = "got", [BINDING_ABS] = "abs",
		[BINDING_COPY] = "copy",   [BINDING_TLS] = "tls", [BINDING_IRELATIVE] = "irelative",
		[BINDING_DLSYM] = "dlsym",
	};

	return names[kind];
}

/* --- symbols by place --- */

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

struct symbol *bindings_symbol(struct contents *contents, uint32_t object, uint32_t number)
{
	struct symbol_key key = {contents, object, number};
	uint64_t hash = hash_mix(0, (uint64_t)object << 32 | number);
	uint32_t index = index_table_find(&contents->symbols_by_place, hash, is_symbol, &key);

	return index == INDEX_NONE ? NULL : &contents->symbols[index];
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

void bindings_take_symbol(struct contents *contents, const struct spool_item *item)
{
	const struct spool_symbol *fixed = &item->symbol.fixed;
	uint32_t index = find_symbol(contents, fixed->object, fixed->index); /* may move them */
	struct symbol *symbol = &contents->symbols[index];

	if (symbol->defined) /* two threads may both have written it */
		return;
	symbol->name = keep_name(contents, item->symbol.name);
	symbol->version = keep_name(contents, item->symbol.version);
	symbol->value = fixed->value;
	symbol->size = fixed->size;
	symbol->info = fixed->info;
	symbol->other = fixed->other;
	symbol->versym = fixed->versym;
	symbol->defined = true;
}

/* --- versions by place --- */

static bool is_version(const void *context, uint32_t index)
{
	const struct symbol_key *key = context;
	const struct version_name *version = &key->contents->versions[index];

	return version->object == key->object && version->index == key->number;
}

static uint64_t version_hash(uint32_t object, uint32_t index)
{
	return hash_mix(1, (uint64_t)object << 32 | index);
}

void bindings_take_versions(struct contents *contents, struct spool_item *item)
{
	uint32_t object = item->versions.fixed.object;

	while (item->versions.names.count) {
		uint32_t index;
		struct spool_text name = spool_names_next(&item->versions.names, &index);
		struct version_name *version =
			GROW(contents->versions, contents->version_count, contents->version_room);

		*version = (struct version_name){object, index, keep_name(contents, name)};
		index_table_add(&contents->versions_by_place, version_hash(object, index),
				(uint32_t)(contents->version_count - 1));
	}
}

static const char *version_of(const struct contents *contents, uint32_t object, uint32_t index)
{
	struct symbol_key key = {contents, object, index};
	uint32_t found;

	if (index < 2) /* local, or global without a version */
		return NULL;
	found = index_table_find(&contents->versions_by_place, version_hash(object, index),
				 is_version, &key);
	return found == INDEX_NONE ? NULL : contents->versions[found].name;
}

/* --- bindings by their ends --- */

struct binding_key {
	const struct contents *contents;
	uint32_t from, symbol;
	enum binding_kind kind;
	bool versioned; /* only one that asks for `version`, or of which that is not known */
	bool early;
	const char *version;
};

bool bindings_same_version(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_binding(const void *context, uint32_t index)
{
	const struct binding_key *key = context;
	const struct binding *binding = &key->contents->bindings[index];

	return binding->symbol == key->symbol && binding->from == key->from &&
	       binding->kind == key->kind && binding->early == key->early &&
	       (!key->versioned || !binding->versioned ||
		bindings_same_version(binding->version, key->version));
}

static uint64_t binding_hash(const struct binding_key *key)
{
	return hash_mix(key->kind, (uint64_t)key->from << 32 | key->symbol);
}

static struct binding *add_binding(struct contents *contents, const struct binding_key *key,
				   uint64_t seq)
{
	struct binding *binding =
		GROW(contents->bindings, contents->binding_count, contents->binding_room);

	binding->seq = seq;
	binding->from = key->from;
	binding->symbol = key->symbol;
	binding->kind = key->kind;
	binding->version = key->version;
	binding->versioned = key->versioned;
	binding->early = key->early;
	index_table_add(&contents->bindings_by_ends, binding_hash(key),
			(uint32_t)(contents->binding_count - 1));
	return binding;
}

/* The binding between these ends; added, with a count of 0, where it is not there. */
static struct binding *find_binding(struct contents *contents, const struct binding_key *key,
				    uint64_t seq)
{
	uint32_t index =
		index_table_find(&contents->bindings_by_ends, binding_hash(key), is_binding, key);

	return index != INDEX_NONE ? &contents->bindings[index] : add_binding(contents, key, seq);
}

static void take_dlsym(struct contents *contents, uint64_t seq, uint32_t from, uint32_t symbol)
{
	struct dlsym_binding *dlsym =
		GROW(contents->dlsym, contents->dlsym_count, contents->dlsym_room);

	dlsym->seq = seq;
	dlsym->from = (int)from; /* numbers; resolved when all objects are known */
	dlsym->to = (int)symbol;
}

/* A lazy slot is bound to its object's own definition, which it was noted with: it has a place of
 * its own in the history from here on. */
static struct binding *bind_lazy(struct contents *contents, const struct binding_key *key,
				 struct binding *slot, uint64_t seq)
{
	slot->count = 0;
	slot->kind = BINDING_NONE; /* is not found any more */
	return add_binding(contents, key, seq);
}

/*
 * ld.so looks up the malloc family for itself, in the program's name and before the program starts;
 * code that ld.so calls by then, such as a malloc of the program's, may look up something too.
 */
static bool is_early_malloc(const struct contents *contents, uint32_t from, uint32_t symbol)
{
	static const char *const names[] = {"calloc", "free", "malloc", "realloc"};
	const char *name = contents->symbols[symbol].name;
	int object = contents->begun || !name ? NONE : contents_object(contents, from);

	if (object == NONE || contents->rec.objects[object].kind != OBJECT_MAIN)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void bindings_take(struct contents *contents, const struct spool_item *item)
{
	const struct spool_binding *fixed = &item->binding;
	uint32_t symbol = find_symbol(contents, fixed->to, fixed->symbol);
	bool dlsym = (fixed->flags & LA_SYMB_DLSYM) != 0;
	/* What ld.so looks up for itself, in the program's name, the program may look up, too. */
	struct binding_key key = {.contents = contents,
				  .early = dlsym && is_early_malloc(contents, fixed->from, symbol),
				  .from = fixed->from,
				  .symbol = symbol,
				  .kind = dlsym ? BINDING_DLSYM : BINDING_PLT};
	struct binding *binding = find_binding(contents, &key, item->seq);

	if (binding->count && !binding->bound)
		binding = bind_lazy(contents, &key, binding, item->seq);
	if (dlsym)
		take_dlsym(contents, item->seq, fixed->from, symbol);
	if (binding->count == 0 || binding->relocation) {
		/* ld.so's word counts, also where another thread saw the slot before it was told.
		 */
		binding->address = fixed->address;
		binding->flags = fixed->flags;
		binding->count += !binding->relocation;
		binding->relocation = false;
		binding->bound = true;
	} else {
		binding->count++;
	}
}

bool bindings_split(struct binding *told, struct binding *part, uint64_t count)
{
	if (!told->bound || told->relocation || told->count <= count)
		return false;
	told->count -= count;
	part->seq = told->seq;
	part->symbol = told->symbol;
	part->address = told->address;
	part->flags = told->flags;
	part->bound = true;
	part->relocation = false;
	part->count = count;
	return true;
}

/* A reference that asks for another version than those with the same ends. */
static struct binding *add_version(struct contents *contents, struct binding_key *key, uint64_t seq,
				   uint32_t slots)
{
	struct binding *binding;
	uint32_t other;

	key->versioned = false;
	other = index_table_find(&contents->bindings_by_ends, binding_hash(key), is_binding, key);
	key->versioned = true;
	binding = add_binding(contents, key, seq);
	if (other != INDEX_NONE)
		bindings_split(&contents->bindings[other], binding, slots);
	return binding;
}

static void take_reference(struct contents *contents, uint64_t seq, uint32_t from,
			   const struct spool_reference *r, struct spool_texts *names)
{
	struct binding_key key = {.contents = contents,
				  .from = from,
				  .symbol = r->to ? find_symbol(contents, r->to, r->symbol)
						  : find_symbol(contents, from, r->own),
				  .kind = (enum binding_kind)r->kind, /* equal enumerations */
				  .versioned = true,
				  .version = version_of(contents, from, r->version)};
	struct binding *binding;
	uint32_t index;

	if (!r->to) {
		struct symbol *wanted = &contents->symbols[key.symbol];
		struct spool_text name = spool_texts_next(names);

		if (!wanted->name)
			wanted->name = keep_name(contents, name);
	}
	index = index_table_find(&contents->bindings_by_ends, binding_hash(&key), is_binding, &key);
	binding = index != INDEX_NONE ? &contents->bindings[index]
				      : add_version(contents, &key, seq, r->slots);
	if (binding->count == 0) {
		binding->address = r->to ? r->address : 0;
		binding->flags = r->flags;
		binding->relocation = true;
		binding->bound = r->to != 0;
		binding->count = r->slots;
	}
	binding->version = key.version;
	binding->versioned = true;
}

/* The IFUNC has no name, unless bindings_conclude() finds one in the file. */
static void take_irelative(struct contents *contents, uint64_t seq, uint32_t from,
			   const struct spool_reference *r)
{
	uint32_t number = NUMBER_OF_RESOLVER(r->own);
	struct binding_key key = {.contents = contents,
				  .from = from,
				  .symbol = find_symbol(contents, from, number),
				  .kind = BINDING_IRELATIVE,
				  .versioned = true};
	struct symbol *symbol = &contents->symbols[key.symbol];
	struct binding *binding = find_binding(contents, &key, seq);

	if (!symbol->defined) {
		symbol->value = r->own;
		symbol->info = ELF64_ST_INFO(STB_LOCAL, STT_GNU_IFUNC);
		symbol->defined = true;
	}
	if (binding->count == 0) {
		binding->address = r->address;
		binding->flags = r->flags;
		binding->relocation = true;
		binding->chosen = r->to;
		binding->bound = r->to != 0;
	}
	binding->count += r->slots;
}

void bindings_take_references(struct contents *contents, struct spool_item *item)
{
	for (uint32_t i = 0; i < item->references.fixed.count; i++) {
		struct spool_reference r;

		memcpy(&r, item->references.entries + i * sizeof(r), sizeof(r));
		if (r.kind != SPOOL_REFERENCE_IRELATIVE)
			take_reference(contents, item->seq, item->references.fixed.from, &r,
				       &item->references.names);
		else
			take_irelative(contents, item->seq, item->references.fixed.from, &r);
		if (r.kind == SPOOL_REFERENCE_IRELATIVE && !r.to)
			spool_texts_next(&item->references.names); /* has none */
	}
}

void bindings_take_unbound(struct contents *contents, const struct spool_item *item)
{
	uint32_t from = item->unbound.fixed.from;

	for (uint32_t i = 0; i < item->unbound.fixed.count; i++) {
		struct binding_key key = {.contents = contents, .from = from, .kind = BINDING_PLT};
		struct binding *binding;
		uint32_t own;

		memcpy(&own, item->unbound.symbols + i * sizeof(own), sizeof(own));
		key.symbol = find_symbol(contents, from, own);
		binding = find_binding(contents, &key, item->seq);
		if (binding->count)
			continue;
		binding->count = 1;
		binding->relocation = true;
		binding->flags = SPOOL_REFERENCE_UNBOUND;
	}
}
