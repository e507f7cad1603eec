/*
 * The explanations as people read them: why-loaded and why-found on a recording made by hand.
 *
 * The program "host" needs libc.so.6.  Its function load_plugin() opens plugins/plugin.so, which
 * needs libhelper.so.1 and has DT_RUNPATH "$ORIGIN:$ORIGIN/../lib"; the helper is in the second
 * directory.  Later other.so, opened too, needs libhelper.so.1 as well; host opens the helper
 * again, and closes it.  libmissing.so is asked for in vain.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <jansson.h>

#include "report/cmd.h"
#include "report/model/why_found.h"
#include "report/model/why_loaded.h"
#include "report/render/words.h"

#define MS 1000000u

enum { HOST, LIBC, PLUGIN, HELPER, OTHER, OBJECTS };

static void add_library(struct recording *rec, const char *path, const char *soname, uint64_t seq,
			enum load_reason reason, int by)
{
	struct object *object = recording_add_object(rec);
	int index = (int)rec->object_count - 1;

	object->number = (uint32_t)rec->object_count;
	object->kind = index ? OBJECT_LIBRARY : OBJECT_MAIN;
	object->path = xstrdup(path);
	object->real_path = xstrdup(path);
	object->soname = xstrdup(soname);
	object->opened_seq = seq;
	object->opened_ns = seq * MS / 10;
	object->link_map = 0x7f0000001000u + (uint64_t)index * 0x1000;
	object->load_address = 0x7f1000000000u + (uint64_t)index * 0x100000;
	object->map_start = object->load_address;
	object->map_end = object->load_address + 0x10000;
	object->reason = reason;
	object->reason_object = by;
}

static void add_needed(struct recording *rec, int object, const char *name, int resolved)
{
	struct object *of = &rec->objects[object];

	of->needed = xrealloc(of->needed, (of->needed_count + 1) * sizeof(*of->needed));
	of->needed[of->needed_count++] = (struct needed){xstrdup(name), resolved};
}

static int add_search(struct recording *rec, uint64_t seq, int requester, enum search_origin origin,
		      const char *tried, enum outcome outcome, int result)
{
	struct search *search = recording_add_search(rec);

	search->seq = seq;
	search->time_ns = seq * MS / 10;
	search->tid = 1;
	search->requester = requester;
	search->origin = origin;
	search->tried = xstrdup(tried);
	search->outcome = outcome;
	search->result = result;
	search->request = (int)rec->search_count - 1;
	if (origin == ORIGIN_NAME)
		search->rule = strchr(tried, '/') ? RULE_PATH : RULE_UNKNOWN;
	return (int)rec->search_count - 1;
}

static int add_probe(struct recording *rec, int request, enum search_origin origin,
		     enum search_rule rule, const char *tried, enum outcome outcome, int result)
{
	const struct search *asked = &rec->searches[request];
	int index = add_search(rec, asked->seq + (uint64_t)(rec->search_count - (size_t)request),
			       asked->requester, origin, tried, outcome, result);

	rec->searches[index].request = request;
	rec->searches[index].rule = rule;
	if (rule == RULE_RUNPATH)
		rec->searches[index].owner = rec->searches[request].requester;
	return index;
}

static int add_stack(struct recording *rec, const char *const *functions, size_t count, int object)
{
	struct stack *stack = recording_add_stack(rec);

	stack->frames = xcalloc(count, sizeof(*stack->frames));
	stack->frame_count = count;
	for (size_t i = 0; i < count; i++) {
		stack->frames[i].object = object;
		stack->frames[i].address = rec->objects[object].load_address + 0x100 * (i + 1);
		stack->frames[i].function = xstrdup(functions[i]);
		stack->frames[i].file = functions[i] ? xstrdup("/src/host.c") : NULL;
		stack->frames[i].line = functions[i] ? 42 + (int)i : 0;
	}
	return (int)rec->stack_count - 1;
}

static int add_dlopen(struct recording *rec, uint64_t seq, const char *name, uint32_t flags,
		      int stack, int result, enum known_by known_by, enum outcome outcome)
{
	struct call *call = recording_add_call(rec);

	call->seq = seq;
	call->time_ns = seq * MS / 10;
	call->tid = 1;
	call->kind = CALL_DLOPEN;
	call->caller = HOST;
	call->caller_address = rec->objects[HOST].load_address + 0x100;
	call->name = xstrdup(name);
	call->flags = flags;
	call->stack = stack;
	call->result = result;
	call->known_by = known_by;
	call->outcome = outcome;
	return (int)rec->call_count - 1;
}

static void build_objects(struct recording *rec)
{
	rec->pid = 4242;
	rec->process_id = 1;
	rec->exe = xstrdup("/opt/app/bin/host");
	rec->cwd = xstrdup("/opt/app");
	add_library(rec, "/opt/app/bin/host", NULL, 1, REASON_MAIN, NONE);
	add_library(rec, "/lib/libc.so.6", "libc.so.6", 3, REASON_NEEDED, HOST);
	add_library(rec, "/opt/app/plugins/plugin.so", "plugin.so", 112, REASON_DLOPEN, HOST);
	add_library(rec, "/opt/app/lib/libhelper.so.1", "libhelper.so.1", 124, REASON_NEEDED,
		    PLUGIN);
	add_library(rec, "/opt/app/plugins/other.so", "other.so", 202, REASON_DLOPEN, HOST);
	rec->objects[PLUGIN].runpath = xstrdup("$ORIGIN:$ORIGIN/../lib");
	rec->objects[HELPER].closed_seq = 401;
	rec->objects[HELPER].closed_ns = 401 * MS / 10;
	add_needed(rec, HOST, "libc.so.6", LIBC);
	add_needed(rec, PLUGIN, "libhelper.so.1", HELPER);
	add_needed(rec, PLUGIN, "libc.so.6", LIBC);
	add_needed(rec, OTHER, "libhelper.so.1", HELPER);
}

static void build(struct recording *rec)
{
	static const char *const loader[] = {"load_plugin", "_Z4loadv", NULL};
	int stack, search, call;

	recording_init(rec);
	build_objects(rec);
	search = add_search(rec, 2, HOST, ORIGIN_NAME, "libc.so.6", OUTCOME_LOADED, LIBC);
	add_probe(rec, search, ORIGIN_CACHE, RULE_CACHE, "/lib/libc.so.6", OUTCOME_LOADED, LIBC);
	rec->objects[LIBC].reason_search = search;

	stack = add_stack(rec, loader, 3, HOST);
	rec->objects[PLUGIN].reason_call =
		add_dlopen(rec, 110, "plugins/plugin.so", RTLD_NOW | RTLD_GLOBAL, stack, PLUGIN,
			   KNOWN_NESTED_OPEN, OUTCOME_LOADED);
	rec->objects[HELPER].reason_call = rec->objects[PLUGIN].reason_call;
	search = add_search(rec, 111, HOST, ORIGIN_NAME, "plugins/plugin.so", OUTCOME_LOADED,
			    PLUGIN);
	rec->searches[search].root = true;
	rec->objects[PLUGIN].reason_search = search;

	search =
		add_search(rec, 120, PLUGIN, ORIGIN_NAME, "libhelper.so.1", OUTCOME_LOADED, HELPER);
	add_probe(rec, search, ORIGIN_RUNPATH, RULE_RUNPATH, "/opt/app/plugins/libhelper.so.1",
		  OUTCOME_MISSING, NONE);
	add_probe(rec, search, ORIGIN_RUNPATH, RULE_RUNPATH,
		  "/opt/app/plugins/../lib/libhelper.so.1", OUTCOME_LOADED, HELPER);
	rec->objects[HELPER].reason_search = search;

	rec->objects[OTHER].reason_call = add_dlopen(rec, 200, "plugins/other.so", RTLD_LAZY, NONE,
						     OTHER, KNOWN_NESTED_OPEN, OUTCOME_LOADED);
	search = add_search(rec, 201, HOST, ORIGIN_NAME, "plugins/other.so", OUTCOME_LOADED, OTHER);
	rec->searches[search].root = true;
	rec->objects[OTHER].reason_search = search;

	add_dlopen(rec, 300, "libhelper.so.1", RTLD_NOW, stack, HELPER, KNOWN_NAME_MATCH,
		   OUTCOME_ALREADY_LOADED);
	add_dlopen(rec, 310, "libmissing.so", RTLD_NOW, stack, NONE, KNOWN_FAILED_SEARCH,
		   OUTCOME_FAILED);
	search = add_search(rec, 311, HOST, ORIGIN_NAME, "libmissing.so", OUTCOME_FAILED, NONE);
	rec->searches[search].root = true;
	add_probe(rec, search, ORIGIN_DEFAULT, RULE_DEFAULT, "/lib/libmissing.so", OUTCOME_MISSING,
		  NONE);

	call = add_dlopen(rec, 400, NULL, 0, stack, HELPER, KNOWN_HANDLE, OUTCOME_UNKNOWN);
	rec->calls[call].kind = CALL_DLCLOSE;
	rec->calls[call].handle = rec->objects[HELPER].link_map;
}

struct answered {
	struct recording rec;
	struct options options;
	char *text;
	size_t length;
};

static struct process_row rows[] = {
	{.id = 1, .pid = 4242, .exe = (char *)"/opt/app/bin/host"},
	{.id = 2, .pid = 4250, .exe = (char *)"/opt/app/bin/host"},
	{.id = 3, .pid = 4251, .exe = (char *)"/opt/app/bin/host"},
};
static const size_t first_row[] = {0, 1, 2};

/* Let `ask` write its answer. */
static void answer(struct answered *a, bool json, size_t processes,
		   void (*ask)(const struct show *show, const struct same_processes *same,
			       int what),
		   int what)
{
	static const struct render_look plain = {0};
	FILE *out = open_memstream(&a->text, &a->length);
	struct render *render = json ? render_json_new(out, "test") : render_text_new(out, &plain);
	struct show show = {.render = render, .options = &a->options, .rec = &a->rec};
	struct same_processes same = {.rows = rows, .indexes = first_row, .count = processes};

	if (json)
		render_open(render, "answers", GROUP_ARRAY);
	ask(&show, &same, what);
	assert_true(render_finish(render));
	fclose(out);
}

