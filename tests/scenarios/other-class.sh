# A 64-bit program starts a 32-bit one: with both modules installed where $LIB leads, one LD_AUDIT
# serves both, and they are in one database, in one run.  ld.so(8), "$LIB"; what of it `record` does by
# itself, and what it says when the other module is not there.
. "$TOP/tests/lib.sh"
. "$TOP/tests/oracle/bindings.sh"

[ "$(uname -m)" = x86_64 ] || skip "there is no other ELF class on $(uname -m)"
if command -v i686-linux-gnu-gcc >/dev/null; then
	cc32=i686-linux-gnu-gcc
else
	cc32="gcc -m32"
fi
echo 'int main(void) { return 42; }' >try.c
status=0
$cc32 -o try32 try.c 2>/dev/null || skip "no compiler for i386: gcc-i686-linux-gnu and libc6-dev:i386, or gcc-multilib"
./try32 2>/dev/null || status=$?
[ $status -eq 42 ] || skip "programs for i386 don't run here: libc6:i386 is not installed"
$cc32 -o try32 try.c -Wl,--no-as-needed -lunwind-x86 2>/dev/null || skip "libunwind-dev:i386 is not installed"

unset CC MAKEFLAGS MFLAGS MAKELEVEL
quiet_make() { # ARGUMENT...
	make -s -C "$TOP" PREFIX=/usr DESTDIR="$PWD/root" "$@" >make.out 2>&1 || fail "make $*: $(cat make.out)"
}
quiet_make ARCH=i386 CC="$cc32" BUILD="$PWD/build32" install
expect_eq "installed for i386" "$(cd root && find . ! -type d -printf '%p %l\n' | sort)" \
	"./usr/lib/i386-linux-gnu/libplugaudit.so 
./usr/lib32/libplugaudit.so ../lib/i386-linux-gnu/libplugaudit.so"
quiet_make CC=gcc BUILD="$BUILD" install
installed=$PWD/root/usr
REPORT=$installed/bin/plugreport

CC=$cc32
so libplugin.so <<<'int plugin(void) { return 7; }'
program prog32 <<'END'
#include <dlfcn.h>
#include <stddef.h>
int main(void)
{
	void *plugin = dlopen("./libplugin.so", RTLD_NOW);
	int (*function)(void) = plugin ? (int (*)(void))dlsym(plugin, "plugin") : NULL;
	return function ? function() : 1;
}
END
CC=gcc
program prog64 <<'END'
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	int status;
	if (fork() == 0) {
		execl("./prog32", "./prog32", NULL);
		_exit(99);
	}
	return wait(&status) > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}
END
expect_both() { # HOW: one run with both programs; what the 32-bit one did is known as usual
	expect_sound
	expect_no_spools
	expect_db "$1: one run" "SELECT count(*) FROM run" 1
	expect_db "$1: both machines" "SELECT DISTINCT machine, replace(exe, '$PWD/', '') FROM process ORDER BY 1" \
		"3|prog32
62|prog64"
	expect_db "$1: modules" "SELECT DISTINCT replace(replace(module, '$installed/', ''), 'lib32/', 'lib/i386-linux-gnu/')
		FROM process ORDER BY machine" "lib/i386-linux-gnu/libplugaudit.so
lib/x86_64-linux-gnu/libplugaudit.so"
	expect_db "$1: parent" "SELECT p.machine FROM process c JOIN process p ON p.id = c.parent
		WHERE c.machine = 3" 62
	expect_db "$1: calls" "SELECT kind, name, result_path, caller_function FROM v_call ORDER BY seq" \
		"dlopen|./libplugin.so|./libplugin.so|main
dlsym|plugin|./libplugin.so|main"
	expect_match "$1: stack" "$(db "SELECT group_concat(f.function) FROM stack_frame f JOIN call c
		ON c.stack = f.stack WHERE c.kind = 'dlopen'")" '^main,.*,_start$'
	expect_match "$1: why" "$(plugreport why-loaded libplugin.so)" \
		'dlopen\("./libplugin.so", RTLD_NOW\) called from main\(\) at prog32.c:5 in prog32'
	model_agrees
}

# record finds the other module by itself.
export PLUGAUDIT_DB=$PWD/one.db
status=0
plugreport record -q -o one.db -- ./prog64 >out 2>err || status=$?
expect_eq "status and output" "$status $(cat out err)" "7 "
expect_both record

# By hand.
export PLUGAUDIT_DB=$PWD/two.db
status=0
env LD_AUDIT="$installed/"'$LIB/libplugaudit.so' ./prog64 >out 2>err || status=$?
expect_eq "status and output, \$LIB" "$status $(cat out err)" "7 "
expect_both "\$LIB"

# The 32-bit program first: its module starts plugreport, which is a 64-bit program.
export PLUGAUDIT_DB=$PWD/three.db
MODULE=$installed/lib/i386-linux-gnu/libplugaudit.so
same_run ./prog32
expect_no_spools
expect_db "alone" "SELECT machine, end_kind FROM process" "3|exit"

# All that ld.so bound.
export PLUGAUDIT_DB=$PWD/four.db
bindings_equal ./prog32
expect_eq "status" "$bindings_status" 7

# Without the other module.
rm "$MODULE"
export PLUGAUDIT_DB=$PWD/five.db
status=0
plugreport record -o five.db -- ./prog32 >out 2>err || status=$?
expect_eq "its exit status" $status 7
expect_match "what is missing" "$(cat err)" "'./prog32' is a program for i386, and the recorder for that is not installed beside the one for x86-64: it can't be recorded \('make ARCH=i386 install' adds it"
status=0
plugreport record -q -o six.db -- ./prog64 >out 2>err || status=$?
export PLUGAUDIT_DB=$PWD/six.db
expect_eq "the 64-bit program is recorded alone" "$status $(db "SELECT DISTINCT machine FROM process")" "7 62"
