/*
 * template.h - the empty database that new ones begin as; made at build time from schema.sql by
 * template/make_template.c.
 */
#ifndef PLUGREPORT_TEMPLATE_H
#define PLUGREPORT_TEMPLATE_H

#include <stddef.h>

extern const unsigned char template_bytes[];
extern const size_t template_size;

#endif
