# In which order do constructors run?  What an object needs comes before it (gABI, "Initialization and
# Termination Functions"); the rest is glibc's own rule (elf/dl-sort-maps.c), with circles cut where
# it cuts them.  plugreport infers that from the needed lists; LD_DEBUG tells what ld.so did.
. "$TOP/tests/lib.sh"

need perl

link() { # NAME [flags...] -- NEEDED...: a library of this name that needs these
	local name=$1 flags=() needed=()
	shift
	while [ $# -gt 0 ] && [ "$1" != -- ]; do flags+=("$1"); shift; done
	shift || true
	for n; do needed+=("-l:$n.so"); done
	so "$name.so" "${flags[@]}" -Wl,--no-as-needed -L. "${needed[@]}" -Wl,-rpath,"$PWD" \
		<<<"__attribute__((constructor)) static void up_$name(void) {}"
}

link base
link left -- base
link right -- base left
link first -Wl,-z,initfirst -- base
link circle2
link circle3 -- circle2
link circle1 -- circle3 base
link circle2 -- circle1 right   # now it is one
link deep4
link deep3 -- deep4 left
link deep2 -- deep3
link deep1 -- right deep2 deep4
link plugin -- deep1 circle1 first
link inner -- left
link preloaded -- base
so nested.so <<'END'
#include <dlfcn.h>
__attribute__((constructor)) static void up(void) { dlopen("./inner.so", RTLD_NOW); }
END
# One whose constructor opens what came with it: that one's turn is then, with what it needs.
link later -- left
link between
link between2
for name in opener opener2; do
	link "later_of_$name" -- later
	so $name.so -Wl,-z,lazy <<END
#include <dlfcn.h>
__attribute__((constructor)) static void up(void) { dlopen("later_of_$name.so", RTLD_LAZY); }
END
done
link several -- later_of_opener2 circle1 between2 opener2
program opening -Wl,--no-as-needed -L. -l:later_of_opener.so -l:between.so -l:opener.so -Wl,-rpath,"$PWD" <<'END'
#include <dlfcn.h>
int main(void) { return !dlopen("./several.so", RTLD_LAZY); }
END
program prog -Wl,--no-as-needed -L. -l:left.so -l:circle3.so -Wl,-rpath,"$PWD" <<'END'
#include <dlfcn.h>
int main(void)
{
	dlopen("./plugin.so", RTLD_NOW);
	dlopen("./nested.so", RTLD_NOW);
	return 0;
}
END

# order_equal COMMAND...: its constructors ran in the order that plugreport tells.
order_equal() {
	rm -rf log.* "$PLUGAUDIT_DB"
	env LD_AUDIT="$MODULE" LD_DEBUG=files LD_DEBUG_OUTPUT="$PWD/log" "$@" >/dev/null </dev/null
	pid=$(plugreport sql "SELECT pid FROM process WHERE begin_kind = 'start'" | tail -n 1 | tr -d ' ')
	plugreport object '*' --pid "$pid" --json >objects.json
	perl "$TOP/tests/oracle/init-order.pl" objects.json "log.$pid" || fail "order of constructors of $*"
}
order_equal ./prog
count=8
glibc_at_least 2.34 || count=9 # libdl
expect_match "in words" "$(plugreport object base.so)" "its turn +number 2 of $count that came with prog"
expect_match "not for what has no turn" "$(plugreport object 'ld-linux*')" 'Segments'
expect_no_match "not for what has no turn" "$(plugreport object 'ld-linux*')" 'Order of constructors'
order_equal ./opening
expect_match "a turn that was brought forward" "$(plugreport object opener.so)" \
	'^  after it +later_of_opener.so, between.so, opening$'
expect_match "in a dlopen" "$(plugreport object opener2.so)" \
	'^  after it +later_of_opener2.so, between2.so, .*several.so$'
order_equal env LD_PRELOAD="$PWD/preloaded.so" ./prog
order_equal env GLIBC_TUNABLES=glibc.rtld.dynamic_sort=1 ./prog
order_equal /usr/bin/python3 -c 'import ssl, ctypes, sqlite3, lzma'
order_equal perl -MPOSIX -MSocket -e 1
! command -v git >/dev/null || order_equal git --version
! command -v gdb >/dev/null || order_equal gdb --version
