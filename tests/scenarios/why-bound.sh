# why-bound names who refers to a symbol, what was searched in which order, what was taken and why, and
# what would have been without it; also why something was not found.  What it says is what ld.so did:
# dlopen(3), dlsym(3), glibc elf/dl-lookup.c.
. "$TOP/tests/lib.sh"
need_dlmopen

rpath=(-L. "-Wl,-rpath,$PWD" -Wl,--no-as-needed)
cat >versions.map <<'END2'
V1 { global: versioned; };
V2 { global: versioned; } V1;
END2
so libversions.so -Wl,--version-script=versions.map <<'END2'
__asm__(".symver versioned_1, versioned@V1");
__asm__(".symver versioned_2, versioned@@V2");
int versioned_1(void) { return 1; }
int versioned_2(void) { return 2; }
END2
so libfirst.so <<'END2'
int both(void) { return 1; }
int nobody_asks(void) { return 1; }
END2
so libsecond.so <<'END2'
int both(void) { return 2; }
__attribute__((visibility("protected"))) int guarded(void) { return 3; }
int second(void) { return both() + guarded(); }
END2
so libplugin.so <<'END2'
#include <dlfcn.h>
#include <stddef.h>
int guarded(void) { return 4; }
int plugin_api(void) { return 5; }
int plugin(void)
{
	int (*next)(void) = (int (*)(void))dlsym(RTLD_NEXT, "guarded");
	return guarded() + (next != NULL);
}
END2
so libneedy.so <<'END2'
int plugin_api(void);
int needy(void) { return plugin_api(); }
END2
so libdeep.so <<'END2'
int both(void) { return 6; }
int deep(void) { return both(); }
END2
$CC -x c++ -shared -fPIC -g -o libcxx.so - <<'END2'
namespace plug { template <typename T> struct box { static int value; int get(const char *, int) { return ++value; } }; }
template <typename T> int plug::box<T>::value = 1;
extern "C" int cxx(void) { plug::box<int> b; return b.get("", 1); }
END2
program prog "${rpath[@]}" -lfirst -lsecond -lversions <<'END2'
#include <dlfcn.h>
#include <stdio.h>
int both(void), second(void), versioned(void);
extern int maybe(void) __attribute__((weak));
static int call(void *handle, const char *name)
{
	int (*f)(void) = handle ? (int (*)(void))dlsym(handle, name) : NULL;
	return f ? f() : -1;
}
int main(int argc, char **argv)
{
	(void)argv;
	printf("%d %d %d %d\n", both(), second(), versioned(), maybe ? maybe() : 0);
	printf("%d ", call(dlopen("./libplugin.so", RTLD_NOW), "plugin"));
	printf("%d ", call(dlopen("./libneedy.so", RTLD_NOW), "needy"));
	printf("%d ", dlsym(RTLD_DEFAULT, "plugin_api") != NULL);
	printf("%d ", call(dlopen("./libdeep.so", RTLD_NOW | RTLD_DEEPBIND), "deep"));
	printf("%d ", call(dlopen("./libcxx.so", RTLD_NOW), "cxx"));
	printf("%d\n", call(dlmopen(LM_ID_NEWLM, "libsecond.so", RTLD_NOW), "second"));
	return argc > 1 ? both() : 0;
}
END2
audit ./prog >out
expect_eq "what the program did" "$(cat out)" "1 4 2 0
3 -1 0 6 2 5"

ask() { # SYMBOL... : the answer without the parts that are the same in all
	plugreport why-bound "$@" | sed -e 's/process [0-9]*/process PID/' -e "s|$PWD|HERE|g" -e 's/  *$//' \
		-e '/^Who is bound to what/d' -e '/^$/d' -e 's/after [0-9.]* m\?s/after TIME/'
}

expect_eq "order" "$(ask both --from prog)" "both is bound to libfirst.so.
in process PID (prog)
  Referred to by prog (plt)
  SEARCHED IN ORDER  OBJECT        DEFINITION
  global scope       libfirst.so   func, global  taken
                     libsecond.so  func, global  stands behind it
  Why: the first in the order of the scopes.
  Without libfirst.so: libsecond.so would be taken.
  DEFINED ELSEWHERE           DEFINITION
  libdeep.so                  func, global  loaded later, after TIME
  libsecond.so (namespace 2)  func, global  loaded later, after TIME"
