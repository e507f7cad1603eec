/*
 * Taking spools into the database: what each record becomes, and that it happens exactly once,
 * whatever state the spools, the locks and the database are in.
 */
#include "tests/unit/store_test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "report/store/spool_files.h"
#include "tests/unit/spool_builder.h"

static void check_integrity(void)
{
	assert_answer("PRAGMA integrity_check", "ok");
	assert_answer("PRAGMA foreign_key_check", "");
}

/* Rows in all tables, to see that nothing was added. */
static char *count_rows(void)
{
	return ask("SELECT (SELECT count(*) FROM run) || ' ' || (SELECT count(*) FROM process) || "
		   "' ' || (SELECT count(*) FROM object) || ' ' || (SELECT count(*) FROM search) "
		   "|| ' ' || (SELECT count(*) FROM call) || ' ' || (SELECT count(*) FROM binding) "
		   "|| ' ' || (SELECT count(*) FROM symbol) || ' ' || (SELECT count(*) FROM stack) "
		   "|| ' ' || (SELECT count(*) FROM stack_frame) || ' ' || (SELECT count(*) FROM "
		   "segment) || ' ' || (SELECT count(*) FROM needed) || ' ' || (SELECT count(*) "
		   "FROM activity) || ' ' || (SELECT count(*) FROM environment)");
}

/* A sample process that ended by exit(). */
static void build_sample(struct spool_builder *b, int pid)
{
	sb_init(b, pid);
	sb_sample(b);
	sb_event(b, SPOOL_END, 0, 0);
	sb_header(b)->flags |= SPOOL_FLAG_ENDED;
}

static void save_sample(int pid, const char *path)
{
	struct spool_builder b;

	build_sample(&b, pid);
	sb_save(&b, path);
	sb_release(&b);
}

