/*
 * make_template.c - at build time: make the empty database that new ones begin as.
 *
 *   make_template SCHEMA.sql DATABASE OUT.c
 *
 * DATABASE is made from SCHEMA.sql; OUT.c defines what report/store/template.h declares, DATABASE
 * included.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/store/template.h"

static _Noreturn void fail(const char *what, const char *why)
{
	fprintf(stderr, "make_template: %s: %s\n", what, why);
	exit(1);
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;
	ssize_t length = file ? getdelim(&text, &room, '\0', file) : -1;

	if (length <= 0)
		fail(path, "can't be read");
	fclose(file);
	return text;
}

static void make_database(const char *schema, const char *path)
{
	sqlite3 *db;
	char *text = read_text(schema), *error = NULL;

	unlink(path);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		fail(path, sqlite3_errmsg(db));
	sqlite3_exec(
		db,
		"PRAGMA page_size = 4096; PRAGMA auto_vacuum = NONE; PRAGMA encoding = 'UTF-8'; "
		"PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; BEGIN",
		NULL, NULL, NULL);
	if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK ||
	    sqlite3_exec(db, "COMMIT", NULL, NULL, &error) != SQLITE_OK)
		fail(schema, error);
	free(text);
	if (sqlite3_close(db) != SQLITE_OK)
		fail(path, sqlite3_errmsg(db));
}

int main(int argc, char **argv)
{
	FILE *out;

	if (argc != 4)
		fail("usage", "make_template SCHEMA.sql DATABASE OUT.c");
	make_database(argv[1], argv[2]);
	out = fopen(argv[3], "w");
	if (!out)
		fail(argv[3], "can't be written");
	fputs("#include \"report/store/template.h\"\n\n", out);
	fprintf(out,
		"__asm__(\".pushsection .rodata\\n\"\n"
		"\t\".global template_bytes\\n\"\n"
		"\t\".type template_bytes, %%object\\n\"\n"
		"\t\"template_bytes:\\n\"\n"
		"\t\".incbin \\\"%s\\\"\\n\"\n"
		"\t\"template_end:\\n\"\n"
		"\t\".size template_bytes, . - template_bytes\\n\"\n"
		"\t\".balign 8\\n\"\n"
		"\t\".global template_size\\n\"\n"
		"\t\".type template_size, %%object\\n\"\n"
		"\t\"template_size:\\n\"\n"
		"\t\".quad template_end - template_bytes\\n\"\n"
		"\t\".size template_size, . - template_size\\n\"\n"
		"\t\".popsection\\n\");\n",
		argv[2]);
	if (ferror(out) || fclose(out) != 0)
		fail(argv[3], "can't be written");
	return 0;
}
