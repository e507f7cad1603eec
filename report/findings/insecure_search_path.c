/* insecure-search-path: directories that others can put libraries into. */
#include <sys/stat.h>

#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

/*
 * Why nobody should search there, or NULL.  A directory that does not exist is as safe as the
 * nearest one above it that does: who may write there can make it.  (The sticky bit of /tmp
 * protects what is there, not what is not.)
 */
static const char *danger(struct rule_input *input, const char *directory)
{
	AUTO_FREE char *path = xstrdup(directory);
	bool missing = false;

	if (!*directory)
		return "it is empty, which means the current directory";
	if (*directory != '/')
		return "it is relative to the current directory";
	for (;;) {
		struct file_facts now;
		char *slash;

		input_file(input, *path ? path : "/", false, &now);
		if (now.exists && !S_ISDIR(now.mode))
			return NULL;
		if (now.exists && (now.mode & S_IWOTH))
			return missing ? "it does not exist, and everybody may make it"
				       : "everybody may write to it";
		if (now.exists || !*path)
			return NULL;
		missing = true;
		slash = strrchr(path, '/');
		*slash = '\0';
	}
}

static void report(const struct recording *rec, int owner, const char *variable, const char *entry,
		   const char *why, struct findings *ret)
{
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	strbuf_addf(&message, "%s ", variable);
	if (owner != NONE) {
		strbuf_addstr(&message, "of ");
		add_object(&message, rec, owner);
		strbuf_addch(&message, ' ');
	}
	if (*entry) {
		strbuf_addstr(&message, "has the entry \"");
		add_name(&message, entry);
		strbuf_addf(&message, "\": %s", why);
	} else {
		strbuf_addf(&message, "has an empty entry, which means the current directory");
	}
	finding = findings_add(
		ret, &rule_insecure_search_path, SEVERITY_WARNING, strbuf_detach(&message),
		xstrdup(owner == NONE ? "write absolute directories, and no colon at the beginning "
					"or end: ${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} appends "
					"without one"
				      : "write absolute directories, or ones that begin with "
					"$ORIGIN; patchelf --set-rpath changes a file"));
	finding_add_object(finding, owner);
	if (owner != NONE)
		finding_add_origin(finding, rec, owner);
}

/* Each entry of a path list; `separators` as ld.so has them. */
static void check_list(struct rule_input *input, int owner, const char *variable, const char *list,
		       const char *separators, struct findings *ret)
{
	const char *s = list;

	for (;;) {
		size_t n = strcspn(s, separators);
		AUTO_FREE char *entry = xstrndup(s, n);
		AUTO_FREE char *directory = search_path_expand(input->rec, owner, s, n);
		/* A token without value makes ld.so ignore the entry. */
		const char *why = n && !*directory ? NULL : danger(input, directory);

		if (why)
			report(input->rec, owner, variable, entry, why, ret);
		if (!s[n])
			return;
		s += n + 1;
	}
}

static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;
	const char *library_path = recording_getenv(rec, "LD_LIBRARY_PATH");

	/* glibc elf/dl-load.c, _dl_init_paths: an empty LD_LIBRARY_PATH counts as none. */
	if (library_path && *library_path)
		check_list(input, NONE, "LD_LIBRARY_PATH", library_path, ":;", ret);
	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		/* DT_RPATH is ignored beside DT_RUNPATH; an empty one counts as none. */
		if (object->runpath && *object->runpath)
			check_list(input, (int)i, "DT_RUNPATH", object->runpath, ":", ret);
		else if (object->rpath && *object->rpath && !object->runpath)
			check_list(input, (int)i, "DT_RPATH", object->rpath, ":", ret);
	}
}

const struct rule rule_insecure_search_path = {
	.slug = "insecure-search-path",
	.group = "loading",
	.summary = "libraries are searched where others may put them",
	.meaning =
		"A search path has a directory that depends on where the program is started (a "
		"relative or an empty entry), or one that every user of the machine may write to "
		"or create. Who puts a file with the right name there has it loaded, and its "
		"constructors run with the rights of who starts the program.\n\n"
		"An empty entry is easily made: LD_LIBRARY_PATH=/opt/lib:$LD_LIBRARY_PATH ends "
		"with one when the variable was not set. An entry below /tmp is often left over "
		"from where a package was built.",
	.reported =
		"A warning for each entry of LD_LIBRARY_PATH, DT_RPATH and DT_RUNPATH that is "
		"empty, "
		"relative, or world-writable as the file system is now; and for directories that "
		"don't exist below one where everybody may make them. DT_RPATH beside a DT_RUNPATH "
		"is left out, since ld.so ignores it, as are entries whose $TOKEN has no value.",
	.harmless = "On machines with one user, when the program is never started elsewhere.",
	.fix = "Absolute directories, or $ORIGIN/... for what moves along with the file. In "
	       "scripts:\n\n"
	       "    LD_LIBRARY_PATH=/opt/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}\n\n"
	       "For files: patchelf --set-rpath, or chrpath.",
	.find = find,
};
