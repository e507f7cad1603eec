#include "report/elf/symtab.h"

#include <gelf.h>

#include "report/util.h"

/* Find the string table of the symbol section `shdr`; the limit keeps each string terminated. */
static void open_strings(struct symtab *table, Elf *elf, const GElf_Shdr *shdr)
{
	Elf_Scn *scn = elf_getscn(elf, shdr->sh_link);
	GElf_Shdr string_shdr;
	Elf_Data *data = NULL;

	if (scn && gelf_getshdr(scn, &string_shdr) && string_shdr.sh_type == SHT_STRTAB)
		data = elf_getdata(scn, NULL);
	if (!data || !data->d_buf)
		return;
	table->strings = data->d_buf;
	table->string_limit = data->d_size;
	while (table->string_limit > 0 && table->strings[table->string_limit - 1] != '\0')
		table->string_limit--;
}

bool symtab_open(struct symtab *table, Elf *elf, uint32_t type)
{
	*table = (struct symtab){.elf = elf};
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr shdr;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != type)
			continue;
		open_strings(table, elf, &shdr);
		table->symbols = elf_getdata(scn, NULL);
		if (table->symbols && table->symbols->d_buf && table->string_limit > 0 &&
		    table->symbols->d_type == ELF_T_SYM && table->symbols->d_size > 0)
			return true;
		*table = (struct symtab){.elf = elf};
	}
	return false;
}

void symtab_release(struct symtab *table)
{
	intervals_release(&table->ranges);
	*table = (struct symtab){0};
}

/* ARM's and RISC-V's marks of where code and data begin, and assembler-local labels. */
static bool is_mark(const char *name)
{
	return name[0] == '\0' || name[0] == '$' || (name[0] == '.' && name[1] == 'L');
}

static const char *symbol_name(const struct symtab *table, const GElf_Sym *sym)
{
	return sym->st_name < table->string_limit ? table->strings + sym->st_name : "";
}

/* The section that the last symbol was in: most are in one. */
struct last_section {
	size_t index; /* 0: none */
	GElf_Shdr header;
};

static const GElf_Shdr *section_header(const struct symtab *table, size_t index,
				       struct last_section *last)
{
	Elf_Scn *scn;

	if (index != last->index) {
		scn = elf_getscn(table->elf, index);
		last->index = scn && gelf_getshdr(scn, &last->header) ? index : 0;
	}
	return last->index ? &last->header : NULL;
}

/* Does the symbol name code?  *ret_limit becomes the end of the section that it is in.  (The names
 * of functions are looked at when one is found: they are all over the memory.) */
static bool is_code(const struct symtab *table, const GElf_Sym *sym, struct last_section *last,
		    uint64_t *ret_limit)
{
	int type = GELF_ST_TYPE(sym->st_info);
	const GElf_Shdr *shdr;

	if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
		return false;
	if (sym->st_shndx == SHN_UNDEF)
		return false;
	if (type == STT_NOTYPE && is_mark(symbol_name(table, sym)))
		return false;
	if (sym->st_shndx == SHN_XINDEX) { /* more than 65,000 sections */
		*ret_limit = UINT64_MAX;
		return type != STT_NOTYPE;
	}
	if (sym->st_shndx >= SHN_LORESERVE)
		return false;
	shdr = section_header(table, sym->st_shndx, last);
	if (!shdr || !(shdr->sh_flags & SHF_EXECINSTR))
		return false;
	*ret_limit = shdr->sh_addr + shdr->sh_size;
	return sym->st_value >= shdr->sh_addr && sym->st_value < *ret_limit;
}

/* An unsized symbol reaches up to the next start of any symbol. */
static void close_unsized(struct intervals *ranges)
{
	uint64_t next = UINT64_MAX, start = UINT64_MAX;

	for (size_t i = ranges->count; i-- > 0;) {
		struct interval *interval = &ranges->list[i];

		if (interval->start != start) {
			next = start;
			start = interval->start;
		}
		if ((interval->item & 1) && next < interval->end)
			interval->end = next;
	}
}

/* Items are twice the symbol's number, plus one for a symbol without size. */
static void sort(struct symtab *table)
{
	size_t entry = gelf_fsize(table->elf, ELF_T_SYM, 1, EV_CURRENT);
	size_t count = entry ? table->symbols->d_size / entry : 0;
	GElf_Ehdr ehdr;
	bool thumb = gelf_getehdr(table->elf, &ehdr) && ehdr.e_machine == EM_ARM;
	struct last_section last = {0};

	table->sorted = true;
	for (size_t i = 1; i < count && i < INT32_MAX; i++) {
		GElf_Sym sym;
		uint64_t limit;

		if (!gelf_getsym(table->symbols, (int)i, &sym) ||
		    !is_code(table, &sym, &last, &limit))
			continue;
		if (thumb && GELF_ST_TYPE(sym.st_info) == STT_FUNC)
			sym.st_value &= ~(GElf_Addr)1;
		if (sym.st_size != 0 && sym.st_size <= limit - sym.st_value)
			limit = sym.st_value + sym.st_size;
		intervals_add(&table->ranges, sym.st_value, limit, 2 * i + (sym.st_size == 0));
	}
	intervals_sort(&table->ranges);
	close_unsized(&table->ranges);
}

struct candidate {
	const struct interval *interval;
	GElf_Sym sym;
	const char *name;
};

static bool is_global(const GElf_Sym *sym)
{
	return GELF_ST_BIND(sym->st_info) != STB_LOCAL;
}

static bool is_nicer_name(const char *name, const char *than)
{
	size_t underscores = strspn(name, "_"), than_underscores = strspn(than, "_");
	size_t length = strlen(name), than_length = strlen(than);

	if (underscores != than_underscores)
		return underscores < than_underscores;
	if (length != than_length)
		return length < than_length;
	return strcmp(name, than) < 0;
}

/* The order that symtab_find() promises. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
	bool unsized = a->interval->item & 1, b_unsized = b->interval->item & 1;
	bool function = GELF_ST_TYPE(a->sym.st_info) != STT_NOTYPE;
	bool b_function = GELF_ST_TYPE(b->sym.st_info) != STT_NOTYPE;

	if (unsized != b_unsized)
		return b_unsized;
	if (a->interval->start != b->interval->start)
		return a->interval->start > b->interval->start;
	if (is_global(&a->sym) != is_global(&b->sym))
		return is_global(&a->sym);
	if (function != b_function)
		return function;
	return is_nicer_name(a->name, b->name);
}

bool symtab_find(struct symtab *table, uint64_t address, struct symbol *ret_symbol)
{
	struct candidate best = {0}, candidate;
	size_t position = SIZE_MAX;

	if (!table->symbols)
		return false;
	if (!table->sorted)
		sort(table);
	while ((candidate.interval = intervals_next(&table->ranges, address, &position))) {
		/* Those that follow start no later: once there is a sized one, no other start
		 * can be better. */
		if (best.interval && !(best.interval->item & 1) &&
		    candidate.interval->start != best.interval->start)
			break;
		if (!gelf_getsym(table->symbols, (int)(candidate.interval->item / 2),
				 &candidate.sym))
			continue;
		candidate.name = symbol_name(table, &candidate.sym);
		if (is_mark(candidate.name))
			continue;
		if (!best.interval || is_better(&candidate, &best))
			best = candidate;
	}
	if (!best.interval)
		return false;
	*ret_symbol = (struct symbol){.name = best.name,
				      .length = best.name[0] == '@' ? strlen(best.name)
								    : strcspn(best.name, "@"),
				      .start = best.interval->start,
				      .global = is_global(&best.sym)};
	return true;
}
