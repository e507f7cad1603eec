/*
 * spool_builder.h - spools for tests, built in memory as audit/spool.h specifies: whole, torn and
 * damaged ones.
 */
#ifndef SPOOL_BUILDER_H
#define SPOOL_BUILDER_H

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/spool.h"
#include "report/util.h"

struct spool_builder {
	unsigned char *bytes; /* the whole file, header first */
	size_t room;
	uint64_t tail;
	uint64_t payload; /* where the record that is being built began */
	uint64_t time;
};

static inline struct spool_header *sb_header(struct spool_builder *b)
{
	return (struct spool_header *)b->bytes;
}

static inline void sb_need(struct spool_builder *b, size_t more)
{
	if (b->tail + more <= b->room)
		return;
	while (b->tail + more > b->room)
		b->room *= 2;
	b->bytes = xrealloc(b->bytes, b->room);
	memset(b->bytes + b->tail, 0, b->room - b->tail);
}

/* Every builder has a uuid of its own; it begins a run of its own, at a time after the last. */
static inline void sb_init(struct spool_builder *b, int pid)
{
	static uint64_t counter;
	struct spool_header *h;
	uint64_t name[2] = {++counter, (uint64_t)getpid() << 32 | (uint32_t)pid};

	memset(b, 0, sizeof(*b));
	b->room = 2 * SPOOL_HEADER_SIZE;
	b->bytes = xcalloc(1, b->room);
	b->tail = SPOOL_HEADER_SIZE;
	h = sb_header(b);
	memcpy(h->magic, SPOOL_MAGIC, sizeof(h->magic));
	h->version = SPOOL_VERSION;
	h->header_size = SPOOL_HEADER_SIZE;
	h->machine = EM_X86_64;
	h->word_size = 8;
	memcpy(h->uuid, name, sizeof(h->uuid));
	memcpy(h->run_uuid, name, sizeof(h->run_uuid));
	h->salt = 0x0123456789abcdefu * (counter + 17);
	h->pid = pid;
	h->ppid = 1;
	h->begin_kind = SPOOL_BEGIN_START;
	h->realtime_ns = 1000000000u * counter;
	h->monotonic_ns = 1;
	h->flags = SPOOL_FLAG_ROOT;
}

static inline void sb_release(struct spool_builder *b)
{
	free(b->bytes);
	memset(b, 0, sizeof(*b));
}

/* Make `b` begin as `parent`'s forked child or as what it (or its child) executed. */
static inline void sb_child_of(struct spool_builder *b, struct spool_builder *parent,
			       enum spool_begin begin)
{
	struct spool_header *h = sb_header(b), *p = sb_header(parent);

	memcpy(h->parent_uuid, p->uuid, sizeof(h->parent_uuid));
	memcpy(h->run_uuid, p->run_uuid, sizeof(h->run_uuid));
	h->parent_pid = p->pid;
	h->parent_tail = parent->tail;
	h->begin_kind = begin;
	h->flags = 0;
}

static inline void sb_put(struct spool_builder *b, const void *bytes, size_t size)
{
	sb_need(b, size);
	if (size)
		memcpy(b->bytes + b->tail, bytes, size);
	b->tail += size;
}

static inline void sb_text_of(struct spool_builder *b, const char *s, size_t length)
{
	uint32_t count = (uint32_t)length;
	size_t size = spool_string_size(length);

	sb_need(b, size);
	memcpy(b->bytes + b->tail, &count, sizeof(count));
	memcpy(b->bytes + b->tail + 4, s, length);
	b->tail += size;
}

static inline void sb_text(struct spool_builder *b, const char *s)
{
	uint32_t none = SPOOL_STRING_NONE;

	if (s)
		sb_text_of(b, s, strlen(s));
	else
		sb_put(b, &none, sizeof(none));
}

static inline struct spool_record *sb_record(struct spool_builder *b)
{
	return (struct spool_record *)(b->bytes + b->payload);
}

static inline void sb_begin(struct spool_builder *b, unsigned type, unsigned flags, uint32_t tid)
{
	struct spool_record head = {0, 0, (uint16_t)type, (uint16_t)flags, tid};

	b->payload = b->tail;
	sb_put(b, &head, sizeof(head));
}

/* Finish a record as a thread that was killed before its commit leaves it. */
static inline uint64_t sb_tear(struct spool_builder *b)
{
	size_t pad = (8 - b->tail % 8) % 8;

	sb_need(b, pad);
	b->tail += pad;
	sb_record(b)->size = (uint32_t)(b->tail - b->payload);
	sb_header(b)->tail = b->tail;
	return b->payload;
}

