/*
 * trace.h - the timeline in Chrome's trace event format, which Perfetto, speedscope and
 * chrome://tracing open: a lane a thread, calls and loads as nested spans.
 *
 * Spans that end at an unknown time end with the last event that is known to be in them; a span is
 * never longer than the one it is in.
 */
#ifndef PLUGREPORT_TRACE_H
#define PLUGREPORT_TRACE_H

#include "report/model/timeline.h"
#include "report/render/render.h"

/* Where a process's events go.  Viewers have one name for a process id. */
struct trace_lane {
	const char *name;  /* NULL: an earlier image of the process has told it */
	int64_t pid_shift; /* added to pid and tids, when another process had that pid before */
	uint64_t base_ns;  /* the realtime at which the first of all processes began */
};

/* On a renderer of render_json_bare_new(): trace_begin(), processes, trace_end(). */
void trace_begin(struct render *render);
void trace_process(struct render *render, const struct recording *rec,
		   const struct timeline *timeline, const struct trace_lane *lane,
		   bool no_demangle);
void trace_end(struct render *render);

#endif
