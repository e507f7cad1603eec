#include "report/model/recording.h"

#include <elf.h>
#include <fnmatch.h>

#include "audit/spool.h"
#include "report/util.h"

void recording_init(struct recording *rec)
{
	memset(rec, 0, sizeof(*rec));
	memcpy(rec->begin_kind, "start", sizeof("start"));
	memcpy(rec->end_kind, "unknown", sizeof("unknown"));
}

static void release_object(struct object *object)
{
	free(object->path);
	free(object->real_path);
	free(object->soname);
	free(object->build_id);
	free(object->rpath);
	free(object->runpath);
	for (size_t i = 0; i < object->needed_count; i++)
		free(object->needed[i].name);
	free(object->needed);
	free(object->segments);
}

static void release_stack(struct stack *stack)
{
	for (size_t i = 0; i < stack->frame_count; i++) {
		free(stack->frames[i].function);
		free(stack->frames[i].file);
	}
	free(stack->frames);
}

static void release_process(struct recording *rec)
{
	free(rec->exe);
	free(rec->cwd);
	free(rec->glibc);
	free(rec->platform);
	free(rec->module);
	for (size_t i = 0; i < rec->argc; i++)
		free(rec->argv[i]);
	free(rec->argv);
	for (size_t i = 0; i < rec->environment_count; i++) {
		free(rec->environment[i].name);
		free(rec->environment[i].value);
	}
	free(rec->environment);
}

void recording_forget_events(struct recording *rec)
{
	for (size_t i = 0; i < rec->object_count; i++)
		release_object(&rec->objects[i]);
	free(rec->objects);
	for (size_t i = 0; i < rec->search_count; i++)
		free(rec->searches[i].tried);
	free(rec->searches);
	for (size_t i = 0; i < rec->call_count; i++) {
		free(rec->calls[i].name);
		free(rec->calls[i].version);
	}
	free(rec->calls);
	free(rec->activities);
	for (size_t i = 0; i < rec->stack_count; i++)
		release_stack(&rec->stacks[i]);
	free(rec->stacks);
	rec->objects = NULL;
	rec->searches = NULL;
	rec->calls = NULL;
	rec->activities = NULL;
	rec->stacks = NULL;
	rec->object_count = rec->object_room = rec->search_count = rec->search_room = 0;
	rec->call_count = rec->call_room = rec->activity_count = rec->activity_room = 0;
	rec->stack_count = rec->stack_room = 0;
}

void recording_release(struct recording *rec)
{
	recording_forget_events(rec);
	release_process(rec);
	recording_init(rec);
}

struct object *recording_add_object(struct recording *rec)
{
	struct object *object = GROW(rec->objects, rec->object_count, rec->object_room);

	object->kind = OBJECT_LIBRARY;
	object->reason_object = NONE;
	object->reason_call = NONE;
	object->reason_search = NONE;
	return object;
}

struct search *recording_add_search(struct recording *rec)
{
	struct search *search = GROW(rec->searches, rec->search_count, rec->search_room);

	search->requester = NONE;
	search->stack = NONE;
	search->request = NONE;
	search->owner = NONE;
	search->result = NONE;
	return search;
}

struct call *recording_add_call(struct recording *rec)
{
	struct call *call = GROW(rec->calls, rec->call_count, rec->call_room);

	call->kind = CALL_DLOPEN;
	call->caller = NONE;
	call->stack = NONE;
	call->parent = NONE;
	call->result = NONE;
	return call;
}

struct activity *recording_add_activity(struct recording *rec)
{
	struct activity *activity = GROW(rec->activities, rec->activity_count, rec->activity_room);

	activity->object = NONE;
	return activity;
}

struct stack *recording_add_stack(struct recording *rec)
{
	return GROW(rec->stacks, rec->stack_count, rec->stack_room);
}

bool recording_glibc_before(const struct recording *rec, int minor, bool otherwise)
{
	int major, found;

	if (!rec->glibc || sscanf(rec->glibc, "%d.%d", &major, &found) != 2)
		return otherwise;
	return major < 2 || (major == 2 && found < minor);
}

const char *recording_getenv(const struct recording *rec, const char *name)
{
	for (size_t i = 0; i < rec->environment_count; i++)
		if (strcmp(rec->environment[i].name, name) == 0)
			return rec->environment[i].value;
	return NULL;
}

