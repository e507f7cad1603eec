/*
 * Which interpositions anybody should care about.  illumos' lari asks the same question of a single
 * process; as there, each exclusion stands here with its reason.
 */
#include <elf.h>

#include "report/model/interpositions_build.h"
#include "report/util.h"

/* More of them are no accident of names any more, but a copy of the library. */
#define FEW_SYMBOLS 8
/* So many common names, if they are half of the smaller one's, make two libraries copies. */
#define COPY_LEAST 3

struct verdict {
	enum interest interest;
	enum dull dull;
};

struct judge {
	const struct interposition_builder *b;
	size_t *defines;            /* by object: symbols of the list that it defines */
	bool *linked;               /* by object: the program needs it, or what it needs does */
	struct name_table crossing; /* identifiers in mangled names bound between two objects */
};

static const char *name_of(const struct judge *judge, const struct interposition *i)
{
	return name_string(&judge->b->set->names, i->symbol);
}

/* --- references that missed what they were meant for --- */

/*
 * The program defines what a library that it was linked against defines too, or one that came with
 * such a library: the link editor has seen both, exported the program's (it does so for that very
 * reason), and every test of the program ran so.  gdb has its own xmalloc besides libreadline's,
 * wget a locale_charset besides that of libunistring, which libidn2 needs.  A whole copy of the
 * library is something else, and so is a library that came with a plugin.
 */
static bool program_chose(const struct judge *judge, const struct interposition_user *user)
{
	const struct interposition_builder *b = judge->b;
	const struct interposition_pair *pair;

	size_t taken;

	pair = interpositions_find_pair(b->out, user->to, user->missed);
	if (!pair)
		return false;
	/* Both man and its libman have gnulib in them: that is much of gnulib, not of libman. */
	taken = pair->interposed + pair->diverted;
	if (taken >= FEW_SYMBOLS && taken * 4 >= b->definitions.exported[user->missed])
		return false;
	return judge->linked[user->missed];
}

/*
 * Constants, also those that are read-only once they are relocated, of one size: the same tables in
 * both, as in libwayland-client and libwayland-server.  Of another size they are not the same.
 */
static bool is_constant(const struct judge *judge, const struct interposition *i,
			const struct interposition_user *user)
{
	const struct interposition_builder *b = judge->b;
	const struct definition *end;
	const struct definition *got = interposition_definition(b, i->symbol, user->to, &end);
	const struct definition *missed =
		interposition_definition(b, i->symbol, user->missed, &end);

	return got && missed && got->type == STT_OBJECT && missed->type == STT_OBJECT &&
	       !definition_is_state(b->rec, got) && !definition_is_state(b->rec, missed) &&
	       got->size == missed->size;
}

/* Why nobody minds that this reference missed its definition; DULL_NOT: somebody may. */
static enum dull dull_miss(const struct judge *judge, const struct interposition *i,
			   const struct interposition_user *user)
{
	const struct interposition_builder *b = judge->b;
	const struct interposition_definer *missed = interposition_definer_of(i, user->missed);

	/* glibc calls itself through the PLT only where it lets programs replace a function
	 * (malloc); what others name libc.so.6 for, a program may define itself, too. */
	if (b->glibc[user->missed])
		return DULL_GLIBC;
	/* The variable moved into the program, and everybody knows. */
	if (missed && missed->copied && user->to == b->program)
		return DULL_COPY;
	/* LD_PRELOAD is there to do this. */
	if (b->preload[user->to])
		return DULL_PRELOAD;
	/* A weak definition in a library is a default: operator new of libstdc++, hooks. */
	if (missed && missed->bind != STB_GLOBAL)
		return DULL_WEAK;
	/* Allocation functions are there to be replaced (C++: [new.delete]), all over the process:
	 * that nobody is left with the other ones is asked before. */
	if (!(i->what & WHAT_ANY_SPLIT) && symbol_is_allocator(name_of(judge, i)))
		return DULL_ALLOCATOR;
	if (is_constant(judge, i, user))
		return DULL_CONSTANT;
	if (user->to == b->program)
		return program_chose(judge, user) ? DULL_PROGRAM : DULL_NOT;
	/* liblapack has a lsame_ of its own and is linked against libblas, which has it too:
	 * whoever built the one had the other at hand, and had to get along with it. */
	if (object_needs(b->rec, user->to, user->missed) ||
	    object_needs(b->rec, user->missed, user->to))
		return DULL_LINKED;
	return DULL_NOT;
}

static struct verdict judge_missed(const struct judge *judge, const struct interposition *i)
{
	struct verdict worst = {INTEREST_NONE, DULL_NOT};
	bool any = false;

	for (size_t j = 0; j < i->user_count; j++) {
		const struct interposition_user *user = &i->users[j];
		struct verdict verdict = {INTEREST_NONE, DULL_NOT};

		if (user->missed == NONE)
			continue;
		verdict.dull = dull_miss(judge, i, user);
		if (verdict.dull == DULL_PROGRAM || verdict.dull == DULL_LINKED ||
		    verdict.dull == DULL_CONSTANT)
			verdict.interest = INTEREST_NOTE;
		else if (verdict.dull == DULL_NOT)
			verdict.interest =
				user->missed == user->from ? INTEREST_ERROR : INTEREST_WARNING;
		if (!any || verdict.interest > worst.interest)
			worst = verdict;
		any = true;
	}
	return worst;
}

