/* How long calls lasted, and what happened inside them. */
#include "report/model/timeline.h"
#include "tests/unit/scopes_events.h"

/* Times are the seqs in microseconds. */
static void set_times(struct recording *rec)
{
	for (size_t i = 0; i < rec->object_count; i++) {
		rec->objects[i].opened_ns = 1000 * rec->objects[i].opened_seq;
		rec->objects[i].closed_ns = 1000 * rec->objects[i].closed_seq;
	}
	for (size_t i = 0; i < rec->search_count; i++)
		rec->searches[i].time_ns = 1000 * rec->searches[i].seq;
	for (size_t i = 0; i < rec->call_count; i++)
		rec->calls[i].time_ns = 1000 * rec->calls[i].seq;
	for (size_t i = 0; i < rec->activity_count; i++)
		rec->activities[i].time_ns = 1000 * rec->activities[i].seq;
}

static void write_entry(const struct recording *rec, const struct timeline_entry *entry, int index,
			struct strbuf *out)
{
	strbuf_addf(out, "%d in %d: tid %u at %d %s", index, entry->parent, entry->tid,
		    (int)(entry->time_ns / 1000), timeline_kind_name(entry->kind));
	if (entry->kind == TIMELINE_CALL)
		strbuf_addf(out, " %d", entry->call + 1);
	else if (entry->object != NONE)
		strbuf_addf(out, " %s", base_name(rec->objects[entry->object].path));
	if (entry->promoted)
		strbuf_addstr(out, " promoted");
	if (entry->count)
		strbuf_addf(out, " %zu", entry->count);
	strbuf_addf(out, " for %d", (int)(entry->least_ns / 1000));
	if (!entry->has_most)
		strbuf_addstr(out, " or more");
	else if (entry->most_ns != entry->least_ns)
		strbuf_addf(out, " to %d", (int)(entry->most_ns / 1000));
	strbuf_addch(out, '\n');
}

static void expect_timeline(struct fixture *f, const char *text)
{
	AUTO_TIMELINE struct timeline timeline = {0};
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;
	struct scopes *scopes;

	set_times(&f->rec);
	replay_infer(&f->rec, f->bindings, f->binding_count);
	scopes = scopes_new(&f->rec, NULL, 0);
	scopes_advance(scopes, UINT64_MAX);
	timeline_build(&f->rec, scopes, &timeline);
	for (size_t i = 0; i < timeline.count; i++)
		write_entry(&f->rec, &timeline.entries[i], (int)i, &out);
	assert_string_equal(out.s, text);
	release(f, scopes);
}

static void nested(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC, /* PREINIT: 10 */
		DLOPEN(0, 0x86a0, 1, "p.so", RTLD_LAZY),
		STACK("1:1 4 1"),
		FIRST(0x7c80, 1, "p.so", "p.so", "libc.so.6"), /* 13 to 16 */
		CONSISTENT(0x8080),
		DLOPEN(0, 0x7000, 5, "q.so", RTLD_LAZY), /* 18: in p.so's constructor */
		STACK("5:2 5 1:1 4 1"),
		FIRST(0x6c80, 5, "q.so", "q.so", "p.so"), /* 20 to 23 */
		CONSISTENT(0x6080),                       /* 24 */
		DLSYM(0, 0x7000, 5, 6, "x"),              /* 25: still in the constructor */
		STACK("5:3 5 1:1 4 1"),
		DLOPEN(0, 0x86a0, 1, "p.so", RTLD_LAZY | RTLD_GLOBAL), /* 27 */
		STACK("1:4 4 1"),
		DLCLOSE(0, 0x86a0, 1, 6), /* 29 */
		STACK("1:5 4 1"),
		CLOSE(6), /* 31 */
		ACT(0, 0x8080, ACTIVITY_DELETE, 1),
		CONSISTENT(0x8080),                 /* 33 */
		ACT(0, 0x85c0, ACTIVITY_DELETE, 1), /* 34: exit, deeper than the last call */
		CLOSE(1),
		CLOSE(4),
		CLOSE(5),
		ACT(0, 0x8580, ACTIVITY_CONSISTENT, 1),
	};
	FIXTURE(f, events);

	(void)state;
	f.rec.pid = 0;
	expect_timeline(&f, "0 in -1: tid 0 at 0 start for 100\n"
			    "1 in 0: tid 0 at 10 load prog for 0\n"
			    "2 in 0: tid 0 at 20 load ld-linux-x86-64.so.2 for 0\n"
			    "3 in 0: tid 0 at 40 load linux-vdso.so.1 for 0\n"
			    "4 in 0: tid 0 at 50 load libc.so.6 for 20\n"
			    "5 in -1: tid 0 at 110 call 1 for 140 to 160\n"
			    "6 in 5: tid 0 at 130 load p.so for 30\n"
			    "7 in 5: tid 0 at 180 call 2 for 60 to 70\n"
			    "8 in 7: tid 0 at 200 load q.so for 30\n"
			    "9 in -1: tid 0 at 270 call 4 for 0 to 20\n"
			    "10 in 9: tid 0 at 270 global p.so promoted for 0\n"
			    "11 in -1: tid 0 at 290 call 5 for 40 to 50\n"
			    "12 in 11: tid 0 at 310 unload q.so for 0\n"
			    "13 in -1: tid 0 at 350 exit 3 for 20 or more\n");
}

