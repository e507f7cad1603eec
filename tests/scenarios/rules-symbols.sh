# The rules of check about symbols and copies: each finds what it is about, taken from real programs,
# and nothing in its look-alikes.
. "$TOP/tests/lib.sh"

program host <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
/* host [g:|l:|d:]FILE... : dlopen them (RTLD_GLOBAL, RTLD_LOCAL, RTLD_DEEPBIND) and call their run() */
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int flags = RTLD_NOW | (argv[i][0] == 'g' ? RTLD_GLOBAL : 0) |
			    (argv[i][0] == 'd' ? RTLD_DEEPBIND : 0);
		void *handle = dlopen(argv[i] + 2, flags);
		int (*run)(void) = handle ? dlsym(handle, "run") : NULL;
		if (!handle)
			puts(dlerror());
		else if (run)
			printf("%s: %d\n", strrchr(argv[i], '/') + 1, run());
	}
	return 0;
}
C
here=-Wl,-rpath,'$ORIGIN'
serious() { rules_of "$@" | grep -v '^note' || true; }

# A host that exports its static copy of a library (OpenSSL in node): the shared one's own calls land
# there.  With the copy kept to itself, not.
so libcrypt1.so <<<'int crypt_version(void) { return 3; } int crypt_init(void) { return crypt_version(); }'
so addon.so ./libcrypt1.so "$here" <<<'int crypt_init(void); int run(void) { return crypt_init(); }'
cat >node.c <<'C'
#include <dlfcn.h>
#include <stdio.h>
int crypt_version(void) { return 1; }
int crypt_init(void) { return crypt_version(); }
int main(void)
{
	void *handle = dlopen("./addon.so", RTLD_NOW);
	int (*run)(void) = dlsym(handle, "run");
	printf("%d\n", run());
	return crypt_init() == 0;
}
C
$CC -g -o node node.c -rdynamic -ldl
expect_eq "the wrong version" "$(audit ./node)" 1
expect_eq "interposed" "$(serious)" "error interposed node libcrypt1.so"
expect_match "interposed" "$(message_of interposed)" '^node takes over calls that libcrypt1\.so makes to itself: crypt_version$'
expect_match "and those of who needs it" "$(evidence_of interposed)" '^interposed: node takes the place of libcrypt1\.so for those that need it: crypt_init$'
expect_match "evidence" "$(evidence_of interposed)" '^crypt_version: libcrypt1\.so, which defines it itself, is bound to node'
expect_match "advice" "$(plugreport check || true)" '= link the program without -rdynamic'
$CC -g -o node node.c -ldl
expect_eq "the right version" "$(audit ./node)" 3
expect_eq "a copy that is not exported" "$(serious)" ""

# A plugin opened with RTLD_GLOBAL that has a static copy of a library pre-empts a later plugin's.
for i in 1 2; do
	so plugin$i.so <<C
static int level = $i;
int llvm_level(void) { return level; }
int llvm_target(void) { return llvm_level(); }
int llvm_init(void) { return llvm_target(); }
int llvm_emit(void) { return llvm_init(); }
int run(void) { return llvm_emit(); }
C
done
expect_eq "the second runs the first's" "$(audit ./host g:./plugin1.so g:./plugin2.so | tail -1)" "plugin2.so: 1"
expect_match "error" "$(serious)" '^error interposed plugin1\.so plugin2\.so$'
expect_no_match "told once" "$(serious)" symbol-overlap
expect_eq "with the static copies as evidence" "$(also_of interposed)" symbol-overlap
expect_match "static copies" "$(evidence_of interposed)" '^symbol-overlap: 4 symbols are exported by several objects, .*: plugin1\.so, plugin2\.so$'
expect_eq "RTLD_LOCAL keeps them apart" "$(audit ./host l:./plugin1.so l:./plugin2.so | tail -1)" "plugin2.so: 2"
expect_eq "nothing to act on" "$(serious)" ""
so hidden2.so -fvisibility=hidden <<C
int llvm_level(void) { return 2; }
int llvm_init(void) { return llvm_level(); }
__attribute__((visibility("default"))) int run(void) { return llvm_init(); }
C
audit ./host g:./plugin1.so g:./hidden2.so >out
expect_eq "hidden static copies" "$(serious)" ""

