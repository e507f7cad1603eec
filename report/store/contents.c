/*
 * contents.c - from a spool's records to what the database holds.
 */
#include "report/store/contents.h"

#include "report/store/bindings.h"

#include <elf.h>
#include <link.h>

#define BYTES_A_BINDING 160 /* of a spool, about: its record, and its share of symbols' */
#define ROOM_MAX        80000

void contents_init(struct contents *contents)
{
	memset(contents, 0, sizeof(*contents));
	recording_init(&contents->rec);
}

void contents_release(struct contents *contents)
{
	recording_release(&contents->rec);
	free(contents->symbols);
	free(contents->forks);
	free(contents->bindings);
	free(contents->dlsym);
	free(contents->mappings);
	free(contents->versions);
	arena_release(&contents->names);
	index_table_release(&contents->objects_by_number);
	index_table_release(&contents->symbols_by_place);
	index_table_release(&contents->bindings_by_ends);
	index_table_release(&contents->stacks_by_frames);
	index_table_release(&contents->versions_by_place);
	contents_init(contents);
}

/* --- objects by number --- */

struct number_key {
	const struct contents *contents;
	uint32_t number;
};

static bool has_number(const void *context, uint32_t index)
{
	const struct number_key *key = context;

	return key->contents->rec.objects[index].number == key->number;
}

int contents_object(const struct contents *contents, uint32_t number)
{
	const struct recording *rec = &contents->rec;
	struct number_key key = {contents, number};
	uint32_t index;

	/* Numbers are given in the order of the records, so this is nearly always it. */
	if (number - 1 < rec->object_count && rec->objects[number - 1].number == number)
		return (int)(number - 1);
	if (number == 0)
		return NONE;
	index = index_table_find(&contents->objects_by_number, hash_mix(0, number), has_number,
				 &key);
	return index == INDEX_NONE ? NONE : (int)index;
}

static void take_process(struct recording *rec, struct spool_item *item)
{
	const struct spool_process *fixed = &item->process.fixed;

	if (rec->argv || rec->exe) /* only the first counts */
		return;
	rec->uid = fixed->uid;
	rec->gid = fixed->gid;
	rec->audit_version = fixed->audit_version;
	rec->exe = spool_text_dup(item->process.exe);
	rec->cwd = spool_text_dup(item->process.cwd);
	rec->glibc = spool_text_dup(item->process.glibc);
	rec->module = spool_text_dup(item->process.module);
	rec->platform = spool_text_dup(item->process.platform);
	while (item->process.arguments.count) {
		char *argument = spool_text_dup(spool_texts_next(&item->process.arguments));

		*GROW(rec->argv, rec->argc, rec->argv_room) = argument ? argument : xstrdup("");
	}
	while (item->process.environment.count) {
		AUTO_FREE char *entry =
			spool_text_dup(spool_texts_next(&item->process.environment));
		const char *equals = entry ? strchr(entry, '=') : NULL;
		struct variable *variable;

		if (!equals)
			continue;
		variable = GROW(rec->environment, rec->environment_count, rec->environment_room);
		variable->name = xstrndup(entry, (size_t)(equals - entry));
		variable->value = xstrdup(equals + 1);
	}
}

static char *hex(const unsigned char *bytes, size_t length)
{
	AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < length; i++)
		strbuf_addf(&sb, "%02x", bytes[i]);
	return strbuf_detach(&sb);
}

static void take_parts(struct object *object, struct spool_item *item)
{
	const struct spool_object *fixed = &item->object.fixed;

	object->segment_count = fixed->segment_count;
	object->segments = xcalloc(fixed->segment_count, sizeof(*object->segments));
	for (size_t i = 0; i < object->segment_count; i++) {
		struct spool_segment segment;

		memcpy(&segment, item->object.segments + i * sizeof(segment), sizeof(segment));
		object->segments[i] = (struct segment){segment.type, segment.flags, segment.vaddr,
						       segment.memsz, segment.offset};
	}
	object->needed_count = fixed->needed_count;
	object->needed = xcalloc(fixed->needed_count, sizeof(*object->needed));
	for (size_t i = 0; i < object->needed_count; i++) {
		char *name = spool_text_dup(spool_texts_next(&item->object.needed));

		object->needed[i] = (struct needed){name ? name : xstrdup(""), NONE};
	}
}

