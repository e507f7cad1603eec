#include "report/model/dlopen_failure.h"

#include <dlfcn.h>
#include <elf.h>

#include "audit/spool.h"
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

static bool judge_file(struct finder *finder, const char *path)
{
	enum file_use use = finder->judge && strchr(path, '/')
				    ? finder->judge->judge(finder->judge, path)
				    : FILE_UNKNOWN;

	if (use != FILE_OTHER_CLASS && use != FILE_NOT_ELF)
		return false;
	finder->ret->path = path;
	return conclude(finder, use == FILE_NOT_ELF ? FAILURE_NOT_ELF : FAILURE_OTHER_CLASS,
			false); /* the file may have changed since */
}

/* ld.so goes on after a file of another class, and stops at one that is no ELF file (open_verify).
 */
static bool find_in_request(struct finder *finder, int request, int requester)
{
	const struct search *asked = &finder->rec->searches[request];
	bool relative = asked->tried[0] != '/' && strchr(asked->tried, '/');

	finder->ret->request = request;
	finder->ret->requester = requester;
	if (!relative && judge_file(finder, asked->tried))
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
	return call->name && call->name[0] == '/' && judge_file(finder, call->name);
}

/* --- versions: _dl_check_map_versions */

static bool is_exact(const struct symbol_table *table)
{
	return table && (table->source == SYMBOLS_FILE || table->source == SYMBOLS_CACHE);
}

/* The needed object that a DT_VERNEED names. */
static int needed_file(const struct finder *finder, int index, const char *file)
{
	const struct object *object = &finder->rec->objects[index];

	for (size_t i = 0; i < object->needed_count; i++) {
		int needed = object->needed[i].resolved;

		if (needed < 0 || (size_t)needed >= finder->rec->object_count)
			continue;
		if ((object->needed[i].name && strcmp(object->needed[i].name, file) == 0) ||
		    (finder->rec->objects[needed].soname &&
		     strcmp(finder->rec->objects[needed].soname, file) == 0))
			return needed;
	}
	return NONE;
}

/* "GLIBCXX_3.4." and the like: what the versions of one family have in common. */
static bool same_family(const char *a, const char *b)
{
	const char *end = strpbrk(a, "0123456789");

	return end && strncmp(a, b, (size_t)(end - a)) == 0;
}

/* Does the table define the version?  ret_best: the highest that it has of the same family. */
static bool defines(const struct symbol_table *table, const char *version, bool *ret_any,
		    const char **ret_best)
{
	*ret_any = false;
	*ret_best = NULL;
	for (size_t i = 0; i < table->version_count; i++) {
		const struct symbol_version *defined = &table->versions[i];

		if (defined->file)
			continue;
		*ret_any = true;
		if (strcmp(defined->name, version) == 0)
			return true;
		if (same_family(version, defined->name) &&
		    (!*ret_best || strverscmp(defined->name, *ret_best) > 0))
			*ret_best = defined->name;
	}
	return false;
}

static bool find_version_of(struct finder *finder, int object)
{
	const struct symbol_table *table = symbols_of(finder->symbols, object);

	for (size_t i = 0; is_exact(table) && i < table->version_count; i++) {
		const struct symbol_version *wanted = &table->versions[i];
		const struct symbol_table *other;
		const char *best;
		bool any;
		int provider;

		if (!wanted->file || wanted->weak)
			continue;
		provider = needed_file(finder, object, wanted->file);
		other = provider == NONE ? NULL : symbols_of(finder->symbols, provider);
		/* A file without any versions is only warned about. */
		if (!is_exact(other) || defines(other, wanted->name, &any, &best) || !any)
			continue;
		finder->ret->object = object;
		finder->ret->provider = provider;
		finder->ret->version = wanted->name;
		finder->ret->best = best;
		return conclude(finder, FAILURE_VERSION, true);
	}
	return false;
}

/* --- symbols */

