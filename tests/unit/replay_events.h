/*
 * replay_events.h - recordings as literal event arrays, and the conclusions from them as text.
 *
 * The arrays were written down from what ld.so of glibc 2.36 really reported for small programs
 * (hardware subdirectories and stack addresses shortened).  Objects are numbered from 1 in the
 * order of their OPEN; 0 is none.  Tests compare the text of all conclusions whole.
 */
#ifndef REPLAY_EVENTS_H
#define REPLAY_EVENTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/model/recording.h"
#include "report/model/replay.h"
#include "report/util.h"

struct event {
	enum { EV_OPEN = 1, EV_CLOSE, EV_NAME, EV_TRY, EV_ACT, EV_CALL, EV_BIND, EV_STACK } what;
	uint32_t tid;
	uint64_t sp;
	int object,
		other; /* requester, caller, opened or closed object; handle, binding's target */
	int kind;      /* of object, origin, activity, call */
	int64_t name_space;
	uint32_t flags;
	const char *name, *soname, *needed, *rpath, *runpath;
	const char *frames; /* of EV_STACK: return addresses of the call before it */
};

#define PROGRAM(needed_)                                                                         \
	{                                                                                        \
		.what = EV_OPEN, .kind = OBJECT_MAIN, .name = "/app/bin/prog", .needed = needed_ \
	}
#define PROGRAM_RPATH(needed_, rpath_)                                                            \
	{                                                                                         \
		.what = EV_OPEN, .kind = OBJECT_MAIN, .name = "/app/bin/prog", .needed = needed_, \
		.rpath = rpath_                                                                   \
	}
#define PROGRAM_RUNPATH(needed_, runpath_)                                                        \
	{                                                                                         \
		.what = EV_OPEN, .kind = OBJECT_MAIN, .name = "/app/bin/prog", .needed = needed_, \
		.runpath = runpath_                                                               \
	}
#define LDSO()                                                                               \
	{                                                                                    \
		.what = EV_OPEN, .kind = OBJECT_LDSO, .name = "/lib64/ld-linux-x86-64.so.2", \
		.soname = "ld-linux-x86-64.so.2"                                             \
	}
#define VDSO()                                                                  \
	{                                                                       \
		.what = EV_OPEN, .kind = OBJECT_VDSO, .name = "linux-vdso.so.1" \
	}
#define OPEN_RUNPATH(tid_, ns_, path_, soname_, needed_, runpath_)                       \
	{                                                                                \
		.what = EV_OPEN, .tid = tid_, .kind = OBJECT_LIBRARY, .name_space = ns_, \
		.name = path_, .soname = soname_, .needed = needed_, .runpath = runpath_ \
	}
#define OPEN(tid_, ns_, path_, soname_, needed_) \
	OPEN_RUNPATH(tid_, ns_, path_, soname_, needed_, NULL)
#define INHERITED(path_, soname_, needed_)                                          \
	{                                                                           \
		.what = EV_OPEN, .kind = OBJECT_LIBRARY, .flags = 1, .name = path_, \
		.soname = soname_, .needed = needed_                                \
	}
#define CLOSE(object_)                              \
	{                                           \
		.what = EV_CLOSE, .object = object_ \
	}
#define NAME(tid_, sp_, requester_, name_)                                                   \
	{                                                                                    \
		.what = EV_NAME, .tid = tid_, .sp = sp_, .object = requester_, .name = name_ \
	}
#define TRY(tid_, sp_, requester_, origin_, path_)                                             \
	{                                                                                      \
		.what = EV_TRY, .tid = tid_, .sp = sp_, .object = requester_, .kind = origin_, \
		.name = path_                                                                  \
	}
#define ACT(tid_, sp_, kind_, object_)                                                   \
	{                                                                                \
		.what = EV_ACT, .tid = tid_, .sp = sp_, .kind = kind_, .object = object_ \
	}
#define CALL_(kind_, tid_, sp_, caller_, ns_, name_, flags_, handle_)                      \
	{                                                                                  \
		.what = EV_CALL, .kind = kind_, .tid = tid_, .sp = sp_, .object = caller_, \
		.name_space = ns_, .name = name_, .flags = flags_, .other = handle_        \
	}
#define DLOPEN(tid_, sp_, caller_, name_, flags_) \
	CALL_(CALL_DLOPEN, tid_, sp_, caller_, 0, name_, flags_, 0)
#define DLMOPEN(tid_, sp_, caller_, ns_, name_, flags_) \
	CALL_(CALL_DLMOPEN, tid_, sp_, caller_, ns_, name_, flags_, 0)
#define DLCLOSE(tid_, sp_, caller_, handle_) \
	CALL_(CALL_DLCLOSE, tid_, sp_, caller_, 0, NULL, 0, handle_)
#define DLSYM(tid_, sp_, caller_, handle_, name_) \
	CALL_(CALL_DLSYM, tid_, sp_, caller_, 0, name_, 0, handle_)
#define BIND(from_, to_, name_)                                               \
	{                                                                     \
		.what = EV_BIND, .object = from_, .other = to_, .name = name_ \
	}
