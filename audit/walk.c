/*
 * walk.c - one object's relocations, and the bindings that they tell.
 *
 * After ld.so has relocated an object, each slot holds what was chosen.  The slot's value leads to
 * the defining object, the name leads to the definition in it (lookup.c).  glibc
 * sysdeps/<machine>/dl-machine.h (elf_machine_rel, elf_machine_rela) and elf/do-rel.h.
 */
#include "audit/walk.h"

#include <elf.h>
#include <sys/mman.h>

#define BATCH 256         /* entries of one record */
#define AHEAD ((size_t)6) /* relocations */

/* What one walk uses is kept for the next. */
static struct {
	struct object *by_address[LIVE_MAX];
	uintptr_t ends[LIVE_MAX]; /* of the same: side by side, for the search */
	uint32_t object_count;
	unsigned char *scratch;
	size_t scratch_size;
} walker;

static void sort_by_address(struct object **objects, uint32_t count)
{
	/* Shell sort: libc's qsort may allocate. */
	for (uint32_t gap = count / 2; gap; gap /= 2)
		for (uint32_t i = gap; i < count; i++) {
			struct object *moving = objects[i];
			uint32_t j = i;

			for (; j >= gap && objects[j - gap]->start > moving->start; j -= gap)
				objects[j] = objects[j - gap];
			objects[j] = moving;
		}
}

/* An IFUNC of libc's may choose a function of the vDSO, to which ld.so binds nothing; and ld.so's
 * own entry in a dlmopen namespace only stands in for the one that is mapped (l_real). */
static bool is_bound_to_by_nobody(const struct object *object)
{
	return object->kind == SPOOL_OBJECT_VDSO ||
	       (object->kind == SPOOL_OBJECT_LDSO && object->name_space != LM_ID_BASE);
}

void walk_begin(size_t relocations)
{
	walker.object_count = objects_copy_live(walker.by_address, LIVE_MAX);
	for (uint32_t i = 0; i < walker.object_count; i++)
		if (is_bound_to_by_nobody(walker.by_address[i]))
			walker.by_address[i--] = walker.by_address[--walker.object_count];
	sort_by_address(walker.by_address, walker.object_count);
	for (uint32_t i = 0; i < walker.object_count; i++)
		walker.ends[i] = walker.by_address[i]->end;
	lookup_begin(relocations);
}

void walk_forget(void)
{
	/* It may have been replacing these; their memory is lost. */
	walker.scratch = NULL;
	walker.scratch_size = 0;
	lookup_forget();
}

static struct object *definer_at(struct walk *walk, uintptr_t address)
{
	uint32_t low = 0, high = walker.object_count;

	if (walk->recent && address >= walk->recent->start && address < walk->recent->end)
		return walk->recent;
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (walker.ends[middle] <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == walker.object_count || address < walker.by_address[low]->start)
		return NULL;
	return walk->recent = walker.by_address[low];
}

/* Put the tap's thunk into a slot that la_symbind could not redirect. */
static bool tap_slot(const struct object *object, uintptr_t slot, uintptr_t thunk)
{
	uintptr_t size = module.page_size, page = slot & ~(size - 1);
	bool read_only = slot >= object->relro_start && slot < object->relro_end;

	if (read_only && sys(SYS_mprotect, page, size, PROT_READ | PROT_WRITE) != 0)
		return false;
	__atomic_store_n((uintptr_t *)slot, thunk, __ATOMIC_RELAXED);
	if (read_only)
		sys(SYS_mprotect, page, size, PROT_READ);
	return true;
}

/* Pointers to dlopen and its family in data are equal to those in the GOT: all are redirected, or a
 * program that compares them would see it.  So are PLT slots that la_symbind was not told of. */
static bool redirect(const struct object *object, const struct object *definer, uint32_t kind,
		     const elf_reloc *reloc, const char *name, uintptr_t value)
{
	uintptr_t thunk;

	if (!definer || kind == SPOOL_REFERENCE_COPY || kind == SPOOL_REFERENCE_TLS ||
	    RELOC_TYPE(reloc) == ARCH_RELOC_PC || addends_of(object, reloc))
		return false;
	thunk = taps_redirect(definer, name, value);
	return thunk != value && tap_slot(object, object->bias + reloc->r_offset, thunk);
}

