#include "report/elf/record.h"

#include <elf.h>

#include "report/elf/image.h"
#include "report/elf/record_reader.h"
#include "report/util.h"

#define SEGMENTS_MAX  4096 /* the kernel takes 64 KiB of program headers */
#define DYNAMIC_MAX   (1u << 20)
#define FUNCTIONS_MAX (1u << 20)

uint64_t record_bytes_left(const struct record_reader *reader, uint64_t address)
{
	const struct elf_record *record = reader->record;

	for (size_t i = 0; i < record->segment_count; i++) {
		const struct elf_segment *segment = &record->segments[i];

		if (segment->type == PT_LOAD && address >= segment->vaddr &&
		    address - segment->vaddr < segment->filesz)
			return segment->filesz - (address - segment->vaddr);
	}
	return 0;
}

Elf_Data *record_bytes(const struct record_reader *reader, uint64_t address, uint64_t size,
		       Elf_Type type)
{
	const struct elf_record *record = reader->record;

	if (size == 0 || record_bytes_left(reader, address) < size)
		return NULL;
	for (size_t i = 0; i < record->segment_count; i++) {
		const struct elf_segment *segment = &record->segments[i];
		uint64_t offset = segment->offset + (address - segment->vaddr);

		if (segment->type == PT_LOAD && address >= segment->vaddr &&
		    address - segment->vaddr < segment->filesz)
			return offset > INT64_MAX
				       ? NULL
				       : elf_getdata_rawchunk(reader->elf, (int64_t)offset, size,
							      type);
	}
	return NULL;
}

const char *record_string(const struct record_reader *reader, uint64_t offset)
{
	return offset < reader->string_limit ? reader->strings + offset : NULL;
}

bool elf_record_tag(const struct elf_record *record, int64_t tag, uint64_t *ret_value)
{
	for (size_t i = 0; i < record->dynamic_count; i++) {
		if (record->dynamic[i].tag != tag)
			continue;
		*ret_value = record->dynamic[i].value;
		return true;
	}
	return false;
}

static void read_segments(struct record_reader *reader)
{
	struct elf_record *record = reader->record;
	size_t count;

	if (elf_getphdrnum(reader->elf, &count) != 0)
		return;
	for (size_t i = 0; i < count && i < SEGMENTS_MAX; i++) {
		GElf_Phdr phdr;

		if (!gelf_getphdr(reader->elf, (int)i, &phdr))
			return;
		*GROW(record->segments, record->segment_count, record->segment_room) =
			(struct elf_segment){.type = phdr.p_type,
					     .flags = phdr.p_flags,
					     .offset = phdr.p_offset,
					     .vaddr = phdr.p_vaddr,
					     .filesz = phdr.p_filesz,
					     .memsz = phdr.p_memsz,
					     .align = phdr.p_align};
	}
}

static const struct elf_segment *find_segment(const struct elf_record *record, uint32_t type)
{
	for (size_t i = 0; i < record->segment_count; i++)
		if (record->segments[i].type == type)
			return &record->segments[i];
	return NULL;
}

/* The contents of a segment that lies where it says, whether or not in a PT_LOAD. */
static Elf_Data *segment_bytes(const struct record_reader *reader,
			       const struct elf_segment *segment, Elf_Type type)
{
	if (!segment || segment->filesz == 0 || segment->offset > INT64_MAX)
		return NULL;
	return elf_getdata_rawchunk(reader->elf, (int64_t)segment->offset, segment->filesz, type);
}

static void read_interpreter(struct record_reader *reader)
{
	Elf_Data *data = segment_bytes(reader, find_segment(reader->record, PT_INTERP), ELF_T_BYTE);

	if (data && data->d_buf && memchr(data->d_buf, '\0', data->d_size))
		reader->record->interpreter = xstrdup(data->d_buf);
}

static void read_dynamic(struct record_reader *reader)
{
	struct elf_record *record = reader->record;
	Elf_Data *data = segment_bytes(reader, find_segment(record, PT_DYNAMIC), ELF_T_DYN);

	for (int i = 0; data && i < (int)DYNAMIC_MAX; i++) {
		GElf_Dyn dyn;

		if (!gelf_getdyn(data, i, &dyn) || dyn.d_tag == DT_NULL)
			return;
		*GROW(record->dynamic, record->dynamic_count, record->dynamic_room) =
			(struct elf_dynamic){.tag = dyn.d_tag, .value = dyn.d_un.d_val};
	}
}

static bool is_string_tag(int64_t tag)
{
	return tag == DT_NEEDED || tag == DT_SONAME || tag == DT_RPATH || tag == DT_RUNPATH ||
	       tag == DT_AUXILIARY || tag == DT_FILTER || tag == DT_AUDIT || tag == DT_DEPAUDIT ||
	       tag == DT_CONFIG;
}

static void read_strings(struct record_reader *reader)
{
	struct elf_record *record = reader->record;
	uint64_t address, size;
	Elf_Data *data;

	if (!elf_record_tag(record, DT_STRTAB, &address) ||
	    !elf_record_tag(record, DT_STRSZ, &size))
		return;
	data = record_bytes(reader, address, size, ELF_T_BYTE);
	if (!data || !data->d_buf)
		return;
	reader->strings = data->d_buf;
	reader->string_limit = data->d_size;
	while (reader->string_limit && reader->strings[reader->string_limit - 1] != '\0')
		reader->string_limit--;
	for (size_t i = 0; i < record->dynamic_count; i++)
		if (is_string_tag(record->dynamic[i].tag))
			record->dynamic[i].string =
				xstrdup(record_string(reader, record->dynamic[i].value));
}