/* --- vague linkage --- */

/*
 * An identifier in a mangled name (Itanium C++ ABI 5.1.3): its length in digits, then its letters.
 * Returns where it ends; NULL when there is none at `s`.
 */
static const char *read_identifier(const char *s, const char **ret_begin)
{
	size_t length = 0;

	if (*s < '1' || *s > '9')
		return NULL;
	while (*s >= '0' && *s <= '9' && length < 10000)
		length = length * 10 + (size_t)(*s++ - '0');
	if (strnlen(s, length) < length)
		return NULL;
	*ret_begin = s;
	return s + length;
}

static void note_identifiers(struct name_table *identifiers, const char *mangled)
{
	while (*mangled) {
		const char *begin, *end = read_identifier(mangled, &begin);

		if (end) {
			AUTO_FREE char *identifier = xstrndup(begin, (size_t)(end - begin));

			name_add(identifiers, identifier);
		}
		mangled = end ? end : mangled + 1;
	}
}

/*
 * Does the class of this typeinfo travel between objects?  Its name is then part of the mangled
 * name of a function that one of them calls in another one.
 */
static bool class_crosses(const struct judge *judge, const struct interposition *i)
{
	const char *s = name_of(judge, i) + 4 /* behind _ZTI */, *begin, *end;
	AUTO_FREE char *class = NULL;

	s += *s == 'N'; /* nested: the last one names the class */
	while ((end = read_identifier(s, &begin)) != NULL) {
		free(class);
		class = xstrndup(begin, (size_t)(end - begin));
		s = end;
	}
	return class && name_find(&judge->crossing, class) != NAME_NONE;
}

/*
 * One definition in use is what vague linkage promises.  With more of them:
 * - functions and virtual tables are alike wherever they are; only their addresses differ;
 * - typeinfo is compared by address first (by libc++ only so), then by name (libstdc++, unless the
 *   name is local): it matters where objects of the class, or exceptions, pass from one to another;
 * - data is state, and there are two of it.
 */
static struct verdict judge_vague(const struct judge *judge, const struct interposition *i,
				  bool shared)
{
	const char *name = name_of(judge, i);

	if (!(i->what & WHAT_VAGUE_SPLIT))
		return (struct verdict){INTEREST_NONE, DULL_UNIFIED};
	if (i->vague == VAGUE_DATA && !symbol_is_std(name))
		return (struct verdict){INTEREST_WARNING, DULL_NOT};
	if (i->vague != VAGUE_TYPEINFO)
		return (struct verdict){INTEREST_NOTE, DULL_INSTANCE};
	if (!symbol_is_std(name) && (shared || class_crosses(judge, i)))
		return (struct verdict){INTEREST_WARNING, DULL_NOT};
	return (struct verdict){INTEREST_NOTE, DULL_UNSHARED};
}

/* --- splits --- */

static size_t common_symbols(const struct judge *judge, int a, int b)
{
	const struct interposition_pair *one = interpositions_find_pair(judge->b->out, a, b);
	const struct interposition_pair *other = interpositions_find_pair(judge->b->out, b, a);

	size_t symbols = one ? one->symbols : 0;

	/* A symbol can be in both. */
	return other && other->symbols > symbols ? other->symbols : symbols;
}

/* Are two definers in use copies of one library, rather than strangers with a name in common? */
static bool are_copies(const struct judge *judge, const struct interposition *i)
{
	for (size_t j = 0; j < i->definer_count; j++) {
		int one = i->definers[j].object;

		for (size_t k = 0; i->definers[j].users && k < j; k++) {
			int other = i->definers[k].object;
			size_t fewer = judge->defines[one] < judge->defines[other]
					       ? judge->defines[one]
					       : judge->defines[other];
			size_t common = common_symbols(judge, one, other);

			if (i->definers[k].users && common >= COPY_LEAST && common * 2 >= fewer)
				return true;
		}
	}
	return false;
}

/* All definers are parts of glibc: libm has its own copysign, libpthread of 2.31 its own write,
 * and what they do is the same. */
static bool within_glibc(const struct judge *judge, const struct interposition *i)
{
	for (size_t j = 0; j < i->definer_count; j++)
		if (!judge->b->glibc[i->definers[j].object])
			return false;
	return true;
}

static struct verdict judge_split(const struct judge *judge, const struct interposition *i,
				  bool shared)
{
	/* Memory of one allocator that comes to another's free() ends the program. */
	if (symbol_is_allocator(name_of(judge, i)))
		return (struct verdict){INTEREST_ERROR, DULL_NOT};
	if ((i->what & WHAT_SPLIT_IN_TIME) || shared || are_copies(judge, i))
		return (struct verdict){INTEREST_WARNING, DULL_NOT};
	/* In local scopes that do not meet, two libraries may use one name: that is what
	 * RTLD_LOCAL is for. */
	return (struct verdict){INTEREST_NOTE, DULL_NAMESAKE};
}

