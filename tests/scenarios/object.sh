# plugreport object: what an object's file says is what readelf says; what was recorded agrees with the
# file; when the file is gone or another one, what is left is what was recorded.
. "$TOP/tests/lib.sh"

need readelf "$CXX" perl
answer_of() { # JSON-PATH
	sqlite3 -batch :memory: "SELECT json_extract(readfile('answer.json'), '\$.objects[0].$1')"
}
rows_of() { # KEY EXPRESSION [CONDITION]: of each element, in order
	sqlite3 -batch -separator ' ' :memory: "SELECT $2 FROM json_each(readfile('answer.json'),
		'\$.objects[0].$1') e WHERE ${3:-1} ORDER BY e.key"
}
field() { # NAME
	echo "json_extract(e.value, '\$.$1')"
}

cat >libold.map <<'END'
V1 { global: versioned; };
V2 { global: versioned; } V1;
END
so libbase.so -Wl,--version-script=libold.map <<'END'
int one(void) { return 1; }
int two(void) { return 2; }
__asm__(".symver one,versioned@V1");
__asm__(".symver two,versioned@@V2");
END
$CXX -x c++ -g -O0 -fPIC -shared -o libshow.so - -Wl,-z,lazy,-soname,libshow.so.3 -Wl,-rpath,'$ORIGIN' \
	-L. -lbase -Wl,--enable-new-dtags <<'END'
extern "C" int versioned();
namespace shop {
struct Counter { Counter() { value = 41; } ~Counter() { value = 0; } int value; };
Counter counter;
template <typename T> struct Unique { static inline int state = 3; };
int use() { return Unique<int>::state + counter.value; }
}
thread_local int slot = 7;
extern "C" {
__attribute__((weak)) int weakling() { return 1; }
__attribute__((visibility("protected"))) int guarded() { return 1; }
__attribute__((visibility("hidden"))) int kept() { return 1; }
int never() { return 3; }
int call(int deep) { slot++; return versioned() + weakling() + kept() + shop::use() + (deep ? never() : 0); }
__attribute__((destructor)) void goodbye() {}
int (*pointer)() = versioned;
}
END
program prog <<'END'
#include <dlfcn.h>
int main(void)
{
	void *handle = dlopen("./libshow.so", RTLD_LAZY);
	int (*call)(int) = (int (*)(int))dlsym(handle, "call");
	return call(0) != 2 + 1 + 1 + 3 + 41;
}
END
audit ./prog
plugreport object libshow.so --json >answer.json
text=$(plugreport object libshow.so --all)

# As readelf has it.
expect_eq "the dynamic section" "$(rows_of dynamic "$(field tag)" | sort)" \
	"$(readelf -dW libshow.so | sed -nE 's/^ 0x[0-9a-f]+ \(([A-Z0-9_]+)\).*/\1/p' | grep -v NULL | sort)"
expect_eq "versions that it wants" "$(rows_of versions_wanted "$(field version)" | sort)" \
	"$(readelf -VW libshow.so | sed -nE 's/.*Name: ([^ ]*) +Flags.*Version: .*/\1/p' | sort)"
expect_eq "exports" "$(answer_of exports)" "$(readelf --dyn-syms -W libshow.so |
	awk '$1 ~ /^[0-9]+:$/ && $1 != "0:" && $7 != "UND" && $5 != "LOCAL" { n++ } END { print n }')"
expect_eq "weak exports" "$(answer_of exports_weak)" "$(readelf --dyn-syms -W libshow.so |
	awk '$7 != "UND" && $5 == "WEAK" { n++ } END { print n + 0 }')"
expect_eq "unique exports" "$(answer_of exports_unique)" 1
expect_eq "protected exports" "$(answer_of exports_protected)" 1
expect_eq "what it wants" "$(answer_of wanted)" "$(readelf --dyn-syms -W libshow.so |
	awk '$1 != "0:" && $7 == "UND" && $8 != "" { n++ } END { print n }')"
