/*
 * bench.h - the parts of the benchmark.
 *
 * A workload is one command.  It is run in rounds; a round runs each variant once, one behind the
 * other, beginning with another one each time: what the machine does besides hits all alike, and
 * figures of one round may be compared with each other.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum variant {
	PLAIN,
	NULL_AUDITOR, /* an auditor that does nothing: what rtld-audit itself costs */
	RECORDER,     /* PLUGAUDIT_FLUSH=off */
	RECORDER_FLUSH,
	LD_DEBUG, /* LD_DEBUG=bindings,files,libs to a file */
	VARIANTS
};
extern const char *const variant_names[VARIANTS];

struct paths {
	char module[4096], null_module[4096];
	char plugreport[4096]; /* "" when there is none */
	char output[4096];     /* a directory for what the runs write */
	unsigned int serial;   /* of the run: part of the names there */
	char spool[8192];      /* the newest spool of a RECORDER run, kept until the next run */
};

/* What a recording holds: spool_read(). */
struct spool_facts {
	uint64_t bytes;           /* of all records */
	uint64_t binding_bytes;   /* of those that tell of bindings, their symbols and versions */
	uint64_t symbind;         /* bindings that la_symbind64 reported */
	uint64_t relocations;     /* bindings read from slots */
	uint64_t unbound;         /* lazy slots that nobody called through */
	uint64_t objects, events; /* link maps; all records */
	uint64_t lost;
};

/* How long a run took; and how long it, and the processes that it waited for, had a processor: less
 * disturbed by what else runs. */
enum metric { WALL, CPU, METRICS };

struct workload {
	const char *name;
	const char *const *command;
	unsigned int runs;
	bool wanted[VARIANTS];
	/* Results. */
	double *times[METRICS][VARIANTS]; /* ms, one per round */
	struct spool_facts facts;
};

/*
 * Run the workload `runs` times after one round that does not count.  False, with a line on stderr,
 * when a command can't be started or does not end as its plain run does.
 */
bool measure(struct workload *workload, struct paths *paths);
void workload_release(struct workload *workload);

/* Real-time priority for what is measured, where that is allowed (root): what else the machine does
 * disturbs less then. */
void disturb_less(void);

/* One run of `command`, its output thrown away.  ret_ms[METRICS] gets ms, *ret_status wait's
 * status. False: it could not be started at all. */
bool run_once(enum variant variant, struct paths *paths, const char *const *command, double *ret_ms,
	      int *ret_status);

/*
 * Give back the space of all files in the directory for output; remove them as well.  Between runs
 * they are only emptied: ext4 searches long for an inode when many were freed a moment ago.
 */
void empty_output(const struct paths *paths);
void clean_output(const struct paths *paths);

/* Median and minimum of a variant's times, and medians of what is compared round by round.  Zero
 * when there are no times. */
double median(const struct workload *workload, enum metric metric, enum variant variant);
double minimum(const struct workload *workload, enum metric metric, enum variant variant);
double median_ratio(const struct workload *workload, enum metric metric, enum variant variant,
		    enum variant base);
double median_difference(const struct workload *workload, enum metric metric, enum variant variant,
			 enum variant base);

/* The facts of all spools in the directory for output, added up. */
void spools_read(struct paths *paths, struct spool_facts *ret_facts);

/* Take paths->spool in with plugreport: ms, and the rows that the database then has. */
bool measure_ingest(struct paths *paths, unsigned int runs, double *ret_ms, uint64_t *ret_rows);

/* A figure that design demands something of. */
struct bar {
	const char *what; /* e.g. "recorder / plain, generated" */
	const char *unit; /* "x", "ms", "ns", "rows/s", "bytes" */
	double figure;
	double cpu;       /* the same by processor time; 0: there is no such figure */
	double limit;     /* 0: none is set, the figure is told all the same */
	const char *skip; /* why there is no figure; NULL when there is one */
};

/* Results as aligned text, and as JSON: output.c documents the members. */
void print_tables(const struct workload *const *workloads, size_t count, const struct bar *bars,
		  size_t bar_count);
bool write_json(const char *path, const struct workload *const *workloads, size_t count,
		const struct bar *bars, size_t bar_count);
bool bar_met(const struct bar *bar);

#endif
