#include "report/model/dlopen_failure.h"

#include <dlfcn.h>
#include <elf.h>

#include "audit/spool.h"
#include "report/model/load_failure.h"
#include "report/model/static_tls.h"
#include "report/model/why_found.h"

struct finder {
	const struct recording *rec;
	struct scopes *scopes;
	struct symbol_provider *symbols;
	struct file_judge *judge;
	int call;
	struct dlopen_failure *ret;
};

static bool conclude(struct finder *finder, enum failure_kind kind, bool sure)
{
	finder->ret->kind = kind;
	finder->ret->sure = sure;
	return true;
}

/* What _dl_open refuses before it looks at anything. */
static bool find_refused(struct finder *finder)
{
	const struct call *call = &finder->rec->calls[finder->call];
	bool elsewhere = call->kind == CALL_DLMOPEN && call->name_space != LM_ID_BASE;

	if (elsewhere && !call->name)
		return conclude(finder, FAILURE_NAMESPACE, true);
	if ((call->flags & (RTLD_LAZY | RTLD_NOW)) == 0 ||
	    (elsewhere && (call->flags & RTLD_GLOBAL)))
		return conclude(finder, FAILURE_MODE, true);
	return false;
}

/* --- files */

/* Are the stacks executable already, because of something that was there from the start? */
static bool stack_is_executable(const struct recording *rec)
{
	for (size_t i = 0; i < rec->object_count; i++)
		if (object_is_startup(rec, (int)i) &&
		    object_wants_executable_stack(rec, &rec->objects[i]))
			return true;
	return false;
}

/* ld.so sees to the stack before it tells auditors of the new object: one for which it is refused
 * (since 2.41 to all that dlopen loads, before by SELinux and the like) is never opened. */
static bool judge_file(struct finder *finder, const char *path)
{
	static const enum failure_kind kinds[] = {
		[FILE_OTHER_CLASS] = FAILURE_OTHER_CLASS,
		[FILE_NOT_ELF] = FAILURE_NOT_ELF,
		[FILE_EXEC_STACK] = FAILURE_EXEC_STACK,
	};
	AUTO_FREE char *whole = path[0] != '/' && finder->rec->cwd
					? xasprintf("%s/%s", finder->rec->cwd, path)
					: NULL;
	enum file_use use = finder->judge && strchr(path, '/')
				    ? finder->judge->judge(finder->judge, whole ? whole : path)
				    : FILE_UNKNOWN;

	if (use == FILE_UNKNOWN || use == FILE_USABLE ||
	    (use == FILE_EXEC_STACK && stack_is_executable(finder->rec)))
		return false;
	finder->ret->path = path;
	return conclude(finder, kinds[use], false); /* the file may have changed since */
}

/* ld.so goes on after a file of another class, and stops at one that is no ELF file (open_verify).
 */
static bool find_in_request(struct finder *finder, int request, int requester)
{
	const struct search *asked = &finder->rec->searches[request];

	finder->ret->request = request;
	finder->ret->requester = requester;
	if (judge_file(finder, asked->tried))
		return true;
	for (int i = request; (i = search_next_probe(finder->rec, request, i)) != NONE;)
		if (finder->rec->searches[i].tried[0] == '/' &&
		    judge_file(finder, finder->rec->searches[i].tried))
			return true;
	return conclude(finder,
			asked->outcome == OUTCOME_UNUSABLE ? FAILURE_UNUSABLE : FAILURE_NOT_FOUND,
			asked->outcome == OUTCOME_UNUSABLE);
}

static int own_request(const struct finder *finder)
{
	const struct recording *rec = finder->rec;
	const struct call *call = &rec->calls[finder->call];

	for (size_t i = 0; i < rec->search_count; i++)
		if (rec->searches[i].seq > call->seq && rec->searches[i].origin == ORIGIN_NAME &&
		    search_call(rec, (int)i) == finder->call)
			return (int)i;
	return NONE;
}

static bool find_missing(struct finder *finder)
{
	const struct recording *rec = finder->rec;
	const struct call *call = &rec->calls[finder->call];
	int request = call_missing_request(rec, finder->call);

	if (request != NONE)
		return find_in_request(finder, request, rec->searches[request].requester);
	for (size_t i = 0; i < rec->object_count; i++)
		if (object_failed_call(rec, (int)i) == finder->call)
			return false; /* something was opened */
	if (call->flags & RTLD_NOLOAD)
		return conclude(finder, FAILURE_NOT_LOADED, true);
	request = own_request(finder);
	if (request != NONE)
		return find_in_request(finder, request, NONE);
	return call->name && judge_file(finder, call->name);
}

/* --- what its objects lack */

static bool binds_now(const struct finder *finder, const struct object *object)
{
	const char *bind_now = recording_getenv(finder->rec, "LD_BIND_NOW");

	return (finder->rec->calls[finder->call].flags & RTLD_NOW) || (bind_now && *bind_now) ||
	       (object->elf_flags & SPOOL_ELF_BIND_NOW) || (object->flags & DF_BIND_NOW) ||
	       (object->flags_1 & DF_1_NOW);
}

