#include "report/findings/manual.h"

#include "report/findings/finding.h"

static const char *const groups[][2] = {
	{"loading", "LOADING"},     {"scope", "SCOPE"},     {"symbols", "SYMBOLS"},
	{"unloading", "UNLOADING"}, {"process", "PROCESS"},
};

/* troff gives backslashes, hyphens and carets, and dots and quotes at the beginning of a line, a
 * meaning of their own. */
static void put_text(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool starts_line = i == 0 || text[i - 1] == '\n';

		if (starts_line && (text[i] == '.' || text[i] == '\''))
			fputs("\\&", out);
		if (text[i] == '\\')
			fputs("\\e", out);
		else if (text[i] == '-')
			fputs("\\-", out);
		else if (text[i] == '^')
			fputs("\\(ha", out);
		else if (text[i] == '~')
			fputs("\\(ti", out);
		else if (text[i] == '`')
			fputs("\\(ga", out);
		else
			fputc(text[i], out);
	}
}

static void put_string(FILE *out, const char *text)
{
	put_text(out, text, strlen(text));
}

/* Sentences begin on lines of their own, so that troff spaces them as it wants. */
static void put_sentences(FILE *out, const char *text, size_t length)
{
	const char *end = text + length;

	while (text < end) {
		const char *stop = text;

		while (stop < end && !((stop[0] == '.' || stop[0] == '?') && stop + 2 < end &&
				       stop[1] == ' ' && stop[2] >= 'A' && stop[2] <= 'Z'))
			stop++;
		stop = stop < end ? stop + 1 : end;
		put_text(out, text, (size_t)(stop - text));
		fputc('\n', out);
		text = stop < end ? stop + 1 : end;
	}
}

/* A paragraph; one that begins with a space stands as it is. */
static void put_paragraph(FILE *out, const char *text, size_t length)
{
	if (*text != ' ') {
		put_sentences(out, text, length);
		return;
	}
	fputs(".nf\n", out);
	put_text(out, text, length);
	fputs("\n.fi\n", out);
}

static void put_section(FILE *out, const char *title, const char *text)
{
	const char *before = "";

	fprintf(out, ".IP \"%s\" 4\n", title);
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t length = end ? (size_t)(end - text) : strlen(text);

		fputs(before, out);
		put_paragraph(out, text, length);
		before = ".IP\n";
		text += length;
		text += strspn(text, "\n");
	}
}

static void put_rule(FILE *out, const struct rule *rule)
{
	fputs(".SS ", out);
	put_string(out, rule->slug);
	fputs("\n", out);
	put_string(out, rule->summary);
	fputs(".\n", out);
	put_section(out, "What it means", rule->meaning);
	put_section(out, "When it is reported", rule->reported);
	put_section(out, "When it is harmless", rule->harmless);
	put_section(out, "What to do", rule->fix);
}

void rules_to_manual(FILE *out)
{
	fputs(".TH PLUGREPORT\\-RULES 7 2026-11-21 \"plugaudit " PLUGAUDIT_VERSION
	      "\" \"plugaudit manual\"\n"
	      ".SH NAME\n"
	      "plugreport\\-rules \\- what plugreport check reports\n"
	      ".SH DESCRIPTION\n"
	      ".B \"plugreport check\"\n"
	      "applies these rules to the processes of a recording.\n"
	      "The names of the rules don't change.\n"
	      ".BR \"plugreport explain \" \\fIRULE\\fR\n"
	      "prints the page of one.\n",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		bool any = false;

		for (size_t j = 0; j < rule_count; j++) {
			if (strcmp(rules[j]->group, groups[i][0]) != 0)
				continue;
			if (!any)
				fprintf(out, ".SH %s\n", groups[i][1]);
			any = true;
			put_rule(out, rules[j]);
		}
	}
	fputs(".SH SEE ALSO\n.BR plugreport (1),\n.BR libplugaudit (7),\n.BR ld.so (8),\n"
	      ".BR dlopen (3)\n",
	      out);
}
