/*
 * infer_search.c - requests: what a name was asked for, which paths were tried, what came of it.
 *
 * ld.so says which name is asked for and which path it is about to try.  That a path was found
 * shows in the la_objopen that follows in the same thread.  A file that is loaded already under
 * another name, and a search in vain, both show in nothing at all: then later events of the thread
 * tell.
 */
#include <elf.h>

#include "report/model/infer.h"
#include "report/util.h"

static const struct object *object_of(const struct replay *rp, int index)
{
	return index >= 0 && (size_t)index < rp->rec->object_count ? &rp->rec->objects[index]
								   : NULL;
}

/* libc loads NSS modules, iconv converters and libgcc_s through its own dlopen: ld.so then names
 * the library that holds that call as the requester. */
static bool is_libc(const struct object *object)
{
	static const char *const names[] = {"libc.so.", "libpthread.so.", "libresolv.so.",
					    "libnss_", "ld-linux"};
	const char *name = !object          ? NULL
			   : object->soname ? object->soname
					    : base_name(object->path);

	for (size_t i = 0; name && i < ARRAY_SIZE(names); i++)
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* Is `name` one of the object's DT_NEEDED, tokens expanded?  (DT_AUXILIARY and DT_FILTER are asked
 * for in the same way, and the former may fail.) */
static bool is_needed(const struct replay *rp, int index, const char *name)
{
	const struct object *object = object_of(rp, index);

	for (size_t i = 0; object && i < object->needed_count; i++) {
		const char *needed = object->needed[i].name;
		AUTO_FREE char *expanded = NULL;

		if (!needed)
			continue;
		if (strchr(needed, '$'))
			expanded = search_path_expand(rp->rec, index, needed, strlen(needed));
		if (strcmp(expanded ? expanded : needed, name) == 0)
			return true;
	}
	return false;
}

/* Is this one of the names in LD_PRELOAD?  Each is asked for once. */
static bool take_preload(struct replay *rp, const char *name)
{
	for (size_t i = 0; i < rp->preload_count; i++)
		if (rp->preloads[i] && strcmp(rp->preloads[i], name) == 0) {
			free(rp->preloads[i]);
			rp->preloads[i] = NULL;
			return true;
		}
	return false;
}

/*
 * Start-up: the program asks for LD_PRELOAD's names, then for those in /etc/ld.so.preload, then for
 * its own DT_NEEDED; all other objects for theirs.
 */
static enum load_reason startup_reason(struct replay *rp, const struct search *search)
{
	const struct object *requester = object_of(rp, search->requester);

	if (!requester || requester->kind == OBJECT_UNOPENED)
		return REASON_UNKNOWN; /* an auditor is being loaded */
	if (search->requester != rp->program || rp->preloads_over)
		return REASON_NEEDED;
	if (take_preload(rp, search->tried))
		return REASON_PRELOAD;
	if (!is_needed(rp, search->requester, search->tried))
		return REASON_PRELOAD;
	rp->preloads_over = true;
	return REASON_NEEDED;
}

static void classify(struct replay *rp, struct thread *thread, int index)
{
	const struct search *search = &rp->rec->searches[index];
	const struct object *requester = object_of(rp, search->requester);
	struct request_state *request = &rp->requests[index];

	request->name_space = requester ? requester->name_space : 0;
	request->call = call_for_name(rp, thread, search->tried);
	if (request->call != NONE) {
		rp->started = true;
		request->reason = REASON_DLOPEN;
		request->name_space = call_name_space(rp, request->call);
		rp->calls[request->call].request = index;
	} else if (!rp->started) {
		request->reason = startup_reason(rp, search);
	} else if (search->root) {
		request->reason = is_libc(requester) ? REASON_LIBC : REASON_DLOPEN;
	} else if (requester) {
		request->reason = REASON_NEEDED;
		request->call = requester->reason_call;
	}
}

static void begin_request(struct replay *rp, struct thread *thread, int index)
{
	struct search *search = &rp->rec->searches[index];

	search_settle(rp, thread, true);
	calls_return(rp, thread, search->sp);
	search->request = index;
	if (strchr(search->tried, '/'))
		search->rule = RULE_PATH;
	classify(rp, thread, index);
	thread->pending = index;
	thread->may_open = true;
	thread->loading_ended = false;
	if (search->root)
		thread->outside_seq = search->seq;
}

