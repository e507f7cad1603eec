/*
 * relocations.c - when the relocations of which objects are walked (walk.c): bindings that ld.so
 * makes without telling auditors, which is all but those of JUMP_SLOT relocations, of which the
 * lazy ones that nobody called through yet are noted.
 */
#include "audit/module.h"

/* One walk at a time. */
static struct {
	_Atomic uint32_t busy;      /* a thread walks, or closes an object */
	uint64_t signals;           /* its mask, to restore */
	struct object *last_walked; /* all up to this one are done */
	_Atomic uint32_t walks;     /* how many are over */
} walker;

/* Take the walker.  Signals are blocked meanwhile: a handler that never returns here (siglongjmp)
 * would keep it for ever. */
static bool begin(void)
{
	uint64_t signals = signals_block();
	uint32_t nobody = 0;

	if (!atomic_compare_exchange_strong(&walker.busy, &nobody, 1)) {
		signals_restore(signals);
		return false;
	}
	walker.signals = signals;
	return true;
}

static void end(void)
{
	uint64_t signals = walker.signals;

	atomic_store(&walker.busy, 0);
	signals_restore(signals);
}

static struct object *first_pending(void)
{
	return walker.last_walked ? walker.last_walked->next : objects_first();
}

/* Both: the caller has the walker, so that no object is closed meanwhile. */
static void look_around(void)
{
	size_t relocations = 0;

	for (const struct object *object = first_pending(); object; object = object->next)
		relocations += object->relocation_count - object->relative_count;
	walk_begin(relocations);
}

static void walk_one(struct object *object, bool dying)
{
	if (atomic_load(&object->walk) != WALK_PENDING)
		return;
	object->walked = atomic_load(&walker.walks) + 1;
	walk_object(object, dying);
	atomic_store(&walker.walks, object->walked);
}

struct pending {
	enum catch_up how;
	uint32_t self; /* CATCH_UP_OPENER, CATCH_UP_CHILD */
};

/* Of a dlopen that failed, or is under way in a thread that is not in this child? */
static bool may_be_unrelocated(const struct pending *pending, const struct object *object)
{
	if (!object->group || object->group != module.group)
		return false;
	return pending->how == CATCH_UP_DELETE ||
	       (pending->how == CATCH_UP_CHILD && object->opener != pending->self);
}

/* Who holds ld.so's load lock may walk all: no other thread is in a dlopen.  Others take what they
 * opened themselves, while another thread may be opening more. */
static void walk_pending(void *argument)
{
	const struct pending *pending = argument;
	bool all_done = true;

	look_around();
	for (struct object *object = first_pending(); object; object = object->next) {
		if (pending->how == CATCH_UP_OPENER && object->opener != pending->self)
			all_done = false;
		else
			walk_one(object, may_be_unrelocated(pending, object));
		if (all_done)
			walker.last_walked = object;
	}
}

/* On the stack of `taker`, which is given back; NULL: on the caller's.  When another thread walks,
 * the next event will. */
static void walk_on(struct stack_taker *taker, struct pending *pending)
{
	if (begin()) {
		if (taker)
			stack_run(taker, walk_pending, pending);
		else
			walk_pending(pending);
		end();
		/* What was written may have used up the room that la_symbind counts on. */
		writer_prepare(&module.writer, HEADROOM);
	}
	if (taker)
		stack_give_back(taker);
}

void relocations_catch_up(enum catch_up how)
{
	struct pending pending = {how, 0};
	struct stack_taker *taker = NULL;

	if (!first_pending()) /* nearly always; so not even a system call is made before */
		return;
	if (how == CATCH_UP_OPENER) {
		pending.self = thread_id();
		if (!pending.self || atomic_load(&module.opener) != pending.self)
			return;
		taker = stack_borrow(); /* a fibre may have little room */
		if (!taker)
			return;
	}
	walk_on(taker, &pending);
}

void relocations_catch_up_child(const struct fork_place *place)
{
	struct pending pending = {CATCH_UP_CHILD, place->tid};
	struct stack_taker *taker = first_pending() ? stack_borrow_room() : NULL;

	if (taker)
		walk_on(taker, &pending);
}

void relocations_close(struct object *object)
{
	uint32_t spins = 0;

	/* Another thread may be reading this object's tables, for a millisecond or two.  It can't
	 * be this thread: no handler runs while it walks. */
	while (!begin())
		if (++spins % 1024)
			arch_pause();
		else
			sys(SYS_sched_yield);
	/* Those that came with it may be bound to it, and it will not be found any more: when a
	 * dlopen fails, they are closed one after the other. */
	if (atomic_load(&object->walk) == WALK_PENDING) {
		look_around();
		for (struct object *other = first_pending(); other; other = other->next)
			if (other->group == object->group)
				walk_one(other, true);
	}
	if (walker.last_walked == object)
		walker.last_walked = object->previous;
	objects_close(object);
	end();
}

uint32_t relocations_walks(void)
{
	return atomic_load(&walker.walks);
}

/* What a thread that is not in this child wrote after the fork's record, or has yet to write, is
 * not this child's. */
static bool is_unknown_here(const struct object *object, const struct fork_place *place)
{
	uint32_t walk = atomic_load(&object->walk);

	return walk == WALK_BUSY ||
	       (walk == WALK_DONE && place->offset && object->walked > place->walks);
}

void relocations_after_fork(const struct fork_place *place)
{
	struct object *pending = NULL;

	if (atomic_exchange(&walker.busy, 0))
		walk_forget();
	for (struct object *object = objects_first(); object; object = object->next)
		if (is_unknown_here(object, place)) {
			atomic_store(&object->walk, WALK_PENDING);
			pending = pending ? pending : object;
		}
	/* Was it among those that are done? */
	for (struct object *o = pending; o; o = o->next)
		if (o == walker.last_walked)
			walker.last_walked = pending->previous;
}
