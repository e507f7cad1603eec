/* A forked child becomes a process of its own once, whoever comes first: its atfork handler, or an
 * event before that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/module.h"

static char directory[64], database[96];
static bool have_event;

static int setup(void **state)
{
	(void)state;
	snprintf(directory, sizeof(directory), "/tmp/test_audit_fork.XXXXXX");
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

/* Registered before the recorder's own handler, and so called before it. */
static void early_event(void)
{
	if (have_event && !process_ready())
		_exit(2);
}

/* In a process of its own: the module begins once.  It forks a child, which forks nothing. */
static void record_a_fork(bool forget_wiping)
{
	int status = 1;
	pid_t pid;

	setenv("PLUGAUDIT_DB", database, 1);
	setenv("PLUGAUDIT_FLUSH", "off", 1);
	module.environment = environ;
	if (!process_start(LAV_CURRENT, LAV_CURRENT) ||
	    pthread_atfork(NULL, NULL, early_event) != 0)
		_exit(3);
	for (struct link_map *map = _r_debug.r_map; map; map = map->l_next)
		objects_open(map, LM_ID_BASE);
	fork_watch();
	if (forget_wiping) {
		/* A page like any other, as an emulator has it that forgets the advice. */
		static _Atomic uint32_t page = 1;

		module.alive = &page;
	}
	pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, &status, 0);
	_exit(status == 0 ? 0 : 4);
}

static bool read_header(pid_t pid, uint32_t n, struct spool_header *header)
{
	char path[128];
	bool good;
	int fd;

	assert_true(writer_path(path, sizeof(path), database, pid, n));
	fd = open(path, O_RDONLY);
	good = fd >= 0 && read(fd, header, sizeof(*header)) == sizeof(*header);
	if (fd >= 0)
		close(fd);
	return good;
}

static void expect_one_spool_each(bool forget_wiping)
{
	struct spool_header header, child;
	int status, spools = 0;
	char command[128];
	pid_t pid = fork();
	FILE *list;

	if (pid == 0)
		record_a_fork(forget_wiping);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(read_header(pid, 1, &header));

	snprintf(command, sizeof(command), "cd '%s' && ls", directory);
	list = popen(command, "r");
	assert_non_null(list);
	while (fgets(command, sizeof(command), list)) {
		int number;

		assert_int_equal(sscanf(command, "x.db.%d.spool", &number), 1);
		spools++;
		if (number == pid)
			continue;
		assert_true(read_header(number, 1, &child));
		assert_int_equal(child.parent_pid, pid);
		assert_memory_equal(child.parent_uuid, header.uuid, sizeof(header.uuid));
		assert_memory_not_equal(child.uuid, header.uuid, sizeof(header.uuid));
		assert_true(child.parent_tail != 0);
	}
	pclose(list);
	assert_int_equal(spools, 2);
}

static void test_handler_first(void **state)
{
	(void)state;
	have_event = false;
	expect_one_spool_each(false);
}

static void test_event_first(void **state)
{
	(void)state;
	have_event = true;
	expect_one_spool_each(false);
}

static void test_page_not_wiped(void **state)
{
	(void)state;
	have_event = false;
	expect_one_spool_each(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_handler_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_event_first, setup, teardown),
		cmocka_unit_test_setup_teardown(test_page_not_wiped, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
