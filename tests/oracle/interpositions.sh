# shellcheck shell=bash
# interpositions.sh - what the tests of interpositions share; read after lib.sh.

# interpositions_right COMMAND...: record it in a new database while ld.so prints what it binds;
# `plugreport interpositions` must say the same, and be complete about the objects in this directory.
# Its whole answer is left in all.json, its standard output in ld-debug.out.
interpositions_right() {
	mkdir -p ld-debug
	rm -f ld-debug/* "$PLUGAUDIT_DB"*
	env LD_AUDIT="$MODULE" LD_DEBUG=bindings,files LD_DEBUG_OUTPUT="$PWD/ld-debug/log" \
		PLUGAUDIT_FLUSH=off "$@" >ld-debug.out 2>ld-debug.err </dev/null ||
		fail "$*: $(cat ld-debug.err)"
	ingest
	plugreport interpositions --all --json >all.json
	perl "$TOP/tests/oracle/interpositions.pl" all.json "$PWD/ld-debug/log" \
		$(find . -type f \( -name '*.so' -o -name '*.so.*' -o -perm -u+x \) ! -name '*.db*') >oracle.out ||
		fail "interpositions of $*: $(cat oracle.out)"
	cat oracle.out
	expect_sound
	model_agrees
}

# interest_of SYMBOL: "interest reason what,what" of a symbol (linker's name), for each namespace.
interest_of() {
	python3 - "$1" <<'END'
import json, sys
for process in json.load(open("all.json"))["processes"]:
    for s in process["symbols"]:
        if s["linker_symbol"] == sys.argv[1]:
            print(s["interest"], s["reason"] or "-", ",".join(s["what"]) or "-")
END
}

expect_interest() { # SYMBOL WANTED
	expect_eq "interest of $1" "$(interest_of "$1")" "$2"
}

# duplicates_of [OPTION...]: "kind verdict name: file(lost) file(lost); state: names" a line
duplicates_of() {
	plugreport duplicates --json "$@" >duplicates.json
	python3 - <<'END'
import json, os
for process in json.load(open("duplicates.json"))["processes"]:
    for d in process["duplicates"]:
        copies = " ".join("%s(%d)" % (os.path.relpath(c["path"]), c["own_bound_elsewhere"])
                          for c in d["copies"])
        split = sorted(s["linker_symbol"] for s in d["symbols"] if s["bound"] > 1)
        print("%s %s %s: %s; split: %s" % (d["kind"], d["verdict"], d["name"] or "-", copies,
                                           " ".join(split) or "-"))
END
}

expect_duplicates() { # WANTED [OPTION...]
	local wanted=$1
	shift
	expect_eq "duplicates" "$(duplicates_of "$@")" "$wanted"
}
