/*
 * load_scopes.h - a recording's scopes (model/scopes.h), with all that they rest on in the
 * database: bindings that keep objects, and the processes that a forked child comes from.
 */
#ifndef PLUGREPORT_LOAD_SCOPES_H
#define PLUGREPORT_LOAD_SCOPES_H

#include "report/model/scopes.h"
#include "report/store/store.h"

struct loaded_scopes {
	struct scopes *scopes; /* at the beginning */
	/* private: what `scopes` refers to */
	struct scopes_binding *bindings;
	size_t binding_count, binding_room;
	char **symbols;
	size_t symbol_count, symbol_room;
	struct loaded_scopes *parent; /* of a forked child */
	struct recording *parent_rec;
};

/* Whether bindings are read: only who asks for pins needs them. */
enum scopes_with { SCOPES_ALONE, SCOPES_WITH_BINDINGS };

/*
 * The scopes of a recording from this database, which must outlive them.  A forked child's begin
 * with those of its parent, while the database has that.  False after a message; release `ret` in
 * both cases.
 */
bool store_scopes(struct store *store, const struct recording *rec, enum scopes_with with,
		  struct loaded_scopes *ret);
void loaded_scopes_release(struct loaded_scopes *loaded);
#define AUTO_SCOPES __attribute__((cleanup(loaded_scopes_release)))

#endif
