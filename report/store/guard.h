/*
 * guard.h - SQLite, kept from files that somebody else has put beside a database.
 *
 * A journal tells SQLite what to write to the database, a WAL what to believe is in it, and SQLite
 * looks for them by their names again at each transaction.  So it is not enough to look before:
 * what has been opened is looked at, each time.
 */
#ifndef PLUGREPORT_GUARD_H
#define PLUGREPORT_GUARD_H

#include <sqlite3.h>

/*
 * sqlite3_open_v2(), after which SQLite opens for this process
 *   - to write: only regular files of this user;
 *   - as a database's -journal, -wal or -shm: only regular files without other names, which belong
 *     to this user or, to be read only, to the database's owner.
 * Anything else is to SQLite a file that can't be opened (SQLITE_CANTOPEN), and stays as it is.
 */
int guard_open(const char *path, sqlite3 **ret_db, int flags);

#endif
