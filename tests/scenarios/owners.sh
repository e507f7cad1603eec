# In a directory where anybody can put files, nobody else's file is written, believed or removed: links,
# databases, journals and spools of somebody else are refused, with a line that says so.
. "$TOP/tests/lib.sh"

need_root "files of several users"
need setpriv
chmod a+rx . "$(dirname "$PWD")"
# Another user must be able to read the module; in somebody's home directory it can't.
cp "$MODULE" "$REPORT" .
MODULE=$PWD/libplugaudit.so REPORT=$PWD/plugreport
so libone.so <<<'int one(void) { return 1; }'
program prog <<'END'
#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static char stack[1 << 20];
static int dropped(void *arg)
{
	(void)arg;
	return setgid(65534) != 0 || setuid(65534) != 0 || dlopen("./libone.so", RTLD_NOW) == NULL;
}
int main(int argc, char **argv)
{
	/* Without fork(), and with LD_BIND_NOW: else the recorder would begin the child's spool before. */
	if (argc > 1 && strcmp(argv[1], "drop") == 0)
		clone(dropped, stack + sizeof(stack), SIGCHLD, NULL);
	wait(NULL);
	printf("%d\n", dlopen("./libone.so", RTLD_NOW) != NULL);
	return 3;
}
END
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
mkdir -m 1777 open
run() { # DATABASE: what the program says and how it ends must not change
	local status=0
	env LD_AUDIT="$MODULE" PLUGAUDIT_DB="$1" ./prog >out 2>err || status=$?
	expect_eq "the program" "$status $(cat out)" "3 1"
}
refused() { # WHAT DATABASE REGEX: plugreport says it at a run's end, and the spool stays
	local kept
	run "$2"
	expect_match "$1" "$(cat err)" "$3"
	expect_eq "$1: in one line" "$(wc -l <err)" 1
	kept=$(find open -name "$(basename "$2").*.spool" -type f -uid 0 -perm 600)
	expect_eq "$1: the recording is kept" "$(wc -l <<<"$kept")" 1
	rm "$kept"
}

# Links in the database's place.
echo precious >precious
ln -s ../precious open/link.db
refused "a symbolic link" "$PWD/open/link.db" 'link.db: is a symbolic link'
expect_eq "is not followed" "$(cat precious)" precious
ln -s ../created open/dangling.db
refused "a dangling link" "$PWD/open/dangling.db" 'dangling.db: is a symbolic link'
expect_true "is not followed" [ ! -e created ]
: >empty
ln empty open/hard.db
refused "a hard link" "$PWD/open/hard.db" 'hard.db: has other names'
expect_eq "is not written" "$(stat -c %s empty)" 0

# A database that somebody else put there: it may be read, and is not written.
nobody env LD_AUDIT="$MODULE" PLUGAUDIT_DB="$PWD/open/theirs.db" ./prog >/dev/null || true
expect_eq "theirs" "$(stat -c '%u %a' open/theirs.db)" "65534 600"
before=$(cksum <open/theirs.db)
refused "somebody else's database" "$PWD/open/theirs.db" 'theirs.db: belongs to user 65534'
expect_eq "is as it was" "$(cksum <open/theirs.db)" "$before"
expect_match "can be read" "$(plugreport -d open/theirs.db why-loaded libone.so)" 'was loaded because main'
expect_eq "reading leaves it as it was" "$(cksum <open/theirs.db)" "$before"
chmod 644 open/theirs.db
expect_match "by anybody whom they let" \
	"$(setpriv --reuid=1234 --regid=1234 --clear-groups "$REPORT" -d open/theirs.db processes)" prog

# What SQLite finds beside a database tells it what to write and what to remove.
run "$PWD/open/mine.db"
expect_eq "mine" "$(stat -c '%u %a' open/mine.db)" "0 600"
before=$(cksum <open/mine.db)
for suffix in journal wal shm; do
	nobody touch "open/mine.db-$suffix"
	refused "a $suffix" "$PWD/open/mine.db" "mine.db-$suffix: belongs to user 65534"
	status=0
	plugreport -d open/mine.db processes >out 2>err || status=$?
	expect_match "reading" "$status $(cat err)" "^3 .*mine.db-$suffix: belongs to user 65534"
	expect_eq "the database is as it was" "$(cksum <open/mine.db)" "$before"
	rm "open/mine.db-$suffix"
