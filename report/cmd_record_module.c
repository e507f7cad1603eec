/* The recorder's module: where it is, and by which name programs of all machines get theirs. */
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/cmd_record.h"

#define MODULE_NAME "libplugaudit.so"

#if defined(__x86_64__)
#define MULTIARCH "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define MULTIARCH "aarch64-linux-gnu"
#elif defined(__i386__)
#define MULTIARCH "i386-linux-gnu"
#else
#define MULTIARCH "."
#endif

/* Anybody may have put a file beside a plugreport in /tmp: is it root's, this user's, or of whoever
 * owns this plugreport? */
static bool is_module(const char *path)
{
	struct stat st, own;

	if (access(path, R_OK) != 0 || stat(path, &st) < 0)
		return false;
	if (!(st.st_mode & S_IWOTH) &&
	    (st.st_uid == 0 || st.st_uid == geteuid() ||
	     (stat("/proc/self/exe", &own) == 0 && own.st_uid == st.st_uid)))
		return true;
	warn("%s: could be of anybody's making, and is not used", path);
	return false;
}

char *module_find(const char *own_directory)
{
	const char *const directories[] = {"", "/../lib", "/../lib/" MULTIARCH};
	char resolved[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		AUTO_FREE char *path =
			xasprintf("%s%s/" MODULE_NAME, own_directory, directories[i]);

		if (is_module(path) && realpath(path, resolved))
			return xstrdup(resolved);
	}
	if (access(PLUGAUDIT_LIBDIR "/" MODULE_NAME, R_OK) == 0)
		return xstrdup(PLUGAUDIT_LIBDIR "/" MODULE_NAME);
	return NULL;
}

/* The module for `machine` in the directory that $LIB names below `prefix`, or NULL. */
static char *module_below(const char *prefix, const struct elf_machine *machine)
{
	AUTO_FREE char *lib = elf_machine_lib(machine);
	char *path = lib ? xasprintf("%s/%s/" MODULE_NAME, prefix, lib) : NULL;

	if (path && elf_machine_of_file(path) == machine)
		return path;
	free(path);
	return NULL;
}

/* `path` without its last parts, when these are "/<lib>/libplugaudit.so"; else NULL. */
static char *prefix_of(const char *path, const char *lib)
{
	AUTO_FREE char *end = xasprintf("/%s/" MODULE_NAME, lib);
	size_t length = strlen(path), tail = strlen(end);

	return length > tail && strcmp(path + length - tail, end) == 0
		       ? xstrndup(path, length - tail)
		       : NULL;
}

/* The directory from which $LIB leads to the module, and to those for other machines; or NULL. */
static char *prefix_for_all(const char *module)
{
	const struct elf_machine *own = elf_machine_own();
	AUTO_FREE char *own_lib = own ? elf_machine_lib(own) : NULL;
	const char *const libs[] = {own_lib, "lib"};

	for (size_t i = 0; i < ARRAY_SIZE(libs); i++) {
		char *prefix = libs[i] ? prefix_of(module, libs[i]) : NULL;
		AUTO_FREE char *same = prefix ? module_below(prefix, own) : NULL;

		if (same)
			return prefix;
		free(prefix);
	}
	return NULL;
}

char *module_for(const char *module, const struct elf_machine *machine)
{
	AUTO_FREE char *prefix = prefix_for_all(module);

	return prefix ? module_below(prefix, machine) : NULL;
}

char *module_for_all(const char *module)
{
	AUTO_FREE char *prefix = prefix_for_all(module);
	const struct elf_machine *machine;

	for (size_t i = 0; prefix && (machine = elf_machine(i)); i++) {
		AUTO_FREE char *other =
			machine == elf_machine_own() ? NULL : module_below(prefix, machine);

		if (other)
			return xasprintf("%s/$LIB/" MODULE_NAME, prefix);
	}
	return xstrdup(module);
}
