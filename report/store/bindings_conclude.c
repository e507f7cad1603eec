/*
 * bindings_conclude.c - what is known of bindings only when all records are read: which lazy slots
 * were bound after all, and which versions references ask for.
 */
#include <elf.h>

#include "report/elf/elf.h"
#include "report/store/bindings.h"

/* PLT references by (object, name). */
struct reference_key {
	const struct contents *contents;
	uint32_t from;
	const char *name, *version; /* of the definition */
	bool exact;
};

static uint64_t reference_hash(uint32_t from, const char *name)
{
	return hash_string(hash_mix(2, from), name);
}

/* What is wanted of an object's file. */
struct wanted {
	uint32_t first, end; /* symbols without a name are among these */
	bool resolvers;      /* names of IFUNCs by their resolvers */
	bool versions;       /* that references ask for */
};

/* What the file says about an object's own symbols. */
struct naming {
	struct contents *contents;
	uint32_t object;
	const struct index_table *asked; /* bindings by (from, name) whose version is not known */
	const struct wanted *wanted;
};

static void name_symbol(const struct naming *naming, uint32_t index, const char *name,
			const char *version)
{
	struct contents *contents = naming->contents;
	struct symbol *symbol = bindings_symbol(contents, naming->object, index);

	if (!symbol || symbol->name)
		return;
	symbol->name = arena_string(&contents->names, name, strlen(name));
	if (version)
		symbol->version = arena_string(&contents->names, version, strlen(version));
}

static bool is_asked(const void *context, uint32_t index)
{
	const struct reference_key *key = context;
	const struct binding *binding = &key->contents->bindings[index];

	return binding->from == key->from &&
	       strcmp(key->contents->symbols[binding->symbol].name, key->name) == 0;
}

/* The object refers to `name` with this version: which binding may that be? */
static void version_binding(const struct naming *naming, const char *name, const char *version)
{
	struct contents *contents = naming->contents;
	struct reference_key key = {.contents = contents, .from = naming->object, .name = name};
	uint32_t found = index_table_find(naming->asked, reference_hash(naming->object, name),
					  is_asked, &key);
	struct binding *binding;
	const char *got;

	if (found == INDEX_NONE)
		return;
	binding = &contents->bindings[found];
	got = contents->symbols[binding->symbol].version;
	if (!bindings_same_version(version, got) && (binding->versioned || (version && got)))
		return;
	binding->version =
		version ? arena_string(&contents->names, version, strlen(version)) : NULL;
	binding->versioned = true;
}

static void read_symbol(uint32_t index, const char *name, const char *version, uint64_t resolver,
			void *data)
{
	const struct naming *naming = data;
	const struct wanted *wanted = naming->wanted;

	if (index >= wanted->first && index < wanted->end)
		name_symbol(naming, index, name, version);
	if (resolver && resolver <= INT32_MAX)
		name_symbol(naming, NUMBER_OF_RESOLVER((uint32_t)resolver), name, version);
	if (wanted->versions)
		version_binding(naming, name, version);
}

/* No version table; where there is no hash table either, the object's headers were not read. */
static bool asks_for_none(const struct object *from)
{
	return from->elf_flags & (SPOOL_ELF_GNU_HASH | SPOOL_ELF_SYSV_HASH) &&
	       !(from->elf_flags & SPOOL_ELF_VERSYM);
}

/*
 * Bindings of objects that nobody walked: a forked child's, whose parent did, or those of a process
 * that ended too early.
 */
static void collect_asked(struct contents *contents, struct wanted *wanted,
			  struct index_table *asked)
{
	AUTO_FREE bool *walked = xcalloc(contents->rec.object_count + 1, sizeof(*walked));

	for (size_t i = 0; i < contents->binding_count; i++) {
		const struct binding *binding = &contents->bindings[i];
		int from = contents_object(contents, binding->from);

		if (from != NONE && binding->relocation)
			walked[from] = true;
	}
	for (size_t i = 0; i < contents->binding_count; i++) {
		struct binding *binding = &contents->bindings[i];
		const char *name = contents->symbols[binding->symbol].name;
		int from = contents_object(contents, binding->from);

		if (from == NONE || walked[from] || binding->kind != BINDING_PLT ||
		    binding->versioned || !name)
			continue;
		if (asks_for_none(&contents->rec.objects[from])) {
			binding->versioned = true;
			continue;
		}
		wanted[from].versions = true;
		index_table_add(asked, reference_hash(binding->from, name), (uint32_t)i);
	}
}

static void want_symbol(struct wanted *wanted, uint32_t number)
{
	if ((int32_t)number < 0) { /* see NUMBER_OF_RESOLVER */
		wanted->resolvers = true;
		return;
	}
	if (wanted->end == 0 || number < wanted->first)
		wanted->first = number;
	if (number >= wanted->end)
		wanted->end = number + 1;
}

static void read_files(struct contents *contents)
{
	AUTO_FREE struct wanted *wanted = xcalloc(contents->rec.object_count + 1, sizeof(*wanted));
	struct index_table asked = {NULL, 0, 0};

	for (size_t i = 0; i < contents->symbol_count; i++) {
		const struct symbol *symbol = &contents->symbols[i];
		int object = symbol->name ? NONE : contents_object(contents, symbol->object);

		if (object != NONE)
			want_symbol(&wanted[object], symbol->number);
	}
	collect_asked(contents, wanted, &asked);
	for (size_t i = 0; i < contents->rec.object_count; i++) {
		const struct object *o = &contents->rec.objects[i];
		struct elf_identity identity = {o->real_path ? o->real_path : o->path,
						o->build_id,
						o->dev,
						o->ino,
						o->file_size,
						o->mtime_ns};
		struct naming naming = {contents, o->number, &asked, &wanted[i]};
		bool all = wanted[i].resolvers || wanted[i].versions; /* may be anywhere */
		uint32_t first = all ? 1 : wanted[i].first;
		uint32_t end = all ? UINT32_MAX : wanted[i].end;

		if (first < end && o->has_file)
			elf_dynamic_symbols(&identity, first, end, read_symbol, &naming);
	}
	index_table_release(&asked);
}

