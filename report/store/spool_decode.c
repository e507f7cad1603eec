/*
 * spool_decode.c - from a record's bytes to its typed view.
 */
#include "report/store/spool_reader.h"

#include <link.h>

/* The part of a payload that is not decoded yet. */
struct cursor {
	const unsigned char *at;
	size_t left;
};

static bool take(struct cursor *c, void *ret_bytes, size_t size)
{
	if (c->left < size)
		return false;
	memcpy(ret_bytes, c->at, size);
	c->at += size;
	c->left -= size;
	return true;
}

static bool take_array(struct cursor *c, uint32_t count, size_t size,
		       const unsigned char **ret_array)
{
	if (count > c->left / size)
		return false;
	*ret_array = c->at;
	c->at += count * size;
	c->left -= count * size;
	return true;
}

static bool take_text(struct cursor *c, struct spool_text *ret_text)
{
	uint32_t length;
	size_t size;

	if (!take(c, &length, sizeof(length)))
		return false;
	if (length == SPOOL_STRING_NONE) {
		*ret_text = (struct spool_text){NULL, 0};
		return true;
	}
	if (length > SPOOL_STRING_MAX)
		return false;
	size = spool_string_size(length) - sizeof(length);
	if (c->left < size || c->at[length] != '\0')
		return false;
	*ret_text = (struct spool_text){(const char *)c->at, length};
	c->at += size;
	c->left -= size;
	return true;
}

static bool take_texts(struct cursor *c, uint32_t count, struct spool_texts *ret_texts)
{
	struct spool_text ignored;

	*ret_texts = (struct spool_texts){c->at, count};
	while (count--)
		if (!take_text(c, &ignored))
			return false;
	return true;
}

struct spool_text spool_texts_next(struct spool_texts *texts)
{
	/* Bounds were checked by take_texts(). */
	struct cursor c = {texts->at, SIZE_MAX};
	struct spool_text text = {NULL, 0};

	if (texts->count == 0 || !take_text(&c, &text))
		BUG("a string that was checked is gone");
	texts->at = c.at;
	texts->count--;
	return text;
}

char *spool_text_dup(struct spool_text text)
{
	return text.bytes ? xstrndup(text.bytes, text.length) : NULL;
}

static bool decode_process(struct cursor *c, struct spool_item *item)
{
	return take(c, &item->process.fixed, sizeof(item->process.fixed)) &&
	       take_text(c, &item->process.exe) && take_text(c, &item->process.cwd) &&
	       take_text(c, &item->process.glibc) && take_text(c, &item->process.module) &&
	       take_text(c, &item->process.platform) &&
	       take_texts(c, item->process.fixed.argc, &item->process.arguments) &&
	       take_texts(c, item->process.fixed.env_count, &item->process.environment);
}

static bool decode_object(struct cursor *c, struct spool_item *item)
{
	const struct spool_object *fixed = &item->object.fixed;

	return take(c, &item->object.fixed, sizeof(*fixed)) && fixed->object != 0 &&
	       fixed->kind >= SPOOL_OBJECT_LIBRARY && fixed->kind <= SPOOL_OBJECT_UNOPENED &&
	       take_array(c, fixed->segment_count, sizeof(struct spool_segment),
			  &item->object.segments) &&
	       take_text(c, &item->object.name) && take_text(c, &item->object.real_path) &&
	       take_text(c, &item->object.soname) && take_text(c, &item->object.build_id) &&
	       take_text(c, &item->object.rpath) && take_text(c, &item->object.runpath) &&
	       take_texts(c, fixed->needed_count, &item->object.needed);
}

static bool is_origin(uint32_t origin)
{
	return origin == LA_SER_ORIG || origin == LA_SER_LIBPATH || origin == LA_SER_RUNPATH ||
	       origin == LA_SER_CONFIG || origin == LA_SER_DEFAULT || origin == LA_SER_SECURE;
}

static bool decode_search(struct cursor *c, struct spool_item *item)
{
	const struct spool_search *fixed = &item->search.fixed;

	return take(c, &item->search.fixed, sizeof(*fixed)) && is_origin(fixed->origin) &&
	       fixed->frame_count <= SPOOL_FRAMES_MAX &&
	       take_array(c, fixed->frame_count, sizeof(uint64_t), &item->search.frames) &&
	       take_text(c, &item->search.name);
}

static bool decode_event(struct cursor *c, struct spool_item *item)
{
	return take(c, &item->event, sizeof(item->event)) &&
	       (item->type != SPOOL_ACTIVITY || item->event.value <= LA_ACT_DELETE);
}

