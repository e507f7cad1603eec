/*
 * lookup_tables.h - literal symbol tables beside literal events: what look-ups are made in.
 */
#ifndef LOOKUP_TABLES_H
#define LOOKUP_TABLES_H

#include "report/model/lookup.h"
#include "tests/unit/scopes_events.h"

/* One symbol of an object (1, 2 ... as in the events). */
struct row {
	int object;
	const char *name, *version;
	uint16_t versym;
	uint8_t bind, type, visibility;
	bool undefined, copied;
	uint64_t value;
};
#define DEF(object_, name_)                                                           \
	{                                                                             \
		.object = object_, .name = name_, .bind = STB_GLOBAL, .value = 0x1000 \
	}
#define VER(object_, name_, version_, versym_)                                            \
	{                                                                                 \
		.object = object_, .name = name_, .version = version_, .versym = versym_, \
		.bind = STB_GLOBAL, .value = 0x1000                                       \
	}
#define BOUND_AS(object_, name_, bind_)                                          \
	{                                                                        \
		.object = object_, .name = name_, .bind = bind_, .value = 0x1000 \
	}
#define SEEN_AS(object_, name_, visibility_)                                           \
	{                                                                              \
		.object = object_, .name = name_, .bind = STB_GLOBAL, .value = 0x1000, \
		.visibility = visibility_                                              \
	}
#define UNDEF(object_, name_, value_)                                                    \
	{                                                                                \
		.object = object_, .name = name_, .bind = STB_GLOBAL, .undefined = true, \
		.value = value_                                                          \
	}

/* Tables by literal rows; each object has one, but those from `unknown` on. */
struct tables {
	struct symbol_provider provider;
	struct symbol_table tables[16];
	int unknown;
};

static inline const struct symbol_table *table_of(struct symbol_provider *provider, int object)
{
	struct tables *tables = (struct tables *)provider;

	return object >= tables->unknown ? NULL : &tables->tables[object];
}

static inline void tables_init(struct tables *tables, const struct row *rows, size_t count)
{
	size_t room[16] = {0};

	*tables = (struct tables){.provider = {table_of, NULL}, .unknown = 16};
	for (size_t i = 0; i < 16; i++) {
		tables->tables[i].source = SYMBOLS_FILE;
		tables->tables[i].gnu_hash = true;
	}
	for (size_t i = 0; i < count; i++) {
		struct symbol_table *table = &tables->tables[rows[i].object - 1];
		struct dynamic_symbol *s =
			GROW(table->symbols, table->count, room[rows[i].object - 1]);

		s->name = rows[i].name;
		s->version = rows[i].version;
		s->versym = rows[i].versym;
		s->bind = rows[i].bind;
		s->type = rows[i].type;
		s->visibility = rows[i].visibility;
		s->defined = !rows[i].undefined;
		s->copied = rows[i].copied;
		s->value = rows[i].value;
		s->number = (uint32_t)table->count;
		table->versioned |= rows[i].versym != 0;
	}
	for (size_t i = 0; i < 16; i++)
		symbol_table_index(&tables->tables[i]);
}

static inline void tables_release(struct tables *tables)
{
	for (size_t i = 0; i < 16; i++)
		symbol_table_release(&tables->tables[i]);
}

/* The program 1 (libraries 4 a, 5 b, 6 libc), ld.so 2; then a dlopen of 7, which needs 8. */
static const struct event usual[] = {
	PROGRAM("liba.so libb.so libc.so.6"),
	LDSO(),
	ACT(0, 0xe3d0, ACTIVITY_ADD, 1),
	VDSO(),
	LOAD(0xd960, 1, "liba.so", "liba.so", "libc.so.6"),
	LOAD(0xd960, 1, "libb.so", "libb.so", "libc.so.6"),
	LOAD(0xd960, 1, "libc.so.6", "libc.so.6", "ld-linux-x86-64.so.2"),
	CONSISTENT(0xe3d0),
	ACT(0, 0xe740, ACTIVITY_PREINIT, 1),
	DLOPEN(0, 0x86a0, 1, "p.so", RTLD_NOW),
	FIRST(0x7c80, 1, "p.so", "p.so", "d.so libc.so.6"),
	LOAD(0x7600, 7, "d.so", "d.so", "libc.so.6"),
	CONSISTENT(0x8080),
};

struct setting {
	struct fixture f;
	struct scopes *scopes;
	struct tables tables;
	struct unique_symbols *unique;
};

static inline void set(struct setting *s, const struct event *events, size_t event_count,
		       const struct row *rows, size_t row_count)
{
	fixture_init(&s->f, events, event_count);
	replay_infer(&s->f.rec, s->f.bindings, s->f.binding_count);
	s->scopes = scopes_new(&s->f.rec, NULL, 0);
	scopes_advance(s->scopes, UINT64_MAX);
	tables_init(&s->tables, rows, row_count);
	s->unique = unique_symbols_new();
}
#define SET(s, rows) set(&(s), usual, ARRAY_SIZE(usual), rows, ARRAY_SIZE(rows))

static inline void put_away(struct setting *s)
{
	unique_symbols_free(s->unique);
	tables_release(&s->tables);
	scopes_free(s->scopes);
	recording_release(&s->f.rec);
}

#endif
