/*
 * symbolizer.c - addresses in files to functions, files and lines; see elf.h.
 */
#include <search.h>

#include "report/elf/dwarf.h"
#include "report/elf/elf.h"
#include "report/elf/image.h"
#include "report/elf/symtab.h"
#include "report/util.h"

/* A file that was asked for, found usable or not.  The first members are its key. */
struct file {
	struct elf_identity identity; /* strings are our own */
	struct image image, debug;    /* elf is NULL: not there */
	struct dwarf *dwarf;
	struct symtab symtab;
};

struct symbolizer {
	void *files;   /* tsearch tree of struct file */
	void *strings; /* tsearch tree of char *: names that we had to make */
	struct file *last;
};

struct symbolizer *symbolizer_new(void)
{
	return xcalloc(1, sizeof(struct symbolizer));
}

static void file_free(void *data)
{
	struct file *file = data;

	free((char *)file->identity.path);
	free((char *)file->identity.build_id);
	symtab_release(&file->symtab);
	dwarf_close(file->dwarf);
	image_close(&file->debug);
	image_close(&file->image);
	free(file);
}

void symbolizer_free(struct symbolizer *sym)
{
	if (!sym)
		return;
	tdestroy(sym->files, file_free);
	tdestroy(sym->strings, free);
	free(sym);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Only what decides whether the file is the recorded one: the build-id, or else all the rest. */
static int compare_files(const void *a, const void *b)
{
	const struct elf_identity *x = &((const struct file *)a)->identity;
	const struct elf_identity *y = &((const struct file *)b)->identity;
	int order = strcmp(x->path, y->path);

	if (order != 0)
		return order;
	if (x->build_id || y->build_id)
		return x->build_id && y->build_id ? strcmp(x->build_id, y->build_id)
						  : compare_numbers(!x->build_id, !y->build_id);
	if ((order = compare_numbers(x->dev, y->dev)) == 0 &&
	    (order = compare_numbers(x->ino, y->ino)) == 0 &&
	    (order = compare_numbers(x->size, y->size)) == 0)
		order = compare_numbers(x->mtime_ns, y->mtime_ns);
	return order;
}

/* Keep one copy of a string for as long as the symbolizer lives. */
static const char *keep(struct symbolizer *sym, char *string)
{
	char **found = tsearch(string, &sym->strings, compare_strings);

	if (!found)
		die(EXIT_DATABASE, "out of memory");
	if (*found != string)
		free(string);
	return *found;
}

static struct file *file_new(const struct elf_identity *identity)
{
	struct file *file = xcalloc(1, sizeof(*file));

	file->identity = *identity;
	file->identity.path = xstrdup(identity->path);
	file->identity.build_id = xstrdup(identity->build_id);
	file->image.fd = file->debug.fd = -1;
	if (!image_open(&file->image, identity))
		return file;
	file->dwarf = dwarf_open(&file->image, identity->path);
	symtab_open(&file->symtab, file->image.elf, SHT_SYMTAB);
	if ((!file->dwarf || !file->symtab.symbols) &&
	    image_open_debug(&file->debug, &file->image, identity->path)) {
		if (!file->dwarf)
			file->dwarf = dwarf_open(&file->debug, identity->path);
		if (!file->symtab.symbols)
			symtab_open(&file->symtab, file->debug.elf, SHT_SYMTAB);
	}
	if (!file->symtab.symbols)
		symtab_open(&file->symtab, file->image.elf, SHT_DYNSYM);
	/* There may be hundreds of files: keep no descriptors. */
	image_detach(&file->image);
	image_detach(&file->debug);
	return file;
}

static struct file *get_file(struct symbolizer *sym, const struct elf_identity *identity)
{
	struct file key = {.identity = *identity};
	struct file *file;
	void *found;

	if (sym->last && compare_files(sym->last, &key) == 0)
		return sym->last;
	found = tfind(&key, &sym->files, compare_files);
	if (found) {
		file = *(struct file **)found;
	} else {
		file = file_new(identity);
		if (!tsearch(file, &sym->files, compare_files))
			die(EXIT_DATABASE, "out of memory");
	}
	sym->last = file;
	return file;
}

static const char *whole_path(struct symbolizer *sym, const struct dwarf_place *place)
{
	if (!place->file || place->file[0] == '/' || !place->directory || !place->directory[0])
		return place->file;
	return keep(sym, xasprintf("%s/%s", place->directory, place->file));
}

size_t symbolizer_find(struct symbolizer *sym, const struct elf_identity *identity, uint64_t offset,
		       struct source_place *places, size_t room)
{
	struct dwarf_answer answer = {0};
	struct file *file;
	const struct dwarf_place *outermost = NULL;
	const char *symbol = NULL;
	uint64_t symbol_start = 0, start = 0;
	size_t symbol_length = 0, count;
	bool has_start = false;

	if (!identity->path || room == 0)
		return 0;
	file = get_file(sym, identity);
	if (file->dwarf && dwarf_find(file->dwarf, offset, &answer))
		outermost = &answer.places[answer.count - 1];

	/* A symbol's name is worth more than a plain name of a language that mangles names. */
	if (!outermost || !outermost->function || (!outermost->linkage && !answer.is_c))
		symbol = symtab_find(&file->symtab, offset, &symbol_start, &symbol_length);
	if (!outermost && !symbol)
		return 0;

	if (answer.has_start) {
		has_start = true;
		start = answer.start;
	} else if (symbol) {
		has_start = true;
		start = symbol_start;
	}
	for (count = 0; count < room && count < (outermost ? answer.count : 1); count++) {
		struct source_place *place = &places[count];
		bool is_last = !outermost || &answer.places[count] == outermost;

		*place = (struct source_place){.inlined = !is_last};
		if (has_start)
			place->function_offset = offset - start;
		if (outermost) {
			place->function = answer.places[count].function;
			place->file = whole_path(sym, &answer.places[count]);
			place->line = answer.places[count].line;
		}
		if (is_last && symbol)
			place->function = symbol[symbol_length]
						  ? keep(sym, xstrndup(symbol, symbol_length))
						  : symbol;
	}
	free(answer.places);
	return count;
}
