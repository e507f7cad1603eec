# Inputs that once did harm, and those that fuzzing keeps (tests/fuzz/corpus), do none: each goes
# through its target, built with the sanitizers where those are there.
. "$TOP/tests/lib.sh"

targets=$BUILD
[ -z "${SANITIZED:-}" ] || targets=$SANITIZED
export UBSAN_OPTIONS=print_stacktrace=1
mkdir seeds
for target in spool elf database suppressions; do
	program=$targets/tests/fuzz-$target
	[ -x "$program" ] || fail "$program is not built: make tests"
	mkdir "seeds/$target"
	case $target in
	spool) "$BUILD/tests/fuzz-seeds" seeds/spool ;;
	elf) "$TOP/tests/fuzz/elf-seeds" seeds/elf ;;
	esac
	inputs=()
	for directory in "$TOP/tests/fuzz/corpus/$target" "seeds/$target"; do
		[ -z "$(ls "$directory" 2>/dev/null)" ] || inputs+=("$directory")
	done
	expect_true "there are inputs for $target" [ ${#inputs[@]} -gt 0 ]
	"$program" "${inputs[@]}" >"$target.out" 2>"$target.log" || {
		grep -vE '^plugreport: ' "$target.log" | tail -40
		fail "$target"
	}
	echo "$target: $(tail -1 "$target.out")"
done