static void ask_loaded(const struct show *show, const struct same_processes *same, int object)
{
	show_why_loaded(show, object, same, 0);
}

static void ask_found(const struct show *show, const struct same_processes *same, int request)
{
	show_why_found(show, request, same, 0);
}

static void release(struct answered *a)
{
	recording_release(&a->rec);
	free(a->text);
}

static void chain_is_told_from_the_program_down(void **state)
{
	struct answered a = {0};

	(void)state;
	build(&a.rec);
	answer(&a, false, 1, ask_loaded, HELPER);
	assert_string_equal(
		a.text,
		"libhelper.so.1 was loaded because plugin.so needs it.\n"
		"in process 4242 (host)\n"
		"\n"
		"  /opt/app/bin/host  the program\n"
		"  `- /opt/app/plugins/plugin.so  11.2 ms\n"
		"     |  dlopen(\"plugins/plugin.so\", RTLD_NOW|RTLD_GLOBAL) called from "
		"load_plugin() "
		"at host.c:42 in host\n"
		"     |    #0  load_plugin() at host.c:42 in host\n"
		"     |    #1  load() at host.c:43 in host\n"
		"     |    #2  host+0x300\n"
		"     |  found: the name is a path, so there was no search\n"
		"     `- /opt/app/lib/libhelper.so.1  12.4 ms\n"
		"           DT_NEEDED of plugin.so\n"
		"           found by DT_RUNPATH of plugin.so \"$ORIGIN/../lib\", after 1 path in "
		"vain (plugreport why-found libhelper.so.1)\n"
		"\n"
		"  Afterwards:\n"
		"      20.2 ms  DT_NEEDED of other.so\n"
		"      30.0 ms  dlopen(\"libhelper.so.1\", RTLD_NOW) called from load_plugin() at "
		"host.c:42 "
		"in host  [inferred: an object of this name was there]\n"
		"      40.0 ms  dlclose(libhelper.so.1) called from load_plugin() at host.c:42 in "
		"host  "
		"[read: the handle is its link map]\n"
		"      40.1 ms  unloaded\n"
		"\n");
	release(&a);
}

