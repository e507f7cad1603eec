/*
 * dwarf.c - functions, inlined calls and lines from DWARF, through libdw.
 *
 * A unit is found by .debug_aranges, which says in one table what each covers.  Where that has no
 * answer (clang writes none; a linker leaves entries of discarded functions at address 0) the
 * units' own ranges are read, once.  A unit's functions are listed when it is first needed.
 *
 * libdw checks bounds (dwarf_check.c looks after what it does not); what is limited here is how
 * deep and how far a damaged or malicious tree may lead.  libdwfl is not used: it would ask
 * debuginfod servers.
 */
#include "report/elf/dwarf.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <search.h>

#include "report/elf/dwarf_check.h"
#include "report/elf/intervals.h"
#include "report/util.h"

#define LIST_DEPTH   64         /* of namespaces, classes, functions in one another */
#define INLINE_DEPTH 256        /* of blocks and inlined calls in one another */
#define RANGE_LIMIT  (1u << 22) /* address ranges kept of one unit, or of all units together */

/* Linkers leave functions that they discarded at 0 or 1; an ELF header is at least this long. */
#define LOWEST_ADDRESS 52

/* The functions of one unit.  Items of `ranges` are indexes into `functions`. */
struct unit {
	Dwarf_Off offset;   /* of the unit's DIE: the key in dwarf->units */
	Dwarf_Die skeleton; /* the unit's DIE in this file: has the line table */
	Dwarf_Die die;      /* where its functions are: the same, or a split unit's */
	Dwarf_Die *functions;
	size_t function_count, function_room;
	struct intervals ranges;
	bool listed_all; /* functions within functions, too */
};

struct dwarf {
	Dwarf *dbg;
	char *path;
	void *units; /* tsearch tree of struct unit */
	bool no_aranges;
	bool ranges_read;
	struct intervals ranges; /* of the units; items are their DIEs' offsets */
};

static int compare_units(const void *a, const void *b)
{
	const struct unit *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void unit_free(void *data)
{
	struct unit *unit = data;

	free(unit->functions);
	intervals_release(&unit->ranges);
	free(unit);
}

struct dwarf *dwarf_open(const struct image *image, const char *path, uint64_t inflate_limit)
{
	struct dwarf *dwarf;
	Dwarf *dbg;

	if (!image_has_section(image, ".debug_info") && !image_has_section(image, ".zdebug_info"))
		return NULL;
	if (!dwarf_prepare(image->elf, inflate_limit))
		return NULL;
	dbg = dwarf_begin_elf(image->elf, DWARF_C_READ, NULL);
	if (!dbg)
		return NULL;
	dwarf_new_oom_handler(dbg, out_of_memory); /* its own has another message and status */
	if (!dwarf_alt_is_sound(dbg, path)) {
		dwarf_end(dbg);
		return NULL;
	}
	dwarf = xcalloc(1, sizeof(*dwarf));
	dwarf->dbg = dbg;
	dwarf->path = xstrdup(path);
	return dwarf;
}

void dwarf_close(struct dwarf *dwarf)
{
	if (!dwarf)
		return;
	tdestroy(dwarf->units, unit_free);
	intervals_release(&dwarf->ranges);
	dwarf_end(dwarf->dbg);
	free(dwarf->path);
	free(dwarf);
}

/* Add the address ranges of `die` to `set`. */
static void add_ranges(struct intervals *set, Dwarf_Die *die, size_t item)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t offset = 0;

	while (set->count < RANGE_LIMIT &&
	       (offset = dwarf_ranges(die, offset, &base, &start, &end)) > 0)
		if (start >= LOWEST_ADDRESS)
			intervals_add(set, start, end, item);
}

static const char *string_attribute(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));
}