/* Another thread's events are nobody else's; a search of libc's own ends the call before it, though
 * it comes from deeper in the stack. */
static void threads(void **state)
{
	static const struct event events[] = {
		PROGRAM("libc.so.6"),
		START_LIBC,
		DLOPEN(0, 0x86a0, 1, "p.so", RTLD_LAZY), /* 11 */
		STACK("1:1 4 1"),
		FIRST(0x7c80, 1, "p.so", "p.so", "libc.so.6"), /* 13 to 16 */
		CONSISTENT(0x8080),
		DLOPEN(7, 0x9000, 1, "p.so", RTLD_LAZY | RTLD_GLOBAL), /* 18 */
		STACK("1:2 4"),
		NAME(0, 0x7c80, 4, "conv.so"), /* 20 */
		TRY(0, 0x7c80, 4, ORIGIN_CACHE, "conv.so"),
		ACT(0, 0x7c80, ACTIVITY_ADD, 1),
		OPEN(0, 0, "conv.so", "conv.so", "sub.so"),
		LOAD(0x7c80, 6, "sub.so", "sub.so", ""), /* 24 to 26 */
		CONSISTENT(0x7c80),
		DLOPEN(7, 0x9000, 1, "/nowhere", 0), /* 28 */
	};
	FIXTURE(f, events);
	struct stack *stack;

	(void)state;
	stack = recording_add_stack(&f.rec);
	stack->frames = xcalloc(2, sizeof(*stack->frames));
	stack->frame_count = 2;
	stack->frames[0].address = 0x44444;
	stack->frames[1].address = 0x19999; /* the program, in another line than its dlopen's */
	f.rec.searches[4].stack = (int)f.rec.stack_count - 1;
	expect_timeline(&f, "0 in -1: tid 0 at 0 start for 100\n"
			    "1 in 0: tid 0 at 10 load prog for 0\n"
			    "2 in 0: tid 0 at 20 load ld-linux-x86-64.so.2 for 0\n"
			    "3 in 0: tid 0 at 40 load linux-vdso.so.1 for 0\n"
			    "4 in 0: tid 0 at 50 load libc.so.6 for 20\n"
			    "5 in -1: tid 0 at 110 call 1 for 60 to 90\n"
			    "6 in 5: tid 0 at 130 load p.so for 30\n"
			    "7 in -1: tid 7 at 180 call 2 for 0 to 100\n"
			    "8 in 7: tid 7 at 180 global p.so promoted for 0\n"
			    "9 in -1: tid 0 at 200 load conv.so for 30\n"
			    "10 in 9: tid 0 at 240 load sub.so for 20\n"
			    "11 in -1: tid 7 at 280 call 3 for 0 or more\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nested),
		cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
