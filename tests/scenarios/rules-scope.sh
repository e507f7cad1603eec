# The rules of check about scopes and unloading: each finds what it is about, and nothing in its
# look-alikes.
. "$TOP/tests/lib.sh"

# host COMMAND...: g:FILE l:FILE z:FILE d:FILE n:FILE p:FILE i:FILE open (RTLD_GLOBAL, LOCAL, LAZY,
# DEEPBIND, NODELETE, RTLD_NOLOAD|RTLD_GLOBAL, RTLD_NOLOAD), r:FILE runs its run(), c:FILE closes it once.
program host -Wl,--no-as-needed <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
static struct { const char *name; void *handle; } open_[64];
static void *handle_of(const char *name)
{
	for (int i = 0; i < 64; i++)
		if (open_[i].name && strcmp(open_[i].name, name) == 0)
			return open_[i].handle;
	return NULL;
}
static void load(const char *word, int at)
{
	int flags = strchr("z", *word) ? RTLD_LAZY : RTLD_NOW;
	flags |= *word == 'g' ? RTLD_GLOBAL : *word == 'd' ? RTLD_DEEPBIND : *word == 'n' ? RTLD_NODELETE : 0;
	flags |= *word == 'p' ? RTLD_NOLOAD | RTLD_GLOBAL : *word == 'i' ? RTLD_NOLOAD : 0;
	open_[at].handle = dlopen(word + 2, flags);
	open_[at].name = word + 2;
	if (!open_[at].handle)
		fprintf(stderr, "%s\n", dlerror());
}
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int (*run)(void);
		if (*argv[i] == 'c')
			dlclose(handle_of(argv[i] + 2));
		else if (*argv[i] != 'r')
			load(argv[i], i);
		else if ((run = dlsym(handle_of(argv[i] + 2), "run")))
			printf("%d\n", run());
	}
	return 0;
}
C
here=-Wl,-rpath,'$ORIGIN'
serious() { rules_of "$@" | grep -v '^note' || true; }

# hidden-by-local: the plugin's functions are in a library that is there, RTLD_LOCAL.
so liblua.so <<<'int lua_call(void) { return 1; } int lua_state; '
so module.so <<<'int lua_call(void); int run(void) { return lua_call(); }'
so linked.so ./liblua.so "$here" <<<'int lua_call(void); int run(void) { return lua_call(); }'
audit ./host l:./liblua.so l:./module.so 2>err
expect_match "it failed" "$(cat err)" 'undefined symbol: lua_call'
expect_rules "hidden-by-local" "error hidden-by-local module.so liblua.so"
expect_match "hidden-by-local" "$(message_of hidden-by-local)" '^module\.so could not be loaded: lua_call is undefined, though liblua\.so has it'
expect_match "who opened it so" "$(evidence_of hidden-by-local)" 'opened without RTLD_GLOBAL: dlopen\("\./liblua\.so", RTLD_NOW\) called from load'
audit ./host l:./liblua.so l:./linked.so r:./linked.so >out
expect_eq "linked against it" "$(serious)" ""
audit ./host l:./liblua.so z:./module.so
expect_rules "RTLD_LAZY puts it off" "warning hidden-by-local module.so liblua.so"
expect_match "RTLD_LAZY" "$(message_of hidden-by-local)" '^module\.so was loaded with RTLD_LAZY, and can.t be bound: lua_call is undefined'
audit ./host l:./liblua.so z:./module.so p:./liblua.so r:./module.so >out
expect_no_match "bound after all" "$(rules_of)" hidden-by-local
audit ./host l:./module.so 2>err
expect_rules "it is nowhere" "error failed-load module.so host"
expect_match "it is nowhere" "$(message_of failed-load)" 'no object in the process defines lua_call'
so weakly.so <<<'int lua_call(void) __attribute__((weak)); int run(void) { return lua_call ? lua_call() : 0; }'
audit ./host l:./liblua.so l:./weakly.so
expect_eq "a weak reference" "$(serious)" ""