static void same_answers_name_their_processes(void **state)
{
	struct answered a = {0};

	(void)state;
	build(&a.rec);
	answer(&a, false, 3, ask_loaded, HOST);
	assert_string_equal(a.text,
			    "host is the program.\n"
			    "in process 4242 (host), and the same in 2 others (4250, 4251)\n"
			    "\n"
			    "  /opt/app/bin/host  the program\n"
			    "\n");
	release(&a);
}

static void callers_without_stack_are_addresses(void **state)
{
	struct answered a = {0};

	(void)state;
	build(&a.rec);
	answer(&a, false, 1, ask_loaded, OTHER);
	assert_non_null(strstr(a.text, "other.so was loaded because host+0x100 opened it.\n"));
	assert_non_null(strstr(a.text, "dlopen(\"plugins/other.so\", RTLD_LAZY) called from "
				       "host+0x100\n"));
	release(&a);
}

/* What a failing dlopen had opened: say so, and why where a DT_NEEDED tells. */
static void failed_loads_are_called_so(void **state)
{
	static const char sentence[] = "plugin.so was loaded because load_plugin() at host.c:42 in "
				       "host opened it, but that "
				       "dlopen failed.\n";
	struct answered a = {0};
	int gone;

	(void)state;
	build(&a.rec);
	a.rec.calls[a.rec.objects[PLUGIN].reason_call].outcome = OUTCOME_FAILED;
	answer(&a, false, 1, ask_loaded, PLUGIN);
	assert_memory_equal(a.text, sentence, strlen(sentence));
	free(a.text);
	gone = add_search(&a.rec, 130, HELPER, ORIGIN_NAME, "libgone.so", OUTCOME_FAILED, NONE);
	assert_int_equal(call_missing_request(&a.rec, a.rec.objects[PLUGIN].reason_call), gone);
	answer(&a, false, 1, ask_loaded, PLUGIN);
	assert_non_null(strstr(a.text, "opened it, but that dlopen failed: libgone.so was not "
				       "found, or not usable; libhelper.so.1 needs it.\n"));
	free(a.text);
	answer(&a, false, 1, ask_loaded, HELPER);
	assert_non_null(strstr(
		a.text, "libhelper.so.1 was loaded because plugin.so needs it, but the dlopen "
			"that wanted both failed: libgone.so was not found, or not "
			"usable; libhelper.so.1 needs it.\n"));
	free(a.text);
	a.rec.searches[gone].outcome = OUTCOME_ALREADY_LOADED;
	assert_int_equal(call_missing_request(&a.rec, a.rec.objects[PLUGIN].reason_call), NONE);
	answer(&a, false, 1, ask_loaded, OTHER); /* another call */
	assert_null(strstr(a.text, "failed"));
	release(&a);
}

/* dlmopen of a path: ld.so asks auditors nothing. */
static void paths_given_to_dlmopen_are_found_too(void **state)
{
	struct answered a = {0};

	(void)state;
	build(&a.rec);
	a.rec.objects[OTHER].reason_search = NONE;
	a.rec.calls[a.rec.objects[OTHER].reason_call].kind = CALL_DLMOPEN;
	answer(&a, false, 1, ask_loaded, OTHER);
	assert_non_null(strstr(a.text, "     found: the name is a path, so there was no search\n"));
	release(&a);
}

/* libc loads a character set: what happens inside ld.so and libc is only counted. */
static void libc_loads_name_whom_they_are_for(void **state)
{
	static const char *const functions[] = {"_dl_open", "find_gconv", "iconv_open", "convert",
						"main"};
	struct answered a = {0};
	int stack, search;

	(void)state;
	build(&a.rec);
	stack = add_stack(&a.rec, functions, ARRAY_SIZE(functions), LIBC);
	a.rec.stacks[stack].frames[3].object = HOST;
	a.rec.stacks[stack].frames[4].object = HOST;
	search = add_search(&a.rec, 600, LIBC, ORIGIN_NAME, "/gconv/X.so", OUTCOME_LOADED, OBJECTS);
	a.rec.searches[search].root = true;
	a.rec.searches[search].stack = stack;
	add_library(&a.rec, "/gconv/X.so", NULL, 601, REASON_LIBC, LIBC);
	a.rec.objects[OBJECTS].reason_search = search;
	answer(&a, false, 1, ask_loaded, OBJECTS);
	assert_string_equal(
		a.text,
		"X.so was loaded by libc itself, working for convert() at host.c:45 in host.\n"
		"in process 4242 (host)\n"
		"\n"
		"  /gconv/X.so  60.1 ms\n"
		"     libc itself asked for it, working for:\n"
		"       ... 2 frames of ld.so and libc\n"
		"       #2  iconv_open() at host.c:44 in libc.so.6\n"
		"       #3  convert() at host.c:45 in host\n"
		"       #4  main() at host.c:46 in host\n"
		"     found: the name is a path, so there was no search\n"
		"\n");
	release(&a);
}

static void names_in_explanations_are_escaped(void **state)
{
	struct answered a = {0};

	(void)state;
	build(&a.rec);
	free(a.rec.objects[HELPER].path);
	a.rec.objects[HELPER].path = xstrdup("/x/\033[31mlib\xffhelper\001.so");
	answer(&a, false, 1, ask_loaded, HELPER);
	assert_null(strpbrk(a.text, "\033\001\xff"));
	assert_non_null(strstr(a.text, "/x/\\x1b[31mlib\\xffhelper\\x01.so"));
	release(&a);
}

static void circular_reasons_end(void **state)
{
	struct answered a = {0};

	(void)state;
	build(&a.rec);
	a.rec.objects[PLUGIN].reason = REASON_NEEDED;
	a.rec.objects[PLUGIN].reason_object = HELPER;
	answer(&a, false, 1, ask_loaded, HELPER);
	assert_non_null(strstr(a.text, "the recorded reasons run in a circle"));
	release(&a);
}