static struct entry *find_entry(const struct walk *walk, uint32_t own, uint32_t kind)
{
	for (uint32_t i = walk->first[own]; i; i = walk->entries[i - 1].next)
		if (walk->entries[i - 1].r.kind == kind)
			return &walk->entries[i - 1];
	return NULL;
}

static struct entry *entry_for(struct walk *walk, uint32_t own, uint32_t kind)
{
	struct entry *entry = find_entry(walk, own, kind);

	if (entry)
		return entry;
	if (walk->entry_count == walk->entry_room)
		return NULL;
	entry = &walk->entries[walk->entry_count++];
	memset(entry, 0, sizeof(*entry));
	entry->next = walk->first[own];
	walk->first[own] = walk->entry_count;
	entry->r.own = own;
	entry->r.kind = (uint16_t)kind;
	return entry;
}

static uint16_t version_of(const struct object *object, uint32_t symbol)
{
	return object->versyms ? ((const uint16_t *)object->versyms)[symbol] & 0x7fff : 0;
}

/* A JUMP_SLOT that la_symbind told of, where its version needs no correction. */
static bool already_told(const struct walk *walk, uint32_t own, const struct object *definer)
{
	if (module.silent_bind_now || definer->mixed ||
	    ARCH_BOUND_AT_LOAD((const ElfW(Sym) *)walk->object->symbols + own))
		return false;
	return (version_of(walk->object, own) >= 2) == (definer->versions != 0);
}

/* Does the slot hold what ld.so puts there?  Until then it holds nothing, or leads into the
 * object's own PLT. */
static bool is_relocated(uint32_t kind, const struct object *definer, uintptr_t slot)
{
	uintptr_t raw;

	memcpy(&raw, (const void *)slot, sizeof(raw));
	return kind == SPOOL_REFERENCE_PLT ? definer != NULL : raw != 0;
}

/* A lazy PLT slot that was not called through yet.  Told without a look at the symbol, whose page
 * may not be in memory: DT_GNU_HASH has undefined symbols first, and such a one can't be bound to
 * this very object. */
static bool walk_lazy(struct walk *walk, const elf_reloc *reloc)
{
	const struct object *object = walk->object;
	uint32_t own = RELOC_SYMBOL(reloc);
	uintptr_t slot = object->bias + reloc->r_offset, value;

	if (ARCH_RELOC_KIND(RELOC_TYPE(reloc)) != SPOOL_REFERENCE_PLT || !own ||
	    own >= walk->first_defined || slot < object->start ||
	    slot + sizeof(value) > object->end)
		return false;
	memcpy(&value, (const void *)slot, sizeof(value));
	if (value < object->start || value >= object->end)
		return false;
	if (!walk->dying && walk->unbound_count < object->symbol_limit)
		walk->unbound[walk->unbound_count++] = own;
	return true;
}

/* A JUMP_SLOT that la_symbind told of, most of those that are bound: told from its value and
 * version alone. */
static bool walk_told(struct walk *walk, const elf_reloc *reloc)
{
	const struct object *object = walk->object, *definer;
	uint32_t own = RELOC_SYMBOL(reloc);
	uintptr_t slot = object->bias + reloc->r_offset, value;

	if (ARCH_RELOC_KIND(RELOC_TYPE(reloc)) != SPOOL_REFERENCE_PLT || !own ||
	    own >= object->symbol_limit || slot < object->start ||
	    slot + sizeof(value) > object->end)
		return false;
	memcpy(&value, (const void *)slot, sizeof(value));
	if (value >= module.base && value < module.end)
		return true; /* a thunk */
	definer = definer_at(walk, value);
	return definer && definer != object && already_told(walk, own, definer);
}

/* ---- IFUNCs of the object's own ---- */

static void write_own_ifuncs(struct walk *walk)
{
	if (walk->own_ifunc_count)
		walk_write_references(walk, walk->own_ifuncs, sizeof(walk->own_ifuncs[0]),
				      walk->own_ifunc_count);
	walk->own_ifunc_count = 0;
}