/* The object's state, with the places that its requests are looked for in. */
static const struct object_state *places_of(struct replay *rp, int object)
{
	struct object_state *state = &rp->objects[object];

	if (!state->places_known) {
		state->place_count = search_places_list(rp->rec, object, &state->places);
		state->places_known = true;
	}
	return state;
}

/* Which object's DT_RPATH or DT_RUNPATH names the directory?  A path right in a directory before
 * one in a hardware subdirectory. */
static int find_owner(struct replay *rp, const struct search *search, enum search_rule rule,
		      const char *name)
{
	const struct object_state *state = places_of(rp, search->requester);
	int found = NONE;

	for (size_t i = 0; i < state->place_count; i++) {
		const struct search_place *place = &state->places[i];

		if (place->rule != rule || !search_place_covers(place, search->tried, name))
			continue;
		if (strlen(search->tried) <= strlen(place->directory) + 1 + strlen(name))
			return place->owner;
		if (found == NONE)
			found = place->owner;
	}
	return found;
}

/* LA_SER_RUNPATH is said for both tags; a requester with DT_RUNPATH uses no DT_RPATH at all. */
static void set_rule(struct replay *rp, struct search *search, const char *name)
{
	const struct object *requester = object_of(rp, search->requester);

	switch (search->origin) {
	case ORIGIN_LIBPATH:
		search->rule = RULE_LD_LIBRARY_PATH;
		break;
	case ORIGIN_CACHE:
		search->rule = RULE_CACHE;
		break;
	case ORIGIN_DEFAULT:
		search->rule = RULE_DEFAULT;
		break;
	case ORIGIN_RUNPATH:
		if (!requester)
			break;
		search->rule = requester->runpath ? RULE_RUNPATH : RULE_RPATH;
		search->owner = find_owner(rp, search, search->rule, name);
		break;
	case ORIGIN_NAME:
	case ORIGIN_SECURE:
		break;
	}
}

static void try_path(struct replay *rp, struct thread *thread, int index)
{
	struct search *search = &rp->rec->searches[index];
	const struct search *request;

	if (thread->pending == NONE || !thread->may_open ||
	    rp->rec->searches[thread->pending].requester != search->requester) {
		set_rule(rp, search, base_name(search->tried));
		return;
	}
	request = &rp->rec->searches[thread->pending];
	search->request = thread->pending;
	set_rule(rp, search, request->tried);
	if (rp->requests[thread->pending].last_try != NONE)
		rp->rec->searches[rp->requests[thread->pending].last_try].outcome = OUTCOME_MISSING;
	rp->requests[thread->pending].last_try = index;
}

void search_event(struct replay *rp, struct thread *thread, int index)
{
	thread->waiting = NONE;
	if (rp->rec->searches[index].origin == ORIGIN_NAME)
		begin_request(rp, thread, index);
	else
		try_path(rp, thread, index);
}

static void set_outcome(struct replay *rp, int index, enum outcome outcome,
			enum outcome try_outcome, int object)
{
	struct search *search = &rp->rec->searches[index];
	int last_try = rp->requests[index].last_try;

	search->outcome = outcome;
	search->result = object;
	if (last_try != NONE) {
		rp->rec->searches[last_try].outcome = try_outcome;
		rp->rec->searches[last_try].result = object;
	}
}

void request_loaded(struct replay *rp, int index, int object)
{
	set_outcome(rp, index, OUTCOME_LOADED, OUTCOME_LOADED, object);
}

/* The path that a request ended at: the last one tried, or a name with a slash, tokens expanded.
 * NULL when none was tried.  The caller frees it. */
static char *last_path(const struct replay *rp, int index)
{
	const struct search *search = &rp->rec->searches[index];
	int last_try = rp->requests[index].last_try;

	if (last_try != NONE)
		return xstrdup(rp->rec->searches[last_try].tried);
	if (!strchr(search->tried, '/'))
		return NULL;
	return search_path_expand(rp->rec, search->requester, search->tried, strlen(search->tried));
}

/* ld.so adds the name to those of the object then (add_name_to_object); and the file is known by
 * one path more. */
