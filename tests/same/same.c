/*
 * same.c - run a program plain and with the recorder, and tell what differs.
 *
 *   same [option...] NAME COMMAND [argument...]
 *
 *   --module FILE    the recorder
 *   --against FILE   compare with the program under this auditor instead of with the plain program
 *   --setup COMMAND  for the shell, in the working directory, before each run
 *   --ignore GLOB    facts that are not compared; may be repeated
 *   --untraced       compare output and exit status only: for programs that trace others
 *   --quiet          the recorder may say nothing (PLUGAUDIT_QUIET)
 *   --unrecorded     there need be no recording: it is a program that can't be recorded
 *   --seconds N      how long one run may take (60)
 *   --keep           leave the last run's files, and say where
 *
 * Facts that differ between plain runs are the program's own affair and left out, so programs are
 * run plain before and after.  Where the plain runs agree and an audited one differs, both go on
 * in turn: until a plain run differs, too, or SURE audited runs differ, each of them, or ROUNDS are
 * over, when a third of the audited runs count.  Less is told, and no more: what changes in one of
 * ten runs, whoever is in the process, does so often.  Of a program that does more than one thing
 * in a hundred anew in each run (a browser), only what differs in all audited runs counts.  Files
 * that each run names anew are compared by their number.  Prints "ok NAME: ..." or "not ok NAME"
 * and the differences; exit status 1 then.
 */
#include <dirent.h>
#include <err.h>
#include <fnmatch.h>
#include <ftw.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/util.h"
#include "tests/same/same.h"

#define ROUNDS     12
#define SURE       4
#define UNSTEADY   100 /* one fact of so many */
#define IGNORE_MAX 32
#define SHOWN      160 /* bytes around a difference */

static struct facts plain[ROUNDS + 1], audited[ROUNDS];
static size_t plain_count, audited_count;
static const char *ignored[IGNORE_MAX];
static size_t ignored_count;

static bool is_ignored(const char *key)
{
	for (size_t i = 0; i < ignored_count; i++)
		if (fnmatch(ignored[i], key, 0) == 0)
			return true;
	return false;
}

static bool equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Do the plain runs agree on it? */
static bool is_steady(const char *key)
{
	const char *first = facts_find(&plain[0], key);

	for (size_t i = 1; i < plain_count; i++)
		if (!equal(first, facts_find(&plain[i], key)))
			return false;
	return true;
}

static size_t runs_with(const struct facts *runs, size_t count, const char *key)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		found += facts_find(&runs[i], key) != NULL;
	return found;
}

/* Could one key be the other with another name at random, as mkstemp(3) makes them? */
static bool is_like(const char *a, const char *b)
{
	size_t directory = (size_t)(base_name(a) - a);

	if (directory == 0 && strncmp(a, "file ", 5) == 0)
		directory = 5;
	return directory > 0 && strlen(a) == strlen(b) && strncmp(a, b, directory) == 0;
}

static size_t count_like(const struct facts *facts, const char *key)
{
	size_t count = 0;

	for (size_t i = 0; i < facts->count; i++)
		count += is_like(facts->rows[i].key, key);
	return count;
}

/* Something that one audited run has, and no more of the kind than a plain run. */
static bool is_random_name(const char *key)
{
	size_t most = 0, count = 0;

	if (runs_with(plain, plain_count, key) || runs_with(audited, audited_count, key) != 1)
		return false;
	for (size_t i = 0; i < plain_count; i++)
		if (count_like(&plain[i], key) > most)
			most = count_like(&plain[i], key);
	for (size_t i = 0; i < audited_count; i++)
		if (facts_find(&audited[i], key))
			count = count_like(&audited[i], key);
	return count <= most;
}

/* How many audited runs have another value than all plain runs. */
static size_t differing(const char *key)
{
	const char *first = facts_find(&plain[0], key);
	size_t count = 0;

	if (is_ignored(key) || !is_steady(key) || is_random_name(key))
		return 0;
	for (size_t i = 0; i < audited_count; i++)
		count += !equal(first, facts_find(&audited[i], key));
	return count;
}

static bool unsteady_program;

static bool differs(const char *key)
{
	size_t count = differing(key), least = unsteady_program ? audited_count : audited_count / 3;

	return count && count >= least;
}

static bool differs_seldom(const char *key)
{
	return differing(key) && !differs(key);
}

/* May more runs say something else of it? */
static bool is_open(const char *key)
{
	size_t count = differing(key);

	if (unsteady_program && count < audited_count)
		return false;
	return count && !(count == audited_count && count >= SURE);
}

/* Calls `see` with each key that a run has and no earlier one had. */
static size_t each_key(bool (*see)(const char *))
{
	struct facts *all[2 * ROUNDS + 1];
	size_t count = 0, seen = 0;

	for (size_t i = 0; i < plain_count; i++)
		all[count++] = &plain[i];
	for (size_t i = 0; i < audited_count; i++)
		all[count++] = &audited[i];
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < all[i]->count; k++) {
			const char *key = all[i]->rows[k].key;
			bool earlier = false;

			for (size_t j = 0; j < i && !earlier; j++)
				earlier = facts_find(all[j], key) != NULL;
			seen += !earlier && see(key);
		}
	return seen;
}

static void show(const char *which, const char *value, size_t from)
{
	AUTO_STRBUF struct strbuf text = STRBUF_INIT;
	size_t length;

	if (!value) {
		printf("\t%s: (none)\n", which);
		return;
	}
	length = strlen(value + from);
	strbuf_add_escaped(&text, value + from, length < SHOWN ? length : SHOWN);
	printf("\t%s: %s%s%s\n", which, from ? "..." : "", text.s, length > SHOWN ? "..." : "");
}

