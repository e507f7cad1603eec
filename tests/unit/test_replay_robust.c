/* Recordings that are incomplete, impossible or large: no crash, no invented conclusion, linear
 * time. */
#include <time.h>

#include "audit/spool.h"
#include "tests/unit/replay_events.h"

static const struct event whole[] = {
	PROGRAM_RPATH("libc.so.6", "/app/lib"),
	START_LIBC,
	DLOPEN(0, 0x05f0, 1, "libnest.so", 2),
	STACK("1:1 4 1"),
	NAME(0, 0x00d0, 1, "libnest.so"),
	TRY(0, 0x00c0, 1, ORIGIN_RUNPATH, "/app/lib/libnest.so"),
	ACT(0, 0x00c0, ACTIVITY_ADD, 1),
	OPEN(0, 0, "/app/lib/libnest.so", "libnest.so", "libdep.so libc.so.6"),
	NAME(0, 0x00d0, 5, "libdep.so"),
	TRY(0, 0x00c0, 5, ORIGIN_RUNPATH, "/app/lib/libdep.so"),
	TRY(0, 0x00c0, 5, ORIGIN_CACHE, "/lib/x86_64-linux-gnu/libdep.so"),
	OPEN(0, 0, "/lib/x86_64-linux-gnu/libdep.so", "libdep.so", "libc.so.6"),
	ACT(0, 0x00d0, ACTIVITY_CONSISTENT, 1),
	DLOPEN(0, 0x00a0, 5, "libb2.so", 1),
	STACK("5:2 2 2 4 1:1 4 1"),
	NAME(0, 0x0090, 5, "libb2.so"),
	TRY(0, 0x0080, 5, ORIGIN_DEFAULT, "/usr/lib/libb2.so"),
	DLSYM(0, 0x05f0, 1, 5, "run"),
	BIND(1, 5, "run"),
	DLOPEN(0, 0x05f0, 1, "libdep.so", 2),
	DLCLOSE(0, 0x05f0, 1, 5),
	CLOSE(5),
	ACT(0, 0x0500, ACTIVITY_DELETE, 1),
	ACT(0, 0x0500, ACTIVITY_CONSISTENT, 1),
	ACT(0, 0x0500, ACTIVITY_DELETE, 1),
	CLOSE(1),
	CLOSE(6),
	CLOSE(4),
	ACT(0, 0x0500, ACTIVITY_CONSISTENT, 1),
};

/* Whatever is in the recording, references of conclusions lead somewhere and fit what they say. */
static void check_consistent(const struct recording *rec)
{
	int objects = (int)rec->object_count, searches = (int)rec->search_count;
	int calls = (int)rec->call_count;

	for (int i = 0; i < objects; i++) {
		const struct object *o = &rec->objects[i];

		assert_in_range(o->reason_object + 1, 0, objects);
		assert_in_range(o->reason_call + 1, 0, calls);
		assert_in_range(o->reason_search + 1, 0, searches);
		assert_in_range(o->reason, REASON_UNKNOWN, REASON_INHERITED);
		for (size_t j = 0; j < o->needed_count; j++)
			assert_in_range(o->needed[j].resolved + 1, 0, objects);
	}
	for (int i = 0; i < searches; i++) {
		const struct search *s = &rec->searches[i];

		assert_in_range(s->request + 1, 0, searches);
		assert_in_range(s->owner + 1, 0, objects);
		assert_in_range(s->result + 1, 0, objects);
		if (s->outcome == OUTCOME_LOADED)
			assert_int_not_equal(s->result, NONE);
		if (s->outcome == OUTCOME_MISSING || s->outcome == OUTCOME_UNKNOWN)
			assert_int_equal(s->result, NONE);
	}
	for (int i = 0; i < calls; i++) {
		const struct call *c = &rec->calls[i];

		assert_in_range(c->result + 1, 0, objects);
		assert_in_range(c->parent + 1, 0, calls);
		assert_true(c->parent < i);
		if (c->outcome == OUTCOME_LOADED)
			assert_int_not_equal(c->result, NONE);
		if (c->outcome == OUTCOME_FAILED)
			assert_int_equal(c->result, NONE);
	}
}

