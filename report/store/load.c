/*
 * load.c - a recording out of the database.
 *
 * The database may have been damaged, or written by hand: a word that is not known, a number out of
 * range or an id that refers to nothing gives the value that means "not known".
 */
#include "report/store/load.h"

#include <jansson.h>

struct loader {
	struct store *store;
	struct recording *rec;
	struct id_map objects, searches, calls, stacks;
	bool failed;
};

static uint64_t column_bits(sqlite3_stmt *stmt, int at)
{
	return (uint64_t)sqlite3_column_int64(stmt, at);
}

static uint32_t column_u32(sqlite3_stmt *stmt, int at)
{
	return (uint32_t)sqlite3_column_int64(stmt, at);
}

/* A text that is never NULL. */
static char *column_name(sqlite3_stmt *stmt, int at)
{
	char *s = column_string(stmt, at);

	return s ? s : xstrdup("");
}

static void column_word(sqlite3_stmt *stmt, int at, char *ret_word, size_t room)
{
	const char *s = (const char *)sqlite3_column_text(stmt, at);

	snprintf(ret_word, room, "%s", s ? s : "");
}

/* A word's value by one of recording.h's parsers, or `unknown`. */
static int column_parse(sqlite3_stmt *stmt, int at, int (*parse)(const char *word), int unknown)
{
	const char *s = (const char *)sqlite3_column_text(stmt, at);
	int value = s ? parse(s) : -1;

	return value < 0 ? unknown : value;
}

/* Begin a query about the process; NULL when something failed before or fails now. */
static sqlite3_stmt *query(struct loader *loader, const char *sql)
{
	sqlite3_stmt *stmt = NULL;

	if (!loader->failed)
		stmt = store_prepare_for(loader->store, sql, loader->rec->process_id);
	if (!stmt)
		loader->failed = true;
	return stmt;
}

static bool next(struct loader *loader, sqlite3_stmt *stmt)
{
	return stmt && store_step(loader->store, stmt, &loader->failed);
}

static void load_argv(struct recording *rec, sqlite3_stmt *stmt, int at)
{
	const char *s = (const char *)sqlite3_column_text(stmt, at);
	json_t *array = s ? json_loads(s, JSON_REJECT_DUPLICATES, NULL) : NULL;
	json_t *argument;
	size_t i;

	json_array_foreach(array, i, argument)
	{
		const char *word = json_string_value(argument);

		*GROW(rec->argv, rec->argc, rec->argv_room) = xstrdup(word ? word : "");
	}
	json_decref(array);
}

static void load_process(struct loader *loader)
{
	struct recording *rec = loader->rec;
	AUTO_FINALIZE sqlite3_stmt *stmt =
		query(loader,
		      "SELECT p.run, p.parent, p.spool_uuid, r.uuid, p.parent_uuid, p.pid, p.ppid, "
		      "q.pid, p.begin_kind, p.end_kind, p.wait_status, p.parent_seq, p.uid, p.gid, "
		      "p.machine, p.audit_version, p.started_ns, p.ended_ns, p.lost_events, "
		      "p.lost_stacks, p.lost_reason, p.torn_records, p.damaged_at, p.spool_bytes, "
		      "p.complete, p.exe, p.cwd, p.glibc, p.platform, p.module, p.argv "
		      "FROM process p LEFT JOIN run r ON r.id = p.run "
		      "LEFT JOIN process q ON q.id = p.parent WHERE p.id = ?");

	if (!next(loader, stmt)) {
		if (!loader->failed)
			warn("%s: has no process %lld; 'plugreport processes' lists them",
			     loader->store->path, (long long)rec->process_id);
		loader->failed = true;
		return;
	}
	rec->run_id = sqlite3_column_int64(stmt, 0);
	rec->parent_id = sqlite3_column_int64(stmt, 1);
	column_word(stmt, 2, rec->spool_uuid, sizeof(rec->spool_uuid));
	column_word(stmt, 3, rec->run_uuid, sizeof(rec->run_uuid));
	column_word(stmt, 4, rec->parent_uuid, sizeof(rec->parent_uuid));
	rec->pid = sqlite3_column_int(stmt, 5);
	rec->ppid = sqlite3_column_int(stmt, 6);
	rec->parent_pid = sqlite3_column_int(stmt, 7);
	column_word(stmt, 8, rec->begin_kind, sizeof(rec->begin_kind));
	column_word(stmt, 9, rec->end_kind, sizeof(rec->end_kind));
	rec->has_wait_status = sqlite3_column_type(stmt, 10) == SQLITE_INTEGER;
	rec->wait_status = sqlite3_column_int(stmt, 10);
	rec->parent_seq = column_bits(stmt, 11);
	rec->uid = column_u32(stmt, 12);
	rec->gid = column_u32(stmt, 13);
	rec->machine = column_u32(stmt, 14);
	rec->audit_version = column_u32(stmt, 15);
	rec->started_ns = column_bits(stmt, 16);
	rec->ended_ns = column_bits(stmt, 17);
	rec->lost_events = column_bits(stmt, 18);
	rec->lost_stacks = column_bits(stmt, 19);
	rec->lost_reason = column_u32(stmt, 20);
	rec->torn_records = column_bits(stmt, 21);
	rec->damaged_at = column_bits(stmt, 22);
	rec->spool_bytes = column_bits(stmt, 23);
	rec->complete = sqlite3_column_int(stmt, 24) != 0;
	rec->exe = column_string(stmt, 25);
	rec->cwd = column_string(stmt, 26);
	rec->glibc = column_string(stmt, 27);
	rec->platform = column_string(stmt, 28);
	rec->module = column_string(stmt, 29);
	load_argv(rec, stmt, 30);
}

