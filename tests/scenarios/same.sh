# Small programs that look for the recorder everywhere have with it what they have without it: output,
# ends, descriptors, signals, environment, limits, mapped files, children, as tests/same finds them.
# make check-same does so with programs of the distribution.
. "$TOP/tests/lib.sh"

status=0
"$TOP/tests/same/run" own >log || status=$?
grep -vE '^(ok|skip) ' log || true
expect_eq "status" "$status" 0
expect_match "what was compared" "$(cat log)" '^[3-9][0-9] programs compared$'
