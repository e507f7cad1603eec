# Each form that a reference or a definition may take in an ELF file: what ld.so chose is recorded,
# lazily bound, bound at load, and with LD_BIND_NOW.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need readelf
rpath=(-L. -Wl,-rpath,"$PWD")

# DT_HASH only.
so libsysv.so -Wl,--hash-style=sysv <<'END2'
int sysv_data = 1;
int sysv_never(void) { return 0; }
int sysv_call(void) { return sysv_data; }
int sysv_self(void) { return sysv_call() + sysv_data; }
int (*sysv_pointer)(void) = sysv_call;
END2
so libsysvuser.so -Wl,--hash-style=sysv "${rpath[@]}" -lsysv <<'END2'
extern int sysv_data;
int sysv_call(void), sysv_self(void), sysv_never(void);
int sysv_user(int never) { return sysv_call() + sysv_self() + sysv_data + (never ? sysv_never() : 0); }
END2
expect_no_match "there is no GNU hash" "$(readelf -dW libsysv.so libsysvuser.so)" GNU_HASH

# IFUNC: a function of its own, one of another object, in PLT slots, GOT slots and data.
so libchosen.so <<<'int chosen(void) { return 3; }'
so libifunc.so "${rpath[@]}" -lchosen -Wl,-z,now <<'END2'
int chosen(void);
static int own_one(void) { return 1; }
static void *resolve_own(void) { return own_one; }
static void *resolve_other(void) { return chosen; }
int ifunc_own(void) __attribute__((ifunc("resolve_own")));
int ifunc_other(void) __attribute__((ifunc("resolve_other")));
int (*ifunc_pointer)(void) = ifunc_own;
END2
so libifuncuser.so "${rpath[@]}" -lifunc <<'END2'
int ifunc_own(void), ifunc_other(void);
static int (*own)(void) = ifunc_own, (*other)(void) = ifunc_other;
int ifunc_user(void) { return ifunc_own() + ifunc_other() + own() + other(); }
END2
so libifuncgot.so -fno-plt "${rpath[@]}" -lifunc <<'END2'
int ifunc_own(void), ifunc_other(void);
int ifunc_got(void) { return ifunc_own() + ifunc_other(); }
END2

# Weak references: to nothing, to something.
so libweak.so <<'END2'
extern int weak_nothing(void) __attribute__((weak)), weak_something(void) __attribute__((weak));
extern int weak_data __attribute__((weak));
int (*weak_table[])(void) = {weak_nothing, weak_something};
int weak_something(void) { return 1; }
int weak_user(void) { return (weak_nothing ? weak_nothing() : 0) + (&weak_data ? weak_data : 0) + weak_table[1](); }
END2

# Thread-local storage in each model.
so libtls.so <<'END2'
__thread int tls_general = 1, tls_initial = 2, tls_descriptor = 4;
static __thread int tls_local = 8;
int tls_own(void) { return ++tls_local + tls_general; }
END2
so libtlsgd.so -ftls-model=global-dynamic "${rpath[@]}" -ltls <<'END2'
extern __thread int tls_general;
static __thread int here;
int tls_gd(void) { return tls_general + here; }
END2
so libtlsie.so -ftls-model=initial-exec "${rpath[@]}" -ltls <<'END2'
extern __thread int tls_initial;
int tls_ie(void) { return tls_initial; }
END2
dialect=gnu2
[ $RELOC != R_AARCH64 ] || dialect=desc
so libtlsdesc.so -mtls-dialect=$dialect "${rpath[@]}" -ltls <<'END2'
extern __thread int tls_descriptor;
int tls_desc(void) { return tls_descriptor; }
END2
expect_match "descriptors" "$(readelf -rW libtlsdesc.so)" 'TLS_?DESC.*tls_descriptor'

# Definitions that bind within their object, by visibility and by the linker's options.
so libprotected.so <<'END2'
__attribute__((visibility("protected"))) int protected_call(void) { return 1; }
__attribute__((visibility("protected"))) int protected_data = 1;
int ordinary_call(void) { return 1; }
int (*protected_table[])(void) = {protected_call, ordinary_call};
int protected_user(void) { return protected_call() + ordinary_call() + protected_data; }
END2
so libsymbolic.so -Wl,-Bsymbolic <<'END2'
int ordinary_call(void) { return 2; }
int protected_call(void) { return 2; }
int (*symbolic_table[])(void) = {ordinary_call};
int symbolic_user(void) { return ordinary_call() + protected_call(); }
END2

# Versions: two of one name, references to either and to none.
cat >versions.map <<'END2'
V1 { global: versioned; only_old; local: *; };
V2 { global: versioned; } V1;
END2
so libversions.so -Wl,--version-script=versions.map <<'END2'
int versioned_1(void) { return 1; }
int versioned_2(void) { return 2; }
__asm__(".symver versioned_1,versioned@V1");
__asm__(".symver versioned_2,versioned@@V2");
int only_old(void) { return 3; }
END2
so libversionsuser.so "${rpath[@]}" -lversions <<'END2'
int versioned(void), only_old(void), old(void);
__asm__(".symver old,versioned@V1");
int (*table[])(void) = {versioned, old, only_old};
int versions_user(int call) { return call ? versioned() + old() + only_old() : table[0]() + table[1](); }
END2
so libplain.so -Wl,-soname,libversions.so -o libplain.so <<'END2'
int versioned(void) { return 0; }
int only_old(void) { return 0; }
END2
so libversionless.so "${rpath[@]}" -l:libplain.so <<'END2'
int versioned(void), only_old(void);
int (*plain_table[])(void) = {versioned, only_old};
int versionless_user(void) { return versioned() + only_old(); }
END2

