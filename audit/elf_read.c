/*
 * elf_read.c - an object's program headers and dynamic section, as they lie in memory.
 * gABI chapter 5; glibc elf/get-dynamic-info.h for which dynamic entries ld.so relocates in place.
 */
#include "audit/module.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>

/* Entries of a dynamic section that ends without DT_NULL are not looked for beyond this. */
#define DYNAMIC_MAX 4096

#ifndef DT_RELR
#define DT_RELR 36
#endif

static bool headers_in_memory(const struct object *object, struct elf_facts *facts)
{
	uintptr_t start = object->bias;
	const ElfW(Ehdr) * ehdr;

	if (object->kind == SPOOL_OBJECT_MAIN) {
		const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
		size_t count = getauxval(AT_PHNUM);

		/* "ld.so ./program" leaves ld.so's own headers there: take them only when they
		 * describe this dynamic section. */
		for (size_t i = 0; headers && i < count; i++)
			if (headers[i].p_type == PT_DYNAMIC &&
			    headers[i].p_vaddr + object->bias == (uintptr_t)object->map->l_ld) {
				facts->headers = headers;
				facts->header_count = (uint32_t)count;
				return true;
			}
	}
	ehdr = (const ElfW(Ehdr) *)start;
	if (start % 8 != 0 || !is_readable(start) || memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0 ||
	    ehdr->e_phentsize != sizeof(ElfW(Phdr)) ||
	    ehdr->e_phoff + ehdr->e_phnum * sizeof(ElfW(Phdr)) > 4096)
		return false;
	facts->headers = (const ElfW(Phdr) *)(start + ehdr->e_phoff);
	facts->header_count = ehdr->e_phnum;
	return true;
}

/* The first segment is not at the load bias, or its headers lie outside the first page. */
static bool read_headers_from(long fd, struct elf_facts *facts)
{
	ElfW(Ehdr) ehdr;
	size_t count;

	if (sys(SYS_pread64, fd, &ehdr, sizeof(ehdr), ARCH_WIDE(0)) != sizeof(ehdr) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) != 0 || ehdr.e_phentsize != sizeof(ElfW(Phdr)))
		return false;
	count = ehdr.e_phnum;
	if (count > sizeof(facts->copy) / sizeof(facts->copy[0]))
		count = sizeof(facts->copy) / sizeof(facts->copy[0]);
	if (sys(SYS_pread64, fd, facts->copy, count * sizeof(ElfW(Phdr)),
		ARCH_WIDE(ehdr.e_phoff)) != (long)(count * sizeof(ElfW(Phdr))))
		return false;
	facts->headers = facts->copy;
	facts->header_count = (uint32_t)count;
	return true;
}

static bool headers_from_file(const char *path, struct elf_facts *facts)
{
	long fd =
		*path ? sys(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0) : -1;
	bool good = fd >= 0 && read_headers_from(fd, facts);

	if (fd >= 0)
		sys(SYS_close, fd);
	return good;
}

static void find_build_id(uintptr_t notes, size_t size, struct elf_facts *facts)
{
	uintptr_t end = notes + size;

	while (notes + sizeof(ElfW(Nhdr)) <= end) {
		const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)notes;
		uintptr_t name = notes + sizeof(*note);
		uintptr_t data = name + ((note->n_namesz + 3u) & ~3u);

		if (note->n_namesz > size || note->n_descsz > size || data + note->n_descsz > end)
			return;
		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 &&
		    memcmp((const void *)name, "GNU", 4) == 0) {
			facts->build_id = (const unsigned char *)data;
			facts->build_id_size = note->n_descsz;
			return;
		}
		notes = data + ((note->n_descsz + 3u) & ~3u);
	}
}

static void read_headers(struct object *object, struct elf_facts *facts)
{
	uintptr_t low = UINTPTR_MAX, high = 0;

	for (uint32_t i = 0; i < facts->header_count; i++) {
		const ElfW(Phdr) *h = &facts->headers[i];
		uintptr_t at = object->bias + h->p_vaddr;

		switch (h->p_type) {
		case PT_LOAD:
			if ((at & ~(uintptr_t)4095) < low)
				low = at & ~(uintptr_t)4095;
			if (at + h->p_memsz > high)
				high = at + h->p_memsz;
			break;
		case PT_GNU_EH_FRAME:
			object->unwind_header = at;
			break;
		case PT_GNU_RELRO:
			/* As ld.so rounds, both down: glibc elf/dl-reloc.c (_dl_protect_relro). */
			object->relro_start = at & ~(module.page_size - 1);
			object->relro_end = (at + h->p_memsz) & ~(module.page_size - 1);
			break;
		case PT_TLS:
			facts->elf_flags |= SPOOL_ELF_TLS;
			break;
		case PT_GNU_STACK:
			facts->elf_flags |= SPOOL_ELF_STACK;
			if (h->p_flags & PF_X)
				facts->elf_flags |= SPOOL_ELF_EXECSTACK;
			break;
		default:
			break;
		}
	}
	if (low < high) {
		object->start = low;
		object->end = (high + 4095) & ~(uintptr_t)4095;
	}
	for (uint32_t i = 0; i < facts->header_count; i++) {
		const ElfW(Phdr) *h = &facts->headers[i];
		uintptr_t at = object->bias + h->p_vaddr;

		if (h->p_type == PT_NOTE && !facts->build_id && at >= object->start &&
		    at + h->p_memsz <= object->end)
			find_build_id(at, h->p_memsz, facts);
	}
}

