/* plugreport explain: the pages of check's rules. */
#include "report/cmd_findings.h"
#include "report/findings/manual.h"

static void rule_to_json(struct render *render, const struct rule *rule)
{
	render_open(render, NULL, GROUP_OBJECT);
	render_value(render, "rule", value_string(rule->slug));
	render_value(render, "group", value_string(rule->group));
	render_value(render, "summary", value_string(rule->summary));
	render_value(render, "meaning", value_string(rule->meaning));
	render_value(render, "reported", value_string(rule->reported));
	render_value(render, "harmless", value_string(rule->harmless));
	render_value(render, "fix", value_string(rule->fix));
	render_close(render);
}

static void show_rules(struct render *render)
{
	static const struct column columns[] = {
		{"rule", "RULE", 0},
		{"group", "GROUP", 0},
		{"summary", "SUMMARY", COLUMN_WRAP},
	};

	render_table(render, "rules", columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < rule_count; i++) {
		const struct value values[ARRAY_SIZE(columns)] = {
			value_string(rules[i]->slug),
			value_string(rules[i]->group),
			value_string(rules[i]->summary),
		};

		render_row(render, values);
	}
	render_table_close(render);
}

static int no_such_rule(struct context *context, const char *name)
{
	struct nearest near;
	AUTO_STRBUF struct strbuf hint = STRBUF_INIT;

	nearest_init(&near, name);
	for (size_t i = 0; i < rule_count; i++)
		nearest_offer(&near, rules[i]->slug);
	nearest_add_hint(&near, &hint);
	context_remark(context, "there is no rule '%s'%s", name,
		       hint.length ? hint.s : "; see 'plugreport explain' for all");
	nearest_release(&near);
	return EXIT_FOUND;
}

int cmd_explain(struct context *context)
{
	struct render *render = context->render;
	size_t shown = 0;
	int status = EXIT_OK;

	if (context->options->man) {
		rules_to_manual(context->out);
		return EXIT_OK;
	}
	if (!context->operand_count) {
		show_rules(render);
		return EXIT_OK;
	}
	render_open(render, "rules", GROUP_ARRAY);
	for (size_t i = 0; i < context->operand_count; i++) {
		const char *name = context->operands[i];
		bool found = false;

		for (size_t j = 0; j < rule_count; j++) {
			if (!rule_matches(rules[j], name))
				continue;
			found = true;
			if (shown++)
				render_blank(render);
			if (render->is_text)
				show_rule_page(render, rules[j]);
			else
				rule_to_json(render, rules[j]);
		}
		if (!found)
			status = no_such_rule(context, name);
	}
	render_close(render);
	return status;
}