/* A kill at any instant leaves a prefix.  What it tells must agree with the whole. */
static void every_prefix_agrees_with_the_whole(void **state)
{
	FIXTURE(full, whole);

	(void)state;
	replay_infer(&full.rec, full.bindings, full.binding_count);
	for (size_t n = 0; n < ARRAY_SIZE(whole); n++) {
		struct fixture f;

		fixture_init(&f, whole, n);
		memcpy(f.rec.end_kind, "unknown", sizeof("unknown"));
		f.rec.lost_events = 1;
		f.rec.lost_reason = SPOOL_LOST_NO_SPACE;
		replay_infer(&f.rec, f.bindings, f.binding_count);
		check_consistent(&f.rec);
		for (size_t i = 0; i < f.rec.object_count; i++)
			assert_int_equal(f.rec.objects[i].reason, full.rec.objects[i].reason);
		for (size_t i = 0; i < f.rec.search_count; i++)
			if (f.rec.searches[i].outcome != OUTCOME_UNKNOWN)
				assert_int_equal(f.rec.searches[i].outcome,
						 full.rec.searches[i].outcome);
		for (size_t i = 0; i < f.rec.call_count; i++) {
			if (f.rec.calls[i].outcome != OUTCOME_UNKNOWN)
				assert_int_equal(f.rec.calls[i].outcome, full.rec.calls[i].outcome);
			if (f.rec.calls[i].result != NONE)
				assert_int_equal(f.rec.calls[i].result, full.rec.calls[i].result);
		}
		recording_release(&f.rec);
	}
	recording_release(&full.rec);
}

static bool names_an_object(const struct event *event)
{
	return event->what == EV_OPEN || event->what == EV_STACK;
}

/* With any other event lost, what is still concluded is no lie: nothing fails that did not. */
static void every_single_loss_is_tolerated(void **state)
{
	(void)state;
	for (size_t gone = 0; gone < ARRAY_SIZE(whole); gone++) {
		struct event events[ARRAY_SIZE(whole)];
		struct fixture f;
		size_t n = 0;

		if (names_an_object(&whole[gone]) ||
		    (gone + 1 < ARRAY_SIZE(whole) && whole[gone + 1].what == EV_STACK))
			continue; /* would renumber the others */
		for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
			if (i != gone)
				events[n++] = whole[i];
		fixture_init(&f, events, n);
		f.rec.lost_events = 1;
		f.rec.lost_reason = SPOOL_LOST_NO_MEMORY;
		replay_infer(&f.rec, f.bindings, f.binding_count);
		check_consistent(&f.rec);
		for (size_t i = 0; i < f.rec.call_count; i++)
			assert_int_not_equal(f.rec.calls[i].outcome, OUTCOME_FAILED);
		for (size_t i = 0; i < f.rec.search_count; i++)
			assert_int_not_equal(f.rec.searches[i].outcome, OUTCOME_FAILED);
		recording_release(&f.rec);
	}
}

static void lost_open_makes_no_failure(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLOPEN(0, 0x86a0, 1, "/app/a.so", 2),
		NAME(0, 0x7c80, 1, "/app/a.so"),
		/* its la_objopen was lost, so was its dependency's search */
		OPEN(0, 0, "/app/b.so", "libb.so", ""),
		DLMOPEN(0, 0x86a0, 1, -1, "/app/a.so", 2),
		DLSYM(0, 0x86a0, 1, 5, "f"),
	};
	FIXTURE(f, events);

	(void)state;
	f.rec.lost_events = 2;
	f.rec.lost_reason = SPOOL_LOST_NO_MEMORY;
	expect(&f, 1,
	       "5 b.so: unknown\n"
	       "1 asks libc.so.6: loaded 4\n"
	       "   /lib/x86_64-linux-gnu/libc.so.6 cache: loaded 4\n"
	       "1 asks /app/a.so: unknown\n"
	       "call 1 dlopen /app/a.so: unknown 0 unknown\n"
	       "call 2 dlmopen /app/a.so: unknown 0 unknown\n"
	       "call 3 dlsym f: 0 unknown\n");
}