static void take_file(struct object *object, const struct spool_item *item)
{
	const struct spool_object *fixed = &item->object.fixed;

	object->has_file = fixed->dev != 0 || fixed->ino != 0;
	if (object->has_file) {
		object->dev = fixed->dev;
		object->ino = fixed->ino;
		object->file_size = fixed->file_size;
		object->mtime_ns = fixed->mtime_ns;
	}
	object->real_path = spool_text_dup(item->object.real_path);
	object->soname = spool_text_dup(item->object.soname);
	object->rpath = spool_text_dup(item->object.rpath);
	object->runpath = spool_text_dup(item->object.runpath);
	if (item->object.build_id.bytes && item->object.build_id.length)
		object->build_id = hex((const unsigned char *)item->object.build_id.bytes,
				       item->object.build_id.length);
}

/* False when the number was used before: no writer does that. */
static bool take_object(struct contents *contents, struct spool_item *item)
{
	const struct spool_object *fixed = &item->object.fixed;
	struct recording *rec = &contents->rec;
	struct object *object;

	if (contents_object(contents, fixed->object) != NONE)
		return false;
	object = recording_add_object(rec);
	object->number = fixed->object;
	object->name_space = fixed->name_space;
	object->kind = (enum object_kind)fixed->kind; /* the enumerations are equal */
	object->path = spool_text_dup(item->object.name);
	if (object->kind == OBJECT_MAIN && (!object->path || !*object->path) && rec->exe) {
		free(object->path);
		object->path = xstrdup(rec->exe);
	}
	if (!object->path)
		object->path = xstrdup("");
	object->link_map = fixed->link_map;
	object->load_address = fixed->load_bias;
	object->map_start = fixed->map_start;
	object->map_end = fixed->map_end;
	object->dynamic = fixed->dynamic;
	object->flags = fixed->flags;
	object->flags_1 = fixed->flags_1;
	object->elf_flags = fixed->elf_flags;
	object->inherited = (item->flags & SPOOL_OBJECT_INHERITED) != 0;
	object->opened_seq = item->seq;
	object->opened_ns = fixed->when.time;
	object->opened_tid = item->tid;
	take_file(object, item);
	take_parts(object, item);
	index_table_add(&contents->objects_by_number, hash_mix(0, fixed->object),
			(uint32_t)(rec->object_count - 1));
	contents_map(contents, (int)(rec->object_count - 1));
	return true;
}

static enum search_origin origin_of(uint32_t origin)
{
	switch (origin) {
	case LA_SER_LIBPATH:
		return ORIGIN_LIBPATH;
	case LA_SER_RUNPATH:
		return ORIGIN_RUNPATH;
	case LA_SER_CONFIG:
		return ORIGIN_CACHE;
	case LA_SER_DEFAULT:
		return ORIGIN_DEFAULT;
	case LA_SER_SECURE:
		return ORIGIN_SECURE;
	default: /* the decoder lets no other pass */
		return ORIGIN_NAME;
	}
}

static void take_search(struct contents *contents, const struct spool_item *item)
{
	const struct spool_search *fixed = &item->search.fixed;
	int stack =
		contents_add_stack(contents, item->search.frames, fixed->frame_count, item->flags);
	struct search *search = recording_add_search(&contents->rec);

	search->seq = item->seq;
	search->time_ns = fixed->when.time;
	search->sp = fixed->when.sp;
	search->tid = item->tid;
	search->requester = contents_object(contents, fixed->requester);
	search->origin = origin_of(fixed->origin);
	search->root = (item->flags & SPOOL_SEARCH_ROOT) != 0;
	search->tried = spool_text_dup(item->search.name);
	if (!search->tried)
		search->tried = xstrdup("");
	search->dev = fixed->dev;
	search->ino = fixed->ino;
	search->stack = stack;
}

