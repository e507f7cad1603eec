/*
 * cmd_findings_source.h - what rules look at (findings/input.h), from a database and from the files
 * on disk.
 */
#ifndef PLUGREPORT_CMD_FINDINGS_SOURCE_H
#define PLUGREPORT_CMD_FINDINGS_SOURCE_H

#include "report/findings/input.h"
#include "report/store/load_scopes.h"
#include "report/store/store.h"

struct store_source {
	struct rule_source base;
	struct store *store;
	const struct recording *rec;
	struct file_judge judge;
	struct symbol_provider *symbols;
	struct loaded_scopes **scopes; /* all that were asked for */
	size_t scopes_count, scopes_room;
	bool failed; /* something could not be read, and that was said */
};

/* Of a recording that was loaded from `store`; both must outlive it. */
void store_source_init(struct store_source *source, struct store *store,
		       const struct recording *rec);
void store_source_release(struct store_source *source);

#endif
