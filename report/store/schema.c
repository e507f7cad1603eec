/*
 * schema.c - puts schema.sql into the program.  The path is seen from the project's root, where
 * make runs.
 */
#include "report/store/schema.h"

__asm__(".pushsection .rodata\n"
	".global store_schema\n"
	".type store_schema, %object\n"
	"store_schema:\n"
	".incbin \"report/store/schema.sql\"\n"
	".byte 0\n"
	".size store_schema, . - store_schema\n"
	".popsection\n");
