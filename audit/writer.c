/* writer.c - see spool.h for the format and why it is valid at every instant. */
#include "audit/module.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

/*
 * The file is sparse and as long as it may ever get; mapping more of it needs no descriptor
 * (mremap), and so works after the program closed all of them, changed its root, its user or its
 * limits. Only what is used takes address space: programs lock all they have in memory, and limit
 * it.
 */
#define CAPACITY_64  ((uint64_t)1 << 30)
#define CAPACITY_32  ((uint64_t)64 << 20)
#define CHUNK_MIN    ((uint64_t)32 << 10)
#define SMALLEST     ((uint64_t)128 << 10) /* capacity below which there is no point */
#define CHUNK_MAX    ((uint64_t)256 << 10)
#define NAMES_MAX    64
#define MAP_FIRST    ((uint64_t)1 << 20) /* each further mapping is four times as long */
#define FILES_ENOUGH 16
#define SPINS_MAX    1000000 /* a second or more, if nothing goes on meanwhile */

/* The file grows by whole pages: what is populated must begin with one, or madvise(2) answers
 * EINVAL. */
static uint64_t chunk_min(void)
{
	return module.page_size > CHUNK_MIN ? module.page_size : CHUNK_MIN;
}

static unsigned char *place(const struct writer *writer, uint64_t offset)
{
	uint32_t count = atomic_load_explicit(&writer->map_count, memory_order_acquire);

	return writer->maps[count - 1].base + offset;
}

static uint64_t mapped(const struct writer *writer)
{
	uint32_t count = atomic_load_explicit(&writer->map_count, memory_order_acquire);

	return writer->maps[count - 1].length;
}

bool writer_is_open(const struct writer *writer)
{
	return atomic_load_explicit(&writer->map_count, memory_order_acquire) != 0;
}

static uint64_t choose_capacity(void)
{
	uint64_t capacity = sizeof(void *) == 8 ? CAPACITY_64 : CAPACITY_32;
	struct rlimit limit;

	/* A file longer than RLIMIT_FSIZE would cost the program a SIGXFSZ. */
	if (sys(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, &limit) == 0)
		while (capacity > limit.rlim_cur)
			capacity /= 2;
	return capacity;
}

/* In pieces that the kernel's page cache takes from its lists of pages used a moment ago: larger
 * ones come from fresh memory, at many times the price on a virtual machine. */
static long write_zeros(long fd, uint64_t from, uint64_t to)
{
	static const unsigned char zeros[32 << 10];
	long result = 0;

	while (from < to && result >= 0) {
		size_t size = to - from < sizeof(zeros) ? to - from : sizeof(zeros);

		result = sys(SYS_pwrite64, fd, zeros, size, ARCH_WIDE(from));
		from += result > 0 ? (uint64_t)result : 0;
		if (result == 0)
			result = -ENOSPC;
	}
	return result < 0 ? result : 0;
}

/* A function that chooses (IFUNC), or a program's own malloc, may have closed it by now and have
 * another file under its number. */
static bool is_own_file(const struct writer *writer, long fd)
{
	struct stat st;

	return look_at_descriptor(fd, &st) && st.st_dev == writer->dev && st.st_ino == writer->ino;
}

/*
 * Have blocks behind [from, to) before anybody touches it: a full disk is then an error here and
 * not a SIGBUS there.  Until the program itself runs, by writing zeros through the descriptor: a
 * quarter of the price of populating the mapping page by page, which needs no descriptor.
 */
