/*
 * assets.c - puts the viewer into the program.  The paths are seen from the directory that make
 * builds in.
 */
#include "report/html/assets.h"

#define ASSET(name, path)                                \
	__asm__(".pushsection .rodata\n"                 \
		".global " #name "\n"                    \
		".type " #name ", %object\n" #name ":\n" \
		".incbin \"" path "\"\n"                 \
		".byte 0\n"                              \
		".size " #name ", . - " #name "\n"       \
		".popsection\n")

ASSET(viewer_script, "web-viewer/viewer.js");
ASSET(viewer_style, "web-viewer/viewer.css");
ASSET(viewer_script_hash, "web-viewer/viewer.js.sha256");
ASSET(viewer_style_hash, "web-viewer/viewer.css.sha256");
