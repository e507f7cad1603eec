#include "report/model/why_resident.h"

#include "report/model/why_loaded.h"

#define MOST_PINS 200 /* of a chain: who keeps whom can branch without end */

static bool is_call(const struct recording *rec, int call)
{
	return call >= 0 && (size_t)call < rec->call_count;
}

int closing_call(const struct recording *rec, int object)
{
	uint64_t closed = rec->objects[object].closed_seq;
	int found = NONE;

	if (!closed)
		return NONE;
	/* Its unloading ends with an event, so the innermost call around it is the one. */
	for (size_t i = 0; i < rec->call_count && rec->calls[i].seq < closed; i++) {
		const struct call *call = &rec->calls[i];
		bool unloads = call->kind == CALL_DLCLOSE || call->outcome == OUTCOME_FAILED;

		if (unloads && closed <= call->inside_seq)
			found = (int)i;
	}
	return found;
}

static bool opens(const struct call *call)
{
	return (call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN) &&
	       call->outcome != OUTCOME_FAILED;
}

static void find_calls(const struct recording *rec, struct why_resident *why)
{
	uint64_t kept_since = UINT64_MAX;

	for (size_t i = 0; i < why->pin_count; i++) {
		const struct pin *pin = &why->pins[i].pin;
		if (why->pins[i].depth == 0 && pin->for_good && pin->seq < kept_since)
			kept_since = pin->seq;
	}
	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];
		bool closes = call->kind == CALL_DLCLOSE;
		struct resident_call *entry;

		if (call->result != why->object || (!closes && !opens(call)))
			continue;
		entry = GROW(why->calls, why->call_count, why->call_room);
		*entry = (struct resident_call){.call = (int)i,
						.closes = closes,
						.ignored = closes && call->seq > kept_since};
		for (size_t j = 0; j < why->pin_count && !closes; j++)
			entry->open |= why->pins[j].depth == 0 &&
				       why->pins[j].pin.kind == PIN_OPEN &&
				       why->pins[j].pin.call == (int)i;
	}
}

/* What keeps `object`, and below each what keeps that. */
static void add_pins(struct scopes *scopes, struct why_resident *why, int object, size_t depth,
		     bool *seen)
{
	size_t count;
	const struct pin *pins = scopes_pins(scopes, object, &count);
	AUTO_FREE struct pin *own = xcalloc(count, sizeof(*own));

	if (count)
		memcpy(own, pins, count * sizeof(*own));
	if (count && own[0].kind == PIN_STARTUP)
		count = 1; /* enough said */
	seen[object] = true;
	for (size_t i = 0; i < count && why->pin_count < MOST_PINS; i++) {
		struct resident_pin *pin = GROW(why->pins, why->pin_count, why->pin_room);
		bool while_kept = own[i].object != NONE && !own[i].for_good;

		*pin = (struct resident_pin){.pin = own[i], .kept = object, .depth = depth};
		if (!while_kept)
			continue;
		pin->seen = seen[own[i].object];
		if (!pin->seen)
			add_pins(scopes, why, own[i].object, depth + 1, seen);
	}
}

void why_resident_build(const struct recording *rec, struct scopes *scopes, int object,
			struct why_resident *ret)
{
	AUTO_FREE bool *seen = xcalloc(rec->object_count, sizeof(*seen));
	bool closed;

	*ret = (struct why_resident){.object = object, .closer = NONE};
	ret->sure = scopes_sure(scopes, object, &ret->why_unsure);
	ret->closed_at_exit = object_closed_at_exit(rec, object);
	closed = rec->objects[object].closed_seq && !ret->closed_at_exit;
	if (closed) {
		ret->closer = closing_call(rec, object);
		ret->state =
			is_call(rec, ret->closer) && rec->calls[ret->closer].kind != CALL_DLCLOSE
				? RESIDENT_FAILED
				: RESIDENT_UNLOADED;
	} else {
		add_pins(scopes, ret, object, 0, seen);
		ret->state = !scopes_used(scopes, object) ? RESIDENT_UNKNOWN : RESIDENT_KEPT;
		if (ret->pin_count && ret->pins[0].pin.kind == PIN_STARTUP)
			ret->state = RESIDENT_STARTUP;
	}
	find_calls(rec, ret);
}

void why_resident_release(struct why_resident *why)
{
	free(why->calls);
	free(why->pins);
	*why = (struct why_resident){0};
}

char *why_resident_signature(const struct recording *rec, const struct why_resident *why)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addf(&sb, "%s\1%d\1%d\1%d\1%d", rec->objects[why->object].path,
		    (int)rec->objects[why->object].name_space, (int)why->state, why->closed_at_exit,
		    why->sure);
	for (size_t i = 0; i < why->call_count; i++)
		sign_call(rec, why->calls[i].call, &sb);
	for (size_t i = 0; i < why->pin_count; i++) {
		const struct pin *pin = &why->pins[i].pin;

		strbuf_addf(&sb, "\n%zu\1%d\1%s\1%s", why->pins[i].depth, (int)pin->kind,
			    pin->object == NONE ? "" : rec->objects[pin->object].path,
			    pin->symbol ? pin->symbol : "");
		if (is_call(rec, pin->call))
			sign_call(rec, pin->call, &sb);
	}
	return strbuf_detach(&sb);
}

const char *resident_state_name(enum resident_state state)
{
	static const char *const names[] = {
		[RESIDENT_STARTUP] = "startup",    [RESIDENT_KEPT] = "kept",
		[RESIDENT_UNKNOWN] = "unknown",    [RESIDENT_UNLOADED] = "unloaded",
		[RESIDENT_FAILED] = "load-failed",
	};

	return (size_t)state < ARRAY_SIZE(names) ? names[state] : "unknown";
}
