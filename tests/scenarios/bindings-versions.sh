# A row's version is what the reference asks for, not what the definition has: they differ when either
# side has none, and one object may ask for a name with several versions.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need readelf
rpath=(-L. -Wl,-rpath,"$PWD")
cat >versions.map <<'END2'
V1 { global: both; data; };
V2 { global: both; } V1;
END2
so libboth.so -Wl,--version-script=versions.map <<'END2'
int both_1(void) { return 1; }
int both_2(void) { return 2; }
__asm__(".symver both_1,both@V1");
__asm__(".symver both_2,both@@V2");
int data = 5;
END2
# Refers to either version; `how` tells which it calls.
so libuser.so -Wl,-z,lazy "${rpath[@]}" -lboth <<'END2'
extern int data;
int both(void), first(void);
__asm__(".symver first,both@V1");
int user(int how) { return (how & 1 ? first() : 0) + (how & 2 ? both() : 0) + data; }
END2
so libpointers.so "${rpath[@]}" -lboth <<'END2'
int both(void), first(void);
__asm__(".symver first,both@V1");
int (*table[])(void) = {both, first, both};
int pointers(void) { return table[0]() + table[1](); }
END2
so libnone.so <<<'int both(void) { return 100; } int data = 100;'
program prog "${rpath[@]}" -luser -lpointers <<'END2'
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int user(int), pointers(void);
int main(int argc, char **argv)
{
	int how = argc > 1 ? atoi(argv[1]) : 3;
	if (how & 4) {
		if (fork() == 0) {
			printf("%d\n", user(how));
			fflush(stdout);
			_exit(0);
		}
		wait(NULL);
	} else {
		printf("%d %d\n", user(how), pointers());
	}
	return 0;
}
END2
preload() { # "" or "none", HOW, output: run it
	bindings_equal ${1:+env LD_PRELOAD="$PWD/libnone.so"} ./prog "$2"
	expect_eq "it works" "$(cat ld-debug.out)" "$3"
}
plt() { # WANTED: libuser's slots
	expect_bindings both "$1" "v.kind = 'plt' AND f.path LIKE '%/libuser.so'"
}
preload "" 0 "5 3"
plt "libuser.so nobody V1 plt relocation
libuser.so nobody V2 plt relocation"
preload "" 1 "6 3"
plt "libuser.so libboth.so V1 plt la_symbind
libuser.so nobody V2 plt relocation"
preload "" 2 "7 3"
plt "libuser.so libboth.so V2 plt la_symbind
libuser.so nobody V1 plt relocation"
preload "" 3 "8 3"
plt "libuser.so libboth.so V1 plt la_symbind
libuser.so libboth.so V2 plt la_symbind"
expect_bindings both "libpointers.so libboth.so V1 abs relocation
libpointers.so libboth.so V2 abs relocation" "v.kind = 'abs'"
expect_db "slots that share a binding" "SELECT version, count FROM v_binding WHERE symbol = 'both'
	AND kind = 'abs' ORDER BY version" "V1|1
V2|2"

# One definition without versions takes both.
preload none 0 "100 200"
plt "libuser.so nobody V1 plt relocation
libuser.so nobody V2 plt relocation"
preload none 3 "300 200"
plt "libuser.so libnone.so V1 plt la_symbind
libuser.so libnone.so V2 plt la_symbind"
expect_bindings both "libpointers.so libnone.so V1 abs relocation
libpointers.so libnone.so V2 abs relocation" "v.kind = 'abs'"
expect_bindings data "libuser.so libnone.so V1 got relocation"
bindings_equal env LD_BIND_NOW=1 LD_PRELOAD="$PWD/libnone.so" ./prog 0
plt "libuser.so libnone.so V1 plt la_symbind
libuser.so libnone.so V2 plt la_symbind"
expect_db "look-ups are counted once" "SELECT version, count FROM v_binding
	WHERE symbol = 'both' AND kind = 'plt' AND from_path LIKE '%/libuser.so' ORDER BY 1" "V1|1
V2|1"
# In a forked child, whose parent read the slots.
preload none 6 200
plt "libuser.so libnone.so V2 plt la_symbind
libuser.so nobody V1 plt relocation
libuser.so nobody V2 plt relocation"
preload "" 5 6
plt "libuser.so libboth.so V1 plt la_symbind
libuser.so nobody V1 plt relocation
libuser.so nobody V2 plt relocation"

# A library that lost a version: the name is left, without one, beside others that have some.
echo 'V1 { global: lost; kept; };' >old.map
echo 'V1 { global: kept; };' >new.map
echo 'int lost(void) { return 1; } int kept(void) { return 2; }' >lost.c
$CC -g -fPIC -shared -Wl,-soname,liblost.so,--version-script=old.map -o libold.so lost.c
$CC -g -fPIC -shared -Wl,-soname,liblost.so,--version-script=new.map -o liblost.so lost.c
program lost "${rpath[@]}" -l:libold.so <<'END2'
#include <stdio.h>
int lost(void), kept(void);
int main(void) { printf("%d\n", lost() + kept()); return 0; }
END2
for now in "" LD_BIND_NOW=1; do
	# shellcheck disable=SC2086
	bindings_equal env $now ./lost
	expect_eq "it works" "$(cat ld-debug.out)" 3
	expect_bindings lost "lost liblost.so V1 plt la_symbind"
done
