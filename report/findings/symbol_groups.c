#include "report/findings/symbol_groups.h"

#include "report/render/words.h"

#define SYMBOLS_KEPT 200 /* of a finding; there can be thousands */
#define EXPLAINED    4   /* symbols of which the evidence says who is bound to whom */
#define USERS        3   /* ... so many each */

const struct interposition_user *interposition_first_miss(const struct recording *rec,
							  const struct interposition *i)
{
	const struct interposition_user *first = NULL;

	for (size_t j = 0; j < i->user_count; j++) {
		const struct interposition_user *user = &i->users[j];

		if (user->missed == NONE)
			continue;
		if (!object_needs(rec, user->to, user->missed) &&
		    !object_needs(rec, user->missed, user->to))
			return user;
		if (!first)
			first = user;
	}
	return first;
}

const char *interposition_name(struct rule_input *input, const struct interposition *i)
{
	return name_string(&input_bound(input)->names, i->symbol);
}

static enum severity severity_of(const struct interposition *i)
{
	return i->interest == INTEREST_ERROR     ? SEVERITY_ERROR
	       : i->interest == INTEREST_WARNING ? SEVERITY_WARNING
						 : SEVERITY_NOTE;
}

/* The group with these objects, made when it is not there. */
static struct symbol_group *group_of(struct symbol_groups *groups, enum severity severity,
				     const int *objects, size_t count)
{
	struct symbol_group *group;

	for (size_t i = 0; i < groups->count; i++) {
		group = &groups->list[i];
		if (group->severity == severity && group->object_count == count &&
		    memcmp(group->objects, objects, count * sizeof(*objects)) == 0)
			return group;
	}
	group = GROW(groups->list, groups->count, groups->room);
	group->severity = severity;
	for (size_t i = 0; i < count; i++)
		*GROW(group->objects, group->object_count, group->object_room) = objects[i];
	return group;
}

static void take(struct symbol_groups *groups, const struct interposition *i, const int *objects,
		 size_t count)
{
	struct symbol_group *group = group_of(groups, severity_of(i), objects, count);

	*GROW(group->symbols, group->symbol_count, group->symbol_room) = i;
}

void symbol_groups_by_miss(struct rule_input *input,
			   bool (*wanted)(struct rule_input *input, const struct interposition *i),
			   struct symbol_groups *ret)
{
	const struct interpositions *all = input_interpositions(input);

	*ret = (struct symbol_groups){0};
	for (size_t j = 0; j < all->count; j++) {
		const struct interposition *i = &all->list[j];
		const struct interposition_user *miss = interposition_first_miss(input->rec, i);

		/* Which constant is used makes no difference: there is nothing to act on. */
		if (i->interest != INTEREST_NONE && i->dull != DULL_CONSTANT && miss &&
		    wanted(input, i))
			take(ret, i, (const int[]){miss->to, miss->missed}, 2);
	}
}

void symbol_groups_by_definers(struct rule_input *input,
			       bool (*wanted)(struct rule_input *input,
					      const struct interposition *i),
			       struct symbol_groups *ret)
{
	const struct interpositions *all = input_interpositions(input);
	AUTO_FREE int *objects = xcalloc(input->rec->object_count + 1, sizeof(*objects));

	*ret = (struct symbol_groups){0};
	for (size_t j = 0; j < all->count; j++) {
		const struct interposition *i = &all->list[j];
		size_t count = 0;

		for (size_t k = 0; k < i->definer_count; k++)
			if (i->definers[k].users)
				objects[count++] = i->definers[k].object;
		if (i->interest != INTEREST_NONE && count > 1 && wanted(input, i))
			take(ret, i, objects, count);
	}
}

void symbol_groups_release(struct symbol_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		free(groups->list[i].objects);
		free(groups->list[i].symbols);
	}
	free(groups->list);
	*groups = (struct symbol_groups){0};
}

