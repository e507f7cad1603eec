/* plugreport units: units that are there twice, and units that are wanted and can't be had. */
#include "report/cmd_units.h"
#include "report/render/words.h"

static bool has_unit(const struct process_units *process, int object, const char *unit)
{
	return ocaml_units_find(&process->objects[object].units, unit) != NULL;
}

/* Is this the first object with the unit? */
static bool is_first(const struct process_units *process, int object, const char *unit)
{
	for (int i = 0; i < object; i++)
		if (has_unit(process, i, unit))
			return false;
	return true;
}

static size_t count_copies(const struct process_units *process, const char *unit)
{
	size_t count = 0;

	for (size_t i = 0; i < process->show->rec->object_count; i++)
		count += has_unit(process, (int)i, unit);
	return count;
}

/* How many copies ran: those have a state. */
static size_t count_run(const struct process_units *process, const char *unit)
{
	size_t count = 0;

	for (size_t i = 0; i < process->show->rec->object_count; i++)
		count += has_unit(process, (int)i, unit) && !process->objects[i].failed &&
			 unit_was_run(process, (int)i, unit);
	return count;
}

/* Are all copies the same code, as far as their checksums are known? */
static bool is_same_code(const struct process_units *process, const char *unit)
{
	const char *first = NULL;

	for (size_t i = 0; i < process->show->rec->object_count; i++) {
		const struct ocaml_unit *copy = ocaml_units_find(&process->objects[i].units, unit);

		if (!copy || !copy->checksum)
			continue;
		if (first && strcmp(first, copy->checksum) != 0)
			return false;
		first = copy->checksum;
	}
	return true;
}

static void show_duplicate(const struct process_units *process, const char *unit)
{
	const struct recording *rec = process->show->rec;
	struct render *render = process->show->render;
	size_t run = count_run(process, unit);
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;
	const char *separator = " is in ";

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "unit", value_string(unit));
	render_value(render, "run", value_integer((int64_t)run));
	render_value(render, "same_code", value_bool(is_same_code(process, unit)));
	render_open(render, "paths", GROUP_ARRAY);
	add_name(&line, unit);
	for (size_t i = 0; i < rec->object_count; i++) {
		if (!has_unit(process, (int)i, unit))
			continue;
		render_value(render, NULL, value_string(rec->objects[i].path));
		strbuf_addstr(&line, separator);
		add_object(&line, rec, (int)i);
		separator = " and in ";
	}
	render_close(render);
	render_close(render);
	if (run > 1)
		strbuf_addf(&line, ": %zu copies ran, each with a state of its own", run);
	else
		strbuf_addstr(&line, ", but only one of them ran");
	if (!is_same_code(process, unit))
		strbuf_addstr(&line, "; they are not the same code");
	render_line(render, MARK_WARN "  %s" MARK_END, line.s);
}

static void show_duplicates(const struct process_units *process)
{
	struct render *render = process->show->render;

	render_open(render, "duplicates", GROUP_ARRAY);
	for (size_t i = 0; i < process->show->rec->object_count; i++) {
		const struct ocaml_units *units = &process->objects[i].units;

		for (size_t j = 0; j < units->count; j++) {
			const char *unit = units->units[j].name;

			if (is_first(process, (int)i, unit) && count_copies(process, unit) > 1)
				show_duplicate(process, unit);
		}
	}
	render_close(render);
}

/* A plugin that has the unit itself, and is bound to another object's. */
static void show_strangers(const struct process_units *process)
{
	const struct recording *rec = process->show->rec;

	for (size_t i = 0; i < process->use_count; i++) {
		const struct unit_use *use = &process->uses[i];
		AUTO_STRBUF struct strbuf line = STRBUF_INIT;

		if (use->from == use->to || !has_unit(process, use->from, use->unit))
			continue;
		add_object(&line, rec, use->from);
		strbuf_addstr(&line, " has ");
		add_name(&line, use->unit);
		strbuf_addstr(&line, ", and is bound to that of ");
		add_object(&line, rec, use->to);
		render_line(process->show->render, MARK_WARN "  %s" MARK_END, line.s);
	}
}

/* Who has a unit that `object` imports: *ret_seen in a place where it can be bound to it. */
static int find_import(const struct process_units *process, int object, const char *unit,
		       bool *ret_seen)
{
	const struct recording *rec = process->show->rec;
	int found = NONE;

	*ret_seen = false;
	for (size_t i = 0; i < rec->object_count && !*ret_seen; i++) {
		if (!has_unit(process, (int)i, unit) || process->objects[i].failed ||
		    rec->objects[i].name_space != rec->objects[object].name_space)
			continue;
		found = (int)i;
		*ret_seen = (int)i == object || !unit_is_private(process, (int)i);
	}
	return found;
}

static void show_missing_unit(const struct process_units *process, int object, const char *unit,
			      int found)
{
	const struct recording *rec = process->show->rec;
	struct render *render = process->show->render;
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "path", value_string(rec->objects[object].path));
	render_value(render, "unit", value_string(unit));
	render_value(render, "in_path",
		     found == NONE ? value_none() : value_string(rec->objects[found].path));
	render_close(render);
	add_object(&line, rec, object);
	strbuf_addstr(&line, " wants ");
	add_name(&line, unit);
	if (found == NONE) {
		strbuf_addstr(&line, ", which nobody has");
	} else {
		strbuf_addstr(&line, ", which ");
		add_object(&line, rec, found);
		strbuf_addstr(&line,
			      " has; that was loaded with loadfile_private, so others can't be "
			      "bound to it");
	}
	render_line(render, MARK_BAD "  %s" MARK_END, line.s);
}

/* Only a failed load tells that an import was really needed: ocamlopt lists what it looked at. */
static void show_missing(const struct process_units *process)
{
	struct render *render = process->show->render;

	render_open(render, "missing", GROUP_ARRAY);
	for (size_t i = 0; i < process->show->rec->object_count; i++) {
		const struct ocaml_units *units = &process->objects[i].units;

		for (size_t j = 0; process->objects[i].failed && j < units->count; j++) {
			const struct ocaml_unit *unit = &units->units[j];

			for (size_t k = 0; k < unit->import_count; k++) {
				bool seen;
				int found = has_unit(process, (int)i, unit->imports[k])
						    ? (int)i
						    : find_import(process, (int)i, unit->imports[k],
								  &seen);

				if (found != (int)i && !seen)
					show_missing_unit(process, (int)i, unit->imports[k], found);
			}
		}
	}
	render_close(render);
}

void units_show_notes(const struct process_units *process)
{
	render_blank(process->show->render);
	show_duplicates(process);
	show_strangers(process);
	show_missing(process);
}
