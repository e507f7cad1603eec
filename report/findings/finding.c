#include "report/findings/finding.h"

#include "report/render/words.h"

struct finding *findings_add(struct findings *findings, const struct rule *rule,
			     enum severity severity, char *message, char *advice)
{
	struct finding *finding = GROW(findings->list, findings->count, findings->room);

	finding->rule = rule;
	finding->severity = severity;
	finding->message = message;
	finding->advice = advice;
	return finding;
}

struct finding *findings_about(struct findings *findings, const struct rule *rule, int object)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->list[i].rule == rule && findings->list[i].object_count &&
		    findings->list[i].objects[0] == object)
			return &findings->list[i];
	return NULL;
}

struct finding *findings_saying(struct findings *findings, const struct rule *rule,
				const char *message)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->list[i].rule == rule &&
		    strcmp(findings->list[i].message, message) == 0)
			return &findings->list[i];
	return NULL;
}

void finding_add_object(struct finding *finding, int object)
{
	if (object == NONE)
		return;
	for (size_t i = 0; i < finding->object_count; i++)
		if (finding->objects[i] == object)
			return;
	*GROW(finding->objects, finding->object_count, finding->object_room) = object;
}

void finding_add_symbol(struct finding *finding, const char *symbol)
{
	if (!symbol)
		return;
	for (size_t i = 0; i < finding->symbol_count; i++)
		if (strcmp(finding->symbols[i], symbol) == 0)
			return;
	*GROW(finding->symbols, finding->symbol_count, finding->symbol_room) = xstrdup(symbol);
}

struct evidence *finding_add_evidence(struct finding *finding, char *text)
{
	struct evidence *evidence =
		GROW(finding->evidence, finding->evidence_count, finding->evidence_room);

	*evidence = (struct evidence){
		.text = text, .object = NONE, .call = NONE, .search = NONE, .stack = NONE};
	return evidence;
}

void finding_add_call(struct finding *finding, const struct recording *rec, const char *what,
		      int call)
{
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	struct evidence *evidence;

	if (call < 0 || (size_t)call >= rec->call_count)
		return;
	strbuf_addf(&text, "%s: ", what);
	add_call(&text, rec, call, false);
	strbuf_addstr(&text, " called from ");
	add_caller(&text, rec, call, false);
	evidence = finding_add_evidence(finding, strbuf_detach(&text));
	evidence->call = call;
	evidence->stack = rec->calls[call].stack;
	evidence->object = rec->calls[call].result;
}

void finding_add_origin(struct finding *finding, const struct recording *rec, int object)
{
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	const struct object *o;
	struct evidence *evidence;

	if (!has_object(rec, object))
		return;
	o = &rec->objects[object];
	add_name(&text, o->path);
	add_namespace(&text, rec, object);
	strbuf_addstr(&text, ": ");
	add_load_reason(&text, rec, object, false);
	evidence = finding_add_evidence(finding, strbuf_detach(&text));
	evidence->object = object;
	evidence->search = o->reason_search;
	/* Of what was needed the call says less than who needed it: that is in the text. */
	if (o->reason == REASON_DLOPEN && o->reason_call >= 0 &&
	    (size_t)o->reason_call < rec->call_count) {
		evidence->call = o->reason_call;
		evidence->stack = rec->calls[o->reason_call].stack;
	}
}

void findings_refute(struct findings *findings, const struct rule *rule, const char *key)
{
	struct refutation *refutation =
		GROW(findings->refutations, findings->refutation_count, findings->refutation_room);

	refutation->rule = rule;
	refutation->key = xstrdup(key);
}

bool findings_refuted(const struct findings *findings, const struct finding *finding)
{
	if (!finding->key)
		return false;
	for (size_t i = 0; i < findings->refutation_count; i++)
		if (findings->refutations[i].rule == finding->rule &&
		    strcmp(findings->refutations[i].key, finding->key) == 0)
			return true;
	return false;
}

void finding_release(struct finding *finding)
{
	for (size_t i = 0; i < finding->symbol_count; i++)
		free(finding->symbols[i]);
	for (size_t i = 0; i < finding->evidence_count; i++)
		free(finding->evidence[i].text);
	free(finding->message);
	free(finding->advice);
	free(finding->key);
	free(finding->objects);
	free(finding->symbols);
	free(finding->evidence);
	free(finding->also);
	*finding = (struct finding){0};
}

void findings_release(struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		finding_release(&findings->list[i]);
	for (size_t i = 0; i < findings->refutation_count; i++)
		free(findings->refutations[i].key);
	free(findings->list);
	free(findings->refutations);
	*findings = (struct findings){0};
}

char *finding_signature(const struct recording *rec, const struct finding *finding)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s %d %s", finding->rule->slug, (int)finding->severity, finding->message);
	for (size_t i = 0; i < finding->object_count; i++) {
		const struct object *object = &rec->objects[finding->objects[i]];

		strbuf_addf(&sb, "\n%d ", (int)object->name_space);
		strbuf_addstr(&sb, object->path);
	}
	for (size_t i = 0; i < finding->symbol_count; i++) {
		strbuf_addch(&sb, '\n');
		strbuf_addstr(&sb, finding->symbols[i]);
	}
	return strbuf_detach(&sb);
}

const char *severity_name(enum severity severity)
{
	switch (severity) {
	case SEVERITY_NOTE:
		return "note";
	case SEVERITY_WARNING:
		return "warning";
	case SEVERITY_ERROR:
		return "error";
	}
	return "unknown";
}