/* The kernel maps the program, ld.so and the vDSO before the first event, though ld.so announces
 * its own link map only after the LD_PRELOAD searches. */
static bool was_mapped(const struct object *object, uint64_t seq)
{
	bool from_start = object->kind == OBJECT_MAIN || object->kind == OBJECT_LDSO ||
			  object->kind == OBJECT_VDSO;

	return (from_start || object->opened_seq <= seq) &&
	       (object->closed_seq == 0 || seq <= object->closed_seq);
}

/* Of two objects that fit: an announced one before an unopened one (another namespace's entry for
 * the same ld.so, or a namespace's head before its la_objopen), then the one opened last. */
static bool fits_better(const struct object *a, const struct object *b)
{
	bool a_opened = a->kind != OBJECT_UNOPENED, b_opened = b->kind != OBJECT_UNOPENED;

	return a_opened != b_opened ? a_opened : a->opened_seq >= b->opened_seq;
}

int recording_object_at(const struct recording *rec, uint64_t address, uint64_t seq)
{
	int found = NONE;

	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		if (address >= object->map_start && address < object->map_end &&
		    was_mapped(object, seq) &&
		    (found == NONE || fits_better(object, &rec->objects[found])))
			found = (int)i;
	}
	return found;
}

int recording_object_by_link_map(const struct recording *rec, uint64_t link_map, uint64_t seq)
{
	int found = NONE;

	if (link_map == 0)
		return NONE;
	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		if (object->link_map == link_map && was_mapped(object, seq) &&
		    (found == NONE || fits_better(object, &rec->objects[found])))
			found = (int)i;
	}
	return found;
}

static bool name_matches(const char *name, const char *pattern, bool glob)
{
	if (!name || !*name)
		return false;
	return strcmp(name, pattern) == 0 || (glob && fnmatch(pattern, name, 0) == 0);
}

bool path_matches(const char *path, const char *pattern)
{
	bool glob = is_glob(pattern);

	return path &&
	       (name_matches(path, pattern, glob) || name_matches(base_name(path), pattern, glob));
}

bool object_matches(const struct object *object, const char *pattern)
{
	return name_matches(object->soname, pattern, is_glob(pattern)) ||
	       path_matches(object->path, pattern) || path_matches(object->real_path, pattern);
}

/* One table per enumeration, indexed by its values; entries that no value has are NULL. */
static const char *const object_kinds[] = {
	[OBJECT_LIBRARY] = "library", [OBJECT_MAIN] = "main",         [OBJECT_LDSO] = "ld.so",
	[OBJECT_VDSO] = "vdso",       [OBJECT_UNOPENED] = "unopened",
};
static const char *const load_reasons[] = {
	[REASON_UNKNOWN] = "unknown",     [REASON_MAIN] = "main",       [REASON_LDSO] = "ld.so",
	[REASON_VDSO] = "vdso",           [REASON_PRELOAD] = "preload", [REASON_NEEDED] = "needed",
	[REASON_DLOPEN] = "dlopen",       [REASON_LIBC] = "libc",       [REASON_AUDIT] = "audit",
	[REASON_INHERITED] = "inherited",
};
static const char *const search_origins[] = {
	[ORIGIN_NAME] = "name",   [ORIGIN_LIBPATH] = "libpath", [ORIGIN_RUNPATH] = "runpath",
	[ORIGIN_CACHE] = "cache", [ORIGIN_DEFAULT] = "default", [ORIGIN_SECURE] = "secure",
};
static const char *const search_rules[] = {
	[RULE_UNKNOWN] = "unknown", [RULE_PATH] = "path",
	[RULE_RPATH] = "rpath",     [RULE_LD_LIBRARY_PATH] = "LD_LIBRARY_PATH",
	[RULE_RUNPATH] = "runpath", [RULE_CACHE] = "cache",
	[RULE_DEFAULT] = "default",
};
static const char *const outcomes[] = {
	[OUTCOME_UNKNOWN] = "unknown",
	[OUTCOME_LOADED] = "loaded",
	[OUTCOME_ALREADY_LOADED] = "already-loaded",
	[OUTCOME_MISSING] = "missing",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_UNUSABLE] = "unusable",
};
static const char *const call_kinds[] = {
	[CALL_DLOPEN] = "dlopen",   [CALL_DLMOPEN] = "dlmopen",
	[CALL_DLCLOSE] = "dlclose", [CALL_DLSYM] = "dlsym",
	[CALL_DLVSYM] = "dlvsym",   [CALL_THREAD_ATEXIT] = "thread_atexit",
};
static const char *const known_bys[] = {
	[KNOWN_NOT] = "unknown",
	[KNOWN_NESTED_OPEN] = "nested-open",
	[KNOWN_NESTED_SEARCH] = "nested-search",
	[KNOWN_NAME_MATCH] = "name-match",
	[KNOWN_HANDLE] = "handle",
	[KNOWN_BINDING] = "binding",
	[KNOWN_FAILED_SEARCH] = "failed-search",
	[KNOWN_NOT_LOADED] = "not-loaded",
};
static const char *const activity_kinds[] = {
	[ACTIVITY_CONSISTENT] = "consistent",
	[ACTIVITY_ADD] = "add",
	[ACTIVITY_DELETE] = "delete",
	[ACTIVITY_PREINIT] = "preinit",
};