# Wheels: one library under hashed names; two OpenMPs in one process.
mkdir -p a.libs b.libs
for w in a b; do
	so $w.libs/libgomp-${w}34b3233.so.1.0.0 -Wl,-soname,libgomp-${w}34b3233.so.1.0.0 <<'C'
static int threads;
int omp_pool[4];
int omp_get(void) { return threads + omp_pool[0]; }
int omp_start(void) { omp_pool[0]++; return ++threads; }
int omp_stop(void) { return --threads; }
C
	so $w.so $w.libs/libgomp-${w}34b3233.so.1.0.0 -Wl,-rpath,"\$ORIGIN/$w.libs" \
		<<<"int omp_start(void), omp_stop(void), omp_get(void); int $w; int run(void) { omp_start(); omp_stop(); return omp_get(); }"
done
audit ./host l:./a.so l:./b.so >out
expect_match "two OpenMPs" "$(serious)" '^(warning|error) duplicate-soname libgomp-a34b3233\.so\.1\.0\.0 libgomp-b34b3233\.so\.1\.0\.0$'
expect_match "who uses which" "$(evidence_of duplicate-soname)" 'libgomp-b34b3233\.so\.1\.0\.0: needed by b\.so; used by b\.so'
audit ./host l:./a.so >out
expect_eq "one of them" "$(serious)" ""
# With RTLD_GLOBAL the second one's users, and it itself, are bound to the first: still one finding.
for w in a b; do
	$CC -g -fPIC -shared -Wl,-soname,libgomp-${w}34b3233.so.1.0.0 -o $w.libs/libgomp-${w}34b3233.so.1.0.0 -xc - <<'C'
int omp_pool[4];
int omp_stop(void) { return --omp_pool[0]; }
int omp_start(void) { return ++omp_pool[0]; }
int omp_get(void) { return omp_start() + omp_stop(); }
C
done
audit ./host g:./a.so l:./b.so >out
expect_eq "two OpenMPs, one of them global" "$(serious --ignore scope)" \
	"error duplicate-soname libgomp-a34b3233.so.1.0.0 libgomp-b34b3233.so.1.0.0"
expect_eq "whose calls go astray is evidence" "$(also_of duplicate-soname)" interposed
expect_match "whose calls go astray" "$(evidence_of duplicate-soname)" '^interposed: libgomp-a34b3233\.so\.1\.0\.0 takes over calls that libgomp-b34b3233\.so\.1\.0\.0 makes to itself'

# Two files of one SONAME; two versions; and what only looks like it.
mkdir -p one two three links
for v in one two three; do
	so $v/libproto.so.9 <<<"int proto_state = ${#v}; int proto_get(void) { return proto_state; } int proto_$v(void) { return 1; }"
done
so need-one.so one/libproto.so.9 <<<'int proto_get(void); int run(void) { return proto_get(); }'
so path-two.so <<'C'
#include <dlfcn.h>
int run(void)
{
	void *handle = dlopen("./two/libproto.so.9", RTLD_NOW);
	int (*get)(void) = dlsym(handle, "proto_get");
	return get();
}
C
LD_LIBRARY_PATH=$PWD/one audit ./host l:./need-one.so l:./path-two.so >out
expect_match "two builds of one SONAME" "$(serious)" '^warning duplicate-soname libproto\.so\.9 libproto\.so\.9$'
ln -s ../one/libproto.so.9 links/libproto.so.9
ln one/libproto.so.9 links/libhard.so
audit ./host l:./one/libproto.so.9 "l:$PWD/one/../one/libproto.so.9" l:./links/libproto.so.9 l:./links/libhard.so >out
expect_rules "links and spellings are one load" ""
for v in 1 3; do
	so libssl.so.$v <<<"int ssl_state; int ssl_new(void) { return ssl_state + $v; } int ssl_free(void) { return --ssl_state; }"
	so uses$v.so ./libssl.so.$v "$here" <<<'int ssl_new(void), ssl_free(void); int run(void) { ssl_free(); return ssl_new(); }'
