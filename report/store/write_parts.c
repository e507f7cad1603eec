/*
 * write_parts.c - one function a table.
 *
 * Rows go in in the order of their ids and of seq, so that tables and their (process, seq) indexes
 * only ever grow at the end.
 */
#include "report/store/write_parts.h"

#include <elf.h>

#include "report/store/bindings.h"

struct extent extent_of(const struct contents *contents, const struct first_ids *ids)
{
	struct extent extent = {ids->symbol, ids->binding, contents->symbol_count,
				contents->binding_count, 0};

	for (size_t i = 0; i < contents->binding_count; i++) {
		const struct binding *b = &contents->bindings[i];

		extent.bound += b->bound && !b->internal && b->kind != BINDING_IRELATIVE;
	}
	return extent;
}

void first_ids_advance(struct first_ids *ids, const struct contents *contents)
{
	ids->object += (int64_t)contents->rec.object_count;
	ids->search += (int64_t)contents->rec.search_count;
	ids->call += (int64_t)contents->rec.call_count;
	ids->stack += (int64_t)contents->rec.stack_count;
	ids->symbol += (int64_t)contents->symbol_count;
	ids->binding += (int64_t)contents->binding_count;
}

static bool write_environment(struct rows *rows, const struct recording *rec)
{
	for (size_t i = 0; i < rec->environment_count; i++)
		if (!rows_put(rows, SQL_PUT_ENVIRONMENT,
			      CELLS(integer(rec->process_id), text(rec->environment[i].name),
				    text(rec->environment[i].value))))
			return false;
	return true;
}

static struct cell file_fact(const struct object *object, uint64_t fact)
{
	struct cell cell = bits(fact);

	if (!object->has_file)
		cell.kind = CELL_NULL;
	return cell;
}

static bool write_object(struct rows *rows, const struct recording *rec,
			 const struct first_ids *ids, struct object *o)
{
	return rows_put(
		rows, SQL_PUT_OBJECT,
		CELLS(integer(o->id), integer(rec->process_id), integer(o->number),
		      integer(o->name_space), text(object_kind_name(o->kind)), text(o->path),
		      text(o->real_path), text(o->soname), text(o->build_id), file_fact(o, o->dev),
		      file_fact(o, o->ino), file_fact(o, o->file_size), file_fact(o, o->mtime_ns),
		      bits(o->link_map), bits(o->load_address), bits_unless_zero(o->map_start),
		      bits_unless_zero(o->map_end), bits(o->dynamic), text(o->rpath),
		      text(o->runpath), bits(o->flags), bits(o->flags_1), bits(o->elf_flags),
		      integer(o->inherited), bits(o->opened_seq), bits(o->opened_ns),
		      integer(o->opened_tid), bits_unless_zero(o->closed_seq),
		      o->closed_seq ? bits(o->closed_ns) : (struct cell){CELL_NULL, 0, NULL},
		      text(load_reason_name(o->reason)), reference(ids->object, o->reason_object),
		      reference(ids->call, o->reason_call),
		      reference(ids->search, o->reason_search)));
}

static bool write_object_parts(struct rows *rows, const struct first_ids *ids,
			       const struct object *o)
{
	for (size_t i = 0; i < o->segment_count; i++) {
		const struct segment *s = &o->segments[i];

		if (!rows_put(rows, SQL_PUT_SEGMENT,
			      CELLS(integer(o->id), integer((int64_t)i), integer(s->type),
				    integer(s->flags), bits(s->vaddr), bits(s->memsz),
				    bits(s->offset))))
			return false;
	}
	for (size_t i = 0; i < o->needed_count; i++)
		if (!rows_put(rows, SQL_PUT_NEEDED,
			      CELLS(integer(o->id), integer((int64_t)i), text(o->needed[i].name),
				    reference(ids->object, o->needed[i].resolved))))
			return false;
	return true;
}

static bool write_objects(struct rows *rows, struct recording *rec, const struct first_ids *ids)
{
	for (size_t i = 0; i < rec->object_count; i++) {
		struct object *object = &rec->objects[i];

		object->id = ids->object + (int64_t)i;
		if (!write_object(rows, rec, ids, object) || !write_object_parts(rows, ids, object))
			return false;
	}
	return true;
}

/* What rows are made of that are fed. */
struct source {
	const struct contents *contents;
	const struct first_ids *ids;
	size_t stack, depth; /* of the next frame */
};

