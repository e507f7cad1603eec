/* What `record` does before and around the program: finding it, its environment, its end. */
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/cmd_record.h"

static char directory[PATH_MAX];

static char *file(const char *name, mode_t mode, const char *text)
{
	char *path = xasprintf("%s/%s", directory, name);
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static void programs_are_found_as_execvp_does(void **state)
{
	AUTO_FREE char *runs = file("runs", 0755, "#!/bin/sh\n");
	AUTO_FREE char *plain = file("plain", 0644, "");
	AUTO_FREE char *path = xasprintf("/nonexistent:%s:/bin", directory);
	AUTO_FREE char *found = program_find("runs", path);
	AUTO_FREE char *shell = program_find("sh", path);
	AUTO_FREE char *by_path = program_find(runs, NULL);
	AUTO_FREE char *standard = program_find("sh", NULL);

	(void)state;
	assert_string_equal(found, runs);
	assert_string_equal(shell, "/bin/sh");
	assert_string_equal(by_path, runs);
	assert_string_equal(standard, "/bin/sh");
	errno = 0;
	assert_null(program_find("no-such-program", path));
	assert_int_equal(errno, ENOENT);
	assert_null(program_find("plain", path));
	assert_int_equal(errno, EACCES);
	assert_null(program_find(plain, path));
	assert_int_equal(errno, EACCES);
	assert_null(program_find(directory, path));
	assert_int_equal(errno, EACCES);
	assert_null(program_find("", path));
	assert_int_equal(errno, ENOENT);
}

/* An empty element of PATH is the current directory. */
static void empty_path_elements_are_here(void **state)
{
	static const char *const paths[] = {"", ":/nonexistent",
					    "/nonexistent:", "/nonexistent::/nonexistent"};
	AUTO_FREE char *runs = file("here", 0755, "#!/bin/sh\n");
	char before[PATH_MAX];

	(void)state;
	assert_non_null(getcwd(before, sizeof(before)));
	assert_int_equal(chdir(directory), 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		AUTO_FREE char *found = program_find("here", paths[i]);

		assert_string_equal(found, "./here");
	}
	assert_int_equal(chdir(before), 0);
}

static void the_recorder_is_listed_once(void **state)
{
	static const struct {
		const char *old, *expected;
	} cases[] = {
		{NULL, "/x/mod.so"},
		{"", "/x/mod.so"},
		{"other.so", "/x/mod.so:other.so"},
		{"other.so:/x/mod.so", "other.so:/x/mod.so"},
		{"/x/mod.so", "/x/mod.so"},
		{"/x/mod.so.1", "/x/mod.so:/x/mod.so.1"},
		{"a.so:mod.so:b.so", "a.so:/x/mod.so:b.so"},
		{"/y/mod.so:b.so:/x/$LIB/mod.so", "/x/mod.so:b.so"},
		{"::b.so:", "/x/mod.so:b.so"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_FREE char *list = audit_list("/x/mod.so", cases[i].old);

		assert_string_equal(list, cases[i].expected);
	}
}

static void paths_become_absolute(void **state)
{
	AUTO_FREE char *kept = absolute_path("/a/b");
	AUTO_FREE char *made = NULL;
	AUTO_FREE char *expected = NULL;
	char before[PATH_MAX];

	(void)state;
	assert_string_equal(kept, "/a/b");
	assert_non_null(getcwd(before, sizeof(before)));
	made = absolute_path("x.db");
	expected = xasprintf("%s/x.db", before);
	assert_string_equal(made, expected);
	assert_int_equal(chdir("/"), 0);
	free(made);
	made = absolute_path("x.db");
	assert_string_equal(made, "/x.db");
	assert_int_equal(chdir(before), 0);
}

static void the_module_is_looked_for_nearby(void **state)
{
	AUTO_FREE char *bin = xasprintf("%s/bin", directory);
	AUTO_FREE char *lib = xasprintf("%s/lib", directory);
	AUTO_FREE char *found = NULL, *installed = NULL;
	AUTO_FREE char *module = xasprintf("%s/lib/libplugaudit.so", directory);

	(void)state;
	assert_int_equal(mkdir(bin, 0755), 0);
	assert_int_equal(mkdir(lib, 0755), 0);
	installed = file("lib/libplugaudit.so", 0644, "");
	found = module_find(bin);
	assert_string_equal(found, module);
	unlink(installed);
	free(installed);
	installed = file("bin/libplugaudit.so", 0644, "");
	free(found);
	found = module_find(bin);
	assert_string_equal(found, installed);
}

/* The beginning of a file for `machine`, all that is looked at. */
static void write_module(const char *path, const struct elf_machine *machine)
{
	Elf64_Ehdr header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, machine->class, ELFDATA2LSB, 1},
		.e_type = ET_DYN,
		.e_machine = machine->number,
	};
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(&header, sizeof(header), 1, out), 1);
	fclose(out);
}

