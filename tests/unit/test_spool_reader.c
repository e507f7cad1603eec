/*
 * The spool reader held to audit/spool.h, by enumeration: a small spool cut at every length and
 * with every bit flipped; holes, torn records, zero areas, strange headers and payloads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/mman.h>

#include "report/store/spool_reader.h"
#include "tests/unit/spool_builder.h"

#define RECORDS_MAX 64

/* What a reader made of a spool: the offsets of its records. */
struct outcome {
	enum spool_state state;
	uint64_t offsets[RECORDS_MAX];
	uint16_t types[RECORDS_MAX];
	size_t count;
	uint64_t torn, damaged_at;
	char why[256];
};

static int memory_file(void)
{
	int fd = memfd_create("spool", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void read_fd(int fd, struct outcome *outcome)
{
	AUTO_STRBUF struct strbuf why = STRBUF_INIT;
	struct spool_reader reader;
	struct spool_item item;

	memset(outcome, 0, sizeof(*outcome));
	outcome->state = spool_reader_open(&reader, fd, &why);
	snprintf(outcome->why, sizeof(outcome->why), "%s", why.s);
	if (outcome->state != SPOOL_GOOD)
		return;
	while (spool_reader_next(&reader, &item)) {
		assert_true(outcome->count < RECORDS_MAX);
		outcome->offsets[outcome->count] = item.offset;
		outcome->types[outcome->count++] = item.type;
	}
	assert_int_equal(reader.error, 0);
	outcome->torn = reader.torn;
	outcome->damaged_at = reader.damaged_at;
	spool_reader_release(&reader);
}

static void read_bytes(const unsigned char *bytes, size_t length, struct outcome *outcome)
{
	static int fd = -1;

	if (fd < 0)
		fd = memory_file();
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, bytes, length, 0), (ssize_t)length);
	read_fd(fd, outcome);
}

static void read_builder(struct spool_builder *b, struct outcome *outcome)
{
	sb_header(b)->tail = b->tail;
	read_bytes(b->bytes, b->tail, outcome);
}

static void sample(struct spool_builder *b, struct outcome *whole)
{
	sb_init(b, 100);
	sb_sample(b);
	read_builder(b, whole);
	assert_int_equal(whole->state, SPOOL_GOOD);
	assert_int_equal(whole->count, 18);
	assert_int_equal(whole->torn, 0);
	assert_int_equal(whole->damaged_at, 0);
}

static uint64_t end_of(const struct outcome *whole, size_t i, const struct spool_builder *b)
{
	return i + 1 < whole->count ? whole->offsets[i + 1] : b->tail;
}

