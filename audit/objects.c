/* objects.c - the link maps of all namespaces. */
#include "audit/module.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#define REFERENCES_LOOKED_AT 8192 /* in search of dlopen */

/* Open objects, in no order; a slot is used again after a close.  Readers in any thread walk it
 * without a lock: a slot holds a whole object or NULL, and an object's memory stays mapped. */
static _Atomic(struct object *) live[LIVE_MAX];
#define COOKIE_LOWEST 65536 /* no mapping is below: vm.mmap_min_addr */
static _Atomic uint32_t live_count;
static uint32_t last_number;
static bool main_seen;
static struct object *first_object, *last_object; /* open ones, in order */

/* Closed ones, the oldest first, by their `next`. */
static struct object *first_retired, *last_retired;
static uint32_t retired_count;
#define RETIRED_KEPT 16

static void live_add(struct object *object)
{
	uint32_t count = atomic_load_explicit(&live_count, memory_order_relaxed);

	for (uint32_t i = 0; i < count; i++)
		if (!atomic_load_explicit(&live[i], memory_order_relaxed)) {
			atomic_store_explicit(&live[i], object, memory_order_release);
			return;
		}
	if (count == LIVE_MAX)
		return; /* recorded all the same; only frames in it get no unwinding */
	atomic_store_explicit(&live[count], object, memory_order_release);
	atomic_store_explicit(&live_count, count + 1, memory_order_release);
}

static struct object *live_at(uint32_t i)
{
	return atomic_load_explicit(&live[i], memory_order_acquire);
}

struct object *objects_at(uintptr_t address)
{
	uint32_t count = atomic_load_explicit(&live_count, memory_order_acquire);

	for (uint32_t i = 0; i < count; i++) {
		struct object *object = live_at(i);

		if (object && address >= object->start && address < object->end)
			return object;
	}
	return NULL;
}

struct object *objects_by_map(const struct link_map *map)
{
	uint32_t count = atomic_load_explicit(&live_count, memory_order_acquire);

	for (uint32_t i = 0; i < count; i++) {
		struct object *object = live_at(i);

		if (object && object->map == map)
			return object;
	}
	return NULL;
}

struct object *objects_from_cookie(const uintptr_t *cookie)
{
	struct object *object;

	/* glibc 2.31 computes a cookie's address from a link map that is NULL, when dlmopen is
	 * given a path. */
	if ((uintptr_t)cookie < COOKIE_LOWEST)
		return NULL;
	/* Either ours, or the address of a link map; both can be read. */
	object = (struct object *)*cookie;
	return object && (uintptr_t)object % 16 == 0 && object->magic == OBJECT_MAGIC ? object
										      : NULL;
}

static enum spool_object_kind kind_of(const struct link_map *map, Lmid_t name_space)
{
	const char *name = map->l_name ? map->l_name : "";

	/* Not the first of all: the objects of auditors behind this one are announced before it. */
	if (name_space == LM_ID_BASE && !main_seen) {
		main_seen = true;
		return SPOOL_OBJECT_MAIN;
	}
	if (map->l_addr && map->l_addr == getauxval(AT_SYSINFO_EHDR))
		return SPOOL_OBJECT_VDSO;
	if (map->l_addr && map->l_addr == getauxval(AT_BASE))
		return SPOOL_OBJECT_LDSO;
	return strncmp(name, "linux-vdso", 10) == 0 ? SPOOL_OBJECT_VDSO : SPOOL_OBJECT_LIBRARY;
}

static bool kept_segment(const ElfW(Phdr) * h)
{
	return h->p_type == PT_LOAD || h->p_type == PT_TLS || h->p_type == PT_GNU_RELRO ||
	       h->p_type == PT_GNU_STACK || h->p_type == PT_DYNAMIC || h->p_type == PT_INTERP;
}

