/* The frame around check's rules: the table and its pages, findings, refutations, suppressions, and
 * the cells of CSV. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/findings/finding.h"
#include "report/findings/fold.h"
#include "report/findings/input.h"
#include "report/findings/manual.h"
#include "report/findings/suppressions.h"
#include "report/render/csv.h"

static void every_rule_has_a_page(void **state)
{
	static const char *const groups[] = {"loading", "scope", "symbols", "unloading", "process"};
	size_t group = 0;

	(void)state;
	assert_true(rule_count >= 25);
	for (size_t i = 0; i < rule_count; i++) {
		const struct rule *rule = rules[i];

		/* They stand by group, in this order. */
		while (group < ARRAY_SIZE(groups) && strcmp(groups[group], rule->group) != 0)
			group++;
		assert_true(group < ARRAY_SIZE(groups));
		assert_ptr_equal(rule_find(rule->slug), rule);
		assert_int_equal(strspn(rule->slug, "abcdefghijklmnopqrstuvwxyz1-"),
				 strlen(rule->slug));
		assert_true(strlen(rule->summary) > 20 && strlen(rule->summary) < 80);
		assert_true(rule->summary[strlen(rule->summary) - 1] != '.');
		assert_true(strlen(rule->meaning) > 200);
		assert_true(strlen(rule->reported) > 50);
		assert_true(strlen(rule->harmless) > 20);
		assert_true(strlen(rule->fix) > 50);
		assert_non_null(rule->find);
	}
	assert_null(rule_find("no-such-rule"));
}

static void rules_are_meant_by_slug_group_and_glob(void **state)
{
	const struct rule *rule = rule_find("exec-stack");

	(void)state;
	assert_true(rule_matches(rule, "exec-stack"));
	assert_true(rule_matches(rule, "process"));
	assert_true(rule_matches(rule, "exec-*"));
	assert_true(rule_matches(rule, "*"));
	assert_false(rule_matches(rule, "loading"));
	assert_false(rule_matches(rule, "exec"));
	assert_false(rule_matches(rule, ""));
}

/* troff takes a dot or quote at a line's beginning, and any backslash, for its own. */
static void the_manual_page_is_troff(void **state)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	rules_to_manual(out);
	fclose(out);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		static const char *const requests[] = {".TH ", ".SH ", ".SS ", ".B ",
						       ".BR ", ".IP",  ".nf",  ".fi"};
		bool known = line[0] != '.';

		for (size_t i = 0; i < ARRAY_SIZE(requests) && !known; i++)
			known = strncmp(line, requests[i], strlen(requests[i])) == 0;
		if (!known || line[0] == '\'')
			fail_msg("not troff: %s", line);
	}
	free(text);
}

static int add_object(struct recording *rec, const char *path, const char *soname)
{
	struct object *object = recording_add_object(rec);

	object->kind = OBJECT_LIBRARY;
	object->path = xstrdup(path);
	object->soname = xstrdup(soname);
	return (int)rec->object_count - 1;
}

struct setting {
	struct recording rec;
	struct findings findings;
};

static struct finding *set_up(struct setting *s)
{
	struct finding *finding;

	*s = (struct setting){0};
	recording_init(&s->rec);
	s->rec.exe = xstrdup("/opt/app/bin/host");
	add_object(&s->rec, "/opt/app/lib/libone.so.1.2", "libone.so.1");
	add_object(&s->rec, "/usr/lib/libtwo.so", NULL);
	finding = findings_add(&s->findings, rule_find("interposed"), SEVERITY_ERROR,
			       xstrdup("message"), xstrdup("advice"));
	finding_add_object(finding, 0);
	finding_add_object(finding, 1);
	finding_add_symbol(finding, "crypto_init");
	finding_add_symbol(finding, "_ZN4base4initEv");
	return finding;
}

static void put_away(struct setting *s)
{
	findings_release(&s->findings);
	recording_release(&s->rec);
}

static void objects_and_symbols_are_kept_once(void **state)
{
	struct setting s;
	struct finding *finding = set_up(&s);

	(void)state;
	finding_add_object(finding, 1);
	finding_add_object(finding, NONE);
	finding_add_symbol(finding, "crypto_init");
	finding_add_symbol(finding, NULL);
	assert_int_equal(finding->object_count, 2);
	assert_int_equal(finding->symbol_count, 2);
	finding_add_call(finding, &s.rec, "failed", NONE);
	finding_add_call(finding, &s.rec, "failed", 7);
	finding_add_origin(finding, &s.rec, NONE);
	assert_int_equal(finding->evidence_count, 0);
	assert_ptr_equal(findings_about(&s.findings, finding->rule, 0), finding);
	assert_null(findings_about(&s.findings, finding->rule, 1));
	assert_ptr_equal(findings_saying(&s.findings, finding->rule, "message"), finding);
	assert_null(findings_saying(&s.findings, rule_find("exec-stack"), "message"));
	put_away(&s);
}

