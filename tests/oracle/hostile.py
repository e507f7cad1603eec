#!/usr/bin/env python3
"""hostile.py PLUGREPORT MODULE DATABASE... - no command and no format does harm with hostile names.

Run in an empty directory; the databases have names that try to be more than names.  What each command
prints, on standard output and standard error, into pipes and on a terminal, is looked at byte by byte:
no control characters but newlines (and, where colours are asked for, colours), nothing that reorders
or hides text, UTF-8.  JSON, SARIF, CSV and dot are parsed.  Commands come from plugreport's own table;
one that is not tried here is an error.
"""
import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import xml.etree.ElementTree

plugreport, module, *databases = (os.path.abspath(word) for word in sys.argv[1:])
ESCAPE = "\x1b]0;owned\x07\x1b[31m\u202e\x9b1m\x7f\r\n\t\u2066.so"

# Operands and options of each command's runs, below which more are made of each.
EVERYTHING = [[], ["--all"], ["--no-demangle"]]
RUNS = {
    "record": [],  # on its own, below
    "why-loaded": [["*"], ["*", "--all"]],
    "why-found": [["*"], ["*", "--all"]],
    "why-bound": [["*"], ["*", "--all", "--no-demangle"]],
    "check": EVERYTHING + [["--rule=*"]],
    "explain": [[], ["*"]],
    "diff": [[databases[0] + "#1", databases[1]], [databases[1], databases[0]]],
    "export": EVERYTHING,
    "objects": EVERYTHING,
    "object": [["*"], ["*", "--all"]],
    "tree": EVERYTHING,
    "searches": EVERYTHING + [["--missing"], ["--name=*"]],
    "calls": EVERYTHING + [["--stack"], ["--name=*"]],
    "bindings": EVERYTHING + [["--unbound"], ["--symbol=*"]],
    "duplicates": EVERYTHING,
    "interpositions": EVERYTHING + [["--symbol=*"]],
    "processes": EVERYTHING,
    "namespaces": EVERYTHING,
    "why-global": [["*"]],
    "promotions": EVERYTHING,
    "why-resident": [["*"]],
    "timeline": EVERYTHING,
    "scopes": EVERYTHING + [["*"], ["--at=700"]],
    "units": EVERYTHING + [["*"]],
    "info": EVERYTHING,
    "verify": EVERYTHING,
    "html": [["-o", "page.html"]],
    "sql": [["SELECT * FROM %s" % view] for view in
            ("object", "process", "v_call", "v_search", "v_binding", "environment", "stack_frame")]
           + [["SELECT tried AS '" + ESCAPE + "' FROM search"]],
    "pack": [["-o", "packed.db"]],
    "ingest": [[]],
}
# These show no names of this recording.
NAMELESS = {"explain", "ingest", "record", "units", "verify", "promotions"}

HARMFUL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
SHOWN = re.compile(r"\\x1b|\\u001b|\\u202e|\\u\{202e\}|\\x9b|\\u009b")

ran = 0
shown = set()


def fail(words, what):
    sys.exit("FAILED: plugreport %s: %s" % (" ".join(ascii(w) for w in words), what))


def check(words, data, colours=False, terminal=False, lines=False):
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        fail(words, "not UTF-8: %s" % error)
    plain = COLOUR.sub("", text) if colours else text
    if terminal or lines:
        plain = plain.replace("\r\n", "\n")
    found = HARMFUL.search(plain)
    if found:
        at = found.start()
        fail(words, "%a in the answer: %a" % (found[0], plain[max(at - 60, 0):at + 60]))
    if SHOWN.search(text):
        shown.add(words[0])
    return text


