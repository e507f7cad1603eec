/*
 * scopes_close.c - what keeps an object, and what goes with it.
 */
#include "report/model/scopes_state.h"
#include "report/util.h"

void scopes_keep(struct scopes *s, int object, const struct pin *pin)
{
	struct scope_object *state = &s->objects[object];

	*GROW(state->keeps, state->keep_count, state->keep_room) = *pin;
	if (pin->kind == PIN_TLS_DESTRUCTOR)
		return;
	state->nodelete = true;
	state->keeps[state->keep_count - 1].for_good = true;
}

/* The dlopen that this dlclose goes with.  Which one does not matter to ld.so; to people, the
 * newest by the same caller is the likely partner. */
static size_t partner(const struct scopes *s, const struct scope_object *state,
		      const struct call *close)
{
	size_t newest = SIZE_MAX;

	for (size_t i = state->open_count; i-- > 0;) {
		int opener = state->opens[i].call;

		if (state->opens[i].closed)
			continue;
		if (is_call(s, opener) && s->rec->calls[opener].caller == close->caller)
			return i;
		if (newest == SIZE_MAX)
			newest = i;
	}
	return newest;
}

/* dlclose undoes one dlopen; on what is RTLD_NODELETE it does nothing at all (_dl_close). */
void scopes_dlclose(struct scopes *s, int index)
{
	const struct call *call = &s->rec->calls[index];
	struct scope_object *state;
	size_t undone;

	if (!is_object(s, call->result))
		return;
	state = &s->objects[call->result];
	undone = partner(s, state, call);
	if (undone == SIZE_MAX)
		return;
	if (state->nodelete) {
		state->opens[undone].closed = true;
		return;
	}
	state->open_count--;
	memmove(&state->opens[undone], &state->opens[undone + 1],
		(state->open_count - undone) * sizeof(*state->opens));
}

/* --- unmapping */

static size_t remove_from(int *list, size_t count, int object)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (list[i] != object)
			list[kept++] = list[i];
	return kept;
}

static void leave_global(struct scopes *s, struct name_space *space, int object)
{
	struct scope_object *head = space->head == NONE ? NULL : &s->objects[space->head];
	size_t kept = 0;

	for (size_t i = 0; i < space->global_count; i++)
		if (space->global[i].object != object)
			space->global[kept++] = space->global[i];
	space->global_count = kept;
	if (head)
		head->list_count = remove_from(head->list, head->list_count, object);
}

/*
 * Drop the scopes that are the searchlist of what goes; in a dlmopen namespace the global scope may
 * be that, the searchlist of its first object.  Something that was loaded as its dependency and
 * stays for another reason gets its own list, of what it needs directly, in the place of the first
 * that is dropped.
 */
static void drop_scope(struct scopes *s, int index, int gone)
{
	struct scope_object *state = &s->objects[index];
	const struct object *object = &s->rec->objects[index];
	size_t kept = 0;

	for (size_t i = 0; i < state->ref_count; i++) {
		struct scope_ref ref = state->refs[i];

		if (ref.root == gone && ref.kind != SCOPE_SYMBOLIC) {
			if (state->has_list)
				continue;
			state->has_list = true;
			state->list_count = 0;
			*GROW(state->list, state->list_count, state->list_room) = index;
			for (size_t j = 0; j < object->needed_count; j++)
				if (is_object(s, object->needed[j].resolved))
					*GROW(state->list, state->list_count, state->list_room) =
						object->needed[j].resolved;
			ref.root = index;
			ref.kind = SCOPE_LOCAL;
		}
		state->refs[kept++] = ref;
	}
	state->ref_count = kept;
}

static bool searches(const struct scope_object *state, int root)
{
	for (size_t i = 0; i < state->ref_count; i++)
		if (state->refs[i].root == root)
			return true;
	return state->loader == root;
}

static void forget_loader(struct scopes *s, int index, int gone)
{
	drop_scope(s, index, gone);
	if (s->objects[index].loader == gone)
		s->objects[index].loader = NONE;
}

static void forget_dependency(struct scope_object *state, int gone)
{
	size_t kept = 0;

	for (size_t i = 0; i < state->dependency_count; i++)
		if (state->dependencies[i].object != gone)
			state->dependencies[kept++] = state->dependencies[i];
	state->dependency_count = kept;
}

/*
 * Destructors run, and each object is announced as closed after its own; from then on look-ups pass
 * it over (l_removed).  What stays loses the scopes of what goes at once.  What goes as well keeps
 * them, and the global scope is not touched, until all destructors have run: scopes_sweep().
 */