/* A finding of `rule` about two objects, or one. */
static struct finding *add_about(struct findings *findings, const char *rule,
				 enum severity severity, int one, int other)
{
	struct finding *finding =
		findings_add(findings, rule_find(rule), severity, xstrdup(rule), xstrdup("advice"));

	finding_add_object(finding, one);
	finding_add_object(finding, other);
	finding_add_symbol(finding, rule);
	finding_add_evidence(finding, xasprintf("seen by %s", rule));
	return finding;
}

/* "interposed error 1 2 +symbol-overlap: ..." with the evidence behind it. */
static void expect_folded(struct findings *findings, const char *expected)
{
	AUTO_STRBUF struct strbuf out = STRBUF_INIT;

	findings_fold(findings);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->list[i];

		strbuf_addf(&out, "%s %s", finding->rule->slug, severity_name(finding->severity));
		for (size_t j = 0; j < finding->object_count; j++)
			strbuf_addf(&out, " %d", finding->objects[j]);
		for (size_t j = 0; j < finding->also_count; j++)
			strbuf_addf(&out, " +%s", finding->also[j]->slug);
		strbuf_addstr(&out, ":");
		for (size_t j = 0; j < finding->evidence_count; j++)
			strbuf_addf(&out, " [%s]", finding->evidence[j].text);
		strbuf_addch(&out, '\n');
	}
	assert_string_equal(out.s, expected);
	findings_release(findings);
}

static void one_problem_is_one_finding(void **state)
{
	struct findings findings = {0};

	(void)state;
	/* Two copies, that they overlap, and whose calls go astray. */
	add_about(&findings, "interposed", SEVERITY_ERROR, 1, 2);
	add_about(&findings, "symbol-overlap", SEVERITY_WARNING, 2, 1);
	add_about(&findings, "duplicate-soname", SEVERITY_WARNING, 1, 2);
	expect_folded(&findings, "duplicate-soname error 1 2 +interposed +symbol-overlap: "
				 "[interposed: interposed] [symbol-overlap: symbol-overlap] "
				 "[seen by duplicate-soname] [seen by interposed] "
				 "[seen by symbol-overlap]\n");
	/* What is suppressed neither hides what is not, nor is brought up by it. */
	add_about(&findings, "interposed", SEVERITY_ERROR, 1, 2);
	add_about(&findings, "duplicate-soname", SEVERITY_WARNING, 1, 2)->apart = true;
	expect_folded(&findings, "interposed error 1 2: [seen by interposed]\n"
				 "duplicate-soname warning 1 2: [seen by duplicate-soname]\n");
	add_about(&findings, "interposed", SEVERITY_ERROR, 1, 2)->apart = true;
	add_about(&findings, "symbol-overlap", SEVERITY_NOTE, 1, 2);
	add_about(&findings, "duplicate-soname", SEVERITY_WARNING, 1, 2);
	expect_folded(&findings, "interposed error 1 2: [seen by interposed]\n"
				 "duplicate-soname warning 1 2 +symbol-overlap: "
				 "[symbol-overlap: symbol-overlap] [seen by duplicate-soname] "
				 "[seen by symbol-overlap]\n");
	/* No duplicate: whose calls go astray comes first; what is less severe of the same two. */
	add_about(&findings, "symbol-overlap", SEVERITY_WARNING, 1, 2);
	add_about(&findings, "interposed", SEVERITY_ERROR, 1, 2);
	add_about(&findings, "interposed", SEVERITY_WARNING, 1, 2);
	expect_folded(&findings, "interposed error 1 2 +symbol-overlap +interposed: "
				 "[symbol-overlap: symbol-overlap] [interposed: interposed] "
				 "[seen by interposed] [seen by symbol-overlap]\n");
	/* Others, and what only shares an object. */
	add_about(&findings, "interposed", SEVERITY_ERROR, 1, 3);
	add_about(&findings, "symbol-overlap", SEVERITY_WARNING, 1, 2);
	add_about(&findings, "duplicate-soname", SEVERITY_WARNING, 4, 5);
	add_about(&findings, "exec-stack", SEVERITY_WARNING, 4, NONE);
	expect_folded(&findings, "interposed error 1 3: [seen by interposed]\n"
				 "symbol-overlap warning 1 2: [seen by symbol-overlap]\n"
				 "duplicate-soname warning 4 5: [seen by duplicate-soname]\n"
				 "exec-stack warning 4: [seen by exec-stack]\n");
	add_about(&findings, "kept-after-dlclose", SEVERITY_WARNING, 1, 7);
	add_about(&findings, "kept-after-dlclose", SEVERITY_WARNING, 2, NONE);
	add_about(&findings, "stale-reload", SEVERITY_ERROR, 1, NONE);
	expect_folded(&findings, "kept-after-dlclose warning 2: [seen by kept-after-dlclose]\n"
				 "stale-reload error 1 7 +kept-after-dlclose: "
				 "[kept-after-dlclose: kept-after-dlclose] [seen by stale-reload] "
				 "[seen by kept-after-dlclose]\n");
	expect_folded(&findings, "");
}

