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
