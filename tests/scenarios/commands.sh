# plugreport's commands on the recording of a plugin host: text for people, JSON of the documented
# shape, exit statuses.
. "$TOP/tests/lib.sh"
need_dlmopen

host=$BUILD/tests/demo-host/host
[ -x "$host" ] || skip "the plugin host is not built: make tests"
where=$(dirname "$host")
audit "$host" >out
expect_sound

json() { # COMMAND... -- PATH: a value of its JSON answer
	local command=()
	while [ "$1" != -- ]; do command+=("$1"); shift; done
	plugreport "${command[@]}" --json >answer.json || return
	sqlite3 -batch :memory: "SELECT CASE WHEN json_valid(readfile('answer.json'))
		THEN json_extract(readfile('answer.json'), '$2') ELSE 'no JSON' END"
}

for command in "why-loaded libtext.so" "why-found libtext.so" "why-found libgone.so" objects tree \
	searches calls "calls --stack" bindings processes namespaces info; do
	# shellcheck disable=SC2086
	{
		expect_true "$command says something" [ -n "$(plugreport $command)" ]
		expect_eq "$command --json" "$(json $command -- '$.plugaudit')" 1
		expect_true "$command --all" [ -n "$(plugreport $command --all)" ]
	}
	expect_no_match "$command colours only terminals" "$(plugreport $command)" $'\e'
done
for pair in objects:object searches:search calls:call bindings:binding processes:process; do
	plugreport "${pair%:*}" --all --json >answer.json
	expect_eq "${pair%:*} --json has every row" "$(sqlite3 -batch :memory: "SELECT
		json_array_length(readfile('answer.json'), '\$.${pair%:*}')")" \
		"$(db "SELECT count(*) FROM ${pair#*:}")"
done

# The chain from the program down, with the place in the source that asked.
answer=$(plugreport why-loaded libtext.so)
for part in 'libtext\.so' 'librender\.so' 'report\.so' 'dlopen' 'plugin_open' 'core\.c:[0-9]+' \
	'libhostcore\.so' 'RPATH' 'host\.c:[0-9]+'; do
	expect_match "why-loaded libtext.so" "$answer" "$part"
done
for name in libtext.so "$where/plugins/report/../../common/libtext.so" "$where/common/libtext.so" 'libte*'; do
	expect_match "why-loaded $name" "$(plugreport why-loaded "$name")" 'report\.so'
done
expect_match "a copy in another namespace is explained too" "$(plugreport why-loaded libcodec.so.1)" \
	'sandbox\.so'
expect_match "dlmopen" "$(plugreport why-loaded sandbox.so)" 'dlmopen'
expect_match "what libc loads by itself, or the program needs" "$(plugreport why-loaded libc.so.6)" \
	'DT_NEEDED|needed'

answer=$(plugreport why-found libgone.so)
for part in '/opt/host/lib' 'RUNPATH' 'broken\.so' 'ld\.so\.cache' 'not found|nowhere|missing'; do
	expect_match "why-found libgone.so" "$answer" "$part"
done
expect_match "why-found libextra.so" "$(plugreport why-found libextra.so)" 'libhostcore\.so'

calls=$(plugreport calls)
for command in calls tree objects namespaces "why-loaded libtext.so"; do
	# shellcheck disable=SC2086
	expect_match "$command says what is inferred" "$(plugreport $command)" '\binferred\b'
done
expect_no_match "calls speaks to people" "$calls" 'nested-|failed-search|name-match'
expect_match "calls" "$calls" 'failed: libgone.so was not found, or not usable; broken.so needs it +vain search'
expect_match "calls" "$calls" 'dlmopen.*sandbox\.so'
expect_match "namespaces" "$(plugreport namespaces)" 'sandbox\.so'
expect_match "info names glibc" "$(plugreport info)" "$(db "SELECT glibc FROM process")"
expect_no_match "ld.so's own look-ups are not the program's" "$(plugreport bindings --symbol realloc --from host)" \
	'dlsym'
expect_match "--all shows them" "$(plugreport bindings --symbol realloc --from host --all)" 'dlsym'
expect_no_match "nothing is inferred about the program" "$(plugreport why-loaded host)" inferred
expect_match "bindings --symbol" "$(plugreport bindings --symbol codec_name)" 'codec_name'
expect_eq "sql --json" "$(plugreport sql "SELECT 6 * 7 AS answer" --json >answer.json
	sqlite3 -batch :memory: "SELECT json_extract(readfile('answer.json'), '\$.rows[0].answer')")" 42

