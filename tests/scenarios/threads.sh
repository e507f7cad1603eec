# Threads bind lazily while another thread opens and closes libraries: every call of every thread is
# there, in order within its thread, and the program's result is right.
. "$TOP/tests/lib.sh"

for i in 0 1 2 3 4 5 6 7; do
	{
		for j in $(seq 40); do echo "int f${i}_$j(void) { return $j; }"; done
	} | so libmany$i.so
	{
		for j in $(seq 40); do echo "int f${i}_$j(void);"; done
		echo "int sum$i(void) { int s = 0;"
		for j in $(seq 40); do echo "s += f${i}_$j();"; done
		echo "return s; }"
	} | so libsum$i.so -Wl,-z,lazy -L. -lmany$i -Wl,-rpath,'$ORIGIN'
done
so libnoise.so <<<'int noise(void) { return 1; }'
program prog <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
static atomic_int finished;
static void *noise(void *arg)
{
	int rounds = 0;
	while (atomic_load(&finished) < 8 || rounds < 50) {
		void *handle = dlopen("./libnoise.so", RTLD_LAZY);
		if (!handle || !dlsym(handle, "noise") || dlclose(handle) != 0)
			abort();
		rounds++;
		if (rounds >= 400)
			break;
	}
	return arg;
}
static void *sum(void *arg)
{
	char name[32];
	long i = (long)arg;
	void *handle;
	snprintf(name, sizeof(name), "./libsum%ld.so", i);
	handle = dlopen(name, RTLD_LAZY);
	snprintf(name, sizeof(name), "sum%ld", i);
	for (int round = 0; round < 100; round++)
		if (((int (*)(void))dlsym(handle, name))() != 820)
			abort();
	atomic_fetch_add(&finished, 1);
	return NULL;
}
int main(void)
{
	pthread_t threads[9];
	pthread_create(&threads[8], NULL, noise, NULL);
	for (long i = 0; i < 8; i++)
		pthread_create(&threads[i], NULL, sum, (void *)i);
	for (int i = 0; i < 9; i++)
		pthread_join(threads[i], NULL);
	puts("right");
	return 0;
}
END
same_run ./prog
expect_eq "output" "$(cat plain.out)" right
expect_sound
expect_db "every lazy binding" "SELECT count(*), count(DISTINCT symbol) FROM v_binding
	WHERE kind = 'plt' AND from_path LIKE './libsum%' AND symbol LIKE 'f%\_%' ESCAPE '\\'" "320|320"
expect_db "800 dlsyms of the threads" "SELECT count(*) FROM call WHERE kind = 'dlsym'
	AND name LIKE 'sum_'" 800
expect_db "each in a thread of its own" "SELECT count(DISTINCT tid) FROM call
	WHERE kind = 'dlsym' AND name LIKE 'sum_'" 8
expect_db "the other thread: open, look up, close" "SELECT count(*) FROM
	(SELECT kind, lag(kind) OVER (ORDER BY seq) AS before FROM call
	 WHERE tid = (SELECT tid FROM call WHERE name = 'noise' LIMIT 1))
	WHERE (kind = 'dlsym' AND before != 'dlopen') OR (kind = 'dlclose' AND before != 'dlsym')" 0
expect_db "as many opens as closes" "SELECT (SELECT count(*) FROM call WHERE kind = 'dlopen'
	AND name = './libnoise.so') - (SELECT count(*) FROM call WHERE kind = 'dlclose')" 0
expect_db "seq never repeats" "SELECT count(*) FROM (SELECT seq FROM call UNION ALL SELECT seq FROM search
	UNION ALL SELECT opened_seq FROM object UNION ALL SELECT seq FROM activity)
	GROUP BY seq HAVING count(*) > 1" ""
expect_db "every open of it came to something" "SELECT count(*) FROM v_call
	WHERE kind = 'dlopen' AND result_path IS NULL" 0
