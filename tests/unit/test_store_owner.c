/*
 * What SQLite would obey and somebody else has put beside a database, before it is opened or after:
 * it is refused, the database stays as it is, and so does the file.  And whose spools root
 * believes.
 */
#include "tests/unit/store_test.h"

#include <grp.h>
#include <pwd.h>
#include <sys/xattr.h>

#include "report/store/guard.h"
#include "report/store/owner.h"
#include "report/store/spool_files.h"
#include "report/store/store_internal.h"
#include "tests/unit/spool_builder.h"

#define NOBODY 65534

static void copy(const char *from, const char *to)
{
	AUTO_FREE char *command = xasprintf("cp '%s' '%s'", from, to);

	assert_int_equal(system(command), 0);
}

static void exec(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

/* ./db with one process called "late", and ./trap: a journal that would call it "early" again. */
static void make_trap(void)
{
	struct spool_builder b;
	sqlite3 *db;

	sb_init(&b, 100);
	sb_sample(&b);
	sb_save(&b, "db.100.spool");
	sb_release(&b);
	assert_int_equal(ingest(false).taken, 1);
	change("UPDATE process SET cwd = 'early'");
	assert_int_equal(sqlite3_open("db", &db), SQLITE_OK);
	exec(db, "PRAGMA cache_size = 1; BEGIN; UPDATE process SET cwd = 'late'; "
		 "CREATE TABLE more AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL "
		 "SELECT x + 1 FROM n WHERE x < 2000) SELECT x, randomblob(1000) FROM n; "
		 "DROP TABLE more");
	copy("db-journal", "trap");
	exec(db, "COMMIT");
	sqlite3_close(db);
	assert_answer("SELECT cwd FROM process", "late");
}

/* The trap works, on who is not on his guard. */
static void test_trap(void **state)
{
	(void)state;
	make_trap();
	copy("trap", "db-journal");
	assert_answer("SELECT cwd FROM process", "early");
	assert_false(exists("db-journal"));
}

/* Put the trap at `path`, in one of the ways in which others can. */
static void set_trap(const char *path, bool linked)
{
	if (linked) {
		assert_int_equal(link("trap", path), 0);
	} else {
		copy("trap", path);
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
	}
}

/* With a file of somebody else, which only root can make, and with one that has two names. */
static int first_way(void)
{
	return geteuid() == 0 ? 0 : 1;
}

static void assert_untouched(const char *journal)
{
	assert_true(exists(journal));
	assert_int_equal(unlink(journal), 0);
	assert_answer("SELECT cwd FROM process", "late");
}

static void test_before_opening(void **state)
{
	(void)state;
	make_trap();
	assert_int_equal(mkdir("links", 0700) | symlink("../db", "links/name"), 0);
	for (int linked = first_way(); linked < 2; linked++) {
		struct store *(*const ways[])(const char *) = {store_open_read, store_open_write,
							       store_open_read};

		for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
			struct saying saying;
			struct store *store;
			AUTO_FREE char *text = NULL;

			set_trap("db-journal", linked);
			saying = begin_listening();
			/* A link's target is what SQLite looks beside. */
			store = ways[i](i == 2 ? "links/name" : "db");
			text = said(saying);
			assert_null(store);
			assert_one_line(text, linked ? "db-journal: has other names"
						     : "db-journal: belongs to user 65534");
			assert_untouched("db-journal");
		}
	}
	/* Beside the link is nothing to SQLite. */
	set_trap("links/name-journal", true);
	store_close(store_open_read("links/name"));
	assert_untouched("links/name-journal");
}

/* Somebody waits until the database was found to be in order. */
static void test_after_opening(void **state)
{
	(void)state;
	make_trap();
	for (int linked = first_way(); linked < 2; linked++) {
		struct store *store = store_open_write("db");
		struct saying saying;
		AUTO_FREE char *text = NULL;

		assert_non_null(store);
		set_trap("db-journal", linked);
		assert_int_not_equal(sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
				     SQLITE_OK);
		saying = begin_listening();
		store_complain(store, "written");
		text = said(saying);
		assert_one_line(text, linked ? "db-journal: has other names"
					     : "db-journal: belongs to user 65534");
		store_close(store);
		assert_untouched("db-journal");
	}
}

