/*
 * ocaml_marshal.h - private to report/elf: values as OCaml's Marshal writes them (its
 * runtime/caml/intext.h): integers, strings and blocks; others have no place in what is read here.
 */
#ifndef PLUGREPORT_OCAML_MARSHAL_H
#define PLUGREPORT_OCAML_MARSHAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum marshal_kind { MARSHAL_INTEGER, MARSHAL_STRING, MARSHAL_BLOCK };

struct marshal_value {
	enum marshal_kind kind;
	int64_t integer;   /* also a constant constructor: None, [] */
	const char *bytes; /* of a string; they belong to the input, and have no terminator */
	size_t length;
	uint32_t tag;
	size_t first; /* of a block: its fields are fields[first] ... */
	size_t size;
};

struct marshal {
	struct marshal_value *values; /* [0] is the whole */
	size_t value_count, value_room;
	size_t *fields; /* indexes into values */
	size_t field_count, field_room;
};

/* Read one value.  `length` may be more than it has.  False: none, or one that is not understood.
 * Release in both cases. */
bool marshal_read(struct marshal *marshal, const void *bytes, size_t length);
void marshal_release(struct marshal *marshal);

/* A block's field, or NULL when `value` is no block with so many. */
const struct marshal_value *marshal_field(const struct marshal *marshal,
					  const struct marshal_value *value, size_t index);

/*
 * Walk along a list, beginning with `cell` at its first cell; NULL ends it.  No more elements than
 * the input has values: what is shared may run in a circle.
 */
struct marshal_walk {
	const struct marshal_value *cell;
	size_t steps;
};
const struct marshal_value *marshal_next(const struct marshal *marshal, struct marshal_walk *walk);

/* A string's bytes as a fresh string, NULL when it is none or has a NUL; the caller frees it. */
char *marshal_string(const struct marshal_value *value);

#endif