static void take_call(struct contents *contents, const struct spool_item *item)
{
	const struct spool_call *fixed = &item->call.fixed;
	int stack =
		contents_add_stack(contents, item->call.frames, fixed->frame_count, item->flags);
	struct call *call = recording_add_call(&contents->rec);

	call->seq = item->seq;
	call->time_ns = fixed->when.time;
	call->sp = fixed->when.sp;
	call->tid = item->tid;
	call->kind = (enum call_kind)fixed->kind; /* the enumerations are equal */
	call->caller_address = fixed->caller;
	call->caller = contents_object_at(contents, fixed->caller - 1);
	if (call->caller == NONE)
		call->caller = contents_object(contents, fixed->from);
	call->name = spool_text_dup(item->call.name);
	call->version = spool_text_dup(item->call.version);
	call->flags = fixed->flags;
	call->handle = fixed->handle;
	call->name_space = fixed->name_space;
	call->stack = stack;
}

static void take_activity(struct contents *contents, const struct spool_item *item)
{
	static const enum activity_kind kinds[] = {
		[LA_ACT_CONSISTENT] = ACTIVITY_CONSISTENT,
		[LA_ACT_ADD] = ACTIVITY_ADD,
		[LA_ACT_DELETE] = ACTIVITY_DELETE,
	};
	struct activity *activity = recording_add_activity(&contents->rec);

	activity->seq = item->seq;
	activity->time_ns = item->event.when.time;
	activity->sp = item->event.when.sp;
	activity->tid = item->tid;
	activity->kind = item->type == SPOOL_PREINIT ? ACTIVITY_PREINIT : kinds[item->event.value];
	activity->object = contents_object(contents, item->event.object);
	contents->begun |= item->type == SPOOL_PREINIT;
}

static void take_close(struct contents *contents, const struct spool_item *item)
{
	int index = contents_object(contents, item->event.object);
	struct object *object;

	if (index == NONE) /* its record was lost */
		return;
	object = &contents->rec.objects[index];
	if (object->closed_seq)
		return;
	object->closed_seq = item->seq;
	object->closed_ns = item->event.when.time;
	contents_unmap(contents, index);
}

/* False: the record contradicts what came before. */
static bool take_item(struct contents *contents, struct spool_item *item)
{
	struct recording *rec = &contents->rec;

	switch ((enum spool_type)item->type) {
	case SPOOL_PROCESS:
		take_process(rec, item);
		break;
	case SPOOL_OBJECT:
		return take_object(contents, item);
	case SPOOL_SEARCH:
		take_search(contents, item);
		break;
	case SPOOL_ACTIVITY:
	case SPOOL_PREINIT:
		take_activity(contents, item);
		break;
	case SPOOL_CLOSE:
		take_close(contents, item);
		break;
	case SPOOL_SYMBOL:
		bindings_take_symbol(contents, item);
		break;
	case SPOOL_BINDING:
		bindings_take(contents, item);
		break;
	case SPOOL_VERSIONS:
		bindings_take_versions(contents, item);
		break;
	case SPOOL_REFERENCES:
		bindings_take_references(contents, item);
		break;
	case SPOOL_UNBOUND:
		bindings_take_unbound(contents, item);
		break;
	case SPOOL_CALL:
		take_call(contents, item);
		break;
	case SPOOL_FORK:
		*GROW(contents->forks, contents->fork_count, contents->fork_room) =
			(struct fork_event){item->seq, item->event.when.time, item->tid};
		break;
	case SPOOL_END:
		contents->ended = true;
		rec->ended_ns = rec->started_ns + item->event.when.time;
		break;
	}
	return true;
}

