/*
 * lookup.c - the definition behind a relocated slot.
 *
 * Most slots hold an address: it leads to the definer, the name to the definition in it.  A COPY
 * relocation's slot is the copy, and TLS slots hold offsets and module numbers: there the definer
 * is looked up by name, in the order in which ld.so would.  glibc elf/dl-lookup.c.
 */
#include "audit/module.h"

#include <elf.h>

static const char *name_at(const struct object *object, uintptr_t offset)
{
	return offset < object->string_size ? (const char *)object->strings + offset : NULL;
}

const char *lookup_version_name(const struct object *object, uint16_t index)
{
	const ElfW(Verneed) *need = (const ElfW(Verneed) *)object->needs;
	const ElfW(Verdef) *def = (const ElfW(Verdef) *)object->versions;

	if (index < 2)
		return NULL;
	for (uint32_t i = 0; need && i < object->need_count; i++) {
		const ElfW(Vernaux) *aux = (const ElfW(Vernaux) *)((uintptr_t)need + need->vn_aux);

		for (uint32_t j = 0; j < need->vn_cnt; j++) {
			if ((aux->vna_other & 0x7fff) == index)
				return name_at(object, aux->vna_name);
			aux = (const ElfW(Vernaux) *)((uintptr_t)aux + aux->vna_next);
		}
		if (!need->vn_next)
			break;
		need = (const ElfW(Verneed) *)((uintptr_t)need + need->vn_next);
	}
	for (uint32_t i = 0; def && i < object->version_count; i++) {
		if ((def->vd_ndx & 0x7fff) == index)
			return name_at(
				object,
				((const ElfW(Verdaux) *)((uintptr_t)def + def->vd_aux))->vda_name);
		if (!def->vd_next)
			break;
		def = (const ElfW(Verdef) *)((uintptr_t)def + def->vd_next);
	}
	return NULL;
}

/* The definition of `name` in `definer` that a reference to `version` (NULL: to none) is bound to,
 * or NULL.  glibc elf/dl-lookup.c (check_match, and the end of do_lookup_x). */
static const ElfW(Sym) * find_version(const struct object *definer, struct symbol_cursor name,
				      const char *version, uint32_t *ret_index)
{
	const ElfW(Sym) * symbol, *newer = NULL;
	uint32_t index, newer_index = 0, newer_count = 0;

	while ((symbol = objects_next_definition(definer, &name, &index))) {
		const uint16_t *versyms = (const uint16_t *)definer->versyms;
		bool hidden = versyms && versyms[index] & 0x8000;
		const char *has = versyms && version
					  ? lookup_version_name(definer, versyms[index] & 0x7fff)
					  : NULL;

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
	objects_write_symbol(definer, index, symbol, symbol->st_value, name);
}

bool lookup_at(const struct object *from, struct object *definer, struct symbol_cursor name,
	       uintptr_t address, struct spool_reference *r)
{
	const ElfW(Sym) * symbol, *found = NULL;
	struct symbol_cursor cursor;
	uint32_t index, found_index = 0, count = 0;

	name.plt = r->kind != SPOOL_REFERENCE_PLT;
	cursor = name;
	while ((symbol = objects_next_definition(definer, &cursor, &index))) {
		count++;
		if (!found && leads_to(definer, symbol, address))
			found = symbol, found_index = index;
	}
	/* Versions: some share an address, and which one an IFUNC chose for can't be seen. */
	if (count > 1) {
		symbol = find_version(definer, name, lookup_version_name(from, r->version), &index);
		if (symbol && leads_to(definer, symbol, address))
			found = symbol, found_index = index;
	}
	if (!found)
		return false;
	take_definition(definer, found, found_index, name.name, r);
	return true;
}

/* ---- thread-local storage ---- */

/* What a relocated TLS slot tells of the definer's block; 0: nothing. */
struct tls_facts {
	uintptr_t module, offset;
};

static struct tls_facts tls_facts(const struct object *from, const ElfW(Rela) * rela,
				  uintptr_t symbol_value)
{
	const uintptr_t *slot = (const uintptr_t *)(from->bias + rela->r_offset);
	uintptr_t place = symbol_value + (uintptr_t)rela->r_addend;
	bool two_words = (uintptr_t)(slot + 2) <= from->end;
	struct tls_facts facts = {0, 0};

	switch (ELF64_R_TYPE(rela->r_info)) {
	case ARCH_RELOC_TLS_MODULE:
		facts.module = slot[0];
		break;
	case ARCH_RELOC_TLS_OFFSET:
		facts.offset = slot[0] - place;
		break;
	case ARCH_RELOC_TLS_DESC:
		/* An offset below the thread pointer; else the address of what the dynamic
		 * descriptor has, which begins with the module. */
		if (two_words && (intptr_t)slot[1] < 0)
			facts.offset = slot[1] - place;
		else if (two_words && slot[1] % sizeof(*slot) == 0 && is_readable(slot[1]))
			facts.module = *(const uintptr_t *)slot[1];
		break;
	default:
		break;
	}
	return facts;
}

void lookup_note_module(struct object *object, const ElfW(Rela) * rela)
{
	uintptr_t slot = object->bias + rela->r_offset;

	if (ELF64_R_TYPE(rela->r_info) == ARCH_RELOC_TLS_MODULE && slot >= object->start &&
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
	if (!atomic_load(&object->open) || object->name_space != from->name_space ||
	    (kind == SPOOL_REFERENCE_COPY && object == from))
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
bool lookup_by_name(struct object *from, struct symbol_cursor name, const ElfW(Rela) * rela,
		    struct spool_reference *r)
{
	const char *version = lookup_version_name(from, r->version);
	struct candidate best = {NULL, NULL, 0, 3}, candidate;
	struct tls_facts facts = {0, 0};
	bool tls = r->kind == SPOOL_REFERENCE_TLS, sure = false;
	uint32_t possible = 0;

	/* Never 0, once there is a definition. */
	if (tls && *(const uintptr_t *)(from->bias + rela->r_offset) == 0)
		return false;

	for (struct object *o = objects_first(); o && !sure && (tls || best.rank); o = o->next) {
		if (!is_candidate(from, o, name, version, r->kind, &candidate))
			continue;
		if (tls) {
			facts = tls_facts(from, rela, candidate.symbol->st_value);
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
		facts = tls_facts(from, rela, best.symbol->st_value);
		if (facts.module)
			best.object->tls_module = facts.module;
		if (facts.offset)
			best.object->tls_offset = facts.offset;
	}
	take_definition(best.object, best.symbol, best.index, name.name, r);
	r->flags |= SPOOL_REFERENCE_BY_NAME;
	return true;
}
