# Bindings come from any thread and from signal handlers, also while another thread, or the interrupted
# one itself, is inside dlopen, dlsym or dlclose and their taps: nothing crashes or waits, and each
# binding and each call is there.
. "$TOP/tests/lib.sh"

threads=4 functions=300 handled=200
for t in $(seq $threads) h; do
	{
		for i in $(seq $functions); do echo "int function_${t}_$i(int x) { return x + 1; }"; done
	} | so libmany$t.so
	# As the caller asks for them, one first call each.
	{
		for i in $(seq $functions); do echo "int function_${t}_$i(int);"; done
		echo "int call_${t}(int i) { switch (i) {"
		for i in $(seq $functions); do echo "case $i: return function_${t}_$i(i);"; done
		echo "} return 0; }"
	} | so libcall$t.so -Wl,-z,lazy -L. -l"many$t" -Wl,-rpath,'$ORIGIN'
done
for i in 1 2 3; do
	so libplugin$i.so <<<"int plugin_$i(void) { return $i; } int (*pointer)(void) = plugin_$i;"
done

program prog -pthread -Wl,-z,lazy -Wl,--no-as-needed -L. -lcall1 -lcall2 -lcall3 -lcall4 -lcallh \
	-Wl,-rpath,'$ORIGIN' <<END
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
int call_1(int), call_2(int), call_3(int), call_4(int), call_h(int);
static int (*const call[])(int) = {call_1, call_2, call_3, call_4};
static atomic_int handled, running = $threads;
static void handler(int signal)
{
	int i = atomic_fetch_add(&handled, 1) + 1;
	(void)signal;
	if (i <= $handled && call_h(i) != i + 1)
		_exit(3);
}
static void *bind(void *number)
{
	struct timespec pause = {0, 20000};
	for (int i = 1; i <= $functions; i++) {
		if (call[(long)number](i) != i + 1)
			abort();
		nanosleep(&pause, NULL);
	}
	atomic_fetch_sub(&running, 1);
	return number;
}
int main(void)
{
	struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	pthread_t threads[$threads];
	sigset_t alarms;
	int rounds = 0;
	FILE *counts;
	/* Signals for this thread only. */
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	for (long i = 0; i < $threads; i++)
		pthread_create(&threads[i], NULL, bind, (void *)i);
	sigaction(SIGALRM, &action, NULL);
	pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	while (atomic_load(&running) || atomic_load(&handled) < $handled) {
		char name[32], symbol[32];
		void *handle;
		int which = rounds % 3 + 1;
		snprintf(name, sizeof(name), "./libplugin%d.so", which);
		snprintf(symbol, sizeof(symbol), "plugin_%d", which);
		handle = dlopen(name, which == 1 ? RTLD_NOW : RTLD_LAZY);
		if (!handle || ((int (*)(void))dlsym(handle, symbol))() != which || dlclose(handle))
			abort();
		rounds++;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	for (int i = 0; i < $threads; i++)
		pthread_join(threads[i], NULL);
	counts = fopen("rounds", "w");
	fprintf(counts, "%d\n", rounds);
	fclose(counts);
	return 0;
}
END

for round in 1 2 3; do
	rm -f plugaudit.db*
	status=0
	audit ./prog || status=$?
	expect_eq "round $round: exit status" $status 0
	rounds=$(cat rounds)
	ingest
	expect_db "integrity" "PRAGMA integrity_check" ok
	expect_db "no event lost" "SELECT lost_events FROM process" 0
	for t in $(seq $threads); do
		expect_db "every binding of thread $t" "SELECT count(*), count(DISTINCT symbol)
			FROM v_binding WHERE kind = 'plt' AND symbol LIKE 'function\_${t}\_%' ESCAPE '\\'
			AND from_path LIKE '%/libcall$t.so' AND to_path LIKE '%/libmany$t.so'" \
			"$functions|$functions"
	done
	expect_db "every binding of the signal handler" "SELECT count(*), count(DISTINCT symbol)
		FROM v_binding WHERE kind = 'plt' AND symbol LIKE 'function\_h\_%' ESCAPE '\\'
		AND from_path LIKE '%/libcallh.so' AND to_path LIKE '%/libmanyh.so'" "$handled|$handled"
	expect_db "every call of the loop" "SELECT
		(SELECT count(*) FROM call WHERE kind = 'dlopen' AND name LIKE './libplugin%'),
		(SELECT count(*) FROM call WHERE kind = 'dlsym' AND name LIKE 'plugin%'),
		(SELECT count(*) FROM call WHERE kind = 'dlclose')" "$rounds|$rounds|$rounds"
	expect_db "every load" "SELECT count(*) FROM object WHERE path LIKE './libplugin%'" "$rounds"
	echo "round $round: $rounds loads while $((threads * functions + handled)) functions were bound"
done
