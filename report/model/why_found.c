#include "report/model/why_found.h"

#include <fnmatch.h>

#include "report/util.h"

static bool is_search(const struct recording *rec, int search)
{
	return search >= 0 && (size_t)search < rec->search_count;
}

int search_request(const struct recording *rec, int search)
{
	int request;

	if (!is_search(rec, search))
		return NONE;
	if (rec->searches[search].origin == ORIGIN_NAME)
		return search;
	request = rec->searches[search].request;
	if (!is_search(rec, request) || rec->searches[request].origin != ORIGIN_NAME)
		return NONE;
	return request;
}

int search_next_probe(const struct recording *rec, int request, int last)
{
	const struct search *asked = &rec->searches[request];

	for (size_t i = (size_t)last + 1; i < rec->search_count; i++) {
		const struct search *search = &rec->searches[i];

		if (search->tid != asked->tid)
			continue;
		if (search->origin == ORIGIN_NAME)
			return NONE;
		if (search->request == request)
			return (int)i;
	}
	return NONE;
}

static bool has_it(const struct search *search)
{
	return search->outcome == OUTCOME_LOADED || search->outcome == OUTCOME_ALREADY_LOADED;
}

int search_hit(const struct recording *rec, int request)
{
	const struct search *asked = &rec->searches[request];

	for (int i = request; (i = search_next_probe(rec, request, i)) != NONE;)
		if (has_it(&rec->searches[i]))
			return i;
	/* A name with a slash is the path itself. */
	return has_it(asked) && strchr(asked->tried, '/') ? request : NONE;
}

