/*
 * machine.c - the machines that the recorder's module is built for, and what is where for each.
 *
 * What $LIB stands for is compiled into ld.so, and is where ld.so itself lies: the last part of its
 * slibdir, or with Debian's multiarch all of it.
 */
#include <elf.h>
#include <gelf.h>
#include <limits.h>
#include <link.h>
#include <unistd.h>

#include "report/elf/elf.h"
#include "report/elf/image.h"
#include "report/util.h"

static const struct elf_machine machines[] = {
	{EM_X86_64, ELFCLASS64, "x86-64", "x86_64", "/lib64/ld-linux-x86-64.so.2"},
	{EM_386, ELFCLASS32, "i386", "i386", "/lib/ld-linux.so.2"},
	{EM_AARCH64, ELFCLASS64, "aarch64", "aarch64", "/lib/ld-linux-aarch64.so.1"},
};

/* The linker defines it: plugreport's own ELF header, whose class and machine are the module's. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

const struct elf_machine *elf_machine(size_t i)
{
	return i < ARRAY_SIZE(machines) ? &machines[i] : NULL;
}

static const struct elf_machine *find(uint16_t number, unsigned char class)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].number == number && machines[i].class == class)
			return &machines[i];
	return NULL;
}

const struct elf_machine *elf_machine_own(void)
{
	return find(__ehdr_start.e_machine, __ehdr_start.e_ident[EI_CLASS]);
}

const struct elf_machine *elf_machine_of_file(const char *path)
{
	Elf32_Ehdr header; /* the fields that are looked at are at the same offsets in both */
	AUTO_CLOSE int fd = open_regular(path, NULL);

	if (fd < 0 || pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_DATA] != __ehdr_start.e_ident[EI_DATA])
		return NULL;
	return find(header.e_machine, header.e_ident[EI_CLASS]);
}

char *elf_machine_lib(const struct elf_machine *machine)
{
	AUTO_FREE char *ldso = realpath(machine->interpreter, NULL);
	const char *start = ldso;
	char *slash;

	if (!ldso)
		return NULL;
	slash = strrchr(ldso, '/');
	if (strncmp(start, "/usr/", 5) == 0)
		start += 4;
	return strncmp(start, "/lib", 4) == 0 ? xstrndup(start + 1, (size_t)(slash - start) - 1)
					      : NULL;
}

/* Without PT_GNU_STACK the default of the machine counts: glibc sysdeps/<machine>/stackinfo.h. */
static bool wants_executable_stack(int fd, uint16_t machine)
{
	bool wants = machine != EM_AARCH64;
	size_t count = 0;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_getphdrnum(elf, &count) != 0 || count == 0)
		wants = false;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr phdr;

		if (!gelf_getphdr(elf, (int)i, &phdr)) {
			wants = false;
			break;
		}
		if (phdr.p_type == PT_GNU_STACK) {
			wants = phdr.p_flags & PF_X;
			break;
		}
	}
	elf_end(elf);
	return wants;
}

enum library_fit library_inspect(const char *path, uint16_t machine)
{
	Elf32_Ehdr header;
	AUTO_CLOSE int fd = open_regular(path, NULL);
	ssize_t length = fd < 0 ? -1 : pread(fd, &header, sizeof(header), 0);
	unsigned char class = __ehdr_start.e_ident[EI_CLASS];

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].number == machine)
			class = machines[i].class;
	if (length < 0)
		return LIBRARY_UNREADABLE;
	if (length < (ssize_t)sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return LIBRARY_NOT_ELF;
	if (header.e_ident[EI_CLASS] != class || header.e_machine != machine)
		return LIBRARY_OTHER_CLASS;
	return wants_executable_stack(fd, machine) ? LIBRARY_EXEC_STACK : LIBRARY_FITS;
}