static void test_decodes_what_was_written(void **state)
{
	struct spool_builder b;
	AUTO_STRBUF struct strbuf why = STRBUF_INIT;
	struct spool_reader reader;
	struct spool_item item;
	struct spool_text text;
	const uint64_t frames[] = {11, 22};
	uint64_t frame;
	int fd = memory_file();

	(void)state;
	sb_init(&b, 7);
	sb_process(&b, "/bin/a", "arg", "LD_DEBUG=all");
	sb_object(&b, 5, SPOOL_OBJECT_LIBRARY, "/lib/l.so", "l.so", "libn.so");
	sb_call(&b, SPOOL_CALL_DLVSYM, 5, "sym", 99, frames, 2);
	sb_symbol(&b, 5, 3, "", NULL);
	sb_header(&b)->tail = b.tail;
	assert_int_equal(write(fd, b.bytes, b.tail), (ssize_t)b.tail);
	assert_int_equal(spool_reader_open(&reader, fd, &why), SPOOL_GOOD);

	assert_true(spool_reader_next(&reader, &item));
	assert_int_equal(item.type, SPOOL_PROCESS);
	assert_int_equal(item.seq, SPOOL_HEADER_SIZE / 8);
	assert_int_equal(item.process.fixed.uid, 1000);
	assert_string_equal(item.process.exe.bytes, "/bin/a");
	assert_string_equal(item.process.platform.bytes, "x86_64");
	text = spool_texts_next(&item.process.arguments);
	assert_string_equal(text.bytes, "/bin/a");
	text = spool_texts_next(&item.process.arguments);
	assert_string_equal(text.bytes, "arg");
	assert_int_equal(item.process.arguments.count, 0);
	text = spool_texts_next(&item.process.environment);
	assert_string_equal(text.bytes, "LD_DEBUG=all");

	assert_true(spool_reader_next(&reader, &item));
	assert_int_equal(item.object.fixed.object, 5);
	assert_string_equal(item.object.soname.bytes, "l.so");
	assert_int_equal(item.object.build_id.length, 4);
	assert_memory_equal(item.object.build_id.bytes, "\xde\xad\x00\xbe", 4);
	assert_null(item.object.rpath.bytes);
	assert_string_equal(item.object.runpath.bytes, "$ORIGIN/../lib");
	text = spool_texts_next(&item.object.needed);
	assert_string_equal(text.bytes, "libn.so");

	assert_true(spool_reader_next(&reader, &item));
	assert_int_equal(item.call.fixed.kind, SPOOL_CALL_DLVSYM);
	memcpy(&frame, item.call.frames + 8, sizeof(frame));
	assert_int_equal(frame, 22);
	assert_string_equal(item.call.version.bytes, "V1");

	assert_true(spool_reader_next(&reader, &item));
	assert_string_equal(item.symbol.name.bytes, "");
	assert_null(item.symbol.version.bytes);
	assert_false(spool_reader_next(&reader, &item));
	assert_false(spool_reader_next(&reader, &item));
	assert_int_equal(reader.record_bytes + SPOOL_HEADER_SIZE, b.tail);
	spool_reader_release(&reader);
	close(fd);
	sb_release(&b);
}

/* Cut anywhere: the records before the cut are all there, and nothing else. */
static void test_cut_at_every_length(void **state)
{
	struct spool_builder b;
	struct outcome whole, cut;

	(void)state;
	sample(&b, &whole);
	for (size_t length = 0; length <= b.tail; length++) {
		size_t expected = 0;

		read_bytes(b.bytes, length, &cut);
		if (length == 0) {
			assert_int_equal(cut.state, SPOOL_UNBORN);
			continue;
		}
		if (length < SPOOL_HEADER_SIZE) {
			assert_int_equal(cut.state, SPOOL_BAD);
			assert_true(cut.why[0] && !strchr(cut.why, '\n'));
			continue;
		}
		while (expected < whole.count && end_of(&whole, expected, &b) <= length)
			expected++;
		assert_int_equal(cut.state, SPOOL_GOOD);
		assert_int_equal(cut.count, expected);
		assert_memory_equal(cut.offsets, whole.offsets, expected * sizeof(uint64_t));
		if (expected == whole.count || whole.offsets[expected] == length)
			assert_int_equal(cut.damaged_at + cut.torn, 0);
		else
			assert_true(cut.damaged_at == whole.offsets[expected] || cut.torn == 1);
	}
	sb_release(&b);
}

/* The same where the writer's tail ends: that is what a kill leaves. */
static void test_tail_at_every_length(void **state)
{
	struct spool_builder b;
	struct outcome whole, cut;

	(void)state;
	sample(&b, &whole);
	for (uint64_t tail = 0; tail <= b.tail + 16; tail++) {
		size_t expected = 0;

		sb_header(&b)->tail = tail;
		while (expected < whole.count && end_of(&whole, expected, &b) <= tail)
			expected++;
		read_bytes(b.bytes, b.tail, &cut);
		assert_int_equal(cut.state, SPOOL_GOOD);
		assert_int_equal(cut.count, expected);
	}
	sb_release(&b);
}

