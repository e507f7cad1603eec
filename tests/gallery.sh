# shellcheck shell=bash
# gallery.sh - what the scenarios of one program, one paragraph and one transcript share; read after
# lib.sh.  ld.so is the judge: what it prints for the same run must be what was recorded.

. "$TOP/tests/oracle/bindings.sh"

# TEST_WRITE=DIRECTORY: transcripts are not compared, but written there, to be read and taken over;
# the tests that make them, one at a time, run in the directory that the manual speaks of.
if [ -n "${TEST_WRITE:-}" ]; then
	rm -rf /opt/app
	mkdir -p /opt/app
	cd /opt/app
	export PLUGAUDIT_DB=$PWD/plugaudit.db
fi

# judge [VARIABLE=VALUE...] COMMAND...: loads, searches and bindings are those that LD_DEBUG tells; then a plain recording
# for the transcript, whose output stands in program.out.
judge() {
	local status=0

	(equal_to_ld_debug "$@" && bindings_equal "$@") >judged.out 2>&1 || fail "$*: $(cat judged.out)"
	rm -f "$PLUGAUDIT_DB"*
	env LD_AUDIT="$MODULE" "$@" >program.out 2>&1 </dev/null || status=$?
	[ $status -le 1 ] || fail "$* ended with $status: $(cat program.out)"
	expect_sound
	model_agrees
}

# What differs from run to run and from machine to machine: times, pids, addresses, this directory,
# how a name in this directory is written,
# the C library's own frames and directories, where /lib is /usr/lib which of the two ld.so.cache says, whether node has a library of its own; how wide columns came out by that;
# how large OCaml's library is, and in how many words its Dynlink says what dlopen said; what Open MPI says where
# there is no /sys; and who told of a binding: before glibc 2.35 ld.so says nothing of those made at load,
# and before 2.34 dlopen is in a library of its own.
normalised() {
	local source='\1'
	glibc_at_least 2.35 || source=SOURCE
	sed -E -e "s#$PWD|/opt/app#DIR#g" -e 's#DIR/\./#DIR/#g' -e 's#"\./#"DIR/#g' -e '/ #[0-9]+ .*(libc\.so\.6|_start\()/d' -e '/default directory/d' \
		-e 's/ #[0-9]+ / # /' -e 's/\.\.\. [0-9]+ (more|frames)/... N \1/' \
		-e 's/[0-9.]+ m?s( |,|$)/TIME\1/g' -e 's/TIME +[0-9]+ /TIME  TID /' -e 's/(process|thread) [0-9]+/\1 PID/g' \
		-e 's/^ +[0-9]+ [a-z0-9.-]+ +TIME/PROCESS  TIME/' -e 's/0x[0-9a-f]+/ADDRESS/g' -e 's/ [0-9a-f]{12} / BUILD-ID /' -e 's/[0-9a-f]{40}/BUILD-ID/' \
		-e 's/(python|php|lua|ruby|tcl|java)-?[0-9][0-9.]*/\1N/g' -e 's/libnode\.so\.[0-9]+/node/g' \
		-e 's/after [0-9]+ paths? in vain/after N paths in vain/' -e 's/(at least )?TIME( to TIME)?/TIME/g' \
		-e 's/and [0-9]+ more that no plugin/and N more that no plugin/' \
		-e 's/^(error loading shared library: ).*(undefined symbol: [A-Za-z]+).*/\1\2/' \
		-e '/[| x`-]libdl\.so\.2  /d' -e 's/ libdl\.so\.2,//' -e '/^\[hwloc\//d' -e 's#/usr/lib/x86_64-linux-gnu/#/lib/x86_64-linux-gnu/#g' \
		-e '/^ *(TIME)?[| x`-]*(\/lib64\/)?(ld-linux|linux-vdso)[^ ]*( |$)/d' \
		-e "s/ (la_symbind|relocation)( |\$)/ $source\2/" -e 's/  +/  /g' -e 's/ +$//' -e '/^$/d'
}

# transcript < TEXT: lines that begin with "$ " are commands, run here; what they print follows them.
# Compared whole, normalised.  The program's own output is `cat program.out`.
transcript() {
	cat >wanted.txt
	run_commands <wanted.txt >got.txt
	compare_transcript "$TEST_NAME"
}

# recipe NAME: the transcript that plugreport-recipes(7) has behind `.\" recipe NAME`.  There the
# directory is called /opt/app, and the module has no path.
recipe() {
	local page=$TOP/report/plugreport-recipes.7

	sed -n "/^\.\\\\\" recipe $1\$/,/^\.EE\$/p" "$page" | sed -e '1,/^\.EX$/d' -e '/^\.EE$/d' \
		-e 's/^\\&//' -e 's/\\-/-/g' -e 's/\\(aq/'"'"'/g' -e 's/\\e/\\/g' >wanted.txt
	[ -s wanted.txt ] || fail "plugreport-recipes(7) has no recipe $1"
	run_commands <wanted.txt >got.txt
	compare_transcript "$1"
}

# prepare NAME: run the commands that plugreport-recipes(7) has behind `.\" prepare NAME`: they make the files that
# recipe NAME counts on.  Indented, as people copy them from the page that man shows.
prepare() {
	local text
	text=$(sed -n "/^\.\\\\\" prepare $1\$/,/^\.EE\$/p" "$TOP/report/plugreport-recipes.7" | sed -e '1,/^\.EX$/d' -e '/^\.EE$/d' \
		-e 's/^\\&//' -e 's/\\-/-/g' -e 's/\\(aq/'"'"'/g' -e 's/\\e/\\/g' -e 's/^/       /')
	[ -n "$text" ] || fail "plugreport-recipes(7) has no preparation $1"
	text=${text//LD_AUDIT=libplugaudit.so/LD_AUDIT=$MODULE}
	eval "${text//gcc /$CC }"
}

run_commands() {
	local line command
	while IFS= read -r line; do
		case $line in '$ '*) ;; *) continue ;; esac
		echo "$line"
		command=${line#\$ }
		command=${command//\/opt\/app/$PWD}
		eval "${command//LD_AUDIT=libplugaudit.so/LD_AUDIT=$MODULE}" 2>&1 </dev/null || true
	done
}

compare_transcript() { # NAME
	if [ -n "${TEST_WRITE:-}" ]; then
		cp got.txt "$TEST_WRITE/$1.txt"
		return
	fi
	normalised <wanted.txt >wanted.normalised
	normalised <got.txt >got.normalised
	diff -u wanted.normalised got.normalised || fail "$1: another answer (- as written, + what comes out)"
}

# --- whole systems

# explained COMMAND...: the software runs as ever, every library that it loads is explained (guest, in
# lib.sh), and the model of ld.so agrees with each of its bindings.
explained() {
	guest "$@"
	model_agrees
}

model_agrees() {
	plugreport --list-commands | grep -qx verify || return 0
	[ "$(db "SELECT count(*) FROM process")" -gt 0 ] && plugreport verify --all >verify.out 2>&1 || fail "verify: $(tail -n 40 verify.out)"
}
