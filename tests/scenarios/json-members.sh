# Every member of the answers in JSON is in the manual, in its command's part or among what all have
# in common; and the synopsis has every option that a command has of its own.
. "$TOP/tests/lib.sh"

[ -x "$BUILD/tests/demo-host/host" ] || skip "the plugin host is not built: make tests"

# undocumented COMMAND < JSON: the members that the manual does not have.
undocumented() {
	perl -MJSON::PP -we '
		my ($manual, $command) = @ARGV;
		my (%words, %like);
		my ($on, $section) = (0, "");
		open(my $file, "<", $manual) or die;
		while (<$file>) {
			$on = /^\.SH JSON/ if /^\.SH/;
			next unless $on;
			($section) = <$file> =~ /^\.B (\S+)/, $section =~ s/\\-/-/g if /^\.TP/;
			$like{$section}{$1 =~ s/\\-/-/gr} = 1 if /^\.BR (\S+) \x27s/;
			$words{$section}{$_} = 1 for /[a-z_0-9]+/g;
		}
		my %known = map { %$_ } grep { $_ } @words{"", $command, keys %{$like{$command} // {}}};
		my %missing;
		sub walk {
			my ($value) = @_;
			if (ref $value eq "ARRAY") { walk($_) for @$value; }
			return unless ref $value eq "HASH";
			$missing{$_} = 1 for grep { !$known{$_} } keys %$value;
			walk($_) for values %$value;
		}
		local $/;
		walk(decode_json(<STDIN>));
		print join(" ", sort keys %missing);' "$TOP/report/plugreport.1" "$1"
}

PLUGAUDIT_DB=$PWD/more.db audit "$BUILD/tests/demo-host/host" png jpeg >out
so libagain.so <<<'int again(void) { return 1; }'
program again <<'END'
#include <dlfcn.h>
int main(void)
{
	dlclose(dlopen("./libagain.so", RTLD_NOW));
	dlopen("./libagain.so", RTLD_NOW | RTLD_GLOBAL);
	dlopen("./libagain.so", RTLD_NOW | RTLD_NODELETE);
	return 0;
}
END
PLUGAUDIT_FLUSH=off audit ./again
plugins=(png jpeg report broken)
! glibc_at_least 2.35 || plugins+=(sandbox) # by dlmopen, which crashes before under any auditor
audit "$BUILD/tests/demo-host/host" "${plugins[@]}" >out
set -f
for command in "why-loaded *" "why-found *" "why-bound codec*" "check --all" "diff more.db plugaudit.db" \
	"object libcodec.so.1" "object libagain.so --all" objects tree searches "calls --stack" "bindings --all" processes \
	namespaces "why-global *" promotions "why-resident *" "why-resident libagain.so --all" timeline \
	"duplicates --all" "interpositions --all" scopes info "verify --all" "explain wrong-copy" explain \
	"export --format=json" html pack ingest; do
	# shellcheck disable=SC2086
	plugreport $command --json >answer.json 2>err || [ $? = 1 ] || fail "$command: $(cat err)"
	expect_true "$command answers" [ "$(wc -c <answer.json)" -gt 60 ]
	expect_eq "members of $command" "$(undocumented "${command%% *}" <answer.json)" ""
done
echo '{"no_such_member": {"path": 1}}' >answer.json
expect_eq "one that is not there" "$(undocumented tree <answer.json)" no_such_member

# The synopsis; those of all commands, and of diff, are said to be there.
common=$(plugreport --list-options)
synopsis=$(sed -n '/^\.SH SYNOPSIS/,/^\.fi/p' "$TOP/report/plugreport.1" | sed 's/\\f[BIR]//g; s/\\-/-/g')
for command in $(plugreport --list-commands); do
	line=$(grep -F "plugreport $command" <<<"$synopsis" || true)
	expect_true "$command is in the synopsis" [ -n "$line" ]
	case $line in *'[OPTION...]'*) continue ;; esac
	plugreport --list-options "$command" | grep -vxF -- "$common" >own || true
	while read -r option; do
		case $option in
		-?) letter=$option; continue ;; # the long one follows
		esac
		grep -qF -- "${option%=}" <<<"$line" || grep -qF -- "$letter" <<<"$line" ||
			fail "the synopsis of $command has no $option"
		letter='a letter'
	done <own
done
