/*
 * spool - write a spool with very many events, as a process that had them would leave it.
 *
 *   spool EVENTS FILE
 *
 * A program and as many libraries as it takes to give each binding another pair of ends: what takes
 * plugreport the most memory.
 */
#include <stdio.h>

#include "tests/unit/spool_builder.h"

#define SYMBOLS   1000 /* of each library */
#define REFERRERS 50   /* libraries that refer to the symbols of one */

int main(int argc, char **argv)
{
	unsigned long events = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	uint32_t libraries, object;
	struct spool_builder b;

	if (!events)
		return 2;
	sb_init(&b, 4711);
	sb_sample(&b);
	libraries = (uint32_t)(events / (SYMBOLS * REFERRERS)) + REFERRERS;
	for (object = 10; object < 10 + libraries; object++) {
		AUTO_FREE char *name = xasprintf("/opt/lib/libload%u.so", object);

		sb_object(&b, object, SPOOL_OBJECT_LIBRARY, name, base_name(name), NULL);
	}
	for (unsigned long i = 0; i < events; i++) {
		uint32_t to = 10 + (uint32_t)(i / (SYMBOLS * REFERRERS));
		uint32_t symbol = (uint32_t)(i % SYMBOLS);

		if (i % (SYMBOLS * REFERRERS) < SYMBOLS) {
			AUTO_FREE char *name = xasprintf("function_%u_%u", to, symbol);

			sb_symbol(&b, to, symbol, name, NULL);
		}
		sb_binding(&b, 10 + (to - 10 + (uint32_t)(i / SYMBOLS)) % libraries, to, symbol, 0);
	}
	sb_event(&b, SPOOL_END, 0, 0);
	sb_save(&b, argv[2]);
	sb_release(&b);
	return 0;
}
