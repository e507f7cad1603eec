# Where it can't write, the recorder steps aside: the program's output and exit status are its own,
# and at most one line on standard error says why.
. "$TOP/tests/lib.sh"

for i in $(seq 40); do so lib$i.so <<<"int f$i(void) { return $i; }"; done
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char name[32];
	int opened = 0;
	for (int round = 0; round < (argc > 1 ? 200 : 1); round++)
		for (int i = 1; i <= 40; i++) {
			void *handle;
			snprintf(name, sizeof(name), "./lib%d.so", i);
			handle = dlopen(name, RTLD_NOW);
			opened += handle != NULL;
			dlclose(handle);
		}
	printf("opened %d of %s\n", opened, argv[0]);
	fprintf(stderr, "done\n");
	return 11;
}
END
try() { # WHAT MOST-LINES COMMAND...: output and status as ever, and so many more lines at most
	local what=$1 most=$2 status=0
	shift 2
	"$@" >got.out 2>got.err || status=$?
	expect_eq "$what: exit status" $status 11
	expect_match "$what: output" "$(cat got.out)" '^opened (40|8000) of ./prog$'
	expect_eq "$what: the program's own error output" "$(grep -c '^done$' got.err)" 1
	expect_true "$what: at most $most line of ours: $(cat got.err)" \
		[ "$(wc -l <got.err)" -le $((most + 1)) ]
}
readonly_user=
if [ "$(id -u)" = 0 ]; then
	need setpriv
	readonly_user="setpriv --reuid=65534 --regid=65534 --clear-groups"
	cp "$MODULE" "$REPORT" . # the build may be where only root may look
	MODULE=$PWD/libplugaudit.so
	chmod -R a+rX .
	chmod a+rx "$(dirname "$PWD")" # not what it holds: other tests come and go there
fi

mkdir -m 555 locked
try "read-only directory" 1 $readonly_user env LD_AUDIT="$MODULE" PLUGAUDIT_DB="$PWD/locked/x.db" ./prog
expect_match "it says so" "$(grep -v '^done$' got.err)" 'plugaudit.*locked'
expect_eq "nothing is written" "$(find locked -type f)" ""
try "quietly" 0 $readonly_user env LD_AUDIT="$MODULE" PLUGAUDIT_DB="$PWD/locked/x.db" \
	PLUGAUDIT_QUIET=1 ./prog
try "no such directory" 1 env LD_AUDIT="$MODULE" PLUGAUDIT_DB="$PWD/nowhere/x.db" ./prog
expect_match "it says so" "$(grep -v '^done$' got.err)" 'plugaudit.*nowhere'
try "a directory is in the way" 1 env LD_AUDIT="$MODULE" PLUGAUDIT_DB="$PWD/locked" ./prog

need_root "mounting a small file system"
mkdir small
mount -t tmpfs -o size=64k,mode=777 plugaudit-test "$PWD/small" 2>/dev/null \
	|| skip "a small tmpfs can't be mounted here (the read-only part passed)"
trap 'umount "$OLDPWD/small" 2>/dev/null || umount small' EXIT
export PLUGAUDIT_DB=$PWD/small/plugaudit.db
try "64 KiB" 1 env LD_AUDIT="$MODULE" ./prog many
rm -f small/*
mount -o remount,size=600k small
try "600 KiB" 1 env LD_AUDIT="$MODULE" PLUGAUDIT_FLUSH=off ./prog many
spool=$(find small -name '*.spool')
[ -n "$spool" ] || fail "600 KiB are enough for a spool"
cp --sparse=always small/*.spool .
# Take it in where there is room: what fitted is there, the rest is counted.
export PLUGAUDIT_DB=$PWD/plugaudit.db
ingest
expect_db "integrity" "PRAGMA integrity_check" ok
expect_db "loss is counted, with its reason" "SELECT lost_events > 0, lost_reason & 1 FROM process" "1|1"
expect_db "what came first is there" "SELECT count(*) > 100, min(seq) < (SELECT min(opened_seq)
	FROM object WHERE path = './lib2.so') FROM call" "1|1"
# No room for the database: the spool stays, and nothing breaks.
export PLUGAUDIT_DB=$PWD/small/plugaudit.db
try "no room for the database" 3 env LD_AUDIT="$MODULE" ./prog many
expect_true "a spool is left to be taken in later" [ -n "$(find small -name '*.spool')" ]
umount small
trap - EXIT