# Symbols that are no addresses, sizes of none, and those without a name of their own.
so libodd.so -Wl,--defsym=odd_absolute=0x1234 <<'END2'
extern char odd_absolute[];
int odd_common[64];
char *odd_table[] = {odd_absolute, (char *)odd_common + 4, (char *)&odd_common[64]};
long odd_user(void) { return odd_table[0] == (char *)0x1234; }
END2

libraries="sysv sysvuser ifunc ifuncuser ifuncgot chosen weak tls tlsgd tlsie tlsdesc protected symbolic
	versionsuser versions versionless odd"
cat >main.inc <<'END2'
#include <stdio.h>
int sysv_user(int), ifunc_user(void), ifunc_got(void), weak_user(void), tls_own(void), tls_gd(void);
int tls_ie(void), tls_desc(void), protected_user(void), symbolic_user(void), versions_user(int);
int versionless_user(void);
long odd_user(void);
int main(int argc, char **argv)
{
	(void)argv;
	printf("%d %d %d %d\n", sysv_user(argc > 1), ifunc_user(), ifunc_got(), weak_user());
	printf("%d %d %d %d\n", tls_own(), tls_gd(), tls_ie(), tls_desc());
	printf("%d %d\n", protected_user(), symbolic_user());
	printf("%d %d %ld\n", versions_user(1), versionless_user(), odd_user());
	return 0;
}
END2
# shellcheck disable=SC2086
program prog "${rpath[@]}" -Wl,--no-as-needed $(printf ' -l%s' $libraries) <<<'#include "main.inc"'
# shellcheck disable=SC2086
program prognow -Wl,-z,now "${rpath[@]}" -Wl,--no-as-needed $(printf ' -l%s' $libraries) <<<'#include "main.inc"'
rm libplain.so
for run in "./prog" "env LD_BIND_NOW=1 ./prog" "./prognow" "./prog never"; do
	# shellcheck disable=SC2086
	bindings_equal $run
	# shellcheck disable=SC2086
	$run | diff - ld-debug.out || fail "it works"
done
bindings_equal ./prog
cat ld-debug.out

expect_bindings sysv_data "libsysv.so libsysv.so - got relocation
libsysvuser.so libsysv.so - got relocation"
expect_bindings sysv_call "libsysv.so libsysv.so - abs relocation
libsysv.so libsysv.so - plt la_symbind
libsysvuser.so libsysv.so - plt la_symbind"
expect_bindings sysv_never "libsysvuser.so nobody - plt relocation"
# aarch64's linker makes a slot besides the pointer.
own=
[ $RELOC != R_AARCH64 ] || own=$'\nlibifunc.so libifunc.so - plt la_symbind'
expect_bindings ifunc_own "libifunc.so libifunc.so - abs relocation$own
libifuncgot.so libifunc.so - got relocation
libifuncuser.so libifunc.so - abs relocation
libifuncuser.so libifunc.so - plt la_symbind"
expect_bindings ifunc_other "libifuncgot.so libifunc.so - got relocation
libifuncuser.so libifunc.so - abs relocation
libifuncuser.so libifunc.so - plt la_symbind"
expect_db "an IFUNC's address is what it chose" "SELECT count(DISTINCT b.address) FROM binding b
	JOIN symbol s ON s.id = b.symbol JOIN object f ON f.id = b.from_object
	WHERE s.name = 'ifunc_other' AND f.path LIKE '%got.so'
	AND b.address BETWEEN (SELECT map_start FROM object WHERE path LIKE '%libchosen.so')
	AND (SELECT map_end FROM object WHERE path LIKE '%libchosen.so')" 1
nobody=
[ $RELOC != R_AARCH64 ] || nobody=$'\nlibweak.so nobody - plt relocation'
expect_bindings weak_nothing "libweak.so nobody - abs relocation
libweak.so nobody - got relocation$nobody"
expect_bindings weak_data "libweak.so nobody - got relocation"
expect_bindings weak_something "libweak.so libweak.so - abs relocation"
expect_bindings tls_general "libtls.so libtls.so - tls relocation
libtlsgd.so libtls.so - tls relocation"
expect_bindings tls_initial "libtlsie.so libtls.so - tls relocation"
expect_bindings tls_descriptor "libtlsdesc.so libtls.so - tls relocation"
# (From binutils 2.43 or so on, a pointer to it needs no symbol.)
! readelf -rW libprotected.so | grep -q 'R_X86_64_64 .* protected_call' ||
	expect_bindings protected_call "libprotected.so libprotected.so - abs relocation" "f.path LIKE '%protected%'"
expect_bindings ordinary_call "libprotected.so libprotected.so - abs relocation
libprotected.so libprotected.so - plt la_symbind"
expect_bindings versioned "libversionless.so libversions.so - abs relocation
libversionless.so libversions.so - plt la_symbind
libversionsuser.so libversions.so V1 abs relocation
libversionsuser.so libversions.so V1 plt la_symbind
libversionsuser.so libversions.so V2 abs relocation
libversionsuser.so libversions.so V2 plt la_symbind"
expect_db "which definition: without a version, the oldest" "SELECT f.path LIKE '%less.so', s.version,
	b.version, s.hidden_version FROM binding b JOIN symbol s ON s.id = b.symbol
	JOIN object f ON f.id = b.from_object WHERE s.name = 'versioned' AND b.kind = 'abs' ORDER BY 1, 2" \
	"0|V1|V1|1
0|V2|V2|0
1|V1||1"
expect_bindings odd_absolute "libodd.so libodd.so - abs relocation"
expect_db "two slots share it" "SELECT count, kind FROM v_binding WHERE symbol = 'odd_common'" "2|abs"
