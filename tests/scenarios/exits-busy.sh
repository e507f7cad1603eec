# exit() while other threads open, bind and look up: no crash, no hang, the exit status is the
# program's, and what is in the database is sound.
. "$TOP/tests/lib.sh"

for i in 1 2 3 4; do
	{ for j in $(seq 30); do echo "int g${i}_$j(void) { return $j; }"; done; } | so libtarget$i.so
	{
		for j in $(seq 30); do echo "int g${i}_$j(void);"; done
		echo "int all$i(void) { int s = 0;"
		for j in $(seq 30); do echo "s += g${i}_$j();"; done
		echo "return s; }"
	} | so libbusy$i.so -Wl,-z,lazy -L. -ltarget$i -Wl,-rpath,'$ORIGIN'
done
program prog <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void *busy(void *arg)
{
	char library[32], function[32];
	snprintf(library, sizeof(library), "./libbusy%ld.so", (long)arg);
	snprintf(function, sizeof(function), "all%ld", (long)arg);
	for (;;) {
		void *handle = dlopen(library, RTLD_LAZY);
		int (*f)(void) = handle ? (int (*)(void))dlsym(handle, function) : NULL;
		if (f)
			f();
		if (handle)
			dlclose(handle);
	}
	return NULL;
}
int main(int argc, char **argv)
{
	pthread_t thread;
	for (long i = 1; i <= 4; i++)
		pthread_create(&thread, NULL, busy, (void *)i);
	usleep((unsigned)atoi(argv[1]));
	if (argc > 2 && fork() == 0) {
		execl(argv[0], argv[0], "100", NULL);
		_exit(1);
	}
	exit(23);
}
END
for i in $(seq 12); do
	status=0
	if [ $((i % 3)) = 0 ]; then
		timeout 20 env LD_AUDIT="$MODULE" ./prog $((i * 300)) fork >out 2>err || status=$?
	else
		timeout 20 env LD_AUDIT="$MODULE" ./prog $((i * 300)) >out 2>err || status=$?
	fi
	expect_eq "exit status, round $i" "$status $(cat out err)" "23 "
done
for _ in $(seq 50); do # the children outlive their parents
	ingest
	[ -n "$(find . -name '*.spool')" ] || break
	sleep 0.1
done
expect_sound
expect_no_spools
expect_db "all processes" "SELECT count(*) >= 12 FROM process WHERE end_kind = 'exit'" 1
expect_db "one row for each image" "SELECT count(*) FROM process GROUP BY spool_uuid HAVING count(*) > 1" ""