# local-promoted: by RTLD_NOLOAD|RTLD_GLOBAL, and as a dependency; somebody relies on it, or nobody.
audit ./host l:./liblua.so p:./liblua.so l:./module.so r:./module.so >out
expect_rules "local-promoted" "warning local-promoted liblua.so module.so"
expect_match "local-promoted" "$(message_of local-promoted)" '^liblua\.so was RTLD_LOCAL, and became global; 1 later reference went there because of that$'
expect_match "by which call" "$(evidence_of local-promoted)" 'promoted: dlopen\("\./liblua\.so", RTLD_NOW\|RTLD_NOLOAD\|RTLD_GLOBAL\)'
expect_match "by which call before" "$(evidence_of local-promoted)" 'opened without RTLD_GLOBAL: dlopen\("\./liblua\.so", RTLD_NOW\)'
expect_match "who relies on it" "$(evidence_of local-promoted)" 'module\.so is bound to liblua\.so for lua_call, which it finds in the global scope only'
audit ./host l:./liblua.so g:./linked.so l:./module.so r:./module.so >out
expect_match "as a dependency" "$(rules_of)" '^warning local-promoted liblua\.so module\.so$'
expect_match "as a dependency" "$(message_of local-promoted)" 'became global as a dependency of linked\.so'
audit ./host l:./liblua.so p:./liblua.so
expect_rules "nobody relies on it" "note local-promoted liblua.so"
audit ./host l:./liblua.so p:./liblua.so z:./module.so r:./module.so c:./module.so c:./liblua.so c:./liblua.so \
	l:./liblua.so p:./liblua.so >out
expect_rules "loaded and promoted again" "warning local-promoted liblua.so module.so"
audit ./host g:./liblua.so p:./liblua.so l:./module.so r:./module.so >out
expect_rules "global from the beginning, and needed so" ""
audit ./host l:./liblua.so l:./liblua.so l:./linked.so
expect_rules "opened twice, never global" ""

# global-plugin: pre-empts a later plugin's static copy; or nobody makes use of it.
for i in 1 2; do
	so llvm$i.so <<<"static int l = $i; int level(void) { return l; } int target(void) { return level(); } int emit(void) { return target(); } int run(void) { return emit(); }"
done
audit ./host g:./llvm1.so g:./llvm2.so r:./llvm2.so >out
expect_eq "the wrong one" "$(cat out)" 1
expect_match "global-plugin" "$(serious)" '^warning global-plugin llvm1\.so llvm2\.so$'
expect_match "global-plugin" "$(message_of global-plugin)" '^llvm1\.so was opened with RTLD_GLOBAL, and pre-empts 3 symbols of llvm2\.so$'
audit ./host g:./llvm1.so
expect_rules "of no use" "note global-plugin llvm1.so"
audit ./host g:./llvm1.so c:./llvm1.so g:./llvm1.so
expect_rules "loaded again" "note global-plugin llvm1.so llvm1.so"
expect_match "loaded again" "$(message_of global-plugin)" '^llvm1\.so was opened with RTLD_GLOBAL, and nothing'
namespaces=$(plugreport namespaces)
expect_match "loaded again, listed once" "$namespaces" '^  x +\./llvm1\.so +loaded 2 times$'
expect_match "and counted once" "$namespaces" "^  namespace 0: $(grep -c '^  x' <<<"$namespaces") objects, the program's own\$"
audit ./host l:./llvm1.so l:./llvm2.so r:./llvm2.so >out
expect_eq "RTLD_LOCAL" "$(cat out; rules_of)" 2

# deepbind-split: the program has an allocator of its own, the plugin gets libc's.
so libjem.so <<'C'
#include <stddef.h>
static char pool[1 << 22];
static size_t used;
void *malloc(size_t n) { used = (used + 15) & ~15ul; used += n; return pool + used - n; }
void *calloc(size_t n, size_t m) { return malloc(n * m); }
void *realloc(void *p, size_t n) { char *q = malloc(n); for (size_t i = 0; p && i < n; i++) q[i] = ((char *)p)[i]; return q; }
void free(void *p) { (void)p; }
C
so mem.so -Wl,--no-as-needed -lc <<<'#include <stdlib.h>
int run(void) { void *p = malloc(8); free(p); return 7; }'
cp host.c jemhost.c
$CC -D_GNU_SOURCE -g -O0 -o jemhost jemhost.c -Wl,--no-as-needed ./libjem.so "$here" -ldl
audit ./jemhost d:./mem.so r:./mem.so >out
expect_match "deepbind-split" "$(serious)" '^error deepbind-split mem\.so libc\.so\.6 libjem\.so$'
expect_match "deepbind-split" "$(message_of deepbind-split)" 'mem\.so was opened with RTLD_DEEPBIND, and gets (malloc|free) from libc\.so\.6, where others get it from libjem\.so'
audit ./jemhost l:./mem.so r:./mem.so >out
expect_eq "without RTLD_DEEPBIND" "$(serious)" ""
audit ./host d:./mem.so r:./mem.so >out
expect_eq "RTLD_DEEPBIND with libc's allocator" "$(serious)" ""
so clash.so <<<'int level(void) { return 9; } int run(void) { return level(); }'
audit ./host g:./llvm1.so d:./clash.so r:./clash.so >out
expect_eq "its own function, which is what it is for" "$(cat out; serious)" 9

