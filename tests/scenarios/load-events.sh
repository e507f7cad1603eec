# A spool with very many events: ingest shows how far it is, and takes no more memory than it says
# (plugreport(1), "ingest"): 64 MiB and 100 bytes for each binding that differs from all others.  Here
# all differ, which is the worst.  LOAD=all has 10,000,000 (make check-load).
. "$TOP/tests/lib.sh"
need script
events=400000
[ "${LOAD:-}" != all ] || events=10000000

program peak <"$TOP/tests/load/peak.c"
"$BUILD/tests/load-spool" $events plugaudit.db.4711.spool
size=$(stat -c %s plugaudit.db.4711.spool)
begin=$(date +%s%N)
# On a terminal, it tells what it does.
script -qec "./peak peak.kib '$REPORT' ingest" /dev/null >shown </dev/null
end=$(date +%s%N)
expect_no_spools
expect_db "integrity" "PRAGMA quick_check" ok
expect_db "all are there" "SELECT count(*) >= $events, sum(count) >= $events FROM binding" "1|1"
expect_db "nothing lost" "SELECT lost_events + lost_stacks + torn_records FROM process" 0
peak=$(cat peak.kib) limit=$((64 * 1024 + events * 100 / 1024))
echo "$events events, $size bytes: taken in in $(((end - begin) / 1000000)) ms with $peak KiB (at most $limit)"
sanitized || expect_true "no more than $limit KiB: $peak" [ "$peak" -le "$limit" ]
if [ $(((end - begin) / 1000000)) -gt 2500 ]; then
	expect_match "progress is shown" "$(tr '\r' '\n' <shown)" '(reading|writing) plugaudit.db.4711.spool: +[0-9]+ %'
	expect_true "it goes on" [ "$(grep -oE '[0-9]+ %' shown | sort -u | wc -l)" -gt 1 ]
fi
