/* text-relocations: code that ld.so had to write to. */
#include <elf.h>

#include "audit/spool.h"
#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

static void find(struct rule_input *input, struct findings *ret)
{
	const struct recording *rec = input->rec;

	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];
		AUTO_STRBUF struct strbuf message = STRBUF_INIT;
		struct finding *finding;

		if (!object_is_file(object) ||
		    !((object->elf_flags & SPOOL_ELF_TEXTREL) || (object->flags & DF_TEXTREL)))
			continue;
		add_object(&message, rec, (int)i);
		strbuf_addstr(&message, " has text relocations: ld.so changes its code");
		finding = findings_add(ret, &rule_text_relocations, SEVERITY_WARNING,
				       strbuf_detach(&message),
				       xstrdup("build all of it with -fPIC (or -fPIE), link with "
					       "-z text, which names what is left"));
		finding_add_object(finding, (int)i);
		finding_add_origin(finding, rec, (int)i);
		finding->seq = object->opened_seq;
	}
}

const struct rule rule_text_relocations = {
	.slug = "text-relocations",
	.group = "process",
	.summary = "code is changed by relocations when it is loaded",
	.meaning =
		"The file has DT_TEXTREL: some relocations are in its code, because parts of it "
		"were not compiled as position-independent. ld.so makes the code writable, "
		"changes it, and makes it read-only again. Each process has its own copy of these "
		"pages in memory, loading takes longer, and where writable code is forbidden "
		"(SELinux, systemd's MemoryDenyWriteExecute=) it fails with \"cannot restore "
		"segment prot after reloc\" or \"Permission denied\".",
	.reported = "A warning for the program and each library with DT_TEXTREL or DF_TEXTREL.",
	.harmless = "Where memory does not matter and nothing forbids it, everything works.",
	.fix = "Compile with -fPIC (libraries) or -fPIE (programs), assembler files too. The "
	       "linker names the places with -z text, and warns of them with "
	       "--warn-textrel. `readelf -d FILE | grep TEXTREL` checks a file.",
	.find = find,
};
