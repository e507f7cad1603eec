/*
 * How far an ingest is: shown on a terminal, after a second, in one line that nothing breaks.
 */
#include "tests/unit/store_test.h"

#include "report/store/progress.h"

/* As if a second had passed on a terminal. */
static struct progress patient(void)
{
	struct progress progress = {.wanted = true, .next_ns = 0};

	progress_at(&progress, "reading", "/some/where/db.77.spool");
	return progress;
}

static void assert_said(struct saying saying, const char *expected)
{
	AUTO_FREE char *text = said(saying);

	assert_string_equal(text, expected);
}

static void test_shown_and_cleared(void **state)
{
	struct progress progress = patient();
	struct saying saying = begin_listening();

	(void)state;
	progress_show(&progress, 30, 120);
	progress_show(&progress, 60, 120); /* too soon for another line */
	progress_clear(&progress);
	progress_clear(&progress);
	assert_said(saying, "\rreading db.77.spool:  25 %\033[K\r\033[K");
}

static void test_which_of_many(void **state)
{
	struct progress progress = patient();
	struct saying saying = begin_listening();

	(void)state;
	progress.number = 2;
	progress.count = 9;
	progress_show(&progress, 0, 0); /* nothing to do is nothing done */
	assert_said(saying, "\rreading db.77.spool:   0 % (2 of 9)\033[K");
}

static void test_names_are_harmless(void **state)
{
	struct progress progress = patient();
	struct saying saying = begin_listening();

	(void)state;
	progress_at(&progress, "writing",
		    "/x/\033[31m-0123456789012345678901234567890123456789.spool");
	progress_show(&progress, UINT64_MAX, UINT64_MAX);
	assert_said(saying, "\rwriting 6789012345678901234567890123456789.spool: 100 %\033[K");
}

static void test_nothing_elsewhere(void **state)
{
	struct progress progress;
	struct saying saying = begin_listening();

	(void)state;
	progress_begin(&progress, true); /* stderr is a file here */
	progress.next_ns = 0;
	progress_at(&progress, "reading", "a");
	progress_show(&progress, 1, 2);
	progress_show(NULL, 1, 2);
	progress_clear(&progress);
	assert_said(saying, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		directory_test(test_shown_and_cleared),
		directory_test(test_which_of_many),
		directory_test(test_names_are_harmless),
		directory_test(test_nothing_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
