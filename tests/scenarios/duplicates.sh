# ld.so knows a file again by its device and inode, and a library by its SONAME and the names that it
# was asked for by (glibc elf/dl-load.c, _dl_map_object): everything else is another copy, with a state
# of its own.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/interpositions.sh"

need readelf python3
rpath() { # DIRECTORY: flags to link against what is there, and to find it
	printf -- '-L%s -Wl,-rpath,%s/%s ' "$1" "$PWD" "$1"
}
opener='
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
static int call(void *handle, const char *name)
{
	int (*f)(void) = handle ? (int (*)(void))dlsym(handle, name) : NULL;
	if (!f)
		printf("%s\n", dlerror());
	return f ? f() : -1;
}'
recorded() { # COMMAND...
	rm -f "$PLUGAUDIT_DB"*
	audit "$@" >out || fail "$*"
	ingest >/dev/null 2>&1
	expect_sound
}

# Several spellings of one path, symbolic and hard links, names without a path: one load.
mkdir -p lib links
so lib/libone.so.1.2 -Wl,-soname,libone.so.1 <<<'int one(void) { static int n; return ++n; }'
ln -s libone.so.1.2 lib/libone.so.1
ln -s libone.so.1.2 lib/libone.so
ln lib/libone.so.1.2 links/hard.so
program names <<C
$opener
int main(void)
{
	char *here = realpath(".", NULL), whole[5000];
	snprintf(whole, sizeof(whole), "%s/lib/libone.so", here);
	void *first = dlopen("libone.so.1", RTLD_NOW);
	const char *others[] = {"./lib/libone.so.1.2", whole, "lib/../lib/libone.so.1", "links/hard.so",
				"libone.so.1"};
	for (int i = 0; i < 5; i++)
		printf("%d%d ", dlopen(others[i], RTLD_NOW) == first, call(dlopen(others[i], RTLD_NOW), "one"));
	return 0;
}
C
LD_LIBRARY_PATH=lib recorded ./names
expect_eq "one load" "$(cat out)" "11 12 13 14 15 "
expect_duplicates "" --all
text=$(plugreport duplicates)
expect_match "one load" "$text" "libone.so.1: one load, asked for by 5 names: libone.so.1 \(by names\), ./lib/libone.so.1.2 \(by names\), $PWD/lib/libone.so \(by names\), lib/../lib/libone.so.1 \(by names\), links/hard.so \(by names\)"

# Two files of one build, two of one SONAME, and what is bound to each.
so_lib() { # FILE SONAME NUMBER
	so "$1" -Wl,-soname,"$2" -Wl,--build-id=sha1 <<<"int lib_state = $3; int lib_number(void) { return lib_state; }
int lib_call(void) { return lib_number(); }"
}
mkdir -p a b c
so_lib a/liblib.so.1 liblib.so.1 1
cp a/liblib.so.1 b/copy.so
so_lib c/liblib.so.1 liblib.so.1 3
for dir in a c; do
	so user_$dir.so $(rpath $dir) -l:liblib.so.1 <<<"int lib_call(void); extern int lib_state; int user(void) { return lib_call() * 10 + lib_state; }"
done
program host <<C
$opener
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("%d ", call(dlopen(argv[i], RTLD_NOW), "user"));
	return 0;
}
C
program paths <<C
$opener
int main(void)
{
	void *one = dlopen("./a/liblib.so.1", RTLD_NOW), *copy = dlopen("./b/copy.so", RTLD_NOW);
	printf("%d %d %d\n", one != copy, call(one, "lib_call"), call(copy, "lib_call"));
	return 0;
}
C
recorded ./paths
expect_eq "two loads" "$(cat out)" "1 1 1"
expect_match "one build" "$(duplicates_of)" \
	'^build-id split [0-9a-f]{40}: a/liblib.so.1\(0\) b/copy.so\(0\); split: lib_call lib_number lib_state$'
