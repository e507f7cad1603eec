/*
 * Spools whose records are whole but say impossible things: every word of every payload replaced by
 * numbers that lead astray, read, concluded from, and written to the database.
 */
#include "tests/unit/store_test.h"

#include <sys/mman.h>

#include "report/store/contents.h"
#include "report/store/symbolize.h"
#include "report/store/write.h"
#include "tests/unit/spool_builder.h"

static const uint32_t numbers[] = {0,      1,          2,          3,          4,
				   7,      0xff,       0x10000,    0x100456,   0x300000,
				   131073, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

struct fixture {
	struct spool_builder b;
	struct rows rows;
	struct place_finder *finder;
	int fd;
	size_t written, refused;
};

/* Take the builder's present state in, as a process of its own. */
static void take(struct fixture *f, bool write)
{
	AUTO_STRBUF struct strbuf why = STRBUF_INIT;
	struct spool_reader reader;
	struct contents contents;

	sb_header(&f->b)->uuid[0]++;
	if (sb_header(&f->b)->uuid[0] == 0 && ++sb_header(&f->b)->uuid[1] == 0)
		sb_header(&f->b)->uuid[2]++;
	assert_int_equal(pwrite(f->fd, f->b.bytes, f->b.tail, 0), f->b.tail);
	assert_int_equal(spool_reader_open(&reader, f->fd, &why), SPOOL_GOOD);
	contents_init(&contents);
	assert_true(contents_read(&contents, &reader, false));
	contents_infer(&contents);
	place_finder_apply(f->finder, &contents.rec);
	if (write) {
		enum write_result result = write_process(&f->rows, &contents);

		assert_true(result == WRITE_DONE || result == WRITE_REFUSED);
		f->written += result == WRITE_DONE;
		f->refused += result == WRITE_REFUSED;
	}
	contents_release(&contents);
	spool_reader_release(&reader);
}

static void test_every_word(void **state)
{
	struct fixture f = {.fd = memfd_create("spool", MFD_CLOEXEC), .finder = place_finder_new()};
	size_t tried = 0;

	(void)state;
	sb_init(&f.b, 100);
	sb_sample(&f.b);
	sb_header(&f.b)->tail = f.b.tail;
	f.rows.store = store_open_write("db");
	sqlite3_exec(f.rows.store->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
	for (uint64_t record = SPOOL_HEADER_SIZE, size; record < f.b.tail; record += size) {
		size = ((struct spool_record *)(f.b.bytes + record))->size;
		for (uint64_t at = record + 8; at < record + size; at += 4) {
			uint32_t kept;

			memcpy(&kept, f.b.bytes + at, sizeof(kept));
			for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
				memcpy(f.b.bytes + at, &numbers[i], sizeof(kept));
				sb_seal(&f.b, record);
				take(&f, tried++ % 16 == 0);
			}
			memcpy(f.b.bytes + at, &kept, sizeof(kept));
		}
		sb_seal(&f.b, record);
	}
	rows_release(&f.rows);
	store_close(f.rows.store);
	place_finder_free(f.finder);
	sb_release(&f.b);
	close(f.fd);
	assert_true(f.written > 300);
	assert_int_equal(f.refused, 0);
	assert_answer("PRAGMA integrity_check", "ok");
	assert_answer("PRAGMA foreign_key_check", "");
	assert_answer("SELECT count(*) FROM object WHERE reason_object NOT IN (SELECT id FROM "
		      "object) OR reason_call NOT IN (SELECT id FROM call) OR reason_search NOT IN "
		      "(SELECT id FROM search)",
		      "0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		directory_test(test_every_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
