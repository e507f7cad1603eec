# ld.so(8)'s order: DT_RPATH of the object and of its loaders, LD_LIBRARY_PATH, DT_RUNPATH,
# ld.so.cache, the default directories.  Each path tried is recorded with its origin, its requester,
# the rule and the object whose path it is.
. "$TOP/tests/lib.sh"

mkdir rpath runpath library deep wrong
so deep/libdeep.so <<<'int deep(void) { return 1; }'
so rpath/libmiddle.so -Ldeep -ldeep <<<'int deep(void); int middle(void) { return deep(); }'
cp deep/libdeep.so rpath/
so libold.so -Lrpath -lmiddle -Wl,-rpath-link,rpath -Wl,--disable-new-dtags,-rpath,'$ORIGIN/rpath' \
	<<<'int middle(void); int old(void) { return middle(); }'
so runpath/libleaf.so <<<'int leaf(void) { return 2; }'
so library/libgift.so <<<'int gift(void) { return 3; }'
so libnew.so -Lrunpath -lleaf -Llibrary -lgift -Wl,--enable-new-dtags,-rpath,'$ORIGIN/nodir:$ORIGIN/wrong:${ORIGIN}/runpath' \
	<<<'int leaf(void); int gift(void); int new_(void) { return leaf() + gift(); }'
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	printf("%d\n", dlopen("./libold.so", RTLD_NOW) != NULL);
	printf("%d\n", dlopen("./libnew.so", RTLD_NOW) != NULL);
	printf("%d\n", dlopen("libz.so.1", RTLD_NOW) != NULL);
	printf("%d\n", dlopen("libabsent.so.9", RTLD_NOW) != NULL);
	printf("%d\n", dlopen("./no/such/file.so", RTLD_NOW) != NULL);
	return 0;
}
END
equal_to_ld_debug env LD_LIBRARY_PATH="$PWD/empty:$PWD/library" ./prog
expect_match "output" "$(head -2 ld-debug.out | tr '\n' ' ')" '^1 1 $'
expect_sound

winner() { # NAME
	db "SELECT rule, replace(tried, '/./', '/'), CASE WHEN owner_path LIKE '$PWD/%' THEN
		substr(owner_path, length('$PWD') + 2) ELSE owner_path END FROM v_search
		WHERE name = '$1' AND origin != 'name' AND outcome IN ('loaded', 'already-loaded')"
}
expect_eq "DT_RPATH" "$(winner libmiddle.so)" "rpath|$PWD/rpath/libmiddle.so|./libold.so"
expect_eq "DT_RPATH of the loader" "$(winner libdeep.so)" "rpath|$PWD/rpath/libdeep.so|./libold.so"
expect_eq "DT_RUNPATH" "$(winner libleaf.so)" "runpath|$PWD/runpath/libleaf.so|./libnew.so"
expect_eq "LD_LIBRARY_PATH" "$(winner libgift.so)" "LD_LIBRARY_PATH|$PWD/library/libgift.so|"
expect_match "the cache" "$(winner libz.so.1)" '^(cache\|.*/libz.so.1\||$)'
expect_db "the order of rules for what is not found" "SELECT group_concat(rule) FROM
	(SELECT DISTINCT rule FROM (SELECT rule FROM v_search WHERE name = 'libabsent.so.9'
	AND origin != 'name' ORDER BY seq))" "LD_LIBRARY_PATH,default"
expect_db "not found" "SELECT name, outcome FROM v_search WHERE origin = 'name'
	AND outcome = 'failed'" "libabsent.so.9|failed
./no/such/file.so|failed"
expect_db "tried in vain" "SELECT DISTINCT outcome FROM v_search WHERE name = 'libabsent.so.9'
	AND origin != 'name'" missing
expect_db "requesters" "SELECT replace(requester_path, '/./', '/') FROM v_search WHERE name IN ('libdeep.so', 'libleaf.so')
	AND origin = 'name' ORDER BY seq" "$PWD/rpath/libmiddle.so
./libnew.so"
expect_db "a request from outside and one of a dependency" "SELECT name, root FROM search
	WHERE origin = 'name' AND name IN ('./libnew.so', 'libleaf.so') ORDER BY seq" "./libnew.so|1
libleaf.so|0"