void request_already_loaded(struct replay *rp, int index, int object)
{
	AUTO_FREE char *path = last_path(rp, index);

	set_outcome(rp, index, OUTCOME_ALREADY_LOADED, OUTCOME_ALREADY_LOADED, object);
	if (object == NONE || !rp->objects[object].live)
		return;
	names_add(rp, object, KEY_NAME, rp->requests[index].name_space,
		  rp->rec->searches[index].tried);
	if (path)
		names_add_file(rp, object, path);
}

bool request_is_no_load(const struct replay *rp, int index)
{
	int call = rp->requests[index].call;

	return call != NONE && rp->rec->searches[index].root &&
	       (rp->rec->calls[call].flags & RTLD_NOLOAD_FLAG);
}

/* A search that stopped before the default directories stopped at a file: one that is loaded
 * already, or one that is not a usable library. */
static bool stopped_early(const struct replay *rp, int index)
{
	const struct search *search = &rp->rec->searches[index];
	const struct object *requester = object_of(rp, search->requester);
	int last_try = rp->requests[index].last_try;

	if (search->rule == RULE_PATH || last_try == NONE ||
	    (requester && (requester->flags_1 & DF_1_NODEFLIB)))
		return false;
	return rp->rec->searches[last_try].origin != ORIGIN_DEFAULT;
}

/* Something was loaded from the directory, or from below it: so ld.so does not pass it over as
 * missing. */
static bool directory_exists(const struct replay *rp, const char *directory)
{
	size_t length = strlen(directory);

	for (size_t i = 0; i < rp->rec->object_count; i++) {
		const struct object *object = &rp->rec->objects[i];

		if (strncmp(object->path, directory, length) == 0 && object->path[length] == '/')
			return true;
		if (object->real_path && strncmp(object->real_path, directory, length) == 0 &&
		    object->real_path[length] == '/')
			return true;
	}
	return false;
}

/* Did the search stop in one of the default directories before the last one? */
static bool stopped_in_defaults(struct replay *rp, int index)
{
	const struct search *search = &rp->rec->searches[index];
	int last_try = rp->requests[index].last_try;
	const struct search_place *last;
	const struct object_state *state;

	if (search->requester == NONE || last_try == NONE ||
	    rp->rec->searches[last_try].origin != ORIGIN_DEFAULT)
		return false;
	state = places_of(rp, search->requester);
	last = state->place_count ? &state->places[state->place_count - 1] : NULL;
	return last && last->rule == RULE_DEFAULT && last->directory &&
	       !search_place_covers(last, rp->rec->searches[last_try].tried, search->tried) &&
	       directory_exists(rp, last->directory);
}

/*
 * Nothing came of it.  ld.so goes on after a file that is missing, and ends a search at one that it
 * can't use (or, with RTLD_NOLOAD, must not load).
 */
void request_failed(struct replay *rp, int index)
{
	const struct search *search = &rp->rec->searches[index];

	if (request_is_no_load(rp, index))
		set_outcome(rp, index, OUTCOME_FAILED, OUTCOME_UNKNOWN, NONE);
	else if (search->rule == RULE_PATH && search->ino)
		set_outcome(rp, index, OUTCOME_UNUSABLE, OUTCOME_UNUSABLE, NONE);
	else if (!rp->gaps && (stopped_early(rp, index) || stopped_in_defaults(rp, index)))
		set_outcome(rp, index, OUTCOME_FAILED, OUTCOME_UNUSABLE, NONE);
	else
		set_outcome(rp, index, OUTCOME_FAILED, OUTCOME_MISSING, NONE);
}

/* An object of the namespace that is open now and has the file of this search (as ld.so compares:
 * device and inode). */
static int find_by_inode(const struct replay *rp, int index)
{
	const struct search *search = &rp->rec->searches[index];

	for (size_t i = 0; search->ino && i < rp->rec->object_count; i++) {
		const struct object *o = &rp->rec->objects[i];

		if (o->has_file && o->ino == search->ino && o->dev == search->dev &&
		    rp->objects[i].live && o->name_space == rp->requests[index].name_space)
			return (int)i;
	}
	return NONE;
}