/* Any bit of any record: that record is gone, all others stay, and the damage is told exactly. */
static void test_flip_every_bit_of_records(void **state)
{
	struct spool_builder b;
	struct outcome whole, flipped;

	(void)state;
	sample(&b, &whole);
	for (size_t hit = 0; hit < whole.count; hit++) {
		for (uint64_t bit = whole.offsets[hit] * 8; bit < end_of(&whole, hit, &b) * 8;
		     bit++) {
			b.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
			read_builder(&b, &flipped);
			b.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
			assert_int_equal(flipped.count, whole.count - 1);
			assert_memory_equal(flipped.offsets, whole.offsets, hit * sizeof(uint64_t));
			assert_memory_equal(flipped.offsets + hit, whole.offsets + hit + 1,
					    (whole.count - hit - 1) * sizeof(uint64_t));
			assert_int_equal(flipped.damaged_at + flipped.torn * whole.offsets[hit],
					 whole.offsets[hit]);
		}
	}
	sb_release(&b);
}

/* A header has no check: whatever is flipped there, no record is invented. */
static void test_flip_every_bit_of_the_header(void **state)
{
	struct spool_builder b;
	struct outcome whole, flipped;

	(void)state;
	sample(&b, &whole);
	for (size_t bit = 0; bit < sizeof(struct spool_header) * 8; bit++) {
		size_t known = 0;

		b.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		read_bytes(b.bytes, b.tail, &flipped);
		b.bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		if (flipped.state == SPOOL_BAD)
			assert_true(flipped.why[0]);
		for (size_t i = 0; i < flipped.count; i++) {
			while (known < whole.count && whole.offsets[known] < flipped.offsets[i])
				known++;
			assert_true(known < whole.count);
			assert_int_equal(flipped.offsets[i], whole.offsets[known]);
		}
	}
	sb_release(&b);
}

static void test_refuses_foreign_headers(void **state)
{
	static const struct {
		size_t offset;
		uint32_t value;
		const char *says;
	} cases[] = {
		{offsetof(struct spool_header, magic), 0x464c457f, "not a spool"},
		{offsetof(struct spool_header, version), 2, "format 2 is not known"},
		{offsetof(struct spool_header, version), 0x01000000, "byte order"},
		{offsetof(struct spool_header, feature_incompat), 4, "0x4"},
		{offsetof(struct spool_header, word_size), 3, "damaged header"},
		{offsetof(struct spool_header, header_size), 8, "damaged header"},
		{offsetof(struct spool_header, header_size), 4097, "damaged header"},
		{offsetof(struct spool_header, header_size), 1u << 20, "less than its header"},
		{offsetof(struct spool_header, header_size), 0xfffffff8, "damaged header"},
		{offsetof(struct spool_header, begin_kind), 0, "damaged header"},
	};
	struct spool_builder b;
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		sample(&b, &outcome);
		memcpy(b.bytes + cases[i].offset, &cases[i].value, sizeof(uint32_t));
		read_bytes(b.bytes, b.tail, &outcome);
		assert_int_equal(outcome.state, SPOOL_BAD);
		assert_non_null(strstr(outcome.why, cases[i].says));
		sb_release(&b);
	}
}

static void test_accepts_compatible_news(void **state)
{
	struct spool_builder b;
	struct outcome outcome;

	(void)state;
	sb_init(&b, 1);
	sb_header(&b)->feature_compat = 0xff;
	sb_header(&b)->word_size = 4;
	sb_process(&b, "/bin/a", "", NULL);
	sb_begin(&b, 200, 0, 1); /* a type of the future */
	sb_put(&b, "12345678", 8);
	sb_commit(&b);
	sb_event(&b, SPOOL_END, 0, 0);
	read_builder(&b, &outcome);
	assert_int_equal(outcome.count, 2);
	assert_int_equal(outcome.types[1], SPOOL_END);
	assert_int_equal(outcome.damaged_at, 0);
	sb_release(&b);
}

static void test_larger_header(void **state)
{
	struct spool_builder b;
	struct outcome outcome;

	(void)state;
	sb_init(&b, 1);
	sb_header(&b)->header_size = SPOOL_HEADER_SIZE + 64;
	b.tail += 64;
	sb_process(&b, "/bin/a", "", NULL);
	read_builder(&b, &outcome);
	assert_int_equal(outcome.count, 1);
	assert_int_equal(outcome.offsets[0], SPOOL_HEADER_SIZE + 64);
	sb_release(&b);
}

