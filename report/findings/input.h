/*
 * input.h - what rules look at: one process of a recording.
 *
 * Rules do no I/O.  What is not in struct recording comes from a struct rule_source: for commands
 * the files on disk, for tests literals.
 */
#ifndef PLUGREPORT_FINDINGS_INPUT_H
#define PLUGREPORT_FINDINGS_INPUT_H

#include "report/findings/finding.h"
#include "report/model/dlopen_failure.h"
#include "report/model/duplicates.h"
#include "report/model/interpositions.h"
#include "report/model/recording.h"
#include "report/model/search_path.h"

/* A file as it is on disk now. */
struct file_facts {
	bool exists; /* it is there, and can be looked at */
	uint64_t dev, ino, size, mtime_ns;
	uint64_t ctime_ns; /* since when it has this name and content, at the latest */
	uint32_t mode;
	char build_id[129]; /* hex; "" when it is no ELF file, or has none */
};

/* Where rules have their facts from.  What a function is missing for is not known. */
struct rule_source {
	/* All that is bound; false after a message. */
	bool (*bound)(struct rule_source *source, struct bound_set *ret);
	/* Fresh ones, which the source frees; NULL after a message. */
	struct scopes *(*scopes)(struct rule_source *source, bool with_bindings);
	/* The source's own. */
	struct symbol_provider *(*symbols)(struct rule_source *source);
	/* What files are now; may be NULL. */
	struct file_judge *judge;
	/* What is at `path` now.  `build_id`: also read that. */
	void (*file)(struct rule_source *source, const char *path, bool build_id,
		     struct file_facts *ret);
};

/* What is expensive is made when a rule first asks for it. */
struct rule_input {
	const struct recording *rec;
	/* The process that it was forked or executed from, when that is recorded: its executable,
	 * and its LD_LIBRARY_PATH; NULL otherwise. */
	const char *parent_exe, *parent_library_path;
	struct rule_source *source;
	bool failed; /* something could not be read, and that was said */
	/* private */
	struct bound_set bound;
	struct interpositions interpositions;
	struct duplicates duplicates;
	bool bound_known, interpositions_known, duplicates_known;
};

void rule_input_init(struct rule_input *input, const struct recording *rec,
		     struct rule_source *source);
void rule_input_release(struct rule_input *input);

/* These belong to the input. */
struct bound_set *input_bound(struct rule_input *input);
const struct interpositions *input_interpositions(struct rule_input *input);
const struct duplicates *input_duplicates(struct rule_input *input);
/* The exact symbol tables, as far as they are known; NULL: none is. */
struct symbol_provider *input_symbols(struct rule_input *input);
/* Scopes at the beginning of the history, for one rule alone; NULL: not known. */
struct scopes *input_scopes(struct rule_input *input, bool with_bindings);

/* What is at `path` now: `exists` is false when that can't be told. */
void input_file(struct rule_input *input, const char *path, bool build_id, struct file_facts *ret);
/* Is the object's file on disk still the recorded one?  Then what is beside it is likely to be what
 * it was, too. */
bool input_file_is_recorded(struct rule_input *input, int object);

/* Is it an opening call: dlopen or dlmopen? */
static inline bool call_opens(const struct call *call)
{
	return call->kind == CALL_DLOPEN || call->kind == CALL_DLMOPEN;
}
static inline bool has_call(const struct recording *rec, int call)
{
	return call >= 0 && (size_t)call < rec->call_count;
}

/* A growing list of object names for messages: "a.so, b.so and 3 more". */
void add_objects(struct strbuf *sb, const struct recording *rec, const int *objects, size_t count,
		 size_t most);

#endif
