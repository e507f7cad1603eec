/*
 * progress.h - tells on a terminal how far something is that takes longer than a second.
 *
 * One line of standard error, written again and again, and cleared in the end.  Where standard
 * error is no terminal, nothing.
 */
#ifndef PLUGREPORT_PROGRESS_H
#define PLUGREPORT_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool wanted, shown;
	uint64_t next_ns;     /* CLOCK_MONOTONIC: nothing is shown before */
	const char *what;     /* "reading" */
	const char *name;     /* the file; untrusted */
	size_t number, count; /* of the file, among those that are known of; count 0: not known */
};

/* `wanted` false: show nothing at all. */
void progress_begin(struct progress *progress, bool wanted);

/* What is being done now; the strings are kept until the next call. */
void progress_at(struct progress *progress, const char *what, const char *name);

/* So much of `total` is done; cheap enough to be called a thousand times a second.  NULL is fine.
 */
void progress_show(struct progress *progress, uint64_t done, uint64_t total);

/* Clear the line: something else is about to be printed, or it is over. */
void progress_clear(struct progress *progress);

#endif
