/* plugreport units: OCaml compilation units, and which plugin brought them. */
#include "report/cmd_units.h"

#include <fnmatch.h>

#include "report/model/ocaml_run.h"
#include "report/model/why_found.h"
#include "report/render/words.h"
#include "report/store/symbol_tables.h"

#define RTLD_GLOBAL_FLAG 0x100u /* as recorded */

static const struct column unit_columns[] = {
	{"unit", "UNIT", COLUMN_WRAP},
	{"path", NULL, 0},
	{NULL, "OBJECT", COLUMN_WRAP},
	{"object", NULL, 0},
	{"checksum", NULL, 0},
	{"state", "STATE", 0},
	{"how", "HOW IT CAME", COLUMN_WRAP},
};

/* The call that an object was opened with by its name, or NONE. */
static int opening_call(const struct recording *rec, int object)
{
	int call = rec->objects[object].reason == REASON_DLOPEN ? rec->objects[object].reason_call
								: NONE;

	return call >= 0 && (size_t)call < rec->call_count ? call : NONE;
}

bool unit_is_private(const struct process_units *process, int object)
{
	const struct recording *rec = process->show->rec;
	int call = opening_call(rec, object);

	return call != NONE && !(rec->calls[call].flags & RTLD_GLOBAL_FLAG);
}

bool unit_was_run(const struct process_units *process, int object, const char *unit)
{
	return !process->objects[object].units.is_plugin ||
	       ocaml_unit_was_run(process->show->rec, object, unit);
}

static bool is_wanted(const struct process_units *process, int object, const char *unit)
{
	const char *wanted = process->wanted;

	if (wanted)
		return strcmp(wanted, unit) == 0 || fnmatch(wanted, unit, 0) == 0;
	if (process->show->options->all || !process->show->render->is_text)
		return true;
	if (process->objects[object].units.is_plugin)
		return true;
	/* Of what else has units, those that a plugin has too, or is bound to. */
	for (size_t i = 0; i < process->show->rec->object_count; i++)
		if ((int)i != object && ocaml_units_find(&process->objects[i].units, unit))
			return true;
	for (size_t i = 0; i < process->use_count; i++)
		if (process->uses[i].to == object && process->uses[i].from != object &&
		    strcmp(process->uses[i].unit, unit) == 0)
			return true;
	return false;
}

static void add_how(struct strbuf *sb, const struct process_units *process, int object)
{
	const struct recording *rec = process->show->rec;
	int call = opening_call(rec, object);

	if (call == NONE) {
		add_load_reason(sb, rec, object, process->show->options->no_demangle);
		return;
	}
	if (process->objects[object].units.is_plugin)
		strbuf_addstr(sb, unit_is_private(process, object) ? "loadfile_private: "
								   : "loadfile: ");
	add_call(sb, rec, call, process->show->options->no_demangle);
}

static const char *unit_state(const struct process_units *process, int object, const char *unit)
{
	if (process->objects[object].failed)
		return "load failed";
	return unit_was_run(process, object, unit) ? "run" : "not run";
}

static void show_units_of(struct process_units *process, int object)
{
	const struct recording *rec = process->show->rec;
	const struct ocaml_units *units = &process->objects[object].units;
	AUTO_STRBUF struct strbuf name = STRBUF_INIT, how = STRBUF_INIT;

	if (!units->count)
		return;
	add_object(&name, rec, object);
	add_how(&how, process, object);
	for (size_t i = 0; i < units->count; i++) {
		const struct ocaml_unit *unit = &units->units[i];
		const char *state;

		process->unit_count++;
		if (!is_wanted(process, object, unit->name)) {
			process->left_out++;
			continue;
		}
		state = unit_state(process, object, unit->name);
		const struct value values[ARRAY_SIZE(unit_columns)] = {
			value_string(unit->name),
			value_string(rec->objects[object].path),
			value_string(name.s),
			value_integer(rec->objects[object].number),
			value_string(unit->checksum),
			value_styled(value_string(state),
				     strcmp(state, "run") == 0 ? STYLE_PLAIN : STYLE_WARN),
			value_string(how.s),
		};
		render_row(process->show->render, values);
	}
}

static bool note_use(const struct binding_row *row, void *data)
{
	struct process_units *process = data;
	const struct recording *rec = process->show->rec;
	const struct ocaml_unit *unit;

	if (!has_object(rec, row->from) || !has_object(rec, row->to) ||
	    strcmp(row->kind, "dlsym") == 0)
		return true;
	unit = ocaml_units_of_symbol(&process->objects[row->to].units, row->symbol);
	if (!unit)
		return true;
	for (size_t i = 0; i < process->use_count; i++) {
		struct unit_use *use = &process->uses[i];

		if (use->from != row->from || use->to != row->to || use->unit != unit->name)
			continue;
		use->count += row->count;
		return true;
	}
	*GROW(process->uses, process->use_count, process->use_room) =
		(struct unit_use){row->from, row->to, unit->name, row->count};
	return true;
}

static const struct column use_columns[] = {
	{"from_path", NULL, 0},           {NULL, "BOUND FROM", COLUMN_WRAP},
	{"unit", "TO UNIT", COLUMN_WRAP}, {"to_path", NULL, 0},
	{NULL, "OF", COLUMN_WRAP},        {"references", "REFERENCES", COLUMN_RIGHT},
};

