/* spool_facts.c - count what a spool holds, by the rules in audit/spool.h. */
#include "tests/bench/bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/spool.h"

static void count_record(const struct spool_record *record, struct spool_facts *facts)
{
	const void *payload = record + 1;
	bool about_bindings = true;

	facts->events++;
	facts->bytes += record->size;
	switch (record->type) {
	case SPOOL_BINDING:
		facts->symbind++;
		break;
	case SPOOL_REFERENCES: {
		const struct spool_references *references = payload;
		const struct spool_reference *r = (const struct spool_reference *)(references + 1);

		for (uint32_t i = 0; i < references->count; i++) {
			facts->relocations += r[i].to != 0;
			facts->unbound += r[i].to == 0;
		}
		break;
	}
	case SPOOL_UNBOUND:
		facts->unbound += ((const struct spool_unbound *)payload)->count;
		break;
	case SPOOL_SYMBOL:
	case SPOOL_VERSIONS:
		break;
	case SPOOL_OBJECT:
		facts->objects++; /* fall through */
	default:
		about_bindings = false;
		break;
	}
	if (about_bindings)
		facts->binding_bytes += record->size;
}

static void count_spool(const unsigned char *map, size_t size, struct spool_facts *facts)
{
	const struct spool_header *header = (const struct spool_header *)map;
	uint64_t end = header->tail < size ? header->tail : size, offset = SPOOL_HEADER_SIZE;

	facts->lost += header->lost_events;
	while (offset + sizeof(struct spool_record) <= end) {
		const struct spool_record *record = (const struct spool_record *)(map + offset);

		if (record->size >= sizeof(*record) && record->size % 8 == 0 &&
		    record->size <= end - offset &&
		    record->check == spool_check(header->salt, offset, record, record->size)) {
			count_record(record, facts);
			offset += record->size;
		} else {
			offset += 8;
		}
	}
}

void spools_read(struct paths *paths, struct spool_facts *ret_facts)
{
	DIR *dir = opendir(paths->output);
	struct spool_facts facts = {0};
	struct dirent *entry;

	unlink(paths->spool);
	while (dir && (entry = readdir(dir))) {
		size_t length = strlen(entry->d_name), suffix = strlen(SPOOL_SUFFIX);
		struct stat st;
		void *map;
		int fd;

		if (length < suffix || strcmp(entry->d_name + length - suffix, SPOOL_SUFFIX) != 0)
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < SPOOL_HEADER_SIZE) {
			close(fd);
			continue;
		}
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
		if (map != MAP_FAILED) {
			count_spool(map, (size_t)st.st_size, &facts);
			munmap(map, (size_t)st.st_size);
		}
		close(fd);
		/* A program of one process, as those are whose ingest is measured. */
		renameat(dirfd(dir), entry->d_name, AT_FDCWD, paths->spool);
	}
	if (dir)
		closedir(dir);
	*ret_facts = facts;
}