static bool decode_symbol(struct cursor *c, struct spool_item *item)
{
	return take(c, &item->symbol.fixed, sizeof(item->symbol.fixed)) &&
	       take_text(c, &item->symbol.name) && item->symbol.name.bytes &&
	       take_text(c, &item->symbol.version);
}

static bool decode_call(struct cursor *c, struct spool_item *item)
{
	const struct spool_call *fixed = &item->call.fixed;

	return take(c, &item->call.fixed, sizeof(*fixed)) && fixed->kind >= SPOOL_CALL_DLOPEN &&
	       fixed->kind <= SPOOL_CALL_THREAD_ATEXIT && fixed->frame_count <= SPOOL_FRAMES_MAX &&
	       take_array(c, fixed->frame_count, sizeof(uint64_t), &item->call.frames) &&
	       take_text(c, &item->call.name) && take_text(c, &item->call.version);
}

static bool decode_versions(struct cursor *c, struct spool_item *item)
{
	const struct spool_versions *fixed = &item->versions.fixed;
	uint32_t number;
	struct spool_text name;

	if (!take(c, &item->versions.fixed, sizeof(*fixed)))
		return false;
	item->versions.names = (struct spool_names){c->at, fixed->count};
	for (uint32_t i = 0; i < fixed->count; i++)
		if (!take(c, &number, sizeof(number)) || !take_text(c, &name) || !name.bytes)
			return false;
	return true;
}

struct spool_text spool_names_next(struct spool_names *names, uint32_t *ret_number)
{
	/* Bounds were checked by decode_versions(). */
	struct cursor c = {names->at, SIZE_MAX};
	struct spool_text text = {NULL, 0};

	if (names->count == 0 || !take(&c, ret_number, sizeof(*ret_number)) ||
	    !take_text(&c, &text))
		BUG("a name that was checked is gone");
	names->at = c.at;
	names->count--;
	return text;
}

static bool decode_references(struct cursor *c, struct spool_item *item)
{
	const struct spool_references *fixed = &item->references.fixed;
	uint32_t names = 0;

	if (!take(c, &item->references.fixed, sizeof(*fixed)) ||
	    !take_array(c, fixed->count, sizeof(struct spool_reference), &item->references.entries))
		return false;
	for (uint32_t i = 0; i < fixed->count; i++) {
		struct spool_reference r;

		memcpy(&r, item->references.entries + i * sizeof(r), sizeof(r));
		if (r.kind < SPOOL_REFERENCE_PLT || r.kind > SPOOL_REFERENCE_IRELATIVE)
			return false;
		if (r.kind == SPOOL_REFERENCE_IRELATIVE && r.own > INT32_MAX)
			return false;
		names += r.to == 0;
	}
	return take_texts(c, names, &item->references.names);
}

static bool decode_unbound(struct cursor *c, struct spool_item *item)
{
	return take(c, &item->unbound.fixed, sizeof(item->unbound.fixed)) &&
	       take_array(c, item->unbound.fixed.count, sizeof(uint32_t), &item->unbound.symbols);
}

bool spool_decode(const unsigned char *record, uint32_t size, struct spool_item *ret_item)
{
	struct spool_record head;
	struct cursor c = {record + sizeof(head), size - sizeof(head)};

	memcpy(&head, record, sizeof(head));
	ret_item->type = head.type;
	ret_item->flags = head.flags;
	ret_item->tid = head.tid;
	switch (head.type) {
	case SPOOL_PROCESS:
		return decode_process(&c, ret_item);
	case SPOOL_OBJECT:
		return decode_object(&c, ret_item);
	case SPOOL_SEARCH:
		return decode_search(&c, ret_item);
	case SPOOL_ACTIVITY:
	case SPOOL_CLOSE:
	case SPOOL_PREINIT:
	case SPOOL_END:
	case SPOOL_FORK:
		return decode_event(&c, ret_item);
	case SPOOL_SYMBOL:
		return decode_symbol(&c, ret_item);
	case SPOOL_BINDING:
		return take(&c, &ret_item->binding, sizeof(ret_item->binding));
	case SPOOL_CALL:
		return decode_call(&c, ret_item);
	case SPOOL_VERSIONS:
		return decode_versions(&c, ret_item);
	case SPOOL_REFERENCES:
		return decode_references(&c, ret_item);
	case SPOOL_UNBOUND:
		return decode_unbound(&c, ret_item);
	default:
		return true;
	}
}
