/*
 * program.c - what a program file is, judged as the kernel and ld.so would judge it.
 *
 * Rules: execve(2), the kernel's fs/binfmt_script.c and fs/binfmt_elf.c (size limits of "#!" lines
 * and of PT_INTERP), and the names under which glibc installs ld.so on its architectures.
 */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <gelf.h>
#include <limits.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/elf/elf.h"
#include "report/elf/image.h"
#include "report/util.h"

#define SCRIPT_LINE_MAX 256 /* the kernel looks at no more of a script (BINPRM_BUF_SIZE) */

/* The linker defines it: plugreport's own ELF header, whose class and machine are the module's. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* True for the base names of glibc's dynamic linkers; musl's, Android's and the BSDs' differ. */
static bool is_glibc_ldso(const char *path)
{
	static const char *const patterns[] = {
		"ld-linux*", /* most: ld-linux-x86-64.so.2, ld-linux.so.2, ld-linux-aarch64.so.1 */
		"ld64.so.*", /* powerpc64, s390x */
		"ld.so.1",   /* mips, powerpc, hppa, s390 */
		"ld-2.*.so", /* the file behind those names before 2.34 */
		"ld-3.*.so",
	};

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (fnmatch(patterns[i], base_name(path), 0) == 0)
			return true;
	return false;
}

/* ld.so started as a program of its own ("ld.so ./app") has no PT_INTERP and loads auditors. */
static bool is_ldso_itself(const char *path)
{
	AUTO_FREE char *real = realpath(path, NULL);

	return is_glibc_ldso(path) || (real && is_glibc_ldso(real));
}

/*
 * The interpreter of a "#!" line, or NULL when the kernel would not run it: no interpreter, or its
 * name does not end within the part that the kernel reads.
 */
static char *script_interpreter(const char *head, size_t length)
{
	size_t start = 2, end;

	while (start < length && (head[start] == ' ' || head[start] == '\t'))
		start++;
	for (end = start; end < length; end++)
		if (head[end] == ' ' || head[end] == '\t' || head[end] == '\n' || head[end] == '\0')
			break;
	if (end == start || (end == length && length == SCRIPT_LINE_MAX))
		return NULL;
	return xstrndup(head + start, end - start);
}

/* Read PT_INTERP; NULL when it is not one that the kernel takes. */
static char *read_interpreter(int fd, const GElf_Phdr *phdr)
{
	AUTO_FREE char *name = NULL;

	if (phdr->p_filesz < 2 || phdr->p_filesz > PATH_MAX || phdr->p_offset > INT64_MAX)
		return NULL;
	name = xcalloc(1, phdr->p_filesz);
	if (pread(fd, name, phdr->p_filesz, (off_t)phdr->p_offset) != (ssize_t)phdr->p_filesz)
		return NULL;
	if (name[phdr->p_filesz - 1] != '\0')
		return NULL;
	return xstrdup(name);
}

static enum program_kind inspect_elf(Elf *elf, int fd, const char *path, char **ret_interpreter)
{
	GElf_Ehdr ehdr;
	size_t count;
	bool own;

	if (!gelf_getehdr(elf, &ehdr) || (ehdr.e_type != ET_EXEC && ehdr.e_type != ET_DYN) ||
	    elf_getphdrnum(elf, &count) != 0 || count == 0)
		return PROGRAM_NOT_ELF;
	own = ehdr.e_ident[EI_CLASS] == __ehdr_start.e_ident[EI_CLASS] &&
	      ehdr.e_ident[EI_DATA] == __ehdr_start.e_ident[EI_DATA] &&
	      ehdr.e_machine == __ehdr_start.e_machine;

	for (size_t i = 0; i < count; i++) {
		GElf_Phdr phdr;

		if (!gelf_getphdr(elf, (int)i, &phdr))
			return PROGRAM_NOT_ELF;
		if (phdr.p_type != PT_INTERP)
			continue;
		*ret_interpreter = read_interpreter(fd, &phdr);
		if (!*ret_interpreter)
			return PROGRAM_NOT_ELF;
		if (!own)
			return PROGRAM_OTHER_CLASS;
		return is_glibc_ldso(*ret_interpreter) ? PROGRAM_DYNAMIC : PROGRAM_OTHER_LDSO;
	}
	if (!own)
		return PROGRAM_OTHER_CLASS;
	return is_ldso_itself(path) ? PROGRAM_DYNAMIC : PROGRAM_STATIC;
}

enum program_kind program_inspect(const char *path, char **ret_interpreter)
{
	char head[SCRIPT_LINE_MAX];
	AUTO_FREE char *interpreter = NULL;
	AUTO_CLOSE int fd = -1;
	enum program_kind kind = PROGRAM_NOT_ELF;
	ssize_t length;

	if (ret_interpreter)
		*ret_interpreter = NULL;
	fd = open_regular(path, NULL);
	if (fd < 0)
		return PROGRAM_UNREADABLE;
	length = pread(fd, head, sizeof(head), 0);
	if (length < 0)
		return PROGRAM_UNREADABLE;

	if (length >= 2 && head[0] == '#' && head[1] == '!') {
		interpreter = script_interpreter(head, (size_t)length);
		if (interpreter)
			kind = PROGRAM_SCRIPT;
	} else if (length >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0) {
		Elf *elf;

		elf_version(EV_CURRENT);
		elf = elf_begin(fd, ELF_C_READ, NULL);
		if (elf && elf_kind(elf) == ELF_K_ELF)
			kind = inspect_elf(elf, fd, path, &interpreter);
		elf_end(elf);
	}
	if (ret_interpreter) {
		*ret_interpreter = interpreter;
		interpreter = NULL;
	}
	return kind;
}
