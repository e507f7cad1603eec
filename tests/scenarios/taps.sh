# dlopen, dlmopen, dlclose, dlsym and dlvsym are recorded with all that the caller passed, and with
# the caller: ld.so tells auditors nothing about most of these calls.
. "$TOP/tests/lib.sh"
need_dlmopen

so libone.so <<'END'
int one(void) { return 1; }
END
program prog <<'END'
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
int main(void)
{
	void *one, *again, *isolated;
	Lmid_t ns;

	one = dlopen("./libone.so", RTLD_LAZY);
	again = dlopen("./libone.so", RTLD_NOW | RTLD_GLOBAL);
	dlopen("./libone.so", RTLD_LAZY | RTLD_NOLOAD);
	dlopen("./absent.so", RTLD_NOW | RTLD_DEEPBIND);
	dlopen(NULL, RTLD_LAZY);
	isolated = dlmopen(LM_ID_NEWLM, "./libone.so", RTLD_NOW);
	dlinfo(isolated, RTLD_DI_LMID, &ns);
	printf("one=%lld\nisolated=%lld\nns=%ld\n", (long long)(uintptr_t)one, (long long)(uintptr_t)isolated, (long)ns);
	dlmopen(LM_ID_BASE, "./libone.so", RTLD_LAZY | RTLD_NODELETE);
	printf("dlsym=%lld\n", (long long)(uintptr_t)dlsym(one, "one"));
	printf("absent=%lld\n", (long long)(uintptr_t)dlsym(one, "no_such_symbol"));
	printf("default=%d\n", dlsym(RTLD_DEFAULT, "printf") != NULL);
	printf("next=%d\n", dlsym(RTLD_NEXT, "puts") != NULL);
	printf("dlvsym=%d\n", dlvsym(RTLD_DEFAULT, "puts", BASE_VERSION) != NULL);
	printf("closed=%d %d\n", dlclose(again), dlclose(isolated));
	return 0;
}
END
audit ./prog >audited.out
# shellcheck disable=SC1091
. <(grep -E '^(one|isolated|ns)=' audited.out)
./prog | grep -vE '^(one|isolated|dlsym|ns)=' >plain
grep -vE '^(one|isolated|dlsym|ns)=' audited.out | diff plain - || fail "output differs"
expect_sound

expect_db "dlopens" "SELECT kind, name, flags, namespace FROM call
	WHERE kind IN ('dlopen', 'dlmopen') ORDER BY seq" \
	"dlopen|./libone.so|1|
dlopen|./libone.so|258|
dlopen|./libone.so|5|
dlopen|./absent.so|10|
dlopen||1|
dlmopen|./libone.so|2|-1
dlmopen|./libone.so|4097|0"
expect_db "NULL is no name" "SELECT count(*) FROM call WHERE kind = 'dlopen' AND name IS NULL" 1
expect_db "what they came to" "SELECT outcome, result_path FROM v_call
	WHERE kind IN ('dlopen', 'dlmopen') ORDER BY seq" \
	"loaded|./libone.so
already-loaded|./libone.so
already-loaded|./libone.so
failed|
already-loaded|$PWD/prog
loaded|./libone.so
already-loaded|./libone.so"
expect_db "dlmopen's object is in the new namespace" "SELECT o.namespace FROM call c
	JOIN object o ON o.id = c.result WHERE c.kind = 'dlmopen' ORDER BY c.seq" "$ns
0"
expect_db "dlsyms" "SELECT kind, name, version, handle FROM call
	WHERE kind IN ('dlsym', 'dlvsym') ORDER BY seq" \
	"dlsym|one||$one
dlsym|no_such_symbol||$one
dlsym|printf||0
dlsym|puts||-1
dlvsym|puts|$BASE_VERSION|0"
expect_db "what dlsym found" "SELECT name, result_path, result_known_by FROM v_call
	WHERE kind = 'dlsym' AND name IN ('one', 'no_such_symbol') ORDER BY seq" \
	"one|./libone.so|binding
no_such_symbol||"
expect_db "dlcloses" "SELECT handle FROM call WHERE kind = 'dlclose' ORDER BY handle = $isolated" \
	"$one
$isolated"
expect_db "what they closed" "SELECT o.path, o.namespace FROM call c JOIN object o ON o.id = c.result
	WHERE c.kind = 'dlclose' ORDER BY c.handle = $isolated" "./libone.so|0
./libone.so|$ns"

# The caller: main, at an offset that lies in it.
main=$((16#$(nm prog | awk '$3 == "main" { print $1 }')))
size=$((16#$(nm -S prog | awk '$4 == "main" { print $2 }')))
expect_db "callers" "SELECT count(*), count(DISTINCT caller_offset) FROM call c
	JOIN object o ON o.id = c.caller_object WHERE o.kind = 'main'
	AND caller_offset > $main AND caller_offset <= $main + $size" "14|14"
expect_db "every call has a stack whose first frame is the call's place" "SELECT count(*) FROM call c
	JOIN stack_frame f ON f.stack = c.stack AND f.depth = 0
	WHERE f.object = c.caller_object AND f.offset = c.caller_offset AND f.function = 'main'" 14
expect_db "thread" "SELECT DISTINCT c.tid = p.pid FROM call c JOIN process p ON p.id = c.process" 1