for pair in plt:${RELOC}_JUMP_SL got:${RELOC}_GLOB_DA; do
	expect_eq "${pair%:*} slots" "$(rows_of slots "$(field slot)" "$(field kind) = '${pair%:*}'" | sort)" \
		"$(readelf -rW libshow.so | awk "/${pair#*:}/ { print \$1 }" | sed 's/^0*/0x/' | sort)"
done
expect_eq "relative relocations" "$(answer_of relative_relocations)" "$(readelf -rW libshow.so | grep -c _RELATIVE)"

# Constructors and destructors, in the order in which ld.so calls them.
functions=$(rows_of functions "$(field entry), $(field function)" "$(field file) IS NOT NULL")
# g++ 10 has no key for standard input.
expect_eq "functions" "${functions/ _GLOBAL__sub_I_$'\n'/ global constructors keyed to _stdin_$'\n'}" \
	"DT_INIT_ARRAY global constructors keyed to _stdin_
DT_FINI_ARRAY goodbye"
expect_match "with its place" "$text" 'DT_FINI_ARRAY +goodbye .*<stdin>:[0-9]+'

# Bindings: what was called, what was not, what was bound at load.
expect_match "bound when it was called first" "$text" \
	'plt +versioned +V2 +libbase\.so +when called first, after [0-9.]*[1-9][0-9.]* ms'
expect_match "never called" "$text" 'plt +never +- +- +never called'
expect_match "a pointer" "$text" 'abs +versioned +V2 +libbase\.so +at load'
expect_match "binding" "$text" 'binds calls +each call when it is made first'
expect_match "needs" "$text" 'libbase\.so +libbase\.so +found by DT_RUNPATH of libshow\.so "\$ORIGIN"'
expect_match "thread-local storage" "$text" 'TLS +4 bytes'
expect_match "the file" "$text" 'file now +still the one that was loaded'
plugreport object libbase.so --json >answer.json
expect_eq "versions that it defines" "$(rows_of versions_defined "$(field version), $(field parent)")" \
	"V1 
V2 V1"
expect_eq "segments: recorded and in the file" "$(rows_of segments "$(field permissions)" "$(field type) = 'LOAD'")" \
	"$(readelf -lW libbase.so | sed -nE 's/^  LOAD .* 0x[0-9a-f]+ ([R ][W ][E ]) 0x.*/\1/p' | tr 'RWE ' 'rwx-')"

# RTLD_NOW, LD_BIND_NOW.
LD_BIND_NOW=1 audit ./prog
expect_match "LD_BIND_NOW" "$(plugreport object libshow.so)" 'binds calls +at load: LD_BIND_NOW is set'
expect_no_match "LD_BIND_NOW" "$(plugreport object libshow.so --run 2 --all)" 'never called|when called first'

# The file is written again (the same build), is another one, is gone.
cp libshow.so copy && mv copy libshow.so
expect_match "another file, the same build" "$(plugreport object libshow.so)" 'of the same build-id'
expect_match "its symbols can be told" "$(plugreport object libshow.so)" 'exports +[0-9]'
so libshow.so <<<'int call(int deep) { return deep; }'
expect_match "another build" "$(plugreport object libshow.so)" 'file now +changed since'
expect_no_match "its symbols are not told" "$(plugreport object libshow.so)" 'from the file'
rm libshow.so
text=$(plugreport object libshow.so --run 1 --all)
expect_match "gone" "$text" 'file now +gone'
expect_match "bindings were recorded" "$text" 'plt +versioned +V2 +libbase\.so +when called first'
expect_match "so was the search path" "$text" 'DT_RUNPATH +\$ORIGIN'
expect_eq "nothing of that name" "$(plugreport object libshow.sq 2>&1 >/dev/null || echo $?)" \
	"plugreport: nothing called 'libshow.sq' was loaded; did you mean 'libshow.so' or 'libshow.so.3'?
1"

# What hardening tools look for.
so libtext.so -Wl,-z,notext <<'END'
__asm__(".text\n.globl code\n.type code, @function\ncode: ret\n.quad data\n.data\ndata: .quad 0\n");
END
so libstack.so -Wl,-z,execstack <<<'int stack;' # where dlopen refuses these, programs can still need them
so libstatic.so -ftls-model=initial-exec <<<'__thread int here = 3; int where(void) { return here; }'
program old -L. -Wl,-rpath,"$PWD" -Wl,--no-as-needed -lstack <<'END'
#include <dlfcn.h>
int main(void) { dlopen("./libtext.so", RTLD_NOW); dlopen("./libstatic.so", RTLD_NOW); return 0; }
END
audit ./old
expect_match "text relocations" "$(plugreport object libtext.so)" 'text relocations +1 relocation$'
expect_match "executable stack" "$(plugreport object libstack.so)" 'stack +asks for an executable one'
expect_match "static TLS" "$(plugreport object libstatic.so)" 'TLS +4 bytes; its code needs static TLS'

# A weak reference that nobody serves: ld.so settled it when it bound all calls; a lazy one waits.
so libweaknow.so -Wl,-z,now <<'END'
int nobodys(void) __attribute__((weak));
int weak_now(int call) { return call ? nobodys() : 0; }
END
so libweaklazy.so -Wl,-z,lazy <<'END'
int nobodys(void) __attribute__((weak));
int weak_lazy(int call) { return call ? nobodys() : 0; }
END
program weakly ./libweaknow.so ./libweaklazy.so -Wl,-rpath,"$PWD" <<'END'
int weak_now(int), weak_lazy(int);
int main(void) { return weak_now(0) + weak_lazy(0); }
END
glibc_at_least 2.35 || export LD_BIND_NOW=1 # -z now does not count under an auditor
audit ./weakly
expect_match "settled" "$(plugreport object libweaknow.so)" 'PLT slots +1, of which weak and bound to nothing: 1$'
expect_match "settled" "$(plugreport object libweaknow.so)" 'plt +nobodys .* weak, and nobody has it$'
expect_match "settled" "$(plugreport why-bound nobodys --from libweaknow.so)" '^nobodys is bound to nothing: these references are weak'
unset LD_BIND_NOW
audit ./weakly
expect_match "lazy" "$(plugreport object libweaklazy.so)" 'PLT slots +1, of which never called: 1$'
answer=$(plugreport why-bound nobodys --from libweaklazy.so)
expect_match "lazy" "$answer" '^nobodys was not called through these references; it would be bound to nothing'
expect_no_match "a weak call is no lookup error" "$answer" 'would end the process'

# A file that was loaded again: the answer is about the first load, and says so.
program again <<'END'
#include <dlfcn.h>
int main(void)
{
	for (int i = 0; i < 3; i++)
		dlclose(dlopen("./libweaknow.so", RTLD_NOW));
	return 0;
}
END
audit ./again
answer=$(plugreport object libweaknow.so)
expect_match "the other loads" "$answer" '^  loaded also at +[0-9.]+ ms, [0-9.]+ ms$'
expect_eq "one is told" "$(grep -c '^  why loaded' <<<"$answer")" 1
expect_eq "with --all each" "$(plugreport object libweaknow.so --all --exe again | grep -c '^  why loaded')" 3
plugreport object libweaknow.so --json >again.json
expect_eq "in JSON" "$(sqlite3 -batch :memory: "SELECT json_array_length(readfile('again.json'),
	'\$.objects[0].other_loads')")" 2