static void make_directories(const char *path)
{
	AUTO_FREE char *command = xasprintf("mkdir -p '%s'", path);

	assert_int_equal(system(command), 0);
}

/* One name with $LIB serves all machines whose modules are where it leads. */
static void modules_for_other_machines(void **state)
{
	const struct elf_machine *own = elf_machine_own(), *other;
	AUTO_FREE char *prefix = xasprintf("%s/machines", directory);
	AUTO_FREE char *own_lib = own ? elf_machine_lib(own) : NULL;
	AUTO_FREE char *own_directory = xasprintf("%s/%s", prefix, own_lib ? own_lib : "");
	AUTO_FREE char *linked = xasprintf("%s/libplugaudit.so", own_directory);
	AUTO_FREE char *module = xasprintf("%s/lib/libplugaudit.so", prefix);
	AUTO_FREE char *for_all = xasprintf("%s/$LIB/libplugaudit.so", prefix);
	AUTO_FREE char *lib_directory = xasprintf("%s/lib", prefix);

	(void)state;
	if (!own || !own_lib)
		skip();
	make_directories(lib_directory);
	make_directories(own_directory);
	write_module(module, own);
	for (size_t i = 0; (other = elf_machine(i)); i++) {
		AUTO_FREE char *lib = elf_machine_lib(other);
		AUTO_FREE char *place = xasprintf("%s/%s", prefix, lib ? lib : "");
		AUTO_FREE char *path = xasprintf("%s/libplugaudit.so", place);
		AUTO_FREE char *name = NULL, *unlinked = NULL, *wrong = NULL, *found = NULL;

		if (other == own || !lib || strcmp(lib, "lib") == 0)
			continue;
		make_directories(place);
		write_module(path, other);
		unlinked = module_for_all(module);
		assert_string_equal(unlinked, module);
		assert_int_equal(symlink(module, linked), 0);
		name = module_for_all(module);
		assert_string_equal(name, for_all);
		found = module_for(module, other);
		assert_string_equal(found, path);
		write_module(path, own);
		wrong = module_for_all(module);
		assert_string_equal(wrong, module);
		assert_null(module_for(module, other));
		unlink(path);
		unlink(linked);
	}
	unlink(module);
}

static void libraries_are_judged_for_their_machine(void **state)
{
	const struct elf_machine *machine, *other;
	AUTO_FREE char *path = xasprintf("%s/judged.so", directory);

	(void)state;
	for (size_t i = 0; (machine = elf_machine(i)); i++)
		for (size_t j = 0; (other = elf_machine(j)); j++) {
			write_module(path, machine);
			assert_ptr_equal(elf_machine_of_file(path), machine);
			assert_int_equal(library_inspect(path, other->number),
					 i == j ? LIBRARY_FITS : LIBRARY_OTHER_CLASS);
		}
	unlink(path);
	assert_null(elf_machine_of_file(path));
	assert_int_equal(library_inspect(path, EM_386), LIBRARY_UNREADABLE);
}

static bool run_shell(const char *script, const struct setting *environment, size_t count,
		      int *ret_status)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
	int pid;

	return program_run("/bin/sh", argv, environment, count, &pid, ret_status);
}

static void status_and_environment_are_passed(void **state)
{
	static const struct setting environment[] = {{"PLUG_ONE", "1 2"}, {"PLUG_TWO", ""}};
	int status;

	(void)state;
	assert_true(run_shell("exit 7", NULL, 0, &status));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_true(run_shell("[ \"$PLUG_ONE\" = '1 2' ] && [ \"${PLUG_TWO-x}\" = '' ]",
			      environment, ARRAY_SIZE(environment), &status));
	assert_int_equal(status, 0);
	assert_null(getenv("PLUG_ONE"));
	assert_true(run_shell("kill -TERM $$", NULL, 0, &status));
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

/* The program tells us by SIGUSR1 that it is ready, through the parent of both. */
static void signals_are_passed_on(void **state)
{
	int status, pipes[2];
	pid_t wrapper;
	char ready;
	AUTO_FREE char *script = NULL;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	script = xasprintf("trap 'exit 9' TERM; echo >&%d; while :; do sleep 0.05; done", pipes[1]);
	wrapper = fork();
	if (wrapper == 0) {
		bool ok = run_shell(script, NULL, 0, &status);

		_exit(ok && WIFEXITED(status) ? WEXITSTATUS(status) : 99);
	}
	assert_int_equal(read(pipes[0], &ready, 1), 1);
	kill(wrapper, SIGTERM);
	assert_int_equal(waitpid(wrapper, &status, 0), wrapper);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 9);
	close(pipes[0]);
	close(pipes[1]);
}