static void load_environment(struct loader *loader)
{
	struct recording *rec = loader->rec;
	AUTO_FINALIZE sqlite3_stmt *stmt =
		query(loader, "SELECT name, value FROM environment WHERE process = ? "
			      "ORDER BY rowid");

	while (next(loader, stmt)) {
		struct variable *variable =
			GROW(rec->environment, rec->environment_count, rec->environment_room);

		variable->name = column_name(stmt, 0);
		variable->value = column_name(stmt, 1);
	}
}

static void load_object(struct loader *loader, sqlite3_stmt *stmt)
{
	struct object *o = recording_add_object(loader->rec);

	o->id = sqlite3_column_int64(stmt, 0);
	o->number = column_u32(stmt, 1);
	o->name_space = sqlite3_column_int(stmt, 2);
	o->kind = (enum object_kind)column_parse(stmt, 3, object_kind_parse, OBJECT_LIBRARY);
	o->path = column_name(stmt, 4);
	o->real_path = column_string(stmt, 5);
	o->soname = column_string(stmt, 6);
	o->build_id = column_string(stmt, 7);
	o->has_file = sqlite3_column_type(stmt, 9) == SQLITE_INTEGER;
	o->dev = column_bits(stmt, 8);
	o->ino = column_bits(stmt, 9);
	o->file_size = column_bits(stmt, 10);
	o->mtime_ns = column_bits(stmt, 11);
	o->link_map = column_bits(stmt, 12);
	o->load_address = column_bits(stmt, 13);
	o->map_start = column_bits(stmt, 14);
	o->map_end = column_bits(stmt, 15);
	o->dynamic = column_bits(stmt, 16);
	o->rpath = column_string(stmt, 17);
	o->runpath = column_string(stmt, 18);
	o->flags = column_bits(stmt, 19);
	o->flags_1 = column_bits(stmt, 20);
	o->elf_flags = column_bits(stmt, 21);
	o->inherited = sqlite3_column_int(stmt, 22) != 0;
	o->opened_seq = column_bits(stmt, 23);
	o->opened_ns = column_bits(stmt, 24);
	o->opened_tid = column_u32(stmt, 25);
	o->closed_seq = column_bits(stmt, 26);
	o->closed_ns = column_bits(stmt, 27);
	o->reason = (enum load_reason)column_parse(stmt, 28, load_reason_parse, REASON_UNKNOWN);
	id_map_add(&loader->objects, o->id, (int)(loader->rec->object_count - 1));
}

static void load_objects(struct loader *loader)
{
	AUTO_FINALIZE sqlite3_stmt *stmt = query(
		loader, "SELECT id, number, namespace, kind, path, real_path, soname, build_id, "
			"dev, ino, file_size, mtime_ns, link_map, load_address, map_start, "
			"map_end, dynamic, rpath, runpath, flags, flags_1, elf_flags, inherited, "
			"opened_seq, opened_ns, opened_tid, closed_seq, closed_ns, reason "
			"FROM object WHERE process = ? ORDER BY opened_seq, number");

	while (next(loader, stmt))
		load_object(loader, stmt);
	id_map_sort(&loader->objects);
}

/* What refers to rows that are loaded after the objects. */
static void load_reasons(struct loader *loader)
{
	AUTO_FINALIZE sqlite3_stmt *stmt =
		query(loader, "SELECT id, reason_object, reason_call, reason_search FROM object "
			      "WHERE process = ?");

	while (next(loader, stmt)) {
		int index = id_map_column(&loader->objects, stmt, 0);
		struct object *o;

		if (index == NONE)
			continue;
		o = &loader->rec->objects[index];
		o->reason_object = id_map_column(&loader->objects, stmt, 1);
		o->reason_call = id_map_column(&loader->calls, stmt, 2);
		o->reason_search = id_map_column(&loader->searches, stmt, 3);
	}
}

