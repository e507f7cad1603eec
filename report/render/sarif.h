/*
 * sarif.h - findings as SARIF 2.1.0 (OASIS), for code scanning: GitHub, GitLab, IDEs.
 *
 * One run.  The driver's rules are all rules, with their pages as help.  A result's location is
 * where somebody can act: the innermost frame of its first stack that has a source line, else the
 * file of the object that it is about, else the program.  Paths below the working directory are
 * relative to %SRCROOT%; so check is to be run where the sources are checked out.
 */
#ifndef PLUGREPORT_SARIF_H
#define PLUGREPORT_SARIF_H

#include "report/findings/finding.h"
#include "report/render/render.h"

/* On a renderer of render_json_bare_new().  sarif_result() any number of times, then
 * sarif_notification() any number of times. */
void sarif_begin(struct render *render);
/* `exe` of the process; `suppressed`: why it is, NULL when it is not. */
void sarif_result(struct render *render, const struct recording *rec, const struct finding *finding,
		  const char *exe, const char *suppressed);
/* What is to be said about the recording itself: losses. */
void sarif_results_end(struct render *render);
void sarif_notification(struct render *render, const char *text);
void sarif_end(struct render *render);

#endif
