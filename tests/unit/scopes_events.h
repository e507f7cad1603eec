/*
 * scopes_events.h - ld.so's state after literal events (replay_events.h), as text.
 */
#ifndef SCOPES_EVENTS_H
#define SCOPES_EVENTS_H

#include <dlfcn.h>
#include <elf.h>

#include "audit/spool.h"
#include "report/model/scopes.h"
#include "tests/unit/replay_events.h"

/* ld.so loads something that another object needs, or (FIRST) that a dlopen named. */
#define LOAD(sp_, caller_, name_, soname_, needed_)                                \
	NAME(0, sp_, caller_, name_), TRY(0, sp_, caller_, ORIGIN_RUNPATH, name_), \
		OPEN(0, 0, name_, soname_, needed_)
#define FIRST(sp_, caller_, name_, soname_, needed_)                \
	NAME(0, sp_, caller_, name_), ACT(0, sp_, ACTIVITY_ADD, 1), \
		TRY(0, sp_, caller_, ORIGIN_RUNPATH, name_), OPEN(0, 0, name_, soname_, needed_)
#define CONSISTENT(sp_) ACT(0, sp_, ACTIVITY_CONSISTENT, 1)

static inline void write_list(struct strbuf *out, const int *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		strbuf_addf(out, " %d", list[i] + 1);
}

/* "5 liba.so: global 1 4 2 | local of 5: 5 6" for each mapped object. */
static inline void write_scopes(struct scopes *scopes, const struct recording *rec,
				struct strbuf *out)
{
	for (size_t i = 0; i < rec->object_count; i++) {
		size_t count;
		const struct scope *list = scopes_of(scopes, (int)i, &count);
		const char *why;

		if (!scopes_mapped(scopes, (int)i) || rec->objects[i].kind == OBJECT_LDSO ||
		    rec->objects[i].kind == OBJECT_VDSO)
			continue;
		strbuf_addf(out, "%zu%s:", i + 1, scopes_sure(scopes, (int)i, &why) ? "" : "?");
		for (size_t j = 0; j < count; j++) {
			strbuf_addf(out, "%s %s", j ? " |" : "", scope_kind_name(list[j].kind));
			if (list[j].kind == SCOPE_LOCAL)
				strbuf_addf(out, "%s %d:", list[j].deepbind ? "!" : "",
					    list[j].root + 1);
			write_list(out, list[j].objects, list[j].count);
		}
		strbuf_addch(out, '\n');
	}
}

static inline void write_pins(struct scopes *scopes, int object, struct strbuf *out)
{
	size_t count;
	const struct pin *pins = scopes_pins(scopes, object, &count);

	strbuf_addf(out, "%d %s:", object + 1, scopes_used(scopes, object) ? "used" : "unused");
	for (size_t i = 0; i < count; i++) {
		strbuf_addf(out, " %s", pin_kind_name(pins[i].kind));
		if (pins[i].object != NONE)
			strbuf_addf(out, " of %d", pins[i].object + 1);
		if (pins[i].call != NONE)
			strbuf_addf(out, " call %d", pins[i].call + 1);
		if (pins[i].symbol)
			strbuf_addf(out, " %s", pins[i].symbol);
	}
	strbuf_addch(out, '\n');
}

static inline void write_history(struct scopes *scopes, struct strbuf *out)
{
	size_t count;
	const struct global_entry *entries = scopes_history(scopes, &count);

	for (size_t i = 0; i < count; i++)
		if (entries[i].call != NONE)
			strbuf_addf(out, "%d joined at %d by call %d of %d%s%s\n",
				    entries[i].object + 1, (int)entries[i].seq, entries[i].call + 1,
				    entries[i].root + 1, entries[i].promoted ? ", promoted" : "",
				    entries[i].sure ? "" : ", perhaps");
}

/* The n-th event has the seq 10 * n. */
static inline void expect_scopes_at(struct scopes *scopes, const struct recording *rec,
				    uint64_t seq, const char *text)
{
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	scopes_advance(scopes, seq);
	write_scopes(scopes, rec, &out);
	assert_string_equal(out.s, text);
}

static inline void expect_pins(struct scopes *scopes, const char *text, size_t count,
			       const int *objects)
{
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < count; i++)
		write_pins(scopes, objects[i] - 1, &out);
	assert_string_equal(out.s, text);
}
#define EXPECT_PINS(scopes, text, ...)                                      \
	expect_pins(scopes, text, ARRAY_SIZE(((const int[]){__VA_ARGS__})), \
		    (const int[]){__VA_ARGS__})

static inline void expect_history(struct scopes *scopes, const char *text)
{
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	write_history(scopes, &out);
	assert_string_equal(out.s, text);
}

/* Seq of the fixture's last event. */
#define END(events) (10 * ARRAY_SIZE(events))

#define SCOPES(f, scopes, events)                                \
	FIXTURE(f, events);                                      \
	struct scopes *scopes;                                   \
	replay_infer(&(f).rec, (f).bindings, (f).binding_count); \
	scopes = scopes_new(&(f).rec, NULL, 0)

static inline void release(struct fixture *f, struct scopes *scopes)
{
	scopes_free(scopes);
	recording_release(&f->rec);
}

#endif
