/* Who wins a symbol, and whose references go elsewhere. */
#include "report/model/interpositions_build.h"
#include "report/util.h"

/*
 * A program that is not position-independent gives a function an address in its own PLT, and all
 * take that for the function's address (glibc: an undefined symbol with a value, which counts
 * unless a PLT slot asks).  So a reference can be bound to an object that defines nothing.
 */
static bool is_alias(const struct interposition_builder *b, const struct interposition *i,
		     const struct interposition_user *user)
{
	return !interposition_definer_of(i, user->to) &&
	       b->definitions.source[user->to] >= SYMBOLS_FILE;
}

/* The object that this reference was meant for, when it went elsewhere; NONE otherwise. */
static int missed_by(const struct interposition_builder *b, const struct interposition *i,
		     const struct interposition_user *user)
{
	const struct object *from;

	if (user->from == NONE || user->from == user->to)
		return NONE;
	if (interposition_definer_of(i, user->from) &&
	    interposition_serves(b, i->symbol, user->from, user->version))
		return user->from;
	if (object_needs(b->rec, user->from, user->to))
		return NONE;
	from = &b->rec->objects[user->from];
	for (size_t j = 0; j < from->needed_count; j++) {
		int object = from->needed[j].resolved;

		if (object != NONE && interposition_definer_of(i, object) &&
		    object_live_at(b->rec, object, user->seq) &&
		    interposition_serves(b, i->symbol, object, user->version))
			return object;
	}
	return NONE;
}

static void note_since(struct interposition *i, uint64_t seq)
{
	if (!i->since || seq < i->since)
		i->since = seq;
}

static void weigh_missed(const struct interposition_builder *b, struct interposition *i,
			 struct interposition_user *user)
{
	struct interposition_definer *definer;

	user->missed = missed_by(b, i, user);
	if (user->missed == NONE)
		return;
	i->what |= user->missed == user->from ? WHAT_INTERPOSED : WHAT_DIVERTED;
	note_since(i, user->seq);
	definer = interposition_definer_of(i, user->missed);
	if (definer && user->missed == user->from)
		definer->own_lost = true;
}

/* Is this the variable that a copy relocation of the program left in its library? */
static bool is_left_behind(const struct interposition_builder *b, const struct interposition *i,
			   const struct interposition_user *user)
{
	const struct interposition_definer *definer = interposition_definer_of(i, user->to);

	return definer && definer->copied && user->to != b->program;
}

/*
 * Do these two references, of which `user` is the later one, ask for the same and get different
 * things?  An object that is bound to a definition of its own has a private copy; what it is
 * bound to after it was bound elsewhere is another matter.
 */
static unsigned int split_between(const struct interposition_builder *b,
				  const struct interposition *i,
				  const struct interposition_user *early,
				  const struct interposition_user *user)
{
	bool same = early->from == user->from && user->from != NONE;
	bool left = is_left_behind(b, i, early) || is_left_behind(b, i, user);

	if (early->to == user->to || (early->from == NONE && user->from == NONE))
		return 0;
	if (!same && !left && (early->from == early->to || user->from == user->to))
		return 0;
	if (!object_live_at(b->rec, early->to, user->seq) ||
	    !interposition_serves(b, i->symbol, early->to, user->version) ||
	    !interposition_serves(b, i->symbol, user->to, early->version))
		return 0;
	return same ? WHAT_SPLIT_IN_TIME : WHAT_SPLIT;
}

/*
 * With hundreds of users of a symbol, comparing each with each other one is too much: of each
 * target, the first user stands for all.  Who is bound to a definition of its own is compared with
 * its other references only, by weigh_time().
 */
