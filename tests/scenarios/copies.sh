# Two copies of a library, one file in several namespaces, a library loaded again and again: answers
# tell them apart, and count what is the same.
. "$TOP/tests/lib.sh"

for part in p1 p2; do
	mkdir $part
	so $part/libcod.so <<<'int cod(void) { return 1; }'
	so $part/plug.so -L$part -l:libcod.so -Wl,-rpath,'$ORIGIN',-z,lazy \
		<<<'int cod(void); int plug(void) { return cod(); }'
done
program host <<'EOF'
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static void *use(void *handle)
{
	int (*plug)(void) = (int (*)(void))dlsym(handle, "plug");
	if (!plug || plug() != 1)
		abort();
	return handle;
}

int main(int argc, char **argv)
{
	if (argc > 1 && (strcmp(argv[1], "reload") == 0 || strcmp(argv[1], "keep") == 0)) {
		for (int i = 0; i < 3; i++) {
			void *handle = use(dlopen("./p1/plug.so", RTLD_NOW));
			if (i < 2 || strcmp(argv[1], "keep") != 0)
				dlclose(handle);
		}
		return 0;
	}
	use(dlmopen(LM_ID_NEWLM, "./p1/plug.so", RTLD_LAZY));
	use(dlmopen(LM_ID_NEWLM, "./p2/plug.so", RTLD_LAZY));
	return 0;
}
EOF

# ld.so keeps an object's SONAME in mind: the second plugin of a namespace would get the first one's.
audit ./host reload
expect_eq "loaded three times" "$(plugreport objects plug.so | grep -c plug.so)" 3
answer=$(plugreport why-loaded plug.so)
expect_eq "one explanation" "$(grep -c 'was loaded because' <<<"$answer")" 1
expect_match "that counts" "$answer" '^in process [0-9]+ \(host\); loaded 3 times in this way, the first time:$'
plugreport why-loaded plug.so --json >answer.json
expect_eq "repeats in JSON" "$(sqlite3 -batch :memory: "SELECT
	json_extract(readfile('answer.json'), '\$.explanations[0].repeats')")" 2
expect_no_match "once is not counted" "$(plugreport why-loaded libc.so.6)" 'times in this way'
audit ./host keep
answer=$(plugreport why-loaded plug.so)
expect_match "the same, then kept" "$answer" '^in process [0-9]+ \(host\); loaded 2 times in this way, the first time:$'
expect_match "the same, then kept" "$answer" '^in process [0-9]+ \(host\), in the way that is told above, at [0-9.]+ ms$'
expect_eq "which the tree tells apart" "$(plugreport tree | sed -n 's/ *[0-9.]* ms/ T/g; s/.*plug\.so T  \(.*[a-zT]\)  *\.\/p1.*/\1/p')" \
	"dlopen, unloaded T
dlopen, again, unloaded T
dlopen, again"
expect_eq "its stack is told once" "$(grep -c '#0  main() at' <<<"$answer")" 1

# Before 2.35, ld.so crashes in dlmopen when there is any auditor.
glibc_at_least 2.35 || exit 0
audit ./host
expect_eq "bindings" "$(plugreport bindings --symbol cod | sed 's/  */ /g')" \
" FROM SYMBOL VERSION TO KIND SOURCE COUNT
 p1/plug.so (namespace 2) cod - p1/libcod.so (namespace 2) plt la_symbind 1
 p2/plug.so (namespace 3) cod - p2/libcod.so (namespace 3) plt la_symbind 1"
calls=$(plugreport calls)
expect_match "calls" "$calls" 'dlmopen\(LM_ID_NEWLM, "\./p2/plug\.so", RTLD_LAZY\) +loaded p2/plug\.so \(namespace 3\)'
expect_match "calls" "$calls" 'dlsym\(p1/plug\.so \(namespace 2\), "plug"\)'
expect_match "tree" "$(plugreport tree)" '`-p2/libcod\.so '
expect_match "objects" "$(plugreport objects)" 'needed by p1/plug\.so \(namespace 2\)$'
