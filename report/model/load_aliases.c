/* Several names, one load: what ld.so recognised as a file that it had already. */
#include "report/model/duplicates.h"
#include "report/model/why_found.h"
#include "report/util.h"

struct alias_list {
	const struct recording *rec;
	struct load_aliases *by_object;
};

static void add_alias(struct alias_list *aliases, int object, const struct load_alias *alias)
{
	struct load_aliases *list;

	if (object < 0 || (size_t)object >= aliases->rec->object_count || !alias->name ||
	    !*alias->name)
		return;
	list = &aliases->by_object[object];
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->list[i].name, alias->name) == 0)
			return;
	list->object = object;
	*GROW(list->list, list->count, list->room) = *alias;
}

static int compare_aliases(const void *a, const void *b)
{
	const struct load_alias *x = a, *y = b;

	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* A DT_NEEDED that ld.so knew the name of already is never searched for, nor told. */
static void add_needed(struct alias_list *aliases)
{
	const struct recording *rec = aliases->rec;

	for (size_t i = 0; i < rec->object_count; i++)
		for (size_t j = 0; j < rec->objects[i].needed_count; j++)
			add_alias(aliases, rec->objects[i].needed[j].resolved,
				  &(struct load_alias){.name = rec->objects[i].needed[j].name,
						       .search = NONE,
						       .call = NONE,
						       .seq = rec->objects[i].opened_seq,
						       .by = (int)i});
}

static void add_searches(struct alias_list *aliases)
{
	const struct recording *rec = aliases->rec;

	for (size_t i = 0; i < rec->search_count; i++) {
		const struct search *search = &rec->searches[i];

		if (search->origin == ORIGIN_NAME)
			add_alias(aliases, search->result,
				  &(struct load_alias){.name = search->tried,
						       .search = (int)i,
						       .call = search_call(rec, (int)i),
						       .seq = search->seq,
						       .by = search->requester});
	}
}

static void add_calls(struct alias_list *aliases)
{
	const struct recording *rec = aliases->rec;

	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];

		if ((call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN) &&
		    (call->outcome == OUTCOME_LOADED || call->outcome == OUTCOME_ALREADY_LOADED))
			add_alias(aliases, call->result,
				  &(struct load_alias){.name = call->name,
						       .search = NONE,
						       .call = (int)i,
						       .seq = call->seq,
						       .by = call->caller});
	}
}

size_t load_aliases_list(const struct recording *rec, struct load_aliases **ret_list)
{
	struct alias_list aliases = {rec,
				     xcalloc(rec->object_count + 1, sizeof(*aliases.by_object))};
	size_t kept = 0;

	/* Searches first: they tell most of a name. */
	add_searches(&aliases);
	add_calls(&aliases);
	add_needed(&aliases);
	for (size_t i = 0; i < rec->object_count; i++) {
		struct load_aliases *list = &aliases.by_object[i];

		if (list->count < 2) {
			free(list->list);
			continue;
		}
		qsort(list->list, list->count, sizeof(*list->list), compare_aliases);
		aliases.by_object[kept++] = *list;
	}
	*ret_list = aliases.by_object;
	return kept;
}

void load_aliases_free(struct load_aliases *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i].list);
	free(list);
}
