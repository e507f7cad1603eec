#include "report/findings/fold.h"

#include "report/findings/rules.h"

static bool has_object_of(const struct finding *finding, int object)
{
	for (size_t i = 0; i < finding->object_count; i++)
		if (finding->objects[i] == object)
			return true;
	return false;
}

/* Are all objects of `inner` among those of `outer`? */
static bool covers(const struct finding *outer, const struct finding *inner)
{
	for (size_t i = 0; i < inner->object_count; i++)
		if (!has_object_of(outer, inner->objects[i]))
			return false;
	return inner->object_count > 0;
}

static bool is_about_copies(const struct rule *rule)
{
	return rule == &rule_duplicate_file || rule == &rule_duplicate_soname ||
	       rule == &rule_version_clash;
}

static bool is_seen_in_copies(const struct rule *rule)
{
	return rule == &rule_interposed || rule == &rule_symbol_overlap ||
	       rule == &rule_vague_linkage_split;
}

/* Each of the overlapping objects takes part in an interposition among them. */
static bool is_told_by_interposed(const struct findings *findings, const struct finding *overlap)
{
	for (size_t i = 0; i < overlap->object_count; i++) {
		bool told = false;

		for (size_t j = 0; j < findings->count && !told; j++)
			told = findings->list[j].rule == &rule_interposed &&
			       !findings->list[j].apart && covers(overlap, &findings->list[j]) &&
			       has_object_of(&findings->list[j], overlap->objects[i]);
		if (!told)
			return false;
	}
	return true;
}

/* What comes of two copies, beside that they are there. */
static bool is_seen_in(const struct findings *findings, const struct finding *finding,
		       const struct finding *host)
{
	(void)findings;
	return is_seen_in_copies(finding->rule) && is_about_copies(host->rule) &&
	       covers(host, finding);
}

/* Fewer calls of the same objects that go astray. */
static bool is_weaker_than(const struct findings *findings, const struct finding *finding,
			   const struct finding *host)
{
	(void)findings;
	return finding->rule == &rule_interposed && host->rule == finding->rule &&
	       host->severity > finding->severity && covers(host, finding);
}

/* What keeps a library that should have been loaded anew. */
static bool is_cause_of(const struct findings *findings, const struct finding *finding,
			const struct finding *host)
{
	(void)findings;
	return finding->rule == &rule_kept_after_dlclose && host->rule == &rule_stale_reload &&
	       host->objects[0] == finding->objects[0];
}

/* An overlap of which each object's calls are told already. */
static bool is_told_by(const struct findings *findings, const struct finding *finding,
		       const struct finding *host)
{
	return finding->rule == &rule_symbol_overlap && host->rule == &rule_interposed &&
	       covers(finding, host) && is_told_by_interposed(findings, finding);
}

/* The finding that `finding` is another side of; NULL: none. */
static struct finding *find_host(struct findings *findings, const struct finding *finding)
{
	static bool (*const kinds[])(const struct findings *findings, const struct finding *finding,
				     const struct finding *host) = {
		is_seen_in,
		is_weaker_than,
		is_cause_of,
		is_told_by,
	};

	for (size_t k = 0; k < ARRAY_SIZE(kinds) && !finding->apart; k++)
		for (size_t i = 0; i < findings->count; i++)
			if (!findings->list[i].apart &&
			    kinds[k](findings, finding, &findings->list[i]))
				return &findings->list[i];
	return NULL;
}

/* Behind the messages that are there from others that were folded. */
static void insert_message(struct finding *host, const struct finding *finding)
{
	struct evidence message;
	size_t at = host->also_count;

	finding_add_evidence(host, xasprintf("%s: %s", finding->rule->slug, finding->message));
	message = host->evidence[host->evidence_count - 1];
	memmove(host->evidence + at + 1, host->evidence + at,
		(host->evidence_count - 1 - at) * sizeof(*host->evidence));
	host->evidence[at] = message;
}

static void fold(struct finding *host, struct finding *finding)
{
	insert_message(host, finding);
	*GROW(host->also, host->also_count, host->also_room) = finding->rule;
	if (finding->severity > host->severity)
		host->severity = finding->severity;
	if (finding->seq && (!host->seq || finding->seq < host->seq))
		host->seq = finding->seq;
	for (size_t i = 0; i < finding->object_count; i++)
		finding_add_object(host, finding->objects[i]);
	for (size_t i = 0; i < finding->symbol_count; i++)
		finding_add_symbol(host, finding->symbols[i]);
	for (size_t i = 0; i < finding->evidence_count; i++) {
		bool told = false;

		for (size_t j = 0; j < host->evidence_count && !told; j++)
			told = strcmp(host->evidence[j].text, finding->evidence[i].text) == 0;
		if (told)
			continue;
		*GROW(host->evidence, host->evidence_count, host->evidence_room) =
			finding->evidence[i];
		finding->evidence[i].text = NULL; /* the host's now */
	}
}

void findings_fold(struct findings *findings)
{
	AUTO_FREE int *hosts = xcalloc(findings->count + 1, sizeof(*hosts));
	size_t kept = 0;

	/* First who goes where: what is folded stays in view meanwhile. */
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *host = find_host(findings, &findings->list[i]);

		hosts[i] = host ? (int)(host - findings->list) : NONE;
	}
	for (size_t i = 0; i < findings->count; i++) {
		int host = hosts[i];

		if (host == NONE)
			continue;
		while (hosts[host] != NONE) /* it goes somewhere itself */
			host = hosts[host];
		fold(&findings->list[host], &findings->list[i]);
	}
	for (size_t i = 0; i < findings->count; i++) {
		if (hosts[i] != NONE)
			finding_release(&findings->list[i]);
		else
			findings->list[kept++] = findings->list[i];
	}
	findings->count = kept;
}
