# Code built with -fno-plt calls through GLOB_DAT slots, about which ld.so tells no auditor.  All of
# its bindings are recorded, and where it calls dlopen and its family the calls are, with caller and
# stack; the slots' pages are read-only again afterwards.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need readelf
so libtarget.so <<'END2'
int target_data = 5;
int target(void) { return target_data; }
END2
cat >caller.inc <<'END2'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
int PASTE(use_, NAME)(void);
int PASTE(use_, NAME)(void)
{
	void *handle = dlopen("./libtarget.so", RTLD_NOW | RTLD_NODELETE);
	int (*target)(void) = (int (*)(void))dlsym(handle, "target");
	int sum = target && dlvsym(RTLD_DEFAULT, "puts", BASE_VERSION) ? target() : 0;
	dlclose(handle);
	handle = dlmopen(LM_ID_BASE, "./libtarget.so", RTLD_LAZY);
	sum += handle && dlsym(handle, "absent") == NULL;
	dlclose(handle);
	return sum;
}
/* What protects the pages of this object's data: "rw-p" and so on, in order. */
void PASTE(maps_, NAME)(const char *object);
void PASTE(maps_, NAME)(const char *object)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[4096];
	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long start, end, offset;
		char modes[8];
		if (strstr(line, object) &&
		    sscanf(line, "%lx-%lx %7s %lx", &start, &end, modes, &offset) == 4)
			printf("%s %s %lx %lx\n", object, modes, end - start, offset);
	}
	if (maps)
		fclose(maps);
}
END2
so libnow.so -I. -fno-plt -O2 -DNAME=now -Wl,-z,relro,-z,now <<<'#include "caller.inc"'
so liblazy.so -I. -fno-plt -O2 -DNAME=lazy -Wl,-z,relro,-z,lazy <<<'#include "caller.inc"'
so libnorelro.so -I. -fno-plt -O2 -DNAME=norelro -Wl,-z,norelro <<<'#include "caller.inc"'
so libplugin.so -I. -fno-plt -O2 -DNAME=plugin -Wl,-z,relro,-z,now <<<'#include "caller.inc"'
so libisolated.so -I. -fno-plt -O2 -DNAME=isolated -Wl,-z,relro,-z,now <<<'#include "caller.inc"'
cat >main.inc <<'END2'
#include "caller.inc"
int use_now(void), use_lazy(void), use_norelro(void);
static int from(void *handle, const char *name)
{
	int (*use)(void) = handle ? (int (*)(void))dlsym(handle, name) : NULL;
	return use ? use() : -1;
}
int main(void)
{
	printf("%d %d %d %d\n", use_main(), use_now(), use_lazy(), use_norelro());
	printf("%d\n", from(dlopen("./libplugin.so", RTLD_NOW), "use_plugin"));
	printf("%d\n", from(dlmopen(ISOLATED, "./libisolated.so", RTLD_NOW), "use_isolated"));
	maps_main("/prog");
	maps_main("/libnow.so");
	maps_main("/liblazy.so");
	maps_main("/libnorelro.so");
	maps_main("/libplugin.so");
	maps_main("/libisolated.so");
	return 0;
}
END2
# Before 2.35 dlmopen crashes when it makes a namespace under any auditor.
if glibc_at_least 2.35; then isolated=LM_ID_NEWLM; else isolated=LM_ID_BASE; fi
program prog -DISOLATED=$isolated -I. -fno-plt -O2 -DNAME=main -Wl,-z,relro,-z,now -L. -lnow -llazy -lnorelro \
	-Wl,-rpath,"$PWD" <<<'#include "main.inc"'
# On i386 and aarch64 the start-up code that is linked to every program has some of its own.
startup="__libc_start_main|__cxa_finalize|__gmon_start__|abort"
expect_no_match "the program has no PLT slots" "$(readelf -rW prog | grep -vE "$startup")" JUMP_SLO
# same_run compares the pages' protection with and without the recorder, too.
same_run ./prog
expect_match "it works" "$(cat plain.out)" '^6 6 6 6$'
expect_match "there are read-only data pages to protect" "$(cat plain.out)" '^/prog r--p'
expect_sound

calls_of() { # OBJECT
	db "SELECT c.kind, c.name, c.flags FROM call c JOIN object o ON o.id = c.caller_object
		WHERE o.path LIKE '%/$1' AND coalesce(c.name, '') NOT GLOB './lib[pi][ls]*'
		AND coalesce(c.name, '') NOT LIKE 'use%' ORDER BY c.seq"
}
all="dlopen|./libtarget.so|4098
dlsym|target|
dlvsym|puts|
dlclose||
dlmopen|./libtarget.so|1
dlsym|absent|
dlclose||"
for object in prog libnow.so liblazy.so libnorelro.so libplugin.so libisolated.so; do
	expect_eq "calls of $object" "$(calls_of $object)" "$all"
	expect_db "their function" "SELECT DISTINCT f.function FROM call c
		JOIN object o ON o.id = c.caller_object
		JOIN stack_frame f ON f.stack = c.stack AND f.depth = 0
		WHERE o.path LIKE '%/$object' AND c.name = 'absent'" \
		"use_$(echo $object | sed 's/prog/main/; s/^lib//; s/\.so$//')"
done
expect_db "the stack goes on to main" "SELECT DISTINCT m.function FROM call c
	JOIN object o ON o.id = c.caller_object JOIN stack_frame m ON m.stack = c.stack AND m.depth = 1
	WHERE o.path LIKE '%/libnow.so'" main
expect_db "slots that were redirected" "SELECT DISTINCT v.kind, v.source, b.flags & 16 FROM v_binding v
	JOIN binding b ON b.id = v.binding WHERE v.symbol = 'dlopen'" "got|relocation|16"
expect_db "the address is the real one" "SELECT count(*) FROM v_binding v
	JOIN binding b ON b.id = v.binding JOIN object t ON t.id = b.to_object
	WHERE v.symbol = 'dlopen' AND (b.address < t.map_start OR b.address >= t.map_end)" 0

bindings_equal ./prog
expect_db "all of it by relocations" "SELECT DISTINCT kind, source FROM v_binding
	WHERE from_path LIKE '%/prog' AND NOT internal AND kind != 'dlsym'
	AND symbol NOT IN ('${startup//|/\', \'}')" "got|relocation"
bindings_equal env LD_BIND_NOW=1 ./prog
