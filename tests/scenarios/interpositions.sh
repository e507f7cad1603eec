# Which definition wins is a matter of scope order (glibc elf/dl-lookup.c): the first one found in the
# program's global scope, then in the local ones.  A library's references to its own exports take
# part in that like all others, unless it was linked with -Bsymbolic or they are protected or hidden.
# What of it anybody should look at, and what is as it should be.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/interpositions.sh"

need "$CXX" readelf python3
rpath=(-L. -Wl,-rpath,"$PWD")
caller='
#include <dlfcn.h>
#include <stdio.h>
static int call(const char *file, int flags, const char *name)
{
	void *handle = dlopen(file, flags);
	int (*f)(void) = handle ? (int (*)(void))dlsym(handle, name) : NULL;
	if (!f)
		printf("%s\n", dlerror());
	return f ? f() : -1;
}'

# A host with a static copy of a library that a plugin brings along: the library calls the host's.
cat >crypto.src <<'C'
int crypto_state = 1;
static int secret(void) { return crypto_state; }
int crypto_inner(void) { return secret(); }
int crypto_outer(void) { return crypto_inner() + crypto_state; }
int crypto_new(void) { return crypto_outer(); }
C
so libcrypto.so.3 <crypto.src
so plugin.so "${rpath[@]}" -l:libcrypto.so.3 <<<'int crypto_new(void), crypto_outer(void);
int plugin(void) { return crypto_new() + crypto_outer(); }'
program host -rdynamic <<C
$caller
int crypto_state = 100;
int crypto_inner(void) { return crypto_state; }
int crypto_outer(void) { return 1000; }
int main(void) { printf("%d\n", call("./plugin.so", RTLD_NOW, "plugin")); return 0; }
C
interpositions_right ./host
expect_eq "what that does" "$(cat ld-debug.out)" 2000
expect_interest crypto_inner "error - interposed"
expect_interest crypto_outer "error - interposed,diverted"
expect_interest crypto_state "error - interposed"
expect_interest crypto_new ""
text=$(plugreport interpositions)
expect_match "the pair" "$text" '^  host +libcrypto.so.3 +3 +3 +1 +0 +0 '
expect_match "its symbols" "$text" '^  ID---fg +crypto_outer +host, libcrypto.so.3 +plugin.so to host, libcrypto.so.3 to host|libcrypto.so.3 to host, plugin.so to host'
expect_match "and data" "$text" '^  I----dg +crypto_state '
expect_eq "of one library" "$(plugreport interpositions libcrypto.so.3 --json | python3 -c '
import json, sys
print([s["symbol"] for s in json.load(sys.stdin)["processes"][0]["symbols"]])')" \
	"['crypto_inner', 'crypto_outer', 'crypto_state']"
expect_match "and how many they are" "$(plugreport interpositions libcrypto.so.3)" \
	'^3 symbols to look at, 3 of them wrong for somebody; '
expect_match "a library that it does not concern" "$(plugreport interpositions libc.so.6)" \
	'^nothing to look at; '
expect_eq "and as JSON" "$(plugreport interpositions libc.so.6 --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["processes"][0]["counts"]["error"])')" 0
status=0
message=$(plugreport interpositions libcrypo.so 2>&1) || status=$?
expect_eq "no such library" "$status" 1
expect_match "a hint" "$message" "nothing called 'libcrypo.so' was loaded; did you mean 'libcrypto.so.3'"

# The same symbols in a library that keeps to itself: -Bsymbolic, hidden, protected, a version script.
for how in "-Wl,-Bsymbolic" "-fvisibility=hidden" "-fvisibility=protected" "-Wl,--version-script=local.map"; do
	echo '{ global: crypto_new; local: *; };' >local.map
	sed 's/^int crypto_new/__attribute__((visibility("default"))) &/' crypto.src >quiet.src
	so libcrypto.so.3 $how <quiet.src
	so plugin.so "${rpath[@]}" -l:libcrypto.so.3 <<<'int crypto_new(void); int plugin(void) { return crypto_new(); }'
	interpositions_right ./host
	expect_eq "what $how does" "$(cat ld-debug.out)" 2
	expect_match "$how" "$(plugreport interpositions)" '^nothing to look at'
done

# An override that the program's link editor has seen, a weak default, a copy relocation, a function's
# address in the PLT of a program that is not position-independent: all by design.
so liblib.so <<'C'
int lib_variable = 1;
int lib_alloc(void) { return 1; }
__attribute__((weak)) int lib_hook(void) { return 2; }
int lib_callback(void) { return 3; }
int (*lib_pointer)(void) = lib_callback;
int lib_run(void) { return lib_alloc() + lib_hook() + lib_variable + (lib_pointer == lib_callback); }
C
program chosen -no-pie "${rpath[@]}" -llib <<'C'
#include <stdio.h>
extern int lib_variable;
extern int (*lib_pointer)(void);
int lib_callback(void), lib_run(void);
int lib_alloc(void) { return 10; }
int lib_hook(void) { return 20; }
int main(void) { printf("%d\n", lib_run() + lib_variable + (lib_pointer == lib_callback) + lib_callback()); return 0; }
C
interpositions_right ./chosen
expect_eq "what that does" "$(cat ld-debug.out)" 37
expect_match "by design" "$(plugreport interpositions)" '^nothing to look at'
expect_interest lib_alloc "note program interposed"
expect_interest lib_hook "none weak interposed"
expect_interest lib_variable "none copy interposed"
expect_interest lib_callback ""