def run(words, **how):
    """Run it into pipes; standard output as text, and the exit status."""
    global ran
    ran += 1
    done = subprocess.run([plugreport, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    if done.returncode not in (0, 1, 2, 3):
        fail(words, "exit status %d: %a" % (done.returncode, done.stderr[-2000:]))
    check(words, done.stderr)
    return check(words, done.stdout, **how), done.returncode


def run_on_terminal(words):
    global ran
    ran += 1
    master, slave = pty.openpty()
    environment = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8", COLUMNS="80")
    process = subprocess.Popen([plugreport, *words], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
                               env=environment, close_fds=True)
    os.close(slave)
    data = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        data += part
    os.close(master)
    process.wait(120)
    # What is in progress is told on a line that is wiped out again.
    check(words, data.replace(b"\r\x1b[K", b""), colours=True, terminal=True)


def parse_json(words, text, status):
    if not text and status:
        return None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        fail(words, "not JSON: %s" % error)


def check_page(words, page):
    """What is of the recording; the viewer's own style and script are indented with tabs."""
    own = re.compile(rb"<style>.*?</style>|<script type=\"module\">.*?</script>", re.S)
    text = check(words, own.sub(b"", page))
    if len(own.findall(page)) != 2 or text.count("<script") != 1:
        fail(words, "another script or style in the page")


def try_formats(words):
    run(words)
    run_on_terminal(words)
    document = parse_json(words, *run(words + ["--json"]))
    if document is not None and document.get("plugaudit") != 1:
        fail(words, "JSON of another format")


def try_database(database):
    for command, runs in RUNS.items():
        for arguments in runs:
            words = [command, *arguments]
            if command not in ("diff", "explain"):
                words += ["-d", database]
            if command in ("html", "pack"):
                run_on_terminal(words)
            if command == "pack":
                os.unlink("packed.db")
            if command == "export":
                try_exports(words)
            elif command in ("html", "pack"):
                run(words + ["--json"])
                if command == "html":
                    check_page(words, open("page.html", "rb").read())
                else:
                    os.unlink("packed.db")
            else:
                try_formats(words)
    sarif = ["check", "--sarif", "--all", "-d", database]
    document = parse_json(sarif, *run(sarif))
    if document["version"] != "2.1.0" or not document["runs"][0]["results"]:
        fail(sarif, "no results")


def try_exports(words):
    parse_json(words, *run(words + ["--format=json"]))
    trace = parse_json(words, *run(words + ["--format=chrome-trace"]))
    if not trace["traceEvents"]:
        fail(words, "an empty trace")
    for table in ("objects", "bindings", "searches", "calls", "processes"):
        text, _ = run(words + ["--format=csv", "--table=" + table], lines=True)
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        if len(rows) < 2 or {len(row) for row in rows} != {len(rows[0])}:
            fail(words, "csv of %s: %d rows" % (table, len(rows)))
        if any(cell[:1] in ("=", "+", "-", "@") and not cell[1:].isdigit() for row in rows for cell in row):
            fail(words, "a formula in csv of %s" % table)
    graph, _ = run(words + ["--format=dot"])
    drawn = subprocess.run(["dot", "-Tsvg"], input=graph.encode(), capture_output=True, timeout=120)
    if drawn.returncode:
        fail(words, "dot: %a" % drawn.stderr)
    svg = check(words, drawn.stdout)
    if not list(xml.etree.ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g")):
        fail(words, "an empty graph")


def expect_message(words, status):
    """A message, on one line, harmless; what it says is not this test's."""
    global ran
    ran += 1
    done = subprocess.run([plugreport, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    check(words, done.stdout, lines=True)
    text = check(words, done.stderr)
    if done.returncode != status or not text.startswith("plugreport: "):
        fail(words, "exit status %d, wanted %d: %a" % (done.returncode, status, text))


def try_messages(database):
    given = ["-d", database]
    long = "x" * 100000 + ESCAPE
    for name in (ESCAPE, long):
        for command in ("why-loaded", "why-found", "why-bound", "object", "why-global", "why-resident",
                        "objects", "scopes", "duplicates", "interpositions", "units"):
            expect_message([command, name, *given], 1)
        expect_message([name], 2)
        expect_message(["info", "--" + name], 2)
        expect_message(["tree", name, *given], 2)
        expect_message(["explain", name], 1)
        expect_message(["bindings", "--kind=" + name, *given], 2)
        expect_message(["info", "--pid=" + name, *given], 2)
        expect_message(["objects", "--exe=" + name, *given], 1)
        expect_message(["check", "--rule=" + name, *given], 2)
        expect_message(["check", "--suppressions=" + name, *given], 2)
        expect_message(["sql", "SELECT '" + name, *given], 2)
        expect_message(["record", "--", name], 127)
        expect_message(["info", "-d", name], 3)
        expect_message(["diff", name, database], 3)
        expect_message(["export", "--format=" + name, *given], 2)
        expect_message(["html", "-o", name + "/page.html", *given], 3)
    expect_message(["-\x1b"], 2)
    with open("supp" + ESCAPE, "w") as file:
        file.write("[" + ESCAPE + "]\n")
    expect_message(["check", "--suppressions=supp" + ESCAPE, *given], 2)
    with open(ESCAPE, "w") as file:
        file.write("no database, and no spool" * 1000)
    expect_message(["info", "-d", ESCAPE], 3)
    expect_message(["ingest", ESCAPE, "-d", "new.db"], 3)


def try_recording():
    """A program with such arguments, in such a directory, recorded into such a database."""
    os.mkdir("in" + ESCAPE)
    database = os.path.join(os.path.abspath("in" + ESCAPE), "db" + ESCAPE)
    os.symlink("/bin/true", "in" + ESCAPE + "/true" + ESCAPE)
    os.chdir("in" + ESCAPE)
    run(["record", "-o", database, "--", "./true" + ESCAPE, ESCAPE, "x" * 100000])
    for command in ("processes", "info", "tree"):
        try_formats([command, "-d", database])
    run_on_terminal(["record", "-o", database, "--", "./true" + ESCAPE])
    # And the module itself, which can't record there.
    words = ["true"]
    environment = dict(os.environ, LD_AUDIT=module, PLUGAUDIT_DB="/nowhere/" + ESCAPE)
    done = subprocess.run(["/bin/true"], env=environment, capture_output=True, timeout=120)
    if done.returncode or not done.stderr:
        fail(words, "exit status %d, and %a" % (done.returncode, done.stderr))
    check(words, done.stderr)
    os.chdir("..")


def main():
    table = subprocess.run([plugreport, "--list-commands"], capture_output=True, text=True, check=True)
    commands = set(table.stdout.split())
    if commands != set(RUNS):
        sys.exit("FAILED: commands that are not tried here, or are not there: %s" %
                 " ".join(sorted(commands ^ set(RUNS))))
    for database in databases:
        try_database(database)
    for command in sorted(commands - shown - NAMELESS):
        sys.exit("FAILED: %s shows nothing of the names" % command)
    try_messages(databases[0])
    try_recording()
    print("%d answers of %d commands are harmless" % (ran, len(commands)))


main()
