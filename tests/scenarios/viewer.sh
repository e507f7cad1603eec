# The HTML report's viewer without a browser: its parts that know no page, and its types.
. "$TOP/tests/lib.sh"

need node
[ "$(node -p 'parseInt(process.versions.node)')" -ge 18 ] || skip "node is older than version 18"
node --test --test-reporter=spec "$TOP"/web-viewer/test/*.test.js >log 2>&1 ||
	{ cat log; fail "node --test"; }

# One script is made of all modules, so names must not meet.
node --check --input-type=module <"$BUILD/web-viewer/viewer.js" || fail "the joined script"
for module in "$TOP"/web-viewer/src/*.js; do
	grep -qF "${module##*/}" "$TOP/Makefile" || fail "${module##*/} is not part of it"
done
# Code and style of the page: it is in every report that is sent.
size=$(cat "$BUILD/web-viewer/viewer.js" "$BUILD/web-viewer/viewer.css" | wc -c)
expect_true "the page's code has $size bytes, under 150,000" [ "$size" -lt 150000 ]
expect_eq "nothing parses markup" \
	"$(grep -nE 'innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function' "$TOP"/web-viewer/src/*.js || true)" ""

[ -e "$TOP/web-viewer/node_modules/typescript" ] ||
	skip "typescript of npm is not installed: run scripts/install-deps"
node "$TOP/web-viewer/node_modules/typescript/bin/tsc" -p "$TOP/web-viewer" || fail "types"
