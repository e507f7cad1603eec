#include "report/cmd_inheriting.h"

bool inherits_unasked(const struct process_list *list, size_t row)
{
	if (strcmp(list->rows[row].begin_kind, "fork") != 0)
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (list->rows[i].id == list->rows[row].parent)
			return false;
	return true;
}

bool any_inherits_unasked(const struct process_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (inherits_unasked(list, i))
			return true;
	return false;
}

static void say_whose(struct render *render, const struct process_row *row)
{
	if (row->parent)
		render_line(render,
			    MARK_DIM "Bindings that process %d inherited are those of its parent: "
				     "--pid %d tells of them." MARK_END,
			    row->pid, row->parent_pid);
	else
		render_line(render,
			    MARK_DIM "Bindings that process %d inherited are those of its parent, "
				     "which is not in the database." MARK_END,
			    row->pid);
}

void show_inheriting(struct render *render, const struct process_list *list, bool lines)
{
	render_open(render, "inheriting", GROUP_ARRAY);
	for (size_t i = 0; i < list->count; i++) {
		const struct process_row *row = &list->rows[i];

		if (!inherits_unasked(list, i))
			continue;
		render_open(render, NULL, GROUP_OBJECT);
		render_value(render, "process", value_integer(row->id));
		render_value(render, "pid", value_integer(row->pid));
		render_value(render, "parent",
			     row->parent ? value_integer(row->parent) : value_none());
		render_value(render, "parent_pid",
			     row->parent ? value_integer(row->parent_pid) : value_none());
		render_close(render);
		if (lines)
			say_whose(render, row);
	}
	render_close(render);
}