static void frame_row(void *data, size_t index, struct cell *ret_cells)
{
	struct source *source = data;
	const struct recording *rec = &source->contents->rec;
	const struct stack *stack;
	const struct frame *f;
	struct cell offset = {CELL_NULL, 0, NULL};

	(void)index;
	while (source->depth == rec->stacks[source->stack].frame_count) {
		source->stack++;
		source->depth = 0;
	}
	stack = &rec->stacks[source->stack];
	f = &stack->frames[source->depth];
	if (f->object != NONE)
		offset = bits(f->address - rec->objects[f->object].load_address);
	put_cells(ret_cells,
		  CELLS(integer(stack->id), integer((int64_t)source->depth), bits(f->address),
			reference(source->ids->object, f->object), offset, text(f->function),
			f->function ? bits(f->function_offset) : (struct cell){CELL_NULL, 0, NULL},
			text(f->file), bits_unless_zero((uint64_t)f->line), integer(f->inlined)));
	source->depth++;
}

static bool write_stacks(struct rows *rows, struct contents *contents, const struct first_ids *ids)
{
	struct recording *rec = &contents->rec;
	struct source source = {.contents = contents, .ids = ids};
	struct feed frames = {0, frame_row, &source};

	for (size_t i = 0; i < rec->stack_count; i++) {
		struct stack *stack = &rec->stacks[i];

		stack->id = ids->stack + (int64_t)i;
		frames.count += stack->frame_count;
		if (!rows_put(rows, SQL_PUT_STACK,
			      CELLS(integer(stack->id), integer(rec->process_id),
				    integer(stack->flags))))
			return false;
	}
	return rows_put_all(rows, SQL_PUT_FRAME, &frames);
}

/* The name that a search is about: for a path, what the request that it belongs to asked for. */
static const char *searched_name(const struct recording *rec, const struct search *search)
{
	if (search->origin == ORIGIN_NAME)
		return search->tried;
	return search->request == NONE ? base_name(search->tried)
				       : rec->searches[search->request].tried;
}

static bool write_searches(struct rows *rows, struct recording *rec, const struct first_ids *ids)
{
	for (size_t i = 0; i < rec->search_count; i++) {
		struct search *s = &rec->searches[i];

		s->id = ids->search + (int64_t)i;
		if (!rows_put(
			    rows, SQL_PUT_SEARCH,
			    CELLS(integer(s->id), integer(rec->process_id), bits(s->seq),
				  bits(s->time_ns), integer(s->tid),
				  reference(ids->object, s->requester),
				  reference(ids->search, s->request), text(searched_name(rec, s)),
				  text(search_origin_name(s->origin)),
				  text(s->rule == RULE_UNKNOWN ? NULL : search_rule_name(s->rule)),
				  reference(ids->object, s->owner), text(s->tried),
				  integer(s->root), text(outcome_name(s->outcome)),
				  reference(ids->object, s->result),
				  reference(ids->stack, s->stack))))
			return false;
	}
	return true;
}

static bool write_call(struct rows *rows, const struct recording *rec, const struct first_ids *ids,
		       const struct call *c)
{
	static const struct cell none = {CELL_NULL, 0, NULL};
	bool opens = c->kind == CALL_DLOPEN || c->kind == CALL_DLMOPEN;
	struct cell offset = none;

	if (c->caller != NONE)
		offset = bits(c->caller_address - rec->objects[c->caller].load_address);
	return rows_put(rows, SQL_PUT_CALL,
			CELLS(integer(c->id), integer(rec->process_id), bits(c->seq),
			      bits(c->time_ns), integer(c->tid), text(call_kind_name(c->kind)),
			      reference(ids->object, c->caller), offset, text(c->name),
			      text(c->version), opens ? integer(c->flags) : none,
			      opens ? none : bits(c->handle),
			      c->kind == CALL_DLMOPEN ? integer(c->name_space) : none,
			      reference(ids->call, c->parent), reference(ids->object, c->result),
			      text(c->known_by == KNOWN_NOT ? NULL : known_by_name(c->known_by)),
			      text(opens ? outcome_name(c->outcome) : NULL), bits(c->inside_seq),
			      bits(c->inside_ns), bits_unless_zero(c->returned_seq),
			      c->returned_seq ? bits(c->returned_ns) : none,
			      reference(ids->stack, c->stack)));
}

static bool write_calls(struct rows *rows, struct recording *rec, const struct first_ids *ids)
{
	for (size_t i = 0; i < rec->call_count; i++) {
		rec->calls[i].id = ids->call + (int64_t)i;
		if (!write_call(rows, rec, ids, &rec->calls[i]))
			return false;
	}
	return true;
}

