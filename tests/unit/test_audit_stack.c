/* The unwinders' own stacks: as many as threads take at once, within bounds, and nothing left open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>
#include <signal.h>

#include "audit/module.h"

#define MOST 64 /* stack.c: TAKERS */

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void test_as_many_as_are_taken(void **state)
{
	struct stack_taker *takers[MOST];
	int descriptors = count_descriptors();
	sigset_t before, after;

	(void)state;
	sigprocmask(SIG_SETMASK, NULL, &before);
	stack_start();
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MOST; i++) {
			takers[i] = stack_borrow();
			assert_non_null(takers[i]);
			for (int j = 0; j < i; j++)
				assert_ptr_not_equal(takers[i], takers[j]);
		}
		assert_null(stack_borrow());
		for (int i = MOST; i--;)
			stack_give_back(takers[i]);
	}
	sigprocmask(SIG_SETMASK, NULL, &after);
	assert_memory_equal(&before, &after, 8); /* of which the kernel knows */
	assert_int_equal(count_descriptors(), descriptors);
}

/* All threads have one at the same time. */
static pthread_barrier_t barrier;

static void *take_one(void *data)
{
	struct stack_taker *taker;

	pthread_barrier_wait(&barrier);
	taker = stack_borrow();
	pthread_barrier_wait(&barrier);
	if (taker)
		stack_give_back(taker);
	(void)data;
	return taker;
}

static void test_threads(void **state)
{
	pthread_t threads[MOST];
	int taken = 0;

	(void)state;
	pthread_barrier_init(&barrier, NULL, MOST);
	for (int i = 0; i < MOST; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_one, NULL), 0);
	for (int i = 0; i < MOST; i++) {
		void *taker;

		pthread_join(threads[i], &taker);
		taken += taker != NULL;
	}
	assert_int_equal(taken, MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_many_as_are_taken),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