static void test_at_closing(void **state)
{
	(void)state;
	make_trap();
	for (int linked = first_way(); linked < 2; linked++) {
		struct store *store = store_open_read("db");
		sqlite3 *cache;

		assert_non_null(store);
		set_trap("db-journal", linked);
		cache = store_connect_for_cache(store);
		assert_non_null(cache);
		assert_int_not_equal(sqlite3_exec(cache, "BEGIN IMMEDIATE", NULL, NULL, NULL),
				     SQLITE_OK);
		sqlite3_close(cache);
		store_close(store);
		assert_untouched("db-journal");
	}
}

/* One that only appears while a transaction is begun, where a new journal is to be made. */
static void test_pipe(void **state)
{
	struct store *store;

	(void)state;
	make_trap();
	store = store_open_write("db");
	assert_non_null(store);
	assert_int_equal(mkfifo("db-journal", 0600), 0);
	alarm(20);
	assert_int_not_equal(sqlite3_exec(store->db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
			     SQLITE_OK);
	alarm(0);
	store_close(store);
	assert_untouched("db-journal");
}

/* A WAL is believed when it is there, by readers too. */
static void test_wal(void **state)
{
	sqlite3 *db;

	(void)state;
	make_trap();
	assert_int_equal(sqlite3_open("db", &db), SQLITE_OK);
	exec(db, "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; "
		 "UPDATE process SET cwd = 'early'");
	copy("db", "before");
	copy("db-wal", "wal");
	sqlite3_close(db);
	assert_int_equal(rename("wal", "trap"), 0);
	for (int linked = first_way(); linked < 2; linked++) {
		copy("before", "db");
		set_trap("db-wal", linked);
		assert_int_equal(guard_open("db", &db, SQLITE_OPEN_READONLY), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, "SELECT cwd FROM process", NULL, NULL, NULL),
				 SQLITE_CANTOPEN);
		sqlite3_close(db);
		assert_untouched("db-wal");
	}
	copy("before", "db");
	copy("trap", "db-wal");
	assert_answer("SELECT cwd FROM process", "early");
}

/* Our own journal is played back as ever: the guard is not in the way. */
static void test_own_journal(void **state)
{
	(void)state;
	make_trap();
	copy("trap", "db-journal");
	store_close(store_open_read("db"));
	assert_false(exists("db-journal"));
	assert_answer("SELECT cwd FROM process", "early");
	copy("trap", "db-journal");
	store_close(store_open_write("db"));
	assert_false(exists("db-journal"));
}

/* Whom root is asked about, and what happens meanwhile. */
struct question {
	int asked;
	unsigned char run; /* the first byte of the run's uuid that is shown */
	bool answer;
	const char *replaced_by; /* NULL: nothing */
};

static bool answer(void *data, const struct spool_header *header)
{
	struct question *question = data;

	question->asked++;
	question->run = header->run_uuid[0];
	if (question->replaced_by)
		assert_int_equal(rename(question->replaced_by, "db.100.spool"), 0);
	return question->answer;
}

static void make_their_spool(const char *path, unsigned char run)
{
	struct spool_builder b;

	sb_init(&b, 100);
	sb_sample(&b);
	sb_header(&b)->run_uuid[0] = run;
	sb_save(&b, path);
	sb_release(&b);
	assert_int_equal(chown(path, NOBODY, NOBODY), 0);
}

static ssize_t pwrite_at_start(const char *path, const char *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);

	return pwrite(fd, text, strlen(text), 0);
}

