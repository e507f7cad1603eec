/*
 * addends.c - addends that stand in the slots (Elf32_Rel), kept before ld.so overwrites them.
 *
 * la_objopen comes before an object is relocated; only ld.so's own slots are overwritten by then.
 * Of the others few are not zero: vtables of C++ refer to their
 * middle, IFUNCs have their resolver there, calls of code that is not PIC their length.
 */
#include "audit/module.h"

#include <elf.h>

#ifdef ARCH_RELOC_REL

struct kept_addend {
	const elf_reloc *reloc; /* ascending */
	uintptr_t addend;
};

static uintptr_t addend_in_slot(const struct object *object, const elf_reloc *reloc)
{
	const uint32_t kind = ARCH_RELOC_KIND(RELOC_TYPE(reloc));
	uintptr_t slot = object->bias + reloc->r_offset, value;

	/* The descriptor's second word: glibc sysdeps/i386/dl-machine.h (elf_machine_rel). */
	if (RELOC_TYPE(reloc) == ARCH_RELOC_TLS_DESC)
		slot += sizeof(value);
	/* The others' slots hold nothing, or an address in the PLT. */
	if ((kind != SPOOL_REFERENCE_ABS && kind != SPOOL_REFERENCE_TLS &&
	     RELOC_TYPE(reloc) != ARCH_RELOC_IRELATIVE) ||
	    slot < object->start || slot + sizeof(value) > object->end)
		return 0;
	memcpy(&value, (const void *)slot, sizeof(value));
	return value;
}

/* Go through a table; `place` NULL: only count.  Returns how many there are now. */
static uint32_t keep(const struct object *object, uintptr_t table, size_t from, size_t count,
		     struct kept_addend *place, uint32_t have)
{
	const elf_reloc *relocs = (const elf_reloc *)table;

	for (size_t i = from; table && i < count; i++) {
		uintptr_t addend = addend_in_slot(object, &relocs[i]);

		if (!addend)
			continue;
		if (place)
			place[have] = (struct kept_addend){&relocs[i], addend};
		have++;
	}
	return have;
}

static uint32_t keep_all(const struct object *object, struct kept_addend *place)
{
	bool plt_first = object->plt_relocations < object->relocations;
	uint32_t have = 0;

	for (int i = 0; i < 2; i++)
		have = (i == 0) == plt_first
			       ? keep(object, object->plt_relocations, 0,
				      object->plt_relocation_count, place, have)
			       : keep(object, object->relocations, object->relative_count,
				      object->relocation_count, place, have);
	return have;
}

void addends_prepare(struct object *object)
{
	uint32_t count;

	if (object->kind == SPOOL_OBJECT_LDSO || object->kind == SPOOL_OBJECT_VDSO)
		return;
	count = keep_all(object, NULL);
	if (count)
		object->addends = arena_alloc(count * sizeof(*object->addends));
	if (object->addends)
		object->addend_count = keep_all(object, object->addends);
	else if (count)
		writer_lost(&module.writer, SPOOL_LOST_NO_MEMORY);
}

void addends_release(struct object *object)
{
	arena_free(object->addends, object->addend_count * sizeof(*object->addends));
}

uintptr_t addends_of(const struct object *object, const elf_reloc *reloc)
{
	uint32_t low = 0, high = object->addend_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (object->addends[middle].reloc < reloc)
			low = middle + 1;
		else
			high = middle;
	}
	return low < object->addend_count && object->addends[low].reloc == reloc
		       ? object->addends[low].addend
		       : 0;
}

#endif
