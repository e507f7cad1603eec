#include "report/findings/copies.h"

#include "report/render/words.h"

#define SYMBOLS_KEPT 100 /* of a finding */
#define NAMED        3   /* symbols and users that the evidence names */

bool copies_include(const struct duplicates *duplicates, const int *objects, size_t count)
{
	for (size_t i = 0; i < duplicates->count; i++) {
		const struct duplicate *duplicate = &duplicates->list[i];
		size_t found = 0;

		for (size_t j = 0; j < count; j++)
			for (size_t k = 0; k < duplicate->copy_count; k++)
				found += duplicate->copies[k].object == objects[j];
		if (found == count && duplicate_interesting(duplicate))
			return true;
	}
	return false;
}

bool copies_are_glibc(const struct recording *rec, const struct duplicate *duplicate)
{
	return object_is_glibc(&rec->objects[duplicate->copies[0].object]);
}

static enum severity severity_of(const struct duplicate *duplicate)
{
	/* Told by names alone, or kept apart by dlmopen: what goes where is as it was meant. */
	if (duplicate->verdict == COPIES_MIXED && duplicate->sure)
		return SEVERITY_ERROR;
	if (duplicate->verdict == COPIES_MIXED ||
	    (duplicate->verdict == COPIES_SPLIT && !duplicate->several_namespaces))
		return SEVERITY_WARNING;
	return SEVERITY_NOTE;
}

/* "a.so and b.so are bound to it (f, g ...)", or that nobody is. */
static void add_users(struct strbuf *sb, const struct recording *rec,
		      const struct duplicate_copy *copy)
{
	AUTO_FREE int *users = xcalloc(copy->user_count + 1, sizeof(*users));

	for (size_t i = 0; i < copy->user_count; i++)
		users[i] = copy->users[i].from;
	if (copy->user_count) {
		strbuf_addstr(sb, "; used by ");
		add_objects(sb, rec, users, copy->user_count, NAMED);
	} else {
		strbuf_addstr(sb, "; nothing else is bound to it");
	}
	if (copy->lost)
		strbuf_addf(sb, "; %zu of its own symbols are bound in another copy", copy->lost);
}

static void explain_copy(struct finding *finding, const struct recording *rec,
			 const struct duplicate_copy *copy)
{
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	struct evidence *evidence;

	finding_add_origin(finding, rec, copy->object);
	evidence = &finding->evidence[finding->evidence_count - 1];
	strbuf_addstr(&text, evidence->text);
	add_users(&text, rec, copy);
	free(evidence->text);
	evidence->text = strbuf_detach(&text);
}

static void explain_symbols(struct finding *finding, struct rule_input *input,
			    const struct duplicate *duplicate)
{
	const struct name_table *names = &input_bound(input)->names;
	size_t split = duplicate->split_state + duplicate->split_functions;
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < duplicate->symbol_count && i < split && i < SYMBOLS_KEPT; i++)
		finding_add_symbol(finding, name_string(names, duplicate->symbols[i].symbol));
	if (!split)
		return;
	add_count(&text, split, "symbol is", "symbols are");
	strbuf_addstr(&text, " in use in more than one copy: ");
	for (size_t i = 0; i < duplicate->symbol_count && i < split && i < NAMED; i++) {
		if (i)
			strbuf_addstr(&text, ", ");
		add_symbol(&text, name_string(names, duplicate->symbols[i].symbol), false);
	}
	if (split > NAMED)
		strbuf_addstr(&text, " ...");
	if (duplicate->split_state && split == 1)
		strbuf_addstr(&text, ", a variable");
	else if (duplicate->split_state)
		strbuf_addf(&text, "; %zu of them %s", duplicate->split_state,
			    duplicate->split_state == 1 ? "is a variable" : "are variables");
	finding_add_evidence(finding, strbuf_detach(&text));
}

void copies_report(struct rule_input *input, const struct rule *rule,
		   bool (*wanted)(const struct recording *rec, const struct duplicate *duplicate),
		   void (*add_what)(struct strbuf *sb, const struct recording *rec,
				    const struct duplicate *duplicate),
		   const char *advice, struct findings *ret)
{
	const struct duplicates *all = input_duplicates(input);

	for (size_t i = 0; i < all->count; i++) {
		const struct duplicate *duplicate = &all->list[i];
		AUTO_STRBUF struct strbuf message = STRBUF_INIT;
		struct finding *finding;

		if (!wanted(input->rec, duplicate))
			continue;
		add_what(&message, input->rec, duplicate);
		strbuf_addstr(&message, ": ");
		for (size_t j = 0; j < duplicate->copy_count; j++) {
			if (j)
				strbuf_addstr(&message, ", ");
			add_object(&message, input->rec, duplicate->copies[j].object);
		}
		finding = findings_add(ret, rule, severity_of(duplicate), strbuf_detach(&message),
				       xstrdup(advice));
		finding->seq = duplicate->since;
		for (size_t j = 0; j < duplicate->copy_count; j++)
			finding_add_object(finding, duplicate->copies[j].object);
		explain_symbols(finding, input, duplicate);
		for (size_t j = 0; j < duplicate->copy_count; j++)
			explain_copy(finding, input->rec, &duplicate->copies[j]);
	}
}
