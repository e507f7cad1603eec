# plugreport export: each format is what its readers expect, has everything, and holds hostile names.
. "$TOP/tests/lib.sh"
need python3

so libdep.so <<<'int dep(void) { return 1; }'
so plug.so ./libdep.so -Wl,-rpath,'$ORIGIN' <<'C'
#include <dlfcn.h>
int dep(void);
int run(void) { return dep(); }
__attribute__((constructor)) static void inner(void) { dlopen("./inner.so", RTLD_NOW); }
C
so inner.so <<<'int inner;'
mkdir one two
for i in one two; do
	so $i/libcopy.so.1 <<<"int copy_state; int copy(void) { return copy_state; } int $i;"
done
program host <<'C'
#include <dlfcn.h>
#include <pthread.h>
static const char *name;
static void *load(void *unused)
{
	(void)unused;
	return dlopen(name, RTLD_NOW);
}
int main(int argc, char **argv)
{
	pthread_t thread;
	for (int i = 1; i < argc; i++)
		dlopen(argv[i], RTLD_NOW);
	dlopen("./libdep.so", RTLD_NOLOAD | RTLD_GLOBAL | RTLD_NOW);
	dlclose(dlopen("./one/../two/libcopy.so.1", RTLD_NOW));
	name = argv[1];
	pthread_create(&thread, 0, load, 0);
	pthread_join(thread, 0);
	return 0;
}
C
evil=$'ev"\e[31m\n\\il,<&>.so'
cp libdep.so "$evil"
formula='=1+1.so'
cp inner.so "$formula"
audit ./host ./plug.so ./one/libcopy.so.1 ./two/libcopy.so.1 "./$evil" "$PWD/$formula"
rows() { db "SELECT count(*) FROM $1"; }

# json: every row, and what check finds.
plugreport export >all.json
python3 - "$(rows object) $(rows search) $(rows call) $(rows binding) $(rows activity)" <<'P' || fail "json"
import json, sys
document = json.load(open("all.json"))
assert document["plugaudit"] == 1 and document["command"] == "export" and document["losses"] == []
(process,) = document["processes"]
got = [len(process[name]) for name in ("objects", "searches", "calls", "bindings", "activities")]
assert got == [int(n) for n in sys.argv[1].split()], got
numbers = {o["object"] for o in process["objects"]}
assert all(n["resolved"] in numbers for o in process["objects"] for n in o["needed"])
assert all(b["from"] in numbers | {None} and b["to"] in numbers | {None} for b in process["bindings"])
assert any('ev"\x1b[31m\n\\il,<&>.so' in o["path"] for o in process["objects"])
assert any(f["rule"] == "duplicate-soname" for f in document["findings"])
P

# dot: graphviz draws it; edges, what is promoted, what is there twice, what was unloaded.
plugreport export --format=dot >graph.dot
expect_match "a dlopen" "$(cat graph.dot)" '^    p1_[0-9]+ -> p1_[0-9]+ \[style=dashed, label="main"\];$'
expect_match "promoted" "$(cat graph.dot)" 'label="libdep\.so", .*peripheries=2'
expect_eq "copies have one colour" "$(grep 'libcopy\.so\.1"' graph.dot | sed 's/.*fillcolor=//' | sort | uniq -c | sed 's/^ *//')" \
	'2 "/set312/1"];'
expect_no_match "no control characters" "$(cat graph.dot)" $'\e'
if command -v dot >/dev/null; then
	dot -Tsvg graph.dot >graph.svg 2>err || fail "dot: $(cat err)"
	expect_eq "graphviz has nothing to say" "$(cat err)" ""
	expect_match "the needed library is below who needs it" "$(dot -Tplain graph.dot | sed -n 's/^edge \([^ ]*\) \([^ ]*\) .*/\1 \2/p')" \
		"^$(sed -n 's/^ *\(p1_[0-9]*\) \[label="plug\.so".*/\1/p' graph.dot) $(sed -n 's/^ *\(p1_[0-9]*\) \[label="libdep\.so".*/\1/p' graph.dot)\$"
fi

# chrome-trace: the rules of the Trace Event Format, lanes, nesting; of one process, and of a tree of
# them with execs.
cat >check_trace.py <<'P'
import json, sys
trace = json.load(open(sys.argv[1]))
assert set(trace) == {"traceEvents", "displayTimeUnit"}, set(trace)
assert trace["displayTimeUnit"] in ("ms", "ns")
events = trace["traceEvents"]
process_names, thread_names, last = {}, {}, {}
members = {"M": {"ph", "name", "pid", "tid", "args"}, "X": {"ph", "name", "cat", "ts", "dur", "pid", "tid", "args"},
           "i": {"ph", "name", "cat", "ts", "s", "pid", "tid", "args"}}