/* The file that a request came to, when recorded paths or inodes tell that it is loaded. */
static int find_loaded_file(struct replay *rp, int index)
{
	const struct request_state *request = &rp->requests[index];
	const char *name = rp->rec->searches[index].tried;
	AUTO_FREE char *path = last_path(rp, index);
	int found;

	if (request->name_space == NAME_SPACE_UNKNOWN)
		return NONE;
	/* There is one ld.so, known by its names in all namespaces. */
	if (request->name_space != 0 && rp->ldso != NONE && names_find(rp, 0, name) == rp->ldso)
		return rp->ldso;
	found = path ? names_find_file(rp, request->name_space, path) : NONE;
	return found == NONE ? find_by_inode(rp, index) : found;
}

static void settle_needed(struct replay *rp, struct thread *thread, int index, bool went_on)
{
	const struct search *search = &rp->rec->searches[index];
	const struct request_state *request = &rp->requests[index];
	int requester = search->requester;
	const struct recording *rec = rp->rec;
	bool any;

	if (requester == NONE)
		return;
	if (rp->objects[requester].failed_load) {
		request_failed(rp, index);
		if (request->call != NONE)
			rp->calls[request->call].failed_search = true;
	} else if ((went_on || thread->loading_ended) && is_needed(rp, requester, search->tried)) {
		/* ld.so goes on only when it has what is needed. */
		request_already_loaded(
			rp, index, names_find_stem(rp, request->name_space, search->tried, &any));
	} else if (!went_on && !rp->started && rec->complete && !rp->gaps &&
		   rec->lost_events == 0 && strcmp(rec->end_kind, "unknown") == 0) {
		request_failed(rp, index); /* the last event of a program that never started */
	}
}

/* A request from outside that nothing was opened for. */
static void settle_root(struct replay *rp, struct thread *thread, int index)
{
	const struct request_state *request = &rp->requests[index];
	const struct search *search = &rp->rec->searches[index];
	int call = request->call, similar = NONE;
	bool no_load = request_is_no_load(rp, index);
	bool any = false;

	if (request->name_space != NAME_SPACE_UNKNOWN)
		similar = names_find_stem(rp, request->name_space, search->tried, &any);
	if (!any && !rp->gaps && (no_load || !stopped_early(rp, index)))
		request_failed(rp, index);
	if (call == NONE)
		return;
	if (similar != NONE)
		rp->objects[similar].candidate_of = call;
	else
		thread->undecided = call;
}

/*
 * The link maps are complete, and who needs it is still there: so it had been loaded.  Since glibc
 * 2.41 (elf/dl-open.c, dl_open_worker) a dlopen that fails says so too before it closes what it
 * opened: of those, what comes next tells.
 */
static bool needed_was_had(const struct replay *rp, int index, enum activity_kind kind)
{
	const struct search *search = &rp->rec->searches[index];

	return rp->requests[index].reason == REASON_NEEDED && kind != ACTIVITY_DELETE &&
	       (kind != ACTIVITY_CONSISTENT || !rp->started ||
		recording_glibc_before(rp->rec, 41, true)) &&
	       search->requester != NONE && rp->objects[search->requester].live &&
	       is_needed(rp, search->requester, search->tried);
}

void search_loading_ended(struct replay *rp, struct thread *thread, enum activity_kind kind)
{
	int index = thread->pending;
	int object = index == NONE ? NONE : find_loaded_file(rp, index);
	bool any;

	thread->may_open = false;
	thread->loading_ended = true;
	if (index == NONE || (object == NONE && !needed_was_had(rp, index, kind)))
		return;
	if (object == NONE)
		object = names_find_stem(rp, rp->requests[index].name_space,
					 rp->rec->searches[index].tried, &any);
	request_already_loaded(rp, index, object);
	thread->pending = NONE;
}

void search_settle(struct replay *rp, struct thread *thread, bool went_on)
{
	int index = thread->pending, object;
	bool over = went_on || thread->loading_ended || rp->ended;

	if (index == NONE)
		return;
	thread->pending = NONE;
	object = find_loaded_file(rp, index);
	if (over && object != NONE) {
		request_already_loaded(rp, index, object);
		return;
	}
	switch (rp->requests[index].reason) {
	case REASON_NEEDED:
		settle_needed(rp, thread, index, went_on);
		break;
	case REASON_PRELOAD: /* ld.so warns and goes on */
	case REASON_DLOPEN:
	case REASON_LIBC:
		if (over)
			settle_root(rp, thread, index);
		break;
	default:
		break;
	}
}
