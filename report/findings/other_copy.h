/*
 * other_copy.h - the file that ld.so would have taken, had it come that far; private to findings/.
 */
#ifndef PLUGREPORT_OTHER_COPY_H
#define PLUGREPORT_OTHER_COPY_H

#include "report/findings/input.h"

struct other_copy {
	enum search_rule rule; /* whose directory it is in */
	char *path;            /* the caller frees it; NULL: there is none */
	char *entry;           /* as written; the caller frees it */
};

/* Where to look. */
enum other_places {
	OTHER_OWN,   /* in the requester's own DT_RPATH or DT_RUNPATH */
	OTHER_BEHIND /* in its DT_RUNPATH, then the default directories: behind LD_LIBRARY_PATH */
};

/*
 * `requester` asked for the bare name `name` and got `object`.  The first of the places that has a
 * file of that name decides: false when it is the same file as the object's, or of the same build,
 * or when no place has one; true and `ret` when it is another one.  The disk is looked at as it is
 * now: false, too, when the object's file is not the recorded one any more.
 */
bool other_copy_find(struct rule_input *input, int requester, const char *name, int object,
		     enum other_places places, struct other_copy *ret);
void other_copy_release(struct other_copy *copy);

#endif