recorded ./host ./user_a.so ./user_c.so
expect_eq "the second one asks for a SONAME that is there" "$(cat out)" "11 11 "
expect_duplicates ""
program sonames <<C
$opener
int main(void)
{
	void *one = dlopen("./a/liblib.so.1", RTLD_NOW), *other = dlopen("./c/liblib.so.1", RTLD_NOW);
	printf("%d %d %d\n", one != other, call(one, "lib_call"), call(other, "lib_call"));
	return 0;
}
C
recorded ./sonames
expect_eq "two loads" "$(cat out)" "1 1 3"
expect_duplicates "soname split liblib.so.1: a/liblib.so.1(0) c/liblib.so.1(0); split: lib_call lib_number lib_state"
text=$(plugreport duplicates)
expect_match "heading" "$text" '^liblib.so.1: 2 files of this SONAME$'
expect_match "verdict" "$text" '^  split: several are in use, each has a state of its own$'
expect_match "who asked" "$text" '^    dlopen called from main\(\) at sonames.c:[0-9]+ in sonames$'
expect_match "who is bound" "$text" '^    bound to it: sonames \(1 symbol\), itself \(2 symbols\)$'
expect_match "state" "$text" '^  variables in use in several copies: lib_state$'
expect_match "one variable" "$(plugreport check | tr -s ' \n' '  ')" \
	'3 symbols are in use in more than one copy: [a-z_, ]*; 1 of them is a variable - '

# With RTLD_GLOBAL, the second copy's own calls land in the first one: mixed.
sed 's/"\.\/a\/liblib.so.1", RTLD_NOW/& | RTLD_GLOBAL/' sonames.c | program mixed
interpositions_right ./mixed
expect_eq "which shows" "$(cat ld-debug.out)" "1 1 1"
expect_duplicates "soname mixed liblib.so.1: a/liblib.so.1(0) c/liblib.so.1(2); split: lib_call"
expect_match "said" "$(plugreport duplicates)" '2 of its own symbols are bound to another copy instead'

# Two versions of a family, each with its users; not two libraries of like names.
mkdir -p v
for version in 1.1 3; do
	echo "FAMILY_$version { global: *; };" >v/map
	so v/libfam.so.$version -Wl,--version-script=v/map <<<"int fam_state = 1; int fam_get(void) { return ${version%.*}; }"
	so v/use$version.so $(rpath v) -l:libfam.so.$version <<<'int fam_get(void), getpid(void); int user(void) { return fam_get() + (getpid() < 0); }'
done
so v/libfam2.so.1 <<<'int something_else(void) { return 0; }'
so v/libfam-xcb.so.1 <<<'int fam_get(void) { return 9; }'
so v/use2.so $(rpath v) -l:libfam2.so.1 <<<'int something_else(void); int user(void) { return something_else(); }'
recorded ./host ./v/use1.1.so ./v/use3.so ./v/use2.so
expect_eq "both" "$(cat out)" "1 3 0 "
expect_duplicates "versions split libfam: v/libfam.so.1.1(0) v/libfam.so.3(0); split: fam_get"
expect_match "versions" "$(plugreport duplicates --json | python3 -c '
import json, sys
print([c["version"] for c in json.load(sys.stdin)["processes"][0]["duplicates"][0]["copies"]])')" "'1.1', '3'"

# Copies under hashed names, as wheels have them, each used by its own module.
mkdir -p wheel1.libs wheel2.libs
for n in 1 2; do
	file=wheel$n.libs/libpar-a34b323$n.so.1.0.0
	so $file <<<"int par_threads = $n; __thread int par_mine; int par_start(void) { return par_threads += par_mine; }
