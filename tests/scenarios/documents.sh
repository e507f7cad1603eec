# The manual pages are sound, and they and the README name every command and every variable.
. "$TOP/tests/lib.sh"

need mandoc
for page in audit/libplugaudit.7 report/plugreport.1; do
	messages=$(mandoc -Tlint -W warning "$TOP/$page" 2>&1) || fail "$page: $messages"
	expect_eq "$page" "$messages" ""
done

manual=$(mandoc -Tascii -Owidth=200 "$TOP/report/plugreport.1" | sed 's/.\x08//g')
for command in $(plugreport --list-commands); do
	expect_true "plugreport $command in README.md" grep -q "plugreport $command" "$TOP/README.md"
	expect_match "plugreport.1" "$manual" "plugreport $command"
done

# Every variable that the module reads is documented, and no other.
read_by_module=$(grep -ohE '"PLUGAUDIT_[A-Z]+"' "$TOP"/audit/*.c | tr -d '"' | LC_ALL=C sort -u)
in_manual=$(sed -n '/^\.SH ENVIRONMENT/,/^\.SH FILES/s/^\.B \(PLUGAUDIT_[A-Z]*\)$/\1/p' \
	"$TOP/audit/libplugaudit.7" | LC_ALL=C sort -u)
expect_eq "variables in libplugaudit.7" "$in_manual" "$read_by_module"
for variable in $read_by_module; do
	grep -q "\`$variable" "$TOP/README.md" || fail "README.md: no $variable"
done

# What the README tells people to run exists.
for script in $(grep -ohE 'scripts/[a-z-]+' "$TOP/README.md" | sort -u); do
	expect_true "$script in README.md" [ -x "$TOP/$script" ]
done

# What the README shows is what comes out: its commands are run with the demonstration's host, and
# times, pids, addresses, the C library's own frames and the system's directories taken out of both.
[ -x "$BUILD/tests/demo-host/host" ] || skip "the plugin host is not built: make tests"
where=$BUILD/tests/demo-host
normalised() {
	sed -E -e "s|$where|/opt/host|g" -e '/ #[0-9]+ .*(libc\.so\.6|_start\()/d' -e '/default directory/d' \
		-e 's/[0-9.]+ m?s( |$)/TIME\1/g' -e 's/process [0-9]+/process PID/' \
		-e 's/, after [0-9]+ paths? in vain( \(plugreport why-found [^)]*\))?//' -e 's/  +/  /g' -e 's/ +$//' -e '/^$/d'
}
sed -n '/^```$/,/^```$/p' "$TOP/README.md" | grep -v '^```$' >transcript
expect_true "there is a transcript" [ "$(grep -c '^\$ ' transcript)" -ge 4 ]
while IFS= read -r line; do
	echo "$line"
	case $line in '$ '*) ;; *) continue ;; esac
	command=${line#\$ }
	command=${command//\/opt\/host/$where}
	command=${command//LD_AUDIT=libplugaudit.so/LD_AUDIT=$MODULE}
	eval "$command" 2>&1 </dev/null
done < <(grep '^\$ ' transcript) | normalised >got
normalised <transcript >wanted
diff -u wanted got || fail "README.md shows something else (- README, + what comes out)"
