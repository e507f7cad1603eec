# C++ binds more through data than through calls: vtables, typeinfo, inline data, construction
# vtables, all by relocations that ld.so tells no auditor about.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need "$CXX" readelf
cat >shapes.h <<'END2'
#include <stdexcept>
#include <string>
struct Shape {
	virtual ~Shape();
	virtual double area() const = 0;
	virtual const char *name() const { return "shape"; }
};
struct Tagged { virtual ~Tagged(); int tag = 1; };
struct Square : Shape, virtual Tagged {
	double area() const override;
	~Square() override;
};
struct Error : std::runtime_error { Error(); ~Error() override; };
inline int instances = 0;
template <class T> struct Registry { static inline int entries = 0; static T *last; };
template <class T> T *Registry<T>::last = nullptr;
extern Shape *(*const makers[])();
Shape *make_square();
Shape *make_round();
END2
cxx() { # FILE [flags...] < source
	local out=$1
	shift
	cat >"${out%.so}.cc"
	$CXX -std=c++17 -g -O0 -fPIC -o "$out" "${out%.so}.cc" "$@" -Wl,-rpath,"$PWD"
}
cxx libbase.so -shared -Wl,-soname,libbase.so <<'END2'
#include "shapes.h"
Shape::~Shape() { instances--; }
Tagged::~Tagged() {}
Error::Error() : std::runtime_error("base") { Registry<Error>::entries++; }
Error::~Error() {}
END2
cxx libsquare.so -shared -Wl,-soname,libsquare.so -L. -lbase <<'END2'
#include "shapes.h"
double Square::area() const { return 4; }
Square::~Square() {}
Shape *make_square() { instances++; Registry<Shape>::entries++; return new Square; }
END2
cxx libround.so -shared -Wl,-soname,libround.so -L. -lsquare -lbase <<'END2'
#include "shapes.h"
struct Round : Square {
	double area() const override { if (instances > 100) throw Error(); return 3; }
	const char *name() const override { return "round"; }
};
Shape *make_round() { instances++; Registry<Shape>::entries++; return new Round; }
Shape *(*const makers[])() = {make_square, make_round};
END2
cxx prog -L. -lround -lsquare -lbase <<'END2'
#include <cstdio>
#include <typeinfo>
#include "shapes.h"
int main()
{
	int sum = 0;
	for (auto make : {makers[0], makers[1]}) {
		Shape *shape = make();
		sum += dynamic_cast<Square *>(shape) != nullptr;
		std::printf("%s %s %g\n", shape->name(), typeid(*shape).name(), shape->area());
		delete shape;
	}
	try { throw Error(); } catch (const std::exception &e) { std::printf("%s\n", e.what()); }
	std::printf("%d %d %d\n", sum, instances, Registry<Shape>::entries);
	return 0;
}
END2
for now in "" 1; do
	bindings_equal env ${now:+LD_BIND_NOW=1} ./prog
	diff <(./prog) ld-debug.out || fail "it works"
	expect_bindings _ZTI5Shape "libbase.so libbase.so - abs relocation
libsquare.so libbase.so - abs relocation
prog libbase.so - got relocation"
	expect_bindings _ZTI5Error "libbase.so libbase.so - abs relocation
libround.so libbase.so - got relocation
prog libbase.so - got relocation"
	expect_bindings _ZTVN10__cxxabiv120__si_class_type_infoE \
		"libbase.so libstdc++.so.6 CXXABI_1.3 abs relocation
libround.so libstdc++.so.6 CXXABI_1.3 abs relocation" "f.path NOT LIKE '%libstdc++%'"
done
# One definition for all: the first in the scope, here the program's.
for name in instances _ZN8RegistryI5ShapeE7entriesE; do
	expect_eq "inline data" "$(bindings_of $name | grep -v libbase)" \
		"libround.so prog - got relocation
libsquare.so prog - got relocation"
done
expect_true "vtables are filled with functions of other libraries" [ "$(db "SELECT count(*)
	FROM v_binding v WHERE kind = 'abs' AND from_path LIKE '%/libround.so'
	AND to_path LIKE '%/libsquare.so'")" -gt 1 ]