static void walk_irelative(struct walk *walk, const elf_reloc *reloc)
{
	const struct object *object = walk->object, *chosen;
	uintptr_t slot = object->bias + reloc->r_offset, value;
	uintptr_t resolver = addends_of(object, reloc);

	/* The resolver of an IFUNC of ld.so's own is not known where addends are overwritten. */
	if (slot < object->start || slot + sizeof(value) > object->end || resolver > INT32_MAX ||
	    !resolver)
		return;
	memcpy(&value, (const void *)slot, sizeof(value));
	chosen = value ? objects_at(value) : NULL; /* may be the vDSO */
	if (!chosen && walk->dying)
		return; /* maybe never relocated */
	if (walk->own_ifunc_count == IRELATIVE_BATCH)
		write_own_ifuncs(walk);
	walk->own_ifuncs[walk->own_ifunc_count++] = (struct spool_reference){
		.to = chosen ? chosen->number : 0,
		.own = (uint32_t)resolver,
		.kind = SPOOL_REFERENCE_IRELATIVE,
		.slots = 1,
		.flags = SPOOL_REFERENCE_IFUNC | (chosen ? 0 : SPOOL_REFERENCE_UNBOUND),
		.address = value,
	};
}

static void walk_one(struct walk *walk, const elf_reloc *reloc)
{
	struct object *object = walk->object;
	uint32_t own = RELOC_SYMBOL(reloc);
	uint32_t kind = ARCH_RELOC_KIND(RELOC_TYPE(reloc));
	const ElfW(Sym) *symbol = (const ElfW(Sym) *)object->symbols + own;
	uintptr_t slot = object->bias + reloc->r_offset, value = 0;
	struct object *definer = NULL;
	struct entry *entry;
	uint16_t version;
	const char *name;

	/* The same symbol, the same answer: in tables of virtual functions again and again. */
	if (kind && kind != SPOOL_REFERENCE_PLT && own && own < object->symbol_limit) {
		entry = find_entry(walk, own, kind);
		if (entry && entry->settled) {
			entry->r.slots++;
			return;
		}
	}
	/* Local symbols and those that bind locally are not looked up (RESOLVE_MAP). */
	if (!own && RELOC_TYPE(reloc) == ARCH_RELOC_IRELATIVE)
		walk_irelative(walk, reloc);
	else if (!own)
		lookup_note_module(object, reloc);
	if (!kind || !own || own >= object->symbol_limit || slot < object->start ||
	    slot + sizeof(value) > object->end || symbol->st_name >= object->string_size ||
	    ELF64_ST_BIND(symbol->st_info) == STB_LOCAL ||
	    ELF64_ST_VISIBILITY(symbol->st_other) == STV_HIDDEN ||
	    ELF64_ST_VISIBILITY(symbol->st_other) == STV_INTERNAL)
		return;
	name = (const char *)object->strings + symbol->st_name;
	version = version_of(object, own);
	if (kind != SPOOL_REFERENCE_TLS && kind != SPOOL_REFERENCE_COPY) {
		memcpy(&value, (const void *)slot, sizeof(value));
		if (kind == SPOOL_REFERENCE_ABS)
			value -= addends_of(object, reloc);
		if (RELOC_TYPE(reloc) == ARCH_RELOC_PC)
			value += slot;
		definer = value ? definer_at(walk, value) : NULL;
	}
	if (kind == SPOOL_REFERENCE_PLT && value) {
		bool self = definer == object && symbol->st_shndx != SHN_UNDEF &&
			    object->bias + symbol->st_value == value;

		if (definer == object && !self) {
			struct spool_reference unused = {.kind = SPOOL_REFERENCE_PLT};

			/* Into its own PLT: not bound yet. */
			if (symbol->st_shndx == SHN_UNDEF ||
			    !lookup_at(object, definer, name, value, &unused))
				definer = NULL, value = 0;
		}
		if (definer && already_told(walk, own, definer))
			return;
	}
	if (walk->dying && !is_relocated(kind, definer, slot))
		return;
	entry = entry_for(walk, own, kind);
	if (!entry)
		return;
	if (redirect(object, definer, kind, reloc, name, value))
		entry->r.flags |= SPOOL_REFERENCE_TAPPED;
	if (entry->r.slots++)
		return; /* the same symbol: the same answer */
	entry->settled = !taps_know(name);
	entry->r.version = version;
	entry->r.address = value;
	if (ELF64_ST_BIND(symbol->st_info) == STB_WEAK)
		entry->r.flags |= SPOOL_REFERENCE_WEAK;
	if (!definer && !value && kind != SPOOL_REFERENCE_TLS && kind != SPOOL_REFERENCE_COPY) {
		entry->r.flags |= SPOOL_REFERENCE_UNBOUND;
		return;
	}
	if (!(definer && lookup_at(object, definer, name, value, &entry->r)) &&
	    !((value || kind == SPOOL_REFERENCE_TLS || kind == SPOOL_REFERENCE_COPY) &&
	      lookup_by_name(object, name, reloc, &entry->r)))
		entry->r.flags |= SPOOL_REFERENCE_UNBOUND;
}

