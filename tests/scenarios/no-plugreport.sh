# Without a plugreport to start, the spool stays beside the database's place and is taken in by the
# next plugreport that comes by.
. "$TOP/tests/lib.sh"

[ ! -e /usr/local/bin/plugreport ] || skip "a plugreport is installed where the module would find it"
so libone.so <<<'int one(void) { return 1; }'
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(void)
{
	printf("%d\n", dlopen("./libone.so", RTLD_NOW) != NULL);
	fprintf(stderr, "err\n");
	return 2;
}
END
mkdir alone
cp "$MODULE" alone/
status=0
env LD_AUDIT="$PWD/alone/libplugaudit.so" PATH=/usr/bin:/bin ./prog >out 2>err || status=$?
expect_eq "exit status" $status 2
expect_eq "output" "$(cat out)" 1
expect_true "at most one line of ours" [ "$(grep -cv '^err$' err)" -le 1 ]
expect_true "no database yet" [ ! -e plugaudit.db ]
expect_eq "one spool" "$(find . -name '*.spool' | wc -l)" 1
# Any command takes it in before it answers.
expect_match "objects" "$(plugreport objects)" 'libone\.so'
expect_no_spools
expect_sound
expect_db "the load" "SELECT reason FROM v_object WHERE path = './libone.so'" dlopen

# The module in a directory with a broken plugreport.
rm plugaudit.db
printf '#!/bin/sh\nexit 3\n' >alone/plugreport
chmod +x alone/plugreport
status=0
env LD_AUDIT="$PWD/alone/libplugaudit.so" ./prog >out 2>err || status=$?
expect_eq "exit status" $status 2
expect_eq "output" "$(cat out)" 1
ingest
expect_db "the load" "SELECT reason FROM v_object WHERE path = './libone.so'" dlopen
