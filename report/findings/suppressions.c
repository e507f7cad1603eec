#include "report/findings/suppressions.h"

#include <ctype.h>
#include <fnmatch.h>

#include "report/elf/elf.h"

static void glob_list_release(struct glob_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->globs[i]);
	free(list->globs);
}

void suppressions_release(struct suppressions *suppressions)
{
	for (size_t i = 0; i < suppressions->count; i++) {
		struct suppression *s = &suppressions->list[i];

		free(s->rule);
		free(s->reason);
		glob_list_release(&s->objects);
		glob_list_release(&s->symbols);
		glob_list_release(&s->exes);
	}
	free(suppressions->list);
	*suppressions = (struct suppressions){0};
}

/* The text without white space at both ends, as a fresh string. */
static char *trimmed(const char *s, size_t length)
{
	while (length && isspace((unsigned char)*s)) {
		s++;
		length--;
	}
	while (length && isspace((unsigned char)s[length - 1]))
		length--;
	return xstrndup(s, length);
}

static bool complain(struct strbuf *error, int line, const char *format, const char *what)
{
	AUTO_FREE char *escaped = escape(what);

	strbuf_addf(error, "line %d: ", line);
	strbuf_addf(error, format, escaped);
	return false;
}

static bool begin_section(struct suppressions *ret, const char *line, int number,
			  struct strbuf *error)
{
	const char *end = strrchr(line, ']');
	AUTO_FREE char *rule = NULL;
	struct suppression *suppression;
	bool known = false;

	if (!end || end[1])
		return complain(error, number, "'%s' has no ] at its end", line);
	rule = trimmed(line + 1, (size_t)(end - line) - 1);
	for (size_t i = 0; i < rule_count && !known; i++)
		known = rule_matches(rules[i], rule);
	if (!known)
		return complain(error, number,
				"there is no rule '%s'; see 'plugreport explain' for all", rule);
	suppression = GROW(ret->list, ret->count, ret->room);
	suppression->rule = rule;
	suppression->line = number;
	rule = NULL;
	return true;
}

/* "name = value" of the section that was begun last. */
static bool take_setting(struct suppression *suppression, const char *line, int number,
			 struct strbuf *error)
{
	const char *equals = strchr(line, '=');
	AUTO_FREE char *name = NULL, *value = NULL;
	struct glob_list *list;

	if (!equals)
		return complain(error, number, "'%s' is neither [RULE] nor name = value", line);
	if (!suppression)
		return complain(error, number, "'%s' stands before the first [RULE]", line);
	name = trimmed(line, (size_t)(equals - line));
	value = trimmed(equals + 1, strlen(equals + 1));
	if (!*value)
		return complain(error, number, "%s has no value", name);
	if (strcmp(name, "reason") == 0) {
		free(suppression->reason);
		suppression->reason = value;
		value = NULL;
		return true;
	}
	if (strcmp(name, "object") == 0)
		list = &suppression->objects;
	else if (strcmp(name, "symbol") == 0)
		list = &suppression->symbols;
	else if (strcmp(name, "exe") == 0)
		list = &suppression->exes;
	else
		return complain(error, number, "'%s' is none of object, symbol, exe, reason", name);
	*GROW(list->globs, list->count, list->room) = value;
	value = NULL;
	return true;
}

static bool take_line(struct suppressions *ret, const char *line, int number, struct strbuf *error)
{
	struct suppression *last = ret->count ? &ret->list[ret->count - 1] : NULL;

	if (!*line || *line == '#')
		return true;
	return *line == '[' ? begin_section(ret, line, number, error)
			    : take_setting(last, line, number, error);
}

bool suppressions_parse(const char *text, size_t length, struct suppressions *ret,
			struct strbuf *ret_error)
{
	bool ok = true;

	*ret = (struct suppressions){0};
	for (int number = 1; ok && length; number++) {
		const char *end = memchr(text, '\n', length);
		size_t n = end ? (size_t)(end - text) : length;
		AUTO_FREE char *line = trimmed(text, n);

		ok = take_line(ret, line, number, ret_error);
		n += end != NULL;
		text += n;
		length -= n;
	}
	for (size_t i = 0; ok && i < ret->count; i++)
		if (!ret->list[i].reason)
			ok = complain(ret_error, ret->list[i].line,
				      "[%s] gives no reason; add reason = TEXT", ret->list[i].rule);
	if (!ok)
		suppressions_release(ret);
	return ok;
}

static bool symbol_matches(const struct glob_list *list, const char *symbol)
{
	AUTO_FREE char *readable = demangle(symbol);

	for (size_t i = 0; i < list->count; i++)
		if (fnmatch(list->globs[i], symbol, 0) == 0 ||
		    fnmatch(list->globs[i], readable, 0) == 0)
			return true;
	return false;
}

static bool symbols_match(const struct glob_list *list, const struct finding *finding)
{
	if (!list->count)
		return true;
	for (size_t i = 0; i < finding->symbol_count; i++)
		if (!symbol_matches(list, finding->symbols[i]))
			return false;
	return finding->symbol_count > 0;
}

static bool any_object_matches(const char *glob, const struct recording *rec,
			       const struct finding *finding)
{
	for (size_t i = 0; i < finding->object_count; i++)
		if (object_matches(&rec->objects[finding->objects[i]], glob))
			return true;
	return false;
}

static bool exe_matches(const struct glob_list *list, const struct recording *rec)
{
	for (size_t i = 0; i < list->count; i++)
		if (path_matches(rec->exe, list->globs[i]))
			return true;
	return list->count == 0;
}

struct suppression *suppressions_find(struct suppressions *suppressions,
				      const struct recording *rec, const struct finding *finding)
{
	for (size_t i = 0; i < suppressions->count; i++) {
		struct suppression *s = &suppressions->list[i];
		bool match = rule_matches(finding->rule, s->rule) && exe_matches(&s->exes, rec) &&
			     symbols_match(&s->symbols, finding);

		for (size_t j = 0; match && j < s->objects.count; j++)
			match = any_object_matches(s->objects.globs[j], rec, finding);
		if (match)
			return s;
	}
	return NULL;
}
