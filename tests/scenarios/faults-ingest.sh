# Every system call that plugreport ingest makes fails once, in turn: with status 0 all is in the
# database; otherwise it is said why, and no spool is lost.  The next ingest takes in what is left: all
# is there, once, and no other file is left behind.
# FAULTS=all tries all calls with all their errors (make check-faults), otherwise some.
. "$TOP/tests/lib.sh"
inject=$BUILD/tests/inject
[ -x "$inject" ] || skip "system calls are made to fail on x86-64 only"

so libone.so <<<'int one(void) { return 1; }'
program prog <<'END'
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	if (fork() == 0) {
		dlsym(dlopen("./libone.so", RTLD_NOW), "one");
		return 0;
	}
	return wait(NULL) < 0;
}
END
PLUGAUDIT_FLUSH=off audit ./prog
mkdir kept
mv plugaudit.db.*.spool kept
cp kept/* .
ingest >ingest.out
mv plugaudit.db former
PLUGAUDIT_FLUSH=off audit ./prog
mkdir later
mv plugaudit.db.*.spool later

# All but what is found in other files, which may be gone as well: names of functions and of slots that
# nobody called through.
contents() {
	db "SELECT pid, parent_pid, argv, end_kind, started FROM v_process ORDER BY 1, 5;
		SELECT pid, path, opened_seq FROM v_object ORDER BY 1, 3;
		SELECT pid, seq, kind, name, result_path FROM v_call ORDER BY 1, 2;
		SELECT pid, sum(count) FROM v_binding WHERE source = 'la_symbind' GROUP BY 1 ORDER BY 1; SELECT count(*) FROM run;
		PRAGMA integrity_check; PRAGMA foreign_key_check"
}
prepare() { # new|old: only spools, or a database too
	rm -f plugaudit.db*
	if [ "$1" = new ]; then
		cp kept/*.spool .
	else
		cp former plugaudit.db
		cp later/*.spool .
	fi
}

"$inject" -o calls.start "$REPORT" --version >/dev/null
start=$(sed -n 's/^calls //p' calls.start)
failed=0 told=0
try() { # new|old N K: false when there was no N-th call
	local what line status=0
	prepare "$1"
	timeout -k 5 60 "$inject" -n "$2" -k "$3" -o fault "$REPORT" ingest >got.out 2>got.err \
		</dev/null || status=$?
	read -r line <fault
	[[ $line == failed* ]] || return 1
	what="$1, call $2: ${line#failed }"
	failed=$((failed + 1))
	# Until main begins, ld.so is at work: it says nothing when it has no memory at first.
	if [ $status -ne 0 ] && [ "$2" -gt "$start" ]; then
		told=$((told + 1))
		expect_true "$what: it says why" [ -s got.err ]
		expect_true "$what: no signal ($status): $(cat got.err)" [ $status -lt 126 ]
	fi
	ingest >again.out 2>again.err || fail "$what: the next ingest: $(cat again.err)"
	contents >got || fail "$what: status $status: $(cat got.err)"
	cmp -s "wanted.$1" got || fail "$what: status $status: $(cat got.err; diff "wanted.$1" got | head)"
	expect_eq "$what: left behind" "$(find . -maxdepth 1 -name 'plugaudit.db?*')" ""
}
for kind in new old; do
	prepare $kind
	"$inject" -o calls.$kind "$REPORT" ingest >ingest.out
	contents >wanted.$kind
	total=$(sed -n 's/^calls //p' calls.$kind)
	before=$failed
	if [ "${FAULTS:-}" = all ]; then
		for ((n = 1; ; n++)); do
			try $kind $n 0 || break
			errors=$(awk '{ print $NF }' fault)
			for ((k = 1; k < errors; k++)); do try $kind $n $k || break; done
		done
	else
		step=$((total / 25 + 1))
		first=${FAULT_FIRST:-$((RANDOM % step + 1))}
		echo "every $step. call from FAULT_FIRST=$first on"
		for ((n = first; n <= total; n += step)); do try $kind $n $n || true; done
	fi
	echo "$kind database: $((failed - before)) of ingest's system calls failed, one a run ($total in a run)"
done
echo "$told times ingest told that it could not"
expect_true "some failed" [ $failed -gt 20 ]
