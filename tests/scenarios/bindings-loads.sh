# Objects that are loaded while the program runs: relocated at once or lazily, closed before anything
# else happens, given up half way for an undefined symbol, several at a time in threads, in forked
# children, and when the process ends without a word.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need readelf
so libplugin.so -Wl,-z,lazy <<'END2'
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
int plugin_data = 1;
__thread int plugin_tls;
extern char **environ;
char *(*plugin_pointer)(const char *) = strdup;
time_t (*plugin_vdso)(time_t *) = time;
int plugin(int more) { return plugin_data + plugin_tls + (environ != NULL) + (more ? atoi("12") : 0); }
int plugin_other(void) { return rand() + plugin(0); }
END2
so libundefined.so -Wl,-z,lazy <<'END2'
#include <string.h>
int nobody_has_it(void);
int undefined_data = 1;
char *(*before)(const char *) = strdup;
int (*undefined_pointer)(void) = nobody_has_it;
int undefined(void) { return undefined_data + (int)strlen(before("x")) + nobody_has_it(); }
END2
# Bound to what needs it, which is given up, and closed first.
so libbelow.so <<'END2'
int above_has_it_too(void) { return 1; }
int (*below_pointer)(void) = above_has_it_too;
int below(void) { return above_has_it_too(); }
END2
so libabove.so -Wl,-z,now -L. -lbelow -Wl,-rpath,"$PWD" <<'END2'
int below(void);
int nobody_has_it_above(void);
int above_has_it_too(void) { return 2; }
int above(void) { return below() + nobody_has_it_above(); }
END2
# An IFUNC of libc's that chooses the vDSO's function of the same name, and no version to tell them apart.
so libunversioned.so -nostdlib <<'END2'
long time(long *);
long (*unversioned_pointer)(long *) = time;
END2
so libhalf.so -Wl,-z,now <<'END2'
#include <stdlib.h>
#include <string.h>
int nobody_has_it_either(void);
int half_data = 2;
int half(void) { return half_data + atoi("1") + (int)strlen("x") + nobody_has_it_either() + rand(); }
END2
program prog <<'END2'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int flags = strchr(how, 'n') ? RTLD_NOW : RTLD_LAZY;
	void *handle = NULL;

	if (strchr(how, 'o'))
		handle = dlopen("./libplugin.so", flags);
	if (strchr(how, 'u'))
		printf("%d\n", dlopen("./libundefined.so", flags) != NULL);
	if (strchr(how, 'h'))
		printf("%d\n", dlopen("./libhalf.so", flags) != NULL);
	if (strchr(how, 'a'))
		printf("%d\n", dlopen("./libabove.so", flags) != NULL);
	if (strchr(how, 'v'))
		printf("%d\n", dlopen("./libunversioned.so", flags) != NULL);
	if (strchr(how, 'c'))
		dlclose(handle), handle = NULL;
	if (strchr(how, 's'))
		printf("%d\n", ((int (*)(int))dlsym(handle, "plugin"))(0));
	if (strchr(how, 'm'))
		printf("%d\n", ((int (*)(int))dlsym(handle, "plugin"))(1));
	fflush(stdout);
	if (strchr(how, 'e'))
		_exit(0);
	return 0;
}
END2
# o(pen) n(ow) c(lose at once) u(ndefined) h(alf) a(bove) (un)v(ersioned) s(ymbol) m(ore) e(xit)
for how in o on oc onc os ons osm uo nu h oh ue a an oa v; do
	bindings_equal ./prog $how
	expect_eq "status of $how" "$bindings_status" 0
done
bindings_equal env LD_BIND_NOW=1 ./prog oc
bindings_equal env LD_BIND_NOW=1 ./prog uh

bindings_equal ./prog oc
expect_db "closed at once: nothing is missing" "SELECT v.symbol, v.kind, v.to_path IS NULL FROM v_binding v
	WHERE from_path = './libplugin.so' AND v.symbol IN ('environ', 'plugin_data', 'strdup', 'time',
	'plugin_tls', 'atoi') AND NOT (v.kind = 'plt' AND v.symbol IN ('strdup', 'time')) ORDER BY 1" "atoi|plt|1
environ|got|0
plugin_data|got|0
plugin_tls|tls|0
strdup|abs|0
time|abs|0"
bindings_equal ./prog os
expect_bindings atoi "libplugin.so nobody $BASE_VERSION plt relocation"
bindings_equal ./prog osm
expect_bindings atoi "libplugin.so libc.so.6 $BASE_VERSION plt la_symbind"
expect_bindings rand "libplugin.so nobody $BASE_VERSION plt relocation"

# Between the return of dlopen and the next event there is no chance to look at the slots: a process
# that ends there without a word takes with it what la_symbind64 is not told.
rm -f "$PLUGAUDIT_DB"*
audit ./prog oe
ingest
expect_db "the object is there, what its slots hold is not" "SELECT
	(SELECT count(*) FROM object WHERE path = './libplugin.so'),
	(SELECT count(*) FROM v_binding WHERE from_path = './libplugin.so' AND source = 'relocation')" "1|0"

