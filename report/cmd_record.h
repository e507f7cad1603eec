/*
 * cmd_record.h - the parts of `plugreport record`.
 */
#ifndef PLUGREPORT_CMD_RECORD_H
#define PLUGREPORT_CMD_RECORD_H

#include <stdbool.h>

#include "report/elf/elf.h"
#include "report/util.h"

/*
 * Find a program as execvp(3) does, in `search_path` (the value of $PATH; NULL: the system's
 * default).  The caller frees the result.  NULL with errno set: ENOENT, or EACCES when something of
 * that name can't be executed.
 */
char *program_find(const char *name, const char *search_path);

/*
 * Why the recorder will not get into this program, as a sentence's end ("is statically linked:
 * ..."), appended to `ret_why`.  False when nothing speaks against it.  Looks through scripts at
 * their interpreter.  `module`: the recorder's, see module_find().
 */
bool program_unrecordable(const char *path, const char *module, struct strbuf *ret_why);

/*
 * Where libplugaudit.so is: beside plugreport (whose directory is `own_directory`), in ../lib,
 * in ../lib/<multiarch>, in the directory that was configured.  The caller frees it; NULL: nowhere.
 */
char *module_find(const char *own_directory);

/* The module for programs of `machine` that is installed beside `module`: both are where $LIB in
 * one path leads programs of their machine.  The caller frees it; NULL: none. */
char *module_for(const char *module, const struct elf_machine *machine);

/* What to write into LD_AUDIT: `module`, or where modules for other machines are installed, too, a
 * name with $LIB that serves programs of all these machines.  The caller frees it. */
char *module_for_all(const char *module);

/* LD_AUDIT with `module` and what `old` (may be NULL) lists: in the place of a module of that file
 * name, wherever that is, or in front.  The caller frees it. */
char *audit_list(const char *module, const char *old);

/* An absolute name for a file that may not exist yet.  The caller frees it; NULL with errno. */
char *absolute_path(const char *path);

/*
 * Run `path` with `argv` and the changed environment, pass on the signals that somebody sends
 * to plugreport, and wait.  True with the wait status (waitpid(2)) and pid; false with errno when
 * it could not be executed.  Signals from the terminal are not passed on: the program gets them
 * too.
 */
struct setting {
	const char *name, *value;
};
bool program_run(const char *path, char *const *argv, const struct setting *environment,
		 size_t count, int *ret_pid, int *ret_status);

/* End as a program with this wait status did: returns its exit status, or dies by its signal. */
int end_like(int wait_status);

#endif
