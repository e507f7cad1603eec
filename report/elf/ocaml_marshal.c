#include "report/elf/ocaml_marshal.h"

#include "report/util.h"

#define MAGIC_SMALL 0x8495a6beu /* lengths have 32 bits */
#define MAGIC_BIG   0x8495a6bfu

struct input {
	const unsigned char *p, *end;
};

/* A block whose fields are still coming. */
struct pending {
	size_t next, left; /* field to be filled, how many */
};

static bool take(struct input *in, size_t bytes, uint64_t *ret)
{
	uint64_t number = 0;

	if ((size_t)(in->end - in->p) < bytes)
		return false;
	for (size_t i = 0; i < bytes; i++)
		number = number << 8 | *in->p++;
	*ret = number;
	return true;
}

/* Like take(), for a number with a sign. */
static bool take_signed(struct input *in, size_t bytes, int64_t *ret)
{
	uint64_t number;

	if (!take(in, bytes, &number))
		return false;
	if (bytes < 8 && number >> (8 * bytes - 1))
		number |= ~(uint64_t)0 << (8 * bytes);
	*ret = (int64_t)number;
	return true;
}

static struct marshal_value *add_value(struct marshal *marshal, enum marshal_kind kind)
{
	struct marshal_value *value =
		GROW(marshal->values, marshal->value_count, marshal->value_room);

	value->kind = kind;
	return value;
}

static bool add_string(struct marshal *marshal, struct input *in, uint64_t length)
{
	struct marshal_value *value;

	if (length > (size_t)(in->end - in->p))
		return false;
	value = add_value(marshal, MARSHAL_STRING);
	value->bytes = (const char *)in->p;
	value->length = length;
	in->p += length;
	return true;
}

/* Its fields follow, each at least a byte long. */
static bool add_block(struct marshal *marshal, const struct input *in, uint32_t tag, uint64_t size)
{
	struct marshal_value *value;

	if (size > (size_t)(in->end - in->p))
		return false;
	value = add_value(marshal, MARSHAL_BLOCK);
	value->tag = tag;
	value->first = marshal->field_count;
	value->size = size;
	for (uint64_t i = 0; i < size; i++)
		*GROW(marshal->fields, marshal->field_count, marshal->field_room) = 0;
	return true;
}

/* What the codes below 0x20 are followed by (intext.h, CODE_*). */
static bool read_long(struct marshal *marshal, struct input *in, unsigned int code,
		      uint64_t *ret_shared)
{
	static const size_t widths[] = {1, 2, 4, 8, 1, 2, 4};
	uint64_t number;
	int64_t integer;

	switch (code) {
	case 0x00: /* CODE_INT8, 16, 32, 64 */
	case 0x01:
	case 0x02:
	case 0x03:
		if (!take_signed(in, widths[code], &integer))
			return false;
		add_value(marshal, MARSHAL_INTEGER)->integer = integer;
		return true;
	case 0x04: /* CODE_SHARED8, 16, 32 */
	case 0x05:
	case 0x06:
		return take(in, widths[code], ret_shared) && *ret_shared > 0;
	case 0x14: /* CODE_SHARED64 */
		return take(in, 8, ret_shared) && *ret_shared > 0;
	case 0x08: /* CODE_BLOCK32 */
		return take(in, 4, &number) && add_block(marshal, in, number & 0xff, number >> 10);
	case 0x13: /* CODE_BLOCK64 */
		return take(in, 8, &number) && add_block(marshal, in, number & 0xff, number >> 10);
	case 0x09: /* CODE_STRING8, 32, 64 */
		return take(in, 1, &number) && add_string(marshal, in, number);
	case 0x0a:
		return take(in, 4, &number) && add_string(marshal, in, number);
	case 0x15:
		return take(in, 8, &number) && add_string(marshal, in, number);
	default: /* floats, code, custom blocks */
		return false;
	}
}