/* Threads killed between reserving and committing. */
static void test_torn_records(void **state)
{
	struct spool_builder b;
	struct outcome outcome;
	uint64_t start;

	(void)state;
	sb_init(&b, 1);
	sb_process(&b, "/bin/a", "", NULL);
	sb_begin(&b, SPOOL_CALL, 0, 1); /* partly filled in */
	sb_put(&b, "half of a payload", 17);
	sb_tear(&b);
	sb_event(&b, SPOOL_PREINIT, 1, 0);
	start = b.tail; /* reserved, untouched */
	sb_need(&b, 4000);
	b.tail += 4000;
	sb_event(&b, SPOOL_END, 0, 0);
	sb_begin(&b, SPOOL_BINDING, 0, 0); /* the last thing that happened */
	sb_tear(&b);
	read_builder(&b, &outcome);
	assert_int_equal(outcome.count, 3);
	assert_int_equal(outcome.offsets[2], start + 4000);
	assert_int_equal(outcome.torn, 3);
	assert_int_equal(outcome.damaged_at, 0);
	sb_release(&b);
}

/* The bytes of valid records, elsewhere, are no records. */
static void test_moved_records_do_not_validate(void **state)
{
	struct spool_builder b;
	struct outcome outcome;
	uint64_t first, length;
	unsigned char copy[256];

	(void)state;
	sb_init(&b, 1);
	sb_process(&b, "/bin/a", "", NULL);
	first = b.tail;
	sb_event(&b, SPOOL_PREINIT, 1, 0);
	length = b.tail - first;
	memcpy(copy, b.bytes + first, length);
	sb_put(&b, copy, length);
	sb_event(&b, SPOOL_END, 0, 0);
	read_builder(&b, &outcome);
	assert_int_equal(outcome.count, 3);
	assert_int_equal(outcome.damaged_at, first + length);
	sb_release(&b);
}

/* Sizes that lead outside, or nowhere; the check is right. */
static void test_impossible_sizes(void **state)
{
	static const uint32_t sizes[] = {0, 8, 12, 20, 1u << 23, SPOOL_RECORD_MAX + 8, 0xfffffff8};
	struct spool_builder b;
	struct outcome outcome;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t bad;

		sb_init(&b, 1);
		sb_process(&b, "/bin/a", "", NULL);
		bad = b.tail;
		sb_event(&b, SPOOL_PREINIT, 1, 0);
		sb_record(&b)->size = sizes[i];
		sb_record(&b)->check = 1;
		sb_event(&b, SPOOL_END, 0, 0);
		read_builder(&b, &outcome);
		assert_int_equal(outcome.count, 2);
		assert_int_equal(outcome.damaged_at, bad);
		sb_release(&b);
	}
}

/* Every 32-bit word of every payload replaced by hostile numbers, with a check that is right: no
 * crash, and all other records stay. */
static void test_hostile_payloads(void **state)
{
	static const uint32_t numbers[] = {0,      1,          11,         257,        0x10000,
					   131073, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
	struct spool_builder b;
	struct outcome whole, outcome;

	(void)state;
	sample(&b, &whole);
	for (size_t hit = 0; hit < whole.count; hit++) {
		uint64_t start = whole.offsets[hit];

		for (uint64_t at = start + 8; at < end_of(&whole, hit, &b); at += 4) {
			uint32_t kept;

			memcpy(&kept, b.bytes + at, sizeof(kept));
			for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
				memcpy(b.bytes + at, &numbers[i], sizeof(kept));
				sb_seal(&b, start);
				read_builder(&b, &outcome);
				assert_true(outcome.count == whole.count ||
					    outcome.count == whole.count - 1);
				assert_int_equal(outcome.torn, 0);
				if (outcome.count == whole.count)
					assert_int_equal(outcome.damaged_at, 0);
				else if (outcome.damaged_at)
					assert_int_equal(outcome.damaged_at, start);
			}
			memcpy(b.bytes + at, &kept, sizeof(kept));
		}
		sb_seal(&b, start);
	}
	sb_release(&b);
}

