/* plugreport bindings: which reference went to which definition. */
#include <fnmatch.h>

#include "report/cmd.h"
#include "report/elf/elf.h"
#include "report/render/words.h"

static const struct column binding_columns[] = {
	{"pid", "PROCESS", COLUMN_WRAP},
	{"process", NULL, 0},
	{"seq", NULL, 0},
	{"from_path", NULL, 0},
	{NULL, "FROM", COLUMN_WRAP},
	{"symbol", "SYMBOL", COLUMN_WRAP},
	{"linker_symbol", NULL, 0},
	{"version", "VERSION", COLUMN_WRAP | COLUMN_SPARE},
	{"to_path", NULL, 0},
	{NULL, "TO", COLUMN_WRAP},
	{"kind", "KIND", 0},
	{"source", "SOURCE", COLUMN_SPARE},
	{"count", "COUNT", COLUMN_RIGHT},
	{"address", NULL, 0},
	{"namespace", NULL, 0},
	{"internal", NULL, 0},
};

struct bindings {
	struct context *context;
	const struct recording *rec;
	bool *from, *to; /* by object: is it what --from or --to means?  NULL: any */
	char **names;    /* by object: what text calls it; NULL: not asked yet */
	size_t shown;
	size_t internal; /* what is_internal() says, left out */
};

/* Where the arguments of a demangled function begin: at the parenthesis that the last one closes.
 */
static const char *arguments_of(const char *readable)
{
	const char *p = strrchr(readable, ')');
	int depth = 0;

	for (; p && p >= readable; p--) {
		depth += *p == ')' ? 1 : *p == '(' ? -1 : 0;
		if (depth == 0)
			return p;
	}
	return NULL;
}

bool symbol_is_meant(const char *pattern, const char *symbol, const char *readable)
{
	const char *arguments;
	AUTO_FREE char *bare = NULL;

	if (fnmatch(pattern, symbol, 0) == 0 || strcmp(pattern, symbol) == 0)
		return true;
	if (!readable)
		return false;
	if (fnmatch(pattern, readable, 0) == 0 || strcmp(pattern, readable) == 0)
		return true;
	arguments = arguments_of(readable);
	if (!arguments)
		return false;
	bare = xstrndup(readable, (size_t)(arguments - readable));
	return fnmatch(pattern, bare, 0) == 0;
}

/* What text calls an object; NULL for NONE. */
static const char *name_of(struct bindings *bindings, int object)
{
	AUTO_STRBUF struct strbuf name = STRBUF_INIT;

	if (!has_object(bindings->rec, object))
		return NULL;
	if (!bindings->names[object]) {
		add_object(&name, bindings->rec, object);
		bindings->names[object] = strbuf_detach(&name);
	}
	return bindings->names[object];
}

static bool in_set(const bool *set, int object)
{
	return !set || (object != NONE && set[object]);
}

/* Look-ups of ld.so's own; and, where nobody asks for them, the IFUNCs that objects use themselves,
 * such as each libc's some fifty. */
static bool is_internal(const struct binding_row *row, const struct options *options)
{
	return row->internal || (!options->kind && strcmp(row->kind, "irelative") == 0);
}

