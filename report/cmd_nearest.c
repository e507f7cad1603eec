/* Suggestions for names that were not found. */
#include "report/cmd.h"

#define LONGEST 64 /* letters of a name that are compared */

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

/* Edit distance (insert, delete, replace, swap neighbours), case aside. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][LONGEST + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	if (a_length > LONGEST || b_length > LONGEST)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *oldest = before;

		now[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			int x = lower(a[i - 1]), y = lower(b[j - 1]);

			now[j] = smallest(last[j] + 1, now[j - 1] + 1, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		before = last;
		last = now;
		now = oldest;
	}
	return last[b_length];
}

/* Length of a library's name without ".so" and what follows. */
static size_t stem_length(const char *name)
{
	const char *suffix = strstr(name, ".so");

	return suffix ? (size_t)(suffix - name) : strlen(name);
}

void nearest_init(struct nearest *near, const char *wanted)
{
	*near = (struct nearest){.wanted = wanted};
}

void nearest_release(struct nearest *near)
{
	for (size_t i = 0; i < near->count; i++)
		free(near->best[i].name);
	near->count = 0;
}

/* How far `candidate` is from what was wanted; SIZE_MAX: too far to be meant. */
static size_t distance_to(const struct nearest *near, const char *candidate)
{
	size_t wanted_length = strlen(near->wanted), length = strlen(candidate);
	size_t allowed, distance;

	if (wanted_length == 0 || length == 0)
		return SIZE_MAX;
	if ((wanted_length >= 3 && strcasestr(candidate, near->wanted)) ||
	    (length >= 3 && strcasestr(near->wanted, candidate)))
		return 1;
	allowed = wanted_length / 3;
	if (allowed < 1)
		allowed = 1;
	distance = edit_distance(near->wanted, wanted_length, candidate, length);
	if (distance <= allowed || !strstr(candidate, ".so"))
		return distance <= allowed ? distance : SIZE_MAX;
	/* "libsll" is near to libssl.so.3, whatever the version; stems are short: less is allowed.
	 */
	wanted_length = stem_length(near->wanted);
	allowed = wanted_length < 8 ? 1 : wanted_length / 4;
	distance = edit_distance(near->wanted, wanted_length, candidate, stem_length(candidate));
	return distance <= allowed ? distance : SIZE_MAX;
}

void nearest_offer(struct nearest *near, const char *candidate)
{
	size_t distance, at;

	if (!candidate)
		return;
	distance = distance_to(near, candidate);
	if (distance == SIZE_MAX)
		return;
	for (size_t i = 0; i < near->count; i++)
		if (strcmp(near->best[i].name, candidate) == 0)
			return;
	for (at = near->count; at > 0 && near->best[at - 1].distance > distance;)
		at--;
	if (at == ARRAY_SIZE(near->best))
		return;
	if (near->count == ARRAY_SIZE(near->best))
		free(near->best[--near->count].name);
	memmove(&near->best[at + 1], &near->best[at], (near->count - at) * sizeof(near->best[0]));
	near->best[at].name = xstrdup(candidate);
	near->best[at].distance = distance;
	near->count++;
}

void nearest_offer_object(struct nearest *near, const struct object *object)
{
	nearest_offer(near, object->soname);
	if (strchr(near->wanted, '/'))
		nearest_offer(near, object->path);
	else
		nearest_offer(near, base_name(object->path));
}

void nearest_add_hint(const struct nearest *near, struct strbuf *sb)
{
	for (size_t i = 0; i < near->count; i++) {
		strbuf_addstr(sb, i == 0                 ? "; did you mean '"
				  : i + 1 == near->count ? " or '"
							 : ", '");
		strbuf_add_escaped(sb, near->best[i].name, strlen(near->best[i].name));
		strbuf_addch(sb, '\'');
	}
	if (near->count)
		strbuf_addch(sb, '?');
}
