#include "report/model/why_global.h"

#include <dlfcn.h>

#include "report/model/why_loaded.h"

static bool is_call(const struct recording *rec, int call)
{
	return call >= 0 && (size_t)call < rec->call_count;
}

enum promotion_way promotion_way(const struct recording *rec, const struct global_entry *entry)
{
	if (!entry->promoted || !is_call(rec, entry->call))
		return PROMOTION_NONE;
	if (entry->root != entry->object)
		return PROMOTION_DEPENDENCY;
	return rec->calls[entry->call].flags & RTLD_NOLOAD ? PROMOTION_NOLOAD : PROMOTION_AGAIN;
}

/* What the entry of an object says; entries without a call were there at the start. */
static enum global_how how_of(const struct recording *rec, const struct global_entry *entry)
{
	const struct object *object = &rec->objects[entry->object];

	if (is_call(rec, entry->call)) {
		if (object->name_space != 0)
			return GLOBAL_NAMESPACE;
		return entry->promoted ? GLOBAL_PROMOTED : GLOBAL_OPENED;
	}
	if (object->kind == OBJECT_MAIN)
		return GLOBAL_PROGRAM;
	if (object->inherited)
		return GLOBAL_INHERITED;
	if (object->name_space != 0)
		return GLOBAL_NAMESPACE;
	return object->reason == REASON_PRELOAD ? GLOBAL_PRELOADED : GLOBAL_NEEDED;
}

static void add_local(struct why_global *why, int call)
{
	for (size_t i = 0; i < why->local_count; i++)
		if (why->locals[i] == call)
			return;
	*GROW(why->locals, why->local_count, why->local_room) = call;
}

static void find_locals(const struct recording *rec, struct why_global *why)
{
	const struct object *object = &rec->objects[why->object];
	uint64_t joined = why->how == GLOBAL_NOT ? UINT64_MAX : why->entry.seq;

	if (is_call(rec, object->reason_call) &&
	    !(rec->calls[object->reason_call].flags & RTLD_GLOBAL))
		add_local(why, object->reason_call);
	for (size_t i = 0; i < rec->call_count && rec->calls[i].seq < joined; i++) {
		const struct call *call = &rec->calls[i];

		if (call->result == why->object && !(call->flags & RTLD_GLOBAL) &&
		    (call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN) &&
		    call->outcome != OUTCOME_FAILED)
			add_local(why, (int)i);
	}
}

void why_global_build(const struct recording *rec, struct scopes *scopes, int object,
		      struct why_global *ret)
{
	size_t count;
	const struct global_entry *entries = scopes_history(scopes, &count);

	*ret = (struct why_global){.object = object, .how = GLOBAL_NOT};
	ret->sure = scopes_sure(scopes, object, &ret->why_unsure);
	for (size_t i = 0; i < count && ret->how == GLOBAL_NOT; i++) {
		/* ld.so is in every namespace's list: its own is the base one's. */
		if (entries[i].object != object ||
		    (rec->objects[object].kind == OBJECT_LDSO && entries[i].call != NONE))
			continue;
		ret->entry = entries[i];
		ret->how = how_of(rec, &entries[i]);
	}
	if (ret->how == GLOBAL_PROMOTED)
		ret->way = promotion_way(rec, &ret->entry);
	if (ret->how == GLOBAL_PROMOTED || ret->how == GLOBAL_NOT)
		find_locals(rec, ret);
	ret->gone = ret->how != GLOBAL_NOT && rec->objects[object].closed_seq &&
		    !object_closed_at_exit(rec, object);
	if (ret->how != GLOBAL_NOT && !ret->entry.sure) {
		ret->sure = false;
		ret->why_unsure = "which object that dlopen came to is a guess";
	}
}

void why_global_release(struct why_global *why)
{
	free(why->locals);
	*why = (struct why_global){0};
}

char *why_global_signature(const struct recording *rec, const struct why_global *why)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s\1%d\1%d\1%d\1%d\1%d", rec->objects[why->object].path,
		    (int)rec->objects[why->object].name_space, (int)why->how, (int)why->way,
		    why->gone, why->sure);
	if (why->how != GLOBAL_NOT) {
		strbuf_addf(&sb, "\1%s", rec->objects[why->entry.root].path);
		if (is_call(rec, why->entry.call))
			sign_call(rec, why->entry.call, &sb);
	} else {
		strbuf_addf(&sb, "\1%s", load_reason_name(rec->objects[why->object].reason));
	}
	for (size_t i = 0; i < why->local_count; i++)
		sign_call(rec, why->locals[i], &sb);
	return strbuf_detach(&sb);
}

const char *global_how_name(enum global_how how)
{
	static const char *const names[] = {
		[GLOBAL_NOT] = "not-global",      [GLOBAL_PROGRAM] = "program",
		[GLOBAL_PRELOADED] = "preloaded", [GLOBAL_NEEDED] = "needed-at-start",
		[GLOBAL_NAMESPACE] = "namespace", [GLOBAL_OPENED] = "opened-global",
		[GLOBAL_PROMOTED] = "promoted",   [GLOBAL_INHERITED] = "inherited",
	};

	return (size_t)how < ARRAY_SIZE(names) ? names[how] : "unknown";
}

const char *promotion_way_name(enum promotion_way way)
{
	static const char *const names[] = {
		[PROMOTION_NONE] = "none",
		[PROMOTION_NOLOAD] = "noload",
		[PROMOTION_AGAIN] = "opened-again",
		[PROMOTION_DEPENDENCY] = "dependency",
	};

	return (size_t)way < ARRAY_SIZE(names) ? names[way] : "unknown";
}
