# plugreport check as a whole: text, JSON and SARIF say the same; what --fail-on, --rule, --ignore and
# suppressions do; one answer for what many processes have; names that lie.  (rules-*.sh has the rules.)
. "$TOP/tests/lib.sh"
need python3

so patched.so -Wl,-z,notext <<<'__asm__(".text\n.quad here\n.data\nhere: .quad 0\n");'
so rel.so -Wl,-rpath,lib <<<'int rel;'
program host <<'C'
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>
static void load(const char *name)
{
	dlopen(name, RTLD_NOW);
}
int main(int argc, char **argv)
{
	if (argc > 1 && argv[1][0] == '-') {
		for (int i = 0; i < 3; i++)
			if (fork() == 0)
				execl(argv[0], argv[0], "./patched.so", (char *)0);
		while (wait(0) > 0)
			;
		return 0;
	}
	for (int i = 1; i < argc; i++)
		load(argv[i]);
	return 0;
}
C
status_of() {
	local status=0
	"$@" >status.out 2>status.err || status=$?
	echo $status
}

# Nothing is wrong with plain programs.
for command in "/bin/ls /" "/bin/bash -c :" "/usr/bin/perl -e 1" "git --version" "/usr/bin/python3 -c pass"; do
	command -v "${command%% *}" >/dev/null || continue
	# shellcheck disable=SC2086
	audit $command >out 2>&1
	expect_eq "$command" "$(status_of plugreport check --fail-on=warning)" 0
	expect_no_match "$command" "$(cat status.out)" '^(error|warning)'
done

# The text, whole.
audit ./host ./patched.so ./rel.so
text=$(plugreport check | sed -E "s/process [0-9]+/process PID/; s/ \(host\+0x[0-9a-f]+\)//; s/\.\.\. [0-9]+ more/... N more/" | sed '/^ *#[0-9].*libc/d')
expect_eq "text" "$text" 'warning insecure-search-path: DT_RUNPATH of rel.so has the entry "lib": it is relative to the current directory
  in process PID (host)
    - ./rel.so: dlopen called from load() at host.c:6 in host
        #0  load() at host.c:6 in host
        #1  main() at host.c:19 in host
        ... N more (--all shows them)
  = write absolute directories, or ones that begin with $ORIGIN; patchelf --set-rpath changes a file

warning text-relocations: patched.so has text relocations: ld.so changes its code
  in process PID (host)
    - ./patched.so: dlopen called from load() at host.c:6 in host
        #0  load() at host.c:6 in host
        #1  main() at host.c:19 in host
        ... N more (--all shows them)
  = build all of it with -fPIC (or -fPIE), link with -z text, which names what is left

2 warnings in 1 process
'"'plugreport explain RULE' tells what a rule means and when it is harmless."

# Exit statuses.
expect_eq "errors only" "$(status_of plugreport check)" 0
expect_eq "--fail-on=warning" "$(status_of plugreport check --fail-on=warning)" 1
expect_eq "--fail-on=note" "$(status_of plugreport check --fail-on note)" 1
expect_eq "--fail-on=never" "$(status_of plugreport check --fail-on=never)" 0
expect_eq "no such severity" "$(status_of plugreport check --fail-on=fatal)" 2
expect_eq "no such rule" "$(status_of plugreport check --rule=text-relocation)" 2
expect_match "the near names are named" "$(cat status.err)" "text-relocations"
expect_eq "nor to ignore" "$(status_of plugreport check --ignore=nothing-near)" 2
expect_rules "--rule" "warning text-relocations patched.so" --rule text-relocations
expect_rules "--rule by group, twice" "warning insecure-search-path rel.so
warning text-relocations patched.so" --rule process --rule 'insecure-*'
expect_rules "--ignore" "warning insecure-search-path rel.so" --ignore text-relocations
expect_rules "--rule and --ignore" "" --rule process --ignore text-relocations

# JSON.
plugreport check --json >answer.json || true
value() { sqlite3 -batch :memory: "SELECT json_extract(readfile('answer.json'), '$1')"; }
expect_eq "rule" "$(value '$.findings[1].rule')" text-relocations
expect_eq "severity" "$(value '$.findings[1].severity')" warning
expect_eq "objects" "$(value '$.findings[1].objects')" '["./patched.so"]'
expect_eq "symbols" "$(value '$.findings[1].symbols')" '[]'
expect_eq "evidence: the call" "$(value '$.findings[1].evidence[0].call.name')" ./patched.so
expect_eq "evidence: its stack" "$(value '$.findings[1].evidence[0].stack[1].function')" main
expect_match "advice" "$(value '$.findings[1].advice')" '-fPIC'
expect_eq "process" "$(value '$.findings[1].processes[0].pid')" "$(db "SELECT max(pid) FROM process WHERE run = (SELECT max(id) FROM run)")"
expect_eq "counts" "$(value '$.errors') $(value '$.warnings') $(value '$.notes') $(value '$.suppressed')" "0 2 0 0"

