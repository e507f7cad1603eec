# Under tight limits, in odd places and with unusual arguments a program does what it does without
# the recorder.
. "$TOP/tests/lib.sh"

for i in $(seq 60); do so lib$i.so <<<"int f$i(void) { return $i; }"; done
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	int opened = 0, rounds = 3;
	if (argc > 1 && strcmp(argv[1], "nobody") == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 1;
	if (argc > 1 && strcmp(argv[1], "grow") == 0)
		rounds = 60;
	for (int round = 0; round < rounds; round++)
		for (int i = 1; i <= 60; i++) {
			char name[32];
			void *handle;
			snprintf(name, sizeof(name), "./lib%d.so", i);
			handle = dlopen(name, RTLD_NOW);
			opened += handle != NULL;
			if (handle)
				dlclose(handle);
		}
	printf("%d %d %zu\n", opened, argc, argc > 1 ? strlen(argv[argc - 1]) : 0);
	return 5;
}
END
under() { # LIMIT COMMAND...: both runs under a limit of the shell
	local limit=$1 plain=0 audited=0
	shift
	# shellcheck disable=SC2086
	(ulimit $limit; exec "$@") >plain.out 2>plain.err || plain=$?
	# shellcheck disable=SC2086
	(ulimit $limit; exec env LD_AUDIT="$MODULE" PLUGAUDIT_QUIET=1 "$@") >audited.out 2>audited.err || audited=$?
	expect_eq "exit status with ulimit $limit" $audited $plain
	cmp plain.out audited.out || fail "output with ulimit $limit"
	rm -f plugaudit.db*
}
under "-f 1000" ./prog
under "-f 100" ./prog
under "-f 10" ./prog
under "-f 0" sh -c './prog | cat'
under "-n 5" ./prog
expect_eq "quiet is quiet, even when plugreport can open no file" "$(cat audited.err)" "$(cat plain.err)"
under "-v 100000" ./prog
under "-v 20000" ./prog
under "-s 128" ./prog
under "-c 0" ./prog grow
[ "$(id -u)" != 0 ] || under "-c 0" ./prog nobody

long=$(head -c 100000 /dev/zero | tr '\0' x)
same_run ./prog "$long"
expect_db "a long argument is cut or kept, and the row is there" "SELECT count(*), json_valid(argv) FROM process" "1|1"
rm plugaudit.db
mapfile -t many < <(seq 20000)
same_run ./prog "${many[@]}"
expect_db "many arguments" "SELECT count(*), json_valid(argv) FROM process" "1|1"
expect_db "the calls are there" "SELECT count(*) FROM call WHERE kind = 'dlopen'" 180

# Growing after the rights are gone: the spool needs none.
rm plugaudit.db
same_run ./prog grow
expect_sound
expect_db "all calls" "SELECT count(*) FROM call" 7200

# Odd places for the database.
mkdir -p $'a b/c\nd'
for db in $'a b/x y.db' $'a b/c\nd/q\'uote.db' 'a b/no-suffix' './plain.db' 'a b/../relative.db'; do
	PLUGAUDIT_DB=$db same_run ./prog
	expect_true "recorded in ${db@Q}" [ "$(sqlite3 -batch "$db" 'SELECT count(*) FROM process')" = 1 ]
done
expect_eq "nothing left behind" "$(find . -name '*.spool')" ""

# The module found by its name, through LD_LIBRARY_PATH.
rm -f plugaudit.db
env LD_AUDIT=libplugaudit.so LD_LIBRARY_PATH="${MODULE%/*}" ./prog >out || expect_eq "exit status" $? 5
expect_db "recorded" "SELECT count(*) FROM process" 1

# Started by ld.so's own command line.
rm -f plugaudit.db
interpreter=$(readelf -l prog | sed -n 's/.*interpreter: \(.*\)]/\1/p')
same_run "$interpreter" ./prog
expect_db "the program is the program" "SELECT count(*) FROM object WHERE kind = 'main'
	AND path LIKE '%prog'" 1
