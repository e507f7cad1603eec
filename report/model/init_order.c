#include "report/model/init_order.h"

#include <elf.h>

#include "report/model/why_found.h"
#include "report/util.h"

enum { EARLY_MOST = 1000, DEPTH_MOST = 16 }; /* a recording may claim any number */

/* A dlopen that a constructor made, of what the same load brought: its turn is then. */
struct early_open {
	int constructor, object;
};

/* The constructors of one load, as they begin. */
struct turns {
	const struct recording *rec;
	int root;
	bool *brought, *begun; /* by object */
	struct early_open early[EARLY_MOST];
	size_t early_count, depth;
	struct init_order *ret;
};

/* What one dlopen sorts: all that its object needs, be it new or not. */
struct load {
	const struct recording *rec;
	int root;
	int *maps; /* breadth first */
	size_t count;
	bool *is_member, *visited; /* by object */
	int *sorted;
	size_t head; /* of `sorted`, which is filled from its end */
};

static bool starts_load(enum load_reason reason)
{
	return reason == REASON_MAIN || reason == REASON_DLOPEN || reason == REASON_LIBC;
}

static int program_of(const struct recording *rec)
{
	for (size_t i = 0; i < rec->object_count; i++)
		if (rec->objects[i].kind == OBJECT_MAIN)
			return (int)i;
	return NONE;
}

/* What the load that brought `object` was for, or NONE. */
static int root_of(const struct recording *rec, int object)
{
	for (size_t steps = 0; object >= 0 && steps < rec->object_count; steps++) {
		const struct object *o = &rec->objects[object];

		if (starts_load(o->reason))
			return object;
		if (o->reason == REASON_PRELOAD)
			return program_of(rec);
		if (o->reason != REASON_NEEDED || o->reason_object < 0 ||
		    (size_t)o->reason_object >= rec->object_count)
			return NONE;
		object = o->reason_object;
	}
	return NONE;
}

static void add_map(struct load *load, int object)
{
	if (object < 0 || (size_t)object >= load->rec->object_count || load->is_member[object])
		return;
	load->is_member[object] = true;
	load->maps[load->count++] = object;
}

static void add_breadth_first(struct load *load)
{
	const struct recording *rec = load->rec;

	add_map(load, load->root);
	for (size_t i = 0; rec->objects[load->root].reason == REASON_MAIN && i < rec->object_count;
	     i++)
		if (rec->objects[i].reason == REASON_PRELOAD)
			add_map(load, (int)i);
	for (size_t i = 0; i < load->count; i++) {
		const struct object *o = &rec->objects[load->maps[i]];

		for (size_t j = 0; j < o->needed_count; j++)
			add_map(load, o->needed[j].resolved);
	}
}

static bool is_member(const struct load *load, int object)
{
	return object >= 0 && (size_t)object < load->rec->object_count && load->is_member[object];
}

/* Where a walk down the needed lists is. */
struct place {
	int object;
	size_t next; /* of its needed list */
};

/* The next object to go down to from `place`, or NONE.  The root's own list is not there yet when
 * ld.so sorts. */
static int next_needed(const struct load *load, struct place *place)
{
	const struct object *o = &load->rec->objects[place->object];

	while (place->next < o->needed_count && place->object != load->root) {
		int needed = o->needed[place->next++].resolved;

		if (is_member(load, needed) && !load->visited[needed])
			return needed;
	}
	return NONE;
}

/* dfs_traversal() of _dl_sort_maps_dfs().  No deeper than the stack allows: a recording may claim
 * any depth. */
static void visit(struct load *load, int object, struct place *stack)
{
	size_t depth = 0;

	load->visited[object] = true;
	stack[depth++] = (struct place){object, 0};
	while (depth > 0) {
		int needed = next_needed(load, &stack[depth - 1]);

		if (needed == NONE) {
			load->sorted[--load->head] = stack[--depth].object;
			continue;
		}
		load->visited[needed] = true;
		stack[depth++] = (struct place){needed, 0};
	}
}

