/* The module's spool writer, held against the rules in spool.h by a reader of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/module.h"

static char directory[64];
static char database[96];

static int setup(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/test_audit_writer.XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(database, sizeof(database), "%s/x.db", directory);
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

static struct spool_header identity(void)
{
	return (struct spool_header){.salt = 0x1234567890abcdefu,
				     .pid = 4711,
				     .ppid = 1,
				     .begin_kind = SPOOL_BEGIN_START};
}

/* What a reader finds in a file: valid records, and bytes in holes. */
struct found {
	size_t records, hole_bytes;
	bool damaged; /* a hole that does not begin with a record whose check is still 0 */
	uint64_t sum; /* of the first payload word of each SPOOL_BINDING */
	struct spool_header header;
};

static struct found read_spool(const char *path)
{
	struct found found = {0};
	int fd = open(path, O_RDONLY);
	struct stat st;
	const unsigned char *map;
	uint64_t offset, end;
	bool in_hole = false;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(map, MAP_FAILED);
	close(fd);
	memcpy(&found.header, map, sizeof(found.header));
	end = found.header.tail < (uint64_t)st.st_size ? found.header.tail : (uint64_t)st.st_size;
	for (offset = found.header.header_size; offset + sizeof(struct spool_record) <= end;) {
		const struct spool_record *record = (const void *)(map + offset);

		if (record->size >= sizeof(*record) && record->size % 8 == 0 &&
		    offset + record->size <= end &&
		    record->check == spool_check(found.header.salt, offset, record, record->size)) {
			found.records++;
			if (record->type == SPOOL_BINDING)
				found.sum += *(const uint64_t *)(record + 1);
			offset += record->size;
			in_hole = false;
			continue;
		}
		if (!in_hole && record->check != 0)
			found.damaged = true;
		in_hole = true;
		found.hole_bytes += 8;
		offset += 8;
	}
	munmap((void *)map, (size_t)st.st_size);
	return found;
}

static void append(struct writer *writer, uint64_t value)
{
	uint64_t *payload =
		writer_reserve(writer, SPOOL_BINDING, 0, 0, sizeof(struct spool_binding));

	if (!payload)
		return;
	*payload = value;
	writer_commit(writer, payload);
}

static void test_fresh_spools(void **state)
{
	struct spool_header header = identity();
	struct writer *first = calloc(1, sizeof(*first)), *second = calloc(1, sizeof(*second));
	char path[128];
	struct found found;

	(void)state;
	assert_int_equal(writer_create(first, database, &header), 0);
	snprintf(path, sizeof(path), "%s.4711.spool", database);
	assert_string_equal(first->path, path);
	assert_int_equal(writer_create(second, database, &header), 0);
	snprintf(path, sizeof(path), "%s.4711.2.spool", database);
	assert_string_equal(second->path, path);

	append(second, 77);
	found = read_spool(first->path);
	assert_memory_equal(found.header.magic, SPOOL_MAGIC, 8);
	assert_int_equal(found.header.version, SPOOL_VERSION);
	assert_int_equal(found.header.header_size, SPOOL_HEADER_SIZE);
	assert_int_equal(found.header.pid, 4711);
	assert_int_equal(found.header.tail, SPOOL_HEADER_SIZE);
	assert_int_equal(found.records, 0);
	found = read_spool(second->path);
	assert_int_equal(found.records, 1);
	assert_int_equal(found.sum, 77);
	assert_int_equal(found.hole_bytes, 0);

	writer_close_file(first);
	writer_close_file(second);
	writer_finish(first);
	writer_finish(second);
	/* Appending after the end harms nobody, and what is in the file stays as it was. */
	append(second, 78);
	found = read_spool(second->path);
	assert_int_equal(found.records, 1);
	assert_true(found.header.flags & SPOOL_FLAG_ENDED);
	free(first);
	free(second);
}