void scopes_unmap(struct scopes *s, int gone)
{
	struct name_space *space = scopes_space(s, s->rec->objects[gone].name_space);
	struct scope_object *state = &s->objects[gone];

	if (!state->mapped)
		return;
	state->mapped = false;
	state->going = true;
	space->map_count = remove_from(space->maps, space->map_count, gone);
	state->open_count = 0;
	*GROW(s->going, s->going_count, s->going_room) = gone;
	for (size_t i = 0; i < space->map_count; i++) {
		struct scope_object *other = &s->objects[space->maps[i]];

		forget_dependency(other, gone);
		if (searches(other, gone) && scopes_used(s, space->maps[i]))
			forget_loader(s, space->maps[i], gone);
	}
}

void scopes_sweep(struct scopes *s)
{
	for (size_t i = 0; i < s->going_count; i++) {
		int gone = s->going[i];
		struct name_space *space = scopes_space(s, s->rec->objects[gone].name_space);

		if (space->head == gone) {
			space->global_count = 0;
			space->head = space->map_count ? space->maps[0] : NONE;
		} else {
			leave_global(s, space, gone);
		}
		for (size_t j = 0; j < space->map_count; j++)
			forget_loader(s, space->maps[j], gone);
		s->objects[gone].going = false;
	}
	s->going_count = 0;
}

/* --- bindings */

static bool needs(const struct scopes *s, int from, int to)
{
	const struct object *object = &s->rec->objects[from];
	const struct scope_object *state = &s->objects[from];

	for (size_t i = 0; i < object->needed_count; i++)
		if (object->needed[i].resolved == to)
			return true;
	for (size_t i = 0; i < state->filtee_count; i++)
		if (state->filtees[i] == to)
			return true;
	for (size_t i = 0; state->has_list && i < state->list_count; i++)
		if (state->list[i] == to)
			return true;
	return false;
}

static void pin_by(struct scopes *s, const struct scopes_binding *binding, enum pin_kind kind)
{
	scopes_keep(s, binding->to,
		    &(struct pin){.kind = kind,
				  .object = binding->from,
				  .call = NONE,
				  .symbol = binding->symbol,
				  .seq = binding->seq,
				  .sure = true});
}

/* elf/dl-lookup.c: do_lookup_unique, then add_dependency. */
void scopes_bind(struct scopes *s, const struct scopes_binding *binding)
{
	uint64_t key = (uint64_t)(uint32_t)binding->from << 32 | (uint32_t)binding->to;
	struct scope_object *from, *to;

	if (!is_object(s, binding->to))
		return;
	to = &s->objects[binding->to];
	if (to->startup || !to->mapped || to->nodelete)
		return;
	if (binding->unique) {
		pin_by(s, binding, PIN_UNIQUE);
		return;
	}
	if (!is_object(s, binding->from) || binding->from == binding->to || binding->lookup ||
	    number_map_get(&s->pairs, key) != NONE)
		return;
	number_map_set(&s->pairs, key, 1);
	from = &s->objects[binding->from];
	if (from->startup)
		pin_by(s, binding, PIN_RELOCATION);
	else if (!needs(s, binding->from, binding->to))
		*GROW(from->dependencies, from->dependency_count, from->dependency_room) =
			(struct dependency){binding->to, binding->symbol, binding->seq};
}

/* --- mark and sweep */

static bool keeps_itself(const struct scope_object *state, bool certain)
{
	bool kept = state->startup || state->open_count;

	for (size_t i = 0; i < state->keep_count && !kept; i++)
		kept = !certain || state->keeps[i].sure;
	return kept;
}

static void mark_used(struct scopes *s, int *stack, size_t *count, int object)
{
	if (!is_object(s, object) || !s->objects[object].mapped || s->used[object])
		return;
	s->used[object] = true;
	stack[(*count)++] = object;
}

/* `certain`: without the destructors of threads that may have ended. */
static void sweep(struct scopes *s, bool certain)
{
	size_t objects = s->rec->object_count, count = 0;
	int *stack = xcalloc(objects, sizeof(*stack));

	memset(s->used, 0, objects * sizeof(*s->used));
	for (size_t i = 0; i < objects; i++)
		if (keeps_itself(&s->objects[i], certain))
			mark_used(s, stack, &count, (int)i);
	while (count) {
		int index = stack[--count];
		const struct object *object = &s->rec->objects[index];
		const struct scope_object *state = &s->objects[index];

		for (size_t i = 0; i < object->needed_count; i++)
			mark_used(s, stack, &count, object->needed[i].resolved);
		for (size_t i = 0; i < state->filtee_count; i++)
			mark_used(s, stack, &count, state->filtees[i]);
		for (size_t i = 0; i < state->dependency_count; i++)
			mark_used(s, stack, &count, state->dependencies[i].object);
	}
	free(stack);
}