static void put_uuid(char ret_hex[33], const uint8_t uuid[16], bool zero_is_none)
{
	static const uint8_t none[16];

	ret_hex[0] = '\0';
	if (zero_is_none && memcmp(uuid, none, sizeof(none)) == 0)
		return;
	for (int i = 0; i < 16; i++)
		snprintf(ret_hex + 2 * (size_t)i, 3, "%02x", uuid[i]);
}

static void put_word(char ret_word[8], const char *word)
{
	snprintf(ret_word, 8, "%s", word);
}

static void take_header(struct recording *rec, const struct spool_header *header)
{
	put_uuid(rec->spool_uuid, header->uuid, false);
	put_uuid(rec->run_uuid, header->run_uuid, false);
	put_uuid(rec->parent_uuid, header->parent_uuid, true);
	rec->pid = header->pid;
	rec->ppid = header->ppid;
	rec->parent_pid = header->parent_pid;
	put_word(rec->begin_kind, header->begin_kind == SPOOL_BEGIN_EXEC   ? "exec"
				  : header->begin_kind == SPOOL_BEGIN_FORK ? "fork"
									   : "start");
	rec->parent_seq = header->parent_tail / 8;
	rec->machine = header->machine;
	rec->started_ns = header->realtime_ns;
	rec->lost_events = header->lost_events;
	rec->lost_stacks = header->lost_stacks;
	rec->lost_reason = header->lost_reason;
}

static void conclude(struct contents *contents, const struct spool_reader *reader, bool live)
{
	struct recording *rec = &contents->rec;
	bool exited = contents->ended || (reader->header.flags & SPOOL_FLAG_ENDED);

	rec->torn_records = live ? 0 : reader->torn;
	rec->damaged_at = reader->damaged_at;
	rec->spool_bytes = reader->header.header_size + reader->record_bytes;
	rec->complete = !live;
	put_word(rec->end_kind, live ? "running" : exited ? "exit" : "unknown");
	if (live)
		rec->ended_ns = 0;
	for (size_t i = 0; i < contents->dlsym_count; i++) {
		struct dlsym_binding *dlsym = &contents->dlsym[i];
		const struct symbol *symbol = &contents->symbols[dlsym->to];

		dlsym->from = contents_object(contents, (uint32_t)dlsym->from);
		dlsym->to = contents_object(contents, symbol->object);
		dlsym->name = symbol->name ? symbol->name : "";
	}
	/* All are found: what is looked for from here on has tables of its own. */
	index_table_release(&contents->bindings_by_ends);
	bindings_conclude(contents);
}

/* Guess how many symbols and bindings there are, so that their tables need not grow all the time. A
 * forged size gets no more than a little memory. */
static void make_room(struct contents *contents, const struct spool_reader *reader)
{
	size_t guess =
		reader->end / BYTES_A_BINDING < ROOM_MAX ? reader->end / BYTES_A_BINDING : ROOM_MAX;

	index_table_reserve(&contents->symbols_by_place, guess);
	index_table_reserve(&contents->bindings_by_ends, guess);
}

bool contents_read(struct contents *contents, struct spool_reader *reader, bool live)
{
	struct spool_item item;

	make_room(contents, reader);
	take_header(&contents->rec, &reader->header);
	contents->begun = strcmp(contents->rec.begin_kind, "fork") == 0;
	while (spool_reader_next(reader, &item))
		if (!take_item(contents, &item) && reader->damaged_at == 0)
			reader->damaged_at = item.offset;
	if (reader->error)
		return false;
	conclude(contents, reader, live);
	return true;
}

void contents_infer(struct contents *contents)
{
	replay_infer(&contents->rec, contents->dlsym, contents->dlsym_count);
	for (size_t i = 0; i < contents->rec.object_count; i++)
		if (contents->rec.objects[i].inherited)
			contents->rec.objects[i].reason = REASON_INHERITED;
}