# Closed by another thread than the one that opened it, which alone may read the slots before: they
# are read when ld.so says that it closes it.
program handover <<'END2'
#include <dlfcn.h>
#include <pthread.h>
static void *load(void *name) { return dlopen(name, RTLD_NOW); }
int main(void)
{
	pthread_t thread;
	void *handle;
	pthread_create(&thread, NULL, load, "./libplugin.so");
	pthread_join(thread, &handle);
	return dlclose(handle);
}
END2
bindings_equal ./handover
expect_db "read at the last moment" "SELECT count(*) FROM v_binding v JOIN object o
	ON o.path = v.from_path WHERE v.from_path = './libplugin.so' AND v.source = 'relocation'
	AND v.symbol IN ('environ', 'plugin_tls', 'strdup', 'time') AND v.first_seq < o.closed_seq
	AND v.first_seq > (SELECT max(seq) FROM call WHERE kind = 'dlclose')" 4

# Forked children inherit what their parents had bound, and bind the rest on their own; a reference
# without a version gets a versioned definition there as well.
so libunversioned.so -Wl,-z,lazy -nostdlib <<'END2'
int atoi(const char *), toupper(int);
double exp(double);
int unversioned(int how) { return how == 1 ? atoi("5") : how == 2 ? toupper(6) : (int)exp(how - 3); }
END2
expect_no_match "it asks for no versions" "$(readelf -dW libunversioned.so)" VERNEED
program forks -L. -Wl,-rpath,"$PWD" -Wl,--no-as-needed -lunversioned -lm <<'END2'
#include <dlfcn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int unversioned(int);
int main(void)
{
	unversioned(1);
	if (fork() == 0) {
		unversioned(2);
		if (fork() == 0) {
			void *plugin = dlopen("./libplugin.so", RTLD_LAZY);
			printf("%d %d\n", unversioned(3), ((int (*)(int))dlsym(plugin, "plugin"))(1));
			fflush(stdout);
			_exit(0);
		}
		wait(NULL);
		_exit(0);
	}
	wait(NULL);
	return 0;
}
END2
bindings_equal ./forks
expect_match "it works" "$(cat ld-debug.out)" '^1 14$'
expect_db "who bound what, without a version" "SELECT p.begin_kind, v.symbol, v.version FROM v_binding v
	JOIN process p ON p.id = v.process WHERE from_path LIKE '%/libunversioned.so'
	AND to_path IS NOT NULL AND v.kind = 'plt' ORDER BY p.id" "start|atoi|
fork|toupper|
fork|exp|"

# Threads: they bind the same and different slots at once, while others load and unload.
{
	for i in $(seq 300); do echo "int many_$i(void) { return $i; }"; done
} | so libmany.so
{
	for i in $(seq 300); do echo "int many_$i(void);"; done
	echo "long many(int from, int step) { long sum = 0; for (int i = from; i <= 300; i += step) switch (i) {"
	for i in $(seq 300); do echo "case $i: sum += many_$i(); break;"; done
	echo "} return sum; }"
} | so libmanyuser.so -L. -lmany -Wl,-rpath,"$PWD" -Wl,-z,lazy
program threads -L. -Wl,-rpath,"$PWD" -lmanyuser <<'END2'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
long many(int, int);
static pthread_barrier_t barrier;
static void *bind(void *step)
{
	pthread_barrier_wait(&barrier);
	return (void *)many(1, (int)(long)step);
}
static void *load(void *unused)
{
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < 20; i++) {
		void *plugin = dlopen("./libplugin.so", i % 2 ? RTLD_LAZY : RTLD_NOW);
		if (!plugin || ((int (*)(int))dlsym(plugin, "plugin"))(1) != 14)
			puts("no");
		dlclose(plugin);
	}
	return unused;
}
int main(void)
{
	pthread_t threads[4];
	void *sums[4];
	pthread_barrier_init(&barrier, NULL, 4);
	pthread_create(&threads[0], NULL, bind, (void *)1);
	pthread_create(&threads[1], NULL, bind, (void *)1);
	pthread_create(&threads[2], NULL, bind, (void *)2);
	pthread_create(&threads[3], NULL, load, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], &sums[i]);
	printf("%ld %ld %ld\n", (long)sums[0], (long)sums[1], (long)sums[2]);
	return 0;
}
END2
for round in 1 2 3; do
	bindings_equal ./threads
	expect_eq "it works, round $round" "$(cat ld-debug.out)" "45150 45150 22500"
	expect_db "all are bound" "SELECT count(*) FROM v_binding WHERE symbol GLOB 'many_[0-9]*'
		AND to_path LIKE '%/libmany.so'" 300
done
