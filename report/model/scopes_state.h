/*
 * scopes_state.h - the state behind scopes.h; private to scopes*.c.
 *
 * Everything is an index into the recording's arrays.  Names follow glibc's link_map: a `list` is
 * l_searchlist, `loader` l_loader, `opens` stands for l_direct_opencount.
 */
#ifndef PLUGREPORT_SCOPES_STATE_H
#define PLUGREPORT_SCOPES_STATE_H

#include "report/model/infer.h"
#include "report/model/scopes.h"

struct scope_ref { /* an element of l_scope */
	enum scope_kind kind;
	int root;
	bool deepbind;
};

struct open_ref {
	int call; /* NONE: by libc itself, or by a caller that was not tapped */
	uint64_t seq;
	bool libc;
	bool closed;    /* by a dlclose without effect, as the object is RTLD_NODELETE */
	bool inherited; /* by a call of a parent, before the fork */
};

/* What one object binds to another by: its first binding there. */
struct dependency {
	int object;
	const char *symbol;
	uint64_t seq;
};

struct scope_object {
	bool mapped;
	bool going;    /* l_removed: closed, and not unmapped yet */
	bool startup;  /* l_type is not lt_loaded: never unloaded */
	bool global;   /* l_global */
	bool nodelete; /* l_nodelete_active */
	bool has_list; /* it was named by a dlopen: `list` is its searchlist */
	int loader;
	struct scope_ref *refs;
	size_t ref_count, ref_room;
	int *list;
	size_t list_count, list_room;
	struct open_ref *opens; /* without those that a dlclose undid */
	size_t open_count, open_room;
	struct pin *keeps; /* why `nodelete`, and TLS destructors */
	size_t keep_count, keep_room;
	struct dependency *dependencies; /* l_reldeps */
	size_t dependency_count, dependency_room;
	int *filtees; /* what its DT_FILTER and DT_AUXILIARY came to */
	size_t filtee_count, filtee_room;
	const char *why_unsure;
};

struct name_space {
	int32_t id;
	int head;  /* object whose searchlist is the global scope; NONE: none was opened yet */
	int *maps; /* the link-map list */
	size_t map_count, map_room;
	struct global_entry *global; /* runs parallel to head's list */
	size_t global_count, global_room;
	const char *why_unsure;
};

struct scope_event {
	uint64_t seq;
	enum { EVENT_OPEN, EVENT_CALL, EVENT_CLOSE, EVENT_RETURN, EVENT_SWEEP } kind;
	int index; /* object or call */
};

struct scopes {
	const struct recording *rec;
	const struct scopes_binding *bindings;
	size_t binding_count, binding_at;
	struct scope_event *events;
	size_t event_count, event_at;
	uint64_t now; /* everything up to here was taken in */
	struct scope_object *objects;
	struct name_space *spaces;
	size_t space_count, space_room;
	struct global_entry *history;
	size_t history_count, history_room;
	int *going; /* objects that are closed, and not swept yet */
	size_t going_count, going_room;
	bool *returned;   /* calls */
	int program;      /* or NONE */
	uint64_t started; /* seq of ACTIVITY_PREINIT */
	uint32_t *marks;  /* objects, compared with `mark` */
	uint32_t mark;
	bool *used; /* of mark and sweep, while used_valid */
	bool used_valid;
	bool inherited;          /* scopes_inherit() was called */
	struct number_map pairs; /* (from, to) of bindings seen already */
	struct scope *answer;    /* of scopes_of() */
	size_t answer_room;
	struct pin *pins; /* of scopes_pins() */
	size_t pin_count, pin_room;
};

static inline bool is_object(const struct scopes *s, int index)
{
	return index >= 0 && (size_t)index < s->rec->object_count;
}

static inline bool is_call(const struct scopes *s, int index)
{
	return index >= 0 && (size_t)index < s->rec->call_count;
}

struct name_space *scopes_space(struct scopes *s, int32_t id); /* made when it is not there */

/* scopes_list.c */

/* What the recording shows of DT_FILTER and DT_AUXILIARY. */
void scopes_find_filtees(struct scopes *s);
/* _dl_map_object_deps: the object's searchlist, breadth first. */
void scopes_build_list(struct scopes *s, int root);
/* _dl_new_object: the scopes of an object that was just mapped, by a call with these flags. */
void scopes_give(struct scopes *s, int object, uint32_t flags);
/* update_scopes: what was there before and is needed by `root` searches root's list too.  `call`
 * may be NONE. */
void scopes_extend(struct scopes *s, int root, int call);
/* add_to_global_update. */
void scopes_add_global(struct scopes *s, int root, int call, uint64_t seq, bool sure);

/* scopes_init.c: had the object's constructors run, or begun to, when `call` was made (NONE: they
 * had)? */
bool scopes_initialized(struct scopes *s, int object, int call);

/* scopes_close.c */
void scopes_dlclose(struct scopes *s, int call);
void scopes_unmap(struct scopes *s, int object);
/* LA_ACT_DELETE: all destructors of one dlclose have run. */
void scopes_sweep(struct scopes *s);
void scopes_keep(struct scopes *s, int object, const struct pin *pin);
/* A thread registered a destructor (CALL_THREAD_ATEXIT). */
void scopes_keep_for_thread(struct scopes *s, int call);
/* A dlclose of `closed` is over: if it looked for what to unload, what only such a destructor can
 * have kept shows that it was still to run. */
void scopes_survived(struct scopes *s, int closed);
void scopes_bind(struct scopes *s, const struct scopes_binding *binding);

#endif
