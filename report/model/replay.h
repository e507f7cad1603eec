/*
 * replay.h - what the recorded events mean: pure conclusions, no I/O.
 */
#ifndef PLUGREPORT_REPLAY_H
#define PLUGREPORT_REPLAY_H

#include "report/model/recording.h"

/*
 * A dlsym or dlvsym call's binding, in seq order: what la_symbind reported with LA_SYMB_DLSYM.
 * The thread is not recorded with bindings; seq places it.
 */
struct dlsym_binding {
	uint64_t seq;
	int from, to;     /* objects */
	const char *name; /* symbol; not owned */
};

/*
 * Fill in everything marked "inferred" in `rec`: load reasons, resolved DT_NEEDED, searches'
 * request, rule, owner, outcome and result, calls' parent, result and outcome.  What the evidence
 * does not tell stays NONE or *_UNKNOWN; an impossible sequence of events never fails. Time is near
 * linear in the number of events.  Rules come from glibc's elf/dl-load.c
 * (_dl_map_object), elf/dl-open.c, elf/rtld.c (dl_main) and ld.so(8).
 */
void replay_infer(struct recording *rec, const struct dlsym_binding *bindings,
		  size_t binding_count);

#endif
