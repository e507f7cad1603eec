/*
 * fold.h - one problem, one finding: what several rules see of the same clash is told by one of
 * them, and by the others as its evidence.
 */
#ifndef PLUGREPORT_FOLD_H
#define PLUGREPORT_FOLD_H

#include "report/findings/finding.h"

/*
 * Fold the findings of one process:
 * - into those of duplicate-file, duplicate-soname and version-clash what interposed,
 * symbol-overlap and vague-linkage-split say of the same copies: that there are copies is the
 * cause;
 * - into those of interposed what symbol-overlap says of the same objects, and what is less severe
 *   of the same two: whose calls go astray is what a person can see;
 * - into those of stale-reload what kept-after-dlclose says of the same library: it is the reason.
 * The finding that stays is as severe as the worst of them, has their objects and symbols, and
 * names their rules (`also`); their messages come first in its evidence, their own evidence last.
 */
void findings_fold(struct findings *findings);

#endif
