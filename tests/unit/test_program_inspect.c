/* program_inspect(): programs of every kind, made here byte by byte or by the compiler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/elf/elf.h"
#include "report/util.h"

#define LDSO "/lib64/ld-linux-x86-64.so.2"

static char directory[PATH_MAX];

/* A program image as small as the kernel would look at. */
struct program {
	ElfW(Ehdr) ehdr;
	ElfW(Phdr) phdrs[3];
	char interpreter[64];
};

/* The header of this very test: the class and machine that count as plugreport's own. */
static void own_header(ElfW(Ehdr) * ehdr)
{
	FILE *file = fopen("/proc/self/exe", "r");

	assert_non_null(file);
	assert_int_equal(fread(ehdr, sizeof(*ehdr), 1, file), 1);
	fclose(file);
}

static struct program new_program(const char *interpreter)
{
	struct program program = {0};

	own_header(&program.ehdr);
	program.ehdr.e_type = ET_DYN;
	program.ehdr.e_phoff = offsetof(struct program, phdrs);
	program.ehdr.e_phnum = 3;
	program.ehdr.e_phentsize = sizeof(ElfW(Phdr));
	program.ehdr.e_shoff = program.ehdr.e_shnum = program.ehdr.e_shstrndx = 0;
	program.phdrs[0].p_type = PT_LOAD;
	program.phdrs[1].p_type = interpreter ? PT_INTERP : PT_NULL;
	program.phdrs[2].p_type = PT_DYNAMIC;
	if (interpreter) {
		assert_true(strlen(interpreter) < sizeof(program.interpreter));
		memcpy(program.interpreter, interpreter, strlen(interpreter));
		program.phdrs[1].p_offset = offsetof(struct program, interpreter);
		program.phdrs[1].p_filesz = strlen(interpreter) + 1;
	}
	return program;
}