/* An ignored SIGCHLD would let the kernel take the status away. */
static void ignored_sigchld_loses_no_status(void **state)
{
	int status;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_true(run_shell("exit 3", NULL, 0, &status));
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_ptr_equal(signal(SIGCHLD, SIG_DFL), SIG_IGN);
}

static void the_signal_mask_is_left_alone(void **state)
{
	sigset_t before, after;
	int status;

	(void)state;
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &before), 0);
	assert_true(run_shell("exit 0", NULL, 0, &status));
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &after), 0);
	for (int i = 1; i < NSIG; i++)
		assert_int_equal(sigismember(&before, i), sigismember(&after, i));
}

static void unexecutable_programs_fail_with_errno(void **state)
{
	AUTO_FREE char *broken = file("broken", 0755, "#!/nonexistent/interpreter\n");
	char *argv[] = {broken, NULL};
	int pid, status;

	(void)state;
	errno = 0;
	assert_false(program_run(broken, argv, NULL, 0, &pid, &status));
	assert_int_equal(errno, ENOENT);
}

static void scripts_without_interpreter_are_the_shells(void **state)
{
	AUTO_FREE char *script = file("script", 0755, "exit $(($1 + 1))\n");
	char *argv[] = {script, (char *)"4", NULL};
	int pid, status;

	(void)state;
	assert_true(program_run(script, argv, NULL, 0, &pid, &status));
	assert_int_equal(WEXITSTATUS(status), 5);
}

static void we_end_as_the_program_did(void **state)
{
	pid_t child;
	int status;

	(void)state;
	assert_int_equal(end_like(5 << 8), 5);
	child = fork();
	if (child == 0)
		_exit(end_like(SIGABRT));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_false(WCOREDUMP(status));
}

static void programs_with_other_privileges_are_known(void **state)
{
	AUTO_FREE char *script = file("plain-script", 0755, "#!/bin/sh\n");
	AUTO_FREE char *copy = xasprintf("%s/setuid", directory);
	AUTO_FREE char *command = xasprintf("cp /bin/true %s", copy);
	AUTO_STRBUF struct strbuf why = STRBUF_INIT;

	(void)state;
	assert_false(program_unrecordable(script, "/nonexistent.so", &why));
	assert_int_equal(why.length, 0);
	assert_int_equal(system(command), 0);
	assert_false(program_unrecordable(copy, "/nonexistent.so", &why));
	if (getuid() != 0)
		return; /* only root can give a file away; skip() would leak */
	assert_int_equal(chown(copy, 12345, 12345), 0);
	assert_int_equal(chmod(copy, 04755), 0);
	assert_true(program_unrecordable(copy, "/nonexistent.so", &why));
	assert_non_null(strstr(why.s, "privileges"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_found_as_execvp_does),
		cmocka_unit_test(empty_path_elements_are_here),
		cmocka_unit_test(the_recorder_is_listed_once),
		cmocka_unit_test(paths_become_absolute),
		cmocka_unit_test(the_module_is_looked_for_nearby),
		cmocka_unit_test(modules_for_other_machines),
		cmocka_unit_test(libraries_are_judged_for_their_machine),
		cmocka_unit_test(status_and_environment_are_passed),
		cmocka_unit_test(signals_are_passed_on),
		cmocka_unit_test(ignored_sigchld_loses_no_status),
		cmocka_unit_test(the_signal_mask_is_left_alone),
		cmocka_unit_test(unexecutable_programs_fail_with_errno),
		cmocka_unit_test(scripts_without_interpreter_are_the_shells),
		cmocka_unit_test(we_end_as_the_program_did),
		cmocka_unit_test(programs_with_other_privileges_are_known),
	};
	AUTO_FREE char *clean = NULL;
	char made[] = "/tmp/test-record-XXXXXX";
	int failed;

	if (!mkdtemp(made) || !realpath(made, directory))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	clean = xasprintf("rm -rf %s", made);
	return system(clean) == 0 ? failed : 1;
}
