/* Explanations of bindings: groups of equal ones, what was found where, and what would be without.
 */
#include "report/model/why_bound.h"
#include "tests/unit/lookup_tables.h"

#define REFERENCE(seq_, from_, to_, symbol_, kind_, state_) \
	{                                                   \
		.binding = {.seq = seq_,                    \
			    .from = (from_)-1,              \
			    .to = (to_)-1,                  \
			    .symbol = symbol_,              \
			    .kind = kind_},                 \
		.state = state_, .count = 1, .call = NONE   \
	}

static void write_definitions(struct strbuf *out, const struct why_definition *list, size_t count,
			      bool outside)
{
	for (size_t i = 0; i < count; i++)
		strbuf_addf(out, " %d:%s%s%s", list[i].object + 1,
			    lookup_verdict_name(list[i].verdict), outside ? ":" : "",
			    outside ? outside_reason_name(list[i].reason) : "");
}

/* "f from 1 4: 4 by order, else 5; 4:winner 5:later; outside 7:winner:local" a line. */
static void write_answers(struct strbuf *out, const struct why_bound_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct why_bound *why = &list->list[i];

		strbuf_addf(out, "%s from", why->symbol);
		for (size_t j = 0; j < why->reference_count; j++)
			strbuf_addf(out, " %d", why->references[j].binding.from + 1);
		strbuf_addf(out, ": %d by %s, else %d%s%s;", why->winner + 1,
			    lookup_rule_name(why->rule), why->without + 1,
			    why->confirmed ? "" : ", not confirmed", why->sure ? "" : ", not sure");
		write_definitions(out, why->steps, why->step_count, false);
		if (why->outside_count)
			strbuf_addstr(out, "; outside");
		write_definitions(out, why->outside, why->outside_count, true);
		strbuf_addch(out, '\n');
	}
}

static void expect_answers(const struct row *rows, size_t row_count,
			   const struct symbol_reference *references, size_t count,
			   const bool *wanted, const char *expected)
{
	AUTO_WHY_BOUND struct why_bound_list list = {0};
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;
	struct setting s;

	set(&s, usual, ARRAY_SIZE(usual), rows, row_count);
	scopes_free(s.scopes);
	s.scopes = scopes_new(&s.f.rec, NULL, 0);
	why_bound_explain(&s.f.rec, s.scopes, &s.tables.provider, references, count, wanted, &list);
	write_answers(&out, &list);
	assert_string_equal(out.s, expected);
	for (size_t i = 0; i < list.count; i++) {
		AUTO_FREE char *signature = why_bound_signature(&s.f.rec, &list.list[i]);

		assert_non_null(strstr(signature, list.list[i].symbol));
	}
	put_away(&s);
}

static void groups(void **state)
{
	static const struct row rows[] = {DEF(4, "f"), DEF(5, "f"), DEF(7, "f"), DEF(8, "p"),
					  DEF(6, "g")};
	static const struct symbol_reference references[] = {
		REFERENCE(155, 1, 4, "f", "plt", REFERENCE_BOUND),
		REFERENCE(155, 4, 4, "f", "got", REFERENCE_BOUND),
		REFERENCE(155, 1, 6, "g", "plt", REFERENCE_BOUND),
		REFERENCE(245, 7, 4, "f", "plt", REFERENCE_BOUND),
		REFERENCE(250, 7, 8, "p", "plt", REFERENCE_BOUND),
		REFERENCE(250, 1, 0, "p", "plt", REFERENCE_LAZY),
		REFERENCE(250, 5, 5, "f", "plt", REFERENCE_BOUND),
	};
	static const bool wanted[] = {false, false, false, false, true, true, false};

	(void)state;
	expect_answers(rows, ARRAY_SIZE(rows), references, ARRAY_SIZE(references), NULL,
		       "f from 1 4: 4 by order, else 5; 4:winner 5:later; outside 7:winner:later\n"
		       "g from 1: 6 by order, else 0; 6:winner\n"
		       "f from 7: 4 by order, else 5; 4:winner 5:later 7:later\n"
		       "p from 7: 8 by order, else 0; 8:winner\n"
		       "p from 1: 0 by order, else 0;; outside 8:winner:local\n"
		       "f from 5: 4 by order, else 5, not confirmed; 4:winner 5:later; outside "
		       "7:winner:local\n");
	expect_answers(rows, ARRAY_SIZE(rows), references, ARRAY_SIZE(references), wanted,
		       "p from 7: 8 by order, else 0; 8:winner\n"
		       "p from 1: 0 by order, else 0;; outside 8:winner:local\n");
}

