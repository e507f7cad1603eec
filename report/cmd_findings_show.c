/* Findings and rules as people and programs read them. */
#include <unistd.h>

#include "report/cmd_findings.h"
#include "report/render/layout.h"
#include "report/render/words.h"

#define FRAMES_SHOWN   3  /* of a stack, without --all */
#define EVIDENCE_SHOWN 6  /* without --all */
#define TEXT_WIDTH     96 /* prose on no terminal, too: nobody parses it */

static const char *severity_mark(enum severity severity)
{
	return severity == SEVERITY_ERROR     ? MARK_BAD
	       : severity == SEVERITY_WARNING ? MARK_WARN
					      : MARK_DIM;
}

/* A text in lines of at most `width`, the first behind `first`, the others behind `indent`. */
static void show_wrapped(struct render *render, const char *first, const char *indent,
			 const char *text, size_t width)
{
	AUTO_STRBUF struct strbuf lines = STRBUF_INIT;
	const char *before = first;

	layout_break(&lines, text, width);
	for (char *line = lines.s, *end; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		render_line(render, "%s%s", before, line);
		before = indent;
	}
}

/* Frames of the program itself: all but what libc does before main(). */
static size_t own_frames(const struct recording *rec, int stack)
{
	size_t count;
	const struct frame *frames = stack_frames(rec, stack, &count);

	for (size_t i = 0; i < count; i++)
		if (frames[i].function &&
		    strncmp(frames[i].function, "__libc_start_", strlen("__libc_start_")) == 0)
			return i;
	return count;
}

static void show_evidence(const struct show *show, const struct evidence *evidence)
{
	const struct recording *rec = show->rec;

	show_wrapped(show->render, "    - ", "      ", evidence->text, TEXT_WIDTH);
	if (own_frames(rec, evidence->stack) < 2 && !show->options->all)
		return; /* the only one is in the text already */
	show_stack(show->render, rec, evidence->stack, "        ", show->options->no_demangle, 0,
		   show->options->all ? 0 : FRAMES_SHOWN);
}

void show_finding(const struct show *show, const struct finding *finding,
		  const struct same_processes *same, bool brief)
{
	struct render *render = show->render;
	size_t shown = finding->evidence_count;
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;

	if (!render->is_text)
		return;
	strbuf_addf(&text, "%s%s" MARK_END " " MARK_BOLD "%s" MARK_END ": ",
		    severity_mark(finding->severity), severity_name(finding->severity),
		    finding->rule->slug);
	show_wrapped(render, text.s, "  ", finding->message, TEXT_WIDTH);
	if (brief)
		return;
	if (same) {
		strbuf_reset(&text);
		add_same_processes(&text, same, show->options->all);
		render_line(render, "  " MARK_DIM "in %s" MARK_END, text.s);
	}
	if (!show->options->all && shown > EVIDENCE_SHOWN)
		shown = EVIDENCE_SHOWN;
	for (size_t i = 0; i < shown; i++)
		show_evidence(show, &finding->evidence[i]);
	if (shown < finding->evidence_count)
		render_rest(render, REST_ALL, "    " MARK_DIM "- and %zu more" MARK_END,
			    finding->evidence_count - shown);
	show_wrapped(render, "  " MARK_GOOD "=" MARK_END " ", "    ", finding->advice, TEXT_WIDTH);
	render_blank(render);
}

static void evidence_to_json(const struct show *show, const struct evidence *evidence)
{
	const struct recording *rec = show->rec;
	bool searched = evidence->search >= 0 && (size_t)evidence->search < rec->search_count;

	render_open(show->render, NULL, GROUP_OBJECT);
	render_value(show->render, "text", value_string(evidence->text));
	object_to_json(show->render, "object", rec, evidence->object);
	call_to_json(show->render, "call", rec, evidence->call, show->options->no_demangle);
	render_value(show->render, "search_seq",
		     searched ? value_integer((int64_t)rec->searches[evidence->search].seq)
			      : value_none());
	render_value(show->render, "binding",
		     evidence->binding ? value_integer(evidence->binding) : value_none());
	stack_to_json(show->render, "stack", rec, evidence->stack, show->options->no_demangle, 0);
	render_close(show->render);
}

void finding_to_json(const struct show *show, const struct finding *finding,
		     const struct same_processes *same, const struct suppression *suppressed)
{
	struct render *render = show->render;

	if (render->is_text)
		return;
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "rule", value_string(finding->rule->slug));
	render_value(render, "group", value_string(finding->rule->group));
	render_value(render, "severity", value_string(severity_name(finding->severity)));
	render_value(render, "message", value_string(finding->message));
	render_open(render, "objects", GROUP_ARRAY);
	for (size_t i = 0; i < finding->object_count; i++)
		render_value(render, NULL,
			     value_string(show->rec->objects[finding->objects[i]].path));
	render_close(render);
	render_open(render, "symbols", GROUP_ARRAY);
	for (size_t i = 0; i < finding->symbol_count; i++)
		render_value(render, NULL, value_string(finding->symbols[i]));
	render_close(render);
	render_open(render, "evidence", GROUP_ARRAY);
	for (size_t i = 0; i < finding->evidence_count; i++)
		evidence_to_json(show, &finding->evidence[i]);
	render_close(render);
	render_open(render, "also", GROUP_ARRAY);
	for (size_t i = 0; i < finding->also_count; i++)
		render_value(render, NULL, value_string(finding->also[i]->slug));
	render_close(render);
	render_value(render, "advice", value_string(finding->advice));
	render_value(render, "seq",
		     finding->seq ? value_integer((int64_t)finding->seq) : value_none());
	render_value(render, "suppressed", value_string(suppressed ? suppressed->reason : NULL));
	render_open(render, "processes", GROUP_ARRAY);
	same_processes_to_json(render, same);
	render_close(render);
	render_close(render);
}

static void show_literally(struct render *render, char *paragraph)
{
	for (char *line = paragraph, *end; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		render_line(render, "  %s", line);
	}
}

/* Paragraphs are parted by empty lines; what begins with a space is shown as it is. */
static void show_paragraphs(struct render *render, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t length = end ? (size_t)(end - text) : strlen(text);
		AUTO_FREE char *paragraph = xstrndup(text, length);

		if (*paragraph == ' ')
			show_literally(render, paragraph);
		else
			show_wrapped(render, "  ", "  ", paragraph, 76);
		text += length;
		text += strspn(text, "\n");
		if (*text)
			render_blank(render);
	}
}

void show_rule_page(struct render *render, const struct rule *rule)
{
	const struct {
		const char *title, *text;
	} sections[] = {
		{"What it means", rule->meaning},
		{"When it is reported", rule->reported},
		{"When it is harmless", rule->harmless},
		{"What to do", rule->fix},
	};

	render_line(render, MARK_BOLD "%s" MARK_END " (%s): %s", rule->slug, rule->group,
		    rule->summary);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		render_blank(render);
		render_line(render, MARK_BOLD "%s" MARK_END, sections[i].title);
		show_paragraphs(render, sections[i].text);
	}
}
