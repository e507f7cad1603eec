/*
 * symbolize.h - gives the frames of a recording's call stacks their function, file and line.
 */
#ifndef PLUGREPORT_SYMBOLIZE_H
#define PLUGREPORT_SYMBOLIZE_H

#include "report/elf/elf.h"
#include "report/model/recording.h"

/* One for all spools of an ingest: what was found for a place in a file is kept. */
struct place_finder;
struct place_finder *place_finder_new(void);
void place_finder_free(struct place_finder *finder);

/* Fill in all frames; a call that was inlined becomes a frame of its own, before the one it was
 * inlined into. */
void place_finder_apply(struct place_finder *finder, struct recording *rec);

/* The object's file as it was when it was loaded; points into the recording. */
struct elf_identity object_identity(const struct object *object);

#endif