static void replay_again_changes_nothing(void **state)
{
	AUTO_STRBUF struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
	FIXTURE(f, whole);

	(void)state;
	replay_infer(&f.rec, f.bindings, f.binding_count);
	write_objects(&f.rec, &first);
	write_searches(&f.rec, &first);
	write_calls(&f.rec, &first);
	replay_infer(&f.rec, f.bindings, f.binding_count);
	write_objects(&f.rec, &second);
	write_searches(&f.rec, &second);
	write_calls(&f.rec, &second);
	assert_string_equal(first.s, second.s);
	recording_release(&f.rec);
}

static void empty_recording(void **state)
{
	struct recording rec;

	(void)state;
	recording_init(&rec);
	replay_infer(&rec, NULL, 0);
	assert_int_equal(rec.object_count, 0);
	recording_release(&rec);
}

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* Any sequence of events with any references, also ones that lead nowhere. */
static void fill_randomly(struct recording *rec, uint64_t *seed)
{
	static const char *const names[] = {"",
					    "/",
					    "liba.so",
					    "libb.so.1",
					    "/lib/liba.so",
					    "./liba.so",
					    "$ORIGIN/liba.so",
					    "..",
					    "libc.so.6",
					    "../../x/.so",
					    "$LIB/${PLATFORM}/$"};
#define PICK(n)        (next_random(seed) % (n))
#define NAME_OR_NULL() (PICK(8) ? xstrdup(names[PICK(ARRAY_SIZE(names))]) : NULL)
	size_t count = 1 + PICK(40);

	for (size_t i = 0; i < count; i++) {
		uint64_t seq = PICK(8) ? 10 * i : PICK(400);

		switch (PICK(4)) {
		case 0: {
			struct object *o = recording_add_object(rec);

			o->kind = (enum object_kind)(1 + PICK(5));
			o->name_space = (int32_t)PICK(3);
			o->path = NAME_OR_NULL();
			o->real_path = NAME_OR_NULL();
			o->soname = NAME_OR_NULL();
			o->rpath = NAME_OR_NULL();
			o->runpath = PICK(2) ? NAME_OR_NULL() : NULL;
			o->inherited = PICK(16) == 0;
			o->opened_seq = seq;
			o->opened_tid = PICK(3);
			o->closed_seq = PICK(2) ? 0 : seq + PICK(100);
			o->link_map = PICK(4);
			fill_needed(o, "liba.so libb.so.1 $ORIGIN/liba.so");
			break;
		}
		case 1: {
			struct search *s = recording_add_search(rec);

			s->seq = seq;
			s->sp = PICK(10);
			s->tid = PICK(3);
			s->requester = (int)PICK(12) - 2;
			s->origin = (enum search_origin)PICK(6);
			s->root = PICK(2);
			s->tried = NAME_OR_NULL();
			break;
		}
		case 2: {
			struct call *c = recording_add_call(rec);

			c->seq = seq;
			c->sp = PICK(10);
			c->tid = PICK(3);
			c->kind = (enum call_kind)(1 + PICK(5));
			c->caller = (int)PICK(12) - 2;
			c->name = NAME_OR_NULL();
			c->flags = PICK(8);
			c->handle = PICK(4);
			c->name_space = (int64_t)PICK(4) - 1;
			c->stack = (int)PICK(5) - 2;
			break;
		}
		default: {
			struct activity *a = recording_add_activity(rec);

			a->seq = seq;
			a->tid = PICK(3);
			a->kind = (enum activity_kind)PICK(4);
			a->object = (int)PICK(12) - 2;
		}
		}
	}
#undef PICK
#undef NAME_OR_NULL
}