bool scopes_used(struct scopes *s, int object)
{
	if (!s->used_valid)
		sweep(s, false);
	s->used_valid = true;
	return is_object(s, object) && s->used[object];
}

/*
 * stdlib/cxa_thread_atexit_impl.c: until the thread has run the destructor, l_tls_dtor_count keeps
 * the object.  Nothing tells when a thread ends; the first one outlives all others.
 */
void scopes_keep_for_thread(struct scopes *s, int index)
{
	const struct call *call = &s->rec->calls[index];

	if (!is_object(s, call->result) || !s->objects[call->result].mapped ||
	    s->objects[call->result].startup)
		return;
	scopes_keep(s, call->result,
		    &(struct pin){.kind = PIN_TLS_DESTRUCTOR,
				  .object = NONE,
				  .call = index,
				  .seq = call->seq,
				  .sure = (int64_t)call->tid == s->rec->pid});
}

static bool has_uncertain(const struct scope_object *state)
{
	for (size_t i = 0; i < state->keep_count; i++)
		if (!state->keeps[i].sure)
			return true;
	return false;
}

void scopes_survived(struct scopes *s, int closed)
{
	bool any = false;

	if (!is_object(s, closed) || s->objects[closed].open_count || s->objects[closed].nodelete ||
	    s->objects[closed].startup)
		return;
	for (size_t i = 0; i < s->rec->object_count && !any; i++)
		any = s->objects[i].mapped && has_uncertain(&s->objects[i]);
	if (!any)
		return;
	sweep(s, true);
	s->used_valid = false;
	for (size_t i = 0; i < s->rec->object_count; i++) {
		struct scope_object *state = &s->objects[i];

		for (size_t j = 0; state->mapped && !s->used[i] && j < state->keep_count; j++)
			state->keeps[j].sure = true;
	}
}

static struct pin *add_pin(struct scopes *s, enum pin_kind kind, uint64_t seq)
{
	struct pin *pin = GROW(s->pins, s->pin_count, s->pin_room);

	*pin = (struct pin){.kind = kind, .object = NONE, .call = NONE, .seq = seq, .sure = true};
	return pin;
}

/* Pins by other objects that are themselves kept. */
static void add_users(struct scopes *s, int object)
{
	for (size_t i = 0; i < s->rec->object_count; i++) {
		const struct object *user = &s->rec->objects[i];
		const struct scope_object *state = &s->objects[i];
		bool is_needed = false;

		if ((int)i == object || !state->mapped || !scopes_used(s, (int)i))
			continue;
		for (size_t j = 0; j < user->needed_count; j++)
			is_needed |= user->needed[j].resolved == object;
		for (size_t j = 0; j < state->filtee_count; j++)
			is_needed |= state->filtees[j] == object;
		if (is_needed)
			add_pin(s, PIN_NEEDED, user->opened_seq)->object = (int)i;
		for (size_t j = 0; j < state->dependency_count; j++) {
			const struct dependency *dependency = &state->dependencies[j];
			struct pin *pin;

			if (dependency->object != object)
				continue;
			pin = add_pin(s, PIN_RELOCATION, dependency->seq);
			pin->object = (int)i;
			pin->symbol = dependency->symbol;
		}
	}
}

const struct pin *scopes_pins(struct scopes *s, int object, size_t *ret_count)
{
	const struct scope_object *state;

	s->pin_count = 0;
	*ret_count = 0;
	if (!scopes_mapped(s, object))
		return NULL;
	state = &s->objects[object];
	if (state->startup)
		add_pin(s, PIN_STARTUP, 0);
	for (size_t i = 0; i < state->keep_count; i++)
		*GROW(s->pins, s->pin_count, s->pin_room) = state->keeps[i];
	for (size_t i = 0; i < state->open_count; i++) {
		const struct open_ref *open = &state->opens[i];
		struct pin *pin;

		if (open->closed)
			continue;
		pin = add_pin(s, open->libc ? PIN_LIBC : PIN_OPEN, open->seq);
		pin->call = open->call;
		pin->inherited = open->inherited;
	}
	add_users(s, object);
	*ret_count = s->pin_count;
	return s->pins;
}
