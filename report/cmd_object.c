/* plugreport object: everything that is known of one object. */
#include "report/cmd_object.h"
#include "report/cmd_inheriting.h"

#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "audit/spool.h"
#include "report/model/why_found.h"
#include "report/model/why_loaded.h"
#include "report/render/words.h"
#include "report/store/symbolize.h"

#define LOADS_SHOWN 8 /* further ones of the same file */

void object_part(const struct object_facts *facts, const char *title, const char *source)
{
	render_blank(facts->show->render);
	render_line(facts->show->render, MARK_BOLD "%s" MARK_END MARK_DIM "  [%s]" MARK_END, title,
		    source);
}

size_t object_first_rows(const struct object_facts *facts, size_t count)
{
	bool all = facts->show->options->all || !facts->show->render->is_text;

	return all || count < ROWS_SHOWN ? count : ROWS_SHOWN;
}

size_t object_rows(const struct object_facts *facts, size_t count)
{
	size_t most = facts->show->render->table_rows;

	return count < most ? count : object_first_rows(facts, count);
}

void object_more(const struct object_facts *facts, size_t count, size_t shown)
{
	if (count > shown)
		render_rest(facts->show->render, REST_ALL, MARK_DIM "  and %zu more" MARK_END,
			    count - shown);
}

static const char *const state_words[] = {
	[FILE_NONE] = "none",       [FILE_SAME] = "same", [FILE_SAME_BUILD] = "same-build",
	[FILE_CHANGED] = "changed", [FILE_GONE] = "gone", [FILE_UNREADABLE] = "unreadable",
	[FILE_PACKED] = "packed",
};

static const char *const state_sentences[] = {
	[FILE_NONE] = "it never had one",
	[FILE_SAME] = "still the one that was loaded",
	[FILE_SAME_BUILD] = "another file, but of the same build-id",
	[FILE_CHANGED] = "changed since: what was not recorded is not known",
	[FILE_GONE] = "gone: what was not recorded is not known",
	[FILE_PACKED] = "not here: told from what 'plugreport pack' kept of it",
	[FILE_UNREADABLE] = "can't be read here: what was not recorded is not known",
};

