/* --help, --list-commands and --list-options, from the tables. */
#include "report/cmd.h"
#include "report/options.h"

static size_t option_width(const struct option_entry *option)
{
	return strlen(option->name) + (option->argument ? strlen(option->argument) + 1 : 0);
}

/* `command` NULL: of plugreport. */
static void help_options(FILE *out, const char *title, const struct command *command,
			 const struct option_entry *options, size_t count)
{
	size_t width = 0;

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (option_width(&options[i]) > width)
			width = option_width(&options[i]);
	fprintf(out, "\n%s:\n", title);
	for (size_t i = 0; i < count; i++) {
		const struct option_entry *option = &options[i];
		bool all_runs = command && (command->flags & COMMAND_ALL_RUNS) &&
				option->offset == offsetof(struct options, run);

		if (!option_applies(command, option))
			continue;
		if (option->letter)
			fprintf(out, "  -%c, ", option->letter);
		else
			fputs("      ", out);
		fprintf(out, "--%s%s%s%*s  %s\n", option->name, option->argument ? "=" : "",
			option->argument ? option->argument : "",
			(int)(width - option_width(option)), "",
			all_runs ? "run number N (default: all)" : option->help);
	}
}

void options_help(FILE *out)
{
	size_t width = 0;

	fputs("usage: plugreport [OPTIONS] COMMAND ...\n"
	      "\n"
	      "plugreport explains what the dynamic linker did to a program that ran with\n"
	      "LD_AUDIT=libplugaudit.so, or under 'plugreport record'.\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < command_count; i++) {
		size_t length = strlen(commands[i].name) + 1 + strlen(commands[i].operands);

		if (length > width && length <= 24)
			width = length;
	}
	for (size_t i = 0; i < command_count; i++) {
		const struct command *command = &commands[i];
		int length = fprintf(out, "  %s %s", command->name, command->operands) - 2;
		int blanks = length < (int)width ? (int)width - length : 0;

		fprintf(out, "%*s  %s\n", blanks, "", command->summary);
	}
	help_options(out, "Options of all commands", NULL, global_options, global_option_count);
	fputs("\n"
	      "'plugreport COMMAND --help' tells more, plugreport(1) everything.\n",
	      out);
}

void options_help_command(FILE *out, const struct command *command)
{
	fprintf(out, "usage: plugreport %s [OPTIONS]%s%s\n\n%s", command->name,
		*command->operands ? " " : "", command->operands, command->description);
	help_options(out, "Options", command, command->options, command->option_count);
	help_options(out, "Common options", command, global_options, global_option_count);
}

void options_list_commands(FILE *out)
{
	for (size_t i = 0; i < command_count; i++)
		fprintf(out, "%s\n", commands[i].name);
}

static void list(FILE *out, const struct command *command, const struct option_entry *options,
		 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!option_applies(command, &options[i]))
			continue;
		if (options[i].letter)
			fprintf(out, "-%c\n", options[i].letter);
		fprintf(out, "--%s%s\n", options[i].name, options[i].argument ? "=" : "");
	}
}

void options_list(FILE *out, const struct command *command)
{
	if (command)
		list(out, command, command->options, command->option_count);
	list(out, command, global_options, global_option_count);
}