/* Read a value's head; a reference to an earlier one sets *ret_shared to how far back it is. */
static bool read_head(struct marshal *marshal, struct input *in, uint64_t *ret_shared)
{
	unsigned int code;

	*ret_shared = 0;
	if (in->p >= in->end)
		return false;
	code = *in->p++;
	if (code >= 0x80)
		return add_block(marshal, in, code & 0xf, code >> 4 & 7);
	if (code >= 0x40) {
		add_value(marshal, MARSHAL_INTEGER)->integer = code & 0x3f;
		return true;
	}
	if (code >= 0x20)
		return add_string(marshal, in, code & 0x1f);
	return read_long(marshal, in, code, ret_shared);
}

static bool read_header(struct input *in)
{
	uint64_t magic, length, rest;

	if (!take(in, 4, &magic))
		return false;
	if (magic == MAGIC_SMALL) { /* number of objects, sizes in memory */
		if (!take(in, 4, &length) || !take(in, 8, &rest) || !take(in, 4, &rest))
			return false;
	} else if (magic != MAGIC_BIG || !take(in, 4, &rest) || !take(in, 8, &length) ||
		   !take(in, 8, &rest) || !take(in, 8, &rest)) {
		return false;
	}
	if (length > (size_t)(in->end - in->p))
		return false;
	in->end = in->p + length;
	return true;
}

/* Strings, and blocks that are not empty, are counted; references go back by that count. */
static bool is_counted(const struct marshal_value *value)
{
	return value->kind == MARSHAL_STRING || (value->kind == MARSHAL_BLOCK && value->size > 0);
}

bool marshal_read(struct marshal *marshal, const void *bytes, size_t length)
{
	struct input in = {bytes, (const unsigned char *)bytes + length};
	AUTO_FREE struct pending *stack = NULL;
	AUTO_FREE size_t *counted = NULL;
	size_t depth = 0, stack_room = 0, count = 0, count_room = 0;

	*marshal = (struct marshal){0};
	if (!read_header(&in))
		return false;
	do {
		size_t index = marshal->value_count;
		uint64_t shared;

		if (!read_head(marshal, &in, &shared) || shared > count)
			return false;
		if (shared)
			index = counted[count - shared];
		else if (is_counted(&marshal->values[index]))
			*GROW(counted, count, count_room) = index;
		if (depth > 0)
			marshal->fields[stack[depth - 1].next++] = index;
		if (depth > 0 && --stack[depth - 1].left == 0)
			depth--;
		if (!shared && marshal->values[index].kind == MARSHAL_BLOCK &&
		    marshal->values[index].size > 0)
			*GROW(stack, depth, stack_room) = (struct pending){
				marshal->values[index].first, marshal->values[index].size};
	} while (depth > 0);
	return marshal->value_count > 0;
}

void marshal_release(struct marshal *marshal)
{
	free(marshal->values);
	free(marshal->fields);
	*marshal = (struct marshal){0};
}

const struct marshal_value *marshal_field(const struct marshal *marshal,
					  const struct marshal_value *value, size_t index)
{
	if (!value || value->kind != MARSHAL_BLOCK || index >= value->size)
		return NULL;
	return &marshal->values[marshal->fields[value->first + index]];
}

const struct marshal_value *marshal_next(const struct marshal *marshal, struct marshal_walk *walk)
{
	const struct marshal_value *cell = walk->cell;

	if (!cell || cell->kind != MARSHAL_BLOCK || cell->size != 2 ||
	    walk->steps++ > marshal->value_count)
		return NULL;
	walk->cell = marshal_field(marshal, cell, 1);
	return marshal_field(marshal, cell, 0);
}

char *marshal_string(const struct marshal_value *value)
{
	if (!value || value->kind != MARSHAL_STRING || memchr(value->bytes, '\0', value->length))
		return NULL;
	return xstrndup(value->bytes, value->length);
}
