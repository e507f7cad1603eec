# A packed database answers the same when the recorded files are gone, or others are in their place: on
# another machine.  Without packing, what no binding shows is not known then, and that is said.
. "$TOP/tests/lib.sh"

mkdir lib
rpath=(-Llib "-Wl,-rpath,$PWD/lib" -Wl,--no-as-needed)
so lib/libfirst.so <<<'int both(void) { return 1; } int never_bound(void) { return 0; }'
so lib/libsecond.so <<<'int both(void) { return 2; } int second(void) { return both(); }'
so lib/libplugin.so "${rpath[@]}" -lsecond <<<'int second(void); int plugin(void) { return second(); } int api(void) { return 3; }'
$CC -shared -fPIC -Wl,--build-id=none -Wl,-soname,libnoid.so -o lib/libnoid.so -x c - <<<'int noid(void) { return 4; }'
program prog "${rpath[@]}" -lfirst -lsecond -lnoid <<'END2'
#include <dlfcn.h>
#include <stdio.h>
int both(void), noid(void);
int main(void)
{
	void *plugin = dlopen("libplugin.so", RTLD_NOW);
	printf("%d %d %d %d\n", both(), noid(), plugin != NULL, dlsym(RTLD_DEFAULT, "api") != NULL);
	return 0;
}
END2
audit ./prog >out
expect_eq "what it did" "$(cat out)" "1 4 1 0"
cp plugaudit.db unpacked.db

# Everything that rests on files, but what is told of the files themselves.
answers() { # DATABASE
	local command
	set -f
	for command in "why-bound both" "why-bound api" "why-bound never_bound" "why-bound noid" "why-bound s*" \
		"why-bound both --json" "verify" "interpositions --all" "check --all" "why-loaded libsecond.so" "calls --stack" "object libplugin.so --all" \
		"object prog --all" "units"; do
		echo "== $command"
		# shellcheck disable=SC2086
		plugreport $command -d "$1" 2>&1 || echo "status $?"
	done | sed -e "s|$PWD/$1|DATABASE|" -e '/still the one that was loaded$/d' -e '/told from what .* kept of it$/d'
	set +f
}
expect_db "nothing is in it before" "SELECT count(*) FROM symbol_table" 0
cp unpacked.db truth.db
answers truth.db >truth.txt

answer=$(plugreport pack -d unpacked.db -o packed.db)
expect_match "pack" "$answer" '^[6-9] symbol tables were added to packed\.db, which has '
expect_no_match "pack" "$answer" 'without'
expect_eq "the original is as it was" \
	"$(sqlite3 unpacked.db 'SELECT (SELECT count(*) FROM symbol_table) + (SELECT count(*) FROM file_extract)')" 0
expect_true "no code is packed" [ "$(sqlite3 packed.db "SELECT max(bytes) FROM file_extract f JOIN object o ON o.build_id = f.file
	WHERE o.soname = 'libc.so.6'")" -lt 700000 ]
expect_eq "mode" "$(stat -c %a packed.db)" 600
expect_eq "integrity" "$(sqlite3 packed.db 'PRAGMA integrity_check')" ok
cp unpacked.db inplace.db
plugreport pack -d inplace.db >/dev/null
expect_match "again" "$(plugreport pack -d inplace.db)" '^nothing was missing in inplace\.db, which has '
status=0
plugreport pack -d unpacked.db -o packed.db 2>err || status=$?
expect_eq "no other file is overwritten" "$status $(cat err)" \
	"3 plugreport: packed.db: can't be created: File exists; name another file"

# Other files, and none.
mv lib gone
mkdir lib
so lib/libfirst.so <<<'int other(void) { return 1; }'
so lib/libsecond.so <<<'int other(void) { return 1; }'
mv prog gone
for packed in packed.db inplace.db; do
	answers $packed >packed.txt
	diff truth.txt packed.txt || fail "$packed answers differently without the files"
done
answers unpacked.db >unpacked.txt
expect_true "the files did matter" [ -n "$(diff truth.txt unpacked.txt)" ]
answer=$(plugreport pack -d unpacked.db)
expect_match "what can't be packed" "$answer" '/lib/libfirst\.so: it is another file on the disk by now$'
expect_match "what can't be packed" "$answer" '/lib/libnoid\.so: it is gone from the disk$'
expect_match "what is bound is known without" "$(plugreport verify -d unpacked.db)" ' 0 disagree, '
expect_match "an unknown table is said" "$(plugreport why-bound -d unpacked.db api)" 'Not certain: the symbols of an object on the way are not known'

# What can't be written is an error.
PLUGAUDIT_DB=$PWD/closed.db audit true # its files are there to be packed
chmod 400 closed.db
status=0
if [ "$(id -u)" != 0 ]; then
	plugreport pack -d closed.db 2>err || status=$?
	expect_eq "a read-only database" $status 3
fi
plugreport pack -d packed.db -o /no/such/directory/x.db 2>err || status=$?
expect_eq "no directory" $status 3