static void weigh_split(const struct interposition_builder *b, struct interposition *i,
			const struct interposition_user **seen, size_t *seen_count,
			const struct interposition_user *user)
{
	bool known = false;

	if (user->from == user->to && !is_left_behind(b, i, user))
		return;
	for (size_t j = 0; j < *seen_count; j++) {
		unsigned int what = split_between(b, i, seen[j], user);

		if (what) {
			i->what |= what;
			note_since(i, user->seq);
		}
		known |= seen[j]->to == user->to && seen[j]->version == user->version;
	}
	if (!known)
		seen[(*seen_count)++] = user;
}

/* One object's references that changed their target: its users, by object, in order of seq. */
static int compare_from(const void *a, const void *b)
{
	const struct interposition_user *x = *(const struct interposition_user *const *)a;
	const struct interposition_user *y = *(const struct interposition_user *const *)b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return (x > y) - (x < y);
}

static void weigh_time(const struct interposition_builder *b, struct interposition *i,
		       const struct interposition_user **order, size_t count)
{
	qsort(order, count, sizeof(*order), compare_from);
	for (size_t j = 1; j < count; j++) {
		if (order[j]->from != order[j - 1]->from || order[j]->to == order[j - 1]->to)
			continue;
		if (split_between(b, i, order[j - 1], order[j])) {
			i->what |= WHAT_SPLIT_IN_TIME;
			note_since(i, order[j]->seq);
		}
	}
}

static void count_users(const struct interposition_builder *b, struct interposition *i)
{
	for (size_t j = 0; j < i->user_count; j++) {
		struct interposition_user *user = &i->users[j];
		struct interposition_definer *definer = interposition_definer_of(i, user->to);

		if (user->kind == BOUND_COPY && definer)
			definer->copied = true;
		if (!definer || !interposition_counts(user))
			continue;
		definer->users++;
		definer = interposition_definer_of(i, user->from);
		if (definer)
			definer->own_calls = true;
	}
	for (size_t j = 0; j < i->definer_count; j++) {
		const struct interposition_definer *winner = interposition_definer_of(i, i->winner);

		if (!winner || i->definers[j].users > winner->users)
			i->winner = i->definers[j].object;
	}
	/* The program's copy of a variable may have no reference but the relocation itself. */
	for (size_t j = 0; j < i->definer_count; j++)
		if (i->definers[j].copied && interposition_definer_of(i, b->program))
			i->winner = b->program;
}

/* Of vague linkage are only symbols that all definers have so: a strong definition is meant. */
static enum vague_kind vague_of(const struct interposition_builder *b,
				const struct interposition *i)
{
	const char *name = name_string(&b->set->names, i->symbol);
	enum vague_kind kind = VAGUE_NOT;

	for (size_t j = 0; j < i->definer_count; j++) {
		kind = symbol_vague_kind(name, i->definers[j].type, i->definers[j].bind);
		if (kind == VAGUE_NOT)
			break;
	}
	return kind;
}

static void weigh_vague(const struct interposition_builder *b, struct interposition *i)
{
	int first = NONE;

	i->vague = vague_of(b, i);
	for (size_t j = 0; i->vague != VAGUE_NOT && j < i->definer_count; j++) {
		if (!i->definers[j].users)
			continue;
		if (first == NONE)
			first = i->definers[j].object;
		else if (objects_coexist(b->rec, first, i->definers[j].object))
			i->what |= WHAT_VAGUE_SPLIT;
	}
}

void interposition_weigh(const struct interposition_builder *b, struct interposition *i)
{
	AUTO_FREE const struct interposition_user **seen =
		xcalloc(2 * i->user_count + 1, sizeof(*seen));
	const struct interposition_user **order = seen + i->user_count;
	size_t seen_count = 0, order_count = 0;

	count_users(b, i);
	for (size_t j = 0; j < i->user_count; j++) {
		struct interposition_user *user = &i->users[j];

		if (!interposition_counts(user) || is_alias(b, i, user))
			continue;
		weigh_missed(b, i, user);
		weigh_split(b, i, seen, &seen_count, user);
		order[order_count++] = user;
	}
	weigh_time(b, i, order, order_count);
	weigh_vague(b, i);
}
