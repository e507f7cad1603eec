/* plugreport pack: make a database answer without the files that it is about. */
#include <inttypes.h>
#include <sys/stat.h>

#include "report/cmd.h"
#include "report/render/words.h"
#include "report/store/symbol_tables.h"

/* A file of which something can't be packed. */
struct missing {
	char *path;
	const char *why; /* constant: "is gone from the disk" ... */
};

struct packing {
	struct missing *missing;
	size_t missing_count, missing_room;
	size_t objects;
};

static void add_missing(struct packing *packing, const char *path, const char *why)
{
	for (size_t i = 0; i < packing->missing_count; i++)
		if (strcmp(packing->missing[i].path, path) == 0)
			return;
	*GROW(packing->missing, packing->missing_count, packing->missing_room) =
		(struct missing){xstrdup(path), why};
}

/* Load what answers need of all objects that have a file. */
static bool load_files(const struct show *show, void *data)
{
	struct packing *packing = data;
	AUTO_SYMBOLS struct symbol_provider *symbols = symbol_tables_open(show->store, show->rec);

	for (size_t i = 0; i < show->rec->object_count; i++) {
		const struct object *object = &show->rec->objects[i];
		const char *note;

		if (object->kind == OBJECT_VDSO || (!object->has_file && !object->build_id))
			continue;
		packing->objects++;
		note = symbol_tables_note(symbols, (int)i);
		if (!symbol_tables_extract(show->store, object) && !note)
			note = "is too large";
		if (note)
			add_missing(packing, object->path, note);
	}
	return true;
}

static void show_packing(struct context *context, const struct packing *packing, size_t added)
{
	const char *path =
		context->options->output ? context->options->output : store_path(context->store);
	AUTO_STRBUF struct strbuf line = STRBUF_INIT;
	struct stat st = {0};

	if (stat(path, &st) != 0)
		st.st_size = 0;
	render_value(context->render, "database", value_string(path));
	render_value(context->render, "file_size", value_integer(st.st_size));
	render_value(context->render, "objects", value_integer((int64_t)packing->objects));
	render_value(context->render, "added", value_integer((int64_t)added));
	if (added) {
		add_count(&line, added, "symbol table was", "symbol tables were");
		strbuf_addstr(&line, " added to ");
	} else {
		strbuf_addstr(&line, packing->missing_count ? "nothing could be added to "
							    : "nothing was missing in ");
	}
	add_name(&line, path);
	strbuf_addstr(&line, ", which has ");
	add_size(&line, (uint64_t)st.st_size);
	render_line(context->render, "%s", line.s);
	render_open(context->render, "missing", GROUP_ARRAY);
	for (size_t i = 0; i < packing->missing_count; i++) {
		AUTO_FREE char *name = escape(packing->missing[i].path);

		render_open(context->render, NULL, GROUP_OBJECT);
		render_value(context->render, "path", value_string(packing->missing[i].path));
		render_value(context->render, "why", value_string(packing->missing[i].why));
		render_close(context->render);
		render_line(context->render, MARK_WARN "  without %s: it %s" MARK_END, name,
			    packing->missing[i].why);
	}
	render_close(context->render);
}

int cmd_pack(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct packing packing = {0};
	size_t added;
	int status = context_processes(context, &list);

	if (status != EXIT_OK)
		return status;
	if (for_each_recording(context, &list, load_files, &packing) &&
	    symbol_tables_write(context->store, context->options->output, &added))
		show_packing(context, &packing, added);
	else
		status = EXIT_DATABASE;
	for (size_t i = 0; i < packing.missing_count; i++)
		free(packing.missing[i].path);
	free(packing.missing);
	return status;
}
