/* Observed bindings against the model: which look-up each was, and what can't be told. */
#include "report/model/verify.h"
#include "tests/unit/lookup_tables.h"

/* The handle of object n, as replay_events.h numbers link maps. */
static const struct event events[] = {
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
	DLSYM(0, 0x86a0, 1, 7, "f"),  /* handle */
	DLSYM(0, 0x86a0, 4, -1, "f"), /* RTLD_NEXT */
	DLSYM(0, 0x86a0, 5, 0, "f"),  /* RTLD_DEFAULT */
	DLSYM(0, 0x86a0, 1, 99, "g"), /* no such handle */
};
static const struct row rows[] = {
	DEF(4, "f"),
	DEF(5, "f"),
	DEF(7, "f"),
	DEF(8, "p"),
	UNDEF(1, "plt", 0x401000),
	DEF(5, "plt"),
	{.object = 4, .name = "kept", .bind = STB_GLOBAL, .value = 1, .visibility = STV_PROTECTED},
	DEF(1, "kept"),
	DEF(1, "copied"),
	DEF(4, "copied"),
	BOUND_AS(7, "u", STB_GNU_UNIQUE),
	BOUND_AS(8, "u", STB_GNU_UNIQUE),
};

struct binding_case {
	uint64_t seq;
	int from, to; /* from 1 */
	const char *symbol, *kind;
	bool weak, internal;
	const char *expected; /* "agreed", "disagreed 4", "undecidable: why" */
};

static void check(struct verifier *verifier, const struct binding_case *c)
{
	const struct observed_binding binding = {
		.seq = c->seq,
		.from = c->from - 1,
		.to = c->to - 1,
		.symbol = c->symbol,
		.kind = c->kind,
		.weak = c->weak,
		.internal = c->internal,
	};
	struct verify_result result = verifier_check(verifier, &binding);
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;

	strbuf_addstr(&text, verify_status_name(result.status));
	if (result.status == VERIFY_DISAGREED)
		strbuf_addf(&text, " %d", result.winner + 1);
	if (result.reason)
		strbuf_addf(&text, ": %s", result.reason);
	assert_string_equal(text.s, c->expected);
}

static void test_kinds(void **state)
{
	static const struct binding_case cases[] = {
		{155, 1, 4, "f", "plt", false, false, "agreed"},
		{155, 1, 5, "f", "plt", false, false, "disagreed 4"},
		{155, 1, 5, "plt", "plt", false, false, "agreed"},
		{155, 4, 1, "plt", "abs", false, false, "agreed"},
		{155, 4, 4, "kept", "plt", false, false, "agreed"},
		{155, 1, 4, "copied", "copy", false, false, "agreed"},
		{155, 4, 1, "copied", "got", false, false, "agreed"},
		/* Nobody asked, or nothing was asked for. */
		{155, 1, 0, "f", "plt", false, false, "no-lookup"},
		{155, 1, 0, "f", "got", false, false, "no-lookup"},
		{155, 4, 4, "", "irelative", false, false, "no-lookup"},
		/* A weak reference that nothing defines. */
		{155, 1, 0, "nowhere", "got", true, false, "agreed"},
		{155, 1, 0, "f", "got", true, false, "disagreed 4"},
		{155, 0, 4, "f", "plt", false, false, "undecidable: who refers to it is not known"},
		{155, 1, 4, "", "plt", false, false,
		 "undecidable: the symbol's name was not recorded"},
		/* p.so and what it needs, from its load on. */
		{245, 7, 8, "p", "plt", false, false, "agreed"},
		{245, 1, 8, "p", "plt", false, false, "disagreed 0"},
		/* What comes first to a unique symbol decides for all. */
		{245, 8, 7, "u", "got", false, false, "agreed"},
		{245, 7, 7, "u", "got", false, false, "agreed"},
		{255, 1, 7, "f", "dlsym", false, false, "agreed"},
		{255, 4, 4, "f", "dlsym", false, false,
		 "undecidable: the dlsym call was not recorded"},
		{255, 1, 4, "f", "dlsym", false, true, "agreed"}, /* ld.so's own */
		{285, 4, 5, "f", "dlsym", false, false, "agreed"},
		{285, 5, 4, "f", "dlsym", false, false, "agreed"},
		{285, 1, 4, "g", "dlsym", false, false,
		 "undecidable: the handle that dlsym got is not known"},
	};
	struct verifier *verifier;
	struct setting s;

	(void)state;
	set(&s, events, ARRAY_SIZE(events), rows, ARRAY_SIZE(rows));
	scopes_free(s.scopes);
	s.scopes = scopes_new(&s.f.rec, NULL, 0);
	verifier = verifier_new(&s.f.rec, s.scopes, &s.tables.provider);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(verifier, &cases[i]);
	verifier_free(verifier);
	put_away(&s);
}

/* What the model only guesses does not contradict, but may agree. */
static void test_unknown_tables(void **state)
{
	static const struct binding_case cases[] = {
		{155, 1, 4, "f", "plt", false, false, "agreed"},
		{155, 1, 6, "f2", "plt", false, false,
		 "undecidable: the symbols of an object on the way are not known"},
	};
	struct verifier *verifier;
	struct setting s;

	(void)state;
	set(&s, events, ARRAY_SIZE(events), rows, ARRAY_SIZE(rows));
	scopes_free(s.scopes);
	s.scopes = scopes_new(&s.f.rec, NULL, 0);
	s.tables.unknown = 4;
	verifier = verifier_new(&s.f.rec, s.scopes, &s.tables.provider);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(verifier, &cases[i]);
	verifier_free(verifier);
	put_away(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_unknown_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
