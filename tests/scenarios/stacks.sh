# Each call carries its stack, with function, file and line from DWARF, through libraries,
# through another namespace, through a signal handler, and from threads.
. "$TOP/tests/lib.sh"
need_dlmopen

so libplugin.so <<<'int plugin;'
tee libdeep.c.kept <<'END' | so libdeep.so
#include <dlfcn.h>
void *deep_open(const char *name);
static void *deep_inner(const char *name)
{
	return dlopen(name, RTLD_LAZY); /* line 5 */
}
void *deep_open(const char *name)
{
	return deep_inner(name); /* line 9 */
}
END
program prog -L. -ldeep -Wl,-rpath,'$ORIGIN' <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
void *deep_open(const char *name);
static void recurse(int depth)
{
	if (depth > 0)
		recurse(depth - 1);
	else
		deep_open("./libplugin.so"); /* line 11 */
}
static void on_signal(int sig)
{
	(void)sig;
	dlsym(RTLD_DEFAULT, "in_signal"); /* line 16 */
}
static void *in_thread(void *arg)
{
	dlsym(RTLD_DEFAULT, "in_thread"); /* line 20 */
	return arg;
}
int main(void)
{
	pthread_t thread;
	void *apart;

	recurse(3); /* line 28 */
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	pthread_create(&thread, NULL, in_thread, NULL);
	pthread_join(thread, NULL);
	apart = dlmopen(LM_ID_NEWLM, "./libdeep.so", RTLD_NOW);
	((void *(*)(const char *))dlsym(apart, "deep_open"))("./libplugin.so"); /* line 34 */
	recurse(600);
	puts("done");
	return 0;
}
END
audit ./prog >out
expect_eq "output" "$(cat out)" "done"
expect_sound

stack_of() { # CONDITION: function file:line of each frame of the first such call
	db "SELECT f.function, replace(f.file, rtrim(f.file, replace(f.file, '/', '')), ''), f.line
		FROM stack_frame f WHERE f.stack = (SELECT stack FROM v_call v JOIN call c ON c.id = v.call
		WHERE $1 ORDER BY c.seq LIMIT 1) ORDER BY depth"
}
expect_eq "through a library and a recursion" "$(stack_of "v.name = './libplugin.so'" | head -7)" \
	"deep_inner|libdeep.c|5
deep_open|libdeep.c|9
recurse|prog.c|11
recurse|prog.c|9
recurse|prog.c|9
recurse|prog.c|9
main|prog.c|28"
expect_match "down to the start" "$(stack_of "v.name = './libplugin.so'" | tail -1)" '^_start\|'
expect_eq "in a signal handler" "$(stack_of "v.name = 'in_signal'" | head -1)" "on_signal|prog.c|16"
expect_match "through the signal's frame to main" "$(stack_of "v.name = 'in_signal'")" \
	'^main\|prog.c\|30$'
expect_eq "in a thread" "$(stack_of "v.name = 'in_thread'" | head -1)" "in_thread|prog.c|20"
expect_db "by the thread" "SELECT count(*) FROM call c JOIN process p ON p.id = c.process
	WHERE c.name = 'in_thread' AND c.tid != p.pid" 1
expect_eq "across namespaces" "$(stack_of "v.caller_path = './libdeep.so' AND
	(SELECT namespace FROM object WHERE id = c.caller_object) > 0" | head -3)" \
	"deep_inner|libdeep.c|5
deep_open|libdeep.c|9
main|prog.c|34"
expect_db "each frame's object and offset" "SELECT count(*) FROM stack_frame f
	JOIN object o ON o.id = f.object WHERE f.inlined = 0 AND f.offset != f.address - o.load_address" 0
expect_db "the deepest is cut, and says so" "SELECT max(n), max(flags & 256) FROM
	(SELECT count(*) AS n, s.flags FROM stack s JOIN stack_frame f ON f.stack = s.id GROUP BY s.id)" \
	"256|256"
expect_db "the others are whole" "SELECT count(*) FROM stack WHERE flags & 0x600" 0

# A frame is only named from a file that is still the recorded one: by its build-id, or without one by
# its identity.
for build_id in sha1 none; do
	rm -f plugaudit.db
	so libdeep.so -Wl,--build-id=$build_id <libdeep.c.kept
	PLUGAUDIT_FLUSH=off audit ./prog >out
	{ echo 'int something_else_entirely(int x) { return x * 42; }'; cat libdeep.c.kept; } | sed 's/deep_inner/deep_other/g' |
		so other.so -Wl,-soname,libdeep.so -Wl,--build-id=$build_id
	mv other.so libdeep.so
	ingest
	expect_db "changed file, build-id $build_id: no names from it" "SELECT DISTINCT f.function, f.file
		FROM stack_frame f JOIN object o ON o.id = f.object WHERE o.soname = 'libdeep.so'" "|"
	expect_db "the unchanged program's frames are named" "SELECT count(*) > 0 FROM stack_frame
		WHERE function = 'recurse'" 1
done
