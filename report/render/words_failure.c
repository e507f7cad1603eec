/* Why a dlopen failed, in words. */
#include "report/model/dlopen_failure.h"
#include "report/render/words.h"

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

/* "a.so wants 500 bytes of static TLS, of which ld.so keeps 1.6 KiB for later, and others ..." */
static void add_static_tls(struct strbuf *sb, const struct recording *rec,
			   const struct dlopen_failure *failure)
{
	add_object(sb, rec, failure->object);
	strbuf_addstr(sb, " wants ");
	add_size(sb, failure->tls_size);
	strbuf_addstr(sb, " of static TLS");
	if (failure->provider != failure->object) {
		strbuf_addstr(sb, " for ");
		add_object(sb, rec, failure->provider);
	}
	strbuf_addstr(sb, ", of which ld.so keeps ");
	add_size(sb, failure->tls_reserve);
	strbuf_addstr(sb, " for later");
	if (failure->tls_taken) {
		strbuf_addstr(sb, ", and others have taken ");
		add_size(sb, failure->tls_taken);
	}
	if (!failure->sure)
		strbuf_addstr(sb, " (perhaps)");
}

void add_dlopen_failure(struct strbuf *sb, const struct recording *rec,
			const struct dlopen_failure *failure, bool no_demangle)
{
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
		add_symbol(sb, failure->symbol, no_demangle);
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
		add_static_tls(sb, rec, failure);
		break;
	case FAILURE_EXEC_STACK:
		add_missing(sb, rec, failure,
			    " asks for an executable stack, which ld.so (since glibc 2.41) or the "
			    "system refuses");
		break;
	}
	if (!failure->sure && (failure->kind == FAILURE_SYMBOL))
		strbuf_addstr(sb, " (perhaps: lazy references are no error)");
}
