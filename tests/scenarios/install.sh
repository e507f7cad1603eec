# make install puts everything where it belongs, the installed tree works from wherever it is moved
# to, and make uninstall takes all of it away.
. "$TOP/tests/lib.sh"

unset MAKEFLAGS MFLAGS MAKELEVEL
quiet_make() { # TARGET
	make -s -C "$TOP" BUILD="$BUILD" PREFIX=/usr DESTDIR="$PWD/root" "$1" >make.out 2>&1 ||
		fail "make $1: $(cat make.out)"
}

quiet_make install
expect_eq "installed files" "$(cd root && find . -type f | LC_ALL=C sort)" \
"./usr/bin/plugreport
./usr/lib/libplugaudit.so
./usr/share/bash-completion/completions/plugreport
./usr/share/doc/plugaudit/LICENSE
./usr/share/doc/plugaudit/README.md
./usr/share/doc/plugaudit/schema.sql
./usr/share/man/man1/plugreport.1
./usr/share/man/man7/libplugaudit.7
./usr/share/man/man7/plugreport-recipes.7
./usr/share/man/man7/plugreport-rules.7"

# What $LIB leads to, for LD_AUDIT='/usr/$LIB/libplugaudit.so'.
expect_eq "links" "$(cd root && find . -type l -printf '%p -> %l\n')" \
	"./usr/lib/$(uname -m)-linux-gnu/libplugaudit.so -> ../libplugaudit.so"

mv root/usr moved
unset PLUGAUDIT_DB
LD_AUDIT=$PWD/moved/lib/libplugaudit.so ls / >/dev/null 2>ls.err
expect_eq "nothing is said" "$(cat ls.err)" ""
expect_eq "the database was written at the end" "$(ls plugaudit.db*)" plugaudit.db
expect_match "by the plugreport beside the module" \
	"$(moved/bin/plugreport why-loaded libc.so.6)" '^libc.so.6 was loaded because'
moved/bin/plugreport record -q -o recorded.db -- ls / >/dev/null
expect_match "record finds the module beside plugreport" \
	"$(moved/bin/plugreport sql -d recorded.db 'SELECT module FROM process')" 'moved/'

mv moved root/usr
quiet_make uninstall
expect_eq "files left by uninstall" "$(find root ! -type d)" ""