for event in events:
    assert set(event) == members[event["ph"]], event
    lane = event["pid"], event["tid"]
    assert all(type(n) is int and n > 0 for n in lane), event
    assert isinstance(event["name"], str) and event["name"] and isinstance(event["args"], dict)
    if event["ph"] == "M":
        # Metadata: one name a process, one or more times the same for a thread, before its events.
        assert event["name"] in ("process_name", "thread_name") and set(event["args"]) == {"name"}, event
        if event["name"] == "process_name":
            assert event["pid"] not in process_names, event
            process_names[event["pid"]] = event["args"]["name"]
        else:
            assert thread_names.setdefault(lane, event["args"]["name"]) == event["args"]["name"], event
        continue
    assert lane in thread_names and lane[0] in process_names, event
    assert type(event["ts"]) in (int, float) and event["ts"] >= last.get(lane, 0), (event, last.get(lane))
    last[lane] = event["ts"]
    if event["ph"] == "X":
        assert event["dur"] >= 0
    else:
        assert event["s"] == "t"
spans = [e for e in events if e["ph"] == "X"]
lanes = {(e["pid"], e["tid"]) for e in spans}
# Spans of one thread contain one another, or follow each other: as B and E they would be balanced.
for lane in lanes:
    open_spans = []
    for e in sorted((e for e in spans if (e["pid"], e["tid"]) == lane), key=lambda e: (e["ts"], -e["dur"])):
        while open_spans and open_spans[-1]["ts"] + open_spans[-1]["dur"] <= e["ts"]:
            open_spans.pop()
        if open_spans:
            assert e["ts"] + e["dur"] <= open_spans[-1]["ts"] + open_spans[-1]["dur"] + 0.001, (e, open_spans[-1])
        open_spans.append(e)
P
cat check_trace.py - >one.py <<'P'
assert len(lanes) == 2 and len(thread_names) == 2, "two threads"
assert list(process_names.values()) == ["host"] and sorted(thread_names.values())[0] == "main thread"
def span(text):
    return next(e for e in spans if text in e["name"])
outer, inner = span('dlopen("./plug.so"'), span(sys.argv[2])
assert outer["ts"] <= inner["ts"] and inner["ts"] + inner["dur"] <= outer["ts"] + outer["dur"] + 0.001
assert span("start host")["args"]["seq"] == 0
assert any(e["ph"] == "i" and "promoted" in e["name"] for e in events)
P
plugreport export --format=chrome-trace >trace.json
inner='dlopen("./inner.so"'
glibc_at_least 2.35 || inner='dlopen("./plug.so"' # in a constructor, bound at load: that is not seen
python3 one.py trace.json "$inner" || fail "chrome-trace"
PLUGAUDIT_DB=$PWD/tree.db audit sh -c './host ./one/libcopy.so.1; ./host ./two/libcopy.so.1; exec ./host ./plug.so'
plugreport export --format=chrome-trace -d tree.db >tree.json
cat check_trace.py - >tree.py <<'P'
shell = sys.argv[2]
# A shell may fork or vfork for the two that it waits for; the last one takes its own place.
assert len(process_names) == 3 and f"{shell}, host" in process_names.values(), process_names
assert all(name in ("host", f"{shell}, host") for name in process_names.values()), process_names
assert sum("start host" == e["name"] for e in spans) == 3 and any(f"start {shell}" == e["name"] for e in spans)
P
python3 tree.py tree.json "$(basename "$(readlink -f "$(command -v sh)")")" || fail "chrome-trace of a tree"

# A pid that a later process got again: that one has events of its own.
cp tree.db reused.db
children="FROM process WHERE pid <> (SELECT pid FROM process WHERE parent IS NULL)"
sqlite3 reused.db "UPDATE process SET pid = (SELECT min(pid) $children) WHERE pid = (SELECT max(pid) $children)"
plugreport export --format=chrome-trace -d reused.db >reused.json
python3 tree.py reused.json "$(basename "$(readlink -f "$(command -v sh)")")" || fail "chrome-trace of a pid that was reused"
expect_true "it was" [ "$(sqlite3 reused.db "SELECT count(DISTINCT pid) FROM process")" = 2 ]

# csv: RFC 4180; the views' columns; formulas are none.
for table in objects:v_object bindings:v_binding searches:v_search calls:v_call processes:v_process; do
	plugreport export --format=csv --table="${table%:*}" >table.csv
	python3 - "$(db "SELECT count(*) FROM ${table#*:}")" <<'P' || fail "csv of $table"
import csv, sys
data = open("table.csv", newline="", encoding="utf-8").read()
rows = list(csv.reader(data.splitlines(keepends=True), strict=True))
assert len(rows) == int(sys.argv[1]) + 1, (len(rows), sys.argv[1])
assert all(len(row) == len(rows[0]) for row in rows)
assert data.endswith("\r\n")
assert all(not cell.startswith(("=", "+", "@")) for row in rows for cell in row)
P
done
plugreport export --format=csv >objects.csv
expect_eq "columns" "$(head -1 objects.csv | tr -d '\r"')" \
	"$(db "SELECT group_concat(name) FROM pragma_table_info('v_object')")"
expect_match "quotes are doubled" "$(cat objects.csv)" '"\./ev""'
cp "$PLUGAUDIT_DB" formula.db
sqlite3 formula.db "UPDATE object SET soname = '=cmd|x' WHERE path LIKE '%libdep.so'"
expect_match "a formula is none" "$(plugreport export --format=csv -d formula.db)" "\"'=cmd\\|x\""
for format in json dot chrome-trace csv; do
	expect_eq "$format of nothing" "$(plugreport export --format=$format --pid 1 2>err >out; echo $?; wc -l <err)" "1
1"
done