# kept-after-dlclose, cause by cause; and what is unloaded, or never was to be.
so plain.so <<<'int run(void) { return 1; }'
so user.so ./plain.so "$here" <<<'int run(void); int user(void) { return run(); }'
so nodelete.so -Wl,-z,nodelete <<<'int run(void) { return 1; }'
kept() { # WHAT WANTED-CAUSE COMMAND...
	local what=$1 cause=$2
	shift 2
	audit ./host "$@" >out
	rules_of --rule kept-after-dlclose >rules.out
	expect_eq "$what" "$(message_of kept-after-dlclose | sed 's/.*(\([a-z0-9-]*\)).*/\1/')" "$cause"
}
kept "unloaded" "" l:./plain.so c:./plain.so
kept "open twice, closed once" refcount l:./plain.so l:./plain.so c:./plain.so
expect_eq "a note" "$(cat rules.out)" "note kept-after-dlclose plain.so"
kept "open twice, closed twice" "" l:./plain.so l:./plain.so c:./plain.so c:./plain.so
kept "never closed" "" l:./plain.so
kept "RTLD_NODELETE" nodelete-open-flag n:./plain.so c:./plain.so
kept "-z nodelete" df-1-nodelete l:./nodelete.so c:./nodelete.so
kept "needed by another one" needed-by l:./plain.so l:./user.so c:./plain.so
expect_eq "and by whom" "$(cat rules.out)" "note kept-after-dlclose plain.so user.so"
kept "both are closed" "" l:./plain.so l:./user.so c:./plain.so c:./user.so
if command -v g++ >/dev/null; then
	cat >unique.cpp <<'C'
template <class T> struct Registry { static int count; };
template <class T> int Registry<T>::count = 0;
extern "C" int run() { return ++Registry<int>::count; }
C
	$CXX -g -O0 -fPIC -shared -o unique.so unique.cpp
	$CXX -g -O0 -fPIC -shared -fno-gnu-unique -o notunique.so unique.cpp
	kept "STB_GNU_UNIQUE" gnu-unique l:./unique.so r:./unique.so c:./unique.so l:./plain.so
	expect_eq "a warning" "$(cat rules.out)" "warning kept-after-dlclose unique.so"
	kept "STB_GNU_UNIQUE, the last of all" gnu-unique l:./unique.so r:./unique.so c:./unique.so
	expect_eq "a note" "$(cat rules.out)" "note kept-after-dlclose unique.so"
	kept "-fno-gnu-unique" "" l:./notunique.so r:./notunique.so c:./notunique.so
	cat >tls.cpp <<'C'
struct Guard { int x = 1; ~Guard() { x = 0; } };
thread_local Guard guard;
extern "C" int run() { return guard.x; }
C
	$CXX -g -O0 -fPIC -shared -fno-gnu-unique -o tls.so tls.cpp
	kept "a thread_local destructor" tls-destructor l:./tls.so r:./tls.so c:./tls.so
	kept "that was never made" "" l:./tls.so c:./tls.so

	# stale-reload: closed and opened again, and still the old one.
	audit ./host l:./unique.so r:./unique.so c:./unique.so l:./unique.so r:./unique.so >out
	expect_eq "it went on counting" "$(tr '\n' ' ' <out)" "1 2 "
	expect_rules "stale-reload" "warning stale-reload unique.so"
	expect_eq "why it was kept is evidence" "$(also_of stale-reload)" kept-after-dlclose
	expect_match "why it was kept" "$(evidence_of stale-reload)" '^unique\.so is kept by its STB_GNU_UNIQUE symbol Registry<int>::count'
	expect_match "stale-reload" "$(message_of stale-reload)" 'unique\.so was closed and opened again, but never unloaded'
	audit ./host l:./unique.so r:./unique.so c:./unique.so i:./unique.so c:./unique.so l:./plain.so >out
	expect_rules "only looked whether it is gone" "warning kept-after-dlclose unique.so"
	audit ./host l:./notunique.so r:./notunique.so c:./notunique.so l:./notunique.so r:./notunique.so >out
	expect_rules "a reload that works" ""

	# The file is replaced in between.
	program reload <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>