/* ld.so has added the load bias to these entries already, but not in a read-only section (vDSO). */
static uintptr_t absolute(const struct object *object, uintptr_t value)
{
	return value && value < object->bias ? value + object->bias : value;
}

static const char *string_at(const struct object *object, uintptr_t offset)
{
	return object->strings && offset < object->string_size
		       ? (const char *)object->strings + offset
		       : NULL;
}

static void read_dynamic(struct object *object, struct elf_facts *facts)
{
	uintptr_t soname = UINTPTR_MAX, rpath = UINTPTR_MAX, runpath = UINTPTR_MAX;
	const ElfW(Dyn) *d = object->map->l_ld;

	facts->dynamic = d;
	for (uint32_t i = 0; d && d->d_tag != DT_NULL && i < DYNAMIC_MAX; d++, i++) {
		uintptr_t value = d->d_un.d_val;

		switch (d->d_tag) {
		case DT_SONAME:
			soname = value;
			break;
		case DT_RPATH:
			rpath = value;
			break;
		case DT_RUNPATH:
			runpath = value;
			break;
		case DT_FLAGS:
			facts->flags = value;
			break;
		case DT_FLAGS_1:
			facts->flags_1 = value;
			break;
		case DT_SYMBOLIC:
			facts->elf_flags |= SPOOL_ELF_SYMBOLIC;
			break;
		case DT_TEXTREL:
			facts->elf_flags |= SPOOL_ELF_TEXTREL;
			break;
		case DT_BIND_NOW:
			facts->elf_flags |= SPOOL_ELF_BIND_NOW;
			break;
		case DT_HASH:
			facts->elf_flags |= SPOOL_ELF_SYSV_HASH;
			object->sysv_hash = absolute(object, value);
			break;
		case DT_GNU_HASH:
			facts->elf_flags |= SPOOL_ELF_GNU_HASH;
			object->gnu_hash = absolute(object, value);
			break;
		case DT_SYMTAB:
			object->symbols = absolute(object, value);
			break;
		case DT_STRTAB:
			object->strings = absolute(object, value);
			break;
		case DT_STRSZ:
			object->string_size = value;
			break;
		case DT_VERSYM:
			facts->elf_flags |= SPOOL_ELF_VERSYM;
			object->versyms = absolute(object, value);
			break;
		case DT_VERDEF:
			object->versions = absolute(object, value);
			break;
		case DT_VERNEED:
			object->needs = absolute(object, value);
			break;
		case DT_VERNEEDNUM:
			object->need_count = (uint32_t)value;
			break;
		case RELOC_TABLE:
			object->relocations = absolute(object, value);
			break;
		case RELOC_SIZE:
			object->relocation_count = value / sizeof(elf_reloc);
			break;
		case RELOC_RELATIVE:
			object->relative_count = value;
			break;
		case DT_JMPREL:
			object->plt_relocations = absolute(object, value);
			break;
		case DT_PLTRELSZ:
			object->plt_relocation_count = value / sizeof(elf_reloc);
			break;
		case DT_VERDEFNUM:
			object->version_count = (uint32_t)value;
			break;
		default:
			break;
		}
	}
	facts->soname = string_at(object, soname);
	facts->rpath = string_at(object, rpath);
	facts->runpath = string_at(object, runpath);
}

void elf_read(struct object *object, const char *path, struct elf_facts *facts)
{
	facts->headers = NULL;
	facts->header_count = 0;
	facts->flags = facts->flags_1 = facts->elf_flags = 0;
	facts->build_id = NULL;
	facts->build_id_size = 0;
	if (headers_in_memory(object, facts) || headers_from_file(path, facts))
		read_headers(object, facts);
	read_dynamic(object, facts);
}

const char *elf_next_needed(const struct object *object, const struct elf_facts *facts,
			    const ElfW(Dyn) * *at)
{
	const ElfW(Dyn) *d = *at ? *at + 1 : facts->dynamic;

	for (; d && d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_NEEDED) {
			*at = d;
			return string_at(object, d->d_un.d_val);
		}
	return NULL;
}
