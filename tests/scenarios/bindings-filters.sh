# plugreport bindings answers for the references, definitions, symbols and kinds that it is asked about.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need "$CXX"
cxx() { # FILE.so [flags...] < source
	local out=$1
	shift
	cat >"${out%.so}.cc"
	$CXX -g -O0 -fPIC -shared -Wl,-soname,"$out" -o "$out" "${out%.so}.cc" "$@"
}
cxx libshop.so <<'END2'
namespace shop {
struct Item { virtual ~Item(); virtual int price(int) const; int operator()(int) const; };
Item::~Item() {}
int Item::price(int n) const { return n; }
int Item::operator()(int n) const { return n; }
int total(const Item &i, int n) { return i.price(n); }
int total(const Item &i) { return i.price(1); }
int stock = 4;
}
extern "C" int total_of(int n) { return n; }
extern "C" int never_called(void) { return 0; }
END2
cxx libtill.so -Wl,-z,lazy -L. -lshop <<'END2'
namespace shop {
struct Item { virtual ~Item(); virtual int price(int) const; int operator()(int) const; };
struct Book : Item { int price(int n) const override { return 2 * n; } };
int total(const Item &, int);
int total(const Item &);
extern int stock;
}
extern "C" int total_of(int), never_called(void);
extern "C" int till(int how)
{
	shop::Book book;
	return shop::total(book) + shop::total(book, 2) + total_of(3) + book(4) + shop::stock + (how ? never_called() : 0);
}
END2
program prog -L. -ltill -lshop -Wl,-rpath,"$PWD" <<'END2'
#include <stdio.h>
int till(int), total_of(int);
int main(void) { printf("%d %d\n", till(0), total_of(1)); return 0; }
END2
audit ./prog >out
expect_eq "it works" "$(cat out)" "17 1"

ask() { # OPTION...: "from symbol version to kind" of each, sorted
	local status=0
	plugreport bindings --json "$@" >answer.json 2>answer.err || status=$?
	perl -MJSON::PP -0777 -ne 'my $a = decode_json($_);
		for (@{$a->{bindings}}) {
			my @c = map { my $p = $_ // "-"; $p =~ s{.*/}{}; $p } @{$_}{qw(from_path symbol version to_path kind)};
			print join(" | ", @c), "\n"
		}' answer.json | sort
	[ $status -eq 0 ] || echo "status $status: $(cat answer.err)"
}
totals="libtill.so | shop::total(shop::Item const&) | - | libshop.so | plt
libtill.so | shop::total(shop::Item const&, int) | - | libshop.so | plt"
expect_eq "by demangled name" "$(ask --symbol 'shop::total')" "$totals"
expect_eq "with arguments" "$(ask --symbol 'shop::total(shop::Item const&)')" "${totals%%$'\n'*}"
expect_eq "a call operator" "$(ask --symbol 'shop::Item::operator()')" \
	"libtill.so | shop::Item::operator()(int) const | - | libshop.so | plt"
expect_eq "by mangled name" "$(ask --symbol _ZN4shop5totalERKNS_4ItemE)" "${totals%%$'\n'*}"
expect_eq "a glob of mangled names" "$(ask --symbol '_ZN4shop5total*' --no-demangle)" \
	"libtill.so | _ZN4shop5totalERKNS_4ItemE | - | libshop.so | plt
libtill.so | _ZN4shop5totalERKNS_4ItemEi | - | libshop.so | plt"
expect_eq "a glob of C names" "$(ask --symbol 'total_*')" "libtill.so | total_of | - | libshop.so | plt
prog | total_of | - | libshop.so | plt"
expect_eq "a name is no part of a name" "$(ask --symbol total_)" \
	"status 1: plugreport: no binding matches"
expect_eq "from" "$(ask --symbol 'total_of' --from prog)" "prog | total_of | - | libshop.so | plt"
expect_eq "from, by path" "$(ask --symbol 'total_of' --from ./libtill.so --from "$PWD/libtill.so")" \
	"libtill.so | total_of | - | libshop.so | plt"
expect_eq "to" "$(ask --to libtill.so --from prog)" "prog | till | - | libtill.so | plt"
expect_eq "to and kind" "$(ask --from libtill.so --to libshop.so --kind got)" \
	"libtill.so | shop::stock | - | libshop.so | got"
expect_eq "kind and from" "$(ask --from libtill.so --kind abs | grep -v cxxabi)" \
	"$(ask --from libtill.so | grep '| abs$' | grep -v cxxabi)"
expect_match "vtables and typeinfo" "$(ask --from libtill.so --kind abs)" \
	'^libtill.so \| typeinfo for shop::Item \| - \| libshop.so \| abs$'
expect_eq "unbound" "$(ask --from libtill.so --unbound --kind plt --symbol "[a-z]*_called")" \
	"libtill.so | never_called | - | - | plt"
expect_eq "unbound is not shown unasked" "$(ask --symbol never_called)" \
	"status 1: plugreport: no binding matches"
expect_eq "all" "$(ask --symbol never_called --all)" "libtill.so | never_called | - | - | plt"
for kind in plt got abs copy tls dlsym; do
	expect_eq "every row of $kind is shown" "$(ask --kind $kind --all | grep -c " | ")" \
		"$(db "SELECT count(*) FROM binding WHERE kind = '$kind'")"
done
expect_match "text" "$(plugreport bindings --symbol total_of --from prog)" \
	'^ *prog +total_of +- +libshop.so +plt +la_symbind +1 *$'
expect_match "text of what is not bound" "$(plugreport bindings --unbound --symbol never_called)" \
	'^ *libtill.so +never_called +- +not bound +plt +relocation +1 *$'
status=0
plugreport bindings --kind data >answer 2>&1 || status=$?
expect_eq "unknown kind" "$status" 2
expect_match "unknown kind" "$(cat answer)" 'plt, got, abs, copy, tls, irelative, dlsym'