static bool scratch_for(struct walk *walk)
{
	size_t symbols = walk->object->symbol_limit;
	size_t indexes = (2 * symbols * sizeof(uint32_t) + 7) & ~(size_t)7;
	size_t wanted = indexes + 2 * symbols * sizeof(struct entry);
	const uint32_t *hash = (const uint32_t *)walk->object->gnu_hash;

	if (wanted > walker.scratch_size) {
		size_t size = (wanted * 2 + 4095) & ~(size_t)4095;
		long map = sys(ARCH_SYS_mmap, 0, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (map < 0 && map > -4096)
			return false;
		if (walker.scratch)
			sys(SYS_munmap, walker.scratch, walker.scratch_size);
		walker.scratch = (unsigned char *)map;
		walker.scratch_size = size;
	}
	walk->first = (uint32_t *)walker.scratch;
	memset(walk->first, 0, symbols * sizeof(uint32_t));
	walk->unbound = walk->first + symbols;
	walk->first_defined = hash ? hash[1] : 0;
	walk->entries = (struct entry *)(walker.scratch + indexes);
	walk->entry_room = (uint32_t)(2 * symbols) - 1;
	return true;
}

/* What the relocations to come refer to is seldom in the processor's caches: ask for symbols first,
 * then, when they have come, for names and for what is known of the slots' values. */
static void look_ahead(const struct object *object, const elf_reloc *reloc, size_t i, size_t count)
{
	const ElfW(Sym) *symbols = (const ElfW(Sym) *)object->symbols;
	uintptr_t slot, value;
	uint32_t own;

	if (i + 2 * AHEAD < count) {
		own = RELOC_SYMBOL(&reloc[i + 2 * AHEAD]);
		__builtin_prefetch(&symbols[own]);
		__builtin_prefetch((const uint16_t *)object->versyms + own);
	}
	if (i + AHEAD >= count)
		return;
	reloc += i + AHEAD;
	own = RELOC_SYMBOL(reloc);
	slot = object->bias + reloc->r_offset;
	/* Only where ld.so has written is there surely memory. */
	if (!ARCH_RELOC_KIND(RELOC_TYPE(reloc)) || own >= object->symbol_limit ||
	    slot < object->start || slot + sizeof(value) > object->end)
		return;
	__builtin_prefetch((const char *)object->strings + symbols[own].st_name);
	memcpy(&value, (const void *)slot, sizeof(value));
	lookup_prefetch(value - addends_of(object, reloc));
}

void walk_object(struct object *object, bool dying)
{
	struct walk walk = {.object = object, .dying = dying};
	uint32_t pending = WALK_PENDING;

	if (object->kind == SPOOL_OBJECT_VDSO || !object->symbol_limit ||
	    !atomic_compare_exchange_strong(&object->walk, &pending, WALK_BUSY))
		return;
	if (!scratch_for(&walk)) {
		writer_lost(&module.writer, SPOOL_LOST_NO_MEMORY);
	} else {
		const elf_reloc *reloc = (const elf_reloc *)object->relocations;

		for (size_t i = object->relative_count; reloc && i < object->relocation_count;
		     i++) {
			look_ahead(object, reloc, i, object->relocation_count);
			walk_one(&walk, &reloc[i]);
		}
		reloc = (const elf_reloc *)object->plt_relocations;
		for (size_t i = 0; reloc && i < object->plt_relocation_count; i++)
			if (!walk_lazy(&walk, &reloc[i]) && !walk_told(&walk, &reloc[i]))
				walk_one(&walk, &reloc[i]);
		walk_write_unbound(&walk);
		if (walk.entry_count)
			walk_write_versions(object);
		for (uint32_t i = 0; i < walk.entry_count; i += BATCH)
			walk_write_references(&walk, &walk.entries[i], sizeof(walk.entries[i]),
					      walk.entry_count - i < BATCH ? walk.entry_count - i
									   : BATCH);
		write_own_ifuncs(&walk);
	}
	atomic_store(&object->walk, WALK_DONE);
}
