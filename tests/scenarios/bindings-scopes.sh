# Which definition a reference gets depends on scopes, and those on time: late promotion to global,
# RTLD_DEEPBIND, namespaces, preloaded objects, unique symbols.  What ld.so chose is recorded.
. "$TOP/tests/lib.sh"
need_dlmopen
. "$TOP/tests/oracle/bindings.sh"

need "$CXX" readelf
rpath=(-L. -Wl,-rpath,"$PWD")
so libprovider.so <<'END2'
int provided_data = 7;
__thread int provided_tls = 8;
int provided(void) { return 1; }
int provided_later(void) { return 2; }
END2
so libconsumer.so -Wl,-z,lazy <<'END2'
int provided(void), provided_later(void);
int consumer(int later) { return later ? provided_later() : provided(); }
END2
so libdataconsumer.so -Wl,-z,now <<'END2'
extern int provided_data;
extern __thread int provided_tls;
int provided(void);
int (*pointer)(void) = provided;
int data_consumer(void) { return provided_data + provided_tls + pointer(); }
END2
so libsame.so <<'END2'
int shared_data = 1;
__thread int shared_tls = 1;
int shared(void) { return 1; }
int same(void) { return shared() + shared_data + shared_tls; }
END2
cp libsame.c libdeep.c
so libdeep.so <<<'#include "libsame.c"' -Dsame=deep
so libplugin.so -Dsame=plugin <<<'#include "libsame.c"'
so libpreload.so <<<'int shared(void) { return 100; } int provided(void) { return 100; }'
cat >unique.h <<'END2'
template <class T> struct Unique { static T value; };
template <class T> T Unique<T>::value = 1;
END2
for n in 1 2; do
	$CXX -x c++ -fPIC -shared -I. -o libunique$n.so - <<<"
#include \"unique.h\"
extern \"C\" int unique$n() { return ++Unique<int>::value; }"
done
program prog "${rpath[@]}" -Wl,--no-as-needed -lsame <<'END2'
#include <dlfcn.h>
#include <stdio.h>
static int call(void *handle, const char *name, int argument)
{
	int (*f)(int) = handle ? (int (*)(int))dlsym(handle, name) : NULL;
	if (!f)
		printf("%s\n", dlerror());
	return f ? f(argument) : -1;
}
int same(int);
int main(void)
{
	void *consumer = dlopen("./libconsumer.so", RTLD_LAZY | RTLD_LOCAL);
	void *isolated;

	printf("%d\n", dlopen("./libprovider.so", RTLD_NOW | RTLD_LOCAL) != NULL);
	printf("%d\n", dlopen("./libdataconsumer.so", RTLD_NOW) != NULL);
	dlopen("./libprovider.so", RTLD_NOLOAD | RTLD_NOW | RTLD_GLOBAL);
	printf("%d\n", call(consumer, "consumer", 0));
	printf("%d\n", call(dlopen("./libdataconsumer.so", RTLD_NOW), "data_consumer", 0));
	printf("%d %d\n", same(0), call(dlopen("./libdeep.so", RTLD_NOW | RTLD_DEEPBIND), "deep", 0));
	printf("%d\n", call(dlopen("./libplugin.so", RTLD_NOW), "plugin", 0));
	printf("%d\n", call(dlopen("./libunique1.so", RTLD_NOW), "unique1", 0));
	printf("%d\n", call(dlopen("./libunique2.so", RTLD_NOW), "unique2", 0));
	isolated = dlmopen(LM_ID_NEWLM, "./libdeep.so", RTLD_NOW);
	printf("%d\n", call(isolated, "deep", 0));
	printf("%d\n", call(dlmopen(LM_ID_NEWLM, "./libplugin.so", RTLD_LAZY), "plugin", 0));
	return 0;
}
END2
bindings_equal ./prog
./prog | diff - ld-debug.out || fail "it works"
expect_bindings provided "libconsumer.so libprovider.so - plt la_symbind
libdataconsumer.so libprovider.so - abs relocation"
expect_bindings provided_later "libconsumer.so nobody - plt relocation"
expect_bindings provided_data "libdataconsumer.so libprovider.so - got relocation"
expect_bindings provided_tls "libdataconsumer.so libprovider.so - tls relocation"
expect_bindings shared_data "libdeep.so libdeep.so - got relocation
libplugin.so libsame.so - got relocation
libsame.so libsame.so - got relocation" "f.namespace = 0"
expect_bindings shared_tls "libdeep.so libdeep.so - tls relocation
libplugin.so libsame.so - tls relocation
libsame.so libsame.so - tls relocation" "f.namespace = 0"
expect_db "each namespace has its own" "SELECT f.namespace = t.namespace, count(DISTINCT f.namespace)
	FROM binding b JOIN symbol s ON s.id = b.symbol JOIN object f ON f.id = b.from_object
	JOIN object t ON t.id = b.to_object WHERE s.name = 'shared_data' GROUP BY 1" "1|3"
expect_bindings _ZN6UniqueIiE5valueE "libunique1.so libunique1.so - got relocation
libunique2.so libunique1.so - got relocation"