/* What may hold functions, apart from functions. */
static bool is_container(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_class_type ||
	       tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

/* What may hold functions or inlined calls within a function. */
static bool is_block(int tag)
{
	return tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
	       tag == DW_TAG_catch_block || tag == DW_TAG_with_stmt;
}

/*
 * List the functions below `parent` that have code; with `all`, those within functions, too.  A DIE
 * never repeats: libdw accepts no sibling that does not follow.  Without DW_AT_sibling, however, it
 * reads all that is below a DIE to find the next one, so depth costs time as well as stack.
 */
static void list_functions(struct unit *unit, Dwarf_Die *parent, bool all, int depth)
{
	Dwarf_Die child;

	if (depth > LIST_DEPTH || dwarf_child(parent, &child) != 0)
		return;
	do {
		int tag = dwarf_tag(&child);

		if (tag == DW_TAG_subprogram && !dwarf_hasattr(&child, DW_AT_declaration)) {
			size_t before = unit->ranges.count;

			add_ranges(&unit->ranges, &child, unit->function_count);
			if (unit->ranges.count != before)
				*GROW(unit->functions, unit->function_count, unit->function_room) =
					child;
		}
		if (is_container(tag) || (all && (tag == DW_TAG_subprogram || is_block(tag))))
			list_functions(unit, &child, all, depth + 1);
	} while (dwarf_siblingof(&child, &child) == 0);
}

/*
 * Go on in the split unit of a skeleton when its file is there.  libdw looks for it beside the file
 * and in the directory of the compilation.
 */
static void open_split(struct unit *unit, const char *path)
{
	Dwarf_Die split;
	uint8_t type;

	if (dwarf_split_is_sound(&unit->skeleton, path) &&
	    dwarf_cu_info(unit->skeleton.cu, NULL, &type, NULL, &split, NULL, NULL, NULL) == 0 &&
	    dwarf_tag(&split) == DW_TAG_compile_unit)
		unit->die = split;
}

static struct unit *get_unit(struct dwarf *dwarf, Dwarf_Die *root)
{
	struct unit key = {.offset = dwarf_dieoffset(root)};
	void *found = tfind(&key, &dwarf->units, compare_units);
	struct unit *unit;
	uint8_t type = 0;

	if (found)
		return *(struct unit **)found;
	unit = xcalloc(1, sizeof(*unit));
	unit->offset = key.offset;
	unit->skeleton = unit->die = *root;
	if (dwarf_cu_info(root->cu, NULL, &type, NULL, NULL, NULL, NULL, NULL) == 0 &&
	    type == DW_UT_skeleton)
		open_split(unit, dwarf->path);
	list_functions(unit, &unit->die, false, 0);
	intervals_sort(&unit->ranges);
	if (!tsearch(unit, &dwarf->units, compare_units))
		die(EXIT_DATABASE, "out of memory");
	return unit;
}

/* List again, with the functions within functions (nested ones of GNU C, Ada, D, OpenMP). */
static void list_all(struct unit *unit)
{
	unit->listed_all = true;
	intervals_release(&unit->ranges);
	unit->function_count = 0;
	list_functions(unit, &unit->die, true, 0);
	intervals_sort(&unit->ranges);
}

/* The innermost function at `address`. */
static Dwarf_Die *unit_function(struct unit *unit, uint64_t address, uint64_t *ret_start)
{
	for (;;) {
		size_t position = SIZE_MAX;
		const struct interval *interval = intervals_next(&unit->ranges, address, &position);

		if (interval) {
			*ret_start = interval->start;
			return &unit->functions[interval->item];
		}
		if (unit->listed_all)
			return NULL;
		list_all(unit);
	}
}

/* Some compilers do not say what a unit covers: then it is what its functions cover. */
static void add_function_ranges(struct dwarf *dwarf, Dwarf_Die *root)
{
	struct unit *unit = get_unit(dwarf, root);

	for (size_t i = 0; i < unit->ranges.count && dwarf->ranges.count < RANGE_LIMIT; i++)
		intervals_add(&dwarf->ranges, unit->ranges.list[i].start, unit->ranges.list[i].end,
			      unit->offset);
}

static void read_ranges(struct dwarf *dwarf)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die root;
	uint8_t type;

	dwarf->ranges_read = true;
	while (dwarf_get_units(dwarf->dbg, cu, &cu, NULL, &type, &root, NULL) == 0) {
		if (type == DW_UT_compile && !dwarf_hasattr(&root, DW_AT_high_pc) &&
		    !dwarf_hasattr(&root, DW_AT_ranges))
			add_function_ranges(dwarf, &root);
		else if (type == DW_UT_compile || type == DW_UT_skeleton)
			add_ranges(&dwarf->ranges, &root, dwarf_dieoffset(&root));
	}
	intervals_sort(&dwarf->ranges);
}

/* The unit that .debug_aranges names. */
static struct unit *unit_by_aranges(struct dwarf *dwarf, uint64_t address)
{
	Dwarf_Aranges *aranges;
	Dwarf_Die die;

	if (dwarf->no_aranges)
		return NULL;
	if (dwarf_getaranges(dwarf->dbg, &aranges, NULL) != 0 || !aranges) {
		dwarf->no_aranges = true; /* libdw would read a bad section again */
		return NULL;
	}
	return dwarf_addrdie(dwarf->dbg, address, &die) ? get_unit(dwarf, &die) : NULL;
}

/* Where an answer comes from: a function of a unit, or at least a unit with a line. */
struct found {
	struct unit *unit;
	Dwarf_Die *function;
	uint64_t start; /* of the function's range that has the address */
	Dwarf_Line *line;
};

