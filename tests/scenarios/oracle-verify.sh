# What plugreport would have bound is what ld.so bound: in a program that uses what makes look-ups
# differ (start-up and local scopes, RTLD_GLOBAL and its promotion, RTLD_DEEPBIND, DT_SYMBOLIC, versions,
# weak, protected and unique definitions, copies, PLT entries as functions' addresses, IFUNC,
# thread-local data, RTLD_DEFAULT, RTLD_NEXT, handles, dlvsym, dlmopen, fork), whose bindings are those
# that LD_DEBUG prints.  (The other tests that compare with LD_DEBUG verify theirs, too.)  And it finds
# each binding that is made to lie.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

rpath=(-L. -Wl,-rpath,"$PWD" -Wl,--no-as-needed)
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
int data = 10;
__attribute__((weak)) int weakly(void) { return 1; }
__thread int in_tls = 3;
static int real(void) { return 4; }
static int (*choose(void))(void) { return real; }
int chosen(void) __attribute__((ifunc("choose")));
END2
so libsecond.so "${rpath[@]}" -lfirst <<'END2'
int both(void) { return 2; }
int weakly(void) { return 2; }
extern __thread int in_tls;
extern int data, chosen(void);
__attribute__((visibility("protected"))) int guarded(void) { return 5; }
int (*pointer)(void) = guarded;
int second(void) { return both() + data + in_tls + chosen() + weakly() + guarded() + pointer(); }
END2
so liblocal.so "${rpath[@]}" -lsecond <<'END2'
#include <dlfcn.h>
#include <stddef.h>
int only_local(void) { return 7; }
int late(void);
int both(void) { return 3; }
int guarded(void) { return 6; }
int local(void)
{
	int (*next)(void) = (int (*)(void))dlsym(RTLD_NEXT, "both");
	int (*first)(void) = (int (*)(void))dlsym(RTLD_DEFAULT, "both");
	return both() + guarded() + (next ? next() : 100) + first();
}
int lazily(void) { return late(); }
END2
so libglobal.so <<'END2'
int late(void) { return 8; }
int only_local(void) { return 9; }
END2
so libdeep.so "${rpath[@]}" -lsecond <<'END2'
int both(void) { return 4; }
int second(void);
int deep(void) { return both() + second(); }
END2
so libsymbolic.so -Wl,-Bsymbolic <<'END2'
int both(void) { return 5; }
int (*symbolic_pointer)(void) = both;
int symbolic(void) { return both() + symbolic_pointer(); }
END2
for name in a b; do
	$CC -x c++ -shared -fPIC -g -o libunique$name.so - <<END2
template <typename T> struct holder { static int value; };
template <typename T> int holder<T>::value = 1;
extern "C" int unique_$name(void) { return ++holder<int>::value; }
END2
done
program prog -no-pie -fno-pic "${rpath[@]}" -lfirst -lsecond -lversions <<'END2'
#include <dlfcn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
extern int data;
int both(void), second(void), weakly(void), guarded(void), versioned(void), chosen(void);
typedef int (*function)(void);
static int call(void *handle, const char *name)
{
	function f = (function)dlsym(handle, name);
	return f ? f() : -1;
}
int main(void)
{
	function address = both;
	void *local = dlopen("liblocal.so", RTLD_LAZY), *global, *deep, *other;
	printf("%d %d %d %d %d %d\n", both(), second(), weakly(), address() + guarded(), versioned(), data);
	printf("%d %d\n", call(local, "local"), call(local, "only_local"));
	printf("%d\n", ((function)dlvsym(RTLD_DEFAULT, "versioned", "V1"))());
	printf("%d\n", call(RTLD_DEFAULT, "only_local"));
	global = dlopen("./libglobal.so", RTLD_NOW | RTLD_GLOBAL);
	printf("%d %d\n", call(local, "lazily"), call(RTLD_DEFAULT, "only_local"));
	dlopen("liblocal.so", RTLD_NOLOAD | RTLD_LAZY | RTLD_GLOBAL);
	printf("%d\n", call(RTLD_DEFAULT, "only_local"));
	dlclose(global);
	deep = dlopen("libdeep.so", RTLD_NOW | RTLD_DEEPBIND);
	printf("%d %d\n", call(deep, "deep"), call(dlopen("./libsymbolic.so", RTLD_NOW), "symbolic"));
	printf("%d %d\n", call(dlopen("./libuniquea.so", RTLD_NOW), "unique_a"),
	       call(dlopen("./libuniqueb.so", RTLD_NOW), "unique_b"));
#if __GLIBC_PREREQ(2, 35) /* before, dlmopen crashes under any auditor */
	other = dlmopen(LM_ID_NEWLM, "libsecond.so", RTLD_NOW);
	printf("%d\n", call(other, "second"));
#endif
	fflush(stdout);
	if (fork() == 0) {
		printf("child %d\n", call(dlopen("libdeep.so", RTLD_NOW), "deep") + chosen());
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	return 0;
}
END2
wanted=
for run in ./prog "env LD_BIND_NOW=1 ./prog" "env LD_PRELOAD=./libglobal.so ./prog"; do
	# shellcheck disable=SC2086
	bindings_equal $run
	answer=$(plugreport verify)
	echo "$answer"
	expect_match "it says so" "$answer" ' 0 disagree, 0 undecidable$'
	[ -n "$wanted" ] || wanted=$(cat ld-debug.out)
done
expect_eq "what the program did" "$wanted" "1 29 1 6 2 10
9 7
1
-1
8 9
9
33 10
3 2$(! glibc_at_least 2.35 || printf '\n31')
child 37"

# The same from the database alone: the files' symbols are kept in it.
mkdir gone
mv ./*.so gone
answer=$(plugreport verify) || fail "without the files: $answer"
mv gone/*.so .

# The comparison can fail: each binding that names another object, or none, is found.
json() { # FIELD of lie.db's total
	{ plugreport verify -d lie.db --json || true; } | sed -n '/"total"/,$s/.*"'"$1"'": \([0-9]*\).*/\1/p'
}
for lie in "to_object = (SELECT min(id) FROM object WHERE process = binding_row.process AND path LIKE '%/libversions.so')" \
	"to_object = (SELECT min(id) FROM object WHERE process = binding_row.process AND kind = 'ld.so')"; do
	cp plugaudit.db lie.db
	expect_eq "before a lie" "$(json disagreed)" 0
	sqlite3 lie.db "PRAGMA foreign_keys = OFF; UPDATE binding_row SET $lie
		WHERE to_object IS NOT NULL AND kind <> 'irelative' AND id % 5 = 0
		AND process IN (SELECT process FROM object WHERE path LIKE '%/libversions.so')"
	changed=$(sqlite3 lie.db "ATTACH 'plugaudit.db' AS truth; SELECT count(*) FROM main.binding_row a
		JOIN truth.binding_row b USING (id) WHERE a.to_object <> b.to_object")
	expect_true "there are lies" [ "$changed" -gt 20 ]
	expect_eq "$lie" "$(json disagreed)" "$changed"
	status=0
	plugreport verify -d lie.db >lie.out || status=$?
	expect_eq "exit status" $status 1
	expect_match "both answers" "$(cat lie.out)" ': ld\.so took [^ ]*, the model '
done

# What was not recorded can't be decided, and that is not called an agreement.
cp plugaudit.db lie.db
sqlite3 lie.db "DELETE FROM call WHERE kind = 'dlsym'"
answer=$(plugreport verify -d lie.db) || fail "calls are missing: $answer"
expect_match "without the calls" "$answer" '^  [0-9]+ undecidable: the dlsym call was not recorded'
