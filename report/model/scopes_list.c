/*
 * scopes_list.c - searchlists, and what is made of them: an object's scopes, the global scope.
 */
#include <dlfcn.h>
#include <elf.h>

#include "audit/spool.h"
#include "report/model/scopes_state.h"
#include "report/util.h"

/* --- DT_FILTER and DT_AUXILIARY */

static bool needs_name(const struct object *object, const char *name, int result)
{
	for (size_t i = 0; i < object->needed_count; i++)
		if (object->needed[i].resolved == result ||
		    (object->needed[i].name && strcmp(object->needed[i].name, name) == 0))
			return true;
	return false;
}

/*
 * Filters are not recorded as such, but ld.so looks their names up as it does those of DT_NEEDED:
 * an object that asks, while it is being loaded, for what it does not need has a filter.  (The
 * program asks for LD_PRELOAD's names in the same way.)
 */
void scopes_find_filtees(struct scopes *s)
{
	const struct recording *rec = s->rec;

	for (size_t i = 0; i < rec->search_count; i++) {
		const struct search *search = &rec->searches[i];
		struct scope_object *state;

		if (search->origin != ORIGIN_NAME || search->root ||
		    !is_object(s, search->requester) || !is_object(s, search->result) ||
		    (search->outcome != OUTCOME_LOADED &&
		     search->outcome != OUTCOME_ALREADY_LOADED) ||
		    rec->objects[search->requester].kind == OBJECT_MAIN ||
		    needs_name(&rec->objects[search->requester], search->tried, search->result))
			continue;
		if (rec->objects[search->result].reason == REASON_DLOPEN)
			continue;
		state = &s->objects[search->requester];
		*GROW(state->filtees, state->filtee_count, state->filtee_room) = search->result;
	}
}

/* --- _dl_map_object_deps */

struct walk {
	struct scopes *s;
	struct walked {
		int object;
		bool done;
	} * list;
	size_t count, room;
};

static void append(struct walk *walk, int object)
{
	struct walked *entry;

	if (walk->s->marks[object] == walk->s->mark)
		return;
	walk->s->marks[object] = walk->s->mark;
	entry = GROW(walk->list, walk->count, walk->room);
	entry->object = object;
}

/* Put a filtee before the filter, at `at`, unless it stands before that already; one that stands
 * behind moves.  True when there is one more before the filter. */
static bool insert(struct walk *walk, size_t at, int filtee)
{
	struct scopes *s = walk->s;
	size_t from = 0;

	if (s->marks[filtee] != s->mark)
		append(walk, filtee);
	while (walk->list[from].object != filtee)
		from++;
	if (from <= at)
		return false;
	memmove(&walk->list[at + 1], &walk->list[at], (from - at) * sizeof(*walk->list));
	walk->list[at] = (struct walked){filtee, false};
	return true;
}

static bool is_there(const struct scopes *s, int index)
{
	const struct object *object;

	if (!is_object(s, index))
		return false;
	object = &s->rec->objects[index];
	return s->objects[index].mapped || object->closed_seq == 0 || object->closed_seq > s->now;
}

static void take_dependencies(struct walk *walk, size_t at, const char **ret_why)
{
	struct scopes *s = walk->s;
	int index = walk->list[at].object;
	const struct object *object = &s->rec->objects[index];
	const struct scope_object *state = &s->objects[index];

	walk->list[at].done = true;
	for (size_t i = 0; i < object->needed_count; i++) {
		if (is_there(s, object->needed[i].resolved))
			append(walk, object->needed[i].resolved);
		else
			*ret_why = "it is not known what one of the DT_NEEDED came to";
	}
	for (size_t i = 0; i < state->filtee_count; i++)
		if (is_there(s, state->filtees[i]) && insert(walk, at, state->filtees[i]))
			at++;
}

/* What is opened before the program's DT_NEEDED for LD_PRELOAD stands behind the program. */
static void append_preloads(struct walk *walk)
{
	const struct recording *rec = walk->s->rec;

	for (size_t i = 0; i < rec->object_count; i++)
		if (rec->objects[i].reason == REASON_PRELOAD && !rec->objects[i].inherited)
			append(walk, (int)i);
}

static void list_global(struct scopes *s, int root)
{
	const struct scope_object *state = &s->objects[root];
	const struct object *object = &s->rec->objects[root];
	struct name_space *space = scopes_space(s, object->name_space);
	int call = is_call(s, object->reason_call) ? object->reason_call : NONE;

	for (size_t i = 0; i < state->list_count; i++) {
		struct global_entry *entry =
			GROW(space->global, space->global_count, space->global_room);

		*entry = (struct global_entry){.object = state->list[i],
					       .seq = call == NONE ? 0 : s->rec->calls[call].seq,
					       .call = call,
					       .root = root,
					       .sure = true};
		*GROW(s->history, s->history_count, s->history_room) = *entry;
		/* l_global is only set in the base namespace.  ld.so is in all of them. */
		if (object->kind == OBJECT_MAIN)
			s->objects[state->list[i]].global = true;
	}
}

