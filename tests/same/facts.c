/* facts.c - what is known of a run. */
#include <stdlib.h>
#include <string.h>

#include "report/util.h"
#include "tests/same/same.h"

void facts_add(struct facts *facts, char *key, char *value)
{
	*GROW(facts->rows, facts->count, facts->room) = (struct fact){key, value};
}

static int compare(const void *a, const void *b)
{
	const struct fact *x = a, *y = b;
	int by_key = strverscmp(x->key, y->key);

	return by_key ? by_key : strcmp(x->value, y->value);
}

/* Facts of one key become one, a line each. */
void facts_sort(struct facts *facts)
{
	size_t kept = 0;

	if (facts->count == 0)
		return;
	qsort(facts->rows, facts->count, sizeof(*facts->rows), compare);
	for (size_t i = 1; i < facts->count; i++) {
		struct fact *last = &facts->rows[kept], *next = &facts->rows[i];

		if (strcmp(last->key, next->key) == 0) {
			char *both = xasprintf("%s\n%s", last->value, next->value);

			free(last->value);
			free(next->key);
			free(next->value);
			last->value = both;
		} else {
			facts->rows[++kept] = *next;
		}
	}
	facts->count = kept + 1;
}

const char *facts_find(const struct facts *facts, const char *key)
{
	size_t low = 0, high = facts->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strverscmp(facts->rows[middle].key, key);

		if (order == 0)
			return facts->rows[middle].value;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

void facts_release(struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		free(facts->rows[i].key);
		free(facts->rows[i].value);
	}
	free(facts->rows);
	*facts = (struct facts){0};
}