/* References beyond the arrays come from broken databases: they are not followed. */
static void wild_references_are_not_followed(void **state)
{
	static const int wild[] = {-7, 99, INT32_MAX, INT32_MIN};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wild); i++) {
		for (int object = HOST; object < OBJECTS; object++) {
			struct answered a = {0};

			build(&a.rec);
			a.rec.objects[object].reason_object = wild[i];
			a.rec.objects[object].reason_call = wild[i];
			a.rec.objects[object].reason_search = wild[i];
			a.rec.calls[0].stack = wild[i];
			a.rec.calls[0].caller = wild[i];
			answer(&a, i & 1, 1, ask_loaded, object);
			assert_true(a.length > 0);
			release(&a);
		}
	}
}

static void chain_is_in_json(void **state)
{
	struct answered a = {0};
	json_t *document, *told, *chain, *found;

	(void)state;
	build(&a.rec);
	answer(&a, true, 2, ask_loaded, HELPER);
	document = json_loads(a.text, 0, NULL);
	assert_non_null(document);
	told = json_array_get(json_object_get(document, "answers"), 0);
	assert_string_equal(json_string_value(json_object_get(told, "reason")), "needed");
	assert_int_equal(json_array_size(json_object_get(told, "processes")), 2);
	assert_int_equal(json_array_size(json_object_get(told, "requests")), 3);
	chain = json_object_get(told, "chain");
	assert_int_equal(json_array_size(chain), 3);
	found = json_object_get(json_array_get(chain, 2), "found");
	assert_string_equal(json_string_value(json_object_get(found, "rule")), "runpath");
	assert_string_equal(json_string_value(json_object_get(found, "entry")), "$ORIGIN/../lib");
	assert_int_equal(json_integer_value(json_object_get(found, "misses")), 1);
	json_decref(document);
	release(&a);
}

static int request_for(const struct recording *rec, const char *name)
{
	for (size_t i = 0; i < rec->search_count; i++)
		if (rec->searches[i].origin == ORIGIN_NAME &&
		    strcmp(rec->searches[i].tried, name) == 0)
			return (int)i;
	fail_msg("no request for %s", name);
	return NONE;
}

/* The places themselves, without the wording of rules that are left out. */
static void places_stand_in_order(void **state)
{
	struct answered a = {0};
	struct why_found found;
	size_t tried = 0, last = 0;

	(void)state;
	build(&a.rec);
	why_found_build(&a.rec, request_for(&a.rec, "libhelper.so.1"), &found);
	assert_int_equal(found.misses, 1);
	assert_int_equal(found.result, HELPER);
	assert_int_equal(found.call, NONE);
	for (size_t i = 0; i < found.place_count; i++) {
		const struct found_place *place = &found.places[i];

		if (place->rule == RULE_RUNPATH && !place->left_out) {
			assert_int_equal(place->owner, PLUGIN);
			assert_int_equal(place->fate, tried ? PLACE_FOUND : PLACE_MISSED);
			assert_string_equal(place->entry, tried ? "$ORIGIN/../lib" : "$ORIGIN");
			tried++;
			last = i;
		} else if (tried < 2) {
			assert_true(place->fate == PLACE_LEFT_OUT || place->fate == PLACE_SILENT);
		} else {
			assert_true(place->fate == PLACE_LEFT_OUT ||
				    place->fate == PLACE_NOT_REACHED);
		}
	}
	assert_int_equal(tried, 2);
	assert_true(last + 1 < found.place_count); /* the cache and the default directories */
	why_found_release(&found);
	recording_release(&a.rec);
}

static void found_names_are_explained(void **state)
{
	struct answered a = {0};

	(void)state;
	build(&a.rec);
	answer(&a, false, 1, ask_found, request_for(&a.rec, "libhelper.so.1"));
	assert_string_equal(
		a.text, "libhelper.so.1, needed by plugin.so\n"
			"was found by DT_RUNPATH of plugin.so \"$ORIGIN/../lib\": "
			"/opt/app/lib/libhelper.so.1\n"
			"12.0 ms after the start of process 4242 (host)\n"
			"             RULE               PLACE                                    "
			"WRITTEN IN\n"
			"  left out   DT_RPATH           (ignored: the requester has DT_RUNPATH)\n"
			"  left out   LD_LIBRARY_PATH    (LD_LIBRARY_PATH is not set)\n"
			"  in vain    DT_RUNPATH         /opt/app/plugins/libhelper.so.1          "
			"\"$ORIGIN\" in plugin.so\n"
			"  found      DT_RUNPATH         /opt/app/plugins/../lib/libhelper.so.1   "
			"\"$ORIGIN/../lib\" in plugin.so\n"
			"  not tried  ld.so.cache\n"
			"  not tried  default directory  /lib\n"
			"  not tried  default directory  /usr/lib\n"
			"  in vain: missing, or not usable; ld.so does not tell.\n"
			"\n");
	release(&a);
}

static void missing_names_have_their_whole_trail(void **state)
{
	struct answered a = {0};

	(void)state;
	build(&a.rec);
	answer(&a, false, 1, ask_found, request_for(&a.rec, "libmissing.so"));
	assert_string_equal(
		a.text,
		"libmissing.so, asked for by dlopen(\"libmissing.so\", RTLD_NOW) in "
		"load_plugin() at host.c:42 in host\n"
		"was not found, or not usable\n"
		"31.1 ms after the start of process 4242 (host)\n"
		"                 RULE               PLACE                                       "
		"                WRITTEN IN\n"
		"  left out       DT_RPATH           (no DT_RPATH in the requester, its loaders or "
		"the "
		"program)\n"
		"  left out       LD_LIBRARY_PATH    (LD_LIBRARY_PATH is not set)\n"
		"  left out       DT_RUNPATH         (the requester has no DT_RUNPATH)\n"
		"  no probe seen  ld.so.cache        (no usable entry)\n"
		"  in vain        default directory  /lib/libmissing.so\n"
		"  no probe seen  default directory  /usr/lib\n"
		"  in vain: missing, or not usable; ld.so does not tell.\n"
		"  no probe seen: not tried, or known to be missing; ld.so announces nothing then, "
		"nor "
		"names that its cache lacks.\n"
		"\n");
	release(&a);
}