/* Do its look-ups by handle go to several objects? */
static bool is_interface(const struct interposition *i)
{
	int first = NONE;

	for (size_t j = 0; j < i->user_count; j++) {
		if (!interposition_is_lookup(&i->users[j]))
			continue;
		if (first != NONE && i->users[j].to != first)
			return true;
		first = i->users[j].to;
	}
	return false;
}

/* Is every reference to this definer its own? */
static bool is_private(const struct interposition *i, int object)
{
	for (size_t j = 0; j < i->user_count; j++)
		if (interposition_counts(&i->users[j]) && i->users[j].to == object &&
		    i->users[j].from != object)
			return false;
	return true;
}

/* Nobody missed anything, and no two references that ask for the same got different things. */
static struct verdict judge_quiet(const struct judge *judge, const struct interposition *i)
{
	size_t used = 0, shared = 0;

	for (size_t j = 0; j < i->definer_count; j++) {
		used += i->definers[j].users != 0;
		shared += i->definers[j].users && !is_private(i, i->definers[j].object);
	}
	if (used > 1)
		return (struct verdict){INTEREST_NOTE, shared > 1 ? DULL_APART : DULL_PRIVATE};
	if (is_interface(i))
		return (struct verdict){INTEREST_NONE, DULL_INTERFACE};
	if (i->winner != NONE && judge->b->preload[i->winner])
		return (struct verdict){INTEREST_NONE, DULL_PRELOAD};
	return (struct verdict){INTEREST_NONE, DULL_ONE_WAY};
}

static struct verdict judge_symbol(const struct judge *judge, const struct interposition *i,
				   bool shared)
{
	bool split = i->what & WHAT_ANY_SPLIT;
	bool missed = i->what & (WHAT_INTERPOSED | WHAT_DIVERTED);
	struct verdict verdict = {INTEREST_NONE, DULL_NOT}, other;

	if (i->vague != VAGUE_NOT)
		return judge_vague(judge, i, shared);
	/* Whoever calls LAPACK wants its errors for itself: R, Octave and NumPy define xerbla_. */
	if ((split || missed) && symbol_is_handler(name_of(judge, i)))
		return (struct verdict){INTEREST_NONE, DULL_HANDLER};
	if (within_glibc(judge, i))
		return (struct verdict){INTEREST_NONE, DULL_GLIBC};
	if (!split && !missed)
		return judge_quiet(judge, i);
	if (missed)
		verdict = judge_missed(judge, i);
	if (!split)
		return verdict;
	other = judge_split(judge, i, shared);
	return missed && verdict.interest >= other.interest ? verdict : other;
}

/* --- all of them --- */

static void find_linked(struct judge *judge)
{
	const struct recording *rec = judge->b->rec;
	bool more = has_object(rec, judge->b->program);

	judge->linked = xcalloc(rec->object_count + 1, sizeof(*judge->linked));
	if (more)
		judge->linked[judge->b->program] = true;
	while (more) {
		more = false;
		for (size_t i = 0; i < rec->object_count; i++)
			for (size_t j = 0; judge->linked[i] && j < rec->objects[i].needed_count;
			     j++) {
				int needed = rec->objects[i].needed[j].resolved;

				if (!has_object(rec, needed) || judge->linked[needed])
					continue;
				judge->linked[needed] = true;
				more = true;
			}
	}
}

static void prepare(struct judge *judge)
{
	const struct interposition_builder *b = judge->b;
	const struct name_table *names = &b->set->names;
	AUTO_FREE bool *crossing = xcalloc(names->count + 1, sizeof(*crossing));

	judge->defines = xcalloc(b->rec->object_count + 1, sizeof(*judge->defines));
	for (size_t j = 0; j < b->definitions.count; j++)
		judge->defines[b->definitions.list[j].object]++;
	for (size_t j = 0; j < b->set->count; j++) {
		const struct bound *bound = &b->set->list[j];
		const char *name = name_string(names, bound->symbol);

		if (bound->type != STT_FUNC || bound->from == bound->to ||
		    crossing[bound->symbol] || strncmp(name, "_Z", 2) != 0 || name[2] == 'T')
			continue;
		crossing[bound->symbol] = true;
		note_identifiers(&judge->crossing, name);
	}
}

void interpositions_judge(struct interposition_builder *b)
{
	struct judge judge = {.b = b};

	find_linked(&judge);
	prepare(&judge);
	for (size_t j = 0; j < b->out->count; j++) {
		struct verdict verdict = judge_symbol(&judge, &b->out->list[j], b->shared[j]);

		b->out->list[j].interest = verdict.interest;
		b->out->list[j].dull = verdict.dull;
	}
	free(judge.defines);
	free(judge.linked);
	name_table_release(&judge.crossing);
}
