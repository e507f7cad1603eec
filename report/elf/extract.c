/*
 * extract.c - ELF files without their code, to bytes and back.
 */
#include "report/elf/extract.h"

#include <gelf.h>
#include <unistd.h>
#include <zlib.h>

#include "report/elf/image.h"
#include "report/util.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they are");

#define EXTRACT_FORMAT 1
#define KEPT_MAX       (64u << 20)         /* bytes of a file */
#define FILE_MAX       ((uint64_t)1 << 32) /* its addresses are taken, not that much memory */
#define DEFLATE_RATIO  1032                /* see symbol_blob.c */
#define SECTIONS_MAX   65536

struct extract_header {
	uint32_t format, count;
	uint64_t file_size;
};

struct range {
	uint64_t offset, length;
};

/* --- what is left out --- */

struct left_out {
	struct range *ranges;
	size_t *sections; /* their numbers */
	size_t count, room, section_room, section_count;
};

static bool is_left_out(const GElf_Shdr *header, const char *name)
{
	static const char *const prefixes[] = {".debug",         ".zdebug",           ".rodata",
					       ".gnu_debugdata", ".gcc_except_table", ".comment"};

	if (header->sh_type != SHT_PROGBITS && header->sh_type != SHT_X86_64_UNWIND)
		return false;
	if (header->sh_flags & SHF_EXECINSTR || strcmp(name, ".eh_frame") == 0)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static void find_left_out(Elf *elf, struct left_out *out)
{
	Elf_Scn *section = NULL;
	size_t strings;

	if (elf_getshdrstrndx(elf, &strings) != 0)
		return;
	while ((section = elf_nextscn(elf, section)) && out->count < SECTIONS_MAX) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(section, &header))
			return;
		name = elf_strptr(elf, strings, header.sh_name);
		if (!name || !is_left_out(&header, name))
			continue;
		*GROW(out->ranges, out->count, out->room) =
			(struct range){header.sh_offset, header.sh_size};
		*GROW(out->sections, out->section_count, out->section_room) = elf_ndxscn(section);
	}
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* The rest of the file; returns the number of its ranges. */
static size_t keep_rest(struct left_out *out, uint64_t size, struct range *kept)
{
	uint64_t at = 0;
	size_t count = 0;

	if (out->count)
		qsort(out->ranges, out->count, sizeof(*out->ranges), compare_ranges);
	for (size_t i = 0; i <= out->count; i++) {
		uint64_t end = i < out->count && out->ranges[i].offset < size
				       ? out->ranges[i].offset
				       : size;

		if (end > at)
			kept[count++] = (struct range){at, end - at};
		if (i < out->count && end < size) {
			uint64_t length = out->ranges[i].length;

			length = length < size - end ? length : size - end;
			at = end + length > at ? end + length : at;
		} else {
			at = size;
		}
	}
	return count;
}

/* --- making one --- */

static bool read_all(int fd, void *buffer, uint64_t length, uint64_t offset)
{
	while (length) {
		ssize_t n = pread(fd, buffer, length, (off_t)offset);

		if (n <= 0)
			return false;
		buffer = (char *)buffer + n;
		offset += (uint64_t)n;
		length -= (uint64_t)n;
	}
	return true;
}

/* In `bytes`, which holds [offset, offset + length) of the file, sections that are left out become
 * SHT_NOBITS. */
static void mark_left_out(Elf *elf, const struct left_out *out, unsigned char *bytes,
			  const struct range *range)
{
	static const uint32_t nobits = SHT_NOBITS;
	size_t type = offsetof(Elf64_Shdr, sh_type); /* the same in Elf32_Shdr */
	GElf_Ehdr ehdr;

	if (!gelf_getehdr(elf, &ehdr) || ehdr.e_ident[EI_DATA] != ELFDATA2LSB)
		return;
	for (size_t i = 0; i < out->section_count; i++) {
		uint64_t at = ehdr.e_shoff + out->sections[i] * ehdr.e_shentsize + type;

		if (at >= range->offset && at - range->offset + sizeof(nobits) <= range->length)
			memcpy(bytes + (at - range->offset), &nobits, sizeof(nobits));
	}
}

