# Damage by enumeration, to everything that plugreport reads of others: a spool, an ELF file and a
# database are cut and changed bit by bit (or page by page), and asked about.  None of it crashes, says
# what no terminal should see, or reads beyond its bytes.  That no record is invented of a spool, the unit
# tests show (test_spool_reader, test_ingest_hostile).
. "$TOP/tests/lib.sh"

# Sanitizers make it ten times as slow, so they see a sample.
targets=$BUILD
step=1
if [ -n "${SANITIZED:-}" ]; then
	targets=$SANITIZED
	step=10
elif sanitized; then
	step=10
fi
export UBSAN_OPTIONS=print_stacktrace=1

damage() { # TARGET OPTION FILE...
	"$targets/tests/fuzz-$1" "${@:2}" >out 2>log || {
		grep -vE '^plugreport: ' log | tail -40
		fail "$*"
	}
	echo "$1 $2: $(tail -1 out)"
}

mkdir elf spool
"$TOP/tests/fuzz/elf-seeds" elf
"$BUILD/tests/fuzz-seeds" spool
damage elf --cuts elf/marshal elf/extract
damage elf --bits=$((11 * step)) elf/versions.so elf/dwarf-5.so
damage elf --bits=$((5 * step)) elf/program
damage elf --bits=1 elf/marshal elf/extract
damage spool --bits=$((53 * step)) spool/spool-0

"$BUILD/tests/viewer-recording" small.db 5 12
sqlite3 small.db 'PRAGMA page_size = 1024; VACUUM'
[ $step -gt 1 ] || {
	damage elf --cuts elf/versions.so elf/ocaml.so
	damage spool --cuts spool/spool-0
	damage database --pages=1024 small.db
}
