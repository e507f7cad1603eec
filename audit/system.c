#include "audit/module.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>

uint64_t clock_now(int clock)
{
	struct timespec now;

	clock_gettime(clock, &now); /* through the vDSO */
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t monotonic_now(void)
{
	return clock_now(CLOCK_MONOTONIC);
}

uint32_t thread_id(void)
{
	long id = sys(SYS_gettid);

	return id > 0 ? (uint32_t)id : 0;
}

_Atomic bool arch_silent;

uint64_t signals_block(void)
{
	uint64_t all = ~(uint64_t)0, mask = 0;

	return sys(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, 8) == 0 ? mask
									 : SIGNALS_NOT_BLOCKED;
}

void signals_restore(uint64_t mask)
{
	if (mask == SIGNALS_NOT_BLOCKED)
		return;
	/* Only a filter (seccomp) lets this fail; the program must not be left without signals. */
	for (int tries = 0; tries < 3; tries++)
		if (sys(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8) == 0)
			return;
}

/* A question that valgrind knows, and does not report as the program's fault. */
static bool is_readable_checked(uintptr_t address)
{
	char bytes[8];
	struct iovec here = {bytes, sizeof(bytes)}, there = {(void *)address, sizeof(bytes)};

	return sys(SYS_process_vm_readv, sys(SYS_getpid), &here, 1, &there, 1, 0) == sizeof(bytes);
}

bool is_readable(uintptr_t address)
{
	if (module.valgrind)
		return is_readable_checked(address);
	/* The kernel copies the set before it looks at `how`: EFAULT or EINVAL tells, and nothing
	 * changes either way. */
	return sys(SYS_rt_sigprocmask, -1, address, 0, 8) == -EINVAL;
}

bool look_at_descriptor(long fd, struct stat *st)
{
	long result = sys(ARCH_SYS_fstat, fd, st);

	return result == 0 || (result != -EBADF && sys(ARCH_SYS_fstat, fd, st) == 0);
}

static uintptr_t parse_hex(const char **at)
{
	uintptr_t value = 0;

	for (;; ++*at) {
		char c = **at;

		if (c >= '0' && c <= '9')
			value = value * 16 + (uintptr_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (uintptr_t)(c - 'a' + 10);
		else
			return value;
	}
}

/* One line of proc(5), /proc/pid/maps: start-end permissions offset device inode path. */
static bool line_names_file(const char *line, uintptr_t address, char *path, size_t room)
{
	uintptr_t start = parse_hex(&line), end;

	if (*line++ != '-')
		return false;
	end = parse_hex(&line);
	line = strchr(line, '/');
	return address >= start && address < end && line && join(path, room, line, NULL, NULL);
}

bool find_mapped_file(uintptr_t address, char *path, size_t room)
{
	static char line[PATH_ROOM + 128]; /* callers hold ld.so's load lock */
	size_t length = 0;
	bool found = false;
	char block[512];
	long fd, n = 0;

	fd = sys(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return false;
	while (!found && (n = sys(SYS_read, fd, block, sizeof(block))) > 0)
		for (long i = 0; i < n && !found; i++) {
			if (block[i] != '\n') {
				if (length < sizeof(line) - 1)
					line[length++] = block[i];
				continue;
			}
			line[length] = '\0';
			length = 0;
			found = line_names_file(line, address, path, room);
		}
	sys(SYS_close, fd);
	return found;
}

bool join(char *dst, size_t room, const char *a, const char *b, const char *c)
{
	const char *parts[] = {a ? a : "", b ? b : "", c ? c : ""};
	size_t used = 0;

	for (int i = 0; i < 3; i++) {
		size_t length = strlen(parts[i]);

		if (length > room - 1 - used) {
			memcpy(dst + used, parts[i], room - 1 - used);
			dst[room - 1] = '\0';
			return false;
		}
		memcpy(dst + used, parts[i], length);
		used += length;
	}
	dst[used] = '\0';
	return true;
}

char *format_number(char *end, uint64_t value)
{
	*--end = '\0';
	do
		*--end = (char)('0' + value % 10);
	while (value /= 10);
	return end;
}

const char *find_variable(char *const *environment, const char *name)
{
	size_t length = strlen(name);

	for (; environment && *environment; environment++)
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

/* Append text as it is harmless on a terminal, and one line: other bytes than ASCII's letters and
 * signs as \xNN.  Returns where it ends, at most `end`. */
static char *put_text(char *at, const char *end, const char *text)
{
	static const char digits[] = "0123456789abcdef";

	for (; *text && end - at >= 4; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= ' ' && c < 0x7f) {
			*at++ = *text;
			continue;
		}
		*at++ = '\\';
		*at++ = 'x';
		*at++ = digits[c >> 4];
		*at++ = digits[c & 15];
	}
	return at;
}

void say(const char *a, const char *b, const char *c)
{
	static _Atomic bool said;
	static char line[4 * PATH_ROOM + 256]; /* there is no second call that uses it */
	const char *const end = line + sizeof(line) - 1;
	char *at = line;

	if (module.quiet || atomic_exchange(&said, true))
		return;
	at = put_text(at, end, "plugaudit: ");
	at = put_text(at, end, a);
	at = put_text(at, end, b);
	at = put_text(at, end, c);
	*at++ = '\n';
	sys(SYS_write, 2, line, (size_t)(at - line));
}

#define ARENA_CHUNK   ((size_t)256 << 10)
#define ARENA_CLASSES 128

/* What was freed, by size: a block's first word leads to the next. */
static struct free_block {
	struct free_block *next;
} * arena_free_blocks[ARENA_CLASSES];
static uintptr_t arena_next, arena_end;

/* Round up to one of four sizes between a power of two and the next; returns which. */
static uint32_t arena_class(size_t *size)
{
	uint32_t power = 6; /* 64 */
	size_t step;

	while ((size_t)1 << (power + 1) < *size)
		power++;
	step = (size_t)1 << (power - 2);
	*size = (*size + step - 1) / step * step;
	return (power - 6) * 4 + (uint32_t)(*size / step);
}

void *arena_alloc(size_t size)
{
	uint32_t class = arena_class(&size);
	size_t wanted = ARENA_CHUNK;
	struct free_block *block;
	uintptr_t place;
	long map;

	block = class < ARENA_CLASSES ? arena_free_blocks[class] : NULL;
	if (block) {
		arena_free_blocks[class] = block->next;
		return memset(block, 0, size);
	}
	if (size > arena_end - arena_next) {
		while (wanted < size)
			wanted *= 2;
		map = sys(ARCH_SYS_mmap, 0, wanted, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (map < 0 && map > -4096)
			return NULL;
		arena_next = (uintptr_t)map;
		arena_end = arena_next + wanted;
	}
	place = arena_next;
	arena_next += size;
	return (void *)place;
}

void arena_free(void *place, size_t size)
{
	uint32_t class = arena_class(&size);
	struct free_block *block = place;

	if (!block || class >= ARENA_CLASSES)
		return;
	block->next = arena_free_blocks[class];
	arena_free_blocks[class] = block;
}
