# Every rtld-audit callback leaves its rows: la_objopen, la_objsearch, la_activity, la_preinit,
# la_symbind64 and la_objclose, with the facts that ld.so and the ELF file state.
. "$TOP/tests/lib.sh"

mkdir lib plugins
so lib/libleaf.so.1 -Wl,-soname,libleaf.so.1 <<'END'
int leaf(void) { return 1; }
END
so lib/libbranch.so -Llib -l:libleaf.so.1 -Wl,--disable-new-dtags,-rpath,'$ORIGIN' -Wl,-z,initfirst \
	-Wl,--build-id <<'END'
int leaf(void);
int branch(void) { return leaf() + 1; }
END
so plugins/plugin.so -Wl,-z,nodelete -Wl,-z,now -Wl,-soname,plugin.so.3 <<'END'
int plugin(void) { return 5; }
END
so plugins/second.so <<'END'
int second(void) { return 6; }
END
program prog -Llib -lbranch -Wl,-rpath-link,lib -Wl,--enable-new-dtags,-rpath,'$ORIGIN/lib' <<'END'
#include <dlfcn.h>
#include <stdio.h>
int branch(void);
int main(void)
{
	void *plugin = dlopen("./plugins/plugin.so", RTLD_LAZY);
	void *second = dlopen("./plugins/second.so", RTLD_NOW);
	printf("%d %d\n", branch(), ((int (*)(void))dlsym(plugin, "plugin"))());
	dlclose(second);
	return 7;
}
END
status=0
audit ./prog >out || status=$?
expect_eq "exit status" $status 7
expect_eq "output" "$(cat out)" "2 5"
expect_sound
expect_no_spools

expect_db "one process" "SELECT count(*), min(pid) = max(pid), min(exe), min(end_kind),
	min(begin_kind) FROM v_process" "1|1|$PWD/prog|exit|start"
expect_db "argv, cwd, ids" "SELECT argv, cwd, uid, gid FROM process" \
	"[\"./prog\"]|$PWD|$(id -u)|$(id -g)"
expect_match "glibc's version" "$(db "SELECT glibc FROM process")" '^2\.[0-9]+'
expect_true "start and end are times of today" \
	[ "$(db "SELECT started_ns / 1000000000 > strftime('%s', 'now') - 300
		AND ended_ns >= started_ns AND ended_ns / 1000000000 <= strftime('%s', 'now') + 1
		FROM process")" = 1 ]
expect_db "the environment that ld.so reads" \
	"SELECT value FROM environment WHERE name = 'LD_AUDIT'" "$MODULE"

# la_objopen
vdso=$'\nvdso|1'
glibc_at_least 2.35 && [ -z "${TEST_EMULATED:-}" ] || vdso= # not announced there; emulators have none
expect_db "kinds" "SELECT kind, count(*) FROM object WHERE namespace = 0
	AND (kind != 'library' OR real_path LIKE '$PWD/%') GROUP BY kind ORDER BY kind" \
	"ld.so|1
library|4
main|1$vdso"
for file in lib/libleaf.so.1 lib/libbranch.so plugins/plugin.so plugins/second.so prog; do
	real=$PWD/$file
	expect_db "dev and inode of $file" "SELECT count(*) FROM object WHERE real_path = '$real'
		AND dev = $(stat -c %d $file) AND ino = $(stat -c %i $file)
		AND file_size = $(stat -c %s $file)" 1
	build_id=$(readelf -n $file | sed -n 's/.*Build ID: //p')
	expect_db "build-id of $file" "SELECT coalesce(build_id, '') FROM object WHERE real_path = '$real'" \
		"$build_id"
	expect_true "$file lies in its range" [ "$(db "SELECT load_address >= 0 AND map_start < map_end
		AND dynamic BETWEEN map_start AND map_end FROM object WHERE real_path = '$real'")" = 1 ]
done
expect_db "l_name" "SELECT path FROM object WHERE real_path = '$PWD/plugins/plugin.so'" \
	./plugins/plugin.so
expect_db "SONAMEs" "SELECT soname FROM object WHERE real_path LIKE '$PWD/%' ORDER BY soname" \
	"