# A preloaded definition without version takes references that ask for one: the row has what was asked.
so libmalloc.so <<'END2'
#include <stddef.h>
static char pool[1 << 20];
static size_t used;
void *malloc(size_t n) { void *p = pool + used; used += (n + 31) & ~(size_t)15; return used < sizeof(pool) ? p : NULL; }
void free(void *p) { (void)p; }
void *calloc(size_t n, size_t m) { return malloc(n * m); }
void *realloc(void *p, size_t n) { char *q = malloc(n); for (size_t i = 0; p && i < n; i++) q[i] = ((char *)p)[i]; return q; }
END2
bindings_equal env LD_PRELOAD="$PWD/libmalloc.so $PWD/libpreload.so" ./prog
expect_eq "status" "$bindings_status" 0
expect_bindings shared "libdeep.so libdeep.so - plt la_symbind
libplugin.so libpreload.so - plt la_symbind
libsame.so libpreload.so - plt la_symbind" "f.namespace = 0"
expect_db "asked for with a version, defined without" "SELECT DISTINCT b.version, s.version, b.internal
	FROM binding b JOIN symbol s ON s.id = b.symbol JOIN object f ON f.id = b.from_object
	JOIN object t ON t.id = b.to_object JOIN process p ON p.id = b.process
	WHERE s.name = 'malloc' AND t.path LIKE '%/libmalloc.so' AND f.id != t.id AND p.exe LIKE '%/prog' ORDER BY 3" \
	"$BASE_VERSION||0
$BASE_VERSION||1"

# What ld.so looks up for itself in the program's name, the program may look up as well.
program asks <<'END2'
#include <dlfcn.h>
#include <stdio.h>
int main(void) { return printf("%d\n", dlsym(RTLD_DEFAULT, "malloc") && dlsym(RTLD_DEFAULT, "free")) < 0; }
END2
bindings_equal ./asks
expect_db "both are told" "SELECT s.name, b.internal, b.count FROM binding b JOIN symbol s ON s.id = b.symbol
	WHERE b.kind = 'dlsym' AND s.name IN ('malloc', 'free') ORDER BY 1, 2" "free|0|1
free|1|1
malloc|0|1
malloc|1|1"

# Destructors run when what loaded their object is announced as closed already: it stays in the scopes
# of all that goes, until the last of them has run.  In a namespace of its own nothing else has libc.
so libbelow.so -Wl,-z,lazy <<'END2'
#include <stdlib.h>
__attribute__((destructor)) static void down(void) { (void)rand(); }
END2
so libfront.so "${rpath[@]}" -Wl,--no-as-needed -lbelow -nostdlib <<<'int front;'
program leaves <<'END2'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	void *front = dlmopen(LM_ID_NEWLM, "./libfront.so", RTLD_LAZY);
	if (!front)
		puts(dlerror());
	return !front || dlclose(front);
}
END2
bindings_equal ./leaves
expect_eq "status" "$bindings_status" 0
expect_db "it was called" "SELECT count(*) FROM v_binding WHERE symbol = 'rand' AND source = 'la_symbind'" 1

# What stays when the first object of its namespace goes, and with it the namespace's global scope, is
# given a scope of its own.
so libkept.so -Wl,-z,lazy -Wl,-z,nodelete <<<'#include <stdlib.h>
int kept(void) { return abs(rand()) < 0; }'
so libfirst.so "${rpath[@]}" -Wl,--no-as-needed -lkept -nostdlib <<<'int first;'
program keeps <<'END2'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	void *first = dlmopen(LM_ID_NEWLM, "./libfirst.so", RTLD_LAZY);
	int (*kept)(void) = first ? (int (*)(void))dlsym(first, "kept") : NULL;
	if (!kept)
		return puts(dlerror());
	dlclose(first);
	return kept();
}
END2
bindings_equal ./keeps
expect_eq "status" "$bindings_status" 0
expect_db "it was called afterwards" "SELECT count(*) FROM v_binding WHERE symbol = 'rand' AND source = 'la_symbind'" 1

# A destructor that opens something else on the way changes nothing for what is still to go; and what
# nobody called before all went would have been bound.
so libother.so <<<'int other;'
so libends.so <<<'int ends(int x) { return x + 1; }'
so libcalls.so -Wl,-z,lazy "${rpath[@]}" -lends <<'END2'
int ends(int);
__attribute__((destructor)) static void down(void) { static volatile int x = 3; x = ends(x); }
int calls(void) { return 1; }
END2
so libopens.so -Wl,-z,lazy "${rpath[@]}" -lcalls <<'END2'
#include <dlfcn.h>
int calls(void);
__attribute__((destructor)) static void down(void) { dlopen("./libother.so", RTLD_NOW); }
int opens(int x) { return x ? calls() : 0; }
END2
program opened <<'END2'
#include <dlfcn.h>
int main(void)
{
	void *opens = dlopen("./libopens.so", RTLD_LAZY);
	return !opens || dlclose(opens);
}
END2
bindings_equal ./opened
expect_eq "status" "$bindings_status" 0
expect_match "not called" "$(plugreport why-bound calls)" '^calls was not called .*it would be bound to libcalls\.so\.'
