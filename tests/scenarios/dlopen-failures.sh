# Why a dlopen failed is told by nothing that ld.so says to auditors; it is concluded from what was
# searched for, opened and closed again, and from symbol tables.  The judge is dlerror().
. "$TOP/tests/lib.sh"

rpath=(-L. -Wl,-rpath,"$PWD" -Wl,--no-as-needed)
so libdep.so <<<'int dep(void) { return 1; }'
cat >map <<'END2'
SHOP_1.0 { global: till; local: *; };
SHOP_1.2 { global: till2; } SHOP_1.0;
SHOP_1.10 { global: till3; } SHOP_1.2;
OTHER_9 { global: till4; };
END2
so libshop.so -Wl,--version-script=map <<<'int till(void) { return 1; } int till2(void) { return 2; } int till3(void) { return 3; } int till4(void) { return 4; }'
so libwants.so "${rpath[@]}" -lshop <<<'int till3(void); int wants(void) { return till3(); }'
sed -i '/1\.10/d; s/^OTHER_9/SHOP_1.9 { global: till9; } SHOP_1.2;\nOTHER_9/' map
so libshop.so -Wl,--version-script=map <<<'int till(void) { return 1; } int till2(void) { return 2; } int till9(void) { return 3; } int till4(void) { return 4; }'
so libmissing.so "${rpath[@]}" -ldep <<<'int dep(void); int missing(void) { return dep(); }'
so libabove.so "${rpath[@]}" -lmissing <<<'int missing(void); int above(void) { return missing(); }'
mv libdep.so kept.so
so libundefined.so <<<'int nobody(void); int undefined(void) { return nobody(); }'
so liblazydata.so <<<'extern int nothing; int *where(void) { return &nothing; }'
so libweak.so <<<'int nobody(void) __attribute__((weak)); int weak(void) { return nobody ? nobody() : 0; }'
# ELFCLASS32, for the same machine otherwise; a text; half a library; a directory.
head -c 4 kept.so >libclass.so
printf '\001' >>libclass.so
tail -c +6 kept.so >>libclass.so
echo "no library" >libtext.so
mkdir libdir.so
program prog "${rpath[@]}" <<'END2'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2) {
		int flags = atoi(argv[i]);
		void *handle = flags < 0 ? dlmopen(LM_ID_NEWLM, *argv[i + 1] ? argv[i + 1] : NULL, -flags)
					 : dlopen(argv[i + 1], flags);
		const char *error = handle ? "opened" : dlerror();
		printf("%s\n", error ? error : "no error");
	}
	return 0;
}
END2

# failure FLAGS NAME: what dlerror() says, and (by JSON) what plugreport says
failure() {
	rm -f "$PLUGAUDIT_DB"*
	audit ./prog "$1" "$2" >dlerror || fail "prog $1 $2: $?"
	plugreport calls --json >answer.json
	perl -MJSON::PP -0777 -ne 'for (@{decode_json($_)->{calls}}) {
		next unless $_->{call}{kind} =~ /open/;
		my $f = $_->{failure} or do { print "none\n"; next };
		print "$f->{kind}", $f->{sure} == 1 ? "" : "?", ": $f->{message}\n" }' answer.json
}
said() { # REGEX: dlerror() did
	expect_match "dlerror()" "$(cat dlerror)" "$1"
}
lazy=1 now=2 noload=6 global=258

expect_eq "not found" "$(failure $now libnothere.so)" "not-found?: libnothere.so was not found, or not usable"
said 'libnothere.so: cannot open shared object file'
expect_eq "not found, by path" "$(failure $now ./nothere.so)" "not-found?: ./nothere.so was not found, or not usable"
expect_eq "a dependency" "$(failure $now libmissing.so)" \
	"not-found?: libdep.so was not found, or not usable; libmissing.so needs it"
said 'libdep.so: cannot open shared object file'
expect_eq "a dependency's dependency" "$(failure $now libabove.so)" \
	"not-found?: libdep.so was not found, or not usable; libmissing.so needs it"
expect_eq "a version" "$(failure $now libwants.so)" \
	"missing-version: libwants.so wants version SHOP_1.10, and libshop.so provides up to SHOP_1.9"
said "version .SHOP_1.10' not found \(required by"
expect_eq "a version, lazily" "$(failure $lazy libwants.so)" \
	"missing-version: libwants.so wants version SHOP_1.10, and libshop.so provides up to SHOP_1.9"
expect_eq "a symbol" "$(failure $now libundefined.so)" \
	"undefined-symbol: libundefined.so refers to nobody, which nothing in its scopes defines"
said 'undefined symbol: nobody'
expect_eq "a symbol, lazily" "$(failure $lazy libundefined.so)" "none"
expect_match "data, lazily" "$(failure $lazy liblazydata.so)" "^undefined-symbol\?: liblazydata.so refers to nothing, "
expect_eq "a weak one" "$(failure $now libweak.so)" "none"
expect_eq "RTLD_NOLOAD" "$(failure $noload libweak.so)" "not-loaded: it was not there, and RTLD_NOLOAD forbids loading it"
expect_eq "no mode" "$(failure 0 libweak.so)" "invalid-mode: the mode is invalid"
said 'invalid mode'
expect_eq "another class" "$(failure $now "$PWD/libclass.so")" \
	"wrong-elf-class?: $PWD/libclass.so is of another ELF class or machine"
said 'wrong ELF class'
expect_eq "another class, searched for" "$(failure $now libclass.so)" \
	"wrong-elf-class?: $PWD/libclass.so is of another ELF class or machine"
expect_eq "no ELF" "$(failure $now "$PWD/libtext.so")" "not-elf?: $PWD/libtext.so is no ELF file"
said 'invalid ELF header|file too short'
expect_eq "a directory" "$(failure $now ./libdir.so)" "unusable: ./libdir.so is not usable"
if [ -z "$(./prog -1 libweak.so | grep -v opened)" ]; then
	expect_eq "global in a new namespace" "$(failure -$global libweak.so)" "invalid-mode: the mode is invalid"
	said 'invalid mode'
	expect_eq "the program in a new namespace" "$(failure -$now '')" \
		"invalid-namespace: the program can't be opened in another namespace"
	said 'invalid namespace'
fi

# The other commands say the same.
failure $now libwants.so >/dev/null
why="libwants.so wants version SHOP_1.10, and libshop.so provides up to SHOP_1.9"
expect_match "calls" "$(plugreport calls)" "failed: $why"
expect_match "why-loaded" "$(plugreport why-loaded libwants.so)" "but that dlopen failed: $why\.\$"
expect_match "why-loaded, of what came with it" "$(plugreport why-loaded libshop.so)" \
	"but the dlopen that wanted both failed: $why\.\$"
expect_match "why-found" "$(plugreport why-found libwants.so)" "\(the dlopen failed: $why\)\$"
