/*
 * The spool reader, ingest, and what is answered from what they made of a spool.
 *
 * An input is a spool, as it lies beside a database.  Records without their check would be taken
 * for damage, and nothing behind the reader ever tried: the mutator changes single records, and
 * mostly puts checks right again.
 */
#include <unistd.h>

#include "report/util.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/spools.h"

#define RECORDS_MAX 4096

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct spool_builder b;

	(void)argc;
	(void)argv;
	fuzz_enter_directory();
	fuzz_spool(&b, 1);
	sb_save(&b, "other.spool");
	sb_release(&b);
	if (!fuzz_ingest("other", "other.spool"))
		BUG("no database of the spool to begin with");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t choice = fuzz_hash(data, size);
	AUTO_FREE uint8_t *second = NULL;

	unlink("db");
	fuzz_write_file("spool", data, size);
	if (!fuzz_ingest("db", "spool"))
		return 0;
	fuzz_questions("db", "other", choice);
	if (!fuzz_thorough && choice >> 50 & 3)
		return 0;
	/* Once more, as another process: now it goes into a database that is there. */
	second = xmalloc(size);
	memcpy(second, data, size);
	second[offsetof(struct spool_header, uuid)] ^= 1;
	fuzz_write_file("spool", second, size);
	fuzz_ingest("db", "spool");
	return 0;
}

/* --- mutations --- */

static uint64_t random_state;

static size_t pick(size_t below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return below ? (size_t)(random_state >> 33) % below : 0;
}

static bool is_spool(const uint8_t *data, size_t size)
{
	return size >= SPOOL_HEADER_SIZE + sizeof(struct spool_record) &&
	       memcmp(data, SPOOL_MAGIC, sizeof(SPOOL_MAGIC) - 1) == 0;
}

static size_t record_size(const uint8_t *data, size_t size, size_t at)
{
	struct spool_record record;

	if (at + sizeof(record) > size)
		return 0;
	memcpy(&record, data + at, sizeof(record));
	return record.size >= sizeof(record) && record.size % 8 == 0 && record.size <= size - at
		       ? record.size
		       : 0;
}

/* The offsets of the records; their number. */
static size_t find_records(const uint8_t *data, size_t size, size_t *offsets)
{
	size_t count = 0, length;

	for (size_t at = SPOOL_HEADER_SIZE;
	     count < RECORDS_MAX && (length = record_size(data, size, at)); at += length)
		offsets[count++] = at;
	return count;
}

/* All records are whole again, and the header says so. */
static void seal(uint8_t *data, size_t size)
{
	struct spool_header header;
	size_t length;

	if (!is_spool(data, size))
		return;
	memcpy(&header, data, sizeof(header));
	header.tail = size;
	memcpy(data, &header, sizeof(header));
	for (size_t at = SPOOL_HEADER_SIZE; (length = record_size(data, size, at)); at += length) {
		uint32_t check = spool_check(header.salt, at, data + at, length);

		memcpy(data + at, &check, sizeof(check));
	}
}

/* Put `length` bytes in the place of the `old` ones at `at`; the new size, or `size` when they
 * don't fit. */
static size_t replace(uint8_t *data, size_t size, size_t max_size, size_t at, size_t old,
		      const uint8_t *bytes, size_t length)
{
	if (size - old + length > max_size)
		return size;
	memmove(data + at + length, data + at + old, size - at - old);
	memcpy(data + at, bytes, length);
	return size - old + length;
}

/* libFuzzer's own means, on one record's payload. */
static size_t mutate_payload(uint8_t *data, size_t size, size_t max_size, size_t at)
{
	size_t old = record_size(data, size, at), room = old + 256, length;
	AUTO_FREE uint8_t *record = xcalloc(1, room);
	struct spool_record head;

	memcpy(record, data + at, old);
	length = sizeof(head) +
		 LLVMFuzzerMutate(record + sizeof(head), old - sizeof(head),
				  pick(2) ? old - sizeof(head) : room - sizeof(head) - 8);
	memset(record + length, 0, room - length);
	length = (length + 7) & ~(size_t)7;
	memcpy(&head, record, sizeof(head));
	head.size = (uint32_t)length;
	memcpy(record, &head, sizeof(head));
	return replace(data, size, max_size, at, old, record, length);
}

/* A number that leads astray, or is meant for something else, in the place of one in the payload.
 */
