# PostgreSQL: CREATE EXTENSION, or the first call of a C function, opens its library in the backend that
# serves this connection, with RTLD_NOW and RTLD_GLOBAL; a magic block is looked up first.  The
# postmaster has forked that backend: a process of its own in the recording.
. "$TOP/tests/lib.sh"
. "$TOP/tests/gallery.sh"

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1) || true
[ -x "$bin/postgres" ] || skip "postgresql is not installed"
need_root "becoming the user postgres"
need setpriv
chmod a+rx . "$(dirname "$PWD")"
stop() { [ ! -e data/postmaster.pid ] || as_postgres "$bin/pg_ctl" -D "$PWD/data" -m fast stop >/dev/null 2>&1 || true; }
trap stop EXIT
# The user postgres must be able to read the module; in somebody's home directory it can't.
cp "$MODULE" "$REPORT" .
MODULE=$PWD/libplugaudit.so
prepare postgresql || fail "$(cat initdb.log start.log db/log)"
expect_eq "output" "$(cat out)" t
as_postgres "$REPORT" ingest # the database is that user's
expect_sound
answer=$(plugreport why-loaded pg_trgm.so)
expect_match "who opened it" "$answer" 'dlopen\(".*/pg_trgm\.so", RTLD_NOW\|RTLD_GLOBAL\) called from .*postgres'
expect_match "the magic block" "$(plugreport calls --name 'Pg_magic_func')" 'dlsym\(pg_trgm\.so, "Pg_magic_func"\)'
expect_db "in a forked backend" "SELECT p.begin_kind FROM object o JOIN process p ON p.id = o.process
	WHERE o.path LIKE '%/pg_trgm.so' AND NOT o.inherited" fork
model_agrees
recipe postgresql
