/* owner.c - see owner.h. */
#include "report/store/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "report/util.h"

static bool is_private_group(gid_t gid, uid_t uid)
{
	const struct passwd *user = getpwuid(uid);
	const struct group *group;

	if (!user || user->pw_gid != gid || !(group = getgrgid(gid)) ||
	    strcmp(group->gr_name, user->pw_name) != 0)
		return false;
	for (char **member = group->gr_mem; *member; member++)
		if (strcmp(*member, user->pw_name) != 0)
			return false;
	return true;
}

/* An access control list shows in the mode as the most that any of its users and groups may. */
static bool has_list(const char *directory)
{
	return getxattr(directory, "system.posix_acl_access", NULL, 0) >= 0 ||
	       (errno != ENODATA && errno != EOPNOTSUPP);
}

bool owner_place_is_open(const char *path)
{
	AUTO_FREE char *name = xstrndup(path, (size_t)(base_name(path) - path));
	const char *directory = *name ? name : ".";
	struct stat st;

	if (stat(directory, &st) < 0 || (st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & S_IWOTH))
		return true;
	return (st.st_mode & S_IWGRP) &&
	       (has_list(directory) || !is_private_group(st.st_gid, st.st_uid));
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
		warn("%s: has other names (hard links), and somebody else may have given it this "
		     "one; "
		     "name another file with -d or $PLUGAUDIT_DB",
		     path);
		return false;
	}
	return true;
}

bool owner_has_journals(const char *path, uid_t owner)
{
	static const char *const suffixes[] = {"-journal", "-wal", "-shm"};

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		AUTO_FREE char *beside = xasprintf("%s%s", path, suffixes[i]);
		struct stat st;

		if (lstat(beside, &st) < 0)
			continue;
		if (!S_ISREG(st.st_mode) || st.st_uid != owner) {
			warn("%s: belongs to user %u and would change the database; have it "
			     "removed, or name another database with -d",
			     beside, st.st_uid);
			return false;
		}
		if (st.st_nlink > 1) {
			warn("%s: has other names (hard links) and would change the database; have "
			     "it removed, or name another database with -d",
			     beside);
			return false;
		}
	}
	return true;
}
