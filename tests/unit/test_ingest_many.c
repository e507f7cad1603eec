/*
 * Many ingests at once, and ingests that are killed: every process is in the database exactly once,
 * whole, and the database stays sound.
 */
#include "tests/unit/store_test.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/spool_builder.h"

#define SPOOLS   200
#define INGESTS  50
#define KILLS    60
#define BINDINGS 400

/* Process `pid` has pid % 7 + 1 objects and BINDINGS bindings. */
static void save(int pid)
{
	AUTO_FREE char *path = xasprintf("db.%d.spool", pid);
	struct spool_builder b;
	int objects = pid % 7 + 1;

	sb_init(&b, pid);
	sb_process(&b, "/bin/a", "", NULL);
	for (int i = 1; i <= objects; i++)
		sb_object(&b, (uint32_t)i, SPOOL_OBJECT_LIBRARY, "/l/a.so", "a.so", "b.so");
	for (int i = 0; i < BINDINGS; i++) {
		AUTO_FREE char *name = xasprintf("symbol_%d_%d", pid, i);

		sb_symbol(&b, 1, (uint32_t)i, name, NULL);
		sb_binding(&b, 1, 1, (uint32_t)i, 0);
	}
	sb_event(&b, SPOOL_END, 0, 0);
	sb_save(&b, path);
	sb_release(&b);
}

static void check_all_there_once(int count)
{
	AUTO_FREE char *all = xasprintf("%d %d %d", count, count, count * BINDINGS);
	AUTO_FREE char *none = xasprintf("%d", 0);

	assert_answer("PRAGMA integrity_check", "ok");
	assert_answer("PRAGMA foreign_key_check", "");
	assert_answer("SELECT count(*) || ' ' || count(DISTINCT pid) || ' ' || "
		      "(SELECT count(*) FROM binding) FROM process",
		      all);
	assert_answer("SELECT count(*) FROM process p WHERE pid % 7 + 1 <> "
		      "(SELECT count(*) FROM object WHERE process = p.id) OR 400 <> "
		      "(SELECT count(*) FROM v_binding v WHERE v.process = p.id AND symbol = "
		      "'symbol_' || p.pid || '_' || (v.binding - (SELECT min(id) FROM binding "
		      "WHERE process = p.id)))",
		      none);
	assert_false(store_has_spools("db"));
}

static void test_many_at_once(void **state)
{
	size_t taken = 0;
	int counts[2];

	(void)state;
	for (int i = 0; i < SPOOLS; i++)
		save(1000 + i);
	assert_int_equal(pipe(counts), 0);
	for (int i = 0; i < INGESTS; i++) {
		if (fork() == 0) {
			struct ingest_options options = {.live = i % 2};
			struct ingest_result result;
			bool done = store_ingest("db", &options, &result);
			size_t sum = result.taken + result.live * 1000 + result.failed * 1000;

			_exit(done && write(counts[1], &sum, sizeof(sum)) == sizeof(sum) ? 0 : 1);
		}
	}
	for (int i = 0; i < INGESTS; i++) {
		size_t sum;
		int status;

		assert_int_equal(read(counts[0], &sum, sizeof(sum)), sizeof(sum));
		taken += sum;
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(taken, SPOOLS); /* nobody took one that another had */
	check_all_there_once(SPOOLS);
	close(counts[0]);
	close(counts[1]);
}

/* Each ingest is killed after a time that grows from nothing to more than it needs. */
static void test_killed_again_and_again(void **state)
{
	int spools = 0;

	(void)state;
	for (int i = 0; i < KILLS; i++) {
		pid_t child;

		for (int j = 0; j < 3; j++)
			save(1000 + spools++);
		child = fork();
		if (child == 0) {
			ingest(true);
			_exit(0);
		}
		usleep((useconds_t)(i * 900 % 20000));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		/* A reader that comes now sees whole processes, or is told why not. */
		if (exists("db") && i % 4 == 0) {
			AUTO_FREE char *ok = ask("PRAGMA integrity_check");
			AUTO_FREE char *torn = ask("SELECT count(*) FROM sqlite_master WHERE "
						   "name = 'process'");

			assert_string_equal(ok, "ok");
			if (*torn == '1')
				assert_answer("SELECT count(*) FROM process p WHERE 400 <> (SELECT "
					      "count(*) FROM binding WHERE process = p.id)",
					      "0");
		}
	}
	ingest(true);
	check_all_there_once(spools);
}

/* store_open_read() after a kill in the middle of a commit: the journal is rolled back. */
static void test_reading_after_a_kill(void **state)
{
	struct process_filter filter = {.run = -1};
	bool journal_seen = false;

	(void)state;
	save(1);
	ingest(true);
	for (int i = 0; i < 200 && !journal_seen; i++) {
		struct process_row *rows;
		struct store *store;
		size_t count;
		pid_t child;

		save(2 + i);
		child = fork();
		if (child == 0) {
			ingest(true);
			_exit(0);
		}
		for (int spin = 0; spin < 100000 && !exists("db-journal"); spin++)
			sched_yield();
		usleep((useconds_t)(i * 100));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		journal_seen = exists("db-journal");
		store = store_open_read("db");
		assert_non_null(store);
		assert_true(store_processes(store, &filter, &rows, &count));
		assert_true(count >= 1);
		for (size_t j = 0; j < count; j++)
			assert_int_equal(rows[j].bindings, BINDINGS);
		process_rows_free(rows, count);
		store_close(store);
	}
	assert_true(journal_seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		directory_test(test_many_at_once),
		directory_test(test_killed_again_and_again),
		directory_test(test_reading_after_a_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