static void test_names_of_spools(void **state)
{
	static const char *const good[] = {"db.1.spool", "db.1234567.spool", "db.1.2.spool"};
	static const char *const bad[] = {
		"db.spool",   "db..spool",    "db.1.spool.bak", "db.x.spool",  "db.1.2.3.spool",
		"db-journal", "dbx.1.spool",  "db.1..spool",    "db.1x.spool", ".db.1.spool",
		"db",         "db.1.x.spool", "db.-1.spool",    "db. 1.spool", "db.1.",
		"db.1",       "db.1spool",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		if (!spool_name_belongs(good[i], "db", SPOOL_SUFFIX))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (spool_name_belongs(bad[i], "db", SPOOL_SUFFIX))
			fail_msg("%s", bad[i]);
}

static void test_no_spool_no_database(void **state)
{
	struct ingest_result result;

	(void)state;
	assert_false(store_has_spools("db"));
	result = ingest(true);
	assert_int_equal(result.taken + result.live + result.failed + result.rows, 0);
	assert_false(exists("db"));
}

static void test_process_and_files(void **state)
{
	struct stat st;

	(void)state;
	umask(0);
	save_sample(100, "db.100.spool");
	assert_true(store_has_spools("db"));
	assert_int_equal(ingest(false).taken, 1);
	assert_false(store_has_spools("db"));
	assert_int_equal(stat("db", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	check_integrity();
	assert_answer(
		"SELECT pid || ' ' || exe || ' ' || cwd || ' ' || uid || ' ' || gid || ' ' || "
		"glibc || ' ' || platform || ' ' || begin_kind || ' ' || end_kind || ' ' || "
		"complete || ' ' || (parent IS NULL) || (damaged_at IS NULL) || torn_records "
		"FROM process",
		"100 /usr/bin/app /home/user 1000 1001 2.36 x86_64 start exit 1 110");
	assert_answer("SELECT argv FROM process",
		      "[\"/usr/bin/app\",\"--\\\"quoted\\\"\\u000a\xef\xbf\xbd\"]");
	assert_answer("SELECT ended_ns > started_ns FROM process", "1");
	assert_answer("SELECT p.run = r.id AND r.uuid = p.spool_uuid AND "
		      "r.started_ns = p.started_ns FROM process p, run r",
		      "1");
	assert_answer("SELECT name || '|' || value FROM environment", "LD_LIBRARY_PATH|/opt/lib=x");
}

static void test_objects_and_bindings(void **state)
{
	(void)state;
	save_sample(100, "db.100.spool");
	ingest(false);
	assert_answer("SELECT group_concat(number || kind || path) FROM object",
		      "1main/usr/bin/app,2ld.so/lib64/ld-linux-x86-64.so.2,"
		      "3library/opt/lib/libx.so.1,4library/opt/lib/libplugin.so");
	assert_answer("SELECT build_id || ' ' || flags_1 || ' ' || runpath || ' ' || "
		      "(rpath IS NULL) || ' ' || load_address || ' ' || ino FROM object "
		      "WHERE number = 3",
		      "dead00be -9223372036854775808 $ORIGIN/../lib 1 3145728 3");
	assert_answer("SELECT group_concat(number) FROM object WHERE closed_seq IS NOT NULL", "4");
	assert_answer("SELECT count(*) || ' ' || max(memsz) FROM segment", "4 4096");
	assert_answer("SELECT n.name || o.path FROM needed n JOIN object o ON o.id = n.object",
		      "libx.so.1/usr/bin/app");
	assert_answer("SELECT name || ' ' || version || ' ' || number || ' ' || value || ' ' || "
		      "size || ' ' || type || ' ' || bind || ' ' || visibility || ' ' || "
		      "hidden_version FROM symbol",
		      "x_run X_1.0 7 263 16 2 2 3 1");
	assert_answer("SELECT group_concat(from_path || to_path || symbol || kind || source || "
		      "count, ';') FROM v_binding",
		      "/usr/bin/app/opt/lib/libx.so.1x_runpltla_symbind2;"
		      "/usr/bin/app/opt/lib/libx.so.1x_rundlsymla_symbind1");
	assert_answer("SELECT address FROM binding LIMIT 1", "-140737488355321");
	assert_answer("SELECT group_concat(kind || ifnull(object, '-')) FROM activity",
		      "add-,consistent1,preinit1");
	check_integrity();
}

static void test_searches_calls_and_stacks(void **state)
{
	(void)state;
	save_sample(100, "db.100.spool");
	ingest(false);
	assert_answer("SELECT group_concat(origin || ' ' || tried || ' ' || root, ';') FROM search",
		      "name libx.so.1 0;libpath /opt/lib/libx.so.1 0;name libplugin.so 1");
	assert_answer("SELECT group_concat(kind || ' ' || ifnull(name, '-') || ' ' || "
		      "ifnull(flags, '-') || ' ' || ifnull(handle, '-') || ' ' || caller_offset "
		      "|| ' ' || tid, ';') FROM call",
		      "dlopen libplugin.so 2 - 1110 1;dlclose - - 139637976743936 1110 1");
	assert_answer("SELECT count(*) || min(c.stack = s.stack) FROM call c, search s "
		      "WHERE s.stack IS NOT NULL",
		      "21");
	assert_answer("SELECT count(*) || ' ' || max(flags) FROM stack", "1 0");
	assert_answer("SELECT group_concat(depth || ' ' || ifnull(o.number, '-') || ' ' || "
		      "ifnull(f.offset, '-') || ' ' || f.address || ' ' || inlined, ';') "
		      "FROM stack_frame f LEFT JOIN object o ON o.id = f.object",
		      "0 1 1110 1049686 0;1 3 291 3146019 0;2 - - 2457 0");
}

/* Two objects used one address range, one after the other: equal addresses, two stacks. */
static void test_addresses_used_again(void **state)
{
	const uint64_t frames[] = {0x400010, 0x400020};
	struct spool_builder b;

	(void)state;
	sb_init(&b, 5);
	sb_process(&b, "/bin/a", "", NULL);
	sb_object(&b, 4, SPOOL_OBJECT_LIBRARY, "/l/first.so", "first.so", NULL);
	sb_call(&b, SPOOL_CALL_DLSYM, 4, "a", 0, frames, 2);
	sb_call(&b, SPOOL_CALL_DLSYM, 4, "b", 0, frames, 2);
	sb_event(&b, SPOOL_CLOSE, 4, 0);
	sb_call(&b, SPOOL_CALL_DLSYM, 0, "nobody", 0, frames, 2);
	sb_object(&b, 9, SPOOL_OBJECT_LIBRARY, "/l/second.so", "second.so", NULL);
	/* The same room as object 4. */
	((struct spool_object *)(sb_record(&b) + 1))->map_start = 0x400000;
	((struct spool_object *)(sb_record(&b) + 1))->map_end = 0x410000;
	sb_seal(&b, b.payload);
	sb_call(&b, SPOOL_CALL_DLSYM, 9, "c", 0, frames, 2);
	sb_save(&b, "db.5.spool");
	sb_release(&b);
	assert_int_equal(ingest(false).taken, 1);
	assert_answer("SELECT count(*) FROM stack", "3");
	assert_answer("SELECT group_concat(c.name || ifnull(o.soname, '-'), ';') FROM call c "
		      "LEFT JOIN object o ON o.id = c.caller_object",
		      "afirst.so;bfirst.so;nobody-;csecond.so");
}

static void test_second_time_adds_nothing(void **state)
{
	AUTO_FREE char *before = NULL;
	AUTO_FREE char *after = NULL;
	struct spool_builder b;
	struct ingest_result result;

	(void)state;
	build_sample(&b, 100);
	sb_save(&b, "db.100.spool");
	assert_int_equal(ingest(false).taken, 1);
	before = count_rows();
	/* As if the ingest had been killed between its commit and the removal. */
	sb_save(&b, "db.100.spool");
	result = ingest(false);
	after = count_rows();
	assert_int_equal(result.taken, 0);
	assert_int_equal(result.already, 1);
	assert_int_equal(result.rows, 0);
	assert_string_equal(before, after);
	assert_false(exists("db.100.spool"));
	sb_release(&b);
}

/* The lock that a running recorder's mapping holds. */
static void lock_as_writer(int fd)
{
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
}

static void test_live_process(void **state)
{
	struct spool_builder b;
	struct ingest_result result;
	int fd;

	(void)state;
	sb_init(&b, 100);
	sb_sample(&b);
	fd = sb_open(&b, "db.100.spool", b.tail);
	lock_as_writer(fd);
	result = ingest(false);
	assert_int_equal(result.live + result.taken, 0);
	assert_false(exists("db"));

	save_sample(7, "db.7.spool"); /* gets the first ids */
	result = ingest(true);
	assert_int_equal(result.live, 1);
	assert_int_equal(result.taken, 1);
	assert_true(exists("db.100.spool"));
	assert_answer(
		"SELECT end_kind || complete || (ended_ns IS NULL) FROM process WHERE pid = 100",
		"running01");
	result = ingest(true); /* nothing new */
	assert_int_equal(result.live, 1);
	assert_int_equal(result.rows, 0);

	change("UPDATE process SET id = 77 WHERE pid = 100; UPDATE object SET process = 77 WHERE "
	       "process = 2; UPDATE search SET process = 77 WHERE process = 2; UPDATE call SET "
	       "process = 77 WHERE process = 2; UPDATE binding_row SET process = 77 WHERE process "
	       "= 2; "
	       "UPDATE symbol SET process = 77 WHERE process = 2; UPDATE stack SET process = 77 "
	       "WHERE process = 2; UPDATE activity SET process = 77 WHERE process = 2; UPDATE "
	       "environment SET process = 77 WHERE process = 2");
	sb_object(&b, 5, SPOOL_OBJECT_LIBRARY, "/l/late.so", "late.so", NULL);
	close(fd);
	fd = sb_open(&b, "db.100.spool", b.tail);
	lock_as_writer(fd);
	assert_int_equal(ingest(true).live, 1);
	assert_answer("SELECT count(*) FROM object WHERE process = 77", "5");
	assert_answer("SELECT id || end_kind FROM process WHERE pid = 100", "77running");

	close(fd); /* killed */
	result = ingest(false);
	assert_int_equal(result.taken, 1);
	assert_answer("SELECT id || end_kind || complete FROM process WHERE pid = 100",
		      "77unknown1");
	assert_answer("SELECT group_concat(n) FROM (SELECT count(*) AS n FROM object GROUP BY "
		      "process ORDER BY 1)",
		      "4,5");
	check_integrity();
	sb_release(&b);
}

/* The last record is not committed yet: that is no loss while the process runs. */
static void test_live_tail(void **state)
{
	struct spool_builder b;
	int fd;

	(void)state;
	sb_init(&b, 100);
	sb_sample(&b);
	sb_begin(&b, SPOOL_BINDING, 0, 0);
	sb_put(&b, "partly", 6);
	sb_tear(&b);
	fd = sb_open(&b, "db.100.spool", b.tail);
	lock_as_writer(fd);
	ingest(true);
	assert_answer("SELECT torn_records || (damaged_at IS NULL) FROM process", "01");
	close(fd);
	ingest(true);
	assert_answer("SELECT torn_records || (damaged_at IS NULL) FROM process", "11");
	sb_release(&b);
}

static void test_busy_spool_is_left(void **state)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct ingest_result result;
	int fd;

	(void)state;
	save_sample(100, "db.100.spool");
	fd = open("db.100.spool", O_RDWR | O_CLOEXEC);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0); /* as another reader does */
	result = ingest(true);
	assert_int_equal(result.busy, 1);
	assert_int_equal(result.live + result.taken, 0);
	assert_true(exists("db.100.spool"));
	close(fd);
	assert_int_equal(ingest(true).taken, 1);
}

/* A spool that is named waits for the reader that has it. */
static void test_named_spool_waits(void **state)
{
	const char *path = "db.100.spool";
	struct ingest_options options = {.spools = &path, .spool_count = 1};
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct ingest_result result;
	pid_t child;
	int ready[2];
	char c;

	(void)state;
	save_sample(100, path);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		int fd = open(path, O_RDWR);

		if (fcntl(fd, F_OFD_SETLK, &lock) < 0 || write(ready[1], "", 1) != 1)
			_exit(1);
		usleep(200000);
		_exit(0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	assert_true(store_ingest("db", &options, &result));
	assert_int_equal(result.taken, 1);
	assert_int_equal(result.busy, 0);
	waitpid(child, NULL, 0);
	close(ready[0]);
	close(ready[1]);
}

static void test_only_named_spools(void **state)
{
	const char *path = "elsewhere";
	struct ingest_options options = {.spools = &path, .spool_count = 1, .only_these = true};
	struct ingest_result result;

	(void)state;
	save_sample(100, "db.100.spool");
	save_sample(200, path);
	assert_true(store_ingest("db", &options, &result));
	assert_int_equal(result.taken, 1);
	assert_answer("SELECT group_concat(pid) FROM process", "200");
	assert_true(exists("db.100.spool"));
	assert_false(exists(path));
}

/* Three images of one process and a forked child, taken in in every order. */
static void take_family(const int order[4])
{
	static const char *const names[] = {"a", "b", "c", "d"};
	struct spool_builder images[4];

	for (int i = 0; i < 4; i++) {
		sb_init(&images[i], i == 3 ? 501 : 500);
		sb_process(&images[i], names[i], "", NULL);
		if (i > 0)
			sb_child_of(&images[i], &images[i == 3 ? 1 : i - 1],
				    i == 3 ? SPOOL_BEGIN_FORK : SPOOL_BEGIN_EXEC);
	}
	sb_event(&images[2], SPOOL_END, 0, 0);
	for (int i = 0; i < 4; i++) {
		struct ingest_options options = {
			.spools = &names[order[i]], .spool_count = 1, .only_these = true};
		struct ingest_result result;

		sb_save(&images[order[i]], names[order[i]]);
		assert_true(store_ingest("db", &options, &result));
		assert_int_equal(result.taken, 1);
	}
	for (int i = 0; i < 4; i++)
		sb_release(&images[i]);
}

static void test_families_in_every_order(void **state)
{
	(void)state;
	for (int n = 0; n < 256; n++) {
		int order[4] = {n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6 & 3};

		if ((1 << order[0] | 1 << order[1] | 1 << order[2] | 1 << order[3]) != 15)
			continue;
		unlink("db");
		take_family(order);
		assert_answer("SELECT group_concat(line, ' ') FROM (SELECT p.exe || "
			      "ifnull(q.exe, '-') || p.begin_kind || p.end_kind AS line FROM "
			      "process p LEFT JOIN process q ON q.id = p.parent ORDER BY p.exe)",
			      "a-startexec baexecexec cbexecexit dbforkunknown");
		assert_answer("SELECT count(*) || ' ' || (SELECT count(DISTINCT run) FROM process) "
			      "|| ' ' || (started_ns = (SELECT min(started_ns) FROM process)) "
			      "FROM run",
			      "1 1 1");
		assert_answer("SELECT b.started_ns = a.ended_ns FROM process a, process b "
			      "WHERE a.exe = 'a' AND b.exe = 'b'",
			      "1");
		assert_answer("SELECT parent_seq > 0 FROM process WHERE exe = 'd'", "1");
	}
}

static void test_wait_status(void **state)
{
	struct ingest_options options = {.wait_pid = 500, .wait_status = 9};
	struct ingest_result result;
	const int order[4] = {2, 1, 0, 3};

	(void)state;
	assert_true(store_ingest("db", &options, &result)); /* nothing was recorded */
	assert_false(exists("db"));
	take_family(order);
	assert_true(store_ingest("db", &options, &result));
	assert_answer("SELECT group_concat(exe || wait_status) FROM process", "c9");
	/* A later program with the same number that was not recorded. */
	options.wait_status = 256;
	assert_true(store_ingest("db", &options, &result));
	assert_answer("SELECT group_concat(exe || wait_status) FROM process", "c9");
	/* A later one that was. */
	save_sample(500, "db.500.spool");
	assert_true(store_ingest("db", &options, &result));
	assert_answer("SELECT group_concat(exe || wait_status) FROM process WHERE wait_status "
		      "IS NOT NULL ORDER BY id",
		      "c9,/usr/bin/app256");
}

static void test_torn_and_damaged(void **state)
{
	struct spool_builder b;
	struct saying saying;
	uint64_t bad;

	(void)state;
	sb_init(&b, 100);
	sb_sample(&b);
	sb_begin(&b, SPOOL_CALL, 0, 1);
	sb_tear(&b);
	sb_event(&b, SPOOL_PREINIT, 1, 0);
	bad = b.tail;
	sb_event(&b, SPOOL_PREINIT, 1, 0);
	b.bytes[bad + 20] ^= 1;
	sb_symbol(&b, 1, 1, "after", NULL);
	sb_header(&b)->lost_events = 12;
	sb_header(&b)->lost_stacks = 34;
	sb_header(&b)->lost_reason = SPOOL_LOST_NO_SPACE | SPOOL_LOST_STACKS;
	sb_save(&b, "db.100.spool");
	saying = begin_listening();
	assert_int_equal(ingest(true).taken, 1);
	{
		AUTO_FREE char *text = said(saying);
		AUTO_FREE char *place = xasprintf("offset %llu", (unsigned long long)bad);

		assert_one_line(text, place);
	}
	{
		AUTO_FREE char *sql = xasprintf("SELECT damaged_at = %llu AND torn_records = 1 "
						"FROM process",
						(unsigned long long)bad);

		assert_answer(sql, "1");
	}
	assert_answer("SELECT lost_events || ' ' || lost_stacks || ' ' || lost_reason FROM process",
		      "12 34 5");
	assert_answer("SELECT count(*) FROM symbol WHERE name = 'after'", "1");
	sb_release(&b);
}

/* A kill, or a full disk, left no more than a header; or no name for what was bound. */
static void test_missing_records(void **state)
{
	struct spool_builder b;

	(void)state;
	sb_init(&b, 100);
	sb_save(&b, "db.100.spool");
	sb_release(&b);
	sb_init(&b, 101);
	sb_event(&b, SPOOL_CLOSE, 44, 0);
	sb_object(&b, 3, SPOOL_OBJECT_LIBRARY, "/l/a.so", "a.so", NULL);
	sb_binding(&b, 3, 3, 5, 0);
	sb_binding(&b, 3, 99, 6, 0);
	sb_binding(&b, 0, 3, 7, 0);
	sb_symbol(&b, 3, 7, "late", "V"); /* another thread was slower */
	sb_symbol(&b, 3, 7, "twice", "W");
	sb_save(&b, "db.101.spool");
	sb_release(&b);
	assert_int_equal(ingest(false).taken, 2);
	check_integrity();
	assert_answer("SELECT argv || end_kind || (exe IS NULL) FROM process WHERE pid = 100",
		      "[]unknown1");
	assert_answer("SELECT group_concat(ifnull(from_path, '-') || ifnull(to_path, '-') || "
		      "symbol || ifnull(version, '-'), ';') FROM v_binding",
		      "/l/a.so/l/a.so-;/l/a.so--;-/l/a.solateV");
}

static void test_contradictions_count_as_damage(void **state)
{
	struct spool_builder b;
	uint64_t again;

	(void)state;
	sb_init(&b, 100);
	sb_process(&b, "/bin/a", "", NULL);
	sb_object(&b, 1, SPOOL_OBJECT_MAIN, "/bin/a", NULL, NULL);
	again = sb_object(&b, 1, SPOOL_OBJECT_LIBRARY, "/bin/b", NULL, NULL);
	sb_save(&b, "db.100.spool");
	sb_release(&b);
	{
		struct saying saying = begin_listening();
		struct ingest_result result = ingest(false);
		AUTO_FREE char *text = said(saying);
		AUTO_FREE char *damaged = ask("SELECT damaged_at / 8 FROM process");

		assert_int_equal(result.taken, 1);
		assert_int_equal(strtoull(damaged, NULL, 10), again);
		assert_answer("SELECT group_concat(path) FROM object", "/bin/a");
	}
}

static void make_file(const char *path, const char *bytes)
{
	AUTO_FCLOSE FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(bytes, file);
}

/* What is no spool stays where it is, with a line each, and keeps nobody from the others. */
static void test_strangers_among_spools(void **state)
{
	struct ingest_options quiet = {.quiet = true, .live = true};
	struct saying saying;
	struct ingest_result result;

	(void)state;
	assert_int_equal(mkdir("db.1.spool", 0700), 0);
	assert_int_equal(symlink("/etc/passwd", "db.2.spool"), 0);
	assert_int_equal(mkfifo("db.3.spool", 0600), 0);
	save_sample(9, "target");
	assert_int_equal(symlink("target", "db.4.spool"), 0);
	save_sample(100, "db.100.spool");
	saying = begin_listening();
	result = ingest(true);
	{
		AUTO_FREE char *text = said(saying);

		assert_string_equal(text, "");
	}
	assert_int_equal(result.taken, 1);
	assert_int_equal(result.failed, 0);
	assert_true(exists("db.1.spool") && exists("db.3.spool") && exists("db.4.spool"));

	make_file("db.5.spool", "this is not a spool, it is a letter to somebody");
	save_sample(6, "db.6.spool");
	saying = begin_listening();
	result = ingest(true);
	{
		AUTO_FREE char *text = said(saying);

		assert_one_line(text, "plugreport: db.5.spool: ");
	}
	assert_int_equal(result.taken, 1);
	assert_int_equal(result.failed, 1);
	assert_true(exists("db.5.spool"));
	saying = begin_listening();
	assert_true(store_ingest("db", &quiet, &result));
	{
		AUTO_FREE char *text = said(saying);

		assert_string_equal(text, "");
	}
	assert_int_equal(result.failed, 1);
}

static void set_age(const char *path, time_t seconds)
{
	struct timespec times[2] = {{time(NULL) - seconds, 0}, {time(NULL) - seconds, 0}};

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A file that is being made must not even be locked; one left so by a kill goes away. */
static void test_unborn_spools(void **state)
{
	struct spool_builder b;
	struct ingest_result result;

	(void)state;
	make_file("db.1.spool", "");
	sb_init(&b, 2);
	memset(sb_header(&b)->magic, 0, 8);
	sb_save(&b, "db.2.spool");
	sb_release(&b);
	result = ingest(true);
	assert_int_equal(result.failed + result.taken + result.live, 0);
	assert_true(exists("db.1.spool") && exists("db.2.spool"));
	set_age("db.1.spool", 3600);
	set_age("db.2.spool", 3600);
	result = ingest(true);
	assert_int_equal(result.failed + result.taken + result.live, 0);
	assert_false(exists("db.1.spool") || exists("db.2.spool"));
	assert_false(exists("db"));
}

/* A process in the middle of execve: the next image looks for this spool. */
static void test_spool_of_a_process_that_goes_on(void **state)
{
	struct spool_builder b;
	struct timespec now;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &now);
	sb_init(&b, (int)getpid());
	sb_sample(&b);
	sb_header(&b)->realtime_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	sb_save(&b, "db.1.spool");
	sb_release(&b);
	assert_int_equal(ingest(true).taken, 1);
	assert_true(exists("db.1.spool"));
	assert_int_equal(ingest(true).already, 1);
	assert_true(exists("db.1.spool"));
	set_age("db.1.spool", 60);
	assert_int_equal(ingest(true).already, 1);
	assert_false(exists("db.1.spool"));
	assert_answer("SELECT count(*) FROM process", "1");
}

static void test_other_users(void **state)
{
	struct saying saying;

	(void)state;
	if (geteuid() != 0)
		skip(); /* needs to make files of others */
	save_sample(1, "db.1.spool");
	assert_int_equal(chown("db.1.spool", 4242, 4242), 0);
	saying = begin_listening();
	assert_int_equal(ingest(true).taken, 1);
	{
		AUTO_FREE char *text = said(saying);

		assert_one_line(text, "belongs to user 4242");
	}
	/* Not as somebody else. */
	save_sample(2, "db.2.spool");
	assert_int_equal(chown("db.2.spool", 4242, 4242) | chmod("db.2.spool", 0666) |
				 chown(".", 4343, 4343) | chown("db", 4343, 4343),
			 0);
	saying = begin_listening();
	assert_int_equal(seteuid(4343), 0);
	{
		struct ingest_result result = ingest(true);
		AUTO_FREE char *text = said(saying);

		assert_int_equal(seteuid(0), 0);
		assert_int_equal(result.failed, 1);
		assert_one_line(text, "db.2.spool: belongs to another user");
	}
	assert_true(exists("db.2.spool"));
}

static void test_database_of_another_program(void **state)
{
	struct ingest_options options = {.live = true};
	struct ingest_result result;
	struct saying saying;

	(void)state;
	make_file("db", "");
	change("CREATE TABLE theirs (a)");
	save_sample(1, "db.1.spool");
	save_sample(2, "db.2.spool");
	saying = begin_listening();
	assert_false(store_ingest("db", &options, &result));
	{
		AUTO_FREE char *text = said(saying);

		assert_one_line(text, "another program");
	}
	assert_true(exists("db.1.spool") && exists("db.2.spool"));
	assert_answer("SELECT group_concat(name) FROM sqlite_master", "theirs");
}

/* The disk is full after N KiB, for every N until all fits: nothing is lost, nothing is half there.
 */
static void test_no_room(void **state)
{
	int failures = 0;

	(void)state;
	for (rlim_t limit = 0;; limit += 4096) {
		pid_t child;
		int status;

		unlink("db");
		unlink("db-journal");
		save_sample(1, "db.1.spool");
		child = fork();
		if (child == 0) {
			struct rlimit room = {limit, limit};
			struct ingest_options options = {.live = true};
			struct ingest_result result;

			(void)!freopen("/dev/null", "w", stderr);
			signal(SIGXFSZ, SIG_IGN);
			setrlimit(RLIMIT_FSIZE, &room);
			_exit(store_ingest("db", &options, &result) ? 0 : 1);
		}
		waitpid(child, &status, 0);
		assert_true(WIFEXITED(status));
		if (WEXITSTATUS(status) == 0)
			break;
		failures++;
		assert_true(exists("db.1.spool"));
		assert_int_equal(ingest(true).taken, 1);
		assert_answer("SELECT count(*) || (SELECT count(*) FROM object) FROM process",
			      "14");
		check_integrity();
	}
	assert_true(failures > 5);
	assert_false(exists("db.1.spool"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_spools),
		directory_test(test_no_spool_no_database),
		directory_test(test_process_and_files),
		directory_test(test_objects_and_bindings),
		directory_test(test_searches_calls_and_stacks),
		directory_test(test_addresses_used_again),
		directory_test(test_second_time_adds_nothing),
		directory_test(test_live_process),
		directory_test(test_live_tail),
		directory_test(test_busy_spool_is_left),
		directory_test(test_named_spool_waits),
		directory_test(test_only_named_spools),
		directory_test(test_families_in_every_order),
		directory_test(test_wait_status),
		directory_test(test_torn_and_damaged),
		directory_test(test_missing_records),
		directory_test(test_contradictions_count_as_damage),
		directory_test(test_strangers_among_spools),
		directory_test(test_unborn_spools),
		directory_test(test_spool_of_a_process_that_goes_on),
		directory_test(test_other_users),
		directory_test(test_database_of_another_program),
		directory_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