void add_group_symbols(struct strbuf *sb, struct rule_input *input,
		       const struct symbol_group *group, size_t most)
{
	size_t shown = group->symbol_count <= most ? group->symbol_count : most;

	for (size_t i = 0; i < shown; i++) {
		if (i)
			strbuf_addstr(sb, i + 1 == group->symbol_count ? " and " : ", ");
		add_symbol(sb, interposition_name(input, group->symbols[i]), false);
	}
	if (shown < group->symbol_count)
		strbuf_addf(sb, " and %zu more", group->symbol_count - shown);
}

/* "a.so, which defines it itself, is bound to b.so" */
static void add_user(struct strbuf *sb, const struct recording *rec,
		     const struct interposition_user *user)
{
	add_object(sb, rec, user->from);
	if (user->missed != NONE && user->missed == user->from) {
		strbuf_addstr(sb, ", which defines it itself,");
	} else if (user->missed != NONE) {
		strbuf_addstr(sb, ", which needs ");
		add_object(sb, rec, user->missed);
		strbuf_addstr(sb, " for it,");
	}
	strbuf_addstr(sb, user->kind == BOUND_DLSYM ? " got it by dlsym from " : " is bound to ");
	if (user->from == user->to)
		strbuf_addstr(sb, "itself");
	else
		add_object(sb, rec, user->to);
}

/* The same two objects can be bound by several kinds of references. */
static bool is_repeated(const struct interposition *i, size_t at)
{
	for (size_t j = 0; j < at; j++)
		if (i->users[j].from == i->users[at].from && i->users[j].to == i->users[at].to)
			return true;
	return false;
}

/* In which order users are told: those that the group is about, others that missed theirs, then who
 * shows where else references went. */
static int rank_of(const struct interposition_user *user, const struct symbol_group *group)
{
	if (user->missed == NONE)
		return 2;
	return group->object_count == 2 && user->missed == group->objects[1] &&
			       user->to == group->objects[0]
		       ? 0
		       : 1;
}

static void explain_symbol(struct rule_input *input, const struct symbol_group *group,
			   const struct interposition *i, struct finding *finding)
{
	const struct recording *rec = input->rec;
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	const struct interposition_user *first = NULL, *last = NULL;
	size_t shown = 0;
	struct evidence *evidence;

	add_symbol(&text, interposition_name(input, i), false);
	for (int rank = 0; rank < 3; rank++)
		for (size_t j = 0; j < i->user_count && shown < USERS; j++) {
			const struct interposition_user *user = &i->users[j];

			/* Of those that missed nothing, one for each target. */
			if (rank_of(user, group) != rank || user->from == NONE ||
			    is_repeated(i, j) || (rank == 2 && last && user->to == last->to))
				continue;
			strbuf_addstr(&text, shown++ ? "; " : ": ");
			add_user(&text, rec, user);
			first = first ? first : user;
			last = user;
		}
	evidence = finding_add_evidence(finding, strbuf_detach(&text));
	if (first) {
		evidence->object = first->from;
		evidence->binding = first->binding;
	}
}

struct finding *symbol_group_report(struct rule_input *input, const struct symbol_group *group,
				    const struct rule *rule, char *message, char *advice,
				    struct findings *ret)
{
	struct finding *finding = findings_add(ret, rule, group->severity, message, advice);

	for (size_t i = 0; i < group->object_count; i++)
		finding_add_object(finding, group->objects[i]);
	for (size_t i = 0; i < group->symbol_count; i++) {
		uint64_t since = group->symbols[i]->since;

		if (i < SYMBOLS_KEPT)
			finding_add_symbol(finding, interposition_name(input, group->symbols[i]));
		if (since && (!finding->seq || since < finding->seq))
			finding->seq = since;
	}
	for (size_t i = 0; i < group->symbol_count && i < EXPLAINED; i++)
		explain_symbol(input, group, group->symbols[i], finding);
	for (size_t i = 0; i < group->object_count; i++)
		finding_add_origin(finding, input->rec, group->objects[i]);
	return finding;
}
