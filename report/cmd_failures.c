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

/* The files as they are now: what else could be asked? */
static enum file_use judge_file(struct file_judge *judge, const char *path)
{
	(void)judge;
	switch (library_inspect(path)) {
	case LIBRARY_FITS:
		return FILE_USABLE;
	case LIBRARY_OTHER_CLASS:
		return FILE_OTHER_CLASS;
	case LIBRARY_NOT_ELF:
		return FILE_NOT_ELF;
	case LIBRARY_UNREADABLE:
		break;
	}
	return FILE_UNKNOWN;
}

struct failures *failures_new(const struct show *show)
{
	struct failures *failures = xcalloc(1, sizeof(*failures));

	failures->judge.judge = judge_file;
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

static void add_version(struct strbuf *sb, const struct recording *rec,
			const struct dlopen_failure *failure)
{
	add_object(sb, rec, failure->object);
	strbuf_addstr(sb, " wants version ");
	add_name(sb, failure->version);
	strbuf_addstr(sb, ", and ");
	add_object(sb, rec, failure->provider);
	if (!failure->best) {
		strbuf_addstr(sb, " does not provide it");
		return;
	}
	strbuf_addstr(sb, " provides up to ");
	add_name(sb, failure->best);
}

static void add_missing(struct strbuf *sb, const struct recording *rec,
			const struct dlopen_failure *failure, const char *what)
{
	if (failure->path)
		add_name(sb, failure->path);
	else if (failure->request != NONE)
		add_name(sb, rec->searches[failure->request].tried);
	strbuf_addstr(sb, what);
	if (!has_object(rec, failure->requester))
		return;
	strbuf_addstr(sb, "; ");
	add_object(sb, rec, failure->requester);
	strbuf_addstr(sb, " needs it");
}

void add_failure(struct strbuf *sb, const struct show *show, const struct dlopen_failure *failure)
{
	const struct recording *rec = show->rec;

	switch (failure->kind) {
	case FAILURE_UNKNOWN:
		strbuf_addstr(sb, "the recording does not tell why");
		break;
	case FAILURE_MODE:
		strbuf_addstr(sb, "the mode is invalid");
		break;
	case FAILURE_NAMESPACE:
		strbuf_addstr(sb, "the program can't be opened in another namespace");
		break;
	case FAILURE_NOT_LOADED:
		strbuf_addstr(sb, "it was not there, and RTLD_NOLOAD forbids loading it");
		break;
	case FAILURE_NOT_FOUND:
		add_missing(sb, rec, failure, " was not found, or not usable");
		break;
	case FAILURE_OTHER_CLASS:
		add_missing(sb, rec, failure, " is of another ELF class or machine");
		break;
	case FAILURE_NOT_ELF:
		add_missing(sb, rec, failure, " is no ELF file");
		break;
	case FAILURE_UNUSABLE:
		add_missing(sb, rec, failure, " is not usable");
		break;
	case FAILURE_VERSION:
		add_version(sb, rec, failure);
		break;
	case FAILURE_SYMBOL:
		add_object(sb, rec, failure->object);
		strbuf_addstr(sb, " refers to ");
		add_symbol(sb, failure->symbol, show->options->no_demangle);
		if (failure->version) {
			strbuf_addch(sb, '@');
			add_name(sb, failure->version);
		}
		if (failure->others)
			strbuf_addf(sb, " and %zu other%s", failure->others,
				    failure->others == 1 ? "" : "s");
		strbuf_addstr(sb, ", which nothing in its scopes defines");
		break;
	case FAILURE_STATIC_TLS:
		add_object(sb, rec, failure->object);
		strbuf_addstr(sb, " wants static TLS, of which there may have been too little");
		break;
	case FAILURE_EXEC_STACK:
		add_object(sb, rec, failure->object);
		strbuf_addstr(sb, " wants an executable stack");
		break;
	}
	if (!failure->sure && (failure->kind == FAILURE_SYMBOL))
		strbuf_addstr(sb, " (perhaps: lazy references are no error)");
}

void add_call_failure(struct strbuf *sb, const struct show *show, int call)
{
	struct failures *failures = failures_new(show);
	const struct dlopen_failure *failure = failures_find(failures, call);

	if (failure && failure->kind != FAILURE_UNKNOWN) {
		strbuf_addstr(sb, ": ");
		add_failure(sb, show, failure);
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
	add_failure(&message, show, failure);
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
	render_value(render, "sure", value_bool(failure->sure));
	render_close(render);
}
