#include "report/model/init_order.h"

#include <elf.h>

#include "report/model/why_found.h"
#include "report/util.h"

/* The objects of one load: what was there before is initialised, and needs nothing of the load. */
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
	if (object < 0 || (size_t)object >= load->rec->object_count || load->is_member[object] ||
	    root_of(load->rec, object) != load->root)
		return;
	load->is_member[object] = true;
	load->maps[load->count++] = object;
}

static void add_breadth_first(struct load *load)
{
	const struct recording *rec = load->rec;

	add_map(load, load->root);
	for (size_t i = 0; i < rec->object_count; i++)
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

/* ld.so calls the objects of the sorted list from its end; an object with DF_1_INITFIRST before all
 * others. */
static void take_reversed(const struct load *load, struct init_order *ret)
{
	for (size_t i = load->count; i-- > 0;)
		if (load->rec->objects[load->sorted[i]].flags_1 & DF_1_INITFIRST) {
			ret->objects[ret->count++] = load->sorted[i];
			load->is_member[load->sorted[i]] = false;
			break;
		}
	for (size_t i = load->count; i-- > 0;)
		if (load->is_member[load->sorted[i]])
			ret->objects[ret->count++] = load->sorted[i];
}

bool init_order_build(const struct recording *rec, int object, struct init_order *ret)
{
	size_t room = rec->object_count;
	struct load load = {.rec = rec, .root = root_of(rec, object)};
	AUTO_FREE int *maps = NULL, *sorted = NULL;
	AUTO_FREE bool *members = NULL, *visited = NULL;

	*ret = (struct init_order){0};
	if (load.root == NONE || object_failed_call(rec, object) != NONE)
		return false;
	load.maps = maps = xcalloc(room, sizeof(*maps));
	load.sorted = sorted = xcalloc(room, sizeof(*sorted));
	load.is_member = members = xcalloc(room, sizeof(*members));
	load.visited = visited = xcalloc(room, sizeof(*visited));
	add_breadth_first(&load);
	if (!members[object]) /* came as a filtee, or by a needed entry that is not resolved */
		return false;
	if (has_original_sort(rec))
		sort_original(&load);
	else
		sort_dfs(&load);
	ret->root = load.root;
	ret->objects = xcalloc(load.count, sizeof(*ret->objects));
	take_reversed(&load, ret);
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