static void refutations_are_by_rule_and_key(void **state)
{
	struct setting s;
	struct finding *finding = set_up(&s);

	(void)state;
	findings_refute(&s.findings, finding->rule, "key");
	assert_false(findings_refuted(&s.findings, finding));
	finding->key = xstrdup("key");
	assert_true(findings_refuted(&s.findings, finding));
	finding->rule = rule_find("exec-stack");
	assert_false(findings_refuted(&s.findings, finding));
	put_away(&s);
}

static void signatures_tell_findings_apart(void **state)
{
	struct setting s, t;
	struct finding *one = set_up(&s), *other = set_up(&t);
	AUTO_FREE char *a = finding_signature(&s.rec, one);
	AUTO_FREE char *b = finding_signature(&t.rec, other);
	AUTO_FREE char *c = NULL;

	(void)state;
	assert_string_equal(a, b);
	finding_add_symbol(other, "more");
	c = finding_signature(&t.rec, other);
	assert_string_not_equal(a, c);
	put_away(&s);
	put_away(&t);
}

/* Does this file suppress the usual finding? */
static bool suppresses(const char *text)
{
	struct setting s;
	struct finding *finding = set_up(&s);
	struct suppressions suppressions;
	AUTO_STRBUF struct strbuf error = STRBUF_INIT;
	bool found;

	if (!suppressions_parse(text, strlen(text), &suppressions, &error))
		fail_msg("%s", error.s);
	found = suppressions_find(&suppressions, &s.rec, finding) != NULL;
	suppressions_release(&suppressions);
	put_away(&s);
	return found;
}

static void suppressions_match(void **state)
{
	(void)state;
	assert_true(suppresses("[interposed]\nreason=x\n"));
	assert_true(suppresses("  [ inter* ]\r\n\treason = x\r\n"));
	assert_true(suppresses("# comment\n\n[symbols]\n#object = no\nreason=x"));
	assert_false(suppresses(""));
	assert_false(suppresses("[exec-stack]\nreason=x\n"));
	/* Objects: by path, file name, SONAME; each line has to match one of them. */
	assert_true(suppresses("[interposed]\nobject=libone.so.1\nreason=x\n"));
	assert_true(suppresses("[interposed]\nobject=*/libtwo.so\nreason=x\n"));
	assert_true(suppresses("[interposed]\nobject=libone*\nobject=libtwo*\nreason=x\n"));
	assert_false(suppresses("[interposed]\nobject=libone*\nobject=libthree*\nreason=x\n"));
	/* Symbols: all of them, mangled or not. */
	assert_false(suppresses("[interposed]\nsymbol=crypto_*\nreason=x\n"));
	assert_true(suppresses("[interposed]\nsymbol=crypto_*\nsymbol=base::*\nreason=x\n"));
	assert_true(suppresses("[interposed]\nsymbol=crypto_*\nsymbol=_ZN4base*\nreason=x\n"));
	/* Programs: one of them. */
	assert_true(suppresses("[interposed]\nexe=other\nexe=host\nreason=x\n"));
	assert_true(suppresses("[interposed]\nexe=/opt/*/host\nreason=x\n"));
	assert_false(suppresses("[interposed]\nexe=other\nreason=x\n"));
	/* The first section that matches counts, wherever it stands. */
	assert_true(suppresses("[exec-stack]\nreason=x\n[*]\nexe=host\nreason=y\n"));
}

