# The manual pages are sound, and they and the README name every command and every variable.
. "$TOP/tests/lib.sh"

need mandoc
for page in "$TOP/audit/libplugaudit.7" "$TOP/report/plugreport.1" \
	"$TOP/report/plugreport-recipes.7" "$BUILD/plugreport-rules.7"; do
	messages=$(mandoc -Tlint -W warning "$page" 2>&1) || fail "$page: $messages"
	expect_eq "$page" "$messages" ""
done

manual=$(mandoc -Tascii -Owidth=200 "$TOP/report/plugreport.1" | sed 's/.\x08//g')
for command in $(plugreport --list-commands); do
	expect_true "plugreport $command in README.md" grep -q "plugreport $command" "$TOP/README.md"
	expect_match "plugreport.1" "$manual" "plugreport $command"
done

# The rules' manual page says what explain says, of every rule.
words_of() { tr -s ' \t\n`' '\n' | grep -v '^[-.]*$'; }
mandoc -Tutf8 -Owidth=1000 "$BUILD/plugreport-rules.7" | sed 's/.\x08//g' | words_of >rules.manual
plugreport explain --json >rules.json
for rule in $(sqlite3 :memory: "SELECT json_extract(value, '$.rule') FROM json_each(readfile('rules.json'), '$.rules')"); do
	expect_match "plugreport-rules.7" "$(cat rules.manual)" "^$rule\$"
	plugreport explain "$rule" | sed 1d | words_of >page
	expect_true "explain $rule has a page" [ "$(wc -l <page)" -gt 60 ]
	expect_eq "explain $rule and the manual page" "$(tr '\n' ' ' <rules.manual | grep -cF -- "$(tr '\n' ' ' <page)")" 1
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
