/* exec-stack: who makes stacks executable, or wants to. */
#include "audit/spool.h"
#include "report/findings/input.h"
#include "report/findings/rules.h"
#include "report/render/words.h"

static void report(const struct recording *rec, int object, struct findings *ret)
{
	const struct object *o = &rec->objects[object];
	bool marked = o->elf_flags & SPOOL_ELF_STACK;
	AUTO_STRBUF struct strbuf message = STRBUF_INIT;
	struct finding *finding;

	add_object(&message, rec, object);
	strbuf_addstr(&message, marked ? " asks for an executable stack"
				       : " does not say that it can do without an executable "
					 "stack (it has no PT_GNU_STACK)");
	if (!object_is_startup(rec, object))
		strbuf_addstr(&message, ": dlopen refuses it from glibc 2.41 on");
	finding = findings_add(
		ret, &rule_exec_stack, SEVERITY_WARNING, strbuf_detach(&message),
		xstrdup(marked ? "find what asks for it (assembler files without a "
				 ".note.GNU-stack section, nested functions, -z execstack), "
				 "rebuild without it"
			       : "add .section .note.GNU-stack,\"\",@progbits to assembler files, "
				 "or link with -z noexecstack"));
	finding_add_object(finding, object);
	finding_add_origin(finding, rec, object);
	finding->seq = o->opened_seq;
}

static void find(struct rule_input *input, struct findings *ret)
{
	for (size_t i = 0; i < input->rec->object_count; i++)
		if (object_wants_executable_stack(input->rec, &input->rec->objects[i]))
			report(input->rec, (int)i, ret);
}

const struct rule rule_exec_stack = {
	.slug = "exec-stack",
	.group = "process",
	.summary = "a file asks for an executable stack",
	.meaning =
		"The file's PT_GNU_STACK header asks for an executable stack, or the header is "
		"missing, which on x86 means the same. When such a program starts, or such a "
		"library is loaded, the stacks of the whole process become executable: one bug in "
		"any part of it is easier to exploit.\n\n"
		"From glibc 2.41 on, dlopen does not do that any more: loading the library fails "
		"with \"cannot enable executable stack as shared object requires\". A plugin that "
		"works today stops to with an update of the C library. Kernels with SELinux may "
		"refuse it already.",
	.reported = "A warning for the program and each library. The vDSO and ld.so are left out.",
	.harmless = "Programs that create code on their stack on purpose (nested functions of GNU "
		    "C, some language runtimes) need it.",
	.fix = "Nearly always an assembler file forgot a line. Add to it\n\n"
	       "    .section .note.GNU-stack,\"\",@progbits\n\n"
	       "or link with -z noexecstack. `readelf -lW FILE | grep GNU_STACK` shows RW when it "
	       "is well and RWE when not. A file that can't be rebuilt can be changed with "
	       "`patchelf --clear-execstack` or `execstack -c`.",
	.find = find,
};
