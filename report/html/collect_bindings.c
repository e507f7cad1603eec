/* The report's bindings: by far most of its rows. */
#include <elf.h>

#include "report/elf/elf.h"
#include "report/html/collect.h"
#include "report/render/words.h"

/* symbol: the names in bindings. */
static const struct page_column symbol_columns[] = {
	{"name", PAGE_TEXT, false},   /* for people */
	{"linker", PAGE_TEXT, false}, /* as the linker knows it */
};

/* binding: who is bound to which definition. */
static const struct page_column binding_columns[] = {
	{"id", PAGE_NUMBER, true},
	{"process", PAGE_REF, true},
	{"from", PAGE_REF, true},   /* object */
	{"to", PAGE_REF, false},    /* object; none: not bound, or not known */
	{"symbol", PAGE_REF, true}, /* symbol */
	{"version", PAGE_TEXT, false},
	{"kind", PAGE_TEXT, false},
	{"source", PAGE_TEXT, false},
	{"type", PAGE_TEXT, false}, /* of the definition: function, object, tls ... */
	{"bind", PAGE_TEXT, false}, /* global, weak, unique */
	{"count", PAGE_NUMBER, false},
	{"state", PAGE_TEXT, false}, /* state_of() */
};

void collect_bindings_init(struct collect *collect)
{
	collect->symbols =
		page_table(collect->page, "symbol", symbol_columns, ARRAY_SIZE(symbol_columns));
	collect->bindings =
		page_table(collect->page, "binding", binding_columns, ARRAY_SIZE(binding_columns));
}

static const char *type_name(int type)
{
	switch (type) {
	case STT_NOTYPE:
		return "untyped";
	case STT_OBJECT:
		return "data";
	case STT_FUNC:
		return "function";
	case STT_COMMON:
		return "common";
	case STT_TLS:
		return "thread-local";
	case STT_GNU_IFUNC:
		return "ifunc";
	default:
		return "other";
	}
}

static const char *bind_name(int bind)
{
	switch (bind) {
	case STB_LOCAL:
		return "local";
	case STB_GLOBAL:
		return "global";
	case STB_WEAK:
		return "weak";
	case STB_GNU_UNIQUE:
		return "unique";
	default:
		return "other";
	}
}

int64_t collect_symbol(struct collect *collect, const char *name)
{
	uint32_t text = page_text(collect->page, name);
	size_t old = collect->symbol_room;

	if (text >= old) {
		collect->symbol_room = (size_t)text * 2 + 1024;
		collect->symbol_rows = xrealloc(
			collect->symbol_rows, collect->symbol_room * sizeof(*collect->symbol_rows));
		memset(collect->symbol_rows + old, 0,
		       (collect->symbol_room - old) * sizeof(*collect->symbol_rows));
	}
	if (!collect->symbol_rows[text]) {
		const int64_t values[ARRAY_SIZE(symbol_columns)] = {
			COLLECT_TEXT(collect,
				     add_symbol(&sb, name, collect->context->options->no_demangle)),
			text,
		};

		page_row(collect->symbols, values);
		collect->symbol_rows[text] = (uint32_t)page_rows(collect->symbols);
	}
	return collect->symbol_rows[text] - 1;
}

/* "bound": what 'plugreport bindings' lists, and other commands count. */
static const char *state_of(const struct binding_row *row)
{
	if (!row->bound)
		return "not bound";
	if (row->internal)
		return "ld.so's own";
	return strcmp(row->kind, "irelative") == 0 ? "own IFUNC" : "bound";
}

static bool collect_binding(const struct binding_row *row, void *data)
{
	struct collect *collect = data;
	struct page_data *page = collect->page;
	const int64_t values[ARRAY_SIZE(binding_columns)] = {
		row->id,
		collect->process,
		collect_row(collect->base.object, row->from),
		collect_row(collect->base.object, row->to),
		collect_symbol(collect, row->symbol),
		page_text(page, row->version),
		page_text(page, row->kind),
		page_text(page, row->source),
		page_text(page, row->bound ? type_name(row->type) : ""),
		page_text(page, row->bound ? bind_name(row->bind) : ""),
		(int64_t)row->count,
		page_text(page, state_of(row)),
	};

	page_row(collect->bindings, values);
	kept_bindings_add(collect->kept, row);
	return true;
}

bool collect_bindings(struct collect *collect)
{
	const struct binding_filter filter = {.from = NONE, .to = NONE, .bound = BOUND_OR_NOT};

	return store_bindings(collect->context->store, collect->show->rec, &filter, collect_binding,
			      collect);
}
