/* measure.c - running commands and timing them. */
#include "tests/bench/bench.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const char *const variant_names[VARIANTS] = {"plain", "null", "recorder", "flush", "ld-debug"};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void set_path(const char *name, const struct paths *paths, const char *suffix)
{
	char path[8192];

	snprintf(path, sizeof(path), "%s/%u.%s", paths->output, paths->serial, suffix);
	setenv(name, path, 1);
}

/* In the child, before execve: a few microseconds, the same for all but the names. */
static void set_variant(enum variant variant, const struct paths *paths)
{
	switch (variant) {
	case NULL_AUDITOR:
		setenv("LD_AUDIT", paths->null_module, 1);
		break;
	case RECORDER:
		setenv("PLUGAUDIT_FLUSH", "off", 1); /* fall through */
	case RECORDER_FLUSH:
		setenv("LD_AUDIT", paths->module, 1);
		set_path("PLUGAUDIT_DB", paths, "db");
		break;
	case LD_DEBUG:
		setenv("LD_DEBUG", "bindings,files,libs", 1);
		set_path("LD_DEBUG_OUTPUT", paths, "ld-debug");
		break;
	default:
		break;
	}
}

static double ms_of(const struct timeval *t)
{
	return (double)t->tv_sec * 1e3 + (double)t->tv_usec / 1e3;
}

void disturb_less(void)
{
	sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = 1});
}

bool run_once(enum variant variant, struct paths *paths, const char *const *command, double *ret_ms,
	      int *ret_status)
{
	struct rusage usage;
	double start;
	pid_t pid;

	paths->serial++;
	start = now_ms();
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		set_variant(variant, paths);
		execvp(command[0], (char *const *)command);
		_exit(127);
	}
	if (pid < 0)
		return false;
	while (wait4(pid, ret_status, 0, &usage) < 0)
		if (errno != EINTR)
			return false;
	ret_ms[WALL] = now_ms() - start;
	ret_ms[CPU] = ms_of(&usage.ru_utime) + ms_of(&usage.ru_stime);
	return true;
}

static void each_output(const struct paths *paths, void (*what)(int directory, const char *name))
{
	DIR *dir = opendir(paths->output);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			what(dirfd(dir), entry->d_name);
	if (dir)
		closedir(dir);
}

static void empty_file(int directory, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_size == 0)
		return;
	fd = openat(directory, name, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
}

static void remove_file(int directory, const char *name)
{
	unlinkat(directory, name, 0);
}

void empty_output(const struct paths *paths)
{
	each_output(paths, empty_file);
}

void clean_output(const struct paths *paths)
{
	each_output(paths, remove_file);
}