static bool show_binding(const struct binding_row *row, void *data)
{
	struct bindings *bindings = data;
	const struct recording *rec = bindings->rec;
	const struct options *options = bindings->context->options;
	AUTO_FREE char *readable = NULL;
	AUTO_STRBUF struct strbuf process = STRBUF_INIT;
	const char *from = has_object(rec, row->from) ? rec->objects[row->from].path : NULL;
	const char *to = has_object(rec, row->to) ? rec->objects[row->to].path : NULL;

	if (!in_set(bindings->from, row->from) || !in_set(bindings->to, row->to))
		return true;
	if (options->symbol || !options->no_demangle)
		readable = demangle(row->symbol);
	if (options->symbol && !symbol_is_meant(options->symbol, row->symbol, readable))
		return true;
	if (!options->all && is_internal(row, options)) {
		bindings->internal++;
		return true;
	}
	bindings->shown++;
	add_process(&process, rec);
	const struct value values[ARRAY_SIZE(binding_columns)] = {
		value_shown(value_integer(rec->pid), process.s),
		value_integer(rec->process_id),
		value_integer((int64_t)row->seq),
		value_string(from),
		value_string(name_of(bindings, row->from)),
		value_string(!*row->symbol                       ? NULL
			     : readable && !options->no_demangle ? readable
								 : row->symbol),
		value_string(row->symbol),
		value_string(row->version),
		value_string(to),
		value_string(to           ? name_of(bindings, row->to)
			     : row->bound ? NULL
					  : "not bound"),
		value_string(row->kind),
		value_string(row->source),
		value_count(row->count),
		value_address(row->address),
		has_object(rec, row->from) ? value_integer(rec->objects[row->from].name_space)
					   : value_none(),
		value_bool(row->internal),
	};
	render_row(bindings->context->render, values);
	return true;
}

/* Mark the objects that `pattern` means; returns their number, and one of them. */
static size_t mark(const struct recording *rec, const char *pattern, bool **ret_set, int *ret_one)
{
	size_t count = 0;

	*ret_one = NONE;
	if (!pattern)
		return 0;
	*ret_set = xcalloc(rec->object_count, sizeof(**ret_set));
	for (size_t i = 0; i < rec->object_count; i++) {
		(*ret_set)[i] = object_matches(&rec->objects[i], pattern);
		if ((*ret_set)[i]) {
			*ret_one = (int)i;
			count++;
		}
	}
	return count;
}

static const char *kind_word(const struct context *context)
{
	for (size_t i = 0; i < context->command->option_count; i++) {
		const struct option_entry *option = &context->command->options[i];

		if (option->offset == offsetof(struct options, kind) && context->options->kind)
			return option->choices[context->options->kind];
	}
	return NULL;
}

static bool show_process(const struct show *show, void *data)
{
	struct bindings *bindings = data;
	const struct options *options = show->options;
	AUTO_FREE bool *from_set = NULL, *to_set = NULL;
	int from, to;
	size_t from_count = mark(show->rec, options->from, &from_set, &from);
	size_t to_count = mark(show->rec, options->to, &to_set, &to);
	struct binding_filter filter = {
		.kind = kind_word(bindings->context),
		.from = from_count == 1 ? from : NONE,
		.to = to_count == 1 ? to : NONE,
		.bound = options->unbound ? UNBOUND_ONLY
			 : options->all   ? BOUND_OR_NOT
					  : BOUND_ONLY,
	};
	bool ok;

	if ((options->from && !from_count) || (options->to && !to_count))
		return true;
	bindings->rec = show->rec;
	bindings->from = from_set;
	bindings->to = to_set;
	bindings->names = xcalloc(show->rec->object_count, sizeof(*bindings->names));
	ok = store_bindings(bindings->context->store, show->rec, &filter, show_binding, bindings);
	for (size_t i = 0; i < show->rec->object_count; i++)
		free(bindings->names[i]);
	free(bindings->names);
	return ok;
}

int cmd_bindings(struct context *context)
{
	AUTO_PROCESSES struct process_list list;
	struct column columns[ARRAY_SIZE(binding_columns)];
	struct bindings bindings = {.context = context};
	int status = context_processes(context, &list);
	bool ok;

	if (status != EXIT_OK)
		return status;
	memcpy(columns, binding_columns, sizeof(columns));
	if (list.count == 1)
		columns[0].title = NULL;
	render_table(context->render, "bindings", columns, ARRAY_SIZE(columns));
	ok = for_each_recording(context, &list, show_process, &bindings);
	render_table_close(context->render);
	if (!ok)
		return EXIT_DATABASE;
	if (bindings.shown == 0) {
		context_remark(context, "no binding matches%s",
			       bindings.internal
				       ? ", but look-ups of ld.so's own, or IFUNCs of an object's "
					 "own, do; --all shows them"
				       : "");
		return EXIT_FOUND;
	}
	return EXIT_OK;
}