/* Compute the check of the record at `offset` anew, and return its seq. */
static inline uint64_t sb_seal(struct spool_builder *b, uint64_t offset)
{
	struct spool_record *record = (struct spool_record *)(b->bytes + offset);

	record->check = 0;
	record->check = spool_check(sb_header(b)->salt, offset, record, record->size);
	return offset / 8;
}

static inline uint64_t sb_commit(struct spool_builder *b)
{
	return sb_seal(b, sb_tear(b));
}

static inline struct spool_when sb_when(struct spool_builder *b)
{
	return (struct spool_when){b->time += 1000, 0x7ffc00000000u};
}

static inline uint64_t sb_process(struct spool_builder *b, const char *exe, const char *argument,
				  const char *variable)
{
	struct spool_process fixed = {.when = sb_when(b),
				      .uid = 1000,
				      .gid = 1001,
				      .argc = 2,
				      .env_count = variable ? 1 : 0,
				      .audit_version = 2};

	sb_begin(b, SPOOL_PROCESS, 0, 1);
	sb_put(b, &fixed, sizeof(fixed));
	sb_text(b, exe);
	sb_text(b, "/home/user");
	sb_text(b, "2.36");
	sb_text(b, "/usr/lib/libplugaudit.so");
	sb_text(b, "x86_64");
	sb_text(b, exe);
	sb_text(b, argument);
	if (variable)
		sb_text(b, variable);
	return sb_commit(b);
}

struct sb_facts {
	unsigned kind;
	const char *name, *soname;
	const char *build_id; /* four bytes */
	uint64_t elf_flags;   /* SPOOL_ELF_* */
	const char *const *needed;
	uint32_t needed_count;
};

/* Object `number`, mapped at number * 0x100000 for 0x10000 bytes. */
static inline uint64_t sb_object_of(struct spool_builder *b, uint32_t number,
				    const struct sb_facts *facts)
{
	struct spool_object fixed = {
		.when = sb_when(b),
		.object = number,
		.kind = facts->kind,
		.needed_count = facts->needed_count,
		.segment_count = 1,
		.cookie_known = 1,
		.link_map = UINT64_C(0x7f0000000000) + number * 0x1000u,
		.load_bias = number * UINT64_C(0x100000),
		.map_start = number * UINT64_C(0x100000),
		.map_end = number * UINT64_C(0x100000) + 0x10000,
		.dev = 1,
		.ino = number,
		.file_size = 0x2000,
		.mtime_ns = 77,
		.flags_1 = UINT64_C(1) << 63,
		.elf_flags = facts->elf_flags,
	};
	struct spool_segment segment = {0, 0x1000, 0, 5, 1};

	sb_begin(b, SPOOL_OBJECT, 0, 1);
	sb_put(b, &fixed, sizeof(fixed));
	sb_put(b, &segment, sizeof(segment));
	sb_text(b, facts->name);
	sb_text(b, facts->name);
	sb_text(b, facts->soname);
	sb_text_of(b, facts->build_id, 4);
	sb_text(b, NULL);
	sb_text(b, "$ORIGIN/../lib");
	for (uint32_t i = 0; i < facts->needed_count; i++)
		sb_text(b, facts->needed[i]);
	return sb_commit(b);
}

static inline uint64_t sb_object(struct spool_builder *b, uint32_t number, unsigned kind,
				 const char *name, const char *soname, const char *needed)
{
	const struct sb_facts facts = {.kind = kind,
				       .name = name,
				       .soname = soname,
				       .build_id = "\xde\xad\x00\xbe",
				       .needed = &needed,
				       .needed_count = needed ? 1 : 0};

	return sb_object_of(b, number, &facts);
}

static inline uint64_t sb_search(struct spool_builder *b, uint32_t requester, uint32_t origin,
				 const char *name, const uint64_t *frames, uint32_t frame_count)
{
	struct spool_search fixed = {sb_when(b), requester, origin, frame_count, 0, 0, 0};

	sb_begin(b, SPOOL_SEARCH, frame_count ? SPOOL_SEARCH_ROOT : 0, 1);
	sb_put(b, &fixed, sizeof(fixed));
	sb_put(b, frames, frame_count * sizeof(*frames));
	sb_text(b, name);
	return sb_commit(b);
}

static inline uint64_t sb_event(struct spool_builder *b, unsigned type, uint32_t object,
				uint32_t value)
{
	struct spool_event fixed = {sb_when(b), object, value};

	sb_begin(b, type, 0, 1);
	sb_put(b, &fixed, sizeof(fixed));
	return sb_commit(b);
}

