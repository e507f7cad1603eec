/*
 * compare_match.h - private to compare*.c: which object of one recording is which of another.
 */
#ifndef PLUGREPORT_COMPARE_MATCH_H
#define PLUGREPORT_COMPARE_MATCH_H

#include "report/model/recording.h"

/*
 * The counterparts of A's objects in B, by object, and the other way round; NONE: there is none.
 * The caller frees both.
 *
 * Objects of one name in namespaces of one place in the order of their making are the same, in the
 * order of their loading; those of one path before others.  Of what is left then, libraries whose
 * names differ in a hash only (libgomp-1a2b3c4d.so.1, as in Python wheels) are the same when there
 * is no other choice.  Takes time as sorting does.
 */
void match_objects(const struct recording *a, const struct recording *b, int **ret_b_of,
		   int **ret_a_of);

/* SONAME or file name; path as it is on disk. */
const char *compared_name(const struct object *object);
const char *compared_path(const struct object *object);
/* The kernel's and what was never announced have no counterpart. */
bool object_is_compared(const struct object *object);

#endif
