#include "report/model/lazy_end.h"

#include <dlfcn.h>
#include <elf.h>
#include <sys/wait.h>

#include "audit/spool.h"
#include "report/util.h"

enum lazy_end lazy_end_of(const struct recording *rec)
{
	if (strcmp(rec->end_kind, "unknown") != 0 || recording_preinit(rec) == UINT64_MAX)
		return LAZY_END_NO;
	if (rec->has_wait_status)
		return WIFEXITED(rec->wait_status) && WEXITSTATUS(rec->wait_status) == 127
			       ? LAZY_END_LIKELY
			       : LAZY_END_NO;
	/* Children that were forked and call no exec end by _exit() as a rule. */
	return strcmp(rec->begin_kind, "fork") == 0 ? LAZY_END_NO : LAZY_END_MAYBE;
}

const char *lazy_end_name(enum lazy_end end)
{
	static const char *const names[] = {
		[LAZY_END_NO] = "no",
		[LAZY_END_MAYBE] = "maybe",
		[LAZY_END_LIKELY] = "likely",
	};

	return (size_t)end < ARRAY_SIZE(names) ? names[end] : "no";
}

/* The call that brought an object, also as a dependency; NONE: it was there from the start. */
static int call_of(const struct recording *rec, int object)
{
	for (size_t steps = 0; object != NONE && steps <= rec->object_count; steps++) {
		const struct object *o = &rec->objects[object];

		if (o->reason == REASON_DLOPEN)
			return o->reason_call;
		if (o->reason != REASON_NEEDED)
			break;
		object = o->reason_object;
	}
	return NONE;
}

static bool is_lazy(const struct recording *rec, int object)
{
	const struct object *o = &rec->objects[object];
	int call = call_of(rec, object);

	return object_is_file(o) && !(o->flags & DF_BIND_NOW) && !(o->flags_1 & DF_1_NOW) &&
	       !(o->elf_flags & SPOOL_ELF_BIND_NOW) &&
	       (call == NONE || !(rec->calls[call].flags & RTLD_NOW));
}

void lazy_end_find(const struct recording *rec, struct scopes *scopes,
		   struct symbol_provider *symbols, struct load_failure *ret)
{
	AUTO_FREE int *objects = xcalloc(rec->object_count + 1, sizeof(*objects));
	const char *bind_now = recording_getenv(rec, "LD_BIND_NOW");
	size_t count = 0;

	scopes_advance(scopes, UINT64_MAX);
	for (size_t i = 0; i < rec->object_count && !(bind_now && *bind_now); i++)
		if (scopes_mapped(scopes, (int)i) && is_lazy(rec, (int)i))
			objects[count++] = (int)i;
	load_failure_lazy(rec, scopes, symbols, objects, count, ret);
}
