/*
 * bindings.c - one list of bindings, from what la_symbind told and what the relocated slots hold.
 */
#include "report/store/bindings.h"

#include <elf.h>
#include <link.h>

#include "report/elf/elf.h"

const char *binding_kind_name(enum binding_kind kind)
{
	static const char *const names[] = {
		[BINDING_PLT] = "plt",   [BINDING_GOT] = "got", [BINDING_ABS] = "abs",
		[BINDING_COPY] = "copy", [BINDING_TLS] = "tls", [BINDING_DLSYM] = "dlsym",
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
};

static bool is_binding(const void *context, uint32_t index)
{
	const struct binding_key *key = context;
	const struct binding *binding = &key->contents->bindings[index];

	return binding->symbol == key->symbol && binding->from == key->from &&
	       binding->kind == key->kind;
}

/* The binding between these ends; added, with a count of 0, where it is not there. */
static struct binding *find_binding(struct contents *contents, uint32_t from, uint32_t symbol,
				    enum binding_kind kind, uint64_t seq)
{
	struct binding_key key = {contents, from, symbol, kind};
	uint64_t hash = hash_mix(kind, (uint64_t)from << 32 | symbol);
	uint32_t index = index_table_find(&contents->bindings_by_ends, hash, is_binding, &key);
	struct binding *binding;

	if (index != INDEX_NONE)
		return &contents->bindings[index];
	binding = GROW(contents->bindings, contents->binding_count, contents->binding_room);
	binding->seq = seq;
	binding->from = from;
	binding->symbol = symbol;
	binding->kind = kind;
	index_table_add(&contents->bindings_by_ends, hash, (uint32_t)(contents->binding_count - 1));
	return binding;
}

static void take_dlsym(struct contents *contents, uint64_t seq, uint32_t from, uint32_t symbol)
{
	struct dlsym_binding *dlsym =
		GROW(contents->dlsym, contents->dlsym_count, contents->dlsym_room);

	dlsym->seq = seq;
	dlsym->from = (int)from; /* numbers; resolved when all objects are known */
	dlsym->to = (int)symbol;
}

void bindings_take(struct contents *contents, const struct spool_item *item)
{
	const struct spool_binding *fixed = &item->binding;
	uint32_t symbol = find_symbol(contents, fixed->to, fixed->symbol);
	bool dlsym = (fixed->flags & LA_SYMB_DLSYM) != 0;
	struct binding *binding = find_binding(contents, fixed->from, symbol,
					       dlsym ? BINDING_DLSYM : BINDING_PLT, item->seq);

	if (dlsym)
		take_dlsym(contents, item->seq, fixed->from, symbol);
	if (binding->count == 0 || binding->relocation) {
		/* A slot may be bound after it was seen unbound or elsewhere: ld.so's word counts.
		 */
		binding->address = fixed->address;
		binding->flags = fixed->flags;
		binding->relocation = false;
		binding->bound = true;
	}
	binding->count++;
}

static void take_reference(struct contents *contents, uint64_t seq, uint32_t from,
			   const struct spool_reference *r, struct spool_texts *names)
{
	enum binding_kind kind = (enum binding_kind)r->kind; /* the enumerations are equal */
	uint32_t symbol = r->to ? find_symbol(contents, r->to, r->symbol)
				: find_symbol(contents, from, r->own);
	struct binding *binding = find_binding(contents, from, symbol, kind, seq);

	if (!r->to) {
		struct symbol *wanted = &contents->symbols[symbol];
		struct spool_text name = spool_texts_next(names);

		if (!wanted->name)
			wanted->name = keep_name(contents, name);
	}
	if (binding->count == 0) {
		binding->address = r->to ? r->address : 0;
		binding->flags = r->flags;
		binding->relocation = true;
		binding->bound = r->to != 0;
		binding->count = r->slots;
	}
	binding->version = version_of(contents, from, r->version);
	binding->versioned = true;
}

void bindings_take_references(struct contents *contents, struct spool_item *item)
{
	for (uint32_t i = 0; i < item->references.fixed.count; i++) {
		struct spool_reference r;

		memcpy(&r, item->references.entries + i * sizeof(r), sizeof(r));
		take_reference(contents, item->seq, item->references.fixed.from, &r,
			       &item->references.names);
	}
}

void bindings_take_unbound(struct contents *contents, const struct spool_item *item)
{
	uint32_t from = item->unbound.fixed.from;

	for (uint32_t i = 0; i < item->unbound.fixed.count; i++) {
		struct binding *binding;
		uint32_t own;

		memcpy(&own, item->unbound.symbols + i * sizeof(own), sizeof(own));
		binding = find_binding(contents, from, find_symbol(contents, from, own),
				       BINDING_PLT, item->seq);
		if (binding->count)
			continue;
		binding->count = 1;
		binding->relocation = true;
		binding->flags = SPOOL_REFERENCE_UNBOUND;
	}
}

/* --- conclusions --- */

/* What the file says about an object's own symbols. */
struct naming {
	struct contents *contents;
	uint32_t object;
};

static void name_symbol(uint32_t index, const char *name, const char *version, void *data)
{
	struct naming *naming = data;
	struct contents *contents = naming->contents;
	struct symbol_key key = {contents, naming->object, index};
	uint64_t hash = hash_mix(0, (uint64_t)naming->object << 32 | index);
	uint32_t found = index_table_find(&contents->symbols_by_place, hash, is_symbol, &key);
	struct symbol *symbol;

	if (found == INDEX_NONE)
		return;
	symbol = &contents->symbols[found];
	if (symbol->name)
		return;
	symbol->name = arena_string(&contents->names, name, strlen(name));
	if (version)
		symbol->version = arena_string(&contents->names, version, strlen(version));
}

static void name_from_files(struct contents *contents)
{
	AUTO_FREE bool *wanted = xcalloc(contents->rec.object_count + 1, sizeof(*wanted));

	for (size_t i = 0; i < contents->symbol_count; i++) {
		const struct symbol *symbol = &contents->symbols[i];
		int object = symbol->name ? NONE : contents_object(contents, symbol->object);

		if (object != NONE)
			wanted[object] = true;
	}
	for (size_t i = 0; i < contents->rec.object_count; i++) {
		const struct object *o = &contents->rec.objects[i];
		struct elf_identity identity = {o->real_path ? o->real_path : o->path,
						o->build_id,
						o->dev,
						o->ino,
						o->file_size,
						o->mtime_ns};
		struct naming naming = {contents, o->number};

		if (wanted[i] && o->has_file)
			elf_dynamic_symbols(&identity, name_symbol, &naming);
	}
}

/* PLT references by (object, name). */
struct reference_key {
	const struct contents *contents;
	uint32_t from;
	const char *name;
};

static bool is_reference(const void *context, uint32_t index)
{
	const struct reference_key *key = context;
	const struct binding *binding = &key->contents->bindings[index];
	const char *name = key->contents->symbols[binding->symbol].name;

	return binding->from == key->from && name && strcmp(name, key->name) == 0;
}

static uint64_t reference_hash(uint32_t from, const char *name)
{
	return hash_string(hash_mix(2, from), name);
}

/* Version of a lazy slot: from its SPOOL_REFERENCES entry, or from the file. */
static const char *wanted_version(const struct contents *contents, const struct binding *binding)
{
	return binding->versioned ? binding->version : contents->symbols[binding->symbol].version;
}

/* Lazy slots that were bound later are no longer unbound; they tell which version was asked for. */
static void settle_lazy(struct contents *contents)
{
	struct index_table lazy = {NULL, 0, 0};

	for (size_t i = 0; i < contents->binding_count; i++) {
		const struct binding *binding = &contents->bindings[i];
		const char *name = contents->symbols[binding->symbol].name;

		if (!binding->bound && binding->kind == BINDING_PLT && name)
			index_table_add(&lazy, reference_hash(binding->from, name), (uint32_t)i);
	}
	for (size_t i = 0; i < contents->binding_count; i++) {
		struct binding *binding = &contents->bindings[i];
		const char *name = contents->symbols[binding->symbol].name;
		struct reference_key key = {contents, binding->from, name};
		uint32_t found;

		if (!binding->bound || binding->kind != BINDING_PLT || !name)
			continue;
		found = index_table_find(&lazy, reference_hash(binding->from, name), is_reference,
					 &key);
		if (found == INDEX_NONE)
			continue;
		binding->version = wanted_version(contents, &contents->bindings[found]);
		binding->versioned = true;
		contents->bindings[found].count = 0;
	}
	index_table_release(&lazy);
}

/*
 * ld.so looks up the program's malloc family at the start, and an audited program's libc binds to
 * what ld.so offers for auditors: nothing that the program asked for.
 */
static bool is_internal(const struct contents *contents, const struct binding *binding,
			uint64_t preinit)
{
	const struct symbol *symbol = &contents->symbols[binding->symbol];
	int to = contents_object(contents, symbol->object);

	if (binding->kind == BINDING_DLSYM)
		return binding->seq < preinit;
	return to != NONE && contents->rec.objects[to].kind == OBJECT_LDSO && symbol->name &&
	       (strncmp(symbol->name, "_dl_audit_", 10) == 0 ||
		strcmp(symbol->name, "_dl_find_dso_for_object") == 0);
}

static uint64_t preinit_seq(const struct recording *rec)
{
	for (size_t i = 0; i < rec->activity_count; i++)
		if (rec->activities[i].kind == ACTIVITY_PREINIT)
			return rec->activities[i].seq;
	return 0; /* a forked child */
}

void bindings_conclude(struct contents *contents)
{
	uint64_t preinit = preinit_seq(&contents->rec);
	size_t kept = 0;

	name_from_files(contents);
	settle_lazy(contents);
	for (size_t i = 0; i < contents->binding_count; i++) {
		struct binding *binding = &contents->bindings[i];
		const struct symbol *symbol = &contents->symbols[binding->symbol];

		if (binding->count == 0)
			continue;
		binding->internal = is_internal(contents, binding, preinit);
		/* A PLT reference that the walk left out asks for just the version that it got. */
		if (!binding->versioned && (binding->kind != BINDING_DLSYM || binding->internal))
			binding->version = symbol->version;
		contents->bindings[kept++] = *binding;
	}
	contents->binding_count = kept;
}