/* A spool whose room is nearly all empty is read at once, whatever its tail says. */
static void test_sparse_room(void **state)
{
	struct spool_builder b;
	struct outcome outcome;
	char path[] = "/tmp/plugreport-test-XXXXXX";
	int fd = mkstemp(path);
	const off_t far = (off_t)3 << 30;
	uint64_t late;

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	sb_init(&b, 1);
	sb_process(&b, "/bin/a", "", NULL);
	sb_header(&b)->tail = UINT64_C(1) << 40;
	assert_int_equal(pwrite(fd, b.bytes, b.tail, 0), (ssize_t)b.tail);
	assert_int_equal(ftruncate(fd, (off_t)1 << 32), 0);
	/* One record far out, as when a thread was killed that had reserved all that is between. */
	sb_begin(&b, SPOOL_END, 0, 1);
	sb_put(&b, "________________________", 24);
	sb_tear(&b);
	sb_record(&b)->check =
		spool_check(sb_header(&b)->salt, (uint64_t)far, sb_record(&b), sb_record(&b)->size);
	late = sb_record(&b)->size;
	assert_int_equal(pwrite(fd, sb_record(&b), late, far), (ssize_t)late);
	read_fd(fd, &outcome);
	assert_int_equal(outcome.count, 2);
	assert_int_equal(outcome.offsets[1], far);
	assert_int_equal(outcome.torn, 2);
	assert_int_equal(outcome.damaged_at, 0);
	close(fd);
	sb_release(&b);
}

/* Records around the window's end, one larger than the window, and holes across it. */
static void test_records_larger_than_the_window(void **state)
{
	static char text[SPOOL_STRING_MAX];
	struct spool_builder b;
	struct outcome outcome;

	(void)state;
	memset(text, 'x', sizeof(text));
	sb_init(&b, 1);
	sb_process(&b, "/bin/a", "", NULL);
	for (int i = 0; i < 12; i++) {
		struct spool_symbol fixed = {.object = 1, .index = (uint32_t)i};

		sb_begin(&b, SPOOL_SYMBOL, 0, 0);
		sb_put(&b, &fixed, sizeof(fixed));
		for (int j = 0; j < (i % 4 == 3 ? 8 : 2); j++)
			sb_text_of(&b, text, sizeof(text));
		if (i % 5 == 4)
			sb_tear(&b);
		else
			sb_commit(&b);
	}
	sb_event(&b, SPOOL_END, 0, 0);
	read_builder(&b, &outcome);
	assert_int_equal(outcome.count, 12);
	assert_int_equal(outcome.types[11], SPOOL_END);
	assert_int_equal(outcome.torn, 2);
	assert_int_equal(outcome.damaged_at, 0);
	sb_release(&b);
}

/* A file of numbers that all look like the start of a large record must not take for ever. */
static void test_overlapping_claims(void **state)
{
	struct spool_builder b;
	struct outcome outcome;
	const size_t room = 4u << 20;

	(void)state;
	sb_init(&b, 1);
	sb_process(&b, "/bin/a", "", NULL);
	sb_need(&b, room);
	for (size_t i = 0; i < room / 8; i++) {
		uint32_t claim[2] = {1, 1u << 20};

		memcpy(b.bytes + b.tail + i * 8, claim, sizeof(claim));
	}
	b.tail += room;
	read_builder(&b, &outcome);
	assert_int_equal(outcome.count, 1);
	assert_int_not_equal(outcome.damaged_at, 0);
	sb_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decodes_what_was_written),
		cmocka_unit_test(test_cut_at_every_length),
		cmocka_unit_test(test_tail_at_every_length),
		cmocka_unit_test(test_flip_every_bit_of_records),
		cmocka_unit_test(test_flip_every_bit_of_the_header),
		cmocka_unit_test(test_refuses_foreign_headers),
		cmocka_unit_test(test_accepts_compatible_news),
		cmocka_unit_test(test_larger_header),
		cmocka_unit_test(test_torn_records),
		cmocka_unit_test(test_moved_records_do_not_validate),
		cmocka_unit_test(test_impossible_sizes),
		cmocka_unit_test(test_hostile_payloads),
		cmocka_unit_test(test_sparse_room),
		cmocka_unit_test(test_records_larger_than_the_window),
		cmocka_unit_test(test_overlapping_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
