/*
 * cmd_global_effects.h - the bindings that went to objects only because these had joined the global
 * scope.
 */
#ifndef PLUGREPORT_CMD_GLOBAL_EFFECTS_H
#define PLUGREPORT_CMD_GLOBAL_EFFECTS_H

#include "report/cmd.h"
#include "report/model/global_effect.h"

struct effect {
	int from, to;
	char *symbol, *kind;
	uint64_t seq;
	struct global_effect what;
};

struct effects {
	struct effect *list; /* in order of seq */
	size_t count, room;
};

/*
 * `joined` has for each object of the recording the seq at which it joined; UINT64_MAX: it is not
 * asked about.  False after a message.  Release `ret` in both cases.
 */
bool effects_find(const struct show *show, const uint64_t *joined, struct effects *ret);
void effects_release(struct effects *effects);
#define AUTO_EFFECTS __attribute__((cleanup(effects_release)))

/* Lines, and the JSON member "bound_because_of_it". */
void show_effects(const struct show *show, const struct effects *effects);
void effects_to_json(const struct show *show, const struct effects *effects);

#endif