static enum claim claim(struct question *question)
{
	struct saying saying = begin_listening();
	int fd = -1;
	enum claim result = spool_claim("db.100.spool", answer, question, false, &fd);
	AUTO_FREE char *text = said(saying);

	if (fd >= 0)
		close(fd);
	assert_int_equal(text[0] != '\0', question->asked && question->answer);
	return result;
}

/* What is believed is what was opened, whatever its name leads to before and after. */
static void test_their_spools(void **state)
{
	struct question no = {0}, yes = {.answer = true}, none = {.answer = true};
	struct question other = {.answer = true, .replaced_by = "other"};

	(void)state;
	if (geteuid() != 0)
		skip();
	make_their_spool("db.100.spool", 7);
	assert_int_equal(claim(&no), CLAIM_FOREIGN);
	assert_int_equal(claim(&yes), CLAIM_FINISHED);
	assert_int_equal(yes.run, 7);
	make_their_spool("other", 8);
	assert_int_equal(claim(&other), CLAIM_GONE);
	assert_int_equal(other.run, 7);
	/* Nothing in it that could be asked about. */
	assert_int_equal(truncate("db.100.spool", 100), 0);
	assert_int_equal(claim(&none), CLAIM_FOREIGN);
	assert_int_equal(truncate("db.100.spool", 0), 0);
	assert_int_equal(claim(&none), CLAIM_FOREIGN);
	make_their_spool("db.100.spool", 7);
	assert_int_equal(pwrite_at_start("db.100.spool", "X"), 1);
	assert_int_equal(claim(&none), CLAIM_FOREIGN);
	assert_int_equal(none.asked, 0);
	assert_int_equal(unlink("db.100.spool"), 0);
	assert_int_equal(claim(&none), CLAIM_GONE);
}

static void assert_place(mode_t mode, bool open)
{
	assert_int_equal(chmod("place", mode), 0);
	if (owner_place_is_open("place/db") != open)
		fail_msg("mode %o: %s", mode, open ? "taken for closed" : "taken for open");
}

static void test_places(void **state)
{
	/* An access control list: user 65534 may write, the mask lets him. */
	static const unsigned char list[] = {
		2,    0, 0, 0,                         /* version */
		1,    0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* owner rwx */
		2,    0, 7, 0, 0xfe, 0xff, 0,    0,    /* user 65534 rwx */
		4,    0, 5, 0, 0xff, 0xff, 0xff, 0xff, /* group r-x */
		0x10, 0, 7, 0, 0xff, 0xff, 0xff, 0xff, /* mask rwx */
		0x20, 0, 5, 0, 0xff, 0xff, 0xff, 0xff, /* others r-x */
	};
	const struct passwd *user = getpwuid(geteuid());
	const struct group *group = user ? getgrgid(user->pw_gid) : NULL;

	(void)state;
	assert_int_equal(mkdir("place", 0700), 0);
	assert_place(0700, false);
	assert_place(0755, false);
	assert_place(0777, true);
	assert_place(01777, true);
	assert_true(owner_place_is_open("nowhere/db"));
	if (geteuid() != 0)
		skip();
	if (group && strcmp(group->gr_name, user->pw_name) == 0 && !group->gr_mem[0]) {
		assert_place(0775, false);
		if (setxattr("place", "system.posix_acl_access", list, sizeof(list), 0) == 0) {
			assert_true(owner_place_is_open("place/db"));
			assert_int_equal(removexattr("place", "system.posix_acl_access"), 0);
		}
	}
	assert_int_equal(chown("place", 0, NOBODY), 0);
	assert_place(0755, false);
	assert_place(0775, true);
	assert_place(02775, true);
	assert_int_equal(chown("place", NOBODY, NOBODY), 0);
	assert_place(0755, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		directory_test(test_trap),          directory_test(test_before_opening),
		directory_test(test_after_opening), directory_test(test_at_closing),
		directory_test(test_pipe),          directory_test(test_wal),
		directory_test(test_own_journal),   directory_test(test_their_spools),
		directory_test(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