/* The functions of one array, as they stand in the file; relocations say more of them later. */
static void read_array(struct record_reader *reader, enum elf_function_kind kind, int64_t tag,
		       int64_t size_tag)
{
	struct elf_record *record = reader->record;
	size_t entry = gelf_fsize(reader->elf, ELF_T_ADDR, 1, EV_CURRENT);
	uint64_t address, size;

	if (!elf_record_tag(record, tag, &address) || !elf_record_tag(record, size_tag, &size) ||
	    entry == 0 || size / entry > FUNCTIONS_MAX ||
	    !record_bytes(reader, address, size, ELF_T_BYTE))
		return;
	for (uint64_t i = 0; i < size / entry; i++)
		*GROW(record->functions, record->function_count, record->function_room) =
			(struct elf_function){
				.kind = kind, .in_array = true, .slot = address + i * entry};
}

static void read_function(struct record_reader *reader, enum elf_function_kind kind, int64_t tag)
{
	struct elf_record *record = reader->record;
	uint64_t address;

	if (elf_record_tag(record, tag, &address))
		*GROW(record->functions, record->function_count, record->function_room) =
			(struct elf_function){.kind = kind, .address = address};
}

/* gABI, "Initialization and Termination Functions": the last entry of DT_FINI_ARRAY runs first. */
static void reverse(struct elf_function *functions, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		struct elf_function first = functions[i];

		functions[i] = functions[count - 1 - i];
		functions[count - 1 - i] = first;
	}
}

static void read_functions(struct record_reader *reader)
{
	struct elf_record *record = reader->record;
	size_t fini;

	read_array(reader, FUNCTION_PREINIT, DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ);
	read_function(reader, FUNCTION_INIT, DT_INIT);
	read_array(reader, FUNCTION_INIT, DT_INIT_ARRAY, DT_INIT_ARRAYSZ);
	fini = record->function_count;
	read_array(reader, FUNCTION_FINI, DT_FINI_ARRAY, DT_FINI_ARRAYSZ);
	if (record->function_count > fini)
		reverse(record->functions + fini, record->function_count - fini);
	read_function(reader, FUNCTION_FINI, DT_FINI);

	reader->first_function = UINT64_MAX;
	for (size_t i = 0; i < record->function_count; i++) {
		uint64_t slot = record->functions[i].slot;

		if (slot && slot < reader->first_function)
			reader->first_function = slot;
		if (slot > reader->last_function)
			reader->last_function = slot;
	}
}

/*
 * .eh_frame_hdr (LSB, "Exception Frames"): version, three encodings, a pointer, then the number of
 * entries in the search table; toolchains write 4 bytes for each.
 */
static void read_unwind(struct record_reader *reader)
{
	const struct elf_segment *segment = find_segment(reader->record, PT_GNU_EH_FRAME);
	Elf_Data *data = segment_bytes(reader, segment, ELF_T_BYTE);
	const unsigned char *bytes = data ? data->d_buf : NULL;
	uint32_t count;

	reader->record->has_unwind = segment != NULL;
	if (!bytes || data->d_size < 12 || bytes[0] != 1 || (bytes[1] & 0x0f) != 0x0b ||
	    bytes[2] != 0x03)
		return;
	memcpy(&count, bytes + 8, sizeof(count));
	reader->record->unwind_entries = count;
}

bool elf_record_read(const struct elf_identity *identity, struct elf_record *ret)
{
	struct image image;
	struct record_reader reader = {.record = ret};
	GElf_Ehdr ehdr;
	AUTO_FREE size_t *version_of_index = xcalloc(VERSION_INDEXES, sizeof(*version_of_index));

	*ret = (struct elf_record){0};
	if (!image_open(&image, identity))
		return false;
	reader.elf = image.elf;
	reader.version_of_index = version_of_index;
	if (gelf_getehdr(image.elf, &ehdr)) {
		ret->type = ehdr.e_type;
		ret->machine = ehdr.e_machine;
		ret->entry = ehdr.e_entry;
	}
	read_segments(&reader);
	read_interpreter(&reader);
	read_dynamic(&reader);
	read_strings(&reader);
	read_functions(&reader);
	record_scan_relocations(&reader);
	record_read_symbols(&reader);
	record_read_relocations(&reader);
	read_unwind(&reader);
	image_close(&image);
	return true;
}

void elf_record_release(struct elf_record *record)
{
	for (size_t i = 0; i < record->dynamic_count; i++)
		free(record->dynamic[i].string);
	for (size_t i = 0; i < record->version_count; i++) {
		free(record->versions[i].file);
		free(record->versions[i].name);
		free(record->versions[i].parent);
	}
	for (size_t i = 0; i < record->function_count; i++)
		free(record->functions[i].symbol);
	for (size_t i = 0; i < record->slot_count; i++) {
		free(record->slots[i].symbol);
		free(record->slots[i].version);
	}
	free(record->interpreter);
	free(record->segments);
	free(record->dynamic);
	free(record->versions);
	free(record->functions);
	free(record->slots);
	*record = (struct elf_record){0};
}
