# What a forked process has from its parent, opened and bound before the fork, is recorded as the
# parent's: answers about the child alone say so, and whom to ask.
. "$TOP/tests/lib.sh"

so libdep.so <<'END'
int dep(void) { return 1; }
int common(void) { return 1; }
END
so libplug.so ./libdep.so -Wl,-rpath,"$PWD",-z,lazy <<'END'
int dep(void);
int common(void) { return 2; }
int go(void) { return dep() + common(); }
END
program forker -rdynamic ./libdep.so -Wl,-rpath,"$PWD",-z,lazy <<'END'
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int common(void);
int main(void)
{
	void *handle = dlopen("./libplug.so", RTLD_LAZY);
	int (*go)(void) = (int (*)(void))dlsym(handle, "go");

	if (go() + common() == 0)
		return 1;
	if (fork() == 0) {
		if (fork() == 0)
			exit(0);
		exit(wait(NULL) < 0);
	}
	return wait(NULL) < 0;
}
END
audit ./forker
parent=$(db "SELECT pid FROM process WHERE begin_kind = 'start'")
child=$(db "SELECT pid FROM v_process WHERE parent_pid = $parent")
grandchild=$(db "SELECT pid FROM v_process WHERE parent_pid = $child")
whose="^Bindings that process $child inherited are those of its parent: --pid $parent tells of them\.\$"

# object: what it was bound to before the fork is not unknown, but somebody else's.
answer=$(plugreport object libplug.so --pid "$child")
expect_match "object of a fork" "$answer" "$whose"
expect_match "object of a fork" "$answer" ' plt +common .* not since the fork$'
expect_no_match "object of a fork" "$answer" 'not recorded'
expect_no_match "object with its parent" "$(plugreport object libplug.so)" 'Bindings .* inherited'
expect_eq "of two forks without the first" \
	"$(plugreport object libplug.so --pid "$grandchild" | grep -c "inherited are those of its parent: --pid $child tells")" 1

# interpositions and duplicates: `common` is defined twice.
expect_match "the parent's" "$(plugreport interpositions --pid "$parent" --symbol=common)" '^  I.* common '
for command in interpositions "interpositions libplug.so" duplicates; do
	# shellcheck disable=SC2086
	expect_match "$command of a fork" "$(plugreport $command --pid "$child")" "$whose"
	# shellcheck disable=SC2086
	expect_no_match "$command with its parent" "$(plugreport $command)" 'Bindings .* inherited'
	# shellcheck disable=SC2086
	plugreport $command --pid "$child" --json >answer.json
	expect_eq "$command in JSON" "$(sqlite3 -batch :memory: "SELECT json_extract(i.value, '\$.pid'),
		json_extract(i.value, '\$.parent_pid') FROM json_each(readfile('answer.json'), '\$.inheriting') i")" \
		"$child|$parent"
done
expect_match "no more is said" "$(plugreport interpositions --pid "$child")" '^nothing to look at in what was bound since the fork;'

# why-resident: the dlopen was recorded.
for pair in "$child $parent" "$grandchild $child"; do
	read -r pid from <<<"$pair"
	answer=$(plugreport why-resident libplug.so --pid "$pid")
	expect_match "why-resident of a fork" "$answer" \
		"^  opened and not closed: before it was forked from $from \(--pid $from tells more\)\$"
	expect_no_match "why-resident of a fork" "$answer" 'was not recorded'
done
expect_match "why-resident of the parent" "$(plugreport why-resident libplug.so --pid "$parent")" \
	'^  opened and not closed: dlopen\("\./libplug\.so", RTLD_LAZY\) called from main\(\)'
plugreport why-resident libplug.so --pid "$child" --json >answer.json
expect_eq "in JSON" "$(sqlite3 -batch :memory: "SELECT json_extract(readfile('answer.json'),
	'\$.explanations[0].kept_by[0].kind', '\$.explanations[0].kept_by[0].inherited')")" '["open",true]'

# Of many processes with one answer some are named, with --all all of them.
so liblate.so <<<'int late(void) { return 3; }'
program many -Wl,--no-as-needed ./libdep.so -Wl,-rpath,"$PWD" <<'END'
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	for (int i = 0; i < 14; i++) {
		if (fork() == 0)
			return !dlopen("./liblate.so", RTLD_NOW);
		if (wait(NULL) < 0)
			return 1;
	}
	return 0;
}
END
PLUGAUDIT_DB=$PWD/many.db
audit ./many
expect_match "that inherited it" "$(plugreport why-loaded libdep.so)" \
	'^14 forked processes had it from the start: ([0-9]+, ){12}\.\.\.$'
expect_match "that inherited it, --all" "$(plugreport why-loaded libdep.so --all)" \
	'^14 forked processes had it from the start: ([0-9]+, ){13}[0-9]+$'
expect_match "that loaded it" "$(plugreport why-loaded liblate.so)" 'and the same in 13 others \(([0-9]+, ){12}\.\.\.\)'
expect_match "that loaded it, --all" "$(plugreport why-loaded liblate.so --all)" \
	'and the same in 13 others \(([0-9]+, ){12}[0-9]+\)'
