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
expect_eq "directories of its own left by uninstall" "$(find root -type d -name '*-linux-gnu')" ""
mkdir -p "root/usr/lib/$(uname -m)-linux-gnu"
quiet_make install
touch "root/usr/lib/$(uname -m)-linux-gnu/other"
quiet_make uninstall
expect_eq "what others have there stays" "$(cd root && find . ! -type d)" \
	"./usr/lib/$(uname -m)-linux-gnu/other"

# Into a prefix of one's own: what install made there goes, what was there and what others put stays.
prefix_make() { # TARGET
	make -s -C "$TOP" BUILD="$BUILD" PREFIX="$PWD/own/prefix" LDCONFIG=true "$1" >make.out 2>&1 ||
		fail "make $1: $(cat make.out)"
}
mkdir -p own
prefix_make install
expect_true "it is there" [ -x own/prefix/bin/plugreport ]
prefix_make install # again: these directories are its own still
prefix_make uninstall
expect_eq "left by uninstall" "$(find own)" own
mkdir -p own/prefix/bin
prefix_make install
touch own/prefix/share/man/man7/other.7
prefix_make uninstall
expect_eq "left by uninstall" "$(find own | LC_ALL=C sort)" "own
own/prefix
own/prefix/bin
own/prefix/share
own/prefix/share/man
own/prefix/share/man/man7
own/prefix/share/man/man7/other.7"

# Which processor: what the compiler makes programs for, or ARCH= as an argument.
chosen() { # ARGUMENTS of make
	make -s -C "$TOP" -f Makefile -f <(echo 'print-chosen: ; @echo $(ARCH) $(MODULE_ONLY)') \
		print-chosen "$@" 2>&1
}
expect_eq "by the compiler" "$(chosen)" "$(uname -m)"
if [ "$(uname -m)" = x86_64 ]; then
	expect_eq "by the compiler's options" "$(chosen CC='gcc -m32')" i386
	expect_eq "by the compiler's flags" "$(chosen CFLAGS='-O2 -m32')" i386
	expect_eq "ARCH= as an argument" "$(chosen CC=gcc ARCH=i386)" "i386 1"
	expect_eq "the ARCH of a kernel's developer" "$(ARCH=x86 chosen CC=gcc)" x86_64
fi
