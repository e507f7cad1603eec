/*
 * questions.c - how long plugreport takes to answer about a large recording.
 *
 *     questions BUILD DIRECTORY RUNS JSON [--strict]
 *
 * DIRECTORY has a program of tests/bench/generate.c.  It is recorded, with all its references
 * bound, into a database there; then each question is asked RUNS times, one after the other, in
 * rounds. Times are of the whole command.  JSON is written as output.c documents it, without
 * workloads.
 */
#include "tests/bench/bench.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHY_MS   50   /* the bar of why-* */
#define WHOLE_MS 1000 /* of what looks at all bindings */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* One question; its operand is an object or symbol of the recording. */
struct question {
	const char *command;
	enum { NOTHING, LIBRARY, SYMBOL } operand;
	double limit;
};

static const struct question questions[] = {
	{"why-loaded", LIBRARY, WHY_MS},       {"why-found", LIBRARY, WHY_MS},
	{"why-bound", SYMBOL, WHY_MS},         {"why-global", LIBRARY, WHY_MS},
	{"why-resident", LIBRARY, WHY_MS},     {"verify", NOTHING, WHOLE_MS},
	{"interpositions", NOTHING, WHOLE_MS}, {"check", NOTHING, WHOLE_MS},
};

struct recording_facts {
	char library[256], symbol[256]; /* the last one loaded; the one with the most bindings */
	long long objects, bindings;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "questions: %s\n", what);
	exit(2);
}

static void ask_text(sqlite3 *db, const char *sql, char *ret, size_t room)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW)
		die(sqlite3_errmsg(db));
	snprintf(ret, room, "%s", (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
}

static struct recording_facts read_facts(const char *path)
{
	struct recording_facts facts;
	char number[32];
	sqlite3 *db;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		die(path);
	ask_text(db,
		 "SELECT soname FROM object WHERE kind = 'library' AND soname LIKE 'libbench%' "
		 "ORDER BY number DESC",
		 facts.library, sizeof(facts.library));
	ask_text(db,
		 "SELECT symbol FROM v_binding WHERE to_path IS NOT NULL GROUP BY symbol "
		 "ORDER BY count(*) DESC, symbol",
		 facts.symbol, sizeof(facts.symbol));
	ask_text(db, "SELECT count(*) FROM object", number, sizeof(number));
	facts.objects = atoll(number);
	ask_text(db, "SELECT count(*) FROM binding WHERE to_object IS NOT NULL", number,
		 sizeof(number));
	facts.bindings = atoll(number);
	sqlite3_close(db);
	return facts;
}

/* Run a command that has to end well. */
static void run_well(struct paths *paths, const char *const *command, double *ret_ms)
{
	int status;

	if (!run_once(PLAIN, paths, command, ret_ms, &status) ||
	    (status != 0 && status != 1 << 8)) /* exit status 1: findings */
		die(command[1] ? command[1] : command[0]);
}

static void record(struct paths *paths, const char *directory, const char *database)
{
	char program[4096];
	const char *const run[] = {program, NULL};
	const char *const ingest[] = {paths->plugreport, "ingest", "-q", "-d", database, NULL};
	double ms[METRICS];

	snprintf(program, sizeof(program), "%s/program", directory);
	unlink(database);
	setenv("LD_BIND_NOW", "1", 1);
	setenv("PLUGAUDIT_DB", database, 1);
	setenv("PLUGAUDIT_FLUSH", "off", 1);
	setenv("LD_AUDIT", paths->module, 1);
	run_well(paths, run, ms);
	unsetenv("LD_AUDIT");
	unsetenv("LD_BIND_NOW");
	run_well(paths, ingest, ms);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double middle(double *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

static void ask(struct paths *paths, const char *database, const struct recording_facts *facts,
		unsigned int runs, struct bar *bars)
{
	double *times[COUNT(questions)][METRICS];

	for (size_t i = 0; i < COUNT(questions); i++)
		for (int m = 0; m < METRICS; m++)
			if (!(times[i][m] = calloc(runs, sizeof(double))))
				abort();
	for (unsigned int round = 0; round < runs; round++)
		for (size_t i = 0; i < COUNT(questions); i++) {
			const struct question *q = &questions[i];
			const char *const command[] = {paths->plugreport,
						       q->command,
						       "-d",
						       database,
						       q->operand == LIBRARY  ? facts->library
						       : q->operand == SYMBOL ? facts->symbol
									      : NULL,
						       NULL};
			double ms[METRICS];

			run_well(paths, command, ms);
			for (int m = 0; m < METRICS; m++)
				times[i][m][round] = ms[m];
		}
	for (size_t i = 0; i < COUNT(questions); i++) {
		bars[i] = (struct bar){.what = questions[i].command,
				       .unit = "ms",
				       .figure = middle(times[i][WALL], runs),
				       .cpu = middle(times[i][CPU], runs),
				       .limit = questions[i].limit};
		free(times[i][WALL]);
		free(times[i][CPU]);
	}
}

int main(int argc, char **argv)
{
	struct bar bars[1 + COUNT(questions)];
	struct paths paths = {0};
	struct recording_facts facts;
	char database[4096];
	double first[METRICS];
	bool ok;

	if (argc < 5 || atoi(argv[3]) < 1)
		die("usage: questions BUILD DIRECTORY RUNS JSON [--strict]");
	disturb_less();
	snprintf(paths.module, sizeof(paths.module), "%s/libplugaudit.so", argv[1]);
	snprintf(paths.plugreport, sizeof(paths.plugreport), "%s/plugreport", argv[1]);
	snprintf(database, sizeof(database), "%s/questions.db", argv[2]);
	record(&paths, argv[2], database);
	facts = read_facts(database);
	printf("Questions about %lld objects and %lld bindings\n", facts.objects, facts.bindings);
	{
		const char *const verify[] = {paths.plugreport, "verify", "-d", database, NULL};

		run_well(&paths, verify, first);
	}
	bars[0] = (struct bar){.what = "verify, reading the files for the first time",
			       .unit = "ms",
			       .figure = first[WALL],
			       .cpu = first[CPU]};
	ask(&paths, database, &facts, (unsigned int)atoi(argv[3]), bars + 1);
	print_tables(NULL, 0, bars, COUNT(bars));
	ok = write_json(argv[4], NULL, 0, bars, COUNT(bars));
	for (size_t i = 0; i < COUNT(bars) && argc > 5 && strcmp(argv[5], "--strict") == 0; i++)
		ok = ok && bar_met(&bars[i]);
	return ok ? 0 : 1;
}