static bool write_activities(struct rows *rows, const struct recording *rec,
			     const struct first_ids *ids)
{
	for (size_t i = 0; i < rec->activity_count; i++) {
		const struct activity *a = &rec->activities[i];
		struct cell name_space = {CELL_NULL, 0, NULL};

		if (a->object != NONE)
			name_space = integer(rec->objects[a->object].name_space);
		if (!rows_put(rows, SQL_PUT_ACTIVITY,
			      CELLS(integer(rec->process_id), bits(a->seq), bits(a->time_ns),
				    integer(a->tid), text(activity_kind_name(a->kind)),
				    reference(ids->object, a->object), name_space)))
			return false;
	}
	return true;
}

static bool write_forks(struct rows *rows, const struct contents *contents)
{
	for (size_t i = 0; i < contents->fork_count; i++) {
		const struct fork_event *f = &contents->forks[i];

		if (!rows_put(rows, SQL_PUT_FORK,
			      CELLS(integer(contents->rec.process_id), bits(f->seq),
				    bits(f->time_ns), integer(f->tid))))
			return false;
	}
	return true;
}

static void symbol_row(void *data, size_t index, struct cell *ret_cells)
{
	const struct source *source = data;
	const struct contents *contents = source->contents;
	const struct first_ids *ids = source->ids;
	const struct symbol *s = &contents->symbols[index];

	put_cells(ret_cells,
		  CELLS(integer(contents->rec.process_id),
			reference(ids->object, contents_object(contents, s->object)),
			integer((int32_t)s->number), /* see NUMBER_OF_RESOLVER */
			text(s->name ? s->name : ""), text(s->version), integer(s->defined),
			bits(s->value), bits(s->size), integer(ELF64_ST_TYPE(s->info)),
			integer(ELF64_ST_BIND(s->info)), integer(ELF64_ST_VISIBILITY(s->other)),
			integer((s->versym & 0x8000) != 0)));
}

static void binding_row(void *data, size_t index, struct cell *ret_cells)
{
	const struct source *source = data;
	const struct contents *contents = source->contents;
	const struct first_ids *ids = source->ids;
	const struct binding *b = &contents->bindings[index];
	uint32_t to =
		b->kind == BINDING_IRELATIVE ? b->chosen : contents->symbols[b->symbol].object;

	put_cells(ret_cells,
		  CELLS(integer(contents->rec.process_id), bits(b->seq),
			reference(ids->object, contents_object(contents, b->from)),
			reference(ids->object, b->bound ? contents_object(contents, to) : NONE),
			integer(ids->symbol + b->symbol), text(b->version),
			text(binding_kind_name(b->kind)),
			text(b->relocation ? "relocation" : "la_symbind"), bits(b->address),
			bits(b->count), integer(b->flags), integer(b->internal)));
}

/* SQLite gives rows without an id the next one, without having to look whether it is free. */
static bool put_with_ids(struct rows *rows, enum statement which, const struct feed *feed,
			 int64_t first)
{
	if (!rows_put_all(rows, which, feed))
		return false;
	if (feed->count == 0 ||
	    sqlite3_last_insert_rowid(rows->store->db) == first + (int64_t)feed->count - 1)
		return true;
	rows->error = SQLITE_CORRUPT;
	return false;
}

static bool write_bindings(struct rows *rows, const struct contents *contents,
			   const struct first_ids *ids)
{
	struct source source = {.contents = contents, .ids = ids};
	const struct feed symbols = {contents->symbol_count, symbol_row, &source};
	const struct feed bindings = {contents->binding_count, binding_row, &source};

	return put_with_ids(rows, SQL_PUT_SYMBOL, &symbols, ids->symbol) &&
	       put_with_ids(rows, SQL_PUT_BINDING, &bindings, ids->binding);
}

bool write_parts(struct rows *rows, struct contents *contents, const struct first_ids *ids)
{
	struct recording *rec = &contents->rec;

	rows->begun = rows->written;
	rows->expected = contents->symbol_count + contents->binding_count + rec->call_count +
			 rec->search_count + rec->activity_count;
	return write_environment(rows, rec) && write_objects(rows, rec, ids) &&
	       write_stacks(rows, contents, ids) && write_searches(rows, rec, ids) &&
	       write_calls(rows, rec, ids) && write_activities(rows, rec, ids) &&
	       write_forks(rows, contents) && write_bindings(rows, contents, ids);
}