/* The first audited run that has another value. */
static const char *other_value(const char *key, const char *value)
{
	for (size_t i = 0; i < audited_count; i++)
		if (!equal(value, facts_find(&audited[i], key)))
			return facts_find(&audited[i], key);
	return value;
}

static void show_both(const char *key)
{
	const char *a = facts_find(&plain[0], key), *b = other_value(key, a);
	size_t from = 0;

	while (a && b && a[from] && a[from] == b[from])
		from++;
	from = from > 40 ? from - 40 : 0;
	printf("    %s: in %zu of %zu runs\n", key, differing(key), audited_count);
	show("plain", a, from);
	show("audited", b, from);
}

static bool show_difference(const char *key)
{
	if (differs(key))
		show_both(key);
	return differs(key);
}

static bool show_seldom(const char *key)
{
	if (differs_seldom(key))
		show_both(key);
	return differs_seldom(key);
}

static bool is_compared(const char *key)
{
	return !is_ignored(key) && is_steady(key);
}

static bool is_unsteady(const char *key)
{
	return !is_ignored(key) && !is_steady(key);
}

static void judge_program(void)
{
	size_t unsteady = each_key(is_unsteady);

	unsteady_program = unsteady > 3 && unsteady * UNSTEADY > each_key(is_compared);
}

static bool is_process(const char *key)
{
	return strncmp(key, "process ", 8) == 0 && strlen(key) > 5 &&
	       strcmp(key + strlen(key) - 5, ": end") == 0;
}

/* A run of which nothing was recorded would prove nothing. */
static bool was_recorded(const char *root)
{
	AUTO_FREE char *path = xasprintf("%s/database", root);
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (dir && (entry = readdir(dir)))
		found |= strncmp(entry->d_name, "plugaudit.db", 12) == 0;
	if (dir)
		closedir(dir);
	return found;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static char *new_root(void)
{
	const char *place = getenv("TMPDIR");
	char *root = xasprintf("%s/same.XXXXXX", place && *place ? place : "/tmp");

	if (!mkdtemp(root))
		err(2, "%s", root);
	chmod(root, 0755);
	return root;
}

enum option_code {
	OPTION_MODULE = 256,
	OPTION_AGAINST,
	OPTION_SETUP,
	OPTION_IGNORE,
	OPTION_SECONDS,
};

static int untraced, quiet, unrecorded, keep;

static const struct option options[] = {
	{"module", required_argument, NULL, OPTION_MODULE},
	{"against", required_argument, NULL, OPTION_AGAINST},
	{"setup", required_argument, NULL, OPTION_SETUP},
	{"ignore", required_argument, NULL, OPTION_IGNORE},
	{"seconds", required_argument, NULL, OPTION_SECONDS},
	{"untraced", no_argument, &untraced, 1},
	{"quiet", no_argument, &quiet, 1},
	{"unrecorded", no_argument, &unrecorded, 1},
	{"keep", no_argument, &keep, 1},
	{NULL, 0, NULL, 0},
};

static bool compare(const struct plan *plan, const char *module, const char *against)
{
	bool recorded = true;

	if (!run_program(plan, against, &plain[plain_count++]))
		return false;
	do {
		if (!run_program(plan, module, &audited[audited_count++]))
			return false;
		recorded &= unrecorded || was_recorded(plan->root);
		if (!run_program(plan, against, &plain[plain_count++]))
			return false;
		judge_program();
	} while (each_key(is_open) && audited_count < ROUNDS);
	for (size_t i = 0; i < audited_count && !recorded; i++) {
		facts_add(&audited[i], xstrdup("recording"), xstrdup("one run has none"));
		facts_sort(&audited[i]);
	}
	return true;
}

int main(int argc, char **argv)
{
	const char *module = NULL, *against = NULL, *name;
	struct plan plan = {.seconds = 60};
	size_t differences = 0;
	int code;
	bool ran;

	while ((code = getopt_long(argc, argv, "+", options, NULL)) != -1)
		switch (code) {
		case 0:
			break;
		case OPTION_MODULE:
			module = realpath(optarg, NULL);
			break;
		case OPTION_AGAINST:
			against = realpath(optarg, NULL);
			break;
		case OPTION_SETUP:
			plan.setup = optarg;
			break;
		case OPTION_IGNORE:
			if (ignored_count < IGNORE_MAX)
				ignored[ignored_count++] = optarg;
			break;
		case OPTION_SECONDS:
			plan.seconds = atoi(optarg);
			break;
		default:
			return 2;
		}
	if (argc - optind < 2 || !module)
		errx(2, "usage: same --module FILE [option...] NAME COMMAND [argument...]");
	name = argv[optind];
	plan.argv = argv + optind + 1;
	if (strchr(plan.argv[0], '/') && !(argv[optind + 1] = realpath(plan.argv[0], NULL)))
		err(2, "%s", plan.argv[0]);
	plan.traced = !untraced;
	plan.quiet = quiet;
	plan.root = new_root();
	learn_needs(module);
	if (against)
		learn_needs(against);
	ran = compare(&plan, module, against);
	if (ran && each_key(differs) == 0) {
		printf("ok %s: %zu processes, %zu facts compared, %zu unsteady\n", name,
		       each_key(is_process), each_key(is_compared), each_key(is_unsteady));
		if (!unsteady_program)
			each_key(show_seldom);
	} else {
		printf("not ok %s%s\n", name, ran ? "" : ": could not be run");
		differences = ran ? each_key(show_difference) : 0;
	}
	if (keep)
		printf("    files in %s\n", plan.root);
	else
		nftw(plan.root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	fflush(stdout);
	return ran && differences == 0 ? 0 : 1;
}
