# What a row says besides its ends: kind and source, how many slots share it, the event at which it was
# first seen, whether ld.so itself asked; and what is not bound, for as long as it is not.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

so liblib.so <<'END2'
int data[4] = {1, 2, 3, 4};
__thread int local;
int called(void) { return 1; }
int never(void) { return 2; }
int looked_up(void) { return 3; }
END2
so libplugin.so -Wl,-z,lazy -L. -llib <<'END2'
extern int data[4];
extern __thread int local;
int called(void), never(void);
extern int absent(void) __attribute__((weak));
__attribute__((used)) static int *pointers[] = {&data[0], &data[1], &data[3]};
__attribute__((used)) static int (*functions[])(void) = {called, called};
int plugin(int how) { return how ? called() + data[1] + local + *pointers[2] + (how > 1 ? never() : 0) : absent != 0; }
END2
program prog -Wl,-rpath,"$PWD" <<'END2'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	void *plugin = dlopen("./libplugin.so", RTLD_LAZY);
	int (*f)(int) = (int (*)(int))dlsym(plugin, "plugin");
	for (int i = 1; i < argc; i++)
		printf("%d\n", f(atoi(argv[i])));
	dlsym(plugin, "looked_up");
	dlsym(plugin, "looked_up");
	return 0;
}
END2
export LD_LIBRARY_PATH=$PWD
rows() { # of the plugin
	db "SELECT symbol, coalesce(replace(to_path, '$PWD/', ''), 'nobody'), kind, source, count FROM v_binding
		WHERE from_path LIKE '%/libplugin.so' AND symbol NOT LIKE '\_%' ESCAPE '\' ORDER BY 1, 3"
}
fixed="absent|nobody|got|relocation|1
called|liblib.so|abs|relocation|2"
# aarch64 has a descriptor where x86 has a module and an offset.
tls=2
[ $RELOC != R_AARCH64 ] || tls=1
data="data|liblib.so|abs|relocation|3
data|liblib.so|got|relocation|1
local|liblib.so|tls|relocation|$tls"
audit ./prog >out
expect_eq "loaded, not called" "$(rows)" "$fixed
called|nobody|plt|relocation|1
$data
never|nobody|plt|relocation|1"
rm plugaudit.db
audit ./prog 0 1 1 1 >out
expect_eq "called" "$(rows)" "$fixed
called|liblib.so|plt|la_symbind|1
$data
never|nobody|plt|relocation|1"
expect_db "the slot that was bound later was seen later" "SELECT
	(SELECT min(first_seq) FROM v_binding WHERE symbol = 'data') <
	(SELECT first_seq FROM v_binding WHERE symbol = 'called' AND kind = 'plt')" 1
expect_db "the plugin's slots were seen after it was opened, before the next call" "SELECT count(*)
	FROM v_binding v JOIN binding b ON b.id = v.binding JOIN object f ON f.id = b.from_object
	WHERE v.from_path LIKE '%/libplugin.so' AND v.source = 'relocation'
	AND (v.first_seq <= f.opened_seq OR v.first_seq >=
		(SELECT min(seq) FROM call WHERE kind = 'dlsym'))" 0
expect_db "the program's were seen before it ran" "SELECT count(*) FROM v_binding
	WHERE from_path LIKE '%/prog' AND source = 'relocation' AND first_seq >
		(SELECT min(seq) FROM call)" 0
rm plugaudit.db
audit ./prog 2 >out
expect_eq "all called" "$(rows)" "$fixed
called|liblib.so|plt|la_symbind|1
$data
never|liblib.so|plt|la_symbind|1"
rm plugaudit.db
LD_BIND_NOW=1 audit ./prog >out
# Before 2.35 ld.so tells no auditor about what it binds at load.
if glibc_at_least 2.35; then source=la_symbind; else source=relocation; fi
expect_eq "bound at load: called or not" "$(rows)" "$fixed
called|liblib.so|plt|$source|1
$data
never|liblib.so|plt|$source|1"
expect_db "dlsym" "SELECT from_path LIKE '%/prog', version IS NULL, source, count, internal FROM v_binding
	WHERE symbol = 'looked_up'" "1|1|la_symbind|2|0"