static inline uint64_t sb_symbol(struct spool_builder *b, uint32_t object, uint32_t index,
				 const char *name, const char *version)
{
	struct spool_symbol fixed = {
		.object = object,
		.index = index,
		.value = 0x100 + index,
		.size = 16,
		.info = ELF64_ST_INFO(STB_WEAK, STT_FUNC),
		.other = STV_PROTECTED,
		.versym = 0x8002,
	};

	sb_begin(b, SPOOL_SYMBOL, 0, 0);
	sb_put(b, &fixed, sizeof(fixed));
	sb_text(b, name);
	sb_text(b, version);
	return sb_commit(b);
}

static inline uint64_t sb_binding(struct spool_builder *b, uint32_t from, uint32_t to,
				  uint32_t symbol, uint32_t flags)
{
	struct spool_binding fixed = {from, to, symbol, flags,
				      UINT64_C(0xffff800000000000) + symbol};

	sb_begin(b, SPOOL_BINDING, 0, 0);
	sb_put(b, &fixed, sizeof(fixed));
	return sb_commit(b);
}

static inline uint64_t sb_call(struct spool_builder *b, unsigned kind, uint32_t from,
			       const char *name, uint64_t handle, const uint64_t *frames,
			       uint32_t frame_count)
{
	struct spool_call fixed = {
		.when = sb_when(b),
		.kind = kind,
		.frame_count = frame_count,
		.caller = frame_count ? frames[0] : 0,
		.handle = handle,
		.name_space = -1,
		.flags = 2,
		.from = from,
	};

	sb_begin(b, SPOOL_CALL, 0, 1);
	sb_put(b, &fixed, sizeof(fixed));
	sb_put(b, frames, frame_count * sizeof(*frames));
	sb_text(b, name);
	sb_text(b, kind == SPOOL_CALL_DLVSYM ? "V1" : NULL);
	return sb_commit(b);
}

/* A process as most tests need one: program, ld.so, a library, a dlopen with a stack. */
static inline void sb_sample(struct spool_builder *b)
{
	const uint64_t frames[] = {0x100456, 0x300123, 0x999};

	sb_process(b, "/usr/bin/app", "--\"quoted\"\n\xff", "LD_LIBRARY_PATH=/opt/lib=x");
	sb_event(b, SPOOL_ACTIVITY, 0, LA_ACT_ADD);
	sb_object(b, 1, SPOOL_OBJECT_MAIN, "", NULL, "libx.so.1");
	sb_object(b, 2, SPOOL_OBJECT_LDSO, "/lib64/ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2",
		  NULL);
	sb_search(b, 1, LA_SER_ORIG, "libx.so.1", NULL, 0);
	sb_search(b, 1, LA_SER_LIBPATH, "/opt/lib/libx.so.1", NULL, 0);
	sb_object(b, 3, SPOOL_OBJECT_LIBRARY, "/opt/lib/libx.so.1", "libx.so.1", NULL);
	sb_event(b, SPOOL_ACTIVITY, 1, LA_ACT_CONSISTENT);
	sb_event(b, SPOOL_PREINIT, 1, 0);
	sb_symbol(b, 3, 7, "x_run", "X_1.0");
	sb_binding(b, 1, 3, 7, 0);
	sb_binding(b, 1, 3, 7, 0);
	sb_binding(b, 1, 3, 7, LA_SYMB_DLSYM);
	sb_call(b, SPOOL_CALL_DLOPEN, 1, "libplugin.so", 0, frames, 3);
	sb_search(b, 1, LA_SER_ORIG, "libplugin.so", frames, 3);
	sb_object(b, 4, SPOOL_OBJECT_LIBRARY, "/opt/lib/libplugin.so", "libplugin.so", NULL);
	sb_call(b, SPOOL_CALL_DLCLOSE, 1, NULL, UINT64_C(0x7f0000004000), frames, 3);
	sb_event(b, SPOOL_CLOSE, 4, 0);
}

/* Write the first `length` bytes; the descriptor stays open, for those that want to lock it. */
static inline int sb_open(struct spool_builder *b, const char *path, size_t length)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		BUG("can't make %s", path);
	sb_header(b)->tail = b->tail;
	sb_header(b)->capacity = sb_header(b)->allocated = b->tail;
	for (size_t done = 0; done < length;) {
		ssize_t n = write(fd, b->bytes + done, length - done);

		if (n <= 0)
			BUG("can't write %s", path);
		done += (size_t)n;
	}
	return fd;
}

static inline void sb_save(struct spool_builder *b, const char *path)
{
	close(sb_open(b, path, b->tail));
}

#endif
