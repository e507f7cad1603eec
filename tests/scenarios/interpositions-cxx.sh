# C++ puts a copy of inline functions, of virtual tables, typeinfo and static data of templates into
# each object that uses them, weak or STB_GNU_UNIQUE, and counts on the linker to make them one.  ld.so
# does so within a scope; objects in local scopes that don't meet keep their own, but for unique ones
# (glibc elf/dl-lookup.c, do_lookup_unique).
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/interpositions.sh"

need "$CXX" readelf python3
cat >shape.h <<'C'
struct Shape { virtual ~Shape() {} virtual int sides() { return 0; } };
struct Failure { virtual ~Failure() {} };
template <class T> struct Counter { static int value; };
template <class T> int Counter<T>::value = 0;
inline int &registry() { static int count = 0; return ++count, count; }
C
plugin() { # FILE [flags...]: makes shapes, counts
	$CXX -x c++ -g -O0 -fPIC -shared -I. -o "$1" - "${@:2}" <<'C'
#include "shape.h"
#include <exception>
struct Mine : Shape { int sides() override { return 3; } };
extern "C" Shape *make() { return new Mine; }
extern "C" int use(Shape *shape)
{
	++Counter<Shape>::value;
	try { if (shape->sides() < 0) throw Failure(); } catch (Failure &) { return -1; }
	return dynamic_cast<Mine *>(shape) ? registry() : 1000 + Counter<Shape>::value;
}
C
}
plugin a.so
plugin b.so
host() { # FLAGS: opens both plugins so
	$CXX -x c++ -g -I. -o host - -ldl <<C
#include <dlfcn.h>
#include <stdio.h>
struct Shape;
int main()
{
	void *a = dlopen("./a.so", RTLD_NOW | $1), *b = dlopen("./b.so", RTLD_NOW | $1);
	auto make = (Shape *(*)())dlsym(a, "make");
	auto use_a = (int (*)(Shape *))dlsym(a, "use"), use_b = (int (*)(Shape *))dlsym(b, "use");
	int one = use_a(make());
	printf("%d %d\n", one, use_b(make()));
}
C
}

# Unique symbols: one variable for both, though their scopes don't meet; of typeinfo there are two.
host RTLD_LOCAL
interpositions_right ./host
expect_eq "what that does" "$(cat ld-debug.out)" "1 2"
expect_interest _ZN7CounterI5ShapeE5valueE "none unified interposed"
expect_interest _ZZ8registryvE5count "none unified interposed"
expect_interest _ZTI7Failure "note unshared vague-split"
expect_interest _ZTV7Failure "note instance vague-split"
expect_match "unified" "$(plugreport interpositions)" '^nothing to look at'

# In one scope all is one.
host RTLD_GLOBAL
interpositions_right ./host
expect_eq "what that does" "$(cat ld-debug.out)" "1 2"
expect_interest _ZTI7Failure "none unified interposed"
expect_match "one scope" "$(plugreport interpositions)" '^nothing to look at'

# Without unique symbols, local scopes have each their own data.
plugin a.so -fno-gnu-unique
plugin b.so -fno-gnu-unique
host RTLD_LOCAL
interpositions_right ./host
expect_eq "what that does" "$(cat ld-debug.out)" "1 1"
expect_interest _ZN7CounterI5ShapeE5valueE "warning - vague-split"
expect_interest _ZZ8registryvE5count "warning - vague-split"
text=$(plugreport interpositions)
expect_match "the pair" "$text" '^  a.so +b.so +'
expect_match "the variable" "$text" '^  ----Vdw +Counter<Shape>::value +a.so, b.so +a.so to itself, b.so to itself'

# A class that goes from one object into the other, in scopes that do not share its typeinfo: the
# program has it in the global scope, and a plugin with RTLD_DEEPBIND its own.
$CXX -x c++ -g -O0 -fPIC -shared -I. -o libcore.so - <<'C'
#include "shape.h"
int area(Shape *shape) { return dynamic_cast<Shape *>(shape)->sides(); }
Shape *square() { return new Shape; }
C
$CXX -x c++ -g -O0 -fPIC -shared -I. -o deep.so - <<'C'
#include "shape.h"
struct Deep : Shape { int sides() override { return 4; } };
int area(Shape *shape);
extern "C" int deep() { Deep d; Shape s; return area(&d) + (dynamic_cast<Deep *>((Shape *)&s) != nullptr); }
C
$CXX -x c++ -g -I. -o deephost - -L. -Wl,-rpath,"$PWD" -lcore -ldl <<'C'
#include "shape.h"
#include <dlfcn.h>
#include <stdio.h>
int area(Shape *shape);
Shape *square();
int main()
{
	void *deep = dlopen("./deep.so", RTLD_NOW | RTLD_DEEPBIND);
	printf("%d %d\n", area(square()), ((int (*)())dlsym(deep, "deep"))());
}
C
interpositions_right ./deephost
expect_eq "what that does" "$(cat ld-debug.out)" "0 4"
expect_interest _ZTI5Shape "warning - vague-split"
expect_match "typeinfo" "$(plugreport interpositions)" 'typeinfo for Shape'
expect_no_match "mangled when asked for" "$(plugreport interpositions --no-demangle)" 'typeinfo for'
expect_match "one symbol, by its demangled name" "$(plugreport interpositions --symbol 'vtable for Shape')" '^  ----V.w +vtable for Shape .* instance'
