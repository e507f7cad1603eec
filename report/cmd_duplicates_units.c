/* plugreport duplicates: OCaml compilation units that several objects have. */
#include "report/cmd_duplicates.h"
#include "report/model/why_found.h"
#include "report/render/words.h"

#define RTLD_GLOBAL_FLAG  0x100u /* as recorded */
#define UNITS_SHOWN       20     /* of a plugin's, without --all */
#define UNIT_COPIES_NAMED 4      /* in a heading; all are listed below it */

static bool concerns(const struct duplicate_view *view, const struct unit_copies *unit)
{
	for (size_t i = 0; view->concerned && i < unit->count; i++)
		if (view->concerned[unit->copies[i].object])
			return true;
	return !view->concerned;
}

bool units_wanted(const struct duplicate_view *view, const struct unit_copies *unit)
{
	return unit->count > 1 && concerns(view, unit);
}

bool units_interesting(const struct ocaml_copies *units)
{
	for (size_t i = 0; i < units->count; i++)
		if (units->list[i].count > 1)
			return true;
	return false;
}

static bool has_copy(const struct unit_copies *unit, int object)
{
	for (size_t i = 0; i < unit->count; i++)
		if (unit->copies[i].object == object)
			return true;
	return false;
}

static bool share_unit(const struct ocaml_copies *units, int a, int b)
{
	for (size_t i = 0; i < units->count; i++)
		if (units->list[i].count > 1 && has_copy(&units->list[i], a) &&
		    has_copy(&units->list[i], b))
			return true;
	return false;
}

bool units_tell(const struct duplicate_view *view, const struct duplicate *duplicate)
{
	if (duplicate->kind != DUPLICATE_SYMBOLS)
		return false;
	for (size_t i = 0; i < duplicate->symbol_count; i++)
		if (strncmp(name_string(&view->set->names, duplicate->symbols[i].symbol), "caml",
			    4) != 0)
			return false;
	for (size_t i = 1; i < duplicate->copy_count; i++)
		if (!share_unit(view->units, duplicate->copies[0].object,
				duplicate->copies[i].object))
			return false;
	return true;
}

/* "loadfile_private", "loadfile"; NULL: it is no plugin, or was not opened by its name. */
static const char *dynlink_function(const struct recording *rec, const struct unit_copy *copy)
{
	const struct object *object = &rec->objects[copy->object];
	int call = object->reason == REASON_DLOPEN ? object->reason_call : NONE;

	if (!copy->plugin || call < 0 || (size_t)call >= rec->call_count)
		return NULL;
	return rec->calls[call].flags & RTLD_GLOBAL_FLAG ? "loadfile" : "loadfile_private";
}

static const char *state_of(const struct unit_copy *copy)
{
	return copy->failed ? "load failed" : copy->ran ? "run" : "not run";
}

static void add_references(struct strbuf *sb, uint64_t count)
{
	strbuf_addstr(sb, " (");
	add_count(sb, (size_t)count, "reference", "references");
	strbuf_addch(sb, ')');
}

static void show_copy(const struct duplicate_view *view, const struct unit_copy *copy)
{
	const struct show *show = view->show;
	const char *function = dynlink_function(show->rec, copy);
	AUTO_STRBUF struct strbuf path = STRBUF_INIT, how = STRBUF_INIT, users = STRBUF_INIT;

	add_name(&path, show->rec->objects[copy->object].path);
	add_namespace(&path, show->rec, copy->object);
	render_line(show->render, "  " MARK_BOLD "%s" MARK_END, path.s);
	strbuf_addf(&how, "%s; ", state_of(copy));
	if (function)
		strbuf_addf(&how, "%s: ", function);
	add_load_reason(&how, show->rec, copy->object, show->options->no_demangle);
	render_line(show->render, "    %s", how.s);
	for (size_t i = 0; i < copy->user_count; i++) {
		strbuf_addstr(&users, i ? ", " : "");
		add_object(&users, show->rec, copy->users[i].from);
		add_references(&users, copy->users[i].references);
	}
	if (copy->own) {
		strbuf_addstr(&users, users.length ? ", itself" : "itself");
		add_references(&users, copy->own);
	}
	render_line(show->render, "    bound to it: %s", users.length ? users.s : "nobody else");
	if (copy->lost) {
		AUTO_STRBUF struct strbuf lost = STRBUF_INIT;

		add_count(&lost, (size_t)copy->lost, "reference", "references");
		render_line(show->render,
			    "    " MARK_BAD "%s of its own to this unit, bound to another copy "
			    "instead" MARK_END,
			    lost.s);
	}
}