#define STACK(frames_)                              \
	{                                           \
		.what = EV_STACK, .frames = frames_ \
	}

/* Start-up of a program that needs nothing but libc; objects 1 to 4. */
#define START_LIBC                                                                        \
	LDSO(), ACT(0, 0xe3d0, ACTIVITY_ADD, 1), VDSO(), NAME(0, 0xd960, 1, "libc.so.6"), \
		TRY(0, 0xd910, 1, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libc.so.6"),       \
		OPEN(0, 0, "/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6",                \
		     "ld-linux-x86-64.so.2"),                                             \
		BIND(1, 4, "calloc"), ACT(0, 0xe3d0, ACTIVITY_CONSISTENT, 1),             \
		ACT(0, 0xe740, ACTIVITY_PREINIT, 1)

#define CONSTRUCTOR_ADDRESS(object) (0x10000u * (unsigned)(object))

static inline void fill_needed(struct object *object, const char *names)
{
	while (names && *names) {
		size_t n = strcspn(names, " ");

		object->needed = xrealloc(object->needed,
					  (object->needed_count + 1) * sizeof(*object->needed));
		object->needed[object->needed_count++] = (struct needed){xstrndup(names, n), NONE};
		names += n + (names[n] == ' ');
	}
}

static inline void fill_open(struct recording *rec, const struct event *event, uint64_t seq)
{
	struct object *object = recording_add_object(rec);
	bool below_lib = strncmp(event->name, "/lib", 4) == 0;

	object->number = (uint32_t)rec->object_count;
	object->kind = (enum object_kind)event->kind;
	object->name_space = (int32_t)event->name_space;
	object->path = xstrdup(event->name);
	/* merged /usr, as on the machine of the traces */
	if (event->kind == OBJECT_LDSO)
		object->real_path = xstrdup("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
	else if (event->kind != OBJECT_VDSO)
		object->real_path = xasprintf("%s%s", below_lib ? "/usr" : "", event->name);
	object->soname = event->soname && *event->soname ? xstrdup(event->soname) : NULL;
	object->rpath = xstrdup(event->rpath);
	object->runpath = xstrdup(event->runpath);
	object->inherited = event->flags & 1;
	object->opened_seq = seq;
	object->opened_tid = event->tid;
	object->link_map = 0x7f0000000000u + 0x500u * rec->object_count;
	object->map_start = CONSTRUCTOR_ADDRESS(rec->object_count);
	object->map_end = object->map_start + 0x8000;
	fill_needed(object, event->needed);
}

static inline void fill_call(struct recording *rec, const struct event *event, uint64_t seq)
{
	struct call *call = recording_add_call(rec);

	call->seq = seq;
	call->tid = event->tid;
	call->sp = event->sp;
	call->kind = (enum call_kind)event->kind;
	call->caller = event->object - 1;
	call->caller_address = CONSTRUCTOR_ADDRESS(event->object) + (uint32_t)rec->call_count;
	call->name = xstrdup(event->name);
	call->flags = event->flags;
	call->name_space = event->name_space;
	if (event->other > 0)
		call->handle = 0x7f0000000000u + 0x500u * (unsigned)event->other;
	else
		call->handle = (uint64_t)(int64_t)event->other;
}

/* Frames are "object:call" (a return address in that call's caller) or "object". */
static inline void fill_stack(struct recording *rec, const struct event *event)
{
	struct stack *stack = recording_add_stack(rec);
	const char *s = event->frames;

	rec->calls[rec->call_count - 1].stack = (int)rec->stack_count - 1;
	while (*s) {
		char *end;
		unsigned long object = strtoul(s, &end, 10), call = 0x7000;

		if (*end == ':')
			call = strtoul(end + 1, &end, 10);
		s = end + strspn(end, " ");
		stack->frames =
			xrealloc(stack->frames, (stack->frame_count + 1) * sizeof(*stack->frames));
		stack->frames[stack->frame_count++] = (struct frame){
			.address = CONSTRUCTOR_ADDRESS(object) + call, .object = (int)object - 1};
	}
}

struct fixture {
	struct recording rec;
	struct dlsym_binding bindings[64];
	size_t binding_count;
	bool consistent[8]; /* per namespace, as the recorder keeps it to tell roots */
};

static inline void fill_search(struct fixture *f, const struct event *event, uint64_t seq)
{
	struct search *search = recording_add_search(&f->rec);
	int32_t name_space = event->object ? f->rec.objects[event->object - 1].name_space : 0;

	search->seq = seq;
	search->tid = event->tid;
	search->sp = event->sp;
	search->requester = event->object - 1;
	search->origin = event->what == EV_NAME ? ORIGIN_NAME : (enum search_origin)event->kind;
	search->tried = xstrdup(event->name);
	search->root = event->what == EV_NAME && f->consistent[name_space];
}

static inline void fill_activity(struct fixture *f, const struct event *event, uint64_t seq)
{
	struct activity *activity = recording_add_activity(&f->rec);

	activity->seq = seq;
	activity->tid = event->tid;
	activity->sp = event->sp;
	activity->kind = (enum activity_kind)event->kind;
	activity->object = event->object - 1;
	if (event->kind != ACTIVITY_PREINIT && event->object)
		f->consistent[f->rec.objects[event->object - 1].name_space] =
			event->kind == ACTIVITY_CONSISTENT;
}

/* Each event gets the seq 10, 20, ... */
static inline void fixture_init(struct fixture *f, const struct event *events, size_t count)
{
	*f = (struct fixture){0};
	recording_init(&f->rec);
	f->rec.exe = xstrdup("/app/bin/prog");
	f->rec.cwd = xstrdup("/app");
	f->rec.platform = xstrdup("x86_64");
	f->rec.complete = true;
	memcpy(f->rec.end_kind, "exit", sizeof("exit"));
	for (size_t i = 0; i < count; i++) {
		const struct event *event = &events[i];
		uint64_t seq = 10 * (i + 1);

		switch (event->what) {
		case EV_OPEN:
			fill_open(&f->rec, event, seq);
			break;
		case EV_CLOSE:
			f->rec.objects[event->object - 1].closed_seq = seq;
			break;
		case EV_NAME:
		case EV_TRY:
			fill_search(f, event, seq);
			break;
		case EV_ACT:
			fill_activity(f, event, seq);
			break;
		case EV_CALL:
			fill_call(&f->rec, event, seq);
			break;
		case EV_BIND:
			f->bindings[f->binding_count++] = (struct dlsym_binding){
				seq, event->object - 1, event->other - 1, event->name};
			break;
		case EV_STACK:
			fill_stack(&f->rec, event);
			break;
		}
	}
}

static inline void fixture_setenv(struct fixture *f, const char *name, const char *value)
{
	struct recording *rec = &f->rec;

	*GROW(rec->environment, rec->environment_count, rec->environment_room) =
		(struct variable){xstrdup(name), xstrdup(value)};
}

static inline void write_objects(const struct recording *rec, struct strbuf *out)
{
	for (size_t i = 0; i < rec->object_count; i++) {
		const struct object *object = &rec->objects[i];

		if (object->kind != OBJECT_LIBRARY)
			continue;
		strbuf_addf(out, "%zu %s: %s", i + 1, base_name(object->path),
			    load_reason_name(object->reason));
		if (object->reason_object != NONE)
			strbuf_addf(out, " of %d", object->reason_object + 1);
		if (object->reason_call != NONE)
			strbuf_addf(out, " call %d", object->reason_call + 1);
		if (object->reason_search != NONE)
			strbuf_addf(out, " by %s",
				    search_rule_name(rec->searches[object->reason_search].rule));
		for (size_t j = 0; j < object->needed_count; j++)
			strbuf_addf(out, "%s %d", j ? "" : ", needs",
				    object->needed[j].resolved + 1);
		strbuf_addch(out, '\n');
	}
}

static inline void write_searches(const struct recording *rec, struct strbuf *out)
{
	for (size_t i = 0; i < rec->search_count; i++) {
		const struct search *search = &rec->searches[i];

		if (search->request == (int)i)
			strbuf_addf(out, "%d asks %s: ", search->requester + 1, search->tried);
		else
			strbuf_addf(out, "  %s %s", search->request == NONE ? "?" : "",
				    search->tried);
		if (search->request != (int)i) {
			strbuf_addf(out, " %s", search_rule_name(search->rule));
			if (search->owner != NONE)
				strbuf_addf(out, " of %d", search->owner + 1);
			strbuf_addstr(out, ": ");
		}
		strbuf_addstr(out, outcome_name(search->outcome));
		if (search->result != NONE)
			strbuf_addf(out, " %d", search->result + 1);
		strbuf_addch(out, '\n');
	}
}

static inline void write_calls(const struct recording *rec, struct strbuf *out)
{
	for (size_t i = 0; i < rec->call_count; i++) {
		const struct call *call = &rec->calls[i];

		strbuf_addf(out, "call %zu %s %s: ", i + 1, call_kind_name(call->kind),
			    call->name ? call->name : "-");
		if (call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN)
			strbuf_addf(out, "%s ", outcome_name(call->outcome));
		strbuf_addf(out, "%d %s", call->result + 1, known_by_name(call->known_by));
		if (call->parent != NONE)
			strbuf_addf(out, " in %d", call->parent + 1);
		strbuf_addch(out, '\n');
	}
}

/* Replay and compare the conclusions about objects (but the four that every process has), searches
 * and calls from the `skip`-th line on. */
static inline void expect(struct fixture *f, size_t skip, const char *text)
{
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;
	const char *s;

	replay_infer(&f->rec, f->bindings, f->binding_count);
	write_objects(&f->rec, &out);
	write_searches(&f->rec, &out);
	write_calls(&f->rec, &out);
	s = out.s;
	while (skip-- && strchr(s, '\n'))
		s = strchr(s, '\n') + 1;
	assert_string_equal(s, text);
	recording_release(&f->rec);
}

#define FIXTURE(f, events) \
	struct fixture f;  \
	fixture_init(&f, events, ARRAY_SIZE(events))

#endif
