# How a load, or a reference that it left open, ends a program: at the first call of a function that
# nothing defines ld.so prints "symbol lookup error" and exits with 127 (glibc elf/dl-runtime.c,
# elf/dl-catch.c); a constructor can crash.  No event tells of either.
. "$TOP/tests/lib.sh"

so plug.so -Wl,-z,lazy <<'C'
void nobody_has_it(void), nor_this(void);
int weak_one(void) __attribute__((weak));
int plug(int x) { if (x == 1) nobody_has_it(); if (x == 2) nor_this(); return weak_one ? weak_one() : 5; }
C
so crash.so <<<'int *nowhere; __attribute__((constructor)) static void start(void) { *nowhere = 1; }
int plug(int x) { return x; }'
so late.so <<<'int *nowhere; int plug(int x) { return x ? *nowhere : 0; }'
program host <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* host LIB N [END]: call plug(N), then end in that way */
int main(int argc, char **argv)
{
	void *handle = dlopen(argv[1], RTLD_LAZY);
	int (*plug)(int) = handle ? dlsym(handle, "plug") : NULL;
	if (!plug)
		return puts(dlerror());
	plug(atoi(argv[2]));
	if (argc > 3)
		_exit(atoi(argv[3]));
	return 0;
}
C
recorded() { # COMMAND...: as a child of plugreport record, which knows how it ended
	rm -f "$PLUGAUDIT_DB"*
	plugreport record -o "$PLUGAUDIT_DB" -- "$@" >out 2>err && status=0 || status=$?
}
alone() { # COMMAND...: how it ended is not known
	rm -f "$PLUGAUDIT_DB"*
	audit "$@" >out 2>err && status=0 || status=$?
}
ended='Its first call, or that of 1 other like it, ended the process \(inferred from exit status 127'

recorded ./host ./plug.so 2
expect_eq "exit status" $status 127
expect_match "ld.so's word" "$(cat err)" 'symbol lookup error: ./plug\.so: undefined symbol: nor_this'
expect_match "why-bound" "$(plugreport why-bound nor_this)" "^nor_this can't be bound: nothing in scope defines it\.\$"
expect_match "why-bound: that ended it" "$(plugreport why-bound nor_this)" "$ended"
expect_match "by JSON" "$(plugreport why-bound nor_this --json)" '"ended_process": "likely"'
expect_no_match "a weak one is no error" "$(plugreport why-bound weak_one)" "can't be bound|ended the process"
expect_rules "check" "error failed-load plug.so"
expect_match "check" "$(message_of failed-load)" \
	"^plug\.so called (nobody_has_it|nor_this) \(or another one\), which nothing in its scope defines, and that ended the program\$"

# Only that it did not call exit() is known.
alone ./host ./plug.so 2
expect_eq "exit status" $status 127
expect_match "why-bound" "$(plugreport why-bound nor_this)" 'may have ended the process, which did not end by exit\(\)'
expect_rules "check" "warning failed-load plug.so"
expect_match "check" "$(message_of failed-load)" "^plug\.so may have called .*, which nothing in its scope defines, and that ends a program\$"

# Nobody called it; the process ended in another way.
alone ./host ./plug.so 0
expect_match "not called" "$(plugreport why-bound nor_this)" 'Nobody called it: the first call would end the process'
expect_rules "not called" ""
recorded ./host ./plug.so 0 3
expect_eq "exit status" $status 3
expect_match "not called, _exit" "$(plugreport why-bound nor_this)" 'Nobody called it'
expect_rules "not called, _exit" ""
# exit(127) is the program's own.
recorded sh -c "./host ./plug.so 0; exit 127"
expect_eq "a shell's 127" "$status $(rules_of)" "127 "

# The symbol is there, in a library that is RTLD_LOCAL: the same end is hidden-by-local's.
so has.so <<<'void nobody_has_it(void) {} void nor_this(void) {} int plug(int x) { return x; }'
program both <<'C'
#include <dlfcn.h>
int main(void)
{
	dlopen("./has.so", RTLD_NOW);
	int (*plug)(int) = dlsym(dlopen("./plug.so", RTLD_LAZY), "plug");
	return plug(1);
}
C
recorded ./both
expect_eq "exit status" $status 127
expect_rules "hidden" "error hidden-by-local plug.so has.so"
expect_match "hidden" "$(evidence_of hidden-by-local)" '^the program ended with status 127, and not by exit\(\)'

# What the program was linked against.
so libprog.so -Wl,-z,lazy <<<'void nobody_has_it(void); void call(void) { nobody_has_it(); }'
program linked -Wl,-z,lazy -Wl,--unresolved-symbols=ignore-all ./libprog.so -Wl,-rpath,"$PWD" <<<'void call(void); int main(void) { call(); return 0; }'
recorded ./linked
expect_eq "exit status" $status 127
expect_rules "linked" "error failed-load libprog.so"
expect_match "linked" "$(message_of failed-load)" '^libprog\.so called nobody_has_it, which nothing'

# A constructor crashes.  (No core files are wanted.)
ulimit -c 0
recorded ./host ./crash.so 0
expect_eq "exit status" $status 139
expect_rules "a crash in a constructor" "warning failed-load crash.so host"
expect_match "a crash in a constructor" "$(message_of failed-load)" '^SIGSEGV ended the program while crash\.so was loaded, or right after'
alone ./host ./crash.so 0
expect_rules "and how is not known" "note failed-load crash.so host"
# The near miss: it crashes later, in a function of the plugin.
recorded ./host ./late.so 1
expect_eq "exit status" $status 139
expect_rules "a crash later" ""
recorded ./host ./late.so 0
expect_rules "no crash" ""
