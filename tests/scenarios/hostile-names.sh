# Names in recordings are somebody else's: terminal escapes, newlines, bidi controls, invalid UTF-8 and
# 100 KB of text come out harmless in every command and format, and in messages.
. "$TOP/tests/lib.sh"
need python3 dot
export PATH="/usr/local/sbin:/usr/bin:/bin:/usr/sbin:/sbin:$PATH"

"$BUILD/tests/viewer-recording" names.db hostile

# The same in every text of a database: also in those that only plugreport itself writes, which
# somebody who hands a database around may have changed.
hostile_object() { # FILE.o < source: its function twice has another name
	$CC -g -fPIC -c -o "$1" -x c -
	objcopy --redefine-sym twice=$'twice\e[31m\n\xe2\x80\xae' "$1"
}
hostile_object host.o <<'C'
#include <dlfcn.h>
#include <stddef.h>
int twice(void) { return 2; }
int main(void)
{
	dlopen("./plug.so", RTLD_NOW | RTLD_GLOBAL);
	dlclose(dlopen("./plug.so", RTLD_LAZY));
	dlopen("./gone.so", RTLD_NOW);
	return ((int (*)(void))dlsym(NULL, "plug"))() - 2;
}
C
hostile_object plug.o <<<'int twice(void) { return 1; } int plug(void) { return twice(); }'
$CC -rdynamic -o host host.o -ldl
$CC -shared -o plug.so plug.o
audit ./host
plugreport pack >pack.out
python3 - "$PLUGAUDIT_DB" <<'P'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("PRAGMA ignore_check_constraints = ON")
HARM = "\x1b[31m\u202e\x9b\x7f\n\u2066"
tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
for table in tables:
    for column in db.execute("PRAGMA table_info(%s)" % table).fetchall():
        # Words of the schema stay, in the database that people would be misled with.
        words = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
        if column[2] != "TEXT" or column[1] in ("spool_uuid", "uuid", "parent_uuid", "build_id"):
            continue
        if table in ("symbol_table", "file_extract"):  # by build-id
            continue
        if "CHECK (%s IN" % column[1] in words or (table, column[1]) == ("process", "argv"):
            continue
        db.execute("UPDATE %s SET %s = %s || ? WHERE instr(%s, char(27)) = 0" %
                   (table, column[1], column[1], column[1]), (HARM,))
db.execute("UPDATE object SET build_id = build_id || ? WHERE kind = 'vdso'", (HARM,))
db.execute("UPDATE process SET argv = ?", ('["\\u001b[31m\\u009b\\u202e\\n", "x"]',))
db.commit()
P

mkdir work
cd work
python3 "$TOP/tests/oracle/hostile.py" "$REPORT" "$MODULE" ../names.db "$PLUGAUDIT_DB"