/* Write a file and keep its name in `path`, which has room for PATH_MAX bytes. */
static void write_file(char *path, const char *name, const void *bytes, size_t length)
{
	FILE *file;

	snprintf(path, PATH_MAX, "%.3000s/%s", directory, name);
	unlink(path);
	file = fopen(path, "w");
	assert_non_null(file);
	if (length)
		assert_int_equal(fwrite(bytes, length, 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static void check(const void *bytes, size_t length, enum program_kind kind, const char *interpreter)
{
	char path[PATH_MAX];
	AUTO_FREE char *found = NULL;

	write_file(path, "program", bytes, length);
	assert_int_equal(program_inspect(path, &found), kind);
	if (interpreter)
		assert_string_equal(found, interpreter);
	else
		assert_null(found);
	assert_int_equal(program_inspect(path, NULL), kind);
}

static void check_program(const struct program *program, enum program_kind kind,
			  const char *interpreter)
{
	check(program, sizeof(*program), kind, interpreter);
}

static void test_interpreters(void **state)
{
	static const char *const glibc[] = {
		"/lib64/ld-linux-x86-64.so.2",
		"/lib/ld-linux.so.2",
		"/lib/ld-linux-aarch64.so.1",
		"/lib/ld-linux-armhf.so.3",
		"/lib64/ld64.so.2",
		"/lib/ld64.so.1",
		"/lib/ld.so.1",
		"/nix/store/x-glibc/lib/ld-linux-x86-64.so.2",
		"ld-linux-x86-64.so.2",
	};
	static const char *const other[] = {
		"/lib/ld-musl-x86_64.so.1", "/system/bin/linker64",  "/libexec/ld-elf.so.1",
		"/lib/ld-uClibc.so.0",      "/lib64/ld-linux/other", "/",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(glibc); i++) {
		struct program program = new_program(glibc[i]);

		check_program(&program, PROGRAM_DYNAMIC, glibc[i]);
		program.ehdr.e_type = ET_EXEC;
		check_program(&program, PROGRAM_DYNAMIC, glibc[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(other); i++) {
		struct program program = new_program(other[i]);

		check_program(&program, PROGRAM_OTHER_LDSO, other[i]);
	}
}

static void test_static(void **state)
{
	struct program program = new_program(NULL);

	(void)state;
	check_program(&program, PROGRAM_STATIC, NULL); /* static-pie: PT_DYNAMIC alone */
	program.ehdr.e_type = ET_EXEC;
	check_program(&program, PROGRAM_STATIC, NULL);
	program.phdrs[2].p_type = PT_NULL;
	check_program(&program, PROGRAM_STATIC, NULL);
}

static void test_other_class(void **state)
{
	struct program program = new_program(LDSO);
	struct {
		Elf32_Ehdr ehdr;
		Elf32_Phdr phdr;
		char interpreter[32];
	} program32 = {.interpreter = "/lib/ld-linux.so.2"};

	(void)state;
	program.ehdr.e_machine = EM_AVR;
	check_program(&program, PROGRAM_OTHER_CLASS, LDSO);

	if (sizeof(void *) == 4) {
		print_message("32-bit program not tried: that is our own class\n");
		return;
	}
	memcpy(program32.ehdr.e_ident, program.ehdr.e_ident, EI_NIDENT);
	program32.ehdr.e_ident[EI_CLASS] = ELFCLASS32;
	program32.ehdr.e_type = ET_EXEC;
	program32.ehdr.e_machine = EM_386;
	program32.ehdr.e_version = EV_CURRENT;
	program32.ehdr.e_ehsize = sizeof(Elf32_Ehdr);
	program32.ehdr.e_phoff = sizeof(Elf32_Ehdr);
	program32.ehdr.e_phentsize = sizeof(Elf32_Phdr);
	program32.ehdr.e_phnum = 1;
	program32.phdr.p_type = PT_INTERP;
	program32.phdr.p_offset = sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr);
	program32.phdr.p_filesz = strlen(program32.interpreter) + 1;
	check(&program32, sizeof(program32), PROGRAM_OTHER_CLASS, "/lib/ld-linux.so.2");
	program32.phdr.p_type = PT_LOAD;
	check(&program32, sizeof(program32), PROGRAM_OTHER_CLASS, NULL);
	/* x32: same machine, other class */
	program32.ehdr.e_machine = program.ehdr.e_machine;
	check(&program32, sizeof(program32), PROGRAM_OTHER_CLASS, NULL);
}

static void test_not_runnable(void **state)
{
	struct program program = new_program(LDSO);

	(void)state;
	program.ehdr.e_type = ET_REL;
	check_program(&program, PROGRAM_NOT_ELF, NULL);
	program.ehdr.e_type = ET_CORE;
	check_program(&program, PROGRAM_NOT_ELF, NULL);
	check("", 0, PROGRAM_NOT_ELF, NULL);
	check("\x7f", 1, PROGRAM_NOT_ELF, NULL);
	check("\x7f"
	      "ELF",
	      4, PROGRAM_NOT_ELF, NULL);
	check("echo no interpreter line\n", 25, PROGRAM_NOT_ELF, NULL);
	check("!<arch>\n", 8, PROGRAM_NOT_ELF, NULL);
}

/* What the kernel asks of PT_INTERP. */
static void test_bad_interpreter(void **state)
{
	struct program program = new_program(LDSO);

	(void)state;
	program.phdrs[1].p_filesz--; /* without its terminator */
	check_program(&program, PROGRAM_NOT_ELF, NULL);
	program.phdrs[1].p_filesz = 1;
	check_program(&program, PROGRAM_NOT_ELF, NULL);
	program.phdrs[1].p_filesz = 0;
	check_program(&program, PROGRAM_NOT_ELF, NULL);
	program.phdrs[1].p_filesz = PATH_MAX + 1;
	check_program(&program, PROGRAM_NOT_ELF, NULL);
	program.phdrs[1].p_filesz = (size_t)-1;
	check_program(&program, PROGRAM_NOT_ELF, NULL);
	program = new_program(LDSO);
	program.phdrs[1].p_offset = sizeof(program) - 3;
	check_program(&program, PROGRAM_NOT_ELF, NULL);
	program.phdrs[1].p_offset = (size_t)-8;
	check_program(&program, PROGRAM_NOT_ELF, NULL);
}

/* Cut anywhere, a program is no program; no cut and no bit may do harm. */
static void test_truncated(void **state)
{
	struct program program = new_program(LDSO);
	size_t needed = offsetof(struct program, interpreter) + sizeof(LDSO);

	(void)state;
	for (size_t length = 0; length < needed; length++) {
		char path[PATH_MAX];
		AUTO_FREE char *interpreter = NULL;
		enum program_kind kind;

		write_file(path, "program", &program, length);
		kind = program_inspect(path, &interpreter);
		assert_int_equal(kind, PROGRAM_NOT_ELF);
		assert_null(interpreter);
	}
	check(&program, needed, PROGRAM_DYNAMIC, LDSO);
}

static void test_bit_flips(void **state)
{
	struct program program = new_program(LDSO);

	(void)state;
	for (size_t bit = 0; bit < sizeof(program) * 8; bit++) {
		char path[PATH_MAX];
		char *interpreter = NULL;
		enum program_kind kind;

		((unsigned char *)&program)[bit / 8] ^= 1u << bit % 8;
		write_file(path, "program", &program, sizeof(program));
		kind = program_inspect(path, &interpreter);
		assert_true(kind != PROGRAM_SCRIPT && kind != PROGRAM_UNREADABLE);
		assert_true(kind == PROGRAM_NOT_ELF ? !interpreter : true);
		assert_true(kind == PROGRAM_DYNAMIC || kind == PROGRAM_OTHER_LDSO ? !!interpreter
										  : true);
		free(interpreter);
		((unsigned char *)&program)[bit / 8] ^= 1u << bit % 8;
	}
}

static void test_scripts(void **state)
{
	static const struct {
		const char *text, *interpreter;
	} scripts[] = {
		{"#!/bin/sh\n", "/bin/sh"},
		{"#!/bin/sh", "/bin/sh"},
		{"#! /bin/sh\n", "/bin/sh"},
		{"#! \t /usr/bin/env -S python3 -I\n", "/usr/bin/env"},
		{"#!/bin/sh -e\necho /bin/x\n", "/bin/sh"},
		{"#!/bin/sh\t-e\n", "/bin/sh"},
		{"#!relative/sh\n", "relative/sh"},
		{"#!/bin/sh\r\n", "/bin/sh\r"}, /* the kernel means it, too */
		{"#!/\xff\x1b\n", "/\xff\x1b"},
		{"#!\n/bin/sh\n", NULL},
		{"#!", NULL},
		{"#! \t", NULL},
		{"# !/bin/sh\n", NULL},
		{" #!/bin/sh\n", NULL},
	};
	char line[300];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++)
		check(scripts[i].text, strlen(scripts[i].text),
		      scripts[i].interpreter ? PROGRAM_SCRIPT : PROGRAM_NOT_ELF,
		      scripts[i].interpreter);
	check("#!/bin/sh\0x\n", 12, PROGRAM_SCRIPT, "/bin/sh");

	/* The kernel reads 256 bytes: an interpreter that does not end there is none. */
	memset(line, 'a', sizeof(line));
	memcpy(line, "#!/", 3);
	check(line, sizeof(line), PROGRAM_NOT_ELF, NULL);
	line[256] = '\n';
	check(line, sizeof(line), PROGRAM_NOT_ELF, NULL);
	line[255] = '\0';
	check(line, 255, PROGRAM_SCRIPT, line + 2);
	line[255] = '\n';
	{
		AUTO_FREE char *interpreter = xstrndup(line + 2, 253);

		check(line, sizeof(line), PROGRAM_SCRIPT, interpreter);
	}
}

static void test_unreadable(void **state)
{
	char path[PATH_MAX];
	char *interpreter = path;

	(void)state;
	errno = 0;
	assert_int_equal(program_inspect("/nonexistent/program", &interpreter), PROGRAM_UNREADABLE);
	assert_int_equal(errno, ENOENT);
	assert_null(interpreter);
	assert_int_equal(program_inspect(directory, NULL), PROGRAM_UNREADABLE);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(program_inspect("", NULL), PROGRAM_UNREADABLE);
	assert_int_equal(errno, ENOENT);

	/* must not wait for a writer */
	snprintf(path, sizeof(path), "%.3000s/fifo", directory);
	assert_int_equal(mkfifo(path, 0700), 0);
	alarm(20);
	assert_int_equal(program_inspect(path, NULL), PROGRAM_UNREADABLE);
	assert_int_equal(errno, EACCES);
	alarm(0);
	assert_int_equal(program_inspect("/dev/null", NULL), PROGRAM_UNREADABLE);

	if (geteuid() == 0) {
		print_message("unreadable file not tried: root may read everything\n");
		return;
	}
	write_file(path, "secret", "#!/bin/sh\n", 10);
	assert_int_equal(chmod(path, 0100), 0);
	assert_int_equal(program_inspect(path, NULL), PROGRAM_UNREADABLE);
	assert_int_equal(errno, EACCES);
}

/* What the compiler makes with `flags`. */
static enum program_kind compiled(const char *flags, char **ret_interpreter)
{
	const char *cc = getenv("CC");
	AUTO_FREE char *path = xasprintf("%s/compiled", directory);
	AUTO_FREE char *command =
		xasprintf("echo 'int main(void) { return 0; }' | %s -x c - -o %s %s 2>/dev/null",
			  cc ? cc : "gcc", path, flags);

	unlink(path);
	if (system(command) != 0) {
		print_message("the compiler has no %s here\n", flags);
		return PROGRAM_UNREADABLE;
	}
	return program_inspect(path, ret_interpreter);
}

static void test_compiled(void **state)
{
	AUTO_FREE char *interpreter = NULL;
	enum program_kind kind;

	(void)state;
	assert_int_equal(compiled("-pie -fPIE", &interpreter), PROGRAM_DYNAMIC);
	assert_non_null(interpreter);
	assert_int_equal(access(interpreter, X_OK), 0);
	/* ld.so itself, run as "ld.so ./program", takes auditors */
	assert_int_equal(program_inspect(interpreter, NULL), PROGRAM_DYNAMIC);
	assert_int_equal(compiled("-no-pie -fno-pie", NULL), PROGRAM_DYNAMIC);
	kind = compiled("-static", NULL);
	assert_true(kind == PROGRAM_STATIC || kind == PROGRAM_UNREADABLE);
	kind = compiled("-static-pie -fPIE", NULL);
	assert_true(kind == PROGRAM_STATIC || kind == PROGRAM_UNREADABLE);
	assert_int_equal(compiled("-shared -fPIC", NULL), PROGRAM_STATIC);
	assert_int_equal(compiled("-c", NULL), PROGRAM_NOT_ELF);
}

static int make_directory(void **state)
{
	const char *parent = getenv("TMPDIR");

	(void)state;
	snprintf(directory, sizeof(directory), "%.3000s/plugaudit-inspect-XXXXXX",
		 parent ? parent : "/tmp");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	AUTO_FREE char *command = xasprintf("rm -rf '%s'", directory);

	(void)state;
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interpreters),    cmocka_unit_test(test_static),
		cmocka_unit_test(test_other_class),     cmocka_unit_test(test_not_runnable),
		cmocka_unit_test(test_bad_interpreter), cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_bit_flips),       cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_unreadable),      cmocka_unit_test(test_compiled),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