static void sort_dfs(struct load *load)
{
	AUTO_FREE struct place *stack = xcalloc(load->count, sizeof(*stack));
	size_t first = 0;

	load->head = load->count;
	for (size_t i = load->count; i-- > 0;)
		if (!load->visited[load->maps[i]])
			visit(load, load->maps[i], stack);
	while (load->sorted[first] != load->root)
		first++;
	memmove(&load->sorted[1], load->sorted, first * sizeof(*load->sorted));
	load->sorted[0] = load->root;
}

static bool needs(const struct load *load, int object, int other)
{
	const struct object *o = &load->rec->objects[object];

	for (size_t i = 0; i < o->needed_count; i++)
		if (o->needed[i].resolved == other)
			return true;
	return false;
}

/* The last object behind `i` that needs the one at `i`; `i` when none does. */
static size_t last_user(const struct load *load, size_t i)
{
	for (size_t k = load->count - 1; k > i; k--)
		if (needs(load, load->sorted[k], load->sorted[i]))
			return k;
	return i;
}

/*
 * _dl_sort_maps_original(), the rule up to glibc 2.34: each object moves behind the last one that
 * needs it; whoever was looked at too often is in a circle, and stays.
 */
static void sort_original(struct load *load)
{
	size_t n = load->count, i = 1;
	AUTO_FREE size_t *seen = xcalloc(n + 1, sizeof(*seen));

	memcpy(load->sorted, load->maps, n * sizeof(*load->maps));
	while (i < n) {
		size_t user, mine;
		int object = load->sorted[i];

		mine = ++seen[i];
		user = last_user(load, i);
		if (user != i) {
			memmove(&load->sorted[i], &load->sorted[i + 1],
				(user - i) * sizeof(*load->sorted));
			load->sorted[user] = object;
			if (seen[i + 1] <= n - i) {
				memmove(&seen[i], &seen[i + 1], (user - i) * sizeof(*seen));
				seen[user] = mine;
				continue;
			}
		}
		i++;
		memset(&seen[i], 0, (n - i) * sizeof(*seen));
	}
}

/* Which rule does the process's ld.so have?  GLIBC_TUNABLES can ask for the older one. */
static bool has_original_sort(const struct recording *rec)
{
	const char *tunables = recording_getenv(rec, "GLIBC_TUNABLES");
	const char *found = tunables ? strstr(tunables, "glibc.rtld.dynamic_sort=") : NULL;

	if (!rec->glibc)
		return false;
	return recording_glibc_before(rec, 35, false) ||
	       (found && found[strlen("glibc.rtld.dynamic_sort=")] == '1');
}

static void run_load(struct turns *turns, int root);

static void begin(struct turns *turns, int object)
{
	if (!turns->brought[object] || turns->begun[object])
		return;
	turns->begun[object] = true;
	turns->ret->objects[turns->ret->count++] = object;
	if (turns->depth >= DEPTH_MOST)
		return;
	turns->depth++;
	for (size_t i = 0; i < turns->early_count; i++)
		if (turns->early[i].constructor == object && !turns->begun[turns->early[i].object])
			run_load(turns, turns->early[i].object);
	turns->depth--;
}

/* ld.so calls the objects of the sorted list from its end; an object with DF_1_INITFIRST before all
 * others. */
static void run_load(struct turns *turns, int root)
{
	const struct recording *rec = turns->rec;
	size_t room = rec->object_count;
	AUTO_FREE int *maps = xcalloc(room, sizeof(*maps)),
		      *sorted = xcalloc(room, sizeof(*sorted));
	AUTO_FREE bool *members = xcalloc(room, sizeof(*members));
	AUTO_FREE bool *visited = xcalloc(room, sizeof(*visited));
	struct load load = {.rec = rec,
			    .root = root,
			    .maps = maps,
			    .sorted = sorted,
			    .is_member = members,
			    .visited = visited};

	add_breadth_first(&load);
	if (has_original_sort(rec))
		sort_original(&load);
	else
		sort_dfs(&load);
	for (size_t i = load.count; root == turns->root && i-- > 0;)
		if (turns->brought[sorted[i]] && rec->objects[sorted[i]].flags_1 & DF_1_INITFIRST) {
			begin(turns, sorted[i]);
			break;
		}
	for (size_t i = load.count; i-- > 0;)
		begin(turns, sorted[i]);
}