void scopes_build_list(struct scopes *s, int root)
{
	struct scope_object *state = &s->objects[root];
	struct walk walk = {.s = s};
	size_t at = 0;

	s->mark++;
	append(&walk, root);
	if (s->rec->objects[root].kind == OBJECT_MAIN)
		append_preloads(&walk);
	while (at < walk.count) {
		if (!walk.list[at].done)
			take_dependencies(&walk, at, &state->why_unsure);
		/* Filtees were put where the filter was: they come first. */
		if (walk.list[at].done)
			at++;
	}
	state->has_list = true;
	state->list_count = 0;
	for (size_t i = 0; i < walk.count; i++)
		*GROW(state->list, state->list_count, state->list_room) = walk.list[i].object;
	free(walk.list);
	if (scopes_space(s, s->rec->objects[root].name_space)->head == root)
		list_global(s, root);
}

/* --- l_scope */

static void add_ref(struct scope_object *state, size_t at, struct scope_ref ref)
{
	*GROW(state->refs, state->ref_count, state->ref_room) = ref;
	memmove(&state->refs[at + 1], &state->refs[at],
		(state->ref_count - 1 - at) * sizeof(*state->refs));
	state->refs[at] = ref;
}

void scopes_give(struct scopes *s, int index, uint32_t flags)
{
	const struct object *object = &s->rec->objects[index];
	struct scope_object *state = &s->objects[index];
	struct name_space *space = scopes_space(s, object->name_space);
	bool deepbind = flags & RTLD_DEEPBIND;
	int root = scopes_next_root(s, index);

	if (space->head == NONE) {
		space->head = index;
		add_ref(state, 0, (struct scope_ref){SCOPE_GLOBAL, index, false});
		return;
	}
	add_ref(state, 0, (struct scope_ref){SCOPE_GLOBAL, space->head, false});
	if (root != space->head)
		add_ref(state, deepbind ? 0 : 1, (struct scope_ref){SCOPE_LOCAL, root, deepbind});
	/* _dl_map_object_from_fd; DF_SYMBOLIC counts as DT_SYMBOLIC. */
	if (!deepbind && object->kind == OBJECT_LIBRARY &&
	    ((object->elf_flags & SPOOL_ELF_SYMBOLIC) || (object->flags & DF_SYMBOLIC)))
		add_ref(state, 0, (struct scope_ref){SCOPE_SYMBOLIC, index, false});
}

static bool has_ref(const struct scope_object *state, int root)
{
	for (size_t i = 0; i < state->ref_count; i++)
		if (state->refs[i].kind != SCOPE_SYMBOLIC && state->refs[i].root == root)
			return true;
	return false;
}

void scopes_extend(struct scopes *s, int root, int call)
{
	const struct scope_object *new = &s->objects[root];

	for (size_t i = 0; i < new->list_count; i++) {
		struct scope_object *state = &s->objects[new->list[i]];

		if (state->mapped && !state->startup && !has_ref(state, root) &&
		    scopes_initialized(s, new->list[i], call))
			add_ref(state, state->ref_count,
				(struct scope_ref){SCOPE_LOCAL, root, false});
	}
}

/* --- the global scope */

void scopes_add_global(struct scopes *s, int root, int call, uint64_t seq, bool sure)
{
	struct name_space *space = scopes_space(s, s->rec->objects[root].name_space);
	struct scope_object *head = space->head == NONE ? NULL : &s->objects[space->head];
	uint64_t called = s->rec->calls[call].seq;

	if (!head || !head->has_list)
		return;
	for (size_t i = 0; i < s->objects[root].list_count; i++) {
		int index = s->objects[root].list[i];
		struct scope_object *state = &s->objects[index];
		struct global_entry *entry;

		if (state->global || !state->mapped)
			continue;
		state->global = true;
		*GROW(head->list, head->list_count, head->list_room) = index;
		entry = GROW(space->global, space->global_count, space->global_room);
		*entry = (struct global_entry){.object = index,
					       .seq = seq,
					       .call = call,
					       .root = root,
					       .promoted =
						       s->rec->objects[index].opened_seq < called,
					       .sure = sure};
		*GROW(s->history, s->history_count, s->history_room) = *entry;
	}
}
