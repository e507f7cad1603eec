# shellcheck shell=bash
# lib.sh - what the lists of programs share.  Each list is run by tests/same/run, in a directory of its
# own, with TOP, BUILD and CC set; it builds what it needs with so and program, and calls same for each
# program.  A program that can't be had here is told with skip_one.
# A difference from the plain program is a fault of the recorder, unless glibc's source shows that any
# auditor causes it: then --against "$NULL_MODULE" compares with the auditor that does nothing, and
# libplugaudit(7) tells of it.

. "$TOP/tests/lib.sh"
set +e

# same NAME [option...] COMMAND [argument...]; the options are those of tests/same/same.c.
same() {
	local name=$1 options=()
	shift
	while [ "${1#--}" != "$1" ]; do
		case $1 in
		--untraced | --quiet | --unrecorded | --keep) options+=("$1") ;;
		*)
			options+=("$1" "$2")
			shift
			;;
		esac
		shift
	done
	# shellcheck disable=SC2053 # a pattern
	[ -z "${SAME_ONLY:-}" ] || [[ $name == $SAME_ONLY ]] || return 0
	"$BUILD/tests/same/same" --module "${SAME_MODULE:-$MODULE}" "${options[@]}" "$name" "$@"
}

skip_one() { # NAME WHY
	echo "skip $1: $2"
}

cxx() { # FILE [flags...] < source: like program and so, in C++
	local out=$1
	shift
	cat >"$out.cc"
	g++ -g -O0 -o "$out" "$out.cc" "$@" -Wl,--as-needed -ldl -lpthread
}