done
nobody ln -s ../precious open/mine.db-journal
refused "a link as journal" "$PWD/open/mine.db" "mine.db-journal: belongs to user 65534"
rm open/mine.db-journal
run "$PWD/open/mine.db"
expect_eq "and without them all is well" "$(cat err) $(sqlite3 open/mine.db 'SELECT count(*) FROM run')" " 2"

# A write that was interrupted is undone by the database's own user only.
nobody bash -c 'exec sqlite3 open/theirs.db' <<'END' >/dev/null 2>&1 || true
PRAGMA cache_size = 1;
BEGIN;
DELETE FROM process;
CREATE TABLE more AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000)
	SELECT x, randomblob(1000) FROM n;
.shell kill -9 $PPID
END
expect_true "a journal was left" [ -s open/theirs.db-journal ]
status=0
plugreport -d open/theirs.db processes >out 2>err || status=$?
expect_match "root does not play their journal back" "$status $(cat err)" '^3 .*user 65534 was interrupted'
expect_true "nor remove it" [ -s open/theirs.db-journal ]
expect_match "they can" "$(nobody "$REPORT" -d open/theirs.db processes)" prog

# A file in the spool's place: the next name is taken.
# shellcheck disable=SC2016
bash -c 'ln -s ../precious "open/s.db.$$.spool"; exec env LD_AUDIT="$0" PLUGAUDIT_DB="$PWD/open/s.db" \
	PLUGAUDIT_FLUSH=off ./prog' "$MODULE" >/dev/null || true
expect_eq "a link as spool" "$(cat precious)" precious
expect_eq "another name" "$(find open -name 's.db.*.2.spool' -type f -perm 600 | wc -l)" 1
plugreport ingest -d open/s.db --quiet
expect_eq "is taken in" "$(sqlite3 open/s.db 'SELECT count(*) FROM process')" 1
expect_true "the link is left" [ -L "$(echo open/s.db.*.spool)" ]

# A recording of somebody else, put beside mine.
nobody env LD_AUDIT="$MODULE" PLUGAUDIT_DB="$PWD/open/mine.db" PLUGAUDIT_FLUSH=off ./prog >/dev/null || true
spool=$(echo open/mine.db.*.spool)
expect_eq "theirs" "$(stat -c %u "$spool")" 65534
status=0
plugreport ingest -d open/mine.db >out 2>err || status=$?
expect_match "is refused" "$status $(cat err)" "^3 .*$(basename "$spool"): belongs to (another )?user"
expect_true "and left" [ -e "$spool" ]
expect_eq "and not taken in" "$(sqlite3 open/mine.db 'SELECT count(*) FROM run')" 2
run "$PWD/open/mine.db"
expect_eq "nor at a run's end" "$(sqlite3 open/mine.db 'SELECT count(*) FROM run')" 3
plugreport ingest -d open/mine.db "$spool" >out 2>err
expect_eq "unless it is named" "$(sqlite3 open/mine.db 'SELECT count(*) FROM run')" 4

# What a process of my run wrote after it gave up its rights is mine to have: into a new database, into
# the same one later, and where only some can put files.
mkdir closed
chgrp 65534 closed
chmod 775 closed
for db in open/dropped.db closed/dropped.db; do
	for flush in on off; do
		env LD_BIND_NOW=1 LD_AUDIT="$MODULE" PLUGAUDIT_DB="$PWD/$db" PLUGAUDIT_FLUSH=$flush \
			./prog drop >/dev/null 2>err || true
		plugreport ingest -d "$db" --quiet 2>>err || true
		expect_eq "nothing is left beside $db" "$(find . -name "$(basename "$db").*.spool")" ""
	done
	expect_eq "users of $db" "$(sqlite3 "$db" 'SELECT uid, count(*) FROM process GROUP BY uid' | tr '\n' ' ')" "0|2 65534|2 "
	expect_eq "runs" "$(sqlite3 "$db" 'SELECT count(*) FROM run')" 2
