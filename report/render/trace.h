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

/* On a renderer of render_json_bare_new(): trace_begin(), processes, trace_end().  Times are those
 * since `base_ns`, the realtime at which the first of the processes began. */
void trace_begin(struct render *render);
void trace_process(struct render *render, const struct recording *rec,
		   const struct timeline *timeline, const char *name, uint64_t base_ns,
		   bool no_demangle);
void trace_end(struct render *render);

#endif
