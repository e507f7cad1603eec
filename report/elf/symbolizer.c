/*
 * symbolizer.c - addresses in files to functions, files and lines; see elf.h.
 */
#include <search.h>

#include "report/elf/dwarf.h"
#include "report/elf/dwarf_check.h"
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
	uint64_t inflate_limit;
};

struct symbolizer *symbolizer_new(void)
{
	struct symbolizer *sym = xcalloc(1, sizeof(*sym));

	sym->inflate_limit = INFLATE_MAX;
	return sym;
}

void symbolizer_limit_inflation(struct symbolizer *sym, uint64_t bytes)
{
	sym->inflate_limit = bytes < INFLATE_MAX ? bytes : INFLATE_MAX;
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

static struct file *file_new(const struct elf_identity *identity, uint64_t inflate_limit)
{
	struct file *file = xcalloc(1, sizeof(*file));

	file->identity = *identity;
	file->identity.path = xstrdup(identity->path);
	file->identity.build_id = xstrdup(identity->build_id);
	file->image.fd = file->debug.fd = -1;
	if (!image_open(&file->image, identity))
		return file;
	file->dwarf = dwarf_open(&file->image, identity->path, inflate_limit);
	symtab_open(&file->symtab, file->image.elf, SHT_SYMTAB);
	if ((!file->dwarf || !file->symtab.symbols) &&
	    image_open_debug(&file->debug, &file->image, identity->path)) {
		if (!file->dwarf)
			file->dwarf = dwarf_open(&file->debug, identity->path, inflate_limit);
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
		file = file_new(identity, sym->inflate_limit);
		if (!tsearch(file, &sym->files, compare_files))
			die(EXIT_DATABASE, "out of memory");
	}
	sym->last = file;
	return file;
}

/*
 * The file's path from the root, as far as DWARF tells.  Builds that hide their directory
 * (-ffile-prefix-map) have a relative one, which libdw may have put before the name already.
 */
static const char *whole_path(struct symbolizer *sym, const struct dwarf_place *place)
{
	const char *directory = place->directory, *file = place->file;
	size_t length;

	if (!file || file[0] == '/' || !directory || !directory[0])
		return file;
	length = strlen(directory);
	if (strncmp(file, directory, length) == 0 && file[length] == '/')
		return file;
	return keep(sym, xasprintf("%s/%s", directory, file));
}

/*
 * Does the symbol name the function better than DWARF?  Where the language mangles names and DWARF
 * has only the plain one; and where a C library's own alias (__libc_open64) has an exported name
 * (open64): that is the one callers know.  A static function's clones (f.isra.0) and parts (f.cold)
 * keep the name in the source.
 */
static bool prefers_symbol(const struct dwarf_answer *answer, const struct symbol *symbol)
{
	const struct dwarf_place *outermost = &answer->places[answer->count - 1];

	if (!outermost->function)
		return true;
	if (answer->is_c)
		return symbol->global && symbol->start == answer->start;
	return !outermost->linkage;
}

/* Look the symbol up only where it can matter: that sorts the whole table. */
static bool find_symbol(struct file *file, uint64_t offset, const struct dwarf_answer *answer,
			struct symbol *ret_symbol)
{
	const struct dwarf_place *outermost;

	if (answer->count) {
		outermost = &answer->places[answer->count - 1];
		if (outermost->function && outermost->linkage && !answer->is_c)
			return false;
	}
	return symtab_find(&file->symtab, offset, ret_symbol) &&
	       (answer->count == 0 || prefers_symbol(answer, ret_symbol));
}

static const char *symbol_name(struct symbolizer *sym, const struct symbol *symbol)
{
	return symbol->name[symbol->length] ? keep(sym, xstrndup(symbol->name, symbol->length))
					    : symbol->name;
}

size_t symbolizer_find(struct symbolizer *sym, const struct elf_identity *identity, uint64_t offset,
		       struct source_place *places, size_t room)
{
	struct dwarf_answer answer = {0};
	struct symbol symbol;
	struct file *file;
	uint64_t start = offset;
	bool has_symbol;
	size_t count;

	if (!identity->path || room == 0)
		return 0;
	file = get_file(sym, identity);
	if (file->dwarf)
		dwarf_find(file->dwarf, offset, &answer);
	has_symbol = find_symbol(file, offset, &answer, &symbol);
	if (!has_symbol && answer.count == 0)
		return 0;
	if (answer.has_start)
		start = answer.start;
	else if (has_symbol)
		start = symbol.start;

	for (count = 0; count < room && (count == 0 || count < answer.count); count++) {
		struct source_place *place = &places[count];
		bool is_last = count + 1 >= answer.count;

		*place = (struct source_place){.inlined = !is_last,
					       .function_offset = offset - start};
		if (answer.count) {
			place->function = answer.places[count].function;
			place->file = whole_path(sym, &answer.places[count]);
			place->line = answer.places[count].line;
		}
		if (is_last && has_symbol)
			place->function = symbol_name(sym, &symbol);
	}
	free(answer.places);
	return count;
}