# SARIF: valid, at the line that called dlopen, relative to where the sources are.
plugreport check --sarif >answer.sarif
sarif() { # FILE
	python3 "$TOP/tests/oracle/sarif.py" "$1" ${SARIF_SCHEMA:+"$SARIF_SCHEMA"} || fail "$1 is no SARIF"
}
sarif answer.sarif
result() { sqlite3 -batch :memory: "SELECT json_extract(readfile('answer.sarif'), '\$.runs[0].results[1]$1')"; }
expect_eq "ruleId" "$(result .ruleId)" text-relocations
expect_eq "level" "$(result .level)" warning
expect_eq "where" "$(result .locations[0].physicalLocation.artifactLocation.uri):$(result .locations[0].physicalLocation.region.startLine)" \
	"host.c:6"
expect_eq "relative to" "$(result .locations[0].physicalLocation.artifactLocation.uriBaseId)" "%SRCROOT%"
expect_match "message" "$(result .message.text)" 'has text relocations: .*'
expect_eq "every rule is described" "$(sqlite3 -batch :memory: "SELECT json_array_length(readfile('answer.sarif'), '\$.runs[0].tool.driver.rules')")" \
	"$(plugreport explain | sed 1d | wc -l)"

# Suppressions.
cat >known.supp <<'END'
# what we live with
[text-relocations]
	object = */patched.so
	reason = it has old assembler

[insecure-search-path]
object = rel.so
exe = host
reason = only on the build machine
END
expect_eq "all suppressed" "$(status_of plugreport check --fail-on=note --suppressions known.supp)" 0
expect_match "and counted" "$(cat status.out)" '^nothing found, 2 suppressed in 1 process$'
expect_eq "nothing to say of used ones" "$(cat status.err)" ""
PLUGAUDIT_SUPPRESSIONS=known.supp plugreport check --json >answer.json
expect_eq "the reason is in JSON" "$(value '$.findings[1].suppressed')" "it has old assembler"
plugreport check --sarif --suppressions=known.supp >answer.sarif
sarif answer.sarif
expect_eq "and in SARIF" "$(result .suppressions[0].justification)" "it has old assembler"
expect_eq "another run" "$(audit ./host ./rel.so; status_of plugreport check --suppressions known.supp)" 0
expect_match "an unused suppression is told" "$(cat status.err)" 'known\.supp: line 2: \[text-relocations\] suppressed nothing'
expect_eq "not when it could not be used" "$(status_of plugreport check --suppressions known.supp --ignore text-relocations; cat status.err)" 0
supp() { printf "$1" >try.supp; status_of plugreport check --suppressions=try.supp --fail-on=warning; }
expect_eq "another object" "$(supp '[insecure-search-path]\nobject=other.so\nreason=x\n')" 1
expect_eq "another program" "$(supp '[insecure-search-path]\nexe=other\nreason=x\n')" 1
expect_eq "a symbol that it has not" "$(supp '[insecure-search-path]\nsymbol=*\nreason=x\n')" 1
expect_eq "a group" "$(supp '[loading]\nreason=x\n')" 0
expect_eq "no newline at the end" "$(supp '[loading]\nreason=x')" 0
for bad in '[loading]\n' 'object = x\n' '[no-such-rule]\nreason=x\n' '[loading\nreason=x\n' '[loading]\nreason\n' \
	'[loading]\nreason =\n' '[loading]\nsymbols = x\nreason = y\n'; do
	expect_eq "a wrong file: $bad" "$(supp "$bad")" 2
	expect_match "says where" "$(cat status.err)" 'try\.supp: line [12]: '
done
expect_eq "no such file" "$(status_of plugreport check --suppressions nowhere.supp)" 2

# The same in several processes is told once; --exe, --pid choose.
PLUGAUDIT_DB=$PWD/tree.db
rm -f tree.db
audit sh -c './host - ; /bin/true'
expect_eq "once" "$(rules_of)" "warning text-relocations patched.so"
expect_match "with all that have it" "$(plugreport check)" 'and the same in 2 others \([0-9]+, [0-9]+\)'
expect_match "by program" "$(plugreport check)" "^$PWD/host\$"
expect_rules "--exe" "" --exe true
expect_eq "no such program" "$(status_of plugreport check --exe nowhere)" 1
expect_rules "--exe" "warning text-relocations patched.so" --exe host

# Names that lie: nothing gets out of its line, document or colour.
evil=$'ev\e[31m\nil".so'
cp patched.so "$evil"
rm -f tree.db
audit ./host "./$evil" 2>err || true
[ -s err ] && fail "$(cat err)"
expect_no_match "no control characters" "$(plugreport check)" $'\e'
expect_match "escaped" "$(plugreport check)" 'ev\\x1b\[31m\\nil"\.so has text relocations'
plugreport check --json >answer.json
# (By sqlite3's word alone: from 3.50 on it makes control characters that it prints harmless itself.)
expect_eq "as it is in JSON" "$(sqlite3 -batch :memory: "SELECT json_extract(readfile('answer.json'),
	'\$.findings[0].objects[0]') = './ev' || char(27) || '[31m' || char(10) || 'il\".so'")" 1
plugreport check --sarif >answer.sarif
sarif answer.sarif

# The pages.
expect_eq "explain" "$(status_of plugreport explain text-relocations)" 0
for words in '^text-relocations \(process\): ' '^What it means$' '^When it is reported$' '^When it is harmless$' '^What to do$'; do
	expect_match "explain" "$(cat status.out)" "$words"
done
expect_no_match "lines fit" "$(plugreport explain '*')" '^.{100}'
expect_eq "no such rule" "$(status_of plugreport explain text-relocation)" 1
expect_match "the near names are named" "$(cat status.err)" "text-relocations"
