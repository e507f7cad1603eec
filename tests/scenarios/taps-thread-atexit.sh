# A thread's destructor of an object keeps it mapped until the thread ends: glibc
# stdlib/cxa_thread_atexit_impl.c, elf/dl-close.c (l_tls_dtor_count).  Who registered one is recorded,
# once for each thread and object, however often that is done.
. "$TOP/tests/lib.sh"

cat >plug.c <<'END'
extern void *__dso_handle __attribute__((visibility("hidden")));
int __cxa_thread_atexit_impl(void (*)(void *), void *, void *);
static void nothing(void *unused) { (void)unused; }
void plug(void)
{
	for (int i = 0; i < 1000; i++)
		__cxa_thread_atexit_impl(nothing, &nothing, &__dso_handle);
}
END
so libplug.so <plug.c
mv plug.c plug2.c
so libnoplt.so -fno-plt <plug2.c
program host <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
static void *use(void *plug)
{
	((void (*)(void))plug)();
	return NULL;
}
/* Opened, used, closed: is it still there? */
static int kept(const char *path, int threads, int self)
{
	void *handle = dlopen(path, RTLD_NOW), *plug = handle ? dlsym(handle, "plug") : NULL;
	pthread_t thread;

	if (!plug)
		return -1;
	for (int i = 0; i < threads; i++)
		if (pthread_create(&thread, NULL, use, plug) || pthread_join(thread, NULL))
			return -1;
	if (self)
		use(plug);
	dlclose(handle);
	handle = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
	if (handle)
		dlclose(handle);
	return handle != NULL;
}
int main(void)
{
	printf("%d", kept("./libplug.so", 3, 0));
	printf(" %d", kept("./libplug.so", 0, 1));
	printf(" %d\n", kept("./libnoplt.so", 0, 1));
	return 0;
}
END
same_run ./host
expect_eq "what ld.so keeps" "$(./host)" "0 1 1"
ingest
expect_sound
registered() { # what the calls tell: object, thread, rows
	db "SELECT replace(replace(result_path, '$PWD/', ''), './', ''), count(DISTINCT tid), count(*),
		min(result_known_by), min(caller_path = result_path), min(caller_function) FROM v_call
		WHERE kind = 'thread_atexit' AND result_path LIKE '%lib$1.so' GROUP BY result_path"
}
expect_eq "by its name" "$(registered plug)" "libplug.so|4|4|handle|1|plug"
expect_eq "by its address" "$(registered noplt)" "libnoplt.so|1|1|handle|1|plug"
# It was loaded twice, so that there are two stacks at most.
expect_db "stacks" "SELECT count(stack) BETWEEN 2 AND 3 FROM call WHERE kind = 'thread_atexit'" 1
expect_match "the report" "$(plugreport calls --name libnoplt.so)" 'thread_atexit\(libnoplt\.so\)'
for command in why-loaded tree info; do
	plugreport $command $([ $command = why-loaded ] && echo libplug.so) >/dev/null
done

command -v "$CXX" >/dev/null || exit 0
cat >object.cc <<'END'
struct held {
	int *at = new int(1);
	~held() { delete at; }
};
static thread_local held one, two;
extern "C" void plug() { *one.at += *two.at; }
END
"$CXX" -fPIC -shared -o libobject.so object.cc
program cxx <<'END'
#include <dlfcn.h>
int main(void)
{
	void *handle = dlopen("./libobject.so", RTLD_LAZY), *plug = handle ? dlsym(handle, "plug") : 0;

	if (!plug)
		return 1;
	((void (*)(void))plug)();
	dlclose(handle);
	return !dlopen("./libobject.so", RTLD_NOW | RTLD_NOLOAD);
}
END
rm -f "$PLUGAUDIT_DB"
same_run ./cxx
ingest
expect_db "through libstdc++" "SELECT count(*), min(caller_path LIKE '%libstdc++.so.6') FROM v_call
	WHERE kind = 'thread_atexit' AND result_path LIKE '%libobject.so'" "1|1"
expect_db "its stack leads to the object" "SELECT count(*) > 0 FROM call c
	JOIN stack_frame f USING (stack) JOIN object o ON o.id = f.object
	WHERE c.kind = 'thread_atexit' AND o.path LIKE '%libobject.so'" 1
