#include "report/elf/dwarf_check.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <gelf.h>

#include "report/elf/image.h"
#include "report/util.h"

/* Compare without the suffix of split sections, and .zdebug_x (an old GNU format) as .debug_x. */
static bool is_named(const char *name, const char *wanted)
{
	size_t length = strlen(wanted);

	if (strncmp(name, ".zdebug_", 8) == 0) {
		name += 2;
		wanted += 1;
		length -= 1;
	}
	return strncmp(name, wanted, length) == 0 &&
	       (name[length] == '\0' || strcmp(name + length, ".dwo") == 0);
}

static bool is_unneeded(const char *name)
{
	static const char *const names[] = {
		".debug_loc",     ".debug_loclists", ".debug_frame",    ".debug_macro",
		".debug_macinfo", ".debug_pubnames", ".debug_pubtypes", ".debug_gnu_pubnames"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (is_named(name, names[i]))
			return true;
	return false;
}

static const char *section_name(Elf *elf, Elf_Scn *scn, GElf_Shdr *ret_shdr)
{
	size_t strings;

	if (elf_getshdrstrndx(elf, &strings) != 0 || !gelf_getshdr(scn, ret_shdr) ||
	    ret_shdr->sh_type == SHT_NOBITS)
		return NULL;
	return elf_strptr(elf, strings, ret_shdr->sh_name);
}

static void hide_unneeded(Elf *elf)
{
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr shdr;
		const char *name = section_name(elf, scn, &shdr);

		if (name && is_unneeded(name)) {
			shdr.sh_type = SHT_NOBITS; /* in libelf's copy of the header */
			gelf_update_shdr(scn, &shdr);
		}
	}
}

/* The old GNU format's size is not asked for: it is no longer made. */
static bool is_affordable(Elf *elf, uint64_t limit)
{
	uint64_t total = 0;

	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr shdr;
		GElf_Chdr chdr;

		if (!section_name(elf, scn, &shdr) || !(shdr.sh_flags & SHF_COMPRESSED))
			continue;
		if (!gelf_getchdr(scn, &chdr) || chdr.ch_size > limit - total)
			return false;
		total += chdr.ch_size;
	}
	return true;
}

static bool is_terminated(Elf_Scn *scn, const char *name, const GElf_Shdr *shdr)
{
	Elf_Data *data;

	/* As libdw does; it finds them inflated then. */
	if (name[1] == 'z')
		elf_compress_gnu(scn, 0, 0);
	if (shdr->sh_flags & SHF_COMPRESSED)
		elf_compress(scn, 0, 0);
	data = elf_getdata(scn, NULL);
	return !data || !data->d_buf || data->d_size == 0 ||
	       ((const char *)data->d_buf)[data->d_size - 1] == '\0';
}

bool dwarf_prepare(Elf *elf, uint64_t inflate_limit)
{
	hide_unneeded(elf);
	if (!is_affordable(elf, inflate_limit))
		return false;
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr shdr;
		const char *name = section_name(elf, scn, &shdr);

		if (name && (is_named(name, ".debug_str") || is_named(name, ".debug_line_str")) &&
		    !is_terminated(scn, name, &shdr))
			return false;
	}
	return true;
}

static bool is_sound_file(const char *path)
{
	struct stat st;
	Elf *elf;
	bool sound;
	AUTO_CLOSE int fd = open_regular(path, &st);

	if (fd < 0) /* libdw can't open it either, or would wait for it */
		return stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	sound = !elf || elf_kind(elf) != ELF_K_ELF || dwarf_prepare(elf, INFLATE_MAX);
	elf_end(elf);
	return sound;
}

/* `name` as libdw would look for it: from `directory` when it is relative. */
static bool is_sound_name(const char *directory, const char *name)
{
	AUTO_FREE char *path = NULL;

	if (name[0] == '/')
		return is_sound_file(name);
	path = xasprintf("%s/%s", directory, name);
	return is_sound_file(path);
}

/* The directory of the file at `path` as libdw finds it out: without symbolic links.  The caller
 * frees it. */
static char *real_directory(const char *path)
{
	AUTO_FREE char *real = realpath(path, NULL);

	return real ? xstrndup(real, (size_t)(base_name(real) - real)) : xstrdup("/");
}

bool dwarf_alt_is_sound(Dwarf *dbg, const char *path)
{
	AUTO_FREE char *directory = NULL;
	AUTO_FREE char *by_build_id = NULL;
	const char *name;
	const void *build_id;
	ssize_t length = dwelf_dwarf_gnu_debugaltlink(dbg, &name, &build_id);

	if (length <= 0)
		return true;
	directory = real_directory(path);
	by_build_id = build_id_path(build_id, (size_t)length);
	return is_sound_file(by_build_id) && is_sound_name(directory, name);
}

static const char *string_attribute(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;

	return dwarf_formstring(dwarf_attr(die, name, &attribute));
}

bool dwarf_split_is_sound(Dwarf_Die *skeleton, const char *path)
{
	AUTO_FREE char *directory = real_directory(path);
	AUTO_FREE char *compilation = NULL;
	const char *name = string_attribute(skeleton, DW_AT_dwo_name);
	const char *comp_dir = string_attribute(skeleton, DW_AT_comp_dir);

	if (!name)
		name = string_attribute(skeleton, DW_AT_GNU_dwo_name);
	if (!name)
		return true;
	if (!comp_dir)
		comp_dir = "";
	compilation =
		comp_dir[0] == '/' ? xstrdup(comp_dir) : xasprintf("%s/%s", directory, comp_dir);
	return is_sound_name(directory, name) && is_sound_name(compilation, name);
}
