/*
 * bench.c - what recording costs: the workloads, and the figures that are held against design.
 * Started by scripts/bench, which builds the generated programs and documents the options.
 */
#include "tests/bench/bench.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS 25

/* What recording may cost: times are those of the program un-audited. */
#define BAR_RECORDER    1.03 /* programs of MANY_OBJECTS and more */
#define BAR_FLUSH       1.06
#define BAR_TINY_MS     0.5 /* over a null auditor, program of a few objects */
#define BAR_SCALING     11  /* ten times the references */
#define MANY_OBJECTS    100
#define REFERENCE_COUNT 64

struct options {
	unsigned int runs;
	bool strict;
	const char *build, *json;
	const char *large, *tenth, *calls; /* directories of generated programs */
	char **command;                    /* one more workload; NULL none */
};

enum { GIT, PYTHON, GDB, OFFICE, LARGE, TENTH, CALLS, NO_CALLS, EXTRA, WORKLOADS };

struct bench {
	struct options options;
	struct paths paths;
	struct workload workloads[WORKLOADS];
	const char *office[9]; /* command */
	const char *skipped[WORKLOADS];
	double ingest_ms[WORKLOADS];
	uint64_t ingest_rows[WORKLOADS];
	struct bar bars[REFERENCE_COUNT];
	size_t bar_count;
};

static const char *const git_command[] = {"git", "--version", NULL};
/* The system's own python3, not one that happens to come first in PATH. */
static const char *const python_command[] = {"/usr/bin/python3", "-c", "import numpy", NULL};
static const char *const gdb_command[] = {"gdb", "--version", NULL};

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: bench --build DIR --large DIR --tenth DIR --calls DIR [--runs N] "
			"[--json FILE] [--strict] [-- COMMAND...]\n");
	exit(2);
}

static void parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"build", required_argument, NULL, 'b'}, {"large", required_argument, NULL, 'l'},
		{"tenth", required_argument, NULL, 't'}, {"calls", required_argument, NULL, 'c'},
		{"runs", required_argument, NULL, 'r'},  {"json", required_argument, NULL, 'j'},
		{"strict", no_argument, NULL, 's'},      {0},
	};
	int option;

	*options = (struct options){.runs = RUNS};
	while ((option = getopt_long(argc, argv, "+", known, NULL)) != -1)
		switch (option) {
		case 'b':
			options->build = optarg;
			break;
		case 'l':
			options->large = optarg;
			break;
		case 't':
			options->tenth = optarg;
			break;
		case 'c':
			options->calls = optarg;
			break;
		case 'r':
			options->runs = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'j':
			options->json = optarg;
			break;
		case 's':
			options->strict = true;
			break;
		default:
			usage();
		}
	if (optind < argc)
		options->command = argv + optind;
	if (!options->build || !options->large || !options->tenth || !options->calls ||
	    options->runs < 1 || options->runs > 100000)
		usage();
}

static bool find_paths(struct bench *bench)
{
	const char *build = bench->options.build;
	struct paths *paths = &bench->paths;

	snprintf(paths->module, sizeof(paths->module), "%s/libplugaudit.so", build);
	snprintf(paths->null_module, sizeof(paths->null_module), "%s/libplugaudit-null.so", build);
	snprintf(paths->plugreport, sizeof(paths->plugreport), "%s/plugreport", build);
	if (access(paths->plugreport, X_OK) != 0)
		paths->plugreport[0] = '\0';
	snprintf(paths->output, sizeof(paths->output), "%s/bench/out.XXXXXX", build);
	if (access(paths->module, R_OK) != 0 || access(paths->null_module, R_OK) != 0 ||
	    !mkdtemp(paths->output)) {
		perror("bench: the modules, or a directory for the runs");
		return false;
	}
	snprintf(paths->spool, sizeof(paths->spool), "%s.spool", paths->output);
	return true;
}

static char *label(const char *format, const char *name)
{
	char *text;

	if (asprintf(&text, format, name) < 0)
		abort();
	return text;
}

/* A command for a generated program; a second argument keeps it from calling. */
static const char *const *generated(const char *directory, const char *argument)
{
	const char **command = calloc(3, sizeof(*command));

	if (!command)
		abort();
	command[0] = label("%s/program", directory);
	command[1] = argument;
	return command;
}

/* A conversion of a document, with a user's profile that outlasts the rounds. */
static void plan_office(struct bench *bench)
{
	const char *build = bench->options.build;
	FILE *document;
	size_t n = 0;

	bench->office[n++] = "soffice";
	bench->office[n++] = label("-env:UserInstallation=file://%s/bench/office", build);
	bench->office[n++] = "--headless";
	bench->office[n++] = "--convert-to";
	bench->office[n++] = "pdf";
	bench->office[n++] = "--outdir";
	bench->office[n++] = label("%s/bench/office", build);
	bench->office[n++] = label("%s/bench/document.txt", build);
	document = fopen(bench->office[n - 1], "w");
	if (!document || fputs("A document.\n", document) < 0 || fclose(document) != 0)
		bench->skipped[OFFICE] = "no document could be written";
}

