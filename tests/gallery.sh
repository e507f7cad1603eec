# shellcheck shell=bash
# gallery.sh - what the scenarios of one program, one paragraph and one transcript share; read after
# lib.sh.  ld.so is the judge: what it prints for the same run must be what was recorded.

. "$TOP/tests/oracle/bindings.sh"

need_dlmopen() {
	local glibc
	glibc=$(getconf GNU_LIBC_VERSION)
	[ "$(printf '%s\n' "${glibc#glibc }" 2.35 | sort -V | head -n 1)" = 2.35 ] ||
		skip "before glibc 2.35, ld.so crashes in dlmopen when there is any auditor"
}

# judge [VARIABLE=VALUE...] COMMAND...: loads, searches and bindings are those that LD_DEBUG tells; then a plain recording
# for the transcript, whose output stands in program.out.
judge() {
	local status=0

	(equal_to_ld_debug "$@" && bindings_equal "$@") >judged.out 2>&1 || fail "$*: $(cat judged.out)"
	rm -f "$PLUGAUDIT_DB"*
	env LD_AUDIT="$MODULE" "$@" >program.out 2>&1 </dev/null || status=$?
	[ $status -le 1 ] || fail "$* ended with $status: $(cat program.out)"
	expect_sound
}

# What differs from run to run and from machine to machine: times, pids, addresses, this directory,
# the C library's own frames and directories; and how wide columns came out by that.
normalised() {
	sed -E -e "s|$PWD|DIR|g" -e '/ #[0-9]+ .*(libc\.so\.6|_start\()/d' -e '/default directory/d' \
		-e '/ld-linux|linux-vdso/d' -e 's/[0-9.]+ m?s( |$)/TIME\1/g' \
		-e 's/TIME +[0-9]+ /TIME  TID /' -e 's/process [0-9]+/process PID/g' \
		-e 's/0x[0-9a-f]+/ADDRESS/g' -e 's/ [0-9a-f]{12} / BUILD-ID /' \
		-e 's/after [0-9]+ paths? in vain/after N paths in vain/' -e 's/  +/  /g' -e 's/ +$//' -e '/^$/d'
}

# transcript < TEXT: lines that begin with "$ " are commands, run here; what they print follows them.
# Compared whole, normalised.  The program's own output is `cat program.out`.
transcript() {
	local line
	cat >wanted.txt
	while IFS= read -r line; do
		case $line in '$ '*) ;; *) continue ;; esac
		echo "$line"
		eval "${line#\$ }" 2>&1 </dev/null || true
	done <wanted.txt | normalised >got.txt
	if [ -n "${GALLERY_WRITE:-}" ]; then
		cp got.txt "$GALLERY_WRITE/$TEST_NAME.txt"
		return
	fi
	normalised <wanted.txt >wanted.normalised
	diff -u wanted.normalised got.txt || fail "another answer (- this test, + what comes out)"
}
