/*
 * init_order.h - in which order ld.so runs the constructors of what one load brought.
 *
 * No event tells when constructors run: all of this is inferred from the needed lists by glibc's
 * own rule (elf/dl-deps.c, elf/dl-sort-maps.c, elf/dl-init.c): the objects breadth first from the
 * one that was asked for, sorted so that what an object needs comes before it.  A constructor that
 * opens what came with it in the same load brings that one's turn forward.
 */
#ifndef PLUGREPORT_INIT_ORDER_H
#define PLUGREPORT_INIT_ORDER_H

#include "report/model/recording.h"

struct init_order {
	int root;     /* what the load was for: the program, or what a dlopen named */
	int *objects; /* that came with it, the one whose constructors run first first */
	size_t count;
	size_t position; /* of the object that was asked about, in `objects` */
};

/*
 * The load that brought `object`.  False, with nothing to release: its constructors don't run in
 * the recorded process (ld.so, the vDSO, what a fork inherited, a load that failed), or it is not
 * known what the load was for. A load begun by a constructor runs within the one that runs that
 * constructor.
 */
bool init_order_build(const struct recording *rec, int object, struct init_order *ret);
void init_order_release(struct init_order *order);

#endif