static bool missing(struct bench *bench, const char *program)
{
	char *text = label("command -v %s", program);
	const char *const command[] = {"sh", "-c", text, NULL};
	double ms[METRICS];
	int status = 1;

	run_once(PLAIN, &bench->paths, command, ms, &status);
	free(text);
	return status != 0;
}

static void plan(struct bench *bench)
{
	const struct options *options = &bench->options;
	unsigned int runs = options->runs;
	const struct workload planned[WORKLOADS] = {
		/* A tiny program's half millisecond needs more runs, and has time for them. */
		[GIT] = {.name = "git", .command = git_command, .runs = runs * 8},
		[PYTHON] = {.name = "python3+numpy", .command = python_command, .runs = runs},
		[GDB] = {.name = "gdb", .command = gdb_command, .runs = runs},
		[OFFICE] = {.name = "libreoffice", .command = bench->office, .runs = runs},
		[LARGE] = {.name = "generated",
			   .command = generated(options->large, NULL),
			   .runs = runs},
		[TENTH] = {.name = "a tenth",
			   .command = generated(options->tenth, NULL),
			   .runs = runs},
		[CALLS] = {.name = "lazy calls",
			   .command = generated(options->calls, NULL),
			   .runs = runs},
		[NO_CALLS] = {.name = "lazy calls, none",
			      .command = generated(options->calls, "0"),
			      .runs = runs},
		[EXTRA] = {.name = options->command ? options->command[0] : "",
			   .command = (const char *const *)options->command,
			   .runs = runs},
	};
	double ms[METRICS];
	int status;

	plan_office(bench);
	memcpy(bench->workloads, planned, sizeof(planned));
	for (int i = 0; i < WORKLOADS; i++)
		for (int v = 0; v < VARIANTS; v++)
			bench->workloads[i].wanted[v] =
				(i != CALLS && i != NO_CALLS) ||
				(v == PLAIN || v == NULL_AUDITOR || v == RECORDER);
	if (!options->command)
		bench->skipped[EXTRA] = "none was given";
	if (missing(bench, "git"))
		bench->skipped[GIT] = "git is not installed";
	if (missing(bench, "gdb"))
		bench->skipped[GDB] = "gdb is not installed";
	if (missing(bench, "soffice"))
		bench->skipped[OFFICE] = "soffice (LibreOffice) is not installed";
	run_once(PLAIN, &bench->paths, python_command, ms, &status);
	if (status)
		bench->skipped[PYTHON] = "/usr/bin/python3 has no numpy (python3-numpy)";
	if (bench->paths.plugreport[0])
		return;
	fprintf(stderr, "bench: no plugreport in %s: neither flush nor ingest is measured\n",
		options->build);
	for (int i = 0; i < WORKLOADS; i++)
		bench->workloads[i].wanted[RECORDER_FLUSH] = false;
}

static bool measure_all(struct bench *bench)
{
	for (int i = 0; i < WORKLOADS; i++) {
		struct workload *workload = &bench->workloads[i];

		if (bench->skipped[i]) {
			if (i != EXTRA)
				fprintf(stderr, "bench: %s: skipped: %s\n", workload->name,
					bench->skipped[i]);
			continue;
		}
		fprintf(stderr, "bench: %s: %u rounds\n", workload->name, workload->runs);
		if (!measure(workload, &bench->paths))
			return false;
		if (workload->facts.lost)
			fprintf(stderr, "bench: %s: %llu events were lost\n", workload->name,
				(unsigned long long)workload->facts.lost);
		if ((i != LARGE && i != TENTH) || !bench->paths.plugreport[0])
			continue;
		if (!measure_ingest(&bench->paths, workload->runs < 5 ? workload->runs : 5,
				    &bench->ingest_ms[i], &bench->ingest_rows[i])) {
			fprintf(stderr, "bench: %s: plugreport ingest failed\n", workload->name);
			return false;
		}
	}
	return true;
}

static void add_bar(struct bench *bench, char *what, const char *unit, double figure, double cpu,
		    double limit, const char *skip)
{
	if (bench->bar_count < REFERENCE_COUNT)
		bench->bars[bench->bar_count++] =
			(struct bar){what, unit, figure, cpu, limit, skip};
	else
		free(what);
}

static void add_ratio(struct bench *bench, const struct workload *w, const char *what,
		      enum variant variant, double limit, const char *skip)
{
	if (!skip && !w->times[WALL][variant])
		skip = "no plugreport";
	add_bar(bench, label(what, w->name), "x", median_ratio(w, WALL, variant, PLAIN),
		median_ratio(w, CPU, variant, PLAIN), limit, skip);
}