libbranch.so
libleaf.so.1
plugin.so.3
second.so"
expect_db "DT_NEEDED of the program, in order" "SELECT n.name FROM needed n
	JOIN object o ON o.id = n.object WHERE o.kind = 'main' ORDER BY n.position" \
	"$(readelf -d prog | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')"
expect_db "and what satisfies it" "SELECT n.name, r.soname, r.real_path LIKE '/%' FROM needed n
	JOIN object o ON o.id = n.object LEFT JOIN object r ON r.id = n.resolved
	WHERE o.kind = 'main' AND n.name IN ('libbranch.so', 'libc.so.6') ORDER BY n.position" \
	"libbranch.so|libbranch.so|1
libc.so.6|libc.so.6|1"
expect_db "DT_RPATH" "SELECT rpath, coalesce(runpath, 'none') FROM object WHERE soname = 'libbranch.so'" \
	'$ORIGIN|none'
expect_db "DT_RUNPATH" "SELECT coalesce(rpath, 'none'), runpath FROM object WHERE kind = 'main'" \
	'none|$ORIGIN/lib'
expect_db "DF_1_NOW and DF_1_NODELETE, DF_BIND_NOW" "SELECT flags_1 & 9, flags & 8 FROM object
	WHERE soname = 'plugin.so.3'" "9|8"
expect_db "DF_1_INITFIRST" "SELECT flags_1 & 32 FROM object WHERE soname = 'libbranch.so'" 32
expect_db "no flags" "SELECT flags, flags_1 FROM object WHERE soname = 'libleaf.so.1'" "0|0"
expect_db "segments" "SELECT count(*) > 0 FROM segment g JOIN object o ON o.id = g.object
	WHERE o.soname = 'libleaf.so.1' AND g.type = 1" 1
# l_addr as the program itself sees it is checked with the calls' callers; here: ranges are disjoint.
expect_db "no two live objects overlap" "SELECT a.path, b.path FROM object a JOIN object b
	ON a.process = b.process AND a.id < b.id AND a.map_start < b.map_end AND b.map_start < a.map_end
	WHERE a.closed_seq IS NULL AND b.closed_seq IS NULL AND a.kind != 'unopened'
	AND b.kind != 'unopened'" ""

# la_objsearch
expect_db "searches for the program's libraries" "SELECT origin, tried, requester_path FROM v_search
	WHERE name = 'libbranch.so' AND tried NOT LIKE '%/glibc-hwcaps/%' AND tried NOT LIKE '%/tls/%'
	AND tried NOT LIKE '%/x86_64/%' ORDER BY seq" \
	"name|libbranch.so|$PWD/prog
runpath|$PWD/lib/libbranch.so|$PWD/prog"
expect_db "a path is a search without tries" "SELECT origin, tried FROM v_search
	WHERE name = './plugins/plugin.so'" "name|./plugins/plugin.so"

# la_activity and la_preinit: the start-up set, then two dlopens, one dlclose, the exit.
expect_match "activities" "$(db "SELECT group_concat(kind) FROM
	(SELECT kind FROM activity ORDER BY seq)")" \
	'^add,consistent,preinit,add,consistent,add,consistent,delete,consistent(,delete(,consistent)?)?$'

# la_symbind64
expect_db "a lazily bound function" "SELECT from_path, to_path, kind, source FROM v_binding
	WHERE symbol = 'branch'" "$PWD/prog|$PWD/lib/libbranch.so|plt|la_symbind"
expect_db "a library's" "SELECT from_path, to_path, kind FROM v_binding WHERE symbol = 'leaf'" \
	"$PWD/lib/libbranch.so|$PWD/lib/libleaf.so.1|plt"
expect_db "dlsym's" "SELECT from_path, to_path, kind FROM v_binding WHERE symbol = 'plugin'" \
	"$PWD/prog|./plugins/plugin.so|dlsym"
expect_match "a symbol's version" "$(db "SELECT version FROM v_binding
	WHERE symbol = 'printf' AND from_path = '$PWD/prog'")" '^GLIBC_2\.'
expect_db "the address lies in the definer" "SELECT count(*) FROM binding b
	JOIN object o ON o.id = b.to_object JOIN symbol s ON s.id = b.symbol
	WHERE s.name IN ('branch', 'leaf', 'plugin')
	AND b.address = o.load_address + s.value" 3

# la_objclose: by dlclose, while the one with DF_1_NODELETE stays until the end
expect_db "closed during the run" "SELECT count(*) FROM object o WHERE soname = 'second.so' AND
	closed_seq < (SELECT max(seq) FROM activity WHERE process = o.process)" 1
expect_db "nodelete" "SELECT count(*) FROM object p, object s WHERE p.soname = 'plugin.so.3'
	AND s.soname = 'second.so' AND coalesce(p.closed_seq, 1 << 62) > s.closed_seq" 1
