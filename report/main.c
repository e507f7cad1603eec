/*
 * plugreport - explains what the dynamic linker did to a program that libplugaudit.so watched.
 */
#include <langinfo.h>
#include <locale.h>

#include "report/cmd.h"

/* Output is UTF-8 in every locale.  True when the user's own locale has it. */
static bool choose_locale(void)
{
	if (setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
		return true;
	setlocale(LC_CTYPE, "C.UTF-8"); /* for the width of characters */
	return false;
}

static int run_command(const struct invocation *invocation)
{
	struct context context = {
		.command = invocation->command,
		.options = &invocation->options,
		.operands = invocation->operands,
		.operand_count = invocation->operand_count,
		.out = stdout,
		/* Who is told nothing needs no characters; the end of a recorded program waits. */
		.unicode = !invocation->options.quiet && choose_locale(),
		.foreign = invocation->options.sarif,
	};
	int status;

	if (context.command->flags & COMMAND_DATABASE)
		context_open_database(&context);
	if (!(context.command->flags & COMMAND_NO_ANSWER))
		context.render = context_render(&context);
	status = context.command->run(&context);
	if (context.render && !render_finish(context.render)) {
		warn("the answer could not be written");
		status = EXIT_DATABASE;
	}
	context_say_remarks(&context);
	store_close(context.store);
	return status;
}

static int run(const struct invocation *invocation)
{
	switch (invocation->request) {
	case REQUEST_HELP:
		if (invocation->command)
			options_help_command(stdout, invocation->command);
		else
			options_help(stdout);
		return EXIT_OK;
	case REQUEST_VERSION:
		puts("plugreport " PLUGAUDIT_VERSION);
		return EXIT_OK;
	case REQUEST_LIST_COMMANDS:
		options_list_commands(stdout);
		return EXIT_OK;
	case REQUEST_LIST_OPTIONS:
		options_list(stdout, invocation->command);
		return EXIT_OK;
	case REQUEST_RUN:
		break;
	}
	return run_command(invocation);
}

int main(int argc, char **argv)
{
	AUTO_STRBUF struct strbuf error = STRBUF_INIT;
	struct invocation invocation;
	int status;

	if (options_parse(argc, argv, getenv("PLUGAUDIT_DB"), &invocation, &error)) {
		status = run(&invocation);
	} else {
		warn("%s", error.s);
		status = EXIT_USAGE;
	}
	invocation_release(&invocation);
	return status;
}