static bool conclude_version(struct finder *finder, const struct missing_version *missing)
{
	finder->ret->object = missing->object;
	finder->ret->provider = missing->provider;
	finder->ret->version = missing->version;
	finder->ret->best = missing->best;
	return conclude(finder, FAILURE_VERSION, true);
}

/* The first object that lacks something; which of its symbols ld.so stopped at is not known. */
static bool conclude_symbol(struct finder *finder, const struct load_failure *lacks)
{
	const struct missing_symbol *first = &lacks->symbols[0];

	finder->ret->object = first->object;
	finder->ret->symbol = first->symbol;
	finder->ret->version = first->version;
	for (size_t i = 1; i < lacks->symbol_count; i++)
		finder->ret->others += lacks->symbols[i].object == first->object;
	/* A lazy reference to a function is no error before it is called. */
	return conclude(finder, FAILURE_SYMBOL,
			binds_now(finder, &finder->rec->objects[first->object]));
}

/* To where all was opened and nothing closed yet. */
static void advance(struct finder *finder, const int *objects, size_t count)
{
	uint64_t until = finder->rec->calls[finder->call].seq;

	for (size_t i = 0; i < count; i++)
		if (finder->rec->objects[objects[i]].opened_seq > until)
			until = finder->rec->objects[objects[i]].opened_seq;
	/* A call around one that was asked about before may be behind it. */
	if (until > scopes_now(finder->scopes))
		scopes_advance(finder->scopes, until);
}

static bool find_lack(struct finder *finder, const int *objects, size_t count)
{
	AUTO_LOAD_FAILURE struct load_failure lacks = {0};

	if (!finder->symbols)
		return false;
	load_failure_build(finder->rec, finder->scopes, finder->symbols, objects, count, &lacks);
	if (lacks.version_count)
		return conclude_version(finder, &lacks.versions[0]);
	return lacks.symbol_count && conclude_symbol(finder, &lacks);
}

/* --- what there was no room for */

static bool find_static_tls(struct finder *finder, const int *objects, size_t count)
{
	const struct recording *rec = finder->rec;
	struct dlopen_failure *ret = finder->ret;
	struct static_tls_want want;

	if (!static_tls_find_want(rec, finder->scopes, finder->symbols, objects, count, &want))
		return false;
	ret->object = want.user;
	ret->provider = want.object;
	ret->tls_size = object_tls_size(&rec->objects[want.object]);
	ret->tls_taken = static_tls_taken(rec, want.object);
	ret->tls_reserve = static_tls_reserve(rec);
	return conclude(finder, FAILURE_STATIC_TLS,
			ret->tls_size + ret->tls_taken > static_tls_limit(rec));
}

/* The objects that the call opened: dependencies, which are relocated first, were opened last. */
static size_t opened_last_first(const struct finder *finder, int **ret_objects)
{
	size_t count = load_failure_objects(finder->rec, finder->call, ret_objects);

	for (size_t i = 0; i < count / 2; i++) {
		int object = (*ret_objects)[i];

		(*ret_objects)[i] = (*ret_objects)[count - 1 - i];
		(*ret_objects)[count - 1 - i] = object;
	}
	return count;
}

void dlopen_failure_find(const struct recording *rec, struct scopes *scopes,
			 struct symbol_provider *symbols, struct file_judge *judge, int call,
			 struct dlopen_failure *ret)
{
	struct finder finder = {rec, scopes, symbols, judge, call, ret};
	AUTO_FREE int *objects = NULL;
	size_t count;

	if (judge)
		judge->machine = (uint16_t)rec->machine;
	*ret = (struct dlopen_failure){
		.request = NONE, .requester = NONE, .object = NONE, .provider = NONE};
	if (find_refused(&finder) || find_missing(&finder))
		return;
	count = opened_last_first(&finder, &objects);
	advance(&finder, objects, count);
	if (!find_lack(&finder, objects, count))
		find_static_tls(&finder, objects, count);
}

const char *failure_kind_name(enum failure_kind kind)
{
	static const char *const names[] = {
		[FAILURE_UNKNOWN] = "unknown",
		[FAILURE_MODE] = "invalid-mode",
		[FAILURE_NAMESPACE] = "invalid-namespace",
		[FAILURE_NOT_LOADED] = "not-loaded",
		[FAILURE_NOT_FOUND] = "not-found",
		[FAILURE_OTHER_CLASS] = "wrong-elf-class",
		[FAILURE_NOT_ELF] = "not-elf",
		[FAILURE_UNUSABLE] = "unusable",
		[FAILURE_VERSION] = "missing-version",
		[FAILURE_SYMBOL] = "undefined-symbol",
		[FAILURE_STATIC_TLS] = "static-tls",
		[FAILURE_EXEC_STACK] = "exec-stack",
	};

	return (size_t)kind < ARRAY_SIZE(names) ? names[kind] : "unknown";
}