int par_stop(void) { return par_start(); }"
	so module$n.so $(rpath wheel$n.libs) -l:${file##*/} <<<'int par_start(void), par_stop(void); int user(void) { return par_start() + par_stop(); }'
done
recorded ./host ./module1.so ./module2.so
expect_eq "both" "$(cat out)" "2 4 "
expect_duplicates "library split libpar: wheel1.libs/libpar-a34b3231.so.1.0.0(0) wheel2.libs/libpar-a34b3232.so.1.0.0(0); split: par_mine par_start par_stop par_threads"

# A host that exports a static copy of a library; plugins that keep theirs for themselves.
so libzip.so.1 <<<'int zip_state = 1; int zip_inner(void) { return zip_state; }
int zip_open(void) { return zip_inner(); } int zip_close(void) { return zip_open(); } int zip_only(void) { return zip_close(); }'
so zipper.so $(rpath .) -l:libzip.so.1 <<<'int zip_only(void), zip_open(void); int user(void) { return zip_only() + zip_open(); }'
{ cat host.c; echo 'int zip_state = 100; int zip_inner(void) { return zip_state; } int zip_open(void) { return zip_inner(); }
int zip_close(void) { return zip_open(); }'; } >static.src
program exporting -rdynamic <static.src
interpositions_right ./exporting ./zipper.so
expect_eq "taken over" "$(cat ld-debug.out)" "200 "
expect_duplicates "symbols mixed -: exporting(0) libzip.so.1(4); split: -"
program quiet <static.src
recorded ./quiet ./zipper.so
expect_eq "not exported, not taken over" "$(cat out)" "2 "
expect_duplicates "" --all
for n in 1 2; do
	so zipped$n.so -Wl,-Bsymbolic -I. <<<'int zip_state = 1; int zip_inner(void) { return zip_state; }
int zip_open(void) { return zip_inner(); } int zip_close(void) { return zip_open(); } int user(void) { return zip_close(); }'
done
recorded ./host ./zipped1.so ./zipped2.so
expect_duplicates ""
expect_match "static copies that keep to themselves, with --all" "$(duplicates_of --all)" '^symbols (private|harmless) -: zipped1.so\(0\) zipped2.so\(0\)'

# Constants are no state.
mkdir -p k
for n in 1 2; do
	so k/libk$n.so -Wl,-soname,libk.so <<<'const int k_constant = 1; const char *const k_pointer = "x"; int k_variable = 1;
const int *k_get(void) { return &k_constant; }'
done
program konst <<C
$opener
int main(void)
{
	return !dlsym(dlopen("./k/libk1.so", RTLD_NOW), "k_get") || !dlsym(dlopen("./k/libk2.so", RTLD_NOW), "k_get");
}
C
recorded ./konst
expect_match "state" "$(plugreport duplicates)" '^  variables that each copy has: k_variable$'

# One file in two namespaces, with what it needs; ld.so itself is one.
if glibc_at_least 2.35; then # dlmopen
program spaces <<C
$opener
int main(void)
{
	void *one = dlopen("./v/use3.so", RTLD_NOW), *two = dlmopen(LM_ID_NEWLM, "./v/use3.so", RTLD_NOW);
	return call(one, "user") + call(two, "user") != 6;
}
C
recorded ./spaces
answer=$(duplicates_of)
expect_match "the plugin" "$answer" '^file private -: v/use3.so\(0\) v/use3.so\(0\)'
expect_match "its library" "$answer" '^file private -: v/libfam.so.3\(0\) v/libfam.so.3\(0\)'
expect_match "libc" "$answer" 'libc.so.6\(0\) .*libc.so.6\(0\)'
expect_no_match "ld.so" "$answer" ld-linux
expect_match "namespaces" "$(plugreport duplicates libfam.so.3)" '^libfam.so.3: one file in 2 namespaces$'

# Two files of one SONAME, one of them in two namespaces.
program thrice <<C
$opener
int main(void)
{
	void *one = dlopen("./a/liblib.so.1", RTLD_NOW), *other = dlmopen(LM_ID_NEWLM, "./c/liblib.so.1", RTLD_NOW);
	void *again = dlmopen(LM_ID_NEWLM, "./a/liblib.so.1", RTLD_NOW);
	return call(one, "lib_call") + call(other, "lib_call") + call(again, "lib_call") != 5;
}
C
recorded ./thrice
expect_match "three loads" "$(duplicates_of)" \
	'^soname private liblib.so.1: a/liblib.so.1\(0\) c/liblib.so.1\(0\) a/liblib.so.1\(0\);'
expect_match "two files" "$(plugreport duplicates)" '^liblib.so.1: 2 files of this SONAME$'
expect_match "two builds" "$(plugreport check)" 'duplicate-soname: 2 builds of liblib.so.1 are in the process'
fi

# Closed before the other one was opened: a reload.
program reload <<C
$opener
int main(void)
{
	void *one = dlopen("./a/liblib.so.1", RTLD_NOW);
	int first = call(one, "lib_call");
	dlclose(one);
	return first != 1 || call(dlopen("./c/liblib.so.1", RTLD_NOW), "lib_call") != 3;
}
C
recorded ./reload
expect_duplicates "" --all

# LIB, and what does not match.
recorded ./sonames
expect_match "by path" "$(plugreport duplicates './c/*')" '2 files of this SONAME'
expect_match "what is not double" "$(plugreport duplicates libc.so.6)" '^nothing is there twice$'
status=0
plugreport duplicates libxyz.so >/dev/null 2>&1 || status=$?
expect_eq "nothing matches" "$status" 1
