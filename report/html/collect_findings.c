/* What check finds, in the report. */
#include "report/cmd_findings.h"
#include "report/cmd_why_bound.h"
#include "report/html/collect.h"
#include "report/html/static.h"
#include "report/render/words.h"

/* rule: of which there are findings; its page is an explanation of it. */
static const struct page_column rule_columns[] = {
	{"slug", PAGE_TEXT, false},
	{"group", PAGE_TEXT, false},
	{"summary", PAGE_TEXT, false},
};

/* finding: the worst first.  What it refers to is in the first process that has it. */
static const struct page_column finding_columns[] = {
	{"id", PAGE_NUMBER, true}, /* 1, 2, ... */
	{"process", PAGE_REF, true},    {"rule", PAGE_REF, true},
	{"severity", PAGE_TEXT, false}, {"message", PAGE_TEXT, false},
	{"advice", PAGE_TEXT, false},   {"processes", PAGE_NUMBER, false}, /* how many have it */
};
static const struct page_column finding_object_columns[] = {
	{"finding", PAGE_REF, true},
	{"object", PAGE_REF, false},
};
static const struct page_column finding_symbol_columns[] = {
	{"finding", PAGE_REF, true},
	{"name", PAGE_TEXT, false},
	{"linker", PAGE_TEXT, false},
};
static const struct page_column finding_process_columns[] = {
	{"finding", PAGE_REF, true},
	{"process", PAGE_REF, false},
};

/* evidence: what a finding rests on. */
static const struct page_column evidence_columns[] = {
	{"finding", PAGE_REF, true},  {"text", PAGE_TEXT, false},  {"object", PAGE_REF, false},
	{"call", PAGE_REF, false},    {"search", PAGE_REF, false}, {"stack", PAGE_REF, false},
	{"binding", PAGE_REF, false}, /* id in the database */
};

void collect_findings_init(struct collect *collect)
{
	struct page_data *page = collect->page;

	collect->rules = page_table(page, "rule", rule_columns, ARRAY_SIZE(rule_columns));
	collect->findings =
		page_table(page, "finding", finding_columns, ARRAY_SIZE(finding_columns));
	collect->finding_objects = page_table(page, "finding_object", finding_object_columns,
					      ARRAY_SIZE(finding_object_columns));
	collect->finding_symbols = page_table(page, "finding_symbol", finding_symbol_columns,
					      ARRAY_SIZE(finding_symbol_columns));
	collect->finding_processes = page_table(page, "finding_process", finding_process_columns,
						ARRAY_SIZE(finding_process_columns));
	collect->evidence =
		page_table(page, "evidence", evidence_columns, ARRAY_SIZE(evidence_columns));
}

/* The row of a rule, which is added with its page where it is not there. */
static int64_t rule_row(struct collect *collect, const struct rule *rule, int64_t *rows)
{
	size_t index = 0;

	while (index + 1 < rule_count && rules[index] != rule)
		index++;
	if (rows[index] == NONE) {
		const int64_t values[ARRAY_SIZE(rule_columns)] = {
			page_text(collect->page, rule->slug),
			page_text(collect->page, rule->group),
			page_text(collect->page, rule->summary),
		};

		rows[index] = (int64_t)page_rows(collect->rules);
		page_row(collect->rules, values);
		collect_begin(collect, "rule", "About this rule", "rule", rows[index], false);
		show_rule_page(collect->document, rule);
		document_end(collect->document);
	}
	return rows[index];
}

static void collect_evidence(struct collect *collect, int64_t row, const struct evidence *evidence,
			     const struct collect_bases *base)
{
	const int64_t values[ARRAY_SIZE(evidence_columns)] = {
		row,
		page_text(collect->page, evidence->text),
		collect_row(base->object, evidence->object),
		collect_row(base->call, evidence->call),
		collect_row(base->search, evidence->search),
		collect_row(base->stack, evidence->stack),
		evidence->binding ? evidence->binding : NONE,
	};

	page_row(collect->evidence, values);
}