static void load_segments(struct loader *loader)
{
	AUTO_FINALIZE sqlite3_stmt *stmt =
		query(loader, "SELECT s.object, s.type, s.flags, s.vaddr, s.memsz, s.offset "
			      "FROM object o JOIN segment s ON s.object = o.id WHERE o.process = ? "
			      "ORDER BY o.id, s.position");
	size_t room = 0;
	int last = NONE;

	while (next(loader, stmt)) {
		int index = id_map_column(&loader->objects, stmt, 0);
		struct object *o;
		struct segment *s;

		if (index == NONE)
			continue;
		o = &loader->rec->objects[index];
		room = index == last ? room : o->segment_count;
		last = index;
		s = GROW(o->segments, o->segment_count, room);
		s->type = column_u32(stmt, 1);
		s->flags = column_u32(stmt, 2);
		s->vaddr = column_bits(stmt, 3);
		s->memsz = column_bits(stmt, 4);
		s->offset = column_bits(stmt, 5);
	}
}

static void load_needed(struct loader *loader)
{
	AUTO_FINALIZE sqlite3_stmt *stmt =
		query(loader, "SELECT n.object, n.name, n.resolved "
			      "FROM object o JOIN needed n ON n.object = o.id WHERE o.process = ? "
			      "ORDER BY o.id, n.position");
	size_t room = 0;
	int last = NONE;

	while (next(loader, stmt)) {
		int index = id_map_column(&loader->objects, stmt, 0);
		struct object *o;
		struct needed *n;

		if (index == NONE)
			continue;
		o = &loader->rec->objects[index];
		room = index == last ? room : o->needed_count;
		last = index;
		n = GROW(o->needed, o->needed_count, room);
		n->name = column_name(stmt, 1);
		n->resolved = id_map_column(&loader->objects, stmt, 2);
	}
}

static void load_stacks(struct loader *loader)
{
	AUTO_FINALIZE sqlite3_stmt *stmt =
		query(loader, "SELECT id, flags FROM stack WHERE process = ? ORDER BY id");

	while (next(loader, stmt)) {
		struct stack *stack = recording_add_stack(loader->rec);

		stack->id = sqlite3_column_int64(stmt, 0);
		stack->flags = column_u32(stmt, 1);
		id_map_add(&loader->stacks, stack->id, (int)(loader->rec->stack_count - 1));
	}
	id_map_sort(&loader->stacks);
}

static void load_frames(struct loader *loader)
{
	AUTO_FINALIZE sqlite3_stmt *stmt =
		query(loader, "SELECT f.stack, f.address, f.object, f.function, f.function_offset, "
			      "f.file, f.line, f.inlined FROM stack s JOIN stack_frame f "
			      "ON f.stack = s.id WHERE s.process = ? ORDER BY s.id, f.depth");
	size_t room = 0;
	int last = NONE;

	while (next(loader, stmt)) {
		int index = id_map_column(&loader->stacks, stmt, 0);
		struct stack *stack;
		struct frame *f;

		if (index == NONE)
			continue;
		stack = &loader->rec->stacks[index];
		room = index == last ? room : stack->frame_count;
		last = index;
		f = GROW(stack->frames, stack->frame_count, room);
		f->address = column_bits(stmt, 1);
		f->object = id_map_column(&loader->objects, stmt, 2);
		f->function = column_string(stmt, 3);
		f->function_offset = column_bits(stmt, 4);
		f->file = column_string(stmt, 5);
		f->line = sqlite3_column_int(stmt, 6);
		f->inlined = sqlite3_column_int(stmt, 7) != 0;
	}
}

static void load_searches(struct loader *loader)
{
	struct recording *rec = loader->rec;
	AUTO_FINALIZE sqlite3_stmt *stmt = query(
		loader, "SELECT id, seq, time_ns, tid, requester, origin, root, tried, stack, "
			"rule, owner, outcome, result FROM search WHERE process = ? ORDER BY seq");

	while (next(loader, stmt)) {
		struct search *s = recording_add_search(rec);

		s->id = sqlite3_column_int64(stmt, 0);
		s->seq = column_bits(stmt, 1);
		s->time_ns = column_bits(stmt, 2);
		s->tid = column_u32(stmt, 3);
		s->requester = id_map_column(&loader->objects, stmt, 4);
		s->origin =
			(enum search_origin)column_parse(stmt, 5, search_origin_parse, ORIGIN_NAME);
		s->root = sqlite3_column_int(stmt, 6) != 0;
		s->tried = column_name(stmt, 7);
		s->stack = id_map_column(&loader->stacks, stmt, 8);
		s->rule = (enum search_rule)column_parse(stmt, 9, search_rule_parse, RULE_UNKNOWN);
		s->owner = id_map_column(&loader->objects, stmt, 10);
		s->outcome = (enum outcome)column_parse(stmt, 11, outcome_parse, OUTCOME_UNKNOWN);
		s->result = id_map_column(&loader->objects, stmt, 12);
		id_map_add(&loader->searches, s->id, (int)(rec->search_count - 1));
	}
	id_map_sort(&loader->searches);
}