/* Within one object everybody expects it. */
static void show_uses(const struct process_units *process)
{
	const struct show *show = process->show;
	size_t count = 0;

	for (size_t i = 0; i < process->use_count; i++)
		count += process->uses[i].from != process->uses[i].to;
	if (count)
		render_blank(show->render);
	render_table(show->render, "bindings", use_columns, ARRAY_SIZE(use_columns));
	for (size_t i = 0; i < process->use_count; i++) {
		const struct unit_use *use = &process->uses[i];
		AUTO_STRBUF struct strbuf from = STRBUF_INIT, to = STRBUF_INIT;

		if (use->from == use->to || !is_wanted(process, use->to, use->unit))
			continue;
		add_object(&from, show->rec, use->from);
		add_object(&to, show->rec, use->to);
		const struct value values[ARRAY_SIZE(use_columns)] = {
			value_string(show->rec->objects[use->from].path),
			value_string(from.s),
			value_string(use->unit),
			value_string(show->rec->objects[use->to].path),
			value_string(to.s),
			value_count(use->count),
		};
		render_row(show->render, values);
	}
	render_table_close(show->render);
}

static const struct column stub_columns[] = {
	{"path", "C STUBS", COLUMN_WRAP},
	{"how", "HOW IT CAME", COLUMN_WRAP},
};

/* What the interpreter opened. */
static void show_bytecode(const struct process_units *process)
{
	const struct show *show = process->show;
	const struct recording *rec = show->rec;

	render_line(show->render,
		    "  The program is OCaml's interpreter. It reads bytecode (.cmo, .cma) "
		    "itself:");
	render_line(show->render,
		    "  compilation units are invisible to ld.so. Their C stubs are not:");
	render_table(show->render, "stubs", stub_columns, ARRAY_SIZE(stub_columns));
	for (size_t i = 0; i < rec->object_count; i++) {
		AUTO_STRBUF struct strbuf how = STRBUF_INIT;

		if (rec->objects[i].reason != REASON_DLOPEN)
			continue;
		add_load_reason(&how, rec, (int)i, show->options->no_demangle);
		const struct value values[ARRAY_SIZE(stub_columns)] = {
			value_string(rec->objects[i].path), value_string(how.s)};
		render_row(show->render, values);
	}
	render_table_close(show->render);
}

static void read_objects(struct process_units *process)
{
	const struct recording *rec = process->show->rec;

	for (size_t i = 0; i < rec->object_count; i++) {
		struct elf_identity identity =
			store_object_identity(process->show->store, &rec->objects[i]);
		struct unit_object *object = &process->objects[i];

		if (rec->objects[i].kind == OBJECT_VDSO || !*identity.path ||
		    !ocaml_units_read(&identity, &object->units))
			continue;
		process->unit_count += object->units.count;
		process->bytecode |= object->units.is_bytecode;
		object->failed = object_failed_call(rec, (int)i) != NONE;
	}
}

static void show_title(const struct process_units *process)
{
	const struct show *show = process->show;
	AUTO_STRBUF struct strbuf title = STRBUF_INIT;

	add_process_name(&title, show->row);
	render_line(show->render, MARK_BOLD "process %s" MARK_END, title.s);
	render_value(show->render, "pid", value_integer(show->rec->pid));
	render_value(show->render, "process", value_integer(show->rec->process_id));
	render_value(show->render, "bytecode", value_bool(process->bytecode));
}

static void show_process_units(struct process_units *process)
{
	const struct recording *rec = process->show->rec;
	struct render *render = process->show->render;

	render_open(render, NULL, GROUP_OBJECT);
	show_title(process);
	if (process->bytecode)
		show_bytecode(process);
	process->unit_count = 0;
	render_table(render, "units", unit_columns, ARRAY_SIZE(unit_columns));
	for (size_t i = 0; i < rec->object_count; i++)
		show_units_of(process, (int)i);
	render_table_close(render);
	if (process->left_out && !process->wanted)
		render_rest(render, REST_ALL,
			    MARK_DIM "  and %zu more that no plugin has or is bound to" MARK_END,
			    process->left_out);
	show_uses(process);
	units_show_notes(process);
	render_close(render);
	render_blank(render);
}

bool units_show_process(const struct show *show, const char *wanted, size_t *ret_shown)
{
	struct binding_filter filter = {
		.symbol = "caml*", .from = NONE, .to = NONE, .bound = BOUND_ONLY};
	struct process_units process = {
		.show = show,
		.wanted = wanted,
		.objects = xcalloc(show->rec->object_count, sizeof(*process.objects)),
	};
	bool ok = true;

	read_objects(&process);
	if (process.unit_count || process.bytecode) {
		ok = store_bindings(show->store, show->rec, &filter, note_use, &process);
		show_process_units(&process);
		++*ret_shown;
	}
	for (size_t i = 0; i < show->rec->object_count; i++)
		ocaml_units_release(&process.objects[i].units);
	free(process.objects);
	free(process.uses);
	return ok;
}

struct units_command {
	struct context *context;
	size_t shown;
};

static bool show_process(const struct show *show, void *data)
{
	struct units_command *command = data;
	const struct context *context = command->context;

	return units_show_process(show, context->operand_count ? context->operands[0] : NULL,
				  &command->shown);
}

int cmd_units(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct units_command command = {.context = context};
	int status = context_processes(context, &list);
	bool ok;

	if (status != EXIT_OK)
		return status;
	render_open(context->render, "processes", GROUP_ARRAY);
	ok = for_each_recording(context, &list, show_process, &command);
	render_close(context->render);
	if (!ok)
		return EXIT_DATABASE;
	if (command.shown == 0) {
		context_remark(context,
			       "nothing that was loaded comes from OCaml, or its files are "
			       "not here any more");
		return EXIT_FOUND;
	}
	return EXIT_OK;
}
