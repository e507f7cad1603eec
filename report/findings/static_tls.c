/* static-tls: libraries loaded by dlopen that want room in the block that was made at start-up. */
#include <inttypes.h>

#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/model/static_tls.h"
#include "report/model/why_found.h"
#include "report/render/words.h"

static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;
	uint64_t most = 0, room = static_tls_optional(rec);
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	AUTO_FREE int *objects = xcalloc(rec->object_count, sizeof(*objects));
	size_t count = 0;
	struct finding *finding;

	for (size_t i = 0; i < rec->object_count; i++) {
		uint64_t taken;

		/* Who did not get it is failed-load's matter. */
		if (!object_takes_static_tls(rec, (int)i) ||
		    object_failed_call(rec, (int)i) != NONE)
			continue;
		objects[count++] = (int)i;
		taken = static_tls_taken(rec, (int)i) + object_tls_size(&rec->objects[i]);
		most = taken > most ? taken : most;
	}
	if (!count)
		return;
	add_objects(&message, rec, objects, count, 3);
	strbuf_addstr(&message, count == 1 ? " was loaded by dlopen and takes "
					   : " were loaded by dlopen and take ");
	add_size(&message, most);
	strbuf_addf(&message, " of static TLS; %" PRIu64 " are set aside for that", room);
	finding = findings_add(
		ret, &rule_static_tls, most > room ? SEVERITY_WARNING : SEVERITY_NOTE,
		strbuf_detach(&message),
		xstrdup(most > room
				? "build them without -ftls-model=initial-exec, or start the "
				  "program with GLIBC_TUNABLES=glibc.rtld.optional_static_tls="
				  "BYTES, or link or preload them"
				: "build them without -ftls-model=initial-exec when there may be "
				  "more of them"));
	finding->seq = rec->objects[objects[0]].opened_seq;
	for (size_t i = 0; i < count; i++) {
		AUTO_STRBUF struct strbuf text = STRBUF_INIT;
		struct evidence *evidence;

		finding_add_object(finding, objects[i]);
		add_object(&text, rec, objects[i]);
		strbuf_addstr(&text, ": ");
		add_size(&text, object_tls_size(&rec->objects[objects[i]]));
		strbuf_addstr(&text, ", DF_STATIC_TLS; ");
		add_load_reason(&text, rec, objects[i], false);
		evidence = finding_add_evidence(finding, strbuf_detach(&text));
		evidence->object = objects[i];
	}
}

const struct rule rule_static_tls = {
	.slug = "static-tls",
	.group = "process",
	.summary = "libraries loaded by dlopen take static thread-local storage",
	.meaning =
		"A library that was built with -ftls-model=initial-exec (DF_STATIC_TLS) wants its "
		"thread-local variables in the block that each thread got when it began. For "
		"libraries that dlopen loads, that block has a small reserve only: 512 bytes "
		"since glibc 2.32, some 1.6 KB before. Who comes when it is used up fails with "
		"\"cannot allocate memory in static TLS block\". Which library that is depends on "
		"the order of loading: \"it works if A is imported first\".\n\n"
		"glibc may give what is left over from other reserves too, so that more than the "
		"reserve can succeed; the next version, or one more library, can fail.",
	.reported =
		"A note when libraries with DF_STATIC_TLS were loaded by dlopen, a warning when at "
		"some moment they took more than the reserve. Sizes are those of PT_TLS, without "
		"alignment. Libraries that were there when the program began have their room, and "
		"glibc's own have a reserve apart: both are left out. A library that did not get "
		"its room is failed-load's matter.",
	.harmless = "As long as it fits: that a load succeeded shows that it did.",
	.fix = "Build the library with the default TLS model (global-dynamic, with -mtls-dialect="
	       "gnu2 where speed matters). Where that is not possible, make the reserve larger:\n\n"
	       "    GLIBC_TUNABLES=glibc.rtld.optional_static_tls=4096 ./app\n\n"
	       "or let the library be there from the start: link the program with it, or preload "
	       "it.",
	.find = find,
};
