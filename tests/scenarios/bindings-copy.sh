# Copy relocations: a program that is not position independent has its own copy of a library's data,
# and all later references go to the copy; likewise to its PLT entry, when it takes a function's
# address.  And what DT_RELR packs is no reference at all.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

need readelf
rpath=(-L. -Wl,-rpath,"$PWD")
so libdata.so <<'END2'
int copied = 5;
extern int copied_alias __attribute__((alias("copied"), weak));
int not_copied = 6;
const char *const text = "text";
int function(void) { return copied; }
int (*pointer)(void) = function;
int *address = &copied;
int data_user(void) { return copied + copied_alias + pointer() + *address; }
END2
so libother.so "${rpath[@]}" -ldata <<'END2'
extern int copied, not_copied;
int function(void);
int *other_address = &copied;
int other_user(void) { int (*f)(void) = function; return copied + not_copied + f() + *other_address; }
END2
so libplugin.so <<'END2'
extern int copied;
int plugin_user(void) { return ++copied; }
END2
program prog -no-pie -fno-pic -Wl,-z,nocopyreloc <<<'int main(void) { return 0; }'
program prog -no-pie -fno-pic "${rpath[@]}" -Wl,--no-as-needed -lother -ldata <<'END2'
#include <dlfcn.h>
#include <stdio.h>
extern int copied;
extern const char *const text;
int function(void), data_user(void), other_user(void);
int main(void)
{
	int (*f)(void) = function;
	void *plugin = dlopen("./libplugin.so", RTLD_NOW);
	int (*plugin_user)(void) = plugin ? (int (*)(void))dlsym(plugin, "plugin_user") : NULL;
	printf("%d %s %d %d %d\n", copied, text, f(), data_user(), other_user());
	printf("%d ", plugin_user());
	printf("%d\n", copied);
	return 0;
}
END2
expect_match "there is a copy" "$(readelf -rW prog)" "${RELOC}_COPY.* copied"
for run in ./prog "env LD_BIND_NOW=1 ./prog"; do
	# shellcheck disable=SC2086
	bindings_equal $run
	expect_eq "it works" "$(cat ld-debug.out)" "5 text 5 20 21
6 6"
	expect_bindings copied "libdata.so prog - abs relocation
libdata.so prog - got relocation
libother.so prog - abs relocation
libother.so prog - got relocation
libplugin.so prog - got relocation
prog libdata.so - copy relocation"
	expect_bindings not_copied "libother.so libdata.so - got relocation"
	# The copy moves the whole object: the alias is exported by the program too.
	expect_bindings copied_alias "libdata.so prog - got relocation"
	expect_bindings text "prog libdata.so - copy relocation"
	expect_eq "the program's PLT entry is the function's address" \
		"$(bindings_of function "v.kind != 'plt'")" "libdata.so prog - abs relocation
libother.so prog - got relocation"
	expect_bindings function "prog libdata.so - plt la_symbind" "v.kind = 'plt'"
done
expect_db "what is copied" "SELECT symbol, count FROM v_binding WHERE kind = 'copy'
	AND from_path LIKE '%/prog' ORDER BY 1" "copied|1
text|1"

so librelr.so -Wl,-z,pack-relative-relocs 2>relr.err <<'END2'
static int a, b, c;
int relr_data = 1;
static int *table[64] = {&a, &b, &c, &a, &b};
int *relr_symbolic[] = {&relr_data, &relr_data};
int relr(void) { return *table[0] + *table[4] + *relr_symbolic[1]; }
END2
readelf -dW librelr.so | grep -q RELR || {
	echo "this linker has no DT_RELR: not tried"
	exit 0
}
program relr -Wl,-z,pack-relative-relocs "${rpath[@]}" -lrelr <<'END2'
#include <stdio.h>
int relr(void);
int (*pointers[])(void) = {relr, relr};
int main(void) { printf("%d\n", relr() + pointers[1]()); return 0; }
END2
bindings_equal ./relr
expect_eq "it works" "$(cat ld-debug.out)" 2
expect_db "what is not packed" "SELECT kind, count FROM v_binding WHERE symbol IN ('relr_data', 'relr')
	AND to_path NOT NULL ORDER BY kind, count" "abs|2
abs|2
plt|1"
