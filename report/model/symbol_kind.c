/* What names of symbols and objects tell: which are C++'s shared ones, the allocator's, glibc's. */
#include <elf.h>
#include <fnmatch.h>

#include "report/model/bound.h"
#include "report/util.h"

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

bool symbol_is_linkers(const char *name)
{
	/* GNU ld's default linker script; crt1.o, crti.o, crtbegin.o; gcc's libgcc. */
	static const char *const names[] = {
		"_init",
		"_fini",
		"_edata",
		"edata",
		"_end",
		"end",
		"_etext",
		"etext",
		"__etext",
		"__bss_start",
		"__bss_start__",
		"__bss_end__",
		"_bss_end__",
		"__end__",
		"_start",
		"main",
		"__data_start",
		"data_start",
		"_IO_stdin_used",
		"__dso_handle",
		"_DYNAMIC",
		"_GLOBAL_OFFSET_TABLE_",
		"_PROCEDURE_LINKAGE_TABLE_",
		"__TMC_END__",
		"__libc_csu_init",
		"__libc_csu_fini",
		"__gmon_start__",
		"_fp_hw",
		"__executable_start",
		"__init_array_start",
		"__init_array_end",
		"__fini_array_start",
		"__fini_array_end",
		"__FRAME_END__",
	};

	if (*name != '_' && *name != 'e' && *name != 'm' && *name != 'd')
		return false;
	return is_one_of(name, names, ARRAY_SIZE(names));
}

enum vague_kind symbol_vague_kind(const char *name, uint8_t type, uint8_t bind)
{
	bool data = type == STT_OBJECT || type == STT_TLS || type == STT_COMMON;
	bool many = bind == STB_WEAK || bind == STB_GNU_UNIQUE;

	/* Variables of the global namespace have their plain names, inline ones too; a function
	 * with a plain name is C's. */
	if (strncmp(name, "_Z", 2) != 0)
		return data && many ? VAGUE_DATA : VAGUE_NOT;
	/* A type has one typeinfo, whatever its binding: link-time optimisation makes weak ones
	 * global, and a class with a key function has a global one from the start. */
	if (name[2] == 'T' && (name[3] == 'I' || name[3] == 'S'))
		return VAGUE_TYPEINFO;
	/* A class with a key function has its virtual table in one object, and strong there. */
	if (!many)
		return VAGUE_NOT;
	if (name[2] == 'T' && (name[3] == 'V' || name[3] == 'T' || name[3] == 'C'))
		return VAGUE_VTABLE;
	return data ? VAGUE_DATA : VAGUE_FUNCTION;
}

bool symbol_is_std(const char *symbol)
{
	static const char *const prefixes[] = {"St",   "NSt",   "NKSt",        "N9__gnu_cxx",
					       "ZNSt", "ZNKSt", "N10__cxxabiv"};
	const char *s = symbol;

	if (strncmp(s, "_Z", 2) != 0)
		return false;
	s += 2;
	if (strncmp(s, "TI", 2) == 0 || strncmp(s, "TS", 2) == 0 || strncmp(s, "GV", 2) == 0)
		s += 2;
	s += strspn(s, "PK"); /* pointers to it, and to const */
	for (size_t j = 0; j < ARRAY_SIZE(prefixes); j++)
		if (strncmp(s, prefixes[j], strlen(prefixes[j])) == 0)
			return true;
	return strlen(s) <= 1; /* char, int ... */
}

bool symbol_is_allocator(const char *name)
{
	/* glibc manual, "Replacing malloc"; and what else has to come from the same place. */
	static const char *const names[] = {
		"malloc",
		"free",
		"calloc",
		"realloc",
		"reallocarray",
		"memalign",
		"aligned_alloc",
		"posix_memalign",
		"valloc",
		"pvalloc",
		"malloc_usable_size",
		"cfree",
	};

	/* Itanium C++ ABI: operator new, new[], delete, delete[], in all their forms. */
	if (name[0] == '_' && name[1] == 'Z')
		return (name[2] == 'n' && (name[3] == 'w' || name[3] == 'a')) ||
		       (name[2] == 'd' && (name[3] == 'l' || name[3] == 'a') && name[4] == 'P');
	return is_one_of(name, names, ARRAY_SIZE(names));
}

bool symbol_is_handler(const char *name)
{
	/* BLAS and LAPACK, xerbla.f: "Installers may consider modifying the STOP statement"; R,
	 * NumPy and Octave bring one that raises their own errors. */
	static const char *const names[] = {"xerbla_", "xerbla", "xerbla_array_", "cblas_xerbla"};

	return is_one_of(name, names, ARRAY_SIZE(names));
}

bool object_is_glibc(const struct object *object)
{
	/* glibc's Makefiles: what it installs and links other parts of itself against. */
	static const char *const patterns[] = {
		"libc.so.6*",     "ld-linux*.so.*",  "ld64.so.*",
		"ld.so.1",        "libpthread.so.0", "libdl.so.2",
		"librt.so.1",     "libm.so.6",       "libmvec.so.1",
		"libresolv.so.2", "libutil.so.1",    "libanl.so.1",
		"libnsl.so.1",    "libSegFault.so",  "libBrokenLocale.so.1",
		"libnss_*.so.2",
	};
	const char *name = object->soname ? object->soname : base_name(object->path);

	if (object->kind == OBJECT_LDSO)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	return false;
}