answer=$(ask both --from libdeep.so)
expect_match "RTLD_DEEPBIND" "$answer" '^  scope of libdeep\.so \(RTLD_DEEPBIND\) +libdeep\.so +func, global  taken$'
expect_match "RTLD_DEEPBIND" "$answer" '^  global scope +libfirst\.so +func, global  stands behind it$'
expect_match "RTLD_DEEPBIND" "$answer" '^  Why: RTLD_DEEPBIND'
expect_match "a namespace" "$(ask both --from libdeep.so)" '^  libsecond\.so \(namespace 2\) +func, global +loaded later'
expect_match "another namespace" "$(ask both)" '^  libfirst\.so +func, global +in namespace 0$'

expect_match "a version" "$(ask versioned)" '^  global scope +libversions\.so +func, global, @@V2  taken$'
answer=$(ask guarded --from libplugin.so)
expect_match "its own is behind the global scope" "$answer" \
	'^  global scope +libsecond\.so +func, global, protected  taken$'
expect_match "its own is behind the global scope" "$answer" \
	'^  scope of libplugin\.so +libplugin\.so +func, global +stands behind it$'
expect_match "its own is behind the global scope" "$answer" '^  Without libsecond\.so: libplugin\.so would be taken\.$'
expect_match "which calls says, too" "$(plugreport calls --name guarded)" \
	'dlsym\(RTLD_NEXT, "guarded"\) +not found '
expect_eq "in JSON" "$(plugreport calls --json | python3 -c '
import json, sys
for call in (c["call"] for c in json.load(sys.stdin)["calls"]):
	if call["kind"] == "dlsym" and call["name"] in ("guarded", "deep"):
		print(call["name"], call["outcome"])')" "guarded not-found
deep bound"
expect_match "RTLD_NEXT" "$answer" '^guarded was not found by dlsym\.$'
expect_match "RTLD_NEXT" "$answer" \
	'^  Referred to by dlsym\(RTLD_NEXT, "guarded"\) called from plugin\(\) at .*libplugin\.c:7 in libplugin\.so$'
expect_match "RTLD_NEXT" "$answer" '^  searchlist of libplugin\.so, behind the caller +libplugin\.so +func, global  left out: the caller$'
expect_match "RTLD_NEXT" "$answer" '^  libsecond\.so +func, global, protected  not among what was searched$'

# A load that failed, and a dlsym in vain: the symbol is there, but RTLD_LOCAL.
answer=$(ask plugin_api)
expect_match "a failed load" "$answer" '^plugin_api could not be bound: nothing in scope defines it\.$'
expect_match "a failed load" "$answer" '^  Referred to by libneedy\.so$'
expect_match "a failed load" "$answer" '^  scope of libneedy\.so +none of 1 object$'
expect_match "a failed load" "$answer" '^plugin_api was not found by dlsym\.$'
why='RTLD_LOCAL: only in the scope of libplugin.so, opened by dlopen("./libplugin.so", RTLD_NOW) called from main()'
expect_eq "why not" "$(grep -cF "$why" <<<"$answer")" 2

expect_eq "weak" "$(ask maybe)" "maybe is bound to nothing: these references are weak.
in process PID (prog)
  Referred to by prog (got)
  SEARCHED IN ORDER  OBJECT             DEFINITION
  global scope       none of 6 objects"
expect_eq "nobody refers to it" "$(ask nobody_asks)" "nobody_asks is referred to by nobody.
in process PID (prog)
  DEFINED IN   DEFINITION
  libfirst.so  func, global  in the global scope"

# Names as the linker has them, as people have them, and globs.
mangled=$(ask '_ZN4plug3boxIiE3getEPKci')
expect_match "mangled" "$mangled" '^plug::box<int>::get\(char const\*, int\) is bound to libcxx\.so\.$'
expect_eq "demangled" "$(ask 'plug::box<int>::get(char const*, int)')" "$mangled"
expect_eq "without its arguments" "$(ask 'plug::box<int>::get')" "$mangled"
expect_eq "glob" "$(ask 'plug::*::get*')" "$mangled"
expect_match "glob" "$(ask 'plug::*')" '^plug::box<int>::value is bound to libcxx\.so\.$'
expect_match "unique" "$(ask 'plug::box<int>::value')" 'object, unique  taken$'
status=0
plugreport why-bound no_such_symbol >none.out 2>none.err || status=$?
expect_eq "exit status" "$status" 1
expect_match "nothing" "$(cat none.err)" "no object defines or refers to a symbol 'no_such_symbol'"
status=0
plugreport why-bound bot 2>none.err || status=$?
expect_match "near" "$(cat none.err)" "did you mean 'both'"
status=0
plugreport why-bound both --from libversions.so 2>none.err || status=$?
expect_eq "exit status" "$status" 1
expect_match "not from there" "$(cat none.err)" "'libversions.so' refers to no symbol 'both'"
status=0
plugreport why-bound nobody_asks --from libfrist.so 2>none.err || status=$?
expect_eq "no such object" "$status" 1
expect_match "no such object" "$(cat none.err)" "nothing called 'libfrist.so' was loaded; did you mean 'libfirst.so'"