done
audit ./host l:./uses1.so l:./uses3.so >out
expect_match "two versions" "$(serious)" '^(warning|error) version-clash libssl\.so\.1 libssl\.so\.3$'
expect_match "who needs which" "$(evidence_of version-clash)" 'libssl\.so\.3: needed by uses3\.so; used by uses3\.so'
so libpcre2-8.so.0 <<<'int pcre8(void) { return 8; }'
so libpcre2-16.so.0 <<<'int pcre16(void) { return 16; }'
audit ./host l:./libpcre2-8.so.0 l:./libpcre2-16.so.0 >out
expect_rules "numbers that are no versions" ""
program spaces <<<'#include <dlfcn.h>
int main(void) { return !dlmopen(LM_ID_NEWLM, "./libssl.so.3", RTLD_NOW) || !dlopen("./libssl.so.3", RTLD_NOW); }'
if glibc_at_least 2.35; then # dlmopen
	audit ./spaces
	expect_match "one file in two namespaces" "$(rules_of)" '^note duplicate-file libssl\.so\.3 libssl\.so\.3$'
fi

# An allocator that comes late: what was bound before goes on with the other one.  (malloc itself is in
# the global scope from the start, with libc; operator new is not in a C program.)
for lib in stdnew jem; do
	so lib$lib.so <<'C'
#include <stddef.h>
static char pool[1 << 20];
static size_t used;
void *_Znwm(size_t n) { used = (used + 15) & ~15ul; used += n; return pool + used - n; }
void _ZdlPv(void *p) { (void)p; }
int run(void) { return 0; }
C
done
for i in 1 2; do
	so new$i.so ./libstdnew.so "$here" <<<'void *_Znwm(unsigned long); void _ZdlPv(void *); int run(void) { _ZdlPv(_Znwm(1)); return 1; }'
done
audit ./host l:./new1.so g:./libjem.so l:./new2.so >out
expect_match "two allocators" "$(serious)" '^error split-binding (libstdnew\.so libjem\.so|libjem\.so libstdnew\.so)$'
expect_match "two allocators" "$(message_of split-binding)" 'operator new'
LD_PRELOAD=$PWD/libjem.so audit ./host l:./new1.so l:./new2.so >out
expect_rules "a preloaded allocator" ""
program newhost ./libjem.so -Wl,--no-as-needed "$here" <<<'#include <dlfcn.h>
int main(void) { return !dlopen("./new1.so", RTLD_NOW); }'
audit ./newhost
expect_eq "an allocator that the program is linked with" "$(serious)" ""

# C++: typeinfo and inline variables that are not one.
if command -v g++ >/dev/null; then
	cat >shared.h <<'C'
#include <stdexcept>
struct PluginError : std::runtime_error { using std::runtime_error::runtime_error; };
namespace app { inline int registry = 0; }
template <class T> struct Once { static int value; };
template <class T> int Once<T>::value = 0;
C
	for i in 1 2; do
		cat >cxx$i.cpp <<C
#include "shared.h"
extern "C" int run() { try { throw PluginError("x"); } catch (PluginError &) { app::registry++; Once<int>::value++; }
	return app::registry + Once<int>::value; }
