/*
 * owner.h - whose files plugreport writes to and believes.
 *
 * Databases and spools may be in directories where anybody can put files (/tmp).  A database is
 * written only by its own user: what SQLite finds beside one (journals) tells it what to write and
 * what to remove.  Anybody's database can be read.  Spools are taken in from their own user; root
 * also takes in those that processes of its runs wrote as other users, and all of them where nobody
 * else can put files.
 */
#ifndef PLUGREPORT_OWNER_H
#define PLUGREPORT_OWNER_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Can others create files in the directory of `path`?  Not when it is this user's or root's, and
 * nobody else may write to it, neither by its mode nor by an access control list.  A group may that
 * is the owner's private one: of his name, his by passwd(5), and without other members.
 */
bool owner_place_is_open(const char *path);

/*
 * May this user write to the database at `path`, whose lstat() is `st`?  It must be this user's,
 * and in an open place have no other name: somebody might have put that there.  Prints why not.
 */
bool owner_may_write(const char *path, const struct stat *st);

/*
 * Is what lies beside the database for SQLite (journals) of its `owner`, and has it no other names?
 * Prints what is not.  Somebody may put one there at any time: guard.h sees to that.
 */
bool owner_has_journals(const char *path, uid_t owner);

#endif