/* What the first lines of an explanation say about a request whose outcome is changed. */
static void expect_verdict(struct answered *a, int request, const char *wanted)
{
	answer(a, false, 1, ask_found, request);
	if (!strstr(a->text, wanted))
		fail_msg("\"%s\" is not in: %s", wanted, a->text);
	free(a->text);
	a->text = NULL;
}

static void verdicts_say_no_more_than_is_known(void **state)
{
	struct answered a = {0};
	int plugin, missing, probe, helper;

	(void)state;
	build(&a.rec);
	plugin = request_for(&a.rec, "plugins/plugin.so");
	missing = request_for(&a.rec, "libmissing.so");
	helper = request_for(&a.rec, "libhelper.so.1");
	probe = search_next_probe(&a.rec, missing, missing);

	/* opened, and closed again */
	a.rec.searches[plugin].outcome = OUTCOME_FAILED;
	expect_verdict(&a, plugin,
		       "\nwas found, but could not be loaded: /opt/app/plugins/plugin.so\n");
	expect_verdict(&a, plugin, "\n  found  the name is a path  plugins/plugin.so\n\n");
	assert_false(search_in_vain(&a.rec, plugin));
	a.rec.searches[helper].outcome = OUTCOME_FAILED;
	expect_verdict(
		&a, helper,
		"\nwas found by DT_RUNPATH of plugin.so \"$ORIGIN/../lib\", but could not be "
		"loaded: /opt/app/lib/libhelper.so.1\n");

	/* there, and no library */
	a.rec.searches[plugin].result = NONE;
	a.rec.searches[plugin].outcome = OUTCOME_UNUSABLE;
	expect_verdict(&a, plugin, "\nwas there, but is not usable\n");
	expect_verdict(&a, plugin, "\n  not usable  the name is a path  plugins/plugin.so\n\n");
	assert_true(search_in_vain(&a.rec, plugin));
	a.rec.searches[plugin].outcome = OUTCOME_FAILED;
	expect_verdict(&a, plugin, "\nwas not found, or not usable\n");
	a.rec.searches[plugin].outcome = OUTCOME_UNKNOWN;
	expect_verdict(&a, plugin, "\nwas searched for; what came of it is not known\n");
	expect_verdict(&a, plugin, "\n  not known  the name is a path  plugins/plugin.so\n\n");
	assert_false(search_in_vain(&a.rec, plugin));

	/* the search stopped */
	a.rec.searches[probe].outcome = OUTCOME_UNUSABLE;
	expect_verdict(&a, missing,
		       "\nwas not found, or not usable: the search stopped at "
		       "/lib/libmissing.so\n");
	expect_verdict(&a, missing, "\n  not usable     default directory  /lib/libmissing.so\n");
	expect_verdict(&a, missing, "\n  not tried      default directory  /usr/lib\n");
	a.rec.searches[missing].outcome = OUTCOME_UNKNOWN;
	a.rec.searches[probe].outcome = OUTCOME_UNKNOWN;
	expect_verdict(&a, missing,
		       "\nwas searched for; what came of it is not known: the last path tried was "
		       "/lib/libmissing.so\n");
	expect_verdict(&a, missing, "\n  not known      default directory  /lib/libmissing.so\n");
	release(&a);
}

static void noload_is_not_a_vain_search(void **state)
{
	struct answered a = {0};
	int missing, plugin;

	(void)state;
	build(&a.rec);
	missing = request_for(&a.rec, "libmissing.so");
	plugin = request_for(&a.rec, "plugins/plugin.so");
	assert_true(search_in_vain(&a.rec, missing));
	a.rec.calls[search_call(&a.rec, missing)].flags |= RTLD_NOLOAD;
	a.rec.calls[search_call(&a.rec, plugin)].flags |= RTLD_NOLOAD;
	a.rec.searches[plugin].outcome = OUTCOME_FAILED;
	a.rec.searches[plugin].result = NONE;
	assert_false(search_in_vain(&a.rec, missing));
	expect_verdict(&a, missing, "\nwas not loaded, and RTLD_NOLOAD forbids loading it\n");
	expect_verdict(&a, plugin, "\nwas not loaded, and RTLD_NOLOAD forbids loading it\n");
	expect_verdict(&a, plugin, "\n  not known  the name is a path  plugins/plugin.so\n\n");
	release(&a);
}

static void set_variable(struct recording *rec, const char *name, const char *value)
{
	*GROW(rec->environment, rec->environment_count, rec->environment_room) =
		(struct variable){xstrdup(name), xstrdup(value)};
}

/* The program asks for LD_PRELOAD's names, and for its own DT_NEEDED. */
static void preloads_are_not_needed(void **state)
{
	struct answered a = {0};
	int gone, here;

	(void)state;
	build(&a.rec);
	a.rec.searches[0].requester = LIBC; /* not before the program's own */
	gone = add_search(&a.rec, 500, HOST, ORIGIN_NAME, "libgone.so", OUTCOME_FAILED, NONE);
	here = add_search(&a.rec, 501, HOST, ORIGIN_NAME, "/p/other.so", OUTCOME_LOADED, OTHER);
	a.rec.objects[OTHER].reason = REASON_PRELOAD;
	a.rec.objects[OTHER].reason_search = here;
	expect_verdict(&a, gone, "libgone.so, named by /etc/ld.so.preload\n");
	set_variable(&a.rec, "LD_PRELOAD", "libgone.so.1 :libgone.so");
	expect_verdict(&a, gone, "libgone.so, named by LD_PRELOAD\n");
	expect_verdict(&a, here, "/p/other.so, named by /etc/ld.so.preload\n");
	add_needed(&a.rec, HOST, "libgone.so", NONE);
	expect_verdict(&a, gone, "libgone.so, needed by host\n");
	/* a filter's name, behind the first DT_NEEDED */
	gone = add_search(&a.rec, 502, HOST, ORIGIN_NAME, "libfiltee.so", OUTCOME_FAILED, NONE);
	expect_verdict(&a, gone, "libfiltee.so, asked for by host\n");
	release(&a);
}