/* Look into one unit; true when it has a function there, so that no other need be asked. */
static bool look_into(struct unit *unit, uint64_t address, struct found *found)
{
	Dwarf_Line *line = dwarf_getsrc_die(&unit->skeleton, address);
	Dwarf_Die *function = unit_function(unit, address, &found->start);

	if (function || (line && !found->line)) {
		found->unit = unit;
		found->line = line;
		found->function = function;
	}
	return function != NULL;
}

static bool find_unit(struct dwarf *dwarf, uint64_t address, struct found *found)
{
	struct unit *first = unit_by_aranges(dwarf, address);
	const struct interval *interval;
	size_t position = SIZE_MAX;

	*found = (struct found){0};
	if (first && look_into(first, address, found))
		return true;
	if (!dwarf->ranges_read)
		read_ranges(dwarf);
	while ((interval = intervals_next(&dwarf->ranges, address, &position))) {
		Dwarf_Die die;

		if (first && interval->item == first->offset)
			continue;
		if (dwarf_offdie(dwarf->dbg, interval->item, &die) &&
		    look_into(get_unit(dwarf, &die), address, found))
			return true;
	}
	return found->unit != NULL;
}

/* Inlined calls around an address, outermost first. */
struct chain {
	Dwarf_Die *dies;
	size_t count, room;
};

/* Follow the blocks and inlined calls that cover `address`, down from `parent`. */
static void follow_inlined(struct chain *chain, Dwarf_Die *parent, uint64_t address)
{
	Dwarf_Die current = *parent, child;
	int depth = 0;

	while (depth++ < INLINE_DEPTH && dwarf_child(&current, &child) == 0) {
		bool deeper = false;

		do {
			int tag = dwarf_tag(&child);

			if (tag != DW_TAG_inlined_subroutine && !is_block(tag))
				continue;
			if (dwarf_haspc(&child, address) != 1)
				continue;
			if (tag == DW_TAG_inlined_subroutine)
				*GROW(chain->dies, chain->count, chain->room) = child;
			current = child;
			deeper = true;
		} while (!deeper && dwarf_siblingof(&child, &child) == 0);
		if (!deeper)
			return;
	}
}

static void name_function(struct dwarf_place *place, Dwarf_Die *die)
{
	place->function = string_attribute(die, DW_AT_linkage_name);
	if (!place->function)
		place->function = string_attribute(die, DW_AT_MIPS_linkage_name);
	place->linkage = place->function != NULL;
	if (!place->function)
		place->function = string_attribute(die, DW_AT_name);
}

static bool is_c(struct unit *unit)
{
	switch (dwarf_srclang(&unit->die)) {
	case DW_LANG_C89:
	case DW_LANG_C:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_ObjC:
	case DW_LANG_Mips_Assembler:
		return true;
	default:
		return false;
	}
}

/* The place in the source where the inlined function `die` was called. */
static void locate_call(struct dwarf_place *place, struct unit *unit, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Word number;
	Dwarf_Files *files;
	size_t count;

	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &number) == 0 &&
	    number <= INT32_MAX)
		place->line = (int)number;
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &number) == 0 &&
	    dwarf_getsrcfiles(&unit->die, &files, &count) == 0 && number < count)
		place->file = dwarf_filesrc(files, number, NULL, NULL);
}

static void locate_line(struct dwarf_place *place, Dwarf_Line *line)
{
	int number;

	if (!line)
		return;
	place->file = dwarf_linesrc(line, NULL, NULL);
	if (dwarf_lineno(line, &number) == 0 && number > 0)
		place->line = number;
}

bool dwarf_find(struct dwarf *dwarf, uint64_t address, struct dwarf_answer *ret_answer)
{
	struct dwarf_answer answer = {0};
	struct chain chain = {0};
	struct found found;
	const char *directory;

	*ret_answer = answer;
	if (!find_unit(dwarf, address, &found))
		return false;
	if (found.function) {
		Dwarf_Addr entry;

		answer.has_start = true;
		answer.start = found.start;
		/* A cold part may lie before the entry: its offsets count from its own start. */
		if (dwarf_entrypc(found.function, &entry) == 0 && entry <= address &&
		    entry >= LOWEST_ADDRESS)
			answer.start = entry;
		follow_inlined(&chain, found.function, address);
	}
	answer.is_c = is_c(found.unit);
	directory = string_attribute(&found.unit->skeleton, DW_AT_comp_dir);
	for (size_t i = 0; i <= chain.count; i++) {
		struct dwarf_place *place = GROW(answer.places, answer.count, answer.room);

		place->directory = directory;
		if (i == 0)
			locate_line(place, found.line);
		else
			locate_call(place, found.unit, &chain.dies[chain.count - i]);
		if (i < chain.count)
			name_function(place, &chain.dies[chain.count - 1 - i]);
		else if (found.function)
			name_function(place, found.function);
	}
	free(chain.dies);
	*ret_answer = answer;
	return true;
}
