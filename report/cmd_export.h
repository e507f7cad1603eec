/*
 * cmd_export.h - private to cmd_export*.c.
 */
#ifndef PLUGREPORT_CMD_EXPORT_H
#define PLUGREPORT_CMD_EXPORT_H

#include "report/cmd.h"

/* What the database has of these processes, as one JSON document; false after a message. */
bool export_json(struct context *context, struct render *render, struct process_list *list);

#endif