static void paths_are_not_searched_for(void **state)
{
	struct answered a = {0};

	(void)state;
	build(&a.rec);
	answer(&a, false, 1, ask_found, request_for(&a.rec, "plugins/plugin.so"));
	assert_string_equal(a.text, "plugins/plugin.so, asked for by dlopen(\"plugins/plugin.so\", "
				    "RTLD_NOW|RTLD_GLOBAL) in load_plugin() at host.c:42 in host\n"
				    "was found: /opt/app/plugins/plugin.so\n"
				    "11.1 ms after the start of process 4242 (host)\n"
				    "         RULE                PLACE              WRITTEN IN\n"
				    "  found  the name is a path  plugins/plugin.so\n"
				    "\n");
	release(&a);
}

/* A path that no place on the list explains is shown all the same, in its turn. */
static void unexplained_probes_are_kept(void **state)
{
	struct answered a = {0};
	struct why_found found;
	int request;
	bool seen = false;

	(void)state;
	build(&a.rec);
	request = add_search(&a.rec, 500, HOST, ORIGIN_NAME, "libodd.so", OUTCOME_FAILED, NONE);
	add_probe(&a.rec, request, ORIGIN_LIBPATH, RULE_LD_LIBRARY_PATH, "/odd/libodd.so",
		  OUTCOME_MISSING, NONE);
	why_found_build(&a.rec, request, &found);
	for (size_t i = 0; i < found.place_count; i++)
		if (found.places[i].probe_count)
			seen = found.places[i].fate == PLACE_MISSED &&
			       strcmp(found.places[i].directory, "/odd") == 0;
	assert_true(seen);
	why_found_release(&found);
	recording_release(&a.rec);
}

/* ld.so --library-path: in the place of LD_LIBRARY_PATH, which is not set. */
static void library_path_of_ldso_stands_in_its_place(void **state)
{
	struct answered a = {0};
	int request;

	(void)state;
	build(&a.rec);
	add_library(&a.rec, "/lib64/ld.so", "ld.so", 4, REASON_LDSO, NONE);
	a.rec.objects[OBJECTS].kind = OBJECT_LDSO;
	free(a.rec.exe);
	a.rec.exe = xstrdup("/lib64/ld.so");
	request = add_search(&a.rec, 500, HOST, ORIGIN_NAME, "libodd.so", OUTCOME_LOADED, OTHER);
	a.rec.searches[request].root = true;
	add_probe(&a.rec, request, ORIGIN_LIBPATH, RULE_LD_LIBRARY_PATH, "none/libodd.so",
		  OUTCOME_MISSING, NONE);
	add_probe(&a.rec, request, ORIGIN_LIBPATH, RULE_LD_LIBRARY_PATH,
		  "odd/glibc-hwcaps/x86-64-v2/libodd.so", OUTCOME_MISSING, NONE);
	add_probe(&a.rec, request, ORIGIN_LIBPATH, RULE_LD_LIBRARY_PATH, "odd/x86_64/libodd.so",
		  OUTCOME_MISSING, NONE);
	add_probe(&a.rec, request, ORIGIN_LIBPATH, RULE_LD_LIBRARY_PATH, "odd/libodd.so",
		  OUTCOME_LOADED, OTHER);
	answer(&a, false, 1, ask_found, request);
	assert_string_equal(
		a.text,
		"libodd.so, asked for by host\n"
		"was found by LD_LIBRARY_PATH or --library-path: /opt/app/plugins/other.so\n"
		"50.0 ms after the start of process 4242 (host)\n"
		"             RULE                               PLACE                           "
		"                            WRITTEN IN\n"
		"  left out   DT_RPATH                           (no DT_RPATH in the requester, "
		"its "
		"loaders or the program)\n"
		"  in vain    LD_LIBRARY_PATH or --library-path  none/libodd.so\n"
		"  in vain    LD_LIBRARY_PATH or --library-path  2 hardware subdirectories of odd\n"
		"  found      LD_LIBRARY_PATH or --library-path  odd/libodd.so\n"
		"  left out   DT_RUNPATH                         (the requester has no "
		"DT_RUNPATH)\n"
		"  not tried  ld.so.cache\n"
		"  not tried  default directory                  /lib64\n"
		"  not tried  default directory                  /usr/lib64\n"
		"  in vain: missing, or not usable; ld.so does not tell.\n"
		"\n");
	release(&a);
}

/* An empty entry of LD_LIBRARY_PATH is the current directory. */
static void current_directory_has_a_name(void **state)
{
	struct answered a = {0};
	int request;

	(void)state;
	build(&a.rec);
	set_variable(&a.rec, "LD_LIBRARY_PATH", ":/lib");
	request = add_search(&a.rec, 500, HOST, ORIGIN_NAME, "libodd.so", OUTCOME_FAILED, NONE);
	add_probe(&a.rec, request, ORIGIN_LIBPATH, RULE_LD_LIBRARY_PATH, "tls/libodd.so",
		  OUTCOME_MISSING, NONE);
	expect_verdict(&a, request, "  in vain        LD_LIBRARY_PATH    tls/libodd.so\n");
	add_probe(&a.rec, request, ORIGIN_LIBPATH, RULE_LD_LIBRARY_PATH, "x86_64/libodd.so",
		  OUTCOME_MISSING, NONE);
	expect_verdict(
		&a, request,
		"  in vain        LD_LIBRARY_PATH    2 hardware subdirectories of the current "
		"directory\n");
	add_probe(&a.rec, request, ORIGIN_LIBPATH, RULE_LD_LIBRARY_PATH, "libodd.so",
		  OUTCOME_MISSING, NONE);
	expect_verdict(
		&a, request,
		"  in vain        LD_LIBRARY_PATH    libodd.so in the current directory, and in "
		"2 hardware subdirectories\n");
	release(&a);
}