# JSON says the same.
json=$(plugreport why-bound both --from prog --json)
expect_match "json" "$json" '"rule": "order"'
expect_match "json" "$json" '"confirmed": true'
expect_eq "json" "$(grep -c '"verdict"' <<<"$json")" 4

# Without the winner it is as it says.
so libfirst.so <<<'int nobody_asks(void) { return 1; }'
expect_match "without it" "$(./prog)" '^2 5 2 0$'

# What was not recorded is said, and not made up.
sqlite3 plugaudit.db "DELETE FROM symbol_table; UPDATE binding_row SET to_object = (SELECT id FROM object
	WHERE path LIKE '%/libversions.so') WHERE from_object = (SELECT id FROM object WHERE kind = 'main')
	AND symbol IN (SELECT id FROM symbol WHERE name = 'both')"
answer=$(ask both --from prog)
expect_match "another answer" "$answer" '^both is bound to libversions\.so\.$'
expect_match "another answer" "$answer" '^  Not confirmed: by the rebuilt state it would be lib(first|second)\.so\.$'

# --from means these references only, also where some were never called: those come last in time.
rm -f plugaudit.db
so libcalled.so <<<'int shared(void) { return 1; }'
for i in 1 2 3; do
	so liblazy$i.so ./libcalled.so -Wl,-z,lazy -Wl,-rpath,"$PWD" \
		<<<"int shared(void); int lazy$i(int x) { return x ? shared() : 0; }"
done
program lazily -Wl,-z,lazy ./liblazy1.so ./liblazy2.so ./liblazy3.so -Wl,-rpath,"$PWD" \
	<<<'int lazy1(int), lazy2(int), lazy3(int); int main(void) { return lazy3(0) + lazy1(0) + lazy2(1) != 1; }'
audit ./lazily
for i in 1 2 3; do
	expect_eq "--from liblazy$i.so" "$(plugreport why-bound shared --from liblazy$i.so | sed -n 's/^  Referred to by //p')" "liblazy$i.so (plt)"
done

# A forked process has its parent's bindings, which are recorded there; only those that it makes
# itself are recorded as its own.
rm -f plugaudit.db
program forker -Wl,-z,lazy ./libcalled.so ./liblazy1.so -Wl,-rpath,"$PWD" <<'END2'
#include <sys/wait.h>
#include <unistd.h>
int shared(void), lazy1(int);
int main(void)
{
	shared();
	if (fork() == 0)
		_exit(lazy1(0));
	return wait(NULL) < 0;
}
END2
audit ./forker
parent=$(sqlite3 plugaudit.db "SELECT pid FROM process WHERE begin_kind = 'start'")
child=$(sqlite3 plugaudit.db "SELECT pid FROM process WHERE begin_kind = 'fork'")
told="the bindings that it inherited are those of its parent: ask there with --pid $parent"
answer=$(plugreport why-bound shared --pid "$child")
expect_match "a fork's own" "$answer" "^shared is referred to by nothing .* since the process was forked; $told\.\$"
expect_no_match "a fork's own" "$answer" "by nobody"
expect_match "its parent's" "$(plugreport why-bound shared --pid "$parent")" '^shared is bound to libcalled\.so\.$'
expect_match "what it bound itself" "$(plugreport why-bound lazy1 --pid "$child")" '^lazy1 is bound to liblazy1\.so\.$'
expect_match "what it bound itself" "$(plugreport why-bound lazy1 --pid "$child")" \
	"^Bindings that process $child inherited are those of its parent: --pid $parent tells of them\.\$"
expect_no_match "with its parent" "$(plugreport why-bound shared)" 'inherited|forked'
status=0
plugreport why-bound lazy1 --from libcalled.so --pid "$child" 2>none.err || status=$?
expect_eq "exit status" "$status" 1
expect_match "a fork's --from" "$(cat none.err)" "'libcalled.so' refers to no symbol 'lazy1', by what was bound since"
expect_match "a fork's --from" "$(cat none.err)" "ask there with --pid $parent"
plugreport why-bound shared --pid "$child" --json >fork.json
expect_eq "json" "$(sqlite3 -batch :memory: "SELECT json_extract(readfile('fork.json'), '\$.inheriting[0].pid'),
	json_extract(readfile('fork.json'), '\$.inheriting[0].parent_pid')")" "$child|$parent"
plugreport why-bound shared --json >both.json
expect_eq "json" "$(sqlite3 -batch :memory: "SELECT json_array_length(readfile('both.json'), '\$.inheriting')")" 0
