# plugreport html: one file, written whole or not at all, that may run its own script and load
# nothing.
. "$TOP/tests/lib.sh"

host=$BUILD/tests/demo-host/host
need_dlmopen
[ -x "$host" ] || skip "the plugin host is not built: make tests"
audit "$host" >out
expect_sound

plugreport html >said
expect_match "what was written is said" "$(cat said)" '^wrote plugaudit\.html \('
plugreport html -o page.html -q >said
expect_eq "--quiet" "$(cat said)" ""
expect_eq "no file is left beside it" "$(echo ./*.html*)" "./page.html ./plugaudit.html"
plugreport html -o page.html --json >answer.json
expect_eq "--json" "$(sqlite3 :memory: "SELECT json_extract(readfile('answer.json'), '\$.bytes')")" \
	"$(stat -c %s page.html)"
plugreport html -o - >piped.html
expect_match "standard output" "$(tail -n 1 piped.html)" '^</html>$'

# The page is complete without JavaScript as far as its overview goes.
for part in '<noscript>' 'glibc' "$(plugreport info | sed -n 's/^ *bindings *//p')" "$host"; do
	expect_true "the page has $part" grep -qF -- "$part" page.html
done

# What the policy allows is the viewer's script and style, by their hashes, and nothing else.
policy=$(sed -n 's/.*Content-Security-Policy" content="\([^"]*\)".*/\1/p' page.html)
expect_match "policy" "$policy" "^default-src 'none'; script-src 'sha256-[^']*'; style-src 'sha256-[^']*'; base-uri 'none'; form-action 'none'\$"
hash_of() { # ELEMENT'S TAG
	perl -0777 -ne "print \$1 if m{<$1>(.*?)</${1%% *}>}s" page.html | openssl dgst -sha256 -binary | base64
}
if command -v openssl >/dev/null; then
	expect_match "the script's hash" "$policy" "script-src 'sha256-$(hash_of 'script type="module"' | sed 's/[+]/[+]/g')'"
	expect_match "the style's hash" "$policy" "style-src 'sha256-$(hash_of style | sed 's/[+]/[+]/g')'"
fi
expect_eq "nothing is loaded" "$(grep -oiE ' (src|href)="?[a-z/.]|url\([^#]|@import|https?:' page.html |
	grep -v '^http:$' || true)" ""

# A page that can't be written leaves the old one.
cp page.html before.html
expect_eq "no such directory" "$(plugreport html -o no/such/page.html 2>&1; echo $?)" \
	"plugreport: no/such/page.html: No such file or directory
3"
expect_eq "a full disk" "$(plugreport html -o /dev/full 2>&1; echo $?)" \
	"plugreport: /dev/full: No space left on device
3"
expect_match "no room" "$(ulimit -f 8; trap '' XFSZ; plugreport html -o page.html 2>&1; echo $?)" '^3$'
expect_true "the old page is whole" cmp page.html before.html
expect_eq "no file is left beside it" "$(find . -name '*.tmp')" ""
expect_eq "no such process" "$(plugreport html --pid 1 -o none.html 2>&1; echo $?)" \
	"plugreport: no process 1 in the newest run; see 'plugreport processes --all'
1"
expect_true "nothing is written then" [ ! -e none.html ]

# --open starts what BROWSER names, with the page's full path.
cat >browser <<-'EOF'
	#!/bin/sh
	echo "$1" >"$(dirname "$0")/opened.new"
	mv "$(dirname "$0")/opened.new" "$(dirname "$0")/opened"
EOF
chmod +x browser
BROWSER=$PWD/browser plugreport html -o page.html --open -q
for _ in $(seq 100); do
	[ ! -e opened ] || break
	sleep 0.1
done
expect_eq "what the browser was asked for" "$(cat opened)" "$(realpath page.html)"
expect_match "no browser" "$(unset DISPLAY WAYLAND_DISPLAY; BROWSER= plugreport html --open 2>&1)" \
	'no browser to open plugaudit\.html in'

# Two recordings: the page is of the second one, with what differs from the first one.
PLUGAUDIT_DB=$PWD/other.db LD_LIBRARY_PATH=$(dirname "$host")/plugins/png/lib audit "$host" jpeg >out
plugreport html --diff plugaudit.db other.db -o diff.html -q
expect_match "a page of the second one" "$(sed -n 's/.*<title>\(.*\)<.title>.*/\1/p' diff.html)" ' jpeg$'
for wrong in "--diff" "--diff plugaudit.db" "plugaudit.db other.db" "--diff plugaudit.db other.db#x"; do
	# shellcheck disable=SC2086
	expect_match "html $wrong" "$(plugreport html $wrong -o none.html 2>&1; echo $?)" '^2$'
done
expect_eq "no such recording" "$(plugreport html --diff plugaudit.db gone.db -o none.html >said 2>&1; echo $?)" 3
expect_true "nothing is written then" [ ! -e none.html ]

# Several processes, one of them executed by another.
PLUGAUDIT_DB=$PWD/tree.db plugreport record -o tree.db -- sh -c 'ls >/dev/null; exec env true' >out
PLUGAUDIT_DB=$PWD/tree.db plugreport html -o tree.html -q
expect_true "a tree of processes" grep -qF "$(PLUGAUDIT_DB=$PWD/tree.db db 'SELECT pid FROM process ORDER BY id DESC LIMIT 1')" tree.html