static void impossible_sequences_are_harmless(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct recording rec;
		struct dlsym_binding bindings[] = {
			{5, 0, 1, "liba.so"}, {50, -1, 9, "x"}, {60, 99, 99, "liba.so"}};

		recording_init(&rec);
		rec.cwd = i % 3 ? xstrdup("/cwd") : NULL;
		rec.platform = i % 2 ? xstrdup("x86_64") : NULL;
		memcpy(rec.end_kind, "exit", sizeof("exit"));
		fill_randomly(&rec, &seed);
		replay_infer(&rec, bindings, ARRAY_SIZE(bindings));
		check_consistent(&rec);
		recording_release(&rec);
	}
}

/* A host that loads, asks and unloads plugins all day: `n` rounds of some ten events. */
static void fill_rounds(struct recording *rec, size_t n)
{
	uint64_t seq = 0;

	recording_init(rec);
	memcpy(rec->begin_kind, "fork", sizeof("fork"));
	for (size_t i = 0; i < n; i++) {
		struct call *call;
		struct object *object;
		struct search *search;

		call = recording_add_call(rec);
		call->seq = ++seq;
		call->sp = 1000;
		call->tid = (uint32_t)(i % 100);
		call->flags = 2;
		call->name = xasprintf("plug%zu.so", i);
		for (int j = 0; j < 5; j++) {
			search = recording_add_search(rec);
			search->seq = ++seq;
			search->sp = 900;
			search->tid = call->tid;
			search->root = true;
			search->origin = j ? ORIGIN_DEFAULT : ORIGIN_NAME;
			search->tried = xasprintf("%splug%zu.so", j ? "/lib/" : "", i);
		}
		object = recording_add_object(rec);
		object->opened_seq = ++seq;
		object->opened_tid = call->tid;
		object->path = xasprintf("/lib/plug%zu.so", i);
		object->soname = xstrdup(i % 2 ? "plug.so" : "other.so");
		object->link_map = 64 * i + 64;
		fill_needed(object, "libc.so.6 libcommon.so libplugin-host.so");
		if (i % 4) {
			call = recording_add_call(rec);
			call->seq = ++seq;
			call->sp = 1000;
			call->tid = (uint32_t)(i % 100);
			call->kind = CALL_DLCLOSE;
			call->handle = object->link_map;
			object->closed_seq = ++seq;
		}
	}
}

static double seconds_for(size_t rounds)
{
	struct recording rec;
	struct timespec from, to;

	fill_rounds(&rec, rounds);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	replay_infer(&rec, NULL, 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	assert_int_equal(rec.objects[rounds - 1].reason, REASON_DLOPEN);
	recording_release(&rec);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static double best_of_three(size_t rounds)
{
	double best = seconds_for(rounds);

	for (int i = 0; i < 2; i++) {
		double again = seconds_for(rounds);

		best = again < best ? again : best;
	}
	return best;
}

static void time_is_linear(void **state)
{
	double small = 0, large = 0;

	(void)state;
	/* A busy machine may disturb a measurement, but not all of them.  The large one does not
	 * fit into the caches, which costs it up to twice the time; a square would cost ten times.
	 */
	for (int attempt = 0; attempt < 5; attempt++) {
		small = best_of_three(1200);
		large = best_of_three(12000); /* 10,000; 100,000 events */
		print_message("%.4f s, ten times as many %.4f s\n", small, large);
		if (large < 30 * small)
			break;
	}
	assert_true(large < 30 * small);
	assert_true(large < 5); /* far below a second, but for sanitizers and busy machines */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_prefix_agrees_with_the_whole),
		cmocka_unit_test(every_single_loss_is_tolerated),
		cmocka_unit_test(lost_open_makes_no_failure),
		cmocka_unit_test(replay_again_changes_nothing),
		cmocka_unit_test(empty_recording),
		cmocka_unit_test(impossible_sequences_are_harmless),
		cmocka_unit_test(time_is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