C
		$CXX -std=c++17 -g -O0 -fPIC -shared -fno-gnu-unique -o cxx$i.so cxx$i.cpp
		$CXX -std=c++17 -g -O0 -fPIC -shared -fno-gnu-unique -fvisibility=hidden -o cxxhidden$i.so cxx$i.cpp \
			-Wl,--version-script=<(echo '{ global: run; local: *; };')
	done
	audit ./host l:./cxx1.so l:./cxx2.so >out
	expect_match "inline variables that are two" "$(serious)" '^warning vague-linkage-split cxx1\.so cxx2\.so$'
	expect_match "what" "$(message_of vague-linkage-split)" 'app::registry.*each has a state of its own'
	audit ./host g:./cxx1.so g:./cxx2.so >out
	expect_eq "made one by RTLD_GLOBAL" "$(serious)" ""
	audit ./host l:./cxxhidden1.so l:./cxxhidden2.so >out
	expect_eq "hidden ones" "$(serious)" ""

	# A class that passes from one plugin to another through a library that both need: its typeinfo is
	# in two scopes, and is not one.  (libstdc++ compares names, too; where only addresses count, as in
	# libc++ and here, dynamic_cast and catch fail.)
	cat >hub.cpp <<'C'
struct Widget;
static Widget *kept;
void hub_put(Widget *widget) { kept = widget; }
Widget *hub_get() { return kept; }
C
	cat >widget.h <<'C'
#include <typeinfo>
struct Widget { virtual ~Widget() {} };
struct Button : Widget { int clicks = 3; };
void hub_put(Widget *widget);
Widget *hub_get();
C
	cat >makes.cpp <<'C'
#include "widget.h"
extern "C" int run() { hub_put(new Button); return 1; }
C
	cat >takes.cpp <<'C'
#include "widget.h"
extern "C" int run() { return &typeid(*hub_get()) == &typeid(Button); }
C
	g++ -g -O0 -fPIC -shared -Wl,-soname,libhub.so -o libhub.so hub.cpp
	for i in makes takes; do
		g++ -g -O0 -fPIC -shared -fno-gnu-unique -o $i.so $i.cpp ./libhub.so -Wl,-rpath,"$PWD"
	done
	expect_eq "RTLD_LOCAL: it is another class" "$(audit ./host l:./makes.so l:./takes.so | tail -1)" "takes.so: 0"
	expect_match "typeinfo in two scopes" "$(serious)" '^warning vague-linkage-split makes\.so takes\.so$'
	expect_match "which" "$(message_of vague-linkage-split)" 'typeinfo for (Widget|Button)'
	expect_eq "RTLD_GLOBAL: it is the same" "$(audit ./host g:./makes.so l:./takes.so | tail -1)" "takes.so: 1"
	expect_eq "RTLD_GLOBAL" "$(serious --ignore scope)" ""
fi

# An allocator in LD_PRELOAD, which all of the process uses.
so libmem.so <<'C'
#include <stddef.h>
static char pool[1 << 22];
static size_t used;
void *malloc(size_t n) { used = (used + 15) & ~15ul; used += n; return pool + used - n; }
void *calloc(size_t n, size_t m) { return malloc(n * m); }
void *realloc(void *p, size_t n) { char *q = malloc(n); for (size_t i = 0; p && i < n; i++) q[i] = ((char *)p)[i]; return q; }
void free(void *p) { (void)p; }
C
so mem.so <<<'#include <stdlib.h>
int run(void) { void *p = malloc(8); free(p); return 7; }'
LD_PRELOAD=$PWD/libmem.so audit ./host l:./mem.so >out
expect_rules "a preloaded malloc" ""

# Meant to be: weak defaults, copy relocations, functions that the program was linked knowing.
so libhook.so <<<'__attribute__((weak)) int hook(void) { return 1; } int level = 5; int run(void) { return hook() + level; }'
program weak ./libhook.so -rdynamic "$here" <<<'int run(void); extern int level; int hook(void) { return 2; } int main(void) { return run() != 2 + level; }'
audit ./weak
expect_rules "a weak default, a copy relocation" ""