static long allocate(struct writer *writer, uint64_t from, uint64_t to)
{
	long fd = writer->fd, result;

	if (fd >= 0) {
		if (is_own_file(writer, fd))
			return write_zeros(fd, from, to);
		writer->fd = -1;
	}
	result = sys(SYS_madvise, place(writer, from), to - from, MADV_POPULATE_WRITE);
	if (result != -EINVAL)
		return result;
	/* Before Linux 5.14: through the file, if it is still there. */
	fd = sys(SYS_openat, AT_FDCWD, writer->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd;
	result = is_own_file(writer, fd)
			 ? sys(SYS_fallocate, fd, 0, ARCH_WIDE(from), ARCH_WIDE(to - from))
			 : -ESTALE;
	sys(SYS_close, fd);
	return result;
}

bool writer_path(char *path, size_t room, const char *database, int pid, uint32_t n)
{
	char number[48], suffix[64];
	char *p = format_number(number + sizeof(number), n);

	if (n > 1)
		join(suffix, sizeof(suffix), ".", p, SPOOL_SUFFIX);
	else
		join(suffix, sizeof(suffix), SPOOL_SUFFIX, NULL, NULL);
	p = format_number(number + sizeof(number), (uint64_t)pid);
	*--p = '.';
	return join(path, room, database, p, suffix);
}

static long create_file(struct writer *writer, const char *database, int pid)
{
	long fd = -EEXIST;

	for (uint32_t n = 1; n <= NAMES_MAX && fd == -EEXIST; n++) {
		if (!writer_path(writer->path, sizeof(writer->path), database, pid, n))
			return -ENAMETOOLONG;
		fd = sys(SYS_openat, AT_FDCWD, writer->path,
			 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	return fd;
}

/* The flags of every mapping of the spool. */
static void mark_mapping(long map, uint64_t length)
{
	sys(SYS_madvise, map, length, MADV_DONTFORK);
	sys(SYS_madvise, map, length, MADV_DONTDUMP);
	/* No reading ahead of a hole: with the usual few MiB of it, the first page would cost
	 * milliseconds. */
	sys(SYS_madvise, map, length, MADV_RANDOM);
}

static bool is_mapping(long result)
{
	return result > 0 || result < -4095;
}

/* Lock the new file, give it its length, map its beginning and have blocks for that. */
static long open_file(struct writer *writer)
{
	uint64_t length = writer->capacity < MAP_FIRST ? writer->capacity : MAP_FIRST;
	struct stat st;
	long result, map;

	/* The lock lives as long as a mapping: readers see by it that this process lives. */
	result = sys(SYS_flock, writer->fd, LOCK_EX | LOCK_NB);
	if (result == 0)
		result = sys(ARCH_SYS_ftruncate, writer->fd, ARCH_WIDE(writer->capacity));
	if (result == 0)
		result = sys(ARCH_SYS_fstat, writer->fd, &st);
	if (result < 0)
		return result;
	writer->dev = st.st_dev;
	writer->ino = st.st_ino;
	map = sys(ARCH_SYS_mmap, 0, length, PROT_READ | PROT_WRITE, MAP_SHARED, writer->fd, 0);
	if (!is_mapping(map))
		return map;
	mark_mapping(map, length);
	writer->maps[0] = (struct writer_map){(unsigned char *)map, length};
	atomic_store(&writer->map_count, 1);
	result = allocate(writer, 0, chunk_min());
	if (result < 0) {
		atomic_store(&writer->map_count, 0);
		sys(SYS_munmap, map, length);
	}
	return result;
}

int writer_create(struct writer *writer, const char *database, const struct spool_header *identity)
{
	long fd = create_file(writer, database, identity->pid);
	struct spool_header *header;
	struct rlimit limit;
	uint64_t magic;
	long result = -EFBIG;

	atomic_store(&writer->map_count, 0);
	atomic_store(&writer->mapping, 0);
	atomic_store(&writer->full, 0);
	if (fd < 0)
		return (int)fd;
	writer->fd = (int)fd;
	writer->salt = identity->salt;
	writer->capacity = choose_capacity();
	if (writer->capacity >= SMALLEST)
		result = open_file(writer);
	if (result < 0) {
		sys(SYS_close, fd);
		writer->fd = -1;
		sys(SYS_unlinkat, AT_FDCWD, writer->path, 0);
		return (int)result;
	}
	/* ld.so needs a descriptor or two to load the program. */
	if (sys(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, &limit) == 0 && limit.rlim_cur < FILES_ENOUGH)
		writer_close_file(writer);

	header = (struct spool_header *)writer->maps[0].base;
	*header = *identity;
	header->version = SPOOL_VERSION;
	header->header_size = SPOOL_HEADER_SIZE;
	header->feature_compat = SPOOL_COMPAT_KNOWN;
	header->feature_incompat = SPOOL_INCOMPAT_KNOWN;
	header->capacity = writer->capacity;
	header->tail = SPOOL_HEADER_SIZE;
	header->allocated = chunk_min();
	/* The magic last: a reader that comes before finds no spool yet. */
	memcpy(&magic, SPOOL_MAGIC, sizeof(magic));
	__atomic_store_n((uint64_t *)(void *)header->magic, magic, __ATOMIC_RELEASE);
	writer->header = header;
	return 0;
}

void writer_close_file(struct writer *writer)
{
	if (writer->fd >= 0 && is_own_file(writer, writer->fd))
		sys(SYS_close, writer->fd);
	writer->fd = -1;
}

void writer_lost(struct writer *writer, uint32_t reason)
{
	if (!writer_is_open(writer))
		return;
	if (reason == SPOOL_LOST_STACKS)
		__atomic_add_fetch(&writer->header->lost_stacks, 1, __ATOMIC_RELAXED);
	else if (reason != SPOOL_LOST_TAPS)
		__atomic_add_fetch(&writer->header->lost_events, 1, __ATOMIC_RELAXED);
	__atomic_or_fetch(&writer->header->lost_reason, reason, __ATOMIC_RELAXED);
}

/* Add a mapping that reaches `needed`.  False: it can't be had, or another thread is at it for
 * long. */
static bool map_more(struct writer *writer, uint64_t needed)
{
	uint32_t nobody = 0, count, spins = 0;
	uint64_t length, signals = signals_block();
	long map = 0;

	/* Who has it is not interrupted by signals, but may have to wait for a processor. */
	while (!atomic_compare_exchange_weak(&writer->mapping, &nobody, 1) && spins++ < SPINS_MAX) {
		nobody = 0;
		if (spins % 128)
			arch_pause();
		else
			sys(SYS_sched_yield);
	}
	if (spins > SPINS_MAX) {
		signals_restore(signals);
		return mapped(writer) >= needed;
	}
	count = atomic_load(&writer->map_count);
	length = writer->maps[count - 1].length;
	if (length < needed) {
		while (length < needed)
			length *= 4;
		if (length > writer->capacity)
			length = writer->capacity;
		/* Of a shared mapping, an old length of 0 gives another mapping: mremap(2). */
		map = count < WRITER_MAPS && length >= needed
			      ? sys(SYS_mremap, writer->maps[0].base, 0, length, MREMAP_MAYMOVE)
			      : -ENOMEM;
		if (is_mapping(map)) {
			mark_mapping(map, length);
			writer->maps[count] = (struct writer_map){(unsigned char *)map, length};
			atomic_store_explicit(&writer->map_count, count + 1, memory_order_release);
		}
	}
	atomic_store(&writer->mapping, 0);
	signals_restore(signals);
	return mapped(writer) >= needed;
}

/* Two threads may populate the same pages at once: the contents stay. */
static bool grow(struct writer *writer, uint64_t needed)
{
	uint64_t have = __atomic_load_n(&writer->header->allocated, __ATOMIC_ACQUIRE);

	while (have < needed) {
		/* In small steps while that costs a write; later it takes the time of a program
		 * that runs, once in a while. */
		uint64_t step = writer->fd >= 0 ? chunk_min() : have / 4;
		uint64_t to = have + (step < CHUNK_MAX ? step : CHUNK_MAX);

		if (to < needed)
			to = needed;
		to = (to + chunk_min() - 1) & ~(chunk_min() - 1);
		if (to > writer->capacity)
			to = writer->capacity;
		if (to < needed || (to > mapped(writer) && !map_more(writer, to)) ||
		    allocate(writer, have, to) < 0)
			return false;
		if (__atomic_compare_exchange_n(&writer->header->allocated, &have, to, false,
						__ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
			have = to;
	}
	return true;
}

void *writer_reserve(struct writer *writer, enum spool_type type, uint32_t flags, uint32_t tid,
		     size_t payload)
{
	size_t size = sizeof(struct spool_record) + ((payload + 7) & ~(size_t)7);
	struct spool_record *record;
	uint64_t offset;
	uint32_t full;

	if (!writer_is_open(writer))
		return NULL;
	full = atomic_load_explicit(&writer->full, memory_order_relaxed);
	if (full) {
		if (full == WRITER_FULL)
			writer_lost(writer, arch_silent ? SPOOL_LOST_SANDBOX : SPOOL_LOST_NO_SPACE);
		return NULL;
	}
	offset = __atomic_fetch_add(&writer->header->tail, size, __ATOMIC_RELAXED);
	if (offset + size > __atomic_load_n(&writer->header->allocated, __ATOMIC_ACQUIRE) &&
	    !grow(writer, offset + size)) {
		uint32_t not_full = 0;

		/* At the end of the process the room ends too: that is no loss. */
		if (atomic_compare_exchange_strong(&writer->full, &not_full, WRITER_FULL) ||
		    not_full == WRITER_FULL)
			writer_lost(writer, arch_silent ? SPOOL_LOST_SANDBOX : SPOOL_LOST_NO_SPACE);
		return NULL;
	}
	record = (struct spool_record *)place(writer, offset);
	record->size = (uint32_t)size;
	record->type = (uint16_t)type;
	record->flags = (uint16_t)flags;
	record->tid = tid;
	return record + 1;
}

uint64_t writer_offset(const struct writer *writer, const void *payload)
{
	uint32_t i = atomic_load_explicit(&writer->map_count, memory_order_acquire) - 1;
	uintptr_t at = (uintptr_t)payload - sizeof(struct spool_record);

	while (i && at - (uintptr_t)writer->maps[i].base >= writer->maps[i].length)
		i--;
	return at - (uintptr_t)writer->maps[i].base;
}

void writer_commit(struct writer *writer, void *payload)
{
	struct spool_record *record = (struct spool_record *)payload - 1;
	uint32_t check =
		spool_check(writer->salt, writer_offset(writer, payload), record, record->size);

	__atomic_store_n(&record->check, check, __ATOMIC_RELEASE);
}

void writer_prepare(struct writer *writer, size_t room)
{
	uint64_t wanted;

	if (!writer_is_open(writer) || atomic_load_explicit(&writer->full, memory_order_relaxed))
		return;
	wanted = __atomic_load_n(&writer->header->tail, __ATOMIC_RELAXED) + room;
	if (wanted <= writer->capacity &&
	    wanted > __atomic_load_n(&writer->header->allocated, __ATOMIC_RELAXED))
		grow(writer, wanted);
}

void writer_discard(struct writer *writer)
{
	for (uint32_t i = atomic_exchange(&writer->map_count, 0); i--;)
		sys(SYS_munmap, writer->maps[i].base, writer->maps[i].length);
	writer_close_file(writer);
	sys(SYS_unlinkat, AT_FDCWD, writer->path, 0);
}

bool writer_finish(struct writer *writer)
{
	bool done = true;

	if (!writer_is_open(writer))
		return false;
	atomic_store(&writer->full, WRITER_ENDED);
	__atomic_or_fetch(&writer->header->flags, SPOOL_FLAG_ENDED, __ATOMIC_RELEASE);
	/* Other threads may be in the middle of a record: memory without a file takes the mappings'
	 * place, each in one step.  With the last reference to the file goes its lock. */
	for (uint32_t i = atomic_load(&writer->map_count); i--;) {
		struct writer_map *map = &writer->maps[i];

		done &= sys(ARCH_SYS_mmap, map->base, map->length, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
			    0) == (long)map->base;
	}
	return done;
}

size_t bytes_room(size_t length)
{
	return spool_string_size(length < SPOOL_STRING_MAX ? length : SPOOL_STRING_MAX);
}

size_t string_room(const char *s)
{
	return s ? bytes_room(strlen(s)) : 4;
}

unsigned char *put_bytes(unsigned char *p, const void *bytes, size_t length)
{
	uint32_t count = length < SPOOL_STRING_MAX ? (uint32_t)length : SPOOL_STRING_MAX;

	/* The place is zeroed: terminator and padding are there. */
	memcpy(p, &count, 4);
	if (count)
		memcpy(p + 4, bytes, count);
	return p + spool_string_size(count);
}

unsigned char *put_string(unsigned char *p, const char *s)
{
	uint32_t none = SPOOL_STRING_NONE;

	if (s)
		return put_bytes(p, s, strlen(s));
	memcpy(p, &none, 4);
	return p + 4;
}