expect_db "what is not bound leads nowhere" "SELECT count(*) FROM binding WHERE to_object IS NULL
	AND (address != 0 OR flags & 2 = 0)" 0
expect_db "what is bound leads into its definer" "SELECT v.symbol, v.kind FROM binding b
	JOIN v_binding v ON v.binding = b.id JOIN object t ON t.id = b.to_object JOIN symbol s ON s.id = b.symbol
	WHERE v.kind IN ('got', 'abs', 'plt', 'dlsym') AND s.type != 10
	AND (b.address < t.map_start OR b.address >= t.map_end)" ""
expect_db "a weak reference that nobody defines" "SELECT flags & 1, flags & 2 FROM binding b
	JOIN symbol s ON s.id = b.symbol WHERE s.name = 'absent'" "1|2"

# ld.so looks the malloc family up for itself before the program starts, and libc is bound to what
# ld.so has for auditors; a program that does not call them asks for none of it.
rm plugaudit.db
audit ./prog >out
own="calloc|dlsym|la_symbind|1
free|dlsym|la_symbind|1
malloc|dlsym|la_symbind|1
realloc|dlsym|la_symbind|1"
glibc_at_least 2.35 || own=
expect_db "ld.so's own look-ups" "SELECT symbol, kind, source, count FROM v_binding WHERE internal
	AND kind = 'dlsym' ORDER BY 1" "$own"
expect_db "the program's own are others" "SELECT DISTINCT symbol FROM v_binding WHERE NOT internal
	AND from_path LIKE '%/prog' AND kind = 'plt' AND to_path IS NOT NULL
	AND symbol NOT LIKE '\_\_%' ESCAPE '\' ORDER BY 1" "dlopen
dlsym"
expect_match "for auditors" "$(db "SELECT DISTINCT symbol FROM v_binding WHERE internal AND kind != 'dlsym'")" \
	'^(_dl_audit|_dl_find_dso_for_object$)'
expect_db "nothing else is ld.so's own" "SELECT count(*) FROM v_binding WHERE internal AND kind != 'dlsym'
	AND to_path NOT LIKE '%/ld-linux%'" 0
expect_sound

# A calloc of the program's is called by ld.so, up to glibc 2.40 before the program starts: what it looks
# up is its own.
so libcalloc.so <<'END2'
#include <dlfcn.h>
#include <stddef.h>
static char pool[1 << 20];
static size_t used;
void *calloc(size_t n, size_t m)
{
	static void *next;
	char *p = pool + used;
	if (!next)
		next = (void *)1, next = dlsym(RTLD_NEXT, "calloc");
	used += (n * m + 31) & ~(size_t)15;
	return p;
}
END2
bindings_equal env LD_PRELOAD="$PWD/libcalloc.so" ./prog
own="0|1|$BASE_VERSION|1
"
glibc_at_least 2.35 || own=
expect_db "whose look-up is which" "SELECT v.from_path LIKE '%/libcalloc.so', v.to_path LIKE '%/libcalloc.so',
	v.version, v.internal FROM v_binding v JOIN process p ON p.id = v.process WHERE v.symbol = 'calloc'
	AND v.kind = 'dlsym' AND p.exe LIKE '%/prog' ORDER BY 1" "${own}1|0||0"
if glibc_at_least 2.41; then after=1; else after=0; fi
expect_db "it came before the program, or not" "SELECT count(*) FROM v_binding v JOIN activity a
	ON a.process = v.process AND a.kind = 'preinit' WHERE v.from_path LIKE '%/libcalloc.so'
	AND v.symbol = 'calloc' AND v.first_seq > a.seq" $after