/* Index of the first call at or behind seq. */
static size_t first_call_after(const struct recording *rec, uint64_t seq)
{
	size_t low = 0, high = rec->call_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rec->calls[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int search_call(const struct recording *rec, int request)
{
	const struct search *asked = &rec->searches[request];

	if (!asked->root)
		return NONE;
	/* The newest dlopen of the thread is the one that searches: constructors, which may call
	 * dlopen again, run after all of a call's searches. */
	for (size_t i = first_call_after(rec, asked->seq); i-- > 0;) {
		const struct call *call = &rec->calls[i];

		if (call->tid != asked->tid ||
		    (call->kind != CALL_DLOPEN && call->kind != CALL_DLMOPEN))
			continue;
		return call->name && strcmp(call->name, asked->tried) == 0 ? (int)i : NONE;
	}
	return NONE;
}

static bool name_matches(const char *name, const char *pattern)
{
	return strcmp(name, pattern) == 0 || (is_glob(pattern) && fnmatch(pattern, name, 0) == 0);
}

bool search_matches(const struct recording *rec, int request, const char *pattern)
{
	const struct search *asked = &rec->searches[request];
	int result = asked->result;

	if (name_matches(asked->tried, pattern) || name_matches(base_name(asked->tried), pattern))
		return true;
	if (result >= 0 && (size_t)result < rec->object_count &&
	    object_matches(&rec->objects[result], pattern))
		return true;
	if (!strchr(pattern, '/'))
		return false;
	for (int i = request; (i = search_next_probe(rec, request, i)) != NONE;)
		if (name_matches(rec->searches[i].tried, pattern))
			return true;
	return false;
}

static void copy_places(const struct recording *rec, struct why_found *why)
{
	struct search_place *places = NULL;
	size_t count = search_places_list(rec, why->requester, &places);

	for (size_t i = 0; i < count; i++) {
		struct found_place *place = GROW(why->places, why->place_count, why->place_room);

		place->rule = places[i].rule;
		place->owner = places[i].owner;
		place->entry = xstrdup(places[i].entry);
		place->directory = xstrdup(places[i].directory);
		place->left_out = places[i].left_out;
		place->fate = place->left_out ? PLACE_LEFT_OUT : PLACE_SILENT;
	}
	search_places_free(places, count);
}

/* Does this place explain that ld.so tried the path? */
static bool place_explains(const struct found_place *place, const struct search *probe,
			   const char *name)
{
	struct search_place as_listed = {.rule = place->rule,
					 .owner = place->owner,
					 .entry = place->entry,
					 .directory = place->directory};

	if (place->left_out || place->rule != probe->rule)
		return false;
	if (place->rule == RULE_CACHE)
		return true;
	if (probe->owner != NONE && place->owner != probe->owner)
		return false;
	return place->directory && search_place_covers(&as_listed, probe->tried, name);
}

/* Insert an empty place at `at`. */
static struct found_place *insert_place(struct why_found *why, size_t at)
{
	(void)GROW(why->places, why->place_count, why->place_room);
	memmove(&why->places[at + 1], &why->places[at],
		(why->place_count - 1 - at) * sizeof(*why->places));
	memset(&why->places[at], 0, sizeof(*why->places));
	return &why->places[at];
}

/* Give the probe to its place; one that no listed place explains gets a place of its own behind
 * `after`.  Returns the place's index. */
static size_t place_probe(const struct recording *rec, struct why_found *why, int index,
			  size_t after)
{
	const struct search *probe = &rec->searches[index];
	struct found_place *place;
	const char *slash;
	size_t i;

	for (i = 0; i < why->place_count; i++)
		if (place_explains(&why->places[i], probe, why->name))
			break;
	if (i == why->place_count) {
		i = after < why->place_count ? after + 1 : why->place_count;
		place = insert_place(why, i);
		place->rule = probe->rule;
		place->owner = probe->owner;
		slash = strrchr(probe->tried, '/');
		if (slash)
			place->directory = xstrndup(probe->tried, (size_t)(slash - probe->tried));
	}
	place = &why->places[i];
	*GROW(place->probes, place->probe_count, place->probe_room) = index;
	place->fate = index == why->hit ? PLACE_FOUND : PLACE_MISSED;
	return i;
}

static void place_probes(const struct recording *rec, struct why_found *why)
{
	size_t last = SIZE_MAX;

	for (int i = why->request; (i = search_next_probe(rec, why->request, i)) != NONE;) {
		last = place_probe(rec, why, i, last);
		if (i != why->hit)
			why->misses++;
	}
	for (size_t i = 0; i < why->place_count; i++) {
		if (why->places[i].fate != PLACE_FOUND)
			continue;
		for (i++; i < why->place_count; i++)
			if (why->places[i].fate == PLACE_SILENT)
				why->places[i].fate = PLACE_NOT_REACHED;
	}
}

void why_found_build(const struct recording *rec, int request, struct why_found *ret)
{
	const struct search *asked = &rec->searches[request];

	*ret = (struct why_found){.request = request,
				  .name = asked->tried,
				  .requester = asked->requester,
				  .call = search_call(rec, request),
				  .outcome = asked->outcome,
				  .result = asked->result,
				  .hit = search_hit(rec, request)};
	if (strchr(asked->tried, '/')) {
		struct found_place *place = GROW(ret->places, ret->place_count, ret->place_room);

		place->rule = RULE_PATH;
		place->owner = NONE;
		place->fate = ret->hit != NONE                   ? PLACE_FOUND
			      : asked->outcome == OUTCOME_FAILED ? PLACE_MISSED
								 : PLACE_UNKNOWN;
		*GROW(place->probes, place->probe_count, place->probe_room) = request;
		return;
	}
	copy_places(rec, ret);
	place_probes(rec, ret);
}

void why_found_release(struct why_found *why)
{
	for (size_t i = 0; i < why->place_count; i++) {
		free(why->places[i].entry);
		free(why->places[i].directory);
		free(why->places[i].probes);
	}
	free(why->places);
	why->places = NULL;
	why->place_count = why->place_room = 0;
}

char *why_found_signature(const struct recording *rec, const struct why_found *why)
{
	struct strbuf sb = STRBUF_INIT;

	/* The bytes 0 cannot occur in names; 1 separates well enough: it makes two explanations
	 * look alike only when the names themselves are built for it. */
	strbuf_addf(&sb, "%s\1%d\1", why->name, (int)why->outcome);
	if (why->requester != NONE)
		strbuf_addstr(&sb, rec->objects[why->requester].path);
	if (why->call != NONE)
		strbuf_addf(&sb, "\1%x\1%d", rec->calls[why->call].flags,
			    rec->calls[why->call].caller);
	if (why->result != NONE)
		strbuf_addf(&sb, "\1%s", rec->objects[why->result].path);
	for (size_t i = 0; i < why->place_count; i++) {
		const struct found_place *place = &why->places[i];

		strbuf_addf(&sb, "\1%d\1%d\1%s", (int)place->rule, (int)place->fate,
			    place->directory ? place->directory : "");
		for (size_t j = 0; j < place->probe_count; j++)
			strbuf_addf(&sb, "\1%s", rec->searches[place->probes[j]].tried);
	}
	return strbuf_detach(&sb);
}
