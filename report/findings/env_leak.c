/* env-leak: an LD_LIBRARY_PATH meant for one program reaches the programs that it starts. */
#include "report/findings/other_copy.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

/* Bytes of the directory in which an installation with this library directory lives: "/opt/app" of
 * "/opt/app/lib64/private"; all of it when there is no "lib" in it. */
static size_t prefix_length(const char *directory)
{
	size_t length = strlen(directory), last = length;

	for (size_t i = 0; i + 4 <= length; i++)
		if (strncmp(directory + i, "/lib", 4) == 0)
			last = i;
	return last;
}

static bool is_below(const char *path, const char *prefix, size_t length)
{
	return strncmp(path, prefix, length) == 0 && (path[length] == '/' || !path[length]);
}

/*
 * The value came down from the process that started this one, which had it itself.  A wrapper that
 * sets it for this program did not have it.
 */
static const char *inherited_path(const struct rule_input *input)
{
	const char *own = recording_getenv(input->rec, "LD_LIBRARY_PATH");
	const char *above = input->parent_library_path;

	if (!own || !*own || !above || strcmp(own, above) != 0)
		return NULL;
	return strcmp(input->rec->begin_kind, "exec") == 0 ? own : NULL;
}

static void report(struct rule_input *input, int object, const struct other_copy *copy,
		   struct findings *ret)
{
	const struct recording *rec = input->rec;
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	struct finding *finding;

	add_name(&text, base_name(rec->exe));
	strbuf_addstr(&text, " got ");
	add_name(&text, rec->objects[object].path);
	strbuf_addstr(&text, " by an LD_LIBRARY_PATH that it inherited from ");
	add_name(&text, input->parent_exe ? base_name(input->parent_exe) : "its parent");
	strbuf_addstr(&text, ", instead of its own ");
	add_name(&text, copy->path);
	finding = findings_add(
		ret, &rule_env_leak, SEVERITY_WARNING, strbuf_detach(&text),
		xstrdup("let who starts other programs restore LD_LIBRARY_PATH first, or replace "
			"it "
			"by a DT_RUNPATH of $ORIGIN/../lib in the program that needs it"));
	finding->seq = rec->objects[object].opened_seq;
	finding_add_object(finding, object);
	finding_add_object(finding, rec->objects[object].reason_object);
	finding_add_origin(finding, rec, object);
	strbuf_addstr(&text, "LD_LIBRARY_PATH=");
	add_name(&text, recording_getenv(rec, "LD_LIBRARY_PATH"));
	finding_add_evidence(finding, strbuf_detach(&text));
}

static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;

	if (!inherited_path(input) || !rec->exe)
		return;
	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];
		const char *name;
		AUTO_FREE char *directory = NULL;
		struct other_copy copy;

		if (object->reason_search < 0 ||
		    (size_t)object->reason_search >= rec->search_count ||
		    rec->searches[object->reason_search].rule != RULE_LD_LIBRARY_PATH ||
		    rec->searches[object->reason_search].request < 0)
			continue;
		name = rec->searches[rec->searches[object->reason_search].request].tried;
		directory = search_path_directory(object->path, name);
		/* A program of the same installation may be meant to have it from there, unless it
		 * says itself where its libraries are. */
		if (other_copy_find(input, object->reason_object, name, (int)i, OTHER_BEHIND,
				    &copy) &&
		    (copy.rule == RULE_RUNPATH ||
		     !is_below(rec->exe, directory, prefix_length(directory))))
			report(input, (int)i, &copy, ret);
		other_copy_release(&copy);
	}
}

const struct rule rule_env_leak = {
	.slug = "env-leak",
	.group = "loading",
	.summary = "an inherited LD_LIBRARY_PATH gives a program somebody else's library",
	.meaning =
		"A program that needs an LD_LIBRARY_PATH (from a wrapper script, an environment "
		"module, an AppImage) started another program, which inherited the variable, and "
		"took a library from there instead of its own or the system's. The other program "
		"may be anything: a browser, a shell, a compiler. It then fails with undefined "
		"symbols or versions, or crashes, and only when it is started from there.",
	.reported = "A warning for each such library, when process and parent are both recorded "
		    "and have "
		    "the same value: a wrapper that sets it for the program it starts is no leak. "
		    "There "
		    "must be another build of the library in the DT_RUNPATH of who asked, or (for "
		    "programs outside of the installation that the directory belongs to) in the "
		    "default "
		    "directories, as the disk is now.",
	.harmless = "When the whole tree of processes was meant to use these libraries: a test run "
		    "against a library that was just built.",
	.fix = "Wrappers: keep the old value in another variable, and let the program restore it "
	       "before it starts others. Better: no wrapper, but DT_RUNPATH $ORIGIN/../lib in the "
	       "program (-Wl,-rpath), which no child inherits.",
	.find = find,
};