bool call_found_nothing(const struct recording *rec, const struct call *call)
{
	return (call->kind == CALL_DLSYM || call->kind == CALL_DLVSYM) && call->name &&
	       call->known_by != KNOWN_BINDING && !rec->lost_events && !rec->damaged_at;
}

static const char *word_of(const char *const *table, size_t count, size_t value)
{
	return value < count && table[value] ? table[value] : "unknown";
}

static int value_of(const char *const *table, size_t count, const char *word)
{
	for (size_t i = 0; word && i < count; i++)
		if (table[i] && strcmp(table[i], word) == 0)
			return (int)i;
	return -1;
}

#define WORDS(type, name, table)                                         \
	const char *name##_name(enum type value)                         \
	{                                                                \
		return word_of(table, ARRAY_SIZE(table), (size_t)value); \
	}                                                                \
	int name##_parse(const char *word)                               \
	{                                                                \
		return value_of(table, ARRAY_SIZE(table), word);         \
	}

WORDS(object_kind, object_kind, object_kinds)
WORDS(load_reason, load_reason, load_reasons)
WORDS(search_origin, search_origin, search_origins)
WORDS(search_rule, search_rule, search_rules)
WORDS(outcome, outcome, outcomes)
WORDS(call_kind, call_kind, call_kinds)
WORDS(known_by, known_by, known_bys)
WORDS(activity_kind, activity_kind, activity_kinds)

uint64_t recording_preinit(const struct recording *rec)
{
	if (strcmp(rec->begin_kind, "fork") == 0)
		return 0; /* that was in the parent's history */
	for (size_t i = 0; i < rec->activity_count; i++)
		if (rec->activities[i].kind == ACTIVITY_PREINIT)
			return rec->activities[i].seq;
	return UINT64_MAX;
}

bool objects_same_file(const struct object *a, const struct object *b)
{
	if (a->has_file && b->has_file)
		return a->dev == b->dev && a->ino == b->ino;
	return strcmp(a->path, b->path) == 0;
}

bool recording_start_failed(const struct recording *rec)
{
	return strcmp(rec->begin_kind, "fork") != 0 && strcmp(rec->end_kind, "running") != 0 &&
	       !rec->lost_events && !rec->damaged_at && rec->object_count > 0 &&
	       recording_preinit(rec) == UINT64_MAX;
}

const char *recording_missing_name(const struct recording *rec)
{
	for (size_t i = rec->search_count; i-- > 0;)
		if (rec->searches[i].origin == ORIGIN_NAME &&
		    rec->searches[i].outcome == OUTCOME_FAILED)
			return rec->searches[i].tried;
	return NULL;
}

bool object_is_startup(const struct recording *rec, int object)
{
	const struct object *o = &rec->objects[object];

	/* A forked child's objects were opened before its own history began: who asked for them is
	 * in the parent's. */
	if (o->inherited)
		return false;
	return o->opened_seq < recording_preinit(rec) && o->reason != REASON_DLOPEN;
}

bool object_is_file(const struct object *object)
{
	return object->kind == OBJECT_MAIN || object->kind == OBJECT_LIBRARY;
}

bool object_wants_executable_stack(const struct recording *rec, const struct object *object)
{
	if (!object_is_file(object) || object->segment_count == 0)
		return false;
	if (!(object->elf_flags & SPOOL_ELF_STACK))
		return rec->machine != EM_AARCH64;
	return (object->elf_flags & SPOOL_ELF_EXECSTACK) != 0;
}
