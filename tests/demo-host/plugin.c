/*
 * plugin.c - every plugin: compiled once for each, with PLUGIN its name and USES what it calls.
 */
#include "host.h"

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)

static const char *describe(void)
{
	return USES();
}

extern const struct plugin plugin;
const struct plugin plugin = {TEXT(PLUGIN), describe};
