/*
 * contents.h - everything that one spool holds, in memory, ready to be written to the database.
 *
 * Loads, searches, calls and activities become a struct recording.  Symbols are kept once, equal
 * bindings become one with a count: memory grows with the number of different bindings, not with
 * the number of events.
 */
#ifndef PLUGREPORT_CONTENTS_H
#define PLUGREPORT_CONTENTS_H

#include "report/model/recording.h"
#include "report/model/replay.h"
#include "report/store/index_table.h"
#include "report/store/spool_reader.h"

/* An offset in its object, as the number of a symbol: less than 0. */
#define NUMBER_OF_RESOLVER(offset) (0u - (offset))

/* A definition, or a name that an object refers to.  Bindings may come before its record (another
 * thread wrote that), or without. */
struct symbol {
	const char *name; /* NULL: its record is missing */
	const char *version;
	uint64_t value, size;
	uint32_t object; /* its number in the spool */
	uint32_t number; /* index in its .dynsym; of kind irelative: NUMBER_OF_RESOLVER */
	uint16_t versym;
	uint8_t info, other;
	bool defined;
};

enum binding_kind {
	BINDING_NONE,
	BINDING_PLT,
	BINDING_GOT,
	BINDING_ABS,
	BINDING_COPY,
	BINDING_TLS,
	BINDING_IRELATIVE,
	BINDING_DLSYM
};

struct binding {
	uint64_t seq, address; /* of the first */
	uint64_t count;
	const char *version; /* that the reference asks for */
	uint32_t from;       /* object's number in the spool; 0 unknown */
	uint32_t symbol;     /* index into contents.symbols */
	uint32_t chosen;     /* irelative: number of the object that has what the IFUNC chose */
	uint32_t flags;      /* LA_SYMB_* of the first, or SPOOL_REFERENCE_* */
	enum binding_kind kind;
	bool relocation; /* read from a slot; else la_symbind told it */
	bool bound;      /* false: `symbol` is the referring object's own */
	bool versioned;  /* `version` is what the reference asks for; else not known yet */
	bool internal;   /* of ld.so's own */
	bool early;      /* dlsym: ld.so's own, before the program began */
};

/* A name in an object's version table. */
struct version_name {
	uint32_t object, index;
	const char *name;
};

/* Which object is mapped where, at the point of the history that has been read. */
struct mapping {
	uint64_t start, end;
	int object;
};

/* A fork that was about to be made: its child has this place as parent_seq. */
struct fork_event {
	uint64_t seq, time_ns;
	uint32_t tid;
};

struct contents {
	struct recording rec;
	struct fork_event *forks;
	size_t fork_count, fork_room;
	struct symbol *symbols;
	size_t symbol_count, symbol_room;
	struct binding *bindings;
	size_t binding_count, binding_room;
	struct version_name *versions;
	size_t version_count, version_room;
	struct dlsym_binding *dlsym;
	size_t dlsym_count, dlsym_room;
	/* private: */
	struct arena names;
	struct index_table objects_by_number, symbols_by_place, bindings_by_ends, stacks_by_frames,
		versions_by_place;
	struct mapping *mappings; /* sorted by start */
	size_t mapping_count, mapping_room;
	bool begun; /* code of the program runs, at this point of the history */
	bool ended; /* SPOOL_END was there */
};

void contents_init(struct contents *contents);
void contents_release(struct contents *contents);

/*
 * Read the whole spool.  `live` tells that its process still runs: then records that are missing
 * may yet come, and are not counted as torn.  False when reading failed (reader->error is set).
 */
bool contents_read(struct contents *contents, struct spool_reader *reader, bool live);

/* Fill in what the recording's events mean: replay_infer() with the dlsym bindings. */
void contents_infer(struct contents *contents);

/* Index into rec.objects of the object with this number, or NONE. */
int contents_object(const struct contents *contents, uint32_t number);

/* stacks.c: keep a call stack once; its index in rec.stacks, or NONE when nothing was recorded. */
int contents_add_stack(struct contents *contents, const unsigned char *frames, uint32_t count,
		       uint32_t flags);

/* stacks.c: keep track of what is mapped where. */
void contents_map(struct contents *contents, int object);
void contents_unmap(struct contents *contents, int object);
int contents_object_at(const struct contents *contents, uint64_t address);

#endif