static bool binds_now(const struct finder *finder, const struct object *object)
{
	const char *bind_now = recording_getenv(finder->rec, "LD_BIND_NOW");

	return (finder->rec->calls[finder->call].flags & RTLD_NOW) || (bind_now && *bind_now) ||
	       (object->elf_flags & SPOOL_ELF_BIND_NOW) || (object->flags & DF_BIND_NOW) ||
	       (object->flags_1 & DF_1_NOW);
}

static bool find_symbol_of(struct finder *finder, int object)
{
	const struct symbol_table *table = symbols_of(finder->symbols, object);
	bool now = binds_now(finder, &finder->rec->objects[object]);

	for (size_t i = 0; is_exact(table) && i < table->count; i++) {
		const struct dynamic_symbol *symbol = &table->symbols[i];
		struct lookup_query query = LOOKUP_QUERY;
		struct lookup_result result;
		bool found;

		if (symbol->defined || symbol->bind == STB_WEAK || symbol->bind == STB_LOCAL ||
		    !*symbol->name)
			continue;
		query.from = object;
		query.symbol = symbol->name;
		query.version = symbol->version;
		query.version_file = symbol->version_file;
		lookup(finder->scopes, finder->symbols, finder->rec, &query, LOOKUP_NO_TRAIL,
		       &result);
		found = result.winner != NONE || !result.sure;
		lookup_result_release(&result);
		if (found)
			continue;
		if (finder->ret->symbol) {
			finder->ret->others++;
			continue;
		}
		finder->ret->object = object;
		finder->ret->symbol = symbol->name;
		finder->ret->version = symbol->version;
	}
	/* A lazy reference to a function is no error before it is called. */
	return finder->ret->symbol && conclude(finder, FAILURE_SYMBOL, now);
}

/* --- what ld.so refuses without a word in the file's tables */

static bool has_exec_stack_rule(const struct recording *rec)
{
	unsigned int major = 0, minor = 0;

	return rec->glibc && sscanf(rec->glibc, "%u.%u", &major, &minor) == 2 &&
	       (major > 2 || (major == 2 && minor >= 41));
}

static bool find_refused_object(struct finder *finder, int index)
{
	const struct object *object = &finder->rec->objects[index];

	if ((object->elf_flags & SPOOL_ELF_EXECSTACK) && has_exec_stack_rule(finder->rec)) {
		finder->ret->object = index;
		return conclude(finder, FAILURE_EXEC_STACK, false);
	}
	if (object->flags & DF_STATIC_TLS) {
		finder->ret->object = index;
		return conclude(finder, FAILURE_STATIC_TLS, false);
	}
	return false;
}

/* For each object that the call opened: dependencies, which are relocated first, come last in the
 * list of opens. */
static bool each_opened(struct finder *finder, bool (*find)(struct finder *finder, int object))
{
	for (size_t i = finder->rec->object_count; i-- > 0;)
		if (object_failed_call(finder->rec, (int)i) == finder->call && find(finder, (int)i))
			return true;
	return false;
}

/* To where all was opened and nothing closed yet. */
static void advance(struct finder *finder)
{
	uint64_t until = finder->rec->calls[finder->call].seq;

	for (size_t i = 0; i < finder->rec->object_count; i++)
		if (object_failed_call(finder->rec, (int)i) == finder->call &&
		    finder->rec->objects[i].opened_seq > until)
			until = finder->rec->objects[i].opened_seq;
	/* A call around one that was asked about before may be behind it. */
	if (until > scopes_now(finder->scopes))
		scopes_advance(finder->scopes, until);
}

void dlopen_failure_find(const struct recording *rec, struct scopes *scopes,
			 struct symbol_provider *symbols, struct file_judge *judge, int call,
			 struct dlopen_failure *ret)
{
	struct finder finder = {rec, scopes, symbols, judge, call, ret};

	*ret = (struct dlopen_failure){
		.request = NONE, .requester = NONE, .object = NONE, .provider = NONE};
	if (find_refused(&finder) || find_missing(&finder))
		return;
	if (symbols) {
		if (each_opened(&finder, find_version_of))
			return;
		advance(&finder);
		if (each_opened(&finder, find_symbol_of))
			return;
	}
	each_opened(&finder, find_refused_object);
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
