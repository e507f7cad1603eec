#include "report/model/ocaml_run.h"

#include "report/util.h"

char *ocaml_unit_of_mark(const char *symbol)
{
	static const char prefix[] = "caml", mark[] = "code_begin";
	const char *name;
	size_t length;

	if (strncmp(symbol, prefix, strlen(prefix)) != 0)
		return NULL;
	name = symbol + strlen(prefix);
	length = strlen(name);
	if (*name < 'A' || *name > 'Z' || length <= strlen(mark) ||
	    strcmp(name + length - strlen(mark), mark) != 0)
		return NULL;
	length -= strlen(mark);
	if (name[length - 1] == '.')
		return xstrndup(name, length - 1);
	if (length > 2 && name[length - 1] == '_' && name[length - 2] == '_')
		return xstrndup(name, length - 2);
	return NULL;
}

bool ocaml_unit_was_run(const struct recording *rec, int plugin, const char *unit)
{
	AUTO_FREE char *entry = xasprintf("caml%s__entry", unit);
	AUTO_FREE char *entry_5 = xasprintf("caml%s.entry", unit);

	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];

		if (call->kind == CALL_DLSYM && call->result == plugin && call->name &&
		    (strcmp(call->name, entry) == 0 || strcmp(call->name, entry_5) == 0))
			return true;
	}
	return false;
}