/* Build the payload of the SPOOL_OBJECT record in memory of our own. */
static bool build_record(struct object *object, const char *path, const struct file_facts *file,
			 const struct elf_facts *facts, bool cookie_known)
{
	const char *strings[] = {path, file->real_path[0] ? file->real_path : NULL, facts->soname};
	size_t size = sizeof(struct spool_object);
	const ElfW(Dyn) *at = NULL;
	struct spool_object *record;
	struct spool_segment *segment;
	unsigned char *p;
	const char *name;
	uint32_t segments = 0, needed = 0;

	for (uint32_t i = 0; i < facts->header_count; i++)
		segments += kept_segment(&facts->headers[i]);
	size += segments * sizeof(struct spool_segment);
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		size += string_room(strings[i]);
	size += spool_string_size(facts->build_id_size) + string_room(facts->rpath) +
		string_room(facts->runpath);
	while ((name = elf_next_needed(object, facts, &at)))
		size += string_room(name);
	record = arena_alloc(size);
	if (!record)
		return false;
	object->record = (unsigned char *)record;
	object->record_room = (uint32_t)size;
	record->object = object->number;
	record->name_space = object->name_space;
	record->kind = object->kind;
	record->cookie_known = cookie_known;
	record->link_map = (uintptr_t)object->map;
	record->load_bias = object->bias;
	record->map_start = object->start;
	record->map_end = object->end;
	record->dynamic = (uintptr_t)object->map->l_ld;
	if (file->known) {
		record->dev = file->dev;
		record->ino = file->ino;
		record->file_size = file->size;
		record->mtime_ns = file->mtime_ns;
	}
	record->flags = facts->flags;
	record->flags_1 = facts->flags_1;
	record->elf_flags = facts->elf_flags;
	record->segment_count = segments;
	segment = (struct spool_segment *)(record + 1);
	for (uint32_t i = 0; i < facts->header_count; i++) {
		const ElfW(Phdr) *h = &facts->headers[i];

		if (kept_segment(h))
			*segment++ = (struct spool_segment){h->p_vaddr, h->p_memsz, h->p_offset,
							    h->p_flags, h->p_type};
	}
	p = (unsigned char *)segment;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		p = put_string(p, strings[i]);
	p = facts->build_id ? put_bytes(p, facts->build_id, facts->build_id_size)
			    : put_string(p, NULL);
	p = put_string(p, facts->rpath);
	p = put_string(p, facts->runpath);
	for (at = NULL; (name = elf_next_needed(object, facts, &at)); needed++)
		p = put_string(p, name);
	record->needed_count = needed;
	object->record_size = (uint32_t)(p - object->record);
	return true;
}

static void write_record(const struct object *object, uint32_t flags)
{
	struct spool_object *record;

	if (!object->record)
		return;
	record = writer_reserve(&module.writer, SPOOL_OBJECT, flags, thread_id(),
				object->record_size);
	if (!record)
		return;
	memcpy(record, object->record, object->record_size);
	record->when.time = monotonic_now() - module.epoch;
	record->when.sp = (uintptr_t)__builtin_frame_address(0);
	writer_commit(&module.writer, record);
}

/*
 * The program's link map has no name.  It is /proc/self/exe, unless ld.so was started by its own
 * name
 * ("ld.so ./program", AT_BASE is 0): then the kernel knows what is mapped where the dynamic section
 * lies. May use file->real_path, which is filled in later.
 */
static const char *program_path(const struct object *object, struct file_facts *file)
{
	if (getauxval(AT_BASE) == 0 && find_mapped_file((uintptr_t)object->map->l_ld,
							file->real_path, sizeof(file->real_path))) {
		static char path[PATH_ROOM];

		join(path, sizeof(path), file->real_path, NULL, NULL);
		return path;
	}
	return module.exe ? module.exe : "";
}

static bool is_ldso_name(const char *soname)
{
	return soname && (strncmp(soname, "ld-linux", 8) == 0 ||
			  strncmp(soname, "ld64.so", 7) == 0 || strcmp(soname, "ld.so.1") == 0);
}

static bool is_libc_name(const char *soname)
{
	return soname && (strcmp(soname, "libc.so.6") == 0 || strcmp(soname, "libdl.so.2") == 0);
}

static struct object *add(struct link_map *map, Lmid_t name_space, bool cookie_known)
{
	/* Under ld.so's load lock, and too large for a small stack. */
	static struct elf_facts facts;
	static struct file_facts file;
	struct object *object = arena_alloc(sizeof(*object));
	const char *path = map->l_name ? map->l_name : "";

	if (!object) {
		writer_lost(&module.writer, SPOOL_LOST_NO_MEMORY);
		return NULL;
	}
	object->magic = OBJECT_MAGIC;
	object->kind = cookie_known ? kind_of(map, name_space) : SPOOL_OBJECT_UNOPENED;
	object->number = ++last_number;
	object->name_space = (int32_t)name_space;
	object->map = map;
	object->bias = map->l_addr;
	if (object->kind == SPOOL_OBJECT_MAIN && !*path)
		path = program_path(object, &file);
	file_look(object->kind == SPOOL_OBJECT_VDSO ? "" : path, &file);
	elf_read(object, path, &facts);
	if (object->kind == SPOOL_OBJECT_LIBRARY && name_space == LM_ID_BASE &&
	    is_ldso_name(facts.soname))
		object->kind = SPOOL_OBJECT_LDSO;
	if (!build_record(object, path, &file, &facts, cookie_known))
		writer_lost(&module.writer, SPOOL_LOST_NO_MEMORY);
	object->is_libc = is_libc_name(facts.soname);
	if (object->is_libc && name_space == LM_ID_BASE && strcmp(facts.soname, "libc.so.6") == 0)
		module.libc = object;
	write_record(object, 0);
	return object;
}

