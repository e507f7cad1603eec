/* The table of rules. */
#include "report/findings/rules.h"

#include <fnmatch.h>

#define RULE_ENTRY(name) &rule_##name,
const struct rule *const rules[] = {RULES(RULE_ENTRY)};
const size_t rule_count = ARRAY_SIZE(rules);

const struct rule *rule_find(const char *slug)
{
	for (size_t i = 0; i < rule_count; i++)
		if (strcmp(rules[i]->slug, slug) == 0)
			return rules[i];
	return NULL;
}

bool rule_matches(const struct rule *rule, const char *pattern)
{
	return strcmp(rule->group, pattern) == 0 || fnmatch(pattern, rule->slug, 0) == 0;
}
