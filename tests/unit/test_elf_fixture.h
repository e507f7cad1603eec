/* test_elf_fixture.h - files for the tests of report/elf: compiled, taken apart, looked into. */
#ifndef TEST_ELF_FIXTURE_H
#define TEST_ELF_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/elf/elf.h"
#include "report/util.h"

static char directory[PATH_MAX]; /* where everything is made; tests run in it */

static int make_directory(void **state)
{
	const char *parent = getenv("TMPDIR");
	AUTO_FREE char *wanted = xasprintf("%s/plugaudit-elf-XXXXXX", parent ? parent : "/tmp");
	AUTO_FREE char *real = NULL;

	(void)state;
	if (!mkdtemp(wanted) || !(real = realpath(wanted, NULL)))
		return -1;
	snprintf(directory, sizeof(directory), "%s", real);
	elf_version(EV_CURRENT);
	return chdir(directory);
}

static int remove_directory(void **state)
{
	AUTO_FREE char *command = xasprintf("rm -rf '%s'", directory);

	(void)state;
	return chdir("/") != 0 || system(command) != 0;
}

static inline void write_text(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* Run a shell command in the directory; `false` when it fails. */
static inline bool PRINTF_LIKE(1, 2) try_run(const char *format, ...)
{
	AUTO_FREE char *command = NULL;
	va_list args;

	va_start(args, format);
	assert_true(vasprintf(&command, format, args) >= 0);
	va_end(args);
	return system(command) == 0;
}

#define run(...)                                              \
	do {                                                  \
		if (!try_run(__VA_ARGS__))                    \
			fail_msg("failed: %s", #__VA_ARGS__); \
	} while (0)

static inline const char *compiler(void)
{
	const char *cc = getenv("CC");

	return cc && *cc ? cc : "gcc";
}

/* Value and size of a symbol of the file, from .symtab or, without one, .dynsym. */
static inline bool find_symbol(const char *path, const char *name, GElf_Sym *ret_symbol)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	bool found = false;

	assert_non_null(elf);
	for (Elf_Scn *scn = elf_nextscn(elf, NULL); scn && !found; scn = elf_nextscn(elf, scn)) {
		GElf_Shdr shdr;
		Elf_Data *data;

		assert_non_null(gelf_getshdr(scn, &shdr));
		if (shdr.sh_type != SHT_SYMTAB && shdr.sh_type != SHT_DYNSYM)
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 0; data && !found && gelf_getsym(data, i, ret_symbol); i++) {
			const char *s = elf_strptr(elf, shdr.sh_link, ret_symbol->st_name);

			found = s && strcmp(s, name) == 0 && ret_symbol->st_shndx != SHN_UNDEF;
		}
	}
	elf_end(elf);
	close(fd);
	return found;
}

static inline uint64_t address_of(const char *path, const char *name)
{
	GElf_Sym symbol;

	if (!find_symbol(path, name, &symbol))
		fail_msg("%s has no symbol %s", path, name);
	return symbol.st_value;
}

/* The file's build-id in hex, in a buffer of the caller; false when it has none. */
static inline bool get_build_id(const char *path, char hex[129])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	const void *bytes;
	ssize_t length = dwelf_elf_gnu_build_id(elf, &bytes);

	for (ssize_t i = 0; i < length && i < 64; i++)
		sprintf(hex + 2 * i, "%02x", ((const unsigned char *)bytes)[i]);
	elf_end(elf);
	close(fd);
	return length > 0;
}

/* The identity that a recording would have of the file: dev, ino, size and time. */
static inline struct elf_identity identity_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return (struct elf_identity){
		.path = path,
		.dev = st.st_dev,
		.ino = st.st_ino,
		.size = (uint64_t)st.st_size,
		.mtime_ns =
			(uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec,
	};
}

/* "function+offset file:line, function+offset file:line ..." of what a new symbolizer finds; "(i)"
 * behind inlined ones.  The directory comes out as "DIR".  The caller frees it. */
static inline char *places_text(const struct source_place *places, size_t count)
{
	struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < count; i++) {
		const char *file = places[i].file ? places[i].file : "?";
		size_t length = strlen(directory);

		strbuf_addf(&sb, "%s%s%s", i ? ", " : "",
			    places[i].function ? places[i].function : "?",
			    places[i].inlined ? "(i)" : "");
		if (strncmp(file, directory, length) == 0)
			strbuf_addf(&sb, " DIR%s:%d", file + length, places[i].line);
		else
			strbuf_addf(&sb, " %s:%d", file, places[i].line);
	}
	return strbuf_detach(&sb);
}

static inline char *look_up(const struct elf_identity *identity, uint64_t address)
{
	struct symbolizer *sym = symbolizer_new();
	struct source_place places[16];
	size_t count = symbolizer_find(sym, identity, address, places, ARRAY_SIZE(places));
	char *text = places_text(places, count);

	symbolizer_free(sym);
	return text;
}

/* Expect `expected` of the file's address. */
static inline void check_address(const char *path, uint64_t address, const char *expected)
{
	struct elf_identity identity = identity_of(path);
	AUTO_FREE char *text = look_up(&identity, address);

	if (strcmp(text, expected) != 0)
		fail_msg("%s at %#llx: \"%s\", expected \"%s\"", path, (unsigned long long)address,
			 text, expected);
}

#endif