static void release(struct object *object)
{
	addends_release(object);
	symbols_release(object);
	versions_release(object);
	arena_free(object->record, object->record_room);
	arena_free(object, sizeof(*object)); /* a cookie to it has no magic any more */
}

/*
 * ld.so may pass the cookie of a closed object once more: to la_activity, when a whole namespace
 * goes.  And other threads may have found the object a moment ago, to read its number or addresses.
 * So the last few are kept, and all that were closed since the dlopen before this one.
 */
static void release_retired(void)
{
	while (retired_count > RETIRED_KEPT && module.group - first_retired->retired_group >= 2) {
		struct object *object = first_retired;

		first_retired = object->next;
		retired_count--;
		release(object);
	}
}

void objects_retire(struct object *object)
{
	if (object->retired)
		return;
	object->retired = true;
	object->retired_group = module.group;
	object->next = NULL;
	if (retired_count++)
		last_retired->next = object;
	else
		first_retired = object;
	last_retired = object;
}

struct object *objects_open(struct link_map *map, Lmid_t name_space)
{
	struct object *object;

	release_retired();
	object = add(map, name_space, true);

	if (object) {
		addends_prepare(object);
		symbols_prepare(object);
		versions_prepare(object);
		atomic_store(&object->open, true);
		object->group = module.group;
		object->opener = thread_id();
		atomic_store(&module.opener, object->opener);
		atomic_store(&module.opener_sp, atomic_load(&module.caller) == object->opener
							? atomic_load(&module.caller_sp)
							: 0);
		live_add(object);
		object->previous = last_object;
		if (last_object)
			last_object->next = object;
		else
			first_object = object;
		last_object = object;
	}
	return object;
}

struct object *objects_open_unknown(struct link_map *map)
{
	return add(map, -1, false);
}

void objects_close(struct object *object)
{
	uint32_t count = atomic_load_explicit(&live_count, memory_order_relaxed);

	/* Those that were never announced are in no list, and are closed all the same. */
	if (!atomic_exchange(&object->open, false))
		return;
	for (uint32_t i = 0; i < count; i++)
		if (live_at(i) == object)
			atomic_store_explicit(&live[i], NULL, memory_order_release);
	if (object->previous)
		object->previous->next = object->next;
	else
		first_object = object->next;
	if (object->next)
		object->next->previous = object->previous;
	else
		last_object = object->previous;
	if (module.libc == object)
		module.libc = NULL;
}

void objects_inherit(void)
{
	for (struct object *object = first_object; object; object = object->next) {
		if (!atomic_load(&object->open))
			continue;
		for (uint32_t i = 0; i < (object->symbol_limit + 31) / 32; i++)
			atomic_store_explicit(&object->written[i], 0, memory_order_relaxed);
		write_record(object, SPOOL_OBJECT_INHERITED);
	}
}

bool objects_refer_to_dlopen(void)
{
	uint32_t left = REFERENCES_LOOKED_AT;

	for (struct object *object = first_object; object; object = object->next) {
		const ElfW(Sym) *symbols = (const ElfW(Sym) *)object->symbols;
		/* With DT_GNU_HASH undefined symbols come before the hashed ones. */
		uint32_t count = object->gnu_hash ? ((const uint32_t *)object->gnu_hash)[1] : 0;

		if (object->is_libc || object->kind > SPOOL_OBJECT_MAIN)
			continue;
		for (uint32_t i = 1; i < count && i < object->symbol_limit; i++) {
			const char *name = (const char *)object->strings + symbols[i].st_name;

			if (!left--)
				return true; /* large enough to have room made for it */
			if (symbols[i].st_name < object->string_size && name[0] == 'd' &&
			    name[1] == 'l' &&
			    (strcmp(name, "dlopen") == 0 || strcmp(name, "dlmopen") == 0))
				return true;
		}
	}
	return false;
}

struct object *objects_first(void)
{
	return first_object;
}

uint32_t objects_copy_live(struct object **place, uint32_t room)
{
	uint32_t count = atomic_load_explicit(&live_count, memory_order_acquire), n = 0;

	for (uint32_t i = 0; i < count && n < room; i++) {
		struct object *object = live_at(i);

		if (object)
			place[n++] = object;
	}
	return n;
}
