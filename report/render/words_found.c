/* How a name was asked for, looked for and found, as people write it. */
#include <string.h>

#include "report/model/search_path.h"
#include "report/model/why_found.h"
#include "report/render/words.h"

/* Is `name` one of LD_PRELOAD's, which are separated by colons or white space? */
static bool in_ld_preload(const struct recording *rec, const char *name)
{
	const char *s = recording_getenv(rec, "LD_PRELOAD");

	while (s && *s) {
		size_t n = strcspn(s, " \t\n:");

		if (n && n == strlen(name) && memcmp(s, name, n) == 0)
			return true;
		if (n && memchr(s, '$', n)) {
			AUTO_FREE char *expanded = search_path_expand(rec, NONE, s, n);

			if (strcmp(expanded, name) == 0)
				return true;
		}
		s += n + (s[n] != '\0');
	}
	return false;
}

/* ld.so was started as a program, with the real one as its argument: it then has options of its
 * own, which it takes out of argv. */
static bool is_ldso_explicit(const struct recording *rec)
{
	for (size_t i = 0; rec->exe && i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		if (object->kind == OBJECT_LDSO)
			return strcmp(object->real_path ? object->real_path : object->path,
				      rec->exe) == 0;
	}
	return false;
}

void add_preload_source(struct strbuf *sb, const struct recording *rec, const char *name)
{
	if (name && in_ld_preload(rec, name))
		strbuf_addstr(sb, "LD_PRELOAD");
	else if (is_ldso_explicit(rec))
		strbuf_addstr(sb, "ld.so --preload or /etc/ld.so.preload");
	else
		strbuf_addstr(sb, "/etc/ld.so.preload");
}

static void add_dt_path(struct strbuf *sb, const struct recording *rec, const char *tag, int owner)
{
	strbuf_addstr(sb, tag);
	if (!has_object(rec, owner))
		return;
	strbuf_addstr(sb, " of ");
	add_object(sb, rec, owner);
}

void add_rule(struct strbuf *sb, const struct recording *rec, enum search_rule rule, int owner,
	      const char *entry)
{
	const char *library_path = recording_getenv(rec, "LD_LIBRARY_PATH");

	switch (rule) {
	case RULE_PATH:
		strbuf_addstr(sb, "the name is a path");
		break;
	case RULE_RPATH:
		add_dt_path(sb, rec, "DT_RPATH", owner);
		break;
	case RULE_RUNPATH:
		add_dt_path(sb, rec, "DT_RUNPATH", owner);
		break;
	case RULE_LD_LIBRARY_PATH:
		strbuf_addstr(sb, "LD_LIBRARY_PATH");
		if (is_ldso_explicit(rec) && (!library_path || !*library_path))
			strbuf_addstr(sb, " or --library-path");
		break;
	case RULE_CACHE:
		strbuf_addstr(sb, "ld.so.cache");
		break;
	case RULE_DEFAULT:
		strbuf_addstr(sb, "default directory");
		break;
	case RULE_UNKNOWN:
		strbuf_addstr(sb, "unknown rule");
		break;
	}
	if (entry && (rule == RULE_RPATH || rule == RULE_RUNPATH || strchr(entry, '$'))) {
		strbuf_addstr(sb, " \"");
		add_name(sb, entry);
		strbuf_addch(sb, '"');
	}
}

const char *call_known_by_words(const struct call *call)
{
	bool opens = call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN;

	switch (call->known_by) {
	case KNOWN_NESTED_OPEN:
		return opens && call->outcome == OUTCOME_FAILED
			       ? "inferred: opened and closed again during this call"
			       : "inferred: opened during this call";
	case KNOWN_NESTED_SEARCH:
		return "inferred: the search during this call came to it";
	case KNOWN_NAME_MATCH:
		return "inferred: an object of this name was there";
	case KNOWN_HANDLE:
		return "read: the handle is its link map";
	case KNOWN_BINDING:
		return "observed: ld.so reported the binding";
	case KNOWN_FAILED_SEARCH:
		return "inferred: a search during this call found nothing usable";
	case KNOWN_NOT_LOADED:
		return "inferred: nothing that was loaded came of it";
	case KNOWN_NOT:
		break;
	}
	return "not known";
}
