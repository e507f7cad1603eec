/*
 * sections.c - the explanations of the command line, in the report.
 *
 * A further walker is a further line in one of these tables: the page shows it below its title,
 * where its subject is shown, without knowing of it.
 */
#include "report/html/collect.h"
#include "report/model/why_found.h"
#include "report/store/index_table.h"

/* Of the whole report: a command's answer. */
static const struct report_section {
	const char *kind, *title;
	int (*run)(struct context *context);
} report_sections[] = {
	{"processes", "Who started whom", cmd_processes},
	{"info", "What was recorded", cmd_info},
};

/* Of each process. */
static const struct process_section {
	const char *kind, *title;
	void (*show)(const struct show *show);
} process_sections[] = {
	{"namespaces", "Who lives in which namespace", show_namespaces},
	{"tree", "Who brought whom", show_tree},
};

/* Of each object.  `all`: as with --all. */
static const struct object_section {
	const char *kind, *title;
	bool all;
	void (*show)(const struct show *show, int object, const struct same_processes *same,
		     size_t repeats);
} object_sections[] = {
	{"why-loaded", "Why was it loaded?", true, show_why_loaded},
};

static void begin(struct collect *collect, const char *kind, const char *title,
		  const char *subject_kind, int64_t subject)
{
	struct document_subject about = {
		.kind = kind,
		.title = title,
		.process = collect->show ? collect->process : NONE,
		.subject_kind = subject_kind,
		.subject = subject,
	};

	document_begin(collect->document, &about);
}

void collect_report_sections(struct collect *collect)
{
	struct context context = *collect->context;

	context.render = collect->document;
	collect->show = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(report_sections); i++) {
		const struct report_section *section = &report_sections[i];

		begin(collect, section->kind, section->title, NULL, NONE);
		section->run(&context);
		document_end(collect->document);
	}
	collect->context->remarks = context.remarks;
	collect->context->remark_count = context.remark_count;
	collect->context->remark_room = context.remark_room;
}

static void explain_objects(struct collect *collect, const struct same_processes *same)
{
	struct options all = *collect->show->options;
	struct show with_all = *collect->show;

	all.all = true;
	with_all.options = &all;
	for (size_t i = 0; i < collect->show->rec->object_count; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(object_sections); j++) {
			const struct object_section *section = &object_sections[j];

			begin(collect, section->kind, section->title, "object",
			      collect->object_base + (int64_t)i);
			section->show(section->all ? &with_all : collect->show, (int)i, same, 0);
			document_end(collect->document);
		}
	}
}

/* Requests that came to the same in the same way are explained once. */
struct explanation {
	char *signature;
	int request;
	size_t repeats;
};
struct explanations {
	struct explanation *list;
	size_t count, room;
	struct index_table index;
	const char *wanted;
};

static bool is_explained(const void *context, uint32_t index)
{
	const struct explanations *all = context;

	return strcmp(all->list[index].signature, all->wanted) == 0;
}

/* Returns the request that is explained for this one. */
static int add_explanation(struct explanations *all, const struct recording *rec, int request)
{
	struct why_found why;
	char *signature;
	uint64_t hash;
	uint32_t index;

	why_found_build(rec, request, &why);
	signature = why_found_signature(rec, &why);
	why_found_release(&why);
	hash = hash_string(0, signature);
	all->wanted = signature;
	index = index_table_find(&all->index, hash, is_explained, all);
	if (index != INDEX_NONE) {
		all->list[index].repeats++;
		free(signature);
		return all->list[index].request;
	}
	index_table_add(&all->index, hash, (uint32_t)all->count);
	*GROW(all->list, all->count, all->room) =
		(struct explanation){.signature = signature, .request = request};
	return request;
}

static void explain_searches(struct collect *collect, const struct same_processes *same)
{
	const struct recording *rec = collect->show->rec;
	struct explanations all = {0};

	for (size_t i = 0; i < rec->search_count; i++)
		if (rec->searches[i].origin == ORIGIN_NAME)
			page_set(collect->searches, (size_t)collect->search_base + i,
				 COLLECT_SEARCH_EXPLAINED,
				 collect->search_base + add_explanation(&all, rec, (int)i));
	for (size_t i = 0; i < all.count; i++) {
		begin(collect, "why-found", "How was it found?", "search",
		      collect->search_base + all.list[i].request);
		show_why_found(collect->show, all.list[i].request, same, all.list[i].repeats);
		document_end(collect->document);
		free(all.list[i].signature);
	}
	free(all.list);
	index_table_release(&all.index);
}

void collect_process_sections(struct collect *collect)
{
	struct show show = *collect->show;
	const struct show *before = collect->show;
	size_t index = (size_t)(collect->show->row - collect->list.rows);
	struct same_processes same = {.rows = collect->list.rows, .indexes = &index, .count = 1};

	show.render = collect->document;
	collect->show = &show;
	for (size_t i = 0; i < ARRAY_SIZE(process_sections); i++) {
		begin(collect, process_sections[i].kind, process_sections[i].title, NULL, NONE);
		process_sections[i].show(&show);
		document_end(collect->document);
	}
	explain_objects(collect, &same);
	explain_searches(collect, &same);
	collect->show = before;
}