static void collect_finding(struct collect *collect, const struct reported *reported,
			    int64_t *rule_rows)
{
	const struct finding *finding = reported->finding;
	size_t process = reported->in->row;
	const struct collect_bases *base = &collect->bases[process];
	int64_t row = (int64_t)page_rows(collect->findings);
	const int64_t values[ARRAY_SIZE(finding_columns)] = {
		row + 1,
		(int64_t)process,
		rule_row(collect, finding->rule, rule_rows),
		page_text(collect->page, severity_name(finding->severity)),
		page_text(collect->page, finding->message),
		page_text(collect->page, finding->advice),
		(int64_t)reported->row_count,
	};

	page_row(collect->findings, values);
	for (size_t i = 0; i < finding->object_count; i++)
		page_row(collect->finding_objects,
			 (const int64_t[]){row, collect_row(base->object, finding->objects[i])});
	for (size_t i = 0; i < finding->symbol_count; i++) {
		const int64_t symbol[ARRAY_SIZE(finding_symbol_columns)] = {
			row,
			COLLECT_TEXT(collect, add_symbol(&sb, finding->symbols[i],
							 collect->context->options->no_demangle)),
			page_text(collect->page, finding->symbols[i]),
		};

		page_row(collect->finding_symbols, symbol);
	}
	for (size_t i = 0; i < reported->row_count; i++)
		page_row(collect->finding_processes,
			 (const int64_t[]){row, (int64_t)reported->rows[i]});
	for (size_t i = 0; i < finding->evidence_count; i++)
		collect_evidence(collect, row, &finding->evidence[i], base);
}

/* Symbols are many, and each takes a look at all bindings. */
#define SYMBOLS_OF_FINDING 3
#define SYMBOLS_OF_REPORT  24

static bool explain_symbol(struct collect *collect, const struct show *show, const char *symbol,
			   const struct same_processes *same)
{
	const struct why_bound_request request = {.symbol = symbol};
	struct why_bound_answers answers = {0};
	bool ok = why_bound_find(show->store, show->rec, &request, &answers);

	collect_begin(collect, "why-bound", "Why does it lead where it leads?", "symbol",
		      collect_symbol(collect, symbol), false);
	for (size_t i = 0; i < answers.answers.count; i++)
		show_why_bound(show, &answers.answers.list[i], same, 0);
	document_end(collect->document);
	why_bound_answers_release(&answers);
	return ok;
}

static bool explain_symbols(struct collect *collect, const struct reported *reported)
{
	const struct finding *finding = reported->finding;
	size_t index = reported->in->row;
	struct same_processes same = {.rows = collect->list.rows, .indexes = &index, .count = 1};
	bool failed = false;
	struct show show = {.render = collect->document,
			    .options = collect->context->options,
			    .rec = &reported->in->rec,
			    .row = &collect->list.rows[index],
			    .store = collect->context->store,
			    .ret_failed = &failed};
	bool ok = true;

	collect->show = &show;
	collect->process = (int64_t)index;
	for (size_t i = 0; ok && i < finding->symbol_count && i < SYMBOLS_OF_FINDING &&
			   collect->explained < SYMBOLS_OF_REPORT;
	     i++, collect->explained++)
		ok = explain_symbol(collect, &show, finding->symbols[i], &same);
	collect->show = NULL;
	return ok && !failed;
}

static void show_without_script(struct collect *collect, const struct examination *examination)
{
	struct render *render = render_static_new(&collect->findings_html);

	if (examination->count == 0)
		render_line(render, "Nothing wrong was found.");
	for (size_t i = 0; i < examination->count; i++) {
		const struct reported *reported = &examination->reported[i];
		struct show show = {.render = render,
				    .options = collect->context->options,
				    .rec = &reported->in->rec};
		struct same_processes same = {.rows = collect->list.rows,
					      .indexes = reported->rows,
					      .count = reported->row_count};

		show_finding(&show, reported->finding, &same,
			     reported->finding->severity == SEVERITY_NOTE);
	}
	render_finish(render);
}

bool collect_findings(struct collect *collect)
{
	AUTO_EXAMINATION struct examination examination = {0};
	AUTO_FREE int64_t *rule_rows = xcalloc(rule_count, sizeof(*rule_rows));

	for (size_t i = 0; i < rule_count; i++)
		rule_rows[i] = NONE;
	collect->show = NULL;
	if (!examine(collect->context->store, collect->context->options, &collect->list, NULL,
		     &examination))
		return false;
	for (size_t i = 0; i < examination.count; i++) {
		collect_finding(collect, &examination.reported[i], rule_rows);
		if (!explain_symbols(collect, &examination.reported[i]))
			return false;
	}
	show_without_script(collect, &examination);
	return true;
}
