# Sixty-four threads open, bind and close at once: each event is recorded, each call with its stack,
# and none waits for ever.  LOAD=all goes on for longer (make check-load).
. "$TOP/tests/lib.sh"
threads=64 rounds=3 functions=20
[ "${LOAD:-}" != all ] || rounds=100

for t in $(seq $threads); do
	{
		for i in $(seq $functions); do echo "int f${t}_$i(int x) { return x + $i; }"; done
	} | so libd$t.so
	{
		for i in $(seq $functions); do echo "int f${t}_$i(int);"; done
		echo "int call(int x) {"
		for i in $(seq $functions); do echo "x = f${t}_$i(x);"; done
		echo "return x; }"
	} | so libt$t.so -Wl,-z,lazy -L. -ld$t -Wl,-rpath,'$ORIGIN'
done
program prog -pthread <<END
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static pthread_barrier_t barrier;
static void *run(void *number)
{
	char name[32];
	long sum = 0;
	snprintf(name, sizeof(name), "./libt%ld.so", (long)number + 1);
	for (int round = 0; round < $rounds; round++) {
		void *handle;
		pthread_barrier_wait(&barrier); /* all at once */
		handle = dlopen(name, RTLD_LAZY);
		sum += ((int (*)(int))dlsym(handle, "call"))(round);
		if (dlclose(handle) != 0)
			abort();
	}
	return (void *)sum;
}
int main(void)
{
	pthread_t threads[$threads];
	long sum = 0;
	pthread_barrier_init(&barrier, NULL, $threads);
	for (long i = 0; i < $threads; i++)
		if (pthread_create(&threads[i], NULL, run, (void *)i) != 0)
			return 1;
	for (int i = 0; i < $threads; i++) {
		void *result;
		pthread_join(threads[i], &result);
		sum += (long)result;
	}
	printf("%ld\n", sum);
	return 0;
}
END
same_run ./prog
calls=$((threads * rounds))
expect_db "lost events" "SELECT lost_events, lost_reason & ~2 FROM process" "0|0"
echo "$threads threads, $calls dlopens, $((calls * functions)) lazy bindings:" \
	"$(db "SELECT lost_events || ' events and ' || lost_stacks || ' stacks lost' FROM process")"
expect_sound
for kind in dlopen dlsym dlclose; do
	expect_db "each $kind, with its stack" "SELECT count(*), count(stack) FROM call
		WHERE kind = '$kind'" "$calls|$calls"
done
expect_db "each thread's" "SELECT DISTINCT count(*) FROM call WHERE kind = 'dlopen' GROUP BY tid" $rounds
expect_db "stacks lead to the thread's function" "SELECT count(*) FROM call c WHERE kind = 'dlopen' AND
	NOT EXISTS (SELECT 1 FROM stack_frame f WHERE f.stack = c.stack AND f.function = 'run')" 0
expect_db "each lazy binding" "SELECT sum(count) FROM v_binding WHERE kind = 'plt'
	AND source = 'la_symbind' AND from_path LIKE './libt%'" $((calls * functions))