static void add_ratios(struct bench *bench, int i)
{
	const struct workload *w = &bench->workloads[i];
	bool many = w->facts.objects >= MANY_OBJECTS;
	const char *skip = bench->skipped[i];

	if (i == GIT)
		add_bar(bench, label("%s: recorder - null", w->name), "ms",
			median_difference(w, WALL, RECORDER, NULL_AUDITOR),
			median_difference(w, CPU, RECORDER, NULL_AUDITOR), BAR_TINY_MS, skip);
	add_ratio(bench, w, "%s: null / plain", NULL_AUDITOR, 0, skip);
	add_ratio(bench, w, "%s: recorder / plain", RECORDER, many ? BAR_RECORDER : 0, skip);
	add_ratio(bench, w, "%s: recorder with flush / plain", RECORDER_FLUSH, many ? BAR_FLUSH : 0,
		  skip);
	add_ratio(bench, w, "%s: LD_DEBUG / plain", LD_DEBUG, 0, skip);
}

/* The difference between the recorder and the null auditor, less the same where the same program
 * calls nothing. */
static double symbind_ns(const struct bench *bench, enum metric metric)
{
	const struct workload *calls = &bench->workloads[CALLS],
			      *none = &bench->workloads[NO_CALLS];
	double ms = median_difference(calls, metric, RECORDER, NULL_AUDITOR) -
		    median_difference(none, metric, RECORDER, NULL_AUDITOR);
	double count = (double)calls->facts.symbind - (double)none->facts.symbind;

	return count > 0 ? ms * 1e6 / count : 0;
}

/* How many times more the recorder costs for ten times the references. */
static double growth(const struct bench *bench, enum metric metric)
{
	double tenth = median_difference(&bench->workloads[TENTH], metric, RECORDER, NULL_AUDITOR);

	return tenth > 0 ? median_difference(&bench->workloads[LARGE], metric, RECORDER,
					     NULL_AUDITOR) /
				   tenth
			 : 0;
}

static void add_sizes(struct bench *bench)
{
	const struct workload *large = &bench->workloads[LARGE];
	double bindings = (double)(large->facts.symbind + large->facts.relocations);
	const char *no_ingest = bench->paths.plugreport[0] ? NULL : "no plugreport";
	double rate = 0, ingest_growth = 0;

	if (!no_ingest) {
		rate = (double)bench->ingest_rows[LARGE] / bench->ingest_ms[LARGE] * 1e3;
		ingest_growth = bench->ingest_ms[LARGE] / bench->ingest_ms[TENTH];
	}
	add_bar(bench, label("%s: spool per binding", large->name), "bytes",
		bindings > 0 ? (double)large->facts.binding_bytes / bindings : 0, 0, 0, NULL);
	add_bar(bench, label("%s: time per la_symbind", bench->workloads[CALLS].name), "ns",
		symbind_ns(bench, WALL), symbind_ns(bench, CPU), 0, NULL);
	add_bar(bench, label("%s: ten times the references, recorder - null", large->name), "x",
		growth(bench, WALL), growth(bench, CPU), BAR_SCALING,
		growth(bench, WALL) > 0 ? NULL : "lost in the noise");
	add_bar(bench, label("%s: ingest", large->name), "rows/s", rate, 0, 0, no_ingest);
	add_bar(bench, label("%s: ten times the references, ingest", large->name), "x",
		ingest_growth, 0, BAR_SCALING, no_ingest);
}

static bool report(struct bench *bench)
{
	const struct workload *measured[WORKLOADS];
	size_t count = 0;
	bool ok = true;

	for (int i = 0; i < WORKLOADS; i++)
		if (!bench->skipped[i])
			measured[count++] = &bench->workloads[i];
	for (int i = 0; i < WORKLOADS; i++)
		if (i != CALLS && i != NO_CALLS && (i != EXTRA || !bench->skipped[i]))
			add_ratios(bench, i);
	add_sizes(bench);
	print_tables(measured, count, bench->bars, bench->bar_count);
	if (bench->options.json)
		ok = write_json(bench->options.json, measured, count, bench->bars,
				bench->bar_count);
	for (size_t i = 0; i < bench->bar_count && bench->options.strict; i++)
		ok = ok && (bench->bars[i].skip || bar_met(&bench->bars[i]));
	return ok;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	bool ok;

	parse(argc, argv, &bench.options);
	if (!find_paths(&bench))
		return 1;
	/* What the caller's shell has set must reach neither ld.so nor the recorder. */
	unsetenv("LD_AUDIT");
	unsetenv("LD_DEBUG");
	unsetenv("LD_PRELOAD");
	unsetenv("LD_BIND_NOW");
	unsetenv("GLIBC_TUNABLES");
	setenv("PLUGAUDIT_QUIET", "1", 1);
	disturb_less();
	plan(&bench);
	ok = measure_all(&bench);
	clean_output(&bench.paths);
	rmdir(bench.paths.output);
	unlink(bench.paths.spool);
	ok = ok && report(&bench);
	for (int i = 0; i < WORKLOADS; i++)
		workload_release(&bench.workloads[i]);
	for (size_t i = 0; i < bench.bar_count; i++)
		free((char *)bench.bars[i].what);
	free((char *)bench.office[1]);
	free((char *)bench.office[6]);
	free((char *)bench.office[7]);
	for (int i = LARGE; i <= NO_CALLS; i++) {
		free((char *)bench.workloads[i].command[0]);
		free((void *)bench.workloads[i].command);
	}
	return ok ? 0 : 1;
}