# Local scopes: plugins that use their own helpers, and entries that the host looks up in each.
for n in 1 2; do
	so plug$n.so <<<"int helper(void) { return $n; } int plug_run(void) { return helper(); }"
done
program plugged <<C
$caller
int main(void)
{
	int one = call("./plug1.so", RTLD_NOW, "plug_run");
	printf("%d %d\n", one, call("./plug2.so", RTLD_NOW, "plug_run"));
	return 0;
}
C
interpositions_right ./plugged
expect_interest helper "note private -"
expect_interest plug_run "none interface -"
expect_match "plugins" "$(plugreport interpositions)" '^nothing to look at'
# The first one opened with RTLD_GLOBAL takes the second one's helper.
sed 's/RTLD_NOW/RTLD_NOW | RTLD_GLOBAL/' plugged.c | program globally
interpositions_right ./globally
expect_eq "what that does" "$(cat ld-debug.out)" "1 1"
expect_interest helper "error - interposed"
expect_match "one, and wrong" "$(plugreport interpositions)" '^1 symbol to look at, wrong for somebody; '

# Over time: a lazily bound function goes elsewhere once something was opened with RTLD_GLOBAL.
so libbase.so <<<'int service(void) { return 1; }'
so libuse.so -Wl,-z,lazy "${rpath[@]}" -lbase <<<'int service(void); int (*early)(void) = service;
int use(int late) { return late ? service() : early(); }'
so liblate.so <<<'int service(void) { return 2; }'
program timed -Wl,-z,lazy <<'C'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	int (*use)(int) = (int (*)(int))dlsym(dlopen("./libuse.so", RTLD_LAZY), "use");
	printf("%d ", use(0));
	dlopen("./liblate.so", RTLD_NOW | RTLD_GLOBAL);
	dlsym(RTLD_DEFAULT, "service"); /* tells that dlopen has returned */
	printf("%d\n", use(1));
	return 0;
}
C
interpositions_right ./timed
expect_eq "what that does" "$(cat ld-debug.out)" "1 2"
expect_interest service "warning - diverted,split-in-time"
expect_match "one, and not wrong" "$(plugreport interpositions)" '^1 symbol to look at, wrong for nobody; '
expect_db "since then" "SELECT min(b.seq) > (SELECT opened_seq FROM object WHERE path LIKE '%liblate.so')
	FROM binding b JOIN symbol s ON s.id = b.symbol WHERE s.name = 'service' AND b.kind = 'plt'
	AND b.to_object IS NOT NULL" 1
since=$(python3 -c '
import json
print([s["since_seq"] for s in json.load(open("all.json"))["processes"][0]["symbols"] if s["symbol"] == "service"][0])')
expect_db "and that is said" "SELECT DISTINCT b.seq FROM binding b JOIN symbol s ON s.id = b.symbol
	JOIN object t ON t.id = b.to_object WHERE s.name = 'service' AND b.kind = 'plt' AND t.path LIKE '%liblate.so'" "$since"

# A variable that a program copies, while its protected library keeps to its own: two variables.
# (Newer link editors refuse such a program.)
so libprot.so -fvisibility=protected <<<'int prot_value = 1; int *prot_address(void) { return &prot_value; }' 2>err || true
so libother.so "${rpath[@]}" -lprot <<<'extern int prot_value; int other(void) { return prot_value; }'
if program protector -no-pie -fno-pie -mno-direct-extern-access -x c "${rpath[@]}" -lprot -lother 2>err <<'C'; then
#include <stdio.h>
extern int prot_value;
int other(void);
int main(void) { printf("%d\n", prot_value + other()); return 0; }
C
	interpositions_right ./protector
	expect_match "without a copy" "$(plugreport interpositions)" '^nothing to look at'
fi

# Namespaces: each has its own.  (Before 2.35 dlmopen crashes under any auditor.)
glibc_at_least 2.35 || exit 0
program spaced -rdynamic <<'C'
#include <dlfcn.h>
int crypto_inner(void) { return 0; }
int main(void)
{
	return !dlmopen(LM_ID_NEWLM, "./libcrypto.so.3", RTLD_NOW) || !dlopen("./libcrypto.so.3", RTLD_NOW);
}
C
so libcrypto.so.3 <crypto.src
interpositions_right ./spaced
expect_interest crypto_inner "error - interposed"
