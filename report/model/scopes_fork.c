/*
 * scopes_fork.c - a forked child's state begins as a copy of its parent's.
 */
#include "report/model/scopes_state.h"
#include "report/util.h"

struct copy {
	struct scopes *child;
	const struct scopes *parent;
	int *twins; /* parent's objects -> child's, or NONE */
};

static int twin(const struct copy *copy, int object)
{
	return is_object(copy->parent, object) ? copy->twins[object] : NONE;
}

/* A link map stays where it was: that tells which object is which. */
static void find_twins(struct copy *copy)
{
	const struct recording *child = copy->child->rec, *parent = copy->parent->rec;
	struct number_map by_link_map = {0};

	copy->twins = xcalloc(parent->object_count, sizeof(*copy->twins));
	for (size_t i = 0; i < child->object_count; i++)
		if (child->objects[i].inherited)
			number_map_set(&by_link_map, child->objects[i].link_map, (int)i);
	for (size_t i = 0; i < parent->object_count; i++)
		copy->twins[i] = copy->parent->objects[i].mapped
					 ? number_map_get(&by_link_map, parent->objects[i].link_map)
					 : NONE;
	number_map_release(&by_link_map);
}

static size_t copy_list(const struct copy *copy, const int *from, size_t count, int **to,
			size_t *room)
{
	size_t copied = 0;

	for (size_t i = 0; i < count; i++)
		if (twin(copy, from[i]) != NONE)
			*GROW(*to, copied, *room) = twin(copy, from[i]);
	return copied;
}

/* Calls are the parent's, so they can't be named here. */
static void copy_pins(const struct copy *copy, const struct scope_object *from,
		      struct scope_object *to)
{
	for (size_t i = 0; i < from->open_count; i++)
		*GROW(to->opens, to->open_count, to->open_room) =
			(struct open_ref){.call = NONE,
					  .libc = from->opens[i].libc,
					  .closed = from->opens[i].closed,
					  .inherited = true};
	for (size_t i = 0; i < from->keep_count; i++) {
		struct pin *pin = GROW(to->keeps, to->keep_count, to->keep_room);

		*pin = from->keeps[i];
		pin->object = twin(copy, pin->object);
		pin->call = NONE;
		pin->seq = 0;
		pin->inherited = true;
	}
	for (size_t i = 0; i < from->dependency_count; i++) {
		struct dependency dependency = from->dependencies[i];

		dependency.object = twin(copy, dependency.object);
		dependency.seq = 0;
		if (dependency.object != NONE)
			*GROW(to->dependencies, to->dependency_count, to->dependency_room) =
				dependency;
	}
}

static void copy_object(const struct copy *copy, const struct scope_object *from,
			struct scope_object *to)
{
	to->mapped = true;
	to->startup = from->startup;
	to->global = from->global;
	to->nodelete = from->nodelete;
	to->has_list = from->has_list;
	to->loader = twin(copy, from->loader);
	to->why_unsure = from->why_unsure;
	for (size_t i = 0; i < from->ref_count; i++) {
		struct scope_ref ref = from->refs[i];

		ref.root = twin(copy, ref.root);
		if (ref.root != NONE)
			*GROW(to->refs, to->ref_count, to->ref_room) = ref;
	}
	to->list_count = copy_list(copy, from->list, from->list_count, &to->list, &to->list_room);
	to->filtee_count =
		copy_list(copy, from->filtees, from->filtee_count, &to->filtees, &to->filtee_room);
	copy_pins(copy, from, to);
}

static struct global_entry copy_entry(const struct copy *copy, const struct global_entry *from)
{
	struct global_entry entry = *from;

	entry.object = twin(copy, from->object);
	entry.root = twin(copy, from->root);
	if (entry.root == NONE) /* what brought it did not come along */
		entry.root = entry.object;
	entry.call = NONE;
	entry.seq = 0;
	return entry;
}

static void copy_space(const struct copy *copy, const struct name_space *from)
{
	struct name_space *to = scopes_space(copy->child, from->id);

	to->head = twin(copy, from->head);
	to->why_unsure = from->why_unsure;
	to->map_count = copy_list(copy, from->maps, from->map_count, &to->maps, &to->map_room);
	for (size_t i = 0; i < from->global_count; i++)
		if (twin(copy, from->global[i].object) != NONE)
			*GROW(to->global, to->global_count, to->global_room) =
				copy_entry(copy, &from->global[i]);
}

void scopes_inherit(struct scopes *child, const struct scopes *parent)
{
	struct copy copy = {.child = child, .parent = parent};

	find_twins(&copy);
	for (size_t i = 0; i < parent->rec->object_count; i++) {
		if (copy.twins[i] == NONE)
			continue;
		copy_object(&copy, &parent->objects[i], &child->objects[copy.twins[i]]);
		if (child->rec->objects[copy.twins[i]].kind == OBJECT_MAIN)
			child->program = copy.twins[i];
	}
	for (size_t i = 0; i < parent->space_count; i++)
		copy_space(&copy, &parent->spaces[i]);
	for (size_t i = 0; i < parent->history_count; i++)
		if (twin(&copy, parent->history[i].object) != NONE)
			*GROW(child->history, child->history_count, child->history_room) =
				copy_entry(&copy, &parent->history[i]);
	child->inherited = true;
	free(copy.twins);
}
