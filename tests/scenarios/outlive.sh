# A child that outlives its parent: the parent's end does not wait for it, and what it loads later
# is taken in by the next plugreport.
. "$TOP/tests/lib.sh"

so liblate.so <<<'int late(void) { return 1; }'
program prog <<'END'
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
	int ready[2];
	char byte;
	if (pipe(ready) != 0)
		return 1;
	if (fork() == 0) {
		int gate;
		void *handle;
		close(0);
		close(1);
		close(2);
		dlopen("./liblate.so", RTLD_NOW | RTLD_NOLOAD);
		write(ready[1], "x", 1);
		gate = open("gate", O_RDONLY); /* until the test opens it, too */
		read(gate, &byte, 1);
		handle = dlopen("./liblate.so", RTLD_NOW);
		gate = open("done", O_WRONLY);
		write(gate, handle ? "1" : "0", 1);
		return 5;
	}
	read(ready[0], &byte, 1);
	puts("parent ends");
	return 0;
}
END
mkfifo gate "done"
plugreport record -o "$PLUGAUDIT_DB" ./prog >out 2>err
expect_match "the child is not forgotten" "$(cat err)" \
	'recorded 1 process, .*; 1 process that is not counted still runs$'
# Another run's child is none of its business.
plugreport record -o "$PLUGAUDIT_DB" sh -c : 2>err
expect_match "a run that has ended" "$(cat err)" 'recorded 1 process, [^;]*$'
expect_eq "the parent's output" "$(cat out)" "parent ends"
expect_sound
expect_db "the parent is in the database while the child runs" "SELECT end_kind FROM process
	WHERE begin_kind = 'start' AND run = 1" exit
ingest
expect_db "the child is still running" "SELECT count(*) FROM v_object WHERE path = './liblate.so'" 0
echo x >gate
expect_eq "the child could load" "$(cat "done")" 1
for _ in $(seq 100); do
	ingest
	[ -n "$(find . -name '*.spool')" ] || break
	sleep 0.05
done
expect_no_spools
expect_sound
expect_db "the child's late load" "SELECT p.begin_kind, p.end_kind, q.begin_kind FROM v_object o
	JOIN process p ON p.id = o.process LEFT JOIN process q ON q.id = p.parent
	WHERE o.path = './liblate.so'" "fork|exit|start"
expect_db "once" "SELECT count(*) FROM process WHERE run = 1" 2
