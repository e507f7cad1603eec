/*
 * library.c - the libraries that plugins bring along: compiled once for each, see the Makefile.
 */
#include "host.h"

#if defined(CODEC)
const char *codec_name(void)
{
	return "works with the codec that came with " CODEC;
}
#elif defined(RENDER)
const char *render_name(void)
{
	return text_name();
}
#elif defined(TEXT)
const char *text_name(void)
{
	return "works with librender and libtext";
}
#elif defined(EXTRA)
int extra_version(void);
int extra_version(void)
{
	return 3;
}
#endif