status_of() {
	local status=0
	"$@" >status.out 2>status.err || status=$?
	echo $status
}
expect_eq "nothing matched" "$(status_of plugreport why-loaded libtxet.so)" 1
expect_match "the near names are named" "$(cat status.err)" 'libtext\.so'
expect_eq "no such command" "$(status_of plugreport why-laoded x)" 2
expect_eq "too few arguments" "$(status_of plugreport why-loaded)" 2
expect_eq "unknown option" "$(status_of plugreport objects --no-such-option)" 2
expect_eq "no database" "$(status_of plugreport objects -d nowhere.db)" 3
echo 'this is no database' >text.db
expect_eq "not a database" "$(status_of plugreport objects -d text.db)" 3
cp status.err text.err
PLUGAUDIT_DB=$PWD/text.db PLUGAUDIT_FLUSH=off audit /bin/true
expect_eq "nor with spools beside it" "$(status_of plugreport objects -d text.db)" 3
expect_eq "said once" "$(wc -l <status.err)" 1
cmp text.err status.err || fail "another message: $(cat status.err)"
rm text.db.*.spool
# What has no answer in text has none inside of the JSON either.
for command in "objects nowhere.so" "why-loaded nowhere.so" "why-found nowhere.so" "calls --name nowhere.so" \
	"bindings --symbol nowhere" "searches --name nowhere.so" "objects --pid 1" "info --pid 1"; do
	# shellcheck disable=SC2086
	plugreport $command --json >both 2>&1 || true
	expect_match "$command: remarks stand behind the answer" "$(tail -n 1 both)" "^plugreport: "
	expect_eq "$command: once" "$(grep -c '^plugreport: ' both)" 1
	expect_eq "$command: JSON before it" "$(sed '$d' both >answer.json
		sqlite3 -batch :memory: "SELECT json_valid(readfile('answer.json'))")" 1
done
sqlite3 other.db "CREATE TABLE t(x)"
expect_eq "somebody else's database" "$(status_of plugreport objects -d other.db)" 3
for statement in "DELETE FROM object" "CREATE TABLE t(x)" "PRAGMA user_version = 7" "ATTACH 'x.db' AS x" \
	"SELECT 1; DROP TABLE object"; do
	expect_eq "sql refuses: $statement" "$(status_of plugreport sql "$statement")" 2
done
for statement in "SELEC 1" "SELECT * FROM nowhere" "" "SELECT json_extract('{', '$')"; do
	expect_eq "sql can't run: $statement" "$(status_of plugreport sql "$statement")" 2
done

# Headings are as little trusted as cells.
cp "$PLUGAUDIT_DB" view.db
sqlite3 view.db "CREATE VIEW v AS SELECT 1 AS \"x$(printf '\033]0;owned\a')\""
expect_eq "a view's heading" "$(plugreport sql -d view.db 'SELECT * FROM v')" \
'  x\x1b]0;owned\x07
  1'
expect_true "objects are still there" [ "$(db "SELECT count(*) FROM object")" -gt 10 ]
expect_eq "--help" "$(status_of plugreport --help)" 0
expect_eq "--version" "$(status_of plugreport --version)" 0

# Several runs in one database: the newest counts, unless another is asked for.
audit /bin/true
expect_match "the newest run" "$(plugreport objects)" '/true( |$)'
expect_no_match "only that" "$(plugreport objects)" 'libhostcore'
expect_match "--run 1" "$(plugreport objects --run 1)" 'libhostcore'
expect_no_match "--run 1" "$(plugreport objects --run 1)" '/true( |$)'
expect_match "--all" "$(plugreport processes --all)" 'host'
expect_match "--all" "$(plugreport processes --all)" 'true'
pid=$(db "SELECT pid FROM v_process WHERE exe LIKE '%/host'")
expect_match "--pid" "$(plugreport objects --run 1 --pid "$pid")" 'libhostcore'
expect_eq "no such pid" "$(status_of plugreport objects --pid 1)" 1
