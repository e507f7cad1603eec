# Names are bytes that somebody else chose: control characters, quotes, bytes that are not UTF-8, very
# long ones.  They are kept, and come out escaped; JSON stays valid.
. "$TOP/tests/lib.sh"

so libplain.so <<<'int plain(void) { return 1; }'
deep=$(printf 'd%.0s' $(seq 120))/$(printf 'e%.0s' $(seq 120))/$(printf 'f%.0s' $(seq 120))
mkdir -p "$deep"
names=($'lib\033[31mred.so' $'libnew\nline.so' $'lib\xff\xfe.so' "lib'quote\".so" 'lib%s%n.so' 'lib<b>&amp;.so'
	"$deep/lib.so" 'lib with  spaces.so')
for name in "${names[@]}"; do cp libplain.so "$name"; done
program prog <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
	int opened = 0;
	for (int i = 1; i < argc; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "./%s", argv[i]);
		opened += dlopen(path, RTLD_NOW) != NULL;
		dlsym(RTLD_DEFAULT, argv[i]);
	}
	printf("%d\n", opened);
	return 0;
}
END
same_run ./prog "${names[@]}"
expect_eq "opened" "$(cat plain.out)" ${#names[@]}
expect_sound
for name in "${names[@]}"; do
	hex=$(printf './%s' "$name" | od -An -v -tx1 | tr -d ' \n')
	expect_db "kept as it was: ${name@Q}" "SELECT count(*) FROM object
		WHERE lower(hex(cast(path AS BLOB))) = '$hex' AND reason = 'dlopen'" 1
done
expect_db "argv is JSON" "SELECT json_valid(argv), json_array_length(argv) FROM process" "1|$((${#names[@]} + 1))"
for command in objects tree calls "calls --stack" searches processes info "why-loaded lib*red.so"; do
	# shellcheck disable=SC2086
	out=$(plugreport $command; echo x)
	expect_no_match "$command: control characters" "$(tr -d '\n' <<<"$out" | LC_ALL=C tr '\001-\010\013-\037\177' '!' )" '!'
	# shellcheck disable=SC2086
	plugreport $command --json >answer.json
	expect_eq "$command --json" "$(sqlite3 -batch :memory: "SELECT json_valid(cast(readfile('answer.json') AS TEXT))")" 1
	expect_true "$command --json is UTF-8" iconv -f UTF-8 -t UTF-8 -o /dev/null answer.json
done
expect_no_match "a name with a line break stays on one line" "$(plugreport objects)" '^line\.so'
