#include "report/render/forest.h"

void forest_init(struct forest *forest, size_t count)
{
	*forest = (struct forest){
		.count = count,
		.parent = xcalloc(count, sizeof(int)),
		.first_child = xcalloc(count, sizeof(int)),
		.last_child = xcalloc(count, sizeof(int)),
		.next = xcalloc(count, sizeof(int)),
		.shown = xcalloc(count, sizeof(bool)),
	};
	for (size_t i = 0; i < count; i++)
		forest->parent[i] = forest->first_child[i] = forest->last_child[i] =
			forest->next[i] = -1;
}

void forest_link(struct forest *forest, int node, int parent)
{
	if (parent < 0 || (size_t)parent >= forest->count || parent == node)
		return;
	forest->parent[node] = parent;
	if (forest->first_child[parent] < 0)
		forest->first_child[parent] = node;
	else
		forest->next[forest->last_child[parent]] = node;
	forest->last_child[parent] = node;
}

void forest_release(struct forest *forest)
{
	free(forest->parent);
	free(forest->first_child);
	free(forest->last_child);
	free(forest->next);
	free(forest->shown);
	*forest = (struct forest){0};
}

/* The first of `node` and its later siblings that was not shown, or -1. */
static int first_unshown(const struct forest *forest, int node)
{
	while (node >= 0 && forest->shown[node])
		node = forest->next[node];
	return node;
}

static void show_below(struct forest *forest, struct render *render, int root,
		       void (*open_row)(int node, void *data), void *data)
{
	int at = root;
	size_t depth = 0;

	while (true) {
		int below, beside;

		forest->shown[at] = true;
		open_row(at, data);
		if (++depth > FOREST_DEEPEST) /* its children become its neighbours */
			render_row_close(render);
		below = first_unshown(forest, forest->first_child[at]);
		if (below >= 0) {
			at = below;
			continue;
		}
		while (true) {
			if (depth-- <= FOREST_DEEPEST)
				render_row_close(render);
			if (at == root)
				return;
			beside = first_unshown(forest, forest->next[at]);
			if (beside >= 0)
				break;
			at = forest->parent[at];
		}
		at = beside;
	}
}

void forest_show(struct forest *forest, struct render *render, bool (*wanted)(int node, void *data),
		 void (*open_row)(int node, void *data), void *data)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < forest->count; i++)
			if (!forest->shown[i] && (pass == 1 || forest->parent[i] < 0) &&
			    (!wanted || wanted((int)i, data)))
				show_below(forest, render, (int)i, open_row, data);
}
