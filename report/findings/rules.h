/*
 * rules.h - the list of all rules; private to findings/.  By group, then as in the documentation.
 */
#ifndef PLUGREPORT_RULES_H
#define PLUGREPORT_RULES_H

#include "report/findings/finding.h"

#define RULES(X)                      \
	X(duplicate_file)             \
	X(duplicate_soname)           \
	X(version_clash)              \
	X(symbol_overlap)             \
	X(failed_load)                \
	X(missing_version)            \
	X(wrong_copy)                 \
	X(search_waste)               \
	X(unused_dependency)          \
	X(unused_search_path)         \
	X(insecure_search_path)       \
	X(env_leak)                   \
	X(local_promoted)             \
	X(hidden_by_local)            \
	X(global_plugin)              \
	X(deepbind_split)             \
	X(interposed)                 \
	X(split_binding)              \
	X(vague_linkage_split)        \
	X(duplicate_compilation_unit) \
	X(kept_after_dlclose)         \
	X(stale_reload)               \
	X(second_libc)                \
	X(namespace_budget)           \
	X(exec_stack)                 \
	X(static_tls)                 \
	X(text_relocations)

#define RULE_DECLARE(name) extern const struct rule rule_##name;
RULES(RULE_DECLARE)

#endif
