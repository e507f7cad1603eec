/*
 * spools.h - recordings to begin with: small, and together with every kind of record.
 */
#ifndef PLUGREPORT_FUZZ_SPOOLS_H
#define PLUGREPORT_FUZZ_SPOOLS_H

#include "tests/unit/spool_builder.h"

#define FUZZ_SPOOLS 5

/* Fill in one of them (0 <= which < FUZZ_SPOOLS), the same each time. */
void fuzz_spool(struct spool_builder *b, size_t which);

#endif
