# PLUGAUDIT_DB, PLUGAUDIT_FLUSH and PLUGAUDIT_QUIET.
. "$TOP/tests/lib.sh"

program prog <<'END'
#include <stdio.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	if (argc > 1 && chdir(argv[1]) != 0)
		return 1;
	puts("here");
	return 0;
}
END
unset PLUGAUDIT_DB
audit ./prog >/dev/null
expect_true "the default is ./plugaudit.db" [ -s plugaudit.db ]
expect_match "plugreport reads it without being told" "$(plugreport processes)" '/prog'
mkdir elsewhere sub
PLUGAUDIT_DB=$PWD/elsewhere/x.db audit ./prog >/dev/null
expect_true "PLUGAUDIT_DB names another" [ -s elsewhere/x.db ]
expect_match "plugreport -d" "$(plugreport processes -d elsewhere/x.db)" '/prog'
expect_match "plugreport --db" "$(plugreport processes --db elsewhere/x.db)" '/prog'
expect_match "plugreport reads PLUGAUDIT_DB" "$(PLUGAUDIT_DB=elsewhere/x.db plugreport processes)" '/prog'
rm plugaudit.db
audit ./prog sub >/dev/null
expect_true "./plugaudit.db is where the program began" [ -s plugaudit.db ]
expect_eq "not where it went" "$(find sub -type f)" ""
PLUGAUDIT_DB=sub/rel.db audit ./prog elsewhere >/dev/null
expect_true "a relative name too" [ -s sub/rel.db ]

export PLUGAUDIT_DB=$PWD/off.db
PLUGAUDIT_FLUSH=off audit ./prog >/dev/null
expect_true "PLUGAUDIT_FLUSH=off writes no database" [ ! -e off.db ]
expect_eq "but leaves the spool" "$(find . -name 'off.db.*.spool' | wc -l)" 1
expect_match "which plugreport takes in" "$(plugreport processes)" '/prog'
expect_eq "and removes" "$(find . -name '*.spool')" ""
expect_sound

expect_eq "a word about what can't be written" \
	"$(PLUGAUDIT_DB=/no/such/dir/x.db audit ./prog 2>&1 >/dev/null | wc -l)" 1
expect_eq "PLUGAUDIT_QUIET=1: not a word" \
	"$(PLUGAUDIT_QUIET=1 PLUGAUDIT_DB=/no/such/dir/x.db audit ./prog 2>&1 >/dev/null)" ""

rm -f off.db
GLIBC_TUNABLES=glibc.malloc.check=0 LD_LIBRARY_PATH=/no/such:relative LD_BIND_NOW=1 SECRET=wordofmine \
	LD_SDK_KEY=keyofmine LD_PRELOADED=nameofmine audit ./prog >/dev/null
expect_db "the environment that ld.so reads, and nothing else" "SELECT name, value FROM environment
	ORDER BY name" "GLIBC_TUNABLES|glibc.malloc.check=0
LD_AUDIT|$MODULE
LD_BIND_NOW|1
LD_LIBRARY_PATH|/no/such:relative
PLUGAUDIT_DB|$PWD/off.db"
PLUGAUDIT_DB=$PWD/secrets.db PLUGAUDIT_FLUSH=off SECRET=wordofmine LD_SDK_KEY=keyofmine LD_PRELOADED=nameofmine \
	audit ./prog >/dev/null
expect_eq "secrets are in no file" "$(grep -laE '(word|key|name)ofmine' secrets.db.*.spool off.db || true)" ""