static unsigned char *compress_extract(const unsigned char *contents, size_t size,
				       size_t *ret_length)
{
	uLongf length = compressBound(size);
	unsigned char *bytes = xmalloc(length);

	if (compress2(bytes, &length, contents, size, Z_BEST_SPEED) != Z_OK)
		BUG("zlib can't compress %zu bytes", size);
	*ret_length = length;
	return bytes;
}

static unsigned char *make(const struct image *image, const struct left_out *out,
			   const struct range *kept, size_t count, uint64_t file_size,
			   size_t *ret_length, size_t *ret_inflated)
{
	struct extract_header header = {EXTRACT_FORMAT, (uint32_t)count, file_size};
	size_t size = sizeof(header) + count * sizeof(*kept), at = size;
	AUTO_FREE unsigned char *contents = NULL;

	for (size_t i = 0; i < count; i++)
		size += kept[i].length;
	if (size > KEPT_MAX)
		return NULL;
	contents = xmalloc(size);
	memcpy(contents, &header, sizeof(header));
	memcpy(contents + sizeof(header), kept, count * sizeof(*kept));
	for (size_t i = 0; i < count; i++) {
		if (!read_all(image->fd, contents + at, kept[i].length, kept[i].offset))
			return NULL;
		mark_left_out(image->elf, out, contents + at, &kept[i]);
		at += kept[i].length;
	}
	*ret_inflated = size;
	return compress_extract(contents, size, ret_length);
}

unsigned char *elf_extract_make(const struct elf_identity *identity, size_t *ret_length,
				size_t *ret_inflated)
{
	struct elf_identity file = *identity;
	struct left_out out = {0};
	AUTO_FREE struct range *kept = NULL;
	unsigned char *bytes = NULL;
	struct image image;
	struct stat st;

	file.extract = NULL;
	if (!image_open(&image, &file))
		return NULL;
	if (fstat(image.fd, &st) == 0 && (uint64_t)st.st_size < FILE_MAX) {
		find_left_out(image.elf, &out);
		kept = xcalloc(out.count + 1, sizeof(*kept));
		bytes = make(&image, &out, kept, keep_rest(&out, (uint64_t)st.st_size, kept),
			     (uint64_t)st.st_size, ret_length, ret_inflated);
	}
	image_close(&image);
	free(out.ranges);
	free(out.sections);
	return bytes;
}

/* --- and back --- */

/* Put the ranges where they were; false when they are none. */
static bool restore(const unsigned char *contents, size_t size, const struct extract_header *header,
		    char *file)
{
	const unsigned char *ranges = contents + sizeof(*header);
	uint64_t at = sizeof(*header) + (uint64_t)header->count * sizeof(struct range);
	uint64_t last = 0;

	if (at > size)
		return false;
	for (size_t i = 0; i < header->count; i++) {
		struct range range;

		memcpy(&range, ranges + i * sizeof(range), sizeof(range));
		if (range.offset < last || range.offset > header->file_size ||
		    range.length > header->file_size - range.offset || range.length > size - at)
			return false;
		memcpy(file + range.offset, contents + at, range.length);
		at += range.length;
		last = range.offset + range.length;
	}
	return at == size;
}

char *elf_extract_open(const struct elf_extract *extract, size_t *ret_size)
{
	struct extract_header header;
	AUTO_FREE unsigned char *contents = NULL;
	uLongf size = extract->inflated;
	char *file;

	if (size < sizeof(header) || size > KEPT_MAX || size / DEFLATE_RATIO > extract->length)
		return NULL;
	contents = xmalloc(size);
	if (uncompress(contents, &size, extract->bytes, extract->length) != Z_OK ||
	    size != extract->inflated)
		return NULL;
	memcpy(&header, contents, sizeof(header));
	if (header.format != EXTRACT_FORMAT || header.file_size >= FILE_MAX)
		return NULL;
	file = calloc(1, header.file_size + 1); /* not xcalloc(): the size is anybody's claim */
	if (!file || !restore(contents, size, &header, file)) {
		free(file);
		return NULL;
	}
	*ret_size = header.file_size;
	return file;
}
