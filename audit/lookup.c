/*
 * lookup.c - the definition behind a relocated slot.
 *
 * Most slots hold an address: it leads to the definer, the name to the definition in it.  A COPY
 * relocation's slot is the copy, and TLS slots hold offsets and module numbers: there the definer
 * is looked up by name, in the order in which ld.so would.  glibc elf/dl-lookup.c.
 */
#include "audit/module.h"

#include <elf.h>
#include <sys/mman.h>

/* Places of the table of known definitions, as binary logarithms. */
#define KNOWN_BITS_MIN 8
#define KNOWN_BITS_MAX 16

/*
 * The only definition of its name in its object, found by its address: other references to that
 * address need no search.  The name's hash stands for the name, which would have to be read from
 * memory that is in no cache.
 */
struct known {
	uintptr_t address;
	uint32_t hash;
	uint32_t object, symbol; /* numbers; an object's is never given again, so that what is known
				    of one that was closed is never found */
};

/* Direct mapped.  For the one that walks. */
static struct known *known;
static uint32_t known_bits;

void lookup_begin(size_t relocations)
{
	uint32_t bits = KNOWN_BITS_MIN;
	long map;

	while (bits < KNOWN_BITS_MAX && (size_t)2 << bits < relocations)
		bits++;
	if (known && bits <= known_bits)
		return;
	/* Nearly all of it will be used: one by one, each page would be faulted in twice, to be
	 * read and to be written. */
	map = sys(ARCH_SYS_mmap, 0, sizeof(*known) << bits, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (map < 0 && map > -4096)
		return; /* what there is will do, or none */
	if (known)
		sys(SYS_munmap, known, sizeof(*known) << known_bits);
	known = (struct known *)map;
	known_bits = bits;
}

void lookup_forget(void)
{
	known = NULL; /* an entry may be half written */
	known_bits = 0;
}

static struct known *known_at(uintptr_t address)
{
	return known ? &known[address * 0x9e3779b97f4a7c15u >> (64 - known_bits)] : NULL;
}

void lookup_prefetch(uintptr_t address)
{
	if (known)
		__builtin_prefetch(known_at(address));
}

/* The definition of `name` in `definer` that a reference to `version` (NULL: to none) is bound to,
 * or NULL.  glibc elf/dl-lookup.c (check_match, and the end of do_lookup_x). */
static const ElfW(Sym) * find_version(const struct object *definer, struct symbol_cursor name,
				      const char *version, uint32_t *ret_index)
{
	const ElfW(Sym) * symbol, *newer = NULL;
	uint32_t index, newer_index = 0, newer_count = 0;

	while ((symbol = symbols_next_definition(definer, &name, &index))) {
		const uint16_t *versyms = (const uint16_t *)definer->versyms;
		bool hidden = versyms && versyms[index] & 0x8000;
		const char *has =
			versyms && version ? versions_name(definer, versyms[index] & 0x7fff) : NULL;

		if (!versyms || (version ? has ? strcmp(version, has) == 0 : !hidden
					 : (versyms[index] & 0x7fff) < 3)) {
			*ret_index = index;
			return symbol;
		}
		/* Without a version the oldest is meant, index 2, or the only one. */
		if (!version && !hidden && newer_count++ == 0)
			newer = symbol, newer_index = index;
	}
	*ret_index = newer_index;
	return newer_count == 1 ? newer : NULL;
}

static bool leads_to(const struct object *definer, const ElfW(Sym) * symbol, uintptr_t address)
{
	/* An IFUNC may choose anything. */
	return ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC ||
	       (symbol->st_shndx == SHN_ABS ? 0 : definer->bias) + symbol->st_value == address;
}

static void take_definition(struct object *definer, const ElfW(Sym) * symbol, uint32_t index,
			    const char *name, struct spool_reference *r)
{
	r->to = definer->number;
	r->symbol = index;
	if (ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC)
		r->flags |= SPOOL_REFERENCE_IFUNC;
	symbols_write(definer, index, symbol, symbol->st_value, name);
}

bool lookup_at(const struct object *from, struct object *definer, const char *name,
	       uintptr_t address, struct spool_reference *r)
{
	struct known *place = known_at(address);
	const ElfW(Sym) * symbol, *found = NULL;
	struct symbol_cursor begin, cursor;
	uint32_t index, found_index = 0, count = 0;

	symbol_cursor_init(&begin, name);
	if (place && place->address == address && place->hash == begin.gnu_hash &&
	    place->object == definer->number) {
		r->to = place->object;
		r->symbol = place->symbol;
		return true;
	}
	begin.sure = true; /* nearly always */
	begin.plt = r->kind != SPOOL_REFERENCE_PLT;
	cursor = begin;
	while ((symbol = symbols_next_definition(definer, &cursor, &index))) {
		count++;
		if (!found && leads_to(definer, symbol, address))
			found = symbol, found_index = index;
	}
	/* Versions: some share an address, and which one an IFUNC chose for can't be seen. */
	if (count > 1) {
		symbol = find_version(definer, begin, versions_name(from, r->version), &index);
		if (symbol && leads_to(definer, symbol, address))
			found = symbol, found_index = index;
	}
	if (!found)
		return false;
	take_definition(definer, found, found_index, name, r);
	if (place && count == 1 && found->st_shndx != SHN_UNDEF &&
	    ELF64_ST_TYPE(found->st_info) != STT_GNU_IFUNC)
		*place = (struct known){address, begin.gnu_hash, definer->number, found_index};
	return true;
}

/* ---- thread-local storage ---- */

/* What a relocated TLS slot tells of the definer's block; 0: nothing. */
struct tls_facts {
	uintptr_t module, offset;
};

static struct tls_facts tls_facts(const struct object *from, const elf_reloc *reloc,
				  uintptr_t symbol_value)
{
	const uintptr_t *slot = (const uintptr_t *)(from->bias + reloc->r_offset);
	uintptr_t place = symbol_value + addends_of(from, reloc);
	bool two_words = (uintptr_t)(slot + 2) <= from->end;
	struct tls_facts facts = {0, 0};

	switch (RELOC_TYPE(reloc)) {
	case ARCH_RELOC_TLS_MODULE:
		facts.module = slot[0];
		break;
	case ARCH_RELOC_TLS_OFFSET:
		facts.offset = slot[0] - place;
		break;
	case ARCH_RELOC_TLS_DESC:
		/* Before glibc 2.33 it may be lazy: it leads into its object's own PLT then. */
		if (slot[0] >= from->start && slot[0] < from->end)
			break;
		/* The address of what the dynamic descriptor has, which begins with the module;
		 * or an offset from the thread pointer: most can be told from any address. */
		if (!two_words)
			break;
		if (!ARCH_TLS_OFFSET(slot[1]) && slot[1] % sizeof(*slot) == 0 &&
		    is_readable(slot[1]))
			facts.module = *(const uintptr_t *)slot[1];
		else
			facts.offset = slot[1] - place;
		break;
	default:
		break;
	}
	return facts;
}

void lookup_note_module(struct object *object, const elf_reloc *reloc)
{
	uintptr_t slot = object->bias + reloc->r_offset;

	if (RELOC_TYPE(reloc) == ARCH_RELOC_TLS_MODULE && slot >= object->start &&
	    slot + sizeof(object->tls_module) <= object->end)
		memcpy(&object->tls_module, (const void *)slot, sizeof(object->tls_module));
}

/* ---- by name ---- */

struct candidate {
	struct object *object;
	const ElfW(Sym) * symbol;
	uint32_t index;
	int rank;
};

/* Can the slot mean this object's block?  *ret_sure: nothing else. */
static bool may_define(const struct candidate *candidate, struct tls_facts facts, bool *ret_sure)
{
	const struct object *o = candidate->object;

	*ret_sure = (facts.module && o->tls_module == facts.module) ||
		    (facts.offset && o->tls_offset == facts.offset);
	return *ret_sure || !((facts.module && o->tls_module) || (facts.offset && o->tls_offset));
}

/* The definition in `object`, when it is of the right sort and `from` may be bound to it. */
static bool is_candidate(const struct object *from, struct object *object,
			 struct symbol_cursor name, const char *version, uint32_t kind,
			 struct candidate *ret)
{
	/* The vDSO is in no scope. */
	if (!atomic_load(&object->open) || object->name_space != from->name_space ||
	    object->kind == SPOOL_OBJECT_VDSO || (kind == SPOOL_REFERENCE_COPY && object == from))
		return false;
	ret->symbol = find_version(object, name, version, &ret->index);
	if (!ret->symbol ||
	    (ELF64_ST_TYPE(ret->symbol->st_info) == STT_TLS) != (kind == SPOOL_REFERENCE_TLS))
		return false;
	ret->object = object;
	ret->rank = object->group == 0 ? 0 : object->group == from->group ? 1 : 2;
	return true;
}

/*
 * In the order of the scopes: the start's objects, those of the same dlopen, others.  RTLD_GLOBAL
 * and RTLD_DEEPBIND change that order, and are not known here; so where several objects define a
 * thread-local name, what the slot holds decides as far as it can.
 */
bool lookup_by_name(struct object *from, const char *name, const elf_reloc *reloc,
		    struct spool_reference *r)
{
	const char *version = versions_name(from, r->version);
	struct symbol_cursor begin;
	struct candidate best = {NULL, NULL, 0, 3}, candidate;
	struct tls_facts facts = {0, 0};
	bool tls = r->kind == SPOOL_REFERENCE_TLS, sure = false;
	uint32_t possible = 0;

	/* Never 0, once there is a definition. */
	if (tls && *(const uintptr_t *)(from->bias + reloc->r_offset) == 0)
		return false;

	symbol_cursor_init(&begin, name);
	for (struct object *o = objects_first(); o && !sure && (tls || best.rank); o = o->next) {
		if (!is_candidate(from, o, begin, version, r->kind, &candidate))
			continue;
		if (tls) {
			facts = tls_facts(from, reloc, candidate.symbol->st_value);
			if (!may_define(&candidate, facts, &sure))
				continue;
		}
		possible++;
		if (sure || candidate.rank < best.rank)
			best = candidate;
	}
	if (!best.object)
		return false;
	if (tls && possible == 1) {
		facts = tls_facts(from, reloc, best.symbol->st_value);
		if (facts.module)
			best.object->tls_module = facts.module;
		if (facts.offset)
			best.object->tls_offset = facts.offset;
	}
	take_definition(best.object, best.symbol, best.index, name, r);
	r->flags |= SPOOL_REFERENCE_BY_NAME;
	return true;
}