static void requests_are_matched_as_people_write_them(void **state)
{
	struct recording rec;
	int helper;

	(void)state;
	build(&rec);
	helper = request_for(&rec, "libhelper.so.1");
	assert_true(search_matches(&rec, helper, "libhelper.so.1"));
	assert_true(search_matches(&rec, helper, "libhelper*"));
	assert_true(search_matches(&rec, helper, "/opt/app/lib/libhelper.so.1"));
	assert_true(search_matches(&rec, helper, "/opt/app/plugins/libhelper.so.1"));
	assert_false(search_matches(&rec, helper, "libhelper"));
	assert_false(search_matches(&rec, helper, "plugin.so"));
	assert_true(search_matches(&rec, request_for(&rec, "plugins/plugin.so"), "plugin.so"));
	recording_release(&rec);
}

static void equal_answers_have_equal_signatures(void **state)
{
	struct recording one, two;
	char *first, *second;

	(void)state;
	build(&one);
	build(&two);
	two.pid = 9;
	two.objects[HELPER].opened_ns += 5;
	two.objects[HELPER].load_address += 0x1000;
	for (int changed = 0; changed < 2; changed++) {
		struct why_loaded why;

		if (changed)
			two.calls[0].flags = RTLD_LAZY;
		why_loaded_build(&one, HELPER, &why);
		first = why_loaded_signature(&one, &why);
		why_loaded_release(&why);
		why_loaded_build(&two, HELPER, &why);
		second = why_loaded_signature(&two, &why);
		why_loaded_release(&why);
		assert_int_equal(strcmp(first, second) != 0, changed);
		free(first);
		free(second);
	}
	recording_release(&one);
	recording_release(&two);
}

/* dlclose: la_objclose, then DELETE.  exit(): DELETE, then la_objclose, the program's too. */
static void exit_is_told_from_dlclose(void **state)
{
	struct recording rec;
	static const struct {
		uint64_t seq;
		enum activity_kind kind;
	} events[] = {{399, ACTIVITY_CONSISTENT},
		      {400, ACTIVITY_DELETE}, /* glibc before 2.37: 402 */
		      {403, ACTIVITY_CONSISTENT},
		      {500, ACTIVITY_DELETE}};

	(void)state;
	build(&rec);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		struct activity *activity = recording_add_activity(&rec);

		activity->seq = events[i].seq;
		activity->kind = events[i].kind;
		activity->object = HOST;
	}
	rec.objects[PLUGIN].closed_seq = 502;
	assert_false(object_closed_at_exit(&rec, PLUGIN)); /* the program is still open */
	rec.objects[HOST].closed_seq = 501;
	for (uint64_t deleting = 400; deleting <= 402; deleting += 2) {
		rec.activities[1].seq = deleting;
		assert_false(object_closed_at_exit(&rec, HELPER)); /* 401 */
		assert_true(object_closed_at_exit(&rec, PLUGIN));
		assert_true(object_closed_at_exit(&rec, HOST));
		assert_false(object_closed_at_exit(&rec, OTHER)); /* never closed */
	}
	rec.activities[3].object = NONE;
	assert_true(object_closed_at_exit(&rec, PLUGIN));
	assert_false(object_closed_at_exit(&rec, HELPER));
	recording_release(&rec);
}

/* A forked child's objects were all there at once: nobody in it asked for them. */
static void inherited_objects_were_asked_for_by_nobody(void **state)
{
	struct answered a = {0};

	(void)state;
	build(&a.rec);
	a.rec.parent_pid = 4000;
	for (int i = HOST; i < OBJECTS; i++) {
		a.rec.objects[i].inherited = true;
		a.rec.objects[i].reason = REASON_INHERITED;
		a.rec.objects[i].reason_search = NONE;
	}
	answer(&a, false, 1, ask_loaded, LIBC);
	assert_string_equal(a.text, "libc.so.6 was there when the process was forked.\n"
				    "in process 4242 (host)\n"
				    "\n"
				    "  /lib/libc.so.6  there when forked from 4000\n"
				    "\n");
	release(&a);
}

static void answers_are_kept_once(void **state)
{
	AUTO_ANSWERS struct answers answers = {0};

	(void)state;
	answers_add(&answers, xstrdup("a"), 0, 5);
	answers_add(&answers, xstrdup("b"), 0, 6);
	answers_add(&answers, xstrdup("a"), 0, 7);
	answers_add(&answers, xstrdup("a"), 2, 8);
	assert_int_equal(answers.count, 2);
	assert_int_equal(answers.list[0].index, 5);
	assert_int_equal(answers.list[0].row_count, 2);
	assert_int_equal(answers.list[0].rows[1], 2);
	assert_int_equal(answers.list[0].repeats, 2);
	assert_int_equal(answers.list[1].repeats, 0);
}

static void failures_are_known_by_other_words(void **state)
{
	struct call call = {
		.kind = CALL_DLOPEN, .known_by = KNOWN_NESTED_OPEN, .outcome = OUTCOME_LOADED};

	(void)state;
	assert_string_equal(call_known_by_words(&call), "inferred: opened during this call");
	call.outcome = OUTCOME_FAILED;
	assert_string_equal(call_known_by_words(&call),
			    "inferred: opened and closed again during this call");
	call.known_by = KNOWN_NOT_LOADED;
	assert_string_equal(call_known_by_words(&call),
			    "inferred: nothing that was loaded came of it");
	call.known_by = (enum known_by)99;
	assert_string_equal(call_known_by_words(&call), "not known");
}

