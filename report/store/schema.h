/*
 * schema.h - the text of schema.sql, as it was when plugreport was built.
 */
#ifndef PLUGREPORT_SCHEMA_H
#define PLUGREPORT_SCHEMA_H

#define STORE_APPLICATION_ID 0x706c7567 /* "plug" */
#define STORE_USER_VERSION   2

/* SQL that makes an empty database ours, both PRAGMAs included; terminated. */
extern const char store_schema[];

#endif
