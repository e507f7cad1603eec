/* Finding a program, and knowing before it runs whether it can be recorded. */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "report/cmd_record.h"
#include "report/elf/elf.h"

#define INTERPRETERS_MOST 4 /* as the kernel: scripts run by scripts */

static bool is_program(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	if (S_ISDIR(st.st_mode)) {
		errno = EACCES;
		return false;
	}
	return access(path, X_OK) == 0;
}

char *program_find(const char *name, const char *search_path)
{
	int saved = ENOENT;

	if (strchr(name, '/'))
		return is_program(name) ? xstrdup(name) : NULL;
	if (!*name) {
		errno = ENOENT;
		return NULL;
	}
	if (!search_path)
		search_path = "/bin:/usr/bin";
	while (true) {
		size_t length = strcspn(search_path, ":");
		AUTO_FREE char *path = length ? xasprintf("%.*s/%s", (int)length, search_path, name)
					      : xasprintf("./%s", name);

		if (is_program(path)) {
			char *found = path;

			path = NULL;
			return found;
		}
		if (errno == EACCES)
			saved = EACCES;
		if (!search_path[length])
			break;
		search_path += length + 1;
	}
	errno = saved;
	return NULL;
}

/* Would execve of it be AT_SECURE?  Then ld.so ignores LD_AUDIT names with a slash. */
static bool gains_privileges(const char *path)
{
	struct stat st;
	struct statvfs fs;
	bool gains;

	if (stat(path, &st) != 0)
		return false;
	gains = ((st.st_mode & S_ISUID) && st.st_uid != getuid()) ||
		((st.st_mode & S_ISGID) && (st.st_mode & S_IXGRP) && st.st_gid != getgid()) ||
		(getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0);
	return gains && !(statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOSUID));
}

/* A program for another machine, when the module for that is installed: what it is then. */
static enum program_kind judge_other_class(const char *path, const char *interpreter,
					   const char *module, const char *subject,
					   struct strbuf *ret_why)
{
	const struct elf_machine *machine = elf_machine_of_file(path);
	AUTO_FREE char *other = machine ? module_for(module, machine) : NULL;

	if (machine && !interpreter)
		return PROGRAM_STATIC;
	if (machine && strcmp(base_name(interpreter), base_name(machine->interpreter)) != 0)
		return PROGRAM_OTHER_LDSO;
	if (other)
		return PROGRAM_DYNAMIC;
	if (machine && elf_machine_own())
		strbuf_addf(
			ret_why,
			"%sis a program for %s, and the recorder for that is not installed beside "
			"the one for %s: it can't be recorded ('make ARCH=%s install' adds it, see "
			"libplugaudit(7))",
			subject, machine->name, elf_machine_own()->name, machine->arch);
	else
		strbuf_addf(ret_why,
			    "%sis for another ELF class or machine than this recorder: it can't "
			    "be recorded",
			    subject);
	return PROGRAM_OTHER_CLASS;
}

/* `subject`: "" for the program itself, or "is run by X, which " for an interpreter. */
static bool judge(const char *path, enum program_kind kind, const char *interpreter,
		  const char *module, const char *subject, struct strbuf *ret_why)
{
	if (kind == PROGRAM_OTHER_CLASS)
		kind = judge_other_class(path, interpreter, module, subject, ret_why);
	switch (kind) {
	case PROGRAM_STATIC:
		strbuf_addf(ret_why,
			    "%sis statically linked: no dynamic linker runs, so it can't be "
			    "recorded (dynamically linked children can)",
			    subject);
		return true;
	case PROGRAM_OTHER_CLASS:
		return true;
	case PROGRAM_OTHER_LDSO:
		strbuf_addf(ret_why,
			    "%suses another dynamic linker than glibc's (%s): it can't be recorded",
			    subject, interpreter ? interpreter : "unknown");
		return true;
	case PROGRAM_DYNAMIC:
	case PROGRAM_SCRIPT:
	case PROGRAM_NOT_ELF:
	case PROGRAM_UNREADABLE:
		break;
	}
	if (kind != PROGRAM_SCRIPT && gains_privileges(path)) {
		strbuf_addf(ret_why,
			    "%sruns with other privileges (setuid, setgid or capabilities): the "
			    "dynamic linker ignores LD_AUDIT then, so it can't be recorded",
			    subject);
		return true;
	}
	return false;
}

bool program_unrecordable(const char *path, const char *module, struct strbuf *ret_why)
{
	AUTO_FREE char *current = xstrdup(path);

	for (int i = 0; i < INTERPRETERS_MOST; i++) {
		AUTO_FREE char *interpreter = NULL;
		AUTO_FREE char *subject =
			i ? xasprintf("is run by %s, which ", current) : xstrdup("");
		enum program_kind kind = program_inspect(current, &interpreter);

		if (judge(current, kind, interpreter, module, subject, ret_why))
			return true;
		if (kind != PROGRAM_SCRIPT || !interpreter)
			return false;
		free(current);
		current = interpreter;
		interpreter = NULL;
	}
	return false;
}

char *audit_list(const char *module, const char *old)
{
	AUTO_STRBUF struct strbuf list = STRBUF_INIT;
	const char *name = base_name(module);
	bool listed = false;

	for (const char *p = old ? old : ""; *p;) {
		size_t n = strcspn(p, ":");
		AUTO_FREE char *auditor = xstrndup(p, n);
		/* Two recorders in one process would record it twice. */
		bool ours = strcmp(base_name(auditor), name) == 0;

		if (n && !(ours && listed))
			strbuf_addf(&list, "%s%s", list.length ? ":" : "", ours ? module : auditor);
		listed = listed || ours;
		p += n + (p[n] == ':');
	}
	if (listed)
		return strbuf_detach(&list);
	return list.length ? xasprintf("%s:%s", module, list.s) : xstrdup(module);
}

char *absolute_path(const char *path)
{
	char directory[PATH_MAX];

	if (path[0] == '/')
		return xstrdup(path);
	if (!getcwd(directory, sizeof(directory)))
		return NULL;
	return xasprintf("%s/%s", strcmp(directory, "/") == 0 ? "" : directory, path);
}