done

# Where a group can put files, its members can: the directory of a project is as open as /tmp.
mkdir project
chgrp 65534 project
chmod 2775 project
run "$PWD/project/mine.db"
nobody env LD_AUDIT="$MODULE" PLUGAUDIT_DB="$PWD/project/mine.db" PLUGAUDIT_FLUSH=off ./prog >/dev/null || true
spool=$(echo project/mine.db.*.spool)
status=0
plugreport ingest -d project/mine.db >out 2>err || status=$?
expect_match "a member's recording is refused" "$status $(cat err)" \
	"^3 .*$(basename "$spool"): belongs to (another )?user"
expect_eq "and not taken in" "$(sqlite3 project/mine.db 'SELECT count(*) FROM run')" 1
ln empty project/hard.db
status=0
plugreport ingest -d project/hard.db "$spool" >out 2>err || status=$?
expect_match "a member's hard link" "$status $(tail -n 1 err)" '^3 .*hard.db: has other names'
expect_eq "is not written" "$(stat -c %s empty)" 0

# Where only I can, somebody else's recording is there because I want it.
mkdir -m 755 private
mv "$spool" private
plugreport ingest -d private/mine.db >out 2>err
expect_match "I am told" "$(cat err)" "$(basename "$spool"): belongs to user 65534, taken in because"
expect_eq "and it is taken in" "$(sqlite3 private/mine.db 'SELECT uid FROM process')" 65534

# And of my recordings nobody else reads anything.
env LD_AUDIT="$MODULE" PLUGAUDIT_DB="$PWD/open/mine.db" PLUGAUDIT_FLUSH=off ./prog >/dev/null || true
for file in open/mine.db open/mine.db.*.spool; do
	! nobody cat "$file" >/dev/null 2>&1 || fail "$file can be read by others"
done

# A plugreport that somebody put where the module looks for it is not run: beside a copy of the module, and
# in a root directory that the program changed to.
cp "$MODULE" open/
cat >pwned.c <<'END'
#include <fcntl.h>
int main(int argc, char **argv)
{
	return open("/pwned", O_WRONLY | O_CREAT, 0644) < 0 || argc < 0 || !argv;
}
END
printf '#!/bin/sh\ntouch %s/pwned\n' "$PWD" >plant
chmod 755 plant
nobody cp plant open/plugreport
env LD_AUDIT="$PWD/open/libplugaudit.so" PLUGAUDIT_DB="$PWD/beside.db" ./prog >/dev/null 2>&1 || true
expect_true "a planted plugreport is not run" [ ! -e pwned ]
cp "$REPORT" open/report
rm open/libplugaudit.so open/plugreport
nobody cp "$MODULE" open/libplugaudit.so
open/report record -q -o open/record.db -- ./prog >out 2>err || true
expect_match "a planted module is not used" "$(cat err)" 'libplugaudit.so: could be of anybody'
program jailed <<'END'
#include <unistd.h>
int main(int argc, char **argv)
{
	return argc < 2 || chroot(argv[1]) != 0 || chdir("/") != 0;
}
END
mkdir -p "jail$BUILD" jail/dev
touch jail/dev/null # which the recorder wants first
if $CC -static -o "jail$BUILD/plugreport" pwned.c 2>/dev/null; then
	chown -R 65534 jail
	env LD_AUDIT="$MODULE" PLUGAUDIT_DB="$PWD/jail.db" ./jailed jail || fail "chroot"
	expect_true "one in another root is not run" [ ! -e jail/pwned ]
	plugreport ingest -d jail.db --quiet
	expect_eq "the recording is there" "$(sqlite3 jail.db 'SELECT count(*) FROM process')" 1
fi
