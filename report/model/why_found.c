#include "report/model/why_found.h"

#include <dlfcn.h>
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
	if (strchr(asked->tried, '/') && (has_it(asked) || has_object(rec, asked->result)))
		return request;
	return NONE;
}

enum place_fate search_fate(const struct search *probe, bool hit)
{
	if (hit)
		return PLACE_FOUND;
	switch (probe->outcome) {
	case OUTCOME_UNUSABLE:
		return PLACE_UNUSABLE;
	case OUTCOME_MISSING:
	case OUTCOME_FAILED:
		return PLACE_MISSED;
	case OUTCOME_UNKNOWN:
	case OUTCOME_LOADED:
	case OUTCOME_ALREADY_LOADED:
		break;
	}
	return PLACE_UNKNOWN;
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

static bool is_no_load(const struct recording *rec, int call)
{
	return call != NONE && (rec->calls[call].flags & RTLD_NOLOAD);
}

bool search_in_vain(const struct recording *rec, int request)
{
	const struct search *asked = &rec->searches[request];

	return (asked->outcome == OUTCOME_FAILED || asked->outcome == OUTCOME_UNUSABLE) &&
	       !has_object(rec, asked->result) && !is_no_load(rec, search_call(rec, request));
}

int call_missing_request(const struct recording *rec, int index)
{
	const struct call *call = &rec->calls[index];

	for (size_t i = 0; i < rec->search_count; i++) {
		const struct search *search = &rec->searches[i];

		if (search->seq < call->seq || search->tid != call->tid || search->root ||
		    search->origin != ORIGIN_NAME || !has_object(rec, search->requester) ||
		    rec->objects[search->requester].reason_call != index)
			continue;
		if (search_in_vain(rec, (int)i))
			return (int)i;
	}
	return NONE;
}

int object_failed_call(const struct recording *rec, int index)
{
	const struct object *object = &rec->objects[index];
	int call = object->reason_call;

	if (call < 0 || (size_t)call >= rec->call_count ||
	    (object->reason != REASON_DLOPEN && object->reason != REASON_NEEDED))
		return NONE;
	return rec->calls[call].outcome == OUTCOME_FAILED ? call : NONE;
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

/*
 * Where a probe belongs that no listed place explains: behind the last one of its rule; in place of
 * a rule that was believed to be left out (ld.so's own --library-path is not in the environment).
 * ret_replace: the place at the returned index is such a rule.
 */
static size_t place_for_stray(const struct why_found *why, enum search_rule rule, size_t after,
			      bool *ret_replace)
{
	*ret_replace = false;
	if (after < why->place_count && why->places[after].rule == rule)
		return after + 1;
	for (size_t i = why->place_count; i-- > 0;) {
		if (why->places[i].rule != rule)
			continue;
		*ret_replace = why->places[i].left_out && !why->places[i].entry;
		return *ret_replace ? i : i + 1;
	}
	return after < why->place_count ? after + 1 : why->place_count;
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

static size_t add_stray(struct why_found *why, const struct search *probe, size_t after)
{
	bool replace;
	size_t at = place_for_stray(why, probe->rule, after, &replace);
	struct found_place *place = replace ? &why->places[at] : insert_place(why, at);

	place->rule = probe->rule;
	place->owner = probe->owner;
	place->left_out = NULL;
	place->directory = search_path_directory(probe->tried, why->name);
	return at;
}

/* Give the probe to its place; one that no listed place explains gets a place of its own.  Probes
 * come in the order of places: look from `after`, the place of the one before, on.  Returns the
 * place's index. */
static size_t place_probe(const struct recording *rec, struct why_found *why, int index,
			  size_t after)
{
	const struct search *probe = &rec->searches[index];
	size_t first = after < why->place_count ? after : 0, found = SIZE_MAX;
	struct found_place *place;

	for (size_t n = 0; n < why->place_count && found == SIZE_MAX; n++) {
		size_t i = (first + n) % why->place_count;

		if (place_explains(&why->places[i], probe, why->name))
			found = i;
	}
	if (found == SIZE_MAX)
		found = add_stray(why, probe, after);
	place = &why->places[found];
	*GROW(place->probes, place->probe_count, place->probe_room) = index;
	place->fate = search_fate(probe, index == why->hit);
	return found;
}

static void place_probes(const struct recording *rec, struct why_found *why)
{
	size_t last = SIZE_MAX;

	for (int i = why->request; (i = search_next_probe(rec, why->request, i)) != NONE;) {
		last = place_probe(rec, why, i, last);
		if (i != why->hit)
			why->misses++;
		why->stopped = i;
	}
	if (why->stopped != NONE &&
	    (why->hit != NONE || rec->searches[why->stopped].outcome == OUTCOME_MISSING))
		why->stopped = NONE;
	for (size_t i = 0; i < why->place_count; i++) {
		if (why->places[i].fate != PLACE_FOUND && why->places[i].fate != PLACE_UNUSABLE)
			continue;
		for (i++; i < why->place_count; i++)
			if (why->places[i].fate == PLACE_SILENT)
				why->places[i].fate = PLACE_NOT_REACHED;
	}
}

/* Is the name one of the object's DT_NEEDED, tokens expanded? */
static bool is_needed(const struct recording *rec, int index, const char *name)
{
	const struct object *object = &rec->objects[index];

	for (size_t i = 0; i < object->needed_count; i++) {
		const char *needed = object->needed[i].name;
		AUTO_FREE char *expanded = NULL;

		if (!needed)
			continue;
		if (strchr(needed, '$'))
			expanded = search_path_expand(rec, index, needed, strlen(needed));
		if (strcmp(expanded ? expanded : needed, name) == 0)
			return true;
	}
	return false;
}

/* ld.so asks for preloads on behalf of the program, before it does for the program's DT_NEEDED. */
static bool comes_before_needed(const struct recording *rec, int request)
{
	int program = rec->searches[request].requester;

	if (rec->objects[program].kind != OBJECT_MAIN)
		return false;
	for (int i = 0; i < request; i++) {
		const struct search *earlier = &rec->searches[i];

		if (earlier->requester == program && earlier->origin == ORIGIN_NAME &&
		    !earlier->root && is_needed(rec, program, earlier->tried))
			return false;
	}
	return true;
}

static enum load_reason asked_as(const struct recording *rec, int request, int call)
{
	const struct search *asked = &rec->searches[request];
	bool known = has_object(rec, asked->requester);

	if (has_object(rec, asked->result)) {
		const struct object *result = &rec->objects[asked->result];

		if (search_request(rec, result->reason_search) == request)
			return result->reason;
	}
	if (call != NONE)
		return REASON_DLOPEN;
	if (!known || asked->root)
		return REASON_UNKNOWN;
	if (is_needed(rec, asked->requester, asked->tried))
		return REASON_NEEDED;
	return comes_before_needed(rec, request) ? REASON_PRELOAD : REASON_UNKNOWN;
}

static void build_path(struct why_found *why, const struct search *asked)
{
	struct found_place *place = GROW(why->places, why->place_count, why->place_room);

	place->rule = RULE_PATH;
	place->owner = NONE;
	place->fate = search_fate(asked, why->hit != NONE);
	*GROW(place->probes, place->probe_count, place->probe_room) = why->request;
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
				  .stopped = NONE,
				  .hit = search_hit(rec, request)};
	ret->reason = asked_as(rec, request, ret->call);
	ret->no_load = is_no_load(rec, ret->call);
	if (strchr(asked->tried, '/')) {
		build_path(ret, asked);
		if (ret->no_load && asked->outcome == OUTCOME_FAILED)
			ret->places[0].fate = PLACE_UNKNOWN;
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
	strbuf_addf(&sb, "%s\1%d\1%d\1", why->name, (int)why->outcome, (int)why->reason);
	if (why->requester != NONE)
		strbuf_addf(&sb, "%s\1%d", rec->objects[why->requester].path,
			    rec->objects[why->requester].name_space);
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

const struct found_place *why_found_place(const struct why_found *found)
{
	for (size_t i = 0; i < found->place_count; i++)
		if (found->places[i].fate == PLACE_FOUND)
			return &found->places[i];
	return NULL;
}
