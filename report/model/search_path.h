/*
 * search_path.h - where ld.so looks for a name, in its order (ld.so(8); glibc elf/dl-load.c,
 * _dl_map_object and _dl_init_paths).
 */
#ifndef PLUGREPORT_SEARCH_PATH_H
#define PLUGREPORT_SEARCH_PATH_H

#include "report/model/recording.h"

/* One directory that ld.so considers for a bare name, or one rule that it leaves out. */
struct search_place {
	enum search_rule rule;
	int owner;       /* object whose DT_RPATH or DT_RUNPATH it is; NONE otherwise */
	char *entry;     /* as written ("$ORIGIN/../lib"); NULL for RULE_CACHE and left-out rules; a
			    single entry that ld.so drops has its text here and left_out set */
	char *directory; /* tokens expanded; NULL for RULE_CACHE and when left_out; "" stands for
			    the current directory */
	const char *left_out; /* why the rule or entry was not applied (a constant sentence), or
				 NULL */
};

/*
 * List the places for a name without slash that `requester` asks for, in order: DT_RPATH of
 * requester, of its loaders up to the program (unless requester has DT_RUNPATH), LD_LIBRARY_PATH,
 * DT_RUNPATH of the requester, ld.so.cache (unless DF_1_NODEFLIB), the default directories.  Rules
 * that do not apply are listed too, with left_out set.  Hardware subdirectories (glibc-hwcaps) are
 * not listed: search_place_covers() knows them.  The caller releases with search_places_free().
 */
size_t search_places_list(const struct recording *rec, int requester,
			  struct search_place **ret_places);
void search_places_free(struct search_place *places, size_t count);

/* True when `path` is `directory`/[hardware subdirectory/]`name`. */
bool search_place_covers(const struct search_place *place, const char *path, const char *name);

/*
 * The directory of a path that was tried for `name`, without hardware subdirectories: "lib" for
 * "lib/glibc-hwcaps/x86-64-v2/libx.so"; "" for the current directory.  (A directory that is called
 * like one of those is taken for one.)  The caller frees it.
 */
char *search_path_directory(const char *path, const char *name);

/*
 * Expand $ORIGIN, $LIB, $PLATFORM (with or without braces) as ld.so does for an entry owned by
 * `owner`; NONE for LD_LIBRARY_PATH, whose $ORIGIN is the program's directory.  A library's $ORIGIN
 * is the directory of the path that it was opened by: symbolic links stay.  A token without value
 * makes the whole result "", as ld.so then ignores the entry.  The caller frees it.
 */
char *search_path_expand(const struct recording *rec, int owner, const char *entry, size_t length);

#endif