static bool measure_round(struct workload *workload, struct paths *paths, unsigned int round,
			  int *expected_status)
{
	for (unsigned int i = 0; i < VARIANTS; i++) {
		enum variant variant = (enum variant)((i + round) % VARIANTS);
		double ms[METRICS];
		bool started;
		int status;

		if (!workload->wanted[variant])
			continue;
		started = run_once(variant, paths, workload->command, ms, &status);
		if (variant == RECORDER && !workload->facts.events)
			spools_read(paths, &workload->facts);
		empty_output(paths);
		if (!started || (WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
			fprintf(stderr, "bench: %s: can't be started\n", workload->command[0]);
			return false;
		}
		if (*expected_status < 0)
			*expected_status = status;
		if (status != *expected_status) {
			fprintf(stderr, "bench: %s: %s: status %#x, not %#x\n", workload->name,
				variant_names[variant], (unsigned int)status,
				(unsigned int)*expected_status);
			return false;
		}
		for (int m = 0; round && m < METRICS; m++)
			workload->times[m][variant][round - 1] = ms[m];
	}
	return true;
}

bool measure(struct workload *workload, struct paths *paths)
{
	int expected_status = -1;

	for (unsigned int v = 0; v < VARIANTS; v++)
		for (int m = 0; m < METRICS && workload->wanted[v]; m++) {
			workload->times[m][v] = calloc(workload->runs, sizeof(double));
			if (!workload->times[m][v])
				return false;
		}
	clean_output(paths);
	/* Round 0 warms the caches. */
	for (unsigned int round = 0; round <= workload->runs; round++)
		if (!measure_round(workload, paths, round, &expected_status))
			return false;
	clean_output(paths);
	return true;
}

void workload_release(struct workload *workload)
{
	for (unsigned int v = 0; v < VARIANTS; v++)
		for (int m = 0; m < METRICS; m++)
			free(workload->times[m][v]);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median_of(double *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), compare);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

enum pairing { ALONE, RATIO, DIFFERENCE };

static double median_pair(const struct workload *workload, enum metric metric, enum variant variant,
			  enum variant base, enum pairing pairing)
{
	const double *times = workload->times[metric][variant];
	const double *others = workload->times[metric][base];
	double *values, result;

	if (!times || !others)
		return 0;
	values = calloc(workload->runs, sizeof(*values));
	if (!values)
		return 0;
	for (unsigned int i = 0; i < workload->runs; i++)
		values[i] = pairing == RATIO        ? times[i] / others[i]
			    : pairing == DIFFERENCE ? times[i] - others[i]
						    : times[i];
	result = median_of(values, workload->runs);
	free(values);
	return result;
}

double median(const struct workload *workload, enum metric metric, enum variant variant)
{
	return median_pair(workload, metric, variant, variant, ALONE);
}

double median_ratio(const struct workload *workload, enum metric metric, enum variant variant,
		    enum variant base)
{
	return median_pair(workload, metric, variant, base, RATIO);
}

double median_difference(const struct workload *workload, enum metric metric, enum variant variant,
			 enum variant base)
{
	return median_pair(workload, metric, variant, base, DIFFERENCE);
}

double minimum(const struct workload *workload, enum metric metric, enum variant variant)
{
	const double *times = workload->times[metric][variant];
	double least = INFINITY;

	for (unsigned int i = 0; times && i < workload->runs; i++)
		least = fmin(least, times[i]);
	return times ? least : 0;
}

/* Rows of all tables of the database. */
static bool count_rows(const char *path, uint64_t *ret_rows)
{
	sqlite3_stmt *tables = NULL;
	sqlite3 *db = NULL;
	uint64_t rows = 0;
	bool ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
		  sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type = 'table'", -1,
				     &tables, NULL) == SQLITE_OK;

	while (ok && sqlite3_step(tables) == SQLITE_ROW) {
		sqlite3_stmt *counter = NULL;
		char *sql = sqlite3_mprintf("SELECT count(*) FROM \"%w\"",
					    sqlite3_column_text(tables, 0));

		ok = sql && sqlite3_prepare_v2(db, sql, -1, &counter, NULL) == SQLITE_OK &&
		     sqlite3_step(counter) == SQLITE_ROW;
		if (ok)
			rows += (uint64_t)sqlite3_column_int64(counter, 0);
		sqlite3_finalize(counter);
		sqlite3_free(sql);
	}
	sqlite3_finalize(tables);
	sqlite3_close(db);
	*ret_rows = rows;
	return ok;
}

bool measure_ingest(struct paths *paths, unsigned int runs, double *ret_ms, uint64_t *ret_rows)
{
	char database[8192], copy[8192];
	double *times = calloc(runs, sizeof(*times));
	bool ok = times != NULL;

	snprintf(database, sizeof(database), "%s/ingest.db", paths->output);
	snprintf(copy, sizeof(copy), "%s/ingest.db.1.spool", paths->output);
	for (unsigned int i = 0; ok && i < runs; i++) {
		const char *const command[] = {paths->plugreport, "ingest", "--quiet", "-d",
					       database,          copy,     NULL};
		double ms[METRICS] = {0};
		int status;

		/* Taken in, a spool is gone: each run gets a link of its own. */
		clean_output(paths);
		ok = link(paths->spool, copy) == 0;
		ok = ok && run_once(PLAIN, paths, command, ms, &status);
		times[i] = ms[WALL];
		ok = ok && WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
		     count_rows(database, ret_rows);
	}
	if (ok)
		*ret_ms = median_of(times, runs);
	clean_output(paths);
	free(times);
	return ok;
}