static bool is_same_file(const struct object *object, const struct stat *st)
{
	return st->st_dev == object->dev && st->st_ino == object->ino &&
	       (uint64_t)st->st_size == object->file_size &&
	       (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec ==
		       object->mtime_ns;
}

/* What is on the disk, and its record when that is the recorded file. */
static enum file_state look_at_disk(struct object_facts *facts)
{
	struct elf_identity identity = object_identity(facts->object);
	struct stat st;

	if (stat(identity.path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? FILE_GONE : FILE_UNREADABLE;
	facts->has_record = elf_record_read(&identity, &facts->record);
	if (is_same_file(facts->object, &st))
		return facts->has_record ? FILE_SAME : FILE_UNREADABLE;
	return facts->has_record ? FILE_SAME_BUILD : FILE_CHANGED;
}

static void look_at_file(struct object_facts *facts)
{
	struct elf_identity packed = store_object_identity(facts->show->store, facts->object);

	facts->file_state = FILE_NONE;
	if ((!facts->object->has_file && !facts->object->build_id) ||
	    facts->object->kind == OBJECT_VDSO)
		return;
	facts->file_state = look_at_disk(facts);
	if (facts->has_record || !packed.extract)
		return;
	facts->has_record = elf_record_read(&packed, &facts->record);
	if (facts->has_record)
		facts->file_state = FILE_PACKED;
}

/* The dlopen or dlmopen call that an object came with, also as a dependency; NONE for none. */
static int opening_call(const struct recording *rec, int object)
{
	for (size_t steps = 0; has_object(rec, object) && steps < rec->object_count; steps++) {
		const struct object *o = &rec->objects[object];

		if (o->reason == REASON_DLOPEN)
			return o->reason_call;
		if (o->reason != REASON_NEEDED)
			return NONE;
		object = o->reason_object;
	}
	return NONE;
}

/* Why ld.so binds the object's calls when it loads it (dlopen(3), ld.so(8)); NULL: it does not. */
static const char *find_bind_now(const struct recording *rec, int index)
{
	const struct object *object = &rec->objects[index];
	const char *variable = recording_getenv(rec, "LD_BIND_NOW");
	int call = opening_call(rec, index);

	if (object->flags & DF_BIND_NOW || object->flags_1 & DF_1_NOW ||
	    object->elf_flags & SPOOL_ELF_BIND_NOW)
		return "it is linked with -z now";
	if (variable && *variable)
		return "LD_BIND_NOW is set";
	if (call >= 0 && (size_t)call < rec->call_count &&
	    (rec->calls[call].flags & 3) == 2) /* RTLD_NOW under RTLD_BINDING_MASK */
		return "it was opened with RTLD_NOW";
	if (object->reason == REASON_LIBC)
		return "libc opens what it needs itself so";
	return NULL;
}

static int compare_bindings(const void *a, const void *b)
{
	const struct object_binding *x = a, *y = b;
	int order = strcmp(x->kind, y->kind);

	if (order == 0)
		order = strcmp(x->symbol, y->symbol);
	if (order == 0)
		order = strcmp(x->version ? x->version : "", y->version ? y->version : "");
	if (order == 0) /* what was bound in the end */
		order = x->bound != y->bound ? (x->bound ? -1 : 1)
					     : (x->seq < y->seq) - (x->seq > y->seq);
	return order;
}

static bool keep_binding(const struct binding_row *row, void *data)
{
	struct object_facts *facts = data;
	struct object_binding *binding;

	if (row->from != facts->index || strcmp(row->kind, "dlsym") == 0)
		return true;
	binding = GROW(facts->bindings, facts->binding_count, facts->binding_room);
	binding->symbol = xstrdup(row->symbol);
	binding->version = xstrdup(row->version);
	snprintf(binding->kind, sizeof(binding->kind), "%s", row->kind);
	binding->to = row->to;
	binding->seq = row->seq;
	binding->count = row->count;
	binding->bound = row->bound;
	binding->observed = strcmp(row->source, "la_symbind") == 0;
	binding->weak =
		!row->bound && !binding->observed && (row->flags & SPOOL_REFERENCE_WEAK) != 0;
	return true;
}

/* For the same reason, too. */
static bool is_same_load(const struct object *a, const struct object *b)
{
	return a->ino == b->ino && a->dev == b->dev && a->mtime_ns == b->mtime_ns &&
	       a->name_space == b->name_space && a->reason == b->reason &&
	       strcmp(a->path, b->path) == 0 &&
	       strcmp(a->build_id ? a->build_id : "", b->build_id ? b->build_id : "") == 0;
}

/* The same file was unloaded and loaded again: bindings and times are those of one load each. */
static void show_loads(const struct object_facts *facts)
{
	struct render *render = facts->show->render;
	const struct recording *rec = facts->show->rec;
	AUTO_STRBUF struct strbuf others = STRBUF_INIT;
	size_t count = 0;

	if (facts->show->options->all) /* each is told */
		return;
	if (!render->is_text) /* a group would part the facts of text */
		render_open(render, "other_loads", GROUP_ARRAY);
	for (size_t i = 0; i < rec->object_count; i++) {
		if ((int)i == facts->index || !is_same_load(&rec->objects[i], facts->object))
			continue;
		if (!render->is_text)
			render_value(render, NULL, value_integer(rec->objects[i].number));
		else if (++count > LOADS_SHOWN)
			break;
		strbuf_addstr(&others, others.length ? ", " : "");
		add_time(&others, rec->objects[i].opened_ns);
	}
	if (!render->is_text)
		render_close(render);
	else if (count)
		render_fact(render, NULL, "loaded also at",
			    value_shown(value_string(others.s), others.s));
	if (count > LOADS_SHOWN)
		render_fact(render, NULL, "", value_string("and more often"));
}

static void show_identity(const struct object_facts *facts)
{
	struct render *render = facts->show->render;
	const struct object *object = facts->object;
	AUTO_STRBUF struct strbuf why = STRBUF_INIT, opened = STRBUF_INIT, where = STRBUF_INIT;
	bool same_path = object->real_path && strcmp(object->real_path, object->path) == 0;

	add_load_reason(&why, facts->show->rec, facts->index, facts->show->options->no_demangle);
	render_fact(render, "path", "path", value_string(object->path));
	render_fact(render, "real_path", same_path ? NULL : "real path",
		    value_string(object->real_path));
	render_fact(render, "soname", "SONAME", value_string(object->soname));
	render_fact(render, "build_id", "build-id", value_string(object->build_id));
	render_fact(render, "file", "file now",
		    value_styled(value_shown(value_string(state_words[facts->file_state]),
					     state_sentences[facts->file_state]),
				 facts->file_state == FILE_CHANGED || facts->file_state == FILE_GONE
					 ? STYLE_WARN
					 : STYLE_PLAIN));
	render_fact(render, "kind", NULL, value_string(object_kind_name(object->kind)));
	render_fact(render, "namespace", object->name_space ? "namespace" : NULL,
		    value_integer(object->name_space));
	render_fact(render, "reason", "why loaded",
		    value_shown(value_string(load_reason_name(object->reason)), why.s));
	add_time(&opened, object->opened_ns);
	if (object->closed_seq) {
		strbuf_addstr(&opened, ", unloaded ");
		if (object_closed_at_exit(facts->show->rec, facts->index))
			strbuf_addstr(&opened, "at exit");
		else
			add_time(&opened, object->closed_ns);
	}
	render_fact(render, "opened_ns", "loaded",
		    value_shown(value_integer((int64_t)object->opened_ns), opened.s));
	show_loads(facts);
	render_fact(render, "closed_ns", NULL,
		    object->closed_seq ? value_integer((int64_t)object->closed_ns) : value_none());
	strbuf_addf(&where, "0x%" PRIx64 "-0x%" PRIx64, object->map_start, object->map_end);
	render_fact(render, NULL, object->map_end ? "mapped at" : NULL, value_string(where.s));
	render_fact(render, "load_address", NULL, value_address(object->load_address));
	render_fact(render, "map_end", NULL, value_address(object->map_end));
	render_fact(render, "link_map", NULL, value_address(object->link_map));
}

static const struct segment *tls_segment(const struct object *object)
{
	for (size_t i = 0; i < object->segment_count; i++)
		if (object->segments[i].type == PT_TLS)
			return &object->segments[i];
	return NULL;
}

/* Static TLS is what programs and what came with them have, and whoever insists on it. */
static void show_tls(const struct object_facts *facts)
{
	struct render *render = facts->show->render;
	const struct segment *tls = tls_segment(facts->object);
	bool insists = facts->object->flags & DF_STATIC_TLS ||
		       (facts->has_record && facts->record.static_tls);
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;

	if (tls)
		add_size(&text, tls->memsz);
	else
		strbuf_addstr(&text, "none of its own");
	if (insists)
		strbuf_addstr(&text, "; its code needs static TLS (initial exec)");
	render_fact(render, "tls_size", "TLS",
		    value_shown(value_integer(tls ? (int64_t)tls->memsz : 0), text.s));
	render_fact(render, "static_tls", NULL, value_bool(insists));
}

static void show_properties(const struct object_facts *facts)
{
	struct render *render = facts->show->render;
	const struct object *object = facts->object;
	bool textrel = object->elf_flags & SPOOL_ELF_TEXTREL || object->flags & DF_TEXTREL;
	bool exec_stack = object->elf_flags & SPOOL_ELF_EXECSTACK;
	bool stack_known = object->elf_flags & SPOOL_ELF_STACK;
	AUTO_STRBUF struct strbuf binding = STRBUF_INIT, text = STRBUF_INIT, unwind = STRBUF_INIT;

	strbuf_addstr(&binding, facts->bind_now ? "at load: " : "each call when it is made first");
	strbuf_addstr(&binding, facts->bind_now ? facts->bind_now : "");
	render_fact(render, "lazy", "binds calls",
		    value_shown(value_bool(!facts->bind_now), binding.s));
	render_fact(render, "exec_stack", "stack",
		    value_styled(value_shown(value_bool(exec_stack),
					     exec_stack    ? "asks for an executable one"
					     : stack_known ? "not executable"
							   : "does not say: the ABI's default"),
				 exec_stack ? STYLE_WARN : STYLE_PLAIN));
	if (!textrel)
		strbuf_addstr(&text, "none");
	else if (facts->has_record)
		add_count(&text, facts->record.in_text, "relocation", "relocations");
	else
		strbuf_addstr(&text, "yes");
	render_fact(render, "text_relocations", "text relocations",
		    value_styled(value_shown(value_bool(textrel), text.s),
				 textrel ? STYLE_WARN : STYLE_PLAIN));
	show_tls(facts);
	if (!facts->has_record)
		return;
	if (!facts->record.has_unwind)
		strbuf_addstr(&unwind, "none: no exceptions through it, stacks end in it");
	else
		add_count(&unwind, facts->record.unwind_entries, "entry", "entries");
	render_fact(render, "unwind_entries", "unwind table",
		    value_shown(facts->record.has_unwind ? value_count(facts->record.unwind_entries)
							 : value_none(),
				unwind.s));
}

/* What the headings say to people. */
static void sources_to_json(const struct object_facts *facts)
{
	static const struct {
		const char *part, *source;
		bool of_file;
	} parts[] = {
		{"segments", "recorded", false},
		{"needed", "recorded, what it came to inferred", false},
		{"dynamic", "file", true},
		{"versions_defined", "file", true},
		{"versions_wanted", "file", true},
		{"exports", "file", true},
		{"functions", "file", true},
		{"constructor_order", "inferred", false},
		{"slots", "recorded", false},
	};
	struct render *render = facts->show->render;

	render_open(render, "sources", GROUP_OBJECT);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (facts->has_record || !parts[i].of_file)
			render_value(render, parts[i].part, value_string(parts[i].source));
	render_close(render);
}

static void show_facts(struct object_facts *facts)
{
	sources_to_json(facts);
	show_identity(facts);
	show_properties(facts);
	object_show_segments(facts);
	object_show_needed(facts);
	object_show_dynamic(facts);
	object_show_versions(facts);
	object_show_symbols(facts);
	object_show_functions(facts);
	object_show_order(facts);
	object_show_slots(facts);
	render_blank(facts->show->render);
}

static void facts_release(struct object_facts *facts)
{
	for (size_t i = 0; i < facts->binding_count; i++) {
		free(facts->bindings[i].symbol);
		free(facts->bindings[i].version);
	}
	free(facts->bindings);
	elf_record_release(&facts->record);
	symbolizer_free(facts->symbolizer);
}

/* Bytes of debug information that are inflated for one of many objects. */
#define INFLATED_OF_MANY (1 << 20)

/* What a forked child has from its parent is the parent's, unless that is not asked. */
static bool is_told_elsewhere(const struct answer_walk *walk, const struct object *object,
			      size_t row)
{
	return (object->inherited || object->reason == REASON_INHERITED) &&
	       !inherits_unasked(walk->list, row);
}

static char *signature(const struct answer_walk *walk, const struct recording *rec, int index)
{
	const struct object *o = &rec->objects[index];
	size_t before = 0;

	for (int i = 0; walk->context->options->all && i < index; i++)
		before += is_same_load(&rec->objects[i], o);
	return xasprintf("%s\n%s\n%d %" PRIu64 " %" PRIu64 " %" PRIu64 " %s %zu", o->path,
			 o->build_id ? o->build_id : "", o->name_space, o->dev, o->ino, o->mtime_ns,
			 load_reason_name(o->reason), before);
}

static void collect(struct answer_walk *walk, const struct recording *rec, size_t row)
{
	for (size_t i = 0; i < rec->object_count; i++) {
		if (!object_matches(&rec->objects[i], walk->wanted))
			nearest_offer_object(&walk->near, &rec->objects[i]);
		else if (!is_told_elsewhere(walk, &rec->objects[i], row))
			answers_add(&walk->answers, signature(walk, rec, (int)i), row, (int)i);
	}
}

void show_object_record(const struct show *show, int index, const struct same_processes *same,
			size_t repeats)
{
	const struct recording *rec = show->rec;
	struct object_facts facts = {.show = show,
				     .index = index,
				     .object = &rec->objects[index],
				     .bind_now = find_bind_now(rec, index),
				     .failed = object_failed_call(rec, index) != NONE,
				     .symbolizer = symbolizer_new()};
	AUTO_STRBUF struct strbuf title = STRBUF_INIT;

	(void)repeats;      /* loads that differ in nothing that is shown here */
	if (show->bindings) /* one of many: what takes long is not worth it each time */
		symbolizer_limit_inflation(facts.symbolizer, INFLATED_OF_MANY);
	if (!each_binding_of(show, index, keep_binding, &facts))
		*show->ret_failed = true;
	if (facts.binding_count)
		qsort(facts.bindings, facts.binding_count, sizeof(*facts.bindings),
		      compare_bindings);
	look_at_file(&facts);
	render_open(show->render, NULL, GROUP_OBJECT);
	add_object(&title, rec, index);
	strbuf_addstr(&title, MARK_END " in ");
	add_same_processes(&title, same, show->options->all);
	render_line(show->render, MARK_BOLD "%s", title.s);
	render_open(show->render, "processes", GROUP_ARRAY);
	same_processes_to_json(show->render, same);
	render_close(show->render);
	show_facts(&facts);
	render_close(show->render);
	facts_release(&facts);
}

int cmd_object(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct answer_walk walk = {.context = context,
				   .list = &list,
				   .wanted = context->operands[0],
				   .collect = collect,
				   .show = show_object_record};
	int status = context_processes(context, &list);

	if (status != EXIT_OK)
		return status;
	render_value(context->render, "lib", value_string(walk.wanted));
	render_open(context->render, "objects", GROUP_ARRAY);
	if (!answers_collect(&walk) || !answers_show(&walk))
		status = EXIT_DATABASE;
	render_close(context->render);
	if (status == EXIT_OK)
		show_inheriting(context->render, &list, walk.answers.count != 0);
	if (status == EXIT_OK && walk.answers.count == 0) {
		AUTO_STRBUF struct strbuf hint = STRBUF_INIT;

		nearest_add_hint(&walk.near, &hint);
		context_remark(context, "nothing called '%s' was loaded%s", walk.wanted, hint.s);
		status = EXIT_FOUND;
	}
	nearest_release(&walk.near);
	answers_release(&walk.answers);
	return status;
}
