# A question about what the recording has not got is told from one with an empty answer: what is not
# there is said, with names that are near, and the exit status is 1.
. "$TOP/tests/lib.sh"

so libplug.so <<<'int plug(void) { return 1; }'
so libbroken.so <<<'int nobody(void); int broken(void) { return nobody(); }'
program host <<'END'
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	dlopen("./libplug.so", RTLD_NOW);
	dlopen("libbroken.so", RTLD_NOW);
	dlopen("libgone.so", RTLD_NOW);
	if (fork() == 0)
		_exit(0);
	return wait(NULL) < 0;
}
END
LD_LIBRARY_PATH=$PWD audit ./host

# A name that means nothing.
for command in duplicates interpositions objects object scopes why-loaded why-global why-resident; do
	status=0
	plugreport "$command" libplugg.so >out 2>err || status=$?
	expect_eq "$command" "$status: $(cat err)" \
		"1: plugreport: nothing called 'libplugg.so' was loaded; did you mean 'libplug.so'?"
	expect_eq "$command says no more" "$(cat out)" ""
done
for command in duplicates interpositions; do
	status=0
	plugreport "$command" libplug.so libplugg.so >out 2>err || status=$?
	expect_eq "$command of two" "$status: $(cat err)" \
		"1: plugreport: nothing called 'libplugg.so' was loaded; did you mean 'libplug.so'?"
	expect_match "$command of two" "$(cat out)" '^nothing '
done

# scopes at an event that never was, before anything, and when it was gone.
last=$(db "SELECT max(seq) FROM (SELECT max(seq) AS seq FROM activity UNION ALL SELECT max(seq) FROM call
	UNION ALL SELECT max(seq) FROM binding UNION ALL SELECT max(closed_seq) FROM object)")
status=0
plugreport scopes --at=$((last + 1)) >out 2>err || status=$?
expect_eq "behind the end" "$status: $(cat err)" "1: plugreport: there is no event $((last + 1)): the last one is $last"
expect_eq "behind the end" "$(cat out)" ""
expect_match "at the end" "$(plugreport scopes --at="$last")" '^  host: global$'
begin=$(plugreport scopes --at=1 --pid "$(db "SELECT pid FROM process WHERE begin_kind = 'start'")")
expect_match "at the beginning" "$begin" '^nothing was mapped then$'
expect_no_match "no list, no heading" "$begin" '^lists'
expect_match "no more" "$(plugreport scopes libbroken.so)" "^'libbroken\.so' was not mapped then\$"

# What was found, and could then not be loaded, is not missing.
missing=$(plugreport searches --missing)
expect_match "it was not found" "$missing" 'failed +libgone\.so'
expect_no_match "it was found" "$missing" 'failed +libbroken\.so'
expect_match "its total" "$missing" '^1 name \(1 not found'

# A process in which nothing happened.
expect_match "an empty timeline" "$(plugreport timeline --pid "$(db "SELECT pid FROM process WHERE begin_kind = 'fork'")")" \
	'^nothing was loaded, opened or closed$'

# A recording beside itself.
for two in "plugaudit.db plugaudit.db" "#1 plugaudit.db"; do
	# shellcheck disable=SC2086
	expect_match "diff $two" "$(plugreport diff $two)" '^nothing differs: A and B are the same recording$'
done
expect_match "diff -d" "$(plugreport -d plugaudit.db diff plugaudit.db)" 'are the same recording$'
cp plugaudit.db copy.db
expect_match "a copy" "$(plugreport diff plugaudit.db copy.db)" '^nothing differs$'
