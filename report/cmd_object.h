/*
 * cmd_object.h - private to cmd_object*.c: one object, and what is known of it.
 */
#ifndef PLUGREPORT_CMD_OBJECT_H
#define PLUGREPORT_CMD_OBJECT_H

#include "report/cmd.h"
#include "report/elf/record.h"
#include "report/model/init_order.h"
#include "report/store/symbol_tables.h"

#define ROWS_SHOWN 20 /* of a table, without --all */

/* What became of an object's file since it was recorded. */
enum file_state {
	FILE_NONE,       /* it never had one: the vDSO */
	FILE_SAME,       /* the very file */
	FILE_SAME_BUILD, /* another file with the same build-id */
	FILE_CHANGED,    /* something else is there now */
	FILE_GONE,
	FILE_UNREADABLE,
	FILE_PACKED, /* none of the recorded ones is there, but the database has an extract */
};

/* A binding that the object's references have. */
struct object_binding {
	char *symbol, *version; /* version may be NULL */
	char kind[8];
	int to; /* object, or NONE */
	uint64_t seq, count;
	bool bound, observed; /* observed: ld.so told it; else read from the slot */
	bool in_file;         /* the file has a slot for it */
	bool weak;            /* not bound for good: a weak reference that nobody served */
};

struct object_facts {
	const struct show *show;
	const struct object *object;
	int index;
	enum file_state file_state;
	bool has_record; /* the file is there and could be read */
	struct elf_record record;
	struct object_binding *bindings; /* by kind, symbol and version */
	size_t binding_count, binding_room;
	const char *bind_now; /* why calls are bound at load; NULL: each when it is called first */
	bool failed;          /* the load that it came with failed */
	struct symbolizer *symbolizer;
};

/* A slot of the file, what was recorded of it, or both. */
struct slot_row {
	const struct elf_slot *slot;
	const struct object_binding *binding;
};

/* Title of a part, and where its facts come from. */
void object_part(const struct object_facts *facts, const char *title, const char *source);
/* "and 12 more (--all shows them)" when `count` is more than what was shown. */
void object_more(const struct object_facts *facts, size_t count, size_t shown);
/* How many rows of `count` to show; and of what the HTML report shows elsewhere. */
size_t object_rows(const struct object_facts *facts, size_t count);
size_t object_first_rows(const struct object_facts *facts, size_t count);

/* cmd_object_parts.c: each shows one part. */
void object_show_segments(const struct object_facts *facts);
void object_show_needed(const struct object_facts *facts);
void object_show_dynamic(const struct object_facts *facts);
void object_show_versions(const struct object_facts *facts);
void object_show_symbols(const struct object_facts *facts);

/* cmd_object_code.c */
void object_show_functions(const struct object_facts *facts);
void object_show_order(const struct object_facts *facts);
void object_show_slots(struct object_facts *facts);

/* cmd_object_open.c: symbols that are wanted and not bound, and who has them. */
void object_show_open(const struct object_facts *facts, const struct slot_row *rows, size_t count);

#endif