/* What somebody was bound to before decides about unique symbols, also unasked. */
static void unique(void **state)
{
	static const struct row rows[] = {BOUND_AS(7, "u", STB_GNU_UNIQUE),
					  BOUND_AS(8, "u", STB_GNU_UNIQUE)};
	static const struct symbol_reference references[] = {
		REFERENCE(245, 8, 8, "u", "got", REFERENCE_BOUND),
		REFERENCE(245, 7, 8, "u", "got", REFERENCE_BOUND),
	};
	static const bool wanted[] = {false, true};

	(void)state;
	expect_answers(rows, ARRAY_SIZE(rows), references, 2, wanted,
		       "u from 7: 8 by unique, else 7; 7:later 8:winner\n");
}

static void visibility(void **state)
{
	static const struct row rows[] = {DEF(4, "f"), SEEN_AS(5, "f", STV_PROTECTED),
					  VER(4, "v", "V1", 0x8003), VER(5, "v", "V2", 3),
					  SEEN_AS(6, "v", STV_HIDDEN)};
	struct symbol_reference references[] = {
		REFERENCE(155, 5, 5, "f", "plt", REFERENCE_BOUND),
		REFERENCE(155, 1, 5, "v", "plt", REFERENCE_BOUND),
	};

	(void)state;
	references[1].binding.version = "V2";
	expect_answers(rows, ARRAY_SIZE(rows), references, 2, NULL,
		       "f from 5: 5 by visibility, else 4; 4:later 5:winner\n"
		       "v from 1: 5 by order, else 0; 4:wrong-version 5:winner 6:not-visible\n");
}

static void untold(void **state)
{
	static const struct row rows[] = {UNDEF(7, "f", 0), DEF(8, "g")};
	struct symbol_reference references[] = {
		REFERENCE(245, 7, 0, "f", "plt", REFERENCE_UNTOLD),
		REFERENCE(245, 0, 4, "g", "plt", REFERENCE_BOUND),
		REFERENCE(245, 1, 0, "g", "dlsym", REFERENCE_NOT_FOUND),
	};

	(void)state;
	expect_answers(rows, ARRAY_SIZE(rows), references, 3, NULL,
		       "f from 7: 0 by order, else 0;\n"
		       "g from 0: 0 by order, else 0, not confirmed, not sure;\n"
		       "g from 1: 0 by order, else 0, not confirmed, not sure;\n");
}

static void unreferenced(void **state)
{
	static const struct row rows[] = {DEF(4, "f"), DEF(8, "f")};
	AUTO_WHY_BOUND struct why_bound_list list = {0};
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;
	struct setting s;

	(void)state;
	SET(s, rows);
	why_bound_unreferenced(&s.f.rec, s.scopes, &s.tables.provider, "nowhere", &list);
	assert_int_equal(list.count, 0);
	why_bound_unreferenced(&s.f.rec, s.scopes, &s.tables.provider, "f", &list);
	write_answers(&out, &list);
	assert_string_equal(out.s, "f from: 0 by order, else 0;; outside 4:winner:local "
				   "8:winner:local\n");
	assert_int_equal(list.list[0].outside[0].root, NONE); /* the global scope */
	assert_int_equal(list.list[0].outside[1].root, 6);
	put_away(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups),       cmocka_unit_test(unique),
		cmocka_unit_test(visibility),   cmocka_unit_test(untold),
		cmocka_unit_test(unreferenced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
