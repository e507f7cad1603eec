/*
 * bound_fixture.h - literal objects, symbol tables and bindings, for the models that conclude from
 * them.  Objects are numbered from 0 in the order in which they are added; all are in the base
 * namespace, opened at seq 1, 2, ... and never closed, unless changed in `rec`.
 */
#ifndef BOUND_FIXTURE_H
#define BOUND_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>

#include "report/model/bound.h"
#include "report/util.h"

#define MOST_OBJECTS 12

struct bound_fixture {
	struct symbol_provider provider; /* first */
	struct recording rec;
	struct bound_set set;
	struct symbol_table tables[MOST_OBJECTS];
	size_t rooms[MOST_OBJECTS];
};

static inline const struct symbol_table *fixture_table(struct symbol_provider *provider, int object)
{
	struct bound_fixture *f = (struct bound_fixture *)provider;

	return f->tables[object].source == SYMBOLS_NONE ? NULL : &f->tables[object];
}

static inline void bound_fixture_init(struct bound_fixture *f)
{
	*f = (struct bound_fixture){.provider.table_of = fixture_table};
	recording_init(&f->rec);
}

static inline void bound_fixture_release(struct bound_fixture *f)
{
	for (size_t i = 0; i < MOST_OBJECTS; i++)
		free(f->tables[i].symbols);
	bound_set_release(&f->set);
	recording_release(&f->rec);
}

/* The first object is the program.  `needed` has the numbers of objects, as "1 2". */
static inline int add_object(struct bound_fixture *f, const char *path, const char *soname,
			     const char *needed)
{
	struct object *object = recording_add_object(&f->rec);
	int index = (int)f->rec.object_count - 1;

	assert_true(index < MOST_OBJECTS);
	object->kind = index ? OBJECT_LIBRARY : OBJECT_MAIN;
	object->reason = index ? REASON_NEEDED : REASON_MAIN;
	object->path = xstrdup(path);
	object->soname = xstrdup(soname);
	object->has_file = true;
	object->ino = 100 + (uint64_t)index;
	object->opened_seq = (uint64_t)index + 1;
	for (const char *s = needed; s && *s;) {
		char *end;
		long number = strtol(s, &end, 10);

		object->needed = xrealloc(object->needed,
					  (object->needed_count + 1) * sizeof(*object->needed));
		object->needed[object->needed_count++] =
			(struct needed){xstrdup("lib"), (int)number};
		s = end + (*end == ' ');
	}
	f->tables[index].source = SYMBOLS_FILE;
	f->tables[index].gnu_hash = true;
	return index;
}

static inline struct dynamic_symbol *define(struct bound_fixture *f, int object, const char *name,
					    const char *version, int type, int bind)
{
	struct symbol_table *table = &f->tables[object];
	struct dynamic_symbol *symbol = GROW(table->symbols, table->count, f->rooms[object]);

	*symbol = (struct dynamic_symbol){.name = name,
					  .version = version,
					  .value = 0x1000 + 16 * table->count,
					  .size = 8,
					  .number = (uint32_t)table->count,
					  .type = (uint8_t)type,
					  .bind = (uint8_t)bind,
					  .defined = true};
	return symbol;
}

/* Functions of default visibility, parted by blanks. */
static inline void define_functions(struct bound_fixture *f, int object, const char *names)
{
	static char store[64][32];
	static size_t used;

	while (*names) {
		size_t n = strcspn(names, " ");
		char *name = store[used++ % 64];

		assert_true(n < sizeof(store[0]));
		snprintf(name, sizeof(store[0]), "%.*s", (int)n, names);
		define(f, object, name, NULL, STT_FUNC, STB_GLOBAL);
		names += n + (names[n] == ' ');
	}
}

static inline void bind_to(struct bound_fixture *f, uint64_t seq, int from, int to,
			   const char *symbol, const char *version, const char *kind)
{
	struct bound facts = {.id = (int64_t)seq,
			      .seq = seq,
			      .count = 1,
			      .from = from,
			      .to = to,
			      .type = STT_FUNC,
			      .bind = STB_GLOBAL};

	bound_add(&f->set, &facts, symbol, version, kind);
}

#endif
