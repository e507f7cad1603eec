/* owner.c - see owner.h. */
#include "report/store/owner.h"

#include <errno.h>
#include <unistd.h>

#include "report/util.h"

bool owner_place_is_open(const char *path)
{
	AUTO_FREE char *directory = xstrndup(path, (size_t)(base_name(path) - path));
	struct stat st;

	return stat(*directory ? directory : ".", &st) < 0 || (st.st_mode & S_IWOTH);
}

bool owner_may_write(const char *path, const struct stat *st)
{
	if (st->st_uid != geteuid()) {
		warn("%s: belongs to user %u, and databases are written by their own user only; "
		     "name another file with -d or $PLUGAUDIT_DB",
		     path, st->st_uid);
		return false;
	}
	if (st->st_nlink > 1 && owner_place_is_open(path)) {
		warn("%s: has other names (hard links), and anybody may have given it this one; "
		     "name another file with -d or $PLUGAUDIT_DB",
		     path);
		return false;
	}
	return true;
}

bool owner_has_journals(const char *path)
{
	static const char *const suffixes[] = {"-journal", "-wal", "-shm"};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		AUTO_FREE char *beside = xasprintf("%s%s", path, suffixes[i]);
		struct stat st;

		if (lstat(beside, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_uid != geteuid())) {
			warn("%s: belongs to user %u and would change the database; have it "
			     "removed, "
			     "or name another database with -d",
			     beside, st.st_uid);
			return false;
		}
	}
	return true;
}