static void calls_are_written_as_in_c(void **state)
{
	struct recording rec;
	struct strbuf sb = STRBUF_INIT;
	struct call *call;

	(void)state;
	build(&rec);
	call = &rec.calls[1];
	call->kind = CALL_DLMOPEN;
	call->name_space = LM_ID_NEWLM;
	call->flags = RTLD_NOW | RTLD_DEEPBIND | 0x80000;
	add_call(&sb, &rec, 1, false);
	strbuf_addch(&sb, '\n');
	call->kind = CALL_DLSYM;
	call->handle = (uint64_t)-1;
	add_call(&sb, &rec, 1, false);
	strbuf_addch(&sb, '\n');
	call->handle = 0;
	free(call->name);
	call->name = xstrdup("_ZN3foo3barEi");
	add_call(&sb, &rec, 1, false);
	strbuf_addch(&sb, '\n');
	call->kind = CALL_DLVSYM;
	call->handle = rec.objects[PLUGIN].link_map;
	call->version = xstrdup("V_1");
	add_call(&sb, &rec, 1, true);
	strbuf_addch(&sb, '\n');
	call->kind = CALL_DLOPEN;
	call->flags = 0;
	free(call->name);
	call->name = NULL;
	add_call(&sb, &rec, 1, false);
	assert_string_equal(
		sb.s, "dlmopen(LM_ID_NEWLM, \"plugins/other.so\", RTLD_NOW|RTLD_DEEPBIND|0x80000)\n"
		      "dlsym(RTLD_NEXT, \"plugins/other.so\")\n"
		      "dlsym(RTLD_DEFAULT, \"foo::bar(int)\")\n"
		      "dlvsym(plugin.so, \"_ZN3foo3barEi\", \"V_1\")\n"
		      "dlopen(NULL, 0)");
	strbuf_release(&sb);
	recording_release(&rec);
}

static void numbers_are_readable(void **state)
{
	struct strbuf sb = STRBUF_INIT;
	static const uint64_t times[] = {0, 1234567, 12345678, 1234567890, 123456789000};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		add_time(&sb, times[i]);
		strbuf_addch(&sb, '|');
	}
	add_count(&sb, 1, "spool", "spools");
	strbuf_addch(&sb, '|');
	add_count(&sb, 1234567, "spool", "spools");
	strbuf_addch(&sb, '|');
	add_size(&sb, 3u << 20);
	assert_string_equal(sb.s, "0.00 ms|1.23 ms|12.3 ms|1.23 s|123 s|1 spool|1,234,567 spools|"
				  "3.0 MiB");
	strbuf_release(&sb);
}

static void arguments_are_quoted(void **state)
{
	struct strbuf sb = STRBUF_INIT;

	(void)state;
	add_argv(&sb, "[\"/bin/sh\", \"-c\", \"it's\\n\", \"\", \"\\u001b[31m\"]");
	assert_string_equal(sb.s, "/bin/sh -c 'it'\\''s\\n' '' '\\x1b[31m'");
	strbuf_reset(&sb);
	add_argv(&sb, "no json");
	add_argv(&sb, NULL);
	assert_string_equal(sb.s, "");
	strbuf_release(&sb);
}

static void losses_stand_first(void **state)
{
	static const struct render_look plain = {0};
	struct process_row lossy[] = {
		{.id = 1, .pid = 7, .lost_events = 1200, .lost_reason = 3, .complete = true},
		{.id = 2, .pid = 8, .complete = true},
		{.id = 3, .pid = 9, .damaged_at = 4096, .end_kind = "running"},
	};
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct render *render = render_text_new(out, &plain);

	(void)state;
	show_losses(render, lossy, ARRAY_SIZE(lossy));
	assert_true(render_finish(render));
	fclose(out);
	assert_string_equal(
		text, "! process 7 lost 1,200 events (no space, no memory): what follows may be "
		      "incomplete\n"
		      "! process 9 has a spool damaged from byte 4096 on: what follows may be "
		      "incomplete\n"
		      "1 of the 3 processes still runs: recorded so far\n"
		      "\n");
	free(text);
}

/* The HTML report lets commands answer more than once. */
static void remarks_are_said_once(void **state)
{
	struct context context = {0};

	(void)state;
	context_remark(&context, "no run %d", 7);
	context_remark(&context, "no run %d", 8);
	context_remark(&context, "no run %d", 7);
	assert_int_equal(context.remark_count, 2);
	assert_string_equal(context.remarks[1], "no run 8");
	for (size_t i = 0; i < context.remark_count; i++)
		free(context.remarks[i]);
	free(context.remarks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chain_is_told_from_the_program_down),
		cmocka_unit_test(same_answers_name_their_processes),
		cmocka_unit_test(callers_without_stack_are_addresses),
		cmocka_unit_test(failed_loads_are_called_so),
		cmocka_unit_test(paths_given_to_dlmopen_are_found_too),
		cmocka_unit_test(failures_are_known_by_other_words),
		cmocka_unit_test(libc_loads_name_whom_they_are_for),
		cmocka_unit_test(names_in_explanations_are_escaped),
		cmocka_unit_test(circular_reasons_end),
		cmocka_unit_test(wild_references_are_not_followed),
		cmocka_unit_test(chain_is_in_json),
		cmocka_unit_test(places_stand_in_order),
		cmocka_unit_test(found_names_are_explained),
		cmocka_unit_test(missing_names_have_their_whole_trail),
		cmocka_unit_test(verdicts_say_no_more_than_is_known),
		cmocka_unit_test(noload_is_not_a_vain_search),
		cmocka_unit_test(preloads_are_not_needed),
		cmocka_unit_test(paths_are_not_searched_for),
		cmocka_unit_test(unexplained_probes_are_kept),
		cmocka_unit_test(library_path_of_ldso_stands_in_its_place),
		cmocka_unit_test(current_directory_has_a_name),
		cmocka_unit_test(requests_are_matched_as_people_write_them),
		cmocka_unit_test(equal_answers_have_equal_signatures),
		cmocka_unit_test(exit_is_told_from_dlclose),
		cmocka_unit_test(inherited_objects_were_asked_for_by_nobody),
		cmocka_unit_test(answers_are_kept_once),
		cmocka_unit_test(calls_are_written_as_in_c),
		cmocka_unit_test(numbers_are_readable),
		cmocka_unit_test(arguments_are_quoted),
		cmocka_unit_test(losses_stand_first),
		cmocka_unit_test(remarks_are_said_once),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
