/* Why dlopen calls failed, for the commands that show them. */
#include "report/cmd.h"
#include "report/elf/elf.h"
#include "report/model/dlopen_failure.h"
#include "report/render/words.h"
#include "report/store/load_scopes.h"
#include "report/store/symbol_tables.h"

struct failures {
	struct file_judge judge; /* first: it is what the model is given */
	const struct show *show;
	struct loaded_scopes scopes;
	struct symbol_provider *symbols;
	struct dlopen_failure found;
};

enum file_use judge_file_on_disk(struct file_judge *judge, const char *path)
{
	switch (library_inspect(path, judge->machine)) {
	case LIBRARY_FITS:
		return FILE_USABLE;
	case LIBRARY_OTHER_CLASS:
		return FILE_OTHER_CLASS;
	case LIBRARY_NOT_ELF:
		return FILE_NOT_ELF;
	case LIBRARY_EXEC_STACK:
		return FILE_EXEC_STACK;
	case LIBRARY_UNREADABLE:
		break;
	}
	return FILE_UNKNOWN;
}

struct failures *failures_new(const struct show *show)
{
	struct failures *failures = xcalloc(1, sizeof(*failures));

	failures->judge.judge = judge_file_on_disk;
	failures->show = show;
	return failures;
}

void failures_free(struct failures *failures)
{
	loaded_scopes_release(&failures->scopes);
	symbol_tables_close(failures->symbols);
	free(failures);
}

/* Without a database (a test's recording) there are no symbol tables: less is told. */
static bool load(struct failures *failures)
{
	const struct show *show = failures->show;

	if (!show->store) {
		failures->scopes.scopes = scopes_new(show->rec, NULL, 0);
		return true;
	}
	if (!store_scopes(show->store, show->rec, SCOPES_ALONE, &failures->scopes))
		return false;
	failures->symbols = symbol_tables_open(show->store, show->rec);
	return true;
}

const struct dlopen_failure *failures_find(struct failures *failures, int call)
{
	const struct show *show = failures->show;
	const struct recording *rec = show->rec;

	if (call < 0 || (size_t)call >= rec->call_count ||
	    rec->calls[call].outcome != OUTCOME_FAILED)
		return NULL;
	if (!failures->scopes.scopes && !load(failures)) {
		*show->ret_failed = true;
		return NULL;
	}
	dlopen_failure_find(rec, failures->scopes.scopes, failures->symbols, &failures->judge, call,
			    &failures->found);
	return &failures->found;
}

void add_call_failure(struct strbuf *sb, const struct show *show, int call)
{
	struct failures *failures = failures_new(show);
	const struct dlopen_failure *failure = failures_find(failures, call);

	if (failure && failure->kind != FAILURE_UNKNOWN) {
		strbuf_addstr(sb, ": ");
		add_dlopen_failure(sb, show->rec, failure, show->options->no_demangle);
	}
	failures_free(failures);
}

void failure_to_json(const struct show *show, const struct dlopen_failure *failure)
{
	struct render *render = show->render;
	const struct recording *rec = show->rec;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;

	if (!failure) {
		render_value(render, "failure", value_none());
		return;
	}
	add_dlopen_failure(&message, show->rec, failure, show->options->no_demangle);
	render_open(render, "failure", GROUP_OBJECT);
	render_value(render, "kind", value_string(failure_kind_name(failure->kind)));
	render_value(render, "message", value_string(message.s));
	render_value(render, "name",
		     value_string(failure->request == NONE
					  ? NULL
					  : rec->searches[failure->request].tried));
	object_to_json(render, "needed_by", rec, failure->requester);
	object_to_json(render, "object", rec, failure->object);
	object_to_json(render, "provider", rec, failure->provider);
	render_value(render, "path", value_string(failure->path));
	render_value(render, "symbol", value_string(failure->symbol));
	render_value(render, "version", value_string(failure->version));
	render_value(render, "other_symbols", value_integer((int64_t)failure->others));
	render_value(render, "best_version", value_string(failure->best));
	if (failure->kind == FAILURE_STATIC_TLS) {
		render_value(render, "tls_bytes", value_integer((int64_t)failure->tls_size));
		render_value(render, "tls_taken", value_integer((int64_t)failure->tls_taken));
		render_value(render, "tls_reserve", value_integer((int64_t)failure->tls_reserve));
	}
	render_value(render, "sure", value_bool(failure->sure));
	render_close(render);
}