static void change_number(uint8_t *data, size_t size, size_t at)
{
	static const uint32_t numbers[] = {0,   1,    2,        3,       4,          5,
					   7,   0xff, 0x100456, 0x30000, 0x7fffffff, 0x80000000,
					   ~0u, ~1u,  131073,   262144};
	size_t words = (record_size(data, size, at) - sizeof(struct spool_record)) / 4;
	uint32_t number = numbers[pick(ARRAY_SIZE(numbers))];

	if (!words)
		return;
	if (pick(3) == 0)
		memcpy(&number, data + SPOOL_HEADER_SIZE + pick((size - SPOOL_HEADER_SIZE) / 4) * 4,
		       sizeof(number));
	memcpy(data + at + sizeof(struct spool_record) + pick(words) * 4, &number, sizeof(number));
}

static void change_head(uint8_t *data, size_t at)
{
	struct spool_record head;

	memcpy(&head, data + at, sizeof(head));
	switch (pick(3)) {
	case 0:
		head.type = (uint16_t)pick(16);
		break;
	case 1:
		head.flags ^= (uint16_t)(1u << pick(12));
		break;
	default:
		head.tid = (uint32_t)pick(4);
		break;
	}
	memcpy(data + at, &head, sizeof(head));
}

static size_t copy_record(uint8_t *data, size_t size, size_t max_size, size_t from, size_t to)
{
	size_t length = record_size(data, size, from);
	AUTO_FREE uint8_t *record = xmalloc(length);

	memcpy(record, data + from, length);
	return replace(data, size, max_size, to, 0, record, length);
}

static void swap_records(uint8_t *data, size_t size, size_t at)
{
	size_t first = record_size(data, size, at);
	size_t second = record_size(data, size, at + first);
	AUTO_FREE uint8_t *kept = xmalloc(first);

	if (!second)
		return;
	memcpy(kept, data + at, first);
	memmove(data + at, data + at + first, second);
	memcpy(data + at + second, kept, first);
}

/* Everything of the header but what makes it one. */
static void mutate_header(uint8_t *data)
{
	const size_t from = offsetof(struct spool_header, machine);

	LLVMFuzzerMutate(data + from, sizeof(struct spool_header) - from,
			 sizeof(struct spool_header) - from);
}

static size_t mutate(uint8_t *data, size_t size, size_t max_size, const size_t *offsets,
		     size_t count)
{
	size_t at = offsets[pick(count)];

	switch (pick(16)) {
	case 0:
	case 1:
	case 2:
		return mutate_payload(data, size, max_size, at);
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		change_number(data, size, at);
		return size;
	case 8:
		change_head(data, at);
		return size;
	case 9:
	case 10:
		return copy_record(data, size, max_size, at, offsets[pick(count)]);
	case 11:
		return replace(data, size, max_size, at, record_size(data, size, at), data, 0);
	case 12:
		swap_records(data, size, at);
		return size;
	case 13:
		mutate_header(data);
		return size;
	default:
		return at; /* ends there */
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	static size_t offsets[RECORDS_MAX];
	struct spool_builder b;
	size_t count;

	random_state = seed;
	if (!is_spool(data, size) || pick(50) == 0) {
		fuzz_spool(&b, pick(FUZZ_SPOOLS));
		if (b.tail <= max_size) {
			size = b.tail;
			memcpy(data, b.bytes, size);
		}
		sb_release(&b);
		if (!is_spool(data, size))
			return LLVMFuzzerMutate(data, size, max_size);
	}
	if (pick(20) == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	for (size_t times = 1 + pick(3); times; times--) {
		count = find_records(data, size, offsets);
		if (!count)
			return LLVMFuzzerMutate(data, size, max_size);
		size = mutate(data, size, max_size, offsets, count);
	}
	if (pick(20))
		seal(data, size);
	return size;
}

/* Some records of the second behind some of the first. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
				 size_t size2, uint8_t *out, size_t max_out_size, unsigned int seed)
{
	static size_t first[RECORDS_MAX], second[RECORDS_MAX];
	size_t count1, count2, cut, from, length;

	random_state = seed;
	if (!is_spool(data1, size1) || !is_spool(data2, size2) || size1 > max_out_size)
		return 0;
	count1 = find_records(data1, size1, first);
	count2 = find_records(data2, size2, second);
	if (!count1 || !count2)
		return 0;
	cut = first[pick(count1)];
	from = second[pick(count2)];
	length = size2 - from;
	if (length > max_out_size - cut)
		length = record_size(data2, size2, from);
	if (length > max_out_size - cut)
		return 0;
	memcpy(out, data1, cut);
	memcpy(out + cut, data2 + from, length);
	seal(out, cut + length);
	return cut + length;
}
