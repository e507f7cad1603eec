# Allocators are there to be replaced, for the whole process: glibc and libstdc++ call theirs through
# the PLT for that (glibc manual, "Replacing malloc").  What must not be is that some objects use one and
# some another, as RTLD_DEEPBIND makes it.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/interpositions.sh"

need "$CXX" readelf python3
so libmalloc.so <<'C'
#include <stddef.h>
static char pool[1 << 22];
static size_t used;
void *malloc(size_t n)
{
	void *p = pool + used;
	used += (n + 31) & ~(size_t)15;
	return used < sizeof(pool) ? p : NULL;
}
void free(void *p) { (void)p; }
void *calloc(size_t n, size_t m) { return malloc(n * m); }
void *realloc(void *p, size_t n)
{
	char *q = malloc(n);
	for (size_t i = 0; p && q && i < n && (char *)p + i < pool + used; i++)
		q[i] = ((char *)p)[i];
	return q;
}
C
so libuser.so <<<'#include <stdlib.h>
#include <string.h>
char *user(void) { free(malloc(3)); return strdup("x"); }'
so plugin.so <<<'#include <stdlib.h>
char *plugin(char *s) { free(s); return realloc(malloc(1), 2); }'
cat >host.src <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
char *user(void);
#ifndef FLAGS
#define FLAGS 0
#endif
int main(void)
{
	void *handle = dlopen("./plugin.so", RTLD_NOW | FLAGS);
	char *(*plugin)(char *) = (char *(*)(char *))dlsym(handle, "plugin");
	char *s = user();
	printf("%d\n", s && plugin && malloc(1));
	return 0;
}
C
program host -L. -Wl,-rpath,"$PWD" -luser <host.src

# Preloaded, and linked: all use it.
interpositions_right env LD_PRELOAD="$PWD/libmalloc.so" ./host
for name in malloc free calloc realloc; do
	expect_no_match "$name is replaced" "$(interest_of $name)" 'warning|error|note'
done
expect_match "preloaded" "$(plugreport interpositions)" 'nothing to look at'
expect_match "no copies" "$(plugreport duplicates)" 'nothing (is there twice|to look at)'
program linked -L. -Wl,-rpath,"$PWD" -Wl,--no-as-needed -lmalloc -luser <host.src
interpositions_right ./linked
expect_interest malloc "none glibc interposed,diverted"
expect_match "linked" "$(plugreport interpositions)" '^nothing to look at'
expect_match "no copies" "$(plugreport duplicates)" 'nothing (is there twice|to look at)'

# A plugin that binds to its own dependencies first: libc's.  All at load, as libc itself is linked with
# -z now from Debian 13 on: its own calls are bound then, or not.
program deep -DFLAGS=RTLD_DEEPBIND -L. -Wl,-rpath,"$PWD" -luser <host.src
interpositions_right env LD_BIND_NOW=1 LD_PRELOAD="$PWD/libmalloc.so" ./deep
# (ld.so itself had a malloc up to 2.31, which is replaced in the program that starts this one.)
replaced=
glibc_at_least 2.32 || replaced="none glibc interposed
"
expect_interest malloc "${replaced}error - interposed,diverted,split"
expect_interest free "${replaced}error - interposed,diverted,split"
others=2
glibc_at_least 2.34 || others=3 # libdl.so.2's calloc
expect_match "the pair" "$(plugreport interpositions --pid "$(db "SELECT max(pid) FROM process WHERE exe LIKE '%/deep'")")" \
	"^  libmalloc.so +libc.so.6 +4 +4 +$others +3 +0"

# An allocator that comes late stands behind libc in the global scope: all go on with libc's, itself too.
so libuse.so -Wl,-z,lazy <<<'#include <stdlib.h>
void *use(void) { return malloc(1); }'
program late -Wl,-z,lazy <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
	void *before = malloc(1);
	void *(*use)(void);
	dlopen("./libmalloc.so", RTLD_NOW | RTLD_GLOBAL);
	use = (void *(*)(void))dlsym(dlopen("./libuse.so", RTLD_NOW), "use");
	printf("%d\n", before && use());
	return 0;
}
C
interpositions_right ./late
reason=allocator
glibc_at_least 2.32 || reason=glibc # libc's stands before ld.so's own, too
expect_interest malloc "none $reason interposed"
expect_match "late" "$(plugreport interpositions)" '^nothing to look at'

# C++: operator new and delete of the program serve everybody.
$CXX -x c++ -g -fPIC -shared -o libcxx.so - <<<'#include <string>
std::string *text() { return new std::string(100, 120); }'
$CXX -x c++ -g -rdynamic -o cxx - -L. -Wl,-rpath,"$PWD" -lcxx <<'C'
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
void *operator new(std::size_t n) { return std::malloc(n); }
void operator delete(void *p) noexcept { std::free(p); }
void operator delete(void *p, std::size_t) noexcept { std::free(p); }
std::string *text();
int main() { std::string *s = text(); std::printf("%zu\n", s->size()); delete s; }
C
interpositions_right ./cxx
expect_match "operator new" "$(plugreport interpositions)" '^nothing to look at'
expect_no_match "it is replaced" "$(interest_of _Znwm)" 'warning|error|note'