static void test_no_directory(void **state)
{
	struct spool_header header = identity();
	struct writer *writer = calloc(1, sizeof(*writer));
	char path[160];

	(void)state;
	snprintf(path, sizeof(path), "%s/nowhere/x.db", directory);
	assert_int_equal(writer_create(writer, path, &header), -ENOENT);
	assert_null(writer_reserve(writer, SPOOL_BINDING, 0, 0, 24));
	writer_lost(writer, SPOOL_LOST_NO_SPACE);
	writer_prepare(writer, 1000);
	writer_finish(writer);
	free(writer);
}

#define THREADS 8
#define EACH    30000

static void *append_many(void *data)
{
	for (uint64_t i = 1; i <= EACH; i++)
		append(data, i);
	return NULL;
}

static void test_threads(void **state)
{
	struct spool_header header = identity();
	struct writer *writer = calloc(1, sizeof(*writer));
	pthread_t threads[THREADS];
	struct found found;

	(void)state;
	assert_int_equal(writer_create(writer, database, &header), 0);
	writer_close_file(writer); /* it grows without a descriptor */
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, append_many, writer), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	writer_finish(writer);
	found = read_spool(writer->path);
	assert_int_equal(found.header.lost_events, 0);
	assert_int_equal(found.records, THREADS * EACH);
	assert_int_equal(found.sum, (uint64_t)THREADS * EACH * (EACH + 1) / 2);
	assert_int_equal(found.hole_bytes, 0);
	free(writer);
}

/* The end, and making room, while others write: what was committed before is there, and no record
 * is half there.  (Built with -fsanitize=thread, this looks for what races, too.) */
static _Atomic uint64_t begun;

static void *append_until_end(void *data)
{
	struct writer *writer = data;

	while (!atomic_load(&writer->full)) {
		append(writer, 1);
		atomic_fetch_add(&begun, 1);
	}
	for (int i = 0; i < 100; i++) /* some are in the middle of one, in the real world */
		append(writer, 1);
	return NULL;
}

static void test_threads_and_end(void **state)
{
	struct spool_header header = identity();

	(void)state;
	for (int round = 0; round < 5; round++) {
		struct writer *writer = calloc(1, sizeof(*writer));
		pthread_t threads[2 * THREADS];
		uint64_t before;
		struct found found;

		atomic_store(&begun, 0);
		assert_int_equal(writer_create(writer, database, &header), 0);
		writer_close_file(writer);
		for (int i = 0; i < 2 * THREADS; i++)
			assert_int_equal(
				pthread_create(&threads[i], NULL, append_until_end, writer), 0);
		while ((before = atomic_load(&begun)) < 20000u * (unsigned)round)
			writer_prepare(writer, HEADROOM);
		writer_finish(writer);
		for (int i = 0; i < 2 * THREADS; i++)
			pthread_join(threads[i], NULL);
		found = read_spool(writer->path);
		assert_false(found.damaged);
		assert_int_equal(found.header.lost_events, 0);
		assert_true(found.records >= before);
		assert_int_equal(found.sum, found.records);
		free(writer);
	}
}

static bool lockable(const char *path)
{
	int fd = open(path, O_RDWR);
	bool locked;

	assert_true(fd >= 0);
	locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return locked;
}