static void wrong_suppressions_are_told(void **state)
{
	static const struct {
		const char *text, *error;
	} wrong[] = {
		{"[interposed]\n", "line 1: [interposed] gives no reason; add reason = TEXT"},
		{"\nobject = x\n", "line 2: 'object = x' stands before the first [RULE]"},
		{"[nonsense]\nreason=x\n",
		 "line 1: there is no rule 'nonsense'; see 'plugreport explain' for all"},
		{"[interposed\nreason=x\n", "line 1: '[interposed' has no ] at its end"},
		{"[interposed] x\nreason=x\n", "line 1: '[interposed] x' has no ] at its end"},
		{"[interposed]\nreason\n", "line 2: 'reason' is neither [RULE] nor name = value"},
		{"[interposed]\nreason=\n", "line 2: reason has no value"},
		{"[interposed]\nfile=x\nreason=y\n",
		 "line 2: 'file' is none of object, symbol, exe, reason"},
		{"[\033]0;x]\nreason=y\n",
		 "line 1: there is no rule '\\x1b]0;x'; see 'plugreport explain' for all"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct suppressions suppressions;
		AUTO_STRBUF struct strbuf error = STRBUF_INIT;

		assert_false(suppressions_parse(wrong[i].text, strlen(wrong[i].text), &suppressions,
						&error));
		assert_string_equal(error.s, wrong[i].error);
		assert_int_equal(suppressions.count, 0);
	}
}

/* Whatever bytes: no crash, and what was cut is told or is a file that says less. */
static void suppressions_of_any_bytes(void **state)
{
	static const char text[] = "[interposed]\nobject = libx.so\0.1\nsymbol=\xff\xfe*\n"
				   "reason = \x80\x81\n[exec-stack]\nreason=b";
	char flipped[sizeof(text)];

	(void)state;
	for (size_t length = 0; length < sizeof(text); length++)
		for (int bit = -1; bit < 8; bit++) {
			struct suppressions suppressions;
			AUTO_STRBUF struct strbuf error = STRBUF_INIT;

			memcpy(flipped, text, sizeof(text));
			if (bit >= 0 && length)
				flipped[length - 1] ^= (char)(1 << bit);
			if (suppressions_parse(flipped, length, &suppressions, &error))
				assert_int_equal(error.length, 0);
			else
				assert_int_equal(strncmp(error.s, "line ", 5), 0);
			suppressions_release(&suppressions);
		}
}

static void search_paths_of_files_that_are_not_there(void **state)
{
	struct setting s;
	struct rule_source source = {0};
	struct rule_input input;
	struct findings findings = {0};

	(void)state;
	set_up(&s);
	s.rec.objects[0].runpath = xstrdup("/nowhere/at/all:lib::$ORIGIN/x");
	s.rec.objects[1].rpath = xstrdup("relative");
	s.rec.objects[1].runpath = xstrdup(""); /* so that DT_RPATH is ignored */
	rule_input_init(&input, &s.rec, &source);
	/* Each rule can do with nothing but the recording. */
	for (size_t i = 0; i < rule_count; i++)
		rules[i]->find(&input, &findings);
	rule_input_release(&input);
	assert_int_equal(findings.count, 2);
	assert_string_equal(findings.list[0].rule->slug, "insecure-search-path");
	assert_string_equal(findings.list[1].rule->slug, "insecure-search-path");
	assert_non_null(strstr(findings.list[0].message, "\"lib\""));
	assert_non_null(strstr(findings.list[1].message, "empty entry"));
	findings_release(&findings);
	put_away(&s);
}

static void cells_of_csv(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *cell;
	} cells[] = {
		{"plain", 5, "\"plain\""},
		{"", 0, "\"\""},
		{"say \"x\", y\n", 11, "\"say \"\"x\"\", y\\n\""},
		{"=1+1", 4, "\"'=1+1\""},
		{"-x", 2, "\"'-x\""},
		{"@SUM", 4, "\"'@SUM\""},
		{"\tx", 2, "\"\\tx\""},
		{"a=b", 3, "\"a=b\""},
		{"\xff\0x", 3, "\"\\xff\\x00x\""},
		{"\xc3\xa9", 2, "\"\xc3\xa9\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++) {
		AUTO_STRBUF struct strbuf sb = STRBUF_INIT;

		csv_add_text(&sb, true, cells[i].text, cells[i].length);
		assert_string_equal(sb.s, cells[i].cell);
		strbuf_reset(&sb);
		csv_add_integer(&sb, true, -5);
		csv_add_null(&sb, false);
		csv_add_text(&sb, false, "z", 1);
		csv_end_line(&sb);
		assert_string_equal(sb.s, "-5,,\"z\"\r\n");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_has_a_page),
		cmocka_unit_test(rules_are_meant_by_slug_group_and_glob),
		cmocka_unit_test(the_manual_page_is_troff),
		cmocka_unit_test(objects_and_symbols_are_kept_once),
		cmocka_unit_test(one_problem_is_one_finding),
		cmocka_unit_test(refutations_are_by_rule_and_key),
		cmocka_unit_test(signatures_tell_findings_apart),
		cmocka_unit_test(suppressions_match),
		cmocka_unit_test(wrong_suppressions_are_told),
		cmocka_unit_test(suppressions_of_any_bytes),
		cmocka_unit_test(search_paths_of_files_that_are_not_there),
		cmocka_unit_test(cells_of_csv),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
