/*
 * moment.h - when something was that only has its place in the history.
 */
#ifndef PLUGREPORT_MOMENT_H
#define PLUGREPORT_MOMENT_H

#include "report/model/recording.h"

/* The time (ns since the image began) of the last timed event at or before `seq`; false when there
 * is none. */
bool recording_time_at(const struct recording *rec, uint64_t seq, uint64_t *ret_ns);

#endif