static void load_requests(struct loader *loader)
{
	AUTO_FINALIZE sqlite3_stmt *stmt =
		query(loader, "SELECT id, request FROM search WHERE process = ?");

	while (next(loader, stmt)) {
		int index = id_map_column(&loader->searches, stmt, 0);

		if (index != NONE)
			loader->rec->searches[index].request =
				id_map_column(&loader->searches, stmt, 1);
	}
}

static void load_calls(struct loader *loader)
{
	struct recording *rec = loader->rec;
	AUTO_FINALIZE sqlite3_stmt *stmt = query(
		loader, "SELECT id, seq, time_ns, tid, kind, caller_object, caller_offset, name, "
			"version, flags, handle, namespace, stack, result, result_known_by, "
			"outcome, inside_seq, inside_ns, returned_seq, returned_ns FROM call WHERE "
			"process = ? ORDER BY seq");

	while (next(loader, stmt)) {
		struct call *c = recording_add_call(rec);

		c->id = sqlite3_column_int64(stmt, 0);
		c->seq = column_bits(stmt, 1);
		c->time_ns = column_bits(stmt, 2);
		c->tid = column_u32(stmt, 3);
		c->kind = (enum call_kind)column_parse(stmt, 4, call_kind_parse, CALL_DLOPEN);
		c->caller = id_map_column(&loader->objects, stmt, 5);
		if (c->caller != NONE)
			c->caller_address =
				rec->objects[c->caller].load_address + column_bits(stmt, 6);
		c->name = column_string(stmt, 7);
		c->version = column_string(stmt, 8);
		c->flags = column_u32(stmt, 9);
		c->handle = column_bits(stmt, 10);
		c->name_space = sqlite3_column_int64(stmt, 11);
		c->stack = id_map_column(&loader->stacks, stmt, 12);
		c->result = id_map_column(&loader->objects, stmt, 13);
		c->known_by = (enum known_by)column_parse(stmt, 14, known_by_parse, KNOWN_NOT);
		c->outcome = (enum outcome)column_parse(stmt, 15, outcome_parse, OUTCOME_UNKNOWN);
		c->inside_seq = column_bits(stmt, 16);
		c->inside_ns = column_bits(stmt, 17);
		c->returned_seq = column_bits(stmt, 18);
		c->returned_ns = column_bits(stmt, 19);
		id_map_add(&loader->calls, c->id, (int)(rec->call_count - 1));
	}
	id_map_sort(&loader->calls);
}

static void load_parent_calls(struct loader *loader)
{
	AUTO_FINALIZE sqlite3_stmt *stmt =
		query(loader, "SELECT id, parent_call FROM call "
			      "WHERE process = ? AND parent_call IS NOT NULL");

	while (next(loader, stmt)) {
		int index = id_map_column(&loader->calls, stmt, 0);

		if (index != NONE)
			loader->rec->calls[index].parent = id_map_column(&loader->calls, stmt, 1);
	}
}

static void load_activities(struct loader *loader)
{
	AUTO_FINALIZE sqlite3_stmt *stmt = query(
		loader, "SELECT seq, time_ns, tid, kind, object FROM activity WHERE process = ? "
			"ORDER BY seq");

	while (next(loader, stmt)) {
		struct activity *a = recording_add_activity(loader->rec);

		a->seq = column_bits(stmt, 0);
		a->time_ns = column_bits(stmt, 1);
		a->tid = column_u32(stmt, 2);
		a->kind = (enum activity_kind)column_parse(stmt, 3, activity_kind_parse,
							   ACTIVITY_CONSISTENT);
		a->object = id_map_column(&loader->objects, stmt, 4);
	}
}

bool store_load(struct store *store, int64_t process_id, struct recording *rec)
{
	struct loader loader = {.store = store, .rec = rec};
	/* One transaction: an ingest in between must not change what the ids mean. */
	bool began = sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;

	recording_init(rec);
	rec->process_id = process_id;
	load_process(&loader);
	load_environment(&loader);
	load_objects(&loader);
	load_segments(&loader);
	load_needed(&loader);
	load_stacks(&loader);
	load_frames(&loader);
	load_searches(&loader);
	load_requests(&loader);
	load_calls(&loader);
	load_parent_calls(&loader);
	load_activities(&loader);
	load_reasons(&loader);
	if (began)
		sqlite3_exec(store->db, "COMMIT", NULL, NULL, NULL);
	id_map_release(&loader.objects);
	id_map_release(&loader.searches);
	id_map_release(&loader.calls);
	id_map_release(&loader.stacks);
	return !loader.failed;
}
