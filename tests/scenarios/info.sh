# info: how long a run took where its end is known, what it is asked about, what is not taken in.
. "$TOP/tests/lib.sh"

lasted() { # RUN: the column LASTED
	plugreport info | sed -n "s/^ *$1  [0-9-]* [0-9:]* *\(-\|[0-9.]* [mu]*s\) .*/\1/p"
}

audit /bin/true
(audit /bin/sh -c 'kill -9 $$') 2>/dev/null || true
audit /bin/sleep 30 &
sleeper=$!
trap 'kill $sleeper 2>/dev/null || true' EXIT
for ((i = 0; i < 100; i++)); do
	[ "$(db "SELECT count(*) FROM process WHERE exe LIKE '%sleep'")" = 1 ] && break
	sleep 0.05
	ingest --live >/dev/null
done
expect_match "a run that ended" "$(lasted 1)" '^[0-9.]+ ms$'
expect_eq "a run that was killed" "$(lasted 2)" -
expect_eq "a run that goes on" "$(lasted 3)" -
plugreport info --json >answer.json
expect_eq "in JSON" "$(sqlite3 -batch :memory: "SELECT group_concat(json_type(value, '$.ended_ns'))
	FROM json_each(readfile('answer.json'), '$.runs')")" integer,null,null

# The spool of a living process stays beside the database that has all of it.
expect_true "a spool is there" [ -n "$(find . -name '*.spool')" ]
expect_no_match "nothing is left to take in" "$(plugreport info)" 'not taken in'
echo 'no spool at all' >plugaudit.db.4242.spool
expect_match "what can't be read is left" "$(plugreport info 2>/dev/null)" 'spools not taken in +yes'
rm plugaudit.db.4242.spool

# What --run and --pid leave out does not count.
sqlite3 plugaudit.db "UPDATE process SET glibc = '9.99', module = '/old/module.so' WHERE run = 1"
for selection in "--run 2" "--pid $sleeper"; do
	# shellcheck disable=SC2086
	expect_no_match "info $selection" "$(plugreport info $selection)" '9\.99|/old/module'
done
expect_match "info --run 1" "$(plugreport info --run 1)" 'recorder +/old/module\.so$'
expect_match "info" "$(plugreport info)" 'glibc +.*, 9\.99$'

# All that count bindings count what `bindings` lists.
rm -f plugaudit.db*
so libweak.so <<'END'
int nobodys(void) __attribute__((weak));
int weakly(void) { return nobodys ? nobodys() : 0; }
END
program counted ./libweak.so -Wl,-rpath,"$PWD" <<'END'
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int weakly(void);
int main(int argc, char **argv)
{
	printf("%zu %d\n", strlen(argv[0]), weakly());
	return argc > 1 || fork() ? wait(NULL) < -1 : execl(argv[0], argv[0], "x", (char *)0);
}
END
said=$(plugreport record -- ./counted 2>&1 >/dev/null)
listed=$(plugreport bindings | tail -n +2 | wc -l)
expect_match "record" "$said" ", $listed bindings in "
plugreport info --json >answer.json
expect_eq "info" "$(sqlite3 -batch :memory: "SELECT json_extract(readfile('answer.json'), '$.bindings')")" "$listed"
expect_match "info" "$(plugreport info)" "bindings +$listed\$"
plugreport processes --json >answer.json
expect_eq "processes" "$(sqlite3 -batch :memory: "SELECT sum(json_extract(value, '$.bindings')) FROM
	json_each(readfile('answer.json'), '$.processes')")" "$listed"
expect_true "some are left out" [ "$(plugreport bindings --all | wc -l)" -gt $((listed + 20)) ]
expect_match "verify counts something else" "$(plugreport verify)" '^all [0-9]+ processes: [0-9,]+ look-ups, '

# Numbers are written in one way.
many=$(for ((i = 0; i < 1200; i++)); do echo "int f$i(void);"; done; echo 'int (*all[])(void) = {'
	for ((i = 0; i < 1200; i++)); do echo "f$i,"; done; echo '};')
for ((i = 0; i < 1200; i++)); do echo "int f$i(void) { return $i; }"; done | so libmany.so
so libusing.so ./libmany.so -Wl,-rpath,"$PWD" <<<"$many"
program using ./libusing.so -Wl,-rpath,"$PWD" <<<'extern int (*all[])(void); int main(void) { return !all[0]; }'
rm -f plugaudit.db*
said=$(plugreport record -- ./using 2>&1)
listed=$(plugreport bindings | tail -n +2 | wc -l)
grouped="${listed:0:-3},${listed: -3}"
expect_match "record" "$said" ", $grouped bindings in "
expect_match "info" "$(plugreport info)" "bindings +$grouped\$"
expect_match "processes" "$(plugreport processes)" " $grouped "
expect_eq "in JSON" "$(plugreport info --json | sed -n 's/^ *"bindings": \([0-9]*\),*$/\1/p' | head -n 1)" "$listed"