static void test_liveness(void **state)
{
	struct spool_header header = identity();
	struct writer *writer = calloc(1, sizeof(*writer));
	int gate[2];
	pid_t pid;

	(void)state;
	assert_int_equal(writer_create(writer, database, &header), 0);
	writer_close_file(writer);
	assert_false(lockable(writer->path));
	/* A forked child that lives on keeps no part of the lock. */
	assert_int_equal(pipe(gate), 0);
	pid = fork();
	if (pid == 0) {
		char byte;

		close(gate[1]);
		_exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(gate[0]);
	assert_false(lockable(writer->path));
	writer_finish(writer);
	assert_true(lockable(writer->path));
	close(gate[1]);
	waitpid(pid, NULL, 0);
	free(writer);
}

/* Killed between any two instructions: all that it had reported is there, the rest is torn. */
static void test_kill(void **state)
{
	struct spool_header header = identity();

	(void)state;
	for (int round = 0; round < 40; round++) {
		int progress[2];
		uint64_t count, reported = 0;
		char path[128];
		struct found found;
		pid_t pid;

		assert_int_equal(pipe(progress), 0);
		pid = fork();
		if (pid == 0) {
			struct writer *writer = calloc(1, sizeof(*writer));

			close(progress[0]);
			header.pid = 5000 + round;
			if (writer_create(writer, database, &header) != 0)
				_exit(1);
			writer_close_file(writer);
			for (uint64_t i = 1;; i++) {
				append(writer, 1);
				if (i % 16 == 0 && write(progress[1], &i, sizeof(i)) != sizeof(i))
					_exit(2);
			}
		}
		close(progress[1]);
		for (int reads = round * 7; reads >= 0; reads--)
			if (read(progress[0], &count, sizeof(count)) == sizeof(count))
				reported = count;
		usleep((useconds_t)(rand() % 500));
		kill(pid, SIGKILL);
		while (read(progress[0], &count, sizeof(count)) == sizeof(count))
			reported = count;
		close(progress[0]);
		waitpid(pid, NULL, 0);

		snprintf(path, sizeof(path), "%s.%d.spool", database, 5000 + round);
		found = read_spool(path);
		assert_true(reported > 0);
		assert_true(found.records >= reported);
		assert_true(found.records <= reported + 17);
		assert_int_equal(found.sum, found.records);
		assert_false(found.damaged);
		assert_true(lockable(path));
		unlink(path);
	}
}

/* In a child: limits can't be raised again. */
static void test_no_room(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0) {
		struct spool_header header = identity();
		struct writer *writer = calloc(1, sizeof(*writer));
		struct rlimit limit = {1 << 20, 1 << 20};
		struct found found;
		size_t written = 0;

		if (setrlimit(RLIMIT_FSIZE, &limit) != 0 ||
		    writer_create(writer, database, &header) != 0)
			_exit(1);
		writer_close_file(writer);
		for (int i = 0; i < 100000; i++) {
			uint64_t *payload = writer_reserve(writer, SPOOL_BINDING, 0, 0, 24);

			if (!payload)
				continue;
			*payload = 1;
			writer_commit(writer, payload);
			written++;
		}
		found = read_spool(writer->path);
		if (found.header.lost_events != 100000 - written ||
		    !(found.header.lost_reason & SPOOL_LOST_NO_SPACE))
			_exit(2);
		if (found.records != written || written < 1000)
			_exit(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_strings(void **state)
{
	struct spool_header header = identity();
	struct writer *writer = calloc(1, sizeof(*writer));
	size_t long_length = SPOOL_STRING_MAX + 100;
	char *long_string = malloc(long_length + 1);
	const char *strings[] = {"", "a", "abc", "abcd", NULL, "\xff\x01", long_string};
	size_t count = sizeof(strings) / sizeof(strings[0]), room = 0;
	unsigned char *start, *p;

	(void)state;
	memset(long_string, 'x', long_length);
	long_string[long_length] = '\0';
	for (size_t i = 0; i < count; i++)
		room += string_room(strings[i]);
	assert_int_equal(writer_create(writer, database, &header), 0);
	start = p = writer_reserve(writer, SPOOL_SYMBOL, 0, 0, room);
	assert_non_null(p);
	for (size_t i = 0; i < count; i++)
		p = put_string(p, strings[i]);
	assert_true(p <= start + room);
	writer_commit(writer, start);
	for (size_t i = 0; i < count; i++) {
		uint32_t length;

		memcpy(&length, start, 4);
		if (!strings[i]) {
			assert_int_equal(length, SPOOL_STRING_NONE);
			start += 4;
			continue;
		}
		assert_int_equal(length,
				 strings[i] == long_string ? SPOOL_STRING_MAX : strlen(strings[i]));
		assert_memory_equal(start + 4, strings[i], length);
		assert_int_equal(start[4 + length], 0);
		start += spool_string_size(length);
	}
	assert_ptr_equal(start, p);
	assert_int_equal(read_spool(writer->path).records, 1);
	writer_close_file(writer);
	writer_finish(writer);
	free(long_string);
	free(writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fresh_spools, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(test_threads_and_end, setup, teardown),
		cmocka_unit_test_setup_teardown(test_liveness, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_strings, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
