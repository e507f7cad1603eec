/*
 * forest.h - rows below their parents, for trees of any depth and parents that may lie.
 *
 * Recordings are not trusted: chains can be long enough to exhaust a stack, and inferred parents
 * can run in a circle.  So nothing here recurses, rows deeper than FOREST_DEEPEST are shown at that
 * depth, and what is only reachable through a circle is shown as a root.
 */
#ifndef PLUGREPORT_FOREST_H
#define PLUGREPORT_FOREST_H

#include "report/render/render.h"

#define FOREST_DEEPEST 100

struct forest {
	size_t count;
	int *parent;                          /* by node; -1: a root */
	int *first_child, *last_child, *next; /* -1 ends lists */
	bool *shown;
};
#define AUTO_FOREST __attribute__((cleanup(forest_release)))

/* Nodes are 0 .. count-1; set each one's parent with forest_link(), in the order that children are
 * to be shown.  A node without one is a root. */
void forest_init(struct forest *forest, size_t count);
void forest_link(struct forest *forest, int node, int parent);
void forest_release(struct forest *forest);

/*
 * Show the nodes of which `wanted` says true (NULL: all) that were not shown before, by `open_row`,
 * which calls render_row_open() for its node.
 */
void forest_show(struct forest *forest, struct render *render, bool (*wanted)(int node, void *data),
		 void (*open_row)(int node, void *data), void *data);

#endif