/* --- constructors that open what came with them --- */

/* The object of the load that the innermost constructor in the stack is of, or NONE: ld.so called
 * it. */
static int constructor_in(const struct turns *turns, const struct stack *stack)
{
	const struct recording *rec = turns->rec;

	for (size_t i = 0; i + 1 < stack->frame_count; i++) {
		int object = stack->frames[i].object, caller = stack->frames[i + 1].object;

		if (object >= 0 && (size_t)object < rec->object_count && turns->brought[object] &&
		    caller >= 0 && (size_t)caller < rec->object_count &&
		    rec->objects[caller].kind == OBJECT_LDSO)
			return object;
	}
	return NONE;
}

/* Was the call made while the load went on?  At the start nothing but ld.so is below in the stack:
 * destructors at the end have the program there. */
static bool during_load(const struct turns *turns, const struct call *call,
			const struct stack *stack)
{
	const struct recording *rec = turns->rec;
	const struct object *root = &rec->objects[turns->root];
	int outermost = stack->frame_count ? stack->frames[stack->frame_count - 1].object : NONE;
	int parent = call->parent;

	if (root->reason == REASON_MAIN)
		return outermost >= 0 && (size_t)outermost < rec->object_count &&
		       rec->objects[outermost].kind == OBJECT_LDSO;
	for (size_t steps = 0;
	     parent >= 0 && (size_t)parent < rec->call_count && steps < rec->call_count; steps++) {
		if (parent == root->reason_call)
			return true;
		if (rec->calls[parent].kind == CALL_DLCLOSE)
			return false;
		parent = rec->calls[parent].parent;
	}
	return false;
}

static void find_early_opens(struct turns *turns)
{
	const struct recording *rec = turns->rec;

	for (size_t i = 0; i < rec->call_count && turns->early_count < EARLY_MOST; i++) {
		const struct call *call = &rec->calls[i];
		const struct stack *stack;
		int constructor;

		if ((call->kind != CALL_DLOPEN && call->kind != CALL_DLMOPEN) || call->result < 0 ||
		    (size_t)call->result >= rec->object_count || !turns->brought[call->result] ||
		    call->stack < 0 || (size_t)call->stack >= rec->stack_count)
			continue;
		stack = &rec->stacks[call->stack];
		constructor = constructor_in(turns, stack);
		if (constructor != NONE && during_load(turns, call, stack))
			turns->early[turns->early_count++] =
				(struct early_open){constructor, call->result};
	}
}

static void find_brought(struct turns *turns)
{
	const struct recording *rec = turns->rec;

	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *o = &rec->objects[i];

		if (o->reason == REASON_NEEDED && o->reason_object >= 0 &&
		    (size_t)o->reason_object < i)
			turns->brought[i] = turns->brought[o->reason_object];
		else
			turns->brought[i] = root_of(rec, (int)i) == turns->root;
	}
}

bool init_order_build(const struct recording *rec, int object, struct init_order *ret)
{
	size_t room = rec->object_count;
	struct turns turns = {.rec = rec, .root = root_of(rec, object), .ret = ret};
	AUTO_FREE bool *brought = NULL, *begun = NULL;

	*ret = (struct init_order){0};
	if (turns.root == NONE || object_failed_call(rec, object) != NONE)
		return false;
	turns.brought = brought = xcalloc(room, sizeof(*brought));
	turns.begun = begun = xcalloc(room, sizeof(*begun));
	find_brought(&turns);
	find_early_opens(&turns);
	ret->root = turns.root;
	ret->objects = xcalloc(room, sizeof(*ret->objects));
	run_load(&turns, turns.root);
	if (!begun[object]) { /* came as a filtee, or by a needed entry that is not resolved */
		init_order_release(ret);
		return false;
	}
	for (size_t i = 0; i < ret->count; i++)
		if (ret->objects[i] == object)
			ret->position = i;
	return true;
}

void init_order_release(struct init_order *order)
{
	free(order->objects);
	*order = (struct init_order){0};
}
