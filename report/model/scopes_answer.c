/*
 * scopes_answer.c - what others ask of the state.
 */
#include "report/model/scopes_state.h"
#include "report/util.h"

/* The symbols that ld.so itself refers to are looked up in the program's scopes (elf/rtld.c). */
static int scope_holder(const struct scopes *s, int object)
{
	bool ldso = s->rec->objects[object].kind == OBJECT_LDSO && s->program != NONE;

	return ldso ? s->program : object;
}

static struct scope make_scope(const struct scopes *s, const struct scope_ref *ref)
{
	const struct scope_object *root = &s->objects[ref->root];
	struct scope scope = {.kind = ref->kind,
			      .root = ref->root,
			      .deepbind = ref->deepbind,
			      .objects = root->list,
			      .count = root->has_list ? root->list_count : 0};

	return scope;
}

const struct scope *scopes_of(struct scopes *s, int object, size_t *ret_count)
{
	const struct scope_object *state;

	*ret_count = 0;
	if (!is_object(s, object))
		return NULL;
	state = &s->objects[scope_holder(s, object)];
	for (size_t i = 0; i < state->ref_count; i++) {
		struct scope *scope = GROW(s->answer, *ret_count, s->answer_room);

		*scope = make_scope(s, &state->refs[i]);
		if (scope->kind == SCOPE_SYMBOLIC) {
			scope->objects = &state->refs[i].root;
			scope->count = 1;
		}
	}
	return s->answer;
}

bool scopes_searchlist(struct scopes *s, int object, struct scope *ret)
{
	struct scope_ref ref = {SCOPE_LOCAL, object, false};

	if (!is_object(s, object) || !s->objects[object].has_list)
		return false;
	if (scopes_space(s, s->rec->objects[object].name_space)->head == object)
		ref.kind = SCOPE_GLOBAL;
	*ret = make_scope(s, &ref);
	return true;
}

int scopes_next_root(const struct scopes *s, int object)
{
	size_t steps = 0;

	while (is_object(s, object) && s->objects[object].loader != NONE &&
	       steps++ < s->rec->object_count)
		object = s->objects[object].loader;
	return object;
}

const struct global_entry *scopes_global(struct scopes *s, int32_t name_space, size_t *ret_count)
{
	for (size_t i = 0; i < s->space_count; i++)
		if (s->spaces[i].id == name_space) {
			*ret_count = s->spaces[i].global_count;
			return s->spaces[i].global;
		}
	*ret_count = 0;
	return NULL;
}

const int *scopes_link_maps(struct scopes *s, int32_t name_space, size_t *ret_count)
{
	for (size_t i = 0; i < s->space_count; i++)
		if (s->spaces[i].id == name_space) {
			*ret_count = s->spaces[i].map_count;
			return s->spaces[i].maps;
		}
	*ret_count = 0;
	return NULL;
}

bool scopes_removed(const struct scopes *s, int object)
{
	return is_object(s, object) && s->objects[object].going;
}

bool scopes_mapped(const struct scopes *s, int object)
{
	return is_object(s, object) && s->objects[object].mapped;
}

int scopes_open_count(const struct scopes *s, int object)
{
	return is_object(s, object) ? (int)s->objects[object].open_count : 0;
}

bool scopes_sure(const struct scopes *s, int object, const char **ret_why)
{
	const struct recording *rec = s->rec;
	const char *why = NULL;

	if (rec->lost_events || rec->damaged_at)
		why = "events were lost";
	for (size_t i = 0; !why && is_object(s, object) && i < s->space_count; i++)
		if (s->spaces[i].id == rec->objects[object].name_space)
			why = s->spaces[i].why_unsure;
	for (size_t i = 0; !why && is_object(s, object) && i < s->objects[object].ref_count; i++)
		why = s->objects[s->objects[object].refs[i].root].why_unsure;
	if (!why && is_object(s, object))
		why = s->objects[object].why_unsure;
	*ret_why = why;
	return !why;
}

const struct global_entry *scopes_history(struct scopes *s, size_t *ret_count)
{
	*ret_count = s->history_count;
	return s->history;
}

const char *scope_kind_name(enum scope_kind kind)
{
	static const char *const names[] = {
		[SCOPE_GLOBAL] = "global", [SCOPE_LOCAL] = "local", [SCOPE_SYMBOLIC] = "symbolic"};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}

const char *pin_kind_name(enum pin_kind kind)
{
	static const char *const names[] = {
		[PIN_STARTUP] = "startup",
		[PIN_OPEN] = "open",
		[PIN_NODELETE_FLAG] = "nodelete-open-flag",
		[PIN_NODELETE_DF1] = "df-1-nodelete",
		[PIN_UNIQUE] = "gnu-unique",
		[PIN_NEEDED] = "needed-by",
		[PIN_RELOCATION] = "relocation",
		[PIN_TLS_DESTRUCTOR] = "tls-destructor",
		[PIN_LIBC] = "libc",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}
