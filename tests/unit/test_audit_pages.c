/* Pages larger than 4 KiB, as aarch64 may have them: what is made of them must be whole pages.  The
 * module is told a larger size than this kernel's; it then has to be right for both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "audit/module.h"

#define PAGE ((size_t)64 << 10)

static int setup(void **state)
{
	(void)state;
	/* ld.so's, until somebody says otherwise. */
	if (module.page_size != (size_t)sysconf(_SC_PAGESIZE))
		return -1;
	module.page_size = PAGE;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	module.page_size = (size_t)sysconf(_SC_PAGESIZE);
	return 0;
}

/* ld.so protects only whole pages: glibc elf/dl-reloc.c (_dl_protect_relro). */
static void test_relro(void **state)
{
	struct {
		ElfW(Ehdr) ehdr;
		ElfW(Phdr) phdr;
	} *image = aligned_alloc(PAGE, PAGE); /* a static one ld.so aligns from glibc 2.35 on */
	struct link_map map = {0};
	struct object object = {.kind = SPOOL_OBJECT_LIBRARY, .map = &map};
	struct elf_facts *facts = calloc(1, sizeof(*facts));

	(void)state;
	assert_non_null(image);
	memset(image, 0, sizeof(*image));
	memcpy(image->ehdr.e_ident, ELFMAG, SELFMAG);
	image->ehdr.e_phentsize = sizeof(image->phdr);
	image->ehdr.e_phoff = offsetof(__typeof__(*image), phdr);
	image->ehdr.e_phnum = 1;
	image->phdr.p_type = PT_GNU_RELRO;
	image->phdr.p_vaddr = 0x1fd80;
	image->phdr.p_memsz = 0x22000 - 0x1fd80;
	object.bias = (uintptr_t)image;

	elf_read(&object, "", facts);
	assert_int_equal(object.relro_start - object.bias, 0x10000);
	assert_int_equal(object.relro_end - object.bias, 0x20000);
	module.page_size = 4096;
	elf_read(&object, "", facts);
	assert_int_equal(object.relro_start - object.bias, 0x1f000);
	assert_int_equal(object.relro_end - object.bias, 0x22000);
	free(facts);
	free(image);
}

/* Bytes that can't be touched just below `address`; 0 none. */
static size_t guarded_below(uintptr_t address)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512], access[5];
	size_t size = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		uintptr_t start, end;

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &start, &end, access) == 3 &&
		    end == address && access[0] == '-')
			size = end - start;
	}
	fclose(maps);
	return size;
}

static void note_place(void *place)
{
	*(uintptr_t *)place = (uintptr_t)__builtin_frame_address(0);
}

/* An unwinder's stack ends in a whole page that nobody can touch. */
static void test_guard(void **state)
{
	struct stack_taker *taker;
	uintptr_t place = 0;
	size_t guard = 0;

	(void)state;
	taker = stack_borrow();
	assert_non_null(taker);
	stack_run(taker, note_place, &place);
	for (uintptr_t at = place & ~(uintptr_t)4095; !guard && place - at < PAGE; at -= 4096)
		guard = guarded_below(at);
	stack_give_back(taker);
	assert_true(guard >= PAGE);
}

/* A spool grows by whole pages. */
static void test_spool(void **state)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	struct spool_header header = {.salt = 1, .pid = 4711};
	char directory[] = "/tmp/test_audit_pages.XXXXXX", database[64];
	uint64_t allocated = 0, steps = 0;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(database, sizeof(database), "%s/x.db", directory);
	assert_int_equal(writer_create(writer, database, &header), 0);
	for (int i = 0; i < 60000; i++) {
		void *payload;

		if (i == 10000)
			writer_close_file(writer);
		if (allocated != writer->header->allocated) {
			allocated = writer->header->allocated;
			assert_int_equal(allocated % PAGE, 0);
			steps++;
		}
		payload = writer_reserve(writer, SPOOL_BINDING, 0, 0, sizeof(struct spool_binding));
		assert_non_null(payload);
		writer_commit(writer, payload);
	}
	assert_true(steps > 10);
	writer_discard(writer);
	assert_int_equal(rmdir(directory), 0);
	free(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_relro, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guard, setup, teardown),
		cmocka_unit_test_setup_teardown(test_spool, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
