# The rules of check about the process as a whole: each finds what it is about, and nothing in a
# program that only looks like it.
. "$TOP/tests/lib.sh"

program host <<'C'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!dlopen(argv[i], RTLD_NOW))
			puts(dlerror());
	return 0;
}
C

# exec-stack: the loader makes stacks executable for a library that asks for it, or does not say
# anything (glibc 2.36; 2.41 refuses it).
so asks.so -Wl,-z,execstack <<<'int asks;'
so silent.so -Wl,-z,noexecstack <<<'int silent;'
so plain.so -Wl,-z,noexecstack <<<'int plain;'
# No PT_GNU_STACK: its program header becomes PT_NULL (type at the beginning of each 56-byte entry).
perl -e 'open F, "+<", $ARGV[0]; binmode F; read F, $h, 64; my ($off) = unpack "x32 Q", $h;
	my ($n) = unpack "x56 S", $h;
	for (0 .. $n - 1) { seek F, $off + 56 * $_, 0; read F, $t, 4;
		if (unpack("L", $t) == 0x6474e551) { seek F, $off + 56 * $_, 0; print F pack "L", 0 } }' silent.so
audit ./host ./asks.so ./silent.so ./plain.so >out
if [ -s out ]; then
	echo "ld.so refuses executable stacks: $(cat out)"
	grep -q 'executable stack' out || fail "$(cat out)"
else
	expect_rules "exec-stack" "warning exec-stack asks.so
warning exec-stack silent.so" --rule exec-stack
	expect_match "exec-stack" "$(message_of exec-stack)" 'asks\.so asks for an executable stack.*2\.41'
	expect_match "exec-stack" "$(message_of exec-stack)" 'silent\.so .*no PT_GNU_STACK'
fi

# text-relocations: code that is not position-independent in a library.
cat >textrel.s <<'S'
	.globl textrel
	.text
textrel:
	movabs $target, %rax
	ret
	.data
	.globl target
target:
	.quad 0
	.section .note.GNU-stack,"",@progbits
S
$CC -shared -Wl,-z,notext -o textrel.so textrel.s
so datarel.so <<<'extern int target; int target; int *pointer = &target;'
audit ./host ./textrel.so ./datarel.so
expect_rules "text-relocations" "warning text-relocations textrel.so" --ignore failed-load --ignore 'unused*'

# static-tls: dlopen takes it from a reserve; less than the reserve is a note, more a warning.  The
# same library linked into the program has its room.
so small.so -ftls-model=initial-exec <<<'__thread char small[64]; char *f(void) { return small; }'
so large.so -ftls-model=initial-exec <<<'__thread char large[700]; char *g(void) { return large; }'
so dynamic.so <<<'__thread char dynamic[9000]; char *h(void) { return dynamic; }'
audit ./host ./small.so ./dynamic.so
expect_rules "static-tls" "note static-tls small.so" --rule static-tls
audit ./host ./small.so ./large.so >out
[ -s out ] || expect_rules "static-tls" "warning static-tls small.so large.so" --rule static-tls
GLIBC_TUNABLES=glibc.rtld.optional_static_tls=2000 audit ./host ./small.so ./large.so >out
expect_rules "a larger reserve" "note static-tls small.so large.so" --rule static-tls
expect_match "a larger reserve" "$(message_of static-tls)" '764 bytes of static TLS; 2000 are set aside'
program linked ./large.so -Wl,-rpath,. <<<'char *g(void); int main(void) { return !g(); }'
audit ./linked
expect_rules "static-tls at the start" "" --rule static-tls

# second-libc and namespace-budget: dlmopen gives a C library of its own each time, and 16 namespaces
# are all.
program spaces <<'C'
#include <dlfcn.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	void *last = NULL;
	for (int i = 0; i < atoi(argv[1]); i++) {
		void *handle = dlmopen(LM_ID_NEWLM, "./plain.so", RTLD_NOW);
		if (!handle)
			break;
		if (argc > 2)
			dlclose(handle);
		last = handle;
	}
	return !last;
}
C
so plain.so -Wl,--no-as-needed -lc <<<'int plain;'
glibc_at_least 2.35 || exit 0 # dlmopen
audit ./spaces 1
expect_rules "second-libc" "warning second-libc libc.so.6 libc.so.6"
expect_match "second-libc" "$(message_of second-libc)" 'namespace [0-9]+ has a C library of its own'
audit ./spaces 40 close
expect_rules "namespaces that are closed again" "" --rule namespace-budget
audit ./spaces 40
expect_rules "namespace-budget" "error namespace-budget plain.so" --rule namespace-budget
audit ./spaces 11
expect_rules "many namespaces" "warning namespace-budget plain.so" --rule namespace-budget
audit ./spaces 4
expect_rules "few namespaces" "" --rule namespace-budget
audit ./host ./plain.so
expect_rules "a plugin in the same namespace" ""