static void show_unit(const struct duplicate_view *view, const struct unit_copies *unit)
{
	struct render *render = view->show->render;
	AUTO_STRBUF struct strbuf name = STRBUF_INIT;

	add_name(&name, unit->unit);
	for (size_t i = 0; i < unit->count && i < UNIT_COPIES_NAMED; i++) {
		strbuf_addstr(&name, i == 0                 ? ": in "
				     : i + 1 == unit->count ? " and in "
							    : ", in ");
		add_object(&name, view->show->rec, unit->copies[i].object);
	}
	if (unit->count > UNIT_COPIES_NAMED)
		strbuf_addf(&name, " and in %zu more", unit->count - UNIT_COPIES_NAMED);
	render_line(render, MARK_BOLD "OCaml unit %s" MARK_END, name.s);
	if (unit->run > 1)
		render_line(render,
			    "  " MARK_WARN
			    "split: %zu copies ran, each has a state of its own" MARK_END,
			    unit->run);
	else
		render_line(render, "  " MARK_DIM "%s" MARK_END,
			    unit->run ? "only one of them ran" : "none of them ran");
	for (size_t i = 0; i < unit->count; i++)
		show_copy(view, &unit->copies[i]);
	render_blank(render);
}

/* What of a plugin that was asked for is nowhere else: the answer that all is well. */
static void show_own_units(const struct duplicate_view *view, int object)
{
	const struct ocaml_copies *units = view->units;
	size_t most = view->show->options->all ? SIZE_MAX : UNITS_SHOWN;
	size_t count = 0;
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;

	add_object(&line, view->show->rec, object);
	strbuf_addstr(&line, ": OCaml units that no other object has: ");
	for (size_t i = 0; i < units->count; i++) {
		if (units->list[i].count > 1 || units->list[i].copies[0].object != object)
			continue;
		if (count < most) {
			strbuf_addstr(&line, count ? ", " : "");
			add_name(&line, units->list[i].unit);
		}
		count++;
	}
	if (count > most)
		strbuf_addf(&line, ", and %zu more", count - most);
	if (count)
		render_line(view->show->render, "%s", line.s);
}

size_t units_show(const struct duplicate_view *view)
{
	const struct ocaml_copies *units = view->units;
	size_t shown = 0;

	for (int ran = 1; ran >= 0; ran--) {
		for (size_t i = 0; i < units->count; i++) {
			const struct unit_copies *unit = &units->list[i];

			if (!units_wanted(view, unit) || (unit->run > 1) != ran)
				continue;
			show_unit(view, unit);
			shown++;
		}
	}
	for (size_t i = 0; view->concerned && i < view->show->rec->object_count; i++)
		if (view->concerned[i])
			show_own_units(view, (int)i);
	return shown;
}

static void copy_to_json(const struct duplicate_view *view, const struct unit_copy *copy)
{
	const struct recording *rec = view->show->rec;
	struct render *render = view->show->render;
	const struct object *object = &rec->objects[copy->object];

	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "path", value_string(object->path));
	render_value(render, "namespace", value_integer(object->name_space));
	render_value(render, "opened_seq", value_integer((int64_t)object->opened_seq));
	render_value(render, "plugin", value_bool(copy->plugin));
	render_value(render, "function", value_string(dynlink_function(rec, copy)));
	render_value(render, "state", value_string(state_of(copy)));
	render_value(render, "own_bound_to_itself", value_integer((int64_t)copy->own));
	render_value(render, "own_bound_elsewhere", value_integer((int64_t)copy->lost));
	render_open(render, "users", GROUP_ARRAY);
	for (size_t i = 0; i < copy->user_count; i++) {
		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "path", value_string(rec->objects[copy->users[i].from].path));
		render_value(render, "references",
			     value_integer((int64_t)copy->users[i].references));
		render_close(render);
	}
	render_close(render);
	render_close(render);
}

void units_to_json(const struct duplicate_view *view)
{
	struct render *render = view->show->render;

	render_open(render, "ocaml_units", GROUP_ARRAY);
	for (size_t i = 0; i < view->units->count; i++) {
		const struct unit_copies *unit = &view->units->list[i];

		if (!units_wanted(view, unit))
			continue;
		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "unit", value_string(unit->unit));
		render_value(render, "run", value_integer((int64_t)unit->run));
		render_open(render, "copies", GROUP_ARRAY);
		for (size_t j = 0; j < unit->count; j++)
			copy_to_json(view, &unit->copies[j]);
		render_close(render);
		render_close(render);
	}
	render_close(render);
}