/* Version of a lazy slot: from its SPOOL_REFERENCES entry, or from the file. */
static const char *wanted_version(const struct contents *contents, const struct binding *binding)
{
	return binding->versioned ? binding->version : contents->symbols[binding->symbol].version;
}

/* A slot that may have been bound to this definition.  With versions on one side only they do not
 * count: glibc elf/dl-lookup.c (check_match). */
static bool is_reference(const void *context, uint32_t index)
{
	const struct reference_key *key = context;
	const struct binding *binding = &key->contents->bindings[index];
	const char *version = wanted_version(key->contents, binding);

	return !binding->bound && binding->count && binding->from == key->from &&
	       strcmp(key->contents->symbols[binding->symbol].name, key->name) == 0 &&
	       (bindings_same_version(version, key->version) ||
		(!key->exact && (!version || !key->version)));
}

/* The lazy slot that was bound to this definition, or NULL; `told`: with any version. */
static struct binding *find_lazy(struct contents *contents, const struct index_table *lazy,
				 const struct binding *binding, bool told)
{
	const struct symbol *symbol = &contents->symbols[binding->symbol];
	struct reference_key key = {contents, binding->from, symbol->name,
				    told ? symbol->version : binding->version, true};
	uint64_t hash = reference_hash(binding->from, symbol->name);
	uint32_t found = index_table_find(lazy, hash, is_reference, &key);

	if (found == INDEX_NONE && told) {
		key.exact = false;
		found = index_table_find(lazy, hash, is_reference, &key);
	}
	return found == INDEX_NONE ? NULL : &contents->bindings[found];
}

static void settle_one(struct contents *contents, const struct index_table *lazy,
		       struct binding *binding)
{
	struct binding *slot = find_lazy(contents, lazy, binding, !binding->versioned);

	if (!slot)
		return;
	if (!binding->versioned) {
		binding->version = wanted_version(contents, slot);
		binding->versioned = true;
	}
	slot->count = 0;
	while (!binding->relocation && binding->count > 1 &&
	       (slot = find_lazy(contents, lazy, binding, true))) {
		slot->version = wanted_version(contents, slot);
		slot->versioned = true;
		bindings_split(binding, slot, 1);
	}
}

/*
 * Lazy slots that were bound later are no longer unbound; they tell which version was asked for.
 * Slots that ask for different versions of a name may share one definition, when that has no
 * version: each of its look-ups stands for one of them.
 */
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

		if (binding->bound && binding->count && binding->kind == BINDING_PLT &&
		    contents->symbols[binding->symbol].name)
			settle_one(contents, &lazy, binding);
	}
	index_table_release(&lazy);
}

/* Nothing that the program asked for.  An audited program's libc binds to what ld.so offers for
 * auditors. */
static bool is_internal(const struct contents *contents, const struct binding *binding)
{
	const struct symbol *symbol = &contents->symbols[binding->symbol];
	int to = contents_object(contents, symbol->object);

	if (binding->kind == BINDING_DLSYM)
		return binding->early;
	return to != NONE && contents->rec.objects[to].kind == OBJECT_LDSO && symbol->name &&
	       (strncmp(symbol->name, "_dl_audit_", 10) == 0 ||
		strcmp(symbol->name, "_dl_find_dso_for_object") == 0);
}

/* The version that ld.so's own look-ups ask for, whatever they find: the ABI's first, glibc
 * elf/dl-minimal.c (__rtld_malloc_init_real). */
static const char *internal_version(const struct contents *contents, const char *found)
{
	if (found)
		return found;
	switch (contents->rec.machine) {
	case EM_X86_64:
		return "GLIBC_2.2.5";
	case EM_386:
		return "GLIBC_2.0";
	case EM_AARCH64:
		return "GLIBC_2.17";
	default:
		return NULL;
	}
}

static int compare_seqs(const void *a, const void *b)
{
	const struct binding *x = a, *y = b;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return (x->symbol > y->symbol) - (x->symbol < y->symbol);
}

/* Only those of which a part was split off are out of order. */
static void sort_bindings(struct contents *contents)
{
	struct binding *bindings = contents->bindings;

	for (size_t i = 1; i < contents->binding_count; i++)
		if (bindings[i].seq < bindings[i - 1].seq)
			return qsort(bindings, contents->binding_count, sizeof(*bindings),
				     compare_seqs);
}

void bindings_conclude(struct contents *contents)
{
	size_t kept = 0;

	read_files(contents);
	settle_lazy(contents);
	for (size_t i = 0; i < contents->binding_count; i++) {
		struct binding *binding = &contents->bindings[i];
		const struct symbol *symbol = &contents->symbols[binding->symbol];

		if (binding->count == 0)
			continue;
		binding->internal = is_internal(contents, binding);
		/* A PLT reference that the walk left out asks for just the version that it got. */
		if (!binding->versioned && binding->kind != BINDING_DLSYM)
			binding->version = symbol->version;
		else if (binding->internal && binding->kind == BINDING_DLSYM)
			binding->version = internal_version(contents, symbol->version);
		contents->bindings[kept++] = *binding;
	}
	contents->binding_count = kept;
	sort_bindings(contents);
}
