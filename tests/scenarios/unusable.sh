# ld.so announces a path before it tries it, and tells no more: what was there and could not be used,
# what was opened and could not be loaded, and what was not to be loaded at all are told apart from
# what is missing.
. "$TOP/tests/lib.sh"

mkdir lib other
so lib/libdep.so.1 <<<'int dep(void) { return 1; }'
so broken.so -Llib -l:libdep.so.1 <<<'int dep(void); int broken(void) { return dep(); }'
so undefined.so <<<'int nobody(void); int undefined(void) { return nobody(); }'
so fine.so <<<'int fine(void) { return 1; }'
cp fine.so other/
mv lib/libdep.so.1 kept.so
echo "no library" >text.so
mkdir directory.so
program prog <<'END_OF_SOURCE'
#include <dlfcn.h>
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		dlopen(argv[i] + (*argv[i] == '@'), RTLD_NOW | (*argv[i] == '@' ? RTLD_NOLOAD : 0));
	return 0;
}
END_OF_SOURCE

verdict() { # NAME: the second line of its explanation
	plugreport why-found "$1" | sed -n 2p
}
record() { # [VARIABLE=value...] COMMAND...
	rm -f "$PLUGAUDIT_DB"
	env LD_AUDIT="$MODULE" "$@" >out 2>err
}

record ./prog ./broken.so ./undefined.so ./text.so ./directory.so ./absent.so @./fine.so
expect_eq "a DT_NEEDED is missing" "$(verdict broken.so)" \
	"was found, but could not be loaded: ./broken.so (the dlopen failed: libdep.so.1 was not found, or not usable; broken.so needs it)"
expect_match "why-loaded" "$(plugreport why-loaded broken.so)" \
	'^broken.so was loaded because main\(\).* opened it, but that dlopen failed: libdep.so.1 was not found'
expect_eq "a symbol is undefined" "$(verdict undefined.so)" \
	"was found, but could not be loaded: ./undefined.so (the dlopen failed: undefined.so refers to nobody, which nothing in its scopes defines)"
expect_match "calls" "$(plugreport calls --stack)" \
	'"./undefined.so", RTLD_NOW\)  -> failed: undefined.so refers to nobody, which nothing in its scopes defines \(inferred: opened and closed again during this call\)'
expect_eq "a text" "$(verdict text.so)" "was there, but is not usable"
expect_eq "a directory" "$(verdict directory.so)" "was there, but is not usable"
expect_eq "no file" "$(verdict absent.so)" "was not found, or not usable"
expect_eq "RTLD_NOLOAD" "$(verdict fine.so)" "was not loaded, and RTLD_NOLOAD forbids loading it"
expect_match "searches" "$(plugreport searches)" '^[0-9]+ names \(4 not found, or not usable\), '
expect_match "the end says what is inferred" "$(plugreport why-found absent.so | tail -1)" inferred
expect_true "nothing but the answer" [ -z "$(plugreport searches --name=nosuch 2>/dev/null || true)" ]

# The search stops at a file in LD_LIBRARY_PATH.
echo junk >lib/libdep.so.1
record LD_LIBRARY_PATH=:lib ./prog ./broken.so
expect_eq "a damaged DT_NEEDED" "$(verdict libdep.so.1)" \
	"was not found, or not usable: the search stopped at lib/libdep.so.1"
expect_match "the file" "$(plugreport why-found libdep.so.1)" '^  not usable +LD_LIBRARY_PATH +lib/libdep.so.1'
expect_match "an empty entry" "$(plugreport why-found libdep.so.1)" \
	'^  in vain +LD_LIBRARY_PATH +libdep.so.1 in the current directory'
rm lib/libdep.so.1

# ld.so's own options; preloads.
ldso=$(db "SELECT path FROM object WHERE kind = 'ld.so'")
record "$ldso" --library-path other ./prog fine.so
expect_eq "--library-path" "$(verdict fine.so)" \
	"was found by LD_LIBRARY_PATH or --library-path: other/fine.so"
expect_no_match "--library-path" "$(plugreport why-found fine.so)" 'is not set'
record LD_PRELOAD="./fine.so libnowhere.so" ./prog
for name in fine.so libnowhere.so; do
	expect_match "LD_PRELOAD" "$(plugreport why-found $name | head -1)" "$name, named by LD_PRELOAD\$"
done
