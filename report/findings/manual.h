/*
 * manual.h - the rules' pages as a manual page.
 */
#ifndef PLUGREPORT_MANUAL_H
#define PLUGREPORT_MANUAL_H

#include <stdio.h>

/* Write plugreport-rules(7), in troff with the man macros, to `out`. */
void rules_to_manual(FILE *out);

#endif
