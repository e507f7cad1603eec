/*
 * bound_rows.h - all bindings of a process in memory (model/bound.h), from the database.
 */
#ifndef PLUGREPORT_BOUND_ROWS_H
#define PLUGREPORT_BOUND_ROWS_H

#include "report/model/bound.h"
#include "report/store/store.h"

/* Load what is bound, but for ld.so's own look-ups.  `ret` is initialised by this call; release it
 * with bound_set_release().  False after a message. */
bool store_load_bound(struct store *store, const struct recording *rec, struct bound_set *ret);

#endif