#include <fcntl.h>
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
		if (rename(argv[i], "./current.so") != 0 || utimensat(AT_FDCWD, "./current.so", now, 0) != 0)
			return 1;
		void *handle = dlopen("./current.so", RTLD_NOW);
		int (*run)(void) = dlsym(handle, "run");
		printf("%d\n", run());
		dlclose(handle);
	}
	return 0;
}
C
	for v in first second; do
		cp unique.so $v.so
		cp notunique.so $v-good.so
	done
	audit ./reload ./first.so ./second.so >out
	expect_rules "the file was replaced" "error stale-reload current.so"
	expect_match "the file was replaced" "$(message_of stale-reload)" 'its file had been replaced, and the old code runs on'
	audit ./reload ./first-good.so ./second-good.so >out
	expect_rules "replaced and reloaded" ""
	# A handle was forgotten.
	program leaky <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <fcntl.h>
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
		if (argv[i][0] != '-' && (rename(argv[i], "./current.so") != 0 ||
					  utimensat(AT_FDCWD, "./current.so", now, 0) != 0))
			return 1;
		void *handle = dlopen("./current.so", RTLD_NOW);
		dlopen("./current.so", RTLD_NOW);
		dlclose(handle);
	}
	return 0;
}
C
	for v in first second third; do
		cp notunique.so $v.so
	done
	audit ./leaky ./first.so ./second.so
	expect_rules "a forgotten handle, and the file was replaced" "error stale-reload current.so"
	expect_match "a forgotten handle" "$(message_of stale-reload)" 'current\.so was opened again while a handle of it was open: its file had been replaced, and the old code runs on'
	expect_match "a forgotten handle" "$(evidence_of stale-reload)" 'current\.so is kept by an open handle'
	audit ./leaky ./third.so -
	expect_rules "a forgotten handle alone" "note kept-after-dlclose current.so"
fi
# What the program itself needs is never unloaded, and nobody wonders.
program needs ./plain.so "$here" <<<'#include <dlfcn.h>
int run(void);
int main(void) { for (int i = 0; i < 3; i++) dlclose(dlopen("./plain.so", RTLD_NOW)); return run() != 1; }'
audit ./needs
expect_rules "of the start-up set" ""

# missing-version: the older copy was loaded first.
mkdir -p old new
echo 'V_1 { global: f; local: *; };' >old.map
echo 'V_1 { global: f; local: *; }; V_2 { global: g; } V_1;' >new.map
so old/libver.so.1 -Wl,--version-script=old.map <<<'int f(void) { return 1; }'
so new/libver.so.1 -Wl,--version-script=new.map <<<'int f(void) { return 1; } int g(void) { return 2; }'
so wants-old.so old/libver.so.1 -Wl,-rpath,'$ORIGIN/old' <<<'int f(void); int run(void) { return f(); }'
so wants-new.so new/libver.so.1 -Wl,-rpath,'$ORIGIN/new' <<<'int g(void); int run(void) { return g(); }'
audit ./host l:./wants-old.so l:./wants-new.so 2>err
expect_match "it failed" "$(cat err)" "version .V_2' not found"
expect_match "missing-version" "$(serious)" '^error missing-version wants-new\.so libver\.so\.1$'
expect_match "missing-version" "$(message_of missing-version)" '^wants-new\.so wants version V_2 of libver\.so\.1, which has versions up to V_1$'
expect_match "who loaded the old one" "$(evidence_of missing-version)" 'old/libver\.so\.1: needed by wants-old\.so'
expect_no_match "told once" "$(rules_of)" failed-load
expect_no_match "a version is wanted of it: that is a use" "$(rules_of)" unused-dependency
audit ./host l:./wants-new.so l:./wants-old.so
expect_no_match "the newer one first" "$(rules_of)" 'missing-version|failed-load'
program starts new/libver.so.1 <<<'int g(void); int main(void) { return g(); }'
LD_LIBRARY_PATH=$PWD/old audit ./starts 2>err || true
expect_match "at the start" "$(rules_of)" '^error missing-version starts libver\.so\.1$'

# unused-dependency
so needless.so -Wl,--no-as-needed ./plain.so ./liblua.so "$here" <<<'int lua_call(void); int go(void) { return lua_call(); }'
audit ./host l:./needless.so
expect_rules "unused-dependency" "note unused-dependency needless.so plain.so"
so bridge.so -Wl,--no-as-needed ./linked.so "$here" -Wl,--unresolved-symbols=ignore-all <<<'int lua_call(void); int go(void) { return lua_call(); }'
audit ./host l:./bridge.so
expect_no_match "a way to what is used" "$(rules_of)" 'unused-dependency bridge'
