/* versions.c - symbol versions of an object: gABI's GNU extension, LSB "Symbol Versioning". */
#include "audit/module.h"

#include <elf.h>

#define INDEX_MAX 0x8000

/* What a walk through DT_VERDEF or DT_VERNEED finds. */
struct visit {
	const struct object *object;
	const char **names; /* NULL: only find the highest index */
	uint32_t highest;
};

static void visit_name(struct visit *visit, uint32_t index, uintptr_t string)
{
	index &= 0x7fff;
	if (index > visit->highest)
		visit->highest = index;
	if (visit->names && string < visit->object->string_size && !visit->names[index])
		visit->names[index] = (const char *)visit->object->strings + string;
}

static void visit_definitions(struct visit *visit)
{
	const ElfW(Verdef) *def = (const ElfW(Verdef) *)visit->object->versions;

	for (uint32_t i = 0; def && i < visit->object->version_count && i < INDEX_MAX; i++) {
		const ElfW(Verdaux) *aux = (const ElfW(Verdaux) *)((uintptr_t)def + def->vd_aux);

		visit_name(visit, def->vd_ndx, aux->vda_name);
		if (!def->vd_next)
			break;
		def = (const ElfW(Verdef) *)((uintptr_t)def + def->vd_next);
	}
}

static void visit_needs(struct visit *visit)
{
	const ElfW(Verneed) *need = (const ElfW(Verneed) *)visit->object->needs;

	for (uint32_t i = 0; need && i < visit->object->need_count && i < INDEX_MAX; i++) {
		const ElfW(Vernaux) *aux = (const ElfW(Vernaux) *)((uintptr_t)need + need->vn_aux);

		for (uint32_t j = 0; j < need->vn_cnt; j++) {
			visit_name(visit, aux->vna_other, aux->vna_name);
			if (!aux->vna_next)
				break;
			aux = (const ElfW(Vernaux) *)((uintptr_t)aux + aux->vna_next);
		}
		if (!need->vn_next)
			break;
		need = (const ElfW(Verneed) *)((uintptr_t)need + need->vn_next);
	}
}

static const char **names_of(const struct object *object, void (*list)(struct visit *),
			     uint32_t *ret_count)
{
	struct visit visit = {.object = object};

	*ret_count = 0;
	list(&visit);
	if (visit.highest < 2)
		return NULL;
	visit.names = arena_alloc((visit.highest + 1) * sizeof(*visit.names));
	if (!visit.names)
		return NULL;
	list(&visit);
	*ret_count = visit.highest + 1;
	return visit.names;
}

void versions_prepare(struct object *object)
{
	if (!object->versyms || !object->strings)
		return;
	object->defined_versions =
		names_of(object, visit_definitions, &object->defined_version_count);
	object->needed_versions = names_of(object, visit_needs, &object->needed_version_count);
}

void versions_release(struct object *object)
{
	arena_free(object->defined_versions,
		   object->defined_version_count * sizeof(*object->defined_versions));
	arena_free(object->needed_versions,
		   object->needed_version_count * sizeof(*object->needed_versions));
}

uint32_t versions_count(const struct object *object)
{
	return object->defined_version_count > object->needed_version_count
		       ? object->defined_version_count
		       : object->needed_version_count;
}

const char *versions_name(const struct object *object, uint32_t index)
{
	const char *name = NULL;

	if (index < 2) /* local, or global without a version */
		return NULL;
	if (index < object->needed_version_count)
		name = object->needed_versions[index];
	if (!name && index < object->defined_version_count)
		name = object->defined_versions[index];
	return name;
}

const char *versions_of_definition(const struct object *object, uint32_t symbol,
				   uint16_t *ret_versym)
{
	uint32_t index;

	*ret_versym = 0;
	if (!object->versyms)
		return NULL;
	*ret_versym = ((const uint16_t *)object->versyms)[symbol];
	index = *ret_versym & 0x7fffu;
	return index >= 2 && index < object->defined_version_count ? object->defined_versions[index]
								   : NULL;
}
